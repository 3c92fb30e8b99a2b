//! A hand that takes from fonts the path of the pen alone: proportions, slant, speed, joins, marks and
//! the line's width are the writer's own, and letters of several fonts go together in one hand.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use super::Wander;
use super::allographs;
use super::marks::{self, Anchor, MarkHabit};
use crate::canvas::{PenPoint, Point, Shape};
use crate::fonts::{Face, Fonts, PathPoint, PenPath, Style, smooth};
use crate::outlines::strike;
use crate::random::{Rng, mix, noise, noise2, sine};
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
    marks: MarkHabit,
    own_horn: bool,
    own_bar: bool,
    /// Share of letters written in shapes that no font has.
    own_shapes: f32,
    /// Chance to write another of these shapes than usual.
    fickle: f32,
}

/// Shares of the nominal size, the height of capitals.
#[derive(Debug, Clone)]
struct Proportions {
    x: f32,
    ascender: f32,
    /// Depth of descenders against the font's.
    descender: f32,
    capital: f32,
    digit: f32,
    /// Advance of `n` against x-height.
    width: f32,
    capital_width: f32,
    letter_gap: f32,
    word_gap: f32,
}

/// The pen.
#[derive(Debug, Clone)]
struct Tool {
    /// Half the line's width, share of size.
    radius: f32,
    /// How much of the font's own thick and thin is kept.
    contrast: f32,
    /// A broad nib: angle in turns and how much thinner its thin strokes are.
    nib_angle: f32,
    nib: f32,
    pressure: f32,
    taper: f32,
    starved: f32,
    skips: f32,
    blots: f32,
}

impl Proportions {
    fn new(rng: &mut Rng) -> Self {
        let x = rng.range(0.4, 0.74);
        Self {
            x,
            ascender: rng.range(0.95, 1.3).max(x * 1.35),
            descender: rng.range(0.6, 1.25),
            capital: rng.range(0.9, 1.25),
            digit: rng.range(0.75, 1.1),
            width: rng.range(0.72, 1.45) * rng.range(0.85, 1.0),
            capital_width: rng.range(0.65, 1.1),
            letter_gap: rng.range(-0.07, 0.1),
            word_gap: rng.range(0.25, 0.9),
        }
    }
}

impl Tool {
    fn new(rng: &mut Rng) -> Self {
        let nib = rng.chance(0.25);
        Self {
            radius: rng.range(0.022, 0.058),
            contrast: if rng.chance(0.3) { rng.range(0.1, 0.7) } else { 0.0 },
            nib_angle: rng.range(0.05, 0.2),
            nib: if nib { rng.range(0.2, 0.65) } else { 0.0 },
            pressure: rng.range(0.05, 0.35),
            taper: rng.range(0.4, 1.0),
            starved: (rng.unit() * 1.3 - 0.6).max(0.0),
            skips: if rng.chance(0.25) { rng.range(0.02, 0.15) } else { 0.0 },
            blots: if rng.chance(0.1) { 0.02 } else { 0.001 },
        }
    }
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
        let mut line = Line { hand: self, size, seed: rng.next_u64(), x: 0.0, drawn: Vec::new(), exit: None };
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

struct Line<'a> {
    hand: &'a PenHand,
    size: f32,
    seed: u64,
    x: f32,
    drawn: Vec<Drawn>,
    exit: Option<Point>,
}

