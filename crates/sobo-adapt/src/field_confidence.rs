//! What the confidence of a field is worth once a model of one's own reads it: the shipped tables, moved by verified
//! fields that did not teach the model.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sobo_core::FieldKind;

/// How far, in log odds, fields of a volume are thought to differ from those the shipped tables were fitted to, before
/// any of them was seen: one standard deviation.
const SHIFT_SPREAD: f64 = 1.0;
/// The same for the slope.
const SLOPE_SPREAD: f64 = 0.25;
/// The same for one kind of field beside all others.
const KIND_SPREAD: f64 = 0.5;
/// What one verified field says, beside one that shared neither writer nor page with the others.
const WEIGHT: f64 = 0.5;
/// Nothing is surer than this before it is moved: a table that says 1 could not be moved at all.
const SUREST: f64 = 0.9995;
/// Fields below which nothing is moved.
const LEAST_FIELDS: usize = 30;
/// Rounds of Newton's method.
const ROUNDS: usize = 40;

/// A verified field beside what the model reads in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadField {
    /// Its page: fields of a page are judged together.
    pub page: i64,
    /// What is written in it.
    pub kind: FieldKind,
    /// The confidence it gets by the shipped tables.
    pub confidence: f64,
    /// Whether a check contradicts it: then it is never offered as right.
    pub contradicted: bool,
    /// Confidence from which a field of its kind is offered as right.
    pub threshold: f64,
    /// Whether what was read is what was verified.
    pub right: bool,
}

/// Moves probabilities: `logit p' = slope · logit p + shift + shift of the kind`.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldShift {
    slope: f64,
    shift: f64,
    kinds: BTreeMap<FieldKind, f64>,
}

/// What is offered as right among verified fields that did not fit what offers them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldFigures {
    /// Fields the model reads a text in.
    pub fields: usize,
    /// Pages they stand on.
    pub pages: usize,
    /// Share offered as right, each page by what the other pages say.
    pub accepted: f64,
    /// Of these, the share that is wrong.
    pub accepted_wrong: f64,
    /// Share offered as right by the shipped tables.
    pub shipped_accepted: f64,
    /// Of these, the share that is wrong.
    pub shipped_accepted_wrong: f64,
}

impl FieldShift {
    /// The maximum of the posterior over verified fields; nothing is moved where they are few.
    pub fn fit(fields: &[ReadField]) -> Self {
        let mut moved = Self { slope: 1.0, shift: 0.0, kinds: BTreeMap::new() };
        if fields.len() < LEAST_FIELDS {
            return moved;
        }
        for _ in 0..ROUNDS {
            // Gradient and curvature of the log posterior in slope and shift.
            let (slope_off, shift_off) = (moved.slope - 1.0, moved.shift);
            let mut gradient = [-slope_off / SLOPE_SPREAD.powi(2), -shift_off / SHIFT_SPREAD.powi(2)];
            let mut curvature = [1.0 / SLOPE_SPREAD.powi(2), 0.0, 1.0 / SHIFT_SPREAD.powi(2)];
            for field in fields {
                let x = logit(field.confidence);
                let p = logistic(moved.slope * x + moved.shift);
                let (miss, spread) = (WEIGHT * (right(field) - p), WEIGHT * p * (1.0 - p));
                gradient[0] += miss * x;
                gradient[1] += miss;
                curvature[0] += spread * x * x;
                curvature[1] += spread * x;
                curvature[2] += spread;
            }
            let determinant = curvature[0] * curvature[2] - curvature[1] * curvature[1];
            moved.slope += (curvature[2] * gradient[0] - curvature[1] * gradient[1]) / determinant;
            moved.shift += (curvature[0] * gradient[1] - curvature[1] * gradient[0]) / determinant;
            // A falling map would turn doubt into trust.
            moved.slope = moved.slope.clamp(0.2, 3.0);
            moved.shift = moved.shift.clamp(-6.0, 6.0);
        }
        let kinds: BTreeSet<FieldKind> = fields.iter().map(|field| field.kind).collect();
        for kind in kinds {
            let own: Vec<&ReadField> = fields.iter().filter(|field| field.kind == kind).collect();
            let mut shift = 0.0_f64;
            for _ in 0..ROUNDS {
                let (mut gradient, mut curvature) = (-shift / KIND_SPREAD.powi(2), 1.0 / KIND_SPREAD.powi(2));
                for field in &own {
                    let p = logistic(moved.slope * logit(field.confidence) + moved.shift + shift);
                    gradient += WEIGHT * (right(field) - p);
                    curvature += WEIGHT * p * (1.0 - p);
                }
                shift = (shift + gradient / curvature).clamp(-3.0, 3.0);
            }
            moved.kinds.insert(kind, shift);
        }
        moved
    }

