//! Text lines: rows of ink on leaders, in table cells and on free paper.

use sobo_core::{Rect, Restored};

use crate::component::Component;
use crate::raster::Page;
use crate::ruling::{Ruling, Stroke};

/// Height of chained letters, in letters, from which they may stand in two rows.
const TWO_ROWS: f32 = 2.3;
/// Share of the height of large writing by which its middle may lie off that of a small label on the same base line.
const LARGER: f64 = 0.45;
/// Fewest letters that make a row of its own.
const ROW_LETTERS: usize = 3;

/// Box of a component.
pub(crate) fn bounds(c: &Component) -> Rect<Restored> {
    Rect::from_edges(c.x0.into(), c.y0.into(), c.x1.into(), c.y1.into())
}

/// A stretch of ink on a line, parted from others by blanks: where a label may begin.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// Box of its ink.
    pub ink: Rect<Restored>,
    /// Where the leader begins that lies under it or behind it, if there is one.
    pub leader: Option<f64>,
    /// Writing on the leader begins with the leader: there is no room for a label.
    pub unlabelled: bool,
}

/// One line of text, printed, written or both.
#[derive(Debug, Clone)]
pub struct TextLine {
    /// Box of its ink and leaders.
    pub bbox: Rect<Restored>,
    /// Height that letters of this line take, from descender to ascender.
    pub band: (f32, f32),
    /// Left and right limit: rulings or page edges.
    pub limits: (f32, f32),
    /// Slots, left to right.
    pub slots: Vec<Slot>,
    /// Its ink, left to right.
    pub components: Vec<Component>,
    /// It has leaders to write on.
    pub ruled: bool,
}

impl TextLine {
    /// Bounds of the ink whose middle lies in `x0..x1`.
    pub fn ink(&self, x0: f64, x1: f64) -> Option<Rect<Restored>> {
        let within = self.components.iter().filter(|c| {
            let cx = f64::from(c.cx());
            cx >= x0 && cx <= x1
        });
        within.map(bounds).reduce(|a, b| a.union(&b))
    }
}

