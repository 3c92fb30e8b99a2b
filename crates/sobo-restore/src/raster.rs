//! Small pixel kernels that work on whole rows, so that the compiler can vectorise them: integer shrinking,
//! running maxima and minima, box blur and bilinear reading.

use image::{GrayImage, RgbImage};

/// Mean of every `factor` × `factor` block; the last incomplete row and column of blocks are averaged over what is
/// there. A factor of 0 or 1 copies the image; factors above 256 count as 256.
pub(crate) fn shrink(image: &GrayImage, factor: u32) -> GrayImage {
    let (w, h, k) = (image.width() as usize, image.height() as usize, factor.min(256) as usize);
    if k <= 1 || w == 0 || h == 0 {
        return image.clone();
    }
    let (ow, oh) = (w.div_ceil(k), h.div_ceil(k));
    let mut out = vec![0u8; ow * oh];
    // Sums of up to 257 rows of u8 fit u16.
    let mut sums = vec![0u16; w];
    for (rows, out_row) in image.as_raw().chunks(w * k).zip(out.chunks_exact_mut(ow)) {
        sums.fill(0);
        for row in rows.chunks_exact(w) {
            for (s, &v) in sums.iter_mut().zip(row) {
                *s += u16::from(v);
            }
        }
        let n_rows = rows.len() / w;
        if (k, n_rows) == (2, 2) {
            // The usual case, without a division for each pixel.
            let (pairs, odd) = sums.as_chunks::<2>();
            for (o, [a, b]) in out_row.iter_mut().zip(pairs) {
                *o = ((a + b + 2) >> 2) as u8;
            }
            if let (Some(o), [last]) = (out_row.last_mut(), odd) {
                *o = ((last + 1) >> 1) as u8;
            }
            continue;
        }
        for (o, block) in out_row.iter_mut().zip(sums.chunks(k)) {
            let n = (block.len() * n_rows) as u32;
            *o = ((block.iter().map(|&s| u32::from(s)).sum::<u32>() + n / 2) / n) as u8;
        }
    }
    GrayImage::from_raw(ow as u32, oh as u32, out).unwrap_or_else(|| image.clone())
}

/// Colour reduced by `factor`, each pixel the mean of four of its block: enough for hues, and far cheaper than all.
pub(crate) fn thin_rgb(image: &RgbImage, factor: u32) -> RgbImage {
    let (w, h) = (image.width() as usize, image.height() as usize);
    let k = factor.max(1) as usize;
    if w == 0 || h == 0 {
        return RgbImage::default();
    }
    let (ow, oh) = (w.div_ceil(k), h.div_ceil(k));
    let data = image.as_raw();
    let mut out = Vec::with_capacity(ow * oh * 3);
    for oy in 0..oh {
        let (y0, y1) = ((oy * k + k / 4).min(h - 1), (oy * k + 3 * k / 4).min(h - 1));
        let (top, bottom) = (&data[y0 * w * 3..(y0 + 1) * w * 3], &data[y1 * w * 3..(y1 + 1) * w * 3]);
        for ox in 0..ow {
            let (a, b) = ((ox * k + k / 4).min(w - 1) * 3, (ox * k + 3 * k / 4).min(w - 1) * 3);
            for c in 0..3 {
                let sum = u32::from(top[a + c])
                    + u32::from(top[b + c])
                    + u32::from(bottom[a + c])
                    + u32::from(bottom[b + c]);
                out.push(((sum + 2) / 4) as u8);
            }
        }
    }
    RgbImage::from_raw(ow as u32, oh as u32, out).unwrap_or_default()
}

/// Grey closing (maximum, then minimum) with a square of side `2 × radius + 1`: dark things narrower than the
/// square take the brightness around them, wider ones stay.
pub(crate) fn close(image: &GrayImage, radius: u32) -> GrayImage {
    erode(&dilate(image, radius), radius)
}

