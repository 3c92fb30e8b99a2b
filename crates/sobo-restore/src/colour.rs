//! From colour to grey: paper made white, red seals faded, pen and print kept.

use image::{DynamicImage, GrayImage, RgbImage};

use crate::raster;

/// Grey level that paper is brought to before flattening.
const PAPER: u32 = 232;
/// Redness (of 255) up to which a pixel counts as ink.
const RED_FROM: i16 = 20;
/// Range over which redness turns ink into seal: a shift, so 32.
const RED_SHIFT: u32 = 5;

/// The original as restoration needs it: grey at full resolution, colour at a low one.
pub(crate) struct Grey {
    /// Full resolution; red ink faded.
    pub(crate) full: GrayImage,
    /// Mean grey of `factor` × `factor` blocks.
    pub(crate) small: GrayImage,
    /// Colour of blocks twice as wide and high; `None` for a grey page.
    pub(crate) colour: Option<RgbImage>,
    /// Brightness of the paper as scanned, before it was made white.
    pub(crate) paper_level: u8,
}

/// Splits a page into the grey it is read from and its reduced colour.
///
/// The red channel shows red ink as bright as paper and blue or black ink dark: where a pixel is clearly red, grey
/// leans to that channel. Violet is left alone, because violet pens wrote many registers.
pub(crate) fn to_grey(page: &DynamicImage, factor: u32) -> Grey {
    let factor = factor.max(1);
    match page {
        DynamicImage::ImageLuma8(grey) => from_luma(grey.clone(), factor),
        DynamicImage::ImageLumaA8(_) | DynamicImage::ImageLuma16(_) | DynamicImage::ImageLumaA16(_) => {
            from_luma(page.to_luma8(), factor)
        }
        DynamicImage::ImageRgb8(rgb) => from_rgb(rgb, factor),
        other => from_rgb(&other.to_rgb8(), factor),
    }
}

fn from_luma(full: GrayImage, factor: u32) -> Grey {
    let small = raster::shrink(&full, factor);
    let samples = sampled(small.width(), small.height(), |x, y| [small.get_pixel(x, y).0[0]; 3]);
    Grey { full, small, colour: None, paper_level: paper_colour(samples)[1] }
}

fn from_rgb(rgb: &RgbImage, factor: u32) -> Grey {
    let colour = raster::thin_rgb(rgb, factor * 2);
    let paper = paper_colour(sampled(colour.width(), colour.height(), |x, y| colour.get_pixel(x, y).0));
    let full = grey_of(rgb, gains(paper));
    let small = raster::shrink(&full, factor);
    let [r, g, b] = paper.map(u32::from);
    Grey { full, small, colour: Some(colour), paper_level: ((77 * r + 150 * g + 29 * b) >> 8) as u8 }
}

/// Pixels of the middle of an image, every fifth in both directions.
fn sampled(w: u32, h: u32, at: impl Fn(u32, u32) -> [u8; 3]) -> Vec<[u8; 3]> {
    let mut samples = Vec::new();
    for y in (h / 8..h - h / 8).step_by(5) {
        for x in (w / 8..w - w / 8).step_by(5) {
            samples.push(at(x, y));
        }
    }
    samples
}

fn grey_of(rgb: &RgbImage, gains: [u16; 3]) -> GrayImage {
    let w = rgb.width() as usize;
    let mut out = vec![0u8; w * rgb.height() as usize];
    // Channels apart, so that the arithmetic below runs over whole vectors.
    let (mut r, mut g, mut b) = (vec![0u8; w], vec![0u8; w], vec![0u8; w]);
    if w > 0 {
        for (pixels, grey) in rgb.as_raw().chunks_exact(3 * w).zip(out.chunks_exact_mut(w)) {
            for (((p, r), g), b) in pixels.chunks_exact(3).zip(&mut r).zip(&mut g).zip(&mut b) {
                (*r, *g, *b) = (p[0], p[1], p[2]);
            }
            for (((o, &r), &g), &b) in grey.iter_mut().zip(&r).zip(&g).zip(&b) {
                let [r, g, b] = balance([r, g, b], gains);
                let luma = ((77 * r as u16 + 150 * g as u16 + 29 * b as u16) >> 8) as i16;
                let redness = (r - g.max(b) - RED_FROM).clamp(0, 1 << RED_SHIFT);
                *o = (luma + (((r - luma) * redness) >> RED_SHIFT)).clamp(0, 255) as u8;
            }
        }
    }
    GrayImage::from_raw(rgb.width(), rgb.height(), out).unwrap_or_default()
}

#[inline]
fn balance(pixel: [u8; 3], gains: [u16; 3]) -> [i16; 3] {
    let level = |c: usize| ((u16::from(pixel[c]) * gains[c]) >> 7).min(255) as i16;
    [level(0), level(1), level(2)]
}

