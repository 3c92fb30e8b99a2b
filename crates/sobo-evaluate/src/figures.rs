//! Figures per slice.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::interval::{Interval, clustered};
use crate::page::{FieldOutcome, PageOutcome, Verdict};

/// A subset of fields, named by what they share.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Slice {
    /// Which cut: `all`, `ink`, `level`, `family`, `ink × level × family`, `field`.
    pub cut: String,
    /// Name within the cut.
    pub name: String,
}

/// One of ten confidence bins.
#[derive(Debug, Copy, Clone, Default, Serialize)]
pub struct CalibrationBin {
    /// Fields in the bin.
    pub fields: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// Share of them that are exact.
    pub accuracy: f64,
}

/// One point of the coverage curve.
#[derive(Debug, Copy, Clone, Serialize)]
pub struct CurvePoint {
    /// Confidence threshold.
    pub threshold: f64,
    /// Share of fields at or above it.
    pub coverage: f64,
    /// Share of those that are wrong.
    pub error: f64,
}

/// What is said of a slice. Shares are `0..=1`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Pages with a field in the slice.
    pub pages: usize,
    /// Fields scored.
    pub fields: usize,
    /// Character error rate over scored fields, unread ones counted as wholly wrong.
    pub cer: Interval,
    /// The same without diacritics.
    pub cer_bare: Interval,
    /// Character error rate over the scored fields that were read at all.
    pub cer_read: Interval,
    /// Share of scored fields that are equal.
    pub exact: Interval,
    /// Share of valued fields whose normal form is equal.
    pub value_exact: Interval,
    /// Share of scored fields for which some text stands under the right name.
    pub assignment: Interval,
    /// Share of scored fields offered as right.
    pub accepted: Interval,
    /// Share of the fields offered as right that are wrong, invented ones among them.
    pub accepted_error: Interval,
    /// Invented texts per scored field.
    pub invented: Interval,
    /// Fields partly lost: how many, and how many of them are exact or a lacuna.
    pub partial: (usize, usize),
    /// Fields mostly lost: how many, and how many of them were rightly left as a lacuna.
    pub lost: (usize, usize),
}

/// All pages of an evaluation.
#[derive(Debug, Default)]
pub struct Scores {
    /// Pages in the order given.
    pub pages: Vec<PageOutcome>,
}

type Counts = BTreeMap<String, [f64; 16]>;

impl Scores {
    fn fields(&self) -> impl Iterator<Item = &FieldOutcome> {
        self.pages.iter().flat_map(|page| page.fields.iter())
    }

    /// Figures over all fields.
    pub fn overall(&self) -> Figures {
        figures(self.fields())
    }

    /// Figures of every slice of every cut, within a cut the weakest (highest error) first.
    pub fn slices(&self) -> Vec<(Slice, Figures)> {
        let mut groups: BTreeMap<Slice, Vec<&FieldOutcome>> = BTreeMap::new();
        for field in self.fields() {
            let ink = field.ink.map_or("none", |ink| match ink {
                sobo_core::Ink::Handwritten => "handwritten",
                sobo_core::Ink::Typed => "typed",
                sobo_core::Ink::Printed => "printed",
            });
            let level = field.level.as_str();
            let cuts = [
                ("ink", ink.to_owned()),
                ("level", level.to_owned()),
                ("family", field.family.clone()),
                ("ink × level × family", format!("{ink} {level} {}", field.family)),
                ("family × level", format!("{} {level}", field.family)),
                ("register", field.register_type.as_str().to_owned()),
                ("field", field.field.clone()),
            ];
            for (cut, name) in cuts {
                groups.entry(Slice { cut: cut.to_owned(), name }).or_default().push(field);
            }
        }
        let mut slices: Vec<(Slice, Figures)> =
            groups.into_iter().map(|(slice, fields)| (slice, figures(fields.into_iter()))).collect();
        slices.sort_by(|a, b| {
            a.0.cut.cmp(&b.0.cut).then(b.1.cer.value.total_cmp(&a.1.cer.value)).then(a.0.name.cmp(&b.0.name))
        });
        slices
    }

    /// Entries found, missed and invented, over all pages.
    pub fn entries(&self) -> (usize, usize, usize) {
        self.pages.iter().fold((0, 0, 0), |sum, page| {
            (
                sum.0 + page.entries_found,
                sum.1 + page.entries_true - page.entries_found,
                sum.2 + page.entries_invented,
            )
        })
    }

    /// Share of pages whose family and register were recognised.
    pub fn forms_right(&self) -> Interval {
        let right = self.pages.iter().filter(|page| page.form_right).count();
        crate::wilson(right as f64, self.pages.len() as f64)
    }

