//! Values, lacunae and vocabularies of single fields.

use super::*;

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

#[test]
fn a_ticked_box_keeps_what_it_means() {
    let form = form(
        "blocks",
        RegisterType::Birth,
        &[("registration_type", FieldKind::RegistrationType), ("sex", FieldKind::Sex)],
    );
    let mut entry = raw(vec![("registration_type", vec![line("x", 0.97)]), ("sex", vec![line("", 0.0)])]);
    entry.fields["registration_type"].value = Some("late".to_owned());
    let read = extract(&form, vec![entry], &year(2019)).entries.remove(0);
    let kind = &read.fields["registration_type"];
    assert_eq!((kind.text.as_str(), kind.value.as_deref()), ("x", Some("late")));
    assert!(kind.checks.is_empty(), "a cross is no word of the vocabulary: {:?}", kind.checks);
    // Two boxes marked: nobody can say which.
    let sex = &read.fields["sex"];
    assert_eq!((sex.lacuna, sex.value.as_deref(), sex.accepted), (Some(Lacuna::Illegible), None, false));
}

#[test]
fn a_heading_is_no_kind_of_registration() {
    let mut form = form("blocks", RegisterType::Birth, &[("registration_type", FieldKind::RegistrationType)]);
    form.titles = vec!["Đăng ký khai sinh".to_owned()];
    let entry = raw(vec![("registration_type", vec![line("ĐĂNG KÝ KHAI SINH", 0.99)])]);
    let read = extract(&form, vec![entry], &year(2019)).entries.remove(0);
    assert_eq!(read.fields["registration_type"].lacuna, Some(Lacuna::Illegible));
}
