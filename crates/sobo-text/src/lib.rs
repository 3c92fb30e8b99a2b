//! The one Vietnamese normaliser: tones, folding, old spelling, legacy encodings, dates and numbers in words, names.
//!
//! Pure functions over text. Every comparison, key and normal form of the workspace comes from here.

mod distance;
mod fold;
pub mod spelling;
mod syllable;

pub use distance::{PreparedLabel, edit_distance, similarity, substitution_cost, weighted_distance};
pub use fold::{
    collapse_spaces, exact_key, fold, fold_char, folded_key, nfc, spelling_key, strip_marks, words,
};
pub use syllable::{
    Placement, Syllable, Tone, alphabet, is_vietnamese_syllable, place_tone, place_tones, split_syllable,
};
