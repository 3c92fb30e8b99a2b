//! What a value of a kind must look like, whatever else is known.

use sobo_core::{Entry, FieldKind, Form};
use sobo_text::{nearest_term, parse_time, surname_weight};

use super::{alternatives, contradict, names_of_kind, written};
use crate::{printed, value};

/// Words of a closed vocabulary are not farther than this from what was read.
const FARTHEST: f32 = 0.5;

/// Surnames of at least this many among ten thousand people are hardly ever a whole name.
const COMMON_SURNAME: u16 = 100;

fn figures(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

/// Times with figures that are no time: the alternative that is one is shown in their place.
pub(super) fn choose(form: &Form, entry: &mut Entry) {
    for name in names_of_kind(form, entry, FieldKind::Time) {
        let Some(field) = entry.fields.get_mut(&name) else { continue };
        if field.lacuna.is_some() || figures(&field.text) == 0 || parse_time(&field.text).is_some() {
            continue;
        }
        let fitting = alternatives(field).into_iter().skip(1).find(|(text, _)| parse_time(text).is_some());
        if let Some((text, _)) = fitting {
            // The network hardly believed in it: a person looks.
            value::choose(field, text, 0.5, "time_form");
        }
    }
}

/// A name that ends where only a middle word can stand, or is a surname and no more: its last word was lost.
fn lacks_a_word(text: &str) -> bool {
    let words: Vec<String> =
        text.split([' ', '-']).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    match words.as_slice() {
        [only] => surname_weight(only).is_some_and(|weight| weight >= COMMON_SURNAME),
        [_, last] => matches!(last.as_str(), "thị" | "văn"),
        [.., last] => last == "thị",
        [] => false,
    }
}

pub(super) fn check(form: &Form, entry: &mut Entry) {
    let names: Vec<String> = entry.fields.keys().cloned().collect();
    for name in names {
        let Some(field) = written(entry, &name) else { continue };
        let text = &field.text;
        let broken = match crate::kind_of(form, &name) {
            // CMND numbers have nine figures, CCCD numbers twelve; passports have letters.
            FieldKind::Identity => {
                let all = text.chars().filter(|c| c.is_alphanumeric()).count();
                (figures(text) == all && !matches!(all, 9 | 12)).then_some(("identity_form", 0.7))
            }
            FieldKind::Time => {
                (figures(text) > 0 && parse_time(text).is_none()).then_some(("time_form", 0.7))
            }
            kind @ (FieldKind::Sex | FieldKind::RegistrationType) => {
                let terms = value::vocabulary(kind).unwrap_or_default();
                let far = nearest_term(text, terms).is_none_or(|term| term.distance > FARTHEST);
                (far && field.value.is_none() && !sobo_text::is_ditto(text)).then_some(("vocabulary", 0.8))
            }
            FieldKind::PersonName => lacks_a_word(text).then_some(("name_incomplete", 0.7)),
            _ => None,
        };
        let broken =
            broken.or_else(|| printed::is_printed(form, &name, field).then_some((printed::RULE, 0.8)));
        if let Some((rule, strength)) = broken {
            contradict(entry, &name, rule, strength, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use sobo_core::{Candidate, CheckEffect, Field, Form, FormField, Reading, Rect, RegisterType};

    use super::*;
    use crate::{Context, RawEntry, RawField, RawLine, extract};

    fn form(layout: &str) -> Form {
        let field = |name: &str, kind, label: &str| FormField {
            name: name.to_owned(),
            kind,
            labels: vec![label.to_owned()],
            caption_vi: String::new(),
            caption_en: String::new(),
            blind: false,
            required: false,
            max_lines: 1,
            boxes: Vec::new(),
            place: IndexMap::new(),
        };
        Form {
            id: "test".to_owned(),
            family: "T".to_owned(),
            register_type: RegisterType::Death,
            titles: vec!["Sổ đăng ký khai tử".to_owned()],
            year_from: None,
            year_to: None,
            layout: layout.to_owned(),
            max_entries: 20,
            settings: IndexMap::new(),
            furniture: vec!["Cán bộ Tư pháp - Hộ tịch".to_owned()],
            fields: vec![
                field("entry_number", FieldKind::Number, "Số"),
                field("sex", FieldKind::Sex, "Giới tính"),
                field("death_time", FieldKind::Time, "Giờ chết"),
                field("declarant_id_number", FieldKind::Identity, "Giấy tờ tùy thân"),
                field("nationality", FieldKind::Nationality, "Quốc tịch"),
                field("officer_name", FieldKind::PersonName, "Người thực hiện"),
            ],
        }
    }

    /// A page of entries, a field each, read for sure.
    fn read(form: &Form, name: &str, readings: &[(&str, &[&str])]) -> Vec<Field> {
        let entries = readings.iter().map(|(text, others)| {
            let candidates = std::iter::once(text).chain(*others);
            let reading = Reading {
                text: (*text).to_owned(),
                confidence: 0.99,
                candidates: candidates
                    .map(|t| Candidate { text: (*t).to_owned(), probability: 0.5 })
                    .collect(),
                ..Reading::default()
            };
            let line = RawLine { reading, bbox: Rect::new(0.0, 0.0, 100.0, 20.0), ink: 1.0, lost: 0.0 };
            let field = RawField { lines: vec![line], ..RawField::default() };
            RawEntry {
                bbox: Rect::new(0.0, 0.0, 100.0, 50.0),
                fields: [(name.to_owned(), field)].into_iter().collect(),
            }
        });
        let context = Context { book_year: Some(1988), ..Context::default() };
        let found = extract(form, entries.collect(), &context);
        found.entries.into_iter().filter_map(|mut entry| entry.fields.shift_remove(name)).collect()
    }

    fn contradicted(field: &Field, rule: &str) -> bool {
        let by = |check: &sobo_core::Check| check.rule == rule && check.effect == CheckEffect::Contradicts;
        field.checks.iter().any(by) && !field.accepted
    }

    #[test]
    fn what_cannot_be_of_its_kind_is_not_offered_as_right() {
        let form = form("act");
        for (name, wrong, right, rule) in [
            ("sex", "Họ và tên: Nguyễn Thị Hậu", "nữ", "vocabulary"),
            ("declarant_id_number", "02094884", "020948842", "identity_form"),
            ("declarant_id_number", "07908802077", "079088020774", "identity_form"),
            ("death_time", "12955", "12g55", "time_form"),
            ("officer_name", "Sổ đăng ký khai tử", "Võ Bảo Hồng", "printed_words"),
            ("officer_name", "Nguyễn Thị", "Nguyễn Thị Hồng", "name_incomplete"),
            ("officer_name", "Lê Trương Thị", "Y Moan", "name_incomplete"),
            ("officer_name", "Nguyễn", "Fatimah", "name_incomplete"),
            ("entry_number", "72/198", "72/88", "entry_number_year"),
        ] {
            let fields = read(&form, name, &[(wrong, &[])]);
            assert!(contradicted(&fields[0], rule), "{wrong}: {:?}", fields[0]);
            let fields = read(&form, name, &[(right, &[])]);
            let contradictions = fields[0].checks.iter().filter(|c| c.effect == CheckEffect::Contradicts);
            assert_eq!(contradictions.count(), 0, "{right}: {:?}", fields[0]);
        }
        assert!(!contradicted(&read(&form, "declarant_id_number", &[("C3235689", &[])])[0], "identity_form"));
        assert!(!contradicted(&read(&form, "death_time", &[("nửa đêm", &[])])[0], "time_form"));
    }

    #[test]
    fn a_caption_in_a_names_place_leaves_a_doubtful_blank() {
        let field = &read(&form("act"), "officer_name", &[("Cán bộ Tư pháp - Hộ tịch", &[])])[0];
        assert!(field.text.is_empty() && field.lacuna.is_some() && !field.accepted, "{field:?}");
    }

    #[test]
    fn a_time_among_the_alternatives_is_shown_but_not_offered() {
        let field = &read(&form("act"), "death_time", &[("6910", &["610", "6g10"])])[0];
        assert_eq!((field.text.as_str(), field.value.as_deref()), ("6g10", Some("06:10")));
        assert!(!field.accepted && field.candidates.iter().any(|c| c.text == "6910"));
    }

    #[test]
    fn printed_words_are_taken_off() {
        let fields = read(&form("act"), "entry_number", &[("khai tử Số: 91/88", &[])]);
        assert_eq!((fields[0].text.as_str(), fields[0].value.as_deref()), ("91/88", Some("91")));
        assert!(fields[0].candidates.iter().any(|c| c.text == "khai tử Số: 91/88"));
    }

    #[test]
    fn the_year_of_most_numbers_mends_one() {
        let page = [("71/1988", &[][..]), ("72/198", &[]), ("73/1988", &[]), ("74/1988", &[])];
        let texts: Vec<String> =
            read(&form("ledger"), "entry_number", &page).into_iter().map(|field| field.text).collect();
        assert_eq!(texts, ["71/1988", "72/1988", "73/1988", "74/1988"]);
        let two = [("71/1988", &[][..]), ("72/1987", &[])];
        let texts: Vec<String> =
            read(&form("ledger"), "entry_number", &two).into_iter().map(|field| field.text).collect();
        assert_eq!(texts, ["71/1988", "72/1987"], "one against one decides nothing");
    }

    #[test]
    fn short_words_are_written_as_the_page_writes_them() {
        let texts = |page: &[(&str, &[&str])]| -> Vec<String> {
            read(&form("ledger"), "sex", page).into_iter().map(|field| field.text).collect()
        };
        assert_eq!(texts(&[("Nữ", &[]), ("NỮ", &[]), ("Nam", &[])]), ["Nữ", "Nữ", "Nam"]);
        assert_eq!(texts(&[("NAM", &[]), ("NỮ", &[]), ("Nam", &[])]), ["NAM", "NỮ", "Nam"]);
        assert_eq!(texts(&[("nam", &[]), ("nữ", &[]), ("nữ", &[]), ("nam", &[]), ("Nam", &[])])[4], "nam");
        assert_eq!(texts(&[("NỮ", &[])]), ["NỮ"]);
    }

    #[test]
    fn two_strokes_in_a_column_are_ditto_marks() {
        let page = [("Việt Nam", &[][..]), ("//", &[])];
        let fields = read(&form("ledger"), "nationality", &page);
        assert_eq!((fields[1].text.as_str(), fields[1].value.as_deref()), ("\"", Some("Việt Nam")));
        assert_eq!(read(&form("act"), "nationality", &page)[1].text, "//");
    }
}
