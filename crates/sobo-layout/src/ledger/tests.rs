//! What the columns of a ledger are taken for, and which of its rows are entries.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use sobo_core::FieldKind;

use super::*;

const FORM: &str = r#"
id = "X-birth"
family = "X"
register_type = "birth"
layout = "ledger"
max_entries = 30
[[field]]
name = "child_name"
kind = "person_name"
labels = ["Họ và tên"]
required = true
"#;

#[test]
fn a_column_of_one_of_two_people_is_that_of_both() {
    let text = FORM.replace("X-birth", "X-marriage")
        + &["groom_ethnicity", "bride_ethnicity", "ethnicity"]
            .map(|name| format!("[[field]]\nname = \"{name}\"\nlabels = [\"Dân tộc\"]\n"))
            .concat();
    let form = LoadedForm::parse(&text, Path::new("X-marriage.toml")).unwrap();
    let seen = vec![Observation { labels: vec![0.0, 6.0, 6.0, 6.0], ..Observation::default() }; 2];
    let way = |fields: &[usize]| Way {
        roles: fields.iter().map(|f| (Role::Field(*f), false)).collect(),
        score: 0.0,
    };
    let mut one = way(&[0, 2]);
    shared_by_both(&form, &seen, &mut one);
    assert_eq!(one.roles, way(&[0, 3]).roles);
    let mut two = way(&[1, 2]);
    shared_by_both(&form, &seen, &mut two);
    assert_eq!(two.roles, way(&[1, 2]).roles);
    // One behind both names is of both, whoever it was taken for.
    let named = text.replace("child_name", "bride_name")
        + "[[field]]\nname = \"groom_name\"\nlabels = [\"Họ tên chồng\"]\n";
    let named = LoadedForm::parse(&named, Path::new("X-marriage.toml")).unwrap();
    let seen = vec![Observation { labels: vec![0.0, 6.0, 6.0, 6.0, 0.0], ..Observation::default() }; 3];
    for (columns, right) in [([4, 0, 1], [4, 0, 3]), ([4, 1, 0], [4, 1, 0])] {
        let mut one = way(&columns);
        shared_by_both(&named, &seen, &mut one);
        assert_eq!(one.roles, way(&right).roles, "{columns:?}");
    }
    // Where one of them has a column, the other column is no longer that of both, in a marriage register.
    let mut birth = way(&[1, 3]);
    shared_by_both(&form, &seen, &mut birth);
    assert_eq!(birth.roles, way(&[1, 3]).roles);
    let text = text.replace("register_type = \"birth\"", "register_type = \"marriage\"");
    let marriage = LoadedForm::parse(&text, Path::new("X-marriage.toml")).unwrap();
    for (columns, right) in [([1, 3], [1, 2]), ([3, 2], [1, 2])] {
        let mut one = way(&columns);
        shared_by_both(&marriage, &seen, &mut one);
        assert_eq!(one.roles, way(&right).roles);
    }
    // A column that was the groom's for want of a better one proves nothing.
    let mut unread = seen.clone();
    unread[0].labels[1] = -3.5;
    let mut one = way(&[1, 3]);
    shared_by_both(&marriage, &unread, &mut one);
    assert_eq!(one.roles, way(&[1, 3]).roles);
}

#[test]
fn whose_a_field_is_tells_its_name() {
    assert_eq!(of_two("bride_mother_name"), Some(("bride_", "groom_", "mother_name")));
    assert_eq!(of_two("mother_occupation"), Some(("mother_", "father_", "occupation")));
    assert_eq!(of_two("ethnicity"), None);
}

#[test]
fn a_head_of_which_nothing_was_read_is_no_head() {
    let lines = ["Dân", "\""].map(|text| Reading { text: text.into(), ..Reading::default() });
    let [above, below] = [&lines[0], &lines[1]];
    assert_eq!(legible(&[above, below]), (vec![above], Some(Lost::Last)));
    assert_eq!(legible(&[below, above]), (vec![above], Some(Lost::First)));
    assert_eq!(legible(&[above]), (vec![above], None));
    assert_eq!(legible(&[below, below]), (Vec::new(), None));
}

#[test]
fn no_field_has_two_columns() {
    let field = |name: &str, label: &str| format!("[[field]]\nname = \"{name}\"\nlabels = [\"{label}\"]\n");
    let text = FORM.replace("X-birth", "X-marriage")
        + &field("entry_number", "Số")
        + &field("groom_name", "Họ và tên")
        + &field("groom_age", "Tuổi")
        + &field("bride_name", "Họ và tên");
    let form = LoadedForm::parse(&text, Path::new("X-marriage.toml")).unwrap();
    let column = |groom, age, bride| Observation {
        labels: vec![-3.5, -3.5, groom, age, bride],
        ..Observation::default()
    };
    // The head of the third column fits the groom better, who has one already.
    let mut seen = vec![column(6.0, -3.5, 5.0), column(-3.5, 6.0, -3.5), column(7.5, -3.5, 3.0)];
    assert_eq!(best_way(&form, &seen).roles[2].0, Role::Field(2));
    assert_eq!(best_columns(&form, &mut seen).roles[2].0, Role::Field(4));
}

fn row(written: &[&str]) -> EntryPlan {
    let fields = ["child_name", "sex", "birth_date", "father_name"].map(|name| FieldPlan {
        name: name.to_owned(),
        kind: FieldKind::Text,
        lines: if written.contains(&name) { vec![Rect::default()] } else { Vec::new() },
        place: Rect::default(),
        certainty: 1.0,
        tick: None,
    });
    EntryPlan { bbox: Rect::default(), fields: fields.to_vec() }
}

#[test]
fn rows_without_an_entry_are_left_out() {
    let form = LoadedForm::parse(FORM, Path::new("X-birth.toml")).unwrap();
    let full = ["child_name", "sex", "birth_date", "father_name"];
    let mut rows = vec![
        row(&full),
        row(&full[..3]),
        row(&[]),
        // A closing statement below the last entry.
        row(&full[..2]),
        // Nothing stands where an entry must have something.
        row(&full[1..]),
    ];
    leave_out_empty(&form, &mut rows);
    assert_eq!(rows, [row(&full), row(&full[..3])]);
    let mut none = vec![row(&[]), row(&["sex"])];
    leave_out_empty(&form, &mut none);
    assert!(none.is_empty());
}
