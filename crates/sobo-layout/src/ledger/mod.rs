//! Ledgers: a ruled table, a row an entry, the field named by the head of its column.

mod cell;
#[cfg(test)]
mod tests;

use sobo_core::{Reading, Rect, RegisterType, Restored};

use crate::anchor::{Anchor, AnchorPlace};
use crate::body;
use crate::chain::{Observation, Role, Way, best_way};
use crate::forms::LoadedForm;
use crate::matching::{Folded, Lost, Wording, find, find_part, find_words};
use crate::plan::{EntryPlan, FieldPlan};
use crate::print::{Print, SeenColumn};
use crate::structure::Structure;

/// One column of a table with the words of its head.
struct Column<'a> {
    table: usize,
    column: usize,
    /// The head, and the head without its first line, which may name several columns.
    heads: Vec<Folded>,
    /// Which line of the head was not read.
    lost: Option<Lost>,
    /// What was read in cells of its body.
    cells: Vec<&'a Reading>,
    /// The field that the print of the book has here, and what that is worth in letters of print that agree.
    printed: Option<(String, f32)>,
}

impl Column<'_> {
    /// Whether the head or the body tells what the column is.
    fn is_told(&self) -> bool {
        !self.heads.is_empty() || body::tells(&self.cells)
    }
}

/// Least worth of a field for a column whose cells speak against it.
const CONTRADICTED: f32 = -6.0;

/// Most that a head which fits no field adds to what the cells say.
const HINT: f32 = 2.0;

/// What it costs to leave out a column with writing that can be read.
const WRITTEN: f32 = -3.5;

/// Least score of a head that was understood.
const UNDERSTOOD: f32 = 1.0;

/// What the print of the book is worth for a column, in letters of print that agree.
const PRINTED: f32 = 7.0;

/// All columns of a spread, left to right.
pub(crate) struct Columns<'a> {
    structure: &'a Structure,
    columns: Vec<Column<'a>>,
    /// The form of the book's print.
    form: Option<String>,
}

impl<'a> Columns<'a> {
    pub(crate) fn new(structure: &'a Structure, anchors: &'a [Anchor], print: Option<&Print>) -> Self {
        let mut columns = Vec::new();
        for (index, table) in structure.tables.iter().enumerate() {
            let printed = print.map(|print| print.columns_of(table, structure.scale)).unwrap_or_default();
            for column in 0..table.columns() {
                let lines: Vec<_> = anchors
                    .iter()
                    .filter(|a| match a.request.place {
                        AnchorPlace::Header { table, columns } => {
                            table == index && (columns.0..=columns.1).contains(&column)
                        }
                        AnchorPlace::Slot { .. } | AnchorPlace::Body { .. } => false,
                    })
                    .map(|a| &a.reading)
                    .collect();
                let (heads, lost) = legible(&lines);
                let parts = (0..heads.len().min(2)).map(|from| Folded::join(heads[from..].iter().copied()));
                let printed =
                    printed.get(column).copied().flatten().and_then(|printed| {
                        printed.field.clone().map(|field| (field, PRINTED * printed.share))
                    });
                let place = AnchorPlace::Body { table: index, column };
                let cells = anchors.iter().filter(|a| a.request.place == place).map(|a| &a.reading).collect();
                columns.push(Column { table: index, column, heads: parts.collect(), lost, cells, printed });
            }
        }
        Self { structure, columns, form: print.map(|print| print.form.clone()) }
    }

