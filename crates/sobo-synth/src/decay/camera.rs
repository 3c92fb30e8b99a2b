//! Taking the picture: sampling the sheet through its warp, light, blur, noise, grey and bitonal scans.

// Loops over three channels read several arrays at once.
#![allow(clippy::needless_range_loop)]

use image::{GrayImage, RgbImage};

use crate::ink::PixelBox;
use crate::page::{LineMark, Sheet};
use crate::random::{Rng, mix, noise2};
use crate::truth::{Bounds, Corners};

use super::{Holes, Level, Surface, Warp};

/// How the image was taken.
#[derive(Debug, Copy, Clone, PartialEq, Eq, clap::ValueEnum)]
pub enum Capture {
    /// Flatbed or overhead scanner, colour.
    Scanner,
    /// The same, grey.
    Grey,
    /// Black and white only.
    Bitonal,
    /// A phone over a table.
    Phone,
}

impl Capture {
    /// The identifier used in truth files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scanner => "scanner",
            Self::Grey => "grey",
            Self::Bitonal => "bitonal",
            Self::Phone => "phone",
        }
    }

    /// A way usual at this level.
    pub fn draw(rng: &mut Rng, level: Level) -> Self {
        let phone = level.of(0.03, 0.1, 0.17);
        let bitonal = level.of(0.06, 0.07, 0.05);
        [Self::Scanner, Self::Grey, Self::Bitonal, Self::Phone]
            [rng.weighted(&[0.68 - phone - bitonal, 0.25, bitonal, phone])]
    }
}

/// A picture and the way from sheet to picture.
#[derive(Debug)]
pub struct Shot {
    /// The image; bitonal and grey ones have equal channels.
    pub image: RgbImage,
    /// The warp.
    pub warp: Warp,
    /// The holes.
    pub holes: Holes,
    sheet: (f32, f32),
}

/// What lies around and under the sheet.
#[derive(Debug, Copy, Clone)]
enum Ground {
    /// Lid or cloth of one colour.
    Plain([f32; 3]),
    /// Another sheet.
    Paper([f32; 3]),
    /// Wood of a table: base colour and grain seed.
    Wood([f32; 3], u64),
}

impl Ground {
    fn at(self, x: f32, y: f32) -> [f32; 3] {
        match self {
            Self::Plain(colour) | Self::Paper(colour) => colour,
            Self::Wood(colour, seed) => {
                let grain = 1.0
                    + 0.18 * noise2(seed, x / 700.0, y / 14.0)
                    + 0.08 * noise2(seed ^ 1, x / 90.0, y / 5.0);
                colour.map(|c| c * grain)
            }
        }
    }
}

impl Shot {
    /// Whether the ink at a point of the sheet cannot be seen in the image: hole, tear, off the edge.
    pub fn gone(&self, x: f32, y: f32) -> bool {
        if x < 0.0 || y < 0.0 || x >= self.sheet.0 || y >= self.sheet.1 || self.holes.depth(x, y) > 0.0 {
            return true;
        }
        let (ix, iy) = self.warp.forward(f64::from(x), f64::from(y));
        ix < 0.0 || iy < 0.0 || ix >= f64::from(self.image.width()) || iy >= f64::from(self.image.height())
    }

    /// Share of the ink of lines that is lost, 0..=1, to three decimals.
    pub fn lost(&self, lines: &[LineMark]) -> f64 {
        let (mut lost, mut all) = (0.0, 0.0);
        for line in lines {
            let (l, a) = Holes::lost(line, |x, y| self.gone(x, y));
            lost += l;
            all += a;
        }
        if all > 0.0 { (lost / all * 1000.0).round() / 1000.0 } else { 0.0 }
    }

    /// Corners of a box of the sheet in the image, and the upright box around it. Where waves and folds bend its
    /// sides, the corners move outward until the straight sides between them hold all of the box.
    pub fn place(&self, b: PixelBox) -> (Bounds, Corners) {
        let corners = [(b.x, b.y), (b.x + b.w, b.y), (b.x + b.w, b.y + b.h), (b.x, b.y + b.h)];
        let sides: Vec<Vec<(f64, f64)>> = (0..4)
            .map(|side| {
                let (from, to) = (corners[side], corners[(side + 1) % 4]);
                // Folds turn within a few tens of pixels.
                let steps =
                    (((to.0 - from.0).abs() + (to.1 - from.1).abs()) / 24.0).clamp(2.0, 64.0) as usize;
                (0..=steps)
                    .map(|step| {
                        let t = step as f32 / steps as f32;
                        let (x, y) = (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t);
                        self.warp.forward(f64::from(x), f64::from(y))
                    })
                    .collect()
            })
            .collect();
        let quad = around(&sides).unwrap_or_else(|| [0, 1, 2, 3].map(|side: usize| sides[side][0]));
        (self.bounds(sides.iter().flatten()), quad.map(|(x, y)| [tenth(x), tenth(y)]))
    }

