//! The paper's tint and the ink it kept, at a quarter of the sheet's resolution.

use crate::page::Sheet;
use crate::random::{Rng, mix, noise, noise2, sine};

use super::{Fold, Level};

/// Pixels of the sheet per cell.
const CELL: usize = 4;

/// Red, green, blue and ink kept, each 0..=1, per cell.
#[derive(Debug, Clone)]
pub struct Surface {
    /// Cells across.
    pub width: usize,
    /// Cells down.
    pub height: usize,
    /// Four values a cell.
    pub cells: Vec<[f32; 4]>,
}

impl Surface {
    /// Paper of this level with everything that happened to it.
    pub fn paint(
        sheet: &Sheet,
        reverse: Option<&Sheet>,
        folds: &[Fold],
        level: Level,
        rng: &mut Rng,
    ) -> Self {
        let (width, height) = (sheet.width / CELL + 2, sheet.height / CELL + 2);
        let mut surface = Self { width, height, cells: vec![[1.0; 4]; width * height] };
        surface.paper(level, rng);
        if let Some(reverse) = reverse {
            let strength = rng.range(level.of(0.03, 0.05, 0.08), level.of(0.09, 0.16, 0.26));
            surface.bleed(reverse, strength, rng);
        }
        let many =
            |rng: &mut Rng, low: f32, high: f32| rng.range(low, high + 0.999).floor().max(0.0) as usize;
        let foxes = many(rng, level.of(-8.0, 6.0, 40.0), level.of(12.0, 60.0, 170.0));
        surface.foxing(foxes, level, rng);
        let level = level.near(rng);
        for _ in 0..many(rng, level.of(-5.0, -1.5, 0.2), level.of(0.6, 2.0, 4.0)) {
            surface.stain(level, rng);
        }
        for _ in 0..many(rng, level.of(-9.0, -1.6, -0.5), level.of(0.0, 1.2, 3.0)) {
            surface.mould(rng);
        }
        for fold in folds {
            surface.fold(fold);
        }
        if rng.chance(level.of(0.0, 0.07, 0.2)) {
            surface.tape(rng);
        }
        for _ in 0..many(rng, level.of(-3.0, 0.0, 1.0), level.of(2.0, 5.0, 12.0)) {
            surface.scratch(rng);
        }
        surface
    }

    fn paper(&mut self, level: Level, rng: &mut Rng) {
        let age = rng.range(level.of(0.0, 0.25, 0.5), level.of(0.35, 0.75, 1.0));
        let red = rng.range(0.94, 0.99);
        let green = red - rng.range(0.0, 0.025);
        let fresh = [red, green, green - rng.range(-0.004, 0.05)];
        let red = rng.range(0.83, 0.91);
        let green = red - rng.range(0.05, 0.10);
        let old = [red, green, green - rng.range(0.12, 0.22)];
        let edge = rng.range(level.of(0.0, 0.1, 0.3), level.of(0.25, 0.6, 1.0)) * 0.5;
        let blotch = rng.range(level.of(0.01, 0.03, 0.06), level.of(0.04, 0.09, 0.17));
        let seed = rng.next_u64();
        let reach = self.width.min(self.height) as f32 * rng.range(0.06, 0.16);
        let fibre = rng.range(0.006, 0.02);
        for y in 0..self.height {
            for x in 0..self.width {
                let (fx, fy) = (x as f32, y as f32);
                let border = fx.min(fy).min(self.width as f32 - fx).min(self.height as f32 - fy);
                let wander = 1.0 + 0.6 * noise2(seed ^ 9, fx / 60.0, fy / 60.0);
                let rim = (1.0 - border / (reach * wander)).clamp(0.0, 1.0);
                let cloud =
                    noise2(seed, fx / 180.0, fy / 150.0) * 0.6 + noise2(seed ^ 5, fx / 45.0, fy / 45.0) * 0.4;
                let grain =
                    (mix(seed ^ ((y * self.width + x) as u64)) >> 40) as f32 / (1u64 << 24) as f32 - 0.5;
                let yellow = (age + edge * rim * rim + blotch * cloud).clamp(0.0, 1.12);
                let cell = &mut self.cells[y * self.width + x];
                for channel in 0..3 {
                    let tone = fresh[channel] + (old[channel] - fresh[channel]) * yellow;
                    cell[channel] = tone * (1.0 + grain * fibre * 2.0 + cloud * blotch * 0.35);
                }
            }
        }
    }

