//! Names written under a signature, below a printed caption.

use sobo_core::{Rect, Restored};

use crate::anchor::is_text;
use crate::component::Component;
use crate::forms::LoadedForm;
use crate::line::{TextLine, bounds, in_box};
use crate::matching::{Folded, Wording, find_inside, likeness};
use crate::writing::writing;

use super::Slots;

/// How sure the place of a name is that stands clear, and of one that lies under a signature or a seal.
const CLEAR: f32 = 0.8;
const COVERED: f32 = 0.4;
/// Fewest letters side by side that are a name under a signature.
const LEAST_LETTERS: usize = 6;

impl Slots<'_> {
    /// Writing under a printed caption: the lowest line in its column that looks like text, or, where a signature and
    /// a seal lie over it, the row with most letters; the last says how sure the place is. `fields` is where the
    /// labels and values of the entry lie, under which people sign.
    pub(super) fn below(
        &self,
        form: &LoadedForm,
        caption: &str,
        group: &[usize],
        fields: &Rect<Restored>,
        bbox: &Rect<Restored>,
    ) -> Option<(Rect<Restored>, Vec<Rect<Restored>>, f32)> {
        let th = f64::from(self.structure.text_height);
        let captions: Vec<Rect<Restored>> = self
            .captions(caption, group)
            .into_iter()
            .filter(|caption| caption.bottom() > fields.bottom() - 1.5 * th)
            .collect();
        let spaces: Vec<(Rect<Restored>, Rect<Restored>)> = captions
            .iter()
            .map(|caption| {
                // The heading of the entry below is no name.
                let bottom =
                    self.heading_below(form, caption).map_or(bbox.bottom(), |y| y.min(bbox.bottom()));
                (*caption, Rect::from_edges(bbox.x, bbox.y, bbox.right(), bottom))
            })
            .collect();
        let named: Vec<_> =
            spaces.iter().filter_map(|(caption, space)| self.name_under(caption, space)).collect();
        // Of those who signed under one of the captions the first whose name is no scribble.
        let told = named.iter().position(|(_, lines)| lines.iter().any(|line| self.is_name(line)));
        if told.is_none()
            && let Some((place, line)) =
                spaces.iter().find_map(|(caption, space)| self.name_under_seal(caption, space))
        {
            return Some((place, vec![line], COVERED));
        }
        named.into_iter().nth(told.unwrap_or(0)).map(|(place, lines)| (place, lines, CLEAR))
    }

    /// Where the captions of a list (wordings parted by `|`) stand among slots of an entry, in the order of the list.
    pub(super) fn captions(&self, caption: &str, group: &[usize]) -> Vec<Rect<Restored>> {
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
        captions.dedup_by(|b, a| a.1 == b.1);
        captions.into_iter().map(|(_, rect)| rect).collect()
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

    /// The row with most letters in the column of a caption, where a signature or a seal lies over the name: pieces as
    /// large as letters, more of them side by side than a signature or the ring of a seal has at one height.
    fn name_under_seal(
        &self,
        caption: &Rect<Restored>,
        space: &Rect<Restored>,
    ) -> Option<(Rect<Restored>, Rect<Restored>)> {
        let th = f64::from(self.structure.text_height);
        let centre = caption.centre().x;
        let half = (0.5 * caption.w).max(9.0 * th) + 2.0 * th;
        let column =
            Rect::from_edges(centre - half, caption.bottom() + 1.5 * th, centre + half, space.bottom());
        let letters: Vec<&Component> = self
            .structure
            .components
            .iter()
            .filter(|c| {
                let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
                let (w, h) = (f64::from(c.width()), f64::from(c.height()));
                x > column.x
                    && x < column.right()
                    && y > column.y
                    && y < column.bottom()
                    && (0.35 * th..1.9 * th).contains(&h)
                    && w < 4.0 * th
            })
            .collect();
        let row = |middle: f64| {
            let mut row: Vec<&Component> =
                letters.iter().filter(|c| (f64::from(c.cy()) - middle).abs() < 0.6 * th).copied().collect();
            row.sort_by_key(|c| (c.x0, c.y0));
            longest_run(&row, 2.2 * th)
        };
        let rows = letters.iter().map(|c| row(f64::from(c.cy())));
        let best = rows.max_by_key(|row| row.len()).filter(|row| row.len() >= LEAST_LETTERS)?;
        let ink = best.iter().map(|c| bounds(c)).reduce(|a, b| a.union(&b))?;
        (ink.w >= 4.0 * th).then(|| (column, ink.grown(0.35 * th, 0.35 * th)))
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

/// The longest stretch of pieces, left to right, with no blank as wide as `blank` between them.
fn longest_run<'c>(row: &[&'c Component], blank: f64) -> Vec<&'c Component> {
    let (mut best, mut run): (Vec<&Component>, Vec<&Component>) = (Vec::new(), Vec::new());
    let mut reached = f64::MIN;
    for piece in row {
        if f64::from(piece.x0) - reached > blank {
            run.clear();
        }
        reached = reached.max(f64::from(piece.x1));
        run.push(piece);
        if run.len() > best.len() {
            best.clone_from(&run);
        }
    }
    best
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_stretch_of_letters_is_the_name() {
        let letter = |x: u32| Component { x0: x, y0: 10, x1: x + 10, y1: 26, area: 60 };
        // A piece of the seal's ring, six letters, and a stroke of the signature.
        let row: Vec<Component> = [20, 100, 114, 128, 142, 156, 170, 300].map(letter).to_vec();
        let pieces: Vec<&Component> = row.iter().collect();
        let run = longest_run(&pieces, 35.0);
        assert_eq!((run.len(), run[0].x0, run[5].x1), (6, 100, 180));
    }
}
