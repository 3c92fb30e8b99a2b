//! Joining pages: after a page and all before it were read, what the page before says of it is written into its entries.
//!
//! A reading is what a page alone says and is never changed; the join changes what follows from it, the fields of the
//! current entries, in one transaction with change feed and audit. Pages are joined in the order of their volume, each
//! once, and again when it or the page before was read anew. So the entries of a volume are the same whatever the order
//! its pages were read in and however often the work was interrupted.

use sobo_core::Entry;

use crate::reading::{doubt, json};
use crate::{AuditEvent, Change, Result, Subject};

/// A page that waits to be joined, all pages before it being joined.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PageToJoin {
    /// The page.
    pub page_id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// Form it was read with; empty where reading did not come about.
    pub form: String,
    /// Hash of the provenance of its current reading.
    pub provenance: Option<String>,
    /// The page before it, blank ones passed over.
    pub previous: Option<i64>,
    /// The form that page was read with.
    pub previous_form: Option<String>,
}

/// An entry as it is once the page before is known.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinedEntry {
    /// Its id.
    pub id: i64,
    /// All its fields.
    pub entry: Entry,
    /// Names of those that differ from what the store holds; their value, confidence, acceptance and checks count.
    pub changed: Vec<String>,
}

/// What joining did.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Joined {
    /// The page is joined.
    Done,
    /// Somebody has one of the entries open, or a page was read meanwhile: it waits for another time.
    PutOff,
}

