//! Fields, entries, lacunae and the evidence behind every value.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{Original, Rect};

/// Why a field has no text. A lacuna is a value: never an empty string, never a guess.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lacuna {
    /// Ink is there but cannot be read.
    Illegible,
    /// The paper is gone.
    Torn,
    /// Nothing was written.
    Blank,
    /// Written and struck out, with nothing in its place.
    StruckOut,
}

impl Lacuna {
    /// The identifier used in files, the database and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Illegible => "illegible",
            Self::Torn => "torn",
            Self::Blank => "blank",
            Self::StruckOut => "struck_out",
        }
    }

    /// The lacuna with this identifier.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Illegible, Self::Torn, Self::Blank, Self::StruckOut]
            .into_iter()
            .find(|lacuna| lacuna.as_str() == text)
    }
}

/// One alternative reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The text, NFC.
    pub text: String,
    /// Its probability among all readings, `0..=1`.
    pub probability: f32,
}

/// What a cross-check did to a field's confidence.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckEffect {
    /// Another field agrees.
    Supports,
    /// Another field disagrees: shown as a warning, never blocking.
    Contradicts,
}

/// A cross-check that touched a field, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Identifier of the rule, a key of the interface texts (`date_words_digits`).
    pub rule: String,
    /// What it did.
    pub effect: CheckEffect,
    /// The field it was compared with, if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
}

/// What made a reading: enough to repeat it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// sha256 of the recogniser's model, hex.
    pub model: String,
    /// sha256 of the form's data, hex.
    pub form: String,
    /// sha256 of the print of the book, hex; empty where none was known or the page is of another form.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub print: String,
    /// sha256 of the pipeline's settings, hex.
    pub settings: String,
    /// Version of the program.
    pub version: String,
}

/// Where a value stands on its page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// sha256 of the original, hex.
    pub original: String,
    /// Page in that file, from 0.
    pub page_index: u32,
    /// Box of the value.
    pub bbox: Rect<Original>,
}

/// One field of an entry as read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// What is written: period spelling and case kept, lines joined by one space, NFC.
    /// Empty exactly when `lacuna` is given.
    pub text: String,
    /// Normal form where one exists: ISO date (perhaps partial), `male`/`female`, number.
    #[serde(default)]
    pub value: Option<String>,
    /// Box of the value.
    pub bbox: Rect<Original>,
    /// Why there is no text.
    #[serde(default)]
    pub lacuna: Option<Lacuna>,
    /// Calibrated probability that `text` (or the lacuna) is right, `0..=1`.
    pub confidence: f32,
    /// Offered as right, to be confirmed at a glance.
    pub accepted: bool,
    /// The recogniser that gave the text.
    pub reader: String,
    /// Alternatives, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// Cross-checks that touched it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Boxes of its single lines, top to bottom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Rect<Original>>,
}

/// One act: a birth, a marriage, a death.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Box around the act.
    pub bbox: Rect<Original>,
    /// Fields by name, in the order of the form.
    pub fields: IndexMap<String, Field>,
}
