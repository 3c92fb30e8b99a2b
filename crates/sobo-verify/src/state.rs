//! The state of one record, what may happen to it, and why not.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sobo_core::Entry;
use thiserror::Error;

use crate::{Actor, Chain, Difference, PersonId, Role, Statement, StepKind, differences};

/// One field as verification begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FieldStart {
    /// What the machine read; absent where it found nothing.
    pub reading: Option<Statement>,
    /// Offered by the machine as right.
    pub accepted: bool,
    /// Read a second time without sight of any earlier value.
    pub blind: bool,
    /// Expected in every entry: may not stay unstated.
    pub required: bool,
    /// `reading` is what people stated of an earlier scan of the page: shown for a second look.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub carried: bool,
}

/// The fields of one entry as verification begins, in the order of the form.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// Fields by name.
    pub fields: IndexMap<String, FieldStart>,
    /// The entry of an earlier scan of the page whose values were carried over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<i64>,
}

impl Sheet {
    /// The sheet of an entry as read, with the fields of its form. Fields the form does not know follow.
    pub fn of_entry(entry: &Entry, form: Option<&sobo_core::Form>) -> Self {
        let mut fields: IndexMap<String, FieldStart> = IndexMap::new();
        for known in form.into_iter().flat_map(|form| &form.fields) {
            let start = FieldStart { blind: known.blind, required: known.required, ..FieldStart::default() };
            fields.insert(known.name.clone(), start);
        }
        for (name, field) in &entry.fields {
            let start = fields.entry(name.clone()).or_default();
            let statement = Statement {
                text: field.text.clone(),
                lacuna: field.lacuna,
                value: field.value.clone(),
                bbox: None,
            };
            // A reading that is neither text nor lacuna says nothing.
            start.accepted = field.accepted && statement.is_well_formed();
            start.reading = statement.is_well_formed().then_some(statement);
        }
        Self { fields, carried_from: None }
    }

    /// The sheet with what people stated of the same entry on an earlier scan, the entry `from`. Each carried value is
    /// looked at again: none counts as offered.
    pub fn carrying(mut self, from: i64, earlier: &State) -> Self {
        for (name, statement) in earlier.stated() {
            let start = self.fields.entry(name).or_default();
            *start = FieldStart {
                reading: Some(Statement { bbox: None, ..statement }),
                accepted: false,
                carried: true,
                ..start.clone()
            };
        }
        self.carried_from = Some(from);
        self
    }

    fn readings(&self) -> IndexMap<String, Statement> {
        self.fields.iter().filter_map(|(name, start)| Some((name.clone(), start.reading.clone()?))).collect()
    }
}

/// Where a record stands.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "stage", content = "step", rename_all = "snake_case")]
pub enum Stage {
    /// Waits for a person to take this step.
    Awaiting(StepKind),
    /// Verified.
    SignedOff,
    /// Taken out: no act stands there, or it was split or merged into others.
    Withdrawn,
}

impl Stage {
    /// The identifier used in the database and interface texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Awaiting(kind) => kind.as_str(),
            Self::SignedOff => "signed_off",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What happens to a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A person finishes the step that is due, saying what stands in every field looked at.
    Submit {
        /// The step the person believes to be taking.
        step: StepKind,
        /// What the person says of each field.
        statements: IndexMap<String, Statement>,
    },
    /// The person whose step it is sends the record back to the beginning of the chain.
    Return {
        /// Why.
        reason: String,
    },
    /// A supervisor opens the record again, whatever its stage.
    Reopen {
        /// Why.
        reason: String,
    },
    /// The record is taken out.
    Withdraw {
        /// Why.
        reason: String,
    },
    /// A withdrawn record is put back where it stood.
    Restore,
    /// Who has just sent the record back, or opened it again, takes that back: it stands where it stood.
    TakeBack,
}

impl Event {
    /// The identifier used in the database and interface texts.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Submit { .. } => "submit",
            Self::Return { .. } => "return",
            Self::Reopen { .. } => "reopen",
            Self::Withdraw { .. } => "withdraw",
            Self::Restore => "restore",
            Self::TakeBack => "take_back",
        }
    }
}

/// An event with who did it and when: one line of the append-only history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    /// What happened.
    pub event: Event,
    /// Who did it, with the roles held at that moment.
    pub actor: Actor,
    /// When, RFC 3339 UTC.
    pub at: String,
}