/// Rows of leaders with the ink written on them; `free` receives the ink that is on none.
pub(crate) fn on_leaders(
    page: &Page,
    horizontals: &[Ruling],
    verticals: &[Ruling],
    components: &[Component],
    text_height: f32,
    free: &mut Vec<Component>,
) -> Vec<TextLine> {
    let mut leaders: Vec<&Ruling> = horizontals.iter().filter(|r| r.stroke == Stroke::Dotted).collect();
    leaders.sort_by(|a, b| a.middle().total_cmp(&b.middle()).then(a.start.total_cmp(&b.start)));
    // Leaders that continue each other at one height, between the same rulings, are one row.
    struct Row<'a> {
        leaders: Vec<&'a Ruling>,
        limits: (f32, f32),
    }
    let mut rows: Vec<Row<'_>> = Vec::new();
    for leader in leaders {
        let limits = limits(page, verticals, (leader.start + leader.end) / 2.0, leader.middle());
        let near = rows.iter_mut().rev().take(12).find(|row| {
            row.limits == limits
                && row.leaders.iter().all(|other| {
                    let meet = if other.start < leader.start {
                        (other.end + leader.start) / 2.0
                    } else {
                        (leader.end + other.start) / 2.0
                    };
                    (other.at(meet) - leader.at(meet)).abs() < page.px(9.0)
                        && other.overlap(leader.start, leader.end) < page.px(12.0)
                })
        });
        match near {
            Some(row) => row.leaders.push(leader),
            None => rows.push(Row { leaders: vec![leader], limits }),
        }
    }
    for row in &mut rows {
        row.leaders.sort_by(|a, b| a.start.total_cmp(&b.start));
    }
    // Pieces nearer than the shortest label with its blanks are one leader under writing.
    let near = 2.7 * text_height;
    let stretches = |leaders: &[&Ruling]| {
        let mut stretches: Vec<(f32, f32)> = Vec::new();
        for leader in leaders {
            match stretches.last_mut() {
                Some(last) if leader.start - last.1 < near => last.1 = last.1.max(leader.end),
                _ => stretches.push((leader.start, leader.end)),
            }
        }
        stretches
    };
    // Height of the row's line at any x: the nearest leader's.
    let height = |row: &Row<'_>, x: f32| {
        let nearest = row.leaders.iter().min_by(|a, b| {
            let away = |r: &Ruling| (r.start - x).max(x - r.end).max(0.0);
            away(a).total_cmp(&away(b))
        });
        nearest.map_or(0.0, |r| r.at(x))
    };
    let pitch = pitch(&rows.iter().map(|r| height(r, r.leaders[0].start)).collect::<Vec<_>>(), text_height);
    let (up, down) = ((0.74 * pitch).min(2.6 * text_height), (0.26 * pitch).min(0.9 * text_height));
    let mut inks: Vec<Vec<Component>> = vec![Vec::new(); rows.len()];
    for c in components {
        let (x, y) = (c.cx(), c.cy());
        let mut best: Option<(f32, usize)> = None;
        for (i, row) in rows.iter().enumerate() {
            if x < row.limits.0 || x > row.limits.1 {
                continue;
            }
            let rise = height(row, x) - y;
            if rise > up || rise < -down {
                continue;
            }
            // The middle of a written line stands about a third of the pitch above its leader.
            let off = (rise - 0.24 * pitch).abs();
            if best.is_none_or(|b| off < b.0) {
                best = Some((off, i));
            }
        }
        let tall = c.height() as f32 > 1.4 * pitch.max(text_height) + text_height;
        match best {
            Some((_, i)) if !tall => inks[i].push(*c),
            _ => free.push(*c),
        }
    }
    let mut lines = Vec::new();
    for (row, mut ink) in rows.iter().zip(inks) {
        ink.sort_by_key(|c| (c.x0, c.y0));
        let (first, last) = (row.leaders[0], row.leaders[row.leaders.len() - 1]);
        let y = height(row, first.start);
        let mut bbox = Rect::from_edges(first.start.into(), (y - up * 0.8).into(), last.end.into(), y.into());
        for c in &ink {
            bbox = bbox.union(&bounds(c));
        }
        let stretches = stretches(&row.leaders);
        let slots = slots(&ink, &stretches, row.limits, text_height);
        lines.push(TextLine {
            bbox,
            band: (y - up, y + down),
            limits: row.limits,
            slots,
            components: ink,
            ruled: true,
        });
    }
    lines
}

/// Parts the ink of a line at wide blanks and where a leader ends.
fn slots(ink: &[Component], leaders: &[(f32, f32)], limits: (f32, f32), text_height: f32) -> Vec<Slot> {
    // On a leader words may stand far apart; on free paper that parts captions.
    let wide = if leaders.is_empty() { 1.9 } else { 2.8 } * text_height;
    let mut groups: Vec<Vec<Component>> = Vec::new();
    let mut reached = f32::MIN;
    // The ink is sorted by its left edges.
    for c in ink.iter().filter(|c| c.cx() > limits.0 && c.cx() < limits.1 && c.height().max(c.width()) > 2) {
        let gap = c.x0 as f32 - reached;
        let beyond = leaders
            .iter()
            .any(|l| l.1 < c.cx() && l.1 > reached - 0.5 * text_height && gap > 0.5 * text_height);
        match groups.last_mut() {
            Some(last) if gap < wide && !beyond => last.push(*c),
            _ => groups.push(vec![*c]),
        }
        reached = reached.max(c.x1 as f32);
    }
    let mut slots: Vec<Slot> = Vec::new();
    for group in groups {
        let letters: Vec<&Component> =
            group.iter().filter(|c| (c.height() as f32) < 3.5 * text_height).collect();
        let tall = letters.iter().filter(|c| c.height() as f32 > 0.4 * text_height).count();
        let area: u32 = letters.iter().map(|c| c.area).sum();
        let Some(rect) = letters.into_iter().map(bounds).reduce(|a, b| a.union(&b)) else { continue };
        let small = rect.w < f64::from(0.6 * text_height) && rect.h < f64::from(0.6 * text_height);
        if tall == 0 || small || (area as f32) < 0.1 * text_height * text_height {
            continue;
        }
        let (x0, x1) = (rect.x as f32, rect.right() as f32);
        let leader =
            leaders.iter().find(|l| l.1 > x0 + text_height && l.0 < x1 + 2.5 * text_height).map(|l| l.0);
        let unlabelled = leader.is_some_and(|l| l < x0 + 1.2 * text_height);
        slots.push(Slot { ink: rect, leader: leader.map(f64::from), unlabelled });
    }
    slots
}

