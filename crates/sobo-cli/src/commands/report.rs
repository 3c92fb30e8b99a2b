//! `sobo report`: volumes, outcomes, gaps and repeats, as HTML, CSV, JSON or lines.

use std::path::Path;

use anyhow::{Context as _, Result};
use askama::Template;
use sobo_db::{ListedPage, VolumeReport};
use sobo_pipeline::Store;

use crate::arguments::{Format, ReportArguments};
use crate::config::Config;
use crate::output::{Ending, because, json, line, note};
use crate::store;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    volumes: &'a [VolumeReport],
}

/// A volume's lists of pages with their headings.
fn lists(report: &VolumeReport) -> [(&'static str, &[ListedPage]); 4] {
    [
        ("Trang lỗi / failed", &report.failed),
        ("Cần quét lại / scan again", &report.rescans),
        ("Đáng ngờ nhất / most doubtful", &report.worst),
        ("Chậm nhất / slowest", &report.slowest),
    ]
}

/// Writes the reports that are asked for, else prints one.
///
/// # Errors
/// When the store cannot be opened or a file cannot be written.
pub(crate) fn report(config: &Config, arguments: &ReportArguments) -> Result<Ending> {
    store::runtime()?.block_on(async {
        let store = store::open_existing(config).await?;
        if let Some(path) = &arguments.html {
            write_html(&store, path).await?;
            note(path.display());
        }
        if let Some(path) = &arguments.csv {
            write(path, &csv(&volumes(&store).await?))?;
            note(path.display());
        }
        if arguments.html.is_none() && arguments.csv.is_none() {
            let volumes = volumes(&store).await?;
            if arguments.format == Format::Text {
                for volume in &volumes {
                    print(volume)?;
                }
            } else {
                json(&volumes)?;
            }
        }
        Ok(Ending::Well)
    })
}

/// Writes the HTML report.
///
/// # Errors
/// When the store fails or the file cannot be written.
pub(crate) async fn write_html(store: &Store, path: &Path) -> Result<()> {
    let volumes = volumes(store).await?;
    write(path, &Page { volumes: &volumes }.render()?)
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("{}: the report cannot be written", path.display()))
}

async fn volumes(store: &Store) -> Result<Vec<VolumeReport>> {
    let mut reports = Vec::new();
    for volume in store.database.volumes().await? {
        reports.push(store.database.volume_report(volume.id).await?);
    }
    Ok(reports)
}

fn print(report: &VolumeReport) -> Result<()> {
    let p = &report.progress;
    line(format!(
        "{} ({}, {}): {} pages, {} read, {} blank, {} scan again, {} failed, {} waiting; {} entries",
        report.volume.descriptor.name,
        report.volume.descriptor.register_type.as_str(),
        report.volume.descriptor.year_from,
        p.pages,
        p.done,
        p.blank,
        p.rescan_wanted,
        p.failed,
        p.waiting,
        p.entries
    ))?;
    if let Some(difference) = report.entries_against_statement.filter(|difference| *difference != 0) {
        line(format!("  {difference:+} entries against the closing statement"))?;
    }
    if let Some(difference) = report.pages_against_statement.filter(|difference| *difference != 0) {
        line(format!("  {difference:+} pages against the closing statement"))?;
    }
    if !report.numbering.gaps.is_empty() {
        line(format!("  numbers missing: {}", gaps(report, ", ")))?;
    }
    for repeat in &report.numbering.repeats {
        line(format!("  number {} stands {} times", repeat.number, repeat.entries.len()))?;
    }
    for page in report.failed.iter().chain(&report.rescans) {
        line(format!("  {}", because(&shown(page), &page.source, &page.reasons.join("; "))))?;
    }
    if let Some(page) = report.slowest.first() {
        line(format!("  slowest: {}, {} ms", shown(page), page.elapsed_ms.unwrap_or_default()))?;
    }
    if let Some(page) = report.worst.first().filter(|page| page.doubt > 0.0) {
        line(format!(
            "  most doubtful: {}, {} of {} fields accepted",
            shown(page),
            page.accepted,
            page.fields
        ))?;
    }
    Ok(())
}

/// A page as a person would name it.
fn shown(page: &ListedPage) -> String {
    match page.page_index {
        0 => page.source.clone(),
        index => format!("{} page {}", page.source, index + 1),
    }
}

/// Numbers missing, ranges with a dash.
fn gaps(report: &VolumeReport, between: &str) -> String {
    let gaps = report.numbering.gaps.iter().map(|gap| match gap.from == gap.to {
        true => gap.from.to_string(),
        false => format!("{}–{}", gap.from, gap.to),
    });
    gaps.collect::<Vec<_>>().join(between)
}

/// One row a volume (RFC 4180).
fn csv(reports: &[VolumeReport]) -> String {
    let mut text = String::from(
        "volume,kind,office,year_from,pages,waiting,read,blank,rescan_wanted,failed,entries,fields,accepted,lacunae,\
         pages_against_statement,entries_against_statement,numbers_missing,numbers_repeated,missing,repeated,median_ms,\
         slowest_page,slowest_ms,worst_page\r\n",
    );
    for report in reports {
        let (d, p) = (&report.volume.descriptor, &report.progress);
        let missing: u64 = report.numbering.gaps.iter().map(|gap| gap.to - gap.from + 1).sum();
        let repeats = report.numbering.repeats.iter().map(|repeat| repeat.number.to_string());
        let optional = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
        let row = [
            quoted(&d.name),
            d.register_type.as_str().to_owned(),
            quoted(&d.office),
            d.year_from.to_string(),
            p.pages.to_string(),
            p.waiting.to_string(),
            p.done.to_string(),
            p.blank.to_string(),
            p.rescan_wanted.to_string(),
            p.failed.to_string(),
            p.entries.to_string(),
            p.fields.to_string(),
            p.accepted.to_string(),
            p.lacunae.to_string(),
            optional(report.pages_against_statement),
            optional(report.entries_against_statement),
            missing.to_string(),
            report.numbering.repeats.len().to_string(),
            quoted(&gaps(report, "; ")),
            quoted(&repeats.collect::<Vec<_>>().join("; ")),
            optional(report.median_ms),
            quoted(&report.slowest.first().map(shown).unwrap_or_default()),
            optional(report.slowest.first().and_then(|page| page.elapsed_ms)),
            quoted(&report.worst.first().map(shown).unwrap_or_default()),
        ];
        text.push_str(&row.join(","));
        text.push_str("\r\n");
    }
    text
}

/// Quoted for CSV; a leading sign is kept from being taken for a formula by spreadsheets.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
