//! Labels that were read inside a value: the value ends before them, and what stands behind is another field's.

use sobo_core::{Reading, Rect, Restored};

use crate::forms::LoadedForm;
use crate::matching::{Folded, Wording, find_inside};
use crate::plan::{EntryPlan, FieldPlan};

/// Fewest letters of a label that is looked for inside a value: shorter ones are words of values (`Cha`, `Tuổi`).
const LEAST_LETTERS: usize = 6;
/// Letters of a label to one that may be misread: `Quan hệ` is close to `Quận H…`.
const LETTERS_AN_ERROR: usize = 10;
/// How sure a place behind such a label is.
const CERTAINTY: f32 = 0.85;
/// Share of a line's height that a stretch has to be wide to hold a value.
const NARROWEST: f64 = 0.3;

/// An entry parted at labels inside its values, with what is known of its lines: readings of those that stay as they
/// were, nothing for those that have to be read.
pub type Parted = (EntryPlan, Vec<Vec<Option<Reading>>>);

/// A label found inside the reading of a line.
struct Inner {
    field: usize,
    /// Letters before the label and up to its end.
    first: usize,
    last: usize,
}

/// Parts the lines of an entry at labels of the form that were read inside them. `readings` are those of the lines of
/// each field, in order. `None` where there is nothing to part.
///
/// A line is parted at the first label inside it; what stands behind may hold another, so that the result is worth
/// parting again once it was read.
pub fn part_at_labels(form: &LoadedForm, entry: &EntryPlan, readings: &[Vec<Reading>]) -> Option<Parted> {
    // No labels stand in the cells of a ledger.
    if form.form.layout == "ledger" {
        return None;
    }
    let mut parted = entry.clone();
    let mut known: Vec<Vec<Option<Reading>>> =
        readings.iter().map(|lines| lines.iter().cloned().map(Some).collect()).collect();
    let mut changed = false;
    for (index, lines) in readings.iter().enumerate() {
        for (k, reading) in lines.iter().enumerate() {
            let Some(own) = entry.fields.get(index) else { continue };
            let folded = Folded::new(reading);
            let Some(inner) = inner_label(form, &parted, &own.name, &folded) else { continue };
            let Some(rect) = own.lines.get(k).copied() else { continue };
            let at = |share: f32| rect.x + rect.w * f64::from(share);
            let (Some(start), Some(end)) =
                (folded.start(inner.first), inner.last.checked_sub(1).and_then(|last| folded.end(last)))
            else {
                continue;
            };
            let spare = 0.1 * rect.h;
            let before = Rect::from_edges(rect.x, rect.y, at(start) - spare, rect.bottom());
            let behind = Rect::from_edges(at(end) + spare, rect.y, rect.right(), rect.bottom());
            let wide = |part: &Rect<Restored>| part.w > NARROWEST * rect.h;
            changed = true;
            // Lines below one that runs into another field belong to that field no more than to this.
            let value = &mut parted.fields[index];
            if inner.first > 0 && wide(&before) {
                value.lines[k] = before;
                known[index][k] = None;
            } else {
                value.lines.truncate(k);
                known[index].truncate(k);
            }
            if wide(&behind) {
                place(form, &mut parted, &mut known, inner.field, behind);
            }
            break;
        }
    }
    changed.then_some((parted, known))
}

/// The first label inside a reading that is not the field's own.
fn inner_label(form: &LoadedForm, entry: &EntryPlan, own: &str, reading: &Folded) -> Option<Inner> {
    let written =
        |name: &str| entry.fields.iter().any(|f| f.name == name && (!f.lines.is_empty() || f.tick.is_some()));
    let others = form.form.fields.iter().enumerate().filter(|(_, spec)| spec.name != own);
    let labels = others.flat_map(|(field, _)| {
        let long = form.wordings[field].iter().filter(|wording| wording.len() >= LEAST_LETTERS);
        long.filter_map(move |wording: &Wording| {
            let found = find_inside(wording, reading);
            let letters = wording.len();
            let errors = ((1.0 - found.likeness) * letters as f32).round() as usize;
            let ends = found.last == reading.len() || reading.begins_word(found.last);
            let told = errors <= letters / LETTERS_AN_ERROR && reading.begins_word(found.first) && ends;
            told.then_some((Inner { field, first: found.first, last: found.last }, found.score))
        })
    });
    // The label that stands first; of several wordings there the one that explains most, of several fields the first
    // that has no value.
    labels
        .min_by(|(a, x), (b, y)| {
            let away = |i: &Inner| i.first / 3;
            let taken = |i: &Inner| written(&form.form.fields[i.field].name);
            away(a)
                .cmp(&away(b))
                .then(y.total_cmp(x))
                .then(taken(a).cmp(&taken(b)))
                .then(a.field.cmp(&b.field))
        })
        .map(|(inner, _)| inner)
}

