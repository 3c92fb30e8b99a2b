//! The steps in order, and what they leave.

use std::sync::Arc;

use image::{DynamicImage, GrayImage};
use sobo_core::{Point, Rect, Restored};

use crate::background::{Background, FLAT_PAPER};
use crate::lines::{Strips, trace, trace_text};
use crate::quality::Quality;
use crate::settings::Settings;
use crate::sheet::Sheet;
use crate::transform::{Homography, Orientation, Transform};
use crate::warp::warp;
use crate::{binarise, colour, dewarp, raster};

/// Height in inches of the sheet a portrait page is taken for when its resolution is unknown (A4), and the width of a
/// landscape one (A3, two pages of a ledger).
const A4_HEIGHT: f64 = 11.69;
const A3_WIDTH: f64 = 16.54;

/// A restored page. Masks have the size of `grey`; 255 means yes.
#[derive(Debug, Clone)]
pub struct Restoration {
    /// The flat, upright, evenly lit page: paper near 250, ink dark, red seals faded.
    pub grey: GrayImage,
    /// Where there is ink (seals excluded as far as they could be faded).
    pub ink: GrayImage,
    /// Where there is paper: 0 beside the sheet and in holes and tears.
    pub paper: GrayImage,
    /// Where red seals and stamps lie; empty (all 0) for grey originals.
    pub seal: GrayImage,
    /// The way between this page and the original.
    pub transform: Transform,
    /// How well the page can be read.
    pub quality: Quality,
    /// Dots per inch of the restored page, exact when the original's resolution was known.
    pub dpi: f64,
    /// Skew that was taken out, in degrees, positive where lines fell to the right.
    pub skew: f64,
    source: Arc<GrayImage>,
    background: Arc<Background>,
    /// Original pixels per pixel that `background` was estimated on.
    factor: f64,
}

/// Restores a page: finds the sheet, turns and deskews it, straightens its lines and evens out its light.
///
/// `dpi` is the scan's resolution if known; otherwise a portrait page is taken for A4 and a landscape one for A3.
/// The result depends on the pixels, `dpi` and `settings` only.
pub fn restore(page: &DynamicImage, dpi: Option<f64>, settings: &Settings) -> Restoration {
    let original = (page.width(), page.height());
    let guess = dpi.unwrap_or_else(|| guess_dpi(f64::from(original.0), f64::from(original.1)));
    let factor = (guess / settings.working_dpi + 0.1).floor().max(1.0) as u32;
    let grey = colour::to_grey(page, factor);
    let small_dpi = guess / f64::from(factor);
    let sheet = Sheet::find(&grey.small);
    let background = Background::estimate(&grey.small, small_dpi);
    let flat = background.flatten(&grey.small);
    let paper = full_mask(&sheet, flat.dimensions());
    let darkness = darkness(&flat, &paper);

    let orientation = Orientation::Upright;
    let (slope, _) = Strips::of_rows(&darkness).best_slope(settings.largest_skew.to_radians());
    let angle = slope.atan();

    let (flat_transform, dpi) = {
        let f = f64::from(factor);
        let (x0, y0, x1, y1) = sheet.bounds();
        let (w, h) = (f64::from(original.0), f64::from(original.1));
        let corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
            .map(|(x, y)| orientation.turn((x * f).min(w), (y * f).min(h), w, h));
        placed(original, orientation, corners, angle, dpi, settings.working_dpi)
    };
    let f = f64::from(factor);
    let transform =
        if settings.dewarp { dewarped(flat_transform, &darkness, slope, f) } else { flat_transform };
    let size = transform.restored_size();
    let map = |x: f64, y: f64| {
        let p = transform.to_original(Point::new(x, y));
        (p.x / f, p.y / f)
    };
    let restored = warp(&flat, size, FLAT_PAPER as u8, map);
    let restored_paper = threshold(&warp(&paper, size, 0, map), 128);
    let seal = grey.small_rgb.as_ref().map_or_else(
        || GrayImage::new(size.0, size.1),
        |rgb| threshold(&warp(&colour::seal_mask(&colour::redness(rgb)), size, 0, map), 128),
    );
    let mut ink = binarise::flattened(&restored);
    for (i, &p) in ink.as_mut().iter_mut().zip(restored_paper.as_raw()) {
        *i &= p;
    }
    Restoration {
        grey: restored,
        ink,
        paper: restored_paper,
        seal,
        transform,
        quality: Quality { score: 1.0, defects: Vec::new(), rescan: false },
        dpi,
        skew: angle.to_degrees(),
        source: Arc::new(grey.full),
        background: Arc::new(background),
        factor: f,
    }
}

