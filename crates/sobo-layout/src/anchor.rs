//! What layout wants read before it can tell the form: labels, headers and titles.

use sobo_core::{Reading, Rect, Restored};

use crate::component::Component;
use crate::line::{TextLine, bounds};
use crate::structure::Structure;
use crate::table::median;

/// Which part of the page a request belongs to.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum AnchorPlace {
    /// The label of a slot, or a free line of text.
    Slot {
        /// Index of the line in [`Structure::lines`].
        line: usize,
        /// Index of the slot in the line.
        slot: usize,
    },
    /// A line of text in the head of a table.
    Header {
        /// Index of the table.
        table: usize,
        /// First and last column the text stands over.
        columns: (usize, usize),
    },
    /// A line of writing in the body of a table, in a column whose head tells nothing.
    Body {
        /// Index of the table.
        table: usize,
        /// The column.
        column: usize,
    },
}

/// A line of print to be read.
#[derive(Debug, Copy, Clone, PartialEq)]
pub struct AnchorRequest {
    /// Where it stands.
    pub rect: Rect<Restored>,
    /// What it belongs to.
    pub place: AnchorPlace,
}

/// A request with its reading.
#[derive(Debug, Clone, PartialEq)]
pub struct Anchor {
    /// What was asked.
    pub request: AnchorRequest,
    /// What a recogniser read there.
    pub reading: Reading,
}

/// Everything that has to be read to choose a form and place its fields, in reading order.
pub fn anchor_requests(structure: &Structure) -> Vec<AnchorRequest> {
    let mut requests = Vec::new();
    let th = f64::from(structure.text_height);
    let top = structure.tables.iter().map(|t| t.bbox().y).fold(f64::MAX, f64::min);
    for (line, text) in structure.lines.iter().enumerate() {
        // Beside a table only what stands over it is of use.
        if text.bbox.centre().y > top {
            continue;
        }
        for (slot, place) in text.slots.iter().enumerate() {
            if !text.ruled && !is_text(text, &place.ink, th) {
                continue;
            }
            // The longest labels of one language take some twenty letters, bilingual ones more; where
            // a leader begins they have ended.
            let longest = match place.leader {
                Some(leader) if leader > place.ink.x + 1.5 * th => {
                    (leader + 4.0 * th - place.ink.x).min(40.0 * th)
                }
                _ => 20.0 * th,
            };
            let end = place.ink.right().min(place.ink.x + longest);
            let rect = text_rect(text, place.ink.x, end, th);
            requests.push(AnchorRequest { rect, place: AnchorPlace::Slot { line, slot } });
        }
    }
    for (index, table) in structure.tables.iter().enumerate() {
        let head = table.head_rows();
        if head == 0 {
            continue;
        }
        let band = table.span(0, head - 1);
        let inside: Vec<_> = structure
            .components
            .iter()
            .copied()
            .filter(|c| {
                let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
                x > band.x && x < band.right() && y > band.y - th && y < band.bottom() + th
            })
            .collect();
        // Heads are printed smaller than the entries are written.
        let heights: Vec<f32> =
            inside.iter().map(|c| c.height() as f32).filter(|h| f64::from(*h) > 0.3 * th).collect();
        let letter = median(&heights).unwrap_or(structure.text_height).min(structure.text_height);
        let th = f64::from(letter);
        for column in 0..table.columns() {
            // The column numbers stand in the last, low row of the head; they are not read.
            let cell = table.cell(0, table.label_rows().saturating_sub(1), column);
            for bbox in head_lines(structure, &cell, &inside, letter) {
                if bbox.w < 0.7 * th || bbox.h < 0.35 * th {
                    continue;
                }
                let rect = bbox.grown(0.5 * th, 0.2 * th);
                requests.push(AnchorRequest {
                    rect,
                    place: AnchorPlace::Header { table: index, columns: (column, column) },
                });
            }
        }
    }
    requests
}

