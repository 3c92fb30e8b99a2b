//! Ditto marks: `nt`, `-nt-`, `″`, `//`, `như trên`.

use sobo_core::{Entry, FieldKind, Form, Lacuna};
use sobo_text::is_ditto;

use crate::value::contradict;
use crate::{Context, kind_of, misplaced};

/// Gives each ditto mark the value it repeats. In a ledger that is the same field of the entry above, through chains
/// of marks; in an act it is the field of the same kind before it. A mark under a lacuna repeats nothing, and one under
/// an empty cell is no mark but a speck.
pub(crate) fn resolve(form: &Form, entries: &mut [Entry], context: &Context) {
    let ledger = form.layout == "ledger";
    for index in 0..entries.len() {
        let names: Vec<String> = entries[index].fields.keys().cloned().collect();
        for name in names {
            let Some(field) = entries[index].fields.get(&name) else { continue };
            if field.lacuna.is_some() || !is_ditto(&field.text) {
                continue;
            }
            let above = match index {
                0 => context.previous_entry.as_ref(),
                _ => entries.get(index - 1),
            };
            if ledger && is_speck(kind_of(form, &name), above, &name) {
                if let Some(field) = entries[index].fields.get_mut(&name) {
                    misplaced::clear(field);
                }
                continue;
            }
            let repeated = if ledger {
                above.and_then(|entry| repeated_value(entry, &name))
            } else {
                before_in_entry(form, &entries[index], &name)
                    .and_then(|other| repeated_value(&entries[index], &other))
            };
            let Some(field) = entries[index].fields.get_mut(&name) else { continue };
            match repeated {
                Some(value) => field.value = Some(value),
                None => contradict(field, "ditto_without_source", 0.3, None),
            }
        }
    }
}

/// Whether what looks like a ditto mark is dirt: nothing stands above it to be repeated. Of notes, which differ from
/// entry to entry and stand beside seals, the one above must be readable.
fn is_speck(kind: FieldKind, above: Option<&Entry>, name: &str) -> bool {
    let above_it = above.map(|entry| entry.fields.get(name));
    if kind == FieldKind::Text {
        return above_it.flatten().is_none_or(|field| field.text.is_empty());
    }
    above_it.is_some_and(|field| field.is_none_or(|field| field.lacuna == Some(Lacuna::Blank)))
}

/// What a mark under this field repeats: its normal form, else its text; nothing where it is a lacuna or an
/// unresolved mark itself.
pub(crate) fn repeated_value(entry: &Entry, name: &str) -> Option<String> {
    let field = entry.fields.get(name)?;
    if field.lacuna.is_some_and(|lacuna| lacuna != Lacuna::Blank) {
        return None;
    }
    match &field.value {
        Some(value) => Some(value.clone()),
        None if field.text.is_empty() || is_ditto(&field.text) => None,
        None => Some(field.text.clone()),
    }
}

/// The nearest field of the same kind before this one in the act that is written out.
fn before_in_entry(form: &Form, entry: &Entry, name: &str) -> Option<String> {
    let kind = kind_of(form, name);
    if kind == FieldKind::Text {
        return None;
    }
    let at = entry.fields.get_index_of(name)?;
    let suffix = name.rsplit('_').next().unwrap_or(name);
    entry
        .fields
        .iter()
        .take(at)
        .rev()
        .find(|(other, field)| {
            kind_of(form, other) == kind
                && other.rsplit('_').next() == Some(suffix)
                && field.lacuna.is_none()
                && !field.text.is_empty()
        })
        .map(|(other, _)| other.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(fields: &[(&str, &str, Option<Lacuna>)]) -> Entry {
        let mut entry = Entry::default();
        for (name, text, lacuna) in fields {
            let field =
                sobo_core::Field { text: (*text).to_owned(), lacuna: *lacuna, ..sobo_core::Field::default() };
            entry.fields.insert((*name).to_owned(), field);
        }
        entry
    }

    #[test]
    fn a_mark_under_nothing_is_a_speck() {
        let above = entry(&[
            ("ethnicity", "Kinh", None),
            ("sex", "", Some(Lacuna::Blank)),
            ("residence", "", Some(Lacuna::Illegible)),
            ("notes", "", Some(Lacuna::Illegible)),
            ("remarks", "Ly hôn", None),
        ]);
        for (kind, name, speck) in [
            (FieldKind::Ethnicity, "ethnicity", false),
            (FieldKind::Sex, "sex", true),
            (FieldKind::Place, "residence", false),
            (FieldKind::Place, "birth_place", true),
            (FieldKind::Text, "notes", true),
            (FieldKind::Text, "remarks", false),
        ] {
            assert_eq!(is_speck(kind, Some(&above), name), speck, "{name}");
        }
        // What the page before says is not known yet.
        assert!(!is_speck(FieldKind::Ethnicity, None, "ethnicity"));
        assert!(is_speck(FieldKind::Text, None, "notes"));
    }
}
