//! Where the sheet of paper lies on the scanner's glass, and where parts of it are gone.

use std::collections::VecDeque;

use image::{GrayImage, Luma, RgbImage};

use crate::raster;

/// Share of the paper's brightness below which something at the rim is the scanner's dark lid.
const DARK: f32 = 0.45;
/// Share of the paper's brightness below which a solid patch is a hole over something dark.
const HOLE: f32 = 0.30;
/// How much less red against green a sheet lying underneath is than the yellowed paper.
const UNDERNEATH: f32 = 0.03;

/// How much more yellow than the paper a table of wood is.
const TABLE: f32 = 0.15;

/// The sheet on a page image, on a coarse grid.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    /// 255 on paper, 0 beside it and in holes; one pixel per [`Sheet::FACTOR`]² pixels of the image.
    pub(crate) mask: GrayImage,
}

impl Sheet {
    /// Pixels of the image per pixel of the mask, in both directions.
    pub(crate) const FACTOR: u32 = 4;

    /// Finds the sheet on a grey image of about 150 dots per inch and, if the page has colour, that colour at half
    /// the resolution.
    ///
    /// What is beside the sheet is reached from the rim of the image: dark scanner background, a white lid that is
    /// less yellow than the paper, and, next to those, other sheets seen through tears. Each is taken only where it
    /// does not eat into the page. Solid black patches inside are holes.
    pub(crate) fn find(image: &GrayImage, colour: Option<&RgbImage>) -> Self {
        let small = raster::shrink(image, Self::FACTOR);
        let (w, h) = small.dimensions();
        let paper = f32::from(bright_median(&small));
        let mut outside = GrayImage::new(w, h);
        let dark = (paper * DARK) as u8;
        flood(&mut outside, 0.5, |x, y| small.get_pixel(x, y).0[0] < dark);
        match colour {
            Some(colour) => {
                let hue = Hue::of(colour, w, h);
                let (yellow, red) = hue.paper();
                // A table of wood or stone under a photographed sheet: darker, and of another colour on all sides.
                let table = |x: u32, y: u32| {
                    let (level, own) = (hue.level(x, y), hue.yellow(x, y));
                    let other = own > yellow + TABLE || own < 0.4 * yellow && yellow > 0.08;
                    level < DARK * paper || level < 0.78 * paper && other
                };
                // Where a dark lid goes all round, what is left at the rim is the stained edge of the paper.
                let lid = rim_share(w, h, |x, y| outside.get_pixel(x, y).0[0] != 0);
                if lid < 0.6 && rim_share(w, h, table) > 0.8 {
                    flood(&mut outside, 0.7, table);
                }
                if yellow > 0.08 {
                    flood(&mut outside, 0.4, |x, y| {
                        hue.yellow(x, y) < 0.4 * yellow && hue.level(x, y) > 0.6 * paper
                    });
                    flood(&mut outside, 0.15, |x, y| {
                        hue.red(x, y) < red - UNDERNEATH && hue.level(x, y) > 0.5 * paper
                    });
                }
            }
            None if paper < 238.0 => flood(&mut outside, 0.3, |x, y| small.get_pixel(x, y).0[0] >= 251),
            None => {}
        }
        let holes = holes(&small, paper);
        let data = outside.as_raw().iter().zip(holes.as_raw()).map(|(&o, &s)| !(o | s)).collect();
        let mask = GrayImage::from_raw(w, h, data).unwrap_or_default();
        Self { mask: raster::erode(&mask, 1) }
    }

    /// The box around the paper in the image's pixels: `(x0, y0, x1, y1)`. Rows and columns with hardly any paper
    /// do not count.
    pub(crate) fn bounds(&self) -> (f64, f64, f64, f64) {
        let (w, h) = self.mask.dimensions();
        let mut columns = vec![0u32; w as usize];
        let mut rows = vec![0u32; h as usize];
        for (x, y, p) in self.mask.enumerate_pixels() {
            let n = u32::from(p.0[0] != 0);
            columns[x as usize] += n;
            rows[y as usize] += n;
        }
        let span = |counts: &[u32], least: u32| {
            let first = counts.iter().position(|&n| n > least).unwrap_or(0);
            let last = counts.iter().rposition(|&n| n > least).unwrap_or(counts.len().saturating_sub(1));
            (first as f64, (last + 1) as f64)
        };
        let ((x0, x1), (y0, y1)) = (span(&columns, h / 50), span(&rows, w / 50));
        let f = f64::from(Self::FACTOR);
        (x0 * f, y0 * f, x1 * f, y1 * f)
    }
}

/// Hues on the coarse grid.
struct Hue {
    rgb: RgbImage,
}

