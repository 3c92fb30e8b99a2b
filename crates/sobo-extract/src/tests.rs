#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use sobo_core::{Candidate, CheckEffect, FormField, RegisterType};

use super::*;

fn form(layout: &str, register_type: RegisterType, fields: &[(&str, FieldKind)]) -> Form {
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

#[test]
fn normal_values_of_all_kinds() {
    let entry = birth(
        vec![
            ("entry_number", vec![line("0142/71", 0.9)]),
            ("sex", vec![line("con gái", 0.9)]),
            ("birth_date", vec![line("12-5-71", 0.9)]),
            (
                "birth_date_words",
                vec![line("Ngày mười hai tháng năm năm", 0.9), line("một ngàn chín trăm bảy mươi mốt", 0.9)],
            ),
            ("nationality", vec![line("VN", 0.9)]),
            ("ethnicity", vec![line("Chàm", 0.9)]),
            ("mother_birth_year", vec![line("1948", 0.9)]),
            ("declarant_age", vec![line("ba mươi bốn tuổi", 0.9)]),
            ("registration_date", vec![line("21/5/1971", 0.9)]),
            ("registration_type", vec![line("Khai trễ hạn", 0.9)]),
        ],
        1971,
    );
    let value = |name: &str| entry.fields[name].value.clone().unwrap_or_default();
    assert_eq!(value("entry_number"), "142");
    assert_eq!(value("sex"), "female");
    assert_eq!(value("birth_date"), "1971-05-12");
    assert_eq!(value("birth_date_words"), "1971-05-12");
    assert_eq!(value("nationality"), "Việt Nam");
    assert_eq!(value("ethnicity"), "Chăm");
    assert_eq!(value("mother_birth_year"), "1948");
    assert_eq!(value("declarant_age"), "34");
    assert_eq!(value("registration_date"), "1971-05-21");
    assert_eq!(value("registration_type"), "late");
    // Period spelling stays what is written.
    assert_eq!(entry.fields["ethnicity"].text, "Chàm");
    assert_eq!(
        entry.fields["birth_date_words"].text,
        "Ngày mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt"
    );
    assert_eq!(entry.fields["birth_date_words"].lines.len(), 2);
}

#[test]
fn order_is_the_forms() {
    let entry = birth(
        vec![("sex", vec![line("Nam", 0.9)]), ("entry_number", vec![line("1", 0.9)]), ("x", vec![])],
        1971,
    );
    assert_eq!(entry.fields.keys().collect::<Vec<_>>(), ["entry_number", "sex", "x"]);
}

#[test]
fn dirt_beside_a_line_is_not_read() {
    let mut blot = line("H", 0.2);
    blot.bbox = Rect::new(0.0, 0.0, 30.0, 25.0);
    let mut stroke = line("xlllxlx", 1e-5);
    stroke.bbox = Rect::new(0.0, 0.0, 300.0, 25.0);
    let entry = birth(
        vec![
            ("child_name", vec![blot.clone(), line("Nguyễn Văn An", 0.9)]),
            ("declarant_name", vec![line("Nguyễn Văn Bình", 0.9), stroke]),
            ("mother_name", vec![line("Trần", 0.9), line("Thị Lan", 0.9)]),
        ],
        1971,
    );
    assert_eq!(entry.fields["child_name"].text, "Nguyễn Văn An");
    assert!(entry.fields["child_name"].confidence > 0.8);
    // What was long enough for writing leaves the field in doubt.
    assert_eq!(entry.fields["declarant_name"].text, "Nguyễn Văn Bình");
    assert!(entry.fields["declarant_name"].confidence < 0.3);
    assert_eq!(entry.fields["mother_name"].text, "Trần Thị Lan");
}

#[test]
fn lacunae_by_ink_and_loss() {
    let mut pale = line("Nguyễn", 0.99);
    pale.ink = 0.01;
    let mut gone = line("Nguyễn", 0.99);
    gone.lost = 0.7;
    let unreadable = line("Ngxxxxên Vxx", 1e-6);
    let entry = birth(
        vec![
            ("child_name", vec![pale]),
            ("father_name", vec![gone]),
            ("mother_name", vec![unreadable]),
            ("margin_name", vec![]),
            ("declarant_name", vec![line("", 0.9)]),
        ],
        1971,
    );
    let lacuna = |name: &str| entry.fields[name].lacuna;
    assert_eq!(lacuna("child_name"), Some(Lacuna::Blank));
    assert_eq!(lacuna("father_name"), Some(Lacuna::Torn));
    assert_eq!(lacuna("mother_name"), Some(Lacuna::Illegible));
    assert_eq!(lacuna("margin_name"), Some(Lacuna::Blank));
    assert_eq!(lacuna("declarant_name"), Some(Lacuna::Illegible));
    assert!(entry.fields.values().all(|field| field.text.is_empty()));
    assert!(!entry.fields["father_name"].accepted && !entry.fields["mother_name"].accepted);
    // What the recogniser made of it is kept for the clerk.
    assert_eq!(entry.fields["mother_name"].candidates[0].text, "Ngxxxxên Vxx");
}

#[test]
fn struck_out_text_is_a_lacuna() {
    let form = form("act", RegisterType::Birth, BIRTH);
    let mut entry = raw(vec![("child_name", vec![line("Ba", 0.9)])]);
    entry.fields["child_name"].struck = true;
    let out = extract(&form, vec![entry], &year(1971));
    assert_eq!(out.entries[0].fields["child_name"].lacuna, Some(Lacuna::StruckOut));
}

#[test]
fn hyphens_join_lines() {
    let entry = birth(vec![("birth_place", vec![line("nhà bảo sanh, Sài-", 0.9), line("Gòn", 0.9)])], 1971);
    assert_eq!(entry.fields["birth_place"].text, "nhà bảo sanh, Sài-Gòn");
    let entry = birth(vec![("birth_place", vec![line("12 -", 0.9), line("Gòn", 0.9)])], 1971);
    assert_eq!(entry.fields["birth_place"].text, "12 - Gòn");
}

#[test]
fn candidates_of_lines_are_joined() {
    let entry = birth(
        vec![(
            "child_name",
            vec![
                with_candidates("Nguyễn Như", 0.6, &[("Nguyên Như", 0.3)]),
                with_candidates("Nguyệt", 0.8, &[("Nguyêt", 0.1)]),
            ],
        )],
        1971,
    );
    let texts: Vec<&str> = entry.fields["child_name"].candidates.iter().map(|c| c.text.as_str()).collect();
    assert_eq!(texts[0], "Nguyễn Như Nguyệt");
    assert_eq!(texts[1], "Nguyên Như Nguyệt");
    assert!((entry.fields["child_name"].confidence - 0.48).abs() < 1e-5);
}

#[test]
fn words_and_digits_that_agree_raise_confidence() {
    let words = "mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt";
    let agree = birth(
        vec![("birth_date", vec![line("12/5/1971", 0.9)]), ("birth_date_words", vec![line(words, 0.9)])],
        1971,
    );
    assert!(agree.fields["birth_date"].accepted && agree.fields["birth_date_words"].accepted);
    assert!(has(&agree.fields["birth_date"], "date_words_digits", CheckEffect::Supports));
    let differ = birth(
        vec![("birth_date", vec![line("13/5/1971", 0.99)]), ("birth_date_words", vec![line(words, 0.99)])],
        1971,
    );
    for name in ["birth_date", "birth_date_words"] {
        assert!(has(&differ.fields[name], "date_words_digits", CheckEffect::Contradicts));
        assert!(!differ.fields[name].accepted && differ.fields[name].confidence < 0.6);
    }
    assert_eq!(differ.fields["birth_date"].text, "13/5/1971");
}

#[test]
fn a_candidate_that_fits_the_words_is_preferred() {
    let words = "mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt";
    let entry = birth(
        vec![
            ("birth_date", vec![with_candidates("17/5/1971", 0.6, &[("12/5/1971", 0.3)])]),
            ("birth_date_words", vec![line(words, 0.9)]),
        ],
        1971,
    );
    let field = &entry.fields["birth_date"];
    assert_eq!((field.text.as_str(), field.value.as_deref()), ("12/5/1971", Some("1971-05-12")));
    assert!(has(field, "date_words_digits", CheckEffect::Supports));
    assert!(field.candidates.iter().any(|c| c.text == "17/5/1971"));
    // A candidate of no weight does not overturn a sure reading.
    let entry = birth(
        vec![
            ("birth_date", vec![with_candidates("17/5/1971", 0.99, &[("12/5/1971", 0.001)])]),
            ("birth_date_words", vec![line(words, 0.9)]),
        ],
        1971,
    );
    assert_eq!(entry.fields["birth_date"].text, "17/5/1971");
}

#[test]
fn an_impossible_date_gives_way_to_a_possible_candidate() {
    let entry =
        birth(vec![("birth_date", vec![with_candidates("32/5/1971", 0.5, &[("22/5/1971", 0.3)])])], 1971);
    assert_eq!(entry.fields["birth_date"].text, "22/5/1971");
    assert!(entry.fields["birth_date"].candidates.iter().any(|c| c.text == "32/5/1971"));
    let entry = birth(vec![("birth_date", vec![line("32/5/1971", 0.99)])], 1971);
    assert_eq!(entry.fields["birth_date"].value, None);
    assert!(has(&entry.fields["birth_date"], "date_form", CheckEffect::Contradicts));
    let entry = birth(
        vec![("registration_date", vec![with_candidates("2/6/1911", 0.5, &[("2/6/1971", 0.4)])])],
        1971,
    );
    assert_eq!(entry.fields["registration_date"].text, "2/6/1971");
}

#[test]
fn registration_does_not_come_before_birth() {
    let entry = birth(
        vec![
            ("birth_date", vec![line("12/5/1971", 0.99)]),
            ("registration_date", vec![line("2/5/1971", 0.99)]),
        ],
        1971,
    );
    assert!(has(&entry.fields["registration_date"], "event_before_registration", CheckEffect::Contradicts));
    assert!(!entry.fields["birth_date"].accepted);
}

#[test]
fn years_outside_the_book_are_doubted() {
    let entry = birth(vec![("registration_date", vec![line("2/5/1961", 0.99)])], 1971);
    assert!(has(&entry.fields["registration_date"], "year_of_book", CheckEffect::Contradicts));
    let entry = birth(vec![("entry_number", vec![line("12/72", 0.99)])], 1971);
    assert!(has(&entry.fields["entry_number"], "entry_number_year", CheckEffect::Contradicts));
    let entry = birth(vec![("entry_number", vec![line("12/71", 0.9)])], 1971);
    assert!(has(&entry.fields["entry_number"], "entry_number_year", CheckEffect::Supports));
}

#[test]
fn names_support_each_other() {
    let entry = birth(
        vec![
            ("margin_name", vec![line("Phạm Thị Nở", 0.9)]),
            ("child_name", vec![line("PHẠM THỊ NỞ", 0.9)]),
            ("sex", vec![line("Nữ", 0.9)]),
            ("father_name", vec![line("Phạm Quốc Hiếu", 0.9)]),
            ("declarant_name", vec![line("Phạm Quốc Hiếu", 0.9)]),
        ],
        1971,
    );
    assert!(has(&entry.fields["child_name"], "margin_name", CheckEffect::Supports));
    assert!(has(&entry.fields["child_name"], "surname_father", CheckEffect::Supports));
    assert!(has(&entry.fields["sex"], "sex_middle_name", CheckEffect::Supports));
    assert!(has(&entry.fields["father_name"], "repeated", CheckEffect::Supports));
    let entry = birth(
        vec![
            ("child_name", vec![line("Trần Văn Nở", 0.9)]),
            ("sex", vec![line("Nữ", 0.9)]),
            ("father_name", vec![line("Phạm Quốc Hiếu", 0.9)]),
            ("mother_name", vec![line("Lê Thị Ba", 0.9)]),
        ],
        1971,
    );
    assert!(has(&entry.fields["sex"], "sex_middle_name", CheckEffect::Contradicts));
    assert!(has(&entry.fields["child_name"], "surname_father", CheckEffect::Contradicts));
    // A child may bear its mother's surname.
    let entry = birth(
        vec![
            ("child_name", vec![line("Lê Văn Nở", 0.9)]),
            ("father_name", vec![line("Phạm Quốc Hiếu", 0.9)]),
            ("mother_name", vec![line("Lê Thị Ba", 0.9)]),
        ],
        1971,
    );
    assert!(!has(&entry.fields["child_name"], "surname_father", CheckEffect::Contradicts));
}

#[test]
fn a_name_written_twice_is_read_once() {
    let entry = birth(
        vec![
            ("margin_name", vec![with_candidates("Phạm Kim Nỡ", 0.5, &[("Phạm Kim Nở", 0.4)])]),
            ("child_name", vec![line("Phạm Kim Nở", 0.9)]),
        ],
        1971,
    );
    assert_eq!(entry.fields["margin_name"].text, "Phạm Kim Nở");
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

#[test]
fn ditto_marks_repeat_the_row_above() {
    let rows = ["Chàm", "nt", "-nt-", "″", "Kinh", "//"]
        .iter()
        .map(|text| vec![("ethnicity", vec![line(text, 0.9)]), ("nationality", vec![line("VN", 0.9)])])
        .collect();
    let out = ledger(rows, &Context::default());
    let values: Vec<_> = out.entries.iter().map(|e| e.fields["ethnicity"].value.clone().unwrap()).collect();
    assert_eq!(values, ["Chăm", "Chăm", "Chăm", "Chăm", "Kinh", "Kinh"]);
    assert_eq!(out.entries[1].fields["ethnicity"].text, "nt");
}

#[test]
fn ditto_in_the_first_row_looks_at_the_page_before() {
    let first = ledger(vec![vec![("ethnicity", vec![line("Hoa", 0.9)])]], &Context::default());
    let row = || vec![vec![("ethnicity", vec![line("nt", 0.9)])]];
    let alone = ledger(row(), &Context::default());
    assert_eq!(alone.entries[0].fields["ethnicity"].value, None);
    assert!(has(&alone.entries[0].fields["ethnicity"], "ditto_without_source", CheckEffect::Contradicts));
    let context = Context { previous_entry: first.entries.into_iter().next(), ..Context::default() };
    assert_eq!(ledger(row(), &context).entries[0].fields["ethnicity"].value.as_deref(), Some("Hoa"));
}

#[test]
fn ditto_in_an_act_repeats_the_field_before() {
    let entry = birth(
        vec![
            ("father_residence", vec![line("số 90 đường Cô Giang", 0.9)]),
            ("mother_residence", vec![line("như trên", 0.9)]),
        ],
        1971,
    );
    assert_eq!(entry.fields["mother_residence"].value.as_deref(), Some("số 90 đường Cô Giang"));
    assert_eq!(entry.fields["mother_residence"].text, "như trên");
}

#[test]
fn ditto_under_a_lacuna_repeats_nothing() {
    let mut gone = line("Hoa", 0.9);
    gone.lost = 0.9;
    let out = ledger(
        vec![vec![("ethnicity", vec![gone])], vec![("ethnicity", vec![line("nt", 0.9)])]],
        &Context::default(),
    );
    assert_eq!(out.entries[1].fields["ethnicity"].value, None);
}

#[test]
fn numbers_run_on() {
    let rows = |numbers: &[&str]| -> Vec<Vec<(&str, Vec<RawLine>)>> {
        numbers.iter().map(|n| vec![("entry_number", vec![line(n, 0.9)])]).collect()
    };
    let out = ledger(rows(&["683", "684", "685"]), &Context::default());
    assert!(out.entries.iter().all(|e| e.fields["entry_number"].accepted));
    assert!(out.issues.is_empty());
    let out = ledger(rows(&["683", "684", "235", "686"]), &Context::default());
    assert!(has(&out.entries[2].fields["entry_number"], "entry_number_sequence", CheckEffect::Contradicts));
    assert!(out.issues.iter().any(|issue| issue.code == "entry_number_falls"));
    let context = Context { previous_number: Some(680), ..Context::default() };
    assert_eq!(
        ledger(rows(&["683"]), &context).issues[0].to_string(),
        "entry_number_gap, entry 1, entry_number: 680 → 683"
    );
}

#[test]
fn a_number_out_of_line_gives_way_to_its_candidate() {
    let mut rows: Vec<Vec<(&str, Vec<RawLine>)>> =
        ["683", "684"].iter().map(|n| vec![("entry_number", vec![line(n, 0.9)])]).collect();
    rows.push(vec![("entry_number", vec![with_candidates("635", 0.5, &[("685", 0.4)])])]);
    rows.push(vec![("entry_number", vec![line("686", 0.9)])]);
    let out = ledger(rows, &Context::default());
    assert_eq!(out.entries[2].fields["entry_number"].text, "685");
    assert_eq!(out.entries[2].fields["entry_number"].value.as_deref(), Some("685"));
}

#[test]
fn one_wrong_figure_between_two_numbers_is_put_right_but_not_accepted() {
    let rows =
        ["683/71", "6844/71", "685/71"].iter().map(|n| vec![("entry_number", vec![line(n, 0.99)])]).collect();
    let out = ledger(rows, &year(1971));
    let field = &out.entries[1].fields["entry_number"];
    assert_eq!((field.text.as_str(), field.value.as_deref()), ("684/71", Some("684")));
    assert!(!field.accepted && field.candidates.iter().any(|c| c.text == "6844/71"));
}

#[test]
fn one_wrong_figure_in_the_registration_year_is_put_right_but_not_accepted() {
    let entry = birth(vec![("registration_date", vec![line("14/9/1911", 0.99)])], 1971);
    let field = &entry.fields["registration_date"];
    assert_eq!((field.text.as_str(), field.value.as_deref()), ("14/9/1971", Some("1971-09-14")));
    assert!(!field.accepted && field.candidates.iter().any(|c| c.text == "14/9/1911"));
    // Two figures off, the reading stands and is doubted.
    let entry = birth(vec![("registration_date", vec![line("14/9/1917", 0.99)])], 1971);
    assert_eq!(entry.fields["registration_date"].text, "14/9/1917");
    // January after the book's year is no error.
    let entry = birth(vec![("registration_date", vec![line("2/1/1972", 0.99)])], 1971);
    assert_eq!(entry.fields["registration_date"].text, "2/1/1972");
}

#[test]
fn misread_words_do_not_ride_on_their_digits() {
    let entry = birth(
        vec![
            ("birth_date", vec![line("18/4/1971", 0.95)]),
            (
                "birth_date_words",
                vec![line("Nga mườl tám thááng tư năm một ngxn chín trăm bảy mươi mốt", 0.9)],
            ),
        ],
        1971,
    );
    let words = &entry.fields["birth_date_words"];
    assert_eq!(words.text, "Ngày mười tám tháng tư năm một ngàn chín trăm bảy mươi mốt");
    assert_eq!(words.value.as_deref(), Some("1971-04-18"));
    let entry = birth(
        vec![
            ("birth_date", vec![line("18/4/1971", 0.95)]),
            (
                "birth_date_words",
                vec![line("Ngày mười tám tháng tư xx năm một ngàn chín trăm bảy mươi mốt", 0.99)],
            ),
        ],
        1971,
    );
    assert!(!entry.fields["birth_date_words"].accepted);
}

#[test]
fn closed_vocabularies_catch_what_is_near_and_spare_what_is_far() {
    let out = ledger(
        vec![
            vec![("sex", vec![line("Nư", 0.5)]), ("nationality", vec![line("Viêt Nạm", 0.5)])],
            vec![("ethnicity", vec![line("Xtiêng", 0.5)]), ("nationality", vec![line("Ba Tư", 0.5)])],
            vec![("ethnicity", vec![line("-ut-", 0.5)])],
        ],
        &Context::default(),
    );
    let field = &out.entries[0].fields["sex"];
    assert_eq!((field.text.as_str(), field.value.as_deref()), ("Nữ", Some("female")));
    assert!(field.candidates.iter().any(|c| c.text == "Nư"));
    assert_eq!(out.entries[0].fields["nationality"].text, "Việt Nam");
    assert_eq!(out.entries[1].fields["ethnicity"].text, "Xtiêng");
    assert_eq!(out.entries[1].fields["nationality"].text, "Ba Tư");
    assert_eq!(out.entries[2].fields["ethnicity"].text, "-nt-");
    assert_eq!(out.entries[2].fields["ethnicity"].value.as_deref(), Some("Xtiêng"));
}

#[test]
fn misread_words_of_a_date_are_put_right() {
    let entry = birth(
        vec![(
            "birth_date_words",
            vec![line("Ngày mười hai thảng năm năm", 0.6), line("một ngàn chin trăm bảy mươi mốt", 0.6)],
        )],
        1971,
    );
    let field = &entry.fields["birth_date_words"];
    assert_eq!(field.text, "Ngày mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt");
    assert_eq!(field.value.as_deref(), Some("1971-05-12"));
    assert!(field.candidates.iter().any(|c| c.text.contains("thảng")));
    assert!(!field.accepted);
}

#[test]
fn every_rule_used_is_listed() {
    let mut sorted = RULES.to_vec();
    sorted.sort_unstable();
    assert_eq!(sorted, RULES);
}

#[test]
fn required_fields_are_missed() {
    let mut form = form("act", RegisterType::Birth, BIRTH);
    form.fields[2].required = true;
    let out = extract(&form, vec![raw(vec![])], &year(1971));
    assert_eq!(out.issues[0].to_string(), "required_field_blank, entry 1, child_name");
    let out = extract(&form, vec![raw(vec![("child_name", vec![])])], &year(1971));
    assert!(!out.entries[0].fields["child_name"].accepted);
}

fn any_line() -> impl Strategy<Value = RawLine> {
    let texts = prop_oneof![
        "[A-ZĐa-zăâêôơưáàạ ]{0,12}",
        Just("nt".to_owned()),
        Just("12/5/1971".to_owned()),
        Just("Nam".to_owned()),
        "\\PC{0,8}",
    ];
    (texts, 0.0f32..=1.0, 0.0f32..=1.0, 0.0f32..=1.0, "\\PC{0,5}").prop_map(
        |(text, confidence, ink, lost, other)| {
            let mut made = with_candidates(&text, confidence, &[(&other, confidence / 2.0)]);
            made.ink = ink;
            made.lost = lost;
            made
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn text_or_lacuna_and_never_both(
        rows in proptest::collection::vec(proptest::collection::vec((0usize..BIRTH.len(), proptest::collection::vec(any_line(), 0..3)), 0..6), 0..4),
        ledger_layout in any::<bool>(),
    ) {
        let form = form(if ledger_layout { "ledger" } else { "act" }, RegisterType::Birth, BIRTH);
        let entries: Vec<RawEntry> = rows
            .into_iter()
            .map(|fields| raw(fields.into_iter().map(|(at, lines)| (BIRTH[at].0, lines)).collect()))
            .collect();
        let again = entries.clone();
        let out = extract(&form, entries.clone(), &year(1971));
        prop_assert_eq!(out.entries.len(), entries.len());
        for (entry, raw) in out.entries.iter().zip(&entries) {
            prop_assert_eq!(entry.fields.len(), raw.fields.len());
            for (name, field) in &entry.fields {
                prop_assert_eq!(field.text.is_empty(), field.lacuna.is_some());
                prop_assert!((0.0..=1.0).contains(&field.confidence));
                prop_assert!(field.lacuna.is_none() || field.value.is_none());
                for check in &field.checks {
                    prop_assert!(RULES.contains(&check.rule.as_str()), "{}", check.rule);
                }
                // No text without ink under it.
                let ink = raw.fields[name].lines.iter().any(|l| l.ink >= 0.08);
                prop_assert!(ink || field.text.is_empty());
            }
        }
        prop_assert_eq!(out, extract(&form, again, &year(1971)));
    }

    #[test]
    fn chains_of_ditto_marks(marks in proptest::collection::vec(0usize..6, 1..20)) {
        const TEXTS: [&str; 6] = ["nt", "-nt-", "″", "Kinh", "Hoa", "Khmer"];
        let rows = std::iter::once("Chăm")
            .chain(marks.iter().map(|m| TEXTS[*m]))
            .map(|text| vec![("ethnicity", vec![line(text, 0.9)])])
            .collect();
        let out = ledger(rows, &Context::default());
        let mut held = "Chăm";
        for (entry, mark) in out.entries.iter().skip(1).zip(marks) {
            if mark > 2 {
                held = TEXTS[mark];
            }
            prop_assert_eq!(entry.fields["ethnicity"].value.as_deref(), Some(held));
        }
    }
}

#[test]
fn a_book_nobody_described_tells_its_year() {
    let form = form("act", RegisterType::Birth, BIRTH);
    let entries = extract(
        &form,
        vec![raw(vec![
            ("birth_date", vec![line("18/4/11", 0.9)]),
            ("birth_date_words", vec![line("mười tám tháng tư năm hai nghìn không trăm mười một", 0.9)]),
        ])],
        &Context::default(),
    )
    .entries;
    assert_eq!(entries[0].fields["birth_date"].value.as_deref(), Some("2011-04-18"));
}
