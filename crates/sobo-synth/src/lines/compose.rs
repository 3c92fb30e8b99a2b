//! One training line: writing on paper as the reader will be given it.

use std::sync::Arc;

use anyhow::{Result, bail};
use image::codecs::jpeg::JpegEncoder;
use sobo_core::{FieldKind, Ink};

use super::paper::{Level, Sheet};
use super::text::{self, Sample};
use super::{Crop, Description};
use crate::fonts::{Face, Fonts, Style};
use crate::ink::GrayMask;
use crate::random::{Rng, derive};
use crate::writer::{Bend, Writer};

/// Proportions of styles.
#[derive(Debug, Clone, PartialEq)]
pub struct Mix {
    weights: [f32; 5],
}

impl Mix {
    /// The usual proportions of these kinds; all kinds if none is named.
    ///
    /// # Errors
    /// Names the unknown kind.
    pub fn parse(kinds: &[String]) -> Result<Self> {
        // School, cursive, printhand, typewriter, print.
        let usual = [0.17, 0.27, 0.21, 0.17, 0.18];
        let mut weights = if kinds.is_empty() { usual } else { [0.0; 5] };
        for kind in kinds {
            let range = match kind.as_str() {
                "handwritten" => 0..3,
                "typed" => 3..4,
                "printed" => 4..5,
                other => match Style::ALL.iter().position(|style| style.as_str() == other) {
                    Some(index) => index..index + 1,
                    None => bail!("--kinds {other}: handwritten, typed or printed (or a style of fonts.tsv)"),
                },
            };
            weights[range.clone()].copy_from_slice(&usual[range]);
        }
        Ok(Self { weights })
    }
}

/// Writers of one stream.
const WRITERS: usize = 20_000;

/// Draws the line of this seed; `stream` is the seed of the whole stream, whose writers are shared.
pub fn draw_line(seed: u64, stream: u64, height: u32, fonts: &Fonts, mix: &Mix) -> Crop {
    let mut rng = Rng::new(seed);
    let style = Style::ALL[rng.weighted(&mix.weights)];
    let writer_seed = derive(stream ^ 0x0057_5249_5445_5253, rng.below(WRITERS) as u64);
    let writer = writer_of(writer_seed, style, fonts);
    let level = Level::draw(&mut rng);
    let empty = rng.chance(0.02);
    let mut sample = covered(&writer, &mut rng);
    let with_label = !empty && rng.chance(0.1);
    if empty {
        sample.text.clear();
    }
    let mut composer = Composer { rng, fonts, writer, level, height: height as usize };
    let (pixels, width, text) = composer.compose(&sample.text, with_label);
    let description = Description {
        text,
        ink: composer.writer.ink,
        field: if with_label { FieldKind::Text } else { sample.field },
        writer: composer.writer.id,
        font: composer.writer.font.clone(),
        style: composer.writer.style.as_str().to_owned(),
        level: level.as_str().to_owned(),
    };
    Crop { description, width: width as u32, height, pixels }
}

fn writer_of(seed: u64, style: Style, fonts: &Fonts) -> Writer {
    // A share without the style falls back to its first face: `Fonts` is never empty here.
    Writer::of_style(seed, style, fonts).unwrap_or_else(|_| {
        let face: Arc<Face> = Arc::clone(&fonts.faces()[0]);
        Writer::with_face(seed, face, fonts)
    })
}

/// A text this writer can write.
fn covered(writer: &Writer, rng: &mut Rng) -> Sample {
    for _ in 0..12 {
        let sample = text::sample(rng);
        if writer.covers(&sample.text) {
            return sample;
        }
    }
    let mut sample = text::sample(rng);
    sample.text =
        sample.text.chars().filter(|c| *c == ' ' || writer.covers(c.encode_utf8(&mut [0; 4]))).collect();
    sample.text = sample.text.split_whitespace().collect::<Vec<_>>().join(" ");
    sample
}

