//! Thresholds of extraction, given by the pipeline's settings file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sobo_core::FieldKind;

use crate::calibration::{Calibration, calibrated};

/// Thresholds of extraction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Confidence from which a field is accepted.
    pub accept: f32,
    /// The same for single kinds.
    pub accept_kind: BTreeMap<FieldKind, f32>,
    /// Ink below which nothing is written, as a share of what writing of that length would leave.
    pub least_ink: f32,
    /// Share of a field lost from which it is torn.
    pub torn: f32,
    /// Mean probability of a character below which ink is illegible.
    pub illegible: f32,
    /// The same for a line beside one that can be read: below it the line is taken for dirt.
    pub illegible_line: f32,
    /// Relative weighted distance up to which a reading is taken for a word of a closed vocabulary.
    pub snap_distance: f32,
    /// How much nearer that word must be than any of another meaning.
    pub snap_margin: f32,
    /// Most candidates kept of a field.
    pub candidates: usize,
    /// What a field's confidence was worth on pages with truth; empty: taken as it is.
    pub calibration: Vec<Calibration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            accept: 0.97,
            accept_kind: BTreeMap::new(),
            least_ink: 0.08,
            torn: 0.5,
            illegible: 0.35,
            illegible_line: 0.45,
            snap_distance: 0.25,
            snap_margin: 0.15,
            candidates: 5,
            calibration: Vec::new(),
        }
    }
}

impl Settings {
    /// The probability that a field of this kind and raw confidence is right.
    pub(crate) fn calibrated(&self, kind: FieldKind, raw: f32) -> f32 {
        calibrated(&self.calibration, kind, raw).clamp(0.0, 1.0)
    }

    /// The confidence from which a field of this kind is accepted.
    pub fn threshold(&self, kind: FieldKind) -> f32 {
        self.accept_kind.get(&kind).copied().unwrap_or(self.accept)
    }
}
