//! Clearing what shows through from the other side of the sheet.

use image::GrayImage;

use crate::background::FLAT_PAPER;
use crate::raster;

/// Darkness that paper grain may have, and share of the darkest ink nearby below which strokes are taken for showing
/// through.
const GRAIN: f32 = 9.0;
const SHOWING: f32 = 0.2;

/// Lightens, on a flattened page of about 150 dots per inch, what is much paler than the darkest ink within some 6 mm:
/// at `SHOWING` of it and above nothing changes, below it fades with its square. Faint writing that has no dark
/// writing beside it stays as it is.
pub(crate) fn suppress(flat: &mut GrayImage) {
    const BLOCK: usize = 16;
    let (w, h) = (flat.width() as usize, flat.height() as usize);
    if w == 0 || h == 0 {
        return;
    }
    let paper = FLAT_PAPER as u8;
    let (bw, bh) = (w.div_ceil(BLOCK), h.div_ceil(BLOCK));
    let mut darkest = vec![0u8; bw * bh];
    for (y, row) in flat.as_raw().chunks_exact(w).enumerate() {
        for (d, block) in darkest[y / BLOCK * bw..][..bw].iter_mut().zip(row.chunks(BLOCK)) {
            let least = block.iter().copied().min().unwrap_or(paper);
            *d = (*d).max(paper.saturating_sub(least));
        }
    }
    let Some(darkest) = GrayImage::from_raw(bw as u32, bh as u32, darkest) else { return };
    let around = raster::box_blur(&raster::dilate(&darkest, 2), 1);
    let around = around.as_raw();
    for (y, row) in flat.as_mut().chunks_exact_mut(w).enumerate() {
        for (block, &ink) in row.chunks_mut(BLOCK).zip(&around[y / BLOCK * bw..][..bw]) {
            let limit = (f32::from(ink) * SHOWING).max(GRAIN);
            for v in block {
                let d = FLAT_PAPER - f32::from(*v);
                let kept = d * (d / limit).clamp(0.0, 1.0);
                *v = (FLAT_PAPER - if d < 0.0 { 0.0 } else { kept }) as u8;
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn pale_strokes_fade_beside_dark_ones_only() {
        let mut page = GrayImage::from_fn(900, 200, |x, y| {
            let stroke = y % 20 < 3;
            Luma([match (stroke, x) {
                (true, 0..150) if y % 40 < 3 => 60,
                (true, 0..150) => 226,
                (true, 600..) => 226,
                _ => 247,
            }])
        });
        suppress(&mut page);
        let at = |x, y| page.get_pixel(x, y).0[0];
        assert!(at(50, 41) < 62, "ink {}", at(50, 41));
        assert!(at(50, 21) > 232, "beside ink {}", at(50, 21));
        assert!(at(800, 21) < 228, "alone {}", at(800, 21));
        assert!(at(400, 100) >= 249, "grain {}", at(400, 100));
    }
}
