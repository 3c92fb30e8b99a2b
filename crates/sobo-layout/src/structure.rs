//! What is on a page before anything is read: rulings, tables, lines of text.

use sobo_core::{Rect, Restored};

use crate::clean;
use crate::component::{self, Component};
use crate::contact;
use crate::line::{self, TextLine};
use crate::raster::Page;
use crate::ruling::{self, Ruling, Stroke};
use crate::table::{self, Table};

/// Everything that was found on a page by its shape alone.
#[derive(Debug, Clone)]
pub struct Structure {
    /// Width of the restored page in pixels.
    pub width: u32,
    /// Height of the restored page in pixels.
    pub height: u32,
    /// Restored pixels per pixel at 150 dpi.
    pub scale: f32,
    /// Horizontal rulings and leaders, left to right.
    pub horizontals: Vec<Ruling>,
    /// Vertical rulings, top to bottom.
    pub verticals: Vec<Ruling>,
    /// Ruled tables, left to right.
    pub tables: Vec<Table>,
    /// Lines of text outside tables, in reading order.
    pub lines: Vec<TextLine>,
    /// Pieces of ink that are no rulings.
    pub components: Vec<Component>,
    /// Common height of a letter.
    pub text_height: f32,
    /// Darkness of the page, row by row.
    pub(crate) dark: Vec<u8>,
}

