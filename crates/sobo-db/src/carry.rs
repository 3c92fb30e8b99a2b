//! A rescan takes the place of a page: which entries of the old scan wait to be carried over, and to where they went.

use crate::change::{Change, Subject};
use crate::{AuditEvent, Result};

/// An entry of an old scan with work of people in it that no entry of the new scan has taken over.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ToCarry {
    /// The entry of the old scan.
    pub old_entry: i64,
    /// Its page.
    pub old_page: i64,
    /// The page that took its place, read by now.
    pub new_page: i64,
}

queries! {
    /// Entries that people worked at, whose page was replaced by a scan that has been read, and that were not carried
    /// over yet; by page, in reading order.
    pub async fn entries_to_carry(pools) -> Result<Vec<ToCarry>> {
        let rows = sqlx::query_as(
            "SELECT record.entry_id AS old_entry, page.id AS old_page, page.superseded_by AS new_page
             FROM page JOIN page new_page ON new_page.id = page.superseded_by
             JOIN record ON record.page_id = page.id
             WHERE page.superseded_by IS NOT NULL AND record.deeds > 0 AND record.stage <> 'withdrawn'
             AND new_page.state <> 'waiting'
             AND NOT EXISTS (SELECT 1 FROM carry WHERE carry.old_entry = record.entry_id)
             ORDER BY page.id, record.place",
        );
        Ok(rows.fetch_all(&pools.read).await?)
    }

    /// Puts an entry of an old scan that the machine did not find again on the new one; gives its id.
    pub async fn add_carried_entry(pools, page: i64, entry: &sobo_core::Entry) -> Result<i64> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let added =
            backend::reading::insert_entries(&mut transaction, page, None, None, std::slice::from_ref(entry), now)
                .await?;
        let id = added.first().copied().unwrap_or_default();
        backend::page_work::renumber(&mut transaction, page, &added).await?;
        let event = AuditEvent::new("sobo", "entry.add", [format!("entry/{id}"), format!("page/{page}")])
            .because("carried over from an earlier scan");
        backend::finish(transaction, &[Change::of(Subject::Entry, id), Change::of(Subject::Page, page)], &[event]).await?;
        Ok(id)
    }

    /// Notes that `new` takes over what people stated of `old`. A record of `new` nobody has worked at begins anew.
    pub async fn carry_entry(pools, old: i64, new: i64) -> Result<()> {
        let mut transaction = pools.begin().await?;
        sqlx::query("INSERT INTO carry (new_entry, old_entry) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(new)
            .bind(old)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM record WHERE entry_id = $1 AND deeds = 0").bind(new).execute(&mut *transaction).await?;
        let event = AuditEvent::new("sobo", "entry.carry", [format!("entry/{new}"), format!("entry/{old}")]);
        backend::finish(transaction, &[], &[event]).await
    }

    /// The entry of an earlier scan that this one took values from.
    pub async fn carried_from(pools, entry: i64) -> Result<Option<i64>> {
        let old = sqlx::query_scalar("SELECT old_entry FROM carry WHERE new_entry = $1");
        Ok(old.bind(entry).fetch_optional(&pools.read).await?)
    }

    /// The page whose place this one took.
    pub async fn page_before(pools, page: i64) -> Result<Option<i64>> {
        let old = sqlx::query_scalar("SELECT id FROM page WHERE superseded_by = $1 ORDER BY id DESC LIMIT 1");
        Ok(old.bind(page).fetch_optional(&pools.read).await?)
    }

    /// When pages were read since `since_ms`: how many, and how many of them each volume has.
    pub async fn pages_read_since(pools, since_ms: i64) -> Result<Vec<(i64, i64)>> {
        let rows = sqlx::query_as(
            "SELECT volume_id, COUNT(*) FROM page WHERE read_ms >= $1 GROUP BY volume_id ORDER BY volume_id",
        );
        Ok(rows.bind(since_ms).fetch_all(&pools.read).await?)
    }
}
