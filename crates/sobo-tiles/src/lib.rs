//! Deep-zoom tiles, field strips and thumbnails of a page.
//!
//! The whole pyramid of a page is made from one decoding when its first tile is wanted, into a folder that appears by
//! rename: a half-made pyramid is never seen, and deleting the folder costs nothing but time. Strips and thumbnails
//! are put together from tiles, so that no decoded page stays in memory.
//!
//! Tiles follow the Deep Zoom layout: level `max` is the page at full size, each level below half of it, tiles of
//! [`TILE`] pixels without overlap.

mod pyramid;
mod strip;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use image::DynamicImage;
use serde::{Deserialize, Serialize};
use sobo_core::{Original, Rect};
use thiserror::Error;

/// Side of a tile in pixels.
pub const TILE: u32 = 512;

/// Why an image of a page could not be given.
#[derive(Debug, Error)]
pub enum TileError {
    /// The original could not be decoded.
    #[error("page {page_index} of original {original} cannot be shown: {reason}")]
    Undecodable {
        /// sha256 of the original.
        original: String,
        /// Page in that file.
        page_index: u32,
        /// What the decoder said.
        reason: String,
    },
    /// There is no such tile or level.
    #[error("there is no tile {x}_{y} at level {level}")]
    NoSuchTile {
        /// Level.
        level: u32,
        /// Column.
        x: u32,
        /// Row.
        y: u32,
    },
    /// The work folder could not be read or written.
    #[error("tiles cannot be kept at {path}")]
    Io {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// An image could not be encoded or read back.
    #[error("image at {path} cannot be coded")]
    Image {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: image::ImageError,
    },
}

/// Gives the pixels of a page in original space (EXIF orientation applied).
pub trait PageDecoder: Send + Sync {
    /// Decodes page `page_index` of the original with this sha256.
    ///
    /// # Errors
    /// A sentence for a person.
    fn decode(&self, original: &str, page_index: u32) -> Result<DynamicImage, String>;
}

/// Size of a page and of its pyramid.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageImage {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The level at full size.
    pub max_level: u32,
}

impl PageImage {
    /// A page of this size.
    pub fn of_size(width: u32, height: u32) -> Self {
        let longest = width.max(height).max(1);
        Self { width, height, max_level: u32::BITS - (longest - 1).leading_zeros() }
    }

    /// Size of the page at `level`.
    pub fn size_at(&self, level: u32) -> (u32, u32) {
        let shift = self.max_level.saturating_sub(level);
        let scaled = |side: u32| (u64::from(side).div_ceil(1 << shift.min(40))).max(1) as u32;
        (scaled(self.width), scaled(self.height))
    }
}

/// The tiles of every page, cached under one folder.
pub struct Tiles {
    root: PathBuf,
    decoder: Arc<dyn PageDecoder>,
    making: Mutex<HashMap<PathBuf, Arc<Mutex<()>>>>,
}

impl Tiles {
    /// Tiles kept under `root`, which is made when needed.
    pub fn new(root: &Path, decoder: Arc<dyn PageDecoder>) -> Self {
        Self { root: root.to_owned(), decoder, making: Mutex::new(HashMap::new()) }
    }

    /// Size of a page; makes its pyramid where there is none.
    ///
    /// # Errors
    /// The original cannot be decoded or the folder not written.
    pub fn page(&self, original: &str, page_index: u32) -> Result<PageImage, TileError> {
        Ok(self.ensure(original, page_index)?.1)
    }

    /// A tile as JPEG.
    ///
    /// # Errors
    /// There is no such tile, or the page cannot be shown.
    pub fn tile(
        &self,
        original: &str,
        page_index: u32,
        level: u32,
        x: u32,
        y: u32,
    ) -> Result<Vec<u8>, TileError> {
        let (folder, page) = self.ensure(original, page_index)?;
        let (width, height) = page.size_at(level);
        if level > page.max_level || x >= width.div_ceil(TILE) || y >= height.div_ceil(TILE) {
            return Err(TileError::NoSuchTile { level, x, y });
        }
        let path = pyramid::tile_path(&folder, level, x, y);
        std::fs::read(&path).map_err(|source| TileError::Io { path, source })
    }

    /// The part of the page inside `bbox` grown by `margin` pixels, cut at the page's edges, as JPEG no larger than
    /// `most_width` × `most_height`; with it the box really shown.
    ///
    /// # Errors
    /// The page cannot be shown.
    pub fn strip(
        &self,
        original: &str,
        page_index: u32,
        bbox: Rect<Original>,
        margin: f64,
        (most_width, most_height): (u32, u32),
    ) -> Result<(Vec<u8>, Rect<Original>), TileError> {
        let (folder, page) = self.ensure(original, page_index)?;
        strip::cut(&folder, page, bbox.grown(margin, margin), most_width, most_height)
    }

    /// The page as JPEG, no larger than `side` pixels either way.
    ///
    /// # Errors
    /// The page cannot be shown.
    pub fn thumbnail(&self, original: &str, page_index: u32, side: u32) -> Result<Vec<u8>, TileError> {
        let (folder, page) = self.ensure(original, page_index)?;
        let whole = Rect::new(0.0, 0.0, f64::from(page.width), f64::from(page.height));
        Ok(strip::cut(&folder, page, whole, side, side)?.0)
    }

