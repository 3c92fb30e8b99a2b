//! What can be chosen about restoration.

use serde::{Deserialize, Serialize};

/// Settings of [`restore`](crate::restore). Part of the settings hash of a reading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Dots per inch of the restored page.
    pub working_dpi: f64,
    /// Whether to look for pages lying on their side or head.
    pub find_orientation: bool,
    /// Largest skew looked for, in degrees.
    pub largest_skew: f64,
    /// Whether to take out the perspective of a photographed sheet.
    pub find_perspective: bool,
    /// Whether to straighten curled lines.
    pub dewarp: bool,
    /// Whether to clear what shows through from the other side, and the grain of the paper.
    pub suppress_bleed_through: bool,
    /// When a page should be scanned again.
    pub quality: QualityLimits,
}

/// Limits beyond which a page should be scanned again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityLimits {
    /// Least brightness of the paper, 0 to 255.
    pub least_brightness: f32,
    /// Least dots per inch of the sheet.
    pub least_dpi: f32,
    /// Least share of the page that is ink.
    pub least_ink: f32,
    /// Least sharpness of strokes (see [`Quality::sharpness`](crate::Quality)).
    pub least_sharpness: f32,
    /// Most strokes that a side of the image may cut.
    pub most_cut_strokes: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            working_dpi: 150.0,
            find_orientation: true,
            largest_skew: 12.0,
            find_perspective: true,
            dewarp: true,
            suppress_bleed_through: true,
            quality: QualityLimits::default(),
        }
    }
}

impl Default for QualityLimits {
    fn default() -> Self {
        Self {
            least_brightness: 60.0,
            least_dpi: 110.0,
            least_ink: 0.0004,
            least_sharpness: 0.33,
            most_cut_strokes: 10,
        }
    }
}
