//! Tables that are not closed by a line at their head or foot: the ends of their column lines close them.

use crate::ruling::Ruling;

/// Fewest column lines that make a table of a page that rules no rows: folds and frames are fewer.
const COLUMN_LINES: usize = 6;

/// Adds the edges that nobody drew: where most column lines end below the last row line, and begin above the first.
///
/// Many registers rule columns and the head alone, and let the columns run out at the foot. `near` is how far the ends
/// of column lines of one table may lie apart, in pixels. Nothing is added where a row line crosses the body, where
/// there are few column lines, or where they end anywhere.
pub(crate) fn close(vs: &[Ruling], hs: &mut Vec<Ruling>, near: f32) {
    if vs.len() < COLUMN_LINES || hs.is_empty() || hs.len() > 2 {
        return;
    }
    let left = vs.iter().map(Ruling::middle).fold(f32::MAX, f32::min);
    let right = vs.iter().map(Ruling::middle).fold(f32::MIN, f32::max);
    let centre = (left + right) / 2.0;
    let ends: Vec<f32> = vs.iter().map(|v| v.end).collect();
    let starts: Vec<f32> = vs.iter().map(|v| v.start).collect();
    let Some(foot) = common(&ends, near, 4) else { return };
    // The columns of a head divided twice begin lower.
    let head = common(&starts, near, 2);
    let height = foot - head.unwrap_or(foot);
    let last = hs.iter().map(|h| h.at(centre)).fold(f32::MIN, f32::max);
    let first = hs.iter().map(|h| h.at(centre)).fold(f32::MAX, f32::min);
    if foot - last > 0.5 * height && foot - last > near {
        hs.push(Ruling::level(foot, left, right));
    }
    if let Some(head) = head.filter(|head| first - head > near) {
        hs.insert(0, Ruling::level(head, left, right));
    }
}

/// The middle of the values, where at least `quarters` − 1 of every four lie within `near` of it.
fn common(values: &[f32], near: f32, quarters: usize) -> Option<f32> {
    let middle = crate::table::median(values)?;
    let alike = values.iter().filter(|v| (*v - middle).abs() <= near).count();
    (alike * 4 >= values.len() * (quarters - 1)).then_some(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(n: usize, end: f32) -> Vec<Ruling> {
        (0..n).map(|i| Ruling::upright(100.0 * i as f32, 50.0, end + (i % 2) as f32 * 6.0)).collect()
    }

    #[test]
    fn a_table_open_at_its_foot_ends_where_its_columns_end() {
        let mut hs = vec![Ruling::level(50.0, 0.0, 700.0), Ruling::level(190.0, 0.0, 700.0)];
        close(&columns(8, 1700.0), &mut hs, 20.0);
        assert_eq!(hs.len(), 3);
        assert!((hs[2].at(300.0) - 1703.0).abs() <= 3.0);
        // The upper line of the frame may be lost too.
        let mut hs = vec![Ruling::level(190.0, 0.0, 700.0)];
        close(&columns(8, 1700.0), &mut hs, 20.0);
        assert_eq!(hs.len(), 3);
        assert!((hs[0].at(300.0) - 50.0).abs() < 1.0);
    }

    #[test]
    fn few_lines_and_lines_that_end_anywhere_make_no_table() {
        let head = || vec![Ruling::level(50.0, 0.0, 700.0), Ruling::level(190.0, 0.0, 700.0)];
        let mut hs = head();
        close(&columns(4, 1700.0), &mut hs, 20.0);
        assert_eq!(hs.len(), 2);
        let anywhere: Vec<Ruling> =
            (0..8).map(|i| Ruling::upright(100.0 * i as f32, 50.0, 800.0 + 120.0 * i as f32)).collect();
        let mut hs = head();
        close(&anywhere, &mut hs, 20.0);
        assert_eq!(hs.len(), 2);
    }
}
