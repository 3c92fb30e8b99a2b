//! Where the fields of a page are to be read.

use sobo_core::{FieldKind, Rect, RegisterType, Restored};

/// One field of an entry as it lies on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPlan {
    /// Name of the field in the form.
    pub name: String,
    /// What is written in it.
    pub kind: FieldKind,
    /// Boxes of its lines of writing, top to bottom; empty where nothing is written.
    pub lines: Vec<Rect<Restored>>,
    /// The place where a value would stand, whether or not there is one.
    pub place: Rect<Restored>,
    /// How sure it is that this place belongs to this field, `0..=1`.
    pub certainty: f32,
    /// What boxes to tick say, where the field is one of those and something is marked; `lines` is empty then and
    /// `place` the marked box.
    pub tick: Option<Tick>,
}

/// A mark in one of several boxes.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// What the marked box means; `None` where a person has to say which it is.
    pub value: Option<String>,
    /// How sure that is, `0..=1`.
    pub certainty: f32,
}

/// One entry as it lies on the page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EntryPlan {
    /// Box around the entry.
    pub bbox: Rect<Restored>,
    /// Its fields, in the order of the form.
    pub fields: Vec<FieldPlan>,
}

/// A page laid on its form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PagePlan {
    /// Index of the form among those that were compared; `None` where the form is unknown.
    pub form: Option<usize>,
    /// Log-odds of the form, in letters of print that agree.
    pub score: f32,
    /// Share of the form's labels that were found, `0..=1`.
    pub coverage: f32,
    /// What the register records, from the form.
    pub register_type: Option<RegisterType>,
    /// Year in the page's heading, where one was read.
    pub year: Option<i32>,
    /// Entries in reading order.
    pub entries: Vec<EntryPlan>,
    /// The form that came second with its score, for messages about doubtful pages.
    pub runner_up: Option<(usize, f32)>,
}
