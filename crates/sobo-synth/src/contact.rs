//! `sobo-synth contact`: contact sheets of pages, with their boxes if wanted, for looking at.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use image::imageops::{FilterType, overlay, thumbnail};
use image::{Rgb, RgbImage};

use crate::truth::{Corners, TruthPage};

/// Options of `contact`.
#[derive(Debug, Args)]
pub struct Options {
    /// Folder with images and truth.
    pub dir: PathBuf,
    /// PNG to write.
    #[arg(long)]
    pub out: PathBuf,
    /// Pages side by side.
    #[arg(long, default_value_t = 4)]
    pub columns: usize,
    /// Width of a page, px.
    #[arg(long, default_value_t = 480)]
    pub width: u32,
    /// Draw the boxes of the truth.
    #[arg(long)]
    pub boxes: bool,
    /// At most this many pages.
    #[arg(long, default_value_t = 24)]
    pub count: usize,
}

/// Writes the contact sheet.
///
/// # Errors
/// An unreadable folder, image or truth file.
pub fn run(options: &Options) -> Result<()> {
    let entries = fs::read_dir(&options.dir).with_context(|| format!("reading {}", options.dir.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jpg"));
    files.sort();
    files.truncate(options.count);
    let height = options.width * 3 / 2;
    let rows = files.len().div_ceil(options.columns.max(1)) as u32;
    let mut sheet = RgbImage::from_pixel(
        options.width * options.columns as u32,
        (height * rows).max(1),
        Rgb([88, 88, 88]),
    );
    for (index, path) in files.iter().enumerate() {
        let page = picture(path, options)?;
        let factor = (f64::from(options.width - 8) / f64::from(page.width()))
            .min(f64::from(height - 8) / f64::from(page.height()));
        let (w, h) = ((f64::from(page.width()) * factor) as u32, (f64::from(page.height()) * factor) as u32);
        let small = if factor < 0.5 {
            thumbnail(&page, w, h)
        } else {
            image::imageops::resize(&page, w, h, FilterType::Triangle)
        };
        let column = (index % options.columns.max(1)) as i64;
        let row = (index / options.columns.max(1)) as i64;
        overlay(&mut sheet, &small, column * i64::from(options.width) + 4, row * i64::from(height) + 4);
    }
    sheet.save(&options.out).with_context(|| format!("writing {}", options.out.display()))
}

fn picture(path: &Path, options: &Options) -> Result<RgbImage> {
    let mut image = image::open(path).with_context(|| format!("reading {}", path.display()))?.to_rgb8();
    if options.boxes {
        let truth = path.with_extension("json");
        let text = fs::read_to_string(&truth).with_context(|| format!("reading {}", truth.display()))?;
        let truth: TruthPage =
            serde_json::from_str(&text).with_context(|| format!("truth of {}", path.display()))?;
        for label in &truth.printed {
            outline(&mut image, &label.quad, Rgb([0, 60, 255]));
        }
        for field in truth.entries.iter().flat_map(|entry| entry.fields.values()) {
            let colour = if field.lost < 0.05 { Rgb([230, 0, 0]) } else { Rgb([255, 150, 0]) };
            field.lines.iter().for_each(|line| outline(&mut image, &line.quad, colour));
        }
        for stamp in &truth.stamps {
            outline(&mut image, &stamp.quad, Rgb([220, 0, 220]));
        }
    }
    Ok(image)
}

fn outline(image: &mut RgbImage, quad: &Corners, colour: Rgb<u8>) {
    for side in 0..4 {
        let (a, b) = (quad[side], quad[(side + 1) % 4]);
        let steps = (b[0] - a[0]).abs().max((b[1] - a[1]).abs()).ceil().max(1.0);
        for step in 0..=steps as u32 {
            let t = f64::from(step) / steps;
            let (x, y) = (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t);
            for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
                let (x, y) = (x + dx, y + dy);
                if x >= 0.0 && y >= 0.0 && x < f64::from(image.width()) && y < f64::from(image.height()) {
                    image.put_pixel(x as u32, y as u32, colour);
                }
            }
        }
    }
}
