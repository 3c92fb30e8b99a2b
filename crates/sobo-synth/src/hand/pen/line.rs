//! A line as this hand writes it, letter by letter.

use unicode_normalization::UnicodeNormalization;

use super::{PenHand, hurry};
use crate::canvas::{PenPoint, Point, Shape};
use crate::fonts::{PathPoint, PenPath, smooth};
use crate::hand::joins::{End, way};
use crate::hand::marks::{self, Anchor, MarkStroke, Part};
use crate::hand::syllable::Syllable;
use crate::random::{Rng, noise, noise2, sine};
use crate::writer::Drawn;

pub(super) struct Line<'a> {
    pub(super) hand: &'a PenHand,
    pub(super) size: f32,
    seed: u64,
    /// Where the pen is, px.
    pub(super) x: f32,
    pub(super) drawn: Vec<Drawn>,
    /// Where the last letter may be left.
    exit: Option<End>,
    /// Where the bar of a `t` just written ends, if the next letter begins with it.
    bar_end: Option<Point>,
    syllable: Syllable,
}

/// A letter as it came out, px.
struct Frame {
    left: f32,
    right: f32,
    top: f32,
    foot: f32,
}

impl<'a> Line<'a> {
    pub(super) fn new(hand: &'a PenHand, size: f32, rng: &mut Rng) -> Self {
        Self {
            hand,
            size,
            seed: rng.next_u64(),
            x: 0.0,
            drawn: Vec::new(),
            exit: None,
            bar_end: None,
            syllable: Syllable::default(),
        }
    }