/// Commonest distance between rows; three text heights where there are too few to tell.
fn pitch(heights: &[f32], text_height: f32) -> f32 {
    let mut sorted = heights.to_vec();
    sorted.sort_by(f32::total_cmp);
    let mut steps: Vec<f32> =
        sorted.windows(2).map(|p| p[1] - p[0]).filter(|d| *d > 1.1 * text_height).collect();
    if steps.len() < 2 {
        return 3.0 * text_height;
    }
    let middle = steps.len() / 2;
    steps.select_nth_unstable_by(middle, f32::total_cmp);
    steps[middle]
}

/// The nearest vertical rulings left and right of a point, or the page's edges.
pub(crate) fn limits(page: &Page, verticals: &[Ruling], x: f32, y: f32) -> (f32, f32) {
    let slack = page.px(20.0);
    let mut limits = (0.0f32, page.width as f32);
    for v in verticals {
        if v.length() < page.px(120.0) || y < v.start - slack || y > v.end + slack {
            continue;
        }
        // The position in the middle of the ruling makes the limits of neighbouring lines equal.
        let (at, middle) = (v.at(y), v.middle());
        if at < x && middle > limits.0 {
            limits.0 = middle;
        } else if at >= x && middle < limits.1 {
            limits.1 = middle;
        }
    }
    limits
}

