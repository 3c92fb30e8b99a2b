//! What the pages of one book share: where the labels and columns of its print stand.
//!
//! A form says which labels there are; every printer set them in places of his own, and all pages of a book come from
//! one printer. What some pages of a book show clearly is learned once ([`learn`]) and tells where labels and columns
//! stand on pages where they are lost. A print is data with a hash: a page's result depends on the page, the form, the
//! print and the settings, never on which pages were read before it.

mod fit;
mod learn;
mod sight;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use fit::Line;

use crate::ruling::Ruling;
use crate::structure::Structure;
use crate::table::Table;

pub use learn::learn;
pub use sight::{SeenColumn, SeenLabel, Sighting, sight};

pub(crate) use learn::lay;

/// How far a column line may lie from where the print has it, in pixels at 150 dpi.
const EDGE: f32 = 6.0;
/// Least column lines in their places before a table is taken for that of the print.
const LEAST_EDGES: usize = 5;
/// Least share of a table's column lines in their places.
const SHARE: f32 = 0.6;

/// The print of a book. Lengths are pixels of restored pages at 150 dpi.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Print {
    /// The form it was learned with.
    pub form: String,
    /// sha256 of that form's file, hex: labels may mean something else in another.
    pub form_hash: String,
    /// Pages it was learned from.
    pub pages: u32,
    /// Columns of a ledger, left to right over the whole spread.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<PrintColumn>,
    /// Labels of acts and blocks, in reading order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<PrintLabel>,
}

/// A column of a ledger's print.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrintColumn {
    /// Its field; none where the pages do not agree or no field stands there, as at the gutter.
    pub field: Option<String>,
    /// Left edge.
    pub x0: f32,
    /// Right edge.
    pub x1: f32,
    /// Share of the pages that say so, `0..=1`.
    pub share: f32,
}

/// A label of a print.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PrintLabel {
    /// Which entry of the page, from 0.
    pub entry: u32,
    /// The field it names.
    pub field: String,
    /// Where it begins.
    pub x: f32,
    /// Middle of its line.
    pub y: f32,
    /// Where the writing behind it begins.
    pub value_x: f32,
    /// Share of the pages that show it there, `0..=1`.
    pub share: f32,
}

impl Print {
    /// sha256 of the print's data, hex: part of the provenance of every reading it had a part in.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(self.to_text().as_bytes()))
    }

    /// The print as text (TOML), the same for the same print: what is kept and hashed.
    pub fn to_text(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// The print that [`Print::to_text`] wrote; `None` where the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        toml::from_str(text).ok()
    }

    /// Gives the tables of a page the column lines of the print: lines that were lost are put in their place, lines
    /// that are none (folds, strokes) are taken out. A table that does not follow the print stays as it is.
    pub fn mend(&self, structure: &mut Structure) {
        if self.columns.len() < LEAST_EDGES {
            return;
        }
        let edges = self.edges();
        let scale = structure.scale;
        for table in &mut structure.tables {
            let Some(line) = placed(&edges, table, scale) else { continue };
            let own: Vec<f32> = table.verticals.iter().map(|v| v.middle()).collect();
            let (Some(first), Some(last)) = (own.first().copied(), own.last().copied()) else { continue };
            let near = |x: f32| {
                let at = (0..own.len()).min_by(|a, b| (own[*a] - x).abs().total_cmp(&(own[*b] - x).abs()))?;
                ((own[at] - x).abs() <= EDGE * scale).then_some(at)
            };
            let wanted: Vec<f32> = edges
                .iter()
                .map(|x| line.at(*x) * scale)
                .filter(|x| *x > first - EDGE * scale && *x < last + EDGE * scale)
                .collect();
            let kept: Vec<(f32, Option<usize>)> = wanted.iter().map(|x| (*x, near(*x))).collect();
            let verticals = kept.iter().enumerate().filter_map(|(i, (x, found))| match found {
                Some(at) => table.verticals.get(*at).cloned(),
                None => {
                    let left = kept[..i].iter().rev().find_map(|(_, found)| *found)?;
                    let right = kept[i..].iter().find_map(|(_, found)| *found)?;
                    let share = (x - own[left]) / (own[right] - own[left]).max(1.0);
                    Some(amid(&table.verticals[left], &table.verticals[right], share))
                }
            });
            let verticals: Vec<Ruling> = verticals.collect();
            if verticals.len() >= LEAST_EDGES {
                table.verticals = verticals;
            }
        }
    }

    /// For every column of a table the column of the print it is; nothing where the table does not follow the print.
    pub(crate) fn columns_of(&self, table: &Table, scale: f32) -> Vec<Option<&PrintColumn>> {
        let none = vec![None; table.columns()];
        let Some(line) = placed(&self.edges(), table, scale) else { return none };
        let column = |c: usize| {
            let (left, right) = (table.verticals[c].middle(), table.verticals[c + 1].middle());
            self.columns.iter().find(|printed| {
                let (x0, x1) = (line.at(printed.x0) * scale, line.at(printed.x1) * scale);
                let shared = right.min(x1) - left.max(x0);
                shared > 0.7 * (right - left).max(x1 - x0)
            })
        };
        (0..table.columns()).map(column).collect()
    }

    /// All column lines, left to right.
    fn edges(&self) -> Vec<f32> {
        let mut edges: Vec<f32> = self.columns.iter().flat_map(|c| [c.x0, c.x1]).collect();
        edges.sort_by(f32::total_cmp);
        edges.dedup_by(|b, a| *b - *a < 1.0);
        edges
    }
}

