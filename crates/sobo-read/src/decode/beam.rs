//! CTC prefix beam search (Graves & Jaitly 2014; Hannun et al. 2014) with shallow fusion of a character model.

use super::Decoding;
use super::language::{CONTEXT, Scorer};
use crate::neural::Output;

/// A class less probable than this at a step is not considered there.
const LEAST: f32 = -7.0;
/// Most classes considered at a step beside the blank.
const WIDEST: usize = 8;
/// A step whose blank is surer than this changes no prefix.
const SURE_BLANK: f32 = -1e-4;

/// A text the search found.
#[derive(Debug, Clone)]
pub(crate) struct Hypothesis {
    /// Classes of its characters.
    pub(crate) classes: Vec<u16>,
    /// The text as its characters, filled in by the caller.
    pub(crate) text: String,
    /// Log probability the network gives it, all alignments together.
    pub(crate) sight: f32,
    /// What it is ranked by.
    pub(crate) total: f32,
}

/// No node, no slot.
const NONE: u32 = u32::MAX;

/// A node of the tree of prefixes; its children are a list through `sibling`.
struct Node {
    parent: u32,
    child: u32,
    sibling: u32,
    /// Its place among the states of step `seen`.
    slot: u32,
    seen: u32,
    class: u16,
    depth: u16,
    language: f32,
}

impl Node {
    fn new(parent: u32, sibling: u32, class: u16, depth: u16, language: f32) -> Self {
        Self { parent, child: NONE, sibling, slot: NONE, seen: 0, class, depth, language }
    }
}

#[derive(Copy, Clone)]
struct State {
    node: u32,
    blank: f32,
    letter: f32,
}

impl State {
    fn sight(self) -> f32 {
        log_add(self.blank, self.letter)
    }
}

/// The best texts, best first, by `sight + weight × language + bonus × length`.
pub(crate) fn search(output: &Output, scorer: Option<&Scorer<'_>>, decoding: Decoding) -> Vec<Hypothesis> {
    let mut tree = vec![Node::new(NONE, NONE, 0, 0, 0.0)];
    let mut beam = vec![State { node: 0, blank: 0.0, letter: f32::NEG_INFINITY }];
    let mut next: Vec<State> = Vec::new();
    let mut ranked: Vec<(f32, State)> = Vec::new();
    let mut considered: Vec<(u16, f32)> = Vec::new();
    let rank = |state: &State, tree: &[Node]| {
        let node = &tree[state.node as usize];
        state.sight() + decoding.weight * node.language + decoding.bonus * f32::from(node.depth)
    };
    for (number, step) in (1_u32..).zip(output.steps()) {
        let blank = step[0];
        if blank > SURE_BLANK {
            for state in &mut beam {
                *state = State { node: state.node, blank: state.sight() + blank, letter: f32::NEG_INFINITY };
            }
            continue;
        }
        considered.clear();
        considered.extend(
            step.iter().enumerate().skip(1).filter(|(_, p)| **p > LEAST).map(|(class, p)| (class as u16, *p)),
        );
        considered.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        considered.truncate(WIDEST);
        next.clear();
        for state in &beam {
            let (class, depth) = {
                let node = &tree[state.node as usize];
                (node.class, node.depth)
            };
            let all = state.sight();
            let stay = slot(&mut next, &mut tree, state.node, number);
            stay.blank = log_add(stay.blank, all + blank);
            if depth > 0 {
                stay.letter = log_add(stay.letter, state.letter + step[usize::from(class)]);
            }
            for (added, p) in &considered {
                // A repeated letter needs a blank between.
                let from = if depth > 0 && *added == class { state.blank } else { all };
                if from == f32::NEG_INFINITY {
                    continue;
                }
                let node = child(&mut tree, state.node, *added, scorer);
                let state = slot(&mut next, &mut tree, node, number);
                state.letter = log_add(state.letter, from + p);
            }
        }
        ranked.clear();
        ranked.extend(next.iter().map(|state| (rank(state, &tree), *state)));
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.node.cmp(&b.1.node)));
        beam.clear();
        beam.extend(ranked.iter().take(decoding.beam.max(1)).map(|(_, state)| *state));
    }
    let mut found: Vec<Hypothesis> = beam
        .iter()
        .map(|state| {
            let node = &tree[state.node as usize];
            let end = scorer.map_or(0.0, |scorer| {
                let (history, length) = history(&tree, state.node);
                scorer.log_end(&history[..length])
            });
            let language = node.language + end;
            Hypothesis {
                classes: path(&tree, state.node),
                text: String::new(),
                sight: state.sight(),
                total: state.sight() + decoding.weight * language + decoding.bonus * f32::from(node.depth),
            }
        })
        .collect();
    found.sort_by(|a, b| b.total.total_cmp(&a.total).then_with(|| a.classes.cmp(&b.classes)));
    found
}

