//! Paper, damage and the camera. Everything happens in the sheet's own pixels; one warp carries ink,
//! boxes and holes into the image together.

mod camera;
mod fold;
mod holes;
mod surface;
mod warp;

use crate::page::{Fade, Sheet};
use crate::random::Rng;

pub use camera::{Capture, Shot, photograph, to_grey};
pub use fold::Fold;
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

    /// The level of one kind of damage on a page of this level: books do not decay evenly, so that it is now and then
    /// one step better or worse.
    fn near(self, rng: &mut Rng) -> Self {
        match (self, rng.weighted(&[0.1, 0.8, 0.1])) {
            (Self::Light, 2) | (Self::Heavy, 0) => Self::Medium,
            (Self::Medium, 0) => Self::Light,
            (Self::Medium, 2) => Self::Heavy,
            (level, _) => level,
        }
    }

    /// How much of the writing's ink is left.
    pub fn ink_fade(self, rng: &mut Rng) -> Fade {
        let most = rng.range(self.of(0.93, 0.82, 0.66), self.of(1.0, 0.98, 0.92));
        let least = most * rng.range(self.of(0.72, 0.42, 0.24), self.of(0.95, 0.8, 0.66));
        let rubbed = rng.range(self.of(-0.2, -0.15, 0.0), self.of(0.12, 0.32, 0.55)).max(0.0);
        Fade { seed: rng.next_u64(), most, least, rubbed }
    }

    /// How much of the print is left.
    pub fn print_fade(self, rng: &mut Rng) -> Fade {
        let most = rng.range(self.of(0.88, 0.74, 0.5), 0.97);
        let least = most * rng.range(self.of(0.85, 0.62, 0.36), 0.93);
        let rubbed = rng.range(self.of(-0.2, -0.1, 0.05), self.of(0.15, 0.42, 0.75)).max(0.0);
        Fade { seed: rng.next_u64(), most, least, rubbed }
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
    let near = |part: u64| level.near(&mut rng.fork(20 + part));
    let folds = Fold::draw((sheet.width, sheet.height), near(1), &mut rng.fork(7));
    let surface = Surface::paint(sheet, reverse, &folds, level, &mut rng.fork(1));
    let holes = Holes::draw(sheet, near(2), &mut rng.fork(2));
    if rng.fork(3).chance(near(3).of(0.02, 0.12, 0.35)) {
        surface::smear(sheet, &mut rng.fork(4));
    }
    let warp = Warp::draw((sheet.width, sheet.height), &folds, level, capture, spread, &mut rng.fork(5));
    photograph(sheet, surface, holes, warp, near(4), capture, spread, &mut rng.fork(6))
}
