//! What a person or the machine says stands in a field.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sobo_core::{Lacuna, Original, Rect};

/// What stands in a field: text or a lacuna, never both, never neither.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    /// What is written, period spelling kept, NFC; empty exactly when `lacuna` is given.
    #[serde(default)]
    pub text: String,
    /// Why there is no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lacuna: Option<Lacuna>,
    /// Normal form where one exists: ISO date, `male`/`female`, number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Box drawn by a person in place of the machine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bbox: Option<Rect<Original>>,
}

impl Statement {
    /// A statement of text.
    pub fn of_text(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// A statement that there is no text, and why.
    pub fn of_lacuna(lacuna: Lacuna) -> Self {
        Self { lacuna: Some(lacuna), ..Self::default() }
    }

    /// Whether exactly one of text and lacuna is given.
    pub fn is_well_formed(&self) -> bool {
        self.text.trim().is_empty() == self.lacuna.is_some()
    }

    /// Whether two people say the same of a field. Runs of white space and letter case make no difference; where both
    /// know a normal form (a date, a number), the normal forms decide; an absent statement says the same as
    /// [`Lacuna::Blank`].
    pub fn agree(first: Option<&Self>, second: Option<&Self>) -> bool {
        fn text_of(statement: Option<&Statement>) -> String {
            let text = statement.map_or("", |s| s.text.as_str());
            text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
        }
        let lacuna_of = |s: Option<&Self>| s.map_or(Some(Lacuna::Blank), |s| s.lacuna);
        if lacuna_of(first) != lacuna_of(second) {
            return false;
        }
        let value_of = |s: Option<&Self>| s.and_then(|s| s.value.clone());
        match (value_of(first), value_of(second)) {
            (Some(first), Some(second)) => first == second,
            _ => text_of(first) == text_of(second),
        }
    }
}

/// One field in which two sets of statements differ in any way, letter case and boxes included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The field.
    pub field: String,
    /// Before.
    pub from: Option<Statement>,
    /// After.
    pub to: Option<Statement>,
}

/// The differences between two sets of statements, in the order of `to`, then fields that only `from` has.
pub fn differences(from: &IndexMap<String, Statement>, to: &IndexMap<String, Statement>) -> Vec<Difference> {
    let gone = from.keys().filter(|field| !to.contains_key(*field));
    to.keys()
        .chain(gone)
        .filter(|field| from.get(*field) != to.get(*field))
        .map(|field| Difference {
            field: field.clone(),
            from: from.get(field).cloned(),
            to: to.get(field).cloned(),
        })
        .collect()
}
