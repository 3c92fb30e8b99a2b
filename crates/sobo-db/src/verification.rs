//! Records under verification: their deeds, the queue with its leases, drafts, notes on pages.
//!
//! What a record is follows from its sheet and its deeds alone (`sobo-verify` replays them); the other columns repeat
//! that for queues. A submission names the number of deeds it was made upon, so that of two at once one is refused.

use sobo_verify::{Actor, Chain, Deed, Event, Refusal, Role, Sheet, State, Statement, StepKind};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::account::OfficeScope;
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

/// Which entry a person would like next.
#[derive(Debug, Clone)]
pub struct Wish<'a> {
    /// Who asks.
    pub actor: &'a Actor,
    /// Offices within the person's scope.
    pub offices: &'a OfficeScope,
    /// Steps to take, the most wanted first; only those the person's roles allow are given.
    pub steps: &'a [StepKind],
    /// One volume only.
    pub volume: Option<i64>,
    /// In which order.
    pub order: QueueOrder,
    /// In reading order, entries behind this place come first.
    pub after: i64,
    /// Entries not wanted, such as the one at work.
    pub except: &'a [i64],
    /// How long the lease runs.
    pub lease_ms: i64,
}

/// The order of a queue.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum QueueOrder {
    /// As the entries stand in their books.
    Reading,
    /// Those with most fields in doubt first.
    Doubt,
    /// Those waiting longest first.
    Oldest,
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

/// How many records of a volume stand at a stage.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StageCount {
    /// The volume.
    pub volume_id: i64,
    /// Identifier of the stage.
    pub stage: String,
    /// Records there.
    pub records: i64,
    /// Of them, free for the person asking: not leased by another, no earlier step taken.
    pub free: i64,
    /// Fields that need a person in them.
    pub attention: i64,
}

/// Agreement about one field, summed over entries.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Tally {
    /// The volume.
    pub volume_id: i64,
    /// The field.
    pub field: String,
    /// The step whose statements were compared with those before.
    pub step: String,
    /// Who took that step.
    pub person: i64,
    /// Whether the machine had offered the field as right.
    pub accepted: bool,
    /// Times compared.
    pub compared: i64,
    /// Times the two differed.
    pub differing: i64,
}

/// Steps taken by a person on a day.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Pace {
    /// Who.
    pub person: i64,
    /// The step.
    pub step: String,
    /// Day since 1970-01-01 UTC.
    pub day: i64,
    /// Entries.
    pub entries: i64,
}

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

fn parse_chain(id: i64, chain: &str) -> Result<Chain> {
    Chain::parse(chain).ok_or_else(|| DbError::stored("record", id, "chain", chain))
}