/// How red each pixel is against the paper's own colour, 0 for grey, blue and black.
pub(crate) fn redness(rgb: &RgbImage) -> GrayImage {
    let gains = gains(paper_colour(sampled(rgb.width(), rgb.height(), |x, y| rgb.get_pixel(x, y).0)));
    let data = rgb
        .as_raw()
        .chunks_exact(3)
        .map(|p| {
            let [r, g, b] = balance([p[0], p[1], p[2]], gains);
            (r - g.max(b)).clamp(0, 255) as u8
        })
        .collect();
    GrayImage::from_raw(rgb.width(), rgb.height(), data).unwrap_or_default()
}

/// Gains in 1/128 that bring the paper colour to [`PAPER`] in each channel; at most 2, so that products fit 16 bits.
fn gains(paper: [u8; 3]) -> [u16; 3] {
    paper.map(|c| ((PAPER << 7) / u32::from(c.max(1))).min(256) as u16)
}

/// The commonest bright colour: the median over the brighter half, per channel.
pub(crate) fn paper_colour(mut samples: Vec<[u8; 3]>) -> [u8; 3] {
    if samples.is_empty() {
        return [PAPER as u8; 3];
    }
    let luma = |p: &[u8; 3]| 77 * u32::from(p[0]) + 150 * u32::from(p[1]) + 29 * u32::from(p[2]);
    let middle = samples.len() / 2;
    samples.select_nth_unstable_by_key(middle, luma);
    let bright = &samples[middle..];
    let mut colour = [0u8; 3];
    for (c, out) in colour.iter_mut().enumerate() {
        let mut channel: Vec<u8> = bright.iter().map(|p| p[c]).collect();
        let at = channel.len() / 2;
        *out = *channel.select_nth_unstable(at).1;
    }
    colour
}

/// 255 where a red seal or stamp lies on a page of about 75 dots per inch: strokes redder than what surrounds them, so that rust-coloured stains, which
/// are wide, are not taken for seals.
pub(crate) fn seal_mask(redness: &GrayImage) -> GrayImage {
    let around = raster::dilate(&raster::erode(redness, 3), 3);
    let soft = redness;
    let data = soft
        .as_raw()
        .iter()
        .zip(around.as_raw())
        .map(|(&s, &a)| if s.saturating_sub(a) > 18 { 255 } else { 0 });
    let mask = GrayImage::from_raw(redness.width(), redness.height(), data.collect()).unwrap_or_default();
    let dense = raster::box_blur(&mask, 4);
    let data = mask.as_raw().iter().zip(dense.as_raw()).map(|(&m, &d)| if d > 12 { m } else { 0 }).collect();
    let mask = GrayImage::from_raw(redness.width(), redness.height(), data).unwrap_or_default();
    raster::dilate(&mask, 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use image::{Luma, Rgb};

    use super::*;

    const CREAM: Rgb<u8> = Rgb([236, 222, 190]);

    #[test]
    fn red_fades_and_blue_and_black_stay() {
        let page = RgbImage::from_fn(120, 60, |x, y| match (x / 20, y > 20 && y < 40) {
            (1, true) => Rgb([214, 120, 112]),
            (3, true) => Rgb([70, 85, 150]),
            (5, true) => Rgb([60, 50, 45]),
            _ => CREAM,
        });
        let grey = to_grey(&DynamicImage::ImageRgb8(page), 2);
        let at = |x, y| i32::from(grey.full.get_pixel(x, y).0[0]);
        assert!(at(5, 5) > 220, "paper {}", at(5, 5));
        assert!(at(5, 5) - at(30, 30) < 40, "seal {}", at(30, 30));
        assert!(at(70, 30) < 120, "blue {}", at(70, 30));
        assert!(at(110, 30) < 70, "black {}", at(110, 30));
        assert_eq!(grey.small.dimensions(), (60, 30));
    }

    #[test]
    fn seal_strokes_are_found_and_rusty_stains_are_not() {
        let page = RgbImage::from_fn(200, 100, |x, y| {
            let ring = ((f64::from(x) - 50.0).hypot(f64::from(y) - 50.0) - 30.0).abs() < 1.5;
            let stain = (120..180).contains(&x) && (20..80).contains(&y);
            if ring {
                Rgb([210, 90, 90])
            } else if stain {
                Rgb([200, 150, 110])
            } else {
                CREAM
            }
        });
        let mask = seal_mask(&redness(&page));
        assert_eq!(mask.get_pixel(80, 50), &Luma([255]));
        assert_eq!(mask.get_pixel(150, 50), &Luma([0]));
        assert_eq!(mask.get_pixel(5, 5), &Luma([0]));
    }
}
