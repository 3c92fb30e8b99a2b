//! The archive team's desk: what failed, what is to be scanned again, batches.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use sobo_db::{DbError, PageFilter};

use super::{Shell, outcome_text, render, time_text};
use crate::access::Person;
use crate::error::Result;
use crate::state::AppState;
use crate::texts::Language;

pub(crate) struct Wanted {
    id: i64,
    volume_id: i64,
    volume: String,
    number: i64,
    outcome: String,
    class: &'static str,
    reason: String,
    source: String,
    note_id: i64,
}

pub(crate) struct BatchRow {
    label: String,
    volume: String,
    opened: String,
    who: String,
    taken: i64,
    duplicates: i64,
    refused: i64,
    state: &'static str,
}

#[derive(Template)]
#[template(path = "archive.html")]
struct ArchivePage {
    shell: Shell,
    message: Option<String>,
    figures: Vec<(&'static str, String)>,
    wanted: Vec<Wanted>,
    refused: Vec<(String, String, String, String)>,
    batches: Vec<BatchRow>,
}

pub(crate) async fn archive(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    desk(&state, &person, language, None).await
}

async fn desk(
    state: &AppState,
    person: &Person,
    language: Language,
    message: Option<String>,
) -> Result<Response> {
    let t = |key| language.text(key);
    let volumes = state.db.volumes().await?;
    let volume_of = |id: i64| {
        volumes
            .iter()
            .find(|volume| volume.id == id && person.account.offices.covers(&volume.descriptor.office))
            .map(|volume| volume.descriptor.name.clone())
    };
    let mut wanted = Vec::new();
    // What people asked for first: somebody waits for it.
    for note in state.db.open_notes(None).await? {
        if note.kind == "marginal_note" {
            continue;
        }
        let page = state.db.page(note.page_id).await?;
        let Some(volume) = volume_of(page.volume_id) else { continue };
        wanted.push(Wanted {
            id: page.id,
            volume_id: page.volume_id,
            volume,
            number: page.sequence,
            outcome: language.find(&format!("note.{}", note.kind)).unwrap_or_default().to_owned(),
            class: "warn",
            reason: note.reason,
            source: page.source,
            note_id: note.id,
        });
    }
    for outcome in ["failed", "rescan_wanted"] {
        let filter = PageFilter { state: Some(outcome.to_owned()), limit: 200, ..PageFilter::default() };
        for page in state.db.pages(&filter).await? {
            let Some(volume) = volume_of(page.volume_id) else { continue };
            let (name, class, reason) = outcome_text(language, page.outcome.as_ref());
            wanted.push(Wanted {
                id: page.id,
                volume_id: page.volume_id,
                volume,
                number: page.sequence,
                outcome: name,
                class,
                reason,
                source: page.source,
                note_id: 0,
            });
        }
    }
    let refused = state.db.refused_files(None).await?;
    let refused: Vec<_> = refused
        .into_iter()
        .filter_map(|file| {
            let volume = volume_of(file.volume_id)?;
            Some((file.source, volume, file.reason, time_text(file.at_ms)))
        })
        .collect();
    let batches = state
        .db
        .batches(None)
        .await?
        .into_iter()
        .filter_map(|batch| {
            Some(BatchRow {
                volume: volume_of(batch.volume_id)?,
                label: batch.label,
                opened: time_text(batch.opened_ms),
                who: batch.opened_by,
                taken: batch.taken,
                duplicates: batch.duplicates,
                refused: batch.refused,
                state: t(if batch.closed_ms.is_some() { "archive.closed" } else { "archive.open" }),
            })
        })
        .collect();
    let length = state.db.queue_length(None).await?;
    let figures = vec![
        (t("archive.waiting"), length.waiting.to_string()),
        (t("archive.reading"), length.leased.to_string()),
        (t("archive.wanted"), wanted.len().to_string()),
        (t("archive.refused"), refused.len().to_string()),
    ];
    render(&ArchivePage {
        shell: Shell::of(person, language, "archive.title", "/archive"),
        message,
        figures,
        wanted,
        refused,
        batches,
    })
}

pub(crate) async fn settle_note(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path(id): Path<i64>,
) -> Result<Response> {
    let note = state.db.open_notes(None).await?.into_iter().find(|note| note.id == id);
    if let Some(note) = note {
        crate::image::page_in_scope(&state, &person, note.page_id).await?;
        state.db.close_note(person.who(), person.id(), id).await?;
    }
    Ok(Redirect::to("/archive").into_response())
}

#[derive(Deserialize)]
pub(crate) struct Replacement {
    number: i64,
}

/// Puts a rescan in the place of a page: both originals stay, and the notes that asked for it are settled.
pub(crate) async fn replace_page(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(id): Path<i64>,
    Form(form): Form<Replacement>,
) -> Result<Response> {
    let (old, _) = crate::image::page_in_scope(&state, &person, id).await?;
    let pages = state.db.pages_of_volume(old.volume_id).await?;
    let new = pages.iter().find(|page| page.sequence == form.number && page.id != id);
    let refused = || Some(language.text("archive.replace_refused").to_owned());
    let Some(new) = new else { return desk(&state, &person, language, refused()).await };
    match state.db.replace_page(person.who(), id, new.id, "rescan").await {
        Ok(()) => {}
        Err(DbError::Conflict { .. }) => return desk(&state, &person, language, refused()).await,
        Err(error) => return Err(error.into()),
    }
    for note in state.db.open_notes(Some(id)).await? {
        state.db.close_note(person.who(), person.id(), note.id).await?;
    }
    Ok(Redirect::to("/archive").into_response())
}
