//! The queue of pages to be read, with leases: any number of workers on any number of machines take pages from it, and a
//! page whose worker died is taken again when its lease runs out or its worker is known to be dead.

use serde::Serialize;

use crate::page::{Page, PageRow, WAITING};
use crate::{AuditEvent, Change, DbError, Result, Subject};

/// The right to read one page, until it runs out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lease {
    /// The page.
    pub page_id: i64,
    /// Who holds it: an identifier of the worker's process.
    pub owner: String,
    /// How often the page was taken, this time included. With `owner` it identifies the lease.
    pub attempt: i64,
    /// Until when it is held, Unix milliseconds UTC by the database's clock.
    pub until_ms: i64,
}

/// A page and the lease on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// The lease.
    pub lease: Lease,
    /// The page.
    pub page: Page,
}

/// How long the queue is.
#[derive(Debug, Copy, Clone, Default, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct QueueLength {
    /// Pages nobody works at.
    pub waiting: i64,
    /// Pages under a lease that has not run out.
    pub leased: i64,
}

/// Which pages go back into the queue.
#[derive(Debug, Clone)]
pub enum Requeue<'a> {
    /// These.
    Pages(&'a [i64]),
    /// Those in a state (`failed`, `rescan_wanted`, `done`, `blank`), of one volume where given.
    InState {
        /// The state.
        state: &'a str,
        /// The volume.
        volume_id: Option<i64>,
    },
}

#[derive(Debug, sqlx::FromRow)]
struct LeaseRow {
    page_id: i64,
    lease_owner: String,
    attempts: i64,
    lease_until_ms: i64,
}

impl From<LeaseRow> for Lease {
    fn from(row: LeaseRow) -> Self {
        Self {
            page_id: row.page_id,
            owner: row.lease_owner,
            attempt: row.attempts,
            until_ms: row.lease_until_ms,
        }
    }
}

