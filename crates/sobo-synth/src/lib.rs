//! Synthetic register books with exact truth, training lines and damage. A tool, never linked into the product.
//!
//! Everything drawn is a function of a seed: the same bytes on every machine.

pub mod book;
pub mod canvas;
pub mod contact;
pub mod content;
pub mod decay;
pub mod fonts;
pub mod forms;
mod hand;
pub mod ink;
pub mod lines;
mod outlines;
pub mod page;
pub mod pages;
mod print;
pub mod random;
pub mod samples;
pub mod truth;
mod typewriter;
pub mod writer;

pub use ink::{GlyphBox, GrayMask, PixelBox, WrittenLine};
pub use random::Rng;
pub use writer::Writer;
