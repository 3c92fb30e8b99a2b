//! Pieces of ink that reach over two lines of writing, because a tail touches a tall letter below, cut between the lines.

use crate::component::Component;
use crate::structure::Structure;

/// Height in letters from which a piece may hold two lines.
const TALL: f32 = 1.9;
/// Darkness from which a pixel counts as ink, of 255.
const INK: u8 = 45;
/// Least distance of two lines, in letters.
const PITCH: f32 = 1.05;

/// The pieces `of` a cell, those of two lines or more cut between them.
///
/// Where lines run is seen from the pixels of the whole cell: rows of pixels through a line of writing cross many
/// strokes, those between two lines few. A piece is cut at the row between two such lines where it has least ink, and
/// only where writing of its own, many times as wide, lies above and below: a tail reaching into the next line stays
/// with its letter.
pub(crate) fn parted(structure: &Structure, of: impl IntoIterator<Item = Component>) -> Vec<Component> {
    let mut open: Vec<Component> = of.into_iter().collect();
    let tall = |piece: &Component| piece.height() as f32 >= TALL * structure.text_height;
    if !open.iter().any(tall) {
        return open;
    }
    let lines = lines(structure, &open);
    let mut pieces = Vec::new();
    open.reverse();
    while let Some(piece) = open.pop() {
        match if tall(&piece) { cut(structure, &piece, &lines) } else { None } {
            // What is left may hold further lines.
            Some([above, below]) => open.extend([below, above]),
            None => pieces.push(piece),
        }
    }
    pieces
}

/// Ink of one row of pixels within a piece.
fn row<'a>(structure: &'a Structure, piece: &Component, y: u32) -> &'a [u8] {
    let start = y as usize * structure.width as usize;
    structure.dark.get(start + piece.x0 as usize..start + piece.x1 as usize).unwrap_or_default()
}

/// Pixels of ink in a row.
fn ink(row: &[u8]) -> usize {
    row.iter().filter(|dark| **dark >= INK).count()
}

/// Strokes that a row crosses.
fn strokes(row: &[u8]) -> usize {
    let begins = row.windows(2).filter(|pair| pair[0] < INK && pair[1] >= INK).count();
    begins + usize::from(row.first().is_some_and(|dark| *dark >= INK))
}

/// The rows of pixels in which lines of writing have most strokes, top to bottom.
fn lines(structure: &Structure, pieces: &[Component]) -> Vec<u32> {
    let th = structure.text_height;
    let (Some(top), Some(bottom)) = (pieces.iter().map(|p| p.y0).min(), pieces.iter().map(|p| p.y1).max())
    else {
        return Vec::new();
    };
    let mut crossed = vec![0f32; (bottom - top) as usize];
    for piece in pieces.iter().filter(|p| p.height() as f32 > 0.3 * th) {
        for y in piece.y0..piece.y1 {
            crossed[(y - top) as usize] += strokes(row(structure, piece, y)) as f32;
        }
    }
    let reach = (0.35 * th).max(1.0) as usize;
    let smooth: Vec<f32> = (0..crossed.len())
        .map(|y| {
            let near = &crossed[y.saturating_sub(reach)..(y + reach + 1).min(crossed.len())];
            near.iter().sum::<f32>() / near.len() as f32
        })
        .collect();
    let near = (PITCH * th) as usize;
    let mut peaks: Vec<usize> = Vec::new();
    for y in 0..smooth.len() {
        let around = &smooth[y.saturating_sub(near)..(y + near + 1).min(smooth.len())];
        let highest = around.iter().copied().fold(0.0, f32::max);
        if smooth[y] >= 1.0 && smooth[y] >= highest && peaks.last().is_none_or(|last| y - last > near) {
            peaks.push(y);
        }
    }
    // Two peaks without a valley between them are one line.
    let mut apart: Vec<usize> = Vec::new();
    for y in peaks {
        match apart.last_mut() {
            Some(last) => {
                let valley = smooth[*last..y].iter().copied().fold(f32::MAX, f32::min);
                if valley <= 0.6 * smooth[*last].min(smooth[y]) {
                    apart.push(y);
                } else if smooth[y] > smooth[*last] {
                    *last = y;
                }
            }
            None => apart.push(y),
        }
    }
    apart.into_iter().map(|y| top + y as u32).collect()
}

/// Cuts a piece between the first two of the `lines` it has writing on, if it can be cut at all.
fn cut(structure: &Structure, piece: &Component, lines: &[u32]) -> Option<[Component; 2]> {
    let th = structure.text_height;
    let rows = || (piece.y0..piece.y1).map(|y| row(structure, piece, y));
    let counts: Vec<usize> = rows().map(ink).collect();
    let crossed: Vec<usize> = rows().map(strokes).collect();
    let widest = |part: &[usize]| part.iter().copied().max().unwrap_or_default();
    let stroke = (0.3 * th) as usize + 1;
    let margin = (0.3 * th) as u32;
    let least_of = |from: usize, to: usize| {
        let (at, least) = counts.get(from..to)?.iter().enumerate().min_by_key(|(_, count)| **count)?;
        Some((from + at, *least))
    };
    // Between two lines that the whole cell shows several strokes may touch, and a short word is writing enough: more
    // strokes side by side than the two of a tail.
    let drawn = |part: &[usize]| part.iter().filter(|strokes| **strokes >= 3).count() >= (0.2 * th) as usize;
    let between = lines.windows(2).find_map(|pair| {
        let (from, to) = (pair[0].max(piece.y0 + margin), pair[1].min(piece.y1.saturating_sub(margin)));
        if from >= to {
            return None;
        }
        let (at, least) = least_of((from - piece.y0) as usize, (to - piece.y0) as usize)?;
        let written = |part: &[usize], strokes: &[usize]| {
            widest(part) >= 2 * least && (drawn(strokes) || widest(part) >= (0.8 * th) as usize)
        };
        let both = written(&counts[..at], &crossed[..at]) && written(&counts[at..], &crossed[at..]);
        (least <= 3 * stroke && both).then(|| halves(structure, piece, &counts, at)).flatten()
    });
    if between.is_some() {
        return between;
    }
    // Alone it says so only where one stroke parts much writing from much writing.
    let quarter = counts.len() / 4;
    let (at, least) = least_of(quarter, counts.len() - quarter)?;
    let writing = (4 * least).max((0.8 * th) as usize);
    if least > stroke || widest(&counts[..at]) < writing || widest(&counts[at..]) < writing {
        return None;
    }
    halves(structure, piece, &counts, at)
}