/// Lines of free ink: letters chained to their right neighbours.
pub(crate) fn chained(
    page: &Page,
    verticals: &[Ruling],
    ink: &[Component],
    text_height: f32,
) -> Vec<TextLine> {
    let letter = |c: &Component| {
        let h = c.height() as f32;
        h >= 0.45 * text_height && h <= 3.6 * text_height && c.width() as f32 <= 25.0 * text_height
    };
    let mut letters: Vec<Component> = ink.iter().filter(|c| letter(c)).copied().collect();
    letters.sort_by_key(|c| (c.x0, c.y0));
    let n = letters.len();
    let mut group: Vec<usize> = (0..n).collect();
    fn root(group: &[usize], mut i: usize) -> usize {
        while group[i] != i {
            i = group[i];
        }
        i
    }
    for i in 0..n {
        let a = letters[i];
        let mut best: Option<(f32, usize)> = None;
        for (j, b) in letters.iter().enumerate().skip(i + 1) {
            let size = text_height.max(0.9 * a.height().min(b.height()) as f32);
            let gap = b.x0 as f32 - a.x1 as f32;
            if b.x0 as f32 - a.x0 as f32 > a.width() as f32 + 2.0 * size {
                break;
            }
            let shared = a.y1.min(b.y1) as f32 - a.y0.max(b.y0) as f32;
            if shared < 0.45 * a.height().min(b.height()) as f32 {
                continue;
            }
            let cost = gap.max(0.0) + 0.5 * (a.cy() - b.cy()).abs();
            if best.is_none_or(|x| cost < x.0) {
                best = Some((cost, j));
            }
        }
        let Some((_, j)) = best else { continue };
        let (xa, xb) = (a.cx(), letters[j].cx());
        let y = a.cy();
        let parted = verticals.iter().any(|v| {
            let at = v.at(y);
            v.length() > page.px(100.0) && y >= v.start && y <= v.end && at > xa && at < xb
        });
        if !parted {
            let (x, y) = (root(&group, i), root(&group, j));
            group[x.max(y)] = x.min(y);
        }
    }
    let mut sets: Vec<Vec<Component>> = Vec::new();
    let mut index = vec![usize::MAX; n];
    for i in 0..n {
        let top = root(&group, i);
        if index[top] == usize::MAX {
            index[top] = sets.len();
            sets.push(Vec::new());
        }
        sets[index[top]].push(letters[i]);
    }
    let mut lines: Vec<TextLine> = sets
        .into_iter()
        .flat_map(|components| rows_of(components, text_height))
        .filter_map(|components| {
            let bbox = components.iter().map(bounds).reduce(|a, b| a.union(&b))?;
            (bbox.w >= f64::from(0.8 * text_height)).then(|| free_line(page, verticals, components, bbox))
        })
        .collect();
    // Marks too small for letters go to the line they stand in or just over.
    for c in ink.iter().filter(|c| !letter(c) && (c.height() as f32) < 0.8 * text_height) {
        let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
        let near = lines
            .iter_mut()
            .filter(|l| x > l.bbox.x - f64::from(text_height) && x < l.bbox.right() + f64::from(text_height))
            .map(|l| ((l.bbox.y - y).max(y - l.bbox.bottom()).max(0.0), l))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((away, line)) = near
            && away < f64::from(0.5 * text_height)
        {
            line.components.push(*c);
        }
    }
    lines.sort_by(|a, b| a.bbox.x.total_cmp(&b.bbox.x).then(a.bbox.y.total_cmp(&b.bbox.y)));
    beside(lines, text_height)
}

/// Parts chained letters into the rows they stand in: where lines are set close, the tail of a letter or a speck chains
/// two of them. What is no lettering, such as a signature, stays whole.
fn rows_of(components: Vec<Component>, text_height: f32) -> Vec<Vec<Component>> {
    let Some(bbox) = components.iter().map(bounds).reduce(|a, b| a.union(&b)) else { return Vec::new() };
    if bbox.h < f64::from(TWO_ROWS * text_height) {
        return vec![components];
    }
    let rows = in_box(&bbox.grown(1.0, 1.0), &components, text_height);
    let letters = |row: &TextLine| {
        let letter = |c: &&Component| (0.55..2.2).contains(&(c.height() as f32 / text_height));
        row.components.iter().filter(letter).count()
    };
    if rows.iter().filter(|row| letters(row) >= ROW_LETTERS).count() < 2 {
        return vec![components];
    }
    rows.into_iter().map(|row| row.components).collect()
}

fn free_line(
    page: &Page,
    verticals: &[Ruling],
    components: Vec<Component>,
    bbox: Rect<Restored>,
) -> TextLine {
    let centre = bbox.centre();
    let limits = limits(page, verticals, centre.x as f32, centre.y as f32);
    TextLine {
        bbox,
        band: (bbox.y as f32, bbox.bottom() as f32),
        limits,
        slots: Vec::new(),
        components,
        ruled: false,
    }
}

/// Joins free lines that lie side by side between the same walls, and parts the whole into slots.
fn beside(lines: Vec<TextLine>, text_height: f32) -> Vec<TextLine> {
    let mut rows: Vec<TextLine> = Vec::new();
    for line in lines {
        let middle = line.bbox.centre().y;
        let near = rows.iter_mut().find(|row| {
            let shared = row.bbox.bottom().min(line.bbox.bottom()) - row.bbox.y.max(line.bbox.y);
            let apart = (row.bbox.x - line.bbox.right()).max(line.bbox.x - row.bbox.right());
            row.limits == line.limits
                && apart > -f64::from(text_height)
                && shared > 0.55 * row.bbox.h.min(line.bbox.h)
                && (row.bbox.centre().y - middle).abs()
                    < f64::from(0.7 * text_height).max(LARGER * row.bbox.h.max(line.bbox.h))
        });
        match near {
            Some(row) => {
                row.bbox = row.bbox.union(&line.bbox);
                row.band = (row.bbox.y as f32, row.bbox.bottom() as f32);
                row.components.extend(line.components);
            }
            None => rows.push(line),
        }
    }
    for row in &mut rows {
        row.components.sort_by_key(|c| (c.x0, c.y0));
        row.slots = slots(&row.components, &[], row.limits, text_height);
    }
    rows
}

