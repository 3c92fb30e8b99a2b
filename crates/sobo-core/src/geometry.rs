//! Points, rectangles and quadrilaterals, each tagged with the space its pixels belong to.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A named coordinate space. Boxes of different spaces do not mix by accident.
pub trait Space: Copy + Clone + fmt::Debug + Default + PartialEq + Send + Sync + 'static {
    /// Name used in messages.
    const NAME: &'static str;
}

/// Pixels of the page as intake decodes it: EXIF orientation applied, origin top left, y down.
/// This is what a viewer shows and what evidence boxes are given in.
#[derive(Debug, Copy, Clone, Default, PartialEq)]
pub struct Original;

/// Pixels of the restored page (upright, flat, cropped to the sheet), at restoration's resolution.
#[derive(Debug, Copy, Clone, Default, PartialEq)]
pub struct Restored;

impl Space for Original {
    const NAME: &'static str = "original";
}

impl Space for Restored {
    const NAME: &'static str = "restored";
}

/// A position in pixels of space `S`; the centre of the top left pixel is (0.5, 0.5).
#[derive(Debug, Copy, Clone, Default, PartialEq)]
pub struct Point<S: Space> {
    /// Pixels from the left edge.
    pub x: f64,
    /// Pixels from the top edge.
    pub y: f64,
    space: PhantomData<S>,
}

impl<S: Space> Point<S> {
    /// A point at `(x, y)`.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, space: PhantomData }
    }

    /// Euclidean distance in pixels.
    pub fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// An axis-parallel box in pixels of space `S`. Serialised as `[x, y, w, h]`.
#[derive(Debug, Copy, Clone, Default, PartialEq)]
pub struct Rect<S: Space> {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Width, never negative.
    pub w: f64,
    /// Height, never negative.
    pub h: f64,
    space: PhantomData<S>,
}

impl<S: Space> Rect<S> {
    /// A box with its top left corner at `(x, y)`; negative sizes become zero.
    pub fn new(x: f64, y: f64, w: f64, h: f64) -> Self {
        Self { x, y, w: w.max(0.0), h: h.max(0.0), space: PhantomData }
    }

    /// The box spanned by two x and two y coordinates, in any order.
    pub fn from_edges(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        Self::new(x0.min(x1), y0.min(y1), (x1 - x0).abs(), (y1 - y0).abs())
    }

    /// Right edge.
    pub fn right(&self) -> f64 {
        self.x + self.w
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f64 {
        self.y + self.h
    }

    /// Centre of the box.
    pub fn centre(&self) -> Point<S> {
        Point::new(self.x + self.w / 2.0, self.y + self.h / 2.0)
    }

    /// Area in square pixels.
    pub fn area(&self) -> f64 {
        self.w * self.h
    }

    /// The part both boxes share, or `None` where they do not meet.
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let x0 = self.x.max(other.x);
        let y0 = self.y.max(other.y);
        let x1 = self.right().min(other.right());
        let y1 = self.bottom().min(other.bottom());
        (x1 > x0 && y1 > y0).then(|| Self::new(x0, y0, x1 - x0, y1 - y0))
    }

    /// The smallest box that holds both.
    pub fn union(&self, other: &Self) -> Self {
        Self::from_edges(
            self.x.min(other.x),
            self.y.min(other.y),
            self.right().max(other.right()),
            self.bottom().max(other.bottom()),
        )
    }

    /// Intersection over union, in `0..=1`; zero where both are empty.
    pub fn iou(&self, other: &Self) -> f64 {
        let shared = self.intersection(other).map_or(0.0, |r| r.area());
        let all = self.area() + other.area() - shared;
        if all > 0.0 { shared / all } else { 0.0 }
    }

    /// The box grown by `dx` and `dy` pixels on each side.
    pub fn grown(&self, dx: f64, dy: f64) -> Self {
        Self::new(self.x - dx, self.y - dy, self.w + 2.0 * dx, self.h + 2.0 * dy)
    }

    /// The part inside an image of `width` × `height` pixels.
    pub fn clamped(&self, width: u32, height: u32) -> Self {
        let (width, height) = (f64::from(width), f64::from(height));
        Self::from_edges(
            self.x.clamp(0.0, width),
            self.y.clamp(0.0, height),
            self.right().clamp(0.0, width),
            self.bottom().clamp(0.0, height),
        )
    }

    /// The four corners, clockwise from top left.
    pub fn corners(&self) -> [Point<S>; 4] {
        [
            Point::new(self.x, self.y),
            Point::new(self.right(), self.y),
            Point::new(self.right(), self.bottom()),
            Point::new(self.x, self.bottom()),
        ]
    }
}

impl<S: Space> Serialize for Rect<S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let round = |v: f64| v.round() as i64;
        [round(self.x), round(self.y), round(self.w), round(self.h)].serialize(serializer)
    }
}

impl<'de, S: Space> Deserialize<'de> for Rect<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let [x, y, w, h] = <[f64; 4]>::deserialize(deserializer)?;
        Ok(Self::new(x, y, w, h))
    }
}

/// Four corners, clockwise from the top left of the text they hold.
#[derive(Debug, Copy, Clone, Default, PartialEq)]
pub struct Quad<S: Space>(pub [Point<S>; 4]);

impl<S: Space> Quad<S> {
    /// The axis-parallel box around the corners.
    pub fn bounds(&self) -> Rect<S> {
        let [first, rest @ ..] = &self.0;
        let (mut x0, mut y0, mut x1, mut y1) = (first.x, first.y, first.x, first.y);
        for p in rest {
            x0 = x0.min(p.x);
            y0 = y0.min(p.y);
            x1 = x1.max(p.x);
            y1 = y1.max(p.y);
        }
        Rect::from_edges(x0, y0, x1, y1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iou_of_halves() {
        let a = Rect::<Original>::new(0.0, 0.0, 10.0, 10.0);
        let b = Rect::<Original>::new(5.0, 0.0, 10.0, 10.0);
        assert!((a.iou(&b) - 50.0 / 150.0).abs() < 1e-12);
        assert_eq!(a.iou(&Rect::new(20.0, 0.0, 1.0, 1.0)), 0.0);
    }

    #[test]
    fn rect_reads_and_writes_four_numbers() {
        let rect = Rect::<Original>::new(1.4, 2.6, 3.0, 4.0);
        let json = serde_json::to_string(&rect).unwrap_or_default();
        assert_eq!(json, "[1,3,3,4]");
        let back: Rect<Original> = serde_json::from_str(&json).unwrap_or_default();
        assert_eq!(back, Rect::new(1.0, 3.0, 3.0, 4.0));
    }
}
