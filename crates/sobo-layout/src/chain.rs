//! The way through a form: a hidden Markov model whose hidden states are the fields of the form and
//! whose observations are the slots of the page in reading order (Viterbi's algorithm).
//!
//! Labels that are printed several times (`Dân tộc`, `Nhà cửa ở đâu`) take their meaning from the
//! field before; slots whose label cannot be read take theirs from both neighbours.

use crate::forms::LoadedForm;

/// One slot as the model sees it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observation {
    /// For every field, how well the slot bears its label.
    pub labels: Vec<f32>,
    /// How well the slot continues the field before it.
    pub continues: f32,
    /// How well the slot is no field at all.
    pub nothing: f32,
    /// How well the slot holds a field that has no label.
    pub unlabelled: f32,
    /// The slot stands on the line of the slot before it.
    pub same_line: bool,
    /// A ruling or a wide gap parts the slot from the one before.
    pub parted: bool,
}

/// What a slot is.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// The first line of a field.
    Field(usize),
    /// A further line of a field.
    More(usize),
    /// Something else.
    Nothing,
}

/// The best way: the role of each slot, with `true` where a new entry begins, and its score.
#[derive(Debug, Clone, Default)]
pub(crate) struct Way {
    pub roles: Vec<(Role, bool)>,
    pub score: f32,
}

const FORBIDDEN: f32 = -1.0e6;

/// What it costs to go back within what is printed of one person, in letters of print that agree: printers order it as
/// they like. The columns of a group of a ledger come in any order.
const BACK: f32 = -1.0;
const BACK_IN_LEDGER: f32 = -0.6;

/// What it costs to come to a field a second time in one entry: `Dân tộc` comes again for the next person.
const AGAIN: f32 = -4.0;

/// The fields of an entry that a way has come through so far.
#[derive(Debug, Copy, Clone, Default)]
struct Opened(u128);

impl Opened {
    fn with(self, field: usize) -> Self {
        Self(self.0 | u32::try_from(field).ok().and_then(|f| 1_u128.checked_shl(f)).unwrap_or(0))
    }

    fn cost(self, field: usize) -> f32 {
        if self.with(field).0 == self.0 && field < 128 { AGAIN } else { 0.0 }
    }
}

/// Whether entries follow one another in reading order; acts are parted before.
fn follow(form: &LoadedForm) -> bool {
    form.form.max_entries > 1 && form.form.layout != "act"
}

/// Whether a field stands under a caption only: no slot bears its label.
fn signed(form: &LoadedForm, field: usize) -> bool {
    form.wordings[field].is_empty() && form.place(field, "below").is_some()
}

/// Costs of going from field to field, worked out once for a form.
struct Steps {
    /// `within[f][g]`: from field `f` to field `g` of the same entry.
    within: Vec<Vec<f32>>,
    /// From nothing to field `g`.
    first: Vec<f32>,
    /// From any field to field `g` of the next entry.
    restart: Vec<f32>,
}

impl Steps {
    fn new(form: &LoadedForm) -> Self {
        let n = form.form.fields.len();
        let section = |f: usize| form.place(f, "section").unwrap_or("");
        // Position of each field in its section, counting labelled fields only.
        let mut ranks = vec![0usize; n];
        let mut orders = vec![0usize; n];
        let mut order = 0;
        for f in 0..n {
            orders[f] = order;
            ranks[f] = (0..f).filter(|g| section(*g) == section(f) && !signed(form, *g)).count();
            if !form.wordings[f].is_empty() {
                order += 1;
            }
        }
        let after: Vec<Option<usize>> = (0..n)
            .map(|g| {
                form.place(g, "after").and_then(|name| form.form.fields.iter().position(|f| f.name == name))
            })
            .collect();
        let mut within = vec![vec![FORBIDDEN; n]; n];
        for f in 0..n {
            for g in 0..n {
                if f == g || signed(form, g) {
                    continue;
                }
                if let Some(before) = after[g] {
                    within[f][g] = if before == f { 0.0 } else { FORBIDDEN };
                    continue;
                }
                if g < f && orders[g] < 2 && follow(form) {
                    // Back to the head is the next entry.
                    within[f][g] = -9.0;
                    continue;
                }
                let skipped = orders[g].saturating_sub(orders[f] + 1) as f32;
                within[f][g] = if section(f) == section(g) {
                    let back = if form.form.layout == "ledger" { BACK_IN_LEDGER } else { BACK };
                    if g > f { -0.5 * skipped.min(6.0) } else { back }
                } else {
                    let back = if g < f { -3.0 } else { 0.0 };
                    let ahead = -0.25 * skipped.min(6.0);
                    back + ahead.max(-0.8) - 0.7 * (ranks[g].min(5) as f32)
                };
            }
        }
        let start = |g: usize| {
            if after[g].is_some() || signed(form, g) { FORBIDDEN } else { -0.25 * (orders[g].min(8) as f32) }
        };
        // An entry begins with its head.
        let again = |g: usize| start(g) - 2.0 * (orders[g].saturating_sub(2).min(4) as f32);
        Self { within, first: (0..n).map(start).collect(), restart: (0..n).map(again).collect() }
    }
}

