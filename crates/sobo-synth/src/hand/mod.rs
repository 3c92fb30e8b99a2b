//! Hands: a writer's own slant, proportions, spacing, wander, pen and habits over the letters of fonts.
//!
//! Most hands take from the fonts only the path of the pen and write it with a pen of their own
//! ([`pen`]); the others keep the fonts' thick and thin ([`outline`]).

mod allographs;
mod joins;
mod marks;
mod outline;
mod pen;
mod syllable;

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::canvas::Shape;
use crate::fonts::{EmBox, Face, Fonts};
use crate::outlines::Placement;
use crate::random::{Rng, derive, noise};
use crate::writer::Drawn;

/// A hand with a pen.
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    pub(crate) face: Arc<Face>,
    manner: Manner,
}

#[derive(Debug, Clone)]
enum Manner {
    Outline(Box<outline::OutlineHand>),
    Pen(Box<pen::PenHand>),
}

/// Share of hands that write with a pen of their own.
const OWN_PEN: f32 = 0.58;

impl Hand {
    pub(crate) fn new(face: Arc<Face>, fonts: &Fonts, rng: &mut Rng) -> Self {
        let manner = if rng.chance(OWN_PEN) {
            Manner::Pen(Box::new(pen::PenHand::new(Arc::clone(&face), fonts, rng)))
        } else {
            Manner::Outline(Box::new(outline::OutlineHand::new(Arc::clone(&face), fonts, rng)))
        };
        Self { face, manner }
    }

    pub(crate) fn measure(&self, text: &str, size: f32) -> f32 {
        match &self.manner {
            Manner::Outline(hand) => hand.measure(text, size),
            Manner::Pen(hand) => hand.measure(text, size),
        }
    }

    pub(crate) fn draw(&self, struck: &str, text: &str, size: f32, rng: &mut Rng) -> (Vec<Drawn>, f32) {
        match &self.manner {
            Manner::Outline(hand) => hand.draw(struck, text, size, rng),
            Manner::Pen(hand) => hand.draw(struck, text, size, rng),
        }
    }
}

/// How a hand leaves the straight line.
#[derive(Debug, Clone)]
struct Wander {
    /// Share of size.
    amount: f32,
    /// Length of a wave in sizes.
    length: f32,
    slope: f32,
}

impl Wander {
    fn new(careless: f32, rng: &mut Rng) -> Self {
        Self {
            amount: rng.range(0.0, 0.12) * (0.4 + careless),
            length: rng.range(2.0, 9.0),
            slope: rng.normal() * 0.012,
        }
    }

    fn apply(&self, drawn: &mut [Drawn], size: f32, rng: &mut Rng) {
        let seed = rng.next_u64();
        let slope = self.slope + rng.normal() * 0.006;
        let length = self.length * size;
        for shape in drawn.iter_mut().flat_map(|d| &mut d.shapes) {
            shape.map(|(x, y)| (x, y + slope * x + self.amount * size * noise(seed, x / length)));
        }
    }
}

/// The marks of a character by an ordinary pen, for typewriters without Vietnamese types.
pub(crate) fn pen_marks(
    c: char,
    letter: EmBox,
    place: &Placement,
    size: f32,
    radius: f32,
    rng: &mut Rng,
) -> Vec<Shape> {
    let habit = marks::MarkHabit::new(&mut Rng::new(derive(size.to_bits().into(), 5)));
    let strokes = marks::strokes(c, &marks::Anchor::of(letter, place), size, &habit, rng);
    strokes.iter().map(|mark| marks::stroke(&mark.points, radius, rng)).collect()
}

/// Whether all marks of a character are Vietnamese ones that a pen can draw apart from the letter.
fn vietnamese(c: char) -> bool {
    const MARKS: [char; 8] =
        ['\u{300}', '\u{301}', '\u{302}', '\u{303}', '\u{306}', '\u{309}', '\u{31b}', '\u{323}'];
    c.nfd().skip(1).all(|m| MARKS.contains(&m)) && c.nfd().skip(1).any(|m| m != '\u{31b}')
}
