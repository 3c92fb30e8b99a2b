//! What shines through from the other side of the sheet: writing far paler than that of the page.
//!
//! Restoration fades what is pale beside dark ink; where nothing is written on this side there is no dark ink to compare
//! with, and the other side's writing stays. The page as a whole tells it.

use sobo_core::{Rect, Restored};

use crate::plan::{EntryPlan, FieldPlan};
use crate::structure::Structure;
use crate::table::median;

/// Darkness of a line of writing, as a share of the page's, below which it belongs to the other side.
const LINE: f32 = 0.28;
/// The same of the rows at the foot of a ledger, below which nothing stands.
const ROW: f32 = 0.55;
/// Fewest lines of writing that say how dark the page's own is.
const LEAST_LINES: usize = 8;

/// How dark the strokes in a box are, 0 to 255: what a twentieth of its pixels reach, of a box no longer than a few
/// letters an eightieth. A ditto mark is a few pixels in a box as high as a line.
fn darkness(structure: &Structure, rect: &Rect<Restored>) -> f32 {
    let inside = rect.clamped(structure.width, structure.height);
    let (x0, x1) = (inside.x as usize, inside.right() as usize);
    let (y0, y1) = (inside.y as usize, inside.bottom() as usize);
    let width = structure.width as usize;
    let mut counts = [0usize; 256];
    for y in y0..y1 {
        for dark in structure.dark.get(y * width + x0..y * width + x1).unwrap_or_default() {
            counts[usize::from(*dark)] += 1;
        }
    }
    let (all, mut above) = (counts.iter().sum::<usize>(), 0);
    let part = if inside.w < 2.5 * inside.h { 80 } else { 20 };
    let level = (0..256).rev().find(|level| {
        above += counts[*level];
        above * part >= all.max(1)
    });
    level.unwrap_or(0) as f32
}

/// How dark the writing of each field of an entry is.
fn of_entry(structure: &Structure, entry: &EntryPlan) -> Vec<f32> {
    entry.fields.iter().flat_map(|f| &f.lines).map(|line| darkness(structure, line)).collect()
}

/// Takes out lines of writing that shine through from the other side, and, of a ledger, rows at its foot that hold
/// nothing else. Kinds of ink differ within a page, so that only what is far paler goes.
pub(crate) fn leave_out(structure: &Structure, entries: &mut Vec<EntryPlan>, ledger: bool) {
    let lines: Vec<Vec<f32>> = entries.iter().map(|entry| of_entry(structure, entry)).collect();
    let all: Vec<f32> = lines.iter().flatten().copied().collect();
    let Some(common) = median(&all).filter(|_| all.len() >= LEAST_LINES) else { return };
    if ledger {
        let rows: Vec<f32> = lines.iter().map(|row| median(row).unwrap_or(0.0)).collect();
        let last = rows.iter().rposition(|row| *row >= ROW * common).map_or(0, |last| last + 1);
        entries.truncate(last.max(1));
    }
    let pale = |field: &FieldPlan, line: &Rect<Restored>| {
        // A word of a longer value may be worn.
        field.lines.len() == 1 && darkness(structure, line) < LINE * common
    };
    for field in entries.iter_mut().flat_map(|entry| &mut entry.fields) {
        if field.lines.first().is_some_and(|line| pale(field, line)) {
            field.lines.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use sobo_core::FieldKind;

    use super::*;

    /// A ledger of rows 40 pixels high with five words each, of the given darkness.
    fn ledger(rows: &[u8]) -> (Structure, Vec<EntryPlan>) {
        let (width, height) = (400_usize, 40 * rows.len());
        let mut dark = vec![0_u8; width * height];
        let mut entries = Vec::new();
        for (row, level) in rows.iter().enumerate() {
            let mut entry = EntryPlan::default();
            for word in 0..5 {
                let (x, y) = (10 + 80 * word, 40 * row + 10);
                for y in y + 5..y + 10 {
                    dark[y * width + x..y * width + x + 50].fill(*level);
                }
                entry.fields.push(FieldPlan {
                    name: format!("field_{word}"),
                    kind: FieldKind::Text,
                    lines: vec![Rect::new(x as f64, y as f64, 50.0, 20.0)],
                    place: Rect::default(),
                    certainty: 1.0,
                    tick: None,
                });
            }
            entries.push(entry);
        }
        let structure = Structure {
            width: width as u32,
            height: height as u32,
            scale: 1.0,
            horizontals: Vec::new(),
            verticals: Vec::new(),
            tables: Vec::new(),
            lines: Vec::new(),
            components: Vec::new(),
            text_height: 20.0,
            dark,
        };
        (structure, entries)
    }

    #[test]
    fn rows_that_shine_through_at_the_foot_are_no_entries() {
        let (structure, mut entries) = ledger(&[180, 170, 190, 60, 55]);
        leave_out(&structure, &mut entries, true);
        assert_eq!(entries.len(), 3);
        // A worn row between others is one.
        let (structure, mut entries) = ledger(&[180, 90, 190, 175]);
        leave_out(&structure, &mut entries, true);
        assert_eq!(entries.len(), 4);
        assert!(entries.iter().flat_map(|e| &e.fields).all(|f| !f.lines.is_empty()));
    }

    #[test]
    fn a_ditto_mark_is_not_pale_for_being_small() {
        let (mut structure, mut entries) = ledger(&[180, 170, 190]);
        let width = structure.width as usize;
        for y in 10..30 {
            structure.dark[y * width + 90..y * width + 140].fill(0);
        }
        for y in 18..22 {
            structure.dark[y * width + 98..y * width + 102].fill(150);
        }
        entries[0].fields[1].lines = vec![Rect::new(90.0, 5.0, 22.0, 30.0)];
        leave_out(&structure, &mut entries, true);
        assert_eq!(entries[0].fields[1].lines.len(), 1);
    }

    #[test]
    fn a_pale_word_in_an_empty_field_goes_and_a_page_all_pale_stays() {
        let (mut structure, mut entries) = ledger(&[180, 170, 190]);
        let width = structure.width as usize;
        for y in 15..20 {
            structure.dark[y * width + 90..y * width + 140].fill(40);
        }
        leave_out(&structure, &mut entries, false);
        let empty: Vec<bool> = entries[0].fields.iter().map(|f| f.lines.is_empty()).collect();
        assert_eq!(empty, [false, true, false, false, false]);
        let (structure, mut entries) = ledger(&[50, 50, 60]);
        leave_out(&structure, &mut entries, true);
        assert_eq!(entries.len(), 3);
    }
}
