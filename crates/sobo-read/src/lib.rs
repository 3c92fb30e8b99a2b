//! Line recognisers behind one trait: the neural reader and Tesseract, with decoding and calibrated confidence.
//!
//! A [`Recognizer`] reads grey crops of single text lines and returns [`sobo_core::Reading`]s: text, calibrated
//! probability that the whole text is right, alternatives, and where each character stands. It knows nothing of
//! pages, forms or stores.
//!
//! Tesseract runs its own OpenMP threads unless the environment says otherwise: a program that uses
//! [`TesseractReader`] sets `OMP_THREAD_LIMIT=1` before it starts its first thread, or the same work takes five
//! times as long.

mod decode;
mod error;
mod neural;
mod recognizer;
mod tesseract;

use std::path::Path;

pub use decode::{Decoding, FEATURES};
pub use error::ReadError;
pub use neural::{MANIFEST_FILE, NeuralReader};
pub use recognizer::{LineInput, Recognizer};
pub use tesseract::TesseractReader;

/// The reader a program should use when nobody chose one: the neural reader of `models_dir` if it is there,
/// else Tesseract.
///
/// # Errors
/// A neural model that is there but damaged is an error, never a silent fall-back; so is a missing Tesseract
/// language when no model is there.
pub fn default_reader(models_dir: &Path) -> Result<Box<dyn Recognizer>, ReadError> {
    if models_dir.join(MANIFEST_FILE).exists() {
        Ok(Box::new(NeuralReader::load(models_dir)?))
    } else {
        Ok(Box::new(TesseractReader::new()?))
    }
}
