//! Letter shapes that real Vietnamese hands write and no font has (`data/allographs.txt`).

use std::collections::HashMap;
use std::sync::OnceLock;

use super::marks::catmull;
use crate::canvas::Point;
use crate::fonts::{PathPoint, PenPath};

const FILE: &str = include_str!("../../data/allographs.txt");

/// Units of the file per em; the shapes have x-height 0.5 em and capitals of 1 em.
const UNITS: f32 = 20.0;

/// Height of `x` and advance of `n`, em.
pub(super) const X_HEIGHT: f32 = 0.5;
pub(super) const N_ADVANCE: f32 = 0.48;

/// One shape of a letter, em units, upright.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) advance: f32,
    pub(super) paths: Vec<PenPath>,
}

/// The shapes of a letter; none for letters that are taken from fonts.
pub(super) fn shapes(c: char) -> &'static [Shape] {
    static ALL: OnceLock<HashMap<char, Vec<Shape>>> = OnceLock::new();
    ALL.get_or_init(read).get(&c).map_or(&[], Vec::as_slice)
}

fn read() -> HashMap<char, Vec<Shape>> {
    let mut all: HashMap<char, Vec<Shape>> = HashMap::new();
    for line in FILE.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(c), Some(advance), Some(strokes)) = (
            columns.next().and_then(|c| c.chars().next()),
            columns.next().and_then(|a| a.parse::<f32>().ok()),
            columns.next(),
        ) else {
            continue;
        };
        let paths = strokes.split('|').map(path).collect();
        all.entry(c).or_default().push(Shape { advance: advance / UNITS, paths });
    }
    all
}

fn path(stroke: &str) -> PenPath {
    let knots: Vec<Point> = stroke
        .split(' ')
        .filter_map(|pair| {
            let (x, y) = pair.split_once(',')?;
            Some((x.parse::<f32>().ok()? / UNITS, y.parse::<f32>().ok()? / UNITS))
        })
        .collect();
    let mut points = Vec::new();
    let knot = |i: isize| knots[i.clamp(0, knots.len() as isize - 1) as usize];
    for i in 0..knots.len().saturating_sub(1) as isize {
        let (a, b, c, d) = (knot(i - 1), knot(i), knot(i + 1), knot(i + 2));
        let pieces = ((((c.0 - b.0).abs() + (c.1 - b.1).abs()) / 0.06) as usize).clamp(2, 12);
        for step in 0..pieces {
            points.push(catmull(a, b, c, d, step as f32 / pieces as f32));
        }
    }
    points.extend(knots.last());
    let points = points.into_iter().map(|(x, y)| PathPoint { x, y, radius: 0.03 }).collect();
    PenPath { points, starts: true, ends: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_file_is_a_shape_inside_its_frame() {
        let lines = FILE.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).count();
        assert_eq!(read().values().map(Vec::len).sum::<usize>(), lines);
        for (c, shapes) in read() {
            for shape in shapes {
                for p in shape.paths.iter().flat_map(|path| &path.points) {
                    assert!(p.x > -0.2 && p.x < shape.advance + 0.45, "{c} {p:?}");
                    assert!(p.y > -0.6 && p.y < 1.15, "{c} {p:?}");
                }
            }
        }
        assert!(shapes('ß').is_empty());
    }
}
