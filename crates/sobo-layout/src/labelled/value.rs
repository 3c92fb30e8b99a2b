//! The fields of one entry: where their values stand and whether anything is written there.

use std::collections::HashMap;

use sobo_core::{FieldKind, Rect, Restored};

use crate::chain::{Role, Way};
use crate::forms::LoadedForm;
use crate::line::TextLine;
use crate::matching::Found;
use crate::plan::{EntryPlan, FieldPlan};
use crate::writing::writing;

use super::boxes::Ticked;
use super::{Item, Slots};

/// How far apart pieces of one note stand on a line, and its lines at the left, in heights of letters.
const NOTE: f64 = 10.0;

/// A note while its lines are gathered.
struct Note {
    /// Its label.
    first: Rect<Restored>,
    /// Where it stands by now: its line, and the ink on it.
    last: (usize, Rect<Restored>),
    /// Where its writing begins.
    value: Option<f64>,
}

impl Note {
    /// Whether a stretch of ink goes on with the note: close behind what there is, or on the next line at its left.
    /// `step` is the distance of lines.
    fn goes_on(&mut self, (line, ink): (usize, Rect<Restored>), step: f64, th: f64) -> bool {
        let (last, before) = self.last;
        let follows = if line == last {
            ink.x - before.right() < NOTE * th
        } else {
            let down = ink.centre().y - before.centre().y;
            let left = self.value.unwrap_or(self.first.x).min(self.first.x);
            let right = self.value.unwrap_or(self.first.right()).max(self.first.right());
            (0.5 * th..1.8 * step).contains(&down) && ink.x > left - NOTE * th && ink.x < right + NOTE * th
        };
        if follows {
            self.value.get_or_insert(ink.x);
            self.last = (line, ink);
        }
        follows
    }
}