/// Running maximum in a square of side `2 × radius + 1`.
pub(crate) fn dilate(image: &GrayImage, radius: u32) -> GrayImage {
    extremum_with(image, radius, radius, u8::max)
}

/// Running minimum in a square of side `2 × radius + 1`.
pub(crate) fn erode(image: &GrayImage, radius: u32) -> GrayImage {
    extremum_with(image, radius, radius, u8::min)
}

/// Separable extremum with half-widths `rx`, `ry`, edges replicated; windows are built by doubling, so the cost
/// grows with the logarithm of the radius.
pub(crate) fn extremum_with(
    image: &GrayImage,
    rx: u32,
    ry: u32,
    pick: impl Fn(u8, u8) -> u8 + Copy,
) -> GrayImage {
    let (w, h) = (image.width() as usize, image.height() as usize);
    if w == 0 || h == 0 || (rx == 0 && ry == 0) {
        return image.clone();
    }
    let (rx, ry) = (rx as usize, ry as usize);
    let mut data = image.as_raw().clone();
    if rx > 0 {
        let window = 2 * rx + 1;
        let mut padded = vec![0u8; w + 2 * rx];
        let mut next = padded.clone();
        for row in data.chunks_exact_mut(w) {
            padded[..rx].fill(row[0]);
            padded[rx..rx + w].copy_from_slice(row);
            padded[rx + w..].fill(row[w - 1]);
            let mut have = 1;
            while have < window {
                let step = have.min(window - have);
                let n = padded.len() - step;
                for (o, (&a, &b)) in next[..n].iter_mut().zip(padded[..n].iter().zip(&padded[step..])) {
                    *o = pick(a, b);
                }
                std::mem::swap(&mut padded, &mut next);
                have += step;
            }
            row.copy_from_slice(&padded[..w]);
        }
    }
    if ry > 0 {
        let window = 2 * ry + 1;
        let padded_height = h + 2 * ry;
        let mut padded = vec![0u8; w * padded_height];
        for y in 0..padded_height {
            let from = y.saturating_sub(ry).min(h - 1);
            padded[y * w..(y + 1) * w].copy_from_slice(&data[from * w..(from + 1) * w]);
        }
        let mut have = 1;
        while have < window {
            let step = have.min(window - have);
            for y in 0..padded_height - step {
                let (head, tail) = padded.split_at_mut((y + step) * w);
                for (a, &b) in head[y * w..(y + 1) * w].iter_mut().zip(&tail[..w]) {
                    *a = pick(*a, b);
                }
            }
            have += step;
        }
        data.copy_from_slice(&padded[..w * h]);
    }
    GrayImage::from_raw(image.width(), image.height(), data).unwrap_or_else(|| image.clone())
}

/// Box blur with half-width `radius`, edges replicated.
pub(crate) fn box_blur(image: &GrayImage, radius: u32) -> GrayImage {
    let (w, h) = (image.width() as usize, image.height() as usize);
    if w == 0 || h == 0 || radius == 0 {
        return image.clone();
    }
    let r = radius as usize;
    let n = (2 * r + 1) as u32;
    let source = image.as_raw();
    let mut across = vec![0u8; w * h];
    for (row, out) in source.chunks_exact(w).zip(across.chunks_exact_mut(w)) {
        let at = |i: isize| u32::from(row[i.clamp(0, w as isize - 1) as usize]);
        let mut sum: u32 = (-(r as isize)..=r as isize).map(at).sum();
        for x in 0..w {
            out[x] = ((sum + n / 2) / n) as u8;
            sum = sum + at((x + r + 1) as isize) - at(x as isize - r as isize);
        }
    }
    let mut out = vec![0u8; w * h];
    let mut sums = vec![0u32; w];
    let row_at = |i: isize| {
        let y = i.clamp(0, h as isize - 1) as usize;
        &across[y * w..(y + 1) * w]
    };
    for i in -(r as isize)..=r as isize {
        for (s, &v) in sums.iter_mut().zip(row_at(i)) {
            *s += u32::from(v);
        }
    }
    for (y, out_row) in out.chunks_exact_mut(w).enumerate() {
        for (o, &s) in out_row.iter_mut().zip(&sums) {
            *o = ((s + n / 2) / n) as u8;
        }
        let (enter, leave) = (row_at((y + r + 1) as isize), row_at(y as isize - r as isize));
        for ((s, &a), &b) in sums.iter_mut().zip(enter).zip(leave) {
            *s = *s + u32::from(a) - u32::from(b);
        }
    }
    GrayImage::from_raw(image.width(), image.height(), out).unwrap_or_else(|| image.clone())
}

