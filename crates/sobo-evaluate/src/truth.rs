//! The truth format: one JSON file a page, same stem as the image.

use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sobo_core::{Ink, Original, Rect, RegisterType};

/// How decayed a page is.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Yellowed, skewed, slightly uneven.
    Light,
    /// Stains, folds, faded ink.
    Medium,
    /// Holes, tears, mould, missing corners.
    Heavy,
}

impl Level {
    /// The identifier used in truth files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Medium => "medium",
            Self::Heavy => "heavy",
        }
    }
}

/// One written line of a field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LineBox {
    /// What is written on the line.
    pub text: String,
    /// Its box.
    pub bbox: Rect<Original>,
    /// Its four corners, clockwise from top left, following the warp.
    pub quad: [[f64; 2]; 4],
}

/// What is written in a field.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FieldTruth {
    /// The text, period spelling and case kept, lines joined by one space.
    pub text: String,
    /// How the ink came onto the paper.
    pub kind: Ink,
    /// Normal form where one exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Box of the value.
    pub bbox: Rect<Original>,
    /// Lines, top to bottom.
    #[serde(default)]
    pub lines: Vec<LineBox>,
    /// Struck-out word before the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub struck: Option<String>,
    /// Share of ink under holes and tears.
    #[serde(default)]
    pub lost: f64,
    /// Font that drew it.
    #[serde(default)]
    pub font: String,
}

/// One act.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EntryTruth {
    /// Box around the act.
    pub bbox: Rect<Original>,
    /// Fields by name; an empty cell has none.
    pub fields: IndexMap<String, FieldTruth>,
}

/// A printed header or label.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PrintedTruth {
    /// The words.
    pub text: String,
    /// Their box.
    pub bbox: Rect<Original>,
    /// Their corners.
    pub quad: [[f64; 2]; 4],
    /// Share of ink lost.
    #[serde(default)]
    pub lost: f64,
}

/// A seal or rubber stamp, not scored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StampTruth {
    /// Its words.
    #[serde(default)]
    pub text: String,
    /// Its box.
    pub bbox: Rect<Original>,
}

/// The truth of one page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PageTruth {
    /// Image file name.
    pub page: String,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Resolution.
    #[serde(default)]
    pub dpi: f64,
    /// Form family.
    pub family: String,
    /// Decay.
    pub level: Level,
    /// What the register records.
    pub register_type: RegisterType,
    /// Issuing office as printed.
    #[serde(default)]
    pub office: String,
    /// Year of the register.
    #[serde(default)]
    pub year: Option<i32>,
    /// Acts in reading order.
    pub entries: Vec<EntryTruth>,
    /// Printed headers and labels.
    #[serde(default)]
    pub printed: Vec<PrintedTruth>,
    /// Seals and stamps.
    #[serde(default)]
    pub stamps: Vec<StampTruth>,
}

/// Why a truth file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum TruthError {
    /// The file could not be read.
    #[error("{path}: cannot be read: {source}; check the folder and its rights")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a truth file.
    #[error("{path}: not a truth file: {reason}; see docs/evaluation.md for its keys")]
    Format {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

impl PageTruth {
    /// Reads a truth file.
    ///
    /// # Errors
    /// When the file cannot be read or has not the truth format; the message names it.
    pub fn load(path: &Path) -> Result<Self, TruthError> {
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|source| TruthError::Io { path: shown.clone(), source })?;
        serde_json::from_slice(&bytes)
            .map_err(|error| TruthError::Format { path: shown, reason: error.to_string() })
    }
}
