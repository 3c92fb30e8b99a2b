//! Search: entries by name with or without diacritics, year, kind, office; a result opens the page at the box.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use sobo_core::RegisterType;
use sobo_db::AuditEvent;

use super::{DATE_FIELDS, Shell, TITLE_FIELDS, render};
use crate::access::Person;
use crate::error::{Result, WebError};
use crate::state::{AppState, SearchQuery};
use crate::texts::Language;
use crate::view::{caption, kept_back, load, statement_text, tell_of_view};

/// Results on one page.
const RESULTS: usize = 30;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct SearchForm {
    q: String,
    from: String,
    to: String,
    kind: String,
    office: String,
    verified: Option<String>,
    offset: usize,
}

pub(crate) struct Hit {
    href: String,
    title: String,
    others: String,
    strip: String,
    strip_alt: String,
    date: String,
    volume: String,
    stage: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    shell: Shell,
    q: String,
    from: String,
    to: String,
    kinds: Vec<(&'static str, &'static str, bool)>,
    offices: Vec<(String, bool)>,
    verified: bool,
    message: Option<String>,
    summary: String,
    /// A word on what is not shown to those who read blind.
    note: &'static str,
    hits: Vec<Hit>,
    more: String,
}

/// An entry in one line: its names, its date, the strip of the field that matters.
pub(crate) struct Summary {
    pub(crate) title: String,
    pub(crate) others: String,
    pub(crate) strip: String,
    pub(crate) field: String,
    pub(crate) date: String,
}

/// Sums an entry up for a list of a person who may see its values.
pub(crate) fn summarise(
    form: &str,
    page_id: i64,
    verification: &sobo_verify::State,
    reading: &sobo_db::EntryRecord,
    matched: Option<&str>,
    (state, language): (&AppState, Language),
) -> Summary {
    let values = verification.values();
    let text = |name: &str| values.get(name).map(|statement| statement_text(Some(statement), language));
    let names: Vec<(&str, String)> =
        TITLE_FIELDS.iter().filter_map(|name| Some((*name, text(name)?))).collect();
    let title = names.first().map_or_else(|| format!("#{}", reading.head.id), |(_, text)| text.clone());
    let others: Vec<String> = names
        .iter()
        .skip(1)
        .take(2)
        .map(|(name, text)| format!("{}: {text}", caption(state, form, name, language)))
        .collect();
    let field = matched.or_else(|| names.first().map(|(name, _)| *name)).unwrap_or_default();
    let strip = reading.fields.get(field).filter(|read| read.bbox.area() > 0.0).map(|read| {
        let bbox = read.bbox;
        format!("/pages/{page_id}/strips/{:.0}_{:.0}_{:.0}_{:.0}.jpg", bbox.x, bbox.y, bbox.w, bbox.h)
    });
    Summary {
        title,
        others: others.join(" · "),
        strip: strip.unwrap_or_default(),
        field: field.to_owned(),
        date: DATE_FIELDS.iter().find_map(|name| text(name)).unwrap_or_default(),
    }
}