struct Composer<'a> {
    rng: Rng,
    fonts: &'a Fonts,
    writer: Writer,
    level: Level,
    height: usize,
}

impl Composer<'_> {
    fn compose(&mut self, text: &str, with_label: bool) -> (Vec<u8>, usize, String) {
        // Low resolutions are drawn small and enlarged, as a reader would enlarge them.
        let harm = self.level.harm();
        let h = if self.rng.chance(0.12 + 0.2 * harm) {
            ((self.height as f32 * self.rng.range(0.48, 0.9)) as usize).max(14)
        } else {
            self.height
        };
        let hf = h as f32;
        let struck = if self.rng.chance(0.02) && !text.is_empty() {
            covered(&self.writer, &mut self.rng).text
        } else {
            String::new()
        };
        let struck = struck.split(' ').next().unwrap_or_default().to_owned();
        let bend = self.bend();
        let fit = h < self.height * 3 / 4 || self.rng.chance(0.6);
        // Small crops hold large writing, or nobody could read it.
        let small = h < self.height * 3 / 4;
        let extent = hf * self.rng.range(if small { 0.78 } else { 0.55 }, 0.97);
        let size = if fit { hf * 0.36 } else { hf * self.rng.range(0.25, 0.48) };
        let mut line_rng = self.rng.fork(1);
        let written = self.writer.write_within(
            &struck,
            text,
            size,
            &Fit { extent: fit.then_some(extent), most: hf * self.rng.range(0.93, 1.06) },
            &bend,
            &mut line_rng,
        );
        let size = written.size;
        let line = written.line;
        // Margins: tight and loose.
        let margin = |rng: &mut Rng| {
            if rng.chance(0.35) {
                rng.range(-0.04, 0.12) * hf
            } else {
                rng.range(0.05, 1.0) * rng.unit() * hf
            }
        };
        let label = with_label.then(|| self.label(size, &bend));
        let gap = size * self.rng.range(0.15, 1.6);
        let (left, right) = (margin(&mut self.rng).max(1.0), margin(&mut self.rng));
        let label_width = label.as_ref().map_or(0.0, |l| l.0.width as f32 + gap);
        let ink = line.ink;
        let value_width =
            if text.is_empty() { hf * self.rng.range(0.5, 8.0) } else { line.mask.width as f32 };
        let width = ((left + label_width + value_width + right).ceil().max(hf * 0.35)) as usize;
        let flattened = !self.rng.chance(0.13);
        let mut sheet = Sheet::new(width, h, self.level, flattened, &mut self.rng);

        // Where the writing stands: its ink in the middle, give or take.
        let (ink_top, ink_height) = ink.map_or((0.0, 0.0), |b| (b.y, b.h));
        let slack = (hf - ink_height).max(0.0);
        let top = slack * (0.5 + 0.22 * self.rng.normal()).clamp(0.0, 1.0) - (ink_height - hf).max(0.0) * 0.5;
        let y = (top - ink_top).round() as isize;
        let x = (left + label_width) as isize;
        let baseline = y as f32 + line.baseline;
        let depth = self.depth();
        let grain = self.rng.unit() * (0.15 + 0.45 * harm);

        self.under(&mut sheet, left, label_width, baseline, size);
        if let Some((mask, label_baseline, _)) = &label {
            let at = (baseline - label_baseline + size * 0.05 * self.rng.normal()).round() as isize;
            sheet.ink(mask, left as isize, at, self.rng.range(0.6, 0.95), grain * 0.6, self.rng.next_u64());
        }
        if !text.is_empty() {
            sheet.ink(&line.mask, x, y, depth, grain, self.rng.next_u64());
        }
        self.over(&mut sheet, size, baseline);
        let spoken = match &label {
            Some((_, _, printed)) => format!("{printed} {text}"),
            None => text.to_owned(),
        };
        let (pixels, width) = self.finish(sheet, depth, size);
        (pixels, width, spoken)
    }

    fn bend(&mut self) -> Bend {
        let straight = self.rng.chance(0.4);
        Bend {
            slope: if straight { 0.0 } else { self.rng.normal() * 0.012 },
            curl: if self.rng.chance(0.2) { self.rng.normal() * 0.05 } else { 0.0 },
            most: 0.22,
            tremor: if self.rng.chance(0.18 * (0.3 + self.level.harm())) {
                self.rng.range(0.01, 0.055)
            } else {
                0.0
            },
            seed: self.rng.next_u64(),
        }
    }

    fn depth(&mut self) -> f32 {
        let harm = self.level.harm();
        let faint = self.rng.chance(0.06 + 0.25 * harm);
        if faint { self.rng.range(0.22, 0.45) } else { self.rng.range(0.42 + 0.18 * (1.0 - harm), 0.97) }
    }

    /// A printed label to stand before the value.
    fn label(&mut self, size: f32, bend: &Bend) -> (GrayMask, f32, String) {
        let press = writer_of(self.rng.next_u64(), Style::Print, self.fonts);
        let mut printed = text::label(&mut self.rng).to_owned();
        if !press.covers(&printed) {
            printed = "Số".to_owned();
        }
        if self.rng.chance(0.5) && !printed.ends_with(':') {
            printed.push_str([":", " :", "."][self.rng.weighted(&[6.0, 2.0, 0.5])]);
        }
        let mut rng = self.rng.fork(2);
        let size = size * self.rng.range(0.6, 1.05);
        let line = press.write_within(
            "",
            &printed,
            size,
            &Fit { extent: None, most: self.height as f32 },
            bend,
            &mut rng,
        );
        (line.line.mask, line.line.baseline, printed)
    }

    /// What lies under the writing: leaders, rules, the reverse, neighbouring lines.
    fn under(&mut self, sheet: &mut Sheet, left: f32, label_width: f32, baseline: f32, size: f32) {
        let harm = self.level.harm();
        let (w, h) = (sheet.width as f32, sheet.height as f32);
        let printed = self.writer.ink == Ink::Printed;
        if self.rng.chance(if label_width > 0.0 {
            0.8
        } else if printed {
            0.05
        } else {
            0.4
        }) {
            let from = if label_width > 0.0 { left + label_width - size * 0.3 } else { -self.rng.unit() * h };
            let to = if self.rng.chance(0.8) { w } else { w * self.rng.range(0.5, 1.0) };
            let y = baseline + size * (0.05 + 0.14 * self.rng.normal());
            let slope = self.rng.normal() * 0.003;
            if self.rng.chance(0.85) {
                sheet.leaders(from, to, y, slope, &mut self.rng);
            } else {
                sheet.line((from, y), (to, y + slope * w), h * 0.012, self.rng.range(0.2, 0.7));
            }
        }
        for edge in 0..4 {
            if !self.rng.chance(0.05) {
                continue;
            }
            let inset = self.rng.range(-0.01, 0.12) * h;
            let tilt = self.rng.normal() * 0.01;
            let half = h * self.rng.range(0.008, 0.03);
            let depth = self.rng.range(0.3, 0.85);
            let (from, to) = match edge {
                0 => ((0.0, inset), (w, inset + tilt * w.min(300.0))),
                1 => ((0.0, h - inset), (w, h - inset + tilt * w.min(300.0))),
                2 => ((inset, 0.0), (inset + tilt * h, h)),
                _ => ((w - inset, 0.0), (w - inset + tilt * h, h)),
            };
            sheet.line(from, to, half, depth);
        }
        if self.rng.chance(0.04 + 0.22 * harm) {
            self.reverse(sheet, size);
        }
        for below in [false, true] {
            if self.rng.chance(0.14) {
                self.neighbour(sheet, baseline, size, below);
            }
        }
    }

    /// Writing of the reverse, mirrored and pale.
    fn reverse(&mut self, sheet: &mut Sheet, size: f32) {
        let mut rng = self.rng.fork(3);
        let sample = covered(&self.writer, &mut rng);
        let mut mask = self.writer.write(&sample.text, size * rng.range(0.8, 1.2), &mut rng).mask;
        let width = mask.width;
        mask.data.chunks_exact_mut(width).for_each(<[u8]>::reverse);
        let x = (rng.range(-0.3, 0.8) * sheet.width as f32) as isize;
        let y = (rng.range(-0.6, 0.6) * sheet.height as f32) as isize;
        sheet.ink(&mask, x, y, rng.range(0.04, 0.06 + 0.2 * self.level.harm()), 0.3, rng.next_u64());
        sheet.blur(0.22);
    }

    /// The next line's ascenders or the last one's descenders at the edge.
    fn neighbour(&mut self, sheet: &mut Sheet, baseline: f32, size: f32, below: bool) {
        let mut rng = self.rng.fork(if below { 4 } else { 5 });
        let sample = covered(&self.writer, &mut rng);
        let line = self.writer.write(&sample.text, size, &mut rng);
        let Some(ink) = line.ink else { return };
        let seen = sheet.height as f32 * rng.range(0.02, 0.16);
        let y = if below { sheet.height as f32 - seen - ink.y } else { seen - (ink.y + ink.h) };
        let own = if below { baseline + size * 0.25 } else { baseline - size * 1.35 };
        // Never into the letters themselves.
        let y = if below { y.max(own - ink.y) } else { y.min(own - ink.y - ink.h) };
        let x = rng.range(-0.2, 0.5) * sheet.width as f32;
        sheet.ink(&line.mask, x as isize, y as isize, rng.range(0.4, 0.9), 0.2, rng.next_u64());
    }

    /// What lies over the writing: spots, stains, seals, folds, holes.
    fn over(&mut self, sheet: &mut Sheet, size: f32, baseline: f32) {
        let harm = self.level.harm();
        let (w, h) = (sheet.width as f32, sheet.height as f32);
        let rng = &mut self.rng;
        for _ in 0..rng.below((1.0 + 7.0 * harm) as usize + 1) {
            if rng.chance(0.3 + 0.4 * harm) {
                let radius = h * 0.02 * (1.0 + 5.0 * rng.unit() * rng.unit());
                sheet.spot(
                    rng.unit() * w,
                    rng.unit() * h,
                    radius,
                    rng.range(0.04, 0.25),
                    rng.range(0.3, 1.5),
                );
            }
        }
        if rng.chance(0.1 + 0.25 * harm) {
            // Specks of dust and mould.
            for _ in 0..rng.below(14) {
                let (x, y) = (rng.unit() * w, rng.unit() * h);
                sheet.spot(x, y, h * rng.range(0.006, 0.02), rng.range(0.15, 0.7), 0.6);
            }
        }
        if rng.chance(0.15 * harm) {
            // Border of a stain that flattening left: a tide line.
            let (cx, cy) = (rng.unit() * w, rng.range(-2.0, 3.0) * h);
            let radius = h * rng.range(1.0, 4.0);
            let (depth, half) = (rng.range(0.04, 0.22), h * rng.range(0.02, 0.07));
            ring(sheet, cx, cy, radius, half, depth, rng.next_u64());
        }
        if rng.chance(0.03 + 0.04 * harm) {
            seal(sheet, size, rng);
        }
        if rng.chance(0.08 * harm) {
            let x = rng.unit() * w;
            let to = x + rng.normal() * h * 0.1;
            sheet.line((x, 0.0), (to, h), h * 0.012, rng.range(-0.12, 0.35));
        }
        if rng.chance(0.05 * harm) {
            // Small holes: white after flattening, sometimes with a dark rim.
            for _ in 0..1 + rng.below(3) {
                let (x, y, r) = (rng.unit() * w, rng.unit() * h, h * rng.range(0.02, 0.09));
                if rng.chance(0.4) {
                    sheet.spot(x, y, r * 1.25, 0.4, 0.3);
                }
                hole(sheet, x, y, r);
            }
        }
        if rng.chance(0.05 + 0.12 * harm) {
            // Ink faded along part of the line.
            fade(sheet, rng);
        }
        let _ = baseline;
    }

    /// Camera or scanner, compression, and the size the reader wants.
    fn finish(&mut self, mut sheet: Sheet, depth: f32, size: f32) -> (Vec<u8>, usize) {
        let harm = self.level.harm();
        let rng = &mut self.rng;
        if rng.chance(0.45 + 0.3 * harm) {
            let heavy = rng.chance(0.25 * harm) && size > 13.0;
            let passes = 1 + rng.below(if heavy { 3 } else { 1 });
            for _ in 0..passes {
                sheet.blur(rng.range(0.05, 0.25));
            }
        }
        let sigma = if rng.chance(0.75) { rng.unit() * (2.0 + 10.0 * harm * rng.unit()) } else { 0.0 };
        let mut pixels = sheet.develop(sigma, rng.next_u64());
        let (mut w, h) = (sheet.width, sheet.height);
        if rng.chance(0.07) && depth > 0.5 {
            // Bitonal scans: between the paper and the ink.
            let paper = f32::from(brightest(&pixels));
            let limit = (paper * (1.0 - depth * rng.range(0.2, 0.5))) as u8;
            pixels.iter_mut().for_each(|p| *p = if *p < limit { 0 } else { 255 });
        } else if rng.chance(0.2) {
            stretch(&mut pixels, rng);
        }
        if rng.chance(0.12 + 0.12 * harm) {
            let quality = rng.between(28, 85) as u8;
            if let Some(decoded) = through_jpeg(&pixels, w, h, quality) {
                pixels = decoded;
            }
        }
        if h != self.height {
            (pixels, w) = enlarge(&pixels, w, h, self.height);
        }
        (pixels, w)
    }
}