    /// Multiplies the tint of the cells around a centre.
    fn each(&mut self, centre: (f32, f32), radius: f32, mut f: impl FnMut(f32, f32, &mut [f32; 4])) {
        let range = |c: f32, limit: usize| {
            ((c - radius).max(0.0) as usize).min(limit)..((c + radius + 1.0).max(0.0) as usize).min(limit)
        };
        for y in range(centre.1, self.height) {
            for x in range(centre.0, self.width) {
                f(x as f32 - centre.0, y as f32 - centre.1, &mut self.cells[y * self.width + x]);
            }
        }
    }

    fn somewhere(&self, rng: &mut Rng) -> (f32, f32) {
        (rng.range(0.0, self.width as f32), rng.range(0.0, self.height as f32))
    }

    fn foxing(&mut self, count: usize, level: Level, rng: &mut Rng) {
        let home = self.somewhere(rng);
        for _ in 0..count {
            let centre = if rng.chance(0.3) {
                (home.0 + rng.normal() * 120.0, home.1 + rng.normal() * 120.0)
            } else {
                self.somewhere(rng)
            };
            let radius = rng.range(0.7, 2.2) + if rng.chance(0.12) { rng.range(0.5, 5.0) } else { 0.0 };
            let strength = rng.range(0.08, level.of(0.35, 0.5, 0.7));
            let seed = rng.next_u64();
            self.each(centre, radius * 2.2, |dx, dy, cell| {
                let ragged = radius * (1.0 + 0.5 * noise2(seed, dx * 0.7, dy * 0.7));
                let depth =
                    (1.0 - (dx * dx + dy * dy) / (ragged * ragged * 1.9).max(0.01)).max(0.0) * strength;
                for (tint, keep) in cell.iter_mut().zip([0.82, 0.58, 0.32]) {
                    *tint *= 1.0 - depth * (1.0 - keep);
                }
            });
        }
    }

    fn stain(&mut self, level: Level, rng: &mut Rng) {
        let mut centre = self.somewhere(rng);
        let size = self.width.min(self.height) as f32;
        let radius = size * rng.range(0.05, level.of(0.12, 0.22, 0.34));
        if rng.chance(0.45) {
            // Water comes from the edges.
            match rng.below(4) {
                0 => centre.0 = 0.0,
                1 => centre.0 = self.width as f32,
                2 => centre.1 = 0.0,
                _ => centre.1 = self.height as f32,
            }
        }
        let tints = [
            [0.93, 0.84, 0.62],
            [0.84, 0.68, 0.44],
            [0.90, 0.76, 0.66],
            [0.86, 0.86, 0.70],
            [0.80, 0.74, 0.60],
            [0.86, 0.80, 0.90],
        ];
        let tint = tints[rng.weighted(&[5.0, 3.0, 2.0, 1.5, 1.5, 0.4])];
        let strength = rng.range(level.of(0.15, 0.3, 0.4), level.of(0.5, 0.8, 1.0));
        let tide = rng.range(0.2, 0.9) * strength;
        let wash = rng.range(0.0, level.of(0.1, 0.3, 0.6));
        let width = rng.range(2.0, 6.0);
        let stretch = rng.range(0.7, 1.4);
        let seed = rng.next_u64();
        self.each(centre, radius * 1.8, |dx, dy, cell| {
            let (ex, ey) = (dx * stretch, dy / stretch);
            let r = (ex * ex + ey * ey).sqrt();
            let (nx, ny) = if r > 0.0 { (ex / r, ey / r) } else { (0.0, 0.0) };
            let ragged = radius
                * (1.0
                    + 0.28 * noise2(seed, nx * 1.3 + 9.0, ny * 1.3)
                    + 0.09 * noise2(seed ^ 2, nx * 6.0, ny * 6.0 + 5.0));
            let inside = ragged - r;
            if inside < -width {
                return;
            }
            let body =
                (inside / 8.0).clamp(0.0, 1.0) * (0.55 + 0.25 * noise2(seed ^ 3, dx / 25.0, dy / 25.0));
            let line =
                (1.0 - (inside / width).abs()).max(0.0) * (0.7 + 0.4 * noise2(seed ^ 4, nx * 4.0, ny * 4.0));
            let amount = (body * strength + line * tide).clamp(0.0, 1.2);
            for (value, keep) in cell.iter_mut().zip(tint) {
                *value *= 1.0 - amount * (1.0 - keep);
            }
            cell[3] *= 1.0
                - wash
                    * (inside / 12.0).clamp(0.0, 1.0)
                    * (0.7 + 0.3 * noise2(seed ^ 6, dx / 18.0, dy / 18.0));
        });
    }

