//! Turns every page of a folder all four ways and reads it: `turned DIR [--step N] [--quiet]`.
//!
//! Says for each way how many pages are taken for the form of their truth and stand upright, how many texts are those of
//! the truth, and how many pages give nine tenths of the texts that they give as scanned. With `--step N` only every N-th page is read; with `--quiet` totals only.
//! Run in a folder with `pipelines/` and `models/`.
#![allow(clippy::print_stdout, reason = "an example prints its figures")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use image::DynamicImage;
use serde_json::Value;
use sobo_core::PageReading;
use sobo_layout::load_forms;
use sobo_pipeline::page::{PageInput, PageSettings, read_page};
use sobo_read::default_reader;

/// What came of the pages turned one way.
#[derive(Default, Clone, Copy)]
struct Sum {
    form: u32,
    upright: u32,
    texts: u32,
    true_texts: usize,
    ms: u128,
}

fn main() -> anyhow::Result<()> {
    let mut dir = PathBuf::new();
    let (mut step, mut quiet) = (1, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quiet" => quiet = true,
            "--step" => step = args.next().context("--step wants a number")?.parse()?,
            _ => dir = PathBuf::from(arg),
        }
    }
    let forms = load_forms(Path::new("pipelines/forms"))?;
    let settings = PageSettings::load(Path::new("pipelines/settings.toml"))?;
    let reader = default_reader(Path::new("models"))?;
    let mut pages: Vec<PathBuf> = std::fs::read_dir(&dir)
        .with_context(|| format!("cannot list {}", dir.display()))?
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "jpg" || e == "png"))
        .collect();
    pages.sort();
    let mut sums = [Sum::default(); 4];
    let mut count = 0;
    for path in pages.iter().step_by(step) {
        let truth: Value = serde_json::from_str(&std::fs::read_to_string(path.with_extension("json"))?)?;
        let page = image::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        count += 1;
        let mut as_scanned = BTreeMap::new();
        let mut notes = Vec::new();
        for (quarters, sum) in sums.iter_mut().enumerate() {
            let image = turned(&page, quarters);
            let input = PageInput { dpi: truth["dpi"].as_f64(), ..PageInput::default() };
            let start = Instant::now();
            let read = read_page(&image, &input, &forms, reader.as_ref(), &settings)?.reading;
            let ms = start.elapsed().as_millis();
            sum.ms += ms;
            let form = Some(read.family.as_str()) == truth["family"].as_str()
                && read.register_type.map(|r| r.as_str()) == truth["register_type"].as_str();
            let texts = texts(&read);
            if quarters == 0 {
                as_scanned.clone_from(&texts);
            }
            let same = as_scanned.iter().filter(|(k, v)| texts.get(*k) == Some(v)).count();
            let all = 10 * same >= 9 * as_scanned.len();
            let upright = stands(&read, &truth, quarters, (image.width(), image.height()));
            sum.form += u32::from(form);
            sum.upright += u32::from(upright);
            sum.texts += u32::from(all);
            sum.true_texts += true_texts(&read, &truth);
            if !(form && upright && all) {
                notes.push(format!(
                    "{}°: {} upright {upright}, {same} of {} texts, {ms} ms",
                    90 * quarters,
                    read.form,
                    as_scanned.len()
                ));
            }
        }
        if !quiet && !notes.is_empty() {
            println!("{} {} {}: {}", path.display(), truth["family"], truth["level"], notes.join("; "));
        }
    }
    for (quarters, sum) in sums.iter().enumerate() {
        println!(
            "turned by {:3}°: of {count} pages form {} upright {} texts of the truth {} as scanned on {}, {} ms a page",
            90 * quarters,
            sum.form,
            sum.upright,
            sum.true_texts,
            sum.texts,
            sum.ms / count.max(1)
        );
    }
    Ok(())
}

fn turned(page: &DynamicImage, quarters: usize) -> DynamicImage {
    match quarters {
        0 => page.clone(),
        1 => page.rotate90(),
        2 => page.rotate180(),
        _ => page.rotate270(),
    }
}

/// Texts by entry and field.
fn texts(read: &PageReading) -> BTreeMap<(usize, String), String> {
    let mut all = BTreeMap::new();
    for (index, entry) in read.entries.iter().enumerate() {
        for (name, field) in &entry.fields {
            if !field.text.is_empty() {
                all.insert((index, name.clone()), field.text.clone());
            }
        }
    }
    all
}

/// Texts that are those of the field of that name in the entry of the truth at the same place.
fn true_texts(read: &PageReading, truth: &Value) -> usize {
    let entries = read.entries.iter().zip(truth["entries"].as_array().into_iter().flatten());
    entries
        .map(|(entry, truth)| {
            let same = |name: &str, text: &str| truth["fields"][name]["text"].as_str() == Some(text);
            entry.fields.iter().filter(|(name, field)| same(name, &field.text)).count()
        })
        .sum()
}

/// Whether most fields, turned back, lie on those of the truth; in no other turn can they.
fn stands(read: &PageReading, truth: &Value, quarters: usize, size: (u32, u32)) -> bool {
    let (w, h) = (f64::from(size.0), f64::from(size.1));
    let back = |x: f64, y: f64| match quarters {
        0 => (x, y),
        1 => (y, w - x),
        2 => (w - x, h - y),
        _ => (h - y, x),
    };
    let (mut on, mut all) = (0, 0);
    for entry in &read.entries {
        for (name, field) in entry.fields.iter().filter(|(_, field)| !field.text.is_empty()) {
            let centre = field.bbox.centre();
            let (x, y) = back(centre.x, centre.y);
            all += 1;
            let hit = truth["entries"].as_array().into_iter().flatten().any(|entry| {
                let n: Vec<f64> = entry["fields"][name]["bbox"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_f64)
                    .collect();
                matches!(n[..], [bx, by, bw, bh] if x > bx && x < bx + bw && y > by && y < by + bh)
            });
            on += i32::from(hit);
        }
    }
    2 * on > all && all > 0
}
