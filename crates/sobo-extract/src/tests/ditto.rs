//! Ditto marks.

use super::*;

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