/// Brightness at the continuous position `(x, y)` (pixel centres at `.5`), interpolated, edges replicated.
#[inline]
pub(crate) fn bilinear(data: &[u8], width: usize, height: usize, x: f32, y: f32) -> f32 {
    let x = (x - 0.5).clamp(0.0, width as f32 - 1.0);
    let y = (y - 0.5).clamp(0.0, height as f32 - 1.0);
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let at = |x: usize, y: usize| f32::from(data[y * width + x]);
    let top = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * fx;
    let bottom = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * fx;
    top + (bottom - top) * fy
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use image::Luma;

    use super::*;

    #[test]
    fn shrinking_averages_blocks_and_keeps_partial_ones() {
        let image = GrayImage::from_fn(5, 4, |x, _| Luma([(x * 10) as u8]));
        let small = shrink(&image, 2);
        assert_eq!(small.dimensions(), (3, 2));
        assert_eq!(small.as_raw(), &[5, 25, 40, 5, 25, 40]);
    }

    #[test]
    fn closing_removes_thin_ink_and_keeps_wide_stains() {
        let image = GrayImage::from_fn(60, 40, |x, _| {
            Luma([if x == 10 || (30..45).contains(&x) { 50 } else { 200 }])
        });
        let closed = close(&image, 2);
        assert_eq!(closed.get_pixel(10, 20).0[0], 200);
        assert_eq!(closed.get_pixel(37, 20).0[0], 50);
        assert_eq!(closed.get_pixel(30, 0).0[0], 50);
    }

    #[test]
    fn extremum_agrees_with_the_definition() {
        let image = GrayImage::from_fn(23, 17, |x, y| Luma([((x * 37 + y * 91) % 251) as u8]));
        for (rx, ry) in [(1, 1), (3, 2), (0, 4), (5, 0), (30, 30)] {
            let fast = extremum_with(&image, rx, ry, u8::max);
            for (x, y, p) in fast.enumerate_pixels() {
                let slow = (y.saturating_sub(ry)..=(y + ry).min(16))
                    .flat_map(|v| (x.saturating_sub(rx)..=(x + rx).min(22)).map(move |u| (u, v)))
                    .map(|(u, v)| image.get_pixel(u, v).0[0])
                    .max();
                assert_eq!(Some(p.0[0]), slow, "at {x},{y} radius {rx},{ry}");
            }
        }
    }

    #[test]
    fn blurring_keeps_a_flat_image_and_spreads_a_dot() {
        let flat = GrayImage::from_pixel(9, 7, Luma([91]));
        assert_eq!(box_blur(&flat, 3), flat);
        let dot = GrayImage::from_fn(9, 9, |x, y| Luma([if (x, y) == (4, 4) { 90 } else { 0 }]));
        let blurred = box_blur(&dot, 1);
        assert_eq!(blurred.get_pixel(3, 5).0[0], 10);
        assert_eq!(blurred.get_pixel(2, 4).0[0], 0);
    }

    #[test]
    fn bilinear_reads_centres_exactly() {
        let data = [0, 100, 200, 50];
        assert_eq!(bilinear(&data, 2, 2, 1.5, 0.5), 100.0);
        assert_eq!(bilinear(&data, 2, 2, 1.0, 0.5), 50.0);
        assert_eq!(bilinear(&data, 2, 2, -4.0, 9.0), 200.0);
    }
}
