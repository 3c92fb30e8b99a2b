//! Folds: a sheet that lay folded keeps a crease, which is worn, throws a shade, and bends what is written across it.

use crate::random::{Rng, noise};

use super::Level;

/// A crease from edge to edge of the sheet.
#[derive(Debug, Clone)]
pub struct Fold {
    /// Runs from top to bottom, else from left to right.
    pub vertical: bool,
    /// Where it crosses the middle of the sheet, px of the sheet.
    at: f64,
    /// How far it leans, px a px.
    lean: f64,
    /// Middle of the sheet along the crease, px.
    middle: f64,
    /// How worn it is, 0..=1.
    strength: f32,
    /// Whether the worn fibres are paler than the paper.
    bright: bool,
    seed: u64,
    /// Slope of the ridge at the crease.
    slope: f64,
    /// How far the ridge reaches to each side, px.
    reach: f64,
    /// How much shorter the slopes of the ridge are seen from above.
    squeeze: f64,
    /// Turn of the part beyond the crease, which never lies down quite as it was.
    turn: f64,
}

/// Positions across a crease, in px of the sheet, at which its shade is drawn.
const SHADE: i32 = 36;

impl Fold {
    /// The folds of a sheet of this level.
    pub fn draw(sheet: (usize, usize), level: Level, rng: &mut Rng) -> Vec<Self> {
        let count = rng.range(level.of(-5.0, -0.8, 0.2), level.of(0.8, 1.4, 3.0) + 0.999).floor().max(0.0);
        (0..count as usize).map(|_| Self::one(sheet, level, rng)).collect()
    }

    fn one(sheet: (usize, usize), level: Level, rng: &mut Rng) -> Self {
        let vertical = rng.chance(0.5);
        let (across, along) = if vertical { (sheet.0, sheet.1) } else { (sheet.1, sheet.0) };
        // Most sheets were folded once in the middle.
        let share = if rng.chance(0.5) { rng.range(0.45, 0.55) } else { rng.range(0.1, 0.9) };
        let strength = rng.range(0.04, level.of(0.12, 0.16, 0.22));
        // A sharp fold stands up more than an old, flattened one; some are flat altogether.
        let stands = if rng.chance(0.25) { 0.0 } else { f64::from(rng.unit()) };
        Self {
            vertical,
            at: f64::from(share) * across as f64,
            lean: f64::from(rng.normal()) * 0.02,
            middle: along as f64 / 2.0,
            strength,
            bright: rng.chance(0.5),
            seed: rng.next_u64(),
            slope: stands
                * f64::from(level.of(0.012f32, 0.03, 0.055))
                * if rng.chance(0.5) { 1.0 } else { -1.0 },
            reach: f64::from(rng.range(70.0, 380.0)),
            squeeze: stands * f64::from(level.of(0.008f32, 0.02, 0.035)),
            turn: f64::from(rng.normal()) * stands * f64::from(level.of(0.0006f32, 0.0016, 0.003)),
        }
    }

    /// How far beyond the crease a point of the sheet lies, px (negative: before it).
    fn beyond(&self, x: f64, y: f64) -> f64 {
        let (across, along) = if self.vertical { (x, y) } else { (y, x) };
        across - self.at - self.lean * (along - self.middle)
    }

    /// How far the bent paper moves a point of the sheet, px.
    pub fn displacement(&self, x: f64, y: f64) -> (f64, f64) {
        let d = self.beyond(x, y);
        let near = 1.0 / (1.0 + d.abs() / self.reach);
        let ridge = self.slope * self.reach / 2.0 * near * near;
        let pulled = -self.squeeze * d * near;
        let turned = self.turn * d.max(0.0);
        // What is written across a crease that runs down rises and falls with the ridge; a crease that runs across
        // draws lines together and shifts them sideways.
        if self.vertical { (pulled, ridge + turned) } else { (ridge * 0.5 + turned, pulled + ridge * 0.5) }
    }

    /// Calls `shade` for every position at and beside the crease that lies in the sheet (in steps of `cell` px) with
    /// the factor of the light and the share of ink worn off.
    pub fn shade(&self, cell: usize, size: (usize, usize), mut shade: impl FnMut(usize, f32, f32)) {
        let (width, height) = size;
        let (long, across) = if self.vertical { (height, width) } else { (width, height) };
        let wide = SHADE + (self.reach / cell as f64) as i32 / 4;
        let lift = (self.slope / 0.03) as f32;
        for along in 0..long {
            let t = along as f32;
            let line = self.at + self.lean * ((along * cell) as f64 - self.middle);
            let centre = (line / cell as f64) as f32 + noise(self.seed, t / 40.0) * 0.8;
            let force = self.strength * (0.7 + 0.5 * noise(self.seed ^ 1, t / 25.0));
            for step in -wide..=wide {
                let position = centre.floor() + step as f32;
                if position < 0.0 || position >= across as f32 {
                    continue;
                }
                let index = if self.vertical {
                    along * width + position as usize
                } else {
                    position as usize * width + along
                };
                // From the middle of the cell: a leaning crease has no stairs.
                let off = position + 0.5 - centre;
                let distance = off.abs();
                let side = (off / 1.2).clamp(-1.0, 1.0);
                let narrow = (1.0 - distance / 10.0).max(0.0) * force * 0.4;
                // The slopes of the ridge turn to the lamp and away from it.
                let broad = (1.0 - distance / wide as f32).max(0.0);
                let slope = side * (narrow + broad * broad * 0.05 * lift);
                let crease = (1.0 - distance / 1.4).max(0.0) * force;
                let factor = if self.bright { 1.0 + slope + crease * 0.4 } else { 1.0 + slope - crease };
                let worn = crease * 2.2_f32.min(1.0 / self.strength.max(0.05) * 0.4);
                shade(index, factor, worn);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_bends_the_line_across_it_and_leaves_the_far_page_alone() {
        let mut rng = Rng::new(5);
        let folds: Vec<Fold> = (0..60)
            .flat_map(|_| Fold::draw((2480, 3508), Level::Heavy, &mut rng))
            .filter(|f| f.slope != 0.0)
            .collect();
        assert!(folds.len() > 30, "{}", folds.len());
        for fold in folds {
            let at =
                |d: f64| if fold.vertical { (fold.at + d, fold.middle) } else { (fold.middle, fold.at + d) };
            let move_at = |d: f64| fold.displacement(at(d).0, at(d).1);
            let across = |d: f64| if fold.vertical { move_at(d).1 } else { move_at(d).0 };
            // The slope changes its sign at the crease.
            let (before, after) = (across(0.0) - across(-8.0), across(8.0) - across(0.0));
            assert!((before - after).abs() > 0.001 * fold.slope.abs(), "{fold:?}");
            assert!(across(-1900.0).abs() < across(0.0).abs().max(0.2), "{fold:?}");
        }
    }
}
