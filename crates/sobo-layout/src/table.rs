//! Ruled tables: rulings that cross make a grid; broken and missing lines are filled in from the
//! others.

use sobo_core::{Rect, Restored};

use crate::component::Component;
use crate::line::in_box;
use crate::raster::Page;
use crate::ruling::{Ruling, Stroke};
use crate::unclosed;

/// A grid of cells. A register that is ruled over the gutter gives two tables with common rows.
#[derive(Debug, Clone)]
pub struct Table {
    /// Vertical lines, left to right: one more than columns.
    pub verticals: Vec<Ruling>,
    /// Horizontal lines across the whole table, top to bottom: one more than rows.
    pub horizontals: Vec<Ruling>,
    /// Rows of the head, where the body is not ruled and the head alone is.
    pub head: Option<usize>,
}

impl Table {
    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.verticals.len().saturating_sub(1)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.horizontals.len().saturating_sub(1)
    }

    /// The cells of rows `row..=last_row` in a column as an axis-parallel box; empty where out of
    /// range.
    pub fn cell(&self, row: usize, last_row: usize, column: usize) -> Rect<Restored> {
        let (Some(top), Some(bottom)) = (self.horizontals.get(row), self.horizontals.get(last_row + 1))
        else {
            return Rect::default();
        };
        let (Some(left), Some(right)) = (self.verticals.get(column), self.verticals.get(column + 1)) else {
            return Rect::default();
        };
        let x = (left.middle() + right.middle()) / 2.0;
        let y = (top.at(x) + bottom.at(x)) / 2.0;
        let (x0, x1) = (left.at(y), right.at(y));
        let x = (x0 + x1) / 2.0;
        Rect::from_edges(x0.into(), top.at(x).into(), x1.into(), bottom.at(x).into())
    }

    /// Box around the table.
    pub fn bbox(&self) -> Rect<Restored> {
        self.span(0, self.rows().saturating_sub(1))
    }

    /// Box around rows `row..=last_row`, over all columns.
    pub fn span(&self, row: usize, last_row: usize) -> Rect<Restored> {
        let columns = self.columns();
        if columns == 0 {
            return Rect::default();
        }
        self.cell(row, last_row, 0).union(&self.cell(row, last_row, columns - 1))
    }
}

/// All tables of at least two columns and two rows.
pub(crate) fn find(page: &Page, horizontals: &[Ruling], verticals: &[Ruling]) -> Vec<Table> {
    let solid: Vec<&Ruling> =
        horizontals.iter().filter(|r| r.stroke == Stroke::Solid && r.length() >= page.px(120.0)).collect();
    let upright: Vec<&Ruling> = verticals.iter().filter(|r| r.length() >= page.px(150.0)).collect();
    let n = upright.len();
    let mut group: Vec<usize> = (0..n + solid.len()).collect();
    fn root(group: &[usize], mut i: usize) -> usize {
        while group[i] != i {
            i = group[i];
        }
        i
    }
    let slack = page.px(14.0);
    for (i, v) in upright.iter().enumerate() {
        for (j, r) in solid.iter().enumerate() {
            let (x, y) = crossing(v, r);
            let on_v = y >= v.start - slack && y <= v.end + slack;
            let on_h = x >= r.start - slack && x <= r.end + slack;
            if on_v && on_h {
                let (a, b) = (root(&group, i), root(&group, n + j));
                group[a.max(b)] = a.min(b);
            }
        }
    }
    let mut tables = Vec::new();
    for top in 0..n {
        if root(&group, top) != top {
            continue;
        }
        let mut vs: Vec<Ruling> =
            (0..n).filter(|i| root(&group, *i) == top).map(|i| upright[i].clone()).collect();
        let mut hs: Vec<Ruling> =
            (0..solid.len()).filter(|j| root(&group, n + *j) == top).map(|j| solid[j].clone()).collect();
        tables.extend(assemble(page, &mut vs, &mut hs));
    }
    tables.sort_by(|a, b| a.bbox().x.total_cmp(&b.bbox().x));
    tables
}

/// Where a vertical and a horizontal ruling cross, extrapolated if need be.
fn crossing(v: &Ruling, h: &Ruling) -> (f32, f32) {
    let mut x = v.middle();
    let mut y = h.at(x);
    for _ in 0..3 {
        x = v.at(y);
        y = h.at(x);
    }
    (x, y)
}

