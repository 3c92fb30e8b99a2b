//! The paper under a crop after the background was flattened: what flattening leaves behind.

use crate::ink::GrayMask;
use crate::random::{Rng, mix, noise2};

/// How far decayed.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(super) enum Level {
    Light,
    Medium,
    Heavy,
}

impl Level {
    pub(super) fn draw(rng: &mut Rng) -> Self {
        [Self::Light, Self::Medium, Self::Heavy][rng.weighted(&[0.42, 0.36, 0.22])]
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Medium => "medium",
            Self::Heavy => "heavy",
        }
    }

    /// 0 light .. 1 heavy.
    pub(super) fn harm(self) -> f32 {
        match self {
            Self::Light => 0.15,
            Self::Medium => 0.5,
            Self::Heavy => 1.0,
        }
    }
}

/// Grey in the making: how much light each pixel sends back, 0..=1.
pub(super) struct Sheet {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) light: Vec<f32>,
}

impl Sheet {
    /// Paper with its unevenness.
    pub(super) fn new(width: usize, height: usize, level: Level, flattened: bool, rng: &mut Rng) -> Self {
        let harm = level.harm();
        let base = if flattened { rng.range(0.93, 1.0) } else { rng.range(0.38, 0.92) };
        let mut sheet = Self { width, height, light: vec![base; width * height] };
        let uneven = if flattened { 0.03 * harm * rng.unit() } else { 0.16 * rng.unit() };
        if uneven > 0.002 {
            sheet.uneven(uneven, height as f32 * rng.range(0.5, 4.0), rng);
        }
        if rng.chance(0.25 * harm) {
            // Cloudy texture of old paper.
            sheet.uneven(0.05 * rng.unit(), height as f32 * rng.range(0.06, 0.25), rng);
        }
        sheet
    }

    /// Multiplies smooth noise into the light, with knots `cell` pixels apart.
    pub(super) fn uneven(&mut self, amount: f32, cell: f32, rng: &mut Rng) {
        let seed = rng.next_u64();
        let step = (cell / 4.0).clamp(2.0, 16.0) as usize;
        let columns = self.width / step + 2;
        let rows = self.height / step + 2;
        let knots: Vec<f32> = (0..rows * columns)
            .map(|i| {
                noise2(seed, (i % columns * step) as f32 / cell, (i / columns * step) as f32 / cell) * amount
            })
            .collect();
        for y in 0..self.height {
            let (j, v) = (y / step, (y % step) as f32 / step as f32);
            let (top, bottom) = (&knots[j * columns..], &knots[(j + 1) * columns..]);
            for (x, light) in self.light[y * self.width..][..self.width].iter_mut().enumerate() {
                let (i, u) = (x / step, (x % step) as f32 / step as f32);
                let a = top[i] + (top[i + 1] - top[i]) * u;
                let b = bottom[i] + (bottom[i + 1] - bottom[i]) * u;
                *light *= 1.0 + a + (b - a) * v;
            }
        }
    }

    /// Lays ink over the paper: `depth` of the light is lost under full ink. `grain` is how much of
    /// the ink the tooth of the paper keeps off.
    pub(super) fn ink(&mut self, mask: &GrayMask, x: isize, y: isize, depth: f32, grain: f32, seed: u64) {
        let (first, last) = (x.max(0), (x + mask.width as isize).min(self.width as isize));
        for row in y.max(0)..(y + mask.height as isize).min(self.height as isize) {
            for column in first..last {
                let ink = mask.data[(row - y) as usize * mask.width + (column - x) as usize];
                if ink == 0 {
                    continue;
                }
                let at = row as usize * self.width + column as usize;
                let mut amount = f32::from(ink) / 255.0 * depth;
                if grain > 0.0 {
                    amount *= 1.0 - grain * speck(seed, at);
                }
                self.light[at] *= 1.0 - amount;
            }
        }
    }

