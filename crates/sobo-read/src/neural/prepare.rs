//! Pixels as the network sees them. `models/training/pixels.py` does the same: change both or neither.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::GrayImage;

/// Height of the network's input.
pub(crate) const HEIGHT: u32 = 48;
/// Contrast below this is not stretched: an empty crop stays empty.
const LEAST_CONTRAST: f32 = 64.0;
/// Contrast below this is paper and nothing else.
const BLANK_CONTRAST: f32 = 10.0;
/// Widths the network takes are multiples of this.
const WIDTH_STEP: usize = 8;
/// Paper added after the line at least: in training lines always end in some.
const PAPER_AFTER: usize = 8;
/// Wider than this, in pixels at the network's height, no line of a register is: it is squeezed.
const WIDEST: u32 = 4096;

/// A line ready for the network.
pub(crate) struct Prepared {
    /// `HEIGHT × padded_width`, ink 1, paper 0.
    pub(crate) values: Vec<f32>,
    /// Width of the line itself in these pixels.
    pub(crate) width: usize,
    /// Width with paper added on the right.
    pub(crate) padded_width: usize,
}

impl Prepared {
    /// Bare paper.
    pub(crate) fn paper(width: usize) -> Self {
        Self { values: vec![0.0; width * HEIGHT as usize], width, padded_width: width }
    }
}

/// The crop at the network's height with paper at 0 and ink at 1, or `None` where there is nothing on it.
pub(crate) fn prepare(image: &GrayImage) -> Option<Prepared> {
    let (width, height) = image.dimensions();
    if width < 2 || height < 4 {
        return None;
    }
    let scaled = f64::from(width) * f64::from(HEIGHT) / f64::from(height);
    let target = (scaled.round() as u32).clamp(8, WIDEST);
    let resized;
    let pixels: &[u8] = if (target, HEIGHT) == (width, height) {
        image.as_raw()
    } else {
        resized = resize(image, target)?;
        &resized
    };
    let (paper, ink) = levels(pixels);
    if paper - ink < BLANK_CONTRAST {
        return None;
    }
    let contrast = (paper - ink).max(LEAST_CONTRAST);
    let width = target as usize;
    let padded_width = padded(width);
    let mut values = vec![0.0; padded_width * HEIGHT as usize];
    for (row, source) in values.chunks_exact_mut(padded_width).zip(pixels.chunks_exact(width)) {
        for (value, grey) in row.iter_mut().zip(source) {
            *value = ((paper - f32::from(*grey)) / contrast).clamp(-0.25, 1.25);
        }
    }
    Some(Prepared { values, width, padded_width })
}

/// The width a line is padded to with paper: what the network's strides divide, and a little paper after the last
/// letter.
fn padded(width: usize) -> usize {
    (width + PAPER_AFTER).next_multiple_of(WIDTH_STEP).max(32)
}

/// Typed for grey alone: the untyped entry would compile every pixel format into this crate.
fn resize(image: &GrayImage, width: u32) -> Option<Vec<u8>> {
    let source = TypedImageRef::<U8>::from_buffer(image.width(), image.height(), image.as_raw()).ok()?;
    let mut target = TypedImage::<U8>::new(width, HEIGHT);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize_typed(&source, &mut target, &options).ok()?;
    Some(target.pixels().iter().map(|pixel| pixel.0).collect())
}

/// Grey of the paper and of the ink: the 80th and the 1st percentile.
fn levels(pixels: &[u8]) -> (f32, f32) {
    let mut histogram = [0_usize; 256];
    for pixel in pixels {
        histogram[usize::from(*pixel)] += 1;
    }
    let last = pixels.len().saturating_sub(1);
    let at = |rank: usize| {
        let mut below = 0;
        let value = histogram.iter().position(|count| {
            below += count;
            below > rank
        });
        value.unwrap_or(255) as f32
    };
    (at(last * 4 / 5), at(last / 100))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use image::{GrayImage, Luma};

    use super::*;

    #[test]
    fn paper_is_nothing() {
        assert!(prepare(&GrayImage::from_pixel(200, 60, Luma([231]))).is_none());
        assert!(prepare(&GrayImage::new(0, 0)).is_none());
        assert!(prepare(&GrayImage::new(1, 300)).is_none());
    }

    #[test]
    fn ink_is_one_and_paper_zero_at_any_height() {
        for height in [24_u32, 48, 97] {
            let mut image = GrayImage::from_pixel(height * 4, height, Luma([200]));
            for y in height / 3..height / 2 {
                for x in height..2 * height {
                    image.put_pixel(x, y, Luma([40]));
                }
            }
            let line = prepare(&image).unwrap();
            assert_eq!(line.width, 192);
            assert_eq!(line.padded_width, 200);
            // Lanczos overshoots a little at edges, which makes the darkest ink darker than the stroke.
            assert!((line.values[20 * 200 + 70] - 1.0).abs() < 0.15);
            assert!(line.values[20 * 200 + 10].abs() < 0.05);
        }
    }

    #[test]
    fn faint_texture_is_not_made_into_ink() {
        let image = GrayImage::from_fn(100, 48, |x, y| Luma([220 - ((x * 7 + y * 13) % 20) as u8]));
        let line = prepare(&image).unwrap();
        assert!(line.values.iter().all(|value| *value < 0.4));
    }
}