    fn observe(&self, form: &LoadedForm) -> Vec<Observation> {
        let observe = |column: &Column<'_>| {
            let read = column.is_told();
            let floor = if read { -3.5 } else { -2.5 };
            let printed = column.printed.as_ref().filter(|_| self.form.as_ref() == Some(&form.form.id));
            let mut labels: Vec<f32> = form
                .wordings
                .iter()
                .map(|wordings| {
                    let score = |w: &Wording| {
                        let parts = column.heads.iter().enumerate().map(|(dropped, head)| {
                            let best = find(w, head, head.len()).score.max(find_words(w, head).score);
                            best - 0.5 * dropped as f32
                        });
                        let parts = parts.chain(column.lost.map(|lost| find_part(w, &column.heads[0], lost)));
                        parts.fold(floor, f32::max)
                    };
                    wordings.iter().map(score).fold(floor, f32::max)
                })
                .collect();
            if !column.cells.is_empty() {
                for (label, field) in labels.iter_mut().zip(&form.form.fields) {
                    let Some(worth) = body::worth(field.kind, &column.cells) else { continue };
                    // A head that fits no field may still have a part of one.
                    let hint = (*label - floor).clamp(0.0, 2.0 * HINT) / 2.0;
                    *label = (worth + hint).max(CONTRADICTED);
                }
            }
            if let Some((field, gain)) = printed
                && let Some(field) = form.form.fields.iter().position(|f| f.name == *field)
            {
                labels[field] += gain;
            }
            let nothing = match read {
                _ if body::tells(&column.cells) => WRITTEN,
                true => -2.5,
                false => 0.0,
            };
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

    /// Of two people a ledger says the same: a column that is told by its cells alone, and of which the other person
    /// has none, is one that the other has.
    fn like_the_other(&self, form: &LoadedForm, seen: &[Observation], way: &mut Way) {
        let fields = &form.form.fields;
        let taken: Vec<&str> = way
            .roles
            .iter()
            .filter_map(
                |(role, _)| if let Role::Field(f) = role { Some(fields[*f].name.as_str()) } else { None },
            )
            .collect();
        let mut changed: Vec<(usize, usize)> = Vec::new();
        for i in (0..self.columns.len()).filter(|i| !self.columns[*i].cells.is_empty()) {
            let Role::Field(own) = way.roles[i].0 else { continue };
            let Some((person, other, what)) = of_two(&fields[own].name) else { continue };
            let has = |person: &str, what: &str| taken.iter().any(|t| t.strip_prefix(person) == Some(what));
            if has(other, what) {
                continue;
            }
            let fits = (0..fields.len()).find(|f| {
                fields[*f]
                    .name
                    .strip_prefix(person)
                    .is_some_and(|what| has(other, what) && !has(person, what))
                    && fields[*f].kind == fields[own].kind
                    && seen[i].labels[*f] >= seen[i].labels[own] - 0.5
                    && changed.iter().all(|(_, taken)| taken != f)
            });
            changed.extend(fits.map(|field| (i, field)));
        }
        for (i, field) in changed {
            way.roles[i].0 = Role::Field(field);
        }
    }

    /// Columns whose heads fit no field of any of these forms, as table and column, with the first line of writing in
    /// each cell.
    pub(crate) fn open_columns(&self, forms: &[&LoadedForm]) -> Vec<(usize, usize, Vec<Rect<Restored>>)> {
        let mut best = vec![f32::MIN; self.columns.len()];
        for form in forms {
            for (best, seen) in best.iter_mut().zip(self.observe(form)) {
                *best = seen.labels.iter().copied().fold(*best, f32::max);
            }
        }
        let open = self.columns.iter().zip(best).filter(|(_, best)| *best < UNDERSTOOD);
        let written = open.filter_map(|(column, _)| {
            let table = self.structure.tables.get(column.table)?;
            let cells = (table.head_rows()..table.rows()).map(|row| table.cell(row, row, column.column));
            let lines = cells.filter_map(|cell| self.written(&cell).first().copied()).collect();
            Some((column.table, column.column, lines))
        });
        written.collect()
    }

    /// What every column was taken for.
    pub(crate) fn explain(&self, form: &LoadedForm) -> Vec<(Rect<Restored>, String)> {
        let mut seen = self.observe(form);
        let mut way = best_columns(form, &mut seen);
        self.like_the_other(form, &seen, &mut way);
        shared_by_both(form, &seen, &mut way);
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

    /// Where the columns stand, in pixels at 150 dpi, with the fields whose heads were read.
    pub(crate) fn seen(&self, form: &LoadedForm) -> Vec<SeenColumn> {
        let mut seen = self.observe(form);
        let mut way = best_columns(form, &mut seen);
        self.like_the_other(form, &seen, &mut way);
        shared_by_both(form, &seen, &mut way);
        let scale = self.structure.scale;
        let column = |i: usize| {
            let column = &self.columns[i];
            let table = self.structure.tables.get(column.table)?;
            let (left, right) =
                (table.verticals.get(column.column)?, table.verticals.get(column.column + 1)?);
            let field = match way.roles[i].0 {
                Role::Field(f) if seen[i].labels[f] > 1.5 => form.form.fields.get(f).map(|f| f.name.clone()),
                _ => None,
            };
            Some(SeenColumn { field, x0: left.middle() / scale, x1: right.middle() / scale })
        };
        (0..self.columns.len()).filter_map(column).collect()
    }

    /// Log-odds of a form and the share of its columns that are there.
    pub(crate) fn score(&self, form: &LoadedForm) -> (f32, f32) {
        let mut seen = self.observe(form);
        let way = best_columns(form, &mut seen);
        let plain = self.columns.iter().filter(|c| c.is_told()).count() as f32 * -2.5;
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
        let mut seen = self.observe(form);
        let mut way = best_columns(form, &mut seen);
        self.like_the_other(form, &seen, &mut way);
        shared_by_both(form, &seen, &mut way);
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
                let certainty =
                    if seen[i].labels[field] > 0.5 && column.cells.is_empty() { 0.95 } else { 0.5 };
                if entry.fields.iter().any(|f| f.name == spec.name) {
                    continue;
                }
                entry.fields.push(FieldPlan {
                    name: spec.name.clone(),
                    kind: spec.kind,
                    lines,
                    place: cell,
                    certainty,
                    tick: None,
                });
            }
            entry.bbox = bbox.unwrap_or_default();
            let order = |name: &str| form.form.fields.iter().position(|f| f.name == name);
            entry.fields.sort_by_key(|f| order(&f.name));
            entries.push(entry);
        }
        leave_out_empty(form, &mut entries);
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
}

/// Whose a field is of two people: the beginning of its name, that of the other's, and the rest.
fn of_two(name: &str) -> Option<(&'static str, &'static str, &str)> {
    let pairs = [("groom_", "bride_"), ("bride_", "groom_"), ("father_", "mother_"), ("mother_", "father_")];
    pairs.iter().find_map(|(person, other)| Some((*person, *other, name.strip_prefix(person)?)))
}

/// Fewest letters of one of several lines of a head that was read.
const LEGIBLE: usize = 2;

/// The lines of a head that were read, and whether its first or last was not.
fn legible<'a>(lines: &[&'a Reading]) -> (Vec<&'a Reading>, Option<Lost>) {
    // A single letter may be all there is of a head, but not of one of its lines.
    let least = if lines.len() > 1 { LEGIBLE } else { 1 };
    let read = |line: &&Reading| Folded::new(line).len() >= least;
    let heads: Vec<&Reading> = lines.iter().copied().filter(|line| read(line)).collect();
    let lost = match (lines.first().map(read), lines.last().map(read)) {
        _ if heads.is_empty() => None,
        (_, Some(false)) => Some(Lost::Last),
        (Some(false), _) => Some(Lost::First),
        _ => None,
    };
    (heads, lost)
}

