//! `sobo form`: listing and checking forms without writing Rust.

use std::path::Path;

use anyhow::{Context as _, Result};
use sobo_layout::LoadedForm;

use crate::arguments::FormCommand;
use crate::config::Config;
use crate::engine::Engine;
use crate::output::{Ending, line, note};

/// Lists or checks forms.
///
/// # Errors
/// When a form or image cannot be read, or output fails.
pub(crate) fn form(config: &Config, command: &FormCommand) -> Result<Ending> {
    match command {
        FormCommand::List => list(config),
        FormCommand::Check { form, images, out } => check(config, form, images, out),
    }
}

fn list(config: &Config) -> Result<Ending> {
    for loaded in sobo_layout::load_forms(&config.pipelines.join("forms"))? {
        let form = &loaded.form;
        let years = match (form.year_from, form.year_to) {
            (Some(from), Some(to)) => format!("{from}–{to}"),
            (Some(from), None) => format!("{from}→"),
            (None, Some(to)) => format!("≤{to}"),
            (None, None) => String::new(),
        };
        line(format!(
            "{:<16} family {:<2} {:<10} {years:<10} {} fields  {}",
            form.id,
            form.family,
            form.register_type.as_str(),
            form.fields.len(),
            form.titles.first().map(String::as_str).unwrap_or_default()
        ))?;
    }
    Ok(Ending::Well)
}

fn check(config: &Config, form: &Path, images: &[std::path::PathBuf], out: &Path) -> Result<Ending> {
    let mut engine = Engine::load(config)?;
    engine.forms = vec![LoadedForm::load(form)?];
    std::fs::create_dir_all(out).with_context(|| format!("{}: cannot be made", out.display()))?;
    let scan = sobo_intake::scan(images, &config.limits);
    let mut failed = !scan.refused.is_empty();
    for refused in &scan.refused {
        note(refused);
    }
    for found in &scan.found {
        for read in engine.read_scan(found, &config.limits, true) {
            failed |= read.failed;
            let reading = &read.reading;
            let fields: usize = reading.entries.iter().map(|entry| entry.fields.len()).sum();
            line(format!(
                "{} page {}: {}, {} entries, {fields} fields",
                reading.page,
                reading.page_index + 1,
                reading.form,
                reading.entries.len()
            ))?;
            for issue in &reading.issues {
                line(format!("  ! {issue}"))?;
            }
            if let Some(image) = &read.image {
                let stem = reading.page.rsplit_once('.').map_or(reading.page.as_str(), |(stem, _)| stem);
                let path = out.join(format!("{stem}-{}.png", reading.page_index + 1));
                sobo_pipeline::overlay::overlay(image, reading)
                    .save(&path)
                    .with_context(|| format!("{}: cannot be written", path.display()))?;
                line(format!("  {}", path.display()))?;
            }
        }
    }
    Ok(Ending::partly_if(failed))
}
