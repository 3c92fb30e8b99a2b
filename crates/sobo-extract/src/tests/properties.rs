//! What holds of every reading.

use proptest::prelude::*;

use super::*;

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
            .enumerate()
            .map(|(row, fields)| RawEntry {
                bbox: Rect::new(0.0, row as f64, 100.0, 1.0),
                ..raw(fields.into_iter().map(|(at, lines)| (BIRTH[at].0, lines)).collect())
            })
            .collect();
        let again = entries.clone();
        let out = extract(&form, entries.clone(), &year(1971));
        // Rows of a ledger may show themselves to be dirt; nothing else is left out.
        prop_assert!(ledger_layout || out.entries.len() == entries.len());
        for entry in &out.entries {
            let raw = &entries[entry.bbox.y as usize];
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