/// The state of a prefix at this step, made where it is not there yet.
fn slot<'n>(next: &'n mut Vec<State>, tree: &mut [Node], node: u32, number: u32) -> &'n mut State {
    let at = &mut tree[node as usize];
    if at.seen != number {
        at.seen = number;
        at.slot = next.len() as u32;
        next.push(State { node, blank: f32::NEG_INFINITY, letter: f32::NEG_INFINITY });
    }
    &mut next[at.slot as usize]
}

/// The prefix one class longer, made where it is not there yet.
fn child(tree: &mut Vec<Node>, parent: u32, class: u16, scorer: Option<&Scorer<'_>>) -> u32 {
    let mut node = tree[parent as usize].child;
    while node != NONE {
        if tree[node as usize].class == class {
            return node;
        }
        node = tree[node as usize].sibling;
    }
    let above = &tree[parent as usize];
    let (depth, sibling) = (above.depth.saturating_add(1), above.child);
    let language = scorer.map_or(0.0, |scorer| {
        let (history, length) = history(tree, parent);
        above.language + scorer.log_probability(&history[..length], class)
    });
    let made = tree.len() as u32;
    tree.push(Node::new(parent, sibling, class, depth, language));
    tree[parent as usize].child = made;
    made
}

/// The last classes of a prefix, newest first, and how many there are: fewer where the line begins.
fn history(tree: &[Node], mut node: u32) -> ([u16; CONTEXT], usize) {
    let mut classes = [0; CONTEXT];
    let mut length = 0;
    while tree[node as usize].depth > 0 && length < CONTEXT {
        classes[length] = tree[node as usize].class;
        length += 1;
        node = tree[node as usize].parent;
    }
    (classes, length)
}

fn path(tree: &[Node], mut node: u32) -> Vec<u16> {
    let mut classes = Vec::with_capacity(usize::from(tree[node as usize].depth));
    while tree[node as usize].depth > 0 {
        classes.push(tree[node as usize].class);
        node = tree[node as usize].parent;
    }
    classes.reverse();
    classes
}

fn log_add(a: f32, b: f32) -> f32 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if low == f32::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(rows: &[[f32; 3]]) -> Output {
        Output { values: rows.iter().flatten().map(|p| p.ln()).collect(), classes: 3, stride: 4 }
    }

    const SIGHT: Decoding = Decoding { weight: 0.0, bonus: 0.0, beam: 8 };

    #[test]
    fn the_sum_of_alignments_beats_the_best_path() {
        // Best path: blank, blank (0.36); but "a" has 0.4·0.6 + 0.6·0.4 + 0.4·0.4 = 0.64.
        let found = search(&output(&[[0.6, 0.4, 1e-9], [0.6, 0.4, 1e-9]]), None, SIGHT);
        assert_eq!(found[0].classes, [1]);
        assert!((found[0].sight.exp() - 0.64).abs() < 1e-3);
        assert_eq!(found[1].classes, [] as [u16; 0]);
    }

    #[test]
    fn a_double_letter_needs_a_blank_between() {
        let letter = [0.02, 0.97, 0.01];
        let blank = [0.98, 0.01, 0.01];
        assert_eq!(search(&output(&[letter, letter]), None, SIGHT)[0].classes, [1]);
        assert_eq!(search(&output(&[letter, blank, letter]), None, SIGHT)[0].classes, [1, 1]);
    }

    #[test]
    fn no_steps_no_text() {
        let found = search(&output(&[]), None, SIGHT);
        assert_eq!(found.len(), 1);
        assert!(found[0].classes.is_empty());
    }
}
