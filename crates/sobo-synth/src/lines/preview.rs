//! A contact sheet to look at.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use image::GrayImage;

use super::{Crop, Mix, Options, draw_line};
use crate::fonts::Fonts;
use crate::random::derive;

const SHEET_WIDTH: u32 = 1500;

pub(super) fn write(folder: &Path, options: &Options, fonts: &Fonts, mix: &Mix) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let count = options.count.0.unwrap_or(120);
    let crops: Vec<Crop> = (options.skip..options.skip + count)
        .map(|i| draw_line(derive(options.seed, i), options.seed, options.height, fonts, mix))
        .collect();
    let (mut x, mut y) = (0, 0);
    let mut places = Vec::new();
    for crop in &crops {
        let width = crop.width.min(SHEET_WIDTH);
        if x + width > SHEET_WIDTH {
            (x, y) = (0, y + options.height + 4);
        }
        places.push((x, y));
        x += width + 8;
    }
    let mut sheet = GrayImage::from_pixel(SHEET_WIDTH, y + options.height, image::Luma([128]));
    let mut texts = String::new();
    for (crop, (left, top)) in crops.iter().zip(&places) {
        for row in 0..crop.height {
            for column in 0..crop.width.min(SHEET_WIDTH) {
                let grey = crop.pixels[(row * crop.width + column) as usize];
                sheet.put_pixel(left + column, top + row, image::Luma([grey]));
            }
        }
        let d = &crop.description;
        writeln!(texts, "{left}\t{top}\t{}\t{}\t{}\t{}", d.text, d.style, d.font, d.level)?;
    }
    sheet.save(folder.join("lines.png")).context("lines.png")?;
    fs::write(folder.join("lines.tsv"), texts).context("lines.tsv")
}