    fn mould(&mut self, rng: &mut Rng) {
        let home = self.somewhere(rng);
        let spread = rng.range(12.0, 60.0);
        let colours = [[0.35, 0.36, 0.34], [0.42, 0.44, 0.34], [0.45, 0.36, 0.42], [0.30, 0.28, 0.26]];
        let colour = colours[rng.below(4)];
        let strength = rng.range(0.25, 0.75);
        for _ in 0..rng.between(30, 160) {
            let centre = (home.0 + rng.normal() * spread, home.1 + rng.normal() * spread);
            let radius = rng.range(0.6, 2.4) + if rng.chance(0.08) { rng.range(0.0, 4.0) } else { 0.0 };
            let own = strength * rng.range(0.3, 1.0);
            self.each(centre, radius + 1.0, |dx, dy, cell| {
                let depth = (1.2 - (dx * dx + dy * dy) / (radius * radius)).clamp(0.0, 1.0) * own;
                for (value, keep) in cell.iter_mut().zip(colour) {
                    *value *= 1.0 - depth * (1.0 - keep);
                }
            });
        }
    }

    fn fold(&mut self, fold: &Fold) {
        let (width, height) = (self.width, self.height);
        fold.shade(CELL, (width, height), |index, factor, worn| {
            let Some(cell) = self.cells.get_mut(index) else { return };
            for value in cell.iter_mut().take(3) {
                *value *= factor;
            }
            cell[3] *= 1.0 - worn;
        });
    }

    fn tape(&mut self, rng: &mut Rng) {
        let vertical = rng.chance(0.4);
        let half = rng.range(18.0, 32.0);
        let (w, h) = (self.width as f32, self.height as f32);
        let length = if vertical { h } else { w } * rng.range(0.2, 0.9);
        let (cx, cy) = (w * rng.range(0.1, 0.9), h * rng.range(0.1, 0.9));
        let lean = rng.normal() * 0.03;
        let red = rng.range(0.9, 1.02);
        let tint = [red, red - rng.range(0.0, 0.08), red - rng.range(0.06, 0.24)];
        let seed = rng.next_u64();
        for y in 0..self.height {
            for x in 0..self.width {
                let (dx, dy) = (x as f32 - cx, y as f32 - cy);
                let (along, across) = if vertical { (dy, dx - dy * lean) } else { (dx, dy - dx * lean) };
                let end = length / 2.0 + noise(seed, across / 2.0) * 3.0;
                if along.abs() > end || across.abs() > half {
                    continue;
                }
                let rim = if half - across.abs() < 2.0 { 0.93 } else { 1.0 };
                let cloud = 1.0 + 0.03 * noise2(seed ^ 1, dx / 14.0, dy / 14.0);
                let cell = &mut self.cells[y * self.width + x];
                for (value, keep) in cell.iter_mut().zip(tint) {
                    *value *= keep * rim * cloud;
                }
            }
        }
    }

    fn scratch(&mut self, rng: &mut Rng) {
        let start = self.somewhere(rng);
        let (dx, dy) = (rng.normal() * 14.0, rng.normal() * 14.0);
        let dark = rng.chance(0.6);
        for step in 0..60 {
            let t = step as f32 / 60.0;
            let (x, y) = (start.0 + dx * t, start.1 + dy * t + sine(t * 0.5) * 2.0);
            if x < 0.0 || y < 0.0 {
                continue;
            }
            if let Some(cell) =
                self.cells.get_mut(y as usize * self.width + x as usize).filter(|_| (x as usize) < self.width)
            {
                for value in cell.iter_mut().take(3) {
                    *value *= if dark { 0.9 } else { 1.03 };
                }
            }
        }
    }