fn assemble(page: &Page, vs: &mut Vec<Ruling>, hs: &mut Vec<Ruling>) -> Option<Table> {
    if vs.len() < 3 || hs.is_empty() {
        return None;
    }
    let tallest = vs.iter().map(Ruling::length).fold(0.0, f32::max);
    let x0 = vs.iter().map(Ruling::middle).fold(f32::MAX, f32::min);
    let x1 = vs.iter().map(Ruling::middle).fold(0.0, f32::max);
    let width = x1 - x0;
    let vs = merge(&printed(vs), page.px(9.0), |_| true);
    let hs = merge(hs, page.px(7.0), |_| true);
    // A column line runs over most of the table, though perhaps in pieces.
    let mut vs: Vec<Ruling> = vs.into_iter().filter(|v| covered(v) >= 0.45 * tallest).collect();
    // A row line crosses at least half of the table; shorter ones divide header cells.
    let mut hs: Vec<Ruling> = hs.into_iter().filter(|h| h.overlap(x0, x1) >= 0.55 * width).collect();
    vs.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let centre = (x0 + x1) / 2.0;
    hs.sort_by(|a, b| a.at(centre).total_cmp(&b.at(centre)));
    unclosed::close(&vs, &mut hs, page.px(20.0));
    if vs.len() < 3 || hs.len() < 3 {
        return None;
    }
    // The edge of the sheet or of the tray is no line of the table: its column lines stop before.
    let quarter = |mut ends: Vec<f32>, share: usize| {
        ends.sort_by(f32::total_cmp);
        ends[(ends.len() - 1) * share / 4]
    };
    let first = quarter(vs.iter().map(|v| v.start).collect(), 1) - page.px(20.0);
    let last = quarter(vs.iter().map(|v| v.end).collect(), 3) + page.px(20.0);
    let inside = |h: &Ruling| (first..=last).contains(&h.at(centre));
    if hs.iter().filter(|h| inside(h)).count() >= 3 {
        hs.retain(inside);
    }
    complete(&mut hs, &vs, centre);
    Some(Table { verticals: vs, horizontals: hs, head: None })
}

/// Leaves out folds, streaks of the scanner and what shines through: they are far fainter than the
/// lines that were printed.
fn printed(rulings: &[Ruling]) -> Vec<Ruling> {
    let mut strengths: Vec<f32> = rulings.iter().map(|r| r.strength).collect();
    strengths.sort_by(f32::total_cmp);
    let Some(strong) = strengths.get(strengths.len() * 3 / 4).copied() else { return Vec::new() };
    let least = shining_through(rulings, &strengths, strong).max(FAINTEST * strong);
    rulings.iter().filter(|r| r.strength >= least).cloned().collect()
}

/// The strength below which lines shine through from the other side, whose columns lie between those of this one; 0
/// where no clear step in strength sets such lines apart.
fn shining_through(rulings: &[Ruling], strengths: &[f32], strong: f32) -> f32 {
    let step = |i: &usize| strengths[i + 1] / strengths[*i].max(0.1);
    let below = (0..strengths.len() / 2).filter(|i| strengths[*i] < 0.5 * strong);
    let Some(i) = below.max_by(|a, b| step(a).total_cmp(&step(b))).filter(|i| step(i) >= 1.6) else {
        return 0.0;
    };
    let least = strengths[i + 1];
    let (mut first, mut last) = (f32::MAX, f32::MIN);
    for r in rulings.iter().filter(|r| r.strength >= least) {
        (first, last) = (first.min(r.middle()), last.max(r.middle()));
    }
    // A page that is paler as a whole than its neighbour has no stronger lines among its own.
    let beside = rulings.iter().filter(|r| r.strength < least && !(first..=last).contains(&r.middle()));
    if beside.count() * 2 > i + 1 { 0.0 } else { least }
}

/// Least strength of a table's column line, as a share of that of its stronger ones.
const FAINTEST: f32 = 0.25;

fn covered(r: &Ruling) -> f32 {
    r.length()
}

/// Merges rulings that run along each other closer than `near` (double lines, pieces).
fn merge(rulings: &[Ruling], near: f32, keep: impl Fn(&Ruling) -> bool) -> Vec<Ruling> {
    let mut sorted: Vec<Ruling> = rulings.iter().filter(|r| keep(r)).cloned().collect();
    sorted.sort_by(|a, b| b.length().total_cmp(&a.length()));
    let mut merged: Vec<Ruling> = Vec::new();
    'next: for ruling in sorted {
        for other in &mut merged {
            let middle = (ruling.start + ruling.end) / 2.0;
            // Pieces that lie one behind the other may bend apart, as over a gutter.
            let behind = ruling.start > other.end - near || ruling.end < other.start + near;
            let reach = if behind { 2.2 * near } else { near };
            let (nearest, own) = if ruling.start > other.end {
                (other.at(other.end), ruling.at(ruling.start))
            } else if ruling.end < other.start {
                (other.at(other.start), ruling.at(ruling.end))
            } else {
                (other.at(middle), ruling.middle())
            };
            if (nearest - own).abs() > reach {
                continue;
            }
            if ruling.start < other.start {
                let mut points: Vec<_> =
                    ruling.points.iter().copied().filter(|p| p.0 < other.start).collect();
                points.append(&mut other.points);
                other.points = points;
                other.start = ruling.start;
            }
            if ruling.end > other.end {
                let end = other.end;
                other.points.extend(ruling.points.iter().copied().filter(|p| p.0 > end));
                other.end = ruling.end;
            }
            continue 'next;
        }
        merged.push(ruling);
    }
    merged
}

