//! One page against its truth.

use serde::Serialize;
use sobo_core::{Entry, Field, Ink, Lacuna, Original, PageReading, Rect, RegisterType};

use crate::truth::{EntryTruth, FieldTruth, Level, PageTruth};

/// Entries match where their boxes share at least this much.
const ENTRY_IOU: f64 = 0.5;
/// Below this share of lost ink a field is scored.
const SCORED_LOST: f64 = 0.05;
/// Above this share of lost ink the right answer is a lacuna.
const LACUNA_LOST: f64 = 0.5;

/// What became of one field.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Legible in the truth: counted in all figures.
    Scored,
    /// Partly lost (0.05 to 0.5): reported apart, reading and lacuna both allowed.
    Partial,
    /// Mostly lost and given as a lacuna, or left out: right.
    RightLacuna,
    /// Text where the truth has no ink, or more than half of it is lost.
    Invented,
}

/// One field compared with its truth.
#[derive(Debug, Clone, Serialize)]
pub struct FieldOutcome {
    /// Image file name.
    pub page: String,
    /// Entry of the truth, or of the reading where it was invented.
    pub entry: usize,
    /// Field name.
    pub field: String,
    /// Family of the page.
    pub family: String,
    /// Decay of the page.
    pub level: Level,
    /// Register of the page.
    pub register_type: RegisterType,
    /// Ink of the truth; none where invented.
    pub ink: Option<Ink>,
    /// What became of it.
    pub verdict: Verdict,
    /// Truth.
    pub reference: String,
    /// Reading; empty where nothing was read.
    pub text: String,
    /// Some text was put under the right name of the right entry.
    pub assigned: bool,
    /// Edit distance in characters.
    pub distance: usize,
    /// Length of the truth in characters.
    pub length: usize,
    /// Edit distance after removing diacritics.
    pub bare_distance: usize,
    /// Text equal.
    pub exact: bool,
    /// Normal form equal, where the truth has one.
    pub value_exact: Option<bool>,
    /// Lacuna given.
    pub lacuna: Option<Lacuna>,
    /// Confidence given.
    pub confidence: f64,
    /// Offered as right.
    pub accepted: bool,
    /// Box of the truth, or of the reading where invented.
    pub bbox: Rect<Original>,
}

/// One page compared with its truth.
#[derive(Debug, Clone, Serialize)]
pub struct PageOutcome {
    /// Image file name.
    pub page: String,
    /// Family.
    pub family: String,
    /// Decay.
    pub level: Level,
    /// The form's family and register were recognised.
    pub form_right: bool,
    /// Entries of the truth found.
    pub entries_found: usize,
    /// Entries of the truth.
    pub entries_true: usize,
    /// Entries of the reading that match none.
    pub entries_invented: usize,
    /// Fields.
    pub fields: Vec<FieldOutcome>,
    /// Processing time of the page.
    pub elapsed_ms: u64,
}

/// White space collapsed, NFC: the shape in which texts are compared.
pub(crate) fn comparable(text: &str) -> String {
    sobo_text::nfc(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Compares a page's reading with its truth.
pub fn score_page(truth: &PageTruth, reading: &PageReading) -> PageOutcome {
    let pairs = match_entries(&truth.entries, &reading.entries);
    let mut fields = Vec::new();
    for (index, entry) in truth.entries.iter().enumerate() {
        let found = pairs.iter().find(|pair| pair.0 == index).map(|pair| &reading.entries[pair.1]);
        for (name, field) in &entry.fields {
            fields.push(compare(truth, index, name, field, found.and_then(|e| e.fields.get(name))));
        }
        if let Some(found) = found {
            let extra = found.fields.iter().filter(|(name, _)| !entry.fields.contains_key(*name));
            fields.extend(extra.filter_map(|(name, field)| invented(truth, index, name, field)));
        }
    }
    let unmatched =
        reading.entries.iter().enumerate().filter(|(i, _)| !pairs.iter().any(|pair| pair.1 == *i));
    let mut entries_invented = 0;
    for (index, entry) in unmatched {
        entries_invented += 1;
        fields.extend(entry.fields.iter().filter_map(|(name, field)| invented(truth, index, name, field)));
    }
    PageOutcome {
        page: truth.page.clone(),
        family: truth.family.clone(),
        level: truth.level,
        form_right: reading.family == truth.family && reading.register_type == Some(truth.register_type),
        entries_found: pairs.len(),
        entries_true: truth.entries.len(),
        entries_invented,
        fields,
        elapsed_ms: reading.elapsed_ms,
    }
}

/// Pairs entries one to one, the best overlap first.
fn match_entries(truth: &[EntryTruth], read: &[Entry]) -> Vec<(usize, usize)> {
    let mut overlaps: Vec<(f64, usize, usize)> = Vec::new();
    for (i, a) in truth.iter().enumerate() {
        for (j, b) in read.iter().enumerate() {
            let iou = a.bbox.iou(&b.bbox);
            if iou >= ENTRY_IOU {
                overlaps.push((iou, i, j));
            }
        }
    }
    overlaps.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, i, j) in overlaps {
        if !pairs.iter().any(|pair| pair.0 == i || pair.1 == j) {
            pairs.push((i, j));
        }
    }
    pairs
}

fn compare(
    page: &PageTruth,
    entry: usize,
    name: &str,
    truth: &FieldTruth,
    read: Option<&Field>,
) -> FieldOutcome {
    let reference = comparable(&truth.text);
    let text = read.map(|field| comparable(&field.text)).unwrap_or_default();
    let verdict = if truth.lost > LACUNA_LOST {
        if text.is_empty() { Verdict::RightLacuna } else { Verdict::Invented }
    } else if truth.lost >= SCORED_LOST {
        Verdict::Partial
    } else {
        Verdict::Scored
    };
    FieldOutcome {
        page: page.page.clone(),
        entry,
        field: name.to_owned(),
        family: page.family.clone(),
        level: page.level,
        register_type: page.register_type,
        ink: Some(truth.kind),
        verdict,
        assigned: !text.is_empty(),
        distance: sobo_text::edit_distance(&reference, &text),
        length: reference.chars().count(),
        bare_distance: sobo_text::edit_distance(
            &sobo_text::strip_marks(&reference),
            &sobo_text::strip_marks(&text),
        ),
        exact: reference == text,
        value_exact: truth
            .value
            .as_deref()
            .map(|value| read.and_then(|field| field.value.as_deref()) == Some(value)),
        lacuna: read.and_then(|field| field.lacuna),
        confidence: read.map_or(0.0, |field| f64::from(field.confidence)),
        accepted: read.is_some_and(|field| field.accepted && field.lacuna.is_none()),
        bbox: truth.bbox,
        reference,
        text,
    }
}

fn invented(page: &PageTruth, entry: usize, name: &str, field: &Field) -> Option<FieldOutcome> {
    let text = comparable(&field.text);
    if text.is_empty() {
        return None;
    }
    let length = text.chars().count();
    Some(FieldOutcome {
        page: page.page.clone(),
        entry,
        field: name.to_owned(),
        family: page.family.clone(),
        level: page.level,
        register_type: page.register_type,
        ink: None,
        verdict: Verdict::Invented,
        reference: String::new(),
        assigned: false,
        distance: length,
        length: 0,
        bare_distance: length,
        exact: false,
        value_exact: None,
        lacuna: field.lacuna,
        confidence: f64::from(field.confidence),
        accepted: field.accepted,
        bbox: field.bbox,
        text,
    })
}
