//! Where along the line each character of a text stands: the most probable CTC alignment (Viterbi).

use crate::neural::Output;

/// A blank run between two letters is shared between them, up to this many steps each.
const REACH: f32 = 3.0;

/// Steps a character takes.
#[derive(Debug, Copy, Clone, PartialEq)]
pub(crate) struct Place {
    /// First step.
    pub(crate) start: f32,
    /// One past the last step.
    pub(crate) end: f32,
    /// Highest probability of the character in its steps.
    pub(crate) probability: f32,
}

/// Places of the characters, in order. Empty when there are fewer steps than the text needs.
pub(crate) fn align(output: &Output, classes: &[u16]) -> Vec<Place> {
    let steps: Vec<&[f32]> = output.steps().collect();
    if classes.is_empty() || steps.is_empty() {
        return Vec::new();
    }
    // States: blank, c0, blank, c1, …, blank.
    let states = 2 * classes.len() + 1;
    let class_of = |state: usize| if state % 2 == 1 { usize::from(classes[state / 2]) } else { 0 };
    let mut score = vec![f32::NEG_INFINITY; states];
    score[0] = steps[0][0];
    score[1] = steps[0][class_of(1)];
    let mut moves = vec![0_u8; steps.len() * states];
    let mut next = vec![f32::NEG_INFINITY; states];
    for (t, step) in steps.iter().enumerate().skip(1) {
        for state in 0..states {
            let (mut best, mut came) = (score[state], 0_u8);
            if state >= 1 && score[state - 1] > best {
                (best, came) = (score[state - 1], 1);
            }
            let may_skip = state % 2 == 1 && state >= 3 && classes[state / 2] != classes[state / 2 - 1];
            if may_skip && score[state - 2] > best {
                (best, came) = (score[state - 2], 2);
            }
            next[state] = best + step[class_of(state)];
            moves[t * states + state] = came;
        }
        std::mem::swap(&mut score, &mut next);
    }
    let mut state = if score[states - 1] >= score[states - 2] { states - 1 } else { states - 2 };
    if score[state] == f32::NEG_INFINITY {
        return Vec::new();
    }
    let mut spans: Vec<Option<(usize, usize)>> = vec![None; classes.len()];
    for t in (0..steps.len()).rev() {
        if state % 2 == 1 {
            let span = &mut spans[state / 2];
            *span = Some((t, span.map_or(t, |(_, last)| last)));
        }
        state -= usize::from(moves[t * states + state]);
    }
    let Some(spans) = spans.into_iter().collect::<Option<Vec<_>>>() else {
        return Vec::new();
    };
    widen(&spans, &steps, classes)
}

/// Letters reach half way to their neighbours: CTC marks only their most telling steps.
fn widen(spans: &[(usize, usize)], steps: &[&[f32]], classes: &[u16]) -> Vec<Place> {
    let mut places = Vec::with_capacity(spans.len());
    for (index, (first, last)) in spans.iter().enumerate() {
        let (own_start, own_end) = (*first as f32, *last as f32 + 1.0);
        let before = index.checked_sub(1).map_or(own_start - 2.0 * REACH, |i| spans[i].1 as f32 + 1.0);
        let after = spans.get(index + 1).map_or(own_end + 2.0 * REACH, |span| span.0 as f32);
        let start = own_start - ((own_start - before) / 2.0).min(REACH);
        let end = own_end + ((after - own_end) / 2.0).min(REACH);
        let class = usize::from(classes[index]);
        let probability =
            steps[*first..=*last].iter().map(|step| step[class]).fold(f32::NEG_INFINITY, f32::max).exp();
        places.push(Place { start: start.max(0.0), end: end.min(steps.len() as f32), probability });
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_where_they_are_seen() {
        let blank = [0.98_f32, 0.01, 0.01];
        let a = [0.05, 0.94, 0.01];
        let b = [0.05, 0.01, 0.94];
        let rows = [blank, a, a, blank, blank, blank, blank, b, blank];
        let output =
            Output { values: rows.iter().flatten().map(|p| p.ln()).collect(), classes: 3, stride: 4 };
        let places = align(&output, &[1, 2]);
        assert_eq!(places.len(), 2);
        assert_eq!((places[0].start, places[0].end), (0.0, 5.0));
        assert_eq!((places[1].start, places[1].end), (5.0, 9.0));
        assert!((places[0].probability - 0.94).abs() < 1e-3);
    }

    #[test]
    fn a_text_longer_than_the_line_has_no_places() {
        let output = Output { values: vec![0.3_f32.ln(); 6], classes: 3, stride: 4 };
        assert!(align(&output, &[1, 1, 1, 1]).is_empty());
    }
}
