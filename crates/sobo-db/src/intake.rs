//! Intake: batches, the files handed in and the pages they hold.

use serde::Serialize;

use crate::{AuditEvent, Change, DbError, Result, Subject};

/// One page found in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewPage {
    /// Page in the file, from 0.
    pub page_index: u32,
    /// Width in pixels, where intake could tell without decoding.
    pub width: Option<u32>,
    /// Height in pixels.
    pub height: Option<u32>,
    /// Resolution in dots per inch, where the file says.
    pub dpi: Option<f64>,
}

/// What became of a file that was handed in.
#[derive(Debug, Clone, PartialEq)]
pub enum Handed {
    /// Its bytes are in the vault and these pages were found in it.
    Taken {
        /// sha256 of its bytes, hex.
        sha256: String,
        /// Its size.
        bytes: u64,
        /// Its pages, in order.
        pages: Vec<NewPage>,
    },
    /// It could not be taken in.
    Refused {
        /// sha256 of its bytes, where they could be read.
        sha256: Option<String>,
        /// Its size, where known.
        bytes: Option<u64>,
        /// Why and what to do.
        reason: String,
    },
}

/// A file handed in to a volume.
#[derive(Debug, Clone, PartialEq)]
pub struct FileIntake<'a> {
    /// Who runs the intake.
    pub who: &'a str,
    /// The volume.
    pub volume_id: i64,
    /// Name of the batch. A batch that was left open under this name is continued.
    pub batch: &'a str,
    /// Where the file came from (`hộp 3.zip/0001.tif`); bytes that are not UTF-8 escaped, so that it is lossless text.
    pub source: &'a str,
    /// What became of it.
    pub handed: Handed,
}

/// Outcome of a file.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileOutcome {
    /// Its pages are in the volume.
    Taken,
    /// The same bytes were there already.
    Duplicate,
    /// It could not be taken in.
    Refused,
}

impl FileOutcome {
    /// The identifier in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
        }
    }

    fn parse(id: i64, text: &str) -> Result<Self> {
        [Self::Taken, Self::Duplicate, Self::Refused]
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| DbError::stored("intake file", id, "outcome", text))
    }
}

/// The record of a file handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileRecord {
    /// Its id.
    pub id: i64,
    /// The batch it came with.
    pub batch_id: i64,
    /// The volume it was meant for.
    pub volume_id: i64,
    /// Where it came from.
    pub source: String,
    /// sha256 of its bytes, hex.
    pub sha256: Option<String>,
    /// Its size.
    pub bytes: Option<i64>,
    /// What became of it.
    pub outcome: FileOutcome,
    /// Why, where refused.
    pub reason: String,
    /// The record of the file with the same bytes, where it is a duplicate.
    pub duplicate_of: Option<i64>,
    /// Number of its pages taken.
    pub pages: i64,
    /// When, Unix milliseconds UTC.
    pub at_ms: i64,
}

/// Record of a file, and whether it was written now or stood there from an earlier, perhaps interrupted, intake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The record.
    pub file: FileRecord,
    /// Written by this call.
    pub new: bool,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Batch {
    /// Its id.
    pub id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// Its name.
    pub label: String,
    /// Who began it.
    pub opened_by: String,
    /// When, Unix milliseconds UTC.
    pub opened_ms: i64,
    /// When its last file was recorded; `None` while it runs or where it was interrupted.
    pub closed_ms: Option<i64>,
    /// Files taken in.
    pub taken: i64,
    /// Files whose bytes were there already.
    pub duplicates: i64,
    /// Files refused.
    pub refused: i64,
    /// Pages taken in.
    pub pages: i64,
    /// Of them, not read yet.
    pub waiting: i64,
}

#[derive(Debug, sqlx::FromRow)]
struct Row {
    id: i64,
    batch_id: i64,
    volume_id: i64,
    source: String,
    sha256: Option<String>,
    bytes: Option<i64>,
    outcome: String,
    reason: String,
    duplicate_of: Option<i64>,
    pages: i64,
    at_ms: i64,
}

