//! Vietnamese marks as a pen writes them: careless, flattened, joined, far from their letter.

use unicode_normalization::UnicodeNormalization;

use crate::canvas::{PenPoint, Point, Shape};
use crate::fonts::EmBox;
use crate::outlines::Placement;
use crate::random::Rng;

use super::syllable::SyllableHabit;

/// What a stroke of a mark is.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Circumflex or breve, perhaps with the tone in the same stroke.
    Hat,
    /// A tone above the letter.
    Tone,
    /// The dot below.
    Below,
    /// The dot of `i`.
    Dot,
    /// The horn of `ơ` and `ư`.
    Horn,
}

/// The path of one stroke, px.
#[derive(Debug, Clone)]
pub(super) struct MarkStroke {
    pub(super) points: Vec<Point>,
    pub(super) part: Part,
}

impl MarkStroke {
    pub(super) fn start(&self) -> Point {
        self.points.first().copied().unwrap_or_default()
    }

    pub(super) fn end(&self) -> Point {
        self.points.last().copied().unwrap_or_default()
    }

    pub(super) fn shift(&mut self, dx: f32, dy: f32) {
        for p in &mut self.points {
            *p = (p.0 + dx, p.1 + dy);
        }
    }

    /// Takes height away, and gives a little of it to the width.
    pub(super) fn lay_flat(&mut self, keep: f32) {
        let n = self.points.len().max(1) as f32;
        let (sx, sy) = self.points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        let (cx, cy) = (sx / n, sy / n);
        let wide = 1.0 + 0.35 * (1.0 - keep);
        for p in &mut self.points {
            *p = (cx + (p.0 - cx) * wide, cy + (p.1 - cy) * keep);
        }
    }
}

/// How a writer puts marks.
#[derive(Debug, Clone)]
pub(crate) struct MarkHabit {
    /// Size of marks, share of the nominal size.
    pub(crate) size: f32,
    /// Gap above the letter, share of size.
    pub(crate) gap: f32,
    /// Habitual shift to the right, share of size.
    pub(crate) shift: f32,
    /// Spread of the place, share of size.
    pub(crate) spread: f32,
    /// 1 full height .. 0 flat.
    pub(crate) height: f32,
    /// Chance that circumflex and tone are one stroke.
    pub(crate) joined: f32,
    /// Chance that a tilde is a mere line, a circumflex a mere arc.
    pub(crate) lazy: f32,
    /// Whether dots are short strokes.
    pub(crate) dashes: bool,
    /// Lean of the acute: 0 upright .. 1 flat.
    pub(crate) acute: f32,
    /// Lean of the grave: 0 upright .. 1 a level line.
    pub(crate) grave: f32,
    /// Length of acute and grave against other marks.
    pub(crate) long: f32,
    /// What becomes of them in a syllable.
    pub(crate) syllable: SyllableHabit,
}

impl MarkHabit {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let careless = rng.unit();
        Self {
            size: rng.range(0.26, 0.46),
            gap: rng.range(-0.02, 0.16) + 0.08 * careless * rng.unit(),
            shift: rng.range(-0.05, 0.12)
                + 0.22 * careless * careless * rng.unit()
                + if rng.chance(0.15) { rng.range(0.05, 0.3) } else { 0.0 },
            spread: 0.02 + 0.09 * careless,
            height: rng.range(0.45, 1.15),
            joined: if rng.chance(0.35) { rng.range(0.2, 0.9) } else { 0.03 },
            lazy: if rng.chance(0.4) { rng.range(0.2, 0.8) } else { 0.05 },
            dashes: rng.chance(0.35),
            acute: rng.range(0.1, 0.9),
            grave: if rng.chance(0.3) { rng.range(0.8, 1.15) } else { rng.range(0.1, 0.8) },
            long: rng.range(0.75, 1.6),
            syllable: SyllableHabit::new(careless, rng),
        }
    }
}

/// Where marks hang on a letter, px.
#[derive(Debug, Copy, Clone)]
pub(crate) struct Anchor {
    /// Middle of its top.
    pub(crate) top: Point,
    /// Middle of its foot, on the baseline.
    pub(crate) bottom: Point,
    /// Rightward lean per unit of height.
    pub(crate) lean: f32,
}

impl Anchor {
    /// On an outline put in its place.
    pub(crate) fn of(letter: EmBox, place: &Placement) -> Self {
        let middle = (letter.left + letter.right) / 2.0;
        Self {
            top: place.apply((middle, letter.top)),
            bottom: place.apply((middle, letter.bottom.clamp(-0.05, 0.0))),
            lean: place.slant,
        }
    }
}

