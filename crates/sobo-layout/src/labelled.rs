//! Pages of printed labels with values written behind them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use sobo_core::{Rect, Restored};

use crate::anchor::{Anchor, AnchorPlace, is_text, text_rect};
use crate::chain::{Observation, Role, Way, best_way};
use crate::forms::LoadedForm;
use crate::line::TextLine;
use crate::matching::{Folded, Found, Wording, find, likeness};
use crate::plan::{EntryPlan, FieldPlan};
use crate::ruling::{Ruling, Stroke};
use crate::structure::Structure;

/// One slot of the page with what was read in it.
struct Item {
    line: usize,
    slot: usize,
    /// What was asked to be read, and the reading.
    read: Option<(Rect<Restored>, Folded)>,
    /// Letters of the reading that stand before the leader.
    own: usize,
    parted: bool,
}

/// All slots of a page in reading order.
pub(crate) struct Slots<'a> {
    structure: &'a Structure,
    items: Vec<Item>,
    /// What was found of each wording in each item: forms share most of their wordings.
    found: RefCell<HashMap<Wording, Rc<[Option<Found>]>>>,
    /// Likeness of each piece of furniture to each item.
    alike: RefCell<HashMap<Wording, Rc<[f32]>>>,
}

impl<'a> Slots<'a> {
    pub(crate) fn new(structure: &'a Structure, anchors: &[Anchor]) -> Self {
        let mut items: Vec<Item> = Vec::new();
        // The line of the last slot that holds a field for certain.
        let mut before: Option<usize> = None;
        let th = f64::from(structure.text_height);
        for (line, text) in structure.lines.iter().enumerate() {
            for (slot, place) in text.slots.iter().enumerate() {
                let anchor = anchors.iter().find(|a| a.request.place == AnchorPlace::Slot { line, slot });
                if anchor.is_none() && !place.leader && !is_text(text, th) {
                    continue;
                }
                let read = anchor.map(|a| (a.request.rect, Folded::new(&a.reading)));
                let own = match &read {
                    Some((rect, folded)) if place.leader => {
                        let share = (place.label.right() + 0.1 * th - rect.x) / rect.w.max(1.0);
                        folded.before(share as f32)
                    }
                    _ => 0,
                };
                let parted = before.is_some_and(|last| parted(structure, last, line));
                if place.leader {
                    before = Some(line);
                }
                items.push(Item { line, slot, read, own, parted });
            }
        }
        Self { structure, items, found: RefCell::default(), alike: RefCell::default() }
    }

    fn observe(&self, form: &LoadedForm) -> Vec<Observation> {
        (0..self.items.len()).map(|i| self.observe_one(i, form)).collect()
    }

    fn observe_one(&self, index: usize, form: &LoadedForm) -> Observation {
        let item = &self.items[index];
        let Some((text, slot)) = self.place(item) else { return Observation::default() };
        let leader = slot.leader;
        let floor = match (leader, slot.label_ink) {
            (true, true) => -3.5,
            (true, false) => -4.0,
            (false, _) => -9.0,
        };
        let labels: Vec<f32> = form
            .wordings
            .iter()
            .map(|wordings| self.label(index, wordings).map_or(floor, |f| f.score.max(floor)))
            .collect();
        let letters = item.read.as_ref().map_or(0, |(_, reading)| reading.len()).min(14) as f32;
        let furniture = form
            .furniture
            .iter()
            .chain(&form.titles)
            .map(|w| self.alike(index, w))
            .map(|alike| if alike > 0.6 { 1.1 * alike * letters } else { 0.0 })
            .fold(0.0, f32::max);
        let (nothing, continues, unlabelled) = match (leader, slot.label_ink) {
            // Writing between two leaders of one line may be a value that hides the dots.
            (true, true) if item.slot > 0 => (-3.5, -1.2, -3.0),
            (true, true) => (-3.5, -2.5, -3.0),
            (true, false) => (-2.5, 0.8, -2.0),
            (false, _) => (0.0, if text.ruled { -0.5 } else { 0.3 }, 1.0),
        };
        Observation { labels, continues, nothing: nothing + furniture, unlabelled, parted: item.parted }
    }

    fn alike(&self, index: usize, wording: &Wording) -> f32 {
        if let Some(known) = self.alike.borrow().get(wording) {
            return known[index];
        }
        let of = |item: &Item| item.read.as_ref().map_or(0.0, |(_, reading)| likeness(wording, reading));
        let all: Rc<[f32]> = self.items.iter().map(of).collect();
        let here = all[index];
        self.alike.borrow_mut().insert(wording.clone(), all);
        here
    }

