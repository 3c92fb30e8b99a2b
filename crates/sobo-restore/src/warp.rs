//! Resampling an image through a smooth map.

use image::GrayImage;

use crate::raster;

/// Distance of the points at which the map itself is evaluated; between them it is interpolated.
const STEP: usize = 16;

/// An image of `width` × `height` whose pixel at `(x, y)` (centres at `.5`) is `source` at `map(x, y)`; `outside`
/// where that lies off the source. `map` must be smooth over 16 pixels.
pub(crate) fn warp(
    source: &GrayImage,
    (width, height): (u32, u32),
    outside: u8,
    map: impl Fn(f64, f64) -> (f64, f64),
) -> GrayImage {
    let (w, h) = (width as usize, height as usize);
    let (sw, sh) = (source.width() as usize, source.height() as usize);
    let mut out = GrayImage::from_pixel(width, height, image::Luma([outside]));
    if sw == 0 || sh == 0 || w == 0 || h == 0 {
        return out;
    }
    let data = source.as_raw();
    let nodes = w.div_ceil(STEP) + 1;
    let node_row = |y: usize| -> Vec<(f32, f32)> {
        (0..nodes)
            .map(|i| {
                let (x, y) = map((i * STEP) as f64 + 0.5, y as f64 + 0.5);
                (x as f32, y as f32)
            })
            .collect()
    };
    let mut top = node_row(0);
    let mut bottom = top.clone();
    for (y, row) in out.as_mut().chunks_exact_mut(w).enumerate() {
        let within = y % STEP;
        if within == 0 {
            top = if y == 0 { top } else { bottom };
            bottom = node_row(y + STEP);
        }
        let fy = within as f32 / STEP as f32;
        for (i, block) in row.chunks_mut(STEP).enumerate() {
            let lerp = |a: (f32, f32), b: (f32, f32)| (a.0 + (b.0 - a.0) * fy, a.1 + (b.1 - a.1) * fy);
            let (from, to) = (lerp(top[i], bottom[i]), lerp(top[i + 1], bottom[i + 1]));
            let step = ((to.0 - from.0) / STEP as f32, (to.1 - from.1) / STEP as f32);
            let last = (from.0 + step.0 * STEP as f32, from.1 + step.1 * STEP as f32);
            let inside =
                |p: (f32, f32)| p.0 >= 0.5 && p.1 >= 0.5 && p.0 < sw as f32 - 1.5 && p.1 < sh as f32 - 1.5;
            if inside(from) && inside(last) {
                interpolate(data, sw, from, step, block);
                continue;
            }
            for (j, pixel) in block.iter_mut().enumerate() {
                let (x, y) = (from.0 + step.0 * j as f32, from.1 + step.1 * j as f32);
                if x >= 0.0 && y >= 0.0 && x < sw as f32 && y < sh as f32 {
                    *pixel = (raster::bilinear(data, sw, sh, x, y) + 0.5) as u8;
                }
            }
        }
    }
    out
}

/// Fills a run of pixels wholly inside the source, in fixed point.
fn interpolate(data: &[u8], width: usize, from: (f32, f32), step: (f32, f32), out: &mut [u8]) {
    const ONE: f32 = 65_536.0;
    let (mut x, mut y) = (((from.0 - 0.5) * ONE) as u32, ((from.1 - 0.5) * ONE) as u32);
    let (dx, dy) = ((step.0 * ONE) as i32, (step.1 * ONE) as i32);
    for pixel in out {
        let at = (y >> 16) as usize * width + (x >> 16) as usize;
        let (fx, fy) = ((x >> 8) & 255, (y >> 8) & 255);
        if let Some(patch) = data.get(at..at + width + 2) {
            let v = |i: usize| u32::from(patch[i]);
            let top = v(0) * (256 - fx) + v(1) * fx;
            let bottom = v(width) * (256 - fx) + v(width + 1) * fx;
            *pixel = ((top * (256 - fy) + bottom * fy + 32_768) >> 16) as u8;
        }
        x = x.wrapping_add_signed(dx);
        y = y.wrapping_add_signed(dy);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn the_identity_copies_and_a_shift_shifts() {
        let image = GrayImage::from_fn(50, 37, |x, y| Luma([(x * 5 + y) as u8]));
        assert_eq!(warp(&image, (50, 37), 0, |x, y| (x, y)), image);
        let shifted = warp(&image, (50, 37), 9, |x, y| (x + 3.0, y - 2.0));
        assert_eq!(shifted.get_pixel(10, 10), image.get_pixel(13, 8));
        assert_eq!(shifted.get_pixel(48, 10).0[0], 9);
        assert_eq!(shifted.get_pixel(10, 1).0[0], 9);
    }
}
