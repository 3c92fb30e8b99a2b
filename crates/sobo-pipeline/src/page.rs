//! One page from pixels to fields: restore, find what is on it, lay it on its form, read, extract.
//!
//! Pure but for the recogniser: the result depends on the image, its resolution, the forms, the
//! recogniser, the settings and what is said of the book, and on nothing else.

use std::path::{Path, PathBuf};
use std::time::Instant;

use image::{DynamicImage, GrayImage};
use serde::{Deserialize, Serialize};
use sobo_core::{
    FieldKind, Original, Outcome, PageReading, Provenance, Reading, Rect, Restored, SCHEMA_VERSION,
};
use sobo_extract::{RawEntry, RawField, RawLine};
use sobo_layout::{EntryPlan, FieldPlan, LoadedForm, PagePlan, Parted, Print, Tick};
use sobo_read::{LineInput, ReadError, Recognizer};
use sobo_restore::{Defect, Restoration};

use crate::locate::{Located, locate_upright};

/// What can be chosen about reading a page: `pipelines/settings.toml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PageSettings {
    /// Restoration.
    pub restore: sobo_restore::Settings,
    /// Cutting and reading of lines.
    pub read: LineSettings,
    /// Extraction and acceptance.
    pub extract: sobo_extract::Settings,
}

/// How lines are cut for the recogniser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LineSettings {
    /// Pixels of height a line is cut to.
    pub height: u32,
    /// Share of a line's box that writing covers with ink when it is plainly there.
    pub full_ink: f64,
    /// Most lines given to the recogniser at once.
    pub batch: usize,
}

impl Default for LineSettings {
    fn default() -> Self {
        Self { height: 64, full_ink: 0.05, batch: 64 }
    }
}

/// Why a page could not be read or settings could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The recogniser failed.
    #[error("page {page}: the recogniser failed: {source}")]
    Read {
        /// Name of the page.
        page: String,
        /// Why.
        source: ReadError,
    },
    /// The settings file is missing or wrong.
    #[error("{path}: {message}")]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl PageSettings {
    /// Reads settings from a file; keys that are left out keep their defaults.
    ///
    /// # Errors
    /// When the file cannot be read, is no TOML or holds an unknown key.
    pub fn load(path: &Path) -> Result<Self, PageError> {
        let wrong = |message: String| PageError::Settings { path: path.to_owned(), message };
        let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
        toml::from_str(&text).map_err(|e| wrong(e.to_string().trim().to_owned()))
    }

    /// sha256 of the settings, hex: part of the provenance of every reading.
    pub fn hash(&self) -> String {
        use sha2::Digest;
        let text = toml::to_string(self).unwrap_or_default();
        hex::encode(sha2::Sha256::digest(text.as_bytes()))
    }
}

/// A page to be read.
#[derive(Debug, Clone, Default)]
pub struct PageInput<'a> {
    /// File name, for messages and the reading.
    pub name: &'a str,
    /// Page in that file, from 0.
    pub index: u32,
    /// Dots per inch of the scan, where known.
    pub dpi: Option<f64>,
    /// Identifier of the form where the volume says it; otherwise the form is found.
    pub form: Option<&'a str>,
    /// What is known of the book and of the pages before.
    pub context: sobo_extract::Context,
    /// The print of the book, where it was learned.
    pub print: Option<&'a Print>,
}

/// A page as read.
#[derive(Debug, Clone)]
pub struct ReadPage {
    /// Entries, fields and messages.
    pub reading: PageReading,
    /// How the reading ended.
    pub outcome: Outcome,
    /// What made the reading.
    pub provenance: Provenance,
}