/// Rounds of taking back a second column of one field.
const ROUNDS: usize = 8;

/// The best way through the columns in which no field has two. Heads such as `Họ và tên` are printed once for each of
/// two people, and the way cannot know who had one already: of two columns of a field that with the worse head gives it
/// up, the later one where both are alike.
fn best_columns(form: &LoadedForm, seen: &mut [Observation]) -> Way {
    let mut way = best_way(form, seen);
    for _ in 0..ROUNDS {
        let field = |i: usize| match way.roles[i].0 {
            Role::Field(f) => Some(f),
            _ => None,
        };
        let twice = (0..seen.len()).find_map(|later| {
            let f = field(later)?;
            let earlier = (0..later).find(|i| field(*i) == Some(f))?;
            let better = seen[later].labels[f] > seen[earlier].labels[f] + 2.0;
            Some((f, if better { earlier } else { later }))
        });
        let Some((f, column)) = twice else { break };
        seen[column].labels[f] = -8.0;
        way = best_way(form, seen);
    }
    way
}

/// Heads such as `Dân tộc` are printed once for each of two people, or once for both: where only
/// the second of two people has such a column, it is that of both.
fn shared_by_both(form: &LoadedForm, seen: &[Observation], way: &mut Way) {
    let fields = &form.form.fields;
    let taken: Vec<usize> = way
        .roles
        .iter()
        .filter_map(|(role, _)| if let Role::Field(f) = role { Some(*f) } else { None })
        .collect();
    // Behind the columns of the second of two people a column is hardly the first one's.
    let names = ["groom_name", "bride_name"].map(|name| fields.iter().position(|f| f.name == name));
    let stands = |name: Option<usize>| {
        name.and_then(|name| way.roles.iter().position(|(role, _)| *role == Role::Field(name)))
    };
    let second = match names.map(stands) {
        [Some(groom), Some(bride)] => groom.max(bride),
        _ => usize::MAX,
    };
    for (i, ((role, _), observation)) in way.roles.iter_mut().zip(seen).enumerate() {
        let Role::Field(own) = *role else { continue };
        let Some((_, what)) = fields.get(own).and_then(|f| f.name.split_once('_')) else { continue };
        let Some(plain) = fields.iter().position(|f| f.name == what) else { continue };
        let first = (0..own)
            .find(|f| *f != plain && fields[*f].name.split_once('_').is_some_and(|(_, other)| other == what));
        let later = (own + 1..fields.len())
            .find(|f| fields[*f].name.split_once('_').is_some_and(|(_, other)| other == what));
        let behind = i > second && later.is_some_and(|later| !taken.contains(&later));
        let alone = (first.is_some_and(|first| !taken.contains(&first)) || first.is_none() && behind)
            && !taken.contains(&plain);
        if alone && observation.labels[plain] >= observation.labels[own] - 0.5 {
            *role = Role::Field(plain);
        }
    }
    // A column that was put in a person's name for want of a better one proves nothing.
    let read = way.roles.iter().zip(seen).filter_map(|((role, _), observation)| match role {
        Role::Field(f) if observation.labels[*f] > UNDERSTOOD => Some(*f),
        _ => None,
    });
    let read: Vec<usize> = read.collect();
    not_of_both(form, seen, way, &read);
}

