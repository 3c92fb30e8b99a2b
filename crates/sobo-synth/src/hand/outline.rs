//! A hand that keeps the outlines of its font: thick and thin as the type designer drew them.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::canvas::{PenPoint, Point, Shape};
use crate::fonts::{EmBox, Face, Fonts, Glyph, Style};
use crate::outlines::{Placement, filled, strike};
use crate::random::{Rng, mix, noise, sine};
use crate::writer::Drawn;

use super::joins::{End, way};
use super::marks::{self, Anchor, MarkHabit};
use super::syllable::Syllable;
use super::{Wander, vietnamese};

/// Such a hand.
#[derive(Debug, Clone)]
pub(super) struct OutlineHand {
    pub(super) face: Arc<Face>,
    /// Another face that lends some letters, and the share of letters it lends.
    lender: Option<(Arc<Face>, f32)>,
    seed: u64,
    slant: f32,
    /// How much the slant changes along a line.
    sway: f32,
    width: f32,
    spacing: f32,
    word_gap: f32,
    wander: Wander,
    /// Spread of each letter's place, size and turn.
    jitter: f32,
    /// Bend of each letter, em.
    elastic: f32,
    /// Growth of strokes, share of size, and how it changes with pressure.
    grow: f32,
    pressure: f32,
    /// Chance to join two letters of a print hand.
    joins: f32,
    /// Loss of ink: 0 none .. 1 starved.
    starved: f32,
    own_marks: bool,
    marks: MarkHabit,
    /// Capitals larger or smaller than the font's.
    capitals: f32,
    blots: f32,
}

impl OutlineHand {
    pub(super) fn new(face: Arc<Face>, fonts: &Fonts, rng: &mut Rng) -> Self {
        let careless = rng.unit();
        let cursive = face.style == Style::Cursive;
        let lender = if rng.chance(0.3) {
            let style = [Style::School, Style::Cursive, Style::Printhand][rng.weighted(&[1.0, 1.0, 1.0])];
            fonts.pick(style, rng).ok().map(|face| (face, rng.range(0.05, 0.3)))
        } else {
            None
        };
        Self {
            lender,
            seed: rng.next_u64(),
            slant: if cursive { rng.range(-0.2, 0.2) } else { rng.range(-0.12, 0.42) },
            sway: rng.range(0.0, 0.08),
            width: rng.range(0.72, 1.15),
            spacing: if cursive { rng.range(-0.05, 0.02) } else { rng.range(-0.1, 0.08) },
            word_gap: rng.range(0.55, 1.5),
            wander: Wander::new(careless, rng),
            jitter: 0.01 + 0.05 * careless * rng.unit(),
            elastic: 0.006 + 0.03 * careless,
            grow: rng.range(-0.012, 0.045),
            pressure: rng.range(0.0, 0.03),
            joins: if cursive { 0.0 } else { rng.range(-0.2, 0.7).max(0.0) },
            starved: (rng.unit() * 1.4 - 0.7).max(0.0),
            own_marks: rng.chance(0.6),
            marks: MarkHabit::new(rng),
            capitals: rng.range(0.85, 1.15),
            blots: if rng.chance(0.15) { 0.02 } else { 0.002 },
            face,
        }
    }

    pub(super) fn measure(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.step(c, size)).sum()
    }

    /// The face from which this hand takes a character: always the same one.
    fn source(&self, c: char) -> &Face {
        if let Some((lender, share)) = &self.lender {
            let base = c.nfd().next().unwrap_or(c);
            let own = mix(self.seed ^ u64::from(u32::from(base)));
            if ((own >> 40) as f32 / (1u64 << 24) as f32) < *share && lender.glyph(c).is_some() {
                return lender;
            }
        }
        &self.face
    }

    fn step(&self, c: char, size: f32) -> f32 {
        let face = self.source(c);
        match face.glyph(c) {
            Some(glyph) => (glyph.advance * face.scale(size) + self.spacing * size) * self.width,
            None => {
                (0.16 + 0.5 * self.face.space * self.face.scale(1.0).min(2.0))
                    * size
                    * self.word_gap
                    * self.width
            }
        }
    }

    pub(super) fn draw(&self, struck: &str, text: &str, size: f32, rng: &mut Rng) -> (Vec<Drawn>, f32) {
        let mut line = Line {
            hand: self,
            size,
            seed: rng.next_u64(),
            x: 0.0,
            drawn: Vec::new(),
            exit: None,
            syllable: Syllable::default(),
        };
        if !struck.is_empty() {
            let start = line.x;
            line.word(struck, false, rng);
            line.drawn.push(strike(start, line.x, size, self.pen_radius(size) * 2.0, rng));
            line.word(" ", false, rng);
        }
        line.word(text, true, rng);
        let advance = line.x;
        let mut drawn = line.drawn;
        self.wander.apply(&mut drawn, size, rng);
        (drawn, advance)
    }

    /// Half the width of strokes this pen makes beside the font's own.
    fn pen_radius(&self, size: f32) -> f32 {
        ((0.07 + self.grow) * size / 2.0).max(0.45)
    }
}

struct Line<'a> {
    hand: &'a OutlineHand,
    size: f32,
    seed: u64,
    x: f32,
    drawn: Vec<Drawn>,
    /// Where the last letter ended, if the pen may go on from there.
    exit: Option<End>,
    /// Marks of the syllable that is being written.
    syllable: Syllable,
}

