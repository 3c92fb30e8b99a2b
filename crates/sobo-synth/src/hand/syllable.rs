//! Marks as they are written in running hands: after the letters of the syllable, together. They stand at one height,
//! drift to the right of their letters, lie flat, and run into each other in one stroke.

use crate::canvas::Point;
use crate::random::Rng;
use crate::writer::Drawn;

use super::marks::{MarkStroke, Part, stroke};

/// How a writer puts the marks of a syllable.
#[derive(Debug, Clone)]
pub(crate) struct SyllableHabit {
    /// Chance that a syllable's marks are put in one movement.
    hurried: f32,
    /// How far that movement comes down beside the letters, share of size.
    drift: f32,
    /// Height left to marks put in haste, 1 all .. 0 flat.
    flat: f32,
    /// How much marks come to one height, whatever letter they stand on, 0..=1.
    level: f32,
    /// How far a tone moves to the end of its syllable: 1 as far as the end.
    late: f32,
    /// Chance that two neighbouring marks are one stroke (a dot below between them makes the pen lift).
    chained: f32,
    /// The same for the horns of `ươ`.
    horns: f32,
}

impl SyllableHabit {
    pub(super) fn new(careless: f32, rng: &mut Rng) -> Self {
        let often = |rng: &mut Rng, share: f32, low: f32, high: f32, else_: f32| {
            if rng.chance(share) { rng.range(low, high) } else { else_ }
        };
        // Many real hands put the tone over the last letter or beside the syllable's end.
        let late = often(rng, 0.2 + 0.3 * careless, 0.15, 1.1, 0.0);
        let hurried = often(rng, 0.3 + 0.3 * careless, 0.2, 0.95, 0.03);
        Self {
            hurried: if late > 0.0 { hurried.max(rng.range(0.3, 0.95)) } else { hurried },
            drift: rng.range(-0.05, 0.1 + 0.3 * careless),
            flat: rng.range(0.35, 1.0),
            level: often(rng, 0.4, 0.3, 1.0, 0.0),
            late,
            chained: often(rng, 0.25 + 0.25 * careless, 0.15, 0.85, 0.02),
            horns: often(rng, 0.35, 0.2, 0.9, 0.03),
        }
    }
}

/// A mark that waits until its syllable's letters are written.
struct Waiting {
    /// Which of the drawn letters it belongs to.
    drawn: usize,
    stroke: MarkStroke,
    radius: f32,
}

/// The marks of a syllable.
#[derive(Default)]
pub(super) struct Syllable {
    waiting: Vec<Waiting>,
    /// Right end of its letters, px.
    end: f32,
}

/// A chain of more marks than this would be a scribble.
const LONGEST: usize = 3;

impl Syllable {
    /// Remembers the marks of a letter (an index into what is drawn) that ends at `right`.
    pub(super) fn add(&mut self, drawn: usize, strokes: Vec<MarkStroke>, radius: f32, right: f32) {
        self.end = right;
        self.waiting.extend(strokes.into_iter().map(|stroke| Waiting { drawn, stroke, radius }));
    }

