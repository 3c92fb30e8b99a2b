//! What is written in a cell of a ledger: its lines, or a ditto mark.

use sobo_core::{Rect, Restored};

use crate::component::Component;
use crate::contact::parted;
use crate::line::{TextLine, bounds, in_box};
use crate::writing::writing;

use super::Columns;

/// Least height of a ditto mark, in heights of letters.
const LEAST: f64 = 0.16;

impl Columns<'_> {
    /// Lines of writing in a cell, as boxes to read.
    pub(super) fn written(&self, cell: &Rect<Restored>) -> Vec<Rect<Restored>> {
        let th = f64::from(self.structure.text_height);
        let inner = Rect::from_edges(
            cell.x + 0.1 * th,
            cell.y + 0.1 * th,
            cell.right() - 0.1 * th,
            cell.bottom() - 0.1 * th,
        );
        let within = self.structure.components.iter().copied().filter(|c| {
            let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
            x > inner.x && x < inner.right() && y > inner.y && y < inner.bottom()
        });
        let pieces = parted(self.structure, within);
        let mut lines = in_box(&inner, &pieces, self.structure.text_height);
        lines.retain(|line| writing(&line.components, th).is_some());
        self.leave_out_dirt(&mut lines);
        if lines.is_empty() {
            return self.ditto(&inner).into_iter().collect();
        }
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

    /// A ditto mark alone in a cell: two short strokes side by side, too small for writing. The box
    /// is as high as a line.
    fn ditto(&self, cell: &Rect<Restored>) -> Option<Rect<Restored>> {
        let s = self.structure;
        let th = f64::from(s.text_height);
        let inside = || {
            s.components.iter().filter(|c| {
                let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
                x > cell.x && x < cell.right() && y > cell.y && y < cell.bottom()
            })
        };
        let main = inside().filter(|c| f64::from(c.height()) >= LEAST * th).max_by_key(|c| c.area)?;
        let near = bounds(main).grown(0.6 * th, 0.2 * th);
        let mark = inside()
            .map(bounds)
            .filter(|b| {
                let c = b.centre();
                c.x > near.x && c.x < near.right() && c.y > near.y && c.y < near.bottom()
            })
            .reduce(|a, b| a.union(&b))?;
        // Dirt comes in swarms.
        let apart = |c: &&Component| {
            let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
            x < mark.x || x > mark.right() || y < mark.y || y > mark.bottom()
        };
        let others = inside().filter(|c| c.area * 4 > main.area).filter(apart);
        let size = mark.w < 1.4 * th && mark.w > 0.15 * th && mark.h < 1.2 * th && mark.h > LEAST * th;
        // Of a mark this small the two strokes run together: alone in its cell it is left to the reader.
        let tiny = mark.w < 0.5 * th && mark.h < 0.5 * th && mark.w > 0.4 * mark.h;
        let strokes =
            || if tiny { inside().filter(|c| c.area > 2).count() <= 2 } else { self.two_strokes(&mark) };
        if !size || others.count() > 0 || !strokes() {
            return None;
        }
        let half = (0.9 * th).max(0.5 * mark.h + 0.25 * th);
        let y = mark.centre().y;
        Some(Rect::from_edges(mark.x - 0.7 * th, y - half, mark.right() + 0.7 * th, y + half))
    }

    /// Whether most rows of a mark cross two strokes with a blank between them.
    fn two_strokes(&self, mark: &Rect<Restored>) -> bool {
        let s = self.structure;
        let rect = mark.clamped(s.width, s.height);
        let (x0, x1) = (rect.x as usize, rect.right().ceil() as usize);
        let (y0, y1) = (rect.y as usize, rect.bottom().ceil() as usize);
        let width = s.width as usize;
        let rows =
            || (y0..y1.min(s.height as usize)).map(|y| &s.dark[y * width + x0..y * width + x1.min(width)]);
        let high = rows().flatten().copied().max().unwrap_or(0);
        let crossing = rows().filter(|row| {
            let valley = |i: usize| {
                let (left, right) = (row[..i].iter().max(), row[i + 1..].iter().max());
                let ridge = left.copied().unwrap_or(0).min(right.copied().unwrap_or(0));
                ridge > high / 3 && u32::from(row[i]) * 10 < u32::from(ridge) * 7
            };
            row.len() >= 3 && (1..row.len() - 1).any(valley)
        });
        crossing.count() * 2 >= y1.saturating_sub(y0).max(1)
    }

    /// Leaves out what is no line of a cell's writing: beside real writing a few marks are dirt, and
    /// a last short line stands close under the others, at their left edge.
    fn leave_out_dirt(&self, lines: &mut Vec<TextLine>) {
        let th = f64::from(self.structure.text_height);
        let ink = |line: &TextLine| line.components.iter().map(|c| c.area).sum::<u32>();
        let Some(main) = lines.iter().max_by_key(|line| ink(line)).cloned() else { return };
        let most = ink(&main);
        let others: Vec<Rect<Restored>> = lines.iter().map(|line| line.bbox).collect();
        // The last word of a value, be it one letter, stands under the beginning of the line before.
        let drawn = |line: &TextLine| {
            let letters = line.components.iter().filter(|c| {
                let (w, h) = (f64::from(c.width()), f64::from(c.height()));
                (0.55 * th..2.5 * th).contains(&h) && w < 3.0 * th && f64::from(c.area) < 0.6 * w * h
            });
            letters.count()
        };
        let last_word = |line: &TextLine| {
            let under = |other: &Rect<Restored>| {
                let down = line.bbox.centre().y - other.centre().y;
                other.w > 3.0 * th
                    && (0.9 * th..3.6 * th).contains(&down)
                    && (line.bbox.x - other.x).abs() < 1.2 * th
            };
            drawn(line) > 0 && others.iter().any(under)
        };
        lines.retain(|line| ink(line) * 8 >= most || line.bbox.w > 2.5 * th || last_word(line));
        let long = |line: &TextLine| line.bbox.w >= 3.0 * th || line.bbox == main.bbox;
        let longs: Vec<Rect<Restored>> = lines.iter().filter(|l| long(l)).map(|l| l.bbox).collect();
        lines.retain(|line| {
            let near = |other: &Rect<Restored>| {
                let away = (line.bbox.centre().y - other.centre().y).abs();
                away < 2.0 * other.h.max(1.6 * th)
                    && line.bbox.x - other.x < 0.45 * other.w.max(4.0 * th)
                    && other.x - line.bbox.x < 2.5 * th
            };
            // A number apart from the word that belongs to it, one under the other.
            let letters = drawn(line) >= 2 && drawn(line) * 2 > line.components.len();
            let column = |other: &Rect<Restored>| {
                (line.bbox.centre().y - other.centre().y).abs() < 5.0 * th
                    && (line.bbox.x - other.x).abs() < 1.5 * th
            };
            long(line) || longs.iter().any(near) || letters && longs.iter().any(column)
        });
    }
}
