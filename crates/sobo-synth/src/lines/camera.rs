//! What a scanner, a compressor and an enlargement do to a crop.

use image::codecs::jpeg::JpegEncoder;

use crate::random::Rng;

/// The grey below which this share of the pixels lies.
pub(super) fn quantile(pixels: &[u8], share: f32) -> u8 {
    let mut counts = [0usize; 256];
    pixels.iter().for_each(|p| counts[usize::from(*p)] += 1);
    let mut left = (pixels.len() as f32 * share) as usize;
    for (grey, count) in counts.iter().enumerate() {
        if *count > left {
            return grey as u8;
        }
        left -= count;
    }
    255
}

/// Contrast as a scanner or a flattening step would stretch it.
pub(super) fn stretch(pixels: &mut [u8], rng: &mut Rng) {
    let (low, high) = (rng.range(0.0, 60.0), rng.range(215.0, 250.0));
    let table: Vec<u8> =
        (0..=255u16).map(|v| ((f32::from(v) - low) / (high - low) * 255.0).clamp(0.0, 255.0) as u8).collect();
    pixels.iter_mut().for_each(|p| *p = table[usize::from(*p)]);
}

pub(super) fn through_jpeg(pixels: &[u8], w: usize, h: usize, quality: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(pixels, w as u32, h as u32, image::ExtendedColorType::L8)
        .ok()?;
    let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg).ok()?;
    Some(decoded.into_luma8().into_raw())
}

/// Bilinear enlargement to a height.
pub(super) fn enlarge(pixels: &[u8], w: usize, h: usize, height: usize) -> (Vec<u8>, usize) {
    let scale = height as f32 / h as f32;
    let width = ((w as f32 * scale).round() as usize).max(1);
    let mut out = Vec::with_capacity(width * height);
    let axis = |n: usize, limit: usize| -> Vec<(usize, usize, f32)> {
        (0..n)
            .map(|i| {
                let at = ((i as f32 + 0.5) / scale - 0.5).clamp(0.0, (limit - 1) as f32);
                let low = at as usize;
                (low, (low + 1).min(limit - 1), at - low as f32)
            })
            .collect()
    };
    let columns = axis(width, w);
    for (y0, y1, v) in axis(height, h) {
        let (top, bottom) = (&pixels[y0 * w..][..w], &pixels[y1 * w..][..w]);
        for (x0, x1, u) in &columns {
            let mixed = |row: &[u8]| f32::from(row[*x0]) + (f32::from(row[*x1]) - f32::from(row[*x0])) * u;
            let (a, b) = (mixed(top), mixed(bottom));
            out.push((a + (b - a) * v + 0.5) as u8);
        }
    }
    (out, width)
}
