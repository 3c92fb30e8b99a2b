//! `sobo form`: listing, drafting and checking forms without writing Rust.

mod form_text;

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use sobo_layout::LoadedForm;
use sobo_pipeline::NewForm;

use crate::arguments::FormCommand;
use crate::config::Config;
use crate::engine::Engine;
use crate::output::{Ending, line, note};

/// Lists, drafts or checks forms.
///
/// # Errors
/// When a form or image cannot be read, or output fails.
pub(crate) fn form(config: &Config, command: &FormCommand) -> Result<Ending> {
    match command {
        FormCommand::List => list(config),
        FormCommand::New { image, id, family, register, out } => {
            let family = family.as_deref().unwrap_or_else(|| id.split('-').next().unwrap_or(id));
            let new = NewForm { id, family, register_type: *register };
            draft(config, image, &new, out.as_deref())
        }
        FormCommand::Print { images, out } => print(config, images, out),
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

/// Drafts a form from a page and writes it where nothing is yet.
fn draft(config: &Config, image: &Path, new: &NewForm<'_>, out: Option<&Path>) -> Result<Ending> {
    let engine = Engine::load(config)?;
    let file = format!("{}.toml", new.id);
    let path = out.map_or_else(|| config.pipelines.join("forms").join(&file), Path::to_owned);
    ensure!(
        path.file_name().is_some_and(|name| name == file.as_str()),
        "{}: a form's file is called after it; write to {file}, or give another --id",
        path.display()
    );
    let scan = sobo_intake::scan(&[image.to_owned()], &config.limits);
    if let Some(refused) = scan.refused.first() {
        bail!("{refused}");
    }
    let found = scan.found.first().with_context(|| format!("{}: no page image", image.display()))?;
    let opened = found.open(&config.limits)?;
    let page = sobo_intake::decode_page(opened.content(), &found.name, 0, &config.limits)?;
    let draft = sobo_pipeline::draft_form(
        &page.image,
        page.dpi,
        new,
        &engine.forms,
        engine.reader.as_ref(),
        &engine.settings,
    )?;
    let text = form_text::form_text(&draft, &found.name);
    let mut target = std::fs::File::options()
        .write(true)
        .create_new(true)
        .open(&path)
        .with_context(|| format!("{}: cannot be made; is there a form of this name?", path.display()))?;
    target.write_all(text.as_bytes()).with_context(|| format!("{}", path.display()))?;
    let form = &draft.form;
    line(format!(
        "{}: {} fields, layout {}, {} places to check",
        path.display(),
        form.fields.len(),
        form.layout,
        draft.doubts.len()
    ))?;
    for (field, doubt) in &draft.doubts {
        line(if field.is_empty() { format!("  ! {doubt}") } else { format!("  ! {field}: {doubt}") })?;
    }
    line(format!("Mend it, then look at what it finds: sobo form check {} IMAGES…", path.display()))?;
    Ok(Ending::Well)
}

/// Learns the print of a book from some of its pages.
fn print(config: &Config, images: &[std::path::PathBuf], out: &Path) -> Result<Ending> {
    let engine = Engine::load(config)?;
    let scan = sobo_intake::scan(images, &config.limits);
    let mut sightings = Vec::new();
    let mut failed = !scan.refused.is_empty();
    for refused in &scan.refused {
        note(refused);
    }
    for found in &scan.found {
        match engine.sight_scan(found, &config.limits) {
            Ok(seen) => sightings.extend(seen),
            Err(error) => {
                failed = true;
                note(format!("{}: {error:#}", found.name));
            }
        }
    }
    let print = sobo_layout::learn(&sightings).with_context(|| {
        format!(
            "no print can be learned: of {} files {} are pages of a known form; give at least three pages of one book",
            scan.found.len(),
            sightings.len()
        )
    })?;
    std::fs::write(out, print.to_text()).with_context(|| format!("{}: cannot be written", out.display()))?;
    line(format!(
        "{}: print of form {} from {} pages, {} columns, {} labels, sha256 {}",
        out.display(),
        print.form,
        print.pages,
        print.columns.len(),
        print.labels.len(),
        print.hash()
    ))?;
    Ok(Ending::partly_if(failed))
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