/// The lines of print in a cell of a head, top to bottom. They are set so close that letters of one
/// touch those of the next, so the valleys in the darkness of the rows part them.
fn head_lines(
    structure: &Structure,
    cell: &Rect<Restored>,
    components: &[Component],
    letter: f32,
) -> Vec<Rect<Restored>> {
    let own: Vec<&Component> = components
        .iter()
        .filter(|c| {
            let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
            x > cell.x && x < cell.right() && y > cell.y && y < cell.bottom()
        })
        .collect();
    let Some(ink) = own.iter().map(|c| bounds(c)).reduce(|a, b| a.union(&b)) else { return Vec::new() };
    let inset = f64::from(3.0 * structure.scale);
    let inner: Rect<Restored> = Rect::from_edges(
        ink.x.max(cell.x + inset),
        ink.y.max(cell.y),
        ink.right().min(cell.right() - inset),
        ink.bottom().min(cell.bottom()),
    );
    let inner = inner.clamped(structure.width, structure.height);
    let (x0, x1) = (inner.x as usize, inner.right() as usize);
    let (y0, y1) = (inner.y as usize, inner.bottom().ceil() as usize);
    if x1 <= x0 + 1 || y1 <= y0 + 1 {
        return Vec::new();
    }
    let width = structure.width as usize;
    let profile: Vec<f32> = (y0..y1.min(structure.height as usize))
        .map(|y| {
            structure.dark[y * width + x0..y * width + x1].iter().map(|d| f32::from((*d).min(110))).sum()
        })
        .collect();
    let mut bands = Vec::new();
    part_at_valleys(&profile, 0, profile.len(), (0.8 * letter).max(3.0) as usize, &mut bands);
    let lines = bands.into_iter().filter_map(|(from, to)| {
        let (top, bottom) = ((y0 + from) as f64, (y0 + to) as f64);
        let inside = own.iter().filter(|c| f64::from(c.cy()) >= top && f64::from(c.cy()) < bottom);
        let line = inside.map(|c| bounds(c)).reduce(|a, b| a.union(&b))?;
        Some(Rect::from_edges(line.x, top.max(line.y), line.right(), bottom.min(line.bottom())))
    });
    lines.collect()
}

/// Parts rows of ink at the deepest valley until none is deep enough between parts of at least
/// `least` rows.
fn part_at_valleys(profile: &[f32], from: usize, to: usize, least: usize, bands: &mut Vec<(usize, usize)>) {
    let highest = |a: usize, b: usize| profile[a..b].iter().copied().fold(0.0, f32::max);
    let valley = (from + least..(to.saturating_sub(least)).max(from + least))
        .filter(|y| *y < to)
        .map(|y| (profile[y] / highest(from, y).min(highest(y, to)).max(1.0), y))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    match valley {
        Some((depth, y)) if depth < 0.5 => {
            part_at_valleys(profile, from, y, least, bands);
            part_at_valleys(profile, y, to, least, bands);
        }
        _ => bands.push((from, to)),
    }
}

/// A box around the ink of a line between two positions, as high as its letters need.
pub(crate) fn text_rect(line: &TextLine, x0: f64, x1: f64, th: f64) -> Rect<Restored> {
    let letters = line.components.iter().filter(|c| {
        let cx = f64::from(c.cx());
        cx >= x0 && cx <= x1 && f64::from(c.height()) < 3.2 * th
    });
    let ink = letters.map(bounds).reduce(|a, b| a.union(&b)).unwrap_or(line.bbox);
    let middle = f64::from(line.band.0 + line.band.1) / 2.0;
    let (top, bottom) = (ink.y.max(middle - 2.6 * th), ink.bottom().min(middle + 2.6 * th));
    Rect::from_edges(x0 - 0.35 * th, top - 0.2 * th, x1 + 0.35 * th, bottom.max(top + 0.6 * th) + 0.2 * th)
}

/// Whether free ink looks like text and not like a stain, a fold or a scribble.
pub(crate) fn is_text(line: &TextLine, b: &Rect<Restored>, th: f64) -> bool {
    let within =
        || line.components.iter().filter(|c| f64::from(c.cx()) >= b.x && f64::from(c.cx()) <= b.right());
    let letters =
        within().filter(|c| f64::from(c.height()) > 0.4 * th && f64::from(c.height()) < 3.5 * th).count();
    let area: f64 = within().map(|c| f64::from(c.area)).sum();
    let filled = area / b.area().max(1.0);
    b.w >= 1.4 * th
        && b.h <= 5.0 * th
        && b.w >= 0.6 * b.h
        && (letters >= 2 || b.w >= 3.0 * th)
        && filled > 0.02
        && filled < 0.75
}