impl Row {
    fn into_record(self) -> Result<FileRecord> {
        Ok(FileRecord {
            id: self.id,
            batch_id: self.batch_id,
            volume_id: self.volume_id,
            source: self.source,
            sha256: self.sha256,
            bytes: self.bytes,
            outcome: FileOutcome::parse(self.id, &self.outcome)?,
            reason: self.reason,
            duplicate_of: self.duplicate_of,
            pages: self.pages,
            at_ms: self.at_ms,
        })
    }
}

const BATCHES: &str =
    "SELECT batch.id, batch.volume_id, batch.label, batch.opened_by, batch.opened_ms, batch.closed_ms,
        COUNT(CASE WHEN f.outcome = 'taken' THEN 1 END) AS taken,
        COUNT(CASE WHEN f.outcome = 'duplicate' THEN 1 END) AS duplicates,
        COUNT(CASE WHEN f.outcome = 'refused' THEN 1 END) AS refused,
        CAST(COALESCE(SUM(f.pages), 0) AS BIGINT) AS pages,
        (SELECT COUNT(*) FROM page p JOIN intake_file g ON g.id = p.file_id
         WHERE g.batch_id = batch.id AND p.state = 'waiting' AND p.superseded_by IS NULL) AS waiting
     FROM batch LEFT JOIN intake_file f ON f.batch_id = batch.id
     WHERE $1 = 0 OR batch.volume_id = $1
     GROUP BY batch.id ORDER BY batch.id DESC";

