//! A hand that takes from fonts the path of the pen alone: proportions, slant, speed, joins, marks and
//! the line's width are the writer's own, and letters of several fonts go together in one hand.

mod line;
mod tool;

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use line::Line;
use tool::{Proportions, Tool};

use super::Wander;
use super::allographs;
use super::marks::MarkHabit;
use crate::canvas::Point;
use crate::fonts::{Face, Fonts, PathPoint, PenPath, Style};
use crate::outlines::strike;
use crate::random::{Rng, mix};
use crate::writer::Drawn;

/// Such a hand.
#[derive(Debug, Clone)]
pub(super) struct PenHand {
    face: Arc<Face>,
    /// Faces that lend letters, each with the share of letters it lends.
    lenders: Vec<(Arc<Face>, f32)>,
    seed: u64,
    form: Proportions,
    slant: f32,
    sway: f32,
    wander: Wander,
    /// Spread of each letter's place, size and lean.
    jitter: f32,
    /// Bend of each letter, share of x-height.
    elastic: f32,
    /// Rounds of smoothing a fast pen does to a letter.
    haste: f32,
    /// How much words shrink towards their end.
    trailing: f32,
    /// How much `nh`, `ng`, `ch` and inner vowels shrink into one movement: `Bình` like `Bìh`.
    collapse: f32,
    tool: Tool,
    /// Chance to go on to the next letter without lifting.
    joins: f32,
    /// Chance that the bar of a `t` runs on into the next letter.
    ligatures: f32,
    marks: MarkHabit,
    own_horn: bool,
    own_bar: bool,
    /// Share of letters written in shapes that no font has.
    own_shapes: f32,
    /// Chance to write another of these shapes than usual.
    fickle: f32,
}

impl PenHand {
    pub(super) fn new(face: Arc<Face>, fonts: &Fonts, rng: &mut Rng) -> Self {
        let careless = rng.unit();
        let cursive = face.style == Style::Cursive;
        let mut lenders = Vec::new();
        for share in [0.45, 0.3] {
            if rng.chance(0.5) {
                let style = [Style::School, Style::Cursive, Style::Printhand][rng.weighted(&[1.0, 1.0, 1.0])];
                if let Ok(lender) = fonts.pick(style, rng) {
                    lenders.push((lender, rng.range(0.05, share)));
                }
            }
        }
        Self {
            lenders,
            seed: rng.next_u64(),
            form: Proportions::new(rng),
            slant: if rng.chance(0.2) { rng.range(-0.2, 0.05) } else { rng.range(0.0, 0.6) },
            sway: rng.range(0.0, 0.1),
            wander: Wander::new(careless, rng),
            jitter: 0.015 + 0.06 * careless * rng.unit(),
            elastic: 0.02 + 0.09 * careless,
            haste: rng.unit() * rng.unit() * 9.0,
            trailing: if rng.chance(0.4) { rng.range(0.0, 0.4) } else { 0.0 },
            collapse: if rng.chance(0.45) { rng.range(0.15, 0.85) } else { 0.0 },
            tool: Tool::new(rng),
            joins: if cursive { rng.range(0.0, 0.6) } else { rng.range(-0.3, 0.9).max(0.0) },
            ligatures: if rng.chance(0.4) { rng.range(0.1, 0.8) } else { 0.0 },
            marks: MarkHabit::new(rng),
            own_horn: rng.chance(0.5),
            own_bar: rng.chance(0.5),
            own_shapes: match (fonts.own_shapes(), rng.weighted(&[0.5, 0.2, 0.3])) {
                (false, _) | (_, 0) => 0.0,
                (_, 1) => rng.range(0.05, 0.4),
                _ => rng.range(0.5, 1.0),
            },
            fickle: rng.range(0.0, 0.3),
            face,
        }
    }

