//! Ruled tables, text lines, label anchors and the alignment of a page to its form.
//!
//! Three steps, of which none recognises text: [`analyse`] finds rulings, tables and lines of text
//! on a restored page; [`anchor_requests`] says which lines of print are to be read, which the
//! pipeline does with whatever recogniser it has; [`align`] chooses the form that explains the
//! readings best and gives the boxes of every field of every entry.

mod align;
mod anchor;
mod body;
mod chain;
mod clean;
mod component;
mod contact;
mod draft;
mod faint;
mod forms;
mod labelled;
mod ledger;
mod line;
mod matching;
mod part;
mod plan;
mod print;
mod raster;
mod ruling;
mod structure;
mod table;
mod tick;
mod unclosed;
mod writing;

pub use align::{align, explain};
pub use anchor::{Anchor, AnchorPlace, AnchorRequest, anchor_requests};
pub use body::body_requests;
pub use component::Component;
pub use draft::{Draft, draft};
pub use forms::{FormError, LoadedForm, load_forms};
pub use line::{Slot, TextLine};
pub use part::{Parted, part_at_labels};
pub use plan::{EntryPlan, FieldPlan, PagePlan, Tick};
pub use print::{Print, PrintColumn, PrintLabel, SeenColumn, SeenLabel, Sighting, learn, sight};
pub use raster::Page;
pub use ruling::{Ruling, Stroke};
pub use structure::{Structure, analyse};
pub use table::Table;
