//! Names written under a signature, below a printed caption.

use sobo_core::{Rect, Restored};

use crate::anchor::is_text;
use crate::component::Component;
use crate::forms::LoadedForm;
use crate::line::{TextLine, in_box};
use crate::matching::{Folded, Wording, find_inside, likeness};
use crate::writing::writing;

use super::Slots;

impl Slots<'_> {
    /// Writing under a printed caption: the lowest line in its column that looks like text.
    pub(super) fn below(
        &self,
        form: &LoadedForm,
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
        let named: Vec<_> = captions
            .iter()
            .filter_map(|(_, caption)| {
                // The heading of the entry below is no name.
                let bottom =
                    self.heading_below(form, caption).map_or(bbox.bottom(), |y| y.min(bbox.bottom()));
                let space = Rect::from_edges(bbox.x, bbox.y, bbox.right(), bottom);
                self.name_under(caption, &space)
            })
            .collect();
        // Of those who signed under one of the captions the first whose name is no scribble.
        let told = named.iter().position(|(_, lines)| lines.iter().any(|line| self.is_name(line)));
        named.into_iter().nth(told.unwrap_or(0))
    }

    /// The upper edge of the next heading of an entry under a caption.
    fn heading_below(&self, form: &LoadedForm, caption: &Rect<Restored>) -> Option<f64> {
        let th = f64::from(self.structure.text_height);
        let heads = self.items.iter().filter_map(|item| {
            let (rect, reading) = item.read.as_ref()?;
            let below = rect.y > caption.bottom() + 2.0 * th;
            let heading = || {
                form.titles.iter().filter(|title| title.len() >= 6).any(|title| {
                    let found = find_inside(title, reading);
                    found.likeness > 0.75 && found.score > 3.0
                })
            };
            (below && heading()).then_some(rect.y)
        });
        heads.min_by(f64::total_cmp)
    }

    /// Whether the ink in a box is lettering: several pieces side by side, none of which makes most of it.
    fn is_name(&self, rect: &Rect<Restored>) -> bool {
        let th = f64::from(self.structure.text_height);
        let inside = |c: &&Component| {
            let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
            x > rect.x && x < rect.right() && y > rect.y && y < rect.bottom()
        };
        let pieces: Vec<&Component> = self.structure.components.iter().filter(inside).collect();
        lettered(&pieces, rect.w, rect.h, th)
    }

    /// Letters that stand close under a signature, in the column of its caption.
    pub(super) fn name_below_signature(
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
    pub(super) fn name_under(
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
    let pieces: Vec<&Component> = line.components.iter().collect();
    lettered(&pieces, line.bbox.w, line.bbox.h, th)
}

/// Whether pieces of ink in a box `w` across and `h` down are letters.
fn lettered(pieces: &[&Component], w: f64, h: f64, th: f64) -> bool {
    let drawn = || pieces.iter().filter(|c| f64::from(c.height()) >= 0.25 * th);
    let widest = drawn().map(|c| f64::from(c.width())).fold(0.0, f64::max);
    drawn().count() >= 4 && w >= 4.0 * th && w >= 2.5 * h && widest < 0.6 * w
}
