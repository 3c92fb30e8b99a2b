//! What can go wrong with the database.

/// Result of every call of this crate.
pub type Result<T, E = DbError> = std::result::Result<T, E>;

/// An error of the database, with what it was about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The address names no supported database.
    #[error(
        "database address {url:?} is not supported: use sqlite:///path/to/file or postgres://user@host/name"
    )]
    Address {
        /// The address, without its password.
        url: String,
    },
    /// The database could not be opened.
    #[error("cannot open the database {url}: check that it exists, runs and may be written")]
    Open {
        /// The address, without its password.
        url: String,
        /// What the driver said.
        #[source]
        source: sqlx::Error,
    },
    /// A migration failed; the database is as it was before that migration.
    #[error("cannot bring the database {url} to this program's version")]
    Migrate {
        /// The address, without its password.
        url: String,
        /// What the driver said.
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    /// A query failed.
    #[error("the database refused a query")]
    Query(#[from] sqlx::Error),
    /// A row asked for by id is not there.
    #[error("there is no {what} {id} in the database")]
    NotFound {
        /// What was looked for (`page`, `volume`).
        what: &'static str,
        /// Its id or name.
        id: String,
    },
    /// The change contradicts what is stored.
    #[error("{what} {id}: {why}")]
    Conflict {
        /// What was to be changed.
        what: &'static str,
        /// Its id or name.
        id: String,
        /// Why it cannot be.
        why: String,
    },
    /// The lease was given to another worker, because it ran out.
    #[error("the lease on {what} {id} ran out and is held by another")]
    LeaseLost {
        /// What was leased.
        what: &'static str,
        /// Its id.
        id: i64,
    },
    /// A stored value cannot be understood.
    #[error(
        "{what} {id} holds {value:?} in {column}, which this program does not know: was it written by a newer one?"
    )]
    Stored {
        /// Kind of row.
        what: &'static str,
        /// Its id.
        id: String,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// The folder of an SQLite file cannot be used.
    #[error("cannot use {path}")]
    Io {
        /// The path.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl DbError {
    /// The stored text of `column` in row `id` is unknown to this program.
    pub(crate) fn stored(what: &'static str, id: impl ToString, column: &'static str, value: &str) -> Self {
        Self::Stored { what, id: id.to_string(), column, value: value.to_owned() }
    }

    /// Whether the database said that a unique value exists already.
    pub fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Query(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}