    fn place(&self, item: &Item) -> Option<(&TextLine, &crate::line::Slot)> {
        let line = self.structure.lines.get(item.line)?;
        Some((line, line.slots.get(item.slot)?))
    }

    /// The best of a field's wordings in a slot.
    fn label(&self, index: usize, wordings: &[Wording]) -> Option<Found> {
        let better = |best: Option<Found>, found: Found| match best {
            Some(b) if b.score >= found.score => Some(b),
            _ => Some(found),
        };
        wordings.iter().filter_map(|w| self.wording(index, w)).fold(None, better)
    }

    fn wording(&self, index: usize, wording: &Wording) -> Option<Found> {
        if let Some(known) = self.found.borrow().get(wording) {
            return known[index];
        }
        let of = |item: &Item| item.read.as_ref().map(|(_, reading)| find(wording, reading, item.own));
        let all: Rc<[Option<Found>]> = self.items.iter().map(of).collect();
        let here = all[index];
        self.found.borrow_mut().insert(wording.clone(), all);
        here
    }

    /// Log-odds of a form and the share of its labels that are there.
    pub(crate) fn score(&self, form: &LoadedForm) -> (f32, f32) {
        let way = best_way(form, &self.observe(form));
        let plain: f32 = self
            .items
            .iter()
            .filter_map(|i| self.place(i))
            .map(|(_, s)| if s.leader { -3.0 } else { 0.0 })
            .sum();
        let mut found = vec![false; form.form.fields.len()];
        for (index, (role, _)) in way.roles.iter().enumerate() {
            if let Role::Field(field) = role
                && let Some(wordings) = form.wordings.get(*field)
                && let Some(label) = self.label(index, wordings)
                && label.likeness > 0.6
            {
                found[*field] = true;
            }
        }
        let expected = form.wordings.iter().filter(|w| !w.is_empty()).count().max(1);
        let coverage = found.iter().filter(|f| **f).count() as f32 / expected as f32;
        (way.score - plain, coverage)
    }

    /// The entries of the page on this form.
    pub(crate) fn entries(&self, form: &LoadedForm) -> Vec<EntryPlan> {
        let way = best_way(form, &self.observe(form));
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (i, (role, restart)) in way.roles.iter().enumerate() {
            let field = !matches!(role, Role::Nothing);
            if field && (groups.is_empty() || *restart) {
                groups.push(Vec::new());
            }
            if let Some(group) = groups.last_mut() {
                group.push(i);
            }
        }
        groups.truncate(form.form.max_entries as usize);
        let mut entries: Vec<EntryPlan> = groups
            .iter()
            .map(|group| self.entry(form, &way, group))
            .filter(|e| e.fields.len() >= 2)
            .collect();
        for entry in &mut entries {
            let order = |name: &str| form.form.fields.iter().position(|f| f.name == name);
            entry.fields.sort_by_key(|f| order(&f.name));
        }
        entries
    }

