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
    /// Whether to straighten curled lines.
    pub dewarp: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { working_dpi: 150.0, find_orientation: true, largest_skew: 12.0, dewarp: true }
    }
}
