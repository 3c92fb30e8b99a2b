//! How sure is sure: features of a decoded line, a logistic regression over them, then a monotone table per kind of
//! field, all fitted on lines the network was not trained on (`models/training/calibrate.py`).

use sobo_core::FieldKind;

use super::align::Place;
use super::beam::Hypothesis;
use crate::neural::{ConfidenceEntry, TableEntry};

/// Number of features.
pub const FEATURES: usize = 6;

/// No reading is surer than this.
const SUREST: f32 = 0.9995;

/// What tells a sure reading from a doubtful one: the log probability by sight, the lead over the next text, the
/// least sure character, the mean of the characters, the length, and whether there is any text at all.
pub(crate) fn features(found: &[Hypothesis], places: &[Place]) -> [f32; FEATURES] {
    let Some(best) = found.first() else {
        return [0.0; FEATURES];
    };
    let lead = found.get(1).map_or(12.0, |second| (best.total - second.total).clamp(0.0, 12.0));
    let logs = places.iter().map(|place| place.probability.clamp(1e-6, 1.0).ln());
    let least = logs.clone().fold(0.0_f32, f32::min);
    let count = places.len() as f32;
    let mean = if places.is_empty() { 0.0 } else { logs.sum::<f32>() / count };
    let empty = if best.classes.is_empty() { 1.0 } else { 0.0 };
    [best.sight.clamp(-12.0, 0.0), lead, least, mean, count.ln_1p(), empty]
}

/// The fitted map from features to probability.
pub(crate) struct Calibration {
    weights: [f32; FEATURES + 1],
    tables: Vec<TableEntry>,
}

impl Calibration {
    pub(crate) fn new(entry: &ConfidenceEntry) -> Result<Self, String> {
        let weights = entry.weights.as_slice().try_into().map_err(|_| {
            format!("{} confidence weights where {} belong", entry.weights.len(), FEATURES + 1)
        })?;
        for table in &entry.table {
            let ascending = table.points.windows(2).all(|w| w[0][0] < w[1][0] && w[0][1] <= w[1][1]);
            if table.points.is_empty() || !ascending {
                return Err("a confidence table is empty or does not ascend".to_owned());
            }
        }
        Ok(Self { weights, tables: entry.table.clone() })
    }

    /// Probability that the text is wholly right.
    pub(crate) fn probability(&self, features: &[f32; FEATURES], kind: FieldKind) -> f32 {
        let sum: f32 = features.iter().zip(&self.weights).map(|(value, weight)| value * weight).sum();
        let raw = 1.0 / (1.0 + (-(sum + self.weights[FEATURES])).exp());
        let table = self
            .tables
            .iter()
            .find(|table| table.kinds.contains(&kind))
            .or_else(|| self.tables.iter().find(|table| table.kinds.is_empty()));
        table.map_or(raw, |table| interpolate(&table.points, raw)).clamp(0.0, SUREST)
    }
}

fn interpolate(points: &[[f32; 2]], x: f32) -> f32 {
    let after = points.iter().position(|point| point[0] >= x);
    match after {
        Some(0) => points[0][1],
        Some(i) => {
            let ([x0, y0], [x1, y1]) = (points[i - 1], points[i]);
            y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        }
        None => points[points.len() - 1][1],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_met_exactly_and_between() {
        let points = [[0.1, 0.0], [0.5, 0.4], [0.9, 1.0]];
        assert_eq!(interpolate(&points, 0.0), 0.0);
        assert!((interpolate(&points, 0.5) - 0.4).abs() < 1e-6);
        assert!((interpolate(&points, 0.7) - 0.7).abs() < 1e-6);
        assert_eq!(interpolate(&points, 1.0), 1.0);
    }

    #[test]
    fn a_table_that_descends_is_refused() {
        let table = TableEntry { kinds: Vec::new(), points: vec![[0.0, 0.5], [1.0, 0.4]] };
        assert!(Calibration::new(&ConfidenceEntry { weights: vec![0.0; 7], table: vec![table] }).is_err());
        assert!(Calibration::new(&ConfidenceEntry { weights: vec![0.0; 3], table: vec![] }).is_err());
    }
}