    fn entry(&self, form: &LoadedForm, way: &Way, group: &[usize]) -> EntryPlan {
        let mut fields: Vec<FieldPlan> = Vec::new();
        let mut union: Option<Rect<Restored>> = None;
        // Line and start of the field that the last slot belonged to.
        let mut open: Option<(usize, usize, f64)> = None;
        for i in group {
            let (item, role) = (&self.items[*i], way.roles[*i].0);
            let (Some((line, slot)), Role::Field(field) | Role::More(field)) = (self.place(item), role)
            else {
                continue;
            };
            let Some(spec) = form.form.fields.get(field) else { continue };
            union = Some(union.map_or(line.bbox, |u| u.union(&line.bbox)));
            let label = match role {
                Role::Field(_) => self.label(*i, &form.wordings[field]).filter(|f| f.likeness > 0.5),
                _ => None,
            };
            let (mut x0, x1) = self.stretch(item, line, slot, role, label);
            // A leader that is broken under its value is one field still.
            let whole = match (role, open) {
                (Role::More(_), Some((f, l, start))) if f == field && l == item.line => Some(start),
                _ => None,
            };
            x0 = whole.unwrap_or(x0);
            open = Some((field, item.line, x0));
            let place = Rect::from_edges(x0, slot.value.y.max(line.bbox.y), x1.max(x0), slot.value.bottom());
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
                }),
            }
        }
        let bbox = self.frame(union.unwrap_or_default());
        for (field, spec) in form.form.fields.iter().enumerate() {
            if let Some(caption) = form.place(field, "below")
                && let Some((place, lines)) = self.below(caption, group, &bbox)
            {
                fields.push(FieldPlan {
                    name: spec.name.clone(),
                    kind: spec.kind,
                    lines,
                    place,
                    certainty: 0.8,
                });
            }
        }
        EntryPlan { bbox, fields }
    }

    /// Where along its line the value of a slot stands.
    fn stretch(
        &self,
        item: &Item,
        line: &TextLine,
        slot: &crate::line::Slot,
        role: Role,
        label: Option<Found>,
    ) -> (f64, f64) {
        let th = f64::from(self.structure.text_height);
        // It ends where the next label begins.
        let end = match line.slots.get(item.slot + 1) {
            Some(next) if next.label_ink => {
                let from = slot.value.right();
                line.ink(from.max(next.label.x) - 0.2 * th, next.label.right() + 0.3 * th)
                    .map_or(next.label.right(), |ink| ink.x - 0.1 * th)
            }
            _ if slot.leader => (slot.value.right() + 6.0 * th).min(f64::from(line.limits.1)),
            _ => slot.value.right() + 0.5 * th,
        };
        let leader = slot.leader.then_some(slot.label.right());
        let start = match role {
            Role::Field(_) => {
                let read = item.read.as_ref().zip(label).and_then(|((rect, folded), found)| {
                    let last = found.last.checked_sub(1)?;
                    Some(rect.x + rect.w * f64::from(folded.end(last)?))
                });
                match (read, leader) {
                    (Some(read), leader) => self.gap_near(line, read, leader, end),
                    (None, Some(leader)) => self.gap_near(line, leader - 0.3 * th, Some(leader), end),
                    // A value without a label begins where the line does.
                    (None, None) => slot.value.x - 0.3 * th,
                }
            }
            _ => {
                leader.map_or(slot.value.x, |l| l.min(slot.value.x))
                    - if slot.label_ink { 0.3 * th } else { 1.5 * th }
            }
        };
        (start.max(f64::from(line.limits.0)), end)
    }

    /// The blank before a value: the gap in the ink nearest to where the label was seen to end and
    /// the leader to begin.
    fn gap_near(&self, line: &TextLine, label_end: f64, leader: Option<f64>, end: f64) -> f64 {
        let th = f64::from(self.structure.text_height);
        let target = match leader {
            Some(leader) if (leader - label_end).abs() < 3.0 * th => leader - 0.1 * th,
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
        if reached > f64::MIN && reached < end {
            consider(reached, end.max(reached + th));
        }
        best.map_or(target, |b| b.1)
    }

    /// The ink of a value as a box to read, if it is writing at all.
    fn written(&self, line: &TextLine, x0: f64, x1: f64) -> Option<Rect<Restored>> {
        let th = f64::from(self.structure.text_height);
        let letters: Vec<_> = line
            .components
            .iter()
            .filter(|c| {
                let cx = f64::from(c.cx());
                cx >= x0 && cx <= x1 && f64::from(c.height()) < 4.0 * th
            })
            .copied()
            .collect();
        writing(&letters, th)?;
        let ink = line.ink(x0, x1)?;
        Some(text_rect(line, ink.x.max(x0), ink.right(), th))
    }

    /// The frame around an entry: rulings that enclose its fields, else the fields themselves.
    fn frame(&self, union: Rect<Restored>) -> Rect<Restored> {
        let s = self.structure;
        let th = f64::from(s.text_height);
        let centre = union.centre();
        let wide = |r: &&Ruling| {
            r.stroke == Stroke::Solid
                && f64::from(r.overlap(union.x as f32, union.right() as f32)) > 0.5 * union.w
        };
        let at = |r: &Ruling| f64::from(r.at(centre.x as f32));
        let above = s.horizontals.iter().filter(wide).filter(|r| at(r) < union.y + 1.0 * th);
        let above = above.max_by(|a, b| at(a).total_cmp(&at(b)));
        let below = s.horizontals.iter().filter(wide).filter(|r| at(r) > union.bottom() - 0.5 * th);
        let below = below.min_by(|a, b| at(a).total_cmp(&at(b)));
        let mut frame = union.grown(2.0 * th, 2.0 * th);
        if let Some(r) = above {
            frame = Rect::from_edges(
                frame.x.min(r.start.into()),
                at(r),
                frame.right().max(r.end.into()),
                frame.bottom(),
            );
        }
        let walls: Vec<&Ruling> = s
            .verticals
            .iter()
            .filter(|v| f64::from(v.overlap(union.y as f32, union.bottom() as f32)) > 0.5 * union.h)
            .collect();
        let bottom = match below {
            Some(r) => at(r),
            // Without a ruling below, the entry reaches down as far as the rulings beside it.
            None => walls.iter().map(|v| f64::from(v.end)).fold(union.bottom() + 4.0 * th, f64::max),
        };
        let left = walls.iter().map(|v| f64::from(v.middle())).fold(frame.x, f64::min);
        let right = walls.iter().map(|v| f64::from(v.middle())).fold(frame.right(), f64::max);
        Rect::from_edges(left, frame.y, right, bottom).clamped(s.width, s.height)
    }

    /// Writing under a printed caption: the lowest line in its column that looks like text.
    fn below(
        &self,
        caption: &str,
        group: &[usize],
        bbox: &Rect<Restored>,
    ) -> Option<(Rect<Restored>, Vec<Rect<Restored>>)> {
        let th = f64::from(self.structure.text_height);
        let wordings: Vec<_> = caption.split('|').map(Wording::new).collect();
        let mut best: Option<(f32, Rect<Restored>)> = None;
        for i in group {
            let item = &self.items[*i];
            let Some((rect, reading)) = &item.read else { continue };
            for wording in &wordings {
                let alike = likeness(wording, reading);
                if alike > 0.62 && best.as_ref().is_none_or(|b| alike > b.0) {
                    best = Some((alike, *rect));
                }
            }
        }
        let caption = best?.1;
        let centre = caption.centre();
        let half = (0.5 * caption.w).max(9.0 * th) + 2.0 * th;
        let place = Rect::from_edges(
            centre.x - half,
            caption.bottom() + 2.0 * th,
            centre.x + half,
            bbox.bottom() - 0.2 * th,
        );
        let lines = self.structure.lines.iter().filter(|l| {
            let c = l.bbox.centre();
            let letters = l.components.iter().filter(|c| f64::from(c.height()) > 0.35 * th).count();
            !l.ruled
                && c.x > place.x
                && c.x < place.right()
                && c.y > place.y
                && c.y < place.bottom()
                && l.bbox.w > 3.0 * th
                && l.bbox.h < 4.0 * th
                && letters >= 4
                && is_text(l, th)
        });
        let lowest = lines.max_by(|a, b| a.bbox.bottom().total_cmp(&b.bbox.bottom()))?;
        // A lone scribble right under the caption is a signature.
        if lowest.bbox.y - caption.bottom() < 4.0 * th {
            return None;
        }
        // Words of the name may have stayed apart.
        let band = (lowest.bbox.y - 0.3 * th, lowest.bbox.bottom() + 0.3 * th);
        let all: Vec<_> = self
            .structure
            .lines
            .iter()
            .filter(|l| !l.ruled)
            .flat_map(|l| l.components.iter().copied())
            .filter(|c| {
                let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
                y > band.0
                    && y < band.1
                    && x > place.x
                    && x < place.right()
                    && f64::from(c.height()) < 3.5 * th
            })
            .collect();
        writing(&all, th)?;
        let ink = all.iter().map(crate::line::bounds).reduce(|a, b| a.union(&b))?;
        Some((place, vec![ink.grown(0.35 * th, 0.2 * th)]))
    }
}

