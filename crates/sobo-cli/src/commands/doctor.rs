//! `sobo doctor`: whether everything this program needs is there.

use anyhow::Result;
use serde::Serialize;

use crate::arguments::Format;
use crate::config::Config;
use crate::engine::load_reader;
use crate::output::{Ending, json, line};

#[derive(Serialize)]
struct Finding {
    what: &'static str,
    well: bool,
    detail: String,
}

/// Looks at versions, reader, forms, store and disk.
///
/// # Errors
/// When output fails; what is missing is a finding, not an error.
pub(crate) fn doctor(config: &Config, format: Format) -> Result<Ending> {
    let mut findings = vec![finding("version", Ok::<_, anyhow::Error>(env!("CARGO_PKG_VERSION").to_owned()))];
    findings.push(finding(
        "tesseract",
        sobo_read::TesseractReader::new()
            .map(|reader| sobo_read::Recognizer::id(&reader).to_owned())
            .map_err(|error| anyhow::anyhow!("{error}; install tesseract-ocr and tesseract-ocr-vie")),
    ));
    findings.push(finding(
        "reader",
        load_reader(config.reader, &config.models)
            .map(|reader| format!("{} from {}", reader.id(), config.models.display())),
    ));
    findings.push(finding(
        "forms",
        sobo_layout::load_forms(&config.pipelines.join("forms"))
            .map(|forms| format!("{} in {}", forms.len(), config.pipelines.display()))
            .map_err(anyhow::Error::from),
    ));
    findings.push(finding("store", super::status::overview(config)));
    findings.push(finding("disk", disk(config)));
    let ill = findings.iter().any(|finding| !finding.well);
    if format == Format::Text {
        for finding in &findings {
            let mark = if finding.well { "ok     " } else { "MISSING" };
            line(format!("{mark} {:<10} {}", finding.what, finding.detail))?;
        }
    } else {
        json(&findings)?;
    }
    Ok(Ending::partly_if(ill))
}

fn finding(what: &'static str, result: Result<String, impl Into<anyhow::Error>>) -> Finding {
    match result {
        Ok(detail) => Finding { what, well: true, detail },
        Err(error) => Finding { what, well: false, detail: format!("{:#}", error.into()) },
    }
}

fn disk(config: &Config) -> Result<String> {
    let mut folder = config.store.as_path();
    while !folder.exists() {
        folder = folder.parent().unwrap_or(std::path::Path::new("."));
        if folder.as_os_str().is_empty() {
            folder = std::path::Path::new(".");
        }
    }
    let free = fs4::available_space(folder)?;
    anyhow::ensure!(
        free > config.disk_reserve_bytes,
        "{} MB free at {}, {} MB are to stay free (disk_reserve_bytes)",
        free >> 20,
        config.store.display(),
        config.disk_reserve_bytes >> 20
    );
    Ok(format!("{} MB free at {}", free >> 20, config.store.display()))
}