impl Line<'_> {
    fn word(&mut self, text: &str, kept: bool, rng: &mut Rng) {
        for c in text.chars() {
            let face = self.hand.source(c);
            match face.glyph(c) {
                Some(glyph) => self.letter(c, glyph, face.scale(self.size), kept, rng),
                None => self.exit = None,
            }
            if !c.is_alphabetic() {
                self.marks(rng);
            }
            let step = self.hand.step(c, self.size);
            self.x += step * (1.0 + self.hand.jitter * 1.2 * rng.normal());
        }
        self.marks(rng);
    }

    fn marks(&mut self, rng: &mut Rng) {
        self.syllable.write(self.size, &self.hand.marks.syllable, &mut self.drawn, rng);
    }

    fn letter(&mut self, c: char, glyph: &Glyph, scale: f32, kept: bool, rng: &mut Rng) {
        let hand = self.hand;
        let size = self.size;
        let along = self.x / size;
        let pressure = noise(self.seed, along * 0.4);
        let capital = if c.is_uppercase() { hand.capitals } else { 1.0 };
        let vary = |rng: &mut Rng| 1.0 + hand.jitter * 0.9 * rng.normal();
        let place = Placement {
            x: self.x + hand.jitter * size * 0.4 * rng.normal(),
            y: hand.jitter * size * 0.9 * rng.normal(),
            scale_x: scale * hand.width * vary(rng),
            scale_y: scale * capital * vary(rng),
            slant: hand.slant
                + hand.sway * noise(self.seed ^ 1, along * 0.15)
                + hand.jitter * 0.8 * rng.normal(),
            turn: hand.jitter * 0.6 * rng.normal(),
            grow: (hand.grow + hand.pressure * pressure) * size / scale / 2.0,
        };
        let (p1, p2) = (rng.unit(), rng.unit());
        let (f1, f2) = (rng.range(0.7, 1.8), rng.range(0.7, 1.8));
        let amplitude = hand.elastic * rng.range(0.4, 1.4);
        let bend = |(x, y): Point| (x + amplitude * sine(f1 * y + p1), y + amplitude * sine(f2 * x + p2));
        let flow = 1.0 - hand.starved * (0.35 + 0.35 * noise(self.seed ^ 2, along * 0.5)).max(0.0);
        let mut shapes = vec![filled(glyph.body.iter(), &place, bend)];
        let radius = (hand.pen_radius(size) * (1.0 + 0.3 * pressure)).max(0.4);
        let marked = c.nfd().nth(1).is_some();
        let mut marks = Vec::new();
        let own = match glyph.bbox {
            Some(bbox) if hand.own_marks && marked && vietnamese(c) => {
                marks::strokes(c, &Anchor::of(bbox, &place), size, &hand.marks, rng)
            }
            _ => Vec::new(),
        };
        if own.is_empty() {
            for mark in glyph.above.iter().chain(&glyph.below) {
                let spread = hand.marks.spread * size * if marked { 1.0 } else { 0.5 };
                let moved = Placement {
                    x: place.x + rng.normal() * spread + hand.marks.shift * 0.5 * size,
                    y: place.y - (rng.normal() * spread * 0.6).abs(),
                    ..place
                };
                marks.push(filled(mark.iter(), &moved, bend));
            }
        }
        shapes.append(&mut marks);
        if let Some(bbox) = glyph.bbox {
            self.join(&bbox, &place, c, radius, rng);
        }
        if rng.chance(hand.blots) {
            let r = size * rng.range(0.04, 0.12);
            let (x, y) = place.apply((glyph.advance * rng.unit(), 0.3 * rng.unit()));
            self.drawn.push(Drawn {
                character: None,
                shapes: vec![Shape::Stroke(vec![PenPoint { x, y, radius: r, flow: 1.0 }])],
                ink: 1.0,
            });
        }
        let right = self.x + glyph.advance * place.scale_x;
        self.syllable.add(self.drawn.len(), own, radius, right);
        self.drawn.push(Drawn { character: kept.then_some(c), shapes, ink: flow.clamp(0.25, 1.0) });
    }

    /// Goes on with the pen on the paper from the last letter to this one.
    fn join(&mut self, bbox: &EmBox, place: &Placement, c: char, radius: f32, rng: &mut Rng) {
        let lower = c.is_lowercase();
        let height = bbox.top - bbox.bottom.max(0.0);
        let entry =
            place.apply((bbox.left + 0.02, bbox.bottom.max(0.0) + height.min(0.5) * rng.range(0.2, 0.6)));
        if let (Some(exit), true) = (self.exit, lower && rng.chance(self.hand.joins)) {
            let gap = entry.0 - exit.at.0;
            if gap > -0.15 * self.size && gap < 0.6 * self.size {
                let path = way(&exit, &End::guessed(entry), self.size, rng);
                let shape = marks::stroke(&path, radius * 0.8, rng);
                self.drawn.push(Drawn { character: None, shapes: vec![shape], ink: 0.9 });
            }
        }
        // Round letters are left at their top, the others on the line.
        let base = c.nfd().next().unwrap_or(c);
        let end = if matches!(base, 'o' | 'b' | 'v' | 'w') {
            (bbox.right - 0.04, bbox.bottom.max(0.0) + self.hand.face.x_height * 0.85)
        } else {
            (bbox.right - 0.02, bbox.bottom.max(0.0) + 0.06)
        };
        self.exit = c.is_alphabetic().then(|| End::guessed(place.apply(end)));
    }
}
