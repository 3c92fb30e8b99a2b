//! How far an entry reaches.

use sobo_core::{Rect, Restored};

use crate::anchor::is_text;
use crate::plan::EntryPlan;
use crate::ruling::{Ruling, Stroke};

use super::Slots;

impl Slots<'_> {
    /// Where no ruling parts entries that stand one above the other, the first field of the next one
    /// does.
    pub(super) fn keep_apart(&self, entries: &mut [EntryPlan]) {
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
    pub(super) fn foot(&self, group: &[usize]) -> f64 {
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
    /// `signed` is where the fields and the captions under which people sign end, `foot` where the last line of the
    /// entry's slots does.
    pub(super) fn frame(&self, union: Rect<Restored>, signed: f64, foot: f64) -> Rect<Restored> {
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
        let below = s.horizontals.iter().filter(wide).filter(|r| at(r) > signed - 0.5 * th);
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
}
