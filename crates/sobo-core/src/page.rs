//! What the pipeline says of one page.

use serde::{Deserialize, Serialize};

use crate::{Entry, RegisterType};

/// Version of the JSON that `sobo read` prints.
pub const SCHEMA_VERSION: u32 = 1;

/// How the processing of a page ended. Every page ends with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Read; entries are there.
    Done,
    /// Nothing is written on it.
    Blank,
    /// The scan is too poor to read: blur, cropped, too dark, resolution.
    RescanWanted {
        /// Why, one identifier each.
        reasons: Vec<String>,
    },
    /// It could not be processed.
    Failed {
        /// Why and what to do, for a person.
        reason: String,
    },
}

impl Outcome {
    /// The identifier used in files and the database.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Blank => "blank",
            Self::RescanWanted { .. } => "rescan_wanted",
            Self::Failed { .. } => "failed",
        }
    }
}

/// One object of `sobo read --format jsonl`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageReading {
    /// Always [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// File name of the image.
    pub page: String,
    /// Page in that file, from 0.
    pub page_index: u32,
    /// Identifier of the form, or `unknown`.
    pub form: String,
    /// Form family, or empty where unknown.
    pub family: String,
    /// What the register records, where known.
    pub register_type: Option<RegisterType>,
    /// Acts in reading order.
    pub entries: Vec<Entry>,
    /// What went wrong or deserves attention, for a person.
    pub issues: Vec<String>,
    /// Processing time.
    pub elapsed_ms: u64,
}
