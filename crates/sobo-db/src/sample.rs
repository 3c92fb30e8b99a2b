//! Random samples of verified entries, keyed again blind by another person: how good the records and the machine's offers
//! really are.

use indexmap::IndexMap;
use sobo_verify::{Actor, Statement};

use crate::account::OfficeScope;
use crate::{AuditEvent, DbError, Result};

/// An entry a sample may be drawn from.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Sampled {
    /// The entry.
    pub entry_id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// Its form.
    pub form: String,
    /// Fields the machine read in it.
    pub fields_read: i64,
}

/// A sample to be drawn.
#[derive(Debug, Clone)]
pub struct NewSample<'a> {
    /// Who wants it.
    pub person: i64,
    /// What it is drawn from, in words.
    pub scope: &'a str,
    /// Every field is keyed, not those that matter alone.
    pub all_fields: bool,
    /// Share of errors expected.
    pub expected: f64,
    /// Half width of the 95 % interval wanted.
    pub half_width: f64,
    /// Entries it is drawn from.
    pub population: i64,
    /// Their fields.
    pub population_fields: i64,
    /// Fields that give an interval so narrow.
    pub fields_wanted: i64,
    /// Seed of the draw.
    pub seed: i64,
    /// The entries drawn, in the order of the draw.
    pub entries: &'a [i64],
}

/// A sample.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Sample {
    /// Its id.
    pub id: i64,
    /// When it was drawn, Unix milliseconds UTC.
    pub at_ms: i64,
    /// Who drew it.
    pub person: i64,
    /// What it was drawn from, in words.
    pub scope: String,
    /// Every field is keyed, not those that matter alone.
    pub all_fields: bool,
    /// Share of errors expected.
    pub expected: f64,
    /// Half width of the 95 % interval wanted.
    pub half_width: f64,
    /// Entries it was drawn from.
    pub population: i64,
    /// Their fields.
    pub population_fields: i64,
    /// Fields that give an interval so narrow.
    pub fields_wanted: i64,
    /// Seed of the draw.
    pub seed: i64,
    /// Entries drawn.
    pub entries: i64,
    /// Of them, keyed.
    pub done: i64,
}

/// What a supervisor found on the image where record and sample differ.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The record is right.
    Record,
    /// The second reader is right.
    Sample,
}

impl Verdict {
    /// The identifier in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Sample => "sample",
        }
    }

    /// The verdict with this identifier.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Record, Self::Sample].into_iter().find(|verdict| verdict.as_str() == text)
    }
}

/// One field of one entry keyed again.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct SampleField {
    /// The entry.
    pub entry_id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// Its page.
    pub page_id: i64,
    /// Its form.
    pub form: String,
    /// The field.
    pub field: String,
    /// The machine gave a reading.
    pub machine_read: bool,
    /// It offered the reading as right.
    pub accepted: bool,
    /// The second reader differs from the machine.
    pub machine_differs: bool,
    /// The second reader differs from the record.
    pub record_differs: bool,
    /// The machine differs from the record.
    pub machine_from_record: bool,
    /// What the record said, JSON of a statement.
    pub record_says: String,
    /// What the second reader said, JSON of a statement.
    pub sample_says: String,
    /// What a supervisor found where the two differ.
    pub verdict: Option<String>,
}

impl SampleField {
    /// Whether the record is counted as wrong here: the two differ and no supervisor found the record right.
    pub fn record_wrong(&self) -> bool {
        self.record_differs && self.verdict.as_deref() != Some("record")
    }

    /// Whether the machine is counted as wrong here.
    pub fn machine_wrong(&self) -> bool {
        match self.verdict.as_deref() {
            Some("record") => self.machine_from_record,
            _ => self.machine_differs,
        }
    }
}

/// What came of a submission.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum SampleSubmitted {
    /// It is kept.
    Done,
    /// The entry is not this person's to key, or was keyed before.
    NotYours,
}

const SAMPLE: &str =
    "SELECT quality_sample.id, quality_sample.at_ms, quality_sample.person, scope, all_fields, expected,
    half_width, population, population_fields, fields_wanted, seed,
    (SELECT COUNT(*) FROM sample_draw WHERE sample_id = quality_sample.id) AS entries,
    (SELECT COUNT(*) FROM sample_draw WHERE sample_id = quality_sample.id AND done_ms IS NOT NULL) AS done
    FROM quality_sample";

fn json(entry: i64, statement: Option<&Statement>) -> Result<String> {
    serde_json::to_string(&statement).map_err(|error| DbError::Conflict {
        what: "sample of entry",
        id: entry.to_string(),
        why: error.to_string(),
    })
}

