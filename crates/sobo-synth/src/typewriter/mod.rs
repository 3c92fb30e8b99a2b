//! Typewriters: one width, uneven strike, filled counters, letters off their place, worn ribbons,
//! Vietnamese marks struck over the letter or added by pen.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::canvas::Shape;
use crate::fonts::Face;
use crate::outlines::{Placement, filled};
use crate::random::{Rng, derive, mix, noise};
use crate::writer::Drawn;

/// A machine with its own faults.
#[derive(Debug, Clone)]
pub(crate) struct Typewriter {
    face: Arc<Face>,
    seed: u64,
    /// Spread of a letter's fixed offset, share of size.
    offset: f32,
    /// Spread of each strike, share of size.
    jitter: f32,
    /// Evenness of the ribbon: 0 fresh .. 1 worn.
    wear: f32,
    /// Growth of strokes by ink, share of size; the counters fill.
    gain: f32,
    spacing: f32,
    width: f32,
    /// Width of the carriage's step against the advance of `n`; `None` where types have widths of their own.
    pitch: Option<f32>,
    /// Writes marks by pen over a machine without Vietnamese types.
    pen_marks: bool,
    /// Characters whose type is worn or bent, by hash.
    bent: f32,
}

impl Typewriter {
    pub(crate) fn new(face: Arc<Face>, rng: &mut Rng) -> Self {
        Self {
            face,
            seed: rng.next_u64(),
            offset: rng.range(0.0, 0.035),
            jitter: rng.range(0.004, 0.02),
            wear: rng.unit() * rng.unit(),
            gain: if rng.chance(0.25) { rng.range(0.05, 0.1) } else { rng.range(-0.01, 0.05) },
            spacing: rng.range(-0.03, 0.06),
            width: rng.range(0.88, 1.08),
            pitch: rng.chance(0.85).then(|| rng.range(0.92, 1.2)),
            pen_marks: rng.chance(0.15),
            bent: rng.range(0.0, 0.15),
        }
    }

    pub(crate) fn covers(&self, text: &str) -> bool {
        self.face.covers(text)
    }

    pub(crate) fn measure(&self, text: &str, size: f32) -> f32 {
        let scale = self.face.scale(size);
        text.chars().map(|c| self.step(c, scale, size)).sum()
    }

    fn step(&self, c: char, scale: f32, size: f32) -> f32 {
        let own = self.face.glyph(c).map_or(self.face.space, |glyph| glyph.advance);
        let n = self.face.glyph('n').map_or(own, |glyph| glyph.advance);
        let advance = self.pitch.map_or(own, |pitch| n * pitch);
        advance * scale * self.width + self.spacing * size
    }

    pub(crate) fn draw(&self, struck: &str, text: &str, size: f32, rng: &mut Rng) -> (Vec<Drawn>, f32) {
        let scale = self.face.scale(size);
        let ribbon = rng.next_u64();
        let mut x = 0.0;
        let mut drawn = Vec::new();
        let parts = [(struck, false), (if struck.is_empty() { "" } else { " " }, false), (text, true)];
        for (part, kept) in parts {
            let start = x;
            for c in part.chars() {
                self.strike(c, kept, x, scale, size, ribbon, rng, &mut drawn);
                x += self.step(c, scale, size);
            }
            if !kept && x > start && part.trim() == part {
                if rng.chance(0.6) {
                    // Struck out by typing over.
                    let over = if rng.chance(0.7) { 'x' } else { '-' };
                    let mut at = start;
                    for c in part.chars() {
                        self.strike(over, false, at, scale, size, ribbon, rng, &mut drawn);
                        at += self.step(c, scale, size);
                    }
                } else {
                    drawn.push(crate::outlines::strike(start, x, size, size * 0.07, rng));
                }
            }
        }
        (drawn, x)
    }

    #[allow(clippy::too_many_arguments)] // one strike of one type, all of it numbers
    fn strike(
        &self,
        c: char,
        kept: bool,
        x: f32,
        scale: f32,
        size: f32,
        ribbon: u64,
        rng: &mut Rng,
        drawn: &mut Vec<Drawn>,
    ) {
        let Some(glyph) = self.face.glyph(c) else { return };
        let base = c.nfd().next().unwrap_or(c);
        let mut own = Rng::new(derive(self.seed, mix(u64::from(u32::from(base)))));
        let bent = own.chance(self.bent);
        let fixed = if bent { 2.5 } else { 1.0 } * self.offset * size;
        // A type that leans strikes harder on one side.
        let lean = own.normal() * if bent { 0.35 } else { 0.12 };
        let force = (0.94 + 0.06 * own.normal() + 0.08 * rng.normal()).clamp(0.4, 1.1);
        let fade = self.wear * (0.35 + 0.35 * noise(ribbon, x / (size * 3.0)) + 0.25 * rng.unit());
        let ink = (force - fade).clamp(0.22, 1.0);
        // A type stands in the middle of its step, however wide it is.
        let x = match self.pitch {
            Some(_) => x + (self.step(c, scale, size) - glyph.advance * scale * self.width) / 2.0,
            None => x,
        };
        let place = Placement {
            x: x + own.normal() * fixed + rng.normal() * self.jitter * size,
            y: own.normal() * fixed + rng.normal() * self.jitter * size,
            scale_x: scale * self.width,
            scale_y: scale,
            slant: own.normal() * if bent { 0.03 } else { 0.008 },
            turn: own.normal() * if bent { 0.03 } else { 0.006 },
            grow: (self.gain + 0.012 * rng.normal() + 0.01 * lean) * size / scale / 2.0,
        };
        let mut shapes = Vec::new();
        if self.pen_marks && (!glyph.above.is_empty() || !glyph.below.is_empty()) && !matches!(c, 'i' | 'j') {
            shapes.push(filled(glyph.body.iter(), &place, |p| p));
            let radius = size * 0.035;
            let place = Placement { x: place.x + rng.normal() * size * 0.05, ..place };
            if let Some(bbox) = glyph.bbox {
                shapes.extend(crate::hand::pen_marks(c, bbox, &place, size, radius, rng));
            }
        } else {
            // Marks of dead keys sit where that type strikes, not where the letter does.
            shapes.push(filled(glyph.body.iter(), &place, |p| p));
            let mut dead = Rng::new(derive(self.seed, 77));
            let (dx, dy) = (dead.normal() * self.offset * size, dead.normal() * self.offset * size);
            let place = Placement { x: place.x + dx, y: place.y + dy, ..place };
            shapes.extend(
                glyph.above.iter().chain(&glyph.below).map(|mark| filled(mark.iter(), &place, |p| p)),
            );
        }
        shapes.retain(|shape| !matches!(shape, Shape::Fill(contours) if contours.is_empty()));
        drawn.push(Drawn { character: kept.then_some(c), shapes, ink });
    }
}
