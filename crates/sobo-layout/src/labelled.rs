//! Pages of printed labels with values written behind them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use sobo_core::{Rect, Restored};

use crate::anchor::{Anchor, AnchorPlace, is_text};
use crate::chain::{Observation, Role, Way, best_way};
use crate::component::Component;
use crate::forms::LoadedForm;
use crate::line::{TextLine, bounds, in_box};
use crate::matching::{Folded, Found, Wording, find, find_inside, goes_on, likeness};
use crate::plan::{EntryPlan, FieldPlan};
use crate::ruling::{Ruling, Stroke};
use crate::structure::Structure;

/// One slot of the page with what was read in it.
struct Item {
    line: usize,
    slot: usize,
    /// What was asked to be read, and the reading.
    read: Option<(Rect<Restored>, Folded)>,
    /// It is the first of its line.
    first: bool,
    /// It stands on or before a leader.
    leader: bool,
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
    /// Letters of a heading at the start of each item, by form.
    headings: RefCell<HashMap<String, Rc<[usize]>>>,
}

impl<'a> Slots<'a> {
    pub(crate) fn new(structure: &'a Structure, anchors: &[Anchor]) -> Self {
        let mut items: Vec<Item> = Vec::new();
        // The lines with leaders so far.
        let mut before: Vec<usize> = Vec::new();
        for (line, text) in structure.lines.iter().enumerate() {
            let mut first = true;
            for (slot, place) in text.slots.iter().enumerate() {
                let anchor = anchors.iter().find(|a| a.request.place == AnchorPlace::Slot { line, slot });
                if anchor.is_none() && !text.ruled {
                    continue;
                }
                let read = anchor.map(|a| (a.request.rect, Folded::new(&a.reading)));
                // The head of an entry takes up to three lines.
                let mut last = before.iter().rev().filter(|l| **l != line).take(3);
                let parted = last.any(|last| parted(structure, *last, line));
                if text.ruled && before.last() != Some(&line) {
                    before.push(line);
                }
                items.push(Item { line, slot, read, first, leader: place.leader.is_some(), parted });
                first = false;
            }
        }
        Self {
            structure,
            items,
            found: RefCell::default(),
            alike: RefCell::default(),
            headings: RefCell::default(),
        }
    }

    fn observe(&self, form: &LoadedForm) -> Vec<Observation> {
        (0..self.items.len()).map(|i| self.observe_one(i, form)).collect()
    }

