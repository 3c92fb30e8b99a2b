//! Pages: where each stands in its volume and how its processing ended.

use serde::Serialize;
use sobo_core::Outcome;

use crate::{AuditEvent, Change, DbError, Result, Subject};

/// A page of a volume.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Page {
    /// Its id.
    pub id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// The intake record of its file.
    pub file_id: i64,
    /// sha256 of its original, hex.
    pub original: String,
    /// Page in that file, from 0.
    pub page_index: u32,
    /// Place in the volume, from 1.
    pub sequence: i64,
    /// Where the file came from.
    pub source: String,
    /// Size in the original's pixels, once known.
    pub size: Option<(u32, u32)>,
    /// Resolution in dots per inch, where known.
    pub dpi: Option<f64>,
    /// How its processing ended; `None` while it waits.
    pub outcome: Option<Outcome>,
    /// Identifier of the form it was read with; empty before.
    pub form: String,
    /// Form a person demands in place of the volume's.
    pub form_wanted: Option<String>,
    /// Hash of the provenance of its current reading.
    pub provenance: Option<String>,
    /// Processing time of its current reading.
    pub elapsed_ms: Option<i64>,
    /// When it was read, Unix milliseconds UTC.
    pub read_ms: Option<i64>,
    /// The page scanned in its place.
    pub superseded_by: Option<i64>,
}

#[derive(Debug, sqlx::FromRow)]
pub(crate) struct PageRow {
    id: i64,
    volume_id: i64,
    file_id: i64,
    original: String,
    page_index: i64,
    sequence: i64,
    source: String,
    width: Option<i64>,
    height: Option<i64>,
    dpi: Option<f64>,
    state: String,
    reasons: String,
    form: String,
    form_wanted: Option<String>,
    provenance: Option<String>,
    elapsed_ms: Option<i64>,
    read_ms: Option<i64>,
    superseded_by: Option<i64>,
}

impl PageRow {
    pub(crate) fn into_page(self) -> Result<Page> {
        let outcome = outcome_of(self.id, &self.state, &self.reasons)?;
        Ok(Page {
            id: self.id,
            volume_id: self.volume_id,
            file_id: self.file_id,
            original: self.original,
            page_index: self.page_index as u32,
            sequence: self.sequence,
            source: self.source,
            size: self.width.zip(self.height).map(|(width, height)| (width as u32, height as u32)),
            dpi: self.dpi,
            outcome,
            form: self.form,
            form_wanted: self.form_wanted,
            provenance: self.provenance,
            elapsed_ms: self.elapsed_ms,
            read_ms: self.read_ms,
            superseded_by: self.superseded_by,
        })
    }
}

/// State of a page that waits to be read.
pub(crate) const WAITING: &str = "waiting";

fn outcome_of(id: i64, state: &str, reasons: &str) -> Result<Option<Outcome>> {
    let reasons: Vec<String> =
        serde_json::from_str(reasons).map_err(|_| DbError::stored("page", id, "reasons", reasons))?;
    Ok(Some(match state {
        WAITING => return Ok(None),
        "done" => Outcome::Done,
        "blank" => Outcome::Blank,
        "rescan_wanted" => Outcome::RescanWanted { reasons },
        "failed" => Outcome::Failed { reason: reasons.join("; ") },
        _ => return Err(DbError::stored("page", id, "state", state)),
    }))
}

/// The reasons of an outcome as the column `reasons` holds them.
pub(crate) fn reasons_of(outcome: &Outcome) -> String {
    let reasons = match outcome {
        Outcome::Done | Outcome::Blank => vec![],
        Outcome::RescanWanted { reasons } => reasons.clone(),
        Outcome::Failed { reason } => vec![reason.clone()],
    };
    serde_json::Value::from(reasons).to_string()
}

/// Which pages.
#[derive(Debug, Clone, Default)]
pub struct PageFilter {
    /// Of this volume alone.
    pub volume_id: Option<i64>,
    /// In this state alone: `waiting` or the identifier of an outcome.
    pub state: Option<String>,
    /// After this page id, for reading on.
    pub after: i64,
    /// At most so many; 0 for all.
    pub limit: i64,
}