/// Whether pieces of ink are writing and not specks or stains; the number of their letters.
pub(crate) fn writing(components: &[crate::Component], th: f64) -> Option<usize> {
    let (mut large, mut small, mut area) = (0, 0, 0.0);
    for c in components {
        let (w, h, ink) = (f64::from(c.width()), f64::from(c.height()), f64::from(c.area));
        // A speck or blot is filled; a letter is drawn.
        let blot = ink > 0.68 * w * h && w > 0.3 * th && h > 0.3 * th && w < 3.0 * h && h < 3.0 * w;
        if blot {
            continue;
        }
        area += ink;
        if h >= 0.6 * th || w >= 0.9 * th {
            large += 1;
        } else if h.max(w) >= 0.38 * th {
            small += 1;
        }
    }
    (area > 0.12 * th * th && (large >= 1 || small >= 2)).then_some(large + small)
}

/// Whether a ruling, or much more than a line's height, lies between two lines.
fn parted(structure: &Structure, above: usize, below: usize) -> bool {
    let (Some(a), Some(b)) = (structure.lines.get(above), structure.lines.get(below)) else { return false };
    let (top, bottom) = (a.bbox.centre().y, b.bbox.centre().y);
    if above == below || bottom <= top {
        return false;
    }
    let x = b.bbox.centre().x as f32;
    structure.horizontals.iter().any(|r| {
        let y = f64::from(r.at(x));
        r.stroke == Stroke::Solid && y > top && y < bottom && r.length() > 0.45 * structure.width as f32
    })
}
