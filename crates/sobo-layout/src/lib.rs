//! Ruled tables, text lines, label anchors and the alignment of a page to its form.

mod clean;
mod component;
mod line;
mod raster;
mod ruling;
mod structure;
mod table;

pub use component::Component;
pub use line::{Slot, TextLine};
pub use raster::Page;
pub use ruling::{Ruling, Stroke};
pub use structure::{Structure, analyse};
pub use table::Table;
