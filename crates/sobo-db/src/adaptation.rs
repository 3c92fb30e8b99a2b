//! What the reader learns from: consent of offices, the sets of lines behind models, models taught here, which of them
//! reads which scope, and how often people disagree with what the machine offers as right.

use serde::Serialize;

use crate::page::WAITING;
use crate::{AuditEvent, Change, DbError, Result, Subject};

/// A week in milliseconds; weeks are counted from Monday, 29 December 1969.
const WEEK_MS: i64 = 7 * 86_400_000;
const THREE_DAYS_MS: i64 = 3 * 86_400_000;

/// A signed-off entry whose office lets it teach.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct VerifiedEntry {
    /// The entry.
    pub entry_id: i64,
    /// Its page.
    pub page_id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// Identifier of the form it was read with.
    pub form: String,
}

/// A set of lines to be recorded.
#[derive(Debug, Clone)]
pub struct NewLineSet<'a> {
    /// Its hash, hex.
    pub hash: &'a str,
    /// The scope it was gathered for.
    pub scope: &'a str,
    /// Lines that teach.
    pub taught: i64,
    /// Lines that judge.
    pub judging: i64,
    /// The manifest, JSON; ids and digests alone.
    pub body: &'a str,
    /// The entries behind it.
    pub entries: &'a [i64],
    /// Its volumes, and whether they judge.
    pub volumes: &'a [(i64, bool)],
}

/// A recorded set of lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct LineSet {
    /// Its hash, hex.
    pub hash: String,
    /// The scope it was gathered for.
    pub scope: String,
    /// Lines that teach.
    pub taught: i64,
    /// Lines that judge.
    pub judging: i64,
    /// When, Unix milliseconds.
    pub made_ms: i64,
}

/// A reader taught here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Model {
    /// Identifier, as its readings carry it.
    pub id: String,
    /// The volumes it is for.
    pub scope: String,
    /// Hash of its set of lines.
    pub set_hash: String,
    /// Its folder, below the store's.
    pub folder: String,
    /// Its card, JSON.
    pub card: String,
    /// Verdict of its judgement; empty until it is judged.
    pub verdict: String,
    /// When it was taught, Unix milliseconds.
    pub made_ms: i64,
    /// Entries of its set that are no longer signed off, or whose office no longer allows teaching.
    pub withdrawn: i64,
}

/// Which model reads a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Promotion {
    /// Place in the history, from 1.
    pub sequence: i64,
    /// The scope.
    pub scope: String,
    /// The model; the shipped one where `None`.
    pub model: Option<String>,
    /// What read the scope before.
    pub previous: Option<String>,
    /// Who agreed.
    pub who: String,
    /// Why.
    pub reason: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
}

/// How often people disagreed with values offered as right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Drift {
    /// The volume.
    pub volume_id: i64,
    /// Monday of the week, Unix milliseconds UTC.
    pub monday_ms: i64,
    /// Values offered as right that a person looked at.
    pub compared: i64,
    /// Of these, changed.
    pub differing: i64,
}

/// Which pages are read again.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct Reread<'a> {
    /// Their volumes.
    pub volumes: &'a [i64],
    /// Pages read by this model are left as they are.
    pub model: &'a str,
}

/// An entry of these is no longer what it was when it taught.
const WITHDRAWN: &str =
    "(SELECT COUNT(*) FROM line_set_entry JOIN record ON record.entry_id = line_set_entry.entry_id
    LEFT JOIN teaching_office ON teaching_office.office = record.office
    WHERE line_set_entry.set_hash = model.set_hash
      AND (record.stage <> 'signed_off' OR COALESCE(teaching_office.allowed, FALSE) = FALSE))";

const PROMOTED: &str = "SELECT * FROM promotion
    WHERE sequence IN (SELECT MAX(sequence) FROM promotion GROUP BY scope) ORDER BY scope";

