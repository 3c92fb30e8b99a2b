//! How much a file may ask for.

use serde::{Deserialize, Serialize};

use crate::{IntakeError, Refusal};

/// Limits on what is taken in. Headers are checked before anything is allocated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Most pixels of a page (an A3 spread at 600 dpi has 70 million).
    pub max_pixels: u64,
    /// Most pages of one file.
    pub max_pages: u32,
    /// Most entries of one archive.
    pub max_entries: u32,
    /// Most bytes of one file, unpacked.
    pub max_file_bytes: u64,
    /// Most bytes of a file that is decoded in memory as a whole: everything but TIFF.
    pub max_memory_bytes: u64,
    /// Most bytes one archive may unpack to, all entries together.
    pub max_unpacked_bytes: u64,
    /// Deepest folder below a path that was handed over.
    pub max_depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_pixels: 150_000_000,
            max_pages: 2_000,
            max_entries: 20_000,
            max_file_bytes: 16 << 30,
            max_memory_bytes: 512 << 20,
            max_unpacked_bytes: 50 << 30,
            max_depth: 12,
        }
    }
}

impl Limits {
    /// Refuses pages that are empty or have too many pixels.
    pub(crate) fn check_size(&self, name: &str, width: u64, height: u64) -> Result<(), IntakeError> {
        if width == 0 || height == 0 {
            return Err(IntakeError::damaged(name, format!("{width} × {height} pixels")));
        }
        match width.checked_mul(height) {
            Some(pixels) if pixels <= self.max_pixels => Ok(()),
            _ => Err(IntakeError::new(
                name,
                Refusal::TooManyPixels,
                format!("{width} × {height} pixels, the limit is {} in all", self.max_pixels),
            )),
        }
    }

    pub(crate) fn check_pages(&self, name: &str, pages: u32) -> Result<(), IntakeError> {
        if pages > self.max_pages {
            return Err(IntakeError::new(
                name,
                Refusal::TooManyPages,
                format!("more than {} pages", self.max_pages),
            ));
        }
        Ok(())
    }
}
