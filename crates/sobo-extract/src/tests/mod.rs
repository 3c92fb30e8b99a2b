//! What is built by hand for the tests of extraction.
#![allow(clippy::unwrap_used)]

mod checks;
mod ditto;
mod fields;
mod properties;

use sobo_core::{Candidate, CheckEffect, FormField, RegisterType};

use super::*;

pub(crate) fn form(layout: &str, register_type: RegisterType, fields: &[(&str, FieldKind)]) -> Form {
    Form {
        id: "test".to_owned(),
        family: "T".to_owned(),
        register_type,
        titles: Vec::new(),
        year_from: None,
        year_to: None,
        layout: layout.to_owned(),
        max_entries: 20,
        settings: IndexMap::new(),
        furniture: Vec::new(),
        fields: fields
            .iter()
            .map(|(name, kind)| FormField {
                name: (*name).to_owned(),
                kind: *kind,
                labels: Vec::new(),
                caption_vi: String::new(),
                caption_en: String::new(),
                blind: false,
                required: false,
                max_lines: 1,
                boxes: Vec::new(),
                place: IndexMap::new(),
            })
            .collect(),
    }
}

fn line(text: &str, confidence: f32) -> RawLine {
    RawLine {
        reading: Reading {
            text: text.to_owned(),
            confidence,
            reader: "test".to_owned(),
            ..Reading::default()
        },
        bbox: Rect::new(0.0, 0.0, 100.0, 20.0),
        ink: 1.0,
        lost: 0.0,
    }
}

fn with_candidates(text: &str, confidence: f32, others: &[(&str, f32)]) -> RawLine {
    let mut made = line(text, confidence);
    made.reading.candidates = std::iter::once((text, confidence))
        .chain(others.iter().copied())
        .map(|(text, probability)| Candidate { text: text.to_owned(), probability })
        .collect();
    made
}

fn raw(fields: Vec<(&str, Vec<RawLine>)>) -> RawEntry {
    RawEntry {
        bbox: Rect::new(0.0, 0.0, 100.0, 100.0),
        fields: fields
            .into_iter()
            .map(|(name, lines)| (name.to_owned(), RawField { lines, ..RawField::default() }))
            .collect(),
    }
}

fn year(book_year: i32) -> Context {
    Context { book_year: Some(book_year), ..Context::default() }
}

fn has(field: &Field, rule: &str, effect: CheckEffect) -> bool {
    field.checks.iter().any(|check| check.rule == rule && check.effect == effect)
}

const BIRTH: &[(&str, FieldKind)] = &[
    ("entry_number", FieldKind::Number),
    ("margin_name", FieldKind::PersonName),
    ("child_name", FieldKind::PersonName),
    ("sex", FieldKind::Sex),
    ("birth_date", FieldKind::Date),
    ("birth_date_words", FieldKind::DateWords),
    ("birth_place", FieldKind::Place),
    ("ethnicity", FieldKind::Ethnicity),
    ("nationality", FieldKind::Nationality),
    ("father_name", FieldKind::PersonName),
    ("father_residence", FieldKind::Place),
    ("mother_name", FieldKind::PersonName),
    ("mother_birth_year", FieldKind::Year),
    ("mother_residence", FieldKind::Place),
    ("declarant_name", FieldKind::PersonName),
    ("declarant_age", FieldKind::Age),
    ("registration_date", FieldKind::Date),
    ("registration_type", FieldKind::RegistrationType),
];

fn birth(fields: Vec<(&str, Vec<RawLine>)>, book_year: i32) -> Entry {
    let form = form("act", RegisterType::Birth, BIRTH);
    extract(&form, vec![raw(fields)], &year(book_year)).entries.remove(0)
}

const LEDGER: &[(&str, FieldKind)] = &[
    ("entry_number", FieldKind::Number),
    ("child_name", FieldKind::PersonName),
    ("sex", FieldKind::Sex),
    ("ethnicity", FieldKind::Ethnicity),
    ("nationality", FieldKind::Nationality),
    ("residence", FieldKind::Place),
];

fn ledger(rows: Vec<Vec<(&str, Vec<RawLine>)>>, context: &Context) -> Extraction {
    extract(&form("ledger", RegisterType::Birth, LEDGER), rows.into_iter().map(raw).collect(), context)
}
