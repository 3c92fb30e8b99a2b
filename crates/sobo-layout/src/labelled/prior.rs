//! What the print of the book says of the slots of a page.

use crate::chain::Role;
use crate::forms::LoadedForm;
use crate::print::{Print, PrintLabel, SeenLabel, lay};

use super::{Item, Slots};

/// What a slot in a label's place gains, in letters of print that agree.
const PLACE: f32 = 5.0;
/// What the first slot of a line gains that begins where the writing behind a lost label does.
const BEHIND: f32 = 3.0;

/// What one other entry of the page is worth, as a share of the book's pages that agree.
const SIBLING: f32 = 0.8;

/// A print laid on the page: labels in the page's own pixels.
#[derive(Debug, Clone, Default)]
pub(super) struct Prior {
    /// The print's form.
    pub(super) form: String,
    labels: Vec<PrintLabel>,
}

impl Slots<'_> {
    /// Labels that were read well and where they stand, in pixels at 150 dpi.
    pub(crate) fn seen(&self, form: &LoadedForm) -> Vec<SeenLabel> {
        let scale = f64::from(self.structure.scale);
        let (way, groups) = self.grouped(form);
        let mut seen = Vec::new();
        for (entry, group) in groups.iter().enumerate() {
            let best = self.best_places(form, &way, group);
            for i in group {
                let (item, Role::Field(field)) = (&self.items[*i], way.roles[*i].0) else { continue };
                let label = self.label(*i, form, field).filter(|found| found.likeness > 0.75);
                let (Some(found), Some((line, slot))) = (label, self.place(item)) else { continue };
                let Some(spec) = form.form.fields.get(field).filter(|_| best.get(&field) == Some(i)) else {
                    continue;
                };
                let (value_x, _) = self.stretch(item, line, slot, way.roles[*i].0, Some(found));
                seen.push(SeenLabel {
                    entry: entry as u32,
                    field: spec.name.clone(),
                    x: (slot.ink.x / scale) as f32,
                    y: (self.height(item) / scale) as f32,
                    value_x: (value_x / scale) as f32,
                });
            }
        }
        seen
    }

    /// Lets the print of the book speak for the slots that stand where it has its labels, if enough labels of the page
    /// do.
    pub(crate) fn with_print(mut self, form: &LoadedForm, print: &Print) -> Self {
        let seen = self.seen(form);
        let places: Vec<(u32, &str, f32, f32)> =
            seen.iter().map(|l| (l.entry, l.field.as_str(), l.x, l.y)).collect();
        let printed: Vec<SeenLabel> = print
            .labels
            .iter()
            .map(|l| SeenLabel { entry: l.entry, field: l.field.clone(), x: l.x, y: l.y, value_x: l.value_x })
            .collect();
        let scale = self.structure.scale;
        let near = 1.2 * self.structure.text_height / scale;
        if let Some((across, down)) = lay(&printed, &places, near.max(10.0)) {
            let moved = print.labels.iter().map(|l| PrintLabel {
                x: scale * across.at(l.x),
                y: scale * down.at(l.y),
                value_x: scale * across.at(l.value_x),
                ..l.clone()
            });
            self.prior = Some(Prior { form: form.form.id.clone(), labels: moved.collect() });
        }
        self
    }

    /// Lets the entries of a page speak for one another: they are of one print, so that a label which is lost in one
    /// stands where the others have it. A print of the book, where there is one, knows better.
    pub(crate) fn with_siblings(mut self, form: &LoadedForm) -> Self {
        if self.prior.as_ref().is_some_and(|prior| prior.form == form.form.id) {
            return self;
        }
        let seen = self.seen(form);
        let entries = seen.iter().map(|label| label.entry + 1).max().unwrap_or(0);
        let near = 1.2 * self.structure.text_height;
        let scale = self.structure.scale;
        let mut labels = Vec::new();
        for entry in 0..entries {
            let of = |label: &&SeenLabel| label.entry == entry;
            let own: Vec<(u32, &str, f32, f32)> =
                seen.iter().filter(of).map(|l| (entry, l.field.as_str(), l.x, l.y)).collect();
            for other in (0..entries).filter(|other| *other != entry) {
                let theirs: Vec<SeenLabel> = seen
                    .iter()
                    .filter(|label| label.entry == other)
                    .map(|label| SeenLabel { entry, ..label.clone() })
                    .collect();
                let Some((across, down)) = lay(&theirs, &own, near / scale) else { continue };
                labels.extend(theirs.into_iter().map(|label| PrintLabel {
                    entry,
                    x: scale * across.at(label.x),
                    y: scale * down.at(label.y),
                    value_x: scale * across.at(label.value_x),
                    field: label.field,
                    share: SIBLING,
                }));
            }
        }
        if !labels.is_empty() {
            self.prior = Some(Prior { form: form.form.id.clone(), labels });
        }
        self
    }

    /// What the print says for each field of the form at a slot, in letters of print that agree.
    pub(super) fn printed(&self, item: &Item, form: &LoadedForm) -> Vec<(usize, f32)> {
        let Some(prior) = self.prior.as_ref().filter(|prior| prior.form == form.form.id) else {
            return Vec::new();
        };
        let Some((_, slot)) = self.place(item) else { return Vec::new() };
        let th = self.structure.text_height;
        let (x, y) = (slot.ink.x as f32, self.height(item) as f32);
        let spoken = prior.labels.iter().filter_map(|label| {
            let (away, off) = ((x - label.x).abs(), (y - label.y).abs());
            if off > 0.9 * th {
                return None;
            }
            let gain = if away < 2.0 * th {
                PLACE * (1.0 - 0.5 * away / (2.0 * th))
            } else if item.first && x > label.value_x - 1.2 * th && x < label.value_x + 5.0 * th {
                BEHIND
            } else {
                return None;
            };
            let field = form.form.fields.iter().position(|f| f.name == label.field)?;
            Some((field, gain * label.share))
        });
        spoken.collect()
    }

    /// Where the print has the writing behind the label of a field that stands at a slot.
    pub(super) fn printed_value(&self, item: &Item, form: &LoadedForm, field: &str) -> Option<f64> {
        let prior = self.prior.as_ref().filter(|prior| prior.form == form.form.id)?;
        let (_, slot) = self.place(item)?;
        let th = self.structure.text_height;
        let (x, y) = (slot.ink.x as f32, self.height(item) as f32);
        let here = |label: &&PrintLabel| {
            label.field == field && (x - label.x).abs() < 2.0 * th && (y - label.y).abs() < 0.9 * th
        };
        prior.labels.iter().find(here).map(|label| f64::from(label.value_x))
    }
}
