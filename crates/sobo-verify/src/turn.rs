//! One person's open turn at a record: what is seen, said and taken back before it is submitted.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{Actor, Event, PersonId, Refusal, State, Statement, StepKind};

/// A field as the person whose turn it is may see it. Of a blind field nothing earlier is here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TurnField {
    /// The value before this turn, where it may be seen.
    pub shown: Option<Statement>,
    /// The other person's value, for the arbiter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<Statement>,
    /// No earlier value, candidate or reading may be shown.
    pub hidden: bool,
    /// The cursor stops here: a statement is needed.
    pub attention: bool,
    /// A statement may be made in this step.
    pub open: bool,
}

/// A turn: a draft that can be stored and taken up again. It proves nothing: [`State::apply`] judges what it submits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    step: StepKind,
    person: PersonId,
    fields: IndexMap<String, TurnField>,
    said: IndexMap<String, Statement>,
    undo: Vec<(String, Option<Statement>)>,
}

impl Turn {
    /// Opens a turn.
    ///
    /// # Errors
    /// Why this actor may not take the step that is due.
    pub fn open(state: &State, actor: &Actor) -> Result<Self, Refusal> {
        let step = state.may_take(actor)?;
        let attention = state.attention();
        let values = state.values();
        let second = state.second_values();
        let fields = state
            .sheet()
            .fields
            .iter()
            .map(|(name, start)| {
                let hidden = step == StepKind::Blind && start.blind;
                let disputed = step == StepKind::Arbitrate && state.disputed().contains(name);
                let field = TurnField {
                    shown: if hidden { None } else { values.get(name).cloned() },
                    other: if disputed { second.and_then(|v| v.get(name)).cloned() } else { None },
                    hidden,
                    attention: attention.contains(name),
                    open: match step {
                        StepKind::SignOff => false,
                        StepKind::Arbitrate => disputed,
                        StepKind::Entry | StepKind::Check | StepKind::Blind => true,
                    },
                };
                (name.clone(), field)
            })
            .collect();
        Ok(Self { step, person: actor.person, fields, said: IndexMap::new(), undo: Vec::new() })
    }

    /// The step being taken.
    pub fn step(&self) -> StepKind {
        self.step
    }

    /// Whose turn it is.
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// The fields as they may be seen, in the order of the form.
    pub fn fields(&self) -> &IndexMap<String, TurnField> {
        &self.fields
    }

    /// What was said so far.
    pub fn said(&self) -> &IndexMap<String, Statement> {
        &self.said
    }

    /// Says what stands in a field; `shown` values are confirmed by saying them again.
    ///
    /// # Errors
    /// The field is unknown or closed, or the statement ill-formed.
    pub fn say(&mut self, field: &str, statement: Statement) -> Result<(), Refusal> {
        let known =
            self.fields.get(field).ok_or_else(|| Refusal::UnknownField { field: field.to_owned() })?;
        if !known.open {
            return Err(Refusal::FieldClosed { field: field.to_owned() });
        }
        if !statement.is_well_formed() {
            return Err(Refusal::IllFormed { field: field.to_owned() });
        }
        let before = self.said.insert(field.to_owned(), statement);
        self.undo.push((field.to_owned(), before));
        Ok(())
    }

    /// Takes back the last thing said; gives the field it concerned.
    pub fn undo(&mut self) -> Option<String> {
        let (field, before) = self.undo.pop()?;
        match before {
            Some(statement) => {
                self.said.insert(field.clone(), statement);
            }
            None => {
                self.said.shift_remove(&field);
            }
        }
        Some(field)
    }

    /// Fields that still need a statement.
    pub fn unstated(&self) -> Vec<&str> {
        self.fields
            .iter()
            .filter(|(name, field)| field.attention && !self.said.contains_key(*name))
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The event that ends the turn.
    pub fn submit(self) -> Event {
        Event::Submit { step: self.step, statements: self.said }
    }
}
