//! The trait every line reader implements.

use image::GrayImage;
use sobo_core::{FieldKind, Reading};

use crate::ReadError;

/// One text line to be read.
#[derive(Debug, Copy, Clone)]
pub struct LineInput<'a> {
    /// Grey crop of one line, dark ink on light paper, any height; text upright.
    pub image: &'a GrayImage,
    /// What is written in the field: chooses the decoding vocabulary.
    pub kind: FieldKind,
    /// Year of the register where known: spelling and names of the time.
    pub year: Option<i32>,
}

impl<'a> LineInput<'a> {
    /// A line of which nothing is known but its pixels.
    pub fn new(image: &'a GrayImage) -> Self {
        Self { image, kind: FieldKind::Text, year: None }
    }

    /// The same line in a field of this kind.
    #[must_use]
    pub fn with_kind(mut self, kind: FieldKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same line in a register of this year.
    #[must_use]
    pub fn with_year(mut self, year: Option<i32>) -> Self {
        self.year = year;
        self
    }
}

/// Reads single text lines. Implementations are deterministic: the same call gives the same readings on any number of
/// threads. Other lines of the call are no context of a line; they may change the last digits of its confidence, as
/// lines computed together are summed in another order.
pub trait Recognizer: Send + Sync {
    /// Identifier of the engine and its model (`neural:3f2a…`, `tesseract:5.3.0-vie`), kept with every reading.
    fn id(&self) -> &str;

    /// Reads the lines, one [`Reading`] each, in the same order. A line without ink gives an empty text.
    ///
    /// # Errors
    /// When the engine itself fails; a line that cannot be made out is no error but a reading of low confidence.
    fn read(&self, lines: &[LineInput<'_>]) -> Result<Vec<Reading>, ReadError>;
}
