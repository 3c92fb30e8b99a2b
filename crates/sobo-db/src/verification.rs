//! Records under verification and their deeds.
//!
//! What a record is follows from its sheet and its deeds alone (`sobo-verify` replays them); the other columns repeat
//! that for queues. A submission names the number of deeds it was made upon, so that of two at once one is refused.

use sobo_verify::{Actor, Chain, Deed, Event, Refusal, Sheet, State};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::change::{Change, Subject};
use crate::{AuditEvent, DbError, Result};

/// A record without its values.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Record {
    /// The entry it verifies.
    pub entry_id: i64,
    /// Its page.
    pub page_id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// Office as written on the book.
    pub office: String,
    /// Identifier of the form it was read with.
    pub form: String,
    /// Where it stands in reading order among all entries.
    pub place: i64,
    /// Identifier of its chain.
    pub chain: String,
    /// Its draw for sampled steps.
    pub draw: i64,
    /// Identifier of the stage it stands at.
    pub stage: String,
    /// Fields that need a person in the step that is due.
    pub attention: i64,
    /// Number of deeds so far.
    pub deeds: i64,
    /// Since when it stands at this stage, Unix milliseconds.
    pub stage_ms: i64,
    /// Who holds the lease, or held it last.
    pub lease_person: Option<i64>,
    /// Until when, Unix milliseconds.
    pub lease_until_ms: i64,
}

const RECORD: &str = "SELECT entry_id, page_id, volume_id, office, form, place, chain, draw, stage, attention, deeds, stage_ms,
    lease_person, lease_until_ms FROM record";

/// A record to begin.
#[derive(Debug, Clone)]
pub struct NewRecord {
    /// The entry.
    pub entry_id: i64,
    /// Its page.
    pub page_id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// Office as written on the book.
    pub office: String,
    /// Identifier of the form.
    pub form: String,
    /// Where it stands in reading order among all entries.
    pub place: i64,
    /// The chain to go through.
    pub chain: Chain,
    /// Draw in `0..1000` for sampled steps.
    pub draw: u16,
    /// Its fields.
    pub sheet: Sheet,
}

/// A current entry that has no record yet.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Unrecorded {
    /// The entry.
    pub entry_id: i64,
    /// Its page.
    pub page_id: i64,
    /// Its volume.
    pub volume_id: i64,
    /// Office as written on the book.
    pub office: String,
    /// Identifier of the form it was read with.
    pub form: String,
    /// Where it stands in reading order among all entries.
    pub place: i64,
}

/// What came of an event.
#[derive(Debug)]
pub enum Acted {
    /// It happened; this is the record now.
    Done(Box<State>),
    /// The rules of verification refuse it.
    Refused(Refusal),
    /// The record has moved on since it was looked at.
    Moved,
    /// Another person holds the lease.
    Leased,
}

fn parse_chain(id: i64, chain: &str) -> Result<Chain> {
    Chain::parse(chain).ok_or_else(|| DbError::stored("record", id, "chain", chain))
}

/// A moment as histories write it, RFC 3339 UTC.
pub(crate) fn rfc3339(at_ms: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at_ms) * 1_000_000)
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// The accounts of this round, as kept in `people`.
fn people_of(state: &State) -> String {
    let people: Vec<String> = state
        .snapshots()
        .iter()
        .filter(|snapshot| snapshot.round == state.round())
        .map(|snapshot| snapshot.person.0.to_string())
        .collect();
    format!(" {} ", people.join(" "))
}

