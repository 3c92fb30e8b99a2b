//! 95 % intervals.

use serde::Serialize;

/// A figure with its 95 % interval.
#[derive(Debug, Copy, Clone, Default, PartialEq, Serialize)]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

const Z95: f64 = 1.959_963_985;

/// Wilson's score interval for `hits` of `trials` (Wilson 1927), without clustering.
pub fn wilson(hits: f64, trials: f64) -> Interval {
    if trials <= 0.0 {
        return Interval::default();
    }
    let p = hits / trials;
    let z2 = Z95 * Z95;
    let centre = (p + z2 / (2.0 * trials)) / (1.0 + z2 / trials);
    let half = Z95 * (p * (1.0 - p) / trials + z2 / (4.0 * trials * trials)).sqrt() / (1.0 + z2 / trials);
    Interval { value: p, low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
}

const RESAMPLES: usize = 400;

/// Percentile bootstrap of a ratio of sums over clusters (pages): fields of one page share writer,
/// form and damage, so pages, not fields, are drawn. Deterministic. With a single cluster, or no
/// errors to resample, Wilson's interval on the fields is given instead.
pub(crate) fn clustered(pairs: &[(f64, f64)]) -> Interval {
    let total = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    if total.1 <= 0.0 {
        return Interval::default();
    }
    let value = total.0 / total.1;
    if pairs.len() < 2 || total.0 == 0.0 || total.0 == total.1 {
        return Interval { value, ..wilson(total.0.min(total.1), total.1) };
    }
    let mut state = 0x5eed_u64;
    let mut figures = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let mut sum = (0.0, 0.0);
        for _ in 0..pairs.len() {
            let (hits, trials) = pairs[(next(&mut state) % pairs.len() as u64) as usize];
            sum.0 += hits;
            sum.1 += trials;
        }
        if sum.1 > 0.0 {
            figures.push(sum.0 / sum.1);
        }
    }
    figures.sort_by(f64::total_cmp);
    let at = |share: f64| figures.get(((figures.len() as f64 - 1.0) * share).round() as usize).copied();
    Interval { value, low: at(0.025).unwrap_or(value), high: at(0.975).unwrap_or(value) }
}

/// SplitMix64 (Steele, Lea and Flood 2014): small and the same on every machine.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_matches_published_values() {
        // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611.
        let a = wilson(81.0, 263.0);
        assert!((a.low - 0.2553).abs() < 1e-4 && (a.high - 0.3662).abs() < 1e-4);
        let b = wilson(0.0, 20.0);
        assert!(b.low < 1e-9 && (b.high - 0.1611).abs() < 1e-4);
    }

    #[test]
    fn clustered_widens_with_unlike_pages() {
        let alike: Vec<_> = (0..40).map(|_| (5.0, 10.0)).collect();
        let unlike: Vec<_> = (0..40).map(|i| if i % 2 == 0 { (0.0, 10.0) } else { (10.0, 10.0) }).collect();
        let (a, b) = (clustered(&alike), clustered(&unlike));
        assert_eq!(a.value, b.value);
        assert!(b.high - b.low > a.high - a.low);
    }
}
