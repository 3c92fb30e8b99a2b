//! What people do to the division of a page into entries: split, merge, add, another form, another volume, no entries
//! at all. One transaction each, kept with what takes it back.
//!
//! Nothing is deleted: entries that no longer count are withdrawn in their history, and undoing restores them. Undoing
//! is refused once somebody has worked at what the operation made.

use serde::{Deserialize, Serialize};
use sobo_core::{Entry, RegisterType};
use sobo_verify::{Actor, Event, Refusal};

use crate::change::{Change, Subject};
use crate::verification::rfc3339;
use crate::{AuditEvent, DbError, Result};

/// What is done to a page.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageWorkKind {
    /// One entry becomes two.
    Split,
    /// Two entries become one.
    Merge,
    /// An entry the machine missed.
    Add,
    /// An entry that is none.
    Remove,
    /// The page is read by another form.
    Form,
    /// The page belongs to another volume.
    Volume,
    /// The page has no entries.
    Blank,
}

impl PageWorkKind {
    /// All kinds, in the order above.
    pub const ALL: [Self; 7] =
        [Self::Split, Self::Merge, Self::Add, Self::Remove, Self::Form, Self::Volume, Self::Blank];

    /// The identifier in the database and interface texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Merge => "merge",
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Form => "form",
            Self::Volume => "volume",
            Self::Blank => "blank",
        }
    }

    /// The kind with this identifier.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An operation on a page.
#[derive(Debug, Clone)]
pub struct PageOperation<'a> {
    /// What.
    pub kind: PageWorkKind,
    /// The page.
    pub page: i64,
    /// Entries that no longer count.
    pub withdraw: &'a [i64],
    /// Entries that count instead.
    pub add: &'a [Entry],
    /// The form the page is of from now on, and what it records.
    pub form: Option<(&'a str, RegisterType)>,
    /// The volume the page belongs to from now on.
    pub volume: Option<i64>,
    /// Why.
    pub reason: &'a str,
}

/// What came of an operation or of undoing one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageWorked {
    /// It happened.
    Done {
        /// The operation's id.
        work: i64,
        /// Entries made, or put back.
        entries: Vec<i64>,
    },
    /// The rules of verification refuse it for an entry.
    Refused(Refusal),
    /// Another person is working at one of the entries.
    Leased,
    /// Somebody has worked at what the operation made, or it was undone before.
    WorkedAt,
    /// The other volume holds this page already.
    There,
}

/// An operation as kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PageWork {
    /// Its id.
    pub id: i64,
    /// The page.
    pub page_id: i64,
    /// Identifier of its kind.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub person: i64,
    /// When, Unix milliseconds UTC.
    pub at_ms: i64,
    /// When it was undone.
    pub undone_ms: Option<i64>,
    /// By whom.
    pub undone_by: Option<i64>,
}

/// What takes an operation back.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Before {
    withdrawn: Vec<i64>,
    added: Vec<i64>,
    #[serde(default)]
    form: Option<(String, Option<String>)>,
    #[serde(default)]
    volume: Option<(i64, i64)>,
    #[serde(default)]
    outcome: Option<(String, String)>,
}

/// Entries of a page in reading order: new ones go before the first that lies lower, or beside and further right.
fn in_order(mut standing: Vec<(i64, [i64; 4])>, new: Vec<(i64, [i64; 4])>) -> Vec<i64> {
    for (id, rect) in new {
        let [x, y, w, h] = rect;
        let at = standing.iter().position(|(_, [ox, oy, ow, oh])| {
            let beside = (y + h / 2 - oy - oh / 2).abs() < h.min(*oh) / 2;
            if beside { x + w / 2 < ox + ow / 2 } else { y + h / 2 < oy + oh / 2 }
        });
        standing.insert(at.unwrap_or(standing.len()), (id, rect));
    }
    standing.into_iter().map(|(id, _)| id).collect()
}