/// The parts of a piece above and below its row `at`.
fn halves(structure: &Structure, piece: &Component, counts: &[usize], at: usize) -> Option<[Component; 2]> {
    let half = |y0: u32, y1: u32| {
        let inked =
            |x: usize| (y0..y1).any(|y| row(structure, piece, y).get(x).is_some_and(|dark| *dark >= INK));
        let across = (piece.x1 - piece.x0) as usize;
        let first = (0..across).find(|x| inked(*x))?;
        let last = (0..across).rev().find(|x| inked(*x))?;
        let area = counts[(y0 - piece.y0) as usize..(y1 - piece.y0) as usize].iter().sum::<usize>();
        let (x0, x1) = (piece.x0 + first as u32, piece.x0 + last as u32 + 1);
        Some(Component { x0, y0, x1, y1, area: (area as u32).min(piece.area) })
    };
    let y = piece.y0 + at as u32;
    if at == 0 || y >= piece.y1 {
        return None;
    }
    Some([half(piece.y0, y)?, half(y, piece.y1)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with boxes of ink `(x0, y0, x1, y1)` and letters 20 pixels high.
    fn page(boxes: &[(u32, u32, u32, u32)]) -> Structure {
        let (width, height) = (200_u32, 120_u32);
        let mut dark = vec![0_u8; (width * height) as usize];
        for (x0, y0, x1, y1) in boxes {
            for y in *y0..*y1 {
                dark[(y * width + x0) as usize..(y * width + x1) as usize].fill(200);
            }
        }
        Structure {
            width,
            height,
            scale: 1.0,
            horizontals: Vec::new(),
            verticals: Vec::new(),
            tables: Vec::new(),
            lines: Vec::new(),
            components: Vec::new(),
            text_height: 20.0,
            dark,
        }
    }

    #[test]
    fn two_lines_that_touch_are_parted_at_the_stroke_between_them() {
        let structure = page(&[(20, 10, 80, 30), (40, 30, 43, 55), (30, 55, 70, 75)]);
        let piece = Component { x0: 20, y0: 10, x1: 80, y1: 75, area: 2075 };
        let parts = parted(&structure, [piece]);
        assert_eq!(parts.len(), 2, "{parts:?}");
        assert_eq!((parts[0].x0, parts[0].x1, parts[0].y0), (20, 80, 10));
        assert_eq!((parts[1].x0, parts[1].x1, parts[1].y1), (30, 70, 75));
        assert!((30..=55).contains(&parts[0].y1));
    }

    #[test]
    fn lines_that_touch_in_several_places_are_parted_by_what_the_cell_shows() {
        // Strokes of letters in two lines, six to a line, three of which reach from line to line.
        let mut boxes = Vec::new();
        for i in 0..6 {
            let x = 20 + 14 * i;
            boxes.extend([(x, 10, x + 5, 30), (x, 50, x + 5, 70)]);
            if i < 3 {
                boxes.push((x, 30, x + 3, 50));
            }
        }
        let structure = page(&boxes);
        let piece = Component { x0: 20, y0: 10, x1: 95, y1: 70, area: 1800 };
        let parts = parted(&structure, [piece]);
        assert_eq!(parts.len(), 2, "{parts:?}");
        assert!((30..=50).contains(&parts[0].y1), "{parts:?}");
    }

    #[test]
    fn three_lines_in_one_piece_are_parted_twice() {
        let structure =
            page(&[(20, 10, 80, 26), (40, 26, 43, 45), (30, 45, 70, 61), (50, 61, 53, 80), (30, 80, 70, 96)]);
        let piece = Component { x0: 20, y0: 10, x1: 80, y1: 96, area: 2400 };
        assert_eq!(parted(&structure, [piece]).len(), 3);
    }

    #[test]
    fn a_tail_or_a_tall_letter_stays_whole() {
        let tail = page(&[(20, 10, 80, 30), (40, 30, 43, 75)]);
        assert_eq!(parted(&tail, [Component { x0: 20, y0: 10, x1: 80, y1: 75, area: 1335 }]).len(), 1);
        let tall = page(&[(40, 10, 44, 75)]);
        assert_eq!(parted(&tall, [Component { x0: 40, y0: 10, x1: 44, y1: 75, area: 260 }]).len(), 1);
        let small = page(&[(20, 10, 80, 30)]);
        assert_eq!(parted(&small, [Component { x0: 20, y0: 10, x1: 80, y1: 30, area: 1200 }]).len(), 1);
    }
}
