//! Boxes to tick: small printed squares, and which of a group has a mark in it.

use sobo_core::{Rect, Restored};

use crate::structure::Structure;

/// Sides of a box in heights of letters.
const SIDES: (f64, f64) = (0.7, 2.1);
/// How far beside a side of the box the paper is looked at, in pixels at 150 dpi.
const ASIDE: f32 = 3.0;
/// How much darker than the paper beside it the faintest side of a box is, of 255.
const FAINTEST: f32 = 14.0;
/// Share of the inside that a mark covers with ink: below the first there is none, from the second there is one.
const MARK: (f32, f32) = (0.035, 0.06);
/// Share of the clearest mark's ink from which another box is marked too.
const RIVAL: f32 = 0.45;

/// A printed square.
#[derive(Debug, Copy, Clone, PartialEq)]
pub(crate) struct Square {
    /// Its outer edge.
    pub(crate) rect: Rect<Restored>,
    /// How much darker its faintest side is than the paper beside it.
    pub(crate) strength: f32,
}

/// What a group of boxes says.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(crate) enum Marked {
    /// Nothing is marked.
    None,
    /// One box is, by its index.
    One(usize),
    /// A person has to look.
    Doubtful,
}

/// Which of several boxes is marked, by the share of ink inside each.
pub(crate) fn marked(shares: &[f32]) -> Marked {
    let Some(first) = (0..shares.len()).max_by(|a, b| shares[*a].total_cmp(&shares[*b]).then(b.cmp(a)))
    else {
        return Marked::Doubtful;
    };
    let most = shares[first];
    let rival = shares.iter().enumerate().any(|(i, share)| i != first && *share > RIVAL * most);
    match most {
        _ if most < MARK.0 => Marked::None,
        _ if most < MARK.1 || rival => Marked::Doubtful,
        _ => Marked::One(first),
    }
}

impl Structure {
    /// The clearest square in `space` whose side is one of `sides`, in pixels.
    fn square(&self, space: &Rect<Restored>, sides: (usize, usize)) -> Option<Square> {
        let space = space.clamped(self.width, self.height);
        let aside = (ASIDE * self.scale).round().max(2.0) as usize;
        let (x0, y0) = (space.x as usize, space.y as usize);
        let (w, h) = (space.w as usize, space.h as usize);
        let dark =
            |x: usize, y: usize| u32::from(self.dark[(y0 + y) * self.width as usize + x0 + x].min(160));
        // Sums along rows and columns, so that the mean of any side is one difference.
        let mut rows = vec![0u32; (w + 1) * h];
        let mut columns = vec![0u32; (h + 1) * w];
        for y in 0..h {
            for x in 0..w {
                rows[y * (w + 1) + x + 1] = rows[y * (w + 1) + x] + dark(x, y);
                columns[x * (h + 1) + y + 1] = columns[x * (h + 1) + y] + dark(x, y);
            }
        }
        let row = |y: usize, x: usize, n: usize| {
            (rows[y * (w + 1) + x + n] - rows[y * (w + 1) + x]) as f32 / n as f32
        };
        let column = |x: usize, y: usize, n: usize| {
            (columns[x * (h + 1) + y + n] - columns[x * (h + 1) + y]) as f32 / n as f32
        };
        let mut best: Option<(f32, Square)> = None;
        for side in sides.0..=sides.1 {
            let reach = side + aside + 1;
            for y in aside..h.saturating_sub(reach) {
                for x in aside..w.saturating_sub(reach) {
                    // A stroke may be thicker than a pixel, and a little aslant.
                    let top = row(y, x, side).max(row(y + 1, x, side)) - row(y - aside, x, side);
                    if top < FAINTEST {
                        continue;
                    }
                    let left = column(x, y, side).max(column(x + 1, y, side)) - column(x - aside, y, side);
                    if left < FAINTEST {
                        continue;
                    }
                    let (b, r) = (y + side, x + side);
                    let bottom = row(b, x, side).max(row(b - 1, x, side)) - row(b + aside, x, side);
                    let right = column(r, y, side).max(column(r - 1, y, side)) - column(r + aside, y, side);
                    let strength = top.min(left).min(bottom).min(right);
                    let score = strength + 0.25 * (top + left + bottom + right);
                    if strength >= FAINTEST && best.is_none_or(|(known, _)| score > known) {
                        let rect =
                            Rect::new((x0 + x) as f64, (y0 + y) as f64, (side + 1) as f64, (side + 1) as f64);
                        best = Some((score, Square { rect, strength }));
                    }
                }
            }
        }
        best.map(|(_, square)| square)
    }

