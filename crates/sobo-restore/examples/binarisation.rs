//! F-measure of binarisation rules on pairs `NAME_source.*`, `NAME_target.*` (black ink on white): `binarisation DIR`.
#![allow(clippy::print_stdout, reason = "an example prints its figures")]

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use image::GrayImage;

fn main() -> anyhow::Result<()> {
    let dir = PathBuf::from(std::env::args().nth(1).context("usage: binarisation DIR")?);
    let mut sources: Vec<PathBuf> = std::fs::read_dir(&dir)
        .with_context(|| format!("cannot list {}", dir.display()))?
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.file_stem().is_some_and(|s| s.to_string_lossy().ends_with("_source")))
        .collect();
    sources.sort();
    let rules: [(&str, fn(&GrayImage) -> GrayImage); 5] = [
        ("otsu", |i| sobo_restore::otsu(i)),
        ("sauvola", |i| sobo_restore::sauvola(i, 20, 0.2)),
        ("wolf", |i| sobo_restore::wolf(i, 20, 0.5)),
        ("local contrast", |i| sobo_restore::local_contrast(i, 20)),
        ("sobo", |i| sobo_restore::binarise(i, 400.0)),
    ];
    let mut sums = [0.0; 5];
    println!("{:28} {}", "image", rules.map(|r| format!("{:>15}", r.0)).concat());
    for path in &sources {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().replace("_source", "");
        let source = image::open(path).with_context(|| format!("cannot read {}", path.display()))?.to_luma8();
        let truth = target(&dir, &name)?;
        let scores = rules.map(|(_, rule)| f_measure(&rule(&source), &truth));
        for (sum, score) in sums.iter_mut().zip(scores) {
            *sum += score;
        }
        println!("{name:28} {}", scores.map(|s| format!("{:15.2}", 100.0 * s)).concat());
    }
    let n = sources.len().max(1) as f64;
    println!("{:28} {}", "mean", sums.map(|s| format!("{:15.2}", 100.0 * s / n)).concat());
    Ok(())
}

fn target(dir: &Path, name: &str) -> anyhow::Result<GrayImage> {
    for ending in ["png", "tif", "tiff", "jpg", "bmp"] {
        let path = dir.join(format!("{name}_target.{ending}"));
        if path.exists() {
            return Ok(image::open(&path)
                .with_context(|| format!("cannot read {}", path.display()))?
                .to_luma8());
        }
    }
    anyhow::bail!("no target for {name} in {}", dir.display())
}

/// Harmonic mean of precision and recall of ink pixels.
fn f_measure(found: &GrayImage, truth: &GrayImage) -> f64 {
    let (mut both, mut only_found, mut only_truth) = (0.0, 0.0, 0.0);
    for (f, t) in found.pixels().zip(truth.pixels()) {
        match (f.0[0] == 255, t.0[0] < 128) {
            (true, true) => both += 1.0,
            (true, false) => only_found += 1.0,
            (false, true) => only_truth += 1.0,
            (false, false) => {}
        }
    }
    2.0 * both / f64::max(2.0 * both + only_found + only_truth, 1.0)
}
