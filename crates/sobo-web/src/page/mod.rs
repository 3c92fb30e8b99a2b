//! The pages rendered on the server.

mod account;
mod archive;
mod audit;
mod models;
mod pace;
mod progress;
mod sample;
mod scan_list;
mod search;
mod sign_off;
mod supervise;
mod volume;
mod volume_form;
mod work;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use sobo_verify::Role;

use crate::access::Person;
use crate::error::{Result, WebError};
use crate::texts::Language;

pub(crate) use account::*;
pub(crate) use archive::*;
pub(crate) use audit::*;
pub(crate) use models::*;
pub(crate) use progress::*;
pub(crate) use sample::*;
pub(crate) use scan_list::*;
pub(crate) use search::*;
pub(crate) use sign_off::*;
pub(crate) use supervise::*;
pub(crate) use volume::*;
pub(crate) use volume_form::*;
pub(crate) use work::*;

/// What every page has around it.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    pub(crate) language: Language,
    pub(crate) person: Option<Person>,
    pub(crate) csrf: String,
    pub(crate) title: String,
    /// The menu's address the page belongs to.
    pub(crate) active: &'static str,
}

impl Shell {
    pub(crate) fn public(language: Language, title: &str) -> Self {
        Self {
            language,
            person: None,
            csrf: String::new(),
            title: language.text(title).to_owned(),
            active: "",
        }
    }

    pub(crate) fn of(person: &Person, language: Language, title: &str, active: &'static str) -> Self {
        Self {
            language,
            person: Some(person.clone()),
            csrf: person.csrf.clone(),
            title: language.text(title).to_owned(),
            active,
        }
    }

    pub(crate) fn t<'a>(&self, key: &'a str) -> &'a str {
        self.language.text(key)
    }

    pub(crate) fn lang(&self) -> &'static str {
        self.language.code()
    }

    fn other(&self) -> Language {
        match self.language {
            Language::Vietnamese => Language::English,
            Language::English => Language::Vietnamese,
        }
    }

    pub(crate) fn other_lang(&self) -> &'static str {
        self.other().code()
    }

    pub(crate) fn other_lang_name(&self) -> &'static str {
        match self.other() {
            Language::Vietnamese => "Tiếng Việt",
            Language::English => "English",
        }
    }

    pub(crate) fn signed_in(&self) -> bool {
        self.person.is_some()
    }

    pub(crate) fn name(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.account.name)
    }

    /// The menu: what this person may open.
    pub(crate) fn nav(&self) -> Vec<(&'static str, &'static str)> {
        let Some(person) = &self.person else { return Vec::new() };
        let holds = |roles: &[Role]| person.account.holds_any(roles);
        let workers = [Role::Clerk, Role::Checker, Role::Arbiter, Role::Registrar, Role::Supervisor];
        let readers = [workers.as_slice(), &[Role::Archive, Role::Auditor]].concat();
        let items: [(&'static str, &'static str, &[Role]); 9] = [
            ("/", "nav.work", &workers),
            ("/volumes", "nav.volumes", &readers),
            ("/search", "nav.search", &readers),
            ("/sign-off", "nav.sign_off", &[Role::Registrar]),
            ("/supervise", "nav.supervise", &[Role::Supervisor]),
            ("/models", "nav.models", &[Role::Supervisor, Role::Administrator]),
            ("/archive", "nav.archive", &[Role::Archive, Role::Supervisor]),
            ("/accounts", "nav.accounts", &[Role::Administrator]),
            ("/audit", "nav.audit", &[Role::Auditor, Role::Administrator]),
        ];
        items
            .into_iter()
            .filter(|(_, _, roles)| holds(roles))
            .map(|(path, key, _)| (path, self.language.text(key)))
            .collect()
    }
}

pub(crate) fn render(page: &impl Template) -> Result<Response> {
    let html = page.render().map_err(|error| WebError::Internal(error.to_string()))?;
    Ok(Html(html).into_response())
}

#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignInPage {
    pub(crate) shell: Shell,
    pub(crate) login: String,
    pub(crate) error: Option<String>,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
pub(crate) struct SecondFactorPage {
    pub(crate) shell: Shell,
    pub(crate) error: Option<String>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    message: String,
    code: &'static str,
}

/// A refusal as a page, for addresses a person opens.
pub(crate) fn refusal_page(
    language: Language,
    status: StatusCode,
    code: &'static str,
    message: &str,
) -> Response {
    let page = ErrorPage { shell: Shell::public(language, "error.title"), message: message.to_owned(), code };
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "500").into_response(),
    }
}

/// A moment as people of Vietnam read it: `21/11 23:05`, in their time (UTC+7, without daylight saving).
pub(crate) fn time_text(at_ms: i64) -> String {
    let local = time::OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1000) + 7 * 3600);
    local.map_or_else(
        |_| String::new(),
        |at| {
            format!(
                "{:02}/{:02}/{} {:02}:{:02}",
                at.day(),
                u8::from(at.month()),
                at.year(),
                at.hour(),
                at.minute()
            )
        },
    )
}

/// The same for the times of a history, RFC 3339 UTC.
pub(crate) fn short_time(at: &str) -> String {
    time::OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339)
        .map_or_else(|_| at.to_owned(), |at| time_text(at.unix_timestamp() * 1000))
}

/// A share in per cent with one digit, as Vietnamese and English write it.
pub(crate) fn percent(language: Language, part: f64) -> String {
    let text = format!("{:.1} %", part * 100.0);
    match language {
        Language::Vietnamese => text.replace('.', ","),
        Language::English => text,
    }
}

/// A bar of stages: widths in classes of whole per cents, since inline styles are forbidden by the content policy.
pub(crate) fn bar(total: i64, parts: &[(&str, i64)]) -> String {
    let mut svg = String::from(
        "<svg class=\"progress\" viewBox=\"0 0 100 6\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
    );
    let mut x = 0.0;
    for (class, count) in parts {
        let width = if total > 0 { *count as f64 * 100.0 / total as f64 } else { 0.0 };
        svg.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x:.2}\" y=\"0\" width=\"{width:.2}\" height=\"6\"/>"
        ));
        x += width;
    }
    svg.push_str("</svg>");
    svg
}

/// The fields that tell a person what an entry is about, best first.
pub(crate) const TITLE_FIELDS: [&str; 6] =
    ["child_name", "deceased_name", "groom_name", "bride_name", "father_name", "mother_name"];
/// The date of the event.
pub(crate) const DATE_FIELDS: [&str; 5] =
    ["birth_date", "death_date", "marriage_date", "birth_date_words", "registration_date"];
