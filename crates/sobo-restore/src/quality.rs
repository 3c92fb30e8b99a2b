//! Whether a page can be read at all, or should be scanned again.

use image::GrayImage;
use serde::{Deserialize, Serialize};

use crate::settings::QualityLimits;

/// Why a page should be scanned again.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// Strokes are smeared over several pixels.
    Blur,
    /// Print or writing is cut by the rim of the image.
    Cropped,
    /// Hardly any light on the page.
    TooDark,
    /// Too few pixels for the size of the sheet.
    LowResolution,
    /// There is nothing on the page.
    Blank,
}

/// How well a page can be read, before anything is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// 1 for a clean scan, towards 0 as defects add up.
    pub score: f32,
    /// What is wrong; empty for a usable page.
    pub defects: Vec<Defect>,
    /// Whether the page should be scanned again.
    pub rescan: bool,
    /// Steepness of stroke edges: change of grey over one pixel of the working resolution as a share of the stroke's
    /// contrast, at the steepest tenth of the edges. Crisp scans are above 0.5.
    pub sharpness: f32,
    /// Brightness of the paper as scanned, 0 to 255.
    pub brightness: f32,
    /// Original pixels per inch of the sheet, as known or guessed from its size.
    pub dpi: f32,
    /// Share of the page that is ink.
    pub ink: f32,
    /// Strokes cut by the rim of the image, on the worst side.
    pub cut: u32,
}

/// What the quality is judged by.
pub(crate) struct Evidence<'a> {
    /// The page as scanned, at about the working resolution. Flattening takes smeared strokes for stains, so blur is
    /// measured before it.
    pub(crate) grey: &'a GrayImage,
    /// Darkness of the flattened page: 0 on paper and beside the sheet.
    pub(crate) darkness: &'a GrayImage,
    pub(crate) brightness: u8,
    pub(crate) dpi: f64,
}

/// Judges a page.
pub(crate) fn judge(evidence: &Evidence<'_>, limits: &QualityLimits) -> Quality {
    let measured = sharpness(evidence.grey);
    let pixels = evidence.darkness.as_raw();
    let ink = pixels.iter().filter(|&&v| v > 40).count() as f32 / pixels.len().max(1) as f32;
    let cut = cut_strokes(evidence.darkness);
    let mut quality = Quality {
        score: 1.0,
        defects: Vec::new(),
        rescan: false,
        sharpness: measured.unwrap_or(1.0),
        brightness: f32::from(evidence.brightness),
        dpi: evidence.dpi as f32,
        ink,
        cut,
    };
    let mut check = |defect: Defect, value: f32, limit: f32| {
        // 1 at twice the limit and above, 0.5 at the limit.
        quality.score *= (value / limit.max(1e-6) / 2.0).clamp(0.05, 1.0).sqrt();
        if value < limit {
            quality.defects.push(defect);
        }
    };
    check(Defect::TooDark, f32::from(evidence.brightness), limits.least_brightness);
    check(Defect::LowResolution, evidence.dpi as f32, limits.least_dpi);
    match measured {
        Some(sharpness) => check(Defect::Blur, sharpness, limits.least_sharpness),
        None => check(Defect::Blank, ink, limits.least_ink),
    }
    if cut > limits.most_cut_strokes {
        quality.defects.push(Defect::Cropped);
        quality.score *= 0.5;
    }
    quality.rescan = !quality.defects.is_empty();
    quality
}

/// Steepness of the steepest tenth of stroke edges, or `None` where there are hardly any strokes.
fn sharpness(image: &GrayImage) -> Option<f32> {
    const REACH: usize = 8;
    const LEAST_CONTRAST: i32 = 36;
    let (w, h) = (image.width() as usize, image.height() as usize);
    let grey = image.as_raw();
    let mut histogram = [0u32; 65];
    let mut edges = 0u32;
    for y in (REACH..h.saturating_sub(REACH)).step_by(3) {
        for x in REACH..w.saturating_sub(REACH) {
            let i = y * w + x;
            // A stroke crossed from left to right: darkest here, with paper on both sides.
            let v = grey[i];
            if v > grey[i - 1] || v >= grey[i + 1] {
                continue;
            }
            let left = grey[i - REACH..i].iter().copied().max().unwrap_or(0);
            let right = grey[i + 1..=i + REACH].iter().copied().max().unwrap_or(0);
            let contrast = i32::from(left.min(right)) - i32::from(v);
            if contrast < LEAST_CONTRAST {
                continue;
            }
            let steps = grey[i - REACH..=i + REACH].windows(2);
            let steepest = steps.map(|p| (i32::from(p[0]) - i32::from(p[1])).abs()).max().unwrap_or(0);
            histogram[((steepest * 64 / contrast).clamp(0, 64)) as usize] += 1;
            edges += 1;
        }
    }
    if edges < 50 {
        return None;
    }
    let mut seen = 0;
    for (steepness, &n) in histogram.iter().enumerate().rev() {
        seen += n;
        if seen * 10 >= edges {
            return Some(steepness as f32 / 64.0);
        }
    }
    Some(0.0)
}

/// The most strokes that any side of the image cuts: runs of ink 2 to 12 pixels wide on its outermost pixels, with
/// paper around them.
fn cut_strokes(darkness: &GrayImage) -> u32 {
    let (w, h) = (darkness.width(), darkness.height());
    if w < 16 || h < 16 {
        return 0;
    }
    let runs = |line: Vec<u8>| -> u32 {
        line.split(|&v| v < 60).filter(|run| (2..=12).contains(&run.len())).count() as u32
    };
    let row = |y: u32| runs((0..w).map(|x| darkness.get_pixel(x, y).0[0]).collect());
    let column = |x: u32| runs((0..h).map(|y| darkness.get_pixel(x, y).0[0]).collect());
    [row(1), row(h - 2), column(1), column(w - 2)].into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use image::Luma;

    use super::*;

    /// Darkness of a page with `lines` lines of letters that reach its left rim.
    fn judged(lines: u32) -> Quality {
        let darkness = GrayImage::from_fn(600, 800, |x, y| {
            let line = (1..=lines).contains(&(y / 30)) && y % 30 < 10;
            Luma([if line && x % 8 < 4 && x < 500 { 200 } else { 0 }])
        });
        let grey = GrayImage::from_fn(600, 800, |x, y| Luma([250 - darkness.get_pixel(x, y).0[0]]));
        let grounds = Evidence { grey: &grey, darkness: &darkness, brightness: 240, dpi: 300.0 };
        judge(&grounds, &QualityLimits::default())
    }

    #[test]
    fn a_side_that_cuts_many_lines_calls_for_another_scan() {
        assert_eq!(judged(14).defects, [Defect::Cropped]);
        // A scribble at the rim does not.
        assert!(judged(5).defects.is_empty());
    }
}