    /// Mean confidence against accuracy of the fields read, in ten bins, and the expected
    /// calibration error (Naeini, Cooper and Hauskrecht 2015).
    pub fn calibration(&self) -> (Vec<CalibrationBin>, f64) {
        let mut bins = vec![CalibrationBin::default(); 10];
        let mut count = 0.0;
        for field in self.fields().filter(|f| f.verdict == Verdict::Scored && f.assigned) {
            let bin = &mut bins[((field.confidence * 10.0) as usize).min(9)];
            bin.fields += 1;
            bin.confidence += field.confidence;
            bin.accuracy += f64::from(u8::from(field.exact));
            count += 1.0;
        }
        let mut error = 0.0;
        for bin in bins.iter_mut().filter(|bin| bin.fields > 0) {
            let n = bin.fields as f64;
            bin.confidence /= n;
            bin.accuracy /= n;
            error += n / count * (bin.confidence - bin.accuracy).abs();
        }
        (bins, error)
    }

    /// Coverage and error if all fields at or above a threshold were accepted.
    pub fn curve(&self) -> Vec<CurvePoint> {
        let scored = self.fields().filter(|f| f.verdict == Verdict::Scored).count() as f64;
        let offered: Vec<&FieldOutcome> = self
            .fields()
            .filter(|f| matches!(f.verdict, Verdict::Scored | Verdict::Invented) && !f.text.is_empty())
            .collect();
        [0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998]
            .into_iter()
            .map(|threshold| {
                let above: Vec<_> = offered.iter().filter(|f| f.confidence >= threshold).collect();
                let wrong = above.iter().filter(|f| !f.exact).count() as f64;
                let n = above.len() as f64;
                CurvePoint {
                    threshold,
                    coverage: if scored > 0.0 { n / scored } else { 0.0 },
                    error: if n > 0.0 { wrong / n } else { 0.0 },
                }
            })
            .collect()
    }

    /// The pages with the highest character error, worst first.
    pub fn worst_pages(&self, count: usize) -> Vec<(&PageOutcome, Figures)> {
        let mut pages: Vec<_> = self.pages.iter().map(|page| (page, figures(page.fields.iter()))).collect();
        pages.sort_by(|a, b| b.1.cer.value.total_cmp(&a.1.cer.value).then(a.0.page.cmp(&b.0.page)));
        pages.truncate(count);
        pages
    }

    /// The fields of a family that were read worst: invented first, then accepted but wrong, then
    /// by edit distance.
    pub fn worst_fields(&self, family: &str, count: usize) -> Vec<&FieldOutcome> {
        let mut fields: Vec<_> = self
            .fields()
            .filter(|f| f.family == family && !f.exact)
            .filter(|f| matches!(f.verdict, Verdict::Scored | Verdict::Invented))
            .collect();
        let rank = |f: &FieldOutcome| (f.verdict == Verdict::Invented, f.accepted && !f.exact, f.distance);
        fields.sort_by(|a, b| rank(b).cmp(&rank(a)));
        fields.truncate(count);
        fields
    }
}

/// Sums per page, so that intervals can draw whole pages.
fn figures<'a>(fields: impl Iterator<Item = &'a FieldOutcome>) -> Figures {
    let mut counts: Counts = BTreeMap::new();
    let mut partial = (0, 0);
    let mut lost = (0, 0);
    for field in fields {
        let c = counts.entry(field.page.clone()).or_insert([0.0; 16]);
        let one = |b: bool| f64::from(u8::from(b));
        match field.verdict {
            Verdict::Scored => {
                c[0] += field.distance as f64;
                c[1] += field.length as f64;
                c[2] += field.bare_distance as f64;
                c[3] += one(field.exact);
                c[4] += 1.0;
                if let Some(right) = field.value_exact {
                    c[5] += one(right);
                    c[6] += 1.0;
                }
                c[7] += one(field.assigned);
                c[8] += one(field.accepted);
                c[9] += one(field.accepted && !field.exact);
                if field.assigned {
                    c[11] += field.distance as f64;
                    c[12] += field.length as f64;
                }
            }
            Verdict::Partial => {
                partial.0 += 1;
                partial.1 += usize::from(field.exact || field.lacuna.is_some());
            }
            Verdict::RightLacuna => {
                lost.0 += 1;
                lost.1 += 1;
            }
            Verdict::Invented => {
                lost.0 += usize::from(field.ink.is_some());
                c[10] += 1.0;
                c[8] += 0.0;
                c[13] += one(field.accepted);
            }
        }
    }
    let ratio = |hits: fn(&[f64; 16]) -> f64, trials: fn(&[f64; 16]) -> f64| {
        clustered(&counts.values().map(|c| (hits(c), trials(c))).collect::<Vec<_>>())
    };
    Figures {
        pages: counts.len(),
        fields: counts.values().map(|c| c[4]).sum::<f64>() as usize,
        cer: ratio(|c| c[0], |c| c[1]),
        cer_bare: ratio(|c| c[2], |c| c[1]),
        cer_read: ratio(|c| c[11], |c| c[12]),
        exact: ratio(|c| c[3], |c| c[4]),
        value_exact: ratio(|c| c[5], |c| c[6]),
        assignment: ratio(|c| c[7], |c| c[4]),
        accepted: ratio(|c| c[8], |c| c[4]),
        accepted_error: ratio(|c| c[9] + c[13], |c| c[8] + c[13]),
        invented: ratio(|c| c[10], |c| c[4]),
        partial,
        lost,
    }
}
