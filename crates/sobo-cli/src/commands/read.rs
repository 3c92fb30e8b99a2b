//! `sobo read` and `sobo read-lines`: reading without a store.

use std::path::Path;

use anyhow::{Context as _, Result};
use sobo_core::PageReading;
use sobo_evaluate::read_labels;
use sobo_read::LineInput;

use crate::arguments::{Format, ReadArguments};
use crate::config::Config;
use crate::engine::{Engine, ReadScan, failed_reading, load_reader};
use crate::output::{Ending, json, json_line, line, note};
use crate::parallel;

/// Pages in flight: readings are printed in input order, so a slow page holds back those after it.
const BATCH: usize = 64;

/// Reads page images and prints one object a page, in input order, failed pages too.
///
/// # Errors
/// When forms, settings or reader cannot be loaded, or output fails.
pub(crate) fn read(config: &Config, arguments: &ReadArguments) -> Result<Ending> {
    let mut engine = Engine::load(config)?;
    if let Some(id) = &arguments.form {
        engine.forms.retain(|form| form.form.id == *id);
        anyhow::ensure!(!engine.forms.is_empty(), "there is no form `{id}`; `sobo form list` shows them");
    }
    if let Some(print) = &arguments.print {
        engine.use_print(print)?;
    }
    let scan = sobo_intake::scan(&arguments.images, &config.limits);
    let mut failed = false;
    let mut all: Vec<PageReading> = Vec::new();
    let several = scan.found.len() > 1;
    for batch in scan.found.chunks(BATCH) {
        let read: Vec<Vec<ReadScan>> = parallel::map(batch, arguments.jobs, |found| {
            engine.read_scan(found, &config.limits, arguments.overlay.is_some())
        });
        for scanned in read.into_iter().flatten() {
            failed |= scanned.failed;
            if let (Some(path), Some(image)) = (&arguments.overlay, &scanned.image) {
                let drawn = sobo_pipeline::overlay::overlay(image, &scanned.reading);
                save_overlay(path, several, &scanned.reading, &drawn)?;
            }
            match arguments.format {
                Format::Jsonl => json_line(&scanned.reading)?,
                Format::Json => all.push(scanned.reading),
                Format::Text => print_page(&scanned.reading)?,
            }
        }
    }
    for refused in &scan.refused {
        failed = true;
        let name = refused.name.rsplit('/').next().unwrap_or(&refused.name);
        let reading = failed_reading(name, 0, refused.to_string());
        match arguments.format {
            Format::Jsonl => json_line(&reading)?,
            Format::Json => all.push(reading),
            Format::Text => note(refused),
        }
    }
    if arguments.format == Format::Json {
        json(&all)?;
    }
    Ok(Ending::partly_if(failed))
}

fn save_overlay(path: &Path, several: bool, reading: &PageReading, drawn: &image::RgbImage) -> Result<()> {
    let target = if several || path.is_dir() {
        std::fs::create_dir_all(path).with_context(|| format!("{}: cannot be made", path.display()))?;
        let stem = reading.page.rsplit_once('.').map_or(reading.page.as_str(), |(stem, _)| stem);
        path.join(format!("{stem}-{}.png", reading.page_index + 1))
    } else {
        path.to_owned()
    };
    drawn.save(&target).with_context(|| format!("{}: the overlay cannot be written", target.display()))
}

fn print_page(reading: &PageReading) -> Result<()> {
    line(format!(
        "{} page {}: {} ({} entries, {} ms)",
        reading.page,
        reading.page_index + 1,
        reading.form,
        reading.entries.len(),
        reading.elapsed_ms
    ))?;
    for issue in &reading.issues {
        line(format!("  ! {issue}"))?;
    }
    for (index, entry) in reading.entries.iter().enumerate() {
        line(format!("  entry {}", index + 1))?;
        for (name, field) in &entry.fields {
            let mark = if field.accepted { "✓" } else { " " };
            let text = match field.lacuna {
                Some(lacuna) => format!("[{}]", lacuna.as_str()),
                None => field.text.clone(),
            };
            let value = field.value.as_deref().map(|value| format!("  = {value}")).unwrap_or_default();
            line(format!("  {mark} {name:<26} {:>5.1} %  {text}{value}", field.confidence * 100.0))?;
        }
    }
    Ok(())
}

/// Reads the line images that `labels.tsv` lists.
///
/// # Errors
/// When the labels or the reader cannot be loaded, or output fails.
pub(crate) fn read_lines(config: &Config, folder: &Path, format: Format) -> Result<Ending> {
    let labels = read_labels(folder)?;
    let reader = load_reader(config.reader, &config.models)?;
    let mut failed = false;
    for label in &labels {
        match image::open(folder.join(&label.file)) {
            Ok(image) => {
                let grey = image.to_luma8();
                let reading = reader.read(&[LineInput::new(&grey)])?.pop().unwrap_or_default();
                match format {
                    Format::Text => line(format!("{}\t{}", label.file, reading.text))?,
                    Format::Json | Format::Jsonl => json_line(&serde_json::json!({
                        "file": label.file,
                        "text": reading.text,
                        "confidence": reading.confidence,
                    }))?,
                }
            }
            Err(error) => {
                failed = true;
                note(format!("{}: the line image cannot be read ({error})", label.file));
            }
        }
    }
    Ok(Ending::partly_if(failed))
}
