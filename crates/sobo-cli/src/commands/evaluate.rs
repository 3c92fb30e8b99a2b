//! `sobo evaluate`: readings against truth.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use sobo_core::{FieldKind, PageReading};
use sobo_evaluate::report::{self, Cost};
use sobo_evaluate::{
    FieldOutcome, PageTruth, Scores, fit_calibration, read_labels, score_line, score_page, summarise_lines,
};
use sobo_extract::Calibration;
use sobo_intake::{Found, Source};
use sobo_layout::LoadedForm;
use sobo_read::LineInput;

use crate::arguments::{EvaluateArguments, Format};
use crate::config::Config;
use crate::engine::{Engine, failed_reading, load_reader};
use crate::output::{Ending, json, line, note};
use crate::parallel;

/// Reads a folder with truth and prints the figures.
///
/// # Errors
/// When the folder holds neither kind of truth, or a truth file is broken.
pub(crate) fn evaluate(config: &Config, arguments: &EvaluateArguments) -> Result<Ending> {
    if arguments.folder.join("labels.tsv").exists() {
        evaluate_lines(config, arguments)
    } else {
        evaluate_pages(config, arguments)
    }
}

fn evaluate_lines(config: &Config, arguments: &EvaluateArguments) -> Result<Ending> {
    let labels = read_labels(&arguments.folder)?;
    let reader = load_reader(config.reader, &config.models)?;
    let mut outcomes = Vec::with_capacity(labels.len());
    let mut spent = Duration::ZERO;
    for label in &labels {
        let path = arguments.folder.join(&label.file);
        let grey = image::open(&path).with_context(|| format!("{}", path.display()))?.to_luma8();
        let start = Instant::now();
        let reading = reader.read(&[LineInput::new(&grey)])?.pop().unwrap_or_default();
        spent += start.elapsed();
        outcomes.push(score_line(label, &reading.text, reading.confidence.into()));
    }
    let figures = summarise_lines(&outcomes);
    let milliseconds = spent.as_secs_f64() * 1000.0 / labels.len().max(1) as f64;
    if arguments.format == Format::Text {
        let percent = |i: sobo_evaluate::Interval| {
            format!("{:.1} % [{:.1}–{:.1}]", i.value * 100.0, i.low * 100.0, i.high * 100.0)
        };
        line(format!("{} lines, reader {}", figures.lines, reader.id()))?;
        line(format!("CER                                      {}", percent(figures.cer)))?;
        line(format!("CER without case and punctuation         {}", percent(figures.cer_plain)))?;
        line(format!("CER without case, punctuation, diacritics {}", percent(figures.cer_bare)))?;
        line(format!("lines exact                              {}", percent(figures.exact)))?;
        line(format!("{milliseconds:.2} ms a line on one thread"))?;
        let mut worst: Vec<_> = outcomes.iter().collect();
        worst.sort_by(|a, b| b.plain.0.cmp(&a.plain.0).then(a.file.cmp(&b.file)));
        line("worst lines:")?;
        for outcome in worst.iter().take(20) {
            line(format!("  {}\n    «{}»\n    «{}»", outcome.file, outcome.reference, outcome.text))?;
        }
    } else {
        json(&serde_json::json!({
            "reader": reader.id(),
            "figures": figures,
            "ms_a_line": milliseconds,
            "lines": if arguments.fields { serde_json::json!(outcomes) } else { serde_json::Value::Null },
        }))?;
    }
    Ok(Ending::Well)
}

fn evaluate_pages(config: &Config, arguments: &EvaluateArguments) -> Result<Ending> {
    let truths = load_truths(&arguments.folder)?;
    ensure!(
        !truths.is_empty(),
        "{}: no page images with truth files (same name, .json), nor labels.tsv",
        arguments.folder.display()
    );
    let readings: Vec<PageReading> = match &arguments.readings {
        Some(path) => given_readings(path, &truths)?,
        None => {
            let mut engine = Engine::load(config)?;
            if let Some(print) = &arguments.print {
                engine.use_print(print)?;
            }
            if arguments.calibrate.is_some() {
                engine.settings.extract.calibration.clear();
            }
            parallel::map(&truths, arguments.jobs, |(image, truth)| {
                let found = Found { name: image.display().to_string(), source: Source::File(image.clone()) };
                let read = engine.read_scan(&found, &config.limits, false).into_iter().next();
                read.map_or_else(
                    || failed_reading(&truth.page, 0, "the file has no page".to_owned()),
                    |read| read.reading,
                )
            })
        }
    };
    if let Some(path) = &arguments.keep {
        let mut file = std::fs::File::create(path).with_context(|| format!("{}", path.display()))?;
        for reading in &readings {
            writeln!(file, "{}", serde_json::to_string(reading)?)?;
        }
    }
    let mut scores = Scores::default();
    for ((_, truth), reading) in truths.iter().zip(&readings) {
        scores.pages.push(score_page(truth, reading));
        for issue in reading.issues.iter().filter(|_| reading.entries.is_empty()) {
            note(format!("{}: {issue}", truth.page));
        }
    }
    if let Some(path) = &arguments.calibrate {
        let forms = sobo_layout::load_forms(&config.pipelines.join("forms"))?;
        std::fs::write(path, calibration(&scores, &forms)?).with_context(|| format!("{}", path.display()))?;
    }
    let mut cost = Cost {
        seconds_a_page: readings.iter().map(|reading| reading.elapsed_ms as f64 / 1000.0).sum::<f64>()
            / readings.len().max(1) as f64,
        peak_megabytes: peak_megabytes(),
        tesseract_seconds_a_page: None,
    };
    if arguments.tesseract {
        cost.tesseract_seconds_a_page =
            Some(time_tesseract(truths.iter().map(|(image, _)| image.as_path()))?);
    }
    if arguments.format == Format::Text {
        line(report::text(&scores, &cost))?;
    } else {
        json(&report::json(&scores, &cost, arguments.fields))?;
    }
    Ok(Ending::Well)
}

