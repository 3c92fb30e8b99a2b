//! Ditto marks: `nt`, `-nt-`, `″`, `//`, `như trên`.

use sobo_core::{Entry, FieldKind, Form, Lacuna};
use sobo_text::is_ditto;

use crate::value::contradict;
use crate::{Context, kind_of};

/// Gives each ditto mark the value it repeats. In a ledger that is the same field of the entry above, through chains
/// of marks; in an act it is the field of the same kind before it. A mark under a lacuna repeats nothing.
pub(crate) fn resolve(form: &Form, entries: &mut [Entry], context: &Context) {
    let ledger = form.layout == "ledger";
    for index in 0..entries.len() {
        let names: Vec<String> = entries[index].fields.keys().cloned().collect();
        for name in names {
            let Some(field) = entries[index].fields.get(&name) else { continue };
            if field.lacuna.is_some() || !is_ditto(&field.text) {
                continue;
            }
            let repeated = if ledger {
                let above = match index {
                    0 => context.previous_entry.as_ref(),
                    _ => entries.get(index - 1),
                };
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
