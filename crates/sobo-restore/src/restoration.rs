//! The steps in order, and what they leave.

use std::sync::Arc;

use image::{DynamicImage, GrayImage};
use sobo_core::{Point, Rect, Restored};

use crate::background::{Background, FLAT_PAPER};
use crate::lines::{Strips, Trace, trace, trace_text};
use crate::orientation::OrientationEvidence;
use crate::quality::{self, Quality};
use crate::settings::Settings;
use crate::sheet::Sheet;
use crate::transform::{Homography, Mesh, Orientation, Transform};
use crate::warp::warp;
use crate::{binarise, bleed, colour, dewarp, orientation, perspective};

/// How far the slope of a line may stray from that of the page.
const FREEDOM: f32 = 0.07;
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
    /// What the orientation was decided by.
    pub evidence: OrientationEvidence,
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
    restored(page, dpi, settings, None)
}

/// Restores a page of which it is known, or to be tried, how it has to be turned to stand upright.
pub fn restore_turned(
    page: &DynamicImage,
    dpi: Option<f64>,
    settings: &Settings,
    orientation: Orientation,
) -> Restoration {
    restored(page, dpi, settings, Some(orientation))
}

fn restored(
    page: &DynamicImage,
    dpi: Option<f64>,
    settings: &Settings,
    turned: Option<Orientation>,
) -> Restoration {
    let original = (page.width(), page.height());
    let dpi = dpi.or_else(|| framed_dpi(f64::from(original.0), f64::from(original.1)));
    let guess = dpi.unwrap_or_else(|| guess_dpi(f64::from(original.0), f64::from(original.1)));
    let factor = (guess / settings.working_dpi + 0.1).floor().clamp(1.0, 64.0) as u32;
    let f = f64::from(factor);
    let grey = colour::to_grey(page, factor);
    let sheet = Sheet::find(&grey.small, grey.colour.as_ref());
    let background = Background::estimate(&grey.small, guess / f);
    let flat = background.flatten(&grey.small);
    // The page's own frame: rectified, then turned upright.
    let rectified =
        if settings.find_perspective { perspective::rectify(&sheet.mask, Sheet::FACTOR) } else { None };
    let (flat, sheet, rectify, frame) = match rectified {
        Some((map, size)) => {
            let coarse = |n: u32| n.div_ceil(Sheet::FACTOR);
            let step = f64::from(Sheet::FACTOR);
            let mask = warp(&sheet.mask, (coarse(size.0), coarse(size.1)), 0, |x, y| {
                let (x, y) = map.apply(x * step, y * step);
                (x / step, y / step)
            });
            let flat = warp(&flat, size, FLAT_PAPER as u8, |x, y| map.apply(x, y));
            (flat, Sheet { mask: threshold(&mask, 128) }, map, size)
        }
        None => {
            let size = flat.dimensions();
            (flat, sheet, Homography::IDENTITY, size)
        }
    };
    let mut view = View::new(flat, sheet, settings);
    let grounds = quality::Evidence {
        grey: &grey.small,
        darkness: &view.darkness,
        brightness: grey.paper_level,
        dpi: guess,
    };
    let quality = quality::judge(&grounds, &settings.quality);
    let mut orientation = Orientation::Upright;
    let mut evidence = OrientationEvidence::default();
    if let Some(known) = turned {
        orientation = known;
        if known != Orientation::Upright {
            view = view.turned(known, settings);
        }
    } else if settings.find_orientation {
        evidence.anisotropy = orientation::anisotropy(&view.darkness);
        if evidence.is_sideways() {
            orientation = Orientation::Clockwise;
            view = view.turned(orientation, settings);
        }
        orientation::upside_down(&view.strips, &view.rulings, &mut evidence);
        if evidence.is_upside_down() {
            orientation = match orientation {
                Orientation::Clockwise => Orientation::CounterClockwise,
                _ => Orientation::UpsideDown,
            };
            view = view.turned(Orientation::UpsideDown, settings);
        }
    }

    // From the turned frame back through the rectified one to the original's pixels, and upright again.
    let frame_size = (f64::from(frame.0), f64::from(frame.1));
    let full_size = (f64::from(original.0), f64::from(original.1));
    let unturn = orientation.turning(frame_size.0, frame_size.1).inverse().unwrap_or(Homography::IDENTITY);
    let to_full = Homography([f, 0.0, 0.0, 0.0, f, 0.0, 0.0, 0.0, 1.0]);
    let frame_to_upright =
        unturn.then(&rectify).then(&to_full).then(&orientation.turning(full_size.0, full_size.1));

    let known = dpi.map(|dpi| dpi / f);
    let (place, size) = placed(view.sheet.bounds(), view.slope.atan(), known, settings.working_dpi);
    let transform = Transform::new(original, size, orientation, place.then(&frame_to_upright), None)
        .unwrap_or_else(|| Transform::identity(original));
    let size = transform.restored_size();
    let mesh = if settings.dewarp { view.mesh(&place, size) } else { None };
    let to_frame = |x: f64, y: f64| {
        let (dx, dy) = mesh.as_ref().map_or((0.0, 0.0), |m| m.at(x, y));
        place.apply(x + dx, y + dy)
    };
    let mut restored = warp(&view.flat, size, FLAT_PAPER as u8, to_frame);
    let step = Sheet::FACTOR;
    let paper = coarsely(&view.sheet.mask, size, step, |x, y| {
        let (x, y) = to_frame(x, y);
        (x / f64::from(step), y / f64::from(step))
    });
    let transform = match mesh {
        Some(mesh) => transform.with_mesh(mesh),
        None => transform,
    };
    let seal = match &grey.colour {
        Some(colour) => coarsely(&colour::seal_mask(&colour::redness(colour)), size, 2, |x, y| {
            let p = transform.to_original(Point::new(x, y));
            (p.x / (2.0 * f), p.y / (2.0 * f))
        }),
        None => GrayImage::new(size.0, size.1),
    };
    if settings.suppress_bleed_through {
        bleed::suppress(&mut restored);
    }
    for (v, &p) in restored.as_mut().iter_mut().zip(paper.as_raw()) {
        *v = if p == 0 { FLAT_PAPER as u8 } else { *v };
    }
    let ink = binarise::flattened(&restored);
    Restoration {
        grey: restored,
        ink,
        paper,
        seal,
        transform,
        quality,
        evidence,
        dpi: settings.working_dpi,
        skew: view.slope.atan().to_degrees(),
        source: Arc::new(grey.full),
        background: Arc::new(background),
        factor: f,
    }
}