/// How large the writing may get.
#[derive(Debug, Copy, Clone)]
pub(crate) struct Fit {
    /// Height of all ink to aim at, px.
    pub(crate) extent: Option<f32>,
    /// Height never exceeded, px.
    pub(crate) most: f32,
}

fn ring(sheet: &mut Sheet, cx: f32, cy: f32, radius: f32, half: f32, depth: f32, seed: u64) {
    let w = sheet.width;
    for (i, light) in sheet.light.iter_mut().enumerate() {
        let (dx, dy) = ((i % w) as f32 - cx, (i / w) as f32 - cy);
        let distance = (dx * dx + dy * dy).sqrt();
        if (distance - radius).abs() > 4.0 * half {
            continue;
        }
        let wobble = crate::random::noise(seed, (dx + dy * 1.7) / (half * 9.0)) * half * 2.0;
        let off = (distance - radius + wobble).abs();
        *light *= 1.0 - depth * (1.0 - off / half).max(0.0);
    }
}

/// A piece of a round seal over the line.
fn seal(sheet: &mut Sheet, size: f32, rng: &mut Rng) {
    let (w, h) = (sheet.width as f32, sheet.height as f32);
    let radius = size * rng.range(2.5, 5.0);
    let cx = rng.unit() * w;
    let cy = h * 0.5 + radius * rng.range(-1.0, 1.0);
    let depth = rng.range(0.12, 0.5);
    let seed = rng.next_u64();
    ring(sheet, cx, cy, radius, h * 0.03, depth, seed);
    ring(sheet, cx, cy, radius * 0.93, h * 0.015, depth, seed ^ 1);
    ring(sheet, cx, cy, radius * 0.6, h * 0.015, depth, seed ^ 2);
    // Letters of its legend, as blunt strokes.
    for step in 0..26 {
        let turn = step as f32 / 26.0 + rng.range(-0.006, 0.006);
        let (dx, dy) = (crate::random::sine(turn + 0.25), crate::random::sine(turn));
        let (inner, outer) = (radius * 0.68, radius * 0.86);
        if rng.chance(0.75) {
            let from = (cx + dx * inner, cy + dy * inner);
            let to = (cx + dx * outer - dy * h * 0.06, cy + dy * outer + dx * h * 0.06);
            sheet.line(from, to, h * 0.018, depth * rng.range(0.4, 1.0));
        }
    }
}

