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
        let ink = if ink.dimensions() == grey.dimensions() {
            ink.as_raw().iter().map(|v| u8::from(*v != 0)).collect()
        } else {
            dark.iter().map(|d| u8::from(*d > 60)).collect()
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