    fn observe_one(&self, index: usize, form: &LoadedForm) -> Observation {
        let item = &self.items[index];
        let Some((text, slot)) = self.place(item) else { return Observation::default() };
        let floor = match (text.ruled, slot.unlabelled) {
            (true, false) if item.leader && item.first => -3.5,
            (true, _) => -6.0,
            (false, _) => -9.0,
        };
        let labels: Vec<f32> = (0..form.wordings.len())
            .map(|field| self.label(index, form, field).map_or(floor, |f| f.score.max(floor)))
            .collect();
        let letters = item.read.as_ref().map_or(0, |(_, reading)| reading.len()).min(14) as f32;
        // A heading that shares its stretch with a label says nothing against the label.
        let titles = if self.heading(index, form) > 0 { &[] } else { form.titles.as_slice() };
        let furniture = form
            .furniture
            .iter()
            .chain(titles)
            .map(|w| self.alike(index, w))
            // On a line to write on a label followed by a value resembles a caption.
            .map(
                |alike| if alike > if text.ruled { 0.82 } else { 0.6 } { 1.1 * alike * letters } else { 0.0 },
            )
            .fold(0.0, f32::max);
        let (nothing, continues, unlabelled) = match (text.ruled, item.first) {
            // The first ink of a line with leaders is a label, unless the leader begins before it.
            (true, true) if slot.unlabelled => (-2.0, 0.8, -2.0),
            (true, true) => (-2.5, -2.0, -3.0),
            // Further ink on such a line is the value behind a label, or another label.
            (true, false) => (-1.5, 0.5, -3.0),
            (false, true) => (0.0, 0.3, 1.0),
            (false, false) => (0.0, 0.2, -1.0),
        };
        Observation {
            labels,
            continues,
            nothing: nothing + furniture,
            unlabelled,
            same_line: !item.first,
            parted: item.parted,
        }
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
    fn label(&self, index: usize, form: &LoadedForm, field: usize) -> Option<Found> {
        let wordings = form.wordings.get(field)?;
        let better = |best: Option<Found>, found: Found| match best {
            Some(b) if b.score >= found.score => Some(b),
            _ => Some(found),
        };
        let mut best = wordings.iter().filter_map(|w| self.wording(index, w)).fold(None, better)?;
        let (_, reading) = self.items.get(index)?.read.as_ref()?;
        // A heading and a label in one stretch: `KHAI SINH   Số: 54`.
        let heading = self.heading(index, form);
        if heading > 0 {
            let rest = reading.from(heading);
            for wording in wordings {
                let mut found = find(wording, &rest, 0);
                found.score -= 0.5;
                found.last += heading;
                if found.score > best.score {
                    best = found;
                }
            }
        }
        if best.likeness > 0.7
            && let Some(last) = goes_on(wordings, reading, best.last)
        {
            // Two wordings of one field speak for it a little more than one.
            best.score += (0.3 * last.saturating_sub(best.last) as f32).min(3.0);
            best.last = last;
        }
        Some(best)
    }

    /// Letters at the start of a slot that are a heading of the form, if more follows.
    fn heading(&self, index: usize, form: &LoadedForm) -> usize {
        if let Some(known) = self.headings.borrow().get(&form.form.id) {
            return known[index];
        }
        let of = |item: &Item| {
            let Some((_, reading)) = item.read.as_ref().filter(|(_, reading)| reading.len() >= 6) else {
                return 0;
            };
            let ends = form.titles.iter().filter(|title| title.len() >= 5).filter_map(|title| {
                let found = find(title, reading, 0);
                (found.likeness > 0.75 && found.last + 2 <= reading.len()).then_some(found.last)
            });
            ends.max().unwrap_or(0)
        };
        let all: Rc<[usize]> = self.items.iter().map(of).collect();
        let here = all[index];
        self.headings.borrow_mut().insert(form.form.id.clone(), all);
        here
    }

    fn wording(&self, index: usize, wording: &Wording) -> Option<Found> {
        if let Some(known) = self.found.borrow().get(wording) {
            return known[index];
        }
        let of = |item: &Item| item.read.as_ref().map(|(_, reading)| find(wording, reading, 0));
        let all: Rc<[Option<Found>]> = self.items.iter().map(of).collect();
        let here = all[index];
        self.found.borrow_mut().insert(wording.clone(), all);
        here
    }

    /// Log-odds of a form and the share of its labels that are there.
    pub(crate) fn score(&self, form: &LoadedForm) -> (f32, f32) {
        let way = best_way(form, &self.observe(form));
        let nothing = |i: &Item| match self.place(i) {
            Some((line, _)) if line.ruled && i.first => -2.5,
            Some((line, _)) if line.ruled => -1.5,
            _ => 0.0,
        };
        let plain: f32 = self.items.iter().map(nothing).sum();
        let mut found = vec![false; form.form.fields.len()];
        for (index, (role, _)) in way.roles.iter().enumerate() {
            if let Role::Field(field) = role
                && let Some(label) = self.label(index, form, *field)
                && label.likeness > 0.6
            {
                found[*field] = true;
            }
        }
        let expected = form.wordings.iter().filter(|w| !w.is_empty()).count().max(1);
        let coverage = found.iter().filter(|f| **f).count() as f32 / expected as f32;
        (way.score - plain, coverage)
    }

    /// What every slot was taken for, in reading order.
    pub(crate) fn explain(&self, form: &LoadedForm) -> Vec<(Rect<Restored>, String)> {
        let way = best_way(form, &self.observe(form));
        let name = |field: usize| form.form.fields.get(field).map_or("", |f| f.name.as_str());
        self.items
            .iter()
            .zip(&way.roles)
            .filter_map(|(item, (role, restart))| {
                let rect = self.place(item)?.1.ink;
                let text = match role {
                    Role::Field(f) if *restart => format!("new entry: {}", name(*f)),
                    Role::Field(f) => name(*f).to_owned(),
                    Role::More(f) => format!("{}, continued", name(*f)),
                    Role::Nothing => "nothing".to_owned(),
                };
                Some((rect, text))
            })
            .collect()
    }

    /// The entries of the page on this form.
    pub(crate) fn entries(&self, form: &LoadedForm) -> Vec<EntryPlan> {
        let (way, mut groups) = if form.form.layout == "act" { self.acts(form) } else { self.blocks(form) };
        groups.truncate(form.form.max_entries as usize);
        let mut entries: Vec<EntryPlan> = groups
            .iter()
            .map(|group| self.entry(form, &way, group))
            .filter(|e| e.fields.len() >= 2)
            .collect();
        self.keep_apart(&mut entries);
        for entry in &mut entries {
            let order = |name: &str| form.form.fields.iter().position(|f| f.name == name);
            entry.fields.sort_by_key(|f| order(&f.name));
        }
        entries
    }

    /// The acts of a page, one above the other: where most labels stand twice, there are two.
    fn acts(&self, form: &LoadedForm) -> (Way, Vec<Vec<usize>>) {
        let seen = self.observe(form);
        let way = best_way(form, &seen);
        let all: Vec<usize> = (0..self.items.len()).collect();
        let parts = match self.second_act(form, &way) {
            Some((end, start)) if form.form.max_entries > 1 => {
                let at = |i: &usize| self.height(&self.items[*i]);
                let upper: Vec<usize> = all.iter().copied().filter(|i| at(i) < end).collect();
                let lower = all.iter().copied().filter(|i| at(i) >= start).collect();
                vec![upper, lower]
            }
            _ => return (way, vec![all]),
        };
        let mut whole = Way { roles: vec![(Role::Nothing, false); self.items.len()], score: way.score };
        for part in &parts {
            let own: Vec<Observation> = part.iter().map(|i| seen[*i].clone()).collect();
            let way = best_way(form, &own);
            for (i, role) in part.iter().zip(way.roles) {
                whole.roles[*i] = role;
            }
        }
        (whole, parts)
    }

    /// Middle of the line an item stands on.
    fn height(&self, item: &Item) -> f64 {
        self.structure.lines.get(item.line).map_or(0.0, |l| f64::from(l.band.0 + l.band.1) / 2.0)
    }

    /// Where the first of two acts ends and where the fields of the second begin.
    fn second_act(&self, form: &LoadedForm, way: &Way) -> Option<(f64, f64)> {
        let th = f64::from(self.structure.text_height);
        let mut heights: Vec<Vec<f64>> = vec![Vec::new(); form.form.fields.len()];
        for (i, (role, _)) in way.roles.iter().enumerate() {
            if let Role::Field(f) = role
                && self.label(i, form, *f).is_some_and(|found| found.likeness > 0.7)
            {
                heights[*f].push(self.height(&self.items[i]));
            }
        }
        let seen = heights.iter().filter(|h| !h.is_empty()).count();
        let twice: Vec<(f64, f64)> = heights
            .iter()
            .filter_map(|h| {
                let first = h.iter().copied().reduce(f64::min)?;
                let last = h.iter().copied().reduce(f64::max)?;
                (last - first > 12.0 * th).then_some((first, last))
            })
            .collect();
        if twice.len() < 4 || twice.len() * 5 < seen * 2 {
            return None;
        }
        // The height that parts most pairs; among those the lowest.
        let parted = |y: f64| twice.iter().filter(|t| t.0 < y && t.1 >= y).count();
        let start =
            twice.iter().map(|t| t.1).max_by(|a, b| parted(*a).cmp(&parted(*b)).then(b.total_cmp(a)))?;
        if parted(start) * 10 < twice.len() * 8 {
            return None;
        }
        let last = twice.iter().map(|t| t.0).filter(|y| *y < start).fold(0.0, f64::max);
        let start = start - 1.5 * th;
        // Between the two stands the heading of the second.
        let heading = self.items.iter().filter(|item| {
            let y = self.height(item);
            y > last + th
                && y < start
                && item.read.as_ref().is_some_and(|(_, reading)| {
                    form.titles.iter().any(|title| {
                        let found = find_inside(title, reading);
                        found.likeness > 0.7 && found.score > 3.0
                    })
                })
        });
        let end = heading.map(|item| self.height(item) - 3.5 * th).fold(start, f64::min);
        Some((end.max(last + th), start))
    }

    /// Blocks of labels, one below the other.
    fn blocks(&self, form: &LoadedForm) -> (Way, Vec<Vec<usize>>) {
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
        // An entry of two or three slots is the head of the next one, unless a ruling parts them.
        let mut index = 0;
        while index + 1 < groups.len() {
            let fields = groups[index].iter().filter(|i| matches!(way.roles[**i].0, Role::Field(_))).count();
            if fields <= 3 && !self.apart(&groups[index], &groups[index + 1]) {
                let head = groups.remove(index);
                groups[index].splice(0..0, head);
            } else {
                index += 1;
            }
        }
        // Two entries bear the same labels; parts that share none are one entry, in which damage
        // hid what lies between.
        let mut index = 0;
        while index + 1 < groups.len() {
            let (a, b) = (self.named(form, &way, &groups[index]), self.named(form, &way, &groups[index + 1]));
            let shared = a.iter().filter(|f| b.contains(f)).count();
            let few =
                if self.apart(&groups[index], &groups[index + 1]) { 0 } else { a.len().min(b.len()) / 5 };
            if shared <= few {
                let next = groups.remove(index + 1);
                groups[index].extend(next);
            } else {
                index += 1;
            }
        }
        (way, groups)
    }

    /// Whether a ruling parts two groups of slots.
    fn apart(&self, above: &[usize], below: &[usize]) -> bool {
        let line = |i: Option<&usize>| i.map(|i| self.items[*i].line);
        match (line(above.first()), line(below.first())) {
            (Some(a), Some(b)) => parted(self.structure, a, b),
            _ => false,
        }
    }

    /// Fields whose labels were seen in a group of slots.
    fn named(&self, form: &LoadedForm, way: &Way, group: &[usize]) -> Vec<usize> {
        let fields = group.iter().filter_map(|i| match way.roles[*i].0 {
            Role::Field(f) => {
                let found = self.label(*i, form, f)?;
                (found.likeness > 0.6).then_some(f)
            }
            _ => None,
        });
        fields.collect()
    }

    fn entry(&self, form: &LoadedForm, way: &Way, group: &[usize]) -> EntryPlan {
        let mut fields: Vec<FieldPlan> = Vec::new();
        let mut union: Option<Rect<Restored>> = None;
        let best = self.best_places(form, way, group);
        // Line and start of the field that the last slot belonged to.
        let mut open: Option<(usize, usize, f64)> = None;
        let mut again = false;
        for i in group {
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
            union = Some(union.map_or(line.bbox, |u| u.union(&line.bbox)));
            let label = match role {
                Role::Field(_) => self.label(*i, form, field).filter(|f| f.likeness > 0.5),
                _ => None,
            };
            let (mut x0, x1) = self.stretch(item, line, slot, role, label);
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
                }),
            }
        }
        let bbox = self.frame(union.unwrap_or_default(), self.foot(group));
        for (field, spec) in form.form.fields.iter().enumerate() {
            if let Some(caption) = form.place(field, "below")
                && fields.iter().all(|f| f.name != spec.name)
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

    /// For each field the slot that bears its label best; a field without a label stands behind the
    /// slot chosen for the field before it.
    fn best_places(&self, form: &LoadedForm, way: &Way, group: &[usize]) -> HashMap<usize, usize> {
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
    fn stretch(
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
    fn gap_near(&self, line: &TextLine, label_end: f64, leader: Option<f64>, end: f64) -> f64 {
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
    fn written(&self, line: &TextLine, x0: f64, x1: f64) -> Option<Rect<Restored>> {
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

    /// Where no ruling parts entries that stand one above the other, the first field of the next one
    /// does.
    fn keep_apart(&self, entries: &mut [EntryPlan]) {
        let th = f64::from(self.structure.text_height);
        let top = |e: &EntryPlan| {
            e.fields.iter().filter(|f| !f.name.ends_with("notes")).map(|f| f.place.y).fold(f64::MAX, f64::min)
        };
        for i in 1..entries.len() {
            let cut = top(&entries[i]) - 2.0 * th;
            let (above, below) = (entries[i - 1].bbox, entries[i].bbox);
            if cut > above.y + 4.0 * th && cut < below.bottom() && above.bottom() > cut + 2.0 * th {
                entries[i - 1].bbox = Rect::from_edges(above.x, above.y, above.right(), cut);
            }
            if cut > below.y + 2.0 * th
                && cut < below.bottom()
                && entries[i - 1].bbox.bottom() > below.y + 2.0 * th
            {
                entries[i].bbox = Rect::from_edges(below.x, cut, below.right(), below.bottom());
            }
        }
    }

    /// Where the captions, signatures and names below the fields of an entry end.
    fn foot(&self, group: &[usize]) -> f64 {
        let th = f64::from(self.structure.text_height);
        let lines = group.iter().filter_map(|i| {
            let item = &self.items[*i];
            let (line, slot) = self.place(item)?;
            let letters = item.read.as_ref().map_or(0, |(_, reading)| reading.len());
            (line.ruled || letters >= 4 && is_text(line, &slot.ink, th)).then(|| slot.ink.bottom())
        });
        lines.fold(0.0, f64::max)
    }

    /// The frame around an entry: rulings that enclose its fields, else the fields themselves.
    /// `foot` is where the last line of the entry's slots ends.
    fn frame(&self, union: Rect<Restored>, foot: f64) -> Rect<Restored> {
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
            None => walls
                .iter()
                .map(|v| f64::from(v.end))
                .fold((union.bottom() + 4.0 * th).max(foot + th), f64::max),
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
        let wordings: Vec<_> = caption.split('|').map(Wording::new).collect();
        let mut captions: Vec<(usize, Rect<Restored>)> = Vec::new();
        for i in group {
            let item = &self.items[*i];
            let Some((rect, _)) = &item.read else { continue };
            // A signature may have parted the caption.
            let rest = self.items[*i..].iter().take(3).take_while(|next| next.line == item.line);
            let parts: Vec<&Folded> = rest.filter_map(|next| next.read.as_ref().map(|r| &r.1)).collect();
            let readings: Vec<Folded> =
                (1..=parts.len()).map(|n| Folded::chain(parts[..n].iter().copied())).collect();
            for (rank, wording) in wordings.iter().enumerate() {
                if readings.iter().any(|reading| likeness(wording, reading) > 0.62) {
                    captions.push((rank, *rect));
                }
            }
        }
        captions.sort_by_key(|c| c.0);
        captions.iter().find_map(|(_, caption)| self.name_under(caption, bbox))
    }

    /// Letters that stand close under a signature, in the column of its caption.
    fn name_below_signature(
        &self,
        caption: &Rect<Restored>,
        place: &Rect<Restored>,
    ) -> Option<Rect<Restored>> {
        let th = f64::from(self.structure.text_height);
        let column = Rect::from_edges(place.x, caption.bottom() + 1.5 * th, place.right(), place.bottom());
        let small: Vec<Component> = self
            .structure
            .components
            .iter()
            .filter(|c| f64::from(c.height()) < 3.0 * th && f64::from(c.width()) < 9.0 * th)
            .copied()
            .collect();
        let lines = in_box(&column, &small, self.structure.text_height);
        let lowest = lines.iter().rev().find(|line| is_lettering(line, th))?;
        let ink = writing(&lowest.components, th)?;
        let (top, bottom) = (ink.y.max(lowest.bbox.y), ink.bottom().min(lowest.bbox.bottom()));
        Some(Rect::from_edges(ink.x, top, ink.right(), bottom.max(top + 0.6 * th)).grown(0.35 * th, 0.2 * th))
    }

    /// The lowest line of writing in the column of a caption, if it lies clear of a signature.
    fn name_under(
        &self,
        caption: &Rect<Restored>,
        bbox: &Rect<Restored>,
    ) -> Option<(Rect<Restored>, Vec<Rect<Restored>>)> {
        let th = f64::from(self.structure.text_height);
        let centre = caption.centre();
        let half = (0.5 * caption.w).max(9.0 * th) + 2.0 * th;
        let place = Rect::from_edges(
            centre.x - half,
            caption.bottom() + 2.0 * th,
            centre.x + half,
            bbox.bottom() - 0.2 * th,
        );
        let slots = self
            .structure
            .lines
            .iter()
            .filter(|l| !l.ruled)
            .flat_map(|l| l.slots.iter().map(move |s| (l, s)));
        let candidates = slots.filter(|(l, s)| {
            let c = s.ink.centre();
            let inside = c.x > place.x && c.x < place.right() && c.y > place.y && c.y < place.bottom();
            inside && s.ink.w > 2.0 * th && s.ink.h < 4.0 * th && is_text(l, &s.ink, th)
        });
        let lowest = candidates.map(|(_, s)| s.ink).max_by(|a, b| a.bottom().total_cmp(&b.bottom()));
        // A lone scribble right under the caption is a signature.
        let Some(lowest) = lowest.filter(|lowest| lowest.y - caption.bottom() >= 4.0 * th) else {
            return self.name_below_signature(caption, &place).map(|ink| (place, vec![ink]));
        };
        // Words of the name may have stayed apart.
        let band = (lowest.y - 0.3 * th, lowest.bottom() + 0.3 * th);
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
        let ink = writing(&all, th)?;
        Some((place, vec![ink.grown(0.35 * th, 0.2 * th)]))
    }
}

/// Whether a line of ink is letters and not a scribble, which is of one stroke or two.
fn is_lettering(line: &TextLine, th: f64) -> bool {
    let pieces = || line.components.iter().filter(|c| f64::from(c.height()) >= 0.25 * th);
    let widest = pieces().map(|c| f64::from(c.width())).fold(0.0, f64::max);
    pieces().count() >= 4
        && line.bbox.w >= 4.0 * th
        && line.bbox.w >= 2.5 * line.bbox.h
        && widest < 0.6 * line.bbox.w
}

/// The extent of writing among pieces of ink: specks, blots and dirt far from it left out. `None`
/// where nothing is written.
pub(crate) fn writing(components: &[Component], th: f64) -> Option<Rect<Restored>> {
    let stroke = |c: &&Component| {
        let (w, h, ink) = (f64::from(c.width()), f64::from(c.height()), f64::from(c.area));
        // A speck or blot is filled; a letter is drawn.
        let blot = ink > 0.68 * w * h && w > 0.3 * th && h > 0.3 * th && w < 3.0 * h && h < 3.0 * w;
        let slim = h >= 0.28 * th && h >= 1.5 * w;
        !blot && (h.max(w) >= 0.38 * th || slim) && h < 4.0 * th
    };
    let mut strokes: Vec<&Component> = components.iter().filter(stroke).collect();
    strokes.sort_by_key(|c| (c.x0, c.y0));
    // Most of the ink lies on the line; what lies far above or below is dirt.
    let mut heights: Vec<(f64, f64)> =
        strokes.iter().map(|c| (f64::from(c.cy()), f64::from(c.area))).collect();
    heights.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = heights.iter().map(|h| h.1).sum::<f64>() / 2.0;
    let mut sum = 0.0;
    let middle = heights.iter().find(|h| {
        sum += h.1;
        sum >= half
    })?;
    strokes.retain(|c| (f64::from(c.cy()) - middle.0).abs() < 1.5 * th);
    struct Group {
        rect: Rect<Restored>,
        area: f64,
        large: usize,
        count: usize,
    }
    let mut groups: Vec<Group> = Vec::new();
    for c in strokes {
        let (rect, area) = (bounds(c), f64::from(c.area));
        let large = usize::from(f64::from(c.height()) >= 0.6 * th || f64::from(c.width()) >= 0.9 * th);
        match groups.last_mut() {
            Some(g) if rect.x - g.rect.right() < 2.0 * th => {
                g.rect = g.rect.union(&rect);
                g.area += area;
                g.large += large;
                g.count += 1;
            }
            _ => groups.push(Group { rect, area, large, count: 1 }),
        }
    }
    let most = groups.iter().map(|g| g.area).fold(0.0, f64::max);
    groups.retain(|g| g.area >= 0.25 * most || (g.rect.w > 1.6 * th && g.large >= 2));
    let count: usize = groups.iter().map(|g| g.count).sum();
    let large: usize = groups.iter().map(|g| g.large).sum();
    let core = groups.iter().map(|g| g.rect).reduce(|a, b| a.union(&b))?;
    // Two short strokes may be a ditto mark.
    if most < 0.07 * th * th || (large == 0 && count < 2) {
        return None;
    }
    // Marks that belong to the letters.
    let near = core.grown(0.6 * th, 0.55 * th);
    let marks = components.iter().filter(|c| {
        let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
        f64::from(c.height()) < 0.8 * th && x > near.x && x < near.right() && y > near.y && y < near.bottom()
    });
    Some(marks.map(bounds).fold(core, |all, mark| all.union(&mark)))
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