/// Kinds that are calibrated together, being written alike.
const GROUPS: &[&[FieldKind]] = &[
    &[FieldKind::PersonName],
    &[FieldKind::Date],
    &[FieldKind::DateWords],
    &[FieldKind::Number],
    &[FieldKind::Identity, FieldKind::Year, FieldKind::Age, FieldKind::Time],
    &[FieldKind::Sex],
    &[FieldKind::Ethnicity],
    &[FieldKind::Nationality],
    &[FieldKind::Occupation, FieldKind::Cause, FieldKind::Relation, FieldKind::RegistrationType],
    &[FieldKind::Place],
];

/// Fields of a group from which it gets a calibration of its own.
const FIELDS_FOR_A_TABLE: usize = 150;

/// What confidences are worth, per group of kinds where there are enough of it, as a part of `settings.toml`.
fn calibration(scores: &Scores, forms: &[LoadedForm]) -> Result<String> {
    let mut kinds: HashMap<&str, FieldKind> = HashMap::new();
    for field in forms.iter().flat_map(|form| &form.form.fields) {
        kinds.insert(&field.name, field.kind);
    }
    let mut groups: BTreeMap<Option<usize>, Vec<(f64, bool)>> = BTreeMap::new();
    let offered = |field: &&FieldOutcome| field.lacuna.is_none() && !field.text.is_empty();
    for field in scores.pages.iter().flat_map(|page| &page.fields).filter(offered) {
        let kind = kinds.get(field.field.as_str()).copied().unwrap_or_default();
        let group = GROUPS.iter().position(|group| group.contains(&kind));
        groups.entry(group).or_default().push((field.confidence, field.exact));
    }
    let all: Vec<(f64, bool)> = groups.values().flatten().copied().collect();
    let (many, few): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|(group, pairs)| group.is_some() && pairs.len() >= FIELDS_FOR_A_TABLE);
    let rest: Vec<(f64, bool)> = few.into_iter().flat_map(|(_, pairs)| pairs).collect();
    let others = if rest.len() >= FIELDS_FOR_A_TABLE { rest } else { all };
    let mut tables = vec![Calibration { kinds: Vec::new(), points: fit_calibration(&others) }];
    tables.extend(many.into_iter().map(|(group, pairs)| {
        let kinds = group.and_then(|group| GROUPS.get(group)).map_or(&[][..], |kinds| kinds);
        Calibration { kinds: kinds.to_vec(), points: fit_calibration(&pairs) }
    }));
    #[derive(serde::Serialize)]
    struct Extract {
        calibration: Vec<Calibration>,
    }
    #[derive(serde::Serialize)]
    struct Part {
        extract: Extract,
    }
    Ok(toml::to_string(&Part { extract: Extract { calibration: tables } })?)
}

/// Images with a truth file beside them, in natural order.
fn load_truths(folder: &Path) -> Result<Vec<(PathBuf, PageTruth)>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("{}: the folder cannot be read", folder.display()))?;
    let mut truths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let truth = PageTruth::load(&path)?;
            let image = folder.join(&truth.page);
            ensure!(image.exists(), "{}: the page image {} is missing", path.display(), truth.page);
            truths.push((image, truth));
        }
    }
    sobo_intake::order_pages(&[], &mut truths, |(_, truth)| &truth.page);
    Ok(truths)
}

fn given_readings(path: &Path, truths: &[(PathBuf, PageTruth)]) -> Result<Vec<PageReading>> {
    let file = std::fs::File::open(path).with_context(|| format!("{}", path.display()))?;
    let mut by_page: HashMap<String, PageReading> = HashMap::new();
    for (number, line) in std::io::BufReader::new(file).lines().enumerate() {
        let line = line?;
        if !line.trim().is_empty() {
            let reading: PageReading = serde_json::from_str(&line)
                .with_context(|| format!("{} line {}: not a page reading", path.display(), number + 1))?;
            by_page.insert(reading.page.clone(), reading);
        }
    }
    let reading_of = |truth: &PageTruth| {
        by_page
            .get(&truth.page)
            .cloned()
            .unwrap_or_else(|| failed_reading(&truth.page, 0, "the readings have no such page".to_owned()))
    };
    Ok(truths.iter().map(|(_, truth)| reading_of(truth)).collect())
}

/// Most memory this process ever held, where the system tells (Linux).
pub(crate) fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// Mean seconds a page of the `tesseract` program, one thread.
fn time_tesseract<'a>(images: impl Iterator<Item = &'a Path>) -> Result<f64> {
    let mut pages = 0_u32;
    let start = Instant::now();
    for image in images {
        let status = Command::new("tesseract")
            .arg(image)
            .args(["-", "-l", "vie", "--psm", "4"])
            .env("OMP_THREAD_LIMIT", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context(
                "the `tesseract` program could not be started; install tesseract-ocr and tesseract-ocr-vie",
            )?;
        if !status.success() {
            bail!("`tesseract {}` ended with {status}", image.display());
        }
        pages += 1;
    }
    Ok(start.elapsed().as_secs_f64() / f64::from(pages.max(1)))
}