impl Hue {
    fn of(colour: &RgbImage, w: u32, h: u32) -> Self {
        let (cw, ch) = colour.dimensions();
        let half = |v: u32, n: u32, cn: u32| (v * cn / n.max(1)).min(cn.saturating_sub(1));
        let rgb = RgbImage::from_fn(w, h, |x, y| {
            let (x0, y0) = (half(x, w, cw), half(y, h, ch));
            let (x1, y1) = ((x0 + 1).min(cw - 1), (y0 + 1).min(ch - 1));
            let mut sum = [0u16; 3];
            for (x, y) in [(x0, y0), (x1, y0), (x0, y1), (x1, y1)] {
                for (s, v) in sum.iter_mut().zip(colour.get_pixel(x, y).0) {
                    *s += u16::from(v);
                }
            }
            image::Rgb(sum.map(|s| (s / 4) as u8))
        });
        Self { rgb }
    }

    fn at(&self, x: u32, y: u32) -> [f32; 3] {
        self.rgb.get_pixel(x, y).0.map(f32::from)
    }

    /// How much less blue than red, as a share of red.
    fn yellow(&self, x: u32, y: u32) -> f32 {
        let [r, _, b] = self.at(x, y);
        (r - b) / r.max(1.0)
    }

    /// Red against green; shadows do not change it.
    fn red(&self, x: u32, y: u32) -> f32 {
        let [r, g, _] = self.at(x, y);
        r / g.max(1.0)
    }

    fn level(&self, x: u32, y: u32) -> f32 {
        let [r, g, b] = self.at(x, y);
        0.3 * r + 0.59 * g + 0.11 * b
    }

    /// Typical yellowness and redness of the middle of the page.
    fn paper(&self) -> (f32, f32) {
        let (w, h) = self.rgb.dimensions();
        let places: Vec<(u32, u32)> = (h / 6..h - h / 6)
            .step_by(3)
            .flat_map(|y| (w / 6..w - w / 6).step_by(3).map(move |x| (x, y)))
            .collect();
        let middle = |mut v: Vec<f32>| {
            v.sort_by(f32::total_cmp);
            v.get(v.len() / 2).copied().unwrap_or(0.0)
        };
        (
            middle(places.iter().map(|&(x, y)| self.yellow(x, y)).collect()),
            middle(places.iter().map(|&(x, y)| self.red(x, y)).collect()),
        )
    }
}

/// Marks in `outside` what `is_outside` holds for and what is connected to the rim or to what is marked already,
/// unless that would be more than `most` of the image.
fn flood(outside: &mut GrayImage, most: f32, is_outside: impl Fn(u32, u32) -> bool) {
    let (w, h) = outside.dimensions();
    if w == 0 || h == 0 {
        return;
    }
    let mut grown = outside.clone();
    let mut queue = VecDeque::new();
    let reach = |x: u32, y: u32, grown: &mut GrayImage, queue: &mut VecDeque<(u32, u32)>| {
        if grown.get_pixel(x, y).0[0] == 0 && is_outside(x, y) {
            grown.put_pixel(x, y, Luma([255]));
            queue.push_back((x, y));
        }
    };
    for x in 0..w {
        reach(x, 0, &mut grown, &mut queue);
        reach(x, h - 1, &mut grown, &mut queue);
    }
    for y in 0..h {
        reach(0, y, &mut grown, &mut queue);
        reach(w - 1, y, &mut grown, &mut queue);
    }
    // A rim of blended pixels lies between two regions: step over it.
    let near = raster::dilate(outside, 2);
    for (x, y, p) in near.enumerate_pixels() {
        if p.0[0] != 0 {
            reach(x, y, &mut grown, &mut queue);
        }
    }
    let mut marked = 0u32;
    while let Some((x, y)) = queue.pop_front() {
        marked += 1;
        for (x, y) in [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)] {
            if x < w && y < h {
                reach(x, y, &mut grown, &mut queue);
            }
        }
    }
    if (marked as f32) < most * (w * h) as f32 {
        *outside = grown;
    }
}

/// Share of the image's rim for which something holds.
fn rim_share(w: u32, h: u32, holds: impl Fn(u32, u32) -> bool) -> f32 {
    if w == 0 || h == 0 {
        return 0.0;
    }
    let level = (0..w).flat_map(|x| [(x, 0), (x, h - 1)]);
    let upright = (0..h).flat_map(|y| [(0, y), (w - 1, y)]);
    let held = level.chain(upright).filter(|&(x, y)| holds(x, y)).count();
    held as f32 / (2 * (w + h)) as f32
}

