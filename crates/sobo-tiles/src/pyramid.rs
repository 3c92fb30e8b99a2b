//! Makes the pyramid of a page.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ExtendedColorType};

use crate::{PageImage, TILE, TileError};

/// JPEG quality of tiles: above it files grow without visible gain on paper.
const QUALITY: u8 = 85;

pub(crate) fn tile_path(folder: &Path, level: u32, x: u32, y: u32) -> PathBuf {
    folder.join(level.to_string()).join(format!("{x}_{y}.jpg"))
}

pub(crate) fn read_size(folder: &Path) -> Option<PageImage> {
    serde_json::from_slice(&std::fs::read(folder.join("page.json")).ok()?).ok()
}

/// Pixels of one level: rows of `channels` bytes a pixel.
pub(crate) struct Raster {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Raster {
    pub(crate) fn of_image(pixels: DynamicImage) -> Self {
        let (width, height) = (pixels.width(), pixels.height());
        let (channels, bytes) = match pixels.color() {
            image::ColorType::L8 | image::ColorType::L16 => (1, pixels.into_luma8().into_raw()),
            _ => (3, pixels.into_rgb8().into_raw()),
        };
        Self { width, height, channels, bytes }
    }

    /// The raster at another size: every pixel the mean of the area it covers, which is what paper shown smaller looks
    /// like. Only ever asked for smaller sizes. (A general resizing library costs minutes of compile time here.)
    pub(crate) fn resized(&self, width: u32, height: u32) -> Self {
        let channels = self.channels as usize;
        let columns = spans(self.width, width);
        let mut bytes = vec![0u8; width as usize * height as usize * channels];
        let mut sums = vec![0u32; width as usize * channels];
        let mut target = bytes.chunks_exact_mut(width as usize * channels);
        for (top, bottom) in spans(self.height, height) {
            sums.fill(0);
            for y in top..bottom {
                let start = y as usize * self.width as usize * channels;
                let row = &self.bytes[start..start + self.width as usize * channels];
                for (sum, (left, right)) in sums.chunks_exact_mut(channels).zip(&columns) {
                    for pixel in
                        row[*left as usize * channels..*right as usize * channels].chunks_exact(channels)
                    {
                        for (sum, value) in sum.iter_mut().zip(pixel) {
                            *sum += u32::from(*value);
                        }
                    }
                }
            }
            let Some(out) = target.next() else { break };
            for ((out, sum), (left, right)) in
                out.chunks_exact_mut(channels).zip(sums.chunks_exact(channels)).zip(&columns)
            {
                let area = (right - left) * (bottom - top);
                for (out, sum) in out.iter_mut().zip(sum) {
                    *out = ((sum + area / 2) / area) as u8;
                }
            }
        }
        Self { width, height, channels: self.channels, bytes }
    }

    pub(crate) fn crop(&self, x: u32, y: u32, width: u32, height: u32) -> Self {
        let (x, y) = (x.min(self.width), y.min(self.height));
        let (width, height) = (width.min(self.width - x), height.min(self.height - y));
        let row =
            |index: u32| ((u64::from(index) * u64::from(self.width)) * u64::from(self.channels)) as usize;
        let (from, length) = ((x * self.channels) as usize, (width * self.channels) as usize);
        let mut bytes = Vec::with_capacity(length * height as usize);
        for index in y..y + height {
            let start = row(index) + from;
            bytes.extend_from_slice(&self.bytes[start..start + length]);
        }
        Self { width, height, channels: self.channels, bytes }
    }

    pub(crate) fn to_jpeg(&self, path: &Path) -> Result<Vec<u8>, TileError> {
        let mut out = Vec::new();
        let colour = if self.channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
        JpegEncoder::new_with_quality(&mut out, QUALITY)
            .encode(&self.bytes, self.width, self.height, colour)
            .map_err(|source| TileError::Image { path: path.to_owned(), source })?;
        Ok(out)
    }
}

/// The source pixels each of `to` target pixels covers, at least one.
fn spans(from: u32, to: u32) -> Vec<(u32, u32)> {
    let at = |index: u32| (u64::from(index) * u64::from(from) / u64::from(to.max(1))) as u32;
    (0..to)
        .map(|index| {
            let start = at(index).min(from.saturating_sub(1));
            (start, at(index + 1).clamp(start + 1, from.max(start + 1)))
        })
        .collect()
}

/// Writes every tile beside `folder` and renames: the folder is there whole or not at all.
pub(crate) fn write(folder: &Path, pixels: DynamicImage) -> Result<PageImage, TileError> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut temporary = folder.as_os_str().to_owned();
    temporary.push(format!(".{}-{number}.part", std::process::id()));
    let temporary = PathBuf::from(temporary);

    let made = write_into(&temporary, pixels).and_then(|page| match std::fs::rename(&temporary, folder) {
        Ok(()) => Ok(page),
        // Another process was faster: its pyramid is as good.
        Err(_) if read_size(folder).is_some() => {
            let _ = std::fs::remove_dir_all(&temporary);
            Ok(page)
        }
        Err(source) => Err(TileError::Io { path: folder.to_owned(), source }),
    });
    if made.is_err() {
        // What is left of a failed attempt is of no use; the error itself is reported.
        let _ = std::fs::remove_dir_all(&temporary);
    }
    made
}

fn write_into(folder: &Path, pixels: DynamicImage) -> Result<PageImage, TileError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| TileError::Io { path, source }
    };
    let page = PageImage::of_size(pixels.width(), pixels.height());
    let mut raster = Raster::of_image(pixels);
    for level in (0..=page.max_level).rev() {
        let (width, height) = page.size_at(level);
        if (width, height) != (raster.width, raster.height) {
            raster = raster.resized(width, height);
        }
        let level_folder = folder.join(level.to_string());
        std::fs::create_dir_all(&level_folder).map_err(io(&level_folder))?;
        for y in 0..height.div_ceil(TILE) {
            for x in 0..width.div_ceil(TILE) {
                let path = tile_path(folder, level, x, y);
                let tile = raster.crop(x * TILE, y * TILE, TILE, TILE).to_jpeg(&path)?;
                std::fs::write(&path, tile).map_err(io(&path))?;
            }
        }
    }
    let path = folder.join("page.json");
    let json = serde_json::to_vec(&page).unwrap_or_default();
    std::fs::write(&path, json).map_err(io(&path))?;
    Ok(page)
}