/// A page in one of the four ways it could be turned, at the reduced resolution, with its lines.
struct View {
    flat: GrayImage,
    sheet: Sheet,
    darkness: GrayImage,
    strips: Strips,
    slope: f64,
    rulings: Vec<Trace>,
}

impl View {
    fn new(flat: GrayImage, sheet: Sheet, settings: &Settings) -> Self {
        let darkness = darkness(&flat, &sheet);
        let strips = Strips::of_rows(&darkness);
        let (slope, _) = strips.best_slope(settings.largest_skew.to_radians());
        let rulings = trace(&strips, slope as f32, FREEDOM);
        Self { flat, sheet, darkness, strips, slope, rulings }
    }

    /// The same page turned further.
    fn turned(self, by: Orientation, settings: &Settings) -> Self {
        let turn = |image: &GrayImage| match by {
            Orientation::Upright => image.clone(),
            Orientation::Clockwise => image::imageops::rotate90(image),
            Orientation::UpsideDown => image::imageops::rotate180(image),
            Orientation::CounterClockwise => image::imageops::rotate270(image),
        };
        Self::new(turn(&self.flat), Sheet { mask: turn(&self.sheet.mask) }, settings)
    }

    /// The mesh that makes the page's rulings, dotted leaders and lines of text level and its vertical rulings
    /// upright, where that pays. `place` maps the restored plane of `size` to this view's pixels.
    fn mesh(&self, place: &Homography, size: (u32, u32)) -> Option<Mesh> {
        let from_frame = place.inverse()?;
        let plane = |x: f32, y: f32| from_frame.apply(f64::from(x), f64::from(y));
        let slope = self.slope as f32;
        let text = trace_text(&self.strips, slope, FREEDOM);
        let down = dewarp::straighten(dewarp::lines_of(&self.rulings, &text, plane), size);
        let columns = trace(&Strips::of_columns(&self.darkness), -slope, FREEDOM);
        let across = dewarp::lines_of(&columns, &[], |along, x| {
            let (u, v) = plane(x, along);
            (v, u)
        });
        let across = dewarp::straighten(across, (size.1, size.0));
        if down.is_none() && across.is_none() {
            return None;
        }
        Some(dewarp::mesh(size.0, size.1, across.as_ref(), down.as_ref()))
    }
}

/// Resolution of a scan whose frame has the shape of a sheet of the A series: then the frame is the sheet, and what is
/// torn off the paper changes nothing. Cameras take other shapes.
fn framed_dpi(width: f64, height: f64) -> Option<f64> {
    let shape = width.max(height) / width.min(height).max(1.0);
    ((shape / std::f64::consts::SQRT_2 - 1.0).abs() < 0.012).then(|| guess_dpi(width, height))
}

fn guess_dpi(width: f64, height: f64) -> f64 {
    // A phone photo of one page may be nearly square; a spread never is.
    if width > height * 1.15 { width / A3_WIDTH } else { height / A4_HEIGHT }
}