/// Lines of writing inside a box such as a table cell, top to bottom, by the profile of its ink.
pub(crate) fn in_box(cell: &Rect<Restored>, components: &[Component], text_height: f32) -> Vec<TextLine> {
    let inside: Vec<Component> = components
        .iter()
        .filter(|c| {
            let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
            x > cell.x && x < cell.right() && y > cell.y && y < cell.bottom()
        })
        .copied()
        .collect();
    let rows = cell.h.ceil().max(1.0) as usize;
    let mut profile = vec![0f32; rows + 1];
    for c in &inside {
        if (c.height() as f32) < 0.3 * text_height {
            continue;
        }
        // The middle part of a letter tells the line; ascenders and tails do not.
        let (a, b) = (c.y0 as f32 + 0.2 * c.height() as f32, c.y1 as f32 - 0.2 * c.height() as f32);
        let weight = c.width().min(60) as f32;
        let from = (f64::from(a) - cell.y).max(0.0) as usize;
        let to = ((f64::from(b) - cell.y).max(0.0) as usize).min(rows);
        for value in &mut profile[from.min(rows)..=to] {
            *value += weight;
        }
    }
    let smooth = blur(&profile, (0.28 * text_height).max(1.0));
    let peak = smooth.iter().copied().fold(0.0, f32::max);
    if peak <= 0.0 {
        return Vec::new();
    }
    // A last line may hold one letter, however long the lines above it are.
    let least = (0.12 * peak).min(0.25 * text_height);
    let letters: Vec<f64> = inside
        .iter()
        .filter(|c| c.height() as f32 >= 0.4 * text_height)
        .map(|c| f64::from(c.cy()) - cell.y)
        .collect();
    let centres = peaks(&smooth, least, text_height, |y| {
        letters.iter().any(|cy| (cy - y as f64).abs() < 0.7 * f64::from(text_height))
    });
    let mut inks: Vec<Vec<Component>> = vec![Vec::new(); centres.len()];
    for c in &inside {
        let y = f64::from(c.cy()) - cell.y;
        // Accents stand over their letter and cling to the line below rather than that above.
        let lean = if (c.height() as f32) < 0.5 * text_height { 0.3 * f64::from(text_height) } else { 0.0 };
        let nearest = (0..centres.len()).min_by(|a, b| {
            let away = |i: usize| (centres[i] as f64 - y - lean).abs();
            away(*a).total_cmp(&away(*b))
        });
        if let Some(i) = nearest {
            inks[i].push(*c);
        }
    }
    let at = |i: usize| cell.y + centres[i] as f64;
    let lines = inks.into_iter().enumerate().filter_map(|(i, mut ink)| {
        ink.sort_by_key(|c| (c.x0, c.y0));
        let bbox = ink.iter().map(bounds).reduce(|a, b| a.union(&b))?;
        // Tails that touch the next line must not take it along.
        let spare = 0.25 * f64::from(text_height);
        let top = if i > 0 { bbox.y.max((at(i - 1) + at(i)) / 2.0 - spare) } else { bbox.y };
        let bottom = if i + 1 < centres.len() {
            bbox.bottom().min((at(i) + at(i + 1)) / 2.0 + spare)
        } else {
            bbox.bottom()
        };
        let bbox = Rect::from_edges(bbox.x, top, bbox.right(), bottom.max(top));
        Some(TextLine {
            bbox,
            band: (bbox.y as f32, bbox.bottom() as f32),
            limits: (cell.x as f32, cell.right() as f32),
            slots: Vec::new(),
            components: ink,
            ruled: false,
        })
    });
    lines.collect()
}

