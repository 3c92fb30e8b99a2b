//! Several pages' sightings made one print.

use std::collections::BTreeMap;

use super::fit::{Line, grid, median, robust};
use super::{EDGE, LEAST_EDGES, Print, PrintColumn, PrintLabel, SHARE, SeenLabel, Sighting};

/// Least pages that must show the same form before its print is learned.
const LEAST_PAGES: usize = 3;
/// Least share of the pages that must show a place.
const LEAST_SHARE: f32 = 0.4;
/// How far a label may lie from its place, in pixels at 150 dpi.
const NEAR: f32 = 14.0;

/// The print that pages of one book show: what most of those of the commonest form agree on. `None` where too few
/// pages show the same form or they agree on nothing.
pub fn learn(sightings: &[Sighting]) -> Option<Print> {
    let mut forms: BTreeMap<(&str, &str), Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings {
        forms.entry((&sighting.form, &sighting.form_hash)).or_default().push(sighting);
    }
    let ((form, form_hash), seen) = forms.into_iter().max_by_key(|(_, seen)| seen.len())?;
    if seen.len() < LEAST_PAGES {
        return None;
    }
    let print = Print {
        form: form.to_owned(),
        form_hash: form_hash.to_owned(),
        pages: seen.len() as u32,
        columns: columns(&seen),
        labels: labels(&seen),
    };
    (!print.columns.is_empty() || !print.labels.is_empty()).then_some(print)
}

fn edges(sighting: &Sighting) -> Vec<f32> {
    let mut edges: Vec<f32> = sighting.columns.iter().flat_map(|c| [c.x0, c.x1]).collect();
    edges.sort_by(f32::total_cmp);
    edges.dedup_by(|b, a| *b - *a < 2.0);
    edges
}

/// The columns most pages agree on, in the places of the page that agrees best with the others.
fn columns(seen: &[&Sighting]) -> Vec<PrintColumn> {
    let all: Vec<Vec<f32>> = seen.iter().map(|s| edges(s)).collect();
    let laid = |from: usize, to: usize| -> Option<(Line, usize)> {
        let (line, matched) = grid(&all[from], &all[to], EDGE)?;
        (matched >= LEAST_EDGES && matched as f32 >= SHARE * all[from].len() as f32)
            .then_some((line, matched))
    };
    let agreement = |to: usize| -> f32 {
        let others = (0..all.len()).filter(|from| *from != to);
        others
            .filter_map(|from| laid(from, to))
            .map(|(_, matched)| matched as f32 - 0.4 * all[to].len() as f32)
            .sum()
    };
    let Some(reference) =
        (0..all.len()).max_by(|a, b| agreement(*a).total_cmp(&agreement(*b)).then(b.cmp(a)))
    else {
        return Vec::new();
    };
    // Every page's columns in the places of the reference.
    let moved: Vec<Vec<(f32, f32, Option<&str>)>> = (0..all.len())
        .filter_map(|from| {
            let line = if from == reference { None } else { Some(laid(from, reference)?.0) };
            let at = |x: f32| line.map_or(x, |line| line.at(x));
            let column = |c: &super::SeenColumn| (at(c.x0), at(c.x1));
            Some(seen[from].columns.iter().map(|c| (column(c).0, column(c).1, c.field.as_deref())).collect())
        })
        .collect();
    if moved.len() < LEAST_PAGES {
        return Vec::new();
    }
    let pages = moved.len() as f32;
    let places: Vec<f32> = all[reference]
        .iter()
        .filter_map(|x| {
            let near = |columns: &Vec<(f32, f32, Option<&str>)>| {
                let edges = columns.iter().flat_map(|c| [c.0, c.1]);
                let nearest = edges.min_by(|a, b| (a - x).abs().total_cmp(&(b - x).abs()))?;
                ((nearest - x).abs() <= EDGE).then_some(nearest)
            };
            let mut shown: Vec<f32> = moved.iter().filter_map(near).collect();
            (shown.len() as f32 >= LEAST_SHARE * pages).then(|| median(&mut shown)).flatten()
        })
        .collect();
    let named = |pair: &[f32]| {
        let (x0, x1) = (pair[0], pair[1]);
        let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
        for (a, b, field) in moved.iter().flatten() {
            let shared = x1.min(*b) - x0.max(*a);
            if let Some(field) = field.filter(|_| shared > 0.7 * (x1 - x0).max(b - a)) {
                *votes.entry(field).or_default() += 1;
            }
        }
        let all: usize = votes.values().sum();
        let best = votes.into_iter().max_by_key(|(_, count)| *count);
        let best = best.filter(|(_, count)| *count >= 2 && *count * 2 > all);
        let share = best.map_or(0.0, |(_, count)| count as f32 / pages);
        PrintColumn { field: best.map(|(field, _)| field.to_owned()), x0, x1, share: share.min(1.0) }
    };
    let mut columns: Vec<PrintColumn> = places.windows(2).map(named).collect();
    one_column_a_field(&mut columns);
    columns
}

/// A field has one column: of several the one most pages name.
fn one_column_a_field(columns: &mut [PrintColumn]) {
    for i in 0..columns.len() {
        let better = |other: &PrintColumn| {
            other.field.is_some() && other.field == columns[i].field && other.share > columns[i].share
        };
        if columns.iter().any(better) {
            columns[i].field = None;
        }
    }
}