queries! {
    inside {
        /// A record and its state, replayed from its deeds.
        pub(crate) async fn load(connection: &mut Connection, entry: i64) -> Result<(Record, State)> {
            let record: Option<Record> = sqlx::query_as(sqlx::AssertSqlSafe(format!("{RECORD} WHERE entry_id = $1")))
                .bind(entry)
                .fetch_optional(&mut *connection)
                .await?;
            let record = record.ok_or_else(|| DbError::NotFound { what: "record", id: entry.to_string() })?;
            let sheet: String = sqlx::query_scalar("SELECT sheet FROM record WHERE entry_id = $1")
                .bind(entry)
                .fetch_one(&mut *connection)
                .await?;
            let deeds: Vec<String> =
                sqlx::query_scalar("SELECT deed FROM verification_deed WHERE entry_id = $1 ORDER BY sequence")
                    .bind(entry)
                    .fetch_all(&mut *connection)
                    .await?;
            let sheet: Sheet = serde_json::from_str(&sheet)
                .map_err(|_| DbError::stored("record", entry, "sheet", &sheet))?;
            let deeds: Vec<Deed> = deeds
                .iter()
                .map(|deed| {
                    serde_json::from_str(deed)
                        .map_err(|_| DbError::stored("verification_deed", entry, "deed", deed))
                })
                .collect::<Result<_>>()?;
            let chain = parse_chain(entry, &record.chain)?;
            let draw = u16::try_from(record.draw).unwrap_or_default();
            let state = State::replay(chain, sheet, draw, &deeds).map_err(|refusal| DbError::Conflict {
                what: "record",
                id: entry.to_string(),
                why: format!("its stored history breaks the rules of verification: {refusal}"),
            })?;
            Ok((record, state))
        }

        /// Writes the newest deed of `after` and all that follows from it.
        pub(crate) async fn keep(
            transaction: &mut Connection,
            before: &State,
            after: &State,
            record: &Record,
            now: i64,
        ) -> Result<()> {
            let Some(deed) = after.history().last() else { return Ok(()) };
            let step = match &deed.event {
                Event::Submit { step, .. } => step.as_str(),
                _ => "",
            };
            sqlx::query(
                "INSERT INTO verification_deed (entry_id, sequence, person, event, step, at_ms, deed)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(record.entry_id)
            .bind(after.history().len() as i64)
            .bind(deed.actor.person.0)
            .bind(deed.event.as_str())
            .bind(step)
            .bind(now)
            .bind(serde_json::to_string(deed).map_err(|error| DbError::Conflict {
                what: "record",
                id: record.entry_id.to_string(),
                why: error.to_string(),
            })?)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "UPDATE record SET stage = $2, attention = $3, people = $4, deeds = $5, stage_ms = $6,
                 lease_person = NULL, lease_until_ms = 0 WHERE entry_id = $1",
            )
            .bind(record.entry_id)
            .bind(after.stage().as_str())
            .bind(after.attention().len() as i64)
            .bind(people_of(after))
            .bind(after.history().len() as i64)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
            // A withdrawn entry does not count: it is found by no search and stands in no statement.
            let counts = match &deed.event {
                Event::Withdraw { .. } => Some(("current", "removed")),
                Event::Restore => Some(("removed", "current")),
                _ => None,
            };
            if let Some((from, to)) = counts {
                sqlx::query("UPDATE entry SET state = $3 WHERE id = $1 AND state = $2")
                    .bind(record.entry_id)
                    .bind(from)
                    .bind(to)
                    .execute(&mut *transaction)
                    .await?;
            }
            if step.is_empty() {
                return Ok(());
            }
            let person = deed.actor.person.0;
            backend::agreement::count(transaction, before, after, record.volume_id, person, step, now).await
        }
    }

    /// Begins records; entries that have one keep it.
    pub async fn begin_records(pools, records: &[NewRecord]) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        for record in records {
            let state = State::begin(record.chain.clone(), record.sheet.clone(), record.draw);
            let sheet = serde_json::to_string(&record.sheet).map_err(|error| DbError::Conflict {
                what: "record",
                id: record.entry_id.to_string(),
                why: error.to_string(),
            })?;
            let fields = record.sheet.fields.values();
            sqlx::query(
                "INSERT INTO record (entry_id, page_id, volume_id, office, form, place, chain, draw, sheet, stage,
                 fields_accepted, fields_read, attention, people, stage_ms)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '  ', $14)
                 ON CONFLICT (entry_id) DO NOTHING",
            )
            .bind(record.entry_id)
            .bind(record.page_id)
            .bind(record.volume_id)
            .bind(&record.office)
            .bind(&record.form)
            .bind(record.place)
            .bind(&record.chain.id)
            .bind(i64::from(record.draw))
            .bind(sheet)
            .bind(state.stage().as_str())
            .bind(fields.clone().filter(|field| field.accepted).count() as i64)
            .bind(fields.filter(|field| field.reading.is_some()).count() as i64)
            .bind(state.attention().len() as i64)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// A record and its state.
    pub async fn record(pools, entry: i64) -> Result<(Record, State)> {
        let mut connection = pools.read.acquire().await?;
        load(&mut connection, entry).await
    }

    /// Records of a page, in reading order.
    pub async fn records_of_page(pools, page: i64) -> Result<Vec<Record>> {
        let query = format!("{RECORD} WHERE page_id = $1 ORDER BY place");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(page).fetch_all(&pools.read).await?)
    }

    /// Records of a volume, in reading order.
    pub async fn records_of_volume(pools, volume: i64) -> Result<Vec<Record>> {
        let query = format!("{RECORD} WHERE volume_id = $1 ORDER BY place");
        Ok(sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(volume).fetch_all(&pools.read).await?)
    }

    /// Current entries without a record, at most `limit`.
    pub async fn entries_without_record(pools, limit: i64) -> Result<Vec<Unrecorded>> {
        let rows = sqlx::query_as(
            "SELECT entry.id AS entry_id, entry.page_id, entry.volume_id, volume.office, page.form,
             entry.volume_id * 1000000000 + page.sequence * 10000 + entry.place AS place
             FROM entry JOIN page ON page.id = entry.page_id JOIN volume ON volume.id = entry.volume_id
             LEFT JOIN record ON record.entry_id = entry.id
             WHERE record.entry_id IS NULL AND entry.state = 'current' ORDER BY entry.id LIMIT $1",
        );
        Ok(rows.bind(limit).fetch_all(&pools.read).await?)
    }

    /// Drops records nobody has worked at whose entry a later reading replaced.
    pub async fn drop_stale_records(pools) -> Result<u64> {
        let dropped = sqlx::query(
            "DELETE FROM record WHERE deeds = 0
             AND entry_id IN (SELECT id FROM entry WHERE state <> 'current')",
        )
        .execute(&pools.write)
        .await?;
        Ok(dropped.rows_affected())
    }

    /// Lets an event happen to a record that has had `deeds` deeds. A submission needs a lease that no other person
    /// holds. The record, its history, the counts, the change feed and the audit change together or not at all.
    pub async fn act(pools, entry: i64, deeds: i64, event: Event, actor: &Actor, who: &str) -> Result<Acted> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let lock = backend::pick("SELECT 1 FROM record WHERE entry_id = $1", "SELECT 1 FROM record WHERE entry_id = $1 FOR UPDATE");
        let _: Option<i32> = sqlx::query_scalar(lock).bind(entry).fetch_optional(&mut *transaction).await?;
        let (record, state) = load(&mut transaction, entry).await?;
        if record.deeds != deeds {
            return Ok(Acted::Moved);
        }
        if record.lease_until_ms >= now && record.lease_person.is_some_and(|person| person != actor.person.0) {
            return Ok(Acted::Leased);
        }
        let reason = match &event {
            Event::Return { reason } | Event::Reopen { reason } | Event::Withdraw { reason } => reason.clone(),
            Event::Submit { .. } | Event::Restore | Event::TakeBack => String::new(),
        };
        let what = format!("entry.{}", event.as_str());
        let next = match state.apply(event, actor, &rfc3339(now)) {
            Ok(next) => next,
            Err(refusal) => return Ok(Acted::Refused(refusal)),
        };
        keep(&mut transaction, &state, &next, &record, now).await?;
        sqlx::query("DELETE FROM draft WHERE entry_id = $1 AND person = $2")
            .bind(entry)
            .bind(actor.person.0)
            .execute(&mut *transaction)
            .await?;
        let audit = AuditEvent::new(who, &what, [format!("entry/{entry}"), format!("page/{}", record.page_id)])
            .because(reason)
            .with(serde_json::json!({
                "from": state.stage().as_str(),
                "to": next.stage().as_str(),
                "deed": next.history().len(),
            }));
        backend::finish(transaction, &[Change::of(Subject::Entry, entry)], &[audit]).await?;
        Ok(Acted::Done(Box::new(next)))
    }
}