    /// Darkens (or, with negative `depth`, lightens) a soft round spot.
    pub(super) fn spot(&mut self, cx: f32, cy: f32, radius: f32, depth: f32, soft: f32) {
        let reach = radius * (1.0 + soft);
        let y0 = (cy - reach).floor().max(0.0) as usize;
        let y1 = ((cy + reach).ceil().max(0.0) as usize).min(self.height);
        let x0 = (cx - reach).floor().max(0.0) as usize;
        let x1 = ((cx + reach).ceil().max(0.0) as usize).min(self.width);
        for y in y0..y1 {
            for x in x0..x1 {
                let (dx, dy) = (x as f32 + 0.5 - cx, y as f32 + 0.5 - cy);
                let distance = (dx * dx + dy * dy).sqrt();
                let cover = ((reach - distance) / (radius * soft).max(0.7)).clamp(0.0, 1.0);
                self.light[y * self.width + x] *= 1.0 - depth * cover;
            }
        }
    }

    /// A straight line from edge to edge or between points, `half` pixels to each side.
    pub(super) fn line(&mut self, from: (f32, f32), to: (f32, f32), half: f32, depth: f32) {
        let (ux, uy) = (to.0 - from.0, to.1 - from.1);
        let length = (ux * ux + uy * uy).max(1e-3);
        let reach = half + 1.0;
        let x0 = (from.0.min(to.0) - reach).max(0.0) as usize;
        let x1 = ((from.0.max(to.0) + reach).max(0.0) as usize).min(self.width);
        let y0 = (from.1.min(to.1) - reach).max(0.0) as usize;
        let y1 = ((from.1.max(to.1) + reach).max(0.0) as usize).min(self.height);
        for y in y0..y1 {
            for x in x0..x1 {
                let (px, py) = (x as f32 + 0.5 - from.0, y as f32 + 0.5 - from.1);
                let t = ((px * ux + py * uy) / length).clamp(0.0, 1.0);
                let (ex, ey) = (px - t * ux, py - t * uy);
                let cover = (half + 0.5 - (ex * ex + ey * ey).sqrt()).clamp(0.0, 1.0);
                self.light[y * self.width + x] *= 1.0 - depth * cover;
            }
        }
    }

    /// Leader dots along a height.
    pub(super) fn leaders(&mut self, from: f32, to: f32, y: f32, slope: f32, rng: &mut Rng) {
        let h = self.height as f32;
        let pitch = h * rng.range(0.05, 0.13);
        let radius = h * rng.range(0.009, 0.024);
        let depth = rng.range(0.25, 0.85);
        let stretch = if rng.chance(0.15) { rng.range(0.3, 0.7) * pitch } else { 0.0 };
        let mut x = from;
        while x < to {
            let at = y + (x - from) * slope;
            if stretch > 0.0 {
                self.line((x, at), (x + stretch, at), radius * 0.7, depth);
            } else if !rng.chance(0.03) {
                self.spot(x, at, radius * 0.6, depth * rng.range(0.7, 1.0), 1.0);
            }
            x += pitch;
        }
    }

    /// Smooths: `passes` of a three-tap filter in both directions.
    pub(super) fn blur(&mut self, weight: f32) {
        let (w, h) = (self.width, self.height);
        let centre = 1.0 - 2.0 * weight;
        let mut row_before = vec![0.0f32; w];
        for y in 0..h {
            let row = &mut self.light[y * w..][..w];
            row_before.copy_from_slice(row);
            for x in 1..w.saturating_sub(1) {
                row[x] = row_before[x] * centre + (row_before[x - 1] + row_before[x + 1]) * weight;
            }
        }
        let mut above = self.light[..w].to_vec();
        for y in 1..h.saturating_sub(1) {
            let (upper, lower) = self.light.split_at_mut((y + 1) * w);
            let row = &mut upper[y * w..];
            for x in 0..w {
                let before = row[x];
                row[x] = before * centre + (above[x] + lower[x]) * weight;
                above[x] = before;
            }
        }
    }

    /// To bytes, with the camera's noise (deviation in grey levels).
    pub(super) fn develop(&self, sigma: f32, seed: u64) -> Vec<u8> {
        self.light
            .iter()
            .enumerate()
            .map(|(i, light)| {
                let grain = if sigma > 0.0 {
                    (speck(seed, i) + speck(seed ^ 0xA5A5, i) - 1.0) * sigma * 2.4
                } else {
                    0.0
                };
                (light * 255.0 + grain + 0.5).clamp(0.0, 255.0) as u8
            })
            .collect()
    }
}

/// Even chance per pixel, `0..1`.
fn speck(seed: u64, at: usize) -> f32 {
    (mix(seed ^ at as u64) >> 40) as f32 / (1u64 << 24) as f32
}