/// Gives a stretch behind a label to its field, unless that has a value.
fn place(
    form: &LoadedForm,
    entry: &mut EntryPlan,
    known: &mut Vec<Vec<Option<Reading>>>,
    field: usize,
    rect: Rect<Restored>,
) {
    let Some(spec) = form.form.fields.get(field) else { return };
    match entry.fields.iter().position(|f| f.name == spec.name) {
        Some(at) if entry.fields[at].lines.is_empty() && entry.fields[at].tick.is_none() => {
            let plan = &mut entry.fields[at];
            (plan.lines, plan.place, plan.certainty) = (vec![rect], rect, CERTAINTY);
            known[at] = vec![None];
        }
        Some(_) => {}
        None => {
            entry.fields.push(FieldPlan {
                name: spec.name.clone(),
                kind: spec.kind,
                lines: vec![rect],
                place: rect,
                certainty: CERTAINTY,
                tick: None,
            });
            known.push(vec![None]);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;

    use sobo_core::FieldKind;

    use super::*;

    const FORM: &str = r#"
id = "X"
family = "X"
register_type = "birth"
layout = "blocks"
max_entries = 2
[[field]]
name = "entry_number"
kind = "number"
labels = ["Số"]
[[field]]
name = "registration_date"
kind = "date"
labels = ["Ngày, tháng, năm đăng ký"]
[[field]]
name = "page_number"
kind = "number"
labels = ["Trang số"]
[[field]]
name = "relation"
kind = "relation"
labels = ["Cha"]
"#;

    fn field(name: &str, lines: &[Rect<Restored>]) -> FieldPlan {
        FieldPlan {
            name: name.to_owned(),
            kind: FieldKind::Number,
            lines: lines.to_vec(),
            place: Rect::default(),
            certainty: 1.0,
            tick: None,
        }
    }

    fn read(text: &str) -> Reading {
        Reading { text: text.to_owned(), ..Reading::default() }
    }

    #[test]
    fn what_stands_behind_a_label_inside_a_value_is_another_fields() {
        let form = LoadedForm::parse(FORM, Path::new("X.toml")).unwrap();
        let line = Rect::new(100.0, 10.0, 330.0, 30.0);
        let entry =
            EntryPlan { bbox: line, fields: vec![field("entry_number", &[line]), field("page_number", &[])] };
        let text = "57 Ngày, tháng, nam đăng ky 3";
        let (parted, known) = part_at_labels(&form, &entry, &[vec![read(text)], vec![]]).unwrap();
        let names: Vec<&str> = parted.fields.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["entry_number", "page_number", "registration_date"]);
        assert!(parted.fields[0].lines[0].right() < 140.0 && parted.fields[2].lines[0].x > 390.0);
        assert_eq!(known, [vec![None], vec![], vec![None]]);
    }

    #[test]
    fn values_without_labels_and_short_words_stay() {
        let form = LoadedForm::parse(FORM, Path::new("X.toml")).unwrap();
        let line = Rect::new(100.0, 10.0, 330.0, 30.0);
        let entry = EntryPlan { bbox: line, fields: vec![field("entry_number", &[line])] };
        for text in ["57/2019", "ông Cha Trang", "Đăng ký lại", "xã Trang Sơn"] {
            assert_eq!(part_at_labels(&form, &entry, &[vec![read(text)]]), None, "{text}");
        }
    }
}