    /// Where a probability of the shipped tables comes to lie for a kind of field; without one, for all kinds of which no
    /// field was verified.
    pub fn apply(&self, kind: Option<FieldKind>, probability: f64) -> f64 {
        let own = kind.and_then(|kind| self.kinds.get(&kind)).copied().unwrap_or(0.0);
        logistic(self.slope * logit(probability) + self.shift + own)
    }

    /// The kinds that were moved by fields of their own.
    pub fn kinds(&self) -> impl Iterator<Item = FieldKind> + '_ {
        self.kinds.keys().copied()
    }
}

/// How well it goes, each page judged by what is fitted to the others.
pub fn cross_check(fields: &[ReadField]) -> FieldFigures {
    let pages: BTreeSet<i64> = fields.iter().map(|field| field.page).collect();
    let (mut offered, mut wrong, mut offered_before, mut wrong_before) = (0_usize, 0_usize, 0_usize, 0_usize);
    for page in &pages {
        let (own, others): (Vec<_>, Vec<_>) = fields.iter().cloned().partition(|field| field.page == *page);
        let moved = FieldShift::fit(&others);
        for field in own.iter().filter(|field| !field.contradicted) {
            if moved.apply(Some(field.kind), field.confidence) >= field.threshold {
                offered += 1;
                wrong += usize::from(!field.right);
            }
            if field.confidence >= field.threshold {
                offered_before += 1;
                wrong_before += usize::from(!field.right);
            }
        }
    }
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    FieldFigures {
        fields: fields.len(),
        pages: pages.len(),
        accepted: share(offered, fields.len()),
        accepted_wrong: share(wrong, offered),
        shipped_accepted: share(offered_before, fields.len()),
        shipped_accepted_wrong: share(wrong_before, offered_before),
    }
}

fn right(field: &ReadField) -> f64 {
    f64::from(u8::from(field.right))
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(1.0 - SUREST, SUREST);
    (p / (1.0 - p)).ln()
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `percent` of the fields of each confidence are right, of every ten as many: no page has more than its part of the
    /// wrong ones.
    fn fields(count: usize, kind: FieldKind, confidence: f64, percent: usize) -> Vec<ReadField> {
        (0..count)
            .map(|i| ReadField {
                page: (i / 10 % 5) as i64,
                kind,
                confidence,
                contradicted: false,
                threshold: 0.98,
                right: i * percent % 100 < percent || percent == 100,
            })
            .collect()
    }

    #[test]
    fn broken_promises_are_taken_back() {
        let pool: Vec<ReadField> = fields(200, FieldKind::PersonName, 0.985, 90);
        let moved = FieldShift::fit(&pool);
        let now = moved.apply(Some(FieldKind::PersonName), 0.985);
        assert!((0.88..0.96).contains(&now), "{now}");
        let figures = cross_check(&pool);
        assert_eq!((figures.fields, figures.pages), (200, 5));
        assert!(figures.shipped_accepted > 0.99 && figures.shipped_accepted_wrong > 0.09, "{figures:?}");
        assert_eq!(figures.accepted, 0.0, "{figures:?}");
    }

    #[test]
    fn a_model_that_reads_better_than_promised_is_trusted_more_but_slowly() {
        let sure = |count| {
            FieldShift::fit(&fields(count, FieldKind::Sex, 0.9, 100)).apply(Some(FieldKind::Sex), 0.9)
        };
        assert!((sure(10) - 0.9).abs() < 1e-9, "ten fields say nothing");
        assert!(sure(60) > 0.93 && sure(60) < sure(600), "{} {}", sure(60), sure(600));
        assert!(sure(60) < 0.99, "sixty fields without an error are no certainty: {}", sure(60));
    }

    #[test]
    fn a_kind_that_fails_alone_loses_its_trust_alone() {
        let mut pool = fields(150, FieldKind::Date, 0.97, 98);
        pool.extend(fields(150, FieldKind::PersonName, 0.97, 80));
        let moved = FieldShift::fit(&pool);
        let (date, name) =
            (moved.apply(Some(FieldKind::Date), 0.97), moved.apply(Some(FieldKind::PersonName), 0.97));
        assert!(date > 0.93 && name < 0.85, "{date} {name}");
        // The order within a kind stays.
        let steps: Vec<f64> =
            (1..20).map(|i| moved.apply(Some(FieldKind::Date), f64::from(i) / 20.0)).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
    }

    #[test]
    fn what_is_contradicted_is_never_offered() {
        let mut pool = fields(100, FieldKind::Date, 0.999, 100);
        for field in &mut pool {
            field.contradicted = true;
        }
        assert_eq!(cross_check(&pool).accepted, 0.0);
        assert_eq!(cross_check(&[]), FieldFigures::default());
    }
}
