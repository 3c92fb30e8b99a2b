//! Chains of verification as data.

use serde::{Deserialize, Serialize};

use crate::Role;

/// What a person does in a step.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Confirms and corrects the reading (nhập liệu).
    Entry,
    /// Compares the entered values with the image (kiểm tra 1).
    Check,
    /// Keys the fields that matter anew without seeing any earlier value (kiểm tra 2).
    Blind,
    /// Decides the fields in which two people differ.
    Arbitrate,
    /// Signs the record off.
    SignOff,
}

impl StepKind {
    /// All kinds, in the order above.
    pub const ALL: [Self; 5] = [Self::Entry, Self::Check, Self::Blind, Self::Arbitrate, Self::SignOff];

    /// The identifier used in files, the database and interface texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Check => "check",
            Self::Blind => "blind",
            Self::Arbitrate => "arbitrate",
            Self::SignOff => "sign_off",
        }
    }

    /// The kind with this identifier.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// When a step is taken.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// For every entry.
    Always,
    /// For this many entries of a thousand, by the draw fixed when the record was begun.
    Sampled(u16),
    /// Where the blind reading differs from the values before it.
    Disputed,
}

/// One step of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    pub kind: StepKind,
    /// Who may do it.
    pub roles: Vec<Role>,
    /// For which entries.
    pub when: When,
}

/// The steps an office takes, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Identifier, stored with every record.
    pub id: String,
    /// The steps in order.
    pub steps: Vec<Step>,
}

impl Chain {
    /// Entry, check, blind reading of every entry, arbiter, sign-off: the chain of Quận 10 with the second check
    /// made blind.
    pub fn full() -> Self {
        let step = |kind, role, when| Step { kind, roles: vec![role], when };
        Self {
            id: "full".to_owned(),
            steps: vec![
                step(StepKind::Entry, Role::Clerk, When::Always),
                step(StepKind::Check, Role::Checker, When::Always),
                step(StepKind::Blind, Role::Checker, When::Always),
                step(StepKind::Arbitrate, Role::Arbiter, When::Disputed),
                step(StepKind::SignOff, Role::Registrar, When::Always),
            ],
        }
    }

    /// Entry, then a blind reading of `per_mille` of a thousand entries, arbiter, sign-off.
    pub fn accept_and_sample(per_mille: u16) -> Self {
        let step = |kind, role, when| Step { kind, roles: vec![role], when };
        Self {
            id: format!("sample-{per_mille}"),
            steps: vec![
                step(StepKind::Entry, Role::Clerk, When::Always),
                step(StepKind::Blind, Role::Checker, When::Sampled(per_mille)),
                step(StepKind::Arbitrate, Role::Arbiter, When::Disputed),
                step(StepKind::SignOff, Role::Registrar, When::Always),
            ],
        }
    }

    /// The chain with this identifier: `full` or `sample-N`, N of a thousand.
    pub fn parse(id: &str) -> Option<Self> {
        if id == "full" {
            return Some(Self::full());
        }
        let per_mille: u16 = id.strip_prefix("sample-")?.parse().ok()?;
        (per_mille <= 1000).then(|| Self::accept_and_sample(per_mille))
    }

    /// The first step at or after `from` that is due, given the record's draw and whether fields are disputed.
    pub(crate) fn next_due(&self, from: usize, draw: u16, disputed: bool) -> Option<usize> {
        self.steps.iter().enumerate().skip(from).find_map(|(index, step)| {
            let due = match step.when {
                When::Always => true,
                When::Sampled(per_mille) => draw < per_mille,
                When::Disputed => disputed,
            };
            due.then_some(index)
        })
    }
}
