//! The search index: schema, analyser, one writer, rebuild and swap, queries.
//!
//! The index is never a source of truth: it can be deleted and is rebuilt from the database. One [`Writer`] at a
//! time adds and replaces entries and commits with a cursor into the change feed; any number of [`Index`] handles
//! read without it. A [`Rebuild`] fills a new generation beside the old and swaps by renaming one pointer file.
//!
//! Three forms of every word are indexed, all from `sobo-text`: exact (tones kept; tone placement, final i/y,
//! hyphens and case made alike), spelling (old and Southern spellings as one) and folded (no diacritics). An exact
//! match ranks above one of spelling, that above a folded one, then prefixes and words one letter off.

mod document;
mod matching;
mod query;
mod schema;
mod store;

pub use document::{DocField, Document, Role};
pub use matching::{FieldMatch, MatchQuality};
pub use query::{Hit, Query, Results, Scope};
pub use store::{Index, Rebuild, Writer};

/// What can go wrong, with what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The folder has no index yet.
    #[error("no search index in {0}: rebuild it")]
    Missing(std::path::PathBuf),
    /// The index was made by another version of the program.
    #[error("the search index in {0} is of another version: rebuild it")]
    OtherVersion(std::path::PathBuf),
    /// Another writer holds the index.
    #[error("another process writes to the search index in {0}: stop it or wait")]
    WriterBusy(std::path::PathBuf),
    /// A file of the index could not be read or written.
    #[error("search index file {path}: {source}")]
    Io {
        /// The file or folder.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A stored document is not readable.
    #[error("a document of the search index cannot be read ({0}): rebuild it")]
    Document(#[from] serde_json::Error),
    /// The engine failed.
    #[error("search engine: {0}")]
    Engine(#[from] tantivy::TantivyError),
}

/// Result of a search operation.
pub type Result<T> = std::result::Result<T, SearchError>;
