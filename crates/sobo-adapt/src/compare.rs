//! Whether one model reads better than another: a paired bootstrap over lines.

use serde::{Deserialize, Serialize};

use crate::Scope;

/// Resamples of the bootstrap.
const RESAMPLES: usize = 4000;
/// Of a hundred resamples, how many may say otherwise on one side.
const TAIL: f64 = 0.025;
/// Character errors a model may make more than the old one on the fixed synthetic lines, as a share of characters, where
/// it reads one volume alone: learning its hands may cost some of everybody's, more than this means that something broke.
const MARGIN_OF_A_VOLUME: f64 = 0.05;
/// The same for the books of an office or an era, which hold hands it has not seen.
const MARGIN_OF_MANY: f64 = 0.01;
/// Lines below which nothing is judged.
const LEAST_LINES: usize = 20;

/// One line, read by both models: character errors of each against the truth, and the truth's length.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Errors of the model in use.
    pub old: usize,
    /// Errors of the new model.
    pub new: usize,
    /// Characters of the truth.
    pub length: usize,
}

/// Two models on the same lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Lines.
    pub lines: usize,
    /// Characters of the truth.
    pub characters: usize,
    /// Character error rate of the model in use.
    pub old: f64,
    /// Character error rate of the new model.
    pub new: f64,
    /// Bounds of `new − old`, 95 %, by a paired bootstrap over lines (percentiles of 4,000 resamples).
    pub difference: (f64, f64),
    /// Lines the new model reads with fewer errors, and with more.
    pub won_lost: (usize, usize),
}

impl Comparison {
    /// Better by more than chance.
    pub fn better(&self) -> bool {
        self.lines >= LEAST_LINES && self.difference.1 < 0.0
    }

    /// Worse by more than chance, and by more than `margin`.
    pub fn worse_by(&self, margin: f64) -> bool {
        self.new - self.old > margin && self.difference.0 > 0.0
    }
}

/// Compares two models line by line. The same pairs give the same figures: the resampling is seeded.
///
/// Lines are drawn with replacement, both models' errors on a line staying together (Efron & Tibshirani 1993; for
/// recognition error rates Bisani & Ney 2004).
pub fn compare(pairs: &[Pair]) -> Comparison {
    let characters: usize = pairs.iter().map(|pair| pair.length).sum();
    let rate = |errors: usize| errors as f64 / characters.max(1) as f64;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ pairs.len() as u64;
    let mut differences: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let (mut errors, mut length) = (0_i64, 0_usize);
            for _ in 0..pairs.len() {
                let pair = pairs[draw(&mut state, pairs.len())];
                errors += pair.new as i64 - pair.old as i64;
                length += pair.length;
            }
            errors as f64 / length.max(1) as f64
        })
        .collect();
    differences.sort_by(f64::total_cmp);
    let at = |share: f64| differences[((RESAMPLES - 1) as f64 * share).round() as usize];
    Comparison {
        lines: pairs.len(),
        characters,
        old: rate(pairs.iter().map(|pair| pair.old).sum()),
        new: rate(pairs.iter().map(|pair| pair.new).sum()),
        difference: (at(TAIL), at(1.0 - TAIL)),
        won_lost: (
            pairs.iter().filter(|pair| pair.new < pair.old).count(),
            pairs.iter().filter(|pair| pair.new > pair.old).count(),
        ),
    }
}

/// An index below `count`, by splitmix64.
fn draw(state: &mut u64, count: usize) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^= z >> 31;
    ((u128::from(z) * count as u128) >> 64) as usize
}

/// What comes of a judgement.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Better on verified lines by more than chance, and not worse on the fixed ones: may be promoted.
    Better,
    /// The difference on verified lines may be chance, or there are too few of them.
    NotBetter,
    /// Better on verified lines, but it has forgotten too much of what everybody's books look like.
    Forgets,
}

impl Verdict {
    /// The identifier used in the database and interface texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::NotBetter => "not_better",
            Self::Forgets => "forgets",
        }
    }
}

