//! What confidences of whole fields are worth once a new model reads: verified pages that did not teach it are read by
//! it and held against what people verified.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result};
use sobo_adapt::{FieldFigures, FieldShift, ReadField, SetManifest, cross_check};
use sobo_core::{CheckEffect, Entry, FieldKind, Form};
use sobo_extract::Calibration;
use sobo_layout::Print;
use sobo_pipeline::Store;
use sobo_pipeline::page::{PageInput, PageSettings, read_page};
use sobo_read::Recognizer;
use sobo_verify::VerifiedRecord;

use crate::config::Config;
use crate::engine::{Engine, FIELDS_FILE};
use crate::output::note;

/// Pages read for it at most; more would take longer than training.
const MOST_PAGES: usize = 60;
/// An entry read anew is the verified one from this overlap on.
const SAME_ENTRY: f64 = 0.5;

/// Reads the pages of a set that judge with a new model, moves the shipped tables by what was verified on them, and
/// writes them into the model's folder. Gives what is offered as right, each page judged by the others.
///
/// # Errors
/// When the store fails, an original is missing, or the folder cannot be written.
pub(super) async fn renew(
    config: &Config,
    store: &Store,
    manifest: &SetManifest,
    reader: &dyn Recognizer,
    model: &Path,
) -> Result<FieldFigures> {
    let engine = Engine::load(config)?;
    let judging = manifest.lines.iter().filter(|line| line.held_out).map(|line| (line.volume, line.page));
    let pages: BTreeSet<(i64, i64)> = judging.collect();
    let each = pages.len().div_ceil(MOST_PAGES).max(1);
    let mut fields = Vec::new();
    for (volume, page) in pages.into_iter().step_by(each) {
        read_verified(config, store, &engine, reader, volume, page, &mut fields).await?;
    }
    let moved = FieldShift::fit(&fields);
    write(model, &tables(&engine.settings, &moved))?;
    let figures = cross_check(&fields);
    note(format!(
        "{} verified fields of {} pages say what confidences are worth",
        fields.len(),
        figures.pages
    ));
    Ok(figures)
}

/// The fields of a page's verified entries beside what the model reads in them.
async fn read_verified(
    config: &Config,
    store: &Store,
    engine: &Engine,
    reader: &dyn Recognizer,
    volume: i64,
    page_id: i64,
    fields: &mut Vec<ReadField>,
) -> Result<()> {
    let page = store.database.page(page_id).await?;
    let original = page.original.parse().map_err(|_| anyhow::anyhow!("page {page_id} has no original"))?;
    let bytes =
        store.vault.get(&original).await.with_context(|| format!("page {page_id} cannot be fetched"))?;
    let decoded = sobo_intake::decode_page(&bytes, &page.source, page.page_index, &config.limits)?;
    let print = store.database.print_of_volume(volume).await?.and_then(|kept| Print::parse(&kept));
    let input = PageInput {
        name: &page.source,
        index: page.page_index,
        dpi: decoded.dpi,
        form: Some(&page.form),
        context: crate::store::context(&store.database.volume(volume).await?.descriptor),
        print: print.as_ref(),
    };
    let read = read_page(&decoded.image, &input, &engine.forms, reader, &engine.settings)?;
    let form = engine.forms.iter().map(|loaded| &loaded.form).find(|form| form.id == page.form);
    for verified in store.database.teaching_entries(volume).await?.iter().filter(|v| v.page_id == page_id) {
        let before = store.database.entry(verified.entry_id).await?.entry();
        let (_, state) = store.database.record(verified.entry_id).await?;
        let overlap = |entry: &&Entry| entry.bbox.iou(&before.bbox);
        let anew = read.reading.entries.iter().max_by(|a, b| overlap(a).total_cmp(&overlap(b)));
        if let (Some(record), Some(anew)) = (state.verified(), anew.filter(|e| overlap(e) >= SAME_ENTRY)) {
            compare(page_id, &record, anew, form, &engine.settings, fields);
        }
    }
    Ok(())
}

/// Holds what was read in an entry's fields against what was verified in them. Where the machine offers no text, it
/// promises nothing.
fn compare(
    page: i64,
    record: &VerifiedRecord,
    read: &Entry,
    form: Option<&Form>,
    settings: &PageSettings,
    fields: &mut Vec<ReadField>,
) {
    for (name, statement) in record.values() {
        let Some(field) = read.fields.get(name).filter(|f| f.lacuna.is_none() && !f.text.is_empty()) else {
            continue;
        };
        let kind = form.and_then(|form| form.field(name)).map_or(FieldKind::Text, |field| field.kind);
        fields.push(ReadField {
            page,
            kind,
            confidence: f64::from(field.confidence),
            contradicted: field.checks.iter().any(|check| check.effect == CheckEffect::Contradicts),
            threshold: f64::from(settings.extract.threshold(kind)),
            right: statement.lacuna.is_none() && same(&field.text, &statement.text),
        });
    }
}