fn guess_dpi(width: f64, height: f64) -> f64 {
    // A phone photo of one page may be nearly square; a spread never is.
    if width > height * 1.15 { width / A3_WIDTH } else { height / A4_HEIGHT }
}

/// The transform that rotates by `angle`, scales to the working resolution and crops to the sheet's `corners`
/// (upright pixels), with the restored resolution.
fn placed(
    original: (u32, u32),
    orientation: Orientation,
    corners: [(f64, f64); 4],
    angle: f64,
    dpi: Option<f64>,
    working_dpi: f64,
) -> (Transform, f64) {
    let (sin, cos) = angle.sin_cos();
    // Rotation by −angle takes lines of slope tan(angle) to level ones.
    let turned = corners.map(|(x, y)| (x * cos + y * sin, -x * sin + y * cos));
    let low = |v: [f64; 4]| v.into_iter().fold(f64::INFINITY, f64::min);
    let high = |v: [f64; 4]| v.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let (x0, x1) = (low(turned.map(|p| p.0)), high(turned.map(|p| p.0)));
    let (y0, y1) = (low(turned.map(|p| p.1)), high(turned.map(|p| p.1)));
    let dpi = dpi.unwrap_or_else(|| guess_dpi(x1 - x0, y1 - y0));
    let scale = working_dpi / dpi;
    let size = (((x1 - x0) * scale).ceil().max(1.0) as u32, ((y1 - y0) * scale).ceil().max(1.0) as u32);
    let k = 1.0 / scale;
    let to_upright = Homography([
        cos * k,
        -sin * k,
        cos * x0 - sin * y0,
        sin * k,
        cos * k,
        sin * x0 + cos * y0,
        0.0,
        0.0,
        1.0,
    ]);
    let transform = Transform::new(original, size, orientation, to_upright, None);
    // A rotation with a positive scale always has an inverse.
    let identity = || Transform::identity(original);
    (transform.unwrap_or_else(identity), working_dpi)
}

/// The transform with a mesh that makes the page's rulings and dotted leaders straight, level and upright, where that
/// pays. `darkness` is the page reduced by `factor`, lines in it have about `slope`.
fn dewarped(transform: Transform, darkness: &GrayImage, slope: f64, factor: f64) -> Transform {
    let plane = |x: f32, y: f32| {
        let p = transform.to_restored(Point::new(f64::from(x) * factor, f64::from(y) * factor));
        (p.x, p.y)
    };
    let strips = Strips::of_rows(darkness);
    let rows = trace(&strips, slope as f32, 0.07);
    let text = trace_text(&strips, slope as f32, 0.07);
    let columns = trace(&Strips::of_columns(darkness), -slope as f32, 0.07);
    let down = dewarp::straighten(dewarp::lines_of(&rows, &text, plane), transform.restored_size());
    let swapped = (transform.restored_size().1, transform.restored_size().0);
    let across = dewarp::lines_of(&columns, &[], |along, x| {
        let (u, v) = plane(x, along);
        (v, u)
    });
    let across = dewarp::straighten(across, swapped);
    if down.is_none() && across.is_none() {
        return transform;
    }
    let (w, h) = transform.restored_size();
    transform.with_mesh(dewarp::mesh(w, h, across.as_ref(), down.as_ref()))
}

/// The coarse sheet mask at full size.
fn full_mask(sheet: &Sheet, (w, h): (u32, u32)) -> GrayImage {
    GrayImage::from_fn(w, h, |x, y| *sheet.mask.get_pixel(x / sheet.factor, y / sheet.factor))
}

fn threshold(image: &GrayImage, level: u8) -> GrayImage {
    let data = image.as_raw().iter().map(|&v| if v >= level { 255 } else { 0 }).collect();
    GrayImage::from_raw(image.width(), image.height(), data).unwrap_or_default()
}