    /// Corners given one by one.
    pub fn place_corners(&self, corners: [(f32, f32); 4]) -> (Bounds, Corners) {
        let mapped = corners.map(|(x, y)| self.warp.forward(f64::from(x), f64::from(y)));
        (self.bounds(&mapped), mapped.map(|(x, y)| [tenth(x), tenth(y)]))
    }

    fn bounds<'p>(&self, points: impl IntoIterator<Item = &'p (f64, f64)>) -> Bounds {
        let (mut x0, mut y0, mut x1, mut y1) = (f64::MAX, f64::MAX, f64::MIN, f64::MIN);
        for (x, y) in points {
            x0 = x0.min(*x);
            y0 = y0.min(*y);
            x1 = x1.max(*x);
            y1 = y1.max(*y);
        }
        let (w, h) = (f64::from(self.image.width()), f64::from(self.image.height()));
        let (x0, y0) = (x0.floor().clamp(0.0, w), y0.floor().clamp(0.0, h));
        let (x1, y1) = (x1.ceil().clamp(x0, w), y1.ceil().clamp(y0, h));
        [x0 as i64, y0 as i64, (x1 - x0) as i64, (y1 - y0) as i64]
    }
}

/// The quadrilateral whose sides run like those from corner to corner and that holds every point of the bent sides;
/// `None` where a side is too short to have a direction.
fn around(sides: &[Vec<(f64, f64)>]) -> Option<[(f64, f64); 4]> {
    // Each side as a line: a direction, and its distance from the origin, pushed outward.
    let lines: Vec<(f64, f64, f64)> = sides
        .iter()
        .map(|side| {
            let (from, to) = (side.first()?, side.last()?);
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = (dx * dx + dy * dy).sqrt();
            if length < 2.0 {
                return None;
            }
            // Corners run clockwise with y down: outward is to the left of the direction.
            let (nx, ny) = (dy / length, -dx / length);
            Some((nx, ny, side.iter().map(|(x, y)| x * nx + y * ny).fold(f64::MIN, f64::max)))
        })
        .collect::<Option<_>>()?;
    let corner = |one: usize, two: usize| {
        let ((a, b, p), (c, d, q)) = (lines[one], lines[two]);
        let determinant = a * d - b * c;
        (determinant.abs() > 0.2).then(|| ((p * d - b * q) / determinant, (a * q - p * c) / determinant))
    };
    Some([corner(3, 0)?, corner(0, 1)?, corner(1, 2)?, corner(2, 3)?])
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Values on a coarse grid over the image, read bilinearly.
struct Grid<const N: usize> {
    step: usize,
    width: usize,
    values: Vec<[f32; N]>,
}

impl<const N: usize> Grid<N> {
    fn new(size: (usize, usize), step: usize, f: impl Fn(f64, f64) -> [f32; N]) -> Self {
        let width = size.0 / step + 2;
        let height = size.1 / step + 2;
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                values.push(f((x * step) as f64 + 0.5, (y * step) as f64 + 0.5));
            }
        }
        Self { step, width, values }
    }

    /// Calls `f` for each pixel of a row with its value.
    fn row(&self, y: usize, columns: usize, mut f: impl FnMut(usize, [f32; N])) {
        let (gy, ty) = (y / self.step, (y % self.step) as f32 / self.step as f32);
        let top = &self.values[gy * self.width..];
        let mut x = 0;
        let mut cell = 0;
        let mix = |a: f32, b: f32, t: f32| a + (b - a) * t;
        while x < columns {
            let (a, b) = (&top[cell], &top[cell + 1]);
            let (c, d) = (&top[self.width + cell], &top[self.width + cell + 1]);
            let mut left = [0.0; N];
            let mut slope = [0.0; N];
            for i in 0..N {
                left[i] = mix(a[i], c[i], ty);
                slope[i] = (mix(b[i], d[i], ty) - left[i]) / self.step as f32;
            }
            for _ in 0..self.step.min(columns - x) {
                f(x, left);
                for i in 0..N {
                    left[i] += slope[i];
                }
                x += 1;
            }
            cell += 1;
        }
    }
}

