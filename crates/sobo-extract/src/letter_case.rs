//! Capitals of short words: `NỮ` among `Nữ`, `kinh` among `Kinh`. A hand's small and capital letters of one shape are
//! told apart by their size alone, which one short word does not show; the page does.

use sobo_core::{Entry, Field, FieldKind, Form};
use sobo_text::{Term, match_term};

use crate::{kind_of, value};

/// A word changed to the page's way of writing is never surer than this.
const SUREST: f32 = 0.95;
/// Words of one kind that must stand on a page before they say how it writes them.
const LEAST_WORDS: usize = 4;

#[derive(Copy, Clone, PartialEq, Eq)]
enum Case {
    Small,
    Title,
    Capitals,
}

fn case_of(text: &str) -> Option<Case> {
    let mut letters = text.chars().filter(|c| c.is_alphabetic());
    let first = letters.next()?;
    let capitals = letters.clone().all(char::is_uppercase);
    match (first.is_uppercase(), letters.next().is_some() && capitals) {
        (true, true) => Some(Case::Capitals),
        (true, false) => Some(Case::Title),
        (false, _) => Some(Case::Small),
    }
}

/// The field's word of the vocabulary and its case.
fn word(kind: FieldKind, field: &Field) -> Option<(&'static str, Case)> {
    let terms: &[Term] = match kind {
        FieldKind::Sex | FieldKind::Ethnicity | FieldKind::Nationality => value::vocabulary(kind)?,
        _ => return None,
    };
    if field.lacuna.is_some() {
        return None;
    }
    let found = match_term(&field.text, terms).filter(|term| term.distance <= 0.02)?;
    // `VN` is written so by everyone.
    let abbreviation = found.wording.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
    (!abbreviation).then(|| case_of(&field.text).map(|case| (found.wording, case)))?
}

/// Brings short words of closed vocabularies to the case most of the page is written in.
pub(crate) fn agree(form: &Form, entries: &mut [Entry]) {
    let words: Vec<(FieldKind, Case)> = entries
        .iter()
        .flat_map(|entry| &entry.fields)
        .filter_map(|(name, field)| {
            let kind = kind_of(form, name);
            word(kind, field).map(|(_, case)| (kind, case))
        })
        .collect();
    let capitals = words.iter().filter(|(_, case)| *case == Case::Capitals).count();
    for (name, field) in entries.iter_mut().flat_map(|entry| &mut entry.fields) {
        let kind = kind_of(form, name);
        let Some((wording, case)) = word(kind, field) else { continue };
        let of_kind = |case: Case| words.iter().filter(|word| **word == (kind, case)).count();
        let (small, title) = (of_kind(Case::Small), of_kind(Case::Title));
        let wanted = match case {
            // Whoever writes in capitals does so in more than one field.
            Case::Capitals if words.len() >= 3 && 2 * capitals < words.len() => {
                if small > title {
                    Case::Small
                } else {
                    Case::Title
                }
            }
            Case::Small if title >= LEAST_WORDS && 4 * small <= title => Case::Title,
            Case::Title if small >= LEAST_WORDS && 4 * title <= small => Case::Small,
            _ => continue,
        };
        let text = in_case(wording, wanted);
        if text != field.text {
            let confidence = field.confidence.min(SUREST);
            value::choose(field, text, confidence, "vocabulary");
        }
    }
}

/// The wording of the list, its first letter small or capital.
fn in_case(wording: &str, case: Case) -> String {
    let mut letters = wording.chars();
    let Some(first) = letters.next() else { return String::new() };
    let first: String = match case {
        Case::Small => first.to_lowercase().collect(),
        Case::Title | Case::Capitals => first.to_uppercase().collect(),
    };
    first + letters.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_of_short_words() {
        assert!(case_of("NỮ") == Some(Case::Capitals) && case_of("Nữ") == Some(Case::Title));
        assert!(case_of("con gái") == Some(Case::Small) && case_of("Việt Nam") == Some(Case::Title));
        assert!(case_of("\"").is_none());
        assert_eq!(in_case("con gái", Case::Title), "Con gái");
        assert_eq!(in_case("Kinh", Case::Small), "kinh");
    }
}
