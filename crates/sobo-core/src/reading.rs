//! What a recogniser says of one line of writing.

use serde::{Deserialize, Serialize};

use crate::Candidate;

/// One character of a reading and where along the line image it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CharSpan {
    /// The character, NFC.
    pub ch: char,
    /// Left edge as a share of the line image's width, `0..=1`.
    pub x0: f32,
    /// Right edge as a share of the line image's width, `0..=1`.
    pub x1: f32,
    /// Probability the recogniser gives this character.
    pub probability: f32,
}

/// A recogniser's reading of one line image.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The text, NFC; empty where nothing is written.
    pub text: String,
    /// Calibrated probability that `text` is wholly right, `0..=1`.
    pub confidence: f32,
    /// Alternatives, best first, the first equal to `text`.
    pub candidates: Vec<Candidate>,
    /// Characters of `text` in order, where the recogniser can place them.
    pub chars: Vec<CharSpan>,
    /// Identifier of the recogniser and its model (`neural:3f2a…`, `tesseract:5.3.0-vie`).
    pub reader: String,
}
