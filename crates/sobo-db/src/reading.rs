//! Readings: what the pipeline said of a page, written together with everything that follows from it.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sobo_core::{Entry, Original, Outcome, PageReading, Provenance, Rect, RegisterType};

use crate::queue::Lease;
use crate::{AuditEvent, Change, DbError, Result, Subject};

/// Entries of one page over all its readings: entry ids are page id × this + place.
pub const ENTRIES_PER_PAGE: i64 = 10_000;
/// Rows of one INSERT, well below the 32,766 parameters SQLite allows.
const ROWS: usize = 200;

/// How the processing of a page ended, to be recorded.
#[derive(Debug, Clone)]
pub struct Completion<'a> {
    /// The lease under which it was read.
    pub lease: &'a Lease,
    /// How it ended.
    pub outcome: &'a Outcome,
    /// What was read; `None` where reading did not come about.
    pub reading: Option<&'a PageReading>,
    /// What made the reading.
    pub provenance: &'a Provenance,
    /// Size in the original's pixels, where decoding came about.
    pub size: Option<(u32, u32)>,
    /// Resolution in dots per inch, where known.
    pub dpi: Option<f64>,
    /// Processing time.
    pub elapsed_ms: u64,
}

/// What recording did.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Completed {
    /// The outcome and its entries are recorded.
    Recorded,
    /// People had worked at the page's entries: the reading is kept beside them, the entries stay as they are.
    KeptBeside,
    /// The page had been completed before; nothing was done.
    Already,
}

/// A stored reading.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredReading {
    /// Its page.
    pub page_id: i64,
    /// Hash of `made_by`, the key of a reading among those of its page.
    pub key: String,
    /// What made it.
    pub made_by: Provenance,
    /// What was read.
    pub reading: PageReading,
    /// When, Unix milliseconds UTC.
    pub at_ms: i64,
}

/// The key of a provenance: sha256 over its parts, hex.
pub fn provenance_key(provenance: &Provenance) -> String {
    let mut hasher = Sha256::new();
    for part in [&provenance.model, &provenance.form, &provenance.settings, &provenance.version] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    // Readings without a print keep the key they always had.
    if !provenance.print.is_empty() {
        hasher.update(provenance.print.as_bytes());
    }
    hex::encode(hasher.finalize())
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    page_id: i64,
    provenance: String,
    model: String,
    form: String,
    print: String,
    settings: String,
    version: String,
    body: String,
    elapsed_ms: i64,
    at_ms: i64,
}

impl Row {
    fn into_reading(self) -> Result<StoredReading> {
        let mut reading: PageReading = serde_json::from_str(&self.body)
            .map_err(|_| DbError::stored("reading of page", self.page_id, "body", &self.provenance))?;
        reading.elapsed_ms = self.elapsed_ms as u64;
        Ok(StoredReading {
            page_id: self.page_id,
            key: self.provenance,
            made_by: Provenance {
                model: self.model,
                form: self.form,
                print: self.print,
                settings: self.settings,
                version: self.version,
            },
            reading,
            at_ms: self.at_ms,
        })
    }
}

/// The JSON of a value this crate made; serialising plain values does not fail.
pub(crate) fn json(value: &impl Serialize, page_id: i64) -> Result<String> {
    serde_json::to_string(value).map_err(|error| DbError::Conflict {
        what: "page",
        id: page_id.to_string(),
        why: format!("its reading cannot be written as JSON: {error}"),
    })
}

fn pixels(rect: &Rect<Original>) -> [i64; 4] {
    [rect.x, rect.y, rect.w, rect.h].map(|v| v.round() as i64)
}

/// Expected number of wrong fields among those not offered as right: what a person would find to do.
pub(crate) fn doubt(entry: &Entry) -> f64 {
    entry.fields.values().filter(|field| !field.accepted).map(|field| 1.0 - f64::from(field.confidence)).sum()
}

