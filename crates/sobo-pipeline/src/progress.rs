//! What happens while it happens, as values: the command line draws bars from them, the web shows them, tests collect them.

use sobo_core::Outcome;
use sobo_db::FileRecord;

/// One thing that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Progress {
    /// Intake found this many files, refused ones included.
    FilesFound {
        /// Their number.
        files: u64,
    },
    /// A file was recorded.
    FileRecorded {
        /// Its record.
        file: FileRecord,
        /// It was not there from an earlier intake.
        new: bool,
    },
    /// A run begins.
    RunBegun {
        /// Pages in the queue.
        waiting: u64,
        /// Pages read at a time.
        jobs: usize,
    },
    /// Pages were taken back from a worker that is dead.
    Reclaimed {
        /// Their number.
        pages: u64,
    },
    /// A page is being read.
    PageBegun {
        /// The page.
        page_id: i64,
        /// How often it was begun, this time included.
        attempt: i64,
    },
    /// A page has its outcome.
    PageEnded {
        /// The page.
        page_id: i64,
        /// Where its file came from.
        source: String,
        /// Page in that file, from 0.
        page_index: u32,
        /// How it ended.
        outcome: Outcome,
        /// Acts read.
        entries: u64,
        /// Fields read.
        fields: u64,
        /// Of these, offered as right.
        accepted: u64,
        /// Of these, lacunae.
        lacunae: u64,
        /// Processing time.
        elapsed_ms: u64,
    },
    /// A page was read, but another worker had taken it over meanwhile; nothing was recorded twice.
    PageLost {
        /// The page.
        page_id: i64,
    },
}

/// Takes what happens. Called from several threads; it should return at once.
pub trait ProgressSink: Send + Sync {
    /// Takes one thing that happened.
    fn progress(&self, progress: Progress);
}

impl<F: Fn(Progress) + Send + Sync> ProgressSink for F {
    fn progress(&self, progress: Progress) {
        self(progress);
    }
}

/// Takes everything and does nothing.
#[derive(Debug, Copy, Clone, Default)]
pub struct Silent;

impl ProgressSink for Silent {
    fn progress(&self, _progress: Progress) {}
}
