//! Whether a page can be read at all, or should be scanned again.

use serde::{Deserialize, Serialize};

/// Why a page should be scanned again.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// Strokes are smeared over several pixels.
    Blur,
    /// Print or writing is cut by the rim of the image.
    Cropped,
    /// Hardly any light on the page.
    TooDark,
    /// Too few pixels for the size of the writing.
    LowResolution,
    /// There is nothing on the page.
    Blank,
}

/// How well a page can be read, before anything is read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// 1 for a clean scan, towards 0 as defects add up.
    pub score: f32,
    /// What is wrong, worst first; empty for a usable page.
    pub defects: Vec<Defect>,
    /// Whether the page should be scanned again.
    pub rescan: bool,
}