/// Finds rulings, tables and text lines.
pub fn analyse(mut page: Page) -> Structure {
    let mut horizontals = ruling::horizontal(&page);
    let verticals = ruling::vertical(&page);
    take_for_leaders(&page, &mut horizontals, &verticals);
    clean::remove_rulings(&mut page, &horizontals, &verticals);
    let all = component::components(&page);
    let components: Vec<Component> =
        all.into_iter().filter(|c| !clean::is_remnant(c, &page, &horizontals, &verticals)).collect();
    let text_height = text_height(&page, &components);
    let mut tables = table::find(&page, &horizontals, &verticals);
    table::open_rows(&mut tables, &components, text_height);
    // A frame crossed by folds makes cells too; but no leader runs over the lines of a table.
    tables.retain(|t| {
        let b = t.bbox();
        let over = horizontals.iter().filter(|r| {
            let (x, y) = (f64::from((r.start + r.end) / 2.0), f64::from(r.middle()));
            r.stroke == Stroke::Dotted
                && r.length() >= page.px(80.0)
                && x > b.x
                && x < b.right()
                && y > b.y
                && y < b.bottom()
                && t.verticals.iter().any(|v| {
                    let x = v.at(r.middle());
                    x > r.start + page.px(15.0) && x < r.end - page.px(15.0)
                })
        });
        t.columns() >= 4 && over.count() < 2 * t.rows()
    });
    // A fold also parts no text: writing and leaders go on over it.
    let walls: Vec<Ruling> = verticals.iter().filter(|v| is_wall(&page, v, &horizontals)).cloned().collect();
    let boxes: Vec<Rect<Restored>> = tables.iter().map(Table::bbox).collect();
    let outside = |c: &&Component| {
        let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
        !boxes.iter().any(|b| x > b.x && x < b.right() && y > b.y && y < b.bottom())
    };
    let open: Vec<Component> = components.iter().filter(outside).copied().collect();
    let leaders: Vec<Ruling> = horizontals
        .iter()
        .filter(|r| {
            let (x, y) = (f64::from((r.start + r.end) / 2.0), f64::from(r.middle()));
            !boxes.iter().any(|b| x > b.x && x < b.right() && y > b.y && y < b.bottom())
        })
        .cloned()
        .collect();
    let text = |walls: &[Ruling]| {
        let mut free = Vec::new();
        let mut lines = line::on_leaders(&page, &leaders, walls, &open, text_height, &mut free);
        lines.extend(line::chained(&page, walls, &free, text_height));
        lines
    };
    let mut lines = text(&walls);
    // A margin may be set apart by nothing but the edge that all labels keep.
    if let Some(edge) = margin(&lines, text_height) {
        let mut with_edge = walls.clone();
        with_edge.push(edge);
        lines = text(&with_edge);
    }
    lines.sort_by(|a, b| {
        let centre = |l: &TextLine| f64::from(l.band.0 + l.band.1) / 2.0;
        // Walls that lean or come in pieces still bound one zone.
        let zone = |l: &TextLine| (l.limits.0 / (0.05 * page.width as f32)).round();
        (zone(a), centre(a), a.bbox.x)
            .partial_cmp(&(zone(b), centre(b), b.bbox.x))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    Structure {
        width: page.width as u32,
        height: page.height as u32,
        scale: page.scale,
        horizontals,
        verticals,
        tables,
        lines,
        components,
        text_height,
        dark: page.dark,
    }
}

impl Structure {
    /// Lines of writing inside a box such as a table's cell, top to bottom.
    pub fn lines_in(&self, cell: &Rect<Restored>) -> Vec<TextLine> {
        let inside = self.components.iter().copied().filter(|c| {
            let (x, y) = (f64::from(c.cx()), f64::from(c.cy()));
            x > cell.x && x < cell.right() && y > cell.y && y < cell.bottom()
        });
        line::in_box(cell, &contact::parted(self, inside), self.text_height)
    }

    /// A box of writing, made wider by what is too faint for the binarisation but goes on from it.
    pub(crate) fn grown_to_faint(&self, rect: &Rect<Restored>, x0: f64, x1: f64) -> Rect<Restored> {
        let th = f64::from(self.text_height);
        let (w, h) = (self.width as usize, self.height as usize);
        let (left, right) = ((x0.max(0.0)) as usize, (x1.max(0.0) as usize).min(w));
        // The lowest part may hold the dots of a leader.
        let (top, bottom) =
            ((rect.y + 0.1 * rect.h).max(0.0) as usize, ((rect.bottom() - 0.28 * rect.h) as usize).min(h));
        if right <= left + 2 || bottom <= top + 2 {
            return *rect;
        }
        let mut means = vec![0f32; right - left];
        for y in top..bottom {
            for (mean, dark) in means.iter_mut().zip(&self.dark[y * w + left..y * w + right]) {
                *mean += f32::from((*dark).min(110));
            }
        }
        let rows = (bottom - top) as f32;
        means.iter_mut().for_each(|m| *m /= rows);
        let mut sorted = means.clone();
        sorted.sort_by(f32::total_cmp);
        let base = sorted[sorted.len() / 5];
        let inside = |x: f64| ((x - left as f64).max(0.0) as usize).min(means.len() - 1);
        let (a, b) = (inside(rect.x), inside(rect.right()));
        let strong = means[a..=b].iter().sum::<f32>() / (b - a + 1) as f32 - base;
        let threshold = base + (0.22 * strong).max(2.5);
        let patience = (0.9 * th) as usize;
        let reach = |steps: &mut dyn Iterator<Item = usize>| {
            let (mut last, mut blank) = (None, 0);
            for i in steps.take((7.0 * th) as usize) {
                if means[i] > threshold {
                    last = Some(i);
                    blank = 0;
                } else {
                    blank += 1;
                    if blank > patience {
                        break;
                    }
                }
            }
            last
        };
        let mut grown = *rect;
        if let Some(i) = reach(&mut (b..means.len())) {
            grown.w = (left + i) as f64 + 0.3 * th - grown.x;
        }
        if let Some(i) = reach(&mut (0..=a).rev()) {
            let x = (left + i) as f64 - 0.3 * th;
            if x < grown.x {
                grown.w += grown.x - x;
                grown.x = x;
            }
        }
        grown.w = grown.w.max(rect.right() - grown.x);
        grown
    }
}

/// The edge at which most lines have a stretch of ink begin, if other text stands left of it beyond a blank.
fn margin(lines: &[TextLine], text_height: f32) -> Option<Ruling> {
    let th = f64::from(text_height);
    let begins = |line: &TextLine, x: f64| line.slots.iter().any(|s| (s.ink.x - x).abs() < 1.5 * th);
    let near = |x: f64| lines.iter().filter(|line| begins(line, x)).count();
    let starts = lines.iter().flat_map(|line| line.slots.iter().map(|slot| slot.ink.x));
    let common = starts.max_by_key(|x| (near(*x), -(x.round() as i64)))?;
    if near(common) < 6 {
        return None;
    }
    let (top, bottom) = lines
        .iter()
        .filter(|line| begins(line, common))
        .fold((f64::MAX, f64::MIN), |(a, b), l| (a.min(l.bbox.y), b.max(l.bbox.bottom())));
    let within = |line: &&TextLine| {
        let y = line.bbox.centre().y;
        y > top - th && y < bottom && !line.slots.is_empty()
    };
    let aside = |line: &TextLine| {
        line.slots.first().is_some_and(|s| s.ink.x < common - 6.0 * th && s.ink.w > 1.5 * th)
    };
    let body = |line: &&TextLine| begins(line, common) || !aside(line);
    let (beside, all) = (
        lines.iter().filter(within).filter(|line| aside(line)).count(),
        lines.iter().filter(within).filter(body).count(),
    );
    if beside < 2 || near(common) * 10 < all * 6 {
        return None;
    }
    let x = (common - 1.1 * th) as f32;
    let (start, end) = ((top - 2.0 * th).max(0.0) as f32, (bottom + th) as f32);
    Some(Ruling::upright(x, start, end))
}

/// Some prints give solid lines to write on: many lines that begin free, behind a label, and cross
/// no column lines. They serve as leaders, and what looked dotted among them was lettering.
fn take_for_leaders(page: &Page, horizontals: &mut Vec<Ruling>, verticals: &[Ruling]) {
    // What is left of the row lines of a ledger begins anywhere.
    let grids: Vec<Rect<Restored>> = table::find(page, horizontals, verticals)
        .iter()
        .filter(|t| t.columns() >= 5 && t.rows() >= 3)
        .map(|t| t.bbox().grown(f64::from(page.px(12.0)), f64::from(page.px(12.0))))
        .collect();
    let in_grid = |r: &Ruling| {
        let (x, y) = (f64::from((r.start + r.end) / 2.0), f64::from(r.middle()));
        grids.iter().any(|b| x > b.x && x < b.right() && y > b.y && y < b.bottom())
    };
    let tall = |v: &&Ruling| v.length() > page.px(100.0);
    let begins_free = |r: &Ruling| {
        let (x, y) = (r.start, r.at(r.start));
        !verticals.iter().filter(tall).any(|v| {
            y > v.start - page.px(12.0) && y < v.end + page.px(12.0) && (v.at(y) - x).abs() < page.px(12.0)
        })
    };
    let crossed = |r: &Ruling| {
        let over = verticals.iter().filter(tall).filter(|v| {
            let x = v.at(r.middle());
            let y = r.at(x);
            x > r.start + page.px(12.0) && x < r.end - page.px(12.0) && y > v.start && y < v.end
        });
        over.count() >= 2
    };
    let free: Vec<bool> = horizontals
        .iter()
        .map(|r| {
            r.stroke == Stroke::Solid
                && r.length() < 0.88 * page.width as f32
                && begins_free(r)
                && !crossed(r)
                && !in_grid(r)
        })
        .collect();
    let length = |wanted: &dyn Fn(usize, &Ruling) -> bool| -> f32 {
        horizontals.iter().enumerate().filter(|(i, r)| wanted(*i, r)).map(|(_, r)| r.length()).sum()
    };
    let solid = length(&|i, _| free[i]);
    let dotted = length(&|_, r| r.stroke == Stroke::Dotted);
    if free.iter().filter(|f| **f).count() < 7 || solid < 1.5 * dotted {
        return;
    }
    let mut index = 0;
    horizontals.retain_mut(|r| {
        let is_free = free[index];
        index += 1;
        let keep = is_free || r.stroke == Stroke::Solid;
        if is_free {
            r.stroke = Stroke::Dotted;
        }
        keep
    });
}

/// Whether a vertical ruling divides the page: long, and not crossed by leaders.
fn is_wall(page: &Page, vertical: &Ruling, horizontals: &[Ruling]) -> bool {
    let beyond = page.px(18.0);
    let crossing = horizontals.iter().filter(|r| {
        let x = vertical.at(r.middle());
        r.stroke == Stroke::Dotted
            && x > r.start + beyond
            && x < r.end - beyond
            && r.at(x) > vertical.start
            && r.at(x) < vertical.end
    });
    let x = vertical.middle() / page.width.max(1) as f32;
    // Frames at the rim part nothing.
    (0.08..0.92).contains(&x) && vertical.length() >= 0.22 * page.height as f32 && crossing.count() < 2
}

/// Median height of the components that may be letters.
fn text_height(page: &Page, components: &[Component]) -> f32 {
    let mut heights: Vec<u32> = components
        .iter()
        .filter(|c| {
            let (w, h) = (c.width() as f32, c.height() as f32);
            h >= page.px(6.0) && h <= page.px(45.0) && w >= page.px(2.0) && w <= 8.0 * h
        })
        .map(Component::height)
        .collect();
    if heights.is_empty() {
        return page.px(14.0);
    }
    let middle = heights.len() / 2;
    heights.select_nth_unstable(middle);
    (heights[middle] as f32).clamp(page.px(7.0), page.px(30.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Slot;

    fn line(y: f64, xs: &[f64]) -> TextLine {
        let slot = |x: &f64| Slot { ink: Rect::new(*x, y, 80.0, 20.0), leader: None, unlabelled: false };
        let slots: Vec<Slot> = xs.iter().map(slot).collect();
        let bbox = slots.iter().map(|s| s.ink).reduce(|a, b| a.union(&b)).unwrap_or_default();
        TextLine {
            bbox,
            band: (y as f32, y as f32 + 20.0),
            limits: (0.0, 900.0),
            slots,
            components: Vec::new(),
            ruled: false,
        }
    }

    #[test]
    fn a_margin_is_told_by_the_edge_of_the_labels_alone() {
        // The number beside the first label, a name and a note beside others.
        let mut lines: Vec<TextLine> =
            (0..8).map(|i| line(100.0 + 50.0 * f64::from(i), &[300.0, 520.0])).collect();
        lines[0] = line(100.0, &[60.0, 300.0, 520.0]);
        lines.push(line(160.0, &[62.0]));
        lines.push(line(320.0, &[60.0]));
        let edge = margin(&lines, 16.0).map(|edge| edge.middle());
        assert!(edge.is_some_and(|x| (260.0..300.0).contains(&x)), "{edge:?}");
        // Labels at the left alone have none.
        let plain: Vec<TextLine> =
            (0..8).map(|i| line(100.0 + 50.0 * f64::from(i), &[60.0, 520.0])).collect();
        assert!(margin(&plain, 16.0).is_none());
    }
}