/// In a marriage register a column of both beside one of groom or bride alone is that of the other: `Dân tộc` of the
/// groom, and then `Dân tộc`.
fn not_of_both(form: &LoadedForm, seen: &[Observation], way: &mut Way, taken: &[usize]) {
    if form.form.register_type != RegisterType::Marriage {
        return;
    }
    let fields = &form.form.fields;
    let of = |person: &str, what: &str| fields.iter().position(|f| f.name == format!("{person}_{what}"));
    for ((role, _), observation) in way.roles.iter_mut().zip(seen) {
        let Role::Field(plain) = *role else { continue };
        let Some((groom, bride)) =
            fields.get(plain).and_then(|f| Some((of("groom", &f.name)?, of("bride", &f.name)?)))
        else {
            continue;
        };
        let other = match (taken.contains(&groom), taken.contains(&bride)) {
            (true, false) => bride,
            (false, true) => groom,
            _ => continue,
        };
        if observation.labels[other] >= observation.labels[plain] - 0.5 {
            *role = Role::Field(other);
        }
    }
}

/// Leaves out rows that are no entries: empty ones, and those that a closing statement, a stamp or
/// dirt runs through. Entries fill about the same fields, and follow one another without a gap.
fn leave_out_empty(form: &LoadedForm, entries: &mut Vec<EntryPlan>) {
    let written = |entry: &EntryPlan| entry.fields.iter().filter(|f| !f.lines.is_empty()).count();
    let mut counts: Vec<usize> = entries.iter().map(written).filter(|count| *count >= 2).collect();
    counts.sort_unstable();
    let Some(usual) = counts.get(counts.len() * 3 / 4).copied() else {
        entries.clear();
        return;
    };
    let required = |entry: &EntryPlan| {
        let of = |f: &&FieldPlan| form.form.fields.iter().any(|spec| spec.required && spec.name == f.name);
        let all = entry.fields.iter().filter(of).count();
        all == 0 || entry.fields.iter().filter(of).any(|f| !f.lines.is_empty())
    };
    let mut gap = false;
    entries.retain(|entry| {
        let count = written(entry);
        let share = if gap { 0.7 } else { 0.5 };
        let keep = count >= 2.max(entry.fields.len() * 2 / 5)
            && count as f64 >= share * usual as f64
            && required(entry);
        gap |= !keep;
        keep
    });
}