queries! {
    /// Entries whose values a person has settled: what samples are drawn from, in the order of their ids.
    pub async fn sample_population(pools) -> Result<Vec<Sampled>> {
        let rows = sqlx::query_as(
            "SELECT record.entry_id, record.volume_id, record.form, record.fields_read
             FROM record JOIN entry ON entry.id = record.entry_id
             WHERE record.stage NOT IN ('entry', 'withdrawn') AND entry.state = 'current' ORDER BY record.entry_id",
        );
        Ok(rows.fetch_all(&pools.read).await?)
    }

    /// Keeps a sample and gives its id.
    pub async fn create_sample(pools, who: &str, sample: &NewSample<'_>) -> Result<i64> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO quality_sample (at_ms, person, scope, all_fields, expected, half_width, population,
                                         population_fields, fields_wanted, seed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        )
        .bind(now)
        .bind(sample.person)
        .bind(sample.scope)
        .bind(sample.all_fields)
        .bind(sample.expected)
        .bind(sample.half_width)
        .bind(sample.population)
        .bind(sample.population_fields)
        .bind(sample.fields_wanted)
        .bind(sample.seed)
        .fetch_one(&mut *transaction)
        .await?;
        for (place, entry) in (1_i64..).zip(sample.entries) {
            sqlx::query("INSERT INTO sample_draw (sample_id, entry_id, place) VALUES ($1, $2, $3)")
                .bind(id)
                .bind(*entry)
                .bind(place)
                .execute(&mut *transaction)
                .await?;
        }
        let event = AuditEvent::new(who, "sample.draw", [format!("sample/{id}")]).with(serde_json::json!({
            "entries": sample.entries.len(), "population": sample.population, "seed": sample.seed,
        }));
        backend::finish(transaction, &[], &[event]).await?;
        Ok(id)
    }

    /// Every sample, the newest first.
    pub async fn samples(pools) -> Result<Vec<Sample>> {
        let query = format!("{SAMPLE} ORDER BY quality_sample.id DESC");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).fetch_all(&pools.read).await?)
    }

    /// One sample.
    pub async fn sample(pools, id: i64) -> Result<Sample> {
        let query = format!("{SAMPLE} WHERE quality_sample.id = $1");
        let sample = sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(id).fetch_optional(&pools.read).await?;
        sample.ok_or(DbError::NotFound { what: "sample", id: id.to_string() })
    }

    /// Leases the next entry of the samples that this person may key: took no step of it, saw none of its values. Gives
    /// the sample and the entry.
    pub async fn lease_sample(
        pools,
        actor: &Actor,
        offices: &OfficeScope,
        except: &[i64],
        lease_ms: i64,
    ) -> Result<Option<(i64, i64)>> {
        let except = format!(" {} ", except.iter().map(i64::to_string).collect::<Vec<_>>().join(" "));
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let skip = backend::pick("", "FOR UPDATE OF sample_draw SKIP LOCKED");
        let query = format!(
            "SELECT sample_draw.sample_id, sample_draw.entry_id FROM sample_draw
             JOIN record ON record.entry_id = sample_draw.entry_id
             WHERE sample_draw.done_ms IS NULL AND (sample_draw.lease_until_ms < $1 OR sample_draw.person = $2)
             AND record.people NOT LIKE $3 AND record.seen NOT LIKE $3 AND record.stage <> 'withdrawn'
             AND $4 NOT LIKE '% ' || CAST(sample_draw.entry_id AS TEXT) || ' %'
             AND ($5 = '*' OR $5 LIKE '%' || $6 || record.office || $6 || '%')
             ORDER BY sample_draw.sample_id, sample_draw.place LIMIT 1 {skip}"
        );
        let found: Option<(i64, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(query))
            .bind(now)
            .bind(actor.person.0)
            .bind(format!("% {} %", actor.person.0))
            .bind(&except)
            .bind(offices.stored())
            .bind("\n")
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some((sample, entry)) = found {
            sqlx::query(
                "UPDATE sample_draw SET person = $3, lease_until_ms = $4 WHERE sample_id = $1 AND entry_id = $2",
            )
            .bind(sample)
            .bind(entry)
            .bind(actor.person.0)
            .bind(now + lease_ms)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await?;
        }
        Ok(found)
    }

    /// Renews the lease on an entry of a sample, or ends it with `lease_ms` 0; false where it is not this person's.
    pub async fn renew_sample(pools, entry: i64, person: i64, lease_ms: i64) -> Result<bool> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let held = sqlx::query(
            "UPDATE sample_draw SET lease_until_ms = $3 WHERE entry_id = $1 AND person = $2 AND done_ms IS NULL",
        )
        .bind(entry)
        .bind(person)
        .bind(if lease_ms == 0 { 0 } else { now + lease_ms })
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(held.rows_affected() > 0)
    }

    /// The sample under which this person is to key this entry, where one.
    pub async fn sample_of(pools, entry: i64, person: i64) -> Result<Option<i64>> {
        let sample = sqlx::query_scalar(
            "SELECT sample_id FROM sample_draw WHERE entry_id = $1 AND person = $2 AND done_ms IS NULL
             ORDER BY sample_id LIMIT 1",
        );
        Ok(sample.bind(entry).bind(person).fetch_optional(&pools.read).await?)
    }

    /// How many entries of samples wait for this person.
    pub async fn samples_waiting(pools, person: i64) -> Result<i64> {
        let count = sqlx::query_scalar(
            "SELECT COUNT(*) FROM sample_draw JOIN record ON record.entry_id = sample_draw.entry_id
             WHERE sample_draw.done_ms IS NULL AND record.stage <> 'withdrawn'
             AND record.people NOT LIKE $1 AND record.seen NOT LIKE $1
             AND (sample_draw.lease_until_ms < $2 OR sample_draw.person = $3)",
        );
        let now = crate::backend::system_now_ms();
        Ok(count.bind(format!("% {person} %")).bind(now).bind(person).fetch_one(&pools.read).await?)
    }

    /// Keeps what the second reader said of an entry, beside what record and machine say at this moment. `fields` names
    /// the fields that were to be keyed; one left out was found blank.
    pub async fn submit_sample(
        pools,
        who: &str,
        sample: i64,
        entry: i64,
        person: i64,
        fields: &[String],
        statements: &IndexMap<String, Statement>,
    ) -> Result<SampleSubmitted> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let taken = sqlx::query(
            "UPDATE sample_draw SET done_ms = $4, lease_until_ms = 0
             WHERE sample_id = $1 AND entry_id = $2 AND person = $3 AND done_ms IS NULL",
        )
        .bind(sample)
        .bind(entry)
        .bind(person)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        if taken.rows_affected() == 0 {
            return Ok(SampleSubmitted::NotYours);
        }
        let (_, state) = backend::verification::load(&mut transaction, entry).await?;
        let values = state.values();
        for field in fields {
            let Some(start) = state.sheet().fields.get(field) else { continue };
            let machine = start.reading.as_ref().filter(|_| !start.carried);
            let (record, said) = (values.get(field), statements.get(field));
            // What nobody found and the machine did not read is no field of this entry.
            if machine.is_none() && record.is_none() && said.is_none() {
                continue;
            }
            sqlx::query(
                "INSERT INTO sample_field (sample_id, entry_id, field, machine_read, accepted, machine_differs,
                                           record_differs, machine_from_record, record_says, sample_says)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            )
            .bind(sample)
            .bind(entry)
            .bind(field)
            .bind(machine.is_some())
            .bind(start.accepted)
            .bind(!Statement::agree(machine, said))
            .bind(!Statement::agree(record, said))
            .bind(!Statement::agree(machine, record))
            .bind(json(entry, record)?)
            .bind(json(entry, said)?)
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query("DELETE FROM draft WHERE entry_id = $1 AND person = $2")
            .bind(entry)
            .bind(person)
            .execute(&mut *transaction)
            .await?;
        let event = AuditEvent::new(who, "sample.key", [format!("sample/{sample}"), format!("entry/{entry}")]);
        backend::finish(transaction, &[], &[event]).await?;
        Ok(SampleSubmitted::Done)
    }

    /// Every field keyed under a sample.
    pub async fn sample_fields(pools, sample: i64) -> Result<Vec<SampleField>> {
        let rows = sqlx::query_as(
            "SELECT sample_field.entry_id, record.volume_id, record.page_id, record.form, field, machine_read, accepted,
                    machine_differs, record_differs, machine_from_record, record_says, sample_says, verdict
             FROM sample_field JOIN record ON record.entry_id = sample_field.entry_id
             JOIN sample_draw ON sample_draw.sample_id = sample_field.sample_id
              AND sample_draw.entry_id = sample_field.entry_id
             WHERE sample_field.sample_id = $1 ORDER BY sample_draw.place, field",
        );
        Ok(rows.bind(sample).fetch_all(&pools.read).await?)
    }

    /// Keeps what a supervisor found on the image where record and sample differ; `None` takes it back.
    pub async fn judge_sample(
        pools,
        who: &str,
        sample: i64,
        entry: i64,
        field: &str,
        verdict: Option<Verdict>,
    ) -> Result<bool> {
        let mut transaction = pools.begin().await?;
        let judged = sqlx::query(
            "UPDATE sample_field SET verdict = $4
             WHERE sample_id = $1 AND entry_id = $2 AND field = $3 AND record_differs",
        )
        .bind(sample)
        .bind(entry)
        .bind(field)
        .bind(verdict.map(Verdict::as_str))
        .execute(&mut *transaction)
        .await?;
        let event = AuditEvent::new(who, "sample.judge", [format!("sample/{sample}"), format!("entry/{entry}")])
            .with(serde_json::json!({ "field": field, "verdict": verdict.map(Verdict::as_str) }));
        backend::finish(transaction, &[], &[event]).await?;
        Ok(judged.rows_affected() == 1)
    }
}
