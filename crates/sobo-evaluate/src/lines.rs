//! Line sets: `labels.tsv` and single readings.

use std::path::Path;

use serde::Serialize;

use crate::TruthError;
use crate::interval::{Interval, clustered};
use crate::page::comparable;

/// One line of `labels.tsv`.
#[derive(Debug, Clone)]
pub struct LineTruth {
    /// Image file name.
    pub file: String,
    /// What is written.
    pub text: String,
    /// Page it was cut from, where named.
    pub source: Option<String>,
}

/// A reading against its label.
#[derive(Debug, Clone, Serialize)]
pub struct LineOutcome {
    /// Image file name.
    pub file: String,
    /// Truth.
    pub reference: String,
    /// Reading.
    pub text: String,
    /// Edit distance and length as written.
    pub strict: (usize, usize),
    /// The same without case and punctuation.
    pub plain: (usize, usize),
    /// The same without case, punctuation and diacritics.
    pub bare: (usize, usize),
    /// Confidence given.
    pub confidence: f64,
}

/// Figures of a line set.
#[derive(Debug, Clone, Serialize)]
pub struct LineFigures {
    /// Lines.
    pub lines: usize,
    /// Character error rate as written.
    pub cer: Interval,
    /// Without case and punctuation.
    pub cer_plain: Interval,
    /// Without case, punctuation and diacritics.
    pub cer_bare: Interval,
    /// Share of lines that are equal.
    pub exact: Interval,
}

/// Reads `labels.tsv` of a folder: `file<TAB>text[<TAB>source page]`.
///
/// # Errors
/// When the file cannot be read or a line has no tab; the message names file and line.
pub fn read_labels(folder: &Path) -> Result<Vec<LineTruth>, TruthError> {
    let path = folder.join("labels.tsv");
    let shown = path.display().to_string();
    let text =
        std::fs::read_to_string(&path).map_err(|source| TruthError::Io { path: shown.clone(), source })?;
    let mut labels = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
        let mut parts = line.split('\t');
        match (parts.next(), parts.next()) {
            (Some(file), Some(text)) if !file.is_empty() => labels.push(LineTruth {
                file: file.to_owned(),
                text: text.to_owned(),
                source: parts.next().map(str::to_owned),
            }),
            _ => {
                return Err(TruthError::Format {
                    path: shown,
                    reason: format!("line {} is not `file<TAB>text`", number + 1),
                });
            }
        }
    }
    Ok(labels)
}

/// Lower case, letters and digits only, words parted by one space.
fn plain(text: &str) -> String {
    let kept: String =
        text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    comparable(&kept)
}

/// Compares a reading with its label.
pub fn score_line(truth: &LineTruth, text: &str, confidence: f64) -> LineOutcome {
    let pair = |a: &str, b: &str| (sobo_text::edit_distance(a, b), a.chars().count());
    let (reference, text) = (comparable(&truth.text), comparable(text));
    let (a, b) = (plain(&reference), plain(&text));
    LineOutcome {
        file: truth.file.clone(),
        strict: pair(&reference, &text),
        plain: pair(&a, &b),
        bare: pair(&sobo_text::strip_marks(&a), &sobo_text::strip_marks(&b)),
        confidence,
        reference,
        text,
    }
}

/// Sums outcomes; every line is its own cluster.
pub fn summarise_lines(outcomes: &[LineOutcome]) -> LineFigures {
    let rate = |pick: fn(&LineOutcome) -> (usize, usize)| {
        clustered(&outcomes.iter().map(|o| (pick(o).0 as f64, pick(o).1 as f64)).collect::<Vec<_>>())
    };
    LineFigures {
        lines: outcomes.len(),
        cer: rate(|o| o.strict),
        cer_plain: rate(|o| o.plain),
        cer_bare: rate(|o| o.bare),
        exact: rate(|o| (usize::from(o.strict.0 == 0), 1)),
    }
}