/// How the print lies on a table, if the table follows it.
fn placed(edges: &[f32], table: &Table, scale: f32) -> Option<Line> {
    let own: Vec<f32> = table.verticals.iter().map(|v| v.middle() / scale).collect();
    let (line, matched) = fit::grid(edges, &own, EDGE)?;
    (matched >= LEAST_EDGES && matched as f32 >= SHARE * own.len() as f32).then_some(line)
}

/// A column line between two others, `share` of the way to the right.
fn amid(left: &Ruling, right: &Ruling, share: f32) -> Ruling {
    let mut line = left.clone();
    for p in &mut line.points {
        p.1 += (right.at(p.0) - p.1) * share;
    }
    line
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(edges: &[f32]) -> Print {
        let columns = edges.windows(2).map(|pair| PrintColumn {
            field: Some(format!("field_{}", pair[0])),
            x0: pair[0],
            x1: pair[1],
            share: 1.0,
        });
        Print { form: "X".to_owned(), columns: columns.collect(), ..Print::default() }
    }

    fn page(verticals: &[f32]) -> Structure {
        let across = |y: f32| {
            let mut line = Ruling::upright(y, 0.0, 1000.0);
            line.points = vec![(0.0, y), (1000.0, y)];
            line
        };
        let table = Table {
            verticals: verticals.iter().map(|x| Ruling::upright(*x, 0.0, 900.0)).collect(),
            horizontals: [0.0, 300.0, 600.0, 900.0].map(across).to_vec(),
            head: None,
        };
        Structure {
            width: 1000,
            height: 1000,
            scale: 1.0,
            horizontals: Vec::new(),
            verticals: Vec::new(),
            tables: vec![table],
            lines: Vec::new(),
            components: Vec::new(),
            text_height: 20.0,
            dark: Vec::new(),
        }
    }

    const EDGES: [f32; 8] = [20.0, 80.0, 200.0, 290.0, 450.0, 500.0, 640.0, 760.0];

    #[test]
    fn lost_column_lines_are_put_back_and_folds_taken_out() {
        // Shifted by 35, a line lost at 290 and a fold at 555.
        let seen = [55.0, 115.0, 235.0, 485.0, 535.0, 555.0, 675.0, 795.0];
        let mut page = page(&seen);
        print(&EDGES).mend(&mut page);
        let mended: Vec<f32> = page.tables[0].verticals.iter().map(|v| v.middle().round()).collect();
        assert_eq!(mended, EDGES.map(|x| x + 35.0));
        let named = print(&EDGES);
        let columns = named.columns_of(&page.tables[0], 1.0);
        assert_eq!(columns[2].and_then(|c| c.field.as_deref()), Some("field_200"));
    }

    #[test]
    fn another_table_stays_as_it_is() {
        let seen = [10.0, 150.0, 190.0, 400.0, 430.0, 610.0, 900.0];
        let mut page = page(&seen);
        print(&EDGES).mend(&mut page);
        let same: Vec<f32> = page.tables[0].verticals.iter().map(|v| v.middle()).collect();
        assert_eq!(same, seen);
        assert!(print(&EDGES).columns_of(&page.tables[0], 1.0).iter().all(Option::is_none));
    }

    #[test]
    fn the_hash_is_that_of_the_data() {
        assert_eq!(print(&EDGES).hash(), print(&EDGES).hash());
        assert_ne!(print(&EDGES).hash(), print(&EDGES[1..]).hash());
        assert_eq!(print(&EDGES).hash().len(), 64);
        assert_eq!(Print::parse(&print(&EDGES).to_text()), Some(print(&EDGES)));
        assert_eq!(Print::parse("form = 1"), None);
    }
}
