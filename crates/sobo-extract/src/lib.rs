//! Readings and a form into fields: normal values, cross-checks, ditto marks and lacunae.
//!
//! Pure: what the recogniser read of each line goes in with the form and what is known of the book; entries with
//! text or lacuna, normal values, candidates, checks and confidence come out. No pixels: the share of ink and of
//! lost paper under each line is measured before.
//!
//! # Confidence
//! A field starts with the product of its lines' calibrated confidences. Independent evidence then moves it:
//! support of strength `s` shrinks the doubt, `c' = 1 − (1 − c)(1 − s)`; contradiction shrinks the trust,
//! `c' = c (1 − s)`. The strengths stand with their rules in [`checks`]. A field is accepted when its
//! confidence reaches the threshold of its kind and nothing contradicts it.

mod across;
mod book_year;
mod calibration;
mod checks;
mod ditto;
mod join;
mod letter_case;
mod misplaced;
mod printed;
mod rows;
mod settings;
mod spacing;
mod stamps;
mod value;

use indexmap::IndexMap;
use sobo_core::{Check, CheckEffect, Entry, Field, FieldKind, Form, Lacuna, Original, Reading, Rect};

pub use across::join_page;
pub use calibration::Calibration;
pub use checks::RULES;
pub use settings::Settings;

/// One line of writing as layout cut it out and the recogniser read it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawLine {
    /// What was read.
    pub reading: Reading,
    /// Box of the line.
    pub bbox: Rect<Original>,
    /// Ink found under the line as a share of what writing of its length would leave, `0..=1`.
    pub ink: f32,
    /// Share of the box under holes and tears, `0..=1`.
    pub lost: f32,
}

/// The lines of one field, top to bottom.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawField {
    /// Box of the field, also where it has no line.
    pub bbox: Rect<Original>,
    /// Lines found in it.
    pub lines: Vec<RawLine>,
    /// Layout saw a stroke through all that is written.
    pub struck: bool,
    /// The normal form, where the form says it and not the writing: of a box that is ticked.
    pub value: Option<String>,
}

/// One act as layout found it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawEntry {
    /// Box around the act.
    pub bbox: Rect<Original>,
    /// Fields by name.
    pub fields: IndexMap<String, RawField>,
}

/// What is known of the book and of the page before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// Year of the register, or the first of its years.
    pub book_year: Option<i32>,
    /// Last year of the register where it covers several.
    pub book_year_to: Option<i32>,
    /// Number of the last entry before this page.
    pub previous_number: Option<u32>,
    /// The last entry before this page, for ditto marks in the first row.
    pub previous_entry: Option<Entry>,
    /// Thresholds.
    pub settings: Settings,
}

impl Context {
    /// The last year the book covers.
    pub fn last_year(&self) -> Option<i32> {
        self.book_year_to.or(self.book_year)
    }
}

/// Something about the page that deserves a person's attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageIssue {
    /// Identifier, a key of the interface texts.
    pub code: String,
    /// Index of the entry it is about, from 0.
    pub entry: Option<usize>,
    /// Field it is about.
    pub field: Option<String>,
    /// Figures that belong to it, never names.
    pub detail: String,
}

impl std::fmt::Display for PageIssue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)?;
        if let Some(entry) = self.entry {
            write!(f, ", entry {}", entry + 1)?;
        }
        if let Some(field) = &self.field {
            write!(f, ", {field}")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// The entries of a page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extraction {
    /// Acts in the order given.
    pub entries: Vec<Entry>,
    /// What deserves attention.
    pub issues: Vec<PageIssue>,
}