pub(crate) async fn search(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Query(form): Query<SearchForm>,
) -> Result<Response> {
    let volumes = state.db.volumes().await?;
    let mut offices: Vec<String> = volumes
        .iter()
        .map(|volume| volume.descriptor.office.clone())
        .filter(|office| person.account.offices.covers(office))
        .collect();
    offices.sort();
    offices.dedup();
    let year = |text: &str| text.trim().parse::<i32>().ok();
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let query = SearchQuery {
        text: sobo_text::nfc(form.q.trim()),
        year_from: year(&form.from),
        year_to: year(&form.to),
        register_type: filled(&form.kind),
        office: filled(&form.office),
        verified_only: form.verified.is_some(),
        offset: form.offset,
        limit: RESULTS,
    };
    let asked = query != SearchQuery { offset: form.offset, limit: RESULTS, ..SearchQuery::default() };
    let mut message = None;
    let mut hits = Vec::new();
    let mut total = 0;
    match (&state.searcher, asked) {
        (_, false) => {}
        (None, true) => message = Some(language.text("search.no_index").to_owned()),
        (Some(searcher), true) => {
            // Who searched when, not for whom: the words are personal data.
            let event = AuditEvent::new(person.who(), "search", []).with(serde_json::json!({
                "words": query.text.split_whitespace().count(), "year_from": query.year_from, "year_to": query.year_to,
            }));
            state.db.record_events(&[event]).await?;
            let mut shown = Vec::new();
            let searcher = Arc::clone(searcher);
            let for_search = query.clone();
            let found = tokio::task::spawn_blocking(move || searcher.search(&for_search))
                .await?
                .map_err(WebError::Bad)?;
            total = found.total;
            for hit in found.hits {
                // Out of scope, or gone since the index was written.
                let (record, verification, reading) = match load(&state, &person, hit.entry_id).await {
                    Ok(loaded) => loaded,
                    Err(WebError::NotFound(_)) => continue,
                    Err(error) => return Err(error),
                };
                // That an entry is found by a name says what was read in it: who may yet read it blind does not find it.
                let actor = person.account.actor();
                if !kept_back(&state, &record.form, &verification, &actor).is_empty() {
                    continue;
                }
                shown.push(hit.entry_id);
                let summary = summarise(
                    &record.form,
                    record.page_id,
                    &verification,
                    &reading,
                    hit.field.as_deref(),
                    (&state, language),
                );
                let volume = volumes.iter().find(|volume| volume.id == record.volume_id);
                let stage = language.find(&format!("stage.{}", record.stage)).unwrap_or_default();
                hits.push(Hit {
                    href: format!("/entries/{}?field={}", hit.entry_id, summary.field),
                    strip_alt: caption(&state, &record.form, &summary.field, language),
                    title: summary.title,
                    others: summary.others,
                    strip: summary.strip,
                    date: summary.date,
                    volume: volume.map(|volume| volume.descriptor.name.clone()).unwrap_or_default(),
                    stage: stage.to_owned(),
                    class: if record.stage == "signed_off" { "ok" } else { "" },
                });
            }
            tell_of_view(&state, &person, "search", &shown).await?;
            if hits.is_empty() {
                message = Some(language.text("search.nothing").to_owned());
            }
        }
    }
    let more = if form.offset + RESULTS < total {
        let encode = |text: &str| {
            text.bytes()
                .map(|byte| match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                    _ => format!("%{byte:02X}"),
                })
                .collect::<String>()
        };
        format!(
            "/search?q={}&from={}&to={}&kind={}&office={}{}&offset={}",
            encode(&form.q),
            encode(&form.from),
            encode(&form.to),
            encode(&form.kind),
            encode(&form.office),
            if form.verified.is_some() { "&verified=1" } else { "" },
            form.offset + RESULTS
        )
    } else {
        String::new()
    };
    let kinds = RegisterType::ALL
        .into_iter()
        .map(|kind| {
            let key = format!("register_type.{}", kind.as_str());
            (kind.as_str(), language.find(&key).unwrap_or_default(), kind.as_str() == form.kind)
        })
        .collect();
    // Nor does the number of results tell of what is not shown.
    let reads_blind = state.settings.reads_blind(&person.account.roles);
    let summary = language
        .text(if reads_blind { "search.summary_shown" } else { "search.summary" })
        .replace("{total}", &total.to_string())
        .replace("{shown}", &hits.len().to_string());
    render(&SearchPage {
        shell: Shell::of(&person, language, "search.title", "/search"),
        verified: form.verified.is_some(),
        offices: offices
            .into_iter()
            .map(|office| (office == form.office, office))
            .map(|(is, office)| (office, is))
            .collect(),
        q: form.q,
        from: form.from,
        to: form.to,
        kinds,
        message,
        summary,
        note: if reads_blind { language.find("search.blind_note").unwrap_or_default() } else { "" },
        hits,
        more,
    })
}
