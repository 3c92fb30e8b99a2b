//! The reader learns from what clerks verify: which fields teach, which lines stand behind a model, whether a model is
//! better than the one before, and what to verify first.
//!
//! Nothing here knows a clock, a file, a database or pixels: `sobo-cli` brings crops and readings, and does what is
//! decided here.

mod card;
mod compare;
mod field;
mod field_confidence;
mod scope;
mod set;
mod split;
mod teach;

pub use card::{Agreement, Card, Figures, Judged, Terms};
pub use compare::{Comparison, Pair, Verdict, compare, judge, margin};
pub use field::{VerifiedField, qualify};
pub use field_confidence::{FieldFigures, FieldShift, ReadField, cross_check};
pub use scope::{Scope, ScopeError, choose};
pub use set::{HeldOut, LineNote, SetManifest, divide};
pub use split::split_text;
pub use teach::{Teacher, teaching_order};
