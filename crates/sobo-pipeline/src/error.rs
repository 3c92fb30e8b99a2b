//! What stops a whole batch. What concerns one page is its outcome, not an error.

use sobo_db::DbError;
use sobo_vault::VaultError;

/// Result of the pipeline's calls.
pub type Result<T, E = PipelineError> = std::result::Result<T, E>;

/// An error that ends a batch; what was finished before it stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbError),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// Too little room.
    #[error(
        "{free} MB are free at {path}, the budget asks for {needed} MB: make room or lower `disk_reserve_bytes` of the configuration, then run again; \
         nothing was lost"
    )]
    DiskBudget {
        /// Where.
        path: String,
        /// Megabytes free.
        free: u64,
        /// Megabytes that must stay free.
        needed: u64,
    },
    /// A folder cannot be used.
    #[error("cannot use {path}: check that it exists and may be written")]
    Io {
        /// The path.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// An index refused changes.
    #[error(
        "the search index could not be brought up to date; where that stays so, delete its folder: it is made anew from the database"
    )]
    Follower(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A task of this program ended unexpectedly.
    #[error("a worker of this program ended unexpectedly: {what}")]
    Worker {
        /// What is known of it.
        what: String,
    },
}
