//! Sampled quality: how many fields to draw, and what a sample says of the whole.
//!
//! Errors are rare, so intervals are Wilson's (E. B. Wilson, JASA 22, 1927), which hold near nought, and the size of a
//! sample follows from the same formula, with the correction for a finite population.

/// Quantile of the normal distribution for 95 %, both sides.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's score interval at 95 % for `part` of `whole`; `None` where nothing was looked at.
pub fn wilson(part: i64, whole: i64) -> Option<(f64, f64)> {
    if whole <= 0 {
        return None;
    }
    let (centre, half) = score(part as f64 / whole as f64, whole as f64);
    Some(((centre - half).max(0.0), (centre + half).min(1.0)))
}

/// Centre and half width of Wilson's interval for a share `p` seen in `n`.
fn score(p: f64, n: f64) -> (f64, f64) {
    let scale = 1.0 + Z * Z / n;
    let centre = (p + Z * Z / (2.0 * n)) / scale;
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / scale;
    (centre, half)
}

/// The fewest units to draw from `population` so that, where the share of errors is `expected`, the 95 % interval
/// reaches no further than `half_width` to either side. At least one, at most all.
pub fn sample_size(population: u64, expected: f64, half_width: f64) -> u64 {
    if population == 0 {
        return 0;
    }
    let expected = expected.clamp(0.0, 1.0);
    let half_width = half_width.clamp(1e-6, 0.5);
    let wide = |n: u64| score(expected, n as f64).1 > half_width;
    // The half width falls as n grows: the smallest n that is narrow enough.
    let (mut low, mut high) = (1_u64, 2_u64);
    while wide(high) && high < 1 << 40 {
        low = high;
        high *= 2;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if wide(middle) { low = middle + 1 } else { high = middle }
    }
    let infinite = low as f64;
    let finite = infinite / (1.0 + (infinite - 1.0) / population as f64);
    (finite.ceil() as u64).clamp(1, population)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values of R's `binom.confint(x, n, methods = "wilson")`.
    #[test]
    fn wilson_interval() {
        for (part, whole, low, high) in
            [(0, 10, 0.0, 0.277_533), (5, 10, 0.236_593, 0.763_407), (1, 200, 0.000_883, 0.027_774)]
        {
            let (l, h) = wilson(part, whole).unwrap();
            assert!((l - low).abs() < 1e-5 && (h - high).abs() < 1e-5, "{part}/{whole}: {l} {h}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn a_small_population_needs_less_and_never_more_than_itself() {
        let large = sample_size(10_000_000, 0.01, 0.005);
        // Close to the textbook's 1.96² p (1 − p) / d² = 1521.
        assert!((1500..1700).contains(&large), "{large}");
        assert!(sample_size(2000, 0.01, 0.005) < large);
        assert_eq!(sample_size(1, 0.01, 0.005), 1);
        assert_eq!(sample_size(0, 0.01, 0.005), 0);
    }

    proptest! {
        #[test]
        fn the_size_keeps_the_promise(expected in 0.0..0.5_f64, half in 0.002..0.2_f64, population in 1_u64..1_000_000) {
            let size = sample_size(population, expected, half);
            prop_assert!(size >= 1 && size <= population);
            // From a population without end the drawn number gives an interval no wider than wanted.
            let endless = sample_size(u64::MAX >> 12, expected, half);
            prop_assert!(score(expected, endless as f64).1 <= half * 1.000_001);
            prop_assert!(endless == 1 || score(expected, (endless - 1) as f64).1 > half * 0.999);
        }
    }
}
