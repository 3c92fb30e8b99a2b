//! Seeded chance: the same numbers on every machine.
//!
//! Only integer arithmetic and the exactly rounded float operations (`+ - * / sqrt`) are used:
//! the results of `sin`, `ln` or `pow` differ between C libraries, and a synthetic page has to
//! come out byte for byte the same everywhere.

/// A small seeded generator (SplitMix64; Steele, Lea and Flood, OOPSLA 2014).
#[derive(Debug, Clone)]
pub struct Rng {
    state: u64,
}

/// The finaliser of SplitMix64: every bit of the input moves every bit of the output.
pub fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A seed for one part of a whole: `derive(book, page)`, `derive(page, "stains")` hashed by the caller.
pub fn derive(seed: u64, part: u64) -> u64 {
    mix(mix(seed) ^ part.wrapping_mul(0xD6E8_FEB8_6659_FD93))
}

impl Rng {
    /// A generator for this seed.
    pub fn new(seed: u64) -> Self {
        Self { state: mix(seed) }
    }

    /// An independent generator named by `part`; draws nothing from `self`, so that adding a draw in
    /// one place leaves all other places as they were.
    pub fn fork(&self, part: u64) -> Self {
        Self::new(derive(self.state, part))
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let value = mix(self.state);
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        value
    }

    /// Uniform in `0..1`.
    pub fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Uniform in `low..high`.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in `0..n`; 0 for `n == 0`.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    /// Uniform in `low..=high`.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as usize) as i32
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// About normal with mean 0 and deviation 1, never beyond ±3.5 (sum of four uniforms).
    pub fn normal(&mut self) -> f32 {
        let sum = self.unit() + self.unit() + self.unit() + self.unit();
        (sum - 2.0) * 1.732_050_8
    }

    /// One of `items`; `None` for an empty slice.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// An index drawn with these weights; 0 if they sum to nothing.
    pub fn weighted(&mut self, weights: &[f32]) -> usize {
        let total: f32 = weights.iter().sum();
        let mut at = self.unit() * total;
        for (index, weight) in weights.iter().enumerate() {
            at -= weight;
            if at < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }
}

/// Smooth noise in one dimension, `-1..=1`, with one knot per unit of `x`.
pub fn noise(seed: u64, x: f32) -> f32 {
    let floor = x.floor();
    let t = x - floor;
    let s = t * t * (3.0 - 2.0 * t);
    let at = |i: i64| knot(seed, i, 0);
    let i = floor as i64;
    at(i) + (at(i + 1) - at(i)) * s
}

/// Smooth noise in two dimensions, `-1..=1`, with one knot per unit of `x` and `y`.
pub fn noise2(seed: u64, x: f32, y: f32) -> f32 {
    let (fx, fy) = (x.floor(), y.floor());
    let smooth = |t: f32| t * t * (3.0 - 2.0 * t);
    let (sx, sy) = (smooth(x - fx), smooth(y - fy));
    let (i, j) = (fx as i64, fy as i64);
    let top = knot(seed, i, j) + (knot(seed, i + 1, j) - knot(seed, i, j)) * sx;
    let bottom = knot(seed, i, j + 1) + (knot(seed, i + 1, j + 1) - knot(seed, i, j + 1)) * sx;
    top + (bottom - top) * sy
}

fn knot(seed: u64, x: i64, y: i64) -> f32 {
    let hash =
        mix(seed ^ (x as u64).wrapping_mul(0x9E37_79B9) ^ (y as u64).wrapping_mul(0x85EB_CA6B_0000_0001));
    (hash >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

/// The sine of `turns` full turns, good to 0.002, the same on every machine.
pub fn sine(turns: f32) -> f32 {
    let u = (turns - turns.floor()) * 2.0 - 1.0;
    let y = 4.0 * u * (1.0 - u.abs());
    -(0.225 * (y * y.abs() - y) + y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_never_change() {
        let mut rng = Rng::new(7);
        let first: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        let mut again = Rng::new(7);
        assert_eq!(first, (0..3).map(|_| again.next_u64()).collect::<Vec<_>>());
        assert_ne!(first[0], Rng::new(8).next_u64());
        // Fixed for ever: a change here changes every page ever drawn.
        assert_eq!(mix(1), 0x910A_2DEC_8902_5CC1);
    }

    #[test]
    fn chance_is_fair() {
        let mut rng = Rng::new(1);
        let mean = (0..20_000).map(|_| rng.unit()).sum::<f32>() / 20_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        let spread = (0..20_000).map(|_| rng.normal().abs()).sum::<f32>() / 20_000.0;
        assert!((spread - 0.8).abs() < 0.03, "{spread}");
        let counts = (0..9_000).fold([0u32; 3], |mut c, _| {
            c[rng.weighted(&[1.0, 2.0, 6.0])] += 1;
            c
        });
        assert!(counts[0] < counts[1] && counts[1] < counts[2], "{counts:?}");
    }

    #[test]
    fn sine_follows_the_sine() {
        for i in -100..100 {
            let turns = i as f32 / 50.0;
            let expected = (std::f32::consts::TAU * turns).sin();
            assert!((sine(turns) - expected).abs() < 0.003, "{turns} {} {expected}", sine(turns));
        }
    }

    #[test]
    fn noise_is_smooth_and_bounded() {
        for i in 0..1000 {
            let x = i as f32 * 0.01;
            assert!(noise(3, x).abs() <= 1.0);
            assert!((noise(3, x) - noise(3, x + 0.01)).abs() < 0.05);
            assert!((noise2(3, x, 0.3) - noise2(3, x + 0.01, 0.3)).abs() < 0.05);
        }
    }
}