    pub(super) fn words(&mut self, text: &str, kept: bool, rng: &mut Rng) {
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
                if !c.is_alphabetic() {
                    self.marks(rng);
                }
            }
            self.marks(rng);
        }
    }

    /// Puts the marks of the syllable that was written.
    fn marks(&mut self, rng: &mut Rng) {
        self.syllable.write(self.size, &self.hand.marks.syllable, &mut self.drawn, rng);
    }

    fn one(&mut self, c: char, kept: bool, swell: f32, lift: f32, hurried: f32, rng: &mut Rng) {
        let hand = self.hand;
        let (size, jitter) = (self.size, hand.jitter);
        let turn = if rng.chance(hand.fickle) { rng.below(4) } else { 0 };
        let Some(letter) = hand.letter(c, turn) else {
            self.exit = None;
            self.bar_end = None;
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
        let mut free_ends: Vec<End> = Vec::new();
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
            if let [first, .., last] = placed.as_slice() {
                let inner = 2.min(placed.len() - 1);
                if path.starts {
                    free_ends.push(End::of(first.0, placed[inner].0));
                }
                if path.ends {
                    free_ends.push(End::of(last.0, placed[placed.len() - 1 - inner].0));
                }
            }
            shapes.push(self.stroke(&placed, path, radius, rng));
        }
        let Some((left, top, right, bottom)) = bounds else { return };
        let frame = Frame { left, right, top, foot: y0.max(top) };
        let mut mark_strokes = Vec::new();
        if letter.horn {
            mark_strokes.push(self.horn(c, &frame, rng));
        }
        if letter.bar {
            shapes.push(self.bar(c, &frame, radius, rng));
        }
        let height = frame.foot - top;
        // The middle of the letter's head, its lead-in and lead-out strokes left aside.
        let head = (left + right) / 2.0 + slant * height * 0.25;
        let anchor = Anchor {
            top: (head, top),
            bottom: ((left + right) / 2.0 - slant * height * 0.3, frame.foot),
            lean: slant,
        };
        if matches!(letter.base, 'i' | 'j') && c.nfd().nth(1).is_none() {
            mark_strokes.push(self.dot(&anchor, rng));
        } else {
            mark_strokes.extend(marks::strokes(c, &anchor, size, &hand.marks, rng));
        }
        self.join(c, letter.base, &free_ends, &frame, radius, rng);
        if rng.chance(hand.tool.blots) {
            let blot = PenPoint {
                x: left + (right - left) * rng.unit(),
                y: top + (bottom - top) * rng.unit(),
                radius: size * rng.range(0.05, 0.13),
                flow: 1.0,
            };
            self.drawn.push(Drawn { character: None, shapes: vec![Shape::Stroke(vec![blot])], ink: 1.0 });
        }
        let mark_radius = radius * rng.range(0.85, 1.1);
        self.syllable.add(self.drawn.len(), mark_strokes, mark_radius, right);
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

    fn horn(&self, c: char, frame: &Frame, rng: &mut Rng) -> MarkStroke {
        let (size, right, top, foot) = (self.size, frame.right, frame.top, frame.foot);
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
        MarkStroke { points, part: Part::Horn }
    }

    fn bar(&self, c: char, frame: &Frame, radius: f32, rng: &mut Rng) -> Shape {
        let Frame { left, right, top, foot } = *frame;
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

    fn dot(&self, anchor: &Anchor, rng: &mut Rng) -> MarkStroke {
        let (size, habit) = (self.size, &self.hand.marks);
        let x = anchor.top.0 + habit.shift * size * 0.8 + rng.normal() * habit.spread * size;
        let y = anchor.top.1 - size * (0.12 + habit.gap * 0.8 + (rng.normal() * habit.spread).abs());
        let dash = if habit.dashes { size * rng.range(0.03, 0.1) } else { size * 0.008 };
        let points = vec![(x - dash * 0.5, y + dash * 0.4), (x + dash * 0.5, y - dash * 0.4)];
        MarkStroke { points, part: Part::Dot }
    }

    /// Goes on with the pen on the paper from the last letter to this one.
    fn join(&mut self, c: char, base: char, ends: &[End], frame: &Frame, radius: f32, rng: &mut Rng) {
        let Frame { left, right, foot, .. } = *frame;
        let (size, height) = (self.size, foot - frame.top);
        let middle = (left + right) / 2.0;
        let low = |end: &&End| end.at.1 > foot - height * 1.05 && end.at.1 < foot + height * 0.2;
        let entry = ends
            .iter()
            .filter(low)
            .filter(|end| end.at.0 < middle)
            .min_by(|a, b| a.at.0.total_cmp(&b.at.0))
            .copied()
            .unwrap_or_else(|| End::guessed((left, foot - height * rng.range(0.3, 0.7))));
        if let (Some(bar), true) = (self.bar_end.take(), c.is_lowercase()) {
            // The bar of a `t` is at the same time the first stroke of the next letter.
            let to = (left + size * rng.range(0.02, 0.16), bar.1 - size * rng.range(-0.03, 0.1));
            if to.0 > bar.0 && to.0 - bar.0 < 0.7 * size {
                let middle = ((bar.0 + to.0) / 2.0, bar.1.min(to.1) - 0.02 * size);
                self.connect(&[bar, middle, to], radius, rng);
            }
        } else if let (Some(exit), true) = (self.exit, c.is_lowercase() && rng.chance(self.hand.joins)) {
            let gap = entry.at.0 - exit.at.0;
            if gap > -0.2 * size && gap < 0.55 * size {
                let path = way(&exit, &entry, size, rng);
                self.connect(&path, radius, rng);
            }
        }
        let x_height = self.hand.form.x * size;
        let at_bar = |end: &&End| (end.at.1 - (foot - x_height)).abs() < 0.35 * x_height;
        let rightmost = |a: &&End, b: &&End| a.at.0.total_cmp(&b.at.0);
        if base == 't' && rng.chance(self.hand.ligatures) {
            self.bar_end = ends.iter().filter(at_bar).max_by(rightmost).map(|end| end.at);
        }
        let exit = ends.iter().filter(low).filter(|end| end.at.0 > middle).max_by(rightmost).copied();
        // Round letters are left at their top, the others on the line.
        let round = matches!(base, 'o' | 'b' | 'v' | 'w');
        let guess = if round { (right, foot - x_height * 0.85) } else { (right, foot - height * 0.12) };
        self.exit = c.is_alphabetic().then(|| exit.unwrap_or_else(|| End::guessed(guess)));
    }

    fn connect(&mut self, path: &[Point], radius: f32, rng: &mut Rng) {
        let shape = marks::stroke(path, radius * 0.88, rng);
        self.drawn.push(Drawn { character: None, shapes: vec![shape], ink: 0.96 });
    }
}
