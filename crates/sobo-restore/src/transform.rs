//! The one map between the original's pixels and the restored page's: quarter turns, a homography and a smooth
//! displacement mesh.

use serde::{Deserialize, Serialize};
use sobo_core::{Original, Point, Quad, Rect, Restored};

/// How the original must be turned to stand upright.
#[derive(Debug, Copy, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Orientation {
    /// It stands upright.
    #[default]
    Upright,
    /// Turn it clockwise by a quarter.
    Clockwise,
    /// It stands on its head.
    UpsideDown,
    /// Turn it counter-clockwise by a quarter.
    CounterClockwise,
}

impl Orientation {
    /// All four.
    pub const ALL: [Self; 4] = [Self::Upright, Self::Clockwise, Self::UpsideDown, Self::CounterClockwise];

    /// Clockwise turn in degrees that makes the page upright.
    pub fn degrees(self) -> u32 {
        match self {
            Self::Upright => 0,
            Self::Clockwise => 90,
            Self::UpsideDown => 180,
            Self::CounterClockwise => 270,
        }
    }

    /// Whether width and height change places.
    pub fn swaps_sides(self) -> bool {
        matches!(self, Self::Clockwise | Self::CounterClockwise)
    }

    /// [`Self::turn`] as a matrix.
    pub(crate) fn turning(self, w: f64, h: f64) -> Homography {
        let m = match self {
            Self::Upright => return Homography::IDENTITY,
            Self::Clockwise => [0.0, -1.0, h, 1.0, 0.0, 0.0],
            Self::UpsideDown => [-1.0, 0.0, w, 0.0, -1.0, h],
            Self::CounterClockwise => [0.0, 1.0, 0.0, -1.0, 0.0, w],
        };
        Homography([m[0], m[1], m[2], m[3], m[4], m[5], 0.0, 0.0, 1.0])
    }

    /// Position after turning, for an image of `w` × `h` before the turn.
    pub(crate) fn turn(self, x: f64, y: f64, w: f64, h: f64) -> (f64, f64) {
        match self {
            Self::Upright => (x, y),
            Self::Clockwise => (h - y, x),
            Self::UpsideDown => (w - x, h - y),
            Self::CounterClockwise => (y, w - x),
        }
    }

    /// The inverse of [`Self::turn`]; `w` × `h` is still the size before the turn.
    pub(crate) fn turn_back(self, x: f64, y: f64, w: f64, h: f64) -> (f64, f64) {
        match self {
            Self::Upright => (x, y),
            Self::Clockwise => (y, h - x),
            Self::UpsideDown => (w - x, h - y),
            Self::CounterClockwise => (w - y, x),
        }
    }
}

/// A plane projective map, row-major 3 × 3.
#[derive(Debug, Copy, Clone, PartialEq, Serialize, Deserialize)]
pub struct Homography(pub [f64; 9]);

impl Homography {
    /// The map that changes nothing.
    pub const IDENTITY: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);

    /// Image of `(x, y)`.
    #[inline]
    pub fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let m = &self.0;
        let d = m[6] * x + m[7] * y + m[8];
        ((m[0] * x + m[1] * y + m[2]) / d, (m[3] * x + m[4] * y + m[5]) / d)
    }

    /// First `self`, then `next`.
    pub fn then(&self, next: &Self) -> Self {
        let (a, b) = (&next.0, &self.0);
        let mut m = [0.0; 9];
        for r in 0..3 {
            for c in 0..3 {
                m[r * 3 + c] = (0..3).map(|k| a[r * 3 + k] * b[k * 3 + c]).sum();
            }
        }
        Self(m)
    }

    /// The inverse map, or `None` where the matrix is singular.
    pub fn inverse(&self) -> Option<Self> {
        let m = &self.0;
        let cofactor = |a: usize, b: usize, c: usize, d: usize| m[a] * m[d] - m[b] * m[c];
        let (c0, c1, c2) = (cofactor(4, 5, 7, 8), -cofactor(3, 5, 6, 8), cofactor(3, 4, 6, 7));
        let det = m[0] * c0 + m[1] * c1 + m[2] * c2;
        let scale = m.iter().fold(0.0f64, |s, v| s.max(v.abs()));
        if !det.is_finite() || det.abs() <= 1e-12 * scale.powi(3).min(1.0) {
            return None;
        }
        let adjugate = [
            c0,
            -cofactor(1, 2, 7, 8),
            cofactor(1, 2, 4, 5),
            c1,
            cofactor(0, 2, 6, 8),
            -cofactor(0, 2, 3, 5),
            c2,
            -cofactor(0, 1, 6, 7),
            cofactor(0, 1, 3, 4),
        ];
        Some(Self(adjugate.map(|v| v / det)))
    }

    /// The map that takes the corners `from` to the corners `to` (both in the same order), or `None` where three of
    /// them lie on a line.
    pub fn between(from: [(f64, f64); 4], to: [(f64, f64); 4]) -> Option<Self> {
        let mut a = [[0.0f64; 9]; 8];
        for (i, ((x, y), (u, v))) in from.into_iter().zip(to).enumerate() {
            a[2 * i] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
            a[2 * i + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
        }
        for column in 0..8 {
            let pivot = (column..8).max_by(|&i, &j| a[i][column].abs().total_cmp(&a[j][column].abs()))?;
            a.swap(column, pivot);
            if a[column][column].abs() < 1e-9 {
                return None;
            }
            let row = a[column];
            for (i, other) in a.iter_mut().enumerate() {
                if i != column {
                    let f = other[column] / row[column];
                    for (o, r) in other.iter_mut().zip(row) {
                        *o -= f * r;
                    }
                }
            }
        }
        let mut m = [1.0; 9];
        for i in 0..8 {
            m[i] = a[i][8] / a[i][i];
        }
        Some(Self(m))
    }
}