fn rfc3339(at_ms: i64) -> String {
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

/// For each field compared by the newest snapshot: its name, whether the machine had accepted it, whether the two differ.
fn compared(before: &State, after: &State) -> Vec<(String, bool, bool)> {
    let Some(snapshot) = after.snapshots().last() else { return Vec::new() };
    let earlier = before.values();
    after
        .sheet()
        .fields
        .iter()
        .filter(|(name, start)| match snapshot.step {
            StepKind::Entry | StepKind::Check => {
                earlier.contains_key(*name) || snapshot.statements.contains_key(*name)
            }
            StepKind::Blind => start.blind,
            StepKind::Arbitrate => before.disputed().contains(name),
            StepKind::SignOff => false,
        })
        .map(|(name, start)| {
            let differs = !Statement::agree(earlier.get(name), snapshot.statements.get(name));
            (name.clone(), start.accepted, differs)
        })
        .collect()
}

queries! {
    inside {
        async fn load(connection: &mut Connection, entry: i64) -> Result<(Record, State)> {
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

        async fn keep(
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
            if step.is_empty() {
                return Ok(());
            }
            let deed_is_arbitration = step == StepKind::Arbitrate.as_str();
            for (field, accepted, differs) in compared(before, after) {
                sqlx::query(
                    "INSERT INTO tally (volume_id, field, step, person, accepted, compared, differing)
                     VALUES ($1, $2, $3, $4, $5, 1, $6)
                     ON CONFLICT (volume_id, field, step, person, accepted) DO UPDATE SET
                     compared = tally.compared + 1, differing = tally.differing + excluded.differing",
                )
                .bind(record.volume_id)
                .bind(field)
                .bind(step)
                .bind(deed.actor.person.0)
                .bind(accepted)
                .bind(i64::from(differs))
                .execute(&mut *transaction)
                .await?;
                if accepted && !deed_is_arbitration {
                    backend::adaptation::note_drift(transaction, record.volume_id, now, differs).await?;
                }
            }
            Ok(())
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

    /// Leases the next free entry of a queue to a person; `None` where nothing is left.
    pub async fn lease_next(pools, wish: &Wish<'_>) -> Result<Option<i64>> {
        let except = format!(" {} ", wish.except.iter().map(i64::to_string).collect::<Vec<_>>().join(" "));
        let offices = wish.offices.stored();
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        for step in wish.steps {
            // Reading order goes on from where the person is, then begins anew.
            for after in [wish.after, i64::MIN] {
                let volume = if wish.volume.is_some() { "volume_id = $6" } else { "$6 = 0" };
                let order = match wish.order {
                    QueueOrder::Reading => "place",
                    QueueOrder::Doubt => "attention DESC, place",
                    QueueOrder::Oldest => "stage_ms, place",
                };
                let skip = backend::pick("", "FOR UPDATE SKIP LOCKED");
                let query = format!(
                    "SELECT entry_id FROM record WHERE stage = $1 AND people NOT LIKE $2
                     AND (stage <> 'blind' OR seen NOT LIKE $2)
                     AND NOT EXISTS (SELECT 1 FROM entry WHERE entry.id = record.entry_id AND entry.state <> 'current')
                     AND (lease_until_ms < $3 OR lease_person = $4) AND place > $5 AND {volume}
                     AND $7 NOT LIKE '% ' || CAST(entry_id AS TEXT) || ' %'
                     AND ($8 = '*' OR $8 LIKE '%' || $9 || office || $9 || '%')
                     ORDER BY {order} LIMIT 1 {skip}"
                );
                let found: Option<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
                    .bind(step.as_str())
                    .bind(format!("% {} %", wish.actor.person.0))
                    .bind(now)
                    .bind(wish.actor.person.0)
                    .bind(if wish.order == QueueOrder::Reading { after } else { i64::MIN })
                    .bind(wish.volume.unwrap_or(0))
                    .bind(&except)
                    .bind(&offices)
                    .bind("\n")
                    .fetch_optional(&mut *transaction)
                    .await?;
                if let Some(entry) = found {
                    sqlx::query("UPDATE record SET lease_person = $2, lease_until_ms = $3 WHERE entry_id = $1")
                        .bind(entry)
                        .bind(wish.actor.person.0)
                        .bind(now + wish.lease_ms)
                        .execute(&mut *transaction)
                        .await?;
                    transaction.commit().await?;
                    return Ok(Some(entry));
                }
                if wish.order != QueueOrder::Reading || wish.after == i64::MIN {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Takes or renews the lease of one entry; false where another person holds it.
    pub async fn lease(pools, entry: i64, person: i64, lease_ms: i64) -> Result<bool> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let taken = sqlx::query(
            "UPDATE record SET lease_person = $2, lease_until_ms = $3
             WHERE entry_id = $1 AND (lease_until_ms < $4 OR lease_person = $2)",
        )
        .bind(entry)
        .bind(person)
        .bind(now + lease_ms)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(taken.rows_affected() == 1)
    }

    /// Notes that a person has seen the values of a record before its blind reading, so that the person does not read it blind.
    pub async fn mark_seen(pools, entry: i64, person: i64) -> Result<()> {
        sqlx::query("UPDATE record SET seen = seen || $2 WHERE entry_id = $1 AND seen NOT LIKE $3")
            .bind(entry)
            .bind(format!("{person} "))
            .bind(format!("% {person} %"))
            .execute(&pools.write)
            .await?;
        Ok(())
    }

    /// Whether a person has seen the values of a record.
    pub async fn has_seen(pools, entry: i64, person: i64) -> Result<bool> {
        let seen: Option<i64> = sqlx::query_scalar("SELECT entry_id FROM record WHERE entry_id = $1 AND seen LIKE $2")
            .bind(entry)
            .bind(format!("% {person} %"))
            .fetch_optional(&pools.read)
            .await?;
        Ok(seen.is_some())
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

    /// Adds an entry a person found on a page, and gives its id.
    pub async fn add_entry(pools, who: &str, page: i64, entry: &sobo_core::Entry, reason: &str) -> Result<i64> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let added = backend::reading::insert_entries(
            &mut transaction, page, None, None, std::slice::from_ref(entry), now,
        )
        .await?;
        let id = added.first().copied().unwrap_or_default();
        let event = AuditEvent::new(who, "entry.add", [format!("entry/{id}"), format!("page/{page}")]).because(reason);
        backend::finish(transaction, &[Change::of(Subject::Entry, id), Change::of(Subject::Page, page)], &[event]).await?;
        Ok(id)
    }

    /// Gives a lease back.
    pub async fn release(pools, entry: i64, person: i64) -> Result<()> {
        sqlx::query("UPDATE record SET lease_person = NULL, lease_until_ms = 0 WHERE entry_id = $1 AND lease_person = $2")
            .bind(entry)
            .bind(person)
            .execute(&pools.write)
            .await?;
        Ok(())
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
            Event::Submit { .. } | Event::Restore => String::new(),
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

    /// Keeps what a person has typed so far.
    pub async fn save_draft(pools, entry: i64, person: i64, body: &str) -> Result<()> {
        let now = crate::backend::system_now_ms();
        sqlx::query(
            "INSERT INTO draft (entry_id, person, saved_ms, body) VALUES ($1, $2, $3, $4)
             ON CONFLICT (entry_id, person) DO UPDATE SET saved_ms = excluded.saved_ms, body = excluded.body",
        )
        .bind(entry)
        .bind(person)
        .bind(now)
        .bind(body)
        .execute(&pools.write)
        .await?;
        Ok(())
    }

    /// What a person had typed, and when it was kept, Unix milliseconds.
    pub async fn draft(pools, entry: i64, person: i64) -> Result<Option<(String, i64)>> {
        let draft = sqlx::query_as("SELECT body, saved_ms FROM draft WHERE entry_id = $1 AND person = $2");
        Ok(draft.bind(entry).bind(person).fetch_optional(&pools.read).await?)
    }

    /// How many records of each volume stand at each stage, as this person sees them.
    pub async fn stage_counts(pools, person: i64) -> Result<Vec<StageCount>> {
        let now = crate::backend::system_now_ms();
        let counts = sqlx::query_as(
            "SELECT volume_id, stage, COUNT(*) AS records,
             COUNT(CASE WHEN (lease_until_ms < $1 OR lease_person = $2) AND people NOT LIKE $3 THEN 1 END) AS free,
             CAST(SUM(attention) AS BIGINT) AS attention
             FROM record GROUP BY volume_id, stage",
        );
        Ok(counts.bind(now).bind(person).bind(format!("% {person} %")).fetch_all(&pools.read).await?)
    }

    /// Agreement by field, volume, step and person.
    pub async fn tallies(pools) -> Result<Vec<Tally>> {
        Ok(sqlx::query_as("SELECT * FROM tally ORDER BY volume_id, field, step, person")
            .fetch_all(&pools.read)
            .await?)
    }

    /// Steps taken since `since_ms` by person and day.
    pub async fn pace(pools, since_ms: i64) -> Result<Vec<Pace>> {
        let pace = sqlx::query_as(
            "SELECT person, step, at_ms / 86400000 AS day, COUNT(*) AS entries FROM verification_deed
             WHERE event = 'submit' AND at_ms >= $1 GROUP BY person, step, at_ms / 86400000 ORDER BY 3 DESC, 1, 2",
        );
        Ok(pace.bind(since_ms).fetch_all(&pools.read).await?)
    }

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

    /// Open notes of every page, oldest first; of one page where given.
    pub async fn open_notes(pools, page: Option<i64>) -> Result<Vec<PageNote>> {
        let notes = sqlx::query_as(
            "SELECT * FROM page_note WHERE closed_ms IS NULL AND ($1 = 0 OR page_id = $1) ORDER BY at_ms, id",
        );
        Ok(notes.bind(page.unwrap_or(0)).fetch_all(&pools.read).await?)
    }
}

impl Wish<'_> {
    /// The steps of `chain` these roles may take, those nearest to the end first.
    pub fn steps_for(chain: &Chain, roles: &[Role]) -> Vec<StepKind> {
        let may = |step: &&sobo_verify::Step| step.roles.iter().any(|role| roles.contains(role));
        chain.steps.iter().rev().filter(may).map(|step| step.kind).collect()
    }
}