fn hole(sheet: &mut Sheet, cx: f32, cy: f32, radius: f32) {
    let w = sheet.width;
    for (i, light) in sheet.light.iter_mut().enumerate() {
        let (dx, dy) = ((i % w) as f32 - cx, (i / w) as f32 - cy);
        if dx * dx + dy * dy * 1.3 < radius * radius {
            *light = 0.99;
        }
    }
}

fn fade(sheet: &mut Sheet, rng: &mut Rng) {
    let w = sheet.width as f32;
    let (centre, half) = (rng.unit() * w, w * rng.range(0.1, 0.4));
    let strength = rng.range(0.2, 0.65);
    let width = sheet.width;
    for (i, light) in sheet.light.iter_mut().enumerate() {
        let off = ((i % width) as f32 - centre).abs() / half;
        if off < 1.0 {
            let amount = strength * (1.0 - off * off);
            *light += (0.96 - *light).max(0.0) * amount;
        }
    }
}

/// The grey that nine tenths of the pixels do not exceed.
fn brightest(pixels: &[u8]) -> u8 {
    let mut counts = [0usize; 256];
    pixels.iter().for_each(|p| counts[usize::from(*p)] += 1);
    let mut left = pixels.len() / 10;
    for (grey, count) in counts.iter().enumerate().rev() {
        if *count > left {
            return grey as u8;
        }
        left -= count;
    }
    0
}

