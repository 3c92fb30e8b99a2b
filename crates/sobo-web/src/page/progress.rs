//! How taking in and reading go at this moment: for the archive desk, which asks every few seconds.

use axum::extract::State;
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::{joined_batches, scope, time_text};
use crate::access::Person;
use crate::error::Result;
use crate::state::AppState;
use crate::texts::Language;

/// The rate of reading is taken from this long back.
const RATE_OVER_MS: i64 = 10 * 60_000;
/// A watch that says nothing for so long has ended without saying so.
const SILENT_MS: i64 = 60_000;
/// A watch is shown for so long after its end.
const SHOWN_MS: i64 = 7 * 86_400_000;

/// A time in words, to the minute below an hour and a half.
fn left_text(language: Language, minutes: i64) -> String {
    if minutes >= 90 {
        language.text("archive.hours").replace("{hours}", &((minutes + 30) / 60).to_string())
    } else {
        language.text("archive.minutes").replace("{minutes}", &minutes.max(1).to_string())
    }
}

/// Minutes until `pages` are read where `read` pages were read in [`RATE_OVER_MS`].
fn minutes_left(pages: i64, read: i64) -> Option<i64> {
    (read > 0).then(|| (pages * RATE_OVER_MS / 60_000 + read - 1) / read)
}

/// Pages waiting and being read, pages an hour, time left in all and for each volume; batches; watched folders.
pub(crate) async fn reading_progress(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Json<Value>> {
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let length = state.db.queue_length(None).await?;
    let read: i64 = state.db.pages_read_since(now - RATE_OVER_MS).await?.iter().map(|(_, pages)| pages).sum();
    let progress = state.db.progress().await?;
    let before = state.db.queue_before_end_of().await?;
    let mut volumes = Vec::new();
    for volume in scope(&state, &person).await? {
        let Some(row) = progress.iter().find(|row| row.volume_id == volume.id) else { continue };
        let ahead = before.iter().find(|(id, _)| *id == volume.id).map(|(_, pages)| *pages);
        let left = ahead.and_then(|pages| minutes_left(pages, read));
        volumes.push(json!({
            "id": volume.id, "pages": row.pages, "waiting": row.waiting, "entries": row.entries,
            "mend": row.rescan_wanted + row.failed,
            "left": left.map(|minutes| left_text(language, minutes)).unwrap_or_default(),
        }));
    }
    let left = length.waiting + length.leased;
    let text = match (left, minutes_left(left, read)) {
        (0, _) => language.text("archive.nothing_waits").to_owned(),
        (_, None) => language.text("archive.nobody_reads").to_owned(),
        (_, Some(minutes)) => language
            .text("archive.rate")
            .replace("{pages}", &(read * 3_600_000 / RATE_OVER_MS).to_string())
            .replace("{left}", &left_text(language, minutes)),
    };
    let batches: Vec<Value> = joined_batches(&state, &person)
        .await?
        .into_iter()
        .map(|batch| json!({ "id": batch.id, "pages": batch.pages, "read": batch.pages - batch.waiting }))
        .collect();
    let watches: Vec<Value> = watches(&state, &person, language)
        .await?
        .into_iter()
        .map(|(folder, class, text)| json!({ "folder": folder, "class": class, "text": text }))
        .collect();
    Ok(Json(json!({
        "waiting": length.waiting, "reading": length.leased, "text": text, "volumes": volumes, "batches": batches,
        "watches": watches,
    })))
}

/// The watched folders: each with the class of its line and what there is to say of it.
pub(crate) async fn watches(
    state: &AppState,
    person: &Person,
    language: Language,
) -> Result<Vec<(String, &'static str, String)>> {
    // A folder holds scans of any office: those of one office alone are not told of it.
    if person.account.offices != sobo_db::OfficeScope::All {
        return Ok(Vec::new());
    }
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1000;
    let mut lines = Vec::new();
    for (watched, at) in state.db.watched_folders().await? {
        let silent = now - at > SILENT_MS;
        if now - at > SHOWN_MS {
            continue;
        }
        let (key, class) = match (watched.ended || silent, watched.said.is_empty()) {
            (true, _) => ("archive.watch_ended", ""),
            (false, true) => ("archive.watch_runs", "ok"),
            (false, false) => ("archive.watch_waits", "warn"),
        };
        let text = language
            .text(key)
            .replace("{at}", &time_text(at))
            .replace("{taken}", &watched.taken.to_string())
            .replace("{refused}", &watched.refused.to_string())
            .replace("{waiting}", &watched.waiting.to_string())
            .replace("{said}", &watched.said);
        lines.push((watched.folder, class, text));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_follows_the_rate() {
        // 30 pages in ten minutes: 60 pages take twenty.
        assert_eq!(minutes_left(60, 30), Some(20));
        assert_eq!(minutes_left(61, 30), Some(21));
        assert_eq!(minutes_left(5, 0), None);
        assert_eq!(left_text(Language::English, 0), left_text(Language::English, 1));
        assert!(left_text(Language::English, 89).contains("89"));
        assert!(left_text(Language::English, 150).contains('3'));
    }
}