queries! {
    inside {
        /// Withdraws or restores an entry with its history. `Err` inside: why not.
        async fn turn(
            connection: &mut Connection,
            entry: i64,
            event: Event,
            actor: &Actor,
            now: i64,
        ) -> Result<Result<(), PageWorked>> {
            let (record, state) = match backend::verification::load(connection, entry).await {
                Ok(loaded) => loaded,
                // Not yet begun: the entry alone changes.
                Err(DbError::NotFound { .. }) => {
                    let to = if matches!(event, Event::Restore) { "current" } else { "removed" };
                    set_state(connection, entry, to).await?;
                    return Ok(Ok(()));
                }
                Err(error) => return Err(error),
            };
            if record.lease_until_ms >= now && record.lease_person.is_some_and(|person| person != actor.person.0) {
                return Ok(Err(PageWorked::Leased));
            }
            let next = match state.apply(event, actor, &rfc3339(now)) {
                Ok(next) => next,
                Err(refusal) => return Ok(Err(PageWorked::Refused(refusal))),
            };
            backend::verification::keep(connection, &state, &next, &record, now).await?;
            Ok(Ok(()))
        }

        async fn set_state(connection: &mut Connection, entry: i64, state: &str) -> Result<()> {
            sqlx::query("UPDATE entry SET state = $2 WHERE id = $1")
                .bind(entry)
                .bind(state)
                .execute(connection)
                .await?;
            Ok(())
        }

        /// Gives the current entries of a page their places anew, with `new` put in by where they lie.
        pub(crate) async fn renumber(connection: &mut Connection, page: i64, new: &[i64]) -> Result<()> {
            let rows: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(
                "SELECT id, x, y, width, height FROM entry WHERE page_id = $1 AND state = 'current' ORDER BY place, id",
            )
            .bind(page)
            .fetch_all(&mut *connection)
            .await?;
            let rows = rows.into_iter().map(|(id, x, y, w, h)| (id, [x, y, w, h]));
            let (added, standing): (Vec<_>, Vec<_>) = rows.partition(|(id, _)| new.contains(id));
            for (place, id) in (1_i64..).zip(in_order(standing, added)) {
                sqlx::query("UPDATE entry SET place = $2 WHERE id = $1")
                    .bind(id)
                    .bind(place)
                    .execute(&mut *connection)
                    .await?;
                sqlx::query("UPDATE record SET place = place - (place % 10000) + $2 WHERE entry_id = $1")
                    .bind(id)
                    .bind(place)
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(())
        }

        /// Moves a page with its entries and records; gives the volume and the place in it that it had. `None` where the
        /// other volume holds the page already.
        async fn move_page(
            connection: &mut Connection,
            page: i64,
            volume: i64,
            sequence: Option<i64>,
        ) -> Result<Option<(i64, i64)>> {
            let before: (i64, i64) = sqlx::query_as("SELECT volume_id, sequence FROM page WHERE id = $1")
                .bind(page)
                .fetch_one(&mut *connection)
                .await?;
            let there: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM page other JOIN page ON page.original = other.original
                 AND page.page_index = other.page_index WHERE page.id = $1 AND other.volume_id = $2",
            )
            .bind(page)
            .bind(volume)
            .fetch_one(&mut *connection)
            .await?;
            if there > 0 {
                return Ok(None);
            }
            let last: Option<i64> = sqlx::query_scalar("SELECT MAX(sequence) FROM page WHERE volume_id = $1")
                .bind(volume)
                .fetch_one(&mut *connection)
                .await?;
            let sequence = sequence.unwrap_or(last.unwrap_or(0) + 1);
            for statement in [
                "UPDATE page SET volume_id = $2, sequence = $3 WHERE id = $1",
                "UPDATE entry SET volume_id = $2 WHERE page_id = $1 AND $3 > 0",
                "UPDATE record SET volume_id = $2, place = $2 * 1000000000 + $3 * 10000 + (place % 10000),
                 office = (SELECT office FROM volume WHERE id = $2) WHERE page_id = $1",
            ] {
                sqlx::query(statement).bind(page).bind(volume).bind(sequence).execute(&mut *connection).await?;
            }
            Ok(Some(before))
        }

        /// What follows of a change to a page for the feed: the page and all its entries.
        async fn touched(connection: &mut Connection, page: i64) -> Result<Vec<Change>> {
            let entries: Vec<i64> = sqlx::query_scalar("SELECT id FROM entry WHERE page_id = $1")
                .bind(page)
                .fetch_all(connection)
                .await?;
            let mut changes = vec![Change::of(Subject::Page, page)];
            changes.extend(entries.into_iter().map(|entry| Change::of(Subject::Entry, entry)));
            Ok(changes)
        }
    }

    /// Does something to a page, all of it or nothing.
    pub async fn work_at_page(pools, operation: &PageOperation<'_>, actor: &Actor, who: &str) -> Result<PageWorked> {
        let page = operation.page;
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let known = backend::page::get(&mut transaction, page).await?;
        let mut before = Before { withdrawn: operation.withdraw.to_vec(), ..Before::default() };
        for entry in operation.withdraw {
            let belongs: i64 =
                sqlx::query_scalar("SELECT COUNT(*) FROM entry WHERE id = $1 AND page_id = $2 AND state = 'current'")
                    .bind(entry)
                    .bind(page)
                    .fetch_one(&mut *transaction)
                    .await?;
            if belongs == 0 {
                return Err(DbError::NotFound { what: "entry", id: entry.to_string() });
            }
            let event = Event::Withdraw { reason: format!("{}: {}", operation.kind.as_str(), operation.reason) };
            if let Err(refused) = turn(&mut transaction, *entry, event, actor, now).await? {
                return Ok(refused);
            }
        }
        if let Some((form, _)) = operation.form {
            before.form = Some((known.form.clone(), known.form_wanted.clone()));
            sqlx::query("UPDATE page SET form = $2, form_wanted = $2 WHERE id = $1")
                .bind(page)
                .bind(form)
                .execute(&mut *transaction)
                .await?;
        }
        if operation.kind == PageWorkKind::Blank {
            let outcome: (String, String) = sqlx::query_as("SELECT state, reasons FROM page WHERE id = $1")
                .bind(page)
                .fetch_one(&mut *transaction)
                .await?;
            before.outcome = Some(outcome);
            sqlx::query("UPDATE page SET state = 'blank', reasons = '[]' WHERE id = $1")
                .bind(page)
                .execute(&mut *transaction)
                .await?;
        }
        if !operation.add.is_empty() {
            let kind = operation.form.map(|(_, kind)| kind);
            before.added =
                backend::reading::insert_entries(&mut transaction, page, None, kind, operation.add, now).await?;
        }
        if let Some(volume) = operation.volume {
            match move_page(&mut transaction, page, volume, None).await? {
                Some(place) => before.volume = Some(place),
                None => return Ok(PageWorked::There),
            }
        }
        renumber(&mut transaction, page, &before.added).await?;
        let body = serde_json::to_string(&before)
            .map_err(|error| DbError::Conflict { what: "page", id: page.to_string(), why: error.to_string() })?;
        let work: i64 = sqlx::query_scalar(
            "INSERT INTO page_work (page_id, kind, reason, person, at_ms, body) VALUES ($1, $2, $3, $4, $5, $6)
             RETURNING id",
        )
        .bind(page)
        .bind(operation.kind.as_str())
        .bind(operation.reason)
        .bind(actor.person.0)
        .bind(now)
        .bind(body)
        .fetch_one(&mut *transaction)
        .await?;
        let changes = touched(&mut transaction, page).await?;
        let audit = AuditEvent::new(who, &format!("page.{}", operation.kind.as_str()), [format!("page/{page}")])
            .because(operation.reason)
            .with(serde_json::json!({
                "work": work, "withdrawn": before.withdrawn, "added": before.added,
                "form": operation.form.map(|(form, _)| form), "volume": operation.volume,
            }));
        backend::finish(transaction, &changes, &[audit]).await?;
        Ok(PageWorked::Done { work, entries: before.added })
    }

    /// Takes an operation back: what it withdrew counts again, what it made does not.
    pub async fn undo_page_work(pools, work: i64, actor: &Actor, who: &str) -> Result<PageWorked> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let row: Option<(i64, String)> = sqlx::query_as(
            "UPDATE page_work SET undone_ms = $2, undone_by = $3 WHERE id = $1 AND undone_ms IS NULL
             RETURNING page_id, body",
        )
        .bind(work)
        .bind(now)
        .bind(actor.person.0)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some((page, body)) = row else { return Ok(PageWorked::WorkedAt) };
        let before: Before =
            serde_json::from_str(&body).map_err(|_| DbError::stored("page_work", work, "body", &body))?;
        for entry in &before.added {
            let worked: i64 = sqlx::query_scalar(
                "SELECT (SELECT COUNT(*) FROM verification_deed WHERE entry_id = $1)
                      + (SELECT COUNT(*) FROM draft WHERE entry_id = $1 AND person <> $2)",
            )
            .bind(*entry)
            .bind(actor.person.0)
            .fetch_one(&mut *transaction)
            .await?;
            if worked > 0 {
                return Ok(PageWorked::WorkedAt);
            }
            sqlx::query("DELETE FROM record WHERE entry_id = $1").bind(*entry).execute(&mut *transaction).await?;
            set_state(&mut transaction, *entry, "removed").await?;
        }
        for entry in &before.withdrawn {
            if let Err(refused) = turn(&mut transaction, *entry, Event::Restore, actor, now).await? {
                return Ok(refused);
            }
        }
        if let Some((form, wanted)) = &before.form {
            sqlx::query("UPDATE page SET form = $2, form_wanted = $3 WHERE id = $1")
                .bind(page)
                .bind(form)
                .bind(wanted)
                .execute(&mut *transaction)
                .await?;
        }
        if let Some((state, reasons)) = &before.outcome {
            sqlx::query("UPDATE page SET state = $2, reasons = $3 WHERE id = $1")
                .bind(page)
                .bind(state)
                .bind(reasons)
                .execute(&mut *transaction)
                .await?;
        }
        if let Some((volume, sequence)) = before.volume
            && move_page(&mut transaction, page, volume, Some(sequence)).await?.is_none()
        {
            return Ok(PageWorked::There);
        }
        renumber(&mut transaction, page, &before.withdrawn).await?;
        let changes = touched(&mut transaction, page).await?;
        let audit = AuditEvent::new(who, "page.undo", [format!("page/{page}")])
            .with(serde_json::json!({ "work": work }));
        backend::finish(transaction, &changes, &[audit]).await?;
        Ok(PageWorked::Done { work, entries: before.withdrawn })
    }

    /// What was done to a page, oldest first.
    pub async fn page_works(pools, page: i64) -> Result<Vec<PageWork>> {
        let works = sqlx::query_as(
            "SELECT id, page_id, kind, reason, person, at_ms, undone_ms, undone_by FROM page_work
             WHERE page_id = $1 ORDER BY id",
        );
        Ok(works.bind(page).fetch_all(&pools.read).await?)
    }

    /// The page of an operation.
    pub async fn page_of_work(pools, work: i64) -> Result<i64> {
        let page: Option<i64> =
            sqlx::query_scalar("SELECT page_id FROM page_work WHERE id = $1").bind(work).fetch_optional(&pools.read).await?;
        page.ok_or(DbError::NotFound { what: "page work", id: work.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn new_entries_go_where_they_lie() {
        let rows = vec![(1, [0, 0, 100, 10]), (2, [0, 20, 100, 10]), (3, [0, 30, 100, 10])];
        assert_eq!(in_order(rows.clone(), vec![(9, [0, 10, 100, 10])]), [1, 9, 2, 3]);
        assert_eq!(in_order(rows.clone(), vec![(9, [0, 40, 100, 10])]), [1, 2, 3, 9]);
        assert_eq!(in_order(rows, vec![(9, [0, 5, 100, 4]), (8, [0, 12, 100, 5])]), [1, 9, 8, 2, 3]);
        // Two blocks side by side.
        let blocks = vec![(1, [0, 0, 50, 40]), (2, [60, 0, 50, 40])];
        assert_eq!(in_order(vec![blocks[1]], vec![blocks[0]]), [1, 2]);
        assert_eq!(in_order(vec![blocks[0]], vec![blocks[1]]), [1, 2]);
    }
}