queries! {
    inside {
        /// Fails unless `lease` is still the one that holds its page. Keeps the row until the transaction ends.
        pub(crate) async fn check_lease(connection: &mut Connection, lease: &Lease) -> Result<bool> {
            let row: Option<(Option<String>, i64)> = sqlx::query_as(backend::pick(
                "SELECT lease_owner, attempts FROM job WHERE page_id = $1",
                "SELECT lease_owner, attempts FROM job WHERE page_id = $1 FOR UPDATE",
            ))
            .bind(lease.page_id)
            .fetch_optional(connection)
            .await?;
            match row {
                None => Ok(false),
                Some((Some(owner), attempts)) if owner == lease.owner && attempts == lease.attempt => Ok(true),
                Some(_) => Err(DbError::LeaseLost { what: "page", id: lease.page_id }),
            }
        }

        pub(crate) async fn finish_job(connection: &mut Connection, page_id: i64) -> Result<()> {
            sqlx::query("DELETE FROM job WHERE page_id = $1").bind(page_id).execute(connection).await?;
            Ok(())
        }
    }

    /// Leases up to `limit` pages to `owner` for `lease_ms`, those of the highest priority first, then in page order; of
    /// one volume where given. Two workers never get the same page.
    pub async fn claim_pages(
        pools,
        owner: &str,
        lease_ms: i64,
        limit: i64,
        volume_id: Option<i64>,
    ) -> Result<Vec<Work>> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let rows: Vec<LeaseRow> = sqlx::query_as(backend::pick(
            "UPDATE job SET lease_owner = $1, lease_until_ms = $2, attempts = attempts + 1
             WHERE page_id IN (
                SELECT page_id FROM job
                WHERE (lease_until_ms IS NULL OR lease_until_ms <= $3)
                  AND ($5 = 0 OR page_id IN (SELECT id FROM page WHERE volume_id = $5))
                ORDER BY priority DESC, page_id LIMIT $4)
             RETURNING page_id, lease_owner, attempts, lease_until_ms",
            "UPDATE job SET lease_owner = $1, lease_until_ms = $2, attempts = attempts + 1
             WHERE page_id IN (
                SELECT page_id FROM job
                WHERE (lease_until_ms IS NULL OR lease_until_ms <= $3)
                  AND ($5 = 0 OR page_id IN (SELECT id FROM page WHERE volume_id = $5))
                ORDER BY priority DESC, page_id LIMIT $4
                FOR UPDATE SKIP LOCKED)
             RETURNING page_id, lease_owner, attempts, lease_until_ms",
        ))
        .bind(owner)
        .bind(now + lease_ms)
        .bind(now)
        .bind(limit)
        .bind(volume_id.unwrap_or(0))
        .fetch_all(&mut *transaction)
        .await?;
        let mut work = Vec::with_capacity(rows.len());
        for row in rows {
            let page: PageRow = sqlx::query_as("SELECT * FROM page WHERE id = $1")
                .bind(row.page_id)
                .fetch_one(&mut *transaction)
                .await?;
            work.push(Work { lease: row.into(), page: page.into_page()? });
        }
        transaction.commit().await?;
        // RETURNING promises no order.
        work.sort_by_key(|work| work.page.id);
        Ok(work)
    }

    /// Prolongs a lease to `lease_ms` from now. Fails with `LeaseLost` where it ran out and another took the page.
    pub async fn renew_lease(pools, lease: &Lease, lease_ms: i64) -> Result<()> {
        let mut transaction = pools.begin().await?;
        let now = backend::now_ms(&mut transaction).await?;
        let renewed = sqlx::query(
            "UPDATE job SET lease_until_ms = $4 WHERE page_id = $1 AND lease_owner = $2 AND attempts = $3",
        )
        .bind(lease.page_id)
        .bind(&lease.owner)
        .bind(lease.attempt)
        .bind(now + lease_ms)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        transaction.commit().await?;
        match renewed {
            0 => Err(DbError::LeaseLost { what: "page", id: lease.page_id }),
            _ => Ok(()),
        }
    }

    /// Gives a page back that was taken but not worked at: the attempt does not count. Nothing happens where the lease
    /// was lost.
    pub async fn release_lease(pools, lease: &Lease) -> Result<()> {
        let mut transaction = pools.begin().await?;
        sqlx::query(
            "UPDATE job SET lease_owner = NULL, lease_until_ms = NULL, attempts = attempts - 1
             WHERE page_id = $1 AND lease_owner = $2 AND attempts = $3",
        )
        .bind(lease.page_id)
        .bind(&lease.owner)
        .bind(lease.attempt)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Every lease, also those that ran out, by page.
    pub async fn leases(pools) -> Result<Vec<Lease>> {
        let rows: Vec<LeaseRow> = sqlx::query_as(
            "SELECT page_id, lease_owner, attempts, lease_until_ms FROM job
             WHERE lease_owner IS NOT NULL ORDER BY page_id",
        )
        .fetch_all(&pools.read)
        .await?;
        Ok(rows.into_iter().map(Lease::from).collect())
    }

    /// Takes every lease from a worker known to be dead; gives their number. The attempts count: a page that kills its
    /// worker again and again must be found out.
    pub async fn take_leases_from(pools, owner: &str) -> Result<u64> {
        let mut transaction = pools.begin().await?;
        let taken = sqlx::query("UPDATE job SET lease_owner = NULL, lease_until_ms = NULL WHERE lease_owner = $1")
            .bind(owner)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        transaction.commit().await?;
        Ok(taken)
    }

    /// How long the queue is; of one volume where given.
    pub async fn queue_length(pools, volume_id: Option<i64>) -> Result<QueueLength> {
        let mut connection = pools.read.acquire().await?;
        let now = backend::now_ms(&mut connection).await?;
        let length = sqlx::query_as(
            "SELECT COUNT(CASE WHEN lease_until_ms IS NULL OR lease_until_ms <= $1 THEN 1 END) AS waiting,
                    COUNT(CASE WHEN lease_until_ms > $1 THEN 1 END) AS leased
             FROM job WHERE $2 = 0 OR page_id IN (SELECT id FROM page WHERE volume_id = $2)",
        )
        .bind(now)
        .bind(volume_id.unwrap_or(0))
        .fetch_one(&mut *connection)
        .await?;
        Ok(length)
    }

    /// For each volume that waits to be read: the pages of the queue that are read before its last page, that one included.
    pub async fn queue_before_end_of(pools) -> Result<Vec<(i64, i64)>> {
        let rows = sqlx::query_as(
            "SELECT v.volume_id, (SELECT COUNT(*) FROM job WHERE page_id <= v.last) FROM (
                SELECT page.volume_id AS volume_id, MAX(job.page_id) AS last
                FROM job JOIN page ON page.id = job.page_id GROUP BY page.volume_id
             ) v ORDER BY v.volume_id",
        );
        Ok(rows.fetch_all(&pools.read).await?)
    }

    /// Puts pages back into the queue to be read again; gives their ids. Their readings and entries stay until the new
    /// reading is there. `form` demands a form for them from now on; `priority` above 0 brings them to the front.
    pub async fn requeue_pages(
        pools,
        who: &str,
        which: &Requeue<'_>,
        form: Option<&str>,
        priority: i64,
        reason: &str,
    ) -> Result<Vec<i64>> {
        let mut transaction = pools.begin().await?;
        let wanted: Vec<i64> = match which {
            Requeue::Pages(pages) => pages.to_vec(),
            Requeue::InState { state, volume_id } => {
                sqlx::query_scalar(
                    "SELECT id FROM page WHERE state = $1 AND superseded_by IS NULL AND ($2 = 0 OR volume_id = $2)
                     ORDER BY id",
                )
                .bind(*state)
                .bind(volume_id.unwrap_or(0))
                .fetch_all(&mut *transaction)
                .await?
            }
        };
        let (mut queued, mut changes, mut events) = (Vec::new(), Vec::new(), Vec::new());
        for id in wanted {
            let superseded: Option<Option<i64>> = sqlx::query_scalar("SELECT superseded_by FROM page WHERE id = $1")
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await?;
            match superseded {
                None => return Err(DbError::NotFound { what: "page", id: id.to_string() }),
                Some(Some(other)) => {
                    let why = format!("page {other} has taken its place");
                    return Err(DbError::Conflict { what: "page", id: id.to_string(), why });
                }
                Some(None) => {}
            }
            // A worker that reads the page right now reads it with the old form: its lease ends here. The job comes before
            // the page, as in `complete_page`: in the other order the two could wait for each other.
            sqlx::query(
                "INSERT INTO job (page_id, priority, attempts) VALUES ($1, $2, 0)
                 ON CONFLICT (page_id) DO UPDATE SET priority = excluded.priority, lease_owner = NULL,
                    lease_until_ms = NULL",
            )
            .bind(id)
            .bind(priority)
            .execute(&mut *transaction)
            .await?;
            sqlx::query(
                "UPDATE page SET state = $2, reasons = '[]', form_wanted = COALESCE($3, form_wanted) WHERE id = $1",
            )
            .bind(id)
            .bind(WAITING)
            .bind(form)
            .execute(&mut *transaction)
            .await?;
            changes.push(Change::of(Subject::Page, id));
            events.push(
                AuditEvent::new(who, "page.requeue", [format!("page/{id}")])
                    .because(reason)
                    .with(serde_json::json!({ "form": form })),
            );
            queued.push(id);
        }
        backend::finish(transaction, &changes, &events).await?;
        Ok(queued)
    }
}
