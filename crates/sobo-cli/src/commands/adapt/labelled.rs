//! Labelled lines: gathered ones, plain labelled folders, and the fixed pack.

use std::path::Path;

use anyhow::{Context as _, Result};
use image::GrayImage;
use sobo_core::FieldKind;
use sobo_evaluate::{LineTruth, score_line};
use sobo_read::{FEATURES, LineInput, NeuralReader};

use super::pack;
use crate::config::Config;

/// A labelled line.
pub(super) struct Labelled {
    pub(super) image: GrayImage,
    pub(super) text: String,
    pub(super) kind: FieldKind,
}

/// A labelled line as a model reads it.
pub(super) struct Read {
    pub(super) text: String,
    pub(super) confidence: f32,
    pub(super) features: [f32; FEATURES],
    /// Character errors, case and punctuation counted.
    pub(super) errors: usize,
    /// Characters of the truth.
    pub(super) length: usize,
}

/// Lines of a folder with `labels.tsv`: file and text; further columns, where there are any, are page, kind of field and
/// lacuna. Torn and illegible lines have nothing to be compared with and are left out.
///
/// # Errors
/// When labels or images cannot be read; the message names the file.
pub(super) fn of_folder(folder: &Path) -> Result<Vec<Labelled>> {
    let path = folder.join("labels.tsv");
    let labels =
        std::fs::read_to_string(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
    let mut lines = Vec::new();
    for (number, row) in labels.lines().enumerate().filter(|(_, row)| !row.is_empty()) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [file, text, ..] = columns.as_slice() else {
            anyhow::bail!("{}: line {} is not `file<TAB>text`", path.display(), number + 1);
        };
        if text.is_empty() && columns.get(4) != Some(&"blank") {
            continue;
        }
        let kind = columns.get(3).map(|kind| serde_json::Value::from(*kind));
        let kind = kind.and_then(|kind| serde_json::from_value(kind).ok()).unwrap_or_default();
        let shown = folder.join(file);
        let image = image::open(&shown).with_context(|| format!("{}: cannot be read", shown.display()))?;
        lines.push(Labelled { image: image.to_luma8(), text: (*text).to_owned(), kind });
    }
    Ok(lines)
}

/// The fixed synthetic lines every model is judged on.
///
/// # Errors
/// When the pack is missing or damaged.
pub(super) fn fixed(config: &Config) -> Result<Vec<Labelled>> {
    let lines = pack::read(&config.models.join("rehearsal/judge.lines"))?;
    Ok(lines
        .into_iter()
        .map(|line| Labelled { image: line.image, text: line.text, kind: line.kind })
        .collect())
}

/// Reads lines and compares them with their labels.
///
/// # Errors
/// When the network fails.
pub(super) fn read(reader: &NeuralReader, lines: &[Labelled]) -> Result<Vec<Read>> {
    let inputs: Vec<LineInput<'_>> =
        lines.iter().map(|line| LineInput::new(&line.image).with_kind(line.kind)).collect();
    let readings = reader.read_with_features(&inputs)?;
    Ok(lines
        .iter()
        .zip(readings)
        .map(|(line, (reading, features))| {
            let truth = LineTruth { file: String::new(), text: line.text.clone(), source: None };
            let scored = score_line(&truth, &reading.text, f64::from(reading.confidence));
            Read {
                text: reading.text,
                confidence: reading.confidence,
                features,
                errors: scored.strict.0,
                length: scored.strict.1,
            }
        })
        .collect())
}
