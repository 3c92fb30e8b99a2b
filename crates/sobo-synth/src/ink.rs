//! Ink before it meets paper: masks of coverage, with the boxes of the glyphs they hold.

use serde::{Deserialize, Serialize};

/// A mask of ink, 0 none .. 255 full, row by row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GrayMask {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` values.
    pub data: Vec<u8>,
}

/// A box in the pixels of a mask.
#[derive(Debug, Copy, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PixelBox {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl PixelBox {
    /// The smallest box around both.
    pub fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self {
            x,
            y,
            w: (self.x + self.w).max(other.x + other.w) - x,
            h: (self.y + self.h).max(other.y + other.h) - y,
        }
    }
}

/// A written character and where its ink stands.
#[derive(Debug, Clone, PartialEq)]
pub struct GlyphBox {
    /// The character, NFC.
    pub character: char,
    /// Box of its ink in the mask, marks included.
    pub bbox: PixelBox,
}

/// One line of writing.
///
/// Coordinates are the mask's pixels. To put the line on a page with the pen at `(x, y)`, blit the
/// mask at `(x - origin_x, y - baseline)`.
#[derive(Debug, Clone, PartialEq)]
pub struct WrittenLine {
    /// What is written, NFC; struck-out words are not part of it.
    pub text: String,
    /// The ink.
    pub mask: GrayMask,
    /// Column at which the pen began.
    pub origin_x: f32,
    /// Row of the baseline at `origin_x`.
    pub baseline: f32,
    /// How far the pen moved.
    pub advance: f32,
    /// Box of the ink of `text`; `None` if nothing of it left ink.
    pub ink: Option<PixelBox>,
    /// Characters of `text` with ink, in order (spaces have none).
    pub glyphs: Vec<GlyphBox>,
}

impl GrayMask {
    /// An empty mask.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0; width * height] }
    }

    /// The value at a pixel, 0 outside.
    pub fn at(&self, x: isize, y: isize) -> u8 {
        if x < 0 || y < 0 || x as usize >= self.width || y as usize >= self.height {
            return 0;
        }
        self.data[y as usize * self.width + x as usize]
    }

    /// Lays `other` over this mask at `(x, y)`, keeping the darker value; parts outside are cut.
    pub fn blit(&mut self, other: &Self, x: isize, y: isize) {
        let (first, last) = (x.max(0), (x + other.width as isize).min(self.width as isize));
        if first >= last {
            return;
        }
        for row in y.max(0)..(y + other.height as isize).min(self.height as isize) {
            let source = (row - y) as usize * other.width;
            let from = &other.data[source + (first - x) as usize..source + (last - x) as usize];
            let target = row as usize * self.width;
            let to = &mut self.data[target + first as usize..target + last as usize];
            for (to, from) in to.iter_mut().zip(from) {
                *to = (*to).max(*from);
            }
        }
    }

    /// The smallest box around all ink of at least `threshold`.
    pub fn ink_box(&self, threshold: u8) -> Option<PixelBox> {
        let (mut left, mut right, mut top, mut bottom) = (self.width, 0, self.height, 0);
        for (y, row) in self.data.chunks_exact(self.width.max(1)).enumerate() {
            for (x, _) in row.iter().enumerate().filter(|(_, ink)| **ink >= threshold) {
                left = left.min(x);
                right = right.max(x + 1);
                top = top.min(y);
                bottom = bottom.max(y + 1);
            }
        }
        (left < right).then(|| PixelBox {
            x: left as f32,
            y: top as f32,
            w: (right - left) as f32,
            h: (bottom - top) as f32,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn blit_cuts_at_the_edges_and_keeps_the_darker() {
        let mut page = GrayMask::new(4, 4);
        page.data[0] = 200;
        let mut stamp = GrayMask::new(3, 3);
        stamp.data.fill(100);
        page.blit(&stamp, -2, -2);
        assert_eq!(page.at(0, 0), 200);
        assert_eq!(page.ink_box(1).unwrap().w, 1.0);
        page.blit(&stamp, 2, 2);
        assert_eq!(page.at(3, 3), 100);
        assert_eq!(page.at(4, 4), 0);
        page.blit(&stamp, 9, 9);
        assert_eq!(page.ink_box(150).unwrap(), PixelBox { x: 0.0, y: 0.0, w: 1.0, h: 1.0 });
        assert_eq!(GrayMask::new(0, 0).ink_box(1), None);
    }
}