/// Where the lines of a profile run, top to bottom: its peaks of at least `least`, the highest first, each more than a
/// letter away from the higher ones and parted from them by a valley. A line of one short word close under a long one
/// is a peak too, though the slope of the long one is higher. `lettered` says whether letters stand at a height.
fn peaks(profile: &[f32], least: f32, text_height: f32, lettered: impl Fn(usize) -> bool) -> Vec<usize> {
    let near = (1.05 * text_height) as usize;
    let top = |y: usize| {
        profile[y] > least
            && (y == 0 || profile[y] > profile[y - 1])
            && profile[y + 1..].iter().find(|v| **v != profile[y]).is_none_or(|v| *v < profile[y])
    };
    let mut tops: Vec<usize> = (0..profile.len()).filter(|y| top(*y)).collect();
    tops.sort_by(|a, b| profile[*b].total_cmp(&profile[*a]).then(a.cmp(b)));
    let mut peaks: Vec<usize> = Vec::new();
    for y in tops {
        let apart = |other: &usize| {
            let (a, b) = (y.min(*other), y.max(*other));
            let valley = profile[a..b].iter().copied().fold(f32::MAX, f32::min);
            b - a > near && valley <= 0.75 * profile[y]
        };
        if peaks.iter().all(apart) && (peaks.is_empty() || lettered(y)) {
            peaks.push(y);
        }
    }
    peaks.sort_unstable();
    peaks
}

fn blur(values: &[f32], sigma: f32) -> Vec<f32> {
    let reach = (2.5 * sigma).ceil() as isize;
    let kernel: Vec<f32> = (-reach..=reach).map(|d| (-0.5 * (d as f32 / sigma).powi(2)).exp()).collect();
    let total: f32 = kernel.iter().sum();
    (0..values.len() as isize)
        .map(|i| {
            let sum: f32 = (-reach..=reach)
                .filter_map(|d| values.get((i + d).max(0) as usize).map(|v| v * kernel[(d + reach) as usize]))
                .sum();
            sum / total
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(x: u32, y: u32, w: u32, h: u32) -> Component {
        Component { x0: x, y0: y, x1: x + w, y1: y + h, area: w * h / 2 }
    }

    fn page() -> Page {
        Page { width: 600, height: 300, dark: vec![0; 180_000], ink: vec![0; 180_000], scale: 1.0 }
    }

    #[test]
    fn rows_that_a_tail_chains_are_parted() {
        let row = |y: u32| (0..8).map(move |i| letter(20 + 14 * i, y, 10, 16));
        let mut two: Vec<Component> = row(20).chain(row(54)).collect();
        two.push(letter(140, 20, 8, 44));
        let rows = rows_of(two, 16.0);
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.len() >= 8));
        // A signature is of few strokes, however tall.
        assert_eq!(rows_of(vec![letter(20, 20, 60, 50), letter(90, 25, 50, 40)], 16.0).len(), 1);
    }

    #[test]
    fn large_writing_stands_on_the_line_of_its_label() {
        let label = (0..8).map(|i| letter(20 + 12 * i, 40, 9, 16));
        let value = (0..6).map(|i| letter(150 + 34 * i, 18, 28, 38));
        let lines = chained(&page(), &[], &label.chain(value).collect::<Vec<_>>(), 16.0);
        assert_eq!(lines.len(), 1, "{lines:?}");
        let label = (0..8).map(|i| letter(20 + 12 * i, 40, 9, 16));
        let below = (0..6).map(|i| letter(150 + 14 * i, 74, 10, 16));
        assert_eq!(chained(&page(), &[], &label.chain(below).collect::<Vec<_>>(), 16.0).len(), 2);
    }
}
