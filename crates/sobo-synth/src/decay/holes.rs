//! Where the paper is gone: worm holes, tears, missing corners.

use crate::ink::PixelBox;
use crate::page::{LineMark, Sheet};
use crate::random::{Rng, noise, noise2};

use super::Level;

/// Pixels of the sheet per cell.
const CELL: usize = 2;
/// Depth is known this far from an edge, px.
const REACH: f32 = 15.0;

/// How deep inside a hole each point lies, in pixels (negative: paper).
#[derive(Debug, Clone)]
pub struct Holes {
    width: usize,
    height: usize,
    /// Depth × 8, clamped to ±15 px.
    depth: Vec<i8>,
}

impl Holes {
    /// A sheet without holes.
    pub fn none(width: usize, height: usize) -> Self {
        let (width, height) = (width / CELL + 2, height / CELL + 2);
        Self { width, height, depth: vec![(-REACH * 8.0) as i8; width * height] }
    }

    /// Holes of this level.
    pub fn draw(sheet: &Sheet, level: Level, rng: &mut Rng) -> Self {
        let mut holes = Self::none(sheet.width, sheet.height);
        let many =
            |rng: &mut Rng, low: f32, high: f32| rng.range(low, high + 0.999).floor().max(0.0) as usize;
        for _ in 0..many(rng, level.of(-6.0, -1.0, 1.0), level.of(0.6, 3.0, 9.0)) {
            holes.worm(sheet, rng);
        }
        for _ in 0..many(rng, level.of(-9.0, -1.5, -0.2), level.of(0.1, 1.3, 3.4)) {
            holes.tear(sheet, level, rng);
        }
        if rng.chance(level.of(0.01, 0.14, 0.42)) {
            holes.corner(sheet, level, rng);
        }
        if rng.chance(level.of(0.03, 0.05, 0.05)) {
            holes.punched(sheet, rng);
        }
        holes
    }

    fn carve(&mut self, area: PixelBox, depth: impl Fn(f32, f32) -> f32) {
        let cell = CELL as f32;
        let x0 = ((area.x / cell).max(0.0) as usize).min(self.width);
        let y0 = ((area.y / cell).max(0.0) as usize).min(self.height);
        let x1 = (((area.x + area.w) / cell).max(0.0) as usize + 1).min(self.width);
        let y1 = (((area.y + area.h) / cell).max(0.0) as usize + 1).min(self.height);
        for y in y0..y1 {
            for x in x0..x1 {
                let d = depth(x as f32 * cell, y as f32 * cell).clamp(-REACH, REACH);
                let to = &mut self.depth[y * self.width + x];
                *to = (*to).max((d * 8.0) as i8);
            }
        }
    }

    fn worm(&mut self, sheet: &Sheet, rng: &mut Rng) {
        let mut x = rng.range(0.0, sheet.width as f32);
        let mut y = rng.range(0.0, sheet.height as f32);
        let bites = if rng.chance(0.35) { rng.between(2, 7) } else { 1 };
        for _ in 0..bites {
            let radius = rng.range(7.0, 26.0) * if rng.chance(0.12) { 2.2 } else { 1.0 };
            let seed = rng.next_u64();
            let (cx, cy) = (x, y);
            let reach = radius * 1.7 + REACH;
            self.carve(
                PixelBox { x: cx - reach, y: cy - reach, w: reach * 2.0, h: reach * 2.0 },
                |px, py| {
                    let (dx, dy) = (px - cx, py - cy);
                    let r = (dx * dx + dy * dy).sqrt();
                    let (nx, ny) = if r > 0.0 { (dx / r, dy / r) } else { (0.0, 0.0) };
                    radius
                        * (1.0
                            + 0.45 * noise2(seed, nx * 1.6, ny * 1.6)
                            + 0.15 * noise2(seed ^ 1, nx * 5.0, ny * 5.0))
                        - r
                },
            );
            x += rng.normal() * radius * 2.0;
            y += rng.normal() * radius * 2.0;
        }
    }

    /// A piece torn off an edge.
    fn tear(&mut self, sheet: &Sheet, level: Level, rng: &mut Rng) {
        let (w, h) = (sheet.width as f32, sheet.height as f32);
        let side = rng.below(4);
        let (long, short) = if side < 2 { (w, h) } else { (h, w) };
        let length = long * rng.range(0.06, level.of(0.12, 0.25, 0.5));
        let deep = short * rng.range(0.008, level.of(0.02, 0.04, 0.075));
        let centre = long * rng.unit();
        let seed = rng.next_u64();
        let skew = rng.range(-0.5, 0.5);
        let edge = |along: f32| {
            let t = (along - centre) / length + skew * 0.3;
            let bump = (1.0 - 4.0 * t * t).max(0.0);
            let jag = 0.35 * noise(seed, along / 130.0)
                + 0.16 * noise(seed ^ 1, along / 28.0)
                + 0.06 * noise(seed ^ 2, along / 7.0);
            if bump > 0.0 { deep * bump * (1.0 + jag) - 3.0 } else { -REACH }
        };
        let (d, l) = (deep * 2.0 + REACH, length * 1.4);
        let area = match side {
            0 => PixelBox { x: centre - l, y: 0.0, w: l * 2.0, h: d },
            1 => PixelBox { x: centre - l, y: h - d, w: l * 2.0, h: d + 8.0 },
            2 => PixelBox { x: 0.0, y: centre - l, w: d, h: l * 2.0 },
            _ => PixelBox { x: w - d, y: centre - l, w: d + 8.0, h: l * 2.0 },
        };
        self.carve(area, |x, y| match side {
            0 => edge(x) - y,
            1 => edge(x) - (h - y),
            2 => edge(y) - x,
            _ => edge(y) - (w - x),
        });
    }