/// Why an event was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The actor does not hold a role that may do this.
    #[error("this step is for {}", .needed.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", "))]
    WrongRole {
        /// The roles that may.
        needed: Vec<Role>,
    },
    /// The actor took an earlier step of the same record.
    #[error("nobody checks own work: this person already took the step {}", .step.as_str())]
    OwnWork {
        /// The earlier step.
        step: StepKind,
    },
    /// The record is not where the event expects it.
    #[error("the record stands at {}, not at {expected}", .stage.as_str())]
    WrongStage {
        /// Where it stands.
        stage: Stage,
        /// Where it would have to stand.
        expected: &'static str,
    },
    /// Fields that need a person have no statement.
    #[error("fields not yet looked at: {}", .fields.join(", "))]
    Unstated {
        /// Their names.
        fields: Vec<String>,
    },
    /// A field that the form and the reading do not have.
    #[error("this record has no field {field}")]
    UnknownField {
        /// Its name.
        field: String,
    },
    /// A statement with both text and lacuna, or neither.
    #[error("field {field} needs either text or a lacuna")]
    IllFormed {
        /// Its name.
        field: String,
    },
    /// A sign-off or an arbitration touched a field it may not.
    #[error("field {field} is not open to this step")]
    FieldClosed {
        /// Its name.
        field: String,
    },
    /// A reason is missing.
    #[error("a reason is needed")]
    NoReason,
    /// The last thing that happened is nothing this person could take back.
    #[error("there is nothing of this person's to take back")]
    NothingToTakeBack,
}

/// What one person said of the record in one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Snapshot {
    /// The step taken.
    pub step: StepKind,
    /// Which pass through the chain, from 0; grows when the record is returned or reopened.
    pub round: u32,
    /// Who.
    pub person: PersonId,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// The record's values as this person left them.
    pub statements: IndexMap<String, Statement>,
    /// Differences from the values before (in a blind reading: from the values the person did not see).
    pub changed: Vec<Difference>,
}

/// One record under verification.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct State {
    chain: Chain,
    sheet: Sheet,
    draw: u16,
    /// Index of the step that is due; the number of steps where none is.
    due: usize,
    round: u32,
    withdrawn: bool,
    disputed: Vec<String>,
    snapshots: Vec<Snapshot>,
    history: Vec<Deed>,
}

impl State {
    /// A record as read. `draw` in `0..1000` decides whether sampled steps are taken.
    pub fn begin(chain: Chain, sheet: Sheet, draw: u16) -> Self {
        let due = chain.next_due(0, draw, false).unwrap_or(chain.steps.len());
        Self {
            chain,
            sheet,
            draw,
            due,
            round: 0,
            withdrawn: false,
            disputed: Vec::new(),
            snapshots: Vec::new(),
            history: Vec::new(),
        }
    }

    /// The record after these deeds.
    ///
    /// # Errors
    /// The first refusal: the history was not made by these rules.
    pub fn replay(chain: Chain, sheet: Sheet, draw: u16, history: &[Deed]) -> Result<Self, Refusal> {
        history.iter().try_fold(Self::begin(chain, sheet, draw), |state, deed| {
            state.apply(deed.event.clone(), &deed.actor, &deed.at)
        })
    }

    /// Where the record stands.
    pub fn stage(&self) -> Stage {
        if self.withdrawn {
            return Stage::Withdrawn;
        }
        self.chain.steps.get(self.due).map_or(Stage::SignedOff, |step| Stage::Awaiting(step.kind))
    }

    /// Its chain.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Its fields as verification began.
    pub fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// Fields in which the last blind reading differs, in the order of the form.
    pub fn disputed(&self) -> &[String] {
        &self.disputed
    }

    /// What every step left, oldest first.
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// Everything that happened, oldest first.
    pub fn history(&self) -> &[Deed] {
        &self.history
    }

    /// The pass through the chain, from 0.
    pub fn round(&self) -> u32 {
        self.round
    }

    /// The values as they stand: of the last step that settles values, or the readings before any. A blind reading
    /// that differs settles nothing.
    pub fn values(&self) -> IndexMap<String, Statement> {
        self.settled().map_or_else(|| self.sheet.readings(), |snapshot| snapshot.statements.clone())
    }

    /// The values of the last blind reading of this round, where there is one.
    pub fn second_values(&self) -> Option<&IndexMap<String, Statement>> {
        self.snapshots
            .iter()
            .rev()
            .take_while(|snapshot| snapshot.round == self.round)
            .find(|snapshot| snapshot.step == StepKind::Blind)
            .map(|snapshot| &snapshot.statements)
    }

