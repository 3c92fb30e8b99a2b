//! Puts parts of a page together from its tiles.

use std::path::Path;

use sobo_core::{Original, Rect};

use crate::pyramid::{Raster, tile_path};
use crate::{PageImage, TILE, TileError};

pub(crate) fn cut(
    folder: &Path,
    page: PageImage,
    wanted: Rect<Original>,
    most_width: u32,
    most_height: u32,
) -> Result<(Vec<u8>, Rect<Original>), TileError> {
    let inside = wanted.clamped(page.width, page.height);
    // Whole pixels, and at least one even where the box lies outside the page.
    let x0 = (inside.x.floor() as u32).min(page.width.saturating_sub(1));
    let y0 = (inside.y.floor() as u32).min(page.height.saturating_sub(1));
    let x1 = (inside.right().ceil() as u32).clamp(x0 + 1, page.width.max(x0 + 1));
    let y1 = (inside.bottom().ceil() as u32).clamp(y0 + 1, page.height.max(y0 + 1));
    let shown = Rect::from_edges(f64::from(x0), f64::from(y0), f64::from(x1), f64::from(y1));

    // The smallest level that is at least as large as what is wanted.
    let scale =
        f64::min(f64::from(most_width.max(1)) / shown.w, f64::from(most_height.max(1)) / shown.h).min(1.0);
    let mut shift = 0;
    while shift < page.max_level && 0.5f64.powi(shift as i32 + 1) >= scale {
        shift += 1;
    }
    let level = page.max_level - shift;
    let (level_width, level_height) = page.size_at(level);
    let down = |v: u32| v >> shift;
    let up = |v: u32, most: u32| (u64::from(v).div_ceil(1 << shift) as u32).clamp(1, most);
    let (left, top) = (down(x0).min(level_width - 1), down(y0).min(level_height - 1));
    let (right, bottom) = (up(x1, level_width).max(left + 1), up(y1, level_height).max(top + 1));

    let mut raster: Option<Raster> = None;
    for ty in top / TILE..=(bottom - 1) / TILE {
        for tx in left / TILE..=(right - 1) / TILE {
            let path = tile_path(folder, level, tx, ty);
            let bytes =
                std::fs::read(&path).map_err(|source| TileError::Io { path: path.clone(), source })?;
            let tile = image::load_from_memory(&bytes)
                .map_err(|source| TileError::Image { path: path.clone(), source })?;
            let tile = Raster::of_image(tile);
            let target = raster.get_or_insert_with(|| Raster {
                width: right - left,
                height: bottom - top,
                channels: tile.channels,
                bytes: vec![0; ((right - left) * (bottom - top) * tile.channels) as usize],
            });
            paste(target, &tile, tx * TILE, ty * TILE, left, top);
        }
    }
    let raster = raster.unwrap_or(Raster { width: 1, height: 1, channels: 1, bytes: vec![255] });
    let (width, height) =
        (((shown.w * scale).round() as u32).max(1), ((shown.h * scale).round() as u32).max(1));
    let resized = if (width, height) == (raster.width, raster.height) {
        None
    } else {
        Some(raster.resized(width, height))
    };
    Ok((resized.as_ref().unwrap_or(&raster).to_jpeg(folder)?, shown))
}

/// Copies the part of `tile` (its top left at `x`, `y` of the level) that falls into `target` (its top left at `left`,
/// `top`).
fn paste(target: &mut Raster, tile: &Raster, x: u32, y: u32, left: u32, top: u32) {
    let (from_x, from_y) = (x.max(left), y.max(top));
    let to_x = (x + tile.width).min(left + target.width);
    let to_y = (y + tile.height).min(top + target.height);
    if to_x <= from_x {
        return;
    }
    let length = ((to_x - from_x) * target.channels) as usize;
    for row in from_y..to_y {
        let source = (((row - y) * tile.width + (from_x - x)) * tile.channels) as usize;
        let sink = (((row - top) * target.width + (from_x - left)) * target.channels) as usize;
        target.bytes[sink..sink + length].copy_from_slice(&tile.bytes[source..source + length]);
    }
}