queries! {
    inside {
        async fn known_file(connection: &mut Connection, intake: &FileIntake<'_>) -> Result<Option<FileRecord>> {
            let (sha256, reason) = match &intake.handed {
                Handed::Taken { sha256, .. } => (Some(sha256), None),
                Handed::Refused { sha256, reason, .. } => (sha256.as_ref(), Some(reason)),
            };
            // The newest record of that source in the volume; older ones are history.
            let row: Option<Row> = sqlx::query_as(
                "SELECT * FROM intake_file WHERE volume_id = $1 AND source = $2 ORDER BY id DESC LIMIT 1",
            )
            .bind(intake.volume_id)
            .bind(intake.source)
            .fetch_optional(connection)
            .await?;
            let Some(record) = row.map(Row::into_record).transpose()? else { return Ok(None) };
            let same_bytes = record.sha256.as_ref() == sha256;
            let same_fate = match reason {
                None => record.outcome != FileOutcome::Refused,
                Some(reason) => record.outcome == FileOutcome::Refused && record.reason == *reason,
            };
            Ok((same_bytes && same_fate).then_some(record))
        }

        async fn open_batch(connection: &mut Connection, intake: &FileIntake<'_>, now: i64) -> Result<(i64, bool)> {
            let open: Option<i64> = sqlx::query_scalar(
                "SELECT id FROM batch WHERE volume_id = $1 AND label = $2 AND closed_ms IS NULL ORDER BY id LIMIT 1",
            )
            .bind(intake.volume_id)
            .bind(intake.batch)
            .fetch_optional(&mut *connection)
            .await?;
            if let Some(id) = open {
                return Ok((id, false));
            }
            let id = backend::count(connection, "batch", 1).await?;
            sqlx::query("INSERT INTO batch (id, volume_id, label, opened_by, opened_ms) VALUES ($1, $2, $3, $4, $5)")
                .bind(id)
                .bind(intake.volume_id)
                .bind(intake.batch)
                .bind(intake.who)
                .bind(now)
                .execute(connection)
                .await?;
            Ok((id, true))
        }

        async fn insert_pages(
            connection: &mut Connection,
            intake: &FileIntake<'_>,
            file_id: i64,
            sha256: &str,
            pages: &[NewPage],
        ) -> Result<Vec<i64>> {
            let last: Option<i64> = sqlx::query_scalar("SELECT MAX(sequence) FROM page WHERE volume_id = $1")
                .bind(intake.volume_id)
                .fetch_one(&mut *connection)
                .await?;
            let mut ids = Vec::with_capacity(pages.len());
            for (sequence, page) in (last.unwrap_or(0) + 1..).zip(pages) {
                let id = backend::count(connection, "page", 1).await?;
                sqlx::query(
                    "INSERT INTO page (id, volume_id, file_id, original, page_index, sequence, source, width, height,
                                       dpi, state, reasons, form)
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting', '[]', '')",
                )
                .bind(id)
                .bind(intake.volume_id)
                .bind(file_id)
                .bind(sha256)
                .bind(i64::from(page.page_index))
                .bind(sequence)
                .bind(intake.source)
                .bind(page.width.map(i64::from))
                .bind(page.height.map(i64::from))
                .bind(page.dpi)
                .execute(&mut *connection)
                .await?;
                sqlx::query("INSERT INTO job (page_id, priority, attempts) VALUES ($1, 0, 0)")
                    .bind(id)
                    .execute(&mut *connection)
                    .await?;
                ids.push(id);
            }
            Ok(ids)
        }
    }

    /// Records a file, its pages and their place in the queue, all or nothing. The bytes must be in the vault before.
    /// Calling it again for the same source, bytes and fate changes nothing: an interrupted intake is simply run again.
    pub async fn record_file(pools, intake: &FileIntake<'_>) -> Result<Recorded> {
        let mut transaction = pools.begin().await?;
        // Taken first: it locks out another intake, so that nothing read below can change before the commit.
        let id = backend::count(&mut transaction, "file", 1).await?;
        if let Some(file) = known_file(&mut transaction, intake).await? {
            return Ok(Recorded { file, new: false });
        }
        let now = backend::now_ms(&mut transaction).await?;
        let (batch_id, batch_is_new) = open_batch(&mut transaction, intake, now).await?;
        let mut file = FileRecord {
            id,
            batch_id,
            volume_id: intake.volume_id,
            source: intake.source.to_owned(),
            sha256: None,
            bytes: None,
            outcome: FileOutcome::Refused,
            reason: String::new(),
            duplicate_of: None,
            pages: 0,
            at_ms: now,
        };
        let mut pages: &[NewPage] = &[];
        match &intake.handed {
            Handed::Refused { sha256, bytes, reason } => {
                file.sha256.clone_from(sha256);
                file.bytes = bytes.map(|bytes| bytes as i64);
                file.reason.clone_from(reason);
            }
            Handed::Taken { sha256, bytes, pages: found } => {
                file.sha256 = Some(sha256.clone());
                file.bytes = Some(*bytes as i64);
                file.duplicate_of = sqlx::query_scalar(
                    "SELECT id FROM intake_file WHERE sha256 = $1 AND outcome = 'taken' ORDER BY id LIMIT 1",
                )
                .bind(sha256)
                .fetch_optional(&mut *transaction)
                .await?;
                if file.duplicate_of.is_some() {
                    file.outcome = FileOutcome::Duplicate;
                } else {
                    file.outcome = FileOutcome::Taken;
                    file.pages = found.len() as i64;
                    pages = found;
                    sqlx::query(
                        "INSERT INTO original (sha256, bytes, stored_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    )
                    .bind(sha256)
                    .bind(*bytes as i64)
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?;
                }
            }
        }
        sqlx::query(
            "INSERT INTO intake_file (id, batch_id, volume_id, source, sha256, bytes, outcome, reason, duplicate_of,
                                      pages, at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(file.id)
        .bind(file.batch_id)
        .bind(file.volume_id)
        .bind(&file.source)
        .bind(&file.sha256)
        .bind(file.bytes)
        .bind(file.outcome.as_str())
        .bind(&file.reason)
        .bind(file.duplicate_of)
        .bind(file.pages)
        .bind(file.at_ms)
        .execute(&mut *transaction)
        .await?;
        let sha256 = file.sha256.clone().unwrap_or_default();
        let page_ids = insert_pages(&mut transaction, intake, id, &sha256, pages).await?;

        let batch = format!("batch/{batch_id}");
        let volume = format!("volume/{}", intake.volume_id);
        let mut events = Vec::new();
        if batch_is_new {
            events.push(AuditEvent::new(intake.who, "batch.open", [batch.clone(), volume.clone()]));
        }
        events.push(
            AuditEvent::new(intake.who, &format!("file.{}", file.outcome.as_str()), [
                format!("file/{id}"),
                batch,
                volume,
            ])
            .because(file.reason.clone())
            .with(serde_json::json!({
                "sha256": file.sha256, "bytes": file.bytes, "pages": page_ids, "duplicate_of": file.duplicate_of,
            })),
        );
        let changes = match page_ids.is_empty() {
            true => vec![],
            false => vec![Change::of(Subject::Volume, intake.volume_id)],
        };
        backend::finish(transaction, &changes, &events).await?;
        Ok(Recorded { file, new: true })
    }

    /// Closes the open batch of this name, after its last file. `None` where none was open: nothing new was handed in.
    pub async fn close_batch(pools, who: &str, volume_id: i64, label: &str) -> Result<Option<i64>> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let closed: Option<i64> = sqlx::query_scalar(
            "UPDATE batch SET closed_ms = $3 WHERE volume_id = $1 AND label = $2 AND closed_ms IS NULL RETURNING id",
        )
        .bind(volume_id)
        .bind(label)
        .bind(now)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(id) = closed else { return Ok(None) };
        let event = AuditEvent::new(who, "batch.close", [format!("batch/{id}"), format!("volume/{volume_id}")]);
        backend::finish(transaction, &[], &[event]).await?;
        Ok(Some(id))
    }

    /// Batches, the newest first; of one volume where given.
    pub async fn batches(pools, volume_id: Option<i64>) -> Result<Vec<Batch>> {
        Ok(sqlx::query_as(BATCHES).bind(volume_id.unwrap_or(0)).fetch_all(&pools.read).await?)
    }

    /// The files of a batch, in the order they were handed in.
    pub async fn files_of_batch(pools, batch_id: i64) -> Result<Vec<FileRecord>> {
        let rows: Vec<Row> = sqlx::query_as("SELECT * FROM intake_file WHERE batch_id = $1 ORDER BY id")
            .bind(batch_id)
            .fetch_all(&pools.read)
            .await?;
        rows.into_iter().map(Row::into_record).collect()
    }

    /// Files refused and not taken in since under the same name, oldest first; of one volume where given.
    pub async fn refused_files(pools, volume_id: Option<i64>) -> Result<Vec<FileRecord>> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT * FROM intake_file f WHERE outcome = 'refused' AND ($1 = 0 OR volume_id = $1)
                AND NOT EXISTS (SELECT 1 FROM intake_file later WHERE later.volume_id = f.volume_id
                                AND later.source = f.source AND later.id > f.id)
             ORDER BY id",
        )
        .bind(volume_id.unwrap_or(0))
        .fetch_all(&pools.read)
        .await?;
        rows.into_iter().map(Row::into_record).collect()
    }

    /// The sha256 of every original the database knows, in order.
    pub async fn originals(pools) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar("SELECT sha256 FROM original ORDER BY sha256").fetch_all(&pools.read).await?)
    }

    /// Whether an original of this sha256 was taken in.
    pub async fn has_original(pools, sha256: &str) -> Result<bool> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM original WHERE sha256 = $1")
            .bind(sha256)
            .fetch_one(&pools.read)
            .await?;
        Ok(count > 0)
    }

    /// Records the result of a fixity check of one original.
    pub async fn record_fixity(pools, who: &str, sha256: &str, result: &str) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let before: Option<Option<String>> = sqlx::query_scalar("SELECT fixity FROM original WHERE sha256 = $1")
            .bind(sha256)
            .fetch_optional(&mut *transaction)
            .await?;
        let before = before.ok_or_else(|| DbError::NotFound { what: "original", id: sha256.to_owned() })?;
        sqlx::query("UPDATE original SET checked_ms = $2, fixity = $3 WHERE sha256 = $1")
            .bind(sha256)
            .bind(now)
            .bind(result)
            .execute(&mut *transaction)
            .await?;
        // Millions of originals found intact again are no news; a first check and every difference are.
        let events = match before.as_deref() == Some(result) && result == "intact" {
            true => vec![],
            false => vec![AuditEvent::new(who, "original.fixity", [format!("original/{sha256}")]).because(result)],
        };
        backend::finish(transaction, &[], &events).await
    }
}