/// Takes the picture.
#[allow(clippy::too_many_arguments)]
pub fn photograph(
    sheet: &Sheet,
    surface: Surface,
    holes: Holes,
    warp: Warp,
    level: Level,
    capture: Capture,
    spread: bool,
    rng: &mut Rng,
) -> Shot {
    let size = warp.image;
    let phone = capture == Capture::Phone;
    let ground = ground(rng, phone);
    let below = if rng.chance(0.5) {
        let red = rng.range(0.74, 0.92);
        let green = red - rng.range(0.02, 0.08);
        Ground::Paper([red, green, green - rng.range(0.04, 0.16)])
    } else {
        ground
    };
    let positions = Grid::new(size, 16, |x, y| {
        let (sx, sy) = warp.backward(x, y);
        [sx as f32, sy as f32]
    });
    let light = light(&warp, size, level, phone, spread, rng);
    let noise_seed = rng.next_u64();
    let grain = rng.range(level.of(0.6, 1.2, 2.5), level.of(2.2, 4.8, 10.5)) * if phone { 1.4 } else { 1.0 };
    let rim_shade = rng.range(0.5, 0.9);
    let (w, h) = (sheet.width as f32, sheet.height as f32);
    let mut pixels = vec![0u8; size.0 * size.1 * 3];
    let mut lights = vec![[0.0f32; 3]; size.0];
    for y in 0..size.1 {
        light.row(y, size.0, |x, value| lights[x] = value);
        let row = &mut pixels[y * size.0 * 3..(y + 1) * size.0 * 3];
        positions.row(y, size.0, |x, [sx, sy]| {
            // Distance from the sheet's edge and from holes decide whether there is paper.
            let edge = sx.min(sy).min(w - sx).min(h - sy);
            let mut cover = (edge + 0.5).clamp(0.0, 1.0);
            let mut rim = 0.0;
            let mut hole = false;
            if cover > 0.0 {
                let depth = holes.depth(sx, sy);
                if depth > -9.0 {
                    cover *= (0.5 - depth).clamp(0.0, 1.0);
                    rim = (1.0 + depth / 9.0).clamp(0.0, 1.0);
                    hole = depth > -0.5;
                }
            }
            let mut colour = [0.0f32; 3];
            if cover > 0.0 {
                let tint = surface.at(sx, sy);
                let ink = sample_ink(sheet, sx, sy);
                for i in 0..3 {
                    let kept = 1.0 - (1.0 - ink[i]) * tint[3].clamp(0.0, 1.0);
                    // Torn fibres are pale.
                    colour[i] = tint[i] * kept * (1.0 - rim * rim * 0.15) + rim * rim * rim * 0.12;
                }
            }
            if cover < 1.0 {
                let behind = if hole || edge > 0.5 { below } else { ground };
                let mut under = behind.at(sx, sy);
                // The sheet throws a shadow on what lies below.
                let shadow = if edge <= 0.5 { (1.0 + edge / 26.0).clamp(0.0, 1.0) } else { 0.6 };
                for value in &mut under {
                    *value *= 1.0 - shadow * 0.35 * rim_shade;
                }
                for i in 0..3 {
                    colour[i] = colour[i] * cover + under[i] * (1.0 - cover);
                }
            }
            let random = mix(noise_seed ^ ((y * size.0 + x) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            let byte = |shift: u32| ((random >> shift) & 0xFF) as f32 / 127.5 - 1.0;
            let common = (byte(0) + byte(8) + byte(16)) * 0.8 * grain;
            for i in 0..3 {
                let own = byte(24 + 8 * i as u32) * 0.35 * grain;
                row[x * 3 + i] = (colour[i] * lights[x][i] * 255.0 + common + own).clamp(0.0, 255.0) as u8;
            }
        });
    }
    let blur = rng.range(level.of(0.25, 0.5, 0.9), level.of(0.75, 1.25, 2.4)) * if phone { 1.2 } else { 1.0 };
    soften(&mut pixels, size, blur);
    match capture {
        Capture::Grey => grey(&mut pixels, rng),
        Capture::Bitonal => bitonal(&mut pixels, size, rng),
        Capture::Scanner | Capture::Phone => {}
    }
    let image = RgbImage::from_raw(size.0 as u32, size.1 as u32, pixels).unwrap_or_default();
    Shot { image, warp, holes, sheet: (w, h) }
}

fn ground(rng: &mut Rng, phone: bool) -> Ground {
    if phone {
        let woods = [
            [0.45, 0.30, 0.18],
            [0.62, 0.46, 0.30],
            [0.30, 0.22, 0.18],
            [0.55, 0.52, 0.48],
            [0.70, 0.68, 0.64],
        ];
        return Ground::Wood(woods[rng.below(5)], rng.next_u64());
    }
    match rng.weighted(&[5.0, 3.0, 2.0, 1.0]) {
        0 => Ground::Plain([rng.range(0.03, 0.1); 3]),
        1 => Ground::Plain([rng.range(0.88, 0.98); 3]),
        2 => {
            let grey = rng.range(0.15, 0.3);
            Ground::Plain([grey, grey * 0.97, grey * 0.92])
        }
        _ => {
            let grey = rng.range(0.45, 0.75);
            Ground::Plain([grey, grey - rng.range(0.0, 0.05), grey - rng.range(0.0, 0.12)])
        }
    }
}

fn light(
    warp: &Warp,
    size: (usize, usize),
    level: Level,
    phone: bool,
    spread: bool,
    rng: &mut Rng,
) -> Grid<3> {
    let base = rng.range(level.of(0.95, 0.9, 0.82), 1.02);
    let strength = rng.range(0.0, level.of(0.06, 0.13, 0.24)) * if phone { 1.8 } else { 1.0 };
    let (dx, dy) = (rng.range(-1.0, 1.0), rng.range(-1.0, 1.0));
    let vignette = if phone { rng.range(0.03, 0.2) } else { 0.0 };
    let cloud = rng.range(0.0, level.of(0.02, 0.05, 0.1));
    let warm = rng.normal() * if phone { 0.03 } else { 0.012 };
    let gutter =
        rng.range(level.of(0.1, 0.2, 0.3), level.of(0.3, 0.5, 0.65)) * if spread { 1.0 } else { 0.5 };
    let seed = rng.next_u64();
    let (w, h) = (size.0 as f32, size.1 as f32);
    let binding = warp.binding();
    // A hand or a head over a phone picture.
    let shadow =
        (phone && rng.chance(0.3)).then(|| (rng.range(-0.2, 1.2), rng.range(-0.2, 1.2), rng.range(0.2, 0.5)));
    Grid::new(size, 32, |x, y| {
        let (fx, fy) = (x as f32 / w - 0.5, y as f32 / h - 0.5);
        let mut value = base + strength * (fx * dx + fy * dy) - vignette * (fx * fx + fy * fy) * 2.0;
        value += cloud * noise2(seed, fx * 5.0, fy * 5.0);
        if let Some((at, reach)) = binding {
            let (sx, _) = warp.backward(x, y);
            let t = ((sx - at) / (reach * 0.55)) as f32;
            value *= 1.0 - gutter / (1.0 + t * t * 1.6);
        }
        if let Some((sx, sy, radius)) = shadow {
            let (ex, ey) = (fx + 0.5 - sx, fy + 0.5 - sy);
            let inside = ((radius * radius - ex * ex - ey * ey) * 18.0).clamp(0.0, 1.0);
            value *= 1.0 - 0.28 * inside;
        }
        [value * (1.0 + warm), value, value * (1.0 - warm)]
    })
}

fn sample_ink(sheet: &Sheet, x: f32, y: f32) -> [f32; 3] {
    let (x, y) = ((x - 0.5).max(0.0), (y - 0.5).max(0.0));
    let (ix, iy) = ((x as usize).min(sheet.width - 2), (y as usize).min(sheet.height - 2));
    let at = (iy * sheet.width + ix) * 3;
    let top = &sheet.ink[at..at + 6];
    let bottom = &sheet.ink[at + sheet.width * 3..at + sheet.width * 3 + 6];
    if top == [255; 6] && bottom == [255; 6] {
        return [1.0; 3];
    }
    let (tx, ty) = (x - ix as f32, y - iy as f32);
    let mut out = [0.0; 3];
    for (i, out) in out.iter_mut().enumerate() {
        let (a, b) = (f32::from(top[i]), f32::from(top[i + 3]));
        let (c, d) = (f32::from(bottom[i]), f32::from(bottom[i + 3]));
        let (upper, lower) = (a + (b - a) * tx, c + (d - c) * tx);
        *out = (upper + (lower - upper) * ty) / 255.0;
    }
    out
}

/// A soft round blur of about this radius, px.
fn soften(pixels: &mut [u8], size: (usize, usize), radius: f32) {
    // (1 - (i/r)²)² over r = 2 radii is close to a Gaussian and needs no exponential.
    let reach = (radius * 2.2).max(0.51);
    let taps = reach.ceil() as usize;
    let mut kernel: Vec<f32> = (0..=taps)
        .map(|i| {
            let t = (1.0 - (i as f32 / reach) * (i as f32 / reach)).max(0.0);
            t * t
        })
        .collect();
    let sum = kernel[0] + 2.0 * kernel[1..].iter().sum::<f32>();
    kernel.iter_mut().for_each(|k| *k /= sum);
    if kernel.get(1).is_none_or(|k| *k < 0.01) {
        return;
    }
    while kernel.len() > 1 && kernel[kernel.len() - 1] < 0.002 {
        kernel.pop();
    }
    let fixed: Vec<u32> = kernel.iter().map(|k| (k * 65_536.0) as u32).collect();
    let taps = fixed.len() - 1;
    let (w, h) = size;
    let stride = w * 3;
    let mut line = vec![0u8; stride];
    for row in pixels.chunks_exact_mut(stride) {
        line.copy_from_slice(row);
        for at in taps * 3..stride.saturating_sub(taps * 3) {
            let mut value = u32::from(line[at]) * fixed[0];
            for (i, k) in fixed.iter().enumerate().skip(1) {
                value += (u32::from(line[at - 3 * i]) + u32::from(line[at + 3 * i])) * k;
            }
            row[at] = ((value + 32_768) >> 16).min(255) as u8;
        }
    }
    // Downwards with a ring of the rows not yet overwritten.
    let mut ring: Vec<Vec<u8>> = vec![vec![0; stride]; taps + 1];
    for y in 0..h {
        let slot = y % (taps + 1);
        ring[slot].copy_from_slice(&pixels[y * stride..(y + 1) * stride]);
        if y < taps || y + taps >= h {
            continue;
        }
        let (above_end, below_start) = (y * stride, (y + 1) * stride);
        let (head, tail) = pixels.split_at_mut(below_start);
        let row = &mut head[above_end..];
        for at in 0..stride {
            let mut value = u32::from(ring[slot][at]) * fixed[0];
            for (i, k) in fixed.iter().enumerate().skip(1) {
                let above = ring[(y - i) % (taps + 1)][at];
                let below = tail[(i - 1) * stride + at];
                value += (u32::from(above) + u32::from(below)) * k;
            }
            row[at] = ((value + 32_768) >> 16).min(255) as u8;
        }
    }
}

fn luminance(pixel: &[u8]) -> u32 {
    (u32::from(pixel[0]) * 77 + u32::from(pixel[1]) * 151 + u32::from(pixel[2]) * 28) >> 8
}

fn grey(pixels: &mut [u8], rng: &mut Rng) {
    let (black, white) = (rng.range(0.0, 18.0), rng.range(225.0, 255.0));
    for pixel in pixels.chunks_exact_mut(3) {
        let value = (luminance(pixel) as f32 - black) * 255.0 / (white - black);
        pixel.fill(value.clamp(0.0, 255.0) as u8);
    }
}

/// Black and white by the mean around each pixel, as scanners do it.
fn bitonal(pixels: &mut [u8], size: (usize, usize), rng: &mut Rng) {
    let cell = 32;
    let (gw, gh) = (size.0 / cell + 1, size.1 / cell + 1);
    let mut sums = vec![(0u64, 0u64); gw * gh];
    for (index, pixel) in pixels.chunks_exact(3).enumerate() {
        let slot = &mut sums[index / size.0 / cell * gw + index % size.0 / cell];
        slot.0 += u64::from(luminance(pixel));
        slot.1 += 1;
    }
    let means: Vec<f32> = sums.iter().map(|(sum, count)| *sum as f32 / (*count).max(1) as f32).collect();
    let mean = |x: usize, y: usize| {
        let (cx, cy) = (x / cell, y / cell);
        let (mut sum, mut count) = (0.0, 0.0);
        for gy in cy.saturating_sub(1)..(cy + 2).min(gh) {
            for gx in cx.saturating_sub(1)..(cx + 2).min(gw) {
                sum += means[gy * gw + gx];
                count += 1.0;
            }
        }
        sum / count
    };
    let share = rng.range(0.76, 0.88);
    let thresholds: Vec<f32> = (0..gh)
        .flat_map(|y| (0..gw).map(move |x| (x, y)))
        .map(|(x, y)| mean(x * cell, y * cell) * share)
        .collect();
    for (index, pixel) in pixels.chunks_exact_mut(3).enumerate() {
        let (x, y) = (index % size.0, index / size.0);
        let threshold = thresholds[y / cell * gw + x / cell];
        pixel.fill(if (luminance(pixel) as f32) < threshold { 0 } else { 255 });
    }
}

/// The grey plane of an image.
pub fn to_grey(image: &RgbImage) -> GrayImage {
    GrayImage::from_fn(image.width(), image.height(), |x, y| {
        image::Luma([luminance(&image.get_pixel(x, y).0) as u8])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decay::Fold;

    /// Whether a point lies in a quadrilateral of clockwise corners, with this much to spare.
    fn within(quad: &Corners, (x, y): (f64, f64), spare: f64) -> bool {
        (0..4).all(|side| {
            let (a, b) = (quad[side], quad[(side + 1) % 4]);
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            let length = (dx * dx + dy * dy).sqrt().max(1e-9);
            ((x - a[0]) * dy - (y - a[1]) * dx) / length <= spare
        })
    }

    #[test]
    fn what_is_written_lies_in_its_box_after_every_warp() {
        let mut bent = 0;
        for seed in 0..90 {
            let mut rng = Rng::new(seed);
            let level = Level::ALL[seed as usize % 3];
            let capture = [Capture::Scanner, Capture::Phone, Capture::Bitonal][seed as usize / 3 % 3];
            let spread = seed % 2 == 0;
            let sheet = if spread { (4961, 3508) } else { (2480, 3508) };
            let folds = Fold::draw(sheet, level, &mut rng);
            let warp = Warp::draw(sheet, &folds, level, capture, spread, &mut rng);
            let image = RgbImage::new(warp.image.0 as u32, warp.image.1 as u32);
            let size = (sheet.0 as f32, sheet.1 as f32);
            let shot = Shot { image, warp, holes: Holes::none(8, 8), sheet: size };
            for _ in 0..40 {
                // Values, labels and whole lines anywhere on the sheet.
                let (w, h) = (rng.range(8.0, 1900.0), rng.range(12.0, 260.0));
                let b = PixelBox { x: rng.range(0.0, size.0 - w), y: rng.range(0.0, size.1 - h), w, h };
                let (bbox, quad) = shot.place(b);
                let corners = shot.place_corners([
                    (b.x, b.y),
                    (b.x + b.w, b.y),
                    (b.x + b.w, b.y + b.h),
                    (b.x, b.y + b.h),
                ]);
                for i in 0..=60u8 {
                    for j in 0..=6u8 {
                        let (x, y) = (b.x + b.w * f32::from(i) / 60.0, b.y + b.h * f32::from(j) / 6.0);
                        let at = shot.warp.forward(f64::from(x), f64::from(y));
                        assert!(within(&quad, at, 1.0), "seed {seed}: {at:?} of {b:?} outside {quad:?}");
                        bent += i32::from(!within(&corners.1, at, 1.0));
                        let seen = at.0 >= 0.0
                            && at.1 >= 0.0
                            && at.0 < f64::from(shot.image.width())
                            && at.1 < f64::from(shot.image.height());
                        let inside = at.0 >= bbox[0] as f64 - 1.0
                            && at.1 >= bbox[1] as f64 - 1.0
                            && at.0 <= (bbox[0] + bbox[2]) as f64 + 1.0
                            && at.1 <= (bbox[1] + bbox[3]) as f64 + 1.0;
                        assert!(inside || !seen, "seed {seed}: {at:?} of {b:?} outside {bbox:?}");
                    }
                }
                // The quadrilateral holds the box closely: sides move by the bend, most of all across a gutter.
                let area = |q: &Corners| {
                    (0..4).map(|i| q[i][0] * q[(i + 1) % 4][1] - q[(i + 1) % 4][0] * q[i][1]).sum::<f64>()
                        / 2.0
                };
                let room = 90.0 * f64::from(w + h) + 2000.0;
                assert!(area(&quad) - area(&corners.1) < room, "seed {seed}: {b:?} {quad:?} {corners:?}");
            }
        }
        // Corners alone would not do: the test sees the bends.
        assert!(bent > 500, "{bent}");
    }
}
