//! Names against names, and names against sex and kinship.

use sobo_core::{Entry, FieldKind, Form};
use sobo_text::vocabulary::{RELATIONS, Sex};
use sobo_text::{
    exact_key, is_ditto, match_term, same_name, same_surname, sex_of_name, similarity, split_name,
};

use super::{alternatives, both, contradict, names_of_kind, support, written};
use crate::value;

/// Pairs that name one person: always, or as a rule.
const SAME_PERSON: &[(&str, &str)] = &[
    ("margin_name", "child_name"),
    ("margin_name", "deceased_name"),
    ("declarant_name", "father_name"),
    ("declarant_name", "mother_name"),
];
/// Similarity from which two names are taken for one name misread.
const NEARLY_SAME: f32 = 0.75;

/// Where two fields name one person and were read a little differently, the likeliest reading that both can have.
pub(super) fn choose(entry: &mut Entry) {
    for (a, b) in SAME_PERSON {
        let (Some(first), Some(second)) = (written(entry, a), written(entry, b)) else { continue };
        if same_name(&first.text, &second.text) || similarity(&first.text, &second.text) < NEARLY_SAME {
            continue;
        }
        let (left, right) = (alternatives(first), alternatives(second));
        let mut best: Option<(usize, usize, f32)> = None;
        for (i, (text, p)) in left.iter().enumerate() {
            for (j, (other, q)) in right.iter().enumerate() {
                if same_name(text, other) && best.is_none_or(|(_, _, held)| p * q > held) {
                    best = Some((i, j, p * q));
                }
            }
        }
        let Some((i, j, joint)) = best else { continue };
        // Brothers and namesakes differ in a letter too: one reading in ten is left apart.
        let trust = joint / (joint + 0.1 * left[0].1 * right[0].1).max(f32::MIN_POSITIVE);
        if trust < 0.6 {
            continue;
        }
        for (name, options, at) in [(*a, &left, i), (*b, &right, j)] {
            if at > 0
                && let Some(field) = entry.fields.get_mut(name)
            {
                value::choose(field, options[at].0.clone(), trust.min(0.9), "repeated");
            }
        }
    }
}

pub(super) fn check(form: &Form, entry: &mut Entry) {
    margin(entry);
    surnames(entry);
    sex(entry);
    relation(entry);
    repeated(form, entry);
}

fn margin(entry: &mut Entry) {
    for main in ["child_name", "deceased_name"] {
        let (Some(m), Some(c)) = (written(entry, "margin_name"), written(entry, main)) else { continue };
        let agree = same_name(&m.text, &c.text);
        both(entry, agree, ("margin_name", main), "margin_name", if agree { 0.8 } else { 0.3 });
    }
}

/// A child bears its father's surname, or its mother's.
fn surnames(entry: &mut Entry) {
    let surname = |entry: &Entry, name: &str| {
        written(entry, name)
            .filter(|field| !is_ditto(&field.text))
            .and_then(|field| split_name(&field.text))
            .map(|parts| parts.surname)
    };
    for (child, father, mother) in [
        ("child_name", "father_name", "mother_name"),
        ("deceased_name", "father_name", "mother_name"),
        ("groom_name", "groom_father_name", "groom_mother_name"),
        ("bride_name", "bride_father_name", "bride_mother_name"),
    ] {
        let (Some(of_child), Some(of_father)) = (surname(entry, child), surname(entry, father)) else {
            continue;
        };
        if same_surname(&of_child, &of_father) {
            both(entry, true, (child, father), "surname_father", 0.2);
        } else if surname(entry, mother).is_none_or(|of_mother| !same_surname(&of_child, &of_mother)) {
            both(entry, false, (child, father), "surname_father", 0.15);
        }
    }
}

fn sex(entry: &mut Entry) {
    let Some(value) = written(entry, "sex").and_then(|field| field.value.clone()) else { return };
    for name in ["child_name", "deceased_name"] {
        let Some((hint, strength)) = written(entry, name).and_then(|field| sex_of_name(&field.text)) else {
            continue;
        };
        let agree = hint.as_str() == value;
        if agree {
            support(entry, "sex", "sex_middle_name", 0.6 * strength, Some(name));
        } else if strength > 0.95 {
            both(entry, false, ("sex", name), "sex_middle_name", 0.3);
        } else {
            contradict(entry, "sex", "sex_middle_name", 0.1, Some(name));
        }
    }
    for (name, expected) in [("father_name", Sex::Male), ("mother_name", Sex::Female)] {
        let hint = written(entry, name).and_then(|field| sex_of_name(&field.text));
        if let Some((hint, strength)) = hint
            && hint != expected
            && strength > 0.95
        {
            contradict(entry, name, "sex_middle_name", 0.15, None);
        }
    }
}

/// A declarant who is the father bears the father's name.
fn relation(entry: &mut Entry) {
    let Some(field) = written(entry, "declarant_relation") else { return };
    let Some(found) = match_term(&field.text, RELATIONS).filter(|m| m.distance <= 0.1) else { return };
    let parent = match found.normal {
        "father" => "father_name",
        "mother" => "mother_name",
        _ => return,
    };
    // In a death entry the father of the form is the dead person's, and so is the relation.
    let (Some(declarant), Some(named)) = (written(entry, "declarant_name"), written(entry, parent)) else {
        return;
    };
    let agree = same_name(&declarant.text, &named.text);
    both(entry, agree, ("declarant_name", parent), "declarant_relation", if agree { 0.3 } else { 0.2 });
    if agree {
        support(entry, "declarant_relation", "declarant_relation", 0.4, Some("declarant_name"));
    }
}

/// The same long name or address twice in one act was read right twice, or wrong twice in the same way.
fn repeated(form: &Form, entry: &mut Entry) {
    for kind in [FieldKind::PersonName, FieldKind::Place] {
        let names = names_of_kind(form, entry, kind);
        let keys: Vec<String> = names
            .iter()
            .map(|name| written(entry, name).map(|field| exact_key(&field.text)).unwrap_or_default())
            .collect();
        for i in 0..names.len() {
            for j in i + 1..names.len() {
                if keys[i].chars().count() >= 8 && keys[i] == keys[j] {
                    both(entry, true, (&names[i], &names[j]), "repeated", 0.5);
                }
            }
        }
    }
}
