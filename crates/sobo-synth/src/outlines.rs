//! From em units to pixels: placing, growing and bending outlines.

use crate::canvas::{PenPoint, Point, Shape};
use crate::fonts::Contour;
use crate::random::{Rng, noise};
use crate::writer::Drawn;

/// Where and how an outline is put.
#[derive(Debug, Copy, Clone)]
pub(crate) struct Placement {
    /// Pen position, px.
    pub(crate) x: f32,
    /// Baseline, px, y down.
    pub(crate) y: f32,
    /// Pixels per em across.
    pub(crate) scale_x: f32,
    /// Pixels per em upwards.
    pub(crate) scale_y: f32,
    /// Rightward lean per unit of height.
    pub(crate) slant: f32,
    /// Turn about the origin, radians, small.
    pub(crate) turn: f32,
    /// How far edges move outward, em.
    pub(crate) grow: f32,
}

impl Placement {
    /// A point in em units (y up) in pixels (y down).
    pub(crate) fn apply(&self, (x, y): Point) -> Point {
        let (px, py) = (x * self.scale_x + y * self.scale_y * self.slant, y * self.scale_y);
        let (px, py) = (px - self.turn * py, py + self.turn * px);
        (self.x + px, self.y - py)
    }
}

/// Places contours, moving their edges outward by `grow`; `bend` deforms them first, in em units.
pub(crate) fn filled<'a>(
    contours: impl Iterator<Item = &'a Contour>,
    place: &Placement,
    bend: impl Fn(Point) -> Point,
) -> Shape {
    let mut placed = Vec::new();
    for contour in contours {
        let n = contour.len();
        let mut points = Vec::with_capacity(n);
        for i in 0..n {
            let mut p = contour[i];
            if place.grow.abs() > 1e-5 {
                let (a, b) = (contour[(i + n - 1) % n], contour[(i + 1) % n]);
                let (dx, dy) = (b.0 - a.0, b.1 - a.1);
                let length = (dx * dx + dy * dy).sqrt().max(1e-5);
                // Outlines turn clockwise, so their outside lies to the left.
                p = (p.0 - dy / length * place.grow, p.1 + dx / length * place.grow);
            }
            points.push(place.apply(bend(p)));
        }
        placed.push(points);
    }
    Shape::Fill(placed)
}

/// One to three strokes through the writing between two pen positions.
pub(crate) fn strike(from: f32, to: f32, size: f32, width: f32, rng: &mut Rng) -> Drawn {
    let mut shapes = Vec::new();
    let strokes = [1, 2, 3][rng.weighted(&[0.6, 0.3, 0.1])];
    for stroke in 0..strokes {
        let seed = rng.next_u64();
        let height = size * (0.38 + 0.12 * rng.normal() + 0.16 * stroke as f32 - 0.1 * (strokes - 1) as f32);
        let tilt = rng.normal() * 0.04 * size;
        let (left, right) = (from - size * rng.range(0.0, 0.25), to + size * rng.range(0.0, 0.25));
        let n = ((right - left) / 4.0).clamp(2.0, 200.0) as usize;
        let points = (0..=n).map(|i| {
            let t = i as f32 / n as f32;
            let wave = noise(seed, t * 3.0) * size * 0.08;
            PenPoint {
                x: left + (right - left) * t,
                y: -height + tilt * (t - 0.5) * 2.0 + wave,
                radius: width / 2.0,
                flow: 0.85,
            }
        });
        shapes.push(Shape::Stroke(points.collect()));
    }
    Drawn { character: None, shapes, ink: 0.95 }
}
