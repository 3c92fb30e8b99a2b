//! The local brightness of the paper, and pages flattened by it.

use image::GrayImage;

use crate::raster;

/// Brightness that paper gets in a flattened page.
pub(crate) const FLAT_PAPER: f32 = 250.0;

/// Paper brightness on a coarse grid over an image.
#[derive(Debug, Clone)]
pub(crate) struct Background {
    level: GrayImage,
    /// Pixels of the image the level was taken from per pixel of `level`.
    factor: u32,
}

impl Background {
    /// Estimates the paper under the ink of `image`, which has about 150 dots per inch (`dpi`).
    ///
    /// A grey closing removes what is narrower than a broad pen stroke. Two sizes are used: the small one follows
    /// the rims of dried stains, which are as narrow as 2 mm, and holds where the darkening is slight; the large
    /// one is taken where something is dark enough to be ink, so that signatures and thick letters stay ink.
    pub(crate) fn estimate(image: &GrayImage, dpi: f64) -> Self {
        let factor = (dpi / 75.0).round().max(1.0) as u32;
        let small = raster::shrink(image, factor);
        // Noise would lift every closing to its brightest grain.
        let calm = raster::box_blur(&small, 1);
        let fine = raster::close(&calm, 2);
        let coarse = raster::close(&fine, 5);
        let mixed = fine
            .as_raw()
            .iter()
            .zip(coarse.as_raw())
            .map(|(&f, &c)| {
                let (f, c) = (f32::from(f), f32::from(c));
                // Strokes are gone from the fine level already; what is left and this dark is a blot of ink.
                let ink = ((0.72 - f / c.max(1.0)) / 0.12).clamp(0.0, 1.0);
                (f + (c - f) * ink) as u8
            })
            .collect();
        let mixed = GrayImage::from_raw(small.width(), small.height(), mixed).unwrap_or(coarse);
        Self { level: raster::box_blur(&mixed, 1), factor }
    }

    /// Paper brightness at a position in the image's pixels.
    #[inline]
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let f = self.factor as f32;
        raster::bilinear(
            self.level.as_raw(),
            self.level.width() as usize,
            self.level.height() as usize,
            x / f,
            y / f,
        )
    }

    /// The image divided by its paper: paper near [`FLAT_PAPER`], ink as dark as it was against its own paper.
    pub(crate) fn flatten(&self, image: &GrayImage) -> GrayImage {
        let (w, h) = (image.width() as usize, image.height() as usize);
        let mut out = vec![0u8; w * h];
        let (lw, lh) = (self.level.width() as usize, self.level.height() as usize);
        if lw == 0 || lh == 0 {
            return image.clone();
        }
        let level = self.level.as_raw();
        let f = self.factor as f32;
        let mut row_level = vec![0f32; lw];
        let mut columns = Vec::with_capacity(w);
        for x in 0..w {
            let gx = ((x as f32 + 0.5) / f - 0.5).clamp(0.0, lw as f32 - 1.0);
            let x0 = gx as usize;
            columns.push((x0 as u32, (x0 + 1).min(lw - 1) as u32, gx - x0 as f32));
        }
        for (y, (src, dst)) in image.as_raw().chunks_exact(w).zip(out.chunks_exact_mut(w)).enumerate() {
            let gy = ((y as f32 + 0.5) / f - 0.5).clamp(0.0, lh as f32 - 1.0);
            let y0 = gy as usize;
            let y1 = (y0 + 1).min(lh - 1);
            let fy = gy - y0 as f32;
            let (top, bottom) = (&level[y0 * lw..(y0 + 1) * lw], &level[y1 * lw..(y1 + 1) * lw]);
            for ((o, &a), &b) in row_level.iter_mut().zip(top).zip(bottom) {
                let v = f32::from(a) + (f32::from(b) - f32::from(a)) * fy;
                *o = FLAT_PAPER / v.max(8.0);
            }
            for ((o, &s), &(x0, x1, fx)) in dst.iter_mut().zip(src).zip(&columns) {
                let (a, b) = (row_level[x0 as usize], row_level[x1 as usize]);
                *o = (f32::from(s) * (a + (b - a) * fx)).min(255.0) as u8;
            }
        }
        GrayImage::from_raw(image.width(), image.height(), out).unwrap_or_else(|| image.clone())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn paper_becomes_even_and_strokes_stay() {
        // A shadow from left to right, a stain with a rim of 14 px, pen strokes 3 px wide.
        let image = GrayImage::from_fn(400, 300, |x, y| {
            let mut v = 240.0 - f64::from(x) * 0.25;
            let r = (f64::from(x) - 250.0).hypot(f64::from(y) - 150.0);
            if (66.0..80.0).contains(&r) {
                v *= 0.82;
            }
            if y % 40 < 3 && x > 20 {
                v *= 0.5;
            }
            Luma([v as u8])
        });
        let flat = Background::estimate(&image, 150.0).flatten(&image);
        let at = |x, y| flat.get_pixel(x, y).0[0];
        for (x, y) in [(60, 20), (200, 20), (380, 20), (250, 150), (250 + 73, 150)] {
            assert!(at(x, y) > 235, "paper at {x},{y} is {}", at(x, y));
        }
        for x in [60, 200, 380] {
            assert!(at(x, 41) < 150, "stroke at {x} is {}", at(x, 41));
        }
    }
}
