//! The archive team's desk: what failed, what is to be scanned again, batches.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use sobo_db::{Batch, DbError, PageFilter};

use super::{Shell, outcome_text, render, time_text, watches};
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
    id: i64,
    label: String,
    volume: String,
    opened: String,
    who: String,
    taken: i64,
    duplicates: i64,
    refused: i64,
    pages: i64,
    read: i64,
    state: &'static str,
}

/// Batches shown on the desk.
const BATCHES: usize = 60;

#[derive(Template)]
#[template(path = "archive.html")]
struct ArchivePage {
    shell: Shell,
    message: Option<String>,
    figures: Vec<(&'static str, String)>,
    wanted: Vec<Wanted>,
    refused: Vec<(String, String, String, String)>,
    batches: Vec<BatchRow>,
    volumes: Vec<VolumeState>,
    watches: Vec<(String, &'static str, String)>,
    can_upload: bool,
}

/// A volume on the desk: how far reading is, and what its closing statement says beside what was captured.
pub(crate) struct VolumeState {
    id: i64,
    name: String,
    shelf: String,
    pages: i64,
    waiting: i64,
    mend: i64,
    stated_pages: String,
    entries: i64,
    stated_entries: String,
    class: &'static str,
}

pub(crate) async fn archive(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    desk(&state, &person, language, None).await
}

/// The newest batches within the person's scope. Files handed in one after the other under one name are one batch.
pub(crate) async fn joined_batches(state: &AppState, person: &Person) -> Result<Vec<Batch>> {
    let volumes = super::scope(state, person).await?;
    let mut joined: Vec<Batch> = Vec::new();
    for batch in state.db.batches(None).await? {
        if !volumes.iter().any(|volume| volume.id == batch.volume_id) {
            continue;
        }
        let same = |known: &&mut Batch| known.volume_id == batch.volume_id && known.label == batch.label;
        let room = joined.len() < BATCHES;
        match joined.iter_mut().find(same) {
            Some(known) => {
                // Batches come newest first: this one began earlier.
                known.id = batch.id;
                known.opened_ms = batch.opened_ms;
                known.opened_by = batch.opened_by;
                known.closed_ms = known.closed_ms.and(batch.closed_ms);
                known.taken += batch.taken;
                known.duplicates += batch.duplicates;
                known.refused += batch.refused;
                known.pages += batch.pages;
                known.waiting += batch.waiting;
            }
            None if room => joined.push(batch),
            None => {}
        }
    }
    Ok(joined)
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
    let mut batches: Vec<BatchRow> = Vec::new();
    for batch in joined_batches(state, person).await? {
        let Some(volume) = volume_of(batch.volume_id) else { continue };
        batches.push(BatchRow {
            id: batch.id,
            volume,
            label: batch.label,
            opened: time_text(batch.opened_ms),
            who: batch.opened_by,
            taken: batch.taken,
            duplicates: batch.duplicates,
            refused: batch.refused,
            pages: batch.pages,
            read: batch.pages - batch.waiting,
            state: t(if batch.closed_ms.is_some() { "archive.closed" } else { "archive.open" }),
        });
    }
    let progress = state.db.progress().await?;
    let states = volumes
        .iter()
        .filter(|volume| person.account.offices.covers(&volume.descriptor.office))
        .map(|volume| {
            let known = progress.iter().find(|row| row.volume_id == volume.id).cloned().unwrap_or_default();
            let closing = &volume.descriptor.closing;
            let differs =
                |stated: Option<u32>, found| stated.is_some_and(|stated| i64::from(stated) != found);
            let text =
                |stated: Option<u32>| stated.map_or_else(|| "–".to_owned(), |stated| stated.to_string());
            VolumeState {
                id: volume.id,
                name: volume.descriptor.name.clone(),
                shelf: volume.descriptor.shelf.clone().unwrap_or_default(),
                pages: known.pages,
                waiting: known.waiting,
                mend: known.rescan_wanted + known.failed,
                entries: known.entries,
                class: if differs(closing.pages, known.pages) || differs(closing.entries, known.entries) {
                    "warn-text"
                } else {
                    ""
                },
                stated_pages: text(closing.pages),
                stated_entries: text(closing.entries),
            }
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
        volumes: states,
        watches: watches(state, person, language).await?,
        can_upload: state.taker.is_some(),
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
    if !put_in_place(&state, &person, id, new.id).await? {
        return desk(&state, &person, language, refused()).await;
    }
    Ok(Redirect::to("/archive").into_response())
}

/// Puts a page in the place of another and settles the notes that asked for it; false where it cannot be.
pub(crate) async fn put_in_place(state: &AppState, person: &Person, old: i64, new: i64) -> Result<bool> {
    let (page, _) = crate::image::page_in_scope(state, person, old).await?;
    match state.db.replace_page(person.who(), page.id, new, "rescan").await {
        Ok(()) => {}
        Err(DbError::Conflict { .. }) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    for note in state.db.open_notes(Some(old)).await? {
        state.db.close_note(person.who(), person.id(), note.id).await?;
    }
    crate::work::begin_new_records(state).await?;
    Ok(true)
}
