//! The printed list for the scanning room.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;

use super::{Shell, outcome_text, render, time_text};
use crate::access::Person;
use crate::error::Result;
use crate::state::AppState;
use crate::texts::Language;

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
