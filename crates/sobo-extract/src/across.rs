//! What the page before says of a page: ditto marks in the first rows of a ledger, and the number that runs on.
//!
//! A page is read without its neighbours, so that its reading depends on nothing but the page. This step comes after,
//! when the page before is final; it starts from the page's own reading each time, so that doing it again, or after
//! the page before was read anew, gives the same as doing it once.

use sobo_core::{CheckEffect, Entry, Field, Form};
use sobo_text::is_ditto;

use crate::ditto::repeated_value;
use crate::{Settings, kind_of, offer, value};

/// The rule under which a field says that the page before touched it.
const RULE: &str = "previous_page";
/// The mark a ditto carries that found nothing above it, and how much trust that cost.
const WITHOUT_SOURCE: (&str, f32) = ("ditto_without_source", 0.3);
const NUMBER: &str = "entry_number";

/// The entries of a page as they are once the last entry of the page before is known. `entries` are those of the page's
/// own reading; `previous` is what the entry before says by now, its own ditto marks resolved. Texts, boxes and lacunae
/// stay as they were read; what changes is normal values, confidence, acceptance and checks.
pub fn join_page(form: &Form, previous: &Entry, entries: &[Entry], settings: &Settings) -> Vec<Entry> {
    let mut joined = entries.to_vec();
    if form.layout == "ledger" {
        let names: Vec<String> = form.fields.iter().map(|field| field.name.clone()).collect();
        for name in &names {
            resolve_marks(form, previous, &mut joined, name, settings);
        }
    }
    run_on(form, previous, &mut joined, settings);
    joined
}

/// Marks in a column from the first row down repeat the page before until a row is written out.
fn resolve_marks(form: &Form, previous: &Entry, entries: &mut [Entry], name: &str, settings: &Settings) {
    let Some(repeated) = repeated_value(previous, name) else { return };
    for entry in entries {
        let Some(field) = entry.fields.get_mut(name) else { return };
        let without_source = |check: &sobo_core::Check| check.rule == WITHOUT_SOURCE.0;
        if !is_ditto(&field.text) || field.value.is_some() || !field.checks.iter().any(without_source) {
            return;
        }
        // The doubt goes with its cause. Where other checks moved the confidence after it, what it cost can no longer
        // be told apart: it stays, and a person looks.
        if field.checks.len() == 1 {
            field.confidence = (field.confidence / (1.0 - WITHOUT_SOURCE.1)).min(1.0);
        }
        field.checks.retain(|check| !without_source(check));
        field.value = Some(repeated.clone());
        value::support(field, RULE, 0.0, None);
        judge(form, name, field, settings);
    }
}

/// Whether the first number follows the last of the page before.
fn run_on(form: &Form, previous: &Entry, entries: &mut [Entry], settings: &Settings) {
    let number = |entry: &Entry| {
        let field = entry.fields.get(NUMBER).filter(|field| field.lacuna.is_none())?;
        value::number(field.value.as_deref().unwrap_or(&field.text))
    };
    let Some((before, first)) = number(previous).zip(entries.first().and_then(number)) else { return };
    let Some(field) = entries.first_mut().and_then(|entry| entry.fields.get_mut(NUMBER)) else { return };
    let on_page = |effect| {
        move |check: &sobo_core::Check| check.rule == "entry_number_sequence" && check.effect == effect
    };
    let supported = field.checks.iter().any(on_page(CheckEffect::Supports));
    let contradicted = field.checks.iter().any(on_page(CheckEffect::Contradicts));
    if before + 1 == first && !contradicted {
        // One neighbour in line leaves a quarter of the doubt, two leave a tenth.
        value::support(field, RULE, if supported { 0.6 } else { 0.75 }, None);
    } else if before >= first && !supported {
        value::contradict(field, RULE, 0.5, None);
    } else {
        return;
    }
    judge(form, NUMBER, field, settings);
}

