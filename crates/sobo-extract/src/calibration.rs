//! From the confidence that reading and checks gave a field to the share of such fields that are right.

use serde::{Deserialize, Serialize};
use sobo_core::FieldKind;

/// A monotone map from raw confidence to probability, fitted on pages with truth (`sobo evaluate --calibrate`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The kinds of field it is for; empty: all that have no table of their own.
    #[serde(default)]
    pub kinds: Vec<FieldKind>,
    /// Raw confidence and probability, both ascending; between the points it is interpolated, beyond them constant.
    pub points: Vec<[f32; 2]>,
}

/// The probability that a field of this kind is right; its raw confidence where no table speaks of it.
pub(crate) fn calibrated(tables: &[Calibration], kind: FieldKind, raw: f32) -> f32 {
    let own = tables.iter().find(|table| table.kinds.contains(&kind));
    let Some(table) = own.or_else(|| tables.iter().find(|table| table.kinds.is_empty())) else {
        return raw;
    };
    let after = table.points.partition_point(|point| point[0] < raw);
    match (after.checked_sub(1).and_then(|i| table.points.get(i)), table.points.get(after)) {
        (Some([x0, y0]), Some([x1, y1])) => y0 + (y1 - y0) * (raw - x0) / (x1 - x0),
        (None, Some(only)) | (Some(only), None) => only[1],
        (None, None) => raw,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_met_at_its_points_between_them_and_beyond() {
        let table = |kinds, points| Calibration { kinds, points };
        let tables =
            [table(vec![], vec![[0.5, 0.2], [0.9, 0.8]]), table(vec![FieldKind::Sex], vec![[0.5, 0.9]])];
        let name = |raw| calibrated(&tables, FieldKind::PersonName, raw);
        assert_eq!((name(0.1), name(0.5), name(0.9), name(1.0)), (0.2, 0.2, 0.8, 0.8));
        assert!((name(0.7) - 0.5).abs() < 1e-6);
        assert_eq!(calibrated(&tables, FieldKind::Sex, 0.1), 0.9);
        assert_eq!(calibrated(&[], FieldKind::Sex, 0.4), 0.4);
        assert_eq!(calibrated(&[table(vec![], vec![])], FieldKind::Sex, 0.4), 0.4);
    }
}