impl Slots<'_> {
    pub(super) fn entry(&self, form: &LoadedForm, way: &Way, group: &[usize]) -> EntryPlan {
        let mut fields: Vec<FieldPlan> = Vec::new();
        let mut union: Option<Rect<Restored>> = None;
        let best = self.best_places(form, way, group);
        // Line and start of the field that the last slot belonged to.
        let mut open: Option<(usize, usize, f64)> = None;
        let mut again = false;
        let mut note: Option<Note> = None;
        let ticked = self.ticked(form, group);
        let captions: Vec<usize> = ticked.iter().flat_map(|t| t.items.iter().copied()).collect();
        for i in group.iter().filter(|i| !captions.contains(i)) {
            let (item, role) = (&self.items[*i], way.roles[*i].0);
            let (Some((line, slot)), Role::Field(field) | Role::More(field)) = (self.place(item), role)
            else {
                continue;
            };
            let Some(spec) = form.form.fields.get(field) else { continue };
            // A label that comes again, as under a signature, opens no second value.
            if matches!(role, Role::Field(_)) {
                again = best.get(&field) != Some(i);
            }
            if again {
                continue;
            }
            // Seals and signatures beside or below a note are not its continuation.
            if spec.kind == FieldKind::Text {
                let th = f64::from(self.structure.text_height);
                let at = (item.line, slot.ink);
                if matches!(role, Role::Field(_)) {
                    note = Some(Note { first: slot.ink, last: at, value: None });
                } else if !note.as_mut().is_some_and(|note| note.goes_on(at, self.step(item.line), th)) {
                    continue;
                }
            }
            union = Some(union.map_or(line.bbox, |u| u.union(&line.bbox)));
            let label = match role {
                Role::Field(_) => self.label(*i, form, field).filter(|f| f.likeness > 0.5),
                _ => None,
            };
            let (mut x0, x1) = self.stretch(item, line, slot, role, label);
            // Where the label is lost, the print says where the writing behind it begins.
            if matches!(role, Role::Field(_))
                && label.is_none()
                && let Some(printed) = self.printed_value(item, form, &spec.name)
            {
                x0 = self.gap_near(line, printed - 0.4 * f64::from(self.structure.text_height), None, x1);
            }
            // A value that goes on after a blank is one field still.
            let whole = match (role, open) {
                (Role::More(_), Some((f, l, start))) if f == field && l == item.line => Some(start),
                _ => None,
            };
            x0 = whole.unwrap_or(x0);
            open = Some((field, item.line, x0));
            let beyond = slot.leader.map_or(x1, |l| x1.max(l + 4.0 * f64::from(self.structure.text_height)));
            let place = Rect::from_edges(x0, line.band.0.into(), beyond.max(x0), line.band.1.into());
            let certainty = match (role, label) {
                (Role::Field(_), Some(found)) => found.likeness,
                (Role::Field(_), None) if spec.labels.is_empty() => 0.7,
                (Role::Field(_), None) => 0.4,
                _ => 0.8,
            };
            let written = self.written(line, x0, x1);
            let known = fields.iter_mut().find(|f| f.name == spec.name);
            match known {
                Some(known) => {
                    if whole.is_some() {
                        known.lines.pop();
                    }
                    known.lines.extend(written);
                    known.place = known.place.union(&place);
                    known.certainty = known.certainty.min(certainty);
                }
                None => fields.push(FieldPlan {
                    name: spec.name.clone(),
                    kind: spec.kind,
                    lines: written.into_iter().collect(),
                    place,
                    certainty,
                    tick: None,
                }),
            }
        }
        for Ticked { field, plan, .. } in ticked {
            union = Some(union.map_or(plan.place, |u| u.union(&plan.place)));
            let name = form.form.fields.get(field).map(|spec| spec.name.as_str());
            fields.retain(|f| Some(f.name.as_str()) != name);
            fields.push(plan);
        }
        let written = union.unwrap_or_default();
        let below: Vec<(usize, &str)> = (0..form.form.fields.len())
            .filter_map(|field| form.place(field, "below").map(|caption| (field, caption)))
            .collect();
        let captions = below.iter().flat_map(|(_, caption)| self.captions(caption, group));
        let signed = captions.map(|caption| caption.bottom()).fold(written.bottom(), f64::max);
        let bbox = self.frame(written, signed, self.foot(group));
        for (field, caption) in below {
            let Some(spec) = form.form.fields.get(field) else { continue };
            if fields.iter().all(|f| f.name != spec.name)
                && let Some((place, lines, certainty)) = self.below(form, caption, group, &written, &bbox)
            {
                fields.push(FieldPlan {
                    name: spec.name.clone(),
                    kind: spec.kind,
                    lines,
                    place,
                    certainty,
                    tick: None,
                });
            }
        }
        EntryPlan { bbox, fields }
    }

    /// Distance from a line to the next above it on which a label or value stands, at least two heights of letters.
    fn step(&self, line: usize) -> f64 {
        let middle = |line: usize| self.structure.lines.get(line).map(|l| l.bbox.centre().y);
        let least = 2.0 * f64::from(self.structure.text_height);
        let Some(own) = middle(line) else { return least };
        let above = (0..line).filter_map(middle).map(|y| own - y).filter(|step| *step > least);
        above.fold(f64::MAX, f64::min).clamp(least, 3.0 * least)
    }

    /// For each field the slot that bears its label best; a field without a label stands behind the
    /// slot chosen for the field before it.
    pub(super) fn best_places(&self, form: &LoadedForm, way: &Way, group: &[usize]) -> HashMap<usize, usize> {
        let opens = |i: &usize| match way.roles[*i].0 {
            Role::Field(field) => Some((field, *i)),
            _ => None,
        };
        let opening: Vec<(usize, usize)> = group.iter().filter_map(opens).collect();
        let mut best: HashMap<usize, (f32, usize)> = HashMap::new();
        for labelled in [true, false] {
            for (k, (field, i)) in opening.iter().enumerate() {
                if form.wordings[*field].is_empty() == labelled {
                    continue;
                }
                let score = if labelled {
                    self.label(*i, form, *field).filter(|f| f.likeness > 0.5).map_or(0.0, |f| f.score)
                } else {
                    let before = k.checked_sub(1).and_then(|k| opening.get(k));
                    let chosen = before.is_some_and(|(f, i)| best.get(f).is_some_and(|b| b.1 == *i));
                    f32::from(u8::from(chosen))
                };
                if best.get(field).is_none_or(|known| score > known.0) {
                    best.insert(*field, (score, *i));
                }
            }
        }
        best.into_iter().map(|(field, (_, i))| (field, i)).collect()
    }

    /// Where along its line the value of a slot stands.
    pub(super) fn stretch(
        &self,
        item: &Item,
        line: &TextLine,
        slot: &crate::line::Slot,
        role: Role,
        label: Option<Found>,
    ) -> (f64, f64) {
        let th = f64::from(self.structure.text_height);
        let end = slot.ink.right() + 0.4 * th;
        let plain = slot.ink.x - 0.3 * th;
        let start = match role {
            Role::Field(_) => {
                let read = item.read.as_ref().zip(label).and_then(|((rect, folded), found)| {
                    let last = found.last.checked_sub(1)?;
                    let at = |share: f32| rect.x + rect.w * f64::from(share);
                    // A leader that seems to begin inside a word of the value begins before that word, under it.
                    let hidden = slot.leader.is_some_and(|leader| {
                        (found.last..folded.len()).any(|i| {
                            let (Some(a), Some(b)) = (folded.end(i), folded.start(i + 1)) else {
                                return false;
                            };
                            folded.start(i).is_some_and(|x| at(x) < leader)
                                && leader < at(b)
                                && at(b) - at(a) < 0.15 * th
                        })
                    });
                    let leader = if hidden { None } else { slot.leader };
                    Some((at(folded.end(last)?), leader))
                });
                let (read, leader) = match read {
                    Some((read, leader)) => (Some(read), leader),
                    None => (None, slot.leader),
                };
                match (read, leader) {
                    (Some(read), leader) => self.gap_near(line, read, leader, end),
                    (None, Some(leader)) if !slot.unlabelled => {
                        self.gap_near(line, leader - 0.3 * th, Some(leader), end)
                    }
                    // A value without a label begins where the ink does.
                    (None, _) => plain,
                }
            }
            _ => plain,
        };
        (start.max(f64::from(line.limits.0)), end)
    }

    /// The blank before a value: the gap in the ink nearest to where the label was seen to end and
    /// the leader to begin.
    pub(super) fn gap_near(&self, line: &TextLine, label_end: f64, leader: Option<f64>, end: f64) -> f64 {
        let th = f64::from(self.structure.text_height);
        // Writing may hide where a leader begins, so a leader that seems to begin later says little.
        let target = match leader {
            Some(leader) if (leader - label_end).abs() < 1.2 * th => leader - 0.1 * th,
            _ => label_end + 0.3 * th,
        };
        let low = label_end - 0.9 * th;
        let mut best: Option<(f64, f64)> = None;
        let mut reached = f64::MIN;
        let mut consider = |from: f64, to: f64| {
            let width = to - from;
            if width < 0.18 * th || to < low || from > target + 3.0 * th {
                return;
            }
            let nearest = target.clamp(from, to);
            let off = (nearest - target).abs() - 0.35 * width.min(2.0 * th);
            if best.is_none_or(|b| off < b.0) {
                best = Some((off, (nearest.max(from + 0.1 * th)).min(to - 0.05 * th)));
            }
        };
        for c in &line.components {
            if f64::from(c.height()) < 0.3 * th && f64::from(c.width()) < 0.3 * th {
                continue;
            }
            let x0 = f64::from(c.x0);
            if x0 > reached && reached > f64::MIN {
                consider(reached, x0);
            }
            reached = reached.max(f64::from(c.x1));
        }
        // Only where nothing is written does the blank behind the label reach to the end.
        if reached < label_end + 0.6 * th {
            consider(reached.max(0.0), end.max(reached + th));
        }
        best.map_or(target, |b| b.1)
    }

    /// The ink of a value as a box to read, if it is writing at all.
    pub(super) fn written(&self, line: &TextLine, x0: f64, x1: f64) -> Option<Rect<Restored>> {
        let th = f64::from(self.structure.text_height);
        let within: Vec<_> = line
            .components
            .iter()
            .filter(|c| f64::from(c.cx()) >= x0 && f64::from(c.cx()) <= x1)
            .copied()
            .collect();
        let ink = writing(&within, th)?;
        let middle = f64::from(line.band.0 + line.band.1) / 2.0;
        let (top, bottom) = (ink.y.max(middle - 2.6 * th), ink.bottom().min(middle + 2.6 * th));
        let rect = Rect::from_edges(
            ink.x.max(x0) - 0.35 * th,
            top - 0.25 * th,
            ink.right() + 0.35 * th,
            bottom.max(top + 0.6 * th) + 0.25 * th,
        );
        let limit = (x1 + 3.0 * th).min(f64::from(line.limits.1));
        Some(self.structure.grown_to_faint(&rect, x0, limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_goes_on_close_behind_and_on_the_next_line() {
        let label: Rect<Restored> = Rect::new(100.0, 100.0, 80.0, 20.0);
        let note = || Note { first: label, last: (3, label), value: None };
        let at = |x: f64, y: f64| Rect::new(x, y, 120.0, 20.0);
        let (step, th) = (40.0, 16.0);
        assert!(note().goes_on((3, at(220.0, 100.0)), step, th));
        assert!(!note().goes_on((3, at(700.0, 100.0)), step, th), "a seal on the same line");
        assert!(note().goes_on((4, at(90.0, 140.0)), step, th));
        assert!(!note().goes_on((4, at(600.0, 140.0)), step, th), "a seal on the next");
        assert!(!note().goes_on((6, at(100.0, 240.0)), step, th), "a caption further down");
        let mut long = note();
        assert!(
            long.goes_on((3, at(220.0, 100.0)), step, th) && long.goes_on((4, at(210.0, 140.0)), step, th)
        );
        assert!(long.goes_on((5, at(105.0, 180.0)), step, th));
    }
}