queries! {
    inside {
        pub(crate) async fn get(connection: &mut Connection, id: i64) -> Result<Page> {
            let row: Option<PageRow> =
                sqlx::query_as("SELECT * FROM page WHERE id = $1").bind(id).fetch_optional(connection).await?;
            row.ok_or(DbError::NotFound { what: "page", id: id.to_string() })?.into_page()
        }
    }

    /// One page.
    pub async fn page(pools, id: i64) -> Result<Page> {
        get(&mut *pools.read.acquire().await?, id).await
    }

    /// The pages of a volume in their order, those replaced by a rescan left out.
    pub async fn pages_of_volume(pools, volume_id: i64) -> Result<Vec<Page>> {
        let rows: Vec<PageRow> = sqlx::query_as(
            "SELECT * FROM page WHERE volume_id = $1 AND superseded_by IS NULL ORDER BY sequence, id",
        )
        .bind(volume_id)
        .fetch_all(&pools.read)
        .await?;
        rows.into_iter().map(PageRow::into_page).collect()
    }

    /// Pages by state, in the order of their ids, those replaced by a rescan left out.
    pub async fn pages(pools, filter: &PageFilter) -> Result<Vec<Page>> {
        let rows: Vec<PageRow> = sqlx::query_as(
            "SELECT * FROM page
             WHERE superseded_by IS NULL AND ($1 = 0 OR volume_id = $1) AND ($2 = '' OR state = $2) AND id > $3
             ORDER BY id LIMIT $4",
        )
        .bind(filter.volume_id.unwrap_or(0))
        .bind(filter.state.as_deref().unwrap_or_default())
        .bind(filter.after)
        .bind(if filter.limit == 0 { i64::MAX } else { filter.limit })
        .fetch_all(&pools.read)
        .await?;
        rows.into_iter().map(PageRow::into_page).collect()
    }

    /// The pages before and after a page in its volume.
    pub async fn neighbours(pools, id: i64) -> Result<(Option<i64>, Option<i64>)> {
        let before = sqlx::query_scalar(
            "SELECT other.id FROM page JOIN page other ON other.volume_id = page.volume_id
             WHERE page.id = $1 AND other.superseded_by IS NULL AND other.sequence < page.sequence
             ORDER BY other.sequence DESC LIMIT 1",
        )
        .bind(id)
        .fetch_optional(&pools.read)
        .await?;
        let after = sqlx::query_scalar(
            "SELECT other.id FROM page JOIN page other ON other.volume_id = page.volume_id
             WHERE page.id = $1 AND other.superseded_by IS NULL AND other.sequence > page.sequence
             ORDER BY other.sequence LIMIT 1",
        )
        .bind(id)
        .fetch_optional(&pools.read)
        .await?;
        Ok((before, after))
    }

    /// Puts `new`, a page taken in after it, in the place of `old`. Both originals, their readings and entries stay; the
    /// old page leaves the volume's order and its entries are no longer current.
    pub async fn replace_page(pools, who: &str, old: i64, new: i64, reason: &str) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let (old_page, new_page) = (get(&mut transaction, old).await?, get(&mut transaction, new).await?);
        let refusal = if old == new {
            Some("a page cannot take its own place".to_owned())
        } else if old_page.volume_id != new_page.volume_id {
            Some(format!("page {new} belongs to another volume"))
        } else {
            let other = old_page.superseded_by.or(new_page.superseded_by);
            other.map(|other| format!("page {other} has taken its place already"))
        };
        if let Some(why) = refusal {
            return Err(DbError::Conflict { what: "page", id: old.to_string(), why });
        }
        // The job comes before the page, as in `complete_page`.
        sqlx::query("DELETE FROM job WHERE page_id = $1").bind(old).execute(&mut *transaction).await?;
        // The page after the new one's present place gets another before it, and so does the one after its new place.
        backend::join::unjoin(&mut transaction, new).await?;
        let mut changes = vec![Change::of(Subject::Page, old), Change::of(Subject::Page, new)];
        let entries: Vec<i64> = sqlx::query_scalar(
            "UPDATE entry SET state = 'superseded' WHERE page_id = $1 AND state = 'current' RETURNING id",
        )
        .bind(old)
        .fetch_all(&mut *transaction)
        .await?;
        changes.extend(entries.into_iter().map(|entry| Change::of(Subject::Entry, entry)));
        sqlx::query("UPDATE page SET superseded_by = $2 WHERE id = $1")
            .bind(old)
            .bind(new)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("UPDATE page SET sequence = $2 WHERE id = $1")
            .bind(new)
            .bind(old_page.sequence)
            .execute(&mut *transaction)
            .await?;
        // A person who had begun at the new scan keeps that; other records begin anew with what is carried over.
        sqlx::query(
            "UPDATE record SET place = place - (place % 1000000000) + $2 * 10000 + (place % 10000) WHERE page_id = $1",
        )
        .bind(new)
        .bind(old_page.sequence)
        .execute(&mut *transaction)
        .await?;
        backend::join::unjoin(&mut transaction, new).await?;
        let event = AuditEvent::new(who, "page.replace", [
            format!("page/{old}"),
            format!("page/{new}"),
            format!("volume/{}", old_page.volume_id),
        ])
        .because(reason);
        backend::finish(transaction, &changes, &[event]).await
    }
}
