//! Synthetic register books with exact truth, training lines and damage. A tool, never linked into the product.
//!
//! Everything drawn is a function of a seed: the same bytes on every machine.

pub mod canvas;
pub mod fonts;
mod hand;
pub mod ink;
pub mod lines;
mod outlines;
mod print;
pub mod random;
mod typewriter;
pub mod writer;

pub use ink::{GlyphBox, GrayMask, PixelBox, WrittenLine};
pub use random::Rng;
pub use writer::Writer;
