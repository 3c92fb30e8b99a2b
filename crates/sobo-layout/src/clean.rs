//! Takes rulings and leaders out of the ink, and what is left of them out of the components.

use crate::component::Component;
use crate::raster::Page;
use crate::ruling::{Ruling, Stroke};

/// Clears the thin stretches of ink on every ruling; strokes of writing that cross one stay whole.
pub(crate) fn remove_rulings(page: &mut Page, horizontals: &[Ruling], verticals: &[Ruling]) {
    let (w, h) = (page.width, page.height);
    for ruling in horizontals {
        let thick = page.px(if ruling.stroke == Stroke::Solid { 5.0 } else { 4.0 }).round() as usize;
        let (a, b) = (ruling.start.max(0.0) as usize, (ruling.end as usize).min(w.saturating_sub(1)));
        for x in a..=b {
            let y = ruling.at(x as f32).round();
            if y >= 0.0 && (y as usize) < h {
                clear_run(&mut page.ink, x, w, y as usize, h, thick);
            }
        }
    }
    for ruling in verticals {
        let thick = page.px(5.0).round() as usize;
        let (a, b) = (ruling.start.max(0.0) as usize, (ruling.end as usize).min(h.saturating_sub(1)));
        for y in a..=b {
            let x = ruling.at(y as f32).round();
            if x >= 0.0 && (x as usize) < w {
                clear_run(&mut page.ink, y * w, 1, x as usize, w, thick);
            }
        }
    }
}

/// Clears the run of ink through `at` (or one pixel beside it) if it is at most `thick` long.
/// Pixel `i` of the row or column is `ink[base + i * stride]`.
fn clear_run(ink: &mut [u8], base: usize, stride: usize, at: usize, length: usize, thick: usize) {
    let low = at.saturating_sub(1);
    for centre in low..=(at + 1).min(length - 1) {
        if ink[base + centre * stride] == 0 {
            continue;
        }
        let mut first = centre;
        while first > 0 && ink[base + (first - 1) * stride] != 0 && centre - first <= thick {
            first -= 1;
        }
        let mut last = centre;
        while last + 1 < length && ink[base + (last + 1) * stride] != 0 && last - centre <= thick {
            last += 1;
        }
        if last - first < thick {
            for i in first..=last {
                ink[base + i * stride] = 0;
            }
        }
    }
}

/// Whether a component is a remnant of a ruling, a dot of a leader or a speck.
pub(crate) fn is_remnant(c: &Component, page: &Page, horizontals: &[Ruling], verticals: &[Ruling]) -> bool {
    let (cw, ch) = (c.width() as f32, c.height() as f32);
    if cw.max(ch) < page.px(2.5) {
        return true;
    }
    if ch <= page.px(4.5) && cw <= page.px(6.0) || ch <= page.px(5.5) && cw > 3.0 * ch {
        for ruling in horizontals {
            if ruling.start - 4.0 <= c.cx() && c.cx() <= ruling.end + 4.0 {
                let off = (ruling.at(c.cx()) - c.cy()).abs();
                if off <= page.px(3.0) {
                    return true;
                }
            }
        }
    }
    if cw <= page.px(5.5) && (ch > 2.5 * cw || ch <= page.px(4.5)) {
        for ruling in verticals {
            if ruling.start - 4.0 <= c.cy() && c.cy() <= ruling.end + 4.0 {
                let off = (ruling.at(c.cy()) - c.cx()).abs();
                if off <= page.px(4.0) {
                    return true;
                }
            }
        }
    }
    false
}
