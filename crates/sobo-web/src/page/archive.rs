//! The archive team's desk: what failed, what is to be scanned again, batches.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form, Json};
use serde::Deserialize;
use serde_json::{Value, json};
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
    volumes: Vec<VolumeState>,
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
        can_upload: state.taker.is_some(),
    })
}

/// The rate of reading is taken from this long back.
const RATE_OVER_MS: i64 = 10 * 60_000;

/// How reading goes at this moment: pages waiting and being read, pages an hour, time left.
pub(crate) async fn reading_progress(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Json<Value>> {
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let length = state.db.queue_length(None).await?;
    let read: i64 = state.db.pages_read_since(now - RATE_OVER_MS).await?.iter().map(|(_, pages)| pages).sum();
    let progress = state.db.progress().await?;
    let mut volumes = Vec::new();
    for volume in state.db.volumes().await? {
        if !person.account.offices.covers(&volume.descriptor.office) {
            continue;
        }
        if let Some(row) = progress.iter().find(|row| row.volume_id == volume.id) {
            volumes.push(json!({
                "id": volume.id, "pages": row.pages, "waiting": row.waiting, "entries": row.entries,
                "mend": row.rescan_wanted + row.failed,
            }));
        }
    }
    let left = length.waiting + length.leased;
    let text = match (left, read) {
        (0, _) => language.text("archive.nothing_waits").to_owned(),
        (_, 0) => language.text("archive.nobody_reads").to_owned(),
        _ => {
            let minutes = (left * RATE_OVER_MS / 60_000 + read - 1) / read;
            let left = if minutes >= 90 {
                language.text("archive.hours").replace("{hours}", &((minutes + 30) / 60).to_string())
            } else {
                language.text("archive.minutes").replace("{minutes}", &minutes.to_string())
            };
            language
                .text("archive.rate")
                .replace("{pages}", &(read * 3_600_000 / RATE_OVER_MS).to_string())
                .replace("{left}", &left)
        }
    };
    Ok(Json(json!({
        "waiting": length.waiting, "reading": length.leased, "text": text, "volumes": volumes,
    })))
}

pub(crate) struct ScanRow {
    number: i64,
    source: String,
    why: String,
    at: String,
}

pub(crate) struct ScanGroup {
    volume: String,
    office: String,
    shelf: String,
    rows: Vec<ScanRow>,
}

#[derive(Template)]
#[template(path = "scan_list.html")]
struct ScanList {
    shell: Shell,
    printed: String,
    groups: Vec<ScanGroup>,
}

/// The list for the scanning room: what to scan again, by shelf and volume, with room to tick off.
pub(crate) async fn scan_list(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    let notes = state.db.open_notes(None).await?;
    let mut groups = Vec::new();
    for volume in state.db.volumes().await? {
        if !person.account.offices.covers(&volume.descriptor.office) {
            continue;
        }
        let mut rows = Vec::new();
        for page in state.db.pages_of_volume(volume.id).await? {
            let asked: Vec<_> = notes.iter().filter(|note| note.page_id == page.id).collect();
            let (name, class, reason) = outcome_text(language, page.outcome.as_ref());
            let mut why: Vec<String> = asked.iter().map(|note| note.reason.clone()).collect();
            if matches!(class, "bad" | "warn") {
                why.push(if reason.is_empty() { name } else { format!("{name}: {reason}") });
            }
            if why.is_empty() {
                continue;
            }
            rows.push(ScanRow {
                number: page.sequence,
                source: page.source,
                why: why.join("; "),
                at: asked.first().map(|note| time_text(note.at_ms)).unwrap_or_default(),
            });
        }
        if !rows.is_empty() {
            groups.push(ScanGroup {
                volume: volume.descriptor.name.clone(),
                office: volume.descriptor.office.clone(),
                shelf: volume.descriptor.shelf.clone().unwrap_or_default(),
                rows,
            });
        }
    }
    groups.sort_by(|a, b| (&a.shelf, &a.volume).cmp(&(&b.shelf, &b.volume)));
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let shell = Shell::of(&person, language, "archive.list_title", "/archive");
    render(&ScanList { shell, printed: time_text(now), groups })
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
