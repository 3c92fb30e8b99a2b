//! The path a pen would take to write a glyph: its outline thinned to lines.
//!
//! Thinning after Zhang and Suen, "A fast parallel algorithm for thinning digital patterns", CACM 1984.

use ab_glyph_rasterizer::{Rasterizer, point};

use super::outline::{Contour, EmBox};

/// Pixels per x-height at which glyphs are thinned.
const RESOLUTION: f32 = 40.0;
/// Pixels between the points kept.
const STEP: usize = 3;

/// A point of a pen's path, em units, y up.
#[derive(Debug, Copy, Clone, PartialEq)]
pub struct PathPoint {
    /// Across.
    pub x: f32,
    /// Up.
    pub y: f32,
    /// Half the width of the font's stroke here.
    pub radius: f32,
}

/// A stretch of a pen's path between ends and crossings.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Its points.
    pub points: Vec<PathPoint>,
    /// Whether the pen lands at the first point (else the path goes on from a crossing).
    pub starts: bool,
    /// Whether the pen lifts at the last point.
    pub ends: bool,
}

/// The paths of a glyph.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Skeleton {
    /// Its paths, from left to right.
    pub paths: Vec<Path>,
}

impl Skeleton {
    /// Thins these contours.
    pub(super) fn new(contours: &[Contour], x_height: f32) -> Self {
        let Some(bbox) = EmBox::of(contours) else { return Self::default() };
        let scale = RESOLUTION / x_height.max(0.05);
        let mut grid = Grid::draw(contours, bbox, scale);
        let ink = grid.cells.clone();
        grid.thin();
        let mut paths = Vec::new();
        for (pixels, starts, ends) in grid.trace() {
            let radius = |x: usize, y: usize| depth(&ink, grid.width, grid.height, x, y);
            let mut points: Vec<PathPoint> = pixels
                .iter()
                .map(|(x, y)| PathPoint {
                    x: bbox.left + (*x as f32 - 1.5) / scale,
                    y: bbox.top - (*y as f32 - 1.5) / scale,
                    radius: radius(*x, *y) / scale,
                })
                .collect();
            let length = points.len() as f32 / scale;
            // A spur that thinning left at a corner or a serif.
            let stub = points.iter().map(|p| p.radius).fold(0.0, f32::max);
            if starts != ends && length < stub * 0.9 {
                continue;
            }
            for _ in 0..3 {
                smooth(&mut points);
            }
            let last = points.len() - 1;
            let mut kept: Vec<PathPoint> = points
                .iter()
                .enumerate()
                .filter(|(i, _)| i % STEP == 0 || *i == last)
                .map(|(_, p)| *p)
                .collect();
            reach(&mut kept, starts, ends);
            paths.push(Path { points: kept, starts, ends });
        }
        paths.sort_by(|a, b| left(a).total_cmp(&left(b)));
        Self { paths }
    }

    /// Its box; `None` if it has no path.
    pub fn bbox(&self) -> Option<EmBox> {
        let points: Contour =
            self.paths.iter().flat_map(|path| path.points.iter().map(|p| (p.x, p.y))).collect();
        EmBox::of([&points])
    }
}

fn left(path: &Path) -> f32 {
    path.points.iter().map(|p| p.x).fold(f32::MAX, f32::min)
}

/// One pass of a three-tap mean that leaves the ends where they are.
pub(crate) fn smooth(points: &mut [PathPoint]) {
    let mut before = points.first().copied();
    for i in 1..points.len().saturating_sub(1) {
        let (Some(a), b, c) = (before, points[i], points[i + 1]) else { return };
        points[i] = PathPoint {
            x: (a.x + 2.0 * b.x + c.x) / 4.0,
            y: (a.y + 2.0 * b.y + c.y) / 4.0,
            radius: (a.radius + 2.0 * b.radius + c.radius) / 4.0,
        };
        before = Some(b);
    }
}

