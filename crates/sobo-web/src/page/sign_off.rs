//! The registrar's signature over records whose readings agree.

use askama::Template;
use axum::Extension;
use axum::extract::{RawForm, State};
use axum::response::Response;
use sobo_db::Acted;
use sobo_verify::{Event, StepKind};

use super::{Shell, render};
use crate::access::Person;
use crate::error::Result;
use crate::state::AppState;
use crate::texts::Language;
use crate::view::{load, tell_of_view};

/// Records offered on one page.
const AT_ONCE: usize = 40;

pub(crate) struct Row {
    id: i64,
    deeds: i64,
    title: String,
    others: String,
    strip: String,
    volume: String,
    way: String,
}

#[derive(Template)]
#[template(path = "sign_off.html")]
struct SignOffPage {
    shell: Shell,
    message: Option<String>,
    rows: Vec<Row>,
}

pub(crate) async fn sign_off_list(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    page(&state, &person, language, None).await
}

async fn page(
    state: &AppState,
    person: &Person,
    language: Language,
    message: Option<String>,
) -> Result<Response> {
    let actor = person.account.actor();
    let mut rows = Vec::new();
    for volume in state.db.volumes().await? {
        if !person.account.offices.covers(&volume.descriptor.office) {
            continue;
        }
        let waiting = state.db.records_of_volume(volume.id).await?;
        for record in waiting.into_iter().filter(|record| record.stage == "sign_off") {
            if rows.len() >= AT_ONCE {
                break;
            }
            let (_, verification, reading) = load(state, person, record.entry_id).await?;
            if verification.may_take(&actor).is_err() {
                continue;
            }
            let summary = super::summarise(
                &record.form,
                record.page_id,
                &verification,
                &reading,
                None,
                (state, language),
            );
            let round = verification.round();
            let way: Vec<&str> = verification
                .snapshots()
                .iter()
                .filter(|snapshot| snapshot.round == round)
                .filter_map(|snapshot| language.find(&format!("step.{}", snapshot.step.as_str())))
                .collect();
            rows.push(Row {
                id: record.entry_id,
                deeds: record.deeds,
                title: summary.title,
                others: summary.others,
                strip: summary.strip,
                volume: volume.descriptor.name.clone(),
                way: way.join(" → "),
            });
        }
    }
    let shown: Vec<i64> = rows.iter().map(|row| row.id).collect();
    tell_of_view(state, person, "sign_off", &shown).await?;
    render(&SignOffPage { shell: Shell::of(person, language, "sign_off.title", "/sign-off"), message, rows })
}

pub(crate) async fn sign_off(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    RawForm(form): RawForm,
) -> Result<Response> {
    let form = String::from_utf8_lossy(&form).into_owned();
    let chosen = form.split('&').filter_map(|pair| pair.strip_prefix("entry=")).filter_map(|value| {
        let (entry, deeds) = value.split_once('.')?;
        Some((entry.parse::<i64>().ok()?, deeds.parse::<i64>().ok()?))
    });
    let (mut signed, mut left) = (0, 0);
    for (entry, deeds) in chosen.take(AT_ONCE) {
        load(&state, &person, entry).await?;
        let event = Event::Submit { step: StepKind::SignOff, statements: indexmap::IndexMap::new() };
        match state.db.act(entry, deeds, event, &person.account.actor(), person.who()).await? {
            Acted::Done(_) => signed += 1,
            Acted::Refused(_) | Acted::Moved | Acted::Leased => left += 1,
        }
    }
    let message = language
        .text("sign_off.done")
        .replace("{signed}", &signed.to_string())
        .replace("{left}", &left.to_string());
    page(&state, &person, language, Some(message)).await
}
