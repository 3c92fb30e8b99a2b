//! Fields that are ticked: captions with a printed square before or behind each.

use sobo_core::{Rect, Restored};

use crate::forms::LoadedForm;
use crate::matching::{Wording, find_inside};
use crate::plan::{FieldPlan, Tick};
use crate::tick::{Marked, Square, marked};

use super::Slots;

/// Letters up to which a caption has to be read without an error.
const SHORT: usize = 4;
/// Likeness from which a longer caption is told.
const ALIKE: f32 = 0.74;
/// How far from its caption a box stands, in heights of letters.
const BESIDE: f64 = 4.5;
/// How sure a tick is that stands clear of the other boxes.
const CLEAR: f32 = 0.97;

/// A field that is ticked and the slots that are its captions.
pub(super) struct Ticked {
    pub(super) field: usize,
    pub(super) plan: FieldPlan,
    pub(super) items: Vec<usize>,
}

impl Slots<'_> {
    /// The fields of an entry that are ticked on this page: two captions or more on one line, with squares beside them.
    pub(super) fn ticked(&self, form: &LoadedForm, group: &[usize]) -> Vec<Ticked> {
        let fields = form.form.fields.iter().enumerate().filter(|(_, spec)| spec.boxes.len() >= 2);
        fields
            .filter_map(|(field, spec)| {
                let captions = self.box_captions(form.boxes.get(field)?, group)?;
                let squares = self.beside(&captions)?;
                let found: Vec<(usize, Square)> =
                    squares.iter().enumerate().filter_map(|(k, s)| Some((captions[k].0, (*s)?))).collect();
                let shares: Vec<f32> =
                    found.iter().map(|(_, square)| self.structure.ink_inside(square)).collect();
                let all = found.iter().map(|(_, s)| s.rect).reduce(|a, b| a.union(&b))?;
                let whole = found.len() == spec.boxes.len();
                let (place, tick) = match marked(&shares) {
                    Marked::One(k) => {
                        let value = spec.boxes.get(found[k].0).map(|option| option.value.clone());
                        (found[k].1.rect, Some(Tick { value, certainty: CLEAR }))
                    }
                    // The box that was not found may be the one that is ticked.
                    Marked::None if whole => (all, None),
                    _ => (all, Some(Tick { value: None, certainty: 0.0 })),
                };
                let plan = FieldPlan {
                    name: spec.name.clone(),
                    kind: spec.kind,
                    lines: Vec::new(),
                    place,
                    certainty: CLEAR,
                    tick,
                };
                Some(Ticked { field, plan, items: captions.into_iter().map(|(_, item, _)| item).collect() })
            })
            .collect()
    }

    /// Where the captions of boxes stand on the line that has most of them: box, slot and place of the caption.
    fn box_captions(
        &self,
        boxes: &[Vec<Wording>],
        group: &[usize],
    ) -> Option<Vec<(usize, usize, Rect<Restored>)>> {
        let mut lines: Vec<(usize, Vec<(usize, usize, Rect<Restored>)>)> = Vec::new();
        for i in group {
            let item = &self.items[*i];
            let Some((rect, reading)) = &item.read else { continue };
            for (k, wordings) in boxes.iter().enumerate() {
                let told = |wording: &&Wording| {
                    let least = if wording.len() <= SHORT { 0.99 } else { ALIKE };
                    find_inside(wording, reading).likeness >= least
                };
                let Some(found) = wordings.iter().find(told).map(|wording| find_inside(wording, reading))
                else {
                    continue;
                };
                let (Some(start), Some(end)) = (
                    reading.start(found.first),
                    found.last.checked_sub(1).and_then(|last| reading.end(last)),
                ) else {
                    continue;
                };
                let at = |share: f32| rect.x + rect.w * f64::from(share);
                let caption = (k, *i, Rect::from_edges(at(start), rect.y, at(end), rect.bottom()));
                match lines.iter_mut().find(|(line, _)| *line == item.line) {
                    Some((_, captions)) if captions.iter().any(|(known, _, _)| *known == k) => {}
                    Some((_, captions)) => captions.push(caption),
                    None => lines.push((item.line, vec![caption])),
                }
            }
        }
        let (_, captions) = lines.into_iter().max_by(|a, b| a.1.len().cmp(&b.1.len()).then(b.0.cmp(&a.0)))?;
        (captions.len() >= 2).then_some(captions)
    }

    /// The squares of captions, all behind or all before them, where most have one.
    fn beside(&self, captions: &[(usize, usize, Rect<Restored>)]) -> Option<Vec<Option<Square>>> {
        let th = f64::from(self.structure.text_height);
        let space = |x0: f64, x1: f64, caption: &Rect<Restored>| {
            let middle = caption.centre().y;
            let half = (0.5 * caption.h).max(1.6 * th);
            Rect::from_edges(x0, middle - half, x1, middle + half)
        };
        let behind: Vec<Rect<Restored>> = captions
            .iter()
            .map(|(_, _, c)| space(c.right() - 0.2 * th, c.right() + BESIDE * th, c))
            .collect();
        let before: Vec<Rect<Restored>> =
            captions.iter().map(|(_, _, c)| space(c.x - BESIDE * th, c.x + 0.2 * th, c)).collect();
        let sides = [behind, before].map(|spaces| self.structure.squares(&spaces));
        let count = |squares: &Vec<Option<Square>>| squares.iter().flatten().count();
        let strength =
            |squares: &Vec<Option<Square>>| squares.iter().flatten().map(|s| s.strength).sum::<f32>();
        let best = sides
            .into_iter()
            .max_by(|a, b| count(a).cmp(&count(b)).then(strength(a).total_cmp(&strength(b))))?;
        (count(&best) >= 2).then_some(best)
    }
}
