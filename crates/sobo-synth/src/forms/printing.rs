//! One printing of a form: wording, order and typography as they stand in one book.

use std::collections::BTreeMap;

use crate::random::Rng;

use super::{FormSpec, Item, Layout, Place};

/// What stands under a value.
#[derive(Debug, Copy, Clone, PartialEq)]
pub enum Leader {
    /// Dots this far apart, px.
    Dots(f32),
    /// Short dashes.
    Dashes(f32),
    /// A thin rule.
    Rule,
    /// Nothing.
    None,
}

/// A frame around a block.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum Frame {
    /// None.
    None,
    /// One rule.
    Single,
    /// Two rules.
    Double,
}

/// The margin column of an act.
#[derive(Debug, Copy, Clone, PartialEq)]
pub struct MarginColumn {
    /// On the right side.
    pub right: bool,
    /// Share of the width.
    pub share: f32,
    /// Rules between margin and text: 0, 1 or 2.
    pub rules: usize,
}

/// One field as printed.
#[derive(Debug, Clone)]
pub struct PrintedItem {
    /// Name of the truth format.
    pub field: String,
    /// Printed label, perhaps with its colon; empty if none.
    pub label: String,
    /// Share of a line, or relative width of a column.
    pub width: f32,
    /// Lines for the value.
    pub lines: usize,
    /// Group.
    pub group: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// Captions of boxes to tick with the values they stand for.
    pub boxes: Vec<(String, String)>,
    /// Begins a line even if there is room on the one before.
    pub breaks: bool,
}

/// A column of a ledger with its header lines.
pub type Column = PrintedItem;

/// A printing.
#[derive(Debug, Clone)]
pub struct Printing {
    /// The form.
    pub form: &'static FormSpec,
    /// Items in printed order.
    pub items: Vec<PrintedItem>,
    /// Title.
    pub title: String,
    /// Second line with placeholders.
    pub subtitle: String,
    /// Captions over signatures.
    pub signatures: Vec<String>,
    /// Spanning headers by group, for ledgers that have them.
    pub spans: BTreeMap<String, String>,
    /// Width and height of the sheet, px at 300 dpi.
    pub size: (usize, usize),
    /// A double page with a gutter in the middle.
    pub spread: bool,
    /// Entries on a page.
    pub entries: usize,
    /// Left, top, right, bottom margins, px.
    pub margins: [f32; 4],
    /// Height of label capitals, px.
    pub label_size: f32,
    /// Height of title capitals, px.
    pub title_size: f32,
    /// Under values.
    pub leader: Leader,
    /// Around blocks.
    pub frame: Frame,
    /// Margin column of acts.
    pub margin: MarginColumn,
    /// Colour of the print.
    pub colour: [u8; 3],
    /// Seed of the label and title faces.
    pub face_seed: u64,
    /// Title set in another face than labels.
    pub own_title_face: bool,
    /// Column numbers under a ledger's headers.
    pub numbered: bool,
    /// Labels in capitals.
    pub capitals: bool,
    /// Header block stands right instead of left.
    pub header_right: bool,
    /// National motto printed.
    pub motto: bool,
    /// Horizontal rules between the rows of a ledger.
    pub row_rules: bool,
    /// Page header printed at all (blocks often have none).
    pub header: bool,
}

impl Printing {
    /// Draws a printing of `form`.
    pub fn draw(rng: &mut Rng, form: &'static FormSpec) -> Self {
        let ledger = form.layout == Layout::Ledger;
        let spanning = ledger && !form.groups.is_empty() && rng.chance(0.25);
        let colon = [":", "", " :", ":"][if form.layout == Layout::Act {
            rng.weighted(&[3.0, 5.0, 1.5, 0.0])
        } else {
            rng.weighted(&[7.0, 1.0, 1.0, 0.0])
        }];
        let colon = if ledger { "" } else { colon };
        let items = draw_items(rng, form, spanning, colon);
        let spans = if spanning {
            let draw = |(group, names): (&String, &Vec<String>)| {
                rng.pick(names).map(|name| (group.clone(), name.clone()))
            };
            form.groups.iter().filter_map(draw).collect()
        } else {
            BTreeMap::new()
        };
        let (size, spread, entries) = sheet(rng, form, &items);
        let (w, h) = (size.0 as f32, size.1 as f32);
        let margins = if form.layout == Layout::Blocks {
            [
                w * rng.range(0.05, 0.085),
                h * rng.range(0.035, 0.06),
                w * rng.range(0.04, 0.075),
                h * rng.range(0.025, 0.045),
            ]
        } else {
            [
                w * rng.range(0.045, 0.085),
                h * rng.range(0.03, 0.06),
                w * rng.range(0.04, 0.075),
                h * rng.range(0.04, 0.08),
            ]
        };
        let margins = if spread {
            [w * rng.range(0.025, 0.045), margins[1] * 0.8, w * rng.range(0.025, 0.045), margins[3]]
        } else {
            margins
        };
        let print = [[30, 28, 30], [38, 34, 30], [70, 50, 42], [44, 46, 70], [60, 44, 40], [36, 60, 48]];
        Self {
            form,
            title: rng.pick(&form.titles).cloned().unwrap_or_default(),
            subtitle: rng.pick(&form.subtitles).cloned().unwrap_or_default(),
            signatures: rng.pick(&form.signatures).cloned().unwrap_or_default(),
            items,
            spans,
            size,
            spread,
            entries,
            margins,
            label_size: rng.range(24.0, 32.0),
            title_size: rng.range(44.0, 74.0),
            leader: match rng.weighted(&[7.0, 1.5, 1.5, if form.layout == Layout::Act { 0.6 } else { 0.25 }])
            {
                0 => Leader::Dots(rng.range(6.5, 15.0)),
                1 => Leader::Dashes(rng.range(14.0, 24.0)),
                2 => Leader::Rule,
                _ => Leader::None,
            },
            frame: [Frame::Single, Frame::Double, Frame::None][rng.weighted(&[6.0, 1.5, 1.8])],
            margin: MarginColumn {
                right: rng.chance(0.1),
                share: rng.range(0.17, 0.27),
                rules: rng.weighted(&[1.0, 3.0, 3.0]),
            },
            colour: print[rng.weighted(&[7.0, 4.0, 1.5, 1.2, 1.0, 0.4])],
            face_seed: rng.next_u64(),
            own_title_face: rng.chance(0.35),
            numbered: rng.chance(0.65),
            capitals: ledger && rng.chance(0.2),
            header_right: rng.chance(0.15),
            motto: rng.chance(0.8),
            row_rules: rng.chance(0.85),
            header: form.layout != Layout::Blocks || form.half_sheet || rng.chance(0.35),
        }
    }
}

