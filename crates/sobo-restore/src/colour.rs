//! From colour to grey: paper made white, red seals faded, pen and print kept.

use image::{DynamicImage, GrayImage, RgbImage};

use crate::raster;

/// Grey level that paper is brought to before flattening.
const PAPER: u32 = 232;
/// Redness (of 255) up to which a pixel counts as ink, and the range over which it becomes seal.
const RED_FROM: i32 = 20;
const RED_RANGE: i32 = 28;

/// The original as restoration needs it: grey at full resolution, and how red each pixel is at a reduced one.
pub(crate) struct Grey {
    /// Full resolution; red ink faded.
    pub(crate) full: GrayImage,
    /// Mean grey of `factor` × `factor` blocks.
    pub(crate) small: GrayImage,
    /// Colour of the same blocks; `None` for a grey page.
    pub(crate) small_rgb: Option<RgbImage>,
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
    Grey { small: raster::shrink(&full, factor), full, small_rgb: None }
}

fn from_rgb(rgb: &RgbImage, factor: u32) -> Grey {
    let small_rgb = raster::shrink_rgb(rgb, factor);
    let gains = gains(paper_colour(&small_rgb));
    let full = grey_of(rgb, gains);
    Grey { small: raster::shrink(&full, factor), full, small_rgb: Some(small_rgb) }
}

fn grey_of(rgb: &RgbImage, gains: [u32; 3]) -> GrayImage {
    let data = rgb.as_raw().chunks_exact(3).map(|p| fade_red(balance([p[0], p[1], p[2]], gains))).collect();
    GrayImage::from_raw(rgb.width(), rgb.height(), data).unwrap_or_default()
}

#[inline]
fn balance(pixel: [u8; 3], gains: [u32; 3]) -> [i32; 3] {
    let level = |c: usize| ((u32::from(pixel[c]) * gains[c]) >> 8).min(255) as i32;
    [level(0), level(1), level(2)]
}

#[inline]
fn fade_red([r, g, b]: [i32; 3]) -> u8 {
    let luma = (77 * r + 150 * g + 29 * b) >> 8;
    let redness = (r - g.max(b) - RED_FROM).clamp(0, RED_RANGE);
    (luma + (r - luma) * redness / RED_RANGE).clamp(0, 255) as u8
}

/// How red each pixel is against the paper's own colour, 0 for grey, blue and black.
pub(crate) fn redness(rgb: &RgbImage) -> GrayImage {
    let gains = gains(paper_colour(rgb));
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

/// Q8 gains that bring the paper colour to [`PAPER`] in each channel.
fn gains(paper: [u8; 3]) -> [u32; 3] {
    paper.map(|c| (PAPER << 8) / u32::from(c.max(40)))
}

/// The commonest bright colour of the middle of the page: the median over its brighter half, per channel.
pub(crate) fn paper_colour(rgb: &RgbImage) -> [u8; 3] {
    let (w, h) = rgb.dimensions();
    let (x0, x1, y0, y1) = (w / 8, w - w / 8, h / 8, h - h / 8);
    let mut samples: Vec<[u8; 3]> = Vec::new();
    for y in (y0..y1).step_by(5) {
        for x in (x0..x1).step_by(5) {
            samples.push(rgb.get_pixel(x, y).0);
        }
    }
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

/// 255 where a red seal or stamp lies: strokes redder than what surrounds them, so that rust-coloured stains, which
/// are wide, are not taken for seals.
pub(crate) fn seal_mask(redness: &GrayImage) -> GrayImage {
    let soft = raster::box_blur(redness, 1);
    let around = raster::dilate(&raster::erode(&soft, 6), 6);
    let data = soft
        .as_raw()
        .iter()
        .zip(around.as_raw())
        .map(|(&s, &a)| if s.saturating_sub(a) > 18 { 255 } else { 0 });
    let mask = GrayImage::from_raw(redness.width(), redness.height(), data.collect()).unwrap_or_default();
    let dense = raster::box_blur(&mask, 8);
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
            let ring = ((f64::from(x) - 50.0).hypot(f64::from(y) - 50.0) - 30.0).abs() < 2.0;
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
