//! Line images of verified fields, cut from the restored page just as the reader sees them.

use image::{DynamicImage, GrayImage};
use sobo_core::{Original, Rect, Restored};
use sobo_restore::{Restoration, Transform};

use crate::field_box::rows;
use crate::page::PageSettings;

/// Rounds that find the restored box behind an original's.
const ROUNDS: usize = 12;

/// Cuts the lines of each field out of a page, top to bottom: `place` is the field's box, `lines` the boxes of its lines,
/// sought inside `place` where there are none. A field of which nothing can be cut gives no image.
///
/// The page is restored once for all fields.
pub fn cut_lines(
    image: &DynamicImage,
    dpi: Option<f64>,
    fields: &[(Rect<Original>, &[Rect<Original>])],
    settings: &PageSettings,
) -> Vec<Vec<GrayImage>> {
    let restoration = sobo_restore::restore(image, dpi, &settings.restore);
    fields
        .iter()
        .map(|(place, lines)| {
            let boxes: Vec<Rect<Restored>> = if lines.is_empty() {
                let place = restored_box(&restoration.transform, *place);
                let found = rows(&restoration, place);
                // Nothing written stands there: the place itself shows it.
                if found.is_empty() { vec![place] } else { found }
            } else {
                lines.iter().map(|line| restored_box(&restoration.transform, *line)).collect()
            };
            boxes.into_iter().filter_map(|rect| crop(&restoration, rect, settings.read.height)).collect()
        })
        .collect()
}

fn crop(restoration: &Restoration, rect: Rect<Restored>, height: u32) -> Option<GrayImage> {
    let whole = rect.w.is_finite() && rect.h.is_finite() && rect.w >= 2.0 && rect.h >= 2.0;
    whole.then(|| restoration.crop(rect, height))
}

/// The restored box whose outline on the original fills `bbox`: what was cut when the line was read.
///
/// The box on the original stands upright around a line that may lie askew there; going back with an upright box around
/// that one would grow it twice, into the lines above and below. So width and height are sought that lead to `bbox`.
fn restored_box(transform: &Transform, bbox: Rect<Original>) -> Rect<Restored> {
    let outer = transform.rect_to_restored(bbox);
    let centre = transform.to_restored(bbox.centre());
    let scale = transform.scale_at(centre).max(1e-6);
    let (mut w, mut h) = (bbox.w / scale, bbox.h / scale);
    if transform.orientation().swaps_sides() {
        (w, h) = (h, w);
    }
    let (least_w, least_h) = (0.3 * w, 0.3 * h);
    for _ in 0..ROUNDS {
        let got = transform.rect_to_original(Rect::new(centre.x - w / 2.0, centre.y - h / 2.0, w, h));
        let (mut dw, mut dh) = ((bbox.w - got.w) / scale, (bbox.h - got.h) / scale);
        if transform.orientation().swaps_sides() {
            (dw, dh) = (dh, dw);
        }
        w = (w + dw).max(least_w);
        h = (h + dh).max(least_h);
        if dw.abs().max(dh.abs()) < 0.05 {
            break;
        }
    }
    let found = Rect::new(centre.x - w / 2.0, centre.y - h / 2.0, w, h);
    if found.w.is_finite() && found.h.is_finite() { found } else { outer }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use sobo_core::Point;
    use sobo_restore::{Homography, Orientation};

    use super::*;

    /// A page that lies askew by `degrees`.
    fn askew(degrees: f64) -> Transform {
        let (s, c) = degrees.to_radians().sin_cos();
        let at = |x: f64, y: f64| (c * x - s * y + 60.0, s * x + c * y + 20.0);
        let from = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 1400.0), (0.0, 1400.0)];
        let to = from.map(|(x, y)| at(x, y));
        let upright = Homography::between(from, to).unwrap();
        Transform::new((1200, 1600), (1000, 1400), Orientation::Upright, upright, None).unwrap()
    }

    #[test]
    fn a_line_of_a_crooked_page_comes_back_as_it_was_cut() {
        let transform = askew(1.5);
        let line = Rect::new(200.0, 500.0, 700.0, 40.0);
        let kept = transform.rect_to_original(line);
        assert!(kept.h > 55.0, "the box on the original is higher than the line: {kept:?}");
        let back = restored_box(&transform, kept);
        for (got, want) in [(back.x, line.x), (back.y, line.y), (back.w, line.w), (back.h, line.h)] {
            assert!((got - want).abs() < 1.5, "{back:?} is not {line:?}");
        }
        assert!(
            transform.rect_to_restored(kept).h > 70.0,
            "an upright box around it would hold its neighbours"
        );
        let middle = transform.to_original(Point::new(550.0, 520.0));
        assert!((middle.x - kept.centre().x).abs() < 1.0);
    }
}