    /// Writing of the reverse, mirrored, as it shows through.
    fn bleed(&mut self, reverse: &Sheet, strength: f32, rng: &mut Rng) {
        let seed = rng.next_u64();
        let (shift_x, shift_y) = (rng.normal() * 6.0, rng.normal() * 6.0);
        for y in 0..self.height.min(reverse.height / CELL) {
            for x in 0..self.width.min(reverse.width / CELL) {
                let from_x = reverse.width as f32 - 1.0 - (x as f32 + shift_x) * CELL as f32;
                let from_y = (y as f32 + shift_y) * CELL as f32;
                if from_x < 4.0 || from_y < 0.0 {
                    continue;
                }
                let (from_x, from_y) = (from_x as usize, from_y as usize);
                if from_x + 2 >= reverse.width || from_y + CELL + 2 >= reverse.height {
                    continue;
                }
                let mut dark = 0u32;
                for row in 0..CELL + 2 {
                    for column in 0..CELL + 2 {
                        let at = (from_y + row) * reverse.width + from_x + column - CELL;
                        dark += u32::from(255 - reverse.ink[at * 3 + 1]);
                    }
                }
                if dark == 0 {
                    continue;
                }
                let share = dark as f32 / (255.0 * 36.0);
                let patch = (0.6 + 0.6 * noise2(seed, x as f32 / 90.0, y as f32 / 90.0)).clamp(0.1, 1.2);
                let amount = (share * 1.6).min(1.0) * strength * patch;
                let cell = &mut self.cells[y * self.width + x];
                for (value, weight) in cell.iter_mut().zip([1.0, 0.95, 0.8]) {
                    *value *= 1.0 - amount * weight;
                }
            }
        }
    }

    /// The tint at a position of the sheet, bilinear.
    pub fn at(&self, x: f32, y: f32) -> [f32; 4] {
        let (cx, cy) = (x / CELL as f32, y / CELL as f32);
        let (cx, cy) = (cx.clamp(0.0, (self.width - 2) as f32), cy.clamp(0.0, (self.height - 2) as f32));
        let (ix, iy) = (cx as usize, cy as usize);
        let (tx, ty) = (cx - ix as f32, cy - iy as f32);
        let row = &self.cells[iy * self.width + ix..];
        let (a, b) = (&row[0], &row[1]);
        let (c, d) = (&row[self.width], &row[self.width + 1]);
        let mut out = [0.0; 4];
        for (i, out) in out.iter_mut().enumerate() {
            let top = a[i] + (b[i] - a[i]) * tx;
            let bottom = c[i] + (d[i] - c[i]) * tx;
            *out = top + (bottom - top) * ty;
        }
        out
    }
}

/// Wet ink drawn along by a hand, in one region.
pub(super) fn smear(sheet: &mut Sheet, rng: &mut Rng) {
    let (w, h) = (rng.range(300.0, 900.0) as usize, rng.range(60.0, 260.0) as usize);
    let x0 = rng.below(sheet.width.saturating_sub(w).max(1));
    let y0 = rng.below(sheet.height.saturating_sub(h).max(1));
    let reach = rng.range(14.0, 60.0);
    let keep = 1.0 - 1.0 / reach;
    let amount = rng.range(0.25, 0.6);
    for y in y0..(y0 + h).min(sheet.height) {
        let vertical = 1.0 - ((y - y0) as f32 / h as f32 * 2.0 - 1.0).abs();
        let mut carried = [0.0f32; 3];
        for x in x0..(x0 + w).min(sheet.width) {
            // The hand comes down and lifts off: no hard ends.
            let t = (x - x0) as f32 / w as f32;
            let touch = amount * vertical * (6.0 * t * (1.0 - t)).min(1.0);
            let at = (y * sheet.width + x) * 3;
            for (carried, value) in carried.iter_mut().zip(&mut sheet.ink[at..at + 3]) {
                let dark = 255.0 - f32::from(*value);
                *carried = *carried * keep + dark * (1.0 - keep);
                let mixed = dark * (1.0 - 0.3 * touch) + *carried * touch;
                *value = (255.0 - mixed).clamp(0.0, 255.0) as u8;
            }
        }
    }
}