/// How much a model may lose on the fixed synthetic lines by more than chance: the wider its use, the less; nothing where
/// its use is not restricted.
pub fn margin(scope: Option<&Scope>) -> f64 {
    match scope {
        Some(Scope::Volume(_)) => MARGIN_OF_A_VOLUME,
        Some(Scope::Era { .. } | Scope::Office(_)) => MARGIN_OF_MANY,
        None => 0.0,
    }
}

/// Judges a new model by verified lines it never saw and by the fixed synthetic ones.
pub fn judge(scope: Option<&Scope>, verified: &Comparison, fixed: &Comparison) -> Verdict {
    if !verified.better() {
        Verdict::NotBetter
    } else if fixed.worse_by(margin(scope)) {
        Verdict::Forgets
    } else {
        Verdict::Better
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(count: usize, old: usize, new: usize) -> Vec<Pair> {
        (0..count).map(|i| Pair { old: old + i % 3, new: new + i % 2, length: 20 }).collect()
    }

    #[test]
    fn a_plain_gain_is_better_and_its_reverse_is_not() {
        let gain = compare(&pairs(60, 4, 1));
        assert!(gain.better() && !gain.worse_by(0.0));
        assert!((gain.new - 1.5 / 20.0).abs() < 1e-9);
        let loss = compare(&pairs(60, 1, 4));
        assert!(!loss.better() && loss.worse_by(0.05));
        let fixed = compare(&pairs(60, 1, 1));
        assert_eq!(judge(None, &gain, &fixed), Verdict::Better);
        assert_eq!(judge(None, &gain, &loss), Verdict::Forgets);
        assert_eq!(judge(None, &loss, &fixed), Verdict::NotBetter);
    }

    /// The wider its use, the less a model may forget of everybody's books.
    #[test]
    fn what_a_volume_may_forget_an_office_may_not() {
        let gain = compare(&pairs(60, 4, 1));
        let scope = |text: &str| text.parse::<Scope>().ok();
        // Every line of 40 characters costs so many more errors: far more than chance.
        let lost = |more: usize, length: usize| {
            compare(&(0..200).map(|_| Pair { old: 3, new: 3 + more, length }).collect::<Vec<_>>())
        };
        let judged = |name: &str, fixed: &Comparison| judge(scope(name).as_ref(), &gain, fixed);
        for (fixed, volume, office, everywhere) in [
            (lost(1, 200), Verdict::Better, Verdict::Better, Verdict::Forgets),
            (lost(1, 40), Verdict::Better, Verdict::Forgets, Verdict::Forgets),
            (lost(4, 40), Verdict::Forgets, Verdict::Forgets, Verdict::Forgets),
        ] {
            assert_eq!(judged("volume:V", &fixed), volume);
            assert_eq!(judged("office:A", &fixed), office);
            assert_eq!(judged("era:1954-1975:A", &fixed), office);
            assert_eq!(judge(None, &gain, &fixed), everywhere);
        }
    }

    #[test]
    fn chance_is_not_enough() {
        // One line of sixty read better: the interval holds zero.
        let mut same: Vec<Pair> = (0..60).map(|_| Pair { old: 2, new: 2, length: 20 }).collect();
        same[7].new = 0;
        assert!(!compare(&same).better());
        assert!(!compare(&pairs(8, 9, 0)).better(), "eight lines judge nothing");
        assert!(!compare(&[]).better());
    }

    /// Of many pairs of models that are equally good, few may pass: the test keeps its promise.
    #[test]
    fn equally_good_models_pass_seldom() {
        let mut state = 7;
        let passed = (0..200)
            .filter(|_| {
                let lines: Vec<Pair> = (0..80)
                    .map(|_| Pair { old: draw(&mut state, 5), new: draw(&mut state, 5), length: 20 })
                    .collect();
                compare_fast(&lines)
            })
            .count();
        assert!(passed <= 14, "{passed} of 200 passed; 2.5 % are 5");
    }

    fn compare_fast(lines: &[Pair]) -> bool {
        compare(lines).better()
    }
}
