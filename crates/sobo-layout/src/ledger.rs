//! Ledgers: a ruled table, a row an entry, the field named by the head of its column.

use sobo_core::{Rect, Restored};

use crate::anchor::{Anchor, AnchorPlace};
use crate::chain::{Observation, Role, best_way};
use crate::forms::LoadedForm;
use crate::labelled::writing;
use crate::line::in_box;
use crate::matching::{Folded, Wording, find, find_words};
use crate::plan::{EntryPlan, FieldPlan};
use crate::structure::Structure;

/// One column of a table with the words of its head.
struct Column {
    table: usize,
    column: usize,
    /// The head, and the head without its first line, which may name several columns.
    heads: Vec<Folded>,
}

/// All columns of a spread, left to right.
pub(crate) struct Columns<'a> {
    structure: &'a Structure,
    columns: Vec<Column>,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(structure: &'a Structure, anchors: &[Anchor]) -> Self {
        let mut columns = Vec::new();
        for (index, table) in structure.tables.iter().enumerate() {
            for column in 0..table.columns() {
                let heads: Vec<_> = anchors
                    .iter()
                    .filter(|a| match a.request.place {
                        AnchorPlace::Header { table, columns } => {
                            table == index && (columns.0..=columns.1).contains(&column)
                        }
                        AnchorPlace::Slot { .. } => false,
                    })
                    .map(|a| &a.reading)
                    .collect();
                let parts = (0..heads.len().min(2)).map(|from| Folded::join(heads[from..].iter().copied()));
                columns.push(Column { table: index, column, heads: parts.collect() });
            }
        }
        Self { structure, columns }
    }

    fn observe(&self, form: &LoadedForm) -> Vec<Observation> {
        let observe = |column: &Column| {
            let read = !column.heads.is_empty();
            let floor = if read { -3.5 } else { -2.5 };
            let labels = form
                .wordings
                .iter()
                .map(|wordings| {
                    let score = |w: &Wording| {
                        let parts = column.heads.iter().enumerate().map(|(dropped, head)| {
                            let best = find(w, head, head.len()).score.max(find_words(w, head).score);
                            best - 0.5 * dropped as f32
                        });
                        parts.fold(floor, f32::max)
                    };
                    wordings.iter().map(score).fold(floor, f32::max)
                })
                .collect();
            let nothing = if read { -2.5 } else { 0.0 };
            Observation {
                labels,
                continues: -8.0,
                nothing,
                unlabelled: -8.0,
                same_line: false,
                parted: false,
            }
        };
        self.columns.iter().map(observe).collect()
    }

    /// What every column was taken for.
    pub(crate) fn explain(&self, form: &LoadedForm) -> Vec<(Rect<Restored>, String)> {
        let way = best_way(form, &self.observe(form));
        let named = self.columns.iter().zip(&way.roles).filter_map(|(column, (role, _))| {
            let table = self.structure.tables.get(column.table)?;
            let rect = table.cell(0, table.head_rows().saturating_sub(1), column.column);
            let name = match role {
                Role::Field(f) => form.form.fields.get(*f).map_or("", |f| f.name.as_str()),
                _ => "nothing",
            };
            Some((rect, name.to_owned()))
        });
        named.collect()
    }

    /// Log-odds of a form and the share of its columns that are there.
    pub(crate) fn score(&self, form: &LoadedForm) -> (f32, f32) {
        let seen = self.observe(form);
        let way = best_way(form, &seen);
        let plain = self.columns.iter().filter(|c| !c.heads.is_empty()).count() as f32 * -2.5;
        let found = way
            .roles
            .iter()
            .zip(&seen)
            .filter(|((role, _), o)| matches!(role, Role::Field(f) if o.labels[*f] > 0.5))
            .count();
        let expected = form.wordings.iter().filter(|w| !w.is_empty()).count().min(self.columns.len().max(4));
        (way.score - plain, found as f32 / expected.max(1) as f32)
    }

    /// The entries of the page: rows in which something is written.
    pub(crate) fn entries(&self, form: &LoadedForm) -> Vec<EntryPlan> {
        let seen = self.observe(form);
        let way = best_way(form, &seen);
        let mut entries = Vec::new();
        for row in self.rows() {
            let mut entry = EntryPlan::default();
            let mut bbox: Option<Rect<Restored>> = None;
            for (_, place) in &row {
                bbox = Some(bbox.map_or(*place, |b| b.union(place)));
            }
            for (i, column) in self.columns.iter().enumerate() {
                let Role::Field(field) = way.roles[i].0 else { continue };
                let (Some(spec), Some(table)) =
                    (form.form.fields.get(field), self.structure.tables.get(column.table))
                else {
                    continue;
                };
                let Some((_, band)) = row.iter().find(|(t, _)| *t == column.table) else { continue };
                let cell = self.cell(table, column.column, band);
                let lines = self.written(&cell);
                let certainty = if seen[i].labels[field] > 0.5 { 0.95 } else { 0.5 };
                if entry.fields.iter().any(|f| f.name == spec.name) {
                    continue;
                }
                entry.fields.push(FieldPlan {
                    name: spec.name.clone(),
                    kind: spec.kind,
                    lines,
                    place: cell,
                    certainty,
                });
            }
            let written = entry.fields.iter().filter(|f| !f.lines.is_empty()).count();
            // A row that only a closing statement runs through is no entry.
            if written >= 2.max(entry.fields.len() * 2 / 5) {
                entry.bbox = bbox.unwrap_or_default();
                let order = |name: &str| form.form.fields.iter().position(|f| f.name == name);
                entry.fields.sort_by_key(|f| order(&f.name));
                entries.push(entry);
            }
        }
        entries
    }

    /// Rows of the body: for each table, the box of its part of the row.
    fn rows(&self) -> Vec<Vec<(usize, Rect<Restored>)>> {
        let tables = &self.structure.tables;
        let body = |t: usize| (tables[t].head_rows()..tables[t].rows()).collect::<Vec<_>>();
        // The table with most columns of the form leads; the others give the rows beside its rows.
        let Some(lead) = (0..tables.len()).max_by_key(|t| (body(*t).len(), usize::MAX - t)) else {
            return Vec::new();
        };
        let mut rows = Vec::new();
        for row in body(lead) {
            let place = tables[lead].span(row, row);
            let mut parts = vec![(lead, place)];
            for (t, table) in tables.iter().enumerate() {
                if t == lead {
                    continue;
                }
                // Compare where the tables face each other.
                let right = table.bbox().centre().x > place.centre().x;
                let column = if right { tables[lead].columns().saturating_sub(1) } else { 0 };
                let facing = tables[lead].cell(row, row, column);
                let other = if right { 0 } else { table.columns().saturating_sub(1) };
                let best = (table.head_rows()..table.rows())
                    .map(|r| (r, table.cell(r, r, other)))
                    .map(|(r, c)| {
                        (
                            r,
                            (c.bottom().min(facing.bottom()) - c.y.max(facing.y))
                                / c.h.min(facing.h).max(1.0),
                        )
                    })
                    .max_by(|a, b| a.1.total_cmp(&b.1));
                match best {
                    Some((r, shared)) if shared > 0.5 => parts.push((t, table.span(r, r))),
                    _ => {
                        let b = table.bbox();
                        parts.push((t, Rect::new(b.x, facing.y, b.w, facing.h)));
                    }
                }
            }
            parts.sort_by_key(|p| p.0);
            rows.push(parts);
        }
        rows
    }

    /// The cell of a column in a row's band, by the rulings themselves where they are near.
    fn cell(&self, table: &crate::Table, column: usize, band: &Rect<Restored>) -> Rect<Restored> {
        let y = band.centre().y;
        let near = (0..table.rows())
            .map(|r| table.cell(r, r, column))
            .min_by(|a, b| (a.centre().y - y).abs().total_cmp(&(b.centre().y - y).abs()));
        match near {
            Some(cell) if (cell.centre().y - y).abs() < 0.5 * band.h => cell,
            Some(cell) => Rect::new(cell.x, band.y, cell.w, band.h),
            None => *band,
        }
    }

    /// Lines of writing in a cell, as boxes to read.
    fn written(&self, cell: &Rect<Restored>) -> Vec<Rect<Restored>> {
        let th = f64::from(self.structure.text_height);
        let inner = Rect::from_edges(
            cell.x + 0.1 * th,
            cell.y + 0.1 * th,
            cell.right() - 0.1 * th,
            cell.bottom() - 0.1 * th,
        );
        let mut lines = in_box(&inner, &self.structure.components, self.structure.text_height);
        lines.retain(|line| writing(&line.components, th).is_some());
        // Beside real writing a few marks are dirt.
        let ink = |line: &crate::TextLine| line.components.iter().map(|c| c.area).sum::<u32>();
        let most = lines.iter().map(ink).max().unwrap_or(0);
        lines.retain(|line| ink(line) * 8 >= most || line.bbox.w > 2.5 * th);
        lines
            .into_iter()
            .filter_map(|line| {
                let ink = writing(&line.components, th)?;
                let (top, bottom) = (f64::from(line.band.0), f64::from(line.band.1));
                let ink = Rect::from_edges(
                    ink.x,
                    ink.y.max(top),
                    ink.right(),
                    ink.bottom().min(bottom).max(top + 2.0),
                );
                let rect = ink.grown(0.3 * th, 0.2 * th);
                Some(self.structure.grown_to_faint(&rect, cell.x + 0.25 * th, cell.right() - 0.25 * th))
            })
            .collect()
    }
}