    /// What people stated, on this scan or an earlier one: the values of the last step that settles values, else those
    /// carried over.
    pub fn stated(&self) -> IndexMap<String, Statement> {
        match self.settled() {
            Some(snapshot) => snapshot.statements.clone(),
            None => {
                let carried = self.sheet.fields.iter().filter(|(_, start)| start.carried);
                carried.filter_map(|(name, start)| Some((name.clone(), start.reading.clone()?))).collect()
            }
        }
    }

    fn settled(&self) -> Option<&Snapshot> {
        self.snapshots.iter().rev().find(|snapshot| snapshot.step != StepKind::Blind)
    }

    /// The step that is due, if this actor may take it.
    ///
    /// # Errors
    /// Why the actor may not.
    pub fn may_take(&self, actor: &Actor) -> Result<StepKind, Refusal> {
        let wrong_stage = || Refusal::WrongStage { stage: self.stage(), expected: "an open step" };
        if self.withdrawn {
            return Err(wrong_stage());
        }
        let step = self.chain.steps.get(self.due).ok_or_else(wrong_stage)?;
        if !actor.holds_any(&step.roles) {
            return Err(Refusal::WrongRole { needed: step.roles.clone() });
        }
        let own = self
            .snapshots
            .iter()
            .find(|snapshot| snapshot.round == self.round && snapshot.person == actor.person);
        match own {
            Some(snapshot) => Err(Refusal::OwnWork { step: snapshot.step }),
            None => Ok(step.kind),
        }
    }

    /// Whether the last thing that happened was this actor's sending the record back or opening it again: as long as
    /// nothing happened since, the actor may take it back.
    pub fn may_take_back(&self, actor: &Actor) -> bool {
        self.history.last().is_some_and(|deed| {
            matches!(deed.event, Event::Return { .. } | Event::Reopen { .. })
                && deed.actor.person == actor.person
        })
    }

    /// The record as it stood before its last deed, with its history kept whole.
    fn taken_back(&self, actor: &Actor) -> Result<Self, Refusal> {
        let Some((_, before)) = self.history.split_last().filter(|_| self.may_take_back(actor)) else {
            return Err(Refusal::NothingToTakeBack);
        };
        let stood = Self::replay(self.chain.clone(), self.sheet.clone(), self.draw, before)?;
        Ok(Self { history: self.history.clone(), ..stood })
    }