/// Thinning eats half a stroke at free ends: gives it back.
fn reach(points: &mut [PathPoint], starts: bool, ends: bool) {
    let extend = |end: PathPoint, inner: PathPoint| {
        let (dx, dy) = (end.x - inner.x, end.y - inner.y);
        let length = (dx * dx + dy * dy).sqrt();
        let by = if length > 1e-5 { end.radius * 0.6 / length } else { 0.0 };
        PathPoint { x: end.x + dx * by, y: end.y + dy * by, ..end }
    };
    let n = points.len();
    if n < 3 {
        return;
    }
    if starts {
        points[0] = extend(points[0], points[2.min(n - 1)]);
    }
    if ends {
        points[n - 1] = extend(points[n - 1], points[n.saturating_sub(3)]);
    }
}

/// Distance from a pixel of ink to the paper, at most 14.
fn depth(ink: &[bool], width: usize, height: usize, x: usize, y: usize) -> f32 {
    let mut best = 14.0f32 * 14.0;
    for dy in -14i32..=14 {
        for dx in -14i32..=14 {
            let squared = (dx * dx + dy * dy) as f32;
            if squared >= best {
                continue;
            }
            let (cx, cy) = (x as i32 + dx, y as i32 + dy);
            let outside = cx < 0 || cy < 0 || cx >= width as i32 || cy >= height as i32;
            if outside || !ink[cy as usize * width + cx as usize] {
                best = squared;
            }
        }
    }
    (best.sqrt() - 0.5).max(0.5)
}

struct Grid {
    width: usize,
    height: usize,
    cells: Vec<bool>,
}

/// The eight neighbours, clockwise from above.
const AROUND: [(i32, i32); 8] = [(0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1)];

type Traced = (Vec<(usize, usize)>, bool, bool);

impl Grid {
    fn draw(contours: &[Contour], bbox: EmBox, scale: f32) -> Self {
        let width = ((bbox.right - bbox.left) * scale).ceil() as usize + 4;
        let height = ((bbox.top - bbox.bottom) * scale).ceil() as usize + 4;
        let mut rasterizer = Rasterizer::new(width, height);
        for contour in contours {
            let place =
                |p: (f32, f32)| point((p.0 - bbox.left) * scale + 2.0, (bbox.top - p.1) * scale + 2.0);
            for (i, p) in contour.iter().enumerate() {
                rasterizer.draw_line(place(*p), place(contour[(i + 1) % contour.len()]));
            }
        }
        let mut cells = vec![false; width * height];
        rasterizer.for_each_pixel(|index, coverage| cells[index] = coverage > 0.5);
        Self { width, height, cells }
    }

    fn at(&self, x: i32, y: i32) -> bool {
        x >= 0
            && y >= 0
            && (x as usize) < self.width
            && (y as usize) < self.height
            && self.cells[y as usize * self.width + x as usize]
    }

    fn thin(&mut self) {
        loop {
            let mut changed = false;
            for odd in [false, true] {
                let mut removed = Vec::new();
                for y in 1..self.height as i32 - 1 {
                    for x in 1..self.width as i32 - 1 {
                        if self.at(x, y) && self.removable(x, y, odd) {
                            removed.push(y as usize * self.width + x as usize);
                        }
                    }
                }
                changed |= !removed.is_empty();
                removed.into_iter().for_each(|i| self.cells[i] = false);
            }
            if !changed {
                return;
            }
        }
    }

    fn removable(&self, x: i32, y: i32, odd: bool) -> bool {
        let n = AROUND.map(|(dx, dy)| self.at(x + dx, y + dy));
        let count = n.iter().filter(|v| **v).count();
        let turns = (0..8).filter(|i| !n[*i] && n[(i + 1) % 8]).count();
        let sides = if odd { !(n[0] && n[6] && (n[2] || n[4])) } else { !(n[2] && n[4] && (n[0] || n[6])) };
        (2..=6).contains(&count) && turns == 1 && sides
    }

    /// Neighbours on the line; a diagonal one only where no straight step leads there too.
    fn next(&self, x: usize, y: usize) -> Vec<(usize, usize)> {
        let (x, y) = (x as i32, y as i32);
        AROUND
            .iter()
            .filter(|(dx, dy)| {
                self.at(x + dx, y + dy)
                    && (*dx == 0 || *dy == 0 || !(self.at(x + dx, y) || self.at(x, y + dy)))
            })
            .map(|(dx, dy)| ((x + dx) as usize, (y + dy) as usize))
            .collect()
    }

