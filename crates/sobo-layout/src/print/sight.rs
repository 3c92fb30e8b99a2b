//! What one page shows of its book's print.

use crate::align::align;
use crate::anchor::Anchor;
use crate::forms::LoadedForm;
use crate::structure::Structure;
use crate::{labelled, ledger};

/// What one page shows of its book's print. Lengths are pixels of the restored page at 150 dpi.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sighting {
    /// The form it was taken for.
    pub form: String,
    /// sha256 of the form's file, hex.
    pub form_hash: String,
    /// Columns of its tables, left to right.
    pub columns: Vec<SeenColumn>,
    /// Labels that were read well.
    pub labels: Vec<SeenLabel>,
}

/// A column as seen on one page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenColumn {
    /// Its field, where the head was read well.
    pub field: Option<String>,
    /// Left edge.
    pub x0: f32,
    /// Right edge.
    pub x1: f32,
}

/// A label as seen on one page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenLabel {
    /// Which entry of the page, from 0.
    pub entry: u32,
    /// Its field.
    pub field: String,
    /// Where it begins.
    pub x: f32,
    /// Middle of its line.
    pub y: f32,
    /// Where the writing behind it begins.
    pub value_x: f32,
}

/// What a page shows of its print; `None` where its form is unknown.
pub fn sight(structure: &Structure, forms: &[LoadedForm], anchors: &[Anchor]) -> Option<Sighting> {
    let plan = align(structure, forms, anchors, None);
    let form = forms.get(plan.form?)?;
    let mut sighting =
        Sighting { form: form.form.id.clone(), form_hash: form.hash.clone(), ..Sighting::default() };
    if form.form.layout == "ledger" {
        sighting.columns = ledger::Columns::new(structure, anchors, None).seen(form);
    } else {
        sighting.labels = labelled::Slots::new(structure, anchors).seen(form);
    }
    Some(sighting)
}