    fn ensure(&self, original: &str, page_index: u32) -> Result<(PathBuf, PageImage), TileError> {
        // Only hex digits reach the file system.
        let valid = original.len() >= 2 && original.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !valid {
            return Err(TileError::Undecodable {
                original: original.to_owned(),
                page_index,
                reason: "not an identifier of an original".to_owned(),
            });
        }
        let folder = self.root.join(&original[..2]).join(format!("{original}_{page_index}"));
        if let Some(page) = pyramid::read_size(&folder) {
            return Ok((folder, page));
        }
        // One at a time for each page; others wait and find it made.
        let gate = {
            let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(making.entry(folder.clone()).or_default())
        };
        let made = {
            let _held = gate.lock().unwrap_or_else(PoisonError::into_inner);
            match pyramid::read_size(&folder) {
                Some(page) => Ok(page),
                None => self.make(&folder, original, page_index),
            }
        };
        self.making.lock().unwrap_or_else(PoisonError::into_inner).remove(&folder);
        Ok((folder, made?))
    }

    fn make(&self, folder: &Path, original: &str, page_index: u32) -> Result<PageImage, TileError> {
        let pixels = self.decoder.decode(original, page_index).map_err(|reason| TileError::Undecodable {
            original: original.to_owned(),
            page_index,
            reason,
        })?;
        pyramid::write(folder, pixels)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A page whose brightness tells the position, so that a strip shows where it was cut.
    struct Gradient(AtomicU32);

    impl PageDecoder for Gradient {
        fn decode(&self, original: &str, _page: u32) -> Result<DynamicImage, String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            if original.starts_with("00") {
                return Err("file is truncated".to_owned());
            }
            let pixels = image::GrayImage::from_fn(1300, 700, |x, _| image::Luma([(x / 6) as u8]));
            Ok(DynamicImage::ImageLuma8(pixels))
        }
    }

    fn tiles(folder: &Path) -> (Tiles, Arc<Gradient>) {
        let decoder = Arc::new(Gradient(AtomicU32::new(0)));
        (Tiles::new(folder, decoder.clone()), decoder)
    }

    #[test]
    fn every_tile_of_every_level_is_there_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let (tiles, decoder) = tiles(folder.path());
        let page = tiles.page("abcd", 0).unwrap();
        assert_eq!((page.width, page.height, page.max_level), (1300, 700, 11));
        for level in 0..=page.max_level {
            let (width, height) = page.size_at(level);
            for x in 0..width.div_ceil(TILE) {
                for y in 0..height.div_ceil(TILE) {
                    let tile = image::load_from_memory(&tiles.tile("abcd", 0, level, x, y).unwrap()).unwrap();
                    assert_eq!(tile.width(), (width - x * TILE).min(TILE), "level {level}");
                    assert_eq!(tile.height(), (height - y * TILE).min(TILE), "level {level}");
                }
            }
            assert!(tiles.tile("abcd", 0, level, width.div_ceil(TILE), 0).is_err());
        }
        assert!(tiles.tile("abcd", 0, page.max_level + 1, 0, 0).is_err());
        assert_eq!(decoder.0.load(Ordering::Relaxed), 1, "decoded once");
    }

    #[test]
    fn a_strip_shows_its_box_across_tiles_and_is_cut_at_the_edge() {
        let folder = tempfile::tempdir().unwrap();
        let (tiles, _) = tiles(folder.path());
        let (bytes, shown) =
            tiles.strip("ab", 0, Rect::new(480.0, 500.0, 100.0, 30.0), 10.0, (2000, 2000)).unwrap();
        assert_eq!(shown, Rect::new(470.0, 490.0, 120.0, 50.0));
        let strip = image::load_from_memory(&bytes).unwrap().to_luma8();
        assert_eq!(strip.dimensions(), (120, 50));
        for x in [0u32, 40, 60, 119] {
            let expected = (470 + x) / 6;
            assert!(u32::from(strip.get_pixel(x, 25)[0]).abs_diff(expected) <= 4, "column {x}");
        }
        let (bytes, shown) =
            tiles.strip("ab", 0, Rect::new(1250.0, 680.0, 200.0, 200.0), 30.0, (2000, 2000)).unwrap();
        assert_eq!(shown, Rect::new(1220.0, 650.0, 80.0, 50.0));
        assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 80);
    }

    #[test]
    fn a_wide_strip_comes_from_a_smaller_level() {
        let folder = tempfile::tempdir().unwrap();
        let (tiles, _) = tiles(folder.path());
        let thumbnail = image::load_from_memory(&tiles.thumbnail("ab", 0, 200).unwrap()).unwrap();
        assert_eq!((thumbnail.width(), thumbnail.height()), (200, 108));
    }

    #[test]
    fn a_page_that_cannot_be_decoded_names_the_reason_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (tiles, _) = tiles(folder.path());
        let error = tiles.page("00ff", 3).unwrap_err().to_string();
        assert!(error.contains("page 3") && error.contains("truncated"), "{error}");
        assert!(tiles.page("../etc", 0).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn twenty_at_once_decode_once() {
        let folder = tempfile::tempdir().unwrap();
        let (tiles, decoder) = tiles(folder.path());
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| tiles.page("abcd", 0).unwrap());
            }
        });
        assert_eq!(decoder.0.load(Ordering::Relaxed), 1);
    }
}
