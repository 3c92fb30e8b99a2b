//! The flat page: ink by colour, and where every word of it stands.

use sobo_core::Ink;

use crate::content::Written;
use crate::ink::{GrayMask, PixelBox, WrittenLine};
use crate::random::noise2;

/// One line of ink with its mask, in the pixels of the sheet.
#[derive(Debug, Clone)]
pub struct LineMark {
    /// Its words.
    pub text: String,
    /// Box of the ink of `text`.
    pub bbox: PixelBox,
    /// Left edge of the mask.
    pub x: isize,
    /// Top edge of the mask.
    pub y: isize,
    /// The ink (struck-out words included).
    pub mask: GrayMask,
}

/// A written field.
#[derive(Debug, Clone)]
pub struct FieldMark {
    /// Index of its entry.
    pub entry: usize,
    /// Name of the truth format.
    pub name: String,
    /// Words and normal form.
    pub written: Written,
    /// Word struck out before.
    pub struck: Option<String>,
    /// How.
    pub kind: Ink,
    /// Font family.
    pub font: String,
    /// Writer.
    pub writer: u64,
    /// Lines.
    pub lines: Vec<LineMark>,
}

/// A seal or stamp.
#[derive(Debug, Clone)]
pub struct StampMark {
    /// Its words.
    pub text: String,
    /// Corners, clockwise from the top left of its text.
    pub corners: [(f32, f32); 4],
}

/// How ink of one kind faded over the sheet.
#[derive(Debug, Copy, Clone)]
pub struct Fade {
    /// Seed of its pattern.
    pub seed: u64,
    /// Ink left where it faded least, 0..=1.
    pub most: f32,
    /// Ink left where it faded most, 0..=1.
    pub least: f32,
    /// How much of it was rubbed off the tooth of the paper in specks, 0 none ..= 1.
    pub rubbed: f32,
}

impl Fade {
    /// Ink as it was.
    pub const NONE: Self = Self { seed: 0, most: 1.0, least: 1.0, rubbed: 0.0 };

    fn at(self, x: f32, y: f32) -> f32 {
        let mut left = self.most;
        if self.least < self.most {
            // By the part of the page, the word, the letter.
            let pattern = 0.55 * noise2(self.seed, x / 620.0, y / 410.0)
                + 0.35 * noise2(self.seed ^ 1, x / 90.0, y / 70.0)
                + 0.3 * noise2(self.seed ^ 5, x / 27.0, y / 23.0);
            left = self.least + (self.most - self.least) * (0.5 + 0.6 * pattern).clamp(0.0, 1.0);
        }
        if self.rubbed > 0.0 {
            let tooth = 0.65 * noise2(self.seed ^ 2, x / 2.7, y / 2.7)
                + 0.35 * noise2(self.seed ^ 3, x / 7.5, y / 7.5);
            let patch = 0.45 * noise2(self.seed ^ 4, x / 330.0, y / 240.0);
            left *= 1.0 - ((tooth + patch - 0.85 + self.rubbed) * 2.6).clamp(0.0, 0.94);
        }
        left
    }
}

/// A flat page before paper and damage.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// RGB transmission: 255 no ink.
    pub ink: Vec<u8>,
    /// Written fields.
    pub fields: Vec<FieldMark>,
    /// Printed words.
    pub printed: Vec<LineMark>,
    /// Seals and stamps.
    pub stamps: Vec<StampMark>,
    /// Boxes of the acts.
    pub entries: Vec<PixelBox>,
}

impl Sheet {
    /// An empty sheet.
    pub fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            ink: vec![255; width * height * 3],
            fields: Vec::new(),
            printed: Vec::new(),
            stamps: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Lays ink of a colour down through a mask.
    pub fn lay(&mut self, mask: &GrayMask, x: isize, y: isize, colour: [u8; 3], fade: Fade) {
        let first = (-x).clamp(0, mask.width as isize) as usize;
        let last = (self.width as isize - x).clamp(0, mask.width as isize) as usize;
        if first >= last {
            return;
        }
        let dark = colour.map(|channel| 255 - u32::from(channel));
        for row in 0..mask.height {
            let page_y = y + row as isize;
            if page_y < 0 || page_y >= self.height as isize {
                continue;
            }
            let target = (page_y as usize * self.width) as isize + x;
            for column in first..last {
                let cover = mask.data[row * mask.width + column];
                if cover == 0 {
                    continue;
                }
                let left = fade.at((x + column as isize) as f32, page_y as f32);
                let cover = (f32::from(cover) * left) as u32;
                let at = (target + column as isize) as usize * 3;
                for (to, dark) in self.ink[at..at + 3].iter_mut().zip(dark) {
                    *to = (u32::from(*to) * (65_025 - cover * dark) / 65_025) as u8;
                }
            }
        }
    }