/// Its confidence is calibrated already: what the page before adds moves a probability.
fn judge(form: &Form, name: &str, field: &mut Field, settings: &Settings) {
    let required = form.field(name).is_some_and(|described| described.required);
    offer(kind_of(form, name), required, field, settings);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use sobo_core::{Check, FieldKind, FormField, RegisterType};

    use super::*;

    fn form(layout: &str) -> Form {
        let fields = [(NUMBER, FieldKind::Number), ("ethnicity", FieldKind::Ethnicity)];
        Form {
            id: "test".to_owned(),
            family: "T".to_owned(),
            register_type: RegisterType::Birth,
            titles: Vec::new(),
            year_from: None,
            year_to: None,
            layout: layout.to_owned(),
            max_entries: 20,
            settings: indexmap::IndexMap::new(),
            furniture: Vec::new(),
            fields: fields
                .map(|(name, kind)| FormField {
                    name: name.to_owned(),
                    kind,
                    labels: Vec::new(),
                    caption_vi: String::new(),
                    caption_en: String::new(),
                    blind: false,
                    required: false,
                    max_lines: 1,
                    boxes: Vec::new(),
                    place: indexmap::IndexMap::new(),
                })
                .to_vec(),
        }
    }

    fn entry(number: &str, ethnicity: &str, value: Option<&str>) -> Entry {
        let field = |text: &str, value: Option<&str>| Field {
            text: text.to_owned(),
            value: value.map(str::to_owned),
            confidence: 0.9,
            ..Field::default()
        };
        let mut entry = Entry::default();
        entry.fields.insert(NUMBER.to_owned(), field(number, None));
        let mut read = field(ethnicity, value);
        if is_ditto(ethnicity) && value.is_none() {
            value::contradict(&mut read, WITHOUT_SOURCE.0, WITHOUT_SOURCE.1, None);
        }
        entry.fields.insert("ethnicity".to_owned(), read);
        entry
    }

    fn ethnicity(entry: &Entry) -> &Field {
        &entry.fields["ethnicity"]
    }

    #[test]
    fn a_chain_of_marks_repeats_the_page_before_until_a_row_is_written_out() {
        let page = [
            entry("12", "nt", None),
            entry("13", "//", None),
            entry("14", "Kinh", Some("Kinh")),
            entry("15", "nt", Some("Kinh")),
        ];
        let last = entry("11", "nt", Some("Chăm"));
        let joined =
            join_page(&form("ledger"), &last, &page, &Settings { accept: 0.85, ..Settings::default() });
        let values: Vec<_> = joined.iter().map(|it| ethnicity(it).value.clone().unwrap()).collect();
        assert_eq!(values, ["Chăm", "Chăm", "Kinh", "Kinh"]);
        let first = ethnicity(&joined[0]);
        assert_eq!((first.text.as_str(), first.accepted), ("nt", true));
        assert!((first.confidence - 0.9).abs() < 1e-6, "the doubt goes with its cause: {first:?}");
        assert_eq!(first.checks.iter().map(|check| check.rule.as_str()).collect::<Vec<_>>(), [RULE]);
        assert_eq!(
            joined[2..].iter().map(ethnicity).collect::<Vec<_>>(),
            [ethnicity(&page[2]), ethnicity(&page[3])]
        );
    }

    #[test]
    fn a_mark_under_a_lacuna_or_in_an_act_stays_as_it_is() {
        let page = [entry("12", "nt", None)];
        let mut gone = entry("11", "", None);
        gone.fields["ethnicity"].lacuna = Some(sobo_core::Lacuna::Torn);
        let settings = Settings::default();
        assert_eq!(ethnicity(&join_page(&form("ledger"), &gone, &page, &settings)[0]), ethnicity(&page[0]));
        let last = entry("11", "Hoa", Some("Hoa"));
        assert_eq!(ethnicity(&join_page(&form("act"), &last, &page, &settings)[0]), ethnicity(&page[0]));
    }

    #[test]
    fn the_first_number_is_held_against_the_last_of_the_page_before() {
        let joined = |before: &str, first: &str| {
            let page = [entry(first, "Kinh", Some("Kinh"))];
            let last = entry(before, "Kinh", Some("Kinh"));
            join_page(&form("two_acts"), &last, &page, &Settings::default())[0].fields[NUMBER].clone()
        };
        let follows = joined("11/71", "12/71");
        assert!(follows.accepted && follows.confidence > 0.97, "{follows:?}");
        assert_eq!(
            follows.checks,
            [Check { rule: RULE.to_owned(), effect: CheckEffect::Supports, other: None }]
        );
        let falls = joined("112/71", "12/71");
        assert!(!falls.accepted && falls.confidence < 0.5, "{falls:?}");
        assert_eq!(falls.checks[0].effect, CheckEffect::Contradicts);
        // A gap is the report's matter: pages may be missing.
        assert_eq!(joined("11/71", "15/71").checks, []);
    }
}