impl Table {
    /// Heights of the rows in the middle of the table.
    fn heights(&self) -> Vec<f32> {
        let x = self.bbox().centre().x as f32;
        self.horizontals.windows(2).map(|p| p[1].at(x) - p[0].at(x)).collect()
    }

    /// Number of rows at the top that hold headings and column numbers.
    pub fn head_rows(&self) -> usize {
        self.head.unwrap_or_else(|| head_rows(&self.heights()))
    }

    /// Number of rows of the head that hold headings: without a low row of column numbers.
    pub fn label_rows(&self) -> usize {
        let (head, heights) = (self.head_rows(), self.heights());
        if head < 2 {
            return head;
        }
        let tallest = heights[..head].iter().copied().fold(0.0, f32::max);
        if heights[head - 1] < 0.75 * tallest { head - 1 } else { head }
    }
}

/// Rows of the head, of a table with rows of these heights.
///
/// The body is ruled about evenly and the head is not. The first row is head in any case; rows after it are where they
/// are lower than entries, or where a low first row stands over a row of headings that is higher than any entry. An
/// entry that took two lines more than the others is no heading.
fn head_rows(heights: &[f32]) -> usize {
    let Some(common) = median(heights) else { return 0 };
    let mut head = 1;
    let over_headings = || {
        let highest = heights.iter().skip(2).copied().fold(0.0, f32::max);
        heights[0] < 0.6 * common && heights[1] > 1.22 * common.max(highest)
    };
    if heights.len() > 3 && over_headings() {
        head = 2;
    }
    while head < heights.len() && heights[head] < 0.72 * common {
        head += 1;
    }
    head.min(heights.len())
}

/// Middle value; the upper one of an even number.
pub(crate) fn median(values: &[f32]) -> Option<f32> {
    let mut sorted = values.to_vec();
    if sorted.is_empty() {
        return None;
    }
    sorted.sort_by(f32::total_cmp);
    Some(sorted[sorted.len() / 2])
}

/// Fills in row lines that were not found where the even ruling says that they must be.
fn complete(hs: &mut Vec<Ruling>, vs: &[Ruling], x: f32) {
    let at: Vec<f32> = hs.iter().map(|h| h.at(x)).collect();
    let gaps: Vec<f32> = at.windows(2).map(|p| p[1] - p[0]).collect();
    let Some(common) = median(&gaps) else { return };
    let alike = gaps.iter().filter(|g| (**g / common - 1.0).abs() < 0.12).count();
    if alike < 3 || alike * 2 < gaps.len() {
        return;
    }
    let mut filled: Vec<Ruling> = Vec::new();
    for i in 0..hs.len() {
        filled.push(hs[i].clone());
        let Some(gap) = gaps.get(i) else { continue };
        let times = (gap / common).round();
        if times >= 2.0 && times <= 8.0 && (gap / common - times).abs() < 0.2 {
            for k in 1..times as usize {
                filled.push(between(&hs[i], &hs[i + 1], k as f32 / times));
            }
        }
    }
    // Column lines that run on below the last row line hold more rows.
    let bottom = vs.iter().map(|v| v.end).collect::<Vec<_>>();
    if let (Some(end), Some(last)) = (median(&bottom), filled.last().cloned()) {
        let room = ((end - last.at(x)) / common + 0.2).floor();
        for k in 1..=(room.clamp(0.0, 8.0) as usize) {
            let mut next = last.clone();
            for p in &mut next.points {
                p.1 += common * k as f32;
            }
            filled.push(next);
        }
    }
    *hs = filled;
}

/// A line that lies between two others, `share` of the way down.
fn between(above: &Ruling, below: &Ruling, share: f32) -> Ruling {
    let mut line = above.clone();
    for p in &mut line.points {
        p.1 += (below.at(p.0) - p.1) * share;
    }
    line
}

