//! The four edges of a photographed sheet.

use image::GrayImage;

use crate::transform::Homography;

/// Opposite edges must differ by this angle before a sheet is taken for a photographed one, in radians (1.5 degrees);
/// the edges of a flat-bed scan of an old sheet are hardly worse.
const KEYSTONE: f64 = 0.026;
/// Share of an edge's points that must lie on its line.
const STRAIGHT: f64 = 0.6;

/// A straight edge: `across = offset + slope × along`.
#[derive(Debug, Clone, Copy)]
struct Edge {
    offset: f64,
    slope: f64,
}

/// The map from a rectified sheet to the image, with the rectified size, where `mask` (255 on paper, one pixel per
/// `factor`² pixels of the image) shows four straight edges that are clearly no rectangle.
pub(crate) fn rectify(mask: &GrayImage, factor: u32) -> Option<(Homography, (u32, u32))> {
    let (w, h) = (mask.width() as usize, mask.height() as usize);
    if w < 40 || h < 40 {
        return None;
    }
    let data = mask.as_raw();
    let mut sides: [Vec<(f64, f64)>; 4] = Default::default();
    for y in 0..h {
        let row = &data[y * w..(y + 1) * w];
        if let (Some(a), Some(b)) = (row.iter().position(|&v| v != 0), row.iter().rposition(|&v| v != 0)) {
            if b - a > w / 3 {
                sides[3].push((y as f64 + 0.5, a as f64));
                sides[1].push((y as f64 + 0.5, (b + 1) as f64));
            }
        }
    }
    for x in 0..w {
        let mut column = (0..h).map(|y| data[y * w + x]);
        let first = column.clone().position(|v| v != 0);
        let last = column.rposition(|v| v != 0);
        if let (Some(a), Some(b)) = (first, last) {
            if b - a > h / 3 {
                sides[0].push((x as f64 + 0.5, a as f64));
                sides[2].push((x as f64 + 0.5, (b + 1) as f64));
            }
        }
    }
    let limits = [h, w, h, w].map(|n| n as f64);
    let mut edges = [Edge { offset: 0.0, slope: 0.0 }; 4];
    for ((edge, points), limit) in edges.iter_mut().zip(&sides).zip(limits) {
        *edge = fit(points, limit)?;
    }
    let [top, right, bottom, left] = edges;
    let keystone = (top.slope - bottom.slope).abs().max((left.slope - right.slope).abs());
    if keystone < KEYSTONE {
        return None;
    }
    let f = f64::from(factor);
    let corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
        .map(|(level, upright)| meet(level, upright, f));
    let length = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
    let width = (length(corners[0], corners[1]) + length(corners[3], corners[2])) / 2.0;
    let height = (length(corners[0], corners[3]) + length(corners[1], corners[2])) / 2.0;
    if !(width > 40.0 && height > 40.0 && width < 20_000.0 && height < 20_000.0) {
        return None;
    }
    let rectangle = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
    let map = Homography::between(rectangle, corners)?;
    Some((map, (width.ceil() as u32, height.ceil() as u32)))
}

/// The line most points lie on, or `None` where they do not lie on one, or lie on the rim of the image at 0 or
/// `limit`, where the sheet is cut off.
fn fit(points: &[(f64, f64)], limit: f64) -> Option<Edge> {
    if points.len() < 30 {
        return None;
    }
    // Slopes between points half the edge apart: their median survives torn corners.
    let half = points.len() / 2;
    let mut slopes: Vec<f64> = (0..points.len() - half)
        .map(|i| (points[i + half].1 - points[i].1) / (points[i + half].0 - points[i].0))
        .collect();
    let middle = slopes.len() / 2;
    let slope = *slopes.select_nth_unstable_by(middle, f64::total_cmp).1;
    let mut offsets: Vec<f64> = points.iter().map(|p| p.1 - slope * p.0).collect();
    let middle = offsets.len() / 2;
    let offset = *offsets.select_nth_unstable_by(middle, f64::total_cmp).1;
    let mut edge = Edge { offset, slope };
    let mut near = 0;
    for reach in [4.0, 2.5, 1.8] {
        let kept: Vec<&(f64, f64)> =
            points.iter().filter(|p| (p.1 - edge.offset - edge.slope * p.0).abs() < reach).collect();
        near = kept.len();
        let n = near as f64;
        if near < 20 {
            return None;
        }
        let (mx, my) = (kept.iter().map(|p| p.0).sum::<f64>() / n, kept.iter().map(|p| p.1).sum::<f64>() / n);
        let xx: f64 = kept.iter().map(|p| (p.0 - mx).powi(2)).sum();
        let xy: f64 = kept.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
        edge.slope = xy / xx.max(1e-9);
        edge.offset = my - edge.slope * mx;
    }
    let on_rim = points.iter().filter(|p| p.1 < 2.0 || p.1 > limit - 2.0).count();
    let enough = near as f64 >= STRAIGHT * points.len() as f64 && on_rim * 5 < points.len();
    (enough && edge.slope.abs() < 0.5).then_some(edge)
}

/// Where an edge over x meets one over y, in pixels of the image.
fn meet(level: Edge, upright: Edge, factor: f64) -> (f64, f64) {
    let y = (level.offset + level.slope * upright.offset) / (1.0 - level.slope * upright.slope);
    ((upright.offset + upright.slope * y) * factor, y * factor)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use image::Luma;

    use super::*;

    fn photographed(spread: f64) -> GrayImage {
        // Left and right edges lean by `spread` pixels over the height; a corner is torn off.
        GrayImage::from_fn(300, 400, |x, y| {
            let (x, y) = (f64::from(x), f64::from(y));
            let lean = spread * y / 400.0;
            let inside = x > 40.0 - lean && x < 260.0 + lean && y > 30.0 && y < 370.0 && x + y > 110.0;
            Luma([if inside { 255 } else { 0 }])
        })
    }

    #[test]
    fn a_keystone_is_rectified_in_spite_of_a_torn_corner() {
        let (map, (w, h)) = rectify(&photographed(30.0), 4).unwrap();
        let (x, y) = map.apply(0.0, 0.0);
        assert!((x - 4.0 * (40.0 - 30.0 * 30.0 / 400.0)).abs() < 8.0 && (y - 120.0).abs() < 8.0, "{x},{y}");
        let (x, y) = map.apply(f64::from(w), f64::from(h));
        assert!(
            (x - 4.0 * (260.0 + 30.0 * 370.0 / 400.0)).abs() < 8.0 && (y - 1480.0).abs() < 8.0,
            "{x},{y}"
        );
    }

    #[test]
    fn a_rectangle_is_left_alone() {
        assert!(rectify(&photographed(0.0), 4).is_none());
        assert!(rectify(&GrayImage::from_pixel(300, 400, Luma([255])), 4).is_none());
    }
}