    /// The lines between ends and crossings; then closed loops.
    fn trace(&self) -> Vec<Traced> {
        let mut used = vec![false; self.cells.len()];
        let index = |p: (usize, usize)| p.1 * self.width + p.0;
        let all: Vec<(usize, usize)> = (0..self.cells.len())
            .filter(|i| self.cells[*i])
            .map(|i| (i % self.width, i / self.width))
            .collect();
        let mut lines: Vec<Traced> = Vec::new();
        for start in &all {
            let degree = self.next(start.0, start.1).len();
            if degree == 0 {
                lines.push((vec![*start, *start], true, true));
                used[index(*start)] = true;
            }
            if degree == 2 || degree == 0 {
                continue;
            }
            for first in self.next(start.0, start.1) {
                if used[index(first)] && self.next(first.0, first.1).len() == 2 {
                    continue;
                }
                let line = self.follow(*start, first, &mut used);
                let end = line[line.len() - 1];
                let end_degree = self.next(end.0, end.1).len();
                // Between two crossings side by side every line is met twice.
                if line.len() == 2 && end_degree != 2 && index(end) < index(*start) {
                    continue;
                }
                lines.push((line, degree == 1, end_degree == 1));
            }
        }
        for start in &all {
            if !used[index(*start)] && self.next(start.0, start.1).len() == 2 {
                let first = self.next(start.0, start.1)[0];
                used[index(*start)] = true;
                let mut line = self.follow(*start, first, &mut used);
                line.push(*start);
                lines.push((line, false, false));
            }
        }
        lines
    }

    fn follow(&self, start: (usize, usize), first: (usize, usize), used: &mut [bool]) -> Vec<(usize, usize)> {
        let mut line = vec![start, first];
        let (mut before, mut at) = (start, first);
        while self.next(at.0, at.1).len() == 2 {
            used[at.1 * self.width + at.0] = true;
            let Some(next) = self.next(at.0, at.1).into_iter().find(|p| *p != before) else { break };
            if next == start || (used[next.1 * self.width + next.0] && self.next(next.0, next.1).len() == 2) {
                if next == start {
                    line.push(next);
                }
                break;
            }
            (before, at) = (at, next);
            line.push(at);
        }
        // A line that ends in a free end has been walked wholly.
        used[at.1 * self.width + at.0] = true;
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(x0: f32, y0: f32, x1: f32, y1: f32) -> Contour {
        vec![(x0, y0), (x0, y1), (x1, y1), (x1, y0)]
    }

    #[test]
    fn a_bar_becomes_its_middle_line() {
        let skeleton = Skeleton::new(&[bar(0.0, 0.0, 0.1, 1.0)], 0.5);
        assert_eq!(skeleton.paths.len(), 1);
        let path = &skeleton.paths[0];
        assert!(path.starts && path.ends);
        for p in &path.points {
            assert!((p.x - 0.05).abs() < 0.03, "{p:?}");
            assert!((p.radius - 0.05).abs() < 0.02, "{p:?}");
        }
        let b = skeleton.bbox();
        assert!(b.is_some_and(|b| b.bottom < 0.06 && b.top > 0.94), "{b:?}");
    }

    #[test]
    fn a_cross_has_four_arms_and_a_ring_none() {
        let cross = Skeleton::new(&[bar(0.45, 0.0, 0.55, 1.0), bar(0.0, 0.45, 1.0, 0.55)], 0.5);
        assert_eq!(cross.paths.iter().filter(|p| p.starts != p.ends).count(), 4);
        let mut inner = bar(0.1, 0.1, 0.9, 0.9);
        inner.reverse();
        let ring = Skeleton::new(&[bar(0.0, 0.0, 1.0, 1.0), inner], 0.5);
        assert!(!ring.paths.is_empty() && ring.paths.iter().all(|p| !p.starts && !p.ends), "{ring:?}");
    }
}