    /// A straight rule of this thickness, slightly uneven, from one point to another.
    pub fn rule(&mut self, from: (f32, f32), to: (f32, f32), thickness: f32, colour: [u8; 3], fade: Fade) {
        let horizontal = (to.0 - from.0).abs() >= (to.1 - from.1).abs();
        let length = if horizontal { to.0 - from.0 } else { to.1 - from.1 };
        if length < 1.0 {
            return;
        }
        let steps = length as usize;
        let band = thickness.ceil() as usize + 2;
        let mut mask =
            if horizontal { GrayMask::new(steps + 1, band) } else { GrayMask::new(band, steps + 1) };
        let seed = (from.0 as u64) << 32 ^ (from.1 as u64);
        let centre = band as f32 / 2.0;
        for step in 0..=steps {
            let swell = 1.0 + 0.18 * crate::random::noise(seed, step as f32 / 60.0);
            let half = thickness * 0.5 * swell;
            for across in 0..band {
                let distance = (across as f32 + 0.5 - centre).abs();
                let cover = (half + 0.5 - distance).clamp(0.0, 1.0).min(half * 2.0);
                let value = (cover * 235.0) as u8;
                let index = if horizontal { across * mask.width + step } else { step * mask.width + across };
                mask.data[index] = value;
            }
        }
        let shift = centre as isize;
        // A slanted rule would need more than rows: rules of forms are straight.
        let (x, y) = if horizontal {
            (from.0 as isize, ((from.1 + to.1) / 2.0) as isize - shift)
        } else {
            (((from.0 + to.0) / 2.0) as isize - shift, from.1 as isize)
        };
        self.lay(&mask, x, y, colour, fade);
    }

    /// Dots or dashes along a line.
    pub fn dotted(&mut self, from: f32, to: f32, y: f32, gap: f32, dash: f32, colour: [u8; 3], fade: Fade) {
        if to - from < gap {
            return;
        }
        let radius = 1.7f32;
        let size = (radius * 2.0 + dash).ceil() as usize + 2;
        let high = (radius * 2.0).ceil() as usize + 2;
        let mut mask = GrayMask::new(size, high);
        for row in 0..high {
            for column in 0..size {
                let along = (column as f32 + 0.5 - 1.0 - radius).clamp(0.0, dash);
                let dx = column as f32 + 0.5 - 1.0 - radius - along;
                let dy = row as f32 + 0.5 - high as f32 / 2.0;
                let cover = (radius + 0.3 - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0);
                mask.data[row * size + column] = (cover * 225.0) as u8;
            }
        }
        let count = ((to - from) / gap) as usize;
        for index in 0..count {
            let x = from + index as f32 * gap;
            self.lay(&mask, x as isize, (y - high as f32 / 2.0) as isize, colour, fade);
        }
    }

    /// Puts a written line with its pen at `(x, baseline)` and returns its mark.
    pub fn put(&mut self, line: WrittenLine, x: f32, baseline: f32, colour: [u8; 3], fade: Fade) -> LineMark {
        let left = (x - line.origin_x).round() as isize;
        let top = (baseline - line.baseline).round() as isize;
        self.lay(&line.mask, left, top, colour, fade);
        let ink = line.ink.unwrap_or_default();
        let bbox = PixelBox { x: ink.x + left as f32, y: ink.y + top as f32, ..ink };
        LineMark { text: line.text, bbox, x: left, y: top, mask: line.mask }
    }

    /// Puts a printed line and remembers it as a label or header.
    pub fn print(
        &mut self,
        line: WrittenLine,
        x: f32,
        baseline: f32,
        colour: [u8; 3],
        fade: Fade,
    ) -> PixelBox {
        let mark = self.put(line, x, baseline, colour, fade);
        let bbox = mark.bbox;
        if !mark.text.is_empty() {
            self.printed.push(mark);
        }
        bbox
    }
}