impl Line<'_> {
    fn words(&mut self, text: &str, kept: bool, rng: &mut Rng) {
        for word in text.split_inclusive(' ') {
            let count = word.chars().count().max(2) as f32;
            // One breath: every word has its own size and lift.
            let swell = 1.0 + self.hand.jitter * 0.7 * rng.normal();
            let lift = self.hand.jitter * 0.8 * rng.normal() * self.size;
            let letters: Vec<char> = word.chars().collect();
            for (index, c) in letters.iter().enumerate() {
                let fade = 1.0 - self.hand.trailing * index as f32 / count;
                let hurried = hurry(*c, letters.get(index + 1).copied(), index) * self.hand.collapse;
                self.one(*c, kept, swell * fade, lift, hurried, rng);
            }
        }
    }

    fn one(&mut self, c: char, kept: bool, swell: f32, lift: f32, hurried: f32, rng: &mut Rng) {
        let hand = self.hand;
        let (size, jitter) = (self.size, hand.jitter);
        let turn = if rng.chance(hand.fickle) { rng.below(4) } else { 0 };
        let Some(letter) = hand.letter(c, turn) else {
            self.exit = None;
            if c == ' ' {
                self.x += hand.form.word_gap * size * (1.0 + 0.25 * rng.normal()).max(0.3);
            }
            return;
        };
        let along = self.x / size;
        let vary = |rng: &mut Rng, amount: f32| 1.0 + jitter * amount * rng.normal();
        let (mut sx, mut sy) = (size * swell.sqrt() * vary(rng, 1.2), size * swell * vary(rng, 1.0));
        if hurried > 0.0 {
            sx *= 1.0 - 0.55 * hurried;
            sy *= 1.0 - 0.2 * hurried * rng.unit();
        }
        let slant = hand.slant + hand.sway * noise(self.seed ^ 1, along * 0.15) + jitter * 1.2 * rng.normal();
        let turn = jitter * 0.8 * rng.normal();
        let (x0, y0) =
            (self.x + jitter * size * 0.4 * rng.normal(), lift + jitter * size * 0.8 * rng.normal());
        let bend_seed = rng.next_u64();
        let bend = hand.elastic * hand.form.x * rng.range(0.3, 1.3);
        let place = |p: &PathPoint| -> Point {
            let (mut x, mut y) = letter.place(p);
            let (u, v) = (x * 1.6 / hand.form.x, y * 1.6 / hand.form.x);
            x += bend * noise2(bend_seed, u, v);
            y += bend * noise2(bend_seed ^ 7, u, v);
            let (px, py) = (x * sx + y * sy * slant, y * sy);
            (x0 + px - turn * py, y0 - py - turn * px)
        };
        let pressure = 1.0 + hand.tool.pressure * noise(self.seed, along * 0.5);
        let radius = (hand.tool.radius * size * pressure).max(0.34);
        let mut shapes = Vec::new();
        let mut bounds: Option<(f32, f32, f32, f32)> = None;
        let mut free_ends: Vec<Point> = Vec::new();
        for path in letter.paths {
            let mut points = path.points.clone();
            let haste = hand.haste + 5.0 * hurried;
            let passes = haste + if rng.chance(haste.fract()) { 1.0 } else { 0.0 };
            if points.len() > 4 {
                for _ in 0..passes as usize {
                    smooth(&mut points);
                }
            }
            let placed: Vec<(Point, f32)> =
                points.iter().map(|p| (place(p), p.radius * letter.scale_x * size)).collect();
            for ((x, y), _) in &placed {
                let b = bounds.unwrap_or((*x, *y, *x, *y));
                bounds = Some((b.0.min(*x), b.1.min(*y), b.2.max(*x), b.3.max(*y)));
            }
            if let (Some(first), Some(last)) = (placed.first(), placed.last()) {
                if path.starts {
                    free_ends.push(first.0);
                }
                if path.ends {
                    free_ends.push(last.0);
                }
            }
            shapes.push(self.stroke(&placed, path, radius, rng));
        }
        let Some((left, top, right, bottom)) = bounds else { return };
        let foot = y0.max(top);
        if letter.horn {
            shapes.push(self.horn(c, (right, top, foot), radius, rng));
        }
        if letter.bar {
            shapes.push(self.bar(c, (left, top, right, foot), radius, rng));
        }
        let height = foot - top;
        // The middle of the letter's head, its lead-in and lead-out strokes left aside.
        let head = (left + right) / 2.0 + slant * height * 0.25;
        let anchor = Anchor {
            top: (head, top),
            bottom: ((left + right) / 2.0 - slant * height * 0.3, foot),
            lean: slant,
        };
        if matches!(letter.base, 'i' | 'j') && c.nfd().nth(1).is_none() {
            shapes.push(self.dot(&anchor, radius, rng));
        } else {
            shapes.extend(marks::pen_marks(
                c,
                &anchor,
                size,
                radius * rng.range(0.85, 1.1),
                &hand.marks,
                rng,
            ));
        }
        self.join(c, &free_ends, (left, right, foot, height), radius, rng);
        if rng.chance(hand.tool.blots) {
            let blot = PenPoint {
                x: left + (right - left) * rng.unit(),
                y: top + (bottom - top) * rng.unit(),
                radius: size * rng.range(0.05, 0.13),
                flow: 1.0,
            };
            self.drawn.push(Drawn { character: None, shapes: vec![Shape::Stroke(vec![blot])], ink: 1.0 });
        }
        self.drawn.push(Drawn { character: kept.then_some(c), shapes, ink: 1.0 });
        self.x += letter.advance * sx * vary(rng, 1.5);
    }

    /// A path with the pen's width, pressure and ink.
    fn stroke(&self, placed: &[(Point, f32)], path: &PenPath, radius: f32, rng: &mut Rng) -> Shape {
        let tool = &self.hand.tool;
        let n = placed.len();
        let (nx, ny) = (sine(tool.nib_angle + 0.25), sine(tool.nib_angle));
        let skip = if rng.chance(tool.skips) { rng.below(n.max(1)) } else { usize::MAX };
        let mut points = Vec::with_capacity(n);
        for (i, ((x, y), own)) in placed.iter().enumerate() {
            let mut r = radius * (1.0 - tool.contrast) + own.max(0.3) * tool.contrast;
            if tool.nib > 0.0 {
                let (a, b) = (placed[i.saturating_sub(1)].0, placed[(i + 1).min(n - 1)].0);
                let (dx, dy) = (b.0 - a.0, b.1 - a.1);
                let length = (dx * dx + dy * dy).sqrt().max(1e-3);
                // Thin where the pen moves along its edge.
                let across = ((dx * ny + dy * nx) / length).abs();
                r *= 1.0 - tool.nib * (1.0 - across);
            }
            let from_end = if path.ends { (n - 1 - i) as f32 } else { 9.0 };
            let from_start = if path.starts { i as f32 + 1.0 } else { 9.0 };
            let end = from_end.min(from_start);
            if end < 3.0 && n > 3 {
                r *= tool.taper + (1.0 - tool.taper) * end / 3.0;
            }
            let mut flow =
                1.0 - tool.starved * (0.3 + 0.5 * noise(self.seed ^ 2, (x + y * 0.6) / self.size * 0.9));
            if i.abs_diff(skip) < 2 {
                flow *= 0.25;
            }
            points.push(PenPoint { x: *x, y: *y, radius: r.max(0.3), flow: flow.clamp(0.2, 1.0) });
        }
        Shape::Stroke(points)
    }

    fn horn(&self, c: char, (right, top, foot): (f32, f32, f32), radius: f32, rng: &mut Rng) -> Shape {
        let size = self.size;
        let m = size * if c.is_uppercase() { 0.26 } else { 0.19 } * rng.range(0.7, 1.3);
        let jitter = self.hand.marks.spread * size * 0.5;
        let x = right - m * 0.25 + rng.normal() * jitter;
        let y = top + (foot - top) * 0.12 + rng.normal() * jitter;
        let lean = self.hand.slant * m;
        let points = if self.hand.marks.lazy > 0.3 {
            vec![(x, y), (x + m * 0.45 + lean * 0.5, y - m * 0.6)]
        } else {
            vec![
                (x - m * 0.1, y + m * 0.1),
                (x + m * 0.5, y - m * 0.1),
                (x + m * 0.45 + lean * 0.5, y - m * 0.7),
            ]
        };
        marks::stroke(&points, radius * 0.9, rng)
    }

    fn bar(
        &self,
        c: char,
        (left, top, right, foot): (f32, f32, f32, f32),
        radius: f32,
        rng: &mut Rng,
    ) -> Shape {
        let size = self.size;
        let jitter = self.hand.marks.spread * size * 0.6;
        let height = foot - top;
        let (x, y) = if c == 'Đ' {
            (left + (right - left) * 0.08, top + height * 0.5)
        } else {
            (right - height * 0.05, top + height * 0.22)
        };
        let half = size * 0.17 * rng.range(0.7, 1.5);
        let (x, y) = (x + rng.normal() * jitter, y + rng.normal() * jitter * 0.5);
        let tilt = half * (self.hand.marks.acute - 0.5) * 0.4 + rng.normal() * half * 0.1;
        marks::stroke(&[(x - half, y + tilt), (x + half, y - tilt)], radius * 0.9, rng)
    }

    fn dot(&self, anchor: &Anchor, radius: f32, rng: &mut Rng) -> Shape {
        let (size, habit) = (self.size, &self.hand.marks);
        let x = anchor.top.0 + habit.shift * size * 0.8 + rng.normal() * habit.spread * size;
        let y = anchor.top.1 - size * (0.12 + habit.gap * 0.8 + (rng.normal() * habit.spread).abs());
        let dash = if habit.dashes { size * rng.range(0.03, 0.1) } else { size * 0.008 };
        marks::stroke(
            &[(x - dash * 0.5, y + dash * 0.4), (x + dash * 0.5, y - dash * 0.4)],
            radius * 1.05,
            rng,
        )
    }

    /// Goes on with the pen on the paper from the last letter to this one.
    fn join(&mut self, c: char, ends: &[Point], frame: (f32, f32, f32, f32), radius: f32, rng: &mut Rng) {
        let (left, right, foot, height) = frame;
        let middle = (left + right) / 2.0;
        let low = |p: &&Point| p.1 > foot - height * 1.05 && p.1 < foot + height * 0.2;
        let entry =
            ends.iter().filter(low).filter(|p| p.0 < middle).min_by(|a, b| a.0.total_cmp(&b.0)).copied();
        let entry = entry.unwrap_or((left, foot - height * rng.range(0.3, 0.7)));
        if let (Some(exit), true) = (self.exit, c.is_lowercase() && rng.chance(self.hand.joins)) {
            let gap = entry.0 - exit.0;
            if gap > -0.2 * self.size && gap < 0.55 * self.size {
                let sag = (exit.0 + gap * 0.5, exit.1.max(entry.1).min(foot) + 0.04 * self.size * rng.unit());
                let path = if rng.chance(0.6) { vec![exit, sag, entry] } else { vec![exit, entry] };
                let shape = marks::stroke(&path, radius * 0.85, rng);
                self.drawn.push(Drawn { character: None, shapes: vec![shape], ink: 0.95 });
            }
        }
        let exit =
            ends.iter().filter(low).filter(|p| p.0 > middle).max_by(|a, b| a.0.total_cmp(&b.0)).copied();
        self.exit = c.is_alphabetic().then(|| exit.unwrap_or((right, foot - height * 0.2)));
    }
}