/// Darkness of a flattened page, 0 for paper and beside the sheet, capped so that blots weigh no more than ink.
fn darkness(flat: &GrayImage, paper: &GrayImage) -> GrayImage {
    let data = flat
        .as_raw()
        .iter()
        .zip(paper.as_raw())
        .map(|(&v, &p)| (235u8.saturating_sub(v) & p).min(120))
        .collect();
    GrayImage::from_raw(flat.width(), flat.height(), data).unwrap_or_default()
}

impl Restoration {
    /// Cuts a line or field out of the original's own pixels, straightened and evenly lit, `height` pixels high and
    /// in proportion wide: paper 245 to 255, ink as dark as it is. Resampled once; what lies beside the image is
    /// paper-white.
    pub fn crop(&self, rect: Rect<Restored>, height: u32) -> GrayImage {
        let height = height.max(1);
        let scale = rect.h.max(1e-6) / f64::from(height);
        let width = (rect.w / scale).round().clamp(1.0, 65_535.0) as u32;
        let scale_x = rect.w / f64::from(width);
        // Samples a side for each pixel of the crop, so that every original pixel under it is seen.
        let per_pixel = self.transform.scale_at(rect.centre()) * scale;
        let n = (per_pixel.ceil() as usize).clamp(1, 6);
        let (sw, sh) = (self.source.width() as usize, self.source.height() as usize);
        let data = self.source.as_raw();
        let fine = (width as usize * n, height as usize * n);
        let mut sums = vec![0f32; width as usize * height as usize];
        const STEP: usize = 8;
        let nodes = fine.0.div_ceil(STEP) + 1;
        for v in 0..fine.1 {
            let y = rect.y + (v as f64 + 0.5) / n as f64 * scale;
            let node = |i: usize| {
                let x = rect.x + ((i * STEP) as f64 + 0.5) / n as f64 * scale_x;
                let p = self.transform.to_original(Point::new(x, y));
                (p.x as f32, p.y as f32)
            };
            let row = &mut sums[v / n * width as usize..][..width as usize];
            let mut from = node(0);
            for i in 1..nodes {
                let to = node(i);
                let step = ((to.0 - from.0) / STEP as f32, (to.1 - from.1) / STEP as f32);
                for j in 0..STEP {
                    let u = (i - 1) * STEP + j;
                    if u >= fine.0 {
                        break;
                    }
                    let (x, y) = (from.0 + step.0 * j as f32, from.1 + step.1 * j as f32);
                    row[u / n] += if x >= 0.0 && y >= 0.0 && x < sw as f32 && y < sh as f32 {
                        let paper = self.background.at(x / self.factor as f32, y / self.factor as f32);
                        raster::bilinear(data, sw, sh, x, y) / paper.max(8.0)
                    } else {
                        1.0
                    };
                }
                from = to;
            }
        }
        let gain = FLAT_PAPER / (n * n) as f32;
        let pixels = sums.into_iter().map(|s| (s * gain).min(255.0) as u8).collect();
        GrayImage::from_raw(width, height, pixels).unwrap_or_default()
    }

    /// Share of a box that is ink, 0 to 1.
    pub fn ink_share(&self, rect: Rect<Restored>) -> f64 {
        share(&self.ink, rect)
    }

    /// Share of a box that is no paper: holes, tears, beside the sheet, off the image; 0 to 1.
    pub fn lost_share(&self, rect: Rect<Restored>) -> f64 {
        let inside = rect.clamped(self.paper.width(), self.paper.height());
        let part = if rect.area() > 0.0 { inside.area() / rect.area() } else { 1.0 };
        1.0 - share(&self.paper, inside) * part
    }
}

/// Share of the pixels of a box, as far as it lies on the mask, that are set.
fn share(mask: &GrayImage, rect: Rect<Restored>) -> f64 {
    let rect = rect.clamped(mask.width(), mask.height());
    let (x0, x1) = (rect.x.round() as usize, (rect.right().round() as usize).min(mask.width() as usize));
    let (y0, y1) = (rect.y.round() as usize, (rect.bottom().round() as usize).min(mask.height() as usize));
    if x1 <= x0 || y1 <= y0 {
        return 0.0;
    }
    let w = mask.width() as usize;
    let set: usize =
        (y0..y1).map(|y| mask.as_raw()[y * w + x0..y * w + x1].iter().filter(|&&v| v != 0).count()).sum();
    set as f64 / ((x1 - x0) * (y1 - y0)) as f64
}