queries! {
    inside {
        /// Counts a value offered as right that a person looked at.
        pub(crate) async fn note_drift(connection: &mut Connection, volume: i64, now: i64, differs: bool) -> Result<()> {
            sqlx::query(
                "INSERT INTO drift (volume_id, week, compared, differing) VALUES ($1, $2, 1, $3)
                 ON CONFLICT (volume_id, week) DO UPDATE SET
                 compared = drift.compared + 1, differing = drift.differing + excluded.differing",
            )
            .bind(volume)
            .bind((now + THREE_DAYS_MS).div_euclid(WEEK_MS))
            .bind(i64::from(differs))
            .execute(connection)
            .await?;
            Ok(())
        }

        async fn model_by_id(connection: &mut Connection, id: &str) -> Result<Model> {
            let query = format!("SELECT model.*, {WITHDRAWN} AS withdrawn FROM model WHERE id = $1");
            let model: Option<Model> =
                sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(id).fetch_optional(connection).await?;
            model.ok_or_else(|| DbError::NotFound { what: "model", id: id.to_owned() })
        }

        async fn in_force(connection: &mut Connection, scope: &str) -> Result<Option<String>> {
            let row: Option<Option<String>> =
                sqlx::query_scalar("SELECT model FROM promotion WHERE scope = $1 ORDER BY sequence DESC LIMIT 1")
                    .bind(scope)
                    .fetch_optional(connection)
                    .await?;
            Ok(row.flatten())
        }

        /// Writes a promotion and what audit says of it.
        async fn install(
            transaction: Transaction,
            scope: &str,
            model: Option<&str>,
            who: &str,
            reason: &str,
            what: &str,
            details: serde_json::Value,
        ) -> Result<()> {
            let mut transaction = transaction;
            let previous = in_force(&mut transaction, scope).await?;
            let now = backend::now_ms(&mut transaction).await?;
            let sequence = backend::count(&mut transaction, "promotion", 1).await?;
            sqlx::query(
                "INSERT INTO promotion (sequence, scope, model, previous, who, reason, at_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(sequence)
            .bind(scope)
            .bind(model)
            .bind(&previous)
            .bind(who)
            .bind(reason)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
            let mut details = details;
            if let Some(details) = details.as_object_mut() {
                details.insert("scope".to_owned(), scope.into());
                details.insert("previous".to_owned(), previous.clone().into());
            }
            let event = AuditEvent::new(who, what, [format!("model/{}", model.unwrap_or("shipped"))])
                .because(reason)
                .with(details);
            backend::finish(transaction, &[], &[event]).await
        }
    }

    /// Says whether the verified lines of an office may teach the reader.
    pub async fn set_teaching_office(pools, who: &str, office: &str, allowed: bool) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        sqlx::query(
            "INSERT INTO teaching_office (office, allowed, who, changed_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (office) DO UPDATE SET allowed = excluded.allowed, who = excluded.who,
             changed_ms = excluded.changed_ms",
        )
        .bind(office)
        .bind(allowed)
        .bind(who)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let event = AuditEvent::new(who, "office.teaching", [])
            .with(serde_json::json!({ "office": office, "allowed": allowed }));
        backend::finish(transaction, &[], &[event]).await
    }

    /// Offices whose verified lines may teach the reader, by name.
    pub async fn teaching_offices(pools) -> Result<Vec<String>> {
        let offices = sqlx::query_scalar("SELECT office FROM teaching_office WHERE allowed ORDER BY office");
        Ok(offices.fetch_all(&pools.read).await?)
    }

    /// Signed-off entries of these volumes whose office allows teaching, in the order of their pages.
    pub async fn teaching_entries(pools, volume: i64) -> Result<Vec<VerifiedEntry>> {
        let rows = sqlx::query_as(
            "SELECT record.entry_id, record.page_id, record.volume_id, record.form FROM record
             JOIN teaching_office ON teaching_office.office = record.office AND teaching_office.allowed
             WHERE record.stage = 'signed_off' AND record.volume_id = $1 ORDER BY record.place, record.entry_id",
        );
        Ok(rows.bind(volume).fetch_all(&pools.read).await?)
    }

    /// Records the lines behind a model; a set that is known stays as it is.
    pub async fn record_line_set(pools, who: &str, set: &NewLineSet<'_>) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let written = sqlx::query(
            "INSERT INTO line_set (hash, scope, taught, judging, body, made_ms) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (hash) DO NOTHING",
        )
        .bind(set.hash)
        .bind(set.scope)
        .bind(set.taught)
        .bind(set.judging)
        .bind(set.body)
        .bind(now)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if written == 0 {
            return Ok(());
        }
        for entry in set.entries {
            sqlx::query("INSERT INTO line_set_entry (set_hash, entry_id) VALUES ($1, $2)")
                .bind(set.hash)
                .bind(entry)
                .execute(&mut *transaction)
                .await?;
        }
        for (volume, held_out) in set.volumes {
            sqlx::query("INSERT INTO line_set_volume (volume_id, held_out) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(volume)
                .bind(held_out)
                .execute(&mut *transaction)
                .await?;
        }
        let event = AuditEvent::new(who, "lines.gather", [format!("lines/{}", set.hash)]).with(serde_json::json!({
            "scope": set.scope, "taught": set.taught, "judging": set.judging, "entries": set.entries.len(),
        }));
        backend::finish(transaction, &[], &[event]).await
    }

    /// Volumes used by earlier models, and whether they judged.
    pub async fn line_set_volumes(pools) -> Result<Vec<(i64, bool)>> {
        let rows = sqlx::query_as("SELECT volume_id, held_out FROM line_set_volume ORDER BY volume_id");
        Ok(rows.fetch_all(&pools.read).await?)
    }

    /// Recorded sets, the newest first.
    pub async fn line_sets(pools) -> Result<Vec<LineSet>> {
        let rows = sqlx::query_as("SELECT hash, scope, taught, judging, made_ms FROM line_set ORDER BY made_ms DESC, hash");
        Ok(rows.fetch_all(&pools.read).await?)
    }

    /// Hashes of sets with entries that are no longer signed off, or whose office no longer allows teaching.
    pub async fn withdrawn_line_sets(pools) -> Result<Vec<String>> {
        let sets = sqlx::query_scalar(
            "SELECT DISTINCT line_set_entry.set_hash FROM line_set_entry
             JOIN record ON record.entry_id = line_set_entry.entry_id
             LEFT JOIN teaching_office ON teaching_office.office = record.office
             WHERE record.stage <> 'signed_off' OR COALESCE(teaching_office.allowed, FALSE) = FALSE
             ORDER BY line_set_entry.set_hash",
        );
        Ok(sets.fetch_all(&pools.read).await?)
    }

    /// The manifest of a set, JSON.
    pub async fn line_set_manifest(pools, hash: &str) -> Result<String> {
        let body: Option<String> = sqlx::query_scalar("SELECT body FROM line_set WHERE hash = $1")
            .bind(hash)
            .fetch_optional(&pools.read)
            .await?;
        body.ok_or_else(|| DbError::NotFound { what: "line set", id: hash.to_owned() })
    }

    /// Records a model taught here; one that is known keeps its row.
    pub async fn record_model(pools, who: &str, id: &str, scope: &str, set: &str, folder: &str, card: &str) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        sqlx::query(
            "INSERT INTO model (id, scope, set_hash, folder, card, verdict, made_ms) VALUES ($1, $2, $3, $4, $5, '', $6)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(id)
        .bind(scope)
        .bind(set)
        .bind(folder)
        .bind(card)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        let event = AuditEvent::new(who, "model.teach", [format!("model/{id}"), format!("lines/{set}")])
            .with(serde_json::json!({ "scope": scope }));
        backend::finish(transaction, &[], &[event]).await
    }

    /// Records the judgement of a model.
    pub async fn judge_model(pools, who: &str, id: &str, card: &str, verdict: &str) -> Result<()> {
        let mut transaction = pools.begin().await?;
        model_by_id(&mut transaction, id).await?;
        sqlx::query("UPDATE model SET card = $2, verdict = $3 WHERE id = $1")
            .bind(id)
            .bind(card)
            .bind(verdict)
            .execute(&mut *transaction)
            .await?;
        let event = AuditEvent::new(who, "model.judge", [format!("model/{id}")])
            .with(serde_json::json!({ "verdict": verdict }));
        backend::finish(transaction, &[], &[event]).await
    }

    /// A model.
    pub async fn model(pools, id: &str) -> Result<Model> {
        let mut connection = pools.read.acquire().await?;
        model_by_id(&mut connection, id).await
    }

    /// Every model, the newest first.
    pub async fn models(pools) -> Result<Vec<Model>> {
        let query = format!("SELECT model.*, {WITHDRAWN} AS withdrawn FROM model ORDER BY made_ms DESC, id");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(&pools.read).await?)
    }

    /// Lets a model read its scope. Refused unless it was judged better and nothing it learned from was withdrawn.
    pub async fn promote_model(pools, who: &str, id: &str, reason: &str) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let model = model_by_id(&mut transaction, id).await?;
        let conflict = |why: &str| DbError::Conflict { what: "model", id: id.to_owned(), why: why.to_owned() };
        if model.verdict != "better" {
            return Err(conflict("it was not judged better than the one in use; judge it first"));
        }
        if model.withdrawn > 0 {
            return Err(conflict("entries it learned from were withdrawn since; teach a new one"));
        }
        if reason.trim().is_empty() {
            return Err(conflict("a promotion needs a reason"));
        }
        if in_force(&mut transaction, &model.scope).await?.as_deref() == Some(id) {
            return Err(conflict("it reads its scope already"));
        }
        let scope = model.scope.clone();
        install(transaction, &scope, Some(id), who, reason, "model.promote", serde_json::json!({})).await
    }

    /// Gives a scope back to what read it before its present model; gives that model, `None` for the shipped one.
    pub async fn roll_back_model(pools, who: &str, scope: &str, reason: &str) -> Result<Option<String>> {
        let mut transaction = pools.begin().await?;
        let current = in_force(&mut transaction, scope).await?;
        let conflict = |why: &str| DbError::Conflict { what: "scope", id: scope.to_owned(), why: why.to_owned() };
        let Some(current) = current else {
            return Err(conflict("the shipped model reads it; there is nothing to roll back"));
        };
        if reason.trim().is_empty() {
            return Err(conflict("a roll-back needs a reason"));
        }
        // What read the scope when the present model first came: rolling back twice goes back twice.
        let before: Option<Option<String>> = sqlx::query_scalar(
            "SELECT previous FROM promotion WHERE scope = $1 AND model = $2 ORDER BY sequence LIMIT 1",
        )
        .bind(scope)
        .bind(&current)
        .fetch_optional(&mut *transaction)
        .await?;
        let before = before.flatten();
        let details = serde_json::json!({ "given_up": current });
        install(transaction, scope, before.as_deref(), who, reason, "model.roll_back", details).await?;
        Ok(before)
    }

    /// Which model reads each scope now.
    pub async fn promoted(pools) -> Result<Vec<Promotion>> {
        Ok(sqlx::query_as(PROMOTED).fetch_all(&pools.read).await?)
    }

    /// Every promotion and roll-back, the newest first.
    pub async fn promotions(pools) -> Result<Vec<Promotion>> {
        Ok(sqlx::query_as("SELECT * FROM promotion ORDER BY sequence DESC").fetch_all(&pools.read).await?)
    }

    /// Puts pages nobody has worked at back into the queue, to be read by another model; gives their ids. Pages with any
    /// deed of verification stay as they are.
    pub async fn reread_untouched(pools, who: &str, which: &Reread<'_>, reason: &str) -> Result<Vec<i64>> {
        let mut transaction = pools.begin().await?;
        let (mut queued, mut changes, mut events) = (Vec::new(), Vec::new(), Vec::new());
        for volume in which.volumes {
            let pages: Vec<i64> = sqlx::query_scalar(
                "SELECT page.id FROM page
                 JOIN reading ON reading.page_id = page.id AND reading.provenance = page.provenance
                 WHERE page.volume_id = $1 AND page.superseded_by IS NULL AND page.state = 'done'
                   AND reading.model <> $2
                   AND NOT EXISTS (SELECT 1 FROM record WHERE record.page_id = page.id AND record.deeds > 0)
                 ORDER BY page.id",
            )
            .bind(volume)
            .bind(which.model)
            .fetch_all(&mut *transaction)
            .await?;
            for page in &pages {
                // Behind what was never read: the first reading of a page matters more than a better one.
                sqlx::query(
                    "INSERT INTO job (page_id, priority, attempts) VALUES ($1, -1, 0) ON CONFLICT (page_id) DO NOTHING",
                )
                .bind(page)
                .execute(&mut *transaction)
                .await?;
                sqlx::query("UPDATE page SET state = $2, reasons = '[]' WHERE id = $1")
                    .bind(page)
                    .bind(WAITING)
                    .execute(&mut *transaction)
                    .await?;
                changes.push(Change::of(Subject::Page, *page));
            }
            if !pages.is_empty() {
                events.push(
                    AuditEvent::new(who, "volume.reread", [format!("volume/{volume}")])
                        .because(reason)
                        .with(serde_json::json!({ "pages": pages, "model": which.model })),
                );
            }
            queued.extend(pages);
        }
        backend::finish(transaction, &changes, &events).await?;
        Ok(queued)
    }

    /// How often people disagreed with values offered as right, by week and volume since `since_ms`, the newest first.
    pub async fn drift(pools, since_ms: i64) -> Result<Vec<Drift>> {
        let rows = sqlx::query_as(
            "SELECT volume_id, week * 604800000 - 259200000 AS monday_ms, compared, differing FROM drift
             WHERE week >= $1 ORDER BY week DESC, volume_id",
        );
        Ok(rows.bind((since_ms + THREE_DAYS_MS).div_euclid(WEEK_MS)).fetch_all(&pools.read).await?)
    }
}
