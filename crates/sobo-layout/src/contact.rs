//! Pieces of ink that reach over two lines of writing, because a tail touches a tall letter below, cut where they touch.

use crate::component::Component;
use crate::structure::Structure;

/// Height in letters from which a piece may hold two lines.
const TALL: f32 = 1.9;
/// Darkness from which a pixel counts as ink, of 255.
const INK: u8 = 45;

/// The pieces `of` a cell, those of two lines cut in two. A piece is cut at the row of least ink of its middle half, and
/// only where that row is a stroke or two wide while the writing above and below it is many times as wide: a tall letter
/// or a tail alone is a stroke all along.
pub(crate) fn parted(structure: &Structure, of: impl IntoIterator<Item = Component>) -> Vec<Component> {
    let mut pieces = Vec::new();
    for piece in of {
        let tall = piece.height() as f32 >= TALL * structure.text_height;
        match if tall { cut(structure, &piece) } else { None } {
            Some(halves) => pieces.extend(halves),
            None => pieces.push(piece),
        }
    }
    pieces
}

fn cut(structure: &Structure, piece: &Component) -> Option<[Component; 2]> {
    let width = structure.width as usize;
    let row = |y: u32| {
        let start = y as usize * width;
        structure.dark.get(start + piece.x0 as usize..start + piece.x1 as usize).unwrap_or_default()
    };
    let ink = |y: u32| row(y).iter().filter(|dark| **dark >= INK).count();
    let counts: Vec<usize> = (piece.y0..piece.y1).map(ink).collect();
    let quarter = counts.len() / 4;
    let middle = counts.get(quarter..counts.len() - quarter)?;
    let (at, least) = middle.iter().enumerate().min_by_key(|(_, count)| **count)?;
    let at = quarter + at;
    let widest = |part: &[usize]| part.iter().copied().max().unwrap_or_default();
    let stroke = (0.3 * structure.text_height) as usize + 1;
    let writing = (4 * least).max((0.8 * structure.text_height) as usize);
    if *least > stroke || widest(&counts[..at]) < writing || widest(&counts[at..]) < writing {
        return None;
    }
    let half = |y0: u32, y1: u32| {
        let inked = |x: usize| (y0..y1).any(|y| row(y).get(x).is_some_and(|dark| *dark >= INK));
        let across = (piece.x1 - piece.x0) as usize;
        let first = (0..across).find(|x| inked(*x))?;
        let last = (0..across).rev().find(|x| inked(*x))?;
        let area = counts[(y0 - piece.y0) as usize..(y1 - piece.y0) as usize].iter().sum::<usize>();
        let (x0, x1) = (piece.x0 + first as u32, piece.x0 + last as u32 + 1);
        Some(Component { x0, y0, x1, y1, area: (area as u32).min(piece.area) })
    };
    let y = piece.y0 + at as u32;
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
    fn a_tail_or_a_tall_letter_stays_whole() {
        let tail = page(&[(20, 10, 80, 30), (40, 30, 43, 75)]);
        assert_eq!(parted(&tail, [Component { x0: 20, y0: 10, x1: 80, y1: 75, area: 1335 }]).len(), 1);
        let tall = page(&[(40, 10, 44, 75)]);
        assert_eq!(parted(&tall, [Component { x0: 40, y0: 10, x1: 44, y1: 75, area: 260 }]).len(), 1);
        let small = page(&[(20, 10, 80, 30)]);
        assert_eq!(parted(&small, [Component { x0: 20, y0: 10, x1: 80, y1: 30, area: 1200 }]).len(), 1);
    }
}
