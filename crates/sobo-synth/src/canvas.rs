//! Drawing shapes of ink into a mask.

use ab_glyph_rasterizer::{Rasterizer, point};

use crate::ink::{GrayMask, PixelBox};

/// A point in pixels, y down.
pub type Point = (f32, f32);

/// A shape of ink in pixels, y down.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Polygons filled by the non-zero rule.
    Fill(Vec<Vec<Point>>),
    /// The path of a round pen with its radius and its ink (0..1) at each point.
    Stroke(Vec<PenPoint>),
}

/// A moment of a stroke.
#[derive(Debug, Copy, Clone, PartialEq)]
pub struct PenPoint {
    /// Across.
    pub x: f32,
    /// Down.
    pub y: f32,
    /// Half the width of the line.
    pub radius: f32,
    /// How much ink flows, 0..=1.
    pub flow: f32,
}

impl Shape {
    /// Calls `f` for every point, to move it.
    pub fn map(&mut self, mut f: impl FnMut(Point) -> Point) {
        match self {
            Self::Fill(contours) => contours.iter_mut().flatten().for_each(|p| *p = f(*p)),
            Self::Stroke(points) => points.iter_mut().for_each(|p| (p.x, p.y) = f((p.x, p.y))),
        }
    }

    /// Enlarges it about the origin, pen and all.
    pub fn scale(&mut self, factor: f32) {
        match self {
            Self::Fill(contours) => {
                contours.iter_mut().flatten().for_each(|p| *p = (p.0 * factor, p.1 * factor))
            }
            Self::Stroke(points) => points.iter_mut().for_each(|p| {
                (p.x, p.y, p.radius) = (p.x * factor, p.y * factor, (p.radius * factor).max(0.3));
            }),
        }
    }

    /// The box around its ink; `None` if there is none.
    pub fn bounds(&self) -> Option<PixelBox> {
        let mut range: Option<(f32, f32, f32, f32)> = None;
        let mut add = |x0: f32, y0: f32, x1: f32, y1: f32| {
            let r = range.unwrap_or((x0, y0, x1, y1));
            range = Some((r.0.min(x0), r.1.min(y0), r.2.max(x1), r.3.max(y1)));
        };
        match self {
            Self::Fill(contours) => contours.iter().flatten().for_each(|p| add(p.0, p.1, p.0, p.1)),
            Self::Stroke(points) => points
                .iter()
                .for_each(|p| add(p.x - p.radius, p.y - p.radius, p.x + p.radius, p.y + p.radius)),
        }
        range.map(|(x0, y0, x1, y1)| PixelBox { x: x0, y: y0, w: x1 - x0, h: y1 - y0 })
    }
}

/// A mask being drawn on, with the scratch space of the rasteriser.
pub struct Canvas {
    mask: GrayMask,
    rasterizer: Rasterizer,
}

impl Canvas {
    /// An empty canvas.
    pub fn new(width: usize, height: usize) -> Self {
        Self { mask: GrayMask::new(width, height), rasterizer: Rasterizer::new(1, 1) }
    }

    /// The mask drawn so far.
    pub fn into_mask(self) -> GrayMask {
        self.mask
    }

    /// Draws a shape with this much ink (0..=1), moved by `(dx, dy)`; where it crosses what is there
    /// the darker ink stays.
    pub fn draw(&mut self, shape: &Shape, dx: f32, dy: f32, ink: f32) {
        match shape {
            Shape::Fill(contours) => self.fill(contours, shape.bounds(), dx, dy, ink),
            Shape::Stroke(points) => {
                let moved = |p: &PenPoint| PenPoint { x: p.x + dx, y: p.y + dy, ..*p };
                match points.as_slice() {
                    [] => {}
                    [dot] => self.segment(moved(dot), moved(dot), ink),
                    _ => points.windows(2).for_each(|w| self.segment(moved(&w[0]), moved(&w[1]), ink)),
                }
            }
        }
    }