/// Turns the readings of one page into entries.
pub fn extract(form: &Form, entries: Vec<RawEntry>, context: &Context) -> Extraction {
    let mut extraction = Extraction::default();
    for raw in entries {
        extraction.entries.push(join::entry(form, raw, &context.settings));
    }
    printed::take_off(form, &mut extraction.entries);
    misplaced::take_off(form, &mut extraction.entries);
    rows::leave_out(form, &mut extraction.entries);
    let inferred;
    let context = if context.book_year.is_none() {
        inferred = Context { book_year: book_year::infer(form, &extraction.entries), ..context.clone() };
        &inferred
    } else {
        context
    };
    for entry in &mut extraction.entries {
        for (name, field) in &mut entry.fields {
            if !is_ticked(field) {
                value::snap(form, kind_of(form, name), field, context);
            }
        }
    }
    letter_case::agree(form, &mut extraction.entries);
    spacing::agree(&mut extraction.entries);
    for entry in &mut extraction.entries {
        for (name, field) in &mut entry.fields {
            if !is_ticked(field) {
                field.value = value::normal_form(name, kind_of(form, name), &field.text, context);
            }
        }
    }
    checks::choose_candidates(form, &mut extraction.entries, context);
    ditto::resolve(form, &mut extraction.entries, context);
    checks::run(form, &mut extraction, context);
    for (index, entry) in extraction.entries.iter_mut().enumerate() {
        for described in form.fields.iter().filter(|described| described.required) {
            let missing = entry.fields.get(&described.name).is_none_or(|f| f.lacuna == Some(Lacuna::Blank));
            if missing {
                extraction.issues.push(PageIssue {
                    code: "required_field_blank".to_owned(),
                    entry: Some(index),
                    field: Some(described.name.clone()),
                    detail: String::new(),
                });
            }
        }
        for (name, field) in &mut entry.fields {
            let required = form.field(name).is_some_and(|described| described.required);
            accept(kind_of(form, name), required, field, &context.settings);
        }
    }
    extraction
}

/// What the texts of one entry's fields say against one another and against the book, as they stand while a person types
/// them: each field with the rule and, where there is one, the other field. Rules that need the entries around it do not
/// apply.
pub fn contradictions(form: &Form, fields: &[(String, String)], context: &Context) -> Vec<(String, Check)> {
    let mut entry = Entry::default();
    for (name, text) in fields {
        let value = value::normal_form(name, kind_of(form, name), text, context);
        entry.fields.insert(name.clone(), Field { text: text.clone(), value, ..Field::default() });
    }
    let mut extraction = Extraction { entries: vec![entry], issues: Vec::new() };
    checks::run(form, &mut extraction, context);
    let fields = extraction.entries.into_iter().flat_map(|entry| entry.fields);
    fields
        .flat_map(|(name, field)| field.checks.into_iter().map(move |check| (name.clone(), check)))
        .filter(|(_, check)| check.effect == CheckEffect::Contradicts)
        .collect()
}

/// Whether a box says what the field means: until normal forms are made nothing else has one.
fn is_ticked(field: &Field) -> bool {
    field.value.is_some()
}

/// The kind of a field by the form's data; [`FieldKind::Text`] where the form does not know it.
fn kind_of(form: &Form, name: &str) -> FieldKind {
    form.field(name).map(|field| field.kind).unwrap_or_default()
}

fn accept(kind: FieldKind, required: bool, field: &mut Field, settings: &Settings) {
    field.confidence = field.confidence.clamp(0.0, 1.0);
    if field.lacuna.is_none() && !field.text.is_empty() {
        field.confidence = settings.calibrated(kind, field.confidence);
    }
    offer(kind, required, field, settings);
}

/// Says whether a field is offered as right, by the confidence it has.
fn offer(kind: FieldKind, required: bool, field: &mut Field, settings: &Settings) {
    let offered = match field.lacuna {
        None => true,
        // An empty cell is a value like another; a missing name is not waved through.
        Some(Lacuna::Blank) => !required,
        Some(_) => false,
    };
    let contradicted = field.checks.iter().any(|check| check.effect == CheckEffect::Contradicts);
    field.accepted = offered && !contradicted && field.confidence >= settings.threshold(kind);
}

#[cfg(test)]
mod tests;
