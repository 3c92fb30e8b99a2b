//! The rules of verification as a pure state machine: events in, state out.
//!
//! An entry of a register is read by the machine, keyed by a clerk, checked by a second person, read again blind by
//! a third who sees neither the reading nor the first value of the fields that matter, settled by an arbiter where
//! the two differ, and signed off by the registrar. Which of these steps an office takes is data: a [`Chain`].
//!
//! Nothing here knows a clock, a database or HTTP. A [`State`] cannot be read back from JSON: it is rebuilt by
//! replaying its history ([`State::replay`]), so that no stored document can claim a verification that did not
//! happen, and a [`VerifiedRecord`] comes out of a signed-off state alone.

mod chain;
mod people;
mod rescan;
mod sampling;
mod state;
mod statement;
mod turn;

pub use chain::{Chain, Step, StepKind, When};
pub use people::{Actor, PersonId, Role};
pub use rescan::{EntryMark, pair_entries};
pub use sampling::{sample_size, wilson};
pub use state::{Deed, Event, FieldStart, Refusal, Sheet, Snapshot, Stage, State, VerifiedRecord};
pub use statement::{Difference, Statement, differences};
pub use turn::{Turn, TurnField};