fn same(a: &str, b: &str) -> bool {
    let (a, b) = (sobo_text::nfc(a), sobo_text::nfc(b));
    a.split_whitespace().eq(b.split_whitespace())
}

/// The tables of the settings, moved; a kind with verified fields of its own gets a table of its own.
fn tables(settings: &PageSettings, moved: &FieldShift) -> Vec<Calibration> {
    let shipped = &settings.extract.calibration;
    let plain = Calibration { kinds: Vec::new(), points: (0..=20).map(|i| [i as f32 / 20.0; 2]).collect() };
    let rest = shipped.iter().find(|table| table.kinds.is_empty()).unwrap_or(&plain);
    let of_kind = |kind: FieldKind| shipped.iter().find(|table| table.kinds.contains(&kind)).unwrap_or(rest);
    let move_table = |table: &Calibration, kinds: Vec<FieldKind>, kind: Option<FieldKind>| {
        let to = |p: f32| moved.apply(kind, f64::from(p)) as f32;
        Calibration { kinds, points: table.points.iter().map(|[raw, p]| [*raw, to(*p)]).collect() }
    };
    let seen: BTreeSet<FieldKind> = moved.kinds().collect();
    let listed: BTreeSet<FieldKind> = shipped.iter().flat_map(|table| table.kinds.iter().copied()).collect();
    // Kinds nobody verified move with the others.
    let mut tables = vec![move_table(rest, Vec::new(), None)];
    tables.extend(listed.union(&seen).map(|kind| move_table(of_kind(*kind), vec![*kind], Some(*kind))));
    tables
}

fn write(model: &Path, tables: &[Calibration]) -> Result<()> {
    #[derive(serde::Serialize)]
    struct Extract<'a> {
        calibration: &'a [Calibration],
    }
    #[derive(serde::Serialize)]
    struct Part<'a> {
        extract: Extract<'a>,
    }
    let path = model.join(FIELDS_FILE);
    let text = toml::to_string(&Part { extract: Extract { calibration: tables } })?;
    std::fs::write(&path, text).with_context(|| format!("{}: cannot be written", path.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::engine::own_calibration;

    fn pool(kind: FieldKind, confidence: f64, wrong_every: usize) -> Vec<ReadField> {
        (0..120)
            .map(|i| ReadField {
                page: i as i64 % 4,
                kind,
                confidence,
                contradicted: false,
                threshold: 0.98,
                right: i % wrong_every != 0,
            })
            .collect()
    }

    #[test]
    fn a_model_brings_its_own_tables_along() {
        let mut settings = PageSettings::default();
        let table = |kinds, top| Calibration { kinds, points: vec![[0.5, 0.4], [0.9, top]] };
        settings.extract.calibration = vec![table(vec![], 0.95), table(vec![FieldKind::Sex], 0.99)];
        let moved = FieldShift::fit(&pool(FieldKind::PersonName, 0.95, 5));
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &tables(&settings, &moved)).unwrap();
        let mut own = settings.clone();
        own_calibration(folder.path(), &mut own).unwrap();
        let top = |settings: &PageSettings, kinds: &[FieldKind]| {
            settings.extract.calibration.iter().find(|t| t.kinds == kinds).map(|t| t.points[1][1])
        };
        assert!(top(&own, &[FieldKind::PersonName]).unwrap() < 0.9, "a fifth of the names was wrong");
        assert!(top(&own, &[]).unwrap() < 0.95 && top(&own, &[FieldKind::Sex]).unwrap() < 0.99);
        assert_ne!(own.hash(), settings.hash(), "readings say by which tables they were made");
        // The shipped model has none of its own.
        let mut shipped = settings.clone();
        own_calibration(&folder.path().join("none"), &mut shipped).unwrap();
        assert_eq!(shipped, settings);
        std::fs::write(folder.path().join(FIELDS_FILE), "[extract]\ncalibration = 3\n").unwrap();
        let error = own_calibration(folder.path(), &mut shipped).unwrap_err();
        assert!(format!("{error:#}").contains(FIELDS_FILE), "{error:#}");
    }

    #[test]
    fn without_verified_fields_the_shipped_tables_stay() {
        let mut settings = PageSettings::default();
        settings.extract.calibration =
            vec![Calibration { kinds: vec![FieldKind::Date], points: vec![[0.2, 0.1], [0.9, 0.97]] }];
        let kept = tables(&settings, &FieldShift::fit(&[]));
        let dates = kept.iter().find(|table| table.kinds == [FieldKind::Date]).unwrap();
        for (kept, was) in dates.points.iter().zip(&settings.extract.calibration[0].points) {
            assert!((kept[1] - was[1]).abs() < 1e-6, "{kept:?} {was:?}");
        }
    }
}
