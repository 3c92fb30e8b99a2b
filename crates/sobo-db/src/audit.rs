//! The audit: who did what, when, to what and why. Append-only and hash-chained: each record's hash covers the hash of
//! the one before it, so that a record changed, removed or put in between later breaks the chain. Triggers refuse
//! UPDATE, DELETE and TRUNCATE on both backends; [`crate::Database::verify_chain`] finds what went round them.

use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Result;

/// Hash before the first record.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Something to be recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Who: an account's name, or `sobo` where the program acts by itself.
    pub who: String,
    /// What, a dotted identifier (`page.read`, `entry.confirm`).
    pub what: String,
    /// The subject and its id (`page/57`), perhaps several, the nearest first. Ids only: never names of citizens.
    pub subjects: Vec<String>,
    /// Why, where a person or rule gave a reason; empty otherwise.
    pub reason: String,
    /// More, as a JSON object. Values a person typed belong in the verification records, not here.
    pub details: serde_json::Value,
}

impl AuditEvent {
    /// An event without reason or details.
    pub fn new(who: &str, what: &str, subjects: impl IntoIterator<Item = String>) -> Self {
        Self {
            who: who.to_owned(),
            what: what.to_owned(),
            subjects: subjects.into_iter().collect(),
            reason: String::new(),
            details: serde_json::Value::Object(serde_json::Map::new()),
        }
    }

    /// The same event with a reason.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// The same event with details, a JSON object.
    pub fn with(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }
}

/// A record of the audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct AuditRecord {
    /// Place in the chain, from 1, without gaps.
    pub sequence: i64,
    /// When, Unix milliseconds UTC.
    pub at_ms: i64,
    /// Who.
    pub who: String,
    /// What.
    pub what: String,
    /// Subjects, separated by a space.
    pub subjects: String,
    /// Why.
    pub reason: String,
    /// More, as JSON text exactly as it was hashed.
    pub details: String,
    /// Hash of the record before, hex.
    pub previous_hash: String,
    /// Hash of this record, hex.
    pub hash: String,
}

impl AuditRecord {
    /// The hash this record should have: sha256 over every other column, each preceded by its length in bytes so that
    /// no two different records give the same input.
    pub fn expected_hash(&self) -> String {
        let mut hasher = Sha256::new();
        let (sequence, at_ms) = (self.sequence.to_string(), self.at_ms.to_string());
        for part in [
            self.previous_hash.as_str(),
            &sequence,
            &at_ms,
            &self.who,
            &self.what,
            &self.subjects,
            &self.reason,
            &self.details,
        ] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        hex::encode(hasher.finalize())
    }
}

/// What the check of the whole chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainReport {
    /// Records looked at.
    pub records: i64,
    /// Hash of the last one, hex. Written down elsewhere, it proves later that nothing was cut off the end.
    pub head: String,
    /// What is wrong, for a person; empty where the chain is whole.
    pub faults: Vec<String>,
}

queries! {
    inside {
        /// Writes events at the end of the chain. Only `backend::finish` calls it, last in a transaction: the counter's
        /// row stays locked until the commit.
        pub(crate) async fn append(connection: &mut Connection, events: &[AuditEvent]) -> Result<()> {
            if events.is_empty() {
                return Ok(());
            }
            let last = backend::count(connection, "audit", events.len() as i64).await?;
            let first = last - events.len() as i64 + 1;
            let previous: Option<String> = sqlx::query_scalar("SELECT hash FROM audit WHERE sequence = $1")
                .bind(first - 1)
                .fetch_optional(&mut *connection)
                .await?;
            let mut previous_hash = previous.unwrap_or_else(|| GENESIS.to_owned());
            let at_ms = backend::now_ms(connection).await?;
            for (sequence, event) in (first..).zip(events) {
                let mut record = AuditRecord {
                    sequence,
                    at_ms,
                    who: event.who.clone(),
                    what: event.what.clone(),
                    subjects: event.subjects.join(" "),
                    reason: event.reason.clone(),
                    details: event.details.to_string(),
                    previous_hash,
                    hash: String::new(),
                };
                record.hash = record.expected_hash();
                insert(connection, &record).await?;
                previous_hash = record.hash;
            }
            Ok(())
        }

        async fn insert(connection: &mut Connection, record: &AuditRecord) -> Result<()> {
            sqlx::query(
                "INSERT INTO audit (sequence, at_ms, who, what, subjects, reason, details, previous_hash, hash)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(record.sequence)
            .bind(record.at_ms)
            .bind(&record.who)
            .bind(&record.what)
            .bind(&record.subjects)
            .bind(&record.reason)
            .bind(&record.details)
            .bind(&record.previous_hash)
            .bind(&record.hash)
            .execute(&mut *connection)
            .await?;
            for subject in record.subjects.split(' ').filter(|subject| !subject.is_empty()) {
                sqlx::query("INSERT INTO audit_subject (subject, sequence) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                    .bind(subject)
                    .bind(record.sequence)
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(())
        }
    }

    /// Records events that change nothing else, such as the view of a record.
    pub async fn record_events(pools, events: &[AuditEvent]) -> Result<()> {
        let transaction = pools.begin().await?;
        backend::finish(transaction, &[], events).await
    }

    /// Records after `sequence`, oldest first, at most `limit`.
    pub async fn audit_after(pools, sequence: i64, limit: i64) -> Result<Vec<AuditRecord>> {
        let records = sqlx::query_as("SELECT * FROM audit WHERE sequence > $1 ORDER BY sequence LIMIT $2");
        Ok(records.bind(sequence).bind(limit).fetch_all(&pools.read).await?)
    }

    /// Records about one subject (`entry/570001`), oldest first.
    pub async fn audit_of(pools, subject: &str) -> Result<Vec<AuditRecord>> {
        let records = sqlx::query_as(
            "SELECT audit.* FROM audit_subject JOIN audit USING (sequence) WHERE subject = $1 ORDER BY sequence",
        );
        Ok(records.bind(subject).fetch_all(&pools.read).await?)
    }

    /// Recomputes every hash of the chain, from the first record to the last.
    pub async fn verify_chain(pools) -> Result<ChainReport> {
        let counted: i64 = sqlx::query_scalar("SELECT value FROM counter WHERE name = 'audit'")
            .fetch_one(&pools.read)
            .await?;
        let mut report = ChainReport { records: 0, head: GENESIS.to_owned(), faults: Vec::new() };
        let mut expected_sequence = 1;
        let mut records = sqlx::query_as::<_, AuditRecord>("SELECT * FROM audit WHERE sequence <= $1 ORDER BY sequence")
            .bind(counted)
            .fetch(&pools.read);
        while let Some(record) = records.try_next().await? {
            let sequence = record.sequence;
            if sequence != expected_sequence {
                report.faults.push(format!("records {expected_sequence} to {} are missing", sequence - 1));
            } else if record.previous_hash != report.head {
                report.faults.push(format!("record {sequence} does not follow record {}", sequence - 1));
            }
            if record.hash != record.expected_hash() {
                report.faults.push(format!("record {sequence} was changed after it was written"));
            }
            report.records += 1;
            report.head = record.hash;
            expected_sequence = sequence + 1;
        }
        if expected_sequence <= counted {
            report.faults.push(format!("records {expected_sequence} to {counted} are missing"));
        }
        Ok(report)
    }
}