    pub(super) fn measure(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|c| self.letter(c, 0).map_or(self.form.word_gap, |l| l.advance) * size).sum()
    }

    /// The face from which this hand takes a character: always the same one.
    fn source(&self, c: char) -> &Arc<Face> {
        let mut own = mix(self.seed ^ u64::from(u32::from(c)));
        for (lender, share) in &self.lenders {
            own = mix(own);
            if ((own >> 40) as f32 / (1u64 << 24) as f32) < *share && lender.skeleton(c).is_some() {
                return lender;
            }
        }
        &self.face
    }

    /// The letter without marks, and how it is scaled; `None` for a blank. `turn` other than 0 asks
    /// for another shape than the usual one.
    fn letter(&self, c: char, turn: usize) -> Option<Letter<'_>> {
        if c == ' ' {
            return None;
        }
        if let Some(letter) = self.own_shape(c, turn) {
            return Some(letter);
        }
        let (base, horn, bar) = self.take_apart(c);
        let face = self.source(base);
        let (glyph, skeleton) = (face.glyph(base)?, face.skeleton(base)?);
        let n = face.glyph('n').map_or(face.x_height, |n| n.advance).max(0.05);
        let font =
            Measures { n, x_height: face.x_height, ascender: face.ascender, cap_height: face.cap_height };
        Some(self.fitted(base, &skeleton.paths, glyph.advance, face.slant, &font, horn, bar))
    }

    /// The letter in a shape that no font has, if this writer uses one.
    fn own_shape(&self, c: char, turn: usize) -> Option<Letter<'_>> {
        let (base, horn, bar) = match c {
            'đ' => ('d', false, true),
            'Đ' => ('D', false, true),
            _ => (c.nfd().next()?, c.nfd().any(|m| m == '\u{31b}'), false),
        };
        if c.nfd().any(|m| m == '\u{327}') {
            return None;
        }
        let own = mix(self.seed ^ (u64::from(u32::from(base)) << 20));
        if (own >> 40) as f32 / (1u64 << 24) as f32 >= self.own_shapes {
            return None;
        }
        let shapes = allographs::shapes(base);
        let shape = shapes.get((own as usize % 97 + turn) % shapes.len().max(1))?;
        let font = Measures {
            n: allographs::N_ADVANCE,
            x_height: allographs::X_HEIGHT,
            ascender: 1.0,
            cap_height: 1.0,
        };
        Some(self.fitted(base, &shape.paths, shape.advance, 0.0, &font, horn, bar))
    }

    /// A letter brought to this writer's proportions.
    #[allow(clippy::too_many_arguments)] // one letter, all of it measures
    fn fitted<'a>(
        &self,
        base: char,
        paths: &'a [PenPath],
        advance: f32,
        lean: f32,
        font: &Measures,
        horn: bool,
        bar: bool,
    ) -> Letter<'a> {
        let form = &self.form;
        let lower = !(base.is_uppercase() || base.is_ascii_digit());
        let (scale_x, map) = if lower {
            let above = (form.ascender - form.x) / (font.ascender - font.x_height).max(0.05);
            (form.width * form.x / font.n, [form.x / font.x_height, above, font.x_height])
        } else {
            let height = if base.is_ascii_digit() { form.digit } else { form.capital };
            let scale = height / font.cap_height;
            (scale * form.capital_width, [scale, scale, font.cap_height])
        };
        // Very wide or narrow fonts are only half brought into line.
        let natural = map[0];
        let scale_x = scale_x.clamp(natural * 0.45, natural * 1.9);
        let points = paths.iter().flat_map(|path| &path.points);
        // The next letter may touch this one, not stand in it; the bar of T and f reaches over it.
        let reach = points
            .filter(|p| {
                !matches!(base, 'T' | 'f' | 'Q' | 'K' | 'R' | 'P' | 'F' | 'V' | 'Y')
                    || p.y < font.x_height * 0.6
            })
            .map(|p| p.x - lean * p.y)
            .fold(0.0, f32::max);
        let tight = if self.joins > 0.3 { 0.14 } else { 0.06 };
        let advance = (advance * scale_x + form.letter_gap * form.x).max(reach * scale_x - tight * form.x);
        Letter { paths, lean, advance, scale_x, map, descender: form.descender, horn, bar, base }
    }

    /// The character whose path is written, and whether horn and bar are added by the pen.
    fn take_apart(&self, c: char) -> (char, bool, bool) {
        match c {
            'đ' if self.own_bar => return ('d', false, true),
            'Đ' if self.own_bar => return ('D', false, true),
            _ => {}
        }
        let mut parts = c.nfd();
        let base = parts.next().unwrap_or(c);
        let marks: Vec<char> = parts.collect();
        if marks.contains(&'\u{31b}') {
            if self.own_horn {
                return (base, true, false);
            }
            return ([base, '\u{31b}'].iter().collect::<String>().nfc().next().unwrap_or(base), false, false);
        }
        if marks.contains(&'\u{327}') { (c, false, false) } else { (base, false, false) }
    }

    pub(super) fn draw(&self, struck: &str, text: &str, size: f32, rng: &mut Rng) -> (Vec<Drawn>, f32) {
        let mut line = Line::new(self, size, rng);
        if !struck.is_empty() {
            line.words(struck, false, rng);
            let width = (self.tool.radius * size * 2.0).max(0.9);
            line.drawn.push(strike(0.0, line.x, size, width, rng));
            line.words(" ", false, rng);
        }
        line.words(text, true, rng);
        let advance = line.x;
        let mut drawn = line.drawn;
        self.wander.apply(&mut drawn, size, rng);
        (drawn, advance)
    }
}

/// Measures of the letters a hand takes, em.
struct Measures {
    n: f32,
    x_height: f32,
    ascender: f32,
    cap_height: f32,
}

/// How much a letter before another is hurried over, 0..=1.
fn hurry(c: char, next: Option<char>, index: usize) -> f32 {
    let base = c.nfd().next().unwrap_or(c);
    match (base, next) {
        ('n', Some('g' | 'h')) | ('c', Some('h')) => 1.0,
        ('a' | 'e' | 'i' | 'o' | 'u', Some(next)) if index > 0 && next.is_lowercase() => 0.45,
        _ => 0.0,
    }
}

/// A letter ready to be written: em units to shares of size.
struct Letter<'a> {
    paths: &'a [PenPath],
    lean: f32,
    advance: f32,
    scale_x: f32,
    /// Scale up to the x-height, scale above it, x-height of the font.
    map: [f32; 3],
    descender: f32,
    horn: bool,
    bar: bool,
    base: char,
}

impl Letter<'_> {
    /// A point of the font, upright, in shares of size, y up.
    fn place(&self, p: &PathPoint) -> Point {
        let [low, high, knee] = self.map;
        let y = if p.y < 0.0 {
            p.y * low * self.descender
        } else if p.y <= knee {
            p.y * low
        } else {
            knee * low + (p.y - knee) * high
        };
        ((p.x - self.lean * p.y) * self.scale_x, y)
    }
}
