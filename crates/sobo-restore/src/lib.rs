//! Orientation, page edges, deskew, dewarp, background, bleed-through, binarisation and a quality score.
//!
//! [`restore`] turns a page as scanned into a flat, upright, evenly lit one and keeps the [`Transform`] between both,
//! so that every box found on the restored page can be shown on the original. Each step works at the resolution it
//! needs; lines for a reader are cut from the original's own pixels with [`Restoration::crop`].

mod background;
mod binarise;
mod bleed;
mod colour;
mod dewarp;
mod lines;
mod orientation;
mod perspective;
mod quality;
mod raster;
mod restoration;
mod settings;
mod sheet;
mod skew;
mod transform;
mod warp;

pub use binarise::{flattened, local_contrast, otsu, otsu_level, page as binarise, sauvola, wolf};
pub use orientation::OrientationEvidence;
pub use quality::{Defect, Quality};
pub use restoration::{Restoration, restore, restore_turned};
pub use settings::{QualityLimits, Settings};
pub use transform::{Homography, Mesh, Orientation, Transform};
