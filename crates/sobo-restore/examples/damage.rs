//! Spoils pages in ways that call for another scan and says what the quality makes of them: `damage [--only KIND] IMAGE…`.
//!
//! `KIND` is the beginning of the names of the ways, such as `2` for cutting. The resolution is given to `restore` as the pages' truth file has it, scaled where pixels are taken away.
#![allow(clippy::print_stdout, reason = "an example prints its figures")]

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use image::imageops::{FilterType, fast_blur};
use image::{DynamicImage, GenericImageView as _};
use sobo_restore::{Defect, Settings, restore};

/// A way to spoil a page, its name, and what is left of the resolution.
fn spoilt(page: &DynamicImage, dpi: f64) -> Vec<(String, DynamicImage, f64)> {
    let (w, h) = page.dimensions();
    let mut all = vec![("00 as scanned".to_owned(), page.clone(), dpi)];
    for tenths in [1, 2, 3, 4, 6] {
        // Millimetres on the paper mean the same at every resolution.
        let sigma = f64::from(tenths) / 10.0 / 25.4 * dpi;
        let blurred = DynamicImage::ImageRgb8(fast_blur(&page.to_rgb8(), sigma as f32));
        all.push((format!("10 blur of 0.{tenths} mm"), blurred, dpi));
    }
    for percent in [10, 20, 35, 50] {
        let cut = w * percent / 100;
        all.push((format!("20 left {percent} % cut off"), page.crop_imm(cut, 0, w - cut, h), dpi));
        let cut = h * percent / 100;
        all.push((format!("21 upper {percent} % cut off"), page.crop_imm(0, cut, w, h - cut), dpi));
    }
    for percent in [50, 30, 20, 10] {
        let mut dark = page.to_rgb8();
        dark.as_mut().iter_mut().for_each(|v| *v = (u32::from(*v) * percent / 100) as u8);
        all.push((format!("30 {percent:2} % of the light"), DynamicImage::ImageRgb8(dark), dpi));
    }
    for wanted in [150.0, 120.0, 100.0, 75.0] {
        let share = wanted / dpi;
        let size = |n: u32| (f64::from(n) * share).round() as u32;
        let small = page.resize_exact(size(w), size(h), FilterType::Triangle);
        all.push((format!("40 {wanted:3} dpi"), small.clone(), wanted));
        // The scan does not say its resolution: it is told from the size.
        all.push((format!("41 {wanted:3} dpi, unsaid"), small, 0.0));
    }
    all
}

fn main() -> anyhow::Result<()> {
    let mut sums: BTreeMap<String, (u32, u32, BTreeMap<String, u32>, f32, f32, Vec<u32>)> = BTreeMap::new();
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let only = args.iter().position(|a| a == "--only").map_or_else(String::new, |i| {
        args.remove(i);
        args.remove(i)
    });
    for path in args {
        let page = image::open(&path).with_context(|| format!("cannot read {path}"))?;
        let truth = std::fs::read_to_string(Path::new(&path).with_extension("json")).unwrap_or_default();
        let dpi = truth
            .split("\"dpi\":")
            .nth(1)
            .and_then(|rest| rest.trim_start().split([',', '}', '\n']).next()?.trim().parse().ok())
            .unwrap_or(300.0);
        for (name, image, dpi) in spoilt(&page, dpi).into_iter().filter(|s| s.0.starts_with(&only)) {
            let quality = restore(
                &image,
                (dpi > 0.0).then_some(dpi),
                &Settings { dewarp: false, ..Settings::default() },
            )
            .quality;
            let sum = sums.entry(name).or_insert((0, 0, BTreeMap::new(), f32::MAX, 0.0, Vec::new()));
            sum.0 += 1;
            sum.1 += u32::from(quality.rescan);
            for defect in &quality.defects {
                let defect: &Defect = defect;
                *sum.2.entry(format!("{defect:?}")).or_default() += 1;
            }
            sum.3 = sum.3.min(quality.sharpness);
            sum.4 = sum.4.max(quality.sharpness);
            sum.5.push(quality.cut);
        }
    }
    for (name, (pages, rescan, defects, least, most, mut cut)) in sums {
        cut.sort_unstable();
        println!(
            "{name:28} rescan {rescan:2} of {pages:2} {defects:?} sharpness {least:.2} to {most:.2} strokes cut {cut:?}"
        );
    }
    Ok(())
}