/// The map from the restored plane to the frame whose sheet has the given bounds (`x0, y0, x1, y1`) and whose lines lie
/// at `angle`, with the size of the restored page. `dpi` is the frame's resolution, if known.
fn placed(
    (x0, y0, x1, y1): (f64, f64, f64, f64),
    angle: f64,
    dpi: Option<f64>,
    working_dpi: f64,
) -> (Homography, (u32, u32)) {
    let (sin, cos) = angle.sin_cos();
    // Rotation by −angle takes lines of slope tan(angle) to level ones.
    let turned =
        [(x0, y0), (x1, y0), (x1, y1), (x0, y1)].map(|(x, y)| (x * cos + y * sin, -x * sin + y * cos));
    let low = |v: [f64; 4]| v.into_iter().fold(f64::INFINITY, f64::min);
    let high = |v: [f64; 4]| v.into_iter().fold(f64::NEG_INFINITY, f64::max);
    let (left, right) = (low(turned.map(|p| p.0)), high(turned.map(|p| p.0)));
    let (top, bottom) = (low(turned.map(|p| p.1)), high(turned.map(|p| p.1)));
    let dpi = dpi.unwrap_or_else(|| guess_dpi(x1 - x0, y1 - y0));
    let scale = (working_dpi / dpi.max(1.0)).clamp(0.05, 4.0);
    let side = |length: f64| (length * scale).ceil().clamp(1.0, 20_000.0) as u32;
    let k = 1.0 / scale;
    let place = Homography([
        cos * k,
        -sin * k,
        cos * left - sin * top,
        sin * k,
        cos * k,
        sin * left + cos * top,
        0.0,
        0.0,
        1.0,
    ]);
    (place, (side(right - left), side(bottom - top)))
}

/// A mask warped at `1 / step` of the resolution and spread over blocks of `step` × `step`.
fn coarsely(
    mask: &GrayImage,
    (w, h): (u32, u32),
    step: u32,
    map: impl Fn(f64, f64) -> (f64, f64),
) -> GrayImage {
    let k = f64::from(step);
    let coarse = warp(mask, (w.div_ceil(step), h.div_ceil(step)), 0, |x, y| map(x * k, y * k));
    spread(&threshold(&coarse, 128), (w, h), step)
}

/// An image enlarged by whole blocks and cut to size.
fn spread(coarse: &GrayImage, (w, h): (u32, u32), step: u32) -> GrayImage {
    let (w, k, cw) = (w as usize, step as usize, coarse.width() as usize);
    let mut out = vec![0u8; w * h as usize];
    if w > 0 {
        for (y, row) in out.chunks_exact_mut(w).enumerate() {
            let source = &coarse.as_raw()[y / k * cw..][..cw];
            for (block, &v) in row.chunks_mut(k).zip(source) {
                block.fill(v);
            }
        }
    }
    GrayImage::from_raw(w as u32, h, out).unwrap_or_default()
}

fn threshold(image: &GrayImage, level: u8) -> GrayImage {
    let data = image.as_raw().iter().map(|&v| if v >= level { 255 } else { 0 }).collect();
    GrayImage::from_raw(image.width(), image.height(), data).unwrap_or_default()
}

/// Darkness of a flattened page, 0 for paper and beside the sheet, capped so that blots weigh no more than ink.
fn darkness(flat: &GrayImage, sheet: &Sheet) -> GrayImage {
    let paper = spread(&sheet.mask, flat.dimensions(), Sheet::FACTOR);
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
        let n = (per_pixel.ceil() as u32).clamp(1, 6);
        let to_original = |x: f64, y: f64| {
            let p = self.transform.to_original(Point::new(rect.x + x * scale_x, rect.y + y * scale));
            (p.x, p.y)
        };
        let k = f64::from(n);
        let fine = warp(&self.source, (width * n, height * n), 255, |x, y| to_original(x / k, y / k));
        let w = width as usize;
        let mut sums = vec![0u32; w * height as usize];
        for (v, samples) in fine.as_raw().chunks_exact(w * n as usize).enumerate() {
            let row = &mut sums[v / n as usize * w..][..w];
            for (sum, samples) in row.iter_mut().zip(samples.chunks_exact(n as usize)) {
                *sum += samples.iter().map(|v| u32::from(*v)).sum::<u32>();
            }
        }
        // The paper's brightness changes slowly: one value for every block of pixels.
        const BLOCK: usize = 4;
        let blocks = w.div_ceil(BLOCK);
        let mut gains = vec![0f32; blocks];
        let mut pixels = Vec::with_capacity(sums.len());
        for (y, row) in sums.chunks_exact(w).enumerate() {
            if y % BLOCK == 0 {
                for (i, gain) in gains.iter_mut().enumerate() {
                    let middle = BLOCK as f64 / 2.0;
                    let (x, y) = to_original((i * BLOCK) as f64 + middle, y as f64 + middle);
                    let paper = self.background.at((x / self.factor) as f32, (y / self.factor) as f32);
                    *gain = FLAT_PAPER / (paper.max(8.0) * (n * n) as f32);
                }
            }
            for (block, gain) in row.chunks(BLOCK).zip(&gains) {
                pixels.extend(block.iter().map(|sum| (*sum as f32 * gain).min(255.0) as u8));
            }
        }
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