queries! {
    inside {
        /// Makes a page, and the one after it that is not blank, wait to be joined.
        pub(crate) async fn unjoin(connection: &mut Connection, page_id: i64) -> Result<()> {
            sqlx::query(
                "UPDATE page SET joined = FALSE
                 WHERE joined AND volume_id = (SELECT volume_id FROM page WHERE id = $1)
                   AND sequence >= (SELECT sequence FROM page WHERE id = $1)
                   AND sequence <= COALESCE(
                        (SELECT MIN(after.sequence) FROM page JOIN page after ON after.volume_id = page.volume_id
                         WHERE page.id = $1 AND after.superseded_by IS NULL AND after.state <> 'blank'
                           AND after.sequence > page.sequence),
                        (SELECT MAX(last.sequence) FROM page JOIN page last ON last.volume_id = page.volume_id
                         WHERE page.id = $1))",
            )
            .bind(page_id)
            .execute(connection)
            .await?;
            Ok(())
        }

        async fn busy(connection: &mut Connection, page_id: i64, now: i64) -> Result<bool> {
            let open: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM record WHERE page_id = $1 AND lease_person IS NOT NULL AND lease_until_ms > $2",
            )
            .bind(page_id)
            .bind(now)
            .fetch_one(connection)
            .await?;
            Ok(open > 0)
        }
    }

    /// The next page to join after the volume and place given, in the order of volumes and pages; of one volume where
    /// given. A page waits until all before it in its volume are joined.
    pub async fn page_to_join(pools, volume_id: Option<i64>, after_volume: i64) -> Result<Option<PageToJoin>> {
        let row = sqlx::query_as(
            "SELECT page.id AS page_id, page.volume_id, page.form, page.provenance,
                    before.id AS previous, before.form AS previous_form
             FROM page LEFT JOIN page before ON before.id = (
                    SELECT other.id FROM page other
                    WHERE other.volume_id = page.volume_id AND other.superseded_by IS NULL
                      AND other.sequence < page.sequence AND other.state <> 'blank'
                    ORDER BY other.sequence DESC LIMIT 1)
             WHERE NOT page.joined AND page.superseded_by IS NULL AND page.state <> 'waiting'
               AND ($1 = 0 OR page.volume_id = $1) AND page.volume_id > $2
               AND NOT EXISTS (SELECT 1 FROM page earlier
                               WHERE earlier.volume_id = page.volume_id AND earlier.superseded_by IS NULL
                                 AND earlier.sequence < page.sequence AND NOT earlier.joined)
             ORDER BY page.volume_id, page.sequence LIMIT 1",
        );
        Ok(row.bind(volume_id.unwrap_or(0)).bind(after_volume).fetch_optional(&pools.read).await?)
    }

    /// Writes the fields that differ from what they are now and marks the page joined, all or nothing. Entries people
    /// have worked at stay as they are. `previous` is the entry it was held against, for the audit.
    pub async fn join_page(
        pools,
        who: &str,
        page: &PageToJoin,
        previous: Option<i64>,
        entries: &[JoinedEntry],
    ) -> Result<Joined> {
        let page_id = page.page_id;
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        // The row first, then what it is compared with: whoever reads the page anew has to wait for its lock.
        let found: Option<(bool, Option<String>)> = sqlx::query_as(backend::pick(
            "SELECT joined, provenance FROM page WHERE id = $1 AND state <> 'waiting'",
            "SELECT joined, provenance FROM page WHERE id = $1 AND state <> 'waiting' FOR UPDATE",
        ))
        .bind(page_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let earlier: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM page JOIN page earlier ON earlier.volume_id = page.volume_id
             WHERE page.id = $1 AND earlier.superseded_by IS NULL AND earlier.sequence < page.sequence
               AND NOT earlier.joined",
        )
        .bind(page_id)
        .fetch_one(&mut *transaction)
        .await?;
        match found {
            Some((true, _)) => return Ok(Joined::Done),
            Some((false, provenance)) if provenance == page.provenance && earlier == 0 => {}
            _ => return Ok(Joined::PutOff),
        }
        if !entries.is_empty() && busy(&mut transaction, page_id, now).await? {
            return Ok(Joined::PutOff);
        }
        let (mut written, mut changes) = (serde_json::Map::new(), Vec::new());
        for JoinedEntry { id, entry, changed } in entries {
            let worked_at: i64 = sqlx::query_scalar(
                "SELECT (SELECT COUNT(*) FROM verification_deed WHERE entry_id = $1)
                      + (SELECT COUNT(*) FROM draft WHERE entry_id = $1)",
            )
            .bind(id)
            .fetch_one(&mut *transaction)
            .await?;
            if worked_at > 0 {
                continue;
            }
            for (name, field) in changed.iter().filter_map(|name| entry.fields.get_key_value(name)) {
                sqlx::query(
                    "UPDATE field SET value = $3, confidence = $4, accepted = $5, checks = $6
                     WHERE entry_id = $1 AND name = $2",
                )
                .bind(id)
                .bind(name)
                .bind(&field.value)
                .bind(f64::from(field.confidence))
                .bind(field.accepted)
                .bind(json(&field.checks, page_id)?)
                .execute(&mut *transaction)
                .await?;
            }
            sqlx::query("UPDATE entry SET accepted = $2, doubt = $3 WHERE id = $1")
                .bind(id)
                .bind(entry.fields.values().filter(|field| field.accepted).count() as i64)
                .bind(doubt(entry))
                .execute(&mut *transaction)
                .await?;
            // Nobody had begun to verify it: its record is begun anew from what it says now.
            sqlx::query("DELETE FROM record WHERE entry_id = $1").bind(id).execute(&mut *transaction).await?;
            changes.push(Change::of(Subject::Entry, *id));
            written.insert(id.to_string(), serde_json::json!(changed));
        }
        if !written.is_empty() {
            // Its last entry may say something else to the page after it.
            unjoin(&mut transaction, page_id).await?;
        }
        sqlx::query("UPDATE page SET joined = TRUE WHERE id = $1").bind(page_id).execute(&mut *transaction).await?;
        let mut events = Vec::new();
        if !written.is_empty() {
            let subjects = [format!("page/{page_id}"), format!("volume/{}", page.volume_id)]
                .into_iter()
                .chain(written.keys().map(|entry| format!("entry/{entry}")))
                .collect::<Vec<_>>();
            events.push(AuditEvent::new(who, "page.join", subjects).with(serde_json::json!({
                "previous": previous, "provenance": page.provenance, "fields": written,
            })));
        }
        backend::finish(transaction, &changes, &events).await?;
        Ok(Joined::Done)
    }
}
