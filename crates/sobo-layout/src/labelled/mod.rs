//! Pages of printed labels with values written behind them.

mod boxes;
mod frame;
mod groups;
mod prior;
mod signature;
#[cfg(test)]
mod tests;
mod value;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use sobo_core::{Rect, Restored};

use crate::anchor::{Anchor, AnchorPlace};
use crate::chain::{Observation, Role, best_way};
use crate::forms::LoadedForm;
use crate::line::TextLine;
use crate::matching::{Folded, Found, Wording, find, find_inside, goes_on, likeness};
use crate::plan::EntryPlan;
use crate::structure::Structure;

use groups::parted;

/// Letters from which a caption is told from a value.
const CAPTION: usize = 7;

/// What a field without a label gains on nothing where it hangs under the slot before.
const HANGING: f32 = 0.8;

/// What a slot is worth as a label that cannot be read, where the print has one.
const UNREAD: f32 = -3.5;

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
    /// What the print of the book says.
    prior: Option<prior::Prior>,
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
            prior: None,
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
        let mut labels: Vec<f32> = (0..form.wordings.len())
            .map(|field| self.label(index, form, field).map_or(floor, |f| f.score.max(floor)))
            .collect();
        for (field, gain) in self.printed(item, form) {
            labels[field] = labels[field].max(UNREAD) + gain;
        }
        let letters = item.read.as_ref().map_or(0, |(_, reading)| reading.len()).min(14) as f32;
        // A heading that shares its stretch with a label says nothing against the label.
        let titles = if self.heading(index, form) > 0 { &[] } else { form.titles.as_slice() };
        // A name under the number in the margin, on a leader or not, is no label that cannot be read, and no caption.
        let name = self.hangs(index) && labels.iter().all(|label| *label < 1.0);
        // Behind a label short captions are values: `chồng`, `mẹ`, `Vợ`.
        let value = text.ruled && !item.first;
        let furniture = form
            .furniture
            .iter()
            .chain(titles)
            .filter(|w| !value || w.len() >= CAPTION)
            .map(|w| self.alike(index, w))
            // On a line to write on a label followed by a value resembles a caption.
            .map(|alike| {
                if alike > if text.ruled || name { 0.82 } else { 0.6 } { 1.1 * alike * letters } else { 0.0 }
            })
            .fold(0.0, f32::max);
        let (nothing, continues, unlabelled): (f32, f32, f32) = match (text.ruled, item.first) {
            // The first ink of a line with leaders is a label, unless the leader begins before it.
            (true, true) if slot.unlabelled => (-2.0, 0.8, -2.0),
            (true, true) => (-2.5, -2.0, -3.0),
            // Further ink on such a line is the value behind a label, or another label.
            (true, false) => (-1.5, 0.5, -3.0),
            (false, true) => (0.0, 0.3, 1.0),
            (false, false) => (0.0, 0.2, -1.0),
        };
        let unlabelled = if name { unlabelled.max(nothing + HANGING) } else { unlabelled };
        Observation {
            labels,
            continues,
            nothing: nothing + furniture,
            unlabelled,
            same_line: !item.first,
            parted: item.parted,
        }
    }

    /// Whether a slot hangs under the slot before it: words and no figures, next below in one column.
    fn hangs(&self, index: usize) -> bool {
        let th = f64::from(self.structure.text_height);
        let before = index.checked_sub(1).map(|before| &self.items[before]);
        let (Some((line, slot)), Some((above, upper))) =
            (self.place(&self.items[index]), before.and_then(|before| self.place(before)))
        else {
            return false;
        };
        let down = slot.ink.centre().y - upper.ink.centre().y;
        let words = self.items[index].read.as_ref().is_some_and(|(_, reading)| reading.words_only());
        words
            && line.limits == above.limits
            && (1.0 * th..7.0 * th).contains(&down)
            && (slot.ink.x - upper.ink.x).abs() < 4.0 * th
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
        let (_, reading) = self.items.get(index)?.read.as_ref()?;
        // A heading and a label in one stretch: `SỔ ĐĂNG KÝ KHAI SINH   Số: 54`. Words of the heading are no label.
        let heading = self.heading(index, form);
        let mut best = if heading > 0 {
            let rest = reading.from(heading);
            let after = wordings.iter().map(|wording| {
                let mut found = find(wording, &rest, 0);
                found.score -= 0.5;
                found.last += heading;
                found
            });
            after.fold(None, better)?
        } else {
            wordings.iter().filter_map(|w| self.wording(index, w)).fold(None, better)?
        };
        if best.likeness > 0.7
            && let Some(last) = goes_on(wordings, reading, best.last)
        {
            // Two wordings of one field speak for it a little more than one.
            best.score += (0.3 * last.saturating_sub(best.last) as f32).min(3.0);
            best.last = last;
        }
        Some(best)
    }

    /// Letters at the start of a slot that are a heading of the form, if one of the form's labels follows them.
    fn heading(&self, index: usize, form: &LoadedForm) -> usize {
        if let Some(known) = self.headings.borrow().get(&form.form.id) {
            return known[index];
        }
        let of = |item: &Item| {
            let Some((_, reading)) = item.read.as_ref().filter(|(_, reading)| reading.len() >= 6) else {
                return 0;
            };
            let ends = form.titles.iter().filter(|title| title.len() >= 5).filter_map(|title| {
                // The title may itself be in a longer one: `Sổ đăng ký khai sinh`.
                let found = find_inside(title, reading);
                let whole = found.likeness > 0.75 && found.first <= 8 && found.last + 2 <= reading.len();
                whole.then_some(found.last)
            });
            let Some(end) = ends.max() else { return 0 };
            let rest = reading.from(end);
            let follows = |wording: &Wording| {
                let found = find(wording, &rest, 0);
                found.likeness > 0.74 && found.score > 1.0
            };
            if form.wordings.iter().flatten().any(follows) { end } else { 0 }
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
        let (way, groups) = self.grouped(form);
        let mut entries: Vec<EntryPlan> = groups
            .iter()
            .map(|group| self.entry(form, &way, group))
            .filter(|e| e.fields.len() >= 2)
            .collect();
        // Signatures and seals under the last entry may look like the beginning of another.
        let most = entries.iter().map(|e| e.fields.len()).max().unwrap_or(0);
        entries.retain(|e| e.fields.len() > 3 || e.fields.len() * 4 >= most);
        self.keep_apart(&mut entries);
        for entry in &mut entries {
            let order = |name: &str| form.form.fields.iter().position(|f| f.name == name);
            entry.fields.sort_by_key(|f| order(&f.name));
        }
        entries
    }
}