/// Displacements on a regular grid over the restored page, interpolated bilinearly and constant beyond its rim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mesh {
    /// Distance of neighbouring nodes in restored pixels.
    pub step: f64,
    /// Nodes in a row.
    pub columns: usize,
    /// Rows of nodes.
    pub rows: usize,
    /// `(dx, dy)` of every node, row by row: a restored point plus its displacement is a point of the plane that
    /// the homography maps to the upright original.
    pub nodes: Vec<[f32; 2]>,
}

impl Mesh {
    /// A mesh over `width` × `height` pixels with displacements given by `f(x, y)`.
    pub fn from_fn(width: u32, height: u32, step: f64, mut f: impl FnMut(f64, f64) -> (f64, f64)) -> Self {
        let columns = (f64::from(width) / step).ceil() as usize + 1;
        let rows = (f64::from(height) / step).ceil() as usize + 1;
        let mut nodes = Vec::with_capacity(columns * rows);
        for r in 0..rows {
            for c in 0..columns {
                let (dx, dy) = f(c as f64 * step, r as f64 * step);
                nodes.push([dx as f32, dy as f32]);
            }
        }
        Self { step, columns, rows, nodes }
    }

    /// Scales all displacements down where neighbouring nodes differ by more than `share` of their distance, so that
    /// the map stays invertible.
    pub(crate) fn limit_steepness(&mut self, share: f64) {
        let mut steepest = 0f64;
        for r in 0..self.rows {
            for c in 0..self.columns {
                let here = self.nodes[r * self.columns + c];
                let mut against = |other: [f32; 2]| {
                    for i in 0..2 {
                        steepest = steepest.max(f64::from((here[i] - other[i]).abs()));
                    }
                };
                if c + 1 < self.columns {
                    against(self.nodes[r * self.columns + c + 1]);
                }
                if r + 1 < self.rows {
                    against(self.nodes[(r + 1) * self.columns + c]);
                }
            }
        }
        let allowed = share * self.step;
        if steepest > allowed {
            let k = (allowed / steepest) as f32;
            for node in &mut self.nodes {
                node[0] *= k;
                node[1] *= k;
            }
        }
    }

    /// Displacement at `(x, y)`.
    #[inline]
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let gx = (x / self.step).clamp(0.0, (self.columns - 1) as f64);
        let gy = (y / self.step).clamp(0.0, (self.rows - 1) as f64);
        let (c0, r0) = (gx as usize, gy as usize);
        let (c1, r1) = ((c0 + 1).min(self.columns - 1), (r0 + 1).min(self.rows - 1));
        let (fx, fy) = (gx - c0 as f64, gy - r0 as f64);
        let node = |c: usize, r: usize| self.nodes[r * self.columns + c];
        let (a, b, c, d) = (node(c0, r0), node(c1, r0), node(c0, r1), node(c1, r1));
        let mix = |i: usize| {
            let top = f64::from(a[i]) * (1.0 - fx) + f64::from(b[i]) * fx;
            let bottom = f64::from(c[i]) * (1.0 - fx) + f64::from(d[i]) * fx;
            top * (1.0 - fy) + bottom * fy
        };
        (mix(0), mix(1))
    }
}

/// The map between a page's original pixels and its restored ones.
///
/// From restored to original: add the mesh's displacement, apply the homography, undo the quarter turn. The way back
/// is solved numerically; a round trip errs by far less than a pixel as long as the mesh stays smooth (neighbouring
/// nodes differ by less than half their distance), which restoration sees to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transform {
    orientation: Orientation,
    original: (u32, u32),
    restored: (u32, u32),
    to_upright: Homography,
    from_upright: Homography,
    mesh: Option<Mesh>,
}

impl Transform {
    /// A transform from its parts. `to_upright` maps the plane of the restored page to the original after its quarter
    /// turn. `None` where the homography has no inverse.
    pub fn new(
        original: (u32, u32),
        restored: (u32, u32),
        orientation: Orientation,
        to_upright: Homography,
        mesh: Option<Mesh>,
    ) -> Option<Self> {
        let from_upright = to_upright.inverse()?;
        Some(Self { orientation, original, restored, to_upright, from_upright, mesh })
    }

