//! The year of a book nobody described, from what its page says: two-digit years mean nothing without it.

use sobo_core::{Entry, FieldKind, Form};

use crate::value;

/// Years a register of this project can be of.
const PLAUSIBLE: std::ops::RangeInclusive<i32> = 1850..=2100;

/// The year of the register by its book number (`01/2011`), by registration dates written in full or
/// in words, else by the latest other date in words. `None` where the page writes no year in full.
pub(crate) fn infer(form: &Form, entries: &[Entry]) -> Option<i32> {
    let mut registered = Vec::new();
    let mut others = Vec::new();
    for (name, field) in entries.iter().flat_map(|entry| &entry.fields) {
        let kind = form.field(name).map(|field| field.kind).unwrap_or_default();
        let year = match kind {
            FieldKind::Number => full_year(&field.text),
            FieldKind::DateWords => value::date(&field.text, None).map(|date| date.year()),
            FieldKind::Date => sobo_text::parse_date_digits(&field.text, None)
                .filter(|digits| !digits.century_inferred && !digits.approximate)
                .map(|digits| digits.date.year()),
            _ => None,
        };
        let Some(year) = year.filter(|year| PLAUSIBLE.contains(year)) else { continue };
        if kind == FieldKind::Number || name.starts_with("registration_") {
            registered.push(year);
        } else if kind == FieldKind::DateWords {
            others.push(year);
        }
    }
    // One misread year among several does not decide.
    registered.sort_unstable();
    registered.get(registered.len() / 2).copied().or_else(|| others.into_iter().max())
}

/// Four digits after the last stroke: `01/2011`.
fn full_year(text: &str) -> Option<i32> {
    let (_, year) = text.rsplit_once('/')?;
    let year = year.trim();
    (year.len() == 4).then(|| year.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::full_year;

    #[test]
    fn only_years_in_full_count() {
        assert_eq!(full_year("01/2011"), Some(2011));
        assert_eq!(full_year("1423/71"), None);
        assert_eq!(full_year("2011"), None);
    }
}
