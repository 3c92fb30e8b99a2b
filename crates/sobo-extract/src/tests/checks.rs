//! Fields held against one another.

use super::*;

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