/// 255 on solid black patches at least 2 mm wide, with what belongs to them.
fn holes(small: &GrayImage, paper: f32) -> GrayImage {
    let below = |level: f32| {
        let level = level as u8;
        let data = small.as_raw().iter().map(|&v| if v < level { 255 } else { 0 }).collect();
        GrayImage::from_raw(small.width(), small.height(), data).unwrap_or_default()
    };
    let mut found = raster::erode(&below(paper * HOLE), 1);
    if found.as_raw().iter().all(|&v| v == 0) {
        return found;
    }
    // Grow back over what is dark around them, but not along strokes that lead away.
    let dark = below(paper * (HOLE + 0.25));
    for _ in 0..4 {
        let wider = raster::dilate(&found, 1);
        let data = wider.as_raw().iter().zip(dark.as_raw()).map(|(&a, &b)| a & b).collect();
        found = GrayImage::from_raw(small.width(), small.height(), data).unwrap_or_default();
    }
    raster::dilate(&found, 1)
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    /// A cream sheet on a background, with a hole and a torn corner that shows `under`.
    fn page(background: [u8; 3], under: [u8; 3], hole: [u8; 3]) -> RgbImage {
        RgbImage::from_fn(640, 800, |x, y| {
            let beside = x < 40 || y < 24 || x >= 600 || y >= 780;
            let torn = x + y > 1240;
            let pierced = (f64::from(x) - 300.0).hypot(f64::from(y) - 300.0) < 20.0;
            let ink = (200..230).contains(&y) && x % 12 < 4 && (100..500).contains(&x);
            image::Rgb(if beside {
                background
            } else if torn {
                under
            } else if pierced {
                hole
            } else if ink {
                [50, 50, 60]
            } else {
                [223, 206, 178]
            })
        })
    }

    fn find(rgb: &RgbImage) -> Sheet {
        let grey = image::imageops::grayscale(rgb);
        Sheet::find(&grey, Some(&raster::thin_rgb(rgb, 2)))
    }

    #[test]
    fn dark_and_white_backgrounds_are_cut_off() {
        for background in [[40, 38, 36], [250, 251, 250]] {
            let sheet = find(&page(background, [40, 38, 36], [30, 30, 30]));
            let (x0, y0, x1, y1) = sheet.bounds();
            assert!((x0 - 40.0).abs() <= 8.0 && (y0 - 24.0).abs() <= 8.0, "{background:?}: {x0},{y0}");
            assert!((x1 - 600.0).abs() <= 8.0 && (y1 - 780.0).abs() <= 8.0, "{background:?}: {x1},{y1}");
        }
    }

    #[test]
    fn a_table_of_wood_is_no_paper_and_a_stained_rim_is() {
        let mut photograph = page([0; 3], [223, 206, 178], [30, 30, 30]);
        for (x, y, pixel) in photograph.enumerate_pixels_mut() {
            if pixel.0 == [0; 3] {
                // Grain, half of it lighter than what counts as dark.
                pixel.0 = if (x / 3 + y / 9) % 2 == 0 { [176, 122, 70] } else { [110, 72, 36] };
            }
        }
        let (x0, y0, x1, y1) = find(&photograph).bounds();
        assert!((x0 - 40.0).abs() <= 8.0 && (y0 - 24.0).abs() <= 8.0, "{x0},{y0}");
        assert!((x1 - 600.0).abs() <= 8.0 && (y1 - 780.0).abs() <= 8.0, "{x1},{y1}");
        let mut stained = page([223, 206, 178], [223, 206, 178], [30, 30, 30]);
        for (x, _, pixel) in stained.enumerate_pixels_mut() {
            if x < 90 {
                pixel.0 = [170, 132, 84];
            }
        }
        assert_eq!(find(&stained).mask.get_pixel(10, 50).0[0], 255);
    }

    #[test]
    fn holes_and_tears_are_not_paper_and_ink_is() {
        let sheet = find(&page([250, 251, 250], [206, 200, 178], [30, 30, 30]));
        let at = |x: u32, y: u32| sheet.mask.get_pixel(x / 4, y / 4).0[0];
        assert_eq!(at(300, 300), 0, "hole");
        assert_eq!(at(590, 720), 0, "torn corner over another sheet");
        assert_eq!(at(300, 215), 255, "writing");
        assert_eq!(at(400, 600), 255, "paper");
    }

    #[test]
    fn a_sheet_that_fills_the_image_is_all_paper() {
        let sheet = Sheet::find(&GrayImage::from_pixel(400, 500, Luma([230])), None);
        assert_eq!(sheet.bounds(), (0.0, 0.0, 400.0, 500.0));
        assert!(sheet.mask.as_raw().iter().skip(101).take(50).all(|&v| v == 255));
    }
}