/// Reads one page.
///
/// Every page that can be decoded gives a reading: one that is blank, too poor or of no known form
/// has no entries and says so in `issues` and `outcome`.
///
/// # Errors
/// When the recogniser itself fails.
pub fn read_page(
    image: &DynamicImage,
    input: &PageInput<'_>,
    forms: &[LoadedForm],
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<ReadPage, PageError> {
    let begun = Instant::now();
    let failed = |source| PageError::Read { page: input.name.to_owned(), source };
    let restoration = sobo_restore::restore(image, input.dpi, &settings.restore);
    let blank = restoration.quality.defects.contains(&Defect::Blank);
    let located = if blank {
        Located { restoration, plan: PagePlan::default(), form: None }
    } else {
        locate_upright(image, restoration, input, forms, recognizer, settings).map_err(failed)?
    };
    let Located { restoration, plan, form } = located;
    let mut page = ReadPage {
        reading: PageReading {
            schema_version: SCHEMA_VERSION,
            page: input.name.to_owned(),
            page_index: input.index,
            form: "unknown".to_owned(),
            family: String::new(),
            register_type: None,
            entries: Vec::new(),
            issues: Vec::new(),
            elapsed_ms: 0,
        },
        outcome: Outcome::Done,
        provenance: Provenance {
            model: recognizer.id().to_owned(),
            form: String::new(),
            print: String::new(),
            settings: settings.hash(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    };
    let defects: Vec<String> = restoration.quality.defects.iter().map(defect_name).collect();
    page.reading.issues.extend(defects.iter().map(|defect| format!("quality: {defect}")));
    if blank {
        page.outcome = Outcome::Blank;
    } else {
        match form {
            Some(form) => {
                page.reading.form.clone_from(&form.form.id);
                page.reading.family.clone_from(&form.form.family);
                page.reading.register_type = Some(form.form.register_type);
                page.provenance.form.clone_from(&form.hash);
                if let Some(print) = input.print.filter(|print| print.form_hash == form.hash) {
                    page.provenance.print = print.hash();
                }
                let mut context = input.context.clone();
                context.settings = settings.extract.clone();
                context.book_year = context.book_year.or(plan.year);
                let raw = read_entries(&restoration, form, plan, context.book_year, recognizer, settings)
                    .map_err(failed)?;
                let extraction = sobo_extract::extract(&form.form, raw, &context);
                page.reading.entries = extraction.entries;
                page.reading.issues.extend(extraction.issues.iter().map(ToString::to_string));
            }
            None => {
                let reason = format!(
                    "no form fits (best score {:.0}, {:.0} % of its labels found); choose the form by hand, or add one",
                    plan.score,
                    100.0 * plan.coverage
                );
                page.reading.issues.push(reason.clone());
                page.outcome = Outcome::Failed { reason };
            }
        }
        if restoration.quality.rescan {
            page.outcome = Outcome::RescanWanted { reasons: defects };
        }
    }
    page.reading.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(page)
}

/// How often lines are parted at labels read inside them, and what is new is read.
const PARTINGS: usize = 2;

/// Reads every line of every field of a plan; a value that runs into the next label is parted there.
fn read_entries(
    restoration: &Restoration,
    form: &LoadedForm,
    plan: PagePlan,
    year: Option<i32>,
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<Vec<RawEntry>, ReadError> {
    let unread = |entry: EntryPlan| {
        let lines = entry.fields.iter().map(|field| vec![None; field.lines.len()]).collect();
        (entry, lines)
    };
    let mut entries: Vec<Parted> = plan.entries.into_iter().map(unread).collect();
    let mut read = read_missing(restoration, &entries, year, recognizer, settings)?;
    for _ in 0..PARTINGS {
        let mut changed = false;
        for (entry, readings) in entries.iter_mut().zip(&read) {
            let lines = || readings.iter().map(|lines| lines.iter().cloned().map(Some).collect()).collect();
            entry.1 = lines();
            if let Some(parted) = sobo_layout::part_at_labels(form, &entry.0, readings) {
                *entry = parted;
                changed = true;
            }
        }
        if !changed {
            break;
        }
        read = read_missing(restoration, &entries, year, recognizer, settings)?;
    }
    let raw = entries.into_iter().zip(read).map(|((plan, _), readings)| {
        let fields = plan.fields.iter().zip(readings).map(|(field, readings)| {
            (field.name.clone(), raw_field(restoration, field, &mut readings.into_iter(), settings))
        });
        RawEntry { bbox: to_original(restoration, &plan.bbox), fields: fields.collect() }
    });
    Ok(raw.collect())
}

/// The readings of all lines of entries: those that are known, and the others read together.
fn read_missing(
    restoration: &Restoration,
    entries: &[Parted],
    year: Option<i32>,
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<Vec<Vec<Vec<Reading>>>, ReadError> {
    let missing: Vec<(Rect<Restored>, FieldKind)> = entries
        .iter()
        .flat_map(|(entry, known)| entry.fields.iter().zip(known))
        .flat_map(|(field, known)| field.lines.iter().zip(known).map(move |line| (field.kind, line)))
        .filter(|(_, (_, known))| known.is_none())
        .map(|(kind, (line, _))| (*line, kind))
        .collect();
    let mut new = read_lines(restoration, &missing, year, recognizer, settings)?.into_iter();
    let read = entries.iter().map(|(_, known)| {
        let fields = known.iter().map(|lines| {
            let lines = lines.iter().map(|line| line.clone().or_else(|| new.next()).unwrap_or_default());
            lines.collect()
        });
        fields.collect()
    });
    Ok(read.collect())
}

pub(crate) fn raw_field(
    restoration: &Restoration,
    field: &FieldPlan,
    readings: &mut impl Iterator<Item = Reading>,
    settings: &PageSettings,
) -> RawField {
    if let Some(tick) = &field.tick {
        return ticked(restoration, field, tick);
    }
    let lines: Vec<RawLine> = field
        .lines
        .iter()
        .map(|line| {
            let mut reading = readings.next().unwrap_or_default();
            // A place that may belong to another field makes its text doubtful too.
            reading.confidence *= 0.6 + 0.4 * field.certainty.clamp(0.0, 1.0);
            RawLine {
                reading,
                bbox: to_original(restoration, line),
                ink: (restoration.ink_share(*line) / settings.read.full_ink).min(1.0) as f32,
                lost: restoration.lost_share(*line) as f32,
            }
        })
        .collect();
    if !lines.is_empty() {
        let bbox = lines.iter().map(|line| line.bbox).reduce(|a, b| a.union(&b)).unwrap_or_default();
        return RawField { bbox, lines, ..RawField::default() };
    }
    let bbox = to_original(restoration, &field.place);
    let lost = restoration.lost_share(field.place) as f32;
    // Where the paper is gone nobody can say that nothing was written.
    let torn = RawLine { reading: Reading::default(), bbox, ink: 0.0, lost };
    RawField { bbox, lines: if lost > 0.3 { vec![torn] } else { Vec::new() }, ..RawField::default() }
}

/// A field that is ticked: what stands in the box is a cross, and what it means the box says.
fn ticked(restoration: &Restoration, field: &FieldPlan, tick: &Tick) -> RawField {
    let bbox = to_original(restoration, &field.place);
    let text = if tick.value.is_some() { TICK.to_owned() } else { String::new() };
    let reading =
        Reading { text, confidence: tick.certainty, reader: "boxes".to_owned(), ..Reading::default() };
    let line = RawLine { reading, bbox, ink: 1.0, lost: restoration.lost_share(field.place) as f32 };
    RawField { bbox, lines: vec![line], value: tick.value.clone(), ..RawField::default() }
}

/// What is put down for a mark in a box, whatever its shape.
const TICK: &str = "x";

/// Cuts and reads lines; the readings come in the order of the lines.
pub(crate) fn read_lines(
    restoration: &Restoration,
    lines: &[(Rect<Restored>, FieldKind)],
    year: Option<i32>,
    recognizer: &dyn Recognizer,
    settings: &PageSettings,
) -> Result<Vec<Reading>, ReadError> {
    let mut readings = Vec::with_capacity(lines.len());
    for batch in lines.chunks(settings.read.batch.max(1)) {
        let crops: Vec<GrayImage> =
            batch.iter().map(|(rect, _)| restoration.crop(*rect, settings.read.height)).collect();
        let inputs: Vec<LineInput<'_>> = crops
            .iter()
            .zip(batch)
            .map(|(image, (_, kind))| LineInput::new(image).with_kind(*kind).with_year(year))
            .collect();
        readings.extend(recognizer.read(&inputs)?);
    }
    Ok(readings)
}

/// The box around a restored box on the original.
fn to_original(restoration: &Restoration, rect: &Rect<Restored>) -> Rect<Original> {
    let corners = rect.corners().map(|corner| restoration.transform.to_original(corner));
    let (x0, x1) = corners.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p.x), b.max(p.x)));
    let (y0, y1) = corners.iter().fold((f64::MAX, f64::MIN), |(a, b), p| (a.min(p.y), b.max(p.y)));
    Rect::from_edges(x0, y0, x1, y1)
}

fn defect_name(defect: &sobo_restore::Defect) -> String {
    serde_json::to_value(defect).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    /// Reads nothing, as a recogniser does on a page without print.
    struct Mute;

    impl Recognizer for Mute {
        fn id(&self) -> &str {
            "mute"
        }

        fn read(&self, lines: &[LineInput<'_>]) -> Result<Vec<Reading>, ReadError> {
            Ok(lines.iter().map(|_| Reading::default()).collect())
        }
    }

    #[test]
    fn a_page_without_print_is_of_no_form() {
        let image = DynamicImage::ImageLuma8(GrayImage::from_fn(620, 877, |x, y| {
            image::Luma([if (40..44).contains(&(y % 60)) && (x / 9) % 2 == 0 { 40 } else { 240 }])
        }));
        let input = PageInput { name: "p.png", dpi: Some(75.0), ..PageInput::default() };
        let page = read_page(&image, &input, &[], &Mute, &PageSettings::default()).unwrap();
        assert_eq!(page.reading.form, "unknown");
        assert!(page.reading.entries.is_empty());
        assert!(!page.reading.issues.is_empty());
    }

    #[test]
    fn settings_keep_their_defaults_and_refuse_unknown_keys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, "[read]\nheight = 40\n").unwrap();
        let settings = PageSettings::load(&path).unwrap();
        assert_eq!((settings.read.height, settings.read.batch), (40, LineSettings::default().batch));
        assert_ne!(settings.hash(), PageSettings::default().hash());
        std::fs::write(&path, "[read]\nheigth = 40\n").unwrap();
        assert!(PageSettings::load(&path).unwrap_err().to_string().contains("heigth"));
    }
}