/// How the labels of one page lie on those of another: across and down, if they do.
pub(crate) fn lay(from: &[SeenLabel], to: &[(u32, &str, f32, f32)], near: f32) -> Option<(Line, Line)> {
    let mut across = Vec::new();
    let mut down = Vec::new();
    for label in from {
        if let Some(place) = to.iter().find(|p| p.0 == label.entry && p.1 == label.field) {
            across.push((label.x, place.2));
            down.push((label.y, place.3));
        }
    }
    let (x, inside) = robust(&across, near)?;
    let (y, below) = robust(&down, near)?;
    (inside >= 4 && below >= 4 && 2 * inside >= across.len() && 2 * below >= down.len()).then_some((x, y))
}

/// The labels most pages agree on, in the places of the page that shows most.
fn labels(seen: &[&Sighting]) -> Vec<PrintLabel> {
    let Some(reference) =
        (0..seen.len()).max_by(|a, b| seen[*a].labels.len().cmp(&seen[*b].labels.len()).then(b.cmp(a)))
    else {
        return Vec::new();
    };
    let places: Vec<(u32, &str, f32, f32)> =
        seen[reference].labels.iter().map(|l| (l.entry, l.field.as_str(), l.x, l.y)).collect();
    let mut found: BTreeMap<(u32, &str), Vec<(f32, f32, f32)>> = BTreeMap::new();
    let mut pages = 0;
    for (index, sighting) in seen.iter().enumerate() {
        let lines = if index == reference { None } else { lay(&sighting.labels, &places, NEAR) };
        if index != reference && lines.is_none() {
            continue;
        }
        pages += 1;
        for label in &sighting.labels {
            let place = match lines {
                Some((x, y)) => (x.at(label.x), y.at(label.y), x.at(label.value_x)),
                None => (label.x, label.y, label.value_x),
            };
            found.entry((label.entry, &label.field)).or_default().push(place);
        }
    }
    if pages < LEAST_PAGES {
        return Vec::new();
    }
    let mut labels: Vec<PrintLabel> = found
        .into_iter()
        .filter_map(|((entry, field), shown)| {
            let middle =
                |of: fn(&(f32, f32, f32)) -> f32| median(&mut shown.iter().map(of).collect::<Vec<_>>());
            let (x, y, value_x) = (middle(|p| p.0)?, middle(|p| p.1)?, middle(|p| p.2)?);
            // Only pages that show it in this place speak for it.
            let there = shown.iter().filter(|p| (p.0 - x).abs() <= NEAR && (p.1 - y).abs() <= NEAR).count();
            let share = there as f32 / pages as f32;
            (there >= 2 && share >= LEAST_SHARE).then(|| PrintLabel {
                entry,
                field: field.to_owned(),
                x,
                y,
                value_x,
                share: share.min(1.0),
            })
        })
        .collect();
    labels.sort_by(|a, b| a.entry.cmp(&b.entry).then(a.y.total_cmp(&b.y)).then(a.x.total_cmp(&b.x)));
    labels
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::SeenColumn;
    use super::*;

    const EDGES: [f32; 8] = [20.0, 80.0, 200.0, 290.0, 450.0, 500.0, 640.0, 760.0];

    /// A page shifted by `shift`, of which `unread` heads could not be read and line `lost` was not found.
    fn ledger(shift: f32, unread: &[usize], lost: Option<usize>) -> Sighting {
        let edges: Vec<(usize, f32)> =
            EDGES.iter().copied().enumerate().filter(|(i, _)| Some(*i) != lost).collect();
        let columns = edges.windows(2).map(|pair| SeenColumn {
            field: (!unread.contains(&pair[0].0) && pair[1].0 == pair[0].0 + 1)
                .then(|| format!("field_{}", pair[0].0)),
            x0: pair[0].1 + shift,
            x1: pair[1].1 + shift,
        });
        Sighting { form: "X".to_owned(), columns: columns.collect(), ..Sighting::default() }
    }

    #[test]
    fn a_ledgers_columns_are_what_its_pages_agree_on() {
        let pages = [
            ledger(0.0, &[1, 2], None),
            ledger(9.0, &[2, 4], Some(3)),
            ledger(-7.0, &[0], None),
            ledger(3.0, &[5], None),
        ];
        let print = learn(&pages).unwrap();
        assert_eq!(print.pages, 4);
        let fields: Vec<Option<&str>> = print.columns.iter().map(|c| c.field.as_deref()).collect();
        let all: Vec<String> = (0..7).map(|i| format!("field_{i}")).collect();
        assert_eq!(fields, all.iter().map(|f| Some(f.as_str())).collect::<Vec<_>>());
        assert!(learn(&pages[..2]).is_none(), "two pages are too few");
    }

    fn act(shift: (f32, f32), lost: &[usize]) -> Sighting {
        let labels = (0..10).filter(|i| !lost.contains(i)).map(|i| SeenLabel {
            entry: 0,
            field: format!("field_{i}"),
            x: 100.0 + 40.0 * (i % 3) as f32 + shift.0,
            y: 80.0 * i as f32 + shift.1,
            value_x: 300.0 + shift.0,
        });
        Sighting { form: "X".to_owned(), labels: labels.collect(), ..Sighting::default() }
    }

    #[test]
    fn labels_lost_on_one_page_are_learned_from_others() {
        let mut astray = act((0.0, 0.0), &[]);
        astray.labels[4].y += 300.0;
        let pages = [act((10.0, -20.0), &[1]), astray, act((-6.0, 15.0), &[7, 8]), act((2.0, 3.0), &[0])];
        let print = learn(&pages).unwrap();
        assert_eq!(print.labels.len(), 10);
        let at = |field: &str| print.labels.iter().find(|l| l.field == field).unwrap();
        let (first, fifth) = (at("field_0"), at("field_4"));
        assert!((fifth.y - first.y - 320.0).abs() < 4.0, "{first:?} {fifth:?}");
    }
}
