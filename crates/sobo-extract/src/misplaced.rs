//! Texts that cannot be what their field holds: a neighbour's value, a header of the page, marks of dirt or of a
//! signature read as letters. They are no reading of the field; a wrong value is worse than a lacuna.

use sobo_core::{Check, CheckEffect, Entry, Field, FieldKind, Form, Lacuna};
use sobo_text::{is_ditto, parse_age, read_number_words};

use crate::{kind_of, printed};

/// The rule's name.
pub(crate) const RULE: &str = "misplaced";

/// What is as sure as this is left for a person to judge.
const SURE: f32 = 0.9;

/// Words that stand in the headers of registers and in nobody's name, small letters.
const HEADER: &[&str] = &["quận", "quartier", "village", "année", "annee", "registre", "huyện", "tỉnh"];

/// Takes such texts off; they stay the first of the candidates.
pub(crate) fn take_off(form: &Form, entries: &mut [Entry]) {
    for (name, field) in entries.iter_mut().flat_map(|entry| &mut entry.fields) {
        let kind = kind_of(form, name);
        // The heading of a register is no kind of registration, however clearly it is read.
        if kind == FieldKind::RegistrationType && printed::is_title(form, &field.text) {
            clear(field);
        }
        if field.lacuna.is_none() && field.confidence < SURE && !is_ditto(&field.text) {
            let captioned = matches!(name.as_str(), "notes" | "officer_title");
            if cannot_be(kind, name, field) || captioned && printed::is_header(form, HEADER, field) {
                clear(field);
            }
        }
    }
}

/// Leaves a lacuna in place of a text that is no reading of its field.
pub(crate) fn clear(field: &mut Field) {
    field.text.clear();
    field.value = None;
    field.lacuna = Some(Lacuna::Illegible);
    field.confidence = 0.5;
    field.checks.push(Check { rule: RULE.to_owned(), effect: CheckEffect::Contradicts, other: None });
}

fn cannot_be(kind: FieldKind, name: &str, field: &Field) -> bool {
    let text = field.text.as_str();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let figures = text.chars().filter(char::is_ascii_digit).count();
    let officer = name == "officer_title";
    let words = || text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    match kind {
        // `2 tháng`, `hai mươi`, `sơ sinh` and their misreadings are short.
        FieldKind::Age => {
            letters > 7 && figures == 0 && parse_age(text).is_none() && read_number_words(text).is_none()
        }
        FieldKind::Number => figures == 0 && letters > 0,
        FieldKind::PersonName => {
            let header = || words().any(|word| HEADER.contains(&word.to_lowercase().as_str()));
            letters < 3 || figures >= 2 || header()
        }
        // `294bis đường Cộng Hòa, P.13, Q.5`: where people live, not what they do.
        FieldKind::Occupation => figures >= 3 && text.contains([',', '/']),
        FieldKind::Text if name == "notes" => letters + figures < 3,
        FieldKind::Text if officer => letters < 2,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(kind: FieldKind, name: &str, text: &str) -> bool {
        cannot_be(kind, name, &Field { text: text.to_owned(), ..Field::default() })
    }

    #[test]
    fn what_belongs_elsewhere_is_taken_off() {
        for (kind, name, text) in [
            (FieldKind::Age, "mother_age", "Tân Phú Trung"),
            (FieldKind::Number, "entry_number", "VnA"),
            (FieldKind::PersonName, "officer_name", "V"),
            (FieldKind::PersonName, "margin_name", "8ème QUARTIER N ANNÉE 1932"),
            (FieldKind::PersonName, "father_name", "VĂN QUẬN MƯỜI"),
            (FieldKind::Occupation, "groom_occupation", "294bis đường Công Hòa, P.13, Q.5"),
            (FieldKind::Text, "notes", "| 7"),
        ] {
            assert!(taken(kind, name, text), "{text}");
        }
    }

    #[test]
    fn rare_values_stay() {
        for (kind, name, text) in [
            (FieldKind::Age, "age", "hai mươi ba tuổi"),
            (FieldKind::Age, "age", "3 tháng"),
            (FieldKind::Age, "age", "sơ sinh"),
            (FieldKind::Number, "entry_number", "N° 12"),
            (FieldKind::PersonName, "officer_name", "Lý Ý"),
            (FieldKind::PersonName, "child_name", "Nguyễn Văn Năm"),
            (FieldKind::PersonName, "child_name", "Trần Quân"),
            (FieldKind::Occupation, "occupation", "Công nhân, xí nghiệp 2"),
            (FieldKind::Text, "notes", "Ly hôn"),
            (FieldKind::Text, "officer_title", "CT"),
        ] {
            assert!(!taken(kind, name, text), "{text}");
        }
    }
}