    fn fill(&mut self, contours: &[Vec<Point>], bounds: Option<PixelBox>, dx: f32, dy: f32, ink: f32) {
        let Some(b) = bounds else { return };
        let (left, top) = ((b.x + dx).floor(), (b.y + dy).floor());
        let width = ((b.x + dx + b.w).ceil() - left) as usize + 1;
        let height = ((b.y + dy + b.h).ceil() - top) as usize + 1;
        self.rasterizer.reset(width, height);
        for contour in contours {
            let place = |p: &Point| point(p.0 + dx - left, p.1 + dy - top);
            for pair in contour.windows(2) {
                self.rasterizer.draw_line(place(&pair[0]), place(&pair[1]));
            }
            if let (Some(first), Some(last)) = (contour.first(), contour.last()) {
                self.rasterizer.draw_line(place(last), place(first));
            }
        }
        let (left, top) = (left as isize, top as isize);
        let mask = &mut self.mask;
        self.rasterizer.for_each_pixel_2d(|x, y, coverage| {
            if coverage < 0.004 {
                return;
            }
            let (x, y) = (left + x as isize, top + y as isize);
            if x >= 0 && y >= 0 && (x as usize) < mask.width && (y as usize) < mask.height {
                let to = &mut mask.data[y as usize * mask.width + x as usize];
                *to = (*to).max((coverage.min(1.0) * ink * 255.0) as u8);
            }
        });
    }

    /// A segment of a stroke, from its distance to every pixel nearby.
    fn segment(&mut self, a: PenPoint, b: PenPoint, ink: f32) {
        let reach = a.radius.max(b.radius) + 0.7;
        let (width, height) = (self.mask.width as f32, self.mask.height as f32);
        let x0 = (a.x.min(b.x) - reach).floor().clamp(0.0, width) as usize;
        let x1 = (a.x.max(b.x) + reach).ceil().clamp(0.0, width) as usize;
        let y0 = (a.y.min(b.y) - reach).floor().clamp(0.0, height) as usize;
        let y1 = (a.y.max(b.y) + reach).ceil().clamp(0.0, height) as usize;
        let (ux, uy) = (b.x - a.x, b.y - a.y);
        let length = ux * ux + uy * uy;
        let inverse = if length > 1e-6 { 1.0 / length } else { 0.0 };
        for y in y0..y1 {
            let row = &mut self.mask.data[y * self.mask.width..][..self.mask.width];
            let py = y as f32 + 0.5 - a.y;
            for (x, to) in row.iter_mut().enumerate().take(x1).skip(x0) {
                let px = x as f32 + 0.5 - a.x;
                let t = ((px * ux + py * uy) * inverse).clamp(0.0, 1.0);
                let (ex, ey) = (px - t * ux, py - t * uy);
                let radius = a.radius + (b.radius - a.radius) * t;
                let limit = radius + 0.5;
                let squared = ex * ex + ey * ey;
                if squared >= limit * limit {
                    continue;
                }
                // A line thinner than a pixel covers only its share of it.
                let cover = (limit - squared.sqrt()).min(1.0) * (radius * 2.0).min(1.0);
                let value = cover * (a.flow + (b.flow - a.flow) * t) * ink;
                *to = (*to).max((value * 255.0) as u8);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_and_strokes_cover_their_area() {
        let mut canvas = Canvas::new(20, 20);
        let square = vec![(2.0, 2.0), (2.0, 8.0), (8.0, 8.0), (8.0, 2.0)];
        canvas.draw(&Shape::Fill(vec![square]), 1.0, 0.0, 1.0);
        let total: u32 = canvas.mask.data.iter().map(|v| u32::from(*v)).sum();
        assert!((total as f32 / 255.0 - 36.0).abs() < 0.5, "{total}");
        assert!(canvas.mask.at(3, 2) > 250 && canvas.mask.at(2, 2) == 0);

        let mut canvas = Canvas::new(20, 20);
        let pen = |x| PenPoint { x, y: 10.0, radius: 2.0, flow: 0.5 };
        canvas.draw(&Shape::Stroke(vec![pen(5.0), pen(15.0)]), 0.0, 0.0, 1.0);
        assert_eq!(canvas.mask.at(10, 10), 127);
        assert_eq!(canvas.mask.at(10, 15), 0);
        let total: u32 = canvas.mask.data.iter().map(|v| u32::from(*v)).sum();
        assert!((total as f32 / 127.0 - 40.0 - 12.5).abs() < 4.0, "{total}");
        // Outside the canvas is no error.
        canvas.draw(&Shape::Stroke(vec![pen(-50.0), pen(500.0)]), 0.0, 0.0, 1.0);
    }
}