fn draw_items(rng: &mut Rng, form: &FormSpec, spanning: bool, colon: &str) -> Vec<PrintedItem> {
    let mut wordings: BTreeMap<&str, usize> = BTreeMap::new();
    let mut absent: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    let mut chosen: Vec<(&Item, PrintedItem)> = Vec::new();
    let break_share = rng.range(0.05, 0.5);
    for item in &form.items {
        let mut present = rng.chance(item.present);
        // Father and mother, groom and bride have the same lines.
        if let (Some(group), Some(wording)) = (&item.group, &item.wording) {
            let _ = group;
            let key = (wording.as_str(), suffix(&item.field));
            present = *absent.entry(key).or_insert(present);
        }
        if !present {
            continue;
        }
        let under_span = spanning && item.group.is_some() && !item.short.is_empty();
        let list = if under_span { &item.short } else { &item.labels };
        let mut index = rng.below(list.len());
        if let Some(key) = &item.wording {
            index = *wordings.entry(key).or_insert(index) % list.len().max(1);
        }
        let mut label = list.get(index).cloned().unwrap_or_default();
        if !label.is_empty() && !colon.is_empty() && item.boxes.is_empty() {
            label.push_str(colon);
        }
        chosen.push((
            item,
            PrintedItem {
                field: item.field.clone(),
                label,
                width: item.width,
                lines: item.lines,
                group: item.group.clone(),
                place: item.place,
                boxes: item.boxes.iter().cloned().zip(item.values.iter().cloned()).collect(),
                breaks: rng.chance(break_share),
            },
        ));
    }
    for [first, second] in &form.swap {
        if rng.chance(0.5) {
            swap_groups(&mut chosen, first, second);
        }
    }
    // Two short neighbours outside groups sometimes change places.
    for i in 1..chosen.len().saturating_sub(1) {
        let free = |(item, _): &(&Item, PrintedItem)| {
            item.group.is_none() && item.place == Place::Body && item.lines == 1 && item.width < 0.7
        };
        if free(&chosen[i]) && free(&chosen[i - 1]) && rng.chance(0.12) {
            chosen.swap(i - 1, i);
        }
    }
    chosen.into_iter().map(|(_, item)| item).collect()
}

fn suffix(field: &str) -> &str {
    field.split_once('_').map_or(field, |(_, rest)| rest)
}

fn swap_groups(items: &mut Vec<(&Item, PrintedItem)>, first: &str, second: &str) {
    let is = |item: &(&Item, PrintedItem), group: &str| item.0.group.as_deref() == Some(group);
    let Some(start) = items.iter().position(|i| is(i, first) || is(i, second)) else { return };
    let Some(end) = items.iter().rposition(|i| is(i, first) || is(i, second)) else { return };
    let block: Vec<_> = items.drain(start..=end).collect();
    let lead = if block.first().is_some_and(|i| is(i, first)) { second } else { first };
    let (front, back): (Vec<_>, Vec<_>) = block.into_iter().partition(|i| is(i, lead));
    let tail = items.split_off(start);
    items.extend(front);
    items.extend(back);
    items.extend(tail);
}

/// Size of the sheet, whether it is a spread, entries on a page.
fn sheet(rng: &mut Rng, form: &FormSpec, items: &[PrintedItem]) -> ((usize, usize), bool, usize) {
    const A4: (usize, usize) = (2480, 3508);
    match form.layout {
        Layout::Act => match rng.weighted(&[7.0, 1.5, 1.0]) {
            0 => (A4, false, 1),
            1 => ((2150, 3300), false, 1),
            _ => ((2550, 4200), false, if items.len() < 20 { 2 } else { 1 }),
        },
        Layout::Ledger => {
            let width: f32 = items.iter().map(|item| item.width).sum();
            if width > 11.5 || rng.chance(0.6) {
                ((4961, 3508), true, rng.between(5, 14) as usize)
            } else if rng.chance(0.75) {
                ((3508, 2480), false, rng.between(4, 9) as usize)
            } else {
                ((4200, 2970), false, rng.between(5, 11) as usize)
            }
        }
        Layout::Blocks if form.half_sheet => {
            // Half of A4 or of the older, larger office sheet, lying; sometimes standing.
            const HALVES: [(usize, usize); 3] = [(2480, 1754), (2660, 2010), (1754, 2480)];
            (HALVES[rng.weighted(&[6.0, 2.0, 1.5])], false, 1)
        }
        Layout::Blocks if form.family == "D" => {
            (A4, false, 1 + usize::from(rng.chance(0.35) && items.len() < 24))
        }
        Layout::Blocks => (A4, false, 2),
    }
}