    /// Writes them.
    pub(super) fn write(&mut self, size: f32, habit: &SyllableHabit, drawn: &mut [Drawn], rng: &mut Rng) {
        let mut waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return;
        }
        let hurried = rng.chance(habit.hurried);
        if hurried {
            self.hurry(&mut waiting, size, habit, rng);
        }
        // The pen goes from left to right.
        waiting.sort_by(|a, b| a.stroke.start().0.total_cmp(&b.stroke.start().0));
        let mut at = 0;
        while at < waiting.len() {
            let mut end = at + 1;
            while end < waiting.len()
                && end - at < LONGEST
                && follows(&waiting[end - 1].stroke, &waiting[end].stroke, size)
                && rng.chance(match waiting[end].stroke.part {
                    Part::Horn => habit.horns,
                    _ if hurried => (habit.chained * 1.4).min(0.95),
                    _ => habit.chained,
                })
            {
                end += 1;
            }
            let points: Vec<Point> =
                waiting[at..end].iter().flat_map(|w| w.stroke.points.iter().copied()).collect();
            let shape = stroke(&points, waiting[at].radius, rng);
            if let Some(letter) = drawn.get_mut(waiting[at].drawn) {
                letter.shapes.push(shape);
            }
            at = end;
        }
    }

    fn hurry(&self, waiting: &mut [Waiting], size: f32, habit: &SyllableHabit, rng: &mut Rng) {
        let (dx, dy) = (habit.drift * size * rng.range(0.3, 1.2), size * 0.04 * rng.normal());
        let flat = (habit.flat * rng.range(0.8, 1.2)).clamp(0.25, 1.0);
        let floating = |w: &&mut Waiting| matches!(w.stroke.part, Part::Hat | Part::Tone | Part::Dot);
        let floor = |w: &Waiting| w.stroke.points.iter().map(|p| p.1).fold(f32::MIN, f32::max);
        // Marks hang as high as the highest letter wants them.
        let height = waiting
            .iter()
            .filter(|w| matches!(w.stroke.part, Part::Hat | Part::Tone | Part::Dot))
            .map(floor)
            .fold(f32::MAX, f32::min);
        for w in waiting.iter_mut().filter(floating) {
            let lift = (height - floor(&*w)).max(-0.5 * size) * habit.level;
            let mut shift = dx;
            if w.stroke.part == Part::Tone {
                let way = (self.end - w.stroke.start().0).clamp(0.0, 1.6 * size);
                shift += way * habit.late * rng.unit();
            }
            // An acute or a grave laid quite flat would say nothing any more.
            w.stroke.lay_flat(if w.stroke.points.len() == 2 { flat.max(0.65) } else { flat });
            w.stroke.shift(shift, dy + lift);
        }
    }
}

/// Whether a pen would go on from one mark to the next without lifting.
fn follows(one: &MarkStroke, two: &MarkStroke, size: f32) -> bool {
    let chained = matches!(
        (one.part, two.part),
        (Part::Hat | Part::Tone | Part::Dot, Part::Hat | Part::Tone | Part::Dot) | (Part::Horn, Part::Horn)
    );
    let (a, b) = (one.end(), two.start());
    chained && (b.0 - a.0).abs() < 0.8 * size && (b.1 - a.1).abs() < 0.5 * size
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(part: Part, x: f32) -> MarkStroke {
        MarkStroke { points: vec![(x, -50.0), (x + 4.0, -60.0), (x + 8.0, -50.0)], part }
    }

    fn habit(hurried: f32, chained: f32) -> SyllableHabit {
        SyllableHabit { hurried, drift: 0.3, flat: 0.5, level: 1.0, late: 0.0, chained, horns: chained }
    }

    fn written(habit: &SyllableHabit) -> Vec<Drawn> {
        let mut drawn = vec![Drawn::default(), Drawn::default()];
        let mut syllable = Syllable::default();
        syllable.add(0, vec![mark(Part::Below, -3.0), mark(Part::Hat, 0.0)], 2.0, 20.0);
        syllable.add(1, vec![mark(Part::Tone, 20.0)], 2.0, 40.0);
        syllable.write(40.0, habit, &mut drawn, &mut Rng::new(3));
        drawn
    }

    #[test]
    fn marks_stay_with_their_letters_or_run_into_each_other() {
        let apart = written(&habit(0.0, 0.0));
        assert_eq!(apart.iter().map(|d| d.shapes.len()).collect::<Vec<_>>(), [2, 1]);
        // Hat and tone become one stroke; what stands below the letter never joins them.
        let chained = written(&habit(0.0, 1.0));
        assert_eq!(chained.iter().map(|d| d.shapes.len()).collect::<Vec<_>>(), [2, 0]);
    }

    #[test]
    fn a_hurried_syllable_moves_and_flattens_its_marks_together() {
        let bounds = |d: &Drawn| d.shapes.last().and_then(crate::canvas::Shape::bounds).map(|b| (b.x, b.h));
        let (calm, fast) = (written(&habit(0.0, 0.0)), written(&habit(1.0, 0.0)));
        for (one, two) in calm.iter().zip(&fast) {
            let (Some(before), Some(after)) = (bounds(one), bounds(two)) else { panic!("a mark is missing") };
            let below = one.shapes.len() == 2;
            assert!(below || after.0 > before.0 + 3.0, "{before:?} {after:?}");
            assert!(below || after.1 < before.1 * 0.85, "{before:?} {after:?}");
        }
    }
}
