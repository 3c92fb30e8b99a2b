//! Rows of a ledger that layout took for entries and reading shows to be none.

use sobo_core::{Entry, Form, Lacuna};
use sobo_text::fold;

/// Leaves out rows in which dirt stands and nothing that can be read, and the closing statement under the last entry.
pub(crate) fn leave_out(form: &Form, entries: &mut Vec<Entry>) {
    if form.layout == "ledger" {
        entries.retain(|entry| !is_dirt(entry) && !is_closing(form, entry));
    }
}

/// No field has a text and most are blank. A row that decay took has something in most of its cells.
fn is_dirt(entry: &Entry) -> bool {
    let blank = entry.fields.values().filter(|f| f.lacuna == Some(Lacuna::Blank)).count();
    entry.fields.values().all(|f| f.lacuna.is_some()) && blank * 2 > entry.fields.len()
}

/// `Khóa sổ ngày …, gồm 16 tờ, 79 việc, số cuối …`, written across the columns of the row after the last entry.
fn is_closing(form: &Form, entry: &Entry) -> bool {
    let required = form.fields.iter().filter(|described| described.required);
    let lacks = required
        .filter(|described| entry.fields.get(&described.name).is_some_and(|f| f.lacuna.is_some()))
        .count();
    lacks > 0 && entry.fields.values().any(|f| fold(&f.text).contains("khoa so"))
}

#[cfg(test)]
mod tests {
    use sobo_core::{Field, FieldKind, RegisterType};

    use super::*;

    fn entry(fields: &[(&str, &str, Option<Lacuna>)]) -> Entry {
        let field = |(name, text, lacuna): &(&str, &str, Option<Lacuna>)| {
            ((*name).to_owned(), Field { text: (*text).to_owned(), lacuna: *lacuna, ..Field::default() })
        };
        Entry { fields: fields.iter().map(field).collect(), ..Entry::default() }
    }

    #[test]
    fn dirt_is_no_entry_and_a_decayed_row_is() {
        let (blank, illegible) = (Some(Lacuna::Blank), Some(Lacuna::Illegible));
        assert!(is_dirt(&entry(&[("number", "", blank), ("name", "", illegible), ("sex", "", blank)])));
        assert!(!is_dirt(&entry(&[("number", "", illegible), ("name", "", illegible), ("sex", "", blank)])));
        assert!(!is_dirt(&entry(&[("number", "12", None), ("name", "", blank), ("sex", "", blank)])));
    }

    #[test]
    fn a_closing_statement_is_no_entry() {
        let described =
            [("date", FieldKind::Date), ("name", FieldKind::PersonName), ("notes", FieldKind::Text)];
        let mut form = crate::tests::form("ledger", RegisterType::Birth, &described);
        form.fields[1].required = true;
        let closing = entry(&[("date", "Khóa sổ ng", None), ("name", "", Some(Lacuna::Illegible))]);
        let noted = entry(&[("notes", "Khóa sổ ngày 31/12", None), ("name", "Võ Thị Hai", None)]);
        let mut entries = vec![noted.clone(), closing];
        leave_out(&form, &mut entries);
        assert_eq!(entries, [noted]);
    }
}
