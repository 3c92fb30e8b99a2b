//! Paper, damage and the camera. Everything happens in the sheet's own pixels; one warp carries ink,
//! boxes and holes into the image together.

mod camera;
mod holes;
mod surface;
mod warp;

use crate::page::{Fade, Sheet};
use crate::random::Rng;

pub use camera::{Capture, Shot, photograph, to_grey};
pub use holes::Holes;
pub use surface::Surface;
pub use warp::Warp;

/// How decayed a page is.
#[derive(Debug, Copy, Clone, PartialEq, Eq, clap::ValueEnum)]
pub enum Level {
    /// Sound paper, clean scan.
    Light,
    /// Yellowed, foxed, sometimes torn.
    Medium,
    /// Stained, eaten, faded, badly taken.
    Heavy,
}

impl Level {
    /// All levels.
    pub const ALL: [Self; 3] = [Self::Light, Self::Medium, Self::Heavy];

    /// The identifier of the truth format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Medium => "medium",
            Self::Heavy => "heavy",
        }
    }

    /// One of three values by level.
    pub(crate) fn of<T: Copy>(self, light: T, medium: T, heavy: T) -> T {
        match self {
            Self::Light => light,
            Self::Medium => medium,
            Self::Heavy => heavy,
        }
    }

    /// How much of the writing's ink is left.
    pub fn ink_fade(self, rng: &mut Rng) -> Fade {
        let most = rng.range(self.of(0.93, 0.82, 0.66), self.of(1.0, 0.98, 0.92));
        let least = most * rng.range(self.of(0.72, 0.42, 0.24), self.of(0.95, 0.8, 0.66));
        Fade { seed: rng.next_u64(), most, least }
    }

    /// How much of the print is left.
    pub fn print_fade(self, rng: &mut Rng) -> Fade {
        let most = rng.range(self.of(0.88, 0.74, 0.5), 0.97);
        let least = most * rng.range(self.of(0.85, 0.62, 0.36), 0.93);
        Fade { seed: rng.next_u64(), most, least }
    }
}

/// Damages a flat sheet and takes its picture. `reverse` is the page on the other side.
pub fn decay(
    sheet: &mut Sheet,
    reverse: Option<&Sheet>,
    level: Level,
    capture: Capture,
    spread: bool,
    rng: &Rng,
) -> Shot {
    let surface = Surface::paint(sheet, reverse, level, &mut rng.fork(1));
    let holes = Holes::draw(sheet, level, &mut rng.fork(2));
    if rng.fork(3).chance(level.of(0.02, 0.12, 0.35)) {
        surface::smear(sheet, &mut rng.fork(4));
    }
    let warp = Warp::draw((sheet.width, sheet.height), level, capture, spread, &mut rng.fork(5));
    photograph(sheet, surface, holes, warp, level, capture, spread, &mut rng.fork(6))
}