    /// The squares in several places, all of one size as one print has them; `None` where there is none.
    pub(crate) fn squares(&self, spaces: &[Rect<Restored>]) -> Vec<Option<Square>> {
        let th = f64::from(self.text_height);
        let sides = ((SIDES.0 * th).round() as usize, (SIDES.1 * th).round() as usize);
        let first: Vec<Option<Square>> = spaces.iter().map(|space| self.square(space, sides)).collect();
        let Some(clearest) = first.iter().flatten().max_by(|a, b| a.strength.total_cmp(&b.strength)).copied()
        else {
            return first;
        };
        let side = clearest.rect.w as usize - 1;
        let near = (side.saturating_sub(2).max(4), side + 2);
        spaces.iter().map(|space| self.square(space, near)).collect()
    }

    /// Share of the inside of a square that is ink, against the darkness of its sides.
    pub(crate) fn ink_inside(&self, square: &Square) -> f32 {
        let inset = (0.2 * square.rect.w).max(f64::from(2.5 * self.scale));
        let inside: Rect<Restored> = Rect::from_edges(
            square.rect.x + inset,
            square.rect.y + inset,
            square.rect.right() - inset,
            square.rect.bottom() - inset,
        )
        .clamped(self.width, self.height);
        let (x0, x1) = (inside.x as usize, inside.right() as usize);
        let level = (0.6 * square.strength).clamp(24.0, 80.0) as u8;
        let width = self.width as usize;
        let pixels = (inside.y as usize..inside.bottom() as usize)
            .flat_map(|y| self.dark.get(y * width + x0..y * width + x1).unwrap_or_default());
        let (ink, all) =
            pixels.fold((0u32, 0u32), |(ink, all), dark| (ink + u32::from(*dark > level), all + 1));
        ink as f32 / all.max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page with squares of side 20 at the given places, and a cross in those that are marked.
    fn page(squares: &[(usize, usize, bool)]) -> Structure {
        let (width, height) = (300_usize, 80_usize);
        let mut dark = vec![4_u8; width * height];
        for (x, y, cross) in squares {
            for i in 0..=20 {
                for (px, py) in [(x + i, *y), (x + i, y + 20), (*x, y + i), (x + 20, y + i)] {
                    dark[py * width + px] = 120;
                }
                if *cross && (4..17).contains(&i) {
                    dark[(y + i) * width + x + i] = 150;
                    dark[(y + i) * width + x + 20 - i] = 150;
                    dark[(y + i) * width + x + i + 1] = 150;
                }
            }
        }
        Structure {
            width: width as u32,
            height: height as u32,
            scale: 1.0,
            horizontals: Vec::new(),
            verticals: Vec::new(),
            tables: Vec::new(),
            lines: Vec::new(),
            components: Vec::new(),
            text_height: 16.0,
            dark,
        }
    }

    #[test]
    fn squares_are_found_and_the_marked_one_told() {
        let structure = page(&[(30, 25, false), (130, 27, true), (230, 24, false)]);
        let spaces = [10.0, 110.0, 210.0].map(|x| Rect::new(x, 5.0, 70.0, 60.0));
        let squares = structure.squares(&spaces);
        let places: Vec<(f64, f64)> = squares.iter().flatten().map(|s| (s.rect.x, s.rect.y)).collect();
        assert_eq!(places, [(30.0, 25.0), (130.0, 27.0), (230.0, 24.0)]);
        let shares: Vec<f32> = squares.iter().flatten().map(|s| structure.ink_inside(s)).collect();
        assert_eq!(marked(&shares), Marked::One(1), "{shares:?}");
    }

    #[test]
    fn a_stroke_or_a_letter_is_no_square() {
        let mut structure = page(&[]);
        for x in 20..60 {
            structure.dark[30 * 300 + x] = 200;
        }
        for y in 15..55 {
            structure.dark[y * 300 + 40] = 200;
        }
        assert_eq!(structure.squares(&[Rect::new(5.0, 5.0, 80.0, 65.0)]), [None]);
    }

    #[test]
    fn none_one_and_doubt() {
        assert_eq!(marked(&[0.0, 0.01, 0.02]), Marked::None);
        assert_eq!(marked(&[0.01, 0.2, 0.03]), Marked::One(1));
        assert_eq!(marked(&[0.2, 0.18, 0.0]), Marked::Doubtful);
        assert_eq!(marked(&[0.05, 0.0]), Marked::Doubtful);
        assert_eq!(marked(&[]), Marked::Doubtful);
    }
}