    /// The fields that may not stay without a look in the step that is due: the cursor stops there.
    pub fn attention(&self) -> Vec<String> {
        let Stage::Awaiting(step) = self.stage() else { return Vec::new() };
        let changed = |name: &String| {
            self.snapshots
                .iter()
                .filter(|snapshot| snapshot.round == self.round)
                .any(|snapshot| snapshot.changed.iter().any(|difference| &difference.field == name))
        };
        self.sheet
            .fields
            .iter()
            .filter(|(name, start)| match step {
                StepKind::Entry => !start.accepted && (start.reading.is_some() || start.required),
                // The machine and the clerk agree on the rest.
                StepKind::Check => {
                    changed(name) || (!start.accepted && (start.reading.is_some() || start.required))
                }
                // Where the machine found nothing and the form demands nothing, the blind reader may speak but need not:
                // if the first person did, the two differ and the arbiter looks.
                StepKind::Blind => start.blind && (start.reading.is_some() || start.required),
                StepKind::Arbitrate => self.disputed.contains(name),
                StepKind::SignOff => false,
            })
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// The record after `event`, or why it was refused. The state itself is never changed.
    ///
    /// # Errors
    /// [`Refusal`] names the rule.
    pub fn apply(&self, event: Event, actor: &Actor, at: &str) -> Result<Self, Refusal> {
        let mut next = match &event {
            Event::Submit { step, statements } => self.submit(*step, statements, actor, at)?,
            Event::Return { reason } => {
                let step = self.may_take(actor)?;
                if step == StepKind::Entry {
                    return Err(Refusal::WrongStage { stage: self.stage(), expected: "a step after entry" });
                }
                self.back_to_start(reason)?
            }
            Event::Reopen { reason } => {
                needs(actor, &[Role::Supervisor])?;
                if self.withdrawn {
                    return Err(Refusal::WrongStage { stage: self.stage(), expected: "not withdrawn" });
                }
                self.back_to_start(reason)?
            }
            Event::Withdraw { reason } => {
                needs(actor, &[Role::Clerk, Role::Checker, Role::Supervisor])?;
                if !matches!(self.stage(), Stage::Awaiting(_)) {
                    return Err(Refusal::WrongStage { stage: self.stage(), expected: "an open step" });
                }
                if reason.trim().is_empty() {
                    return Err(Refusal::NoReason);
                }
                Self { withdrawn: true, ..self.clone() }
            }
            Event::Restore => {
                needs(actor, &[Role::Clerk, Role::Checker, Role::Supervisor])?;
                if !self.withdrawn {
                    return Err(Refusal::WrongStage { stage: self.stage(), expected: "withdrawn" });
                }
                Self { withdrawn: false, ..self.clone() }
            }
            Event::TakeBack => self.taken_back(actor)?,
        };
        next.history.push(Deed { event, actor: actor.clone(), at: at.to_owned() });
        Ok(next)
    }

    fn back_to_start(&self, reason: &str) -> Result<Self, Refusal> {
        if reason.trim().is_empty() {
            return Err(Refusal::NoReason);
        }
        let due = self.chain.next_due(0, self.draw, false).unwrap_or(self.chain.steps.len());
        Ok(Self { due, round: self.round + 1, disputed: Vec::new(), ..self.clone() })
    }

    fn submit(
        &self,
        step: StepKind,
        statements: &IndexMap<String, Statement>,
        actor: &Actor,
        at: &str,
    ) -> Result<Self, Refusal> {
        let due = self.may_take(actor)?;
        if due != step {
            return Err(Refusal::WrongStage { stage: self.stage(), expected: step.as_str() });
        }
        for (field, statement) in statements {
            if !self.sheet.fields.contains_key(field) {
                return Err(Refusal::UnknownField { field: field.clone() });
            }
            if !statement.is_well_formed() {
                return Err(Refusal::IllFormed { field: field.clone() });
            }
            let closed = match step {
                StepKind::SignOff => true,
                StepKind::Arbitrate => !self.disputed.contains(field),
                StepKind::Entry | StepKind::Check | StepKind::Blind => false,
            };
            if closed {
                return Err(Refusal::FieldClosed { field: field.clone() });
            }
        }
        let missing: Vec<String> =
            self.attention().into_iter().filter(|field| !statements.contains_key(field)).collect();
        if !missing.is_empty() {
            return Err(Refusal::Unstated { fields: missing });
        }

        let before = self.values();
        let mut after = IndexMap::new();
        // In the order of the form; what was not restated stays as it was.
        for field in self.sheet.fields.keys() {
            if let Some(statement) = statements.get(field).or_else(|| before.get(field)) {
                after.insert(field.clone(), statement.clone());
            }
        }
        let disputed = match step {
            StepKind::Blind => after
                .keys()
                .filter(|field| !Statement::agree(before.get(*field), after.get(*field)))
                .cloned()
                .collect(),
            _ => Vec::new(),
        };
        let next_due = self
            .chain
            .next_due(self.due + 1, self.draw, !disputed.is_empty())
            .unwrap_or(self.chain.steps.len());
        let snapshot = Snapshot {
            step,
            round: self.round,
            person: actor.person,
            at: at.to_owned(),
            changed: differences(&before, &after),
            statements: after,
        };
        let mut next = Self { due: next_due, disputed, ..self.clone() };
        next.snapshots.push(snapshot);
        Ok(next)
    }

    /// The verified record, once signed off.
    pub fn verified(&self) -> Option<VerifiedRecord> {
        (self.stage() == Stage::SignedOff).then(|| VerifiedRecord {
            chain: self.chain.id.clone(),
            values: self.values(),
            people: self
                .snapshots
                .iter()
                .filter(|snapshot| snapshot.round == self.round)
                .map(|snapshot| (snapshot.step, snapshot.person, snapshot.at.clone()))
                .collect(),
        })
    }
}

fn needs(actor: &Actor, roles: &[Role]) -> Result<(), Refusal> {
    if actor.holds_any(roles) { Ok(()) } else { Err(Refusal::WrongRole { needed: roles.to_vec() }) }
}

/// A record that went through its whole chain. Only [`State::verified`] makes one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifiedRecord {
    chain: String,
    values: IndexMap<String, Statement>,
    people: Vec<(StepKind, PersonId, String)>,
}

impl VerifiedRecord {
    /// Identifier of the chain it went through.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// Its values in the order of the form.
    pub fn values(&self) -> &IndexMap<String, Statement> {
        &self.values
    }

    /// Who took which step and when, in order.
    pub fn people(&self) -> &[(StepKind, PersonId, String)] {
        &self.people
    }
}