    /// The transform of a page that is left as it is.
    pub fn identity(size: (u32, u32)) -> Self {
        Self {
            orientation: Orientation::Upright,
            original: size,
            restored: size,
            to_upright: Homography::IDENTITY,
            from_upright: Homography::IDENTITY,
            mesh: None,
        }
    }

    /// The same transform with other displacements.
    #[must_use]
    pub fn with_mesh(self, mesh: Mesh) -> Self {
        Self { mesh: Some(mesh), ..self }
    }

    /// Width and height of the original.
    pub fn original_size(&self) -> (u32, u32) {
        self.original
    }

    /// Width and height of the restored page.
    pub fn restored_size(&self) -> (u32, u32) {
        self.restored
    }

    /// How the original was turned.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// The displacement mesh, where dewarping paid.
    pub fn mesh(&self) -> Option<&Mesh> {
        self.mesh.as_ref()
    }

    fn original_f64(&self) -> (f64, f64) {
        (f64::from(self.original.0), f64::from(self.original.1))
    }

    /// Where a restored point lies on the original (possibly outside its pixels).
    #[inline]
    pub fn to_original(&self, point: Point<Restored>) -> Point<Original> {
        let (dx, dy) = self.mesh.as_ref().map_or((0.0, 0.0), |m| m.at(point.x, point.y));
        let (x, y) = self.to_upright.apply(point.x + dx, point.y + dy);
        let (w, h) = self.original_f64();
        let (x, y) = self.orientation.turn_back(x, y, w, h);
        Point::new(x, y)
    }

    /// Where a point of the original lies on the restored page (possibly outside its pixels).
    pub fn to_restored(&self, point: Point<Original>) -> Point<Restored> {
        let (w, h) = self.original_f64();
        let (x, y) = self.orientation.turn(point.x, point.y, w, h);
        let (fx, fy) = self.from_upright.apply(x, y);
        let Some(mesh) = &self.mesh else { return Point::new(fx, fy) };
        // Fixed-point iteration of p = f − d(p); the mesh contracts, so a dozen rounds reach 1/1000 of a pixel.
        let (mut px, mut py) = (fx, fy);
        for _ in 0..40 {
            let (dx, dy) = mesh.at(px, py);
            let (nx, ny) = (fx - dx, fy - dy);
            let moved = (nx - px).abs().max((ny - py).abs());
            (px, py) = (nx, ny);
            if moved < 1e-3 {
                break;
            }
        }
        Point::new(px, py)
    }

    /// The four corners of a restored box on the original, clockwise from the top left of its text.
    pub fn quad_to_original(&self, rect: Rect<Restored>) -> Quad<Original> {
        Quad(rect.corners().map(|p| self.to_original(p)))
    }

    /// The four corners of an original's box on the restored page, clockwise from the box's top left.
    pub fn quad_to_restored(&self, rect: Rect<Original>) -> Quad<Restored> {
        Quad(rect.corners().map(|p| self.to_restored(p)))
    }

    /// The axis-parallel box on the original around a restored box, its bent edges included.
    pub fn rect_to_original(&self, rect: Rect<Restored>) -> Rect<Original> {
        bounds(rim(rect).map(|p| self.to_original(p)).map(|p| (p.x, p.y)))
    }

    /// The axis-parallel box on the restored page around a box of the original.
    pub fn rect_to_restored(&self, rect: Rect<Original>) -> Rect<Restored> {
        bounds(rim(rect).map(|p| self.to_restored(p)).map(|p| (p.x, p.y)))
    }

    /// How many original pixels one restored pixel spans at `point` (geometric mean of both directions).
    pub fn scale_at(&self, point: Point<Restored>) -> f64 {
        let o = self.to_original(point);
        let x = self.to_original(Point::new(point.x + 1.0, point.y));
        let y = self.to_original(Point::new(point.x, point.y + 1.0));
        ((x.x - o.x) * (y.y - o.y) - (x.y - o.y) * (y.x - o.x)).abs().sqrt()
    }
}

/// Points along the edges of a box, corners included.
fn rim<S: sobo_core::Space>(rect: Rect<S>) -> impl Iterator<Item = Point<S>> {
    const STEPS: u32 = 8;
    (0..=STEPS).flat_map(move |i| {
        let t = f64::from(i) / f64::from(STEPS);
        let (x, y) = (rect.x + rect.w * t, rect.y + rect.h * t);
        [
            Point::new(x, rect.y),
            Point::new(x, rect.bottom()),
            Point::new(rect.x, y),
            Point::new(rect.right(), y),
        ]
    })
}

fn bounds<S: sobo_core::Space>(points: impl Iterator<Item = (f64, f64)>) -> Rect<S> {
    let start = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    let (x0, y0, x1, y1) =
        points.fold(start, |(a, b, c, d), (x, y)| (a.min(x), b.min(y), c.max(x), d.max(y)));
    Rect::from_edges(x0, y0, x1, y1)
}