/// The best way of a form through the slots of a page.
///
/// Which fields a way has come through is known of the best way to each state alone, so that the way found is the best
/// or close to it.
pub(crate) fn best_way(form: &LoadedForm, slots: &[Observation]) -> Way {
    let n = form.form.fields.len();
    if slots.is_empty() {
        return Way::default();
    }
    let steps = Steps::new(form);
    // States: 0 nothing yet; 1 + 3f field, 2 + 3f more of it, 3 + 3f nothing after it.
    let states = 1 + 3 * n;
    let many = follow(form);
    let mut scores = vec![FORBIDDEN; states];
    scores[0] = 0.0;
    let mut opened = vec![Opened::default(); states];
    let mut back: Vec<Vec<(u32, bool)>> = Vec::with_capacity(slots.len());
    for slot in slots {
        let mut next = vec![FORBIDDEN; states];
        let mut from = vec![(0u32, false); states];
        let mut passed = vec![Opened::default(); states];
        next[0] = scores[0] + slot.nothing;
        // The best state of each field to go on from, with a little against having left it.
        let leave: Vec<(f32, u32)> = (0..n)
            .map(|f| {
                let base = 1 + 3 * f;
                (base..base + 3)
                    .map(|s| (scores[s], s as u32))
                    .fold((FORBIDDEN, base as u32), |a, b| if b.0 > a.0 { b } else { a })
            })
            .collect();
        let best_end = leave.iter().copied().fold((FORBIDDEN, 0), |a, b| if b.0 > a.0 { b } else { a });
        for g in 0..n {
            let label = if form.wordings[g].is_empty() { slot.unlabelled } else { slot.labels[g] };
            let mut best = (scores[0] + steps.first[g], 0u32, false);
            for (f, (score, state)) in leave.iter().enumerate() {
                // An unlabelled field follows its neighbour directly.
                let gap =
                    if form.wordings[g].is_empty() && (*state as usize - 1) % 3 == 2 { -2.0 } else { 0.0 };
                let total = score + steps.within[f][g] + gap + opened[*state as usize].cost(g);
                if total > best.0 {
                    best = (total, *state, false);
                }
            }
            if many {
                let total = best_end.0 + steps.restart[g] + if slot.parted { -2.0 } else { -3.5 };
                if total > best.0 {
                    best = (total, best_end.1, true);
                }
            }
            let state = 1 + 3 * g;
            next[state] = best.0 + label;
            from[state] = (best.1, best.2);
            let before = if best.2 { Opened::default() } else { opened[best.1 as usize] };
            passed[state] = before.with(g);
            let long = form.form.fields[g].max_lines > 1 || slot.same_line;
            let more = slot.continues + if long { 0.0 } else { -5.0 };
            let candidates = [
                (scores[state], state),
                (scores[state + 1] - 0.3, state + 1),
                (scores[state + 2] - 1.5, state + 2),
            ];
            let best =
                candidates.iter().copied().fold((FORBIDDEN, state), |a, b| if b.0 > a.0 { b } else { a });
            next[state + 1] = best.0 + more;
            from[state + 1] = (best.1 as u32, false);
            passed[state + 1] = opened[best.1];
            let candidates =
                [(scores[state], state), (scores[state + 1], state + 1), (scores[state + 2], state + 2)];
            let best =
                candidates.iter().copied().fold((FORBIDDEN, state), |a, b| if b.0 > a.0 { b } else { a });
            next[state + 2] = best.0 + slot.nothing;
            from[state + 2] = (best.1 as u32, false);
            passed[state + 2] = opened[best.1];
        }
        (scores, opened) = (next, passed);
        back.push(from);
    }
    let mut state = (0..states).fold(0, |a, b| if scores[b] > scores[a] { b } else { a });
    let score = scores[state];
    let mut roles = vec![(Role::Nothing, false); slots.len()];
    for (i, from) in back.iter().enumerate().rev() {
        let (previous, restart) = from[state];
        roles[i] = if state == 0 {
            (Role::Nothing, false)
        } else {
            let field = (state - 1) / 3;
            match (state - 1) % 3 {
                0 => (Role::Field(field), restart),
                1 => (Role::More(field), false),
                _ => (Role::Nothing, false),
            }
        };
        state = previous as usize;
    }
    Way { roles, score }
}
