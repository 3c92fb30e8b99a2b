//! A writer's proportions and pen.

use crate::random::Rng;

/// Shares of the nominal size, the height of capitals.
#[derive(Debug, Clone)]
pub(super) struct Proportions {
    pub(super) x: f32,
    pub(super) ascender: f32,
    /// Depth of descenders against the font's.
    pub(super) descender: f32,
    pub(super) capital: f32,
    pub(super) digit: f32,
    /// Advance of `n` against x-height.
    pub(super) width: f32,
    pub(super) capital_width: f32,
    pub(super) letter_gap: f32,
    pub(super) word_gap: f32,
}

/// The pen.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    /// Half the line's width, share of size.
    pub(super) radius: f32,
    /// How much of the font's own thick and thin is kept.
    pub(super) contrast: f32,
    /// A broad nib: angle in turns and how much thinner its thin strokes are.
    pub(super) nib_angle: f32,
    pub(super) nib: f32,
    pub(super) pressure: f32,
    pub(super) taper: f32,
    pub(super) starved: f32,
    pub(super) skips: f32,
    pub(super) blots: f32,
}

impl Proportions {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let x = rng.range(0.4, 0.74);
        Self {
            x,
            ascender: rng.range(0.95, 1.3).max(x * 1.35),
            descender: rng.range(0.6, 1.25),
            capital: rng.range(0.9, 1.25),
            digit: rng.range(0.75, 1.1),
            width: rng.range(0.72, 1.45) * rng.range(0.85, 1.0),
            capital_width: rng.range(0.65, 1.1),
            letter_gap: rng.range(-0.07, 0.1),
            word_gap: rng.range(0.25, 0.9),
        }
    }
}

impl Tool {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let nib = rng.chance(0.25);
        Self {
            radius: rng.range(0.022, 0.058),
            contrast: if rng.chance(0.3) { rng.range(0.1, 0.7) } else { 0.0 },
            nib_angle: rng.range(0.05, 0.2),
            nib: if nib { rng.range(0.2, 0.65) } else { 0.0 },
            pressure: rng.range(0.05, 0.35),
            taper: rng.range(0.4, 1.0),
            starved: (rng.unit() * 1.3 - 0.6).max(0.0),
            skips: if rng.chance(0.25) { rng.range(0.02, 0.15) } else { 0.0 },
            blots: if rng.chance(0.1) { 0.02 } else { 0.001 },
        }
    }
}
