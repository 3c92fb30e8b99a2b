//! Cross-checks: what the fields of an entry, of a page and of a book say of one another.
//!
//! A check raises or lowers confidence and leaves its rule's name at the field; it never changes a text. Where the
//! recogniser's own alternatives hold a reading that fits the evidence and the first does not, that alternative is
//! chosen ([`choose_candidates`]), and the first stays among the candidates.

mod dates;
mod numbers;
mod people;
mod shape;

use sobo_core::{Entry, Field, FieldKind, Form};

use crate::{Context, Extraction, value};

/// Identifiers of all rules, keys of the interface texts.
pub const RULES: &[&str] = &[
    "age_dates",
    "book_number_repeated",
    "book_number_year",
    "date_form",
    "date_words_digits",
    "declarant_relation",
    "ditto_without_source",
    "entry_number_sequence",
    "entry_number_year",
    "event_before_registration",
    "identity_form",
    "margin_name",
    "misplaced",
    "name_incomplete",
    "parent_age",
    "previous_page",
    "printed_words",
    "repeated",
    "sex_middle_name",
    "surname_father",
    "time_form",
    "vocabulary",
    "year_of_book",
];

/// Where the first reading is impossible or at odds with another field and an alternative fits, takes the
/// alternative and recomputes the normal form.
pub(crate) fn choose_candidates(form: &Form, entries: &mut [Entry], context: &Context) {
    for entry in entries.iter_mut() {
        dates::choose(form, entry, context);
        people::choose(entry);
        shape::choose(form, entry);
    }
    numbers::choose(entries, context);
    numbers::choose_years(entries);
    for entry in entries {
        for (name, field) in &mut entry.fields {
            if field.value.is_none() {
                field.value = value::normal_form(name, crate::kind_of(form, name), &field.text, context);
            }
        }
    }
}

/// Runs all checks on a page's entries.
pub(crate) fn run(form: &Form, extraction: &mut Extraction, context: &Context) {
    for entry in &mut extraction.entries {
        dates::check(form, entry, context);
        people::check(form, entry);
        shape::check(form, entry);
    }
    numbers::check(extraction, context);
}

/// A field that has text.
fn written<'a>(entry: &'a Entry, name: &str) -> Option<&'a Field> {
    entry.fields.get(name).filter(|field| field.lacuna.is_none() && !field.text.is_empty())
}

fn support(entry: &mut Entry, name: &str, rule: &str, strength: f32, other: Option<&str>) {
    if let Some(field) = entry.fields.get_mut(name) {
        value::support(field, rule, strength, other);
    }
}

fn contradict(entry: &mut Entry, name: &str, rule: &str, strength: f32, other: Option<&str>) {
    if let Some(field) = entry.fields.get_mut(name) {
        value::contradict(field, rule, strength, other);
    }
}

/// Supports or contradicts two fields by one another.
fn both(entry: &mut Entry, agree: bool, pair: (&str, &str), rule: &str, strength: f32) {
    for (name, other) in [pair, (pair.1, pair.0)] {
        if agree {
            support(entry, name, rule, strength, Some(other));
        } else {
            contradict(entry, name, rule, strength, Some(other));
        }
    }
}

/// Texts of a field with their probabilities, the present text first.
fn alternatives(field: &Field) -> Vec<(String, f32)> {
    let mut all = vec![(
        field.text.clone(),
        field.candidates.iter().find(|c| c.text == field.text).map_or(field.confidence, |c| c.probability),
    )];
    for candidate in &field.candidates {
        if candidate.text != field.text {
            all.push((candidate.text.clone(), candidate.probability));
        }
    }
    all
}

/// Names of the fields of a kind.
fn names_of_kind(form: &Form, entry: &Entry, kind: FieldKind) -> Vec<String> {
    entry.fields.keys().filter(|name| crate::kind_of(form, name) == kind).cloned().collect()
}
