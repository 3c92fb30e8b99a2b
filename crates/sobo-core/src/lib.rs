//! Register kinds, offices, volumes, pages, entries, fields, lacunae and their evidence.
//!
//! Plain values only: nothing here knows files, pixels, SQL or HTTP. Every other crate of the
//! workspace speaks in these types.

mod date;
mod field;
mod form;
mod geometry;
mod page;
mod reading;
mod register;

pub use date::{ParseDateError, PartialDate, days_in_month};
pub use field::{Candidate, Check, CheckEffect, Entry, Evidence, Field, Lacuna, Provenance};
pub use form::{FieldKind, Form, FormField, TickBox};
pub use geometry::{Original, Point, Quad, Rect, Restored, Space};
pub use page::{Outcome, PageReading, SCHEMA_VERSION};
pub use reading::{CharSpan, Reading};
pub use register::{Ink, RegisterType, Statement, VolumeDescriptor};
