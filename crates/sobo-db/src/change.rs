//! The change feed: what changed, in the order it became visible. Search indexes and other followers remember the last
//! sequence they applied and ask for what came after it.

use crate::{DbError, Result};

/// What a change is about.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A volume's description or state.
    Volume,
    /// A page's outcome; its entries have changes of their own.
    Page,
    /// An entry: read, verified, corrected or removed.
    Entry,
}

impl Subject {
    /// The identifier in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Page => "page",
            Self::Entry => "entry",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Volume, Self::Page, Self::Entry].into_iter().find(|subject| subject.as_str() == text)
    }
}

/// One change.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct Change {
    /// Place in the feed, from 1, without gaps; 0 before it is written.
    pub sequence: i64,
    /// What changed.
    pub subject: Subject,
    /// Its id.
    pub id: i64,
}

impl Change {
    /// A change to be written.
    pub fn of(subject: Subject, id: i64) -> Self {
        Self { sequence: 0, subject, id }
    }
}

queries! {
    inside {
        /// Writes changes at the end of the feed. Only `backend::finish` calls it, last but one in a transaction.
        pub(crate) async fn append(connection: &mut Connection, changes: &[Change]) -> Result<()> {
            if changes.is_empty() {
                return Ok(());
            }
            let last = backend::count(connection, "change", changes.len() as i64).await?;
            let now = backend::now_ms(connection).await?;
            for (sequence, change) in (last - changes.len() as i64 + 1..).zip(changes) {
                sqlx::query("INSERT INTO change (sequence, subject, subject_id, at_ms) VALUES ($1, $2, $3, $4)")
                    .bind(sequence)
                    .bind(change.subject.as_str())
                    .bind(change.id)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
            }
            Ok(())
        }
    }

    /// Changes after `sequence`, oldest first, at most `limit`.
    pub async fn changes_after(pools, sequence: i64, limit: i64) -> Result<Vec<Change>> {
        let rows: Vec<(i64, String, i64)> = sqlx::query_as(
            "SELECT sequence, subject, subject_id FROM change WHERE sequence > $1 ORDER BY sequence LIMIT $2",
        )
        .bind(sequence)
        .bind(limit)
        .fetch_all(&pools.read)
        .await?;
        rows.into_iter()
            .map(|(sequence, subject, id)| {
                let subject = Subject::parse(&subject)
                    .ok_or_else(|| DbError::stored("change", sequence, "subject", &subject))?;
                Ok(Change { sequence, subject, id })
            })
            .collect()
    }

    /// The sequence of the newest change; 0 where nothing has changed yet.
    pub async fn last_change(pools) -> Result<i64> {
        let last = sqlx::query_scalar("SELECT value FROM counter WHERE name = 'change'");
        Ok(last.fetch_one(&pools.read).await?)
    }
}
