//! What people find wrong with a page and cannot mend themselves: wishes for a rescan above all.

use crate::change::{Change, Subject};
use crate::{AuditEvent, Result};

/// What someone found wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PageNote {
    /// Identifier.
    pub id: i64,
    /// The page.
    pub page_id: i64,
    /// The entry it was seen at, where one.
    pub entry_id: Option<i64>,
    /// `rescan`, `no_entries`, `wrong_form`, `missing_entry`, `marginal_note`.
    pub kind: String,
    /// In the person's words.
    pub reason: String,
    /// Who.
    pub person: i64,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// When it was settled or taken back.
    pub closed_ms: Option<i64>,
    /// By whom.
    pub closed_by: Option<i64>,
}

queries! {
    /// Records what a person found wrong with a page and gives the note's id.
    pub async fn note_page(pools, who: &str, note: &PageNote) -> Result<i64> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO page_note (page_id, entry_id, kind, reason, person, at_ms)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        )
        .bind(note.page_id)
        .bind(note.entry_id)
        .bind(&note.kind)
        .bind(&note.reason)
        .bind(note.person)
        .bind(now)
        .fetch_one(&mut *transaction)
        .await?;
        let event = AuditEvent::new(who, &format!("page.{}", note.kind), [format!("page/{}", note.page_id)])
            .because(note.reason.clone());
        backend::finish(transaction, &[Change::of(Subject::Page, note.page_id)], &[event]).await?;
        Ok(id)
    }

    /// Closes a note: settled, or taken back. False where it was closed before.
    pub async fn close_note(pools, who: &str, person: i64, id: i64) -> Result<bool> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let page: Option<i64> = sqlx::query_scalar(
            "UPDATE page_note SET closed_ms = $2, closed_by = $3 WHERE id = $1 AND closed_ms IS NULL RETURNING page_id",
        )
        .bind(id)
        .bind(now)
        .bind(person)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(page) = page else { return Ok(false) };
        let event = AuditEvent::new(who, "page.note_closed", [format!("page/{page}"), format!("note/{id}")]);
        backend::finish(transaction, &[Change::of(Subject::Page, page)], &[event]).await?;
        Ok(true)
    }

    /// Every note of a page, settled ones too, oldest first.
    pub async fn notes_of_page(pools, page: i64) -> Result<Vec<PageNote>> {
        let notes = sqlx::query_as("SELECT * FROM page_note WHERE page_id = $1 ORDER BY at_ms, id");
        Ok(notes.bind(page).fetch_all(&pools.read).await?)
    }

    /// Open notes of every page, oldest first; of one page where given.
    pub async fn open_notes(pools, page: Option<i64>) -> Result<Vec<PageNote>> {
        let notes = sqlx::query_as(
            "SELECT * FROM page_note WHERE closed_ms IS NULL AND ($1 = 0 OR page_id = $1) ORDER BY at_ms, id",
        );
        Ok(notes.bind(page.unwrap_or(0)).fetch_all(&pools.read).await?)
    }
}
