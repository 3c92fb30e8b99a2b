//! Printed forms: `data/forms/*.toml` says what a form may hold; a printing says what one book holds.

mod printing;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use serde::Deserialize;
use sobo_core::RegisterType;

pub use printing::{Column, Frame, Leader, MarginColumn, PrintedItem, Printing};

use crate::content::Era;

/// How entries lie on a page.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// One act, labelled lines, a margin for notes.
    Act,
    /// A ruled table, a row an entry.
    Ledger,
    /// Framed blocks of labelled lines.
    Blocks,
}

/// Where an item stands.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In the flow of lines.
    #[default]
    Body,
    /// In the margin column of an act.
    Margin,
    /// Beside the title.
    Head,
    /// At the end, where later notes go.
    Foot,
}

/// One field as a form may print it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Name of the truth format.
    pub field: String,
    /// Wordings; `|` breaks the line in a table header; empty for a value without label.
    pub labels: Vec<String>,
    /// Share of a line (blocks, acts) or relative width of a column (ledgers).
    #[serde(default = "one")]
    pub width: f32,
    /// Lines printed for the value.
    #[serde(default = "one_line")]
    pub lines: usize,
    /// Share of printings that have it.
    #[serde(default = "one")]
    pub present: f32,
    /// Items of one key take the same wording.
    #[serde(default)]
    pub wording: Option<String>,
    /// Items of one group stand together and may swap with another group.
    #[serde(default)]
    pub group: Option<String>,
    /// Where it stands.
    #[serde(default)]
    pub place: Place,
    /// Wordings under a spanning header.
    #[serde(default)]
    pub short: Vec<String>,
    /// Captions of boxes to tick, with the values they stand for.
    #[serde(default)]
    pub boxes: Vec<String>,
    /// Normal forms of the boxes.
    #[serde(default)]
    pub values: Vec<String>,
}

fn one() -> f32 {
    1.0
}

fn one_line() -> usize {
    1
}

/// A form as data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormSpec {
    /// Stem of its file.
    pub id: String,
    /// Family letter.
    pub family: String,
    /// What it records.
    pub register_type: RegisterType,
    /// Period of its wording.
    era: String,
    /// How entries lie on the page.
    pub layout: Layout,
    /// One act on half a sheet.
    #[serde(default)]
    pub half_sheet: bool,
    /// First and last year in use.
    pub years: [i32; 2],
    /// Titles.
    pub titles: Vec<String>,
    /// Second lines of the title; `{year}`, `{year_words}`, `{book}` are filled in.
    pub subtitles: Vec<String>,
    /// Captions over signatures, left to right.
    pub signatures: Vec<Vec<String>>,
    /// Pairs of groups that may change places.
    pub swap: Vec<[String; 2]>,
    /// Spanning headers of groups of columns.
    #[serde(default)]
    pub groups: BTreeMap<String, Vec<String>>,
    /// Fields in usual order.
    #[serde(rename = "item")]
    pub items: Vec<Item>,
}

impl FormSpec {
    /// Period of its wording.
    pub fn era(&self) -> Era {
        match self.era.as_str() {
            "french" => Era::French,
            "republic" => Era::Republic,
            "ledger" => Era::Ledger,
            "digital" => Era::Digital,
            _ => Era::Blocks,
        }
    }
}

const SOURCES: [&str; 18] = [
    include_str!("../data/forms/a-birth.toml"),
    include_str!("../data/forms/a-marriage.toml"),
    include_str!("../data/forms/a-death.toml"),
    include_str!("../data/forms/a-birth-fr.toml"),
    include_str!("../data/forms/a-marriage-fr.toml"),
    include_str!("../data/forms/a-death-fr.toml"),
    include_str!("../data/forms/b-birth.toml"),
    include_str!("../data/forms/b-marriage.toml"),
    include_str!("../data/forms/b-death.toml"),
    include_str!("../data/forms/b-birth-half.toml"),
    include_str!("../data/forms/b-marriage-half.toml"),
    include_str!("../data/forms/b-death-half.toml"),
    include_str!("../data/forms/c-birth.toml"),
    include_str!("../data/forms/c-marriage.toml"),
    include_str!("../data/forms/c-death.toml"),
    include_str!("../data/forms/d-birth.toml"),
    include_str!("../data/forms/d-marriage.toml"),
    include_str!("../data/forms/d-death.toml"),
];

/// The forms built into the tool.
///
/// # Errors
/// A malformed form file.
pub fn forms() -> Result<&'static [FormSpec]> {
    static FORMS: OnceLock<Vec<FormSpec>> = OnceLock::new();
    if let Some(forms) = FORMS.get() {
        return Ok(forms);
    }
    let mut parsed: Vec<FormSpec> = Vec::new();
    for source in SOURCES {
        let after = parsed.last().map_or("the start", |form| form.id.as_str());
        parsed.push(toml::from_str(source).with_context(|| format!("the form after {after}"))?);
    }
    Ok(FORMS.get_or_init(|| parsed))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn forms_are_complete_and_can_be_drawn() {
        let forms = forms().unwrap();
        for family in ["A", "B", "C", "D"] {
            for kind in [RegisterType::Birth, RegisterType::Marriage, RegisterType::Death] {
                assert!(forms.iter().any(|f| f.family == family && f.register_type == kind));
            }
        }
        for form in forms {
            let letters = |text: &String| {
                text.chars().all(|c| "|{}_".contains(c) || crate::fonts::ALPHABET.contains(c))
            };
            assert!(form.items.iter().all(|item| item.labels.iter().all(letters)), "{}", form.id);
            assert!(form.items.iter().all(|item| item.boxes.len() == item.values.len()));
            for key in form.items.iter().filter_map(|item| item.wording.as_deref()) {
                let counts: std::collections::BTreeSet<usize> = form
                    .items
                    .iter()
                    .filter(|item| item.wording.as_deref() == Some(key))
                    .map(|item| item.labels.len())
                    .collect();
                assert_eq!(counts.len(), 1, "{} {key}", form.id);
            }
        }
    }
}
