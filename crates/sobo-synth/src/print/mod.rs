//! Letterpress, offset and printers: even type with the faults of cheap printing.

use std::sync::Arc;

use crate::fonts::Face;
use crate::outlines::{Placement, filled};
use crate::random::Rng;
use crate::writer::Drawn;

/// A press with its type.
#[derive(Debug, Clone)]
pub(crate) struct Press {
    pub(crate) face: Arc<Face>,
    /// Letter spacing, share of size.
    spacing: f32,
    /// Ink gain: stems grow by this share of size.
    gain: f32,
    /// Slant of a false italic.
    slant: f32,
    width: f32,
}

impl Press {
    pub(crate) fn new(face: Arc<Face>, rng: &mut Rng) -> Self {
        let bold = rng.chance(0.25);
        Self {
            face,
            spacing: if rng.chance(0.2) { rng.range(0.02, 0.12) } else { rng.range(-0.015, 0.02) },
            gain: if bold { rng.range(0.03, 0.07) } else { rng.range(-0.012, 0.025) },
            slant: if rng.chance(0.18) { rng.range(0.15, 0.28) } else { 0.0 },
            width: rng.range(0.9, 1.08),
        }
    }

    pub(crate) fn measure(&self, text: &str, size: f32) -> f32 {
        let scale = self.face.scale(size);
        text.chars().map(|c| self.step(c, scale, size)).sum()
    }

    fn step(&self, c: char, scale: f32, size: f32) -> f32 {
        let advance = self.face.glyph(c).map_or(self.face.space, |glyph| glyph.advance);
        advance * scale * self.width + self.spacing * size
    }

    pub(crate) fn draw(&self, struck: &str, text: &str, size: f32, rng: &mut Rng) -> (Vec<Drawn>, f32) {
        let scale = self.face.scale(size);
        let mut x = 0.0;
        let mut drawn = Vec::new();
        let parts = [(struck, false), (if struck.is_empty() { "" } else { " " }, false), (text, true)];
        for (part, kept) in parts {
            let start = x;
            for c in part.chars() {
                if let Some(glyph) = self.face.glyph(c) {
                    let place = Placement {
                        x,
                        y: size * 0.006 * rng.normal(),
                        scale_x: scale * self.width,
                        scale_y: scale,
                        slant: self.slant,
                        turn: 0.0,
                        grow: self.gain * size / scale / 2.0,
                    };
                    let shapes = vec![filled(glyph.contours(), &place, |p| p)];
                    drawn.push(Drawn { character: kept.then_some(c), shapes, ink: 1.0 });
                }
                x += self.step(c, scale, size);
            }
            if !kept && x > start && part.trim() == part {
                drawn.push(crate::outlines::strike(start, x, size, size * 0.05, rng));
            }
        }
        (drawn, x)
    }
}