/// Contrast as a scanner or a flattening step would stretch it.
fn stretch(pixels: &mut [u8], rng: &mut Rng) {
    let (low, high) = (rng.range(0.0, 60.0), rng.range(215.0, 250.0));
    let table: Vec<u8> =
        (0..=255u16).map(|v| ((f32::from(v) - low) / (high - low) * 255.0).clamp(0.0, 255.0) as u8).collect();
    pixels.iter_mut().for_each(|p| *p = table[usize::from(*p)]);
}

fn through_jpeg(pixels: &[u8], w: usize, h: usize, quality: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode(pixels, w as u32, h as u32, image::ExtendedColorType::L8)
        .ok()?;
    let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg).ok()?;
    Some(decoded.into_luma8().into_raw())
}

/// Bilinear enlargement to a height.
fn enlarge(pixels: &[u8], w: usize, h: usize, height: usize) -> (Vec<u8>, usize) {
    let scale = height as f32 / h as f32;
    let width = ((w as f32 * scale).round() as usize).max(1);
    let mut out = Vec::with_capacity(width * height);
    let axis = |n: usize, limit: usize| -> Vec<(usize, usize, f32)> {
        (0..n)
            .map(|i| {
                let at = ((i as f32 + 0.5) / scale - 0.5).clamp(0.0, (limit - 1) as f32);
                let low = at as usize;
                (low, (low + 1).min(limit - 1), at - low as f32)
            })
            .collect()
    };
    let columns = axis(width, w);
    for (y0, y1, v) in axis(height, h) {
        let (top, bottom) = (&pixels[y0 * w..][..w], &pixels[y1 * w..][..w]);
        for (x0, x1, u) in &columns {
            let mixed = |row: &[u8]| f32::from(row[*x0]) + (f32::from(row[*x1]) - f32::from(row[*x0])) * u;
            let (a, b) = (mixed(top), mixed(bottom));
            out.push((a + (b - a) * v + 0.5) as u8);
        }
    }
    (out, width)
}