/// The marks of `c` above and below a letter with this box; empty if the character has none of the
/// Vietnamese marks. Horn and bar belong to the letter and are not drawn.
pub(super) fn strokes(
    c: char,
    anchor: &Anchor,
    size: f32,
    habit: &MarkHabit,
    rng: &mut Rng,
) -> Vec<MarkStroke> {
    let m = habit.size * size * (1.0 + 0.14 * rng.normal());
    let capital = c.is_uppercase();
    let (top_x, top_y) = anchor.top;
    let lift = if capital { 0.4 } else { 1.0 };
    let jitter = |rng: &mut Rng| rng.normal() * habit.spread * size;
    let mut at = (
        top_x + habit.shift * size + jitter(rng),
        top_y - (habit.gap * lift * size + jitter(rng).abs() * 0.7).max(-0.1 * size),
    );
    let lean = anchor.lean * 0.6;
    let mut strokes: Vec<MarkStroke> = Vec::new();
    let mut hat: Option<f32> = None;
    for mark in c.nfd().skip(1) {
        let h = m * habit.height * (1.0 + 0.18 * rng.normal());
        let lazy = rng.chance(habit.lazy);
        let wobble = [(); 6].map(|()| (rng.normal() * m * 0.05, rng.normal() * m * 0.05));
        let aside_only = rng.chance(0.5);
        let part = if matches!(mark, '\u{302}' | '\u{306}') { Part::Hat } else { Part::Tone };
        let mut draw = |at: Point, points: &[Point]| {
            let points = points
                .iter()
                .zip(wobble.iter().cycle())
                .map(|((x, y), (wx, wy))| {
                    let (px, py) = (x * m + wx, y * h + wy);
                    (at.0 + px + py * lean, at.1 - py)
                })
                .collect();
            strokes.push(MarkStroke { points, part });
        };
        let slash = |flat: f32| {
            let long = habit.long;
            [(-(0.2 + 0.25 * flat) * long, 0.0), ((0.15 + 0.25 * flat) * long, (0.8 - 0.65 * flat) * long)]
        };
        match mark {
            '\u{302}' => {
                if lazy {
                    draw(at, &[(-0.5, 0.02), (-0.2, 0.3), (0.15, 0.32), (0.5, 0.05)]);
                } else {
                    draw(at, &[(-0.5, 0.0), (-0.02, 0.55), (0.5, 0.02)]);
                }
                hat = Some(h * 0.5);
            }
            '\u{306}' => {
                draw(at, &[(-0.5, 0.45), (-0.22, 0.08), (0.2, 0.08), (0.5, 0.42)]);
                hat = Some(h * 0.35);
            }
            '\u{301}' | '\u{300}' | '\u{309}' | '\u{303}' => {
                if let Some(height) = hat {
                    // Beside the hat or on top of it.
                    let side = match mark {
                        '\u{301}' => 0.45,
                        '\u{300}' => -0.4,
                        _ => 0.25,
                    };
                    let aside = if aside_only { 1.0 } else { 0.3 };
                    at = (at.0 + side * aside * m, at.1 - height * (1.35 - 0.6 * aside));
                }
                match mark {
                    '\u{301}' => draw(at, &slash(habit.acute)),
                    '\u{300}' => {
                        let mirrored: Vec<Point> =
                            slash(habit.grave).iter().rev().map(|(x, y)| (-x, *y)).collect();
                        draw(at, &mirrored);
                    }
                    '\u{309}' if lazy => draw(at, &[(-0.12, 0.5), (0.16, 0.55), (0.02, 0.0)]),
                    '\u{309}' => {
                        draw(at, &[(-0.2, 0.5), (0.0, 0.75), (0.22, 0.55), (0.04, 0.3), (0.02, 0.0)])
                    }
                    _ if lazy => draw(at, &[(-0.5, 0.12), (0.0, 0.2), (0.5, 0.22)]),
                    _ => draw(at, &[(-0.5, 0.05), (-0.24, 0.36), (0.08, 0.2), (0.28, 0.1), (0.52, 0.38)]),
                }
            }
            '\u{323}' => {
                let (x, y) = anchor.bottom;
                let below =
                    (x + jitter(rng) + habit.shift * 0.4 * size, y + (0.14 * size + jitter(rng).abs()));
                let dash = if habit.dashes { rng.range(0.12, 0.3) } else { 0.03 };
                let points = [
                    (below.0 - dash * m * 0.5, below.1 - dash * m * 0.2),
                    (below.0 + dash * m * 0.5, below.1),
                ];
                strokes.push(MarkStroke { points: points.to_vec(), part: Part::Below });
            }
            '\u{308}' => {
                draw(at, &[(-0.3, 0.1), (-0.26, 0.14)]);
                draw(at, &[(0.26, 0.1), (0.3, 0.14)]);
            }
            _ => {}
        }
    }
    // Circumflex and tone in one movement.
    let both = matches!(strokes.as_slice(), [one, two] if one.part == Part::Hat && two.part == Part::Tone);
    if both && rng.chance(habit.joined) {
        let tone = strokes.pop().map(|tone| tone.points).unwrap_or_default();
        strokes[0].points.extend(tone);
    }
    strokes
}

/// A smooth stroke through these points (Catmull-Rom), thinner towards its end.
pub(crate) fn stroke(points: &[Point], radius: f32, rng: &mut Rng) -> Shape {
    let mut path = Vec::new();
    let n = points.len();
    let taper = rng.range(0.55, 1.0);
    for i in 0..n.saturating_sub(1) {
        let p = |j: isize| points[(i as isize + j).clamp(0, n as isize - 1) as usize];
        let (a, b, c, d) = (p(-1), p(0), p(1), p(2));
        let pieces = if n == 2 { 2 } else { 4 };
        for step in 0..pieces {
            let t = step as f32 / pieces as f32;
            path.push(catmull(a, b, c, d, t));
        }
    }
    path.extend(points.last());
    let last = path.len().max(2) as f32 - 1.0;
    Shape::Stroke(
        path.iter()
            .enumerate()
            .map(|(i, (x, y))| {
                let t = i as f32 / last;
                PenPoint { x: *x, y: *y, radius: radius * (1.1 - (1.1 - taper) * t), flow: 1.0 }
            })
            .collect(),
    )
}

pub(super) fn catmull(a: Point, b: Point, c: Point, d: Point, t: f32) -> Point {
    let along = |a: f32, b: f32, c: f32, d: f32| {
        0.5 * (2.0 * b
            + (c - a) * t
            + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
            + (3.0 * b - a - 3.0 * c + d) * t * t * t)
    };
    (along(a.0, b.0, c.0, d.0), along(a.1, b.1, c.1, d.1))
}
