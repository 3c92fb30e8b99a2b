//! Where the sheet of paper lies on the scanner's glass.

use std::collections::VecDeque;

use image::{GrayImage, Luma};

use crate::raster;

/// The sheet on a page image, on a coarse grid.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    /// 255 on paper, 0 beside it and in holes; one pixel per `factor` × `factor` block of the image.
    pub(crate) mask: GrayImage,
    pub(crate) factor: u32,
}

impl Sheet {
    /// Finds the sheet on a grey image of about 150 dots per inch.
    pub(crate) fn find(image: &GrayImage) -> Self {
        let factor = 4;
        let small = raster::shrink(image, factor);
        let paper = bright_median(&small);
        let dark = (f32::from(paper) * 0.45) as u8;
        let (w, h) = small.dimensions();
        let mut mask = GrayImage::from_pixel(w, h, Luma([255]));
        let mut queue = VecDeque::new();
        let rim = (0..w).flat_map(|x| [(x, 0), (x, h - 1)]).chain((0..h).flat_map(|y| [(0, y), (w - 1, y)]));
        for (x, y) in rim {
            if small.get_pixel(x, y).0[0] < dark && mask.get_pixel(x, y).0[0] != 0 {
                mask.put_pixel(x, y, Luma([0]));
                queue.push_back((x, y));
            }
        }
        while let Some((x, y)) = queue.pop_front() {
            let around = [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)];
            for (x, y) in around {
                if x < w && y < h && mask.get_pixel(x, y).0[0] != 0 && small.get_pixel(x, y).0[0] < dark {
                    mask.put_pixel(x, y, Luma([0]));
                    queue.push_back((x, y));
                }
            }
        }
        Self { mask: raster::erode(&mask, 1), factor }
    }

    /// The box around the paper in the image's pixels: `(x0, y0, x1, y1)`. Rows and columns with hardly any paper
    /// do not count.
    pub(crate) fn bounds(&self) -> (f64, f64, f64, f64) {
        let (w, h) = self.mask.dimensions();
        let paper = |x: u32, y: u32| u32::from(self.mask.get_pixel(x, y).0[0] != 0);
        let columns: Vec<u32> = (0..w).map(|x| (0..h).map(|y| paper(x, y)).sum()).collect();
        let rows: Vec<u32> = (0..h).map(|y| (0..w).map(|x| paper(x, y)).sum()).collect();
        let span = |counts: &[u32], least: u32| {
            let first = counts.iter().position(|&n| n > least).unwrap_or(0);
            let last = counts.iter().rposition(|&n| n > least).unwrap_or(counts.len().saturating_sub(1));
            (first as f64, (last + 1) as f64)
        };
        let ((x0, x1), (y0, y1)) = (span(&columns, h / 50), span(&rows, w / 50));
        let f = f64::from(self.factor);
        (x0 * f, y0 * f, x1 * f, y1 * f)
    }
}

/// The median of the brighter half.
fn bright_median(image: &GrayImage) -> u8 {
    let mut histogram = [0usize; 256];
    for &v in image.as_raw() {
        histogram[usize::from(v)] += 1;
    }
    let wanted = image.as_raw().len() / 4;
    let mut seen = 0;
    for v in (0..=255u8).rev() {
        seen += histogram[usize::from(v)];
        if seen > wanted {
            return v;
        }
    }
    255
}