queries! {
    inside {
        async fn insert_reading(
            connection: &mut Connection,
            page_id: i64,
            completion: &Completion<'_>,
            reading: &PageReading,
            now: i64,
        ) -> Result<()> {
            // The time stands in its own column: the same input gives the same bytes.
            let body = json(&PageReading { elapsed_ms: 0, ..reading.clone() }, page_id)?;
            sqlx::query(
                "INSERT INTO reading (page_id, provenance, model, form, settings, version, body, elapsed_ms, at_ms, print)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
            )
            .bind(page_id)
            .bind(provenance_key(completion.provenance))
            .bind(&completion.provenance.model)
            .bind(&completion.provenance.form)
            .bind(&completion.provenance.settings)
            .bind(&completion.provenance.version)
            .bind(body)
            .bind(completion.elapsed_ms as i64)
            .bind(now)
            .bind(&completion.provenance.print)
            .execute(connection)
            .await?;
            Ok(())
        }

        /// Writes entries and their fields; gives their ids.
        pub(crate) async fn insert_entries(
            connection: &mut Connection,
            page_id: i64,
            provenance: Option<&str>,
            register_type: Option<RegisterType>,
            entries: &[Entry],
            now: i64,
        ) -> Result<Vec<i64>> {
            let used: Option<i64> = sqlx::query_scalar("SELECT MAX(id) FROM entry WHERE page_id = $1")
                .bind(page_id)
                .fetch_one(&mut *connection)
                .await?;
            let first = used.unwrap_or(page_id * ENTRIES_PER_PAGE) + 1;
            if first + entries.len() as i64 > (page_id + 1) * ENTRIES_PER_PAGE {
                return Err(DbError::Conflict {
                    what: "page",
                    id: page_id.to_string(),
                    why: format!("it has more than {ENTRIES_PER_PAGE} entries over all its readings"),
                });
            }
            let current: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM entry WHERE page_id = $1 AND state = 'current'")
                    .bind(page_id)
                    .fetch_one(&mut *connection)
                    .await?;
            let mut ids = Vec::with_capacity(entries.len());
            for ((id, place), entry) in (first..).zip(current + 1..).zip(entries) {
                let [x, y, width, height] = pixels(&entry.bbox);
                let number = entry.fields.get("entry_number").filter(|field| field.lacuna.is_none());
                sqlx::query(
                    "INSERT INTO entry (id, page_id, volume_id, place, provenance, state, register_type, x, y, width,
                                        height, entry_number, fields, accepted, lacunae, doubt, created_ms)
                     SELECT $1, page.id, page.volume_id, $2, $3, 'current', COALESCE($4, volume.register_type), $5, $6,
                            $7, $8, $9, $10, $11, $12, $13, $14
                     FROM page JOIN volume ON volume.id = page.volume_id WHERE page.id = $15",
                )
                .bind(id)
                .bind(place)
                .bind(provenance)
                .bind(register_type.map(RegisterType::as_str))
                .bind(x)
                .bind(y)
                .bind(width)
                .bind(height)
                .bind(number.map(|field| field.text.as_str()))
                .bind(entry.fields.len() as i64)
                .bind(entry.fields.values().filter(|field| field.accepted).count() as i64)
                .bind(entry.fields.values().filter(|field| field.lacuna.is_some()).count() as i64)
                .bind(doubt(entry))
                .bind(now)
                .bind(page_id)
                .execute(&mut *connection)
                .await?;
                insert_fields(connection, page_id, id, entry).await?;
                ids.push(id);
            }
            Ok(ids)
        }

        async fn insert_fields(connection: &mut Connection, page_id: i64, entry_id: i64, entry: &Entry) -> Result<()> {
            let fields: Vec<_> = entry.fields.iter().enumerate().collect();
            for chunk in fields.chunks(ROWS) {
                let mut rows = Vec::with_capacity(chunk.len());
                for (place, (name, field)) in chunk {
                    let lists =
                        [json(&field.candidates, page_id)?, json(&field.checks, page_id)?, json(&field.lines, page_id)?];
                    rows.push((*place as i64, *name, *field, lists));
                }
                let mut query = sqlx::QueryBuilder::<backend::Driver>::new(
                    "INSERT INTO field (entry_id, place, name, text, value, lacuna, x, y, width, height, confidence,
                                        accepted, reader, candidates, checks, lines) ",
                );
                query.push_values(rows, |mut row, (place, name, field, [candidates, checks, lines])| {
                    let [x, y, width, height] = pixels(&field.bbox);
                    row.push_bind(entry_id)
                        .push_bind(place)
                        .push_bind(name)
                        .push_bind(&field.text)
                        .push_bind(&field.value)
                        .push_bind(field.lacuna.map(sobo_core::Lacuna::as_str))
                        .push_bind(x)
                        .push_bind(y)
                        .push_bind(width)
                        .push_bind(height)
                        .push_bind(f64::from(field.confidence))
                        .push_bind(field.accepted)
                        .push_bind(&field.reader)
                        .push_bind(candidates)
                        .push_bind(checks)
                        .push_bind(lines);
                });
                query.build().execute(&mut *connection).await?;
            }
            Ok(())
        }
    }

    /// Records how the processing of a page ended: outcome, reading, entries, the end of its job, change feed and audit,
    /// all or nothing. A page that was completed before, by whomever, is left as it is; so recording twice is the same
    /// as recording once. A reading never replaces the work of people: then it is kept beside it.
    pub async fn complete_page(pools, who: &str, completion: &Completion<'_>) -> Result<Completed> {
        let page_id = completion.lease.page_id;
        let mut transaction = pools.begin().await?;
        if !backend::queue::check_lease(&mut transaction, completion.lease).await? {
            return Ok(Completed::Already);
        }
        let now = backend::now_ms(&mut transaction).await?;
        let key = completion.reading.map(|_| provenance_key(completion.provenance));
        // Deeds of verification, and drafts somebody is typing at this moment.
        let worked_at: i64 = sqlx::query_scalar(
            "SELECT (SELECT COUNT(*) FROM verification_deed d JOIN entry ON entry.id = d.entry_id
                     WHERE entry.page_id = $1)
                  + (SELECT COUNT(*) FROM draft JOIN entry ON entry.id = draft.entry_id WHERE entry.page_id = $1)",
        )
        .bind(page_id)
        .fetch_one(&mut *transaction)
        .await?;
        let mut changes = vec![Change::of(Subject::Page, page_id)];
        let mut entries = Vec::new();
        if let Some(reading) = completion.reading {
            insert_reading(&mut transaction, page_id, completion, reading, now).await?;
        }
        if worked_at == 0 {
            let old: Vec<i64> = sqlx::query_scalar(
                "UPDATE entry SET state = 'superseded' WHERE page_id = $1 AND state = 'current' RETURNING id",
            )
            .bind(page_id)
            .fetch_all(&mut *transaction)
            .await?;
            changes.extend(old.into_iter().map(|entry| Change::of(Subject::Entry, entry)));
            // Nobody had begun to verify them.
            sqlx::query("DELETE FROM record WHERE page_id = $1").bind(page_id).execute(&mut *transaction).await?;
            if let Some(reading) = completion.reading {
                entries = insert_entries(
                    &mut transaction,
                    page_id,
                    key.as_deref(),
                    reading.register_type,
                    &reading.entries,
                    now,
                )
                .await?;
                changes.extend(entries.iter().map(|entry| Change::of(Subject::Entry, *entry)));
            }
        }
        sqlx::query(
            "UPDATE page SET state = $2, reasons = $3, form = $4, elapsed_ms = $6, read_ms = $7,
                             provenance = CASE WHEN $11 THEN provenance ELSE $5 END,
                             width = COALESCE($8, width), height = COALESCE($9, height), dpi = COALESCE($10, dpi)
             WHERE id = $1",
        )
        .bind(page_id)
        .bind(completion.outcome.as_str())
        .bind(crate::page::reasons_of(completion.outcome))
        .bind(completion.reading.map_or("", |reading| reading.form.as_str()))
        .bind(&key)
        .bind(completion.elapsed_ms as i64)
        .bind(now)
        .bind(completion.size.map(|(width, _)| i64::from(width)))
        .bind(completion.size.map(|(_, height)| i64::from(height)))
        .bind(completion.dpi)
        .bind(worked_at > 0)
        .execute(&mut *transaction)
        .await?;
        backend::join::unjoin(&mut transaction, page_id).await?;
        backend::queue::finish_job(&mut transaction, page_id).await?;
        let volume: i64 = sqlx::query_scalar("SELECT volume_id FROM page WHERE id = $1")
            .bind(page_id)
            .fetch_one(&mut *transaction)
            .await?;
        let event = AuditEvent::new(who, "page.read", [format!("page/{page_id}"), format!("volume/{volume}")]).with(
            serde_json::json!({
                "outcome": completion.outcome, "provenance": key, "entries": entries,
                "kept_beside": worked_at > 0,
            }),
        );
        backend::finish(transaction, &changes, &[event]).await?;
        Ok(if worked_at == 0 { Completed::Recorded } else { Completed::KeptBeside })
    }

    /// Every reading of a page, oldest first.
    pub async fn readings_of_page(pools, page_id: i64) -> Result<Vec<StoredReading>> {
        let rows: Vec<Row> = sqlx::query_as("SELECT * FROM reading WHERE page_id = $1 ORDER BY at_ms, provenance")
            .bind(page_id)
            .fetch_all(&pools.read)
            .await?;
        rows.into_iter().map(Row::into_reading).collect()
    }

    /// The current reading of a page; `None` where it has none.
    pub async fn reading_of_page(pools, page_id: i64) -> Result<Option<StoredReading>> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT reading.* FROM page JOIN reading ON reading.page_id = page.id AND reading.provenance = page.provenance
             WHERE page.id = $1",
        )
        .bind(page_id)
        .fetch_optional(&pools.read)
        .await?;
        row.map(Row::into_reading).transpose()
    }
}
