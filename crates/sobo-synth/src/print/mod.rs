//! Letterpress, offset and printers: even type with the faults of cheap printing.

use std::sync::Arc;

use crate::canvas::Point;
use crate::fonts::Face;
use crate::outlines::{Placement, filled};
use crate::random::{Rng, derive, mix, noise, noise2};
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
    seed: u64,
    /// Spread of a type's own place: hand-set type never stands quite even, share of size.
    offset: f32,
    /// How unevenly the forme takes ink, 0 even ..= 1.
    uneven: f32,
    /// Share of types that are worn thin or clogged.
    worn: f32,
    /// How far ink was squeezed over the edges of the type, em.
    squeezed: f32,
}

impl Press {
    pub(crate) fn new(face: Arc<Face>, rng: &mut Rng) -> Self {
        let bold = rng.chance(0.25);
        // Offset and laser print stand even and clean; type from a case does not.
        let set = rng.chance(0.55);
        let faults = if set { 1.0 } else { 0.15 };
        Self {
            seed: rng.next_u64(),
            offset: rng.range(0.0, 0.022) * faults,
            uneven: rng.unit() * (0.15 + 0.5 * faults),
            worn: rng.range(0.0, 0.35) * rng.unit() * faults,
            squeezed: rng.range(0.0, 0.013) * faults,
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
        let ink_seed = rng.next_u64();
        let mut x = 0.0;
        let mut drawn = Vec::new();
        let parts = [(struck, false), (if struck.is_empty() { "" } else { " " }, false), (text, true)];
        for (part, kept) in parts {
            let start = x;
            for c in part.chars() {
                if let Some(glyph) = self.face.glyph(c) {
                    // The case holds several types of a letter, each with its own faults.
                    let piece = derive(self.seed, mix(u64::from(u32::from(c)) << 3 | rng.below(6) as u64));
                    let mut own = Rng::new(piece);
                    let worn = if own.chance(self.worn) { own.normal() } else { 0.0 };
                    let place = Placement {
                        x: x + own.normal() * self.offset * size * 0.5,
                        y: size * 0.006 * rng.normal() + own.normal() * self.offset * size,
                        scale_x: scale * self.width,
                        scale_y: scale,
                        slant: self.slant,
                        turn: own.normal() * self.offset * 0.6,
                        grow: (self.gain + 0.035 * worn) * size / scale / 2.0,
                    };
                    let edge = |(px, py): Point| {
                        let (u, v) = (px * 13.0, py * 13.0);
                        let by = self.squeezed * (1.0 + worn.abs());
                        (px + by * noise2(piece, u, v), py + by * noise2(piece ^ 1, u, v))
                    };
                    let shapes = vec![if self.squeezed > 0.001 {
                        filled(glyph.contours(), &place, edge)
                    } else {
                        filled(glyph.contours(), &place, |p| p)
                    }];
                    let pressed = 0.5 + 0.5 * noise(ink_seed, x / (size * 2.5));
                    let ink = 1.0 - self.uneven * pressed * 0.8 - 0.16 * (-worn).clamp(0.0, 1.5);
                    drawn.push(Drawn { character: kept.then_some(c), shapes, ink: ink.clamp(0.3, 1.0) });
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
