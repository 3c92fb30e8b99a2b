//! The queues of verification: who gets which entry next, and for how long.

use sobo_verify::{Actor, StepKind};

use crate::Result;
use crate::account::OfficeScope;

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
    /// Those that would teach the reader most first.
    Teaching,
}

queries! {
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
                    QueueOrder::Teaching => "teaches DESC, place",
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

    /// Gives a lease back.
    pub async fn release(pools, entry: i64, person: i64) -> Result<()> {
        sqlx::query("UPDATE record SET lease_person = NULL, lease_until_ms = 0 WHERE entry_id = $1 AND lease_person = $2")
            .bind(entry)
            .bind(person)
            .execute(&pools.write)
            .await?;
        Ok(())
    }

    /// Notes that a person has seen the values of records before their blind reading, so that the person does not read them
    /// blind.
    pub async fn mark_seen(pools, entries: &[i64], person: i64) -> Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let ids: Vec<String> = entries.iter().map(i64::to_string).collect();
        let query = format!(
            "UPDATE record SET seen = seen || $1 WHERE entry_id IN ({}) AND seen NOT LIKE $2",
            ids.join(", ")
        );
        sqlx::query(sqlx::AssertSqlSafe(query))
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
}
