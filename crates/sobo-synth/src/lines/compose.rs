//! One training line: writing on paper as the reader will be given it.

use std::sync::Arc;

use anyhow::{Result, bail};
use sobo_core::{FieldKind, Ink};

use super::blemish::{fade, hole, ring, seal};
use super::camera::{enlarge, quantile, stretch, through_jpeg};
use super::paper::{Level, Sheet};
use super::text::{self, Sample};
use super::{Crop, Description};
use crate::fonts::{Face, Fonts, Style};
use crate::ink::{GrayMask, WrittenLine};
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
    } else if writer.ink == Ink::Printed && rng.chance(0.3) {
        let label = text::label(&mut rng);
        if writer.covers(label) {
            sample = Sample { text: label.to_owned(), field: FieldKind::Text };
        }
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
        let tail = (with_label && self.rng.chance(0.25)).then(|| self.tail(size, &bend));
        let end = left + label_width + value_width;
        let (tail_label, tail_value) =
            (end + size * self.rng.range(0.2, 2.5), size * self.rng.range(0.15, 1.2));
        let tail_value =
            tail_label + tail.as_ref().map_or(0.0, |(label, _)| label.0.width as f32) + tail_value;
        let whole = tail.as_ref().map_or(end, |(_, value)| tail_value + value.mask.width as f32);
        let width = ((whole + right).ceil().max(hf * 0.35)) as usize;
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

        let mut spans = Vec::new();
        if with_label {
            let until = if tail.is_some() { tail_label } else { width as f32 };
            spans.push((left + label_width - gap.min(size * 0.3), until));
            if tail.is_some() {
                spans.push((tail_value - size * 0.15, width as f32));
            }
        }
        self.under(&mut sheet, &spans, baseline, size);
        if let Some((mask, label_baseline, _)) = &label {
            let at = (baseline - label_baseline + size * 0.05 * self.rng.normal()).round() as isize;
            sheet.ink(mask, left as isize, at, self.rng.range(0.6, 0.95), grain * 0.6, self.rng.next_u64());
        }
        if !text.is_empty() {
            sheet.ink(&line.mask, x, y, depth, grain, self.rng.next_u64());
        }
        if let Some(((mask, label_baseline, _), value)) = &tail {
            let at = (baseline - label_baseline).round() as isize;
            sheet.ink(
                mask,
                tail_label as isize,
                at,
                self.rng.range(0.6, 0.95),
                grain * 0.6,
                self.rng.next_u64(),
            );
            let at = (baseline - value.baseline + size * 0.08 * self.rng.normal()).round() as isize;
            sheet.ink(&value.mask, tail_value as isize, at, depth, grain, self.rng.next_u64());
        }
        self.over(&mut sheet, size);
        let spoken = match (&label, &tail) {
            (Some((_, _, first)), Some(((_, _, second), value))) => {
                format!("{first} {text} {second} {}", value.text)
            }
            (Some((_, _, first)), None) => format!("{first} {text}"),
            _ => text.to_owned(),
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
            fold: self
                .rng
                .chance(0.08 * self.level.harm())
                .then(|| (self.rng.range(0.1, 0.9), self.rng.normal() * 0.03)),
        }
    }

    fn depth(&mut self) -> f32 {
        let harm = self.level.harm();
        let faint = self.rng.chance(0.06 + 0.25 * harm);
        if faint { self.rng.range(0.22, 0.45) } else { self.rng.range(0.42 + 0.18 * (1.0 - harm), 0.97) }
    }

    /// A second label with its value on the same line.
    fn tail(&mut self, size: f32, bend: &Bend) -> (Label, WrittenLine) {
        let label = self.label(size, bend);
        let mut rng = self.rng.fork(6);
        let value = covered(&self.writer, &mut rng).text;
        let value: Vec<&str> = value.split(' ').take(4).collect();
        let fit = Fit { extent: None, most: self.height as f32 };
        (label, self.writer.write_within("", &value.join(" "), size, &fit, bend, &mut rng).line)
    }

    /// A printed label to stand before the value.
    fn label(&mut self, size: f32, bend: &Bend) -> Label {
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
    fn under(&mut self, sheet: &mut Sheet, spans: &[(f32, f32)], baseline: f32, size: f32) {
        let harm = self.level.harm();
        let (w, h) = (sheet.width as f32, sheet.height as f32);
        let chance = match (spans.is_empty(), self.writer.ink) {
            (false, _) => 0.8,
            (true, Ink::Printed) => 0.05,
            _ => 0.4,
        };
        if self.rng.chance(chance) {
            let from = -self.rng.unit() * h;
            let to = if self.rng.chance(0.8) { w } else { w * self.rng.range(0.5, 1.0) };
            let open = [(from, to)];
            let y = baseline + size * (0.05 + 0.14 * self.rng.normal());
            let slope = self.rng.normal() * 0.003;
            let (dotted, seed) = (self.rng.chance(0.85), self.rng.next_u64());
            let depth = self.rng.range(0.2, 0.7);
            for (from, to) in if spans.is_empty() { &open[..] } else { spans } {
                let y = y + slope * from;
                if dotted {
                    sheet.leaders(*from, *to, y, slope, &mut Rng::new(seed));
                } else {
                    sheet.line((*from, y), (*to, y + slope * (to - from)), h * 0.012, depth);
                }
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
    fn over(&mut self, sheet: &mut Sheet, size: f32) {
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
            let (ink, paper) = (f32::from(quantile(&pixels, 0.012)), f32::from(quantile(&pixels, 0.9)));
            let limit = (paper - (paper - ink) * rng.range(0.3, 0.6)) as u8;
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

/// A printed label: its ink, the row of its baseline, its words.
type Label = (GrayMask, f32, String);

/// How large the writing may get.
#[derive(Debug, Copy, Clone)]
pub(crate) struct Fit {
    /// Height of all ink to aim at, px.
    pub(crate) extent: Option<f32>,
    /// Height never exceeded, px.
    pub(crate) most: f32,
}