    fn corner(&mut self, sheet: &Sheet, level: Level, rng: &mut Rng) {
        let (w, h) = (sheet.width as f32, sheet.height as f32);
        let size = w.min(h) * rng.range(0.03, level.of(0.06, 0.12, 0.2));
        let (right, low) = (rng.chance(0.5), rng.chance(0.5));
        let slope = rng.range(0.6, 1.7);
        let seed = rng.next_u64();
        let x = if right { w - size * 2.2 } else { 0.0 };
        let y = if low { h - size * 2.2 } else { 0.0 };
        self.carve(PixelBox { x, y, w: size * 2.3, h: size * 2.3 }, |px, py| {
            let dx = if right { w - px } else { px };
            let dy = if low { h - py } else { py };
            let along = dx - dy;
            let jag = 0.12 * noise(seed, along / 110.0) + 0.05 * noise(seed ^ 1, along / 25.0);
            (size * (1.0 + jag) - dx * slope.min(1.0) - dy / slope.max(1.0)) * 0.7
        });
    }

    /// Two holes of a file.
    fn punched(&mut self, sheet: &Sheet, rng: &mut Rng) {
        let x = rng.range(60.0, 130.0);
        let middle = sheet.height as f32 / 2.0;
        for y in [middle - 472.0, middle + 472.0] {
            let reach = 36.0 + REACH;
            self.carve(PixelBox { x: x - reach, y: y - reach, w: reach * 2.0, h: reach * 2.0 }, |px, py| {
                34.0 - ((px - x) * (px - x) + (py - y) * (py - y)).sqrt()
            });
        }
    }

    /// Depth at a position of the sheet in pixels: above 0 the paper is gone.
    pub fn depth(&self, x: f32, y: f32) -> f32 {
        let (cx, cy) = (x / CELL as f32, y / CELL as f32);
        if cx < 0.0 || cy < 0.0 {
            return -REACH;
        }
        let (ix, iy) = ((cx as usize).min(self.width - 2), (cy as usize).min(self.height - 2));
        let at = iy * self.width + ix;
        let (a, b) = (self.depth[at], self.depth[at + 1]);
        let (c, d) = (self.depth[at + self.width], self.depth[at + self.width + 1]);
        if a == b && c == d && a == c {
            return f32::from(a) / 8.0;
        }
        let (tx, ty) = (cx - ix as f32, cy - iy as f32);
        let mix = |p: i8, q: i8| f32::from(p) + (f32::from(q) - f32::from(p)) * tx;
        let (top, bottom) = (mix(a, b), mix(c, d));
        (top + (bottom - top) * ty) / 8.0
    }

    /// Share of a line's ink for which `gone` holds.
    pub fn lost(line: &LineMark, gone: impl Fn(f32, f32) -> bool) -> (f64, f64) {
        let (mut lost, mut all) = (0.0, 0.0);
        let b = line.bbox;
        let x0 = (b.x as isize - line.x).max(0) as usize;
        let y0 = (b.y as isize - line.y).max(0) as usize;
        let x1 = ((b.x + b.w).ceil() as isize - line.x).clamp(0, line.mask.width as isize) as usize;
        let y1 = ((b.y + b.h).ceil() as isize - line.y).clamp(0, line.mask.height as isize) as usize;
        for y in y0..y1 {
            for x in x0..x1 {
                let ink = line.mask.data[y * line.mask.width + x];
                if ink < 40 {
                    continue;
                }
                all += f64::from(ink);
                if gone((line.x + x as isize) as f32 + 0.5, (line.y + y as isize) as f32 + 0.5) {
                    lost += f64::from(ink);
                }
            }
        }
        (lost, all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ink::GrayMask;

    /// A bar of ink of 200 × 20 px at (100, 100).
    fn bar() -> LineMark {
        let mut mask = GrayMask::new(200, 20);
        mask.data.fill(255);
        let bbox = PixelBox { x: 100.0, y: 100.0, w: 200.0, h: 20.0 };
        LineMark { text: "bar".to_owned(), bbox, x: 100, y: 100, mask }
    }

    #[test]
    fn the_share_lost_is_the_share_under_the_hole() {
        let line = bar();
        let mut holes = Holes::none(600, 400);
        let share = |holes: &Holes| {
            let (lost, all) = Holes::lost(&line, |x, y| holes.depth(x, y) > 0.0);
            lost / all
        };
        assert!(share(&holes) < 1e-9);
        // Everything left of x = 150 is torn off: a quarter of the bar.
        holes.carve(PixelBox { x: 0.0, y: 0.0, w: 300.0, h: 400.0 }, |x, _| 150.0 - x);
        assert!((share(&holes) - 0.25).abs() < 0.02, "{}", share(&holes));
        holes.carve(PixelBox { x: 0.0, y: 0.0, w: 600.0, h: 400.0 }, |_, _| 10.0);
        assert!((share(&holes) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn heavy_pages_lose_more_paper_than_light_ones() {
        let sheet = Sheet::new(1200, 1700);
        let gone = |level| {
            (0..20)
                .map(|seed| {
                    Holes::draw(&sheet, level, &mut Rng::new(seed)).depth.iter().filter(|d| **d > 0).count()
                })
                .sum::<usize>()
        };
        let (light, medium, heavy) = (gone(Level::Light), gone(Level::Medium), gone(Level::Heavy));
        assert!(light < medium && medium < heavy, "{light} {medium} {heavy}");
    }
}