/// Ledgers that rule columns but no rows: the writing of all columns shows where rows part.
pub(crate) fn open_rows(tables: &mut [Table], components: &[Component], text_height: f32) {
    let th = text_height;
    let open = |t: &Table| {
        let heights = t.heights();
        let tallest = heights.iter().copied().fold(0.0, f32::max);
        heights.len() <= 4 && tallest > 14.0 * th
    };
    if tables.is_empty() || !tables.iter().all(|t| open(t)) {
        return;
    }
    // The number of the entry stands in the first column; its lines are the rows.
    let first = &tables[0];
    let heights = first.heights();
    let Some(body) = (0..heights.len()).max_by(|a, b| heights[*a].total_cmp(&heights[*b])) else { return };
    let marks_of = |column: usize| -> Vec<f32> {
        in_box(&first.cell(body, body, column), components, th)
            .iter()
            .filter(|l| {
                let (w, h) = (l.bbox.w / f64::from(th), l.bbox.h / f64::from(th));
                // A number of one figure is as narrow as a stroke, but as high as any.
                w > 0.8 && h > 0.4 || w > 0.15 && h > 0.7
            })
            .map(|l| l.bbox.centre().y as f32)
            .collect()
    };
    // Left of it may stand the edge of the sheet.
    let columns = first.columns().min(3);
    let Some((column, marks)) = (0..columns).map(|c| (c, marks_of(c))).find(|(_, marks)| marks.len() >= 3)
    else {
        return;
    };
    let cell = first.cell(body, body, column);
    let boxes: Vec<Rect<Restored>> =
        tables.iter().map(|t| t.span(body.min(t.rows() - 1), body.min(t.rows() - 1))).collect();
    let mut profile = vec![0f32; (cell.bottom().ceil().max(0.0) as usize) + 2];
    for c in components {
        let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
        if (c.height() as f32) < 3.0 * th
            && boxes.iter().any(|b| x > b.x && x < b.right() && y > b.y && y < b.bottom())
        {
            for y in c.y0..c.y1 {
                if let Some(value) = profile.get_mut(y as usize) {
                    *value += c.width() as f32;
                }
            }
        }
    }
    let cuts: Vec<f32> = marks
        .windows(2)
        .filter_map(|p| {
            let pitch = p[1] - p[0];
            let (from, to) = ((p[0] + 0.3 * pitch) as usize, (p[1] - 0.1 * pitch) as usize);
            // Among equally empty places the one nearest to the next number.
            let near = |y: usize| 0.4 * th * (to - y.min(to)) as f32 / pitch.max(1.0);
            let sum = |y: usize| {
                let reach = (0.3 * th) as usize;
                profile[y.saturating_sub(reach)..(y + reach + 1).min(profile.len())].iter().sum::<f32>()
            };
            (from..to).min_by(|a, b| (sum(*a) + near(*a)).total_cmp(&(sum(*b) + near(*b)))).map(|y| y as f32)
        })
        .collect();
    for table in tables.iter_mut() {
        let heights = table.heights();
        let Some(body) = (0..heights.len()).max_by(|a, b| heights[*a].total_cmp(&heights[*b])) else {
            continue;
        };
        let (above, below) = (table.horizontals[body].clone(), table.horizontals[body + 1].clone());
        let x = table.cell(body, body, 0).centre().x as f32;
        let (top, bottom) = (above.at(x), below.at(x));
        let lines = cuts
            .iter()
            .map(|cut| between(&above, &below, ((cut - top) / (bottom - top).max(1.0)).clamp(0.02, 0.98)));
        table.horizontals.splice(body + 1..body + 1, lines);
        table.head = (body > 0).then_some(body);
    }
}

#[cfg(test)]
mod tests {
    use super::head_rows;

    #[test]
    fn a_head_is_told_from_the_entries() {
        // Headings alone; headings and column numbers; a low line over the headings.
        assert_eq!(head_rows(&[60.0, 100.0, 101.0, 99.0, 100.0]), 1);
        assert_eq!(head_rows(&[60.0, 18.0, 100.0, 101.0, 99.0, 100.0]), 2);
        assert_eq!(head_rows(&[30.0, 62.0, 18.0, 100.0, 101.0, 99.0, 100.0]), 3);
        assert_eq!(head_rows(&[30.0, 140.0, 18.0, 100.0, 101.0, 99.0, 100.0, 98.0]), 3);
        // Headings as high as an entry.
        assert_eq!(head_rows(&[100.0, 100.0, 101.0, 99.0]), 1);
        // A first entry that took more lines than most.
        assert_eq!(head_rows(&[50.0, 18.0, 130.0, 100.0, 104.0, 98.0, 134.0, 100.0]), 2);
        assert_eq!(head_rows(&[50.0, 130.0, 100.0, 104.0, 98.0, 134.0, 100.0]), 1);
        assert_eq!(head_rows(&[]), 0);
    }
}
