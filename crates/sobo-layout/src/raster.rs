//! The planes that structure analysis works on: darkness and ink of one restored page.

use image::GrayImage;

/// Darkness (0 paper, 255 black) and ink (1 or 0) of a restored page, row by row.
///
/// Lengths are given in pixels of the restored page; [`Page::scale`] says how many of them make one
/// pixel at 150 dpi, the resolution that all thresholds of this crate are meant for.
#[derive(Debug, Clone)]
pub struct Page {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// How much darker than the paper each pixel is.
    pub dark: Vec<u8>,
    /// 1 where the binarisation saw ink.
    pub ink: Vec<u8>,
    /// Restored pixels per pixel at 150 dpi.
    pub scale: f32,
}

impl Page {
    /// Planes of a flattened grey page and its ink mask of the same size (not 0: ink).
    ///
    /// The paper's grey is taken as the commonest bright value, so that a background that was
    /// flattened to 230 serves as well as one at 255.
    pub fn new(grey: &GrayImage, ink: &GrayImage, dpi: f64) -> Self {
        let (width, height) = (grey.width() as usize, grey.height() as usize);
        let mut counts = [0u32; 256];
        for value in grey.as_raw() {
            counts[usize::from(*value)] += 1;
        }
        let paper = (128..256).max_by_key(|v| counts[*v]).unwrap_or(255) as i32;
        let dark = grey.as_raw().iter().map(|v| (paper - i32::from(*v)).clamp(0, 255) as u8);
        let dark = dark.collect::<Vec<_>>();
        let faint = faint_ink(&dark, width, height);
        let ink = if ink.dimensions() == grey.dimensions() {
            ink.as_raw().iter().zip(faint).map(|(v, faint)| u8::from(*v != 0) | faint).collect()
        } else {
            faint
        };
        Self { width, height, dark, ink, scale: (dpi / 150.0).max(0.2) as f32 }
    }

    /// The same page with rows and columns swapped; only its darkness is carried over.
    pub(crate) fn transposed_dark(&self) -> Self {
        let (w, h) = (self.width, self.height);
        let mut dark = vec![0u8; w * h];
        const TILE: usize = 32;
        for y0 in (0..h).step_by(TILE) {
            for x0 in (0..w).step_by(TILE) {
                for y in y0..(y0 + TILE).min(h) {
                    for x in x0..(x0 + TILE).min(w) {
                        dark[x * h + y] = self.dark[y * w + x];
                    }
                }
            }
        }
        Self { width: h, height: w, dark, ink: Vec::new(), scale: self.scale }
    }

    /// `length` pixels at 150 dpi, in pixels of this page.
    pub(crate) fn px(&self, length: f32) -> f32 {
        length * self.scale
    }
}

/// Ink that stands out of the paper's own unevenness, also where a careful binarisation leaves it
/// out: finding a faint line is worth some dirt, which is sorted out by shape later.
fn faint_ink(dark: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut smooth = vec![0u8; dark.len()];
    if width < 3 || height < 3 {
        return smooth;
    }
    let mut columns = vec![0u16; width];
    for y in 1..height - 1 {
        let (a, b, c) = (
            &dark[(y - 1) * width..y * width],
            &dark[y * width..(y + 1) * width],
            &dark[(y + 1) * width..(y + 2) * width],
        );
        for (sum, ((a, b), c)) in columns.iter_mut().zip(a.iter().zip(b).zip(c)) {
            *sum = u16::from(*a) + 2 * u16::from(*b) + u16::from(*c);
        }
        let row = &mut smooth[y * width + 1..(y + 1) * width - 1];
        for (value, near) in row.iter_mut().zip(columns.windows(3)) {
            *value = ((near[0] + 2 * near[1] + near[2]) / 16) as u8;
        }
    }
    let mut counts = [0u32; 256];
    for value in &smooth {
        counts[usize::from(*value)] += 1;
    }
    // Most of a page is paper: what four fifths of it do not exceed is its grain.
    let target = smooth.len() as u32 / 5 * 4;
    let mut sum = 0;
    let grain = counts
        .iter()
        .position(|n| {
            sum += n;
            sum >= target
        })
        .unwrap_or(0) as u32;
    let threshold = (14 + 5 * grain / 2).clamp(18, 44) as u8;
    // The pixel itself has to be dark too, or strokes would swell into each other.
    for (value, dark) in smooth.iter_mut().zip(dark) {
        *value = u8::from(*value > threshold && *dark >= threshold);
    }
    smooth
}
