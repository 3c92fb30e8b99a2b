//! One page of one file.

use image::DynamicImage;

use crate::{Content, Format, IntakeError, Limits, Refusal, pdf, raster, tiff};

/// A decoded page, upright as its own metadata says (EXIF, TIFF orientation, PDF rotation).
#[derive(Debug, Clone)]
pub struct DecodedPage {
    /// Pixels; grey where the file is grey, 8 bits a channel.
    pub image: DynamicImage,
    /// Resolution in dots per inch, where the file states one.
    pub dpi: Option<f64>,
}

/// What a file holds, from its headers.
#[derive(Debug, Clone, PartialEq)]
pub struct FileInfo {
    /// Its format.
    pub format: Format,
    /// Number of pages.
    pub pages: u32,
    /// The extension says another format: worth a note, not a refusal.
    pub extension_differs: bool,
}

/// Says what a file holds without decoding its pixels.
///
/// # Errors
/// For empty, unknown, encrypted or damaged files, and for more pages than `limits` allow.
pub fn inspect<'a>(
    content: impl Into<Content<'a>>,
    name: &str,
    limits: &Limits,
) -> Result<FileInfo, IntakeError> {
    let content = content.into();
    let format = content.format(name)?;
    let pages = match format {
        Format::Tiff => tiff::count(content.input(name)?, name, limits)?,
        Format::Pdf => pdf::count(&content.whole(name, limits)?, name, limits)?,
        Format::Jpeg | Format::Png | Format::Jpeg2000 => {
            raster::check(&content.whole(name, limits)?, name, format, limits)?;
            1
        }
        Format::Zip | Format::OtherArchive => return Err(archive(name)),
    };
    Ok(FileInfo { format, pages, extension_differs: extension_differs(name, format) })
}

/// Decodes page `page_index` (from 0) of a file.
///
/// # Errors
/// When the file is damaged, unknown or beyond `limits`, or has no such page; the message names
/// file and page.
pub fn decode_page<'a>(
    content: impl Into<Content<'a>>,
    name: &str,
    page_index: u32,
    limits: &Limits,
) -> Result<DecodedPage, IntakeError> {
    let content = content.into();
    match content.format(name)? {
        Format::Tiff => tiff::decode(content.input(name)?, name, page_index, limits),
        Format::Pdf => pdf::decode(&content.whole(name, limits)?, name, page_index, limits),
        format @ (Format::Jpeg | Format::Png | Format::Jpeg2000) => {
            if page_index > 0 {
                return Err(no_such_page(name, page_index));
            }
            raster::decode(&content.whole(name, limits)?, name, format, limits)
        }
        Format::Zip | Format::OtherArchive => Err(archive(name)),
    }
}

pub(crate) fn no_such_page(name: &str, page_index: u32) -> IntakeError {
    IntakeError::new(name, Refusal::NoSuchPage, format!("has no page {}", page_index + 1))
}

fn archive(name: &str) -> IntakeError {
    IntakeError::new(name, Refusal::NestedArchive, "is an archive, not a scan")
}

fn extension_differs(name: &str, format: Format) -> bool {
    let extension = name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase()).unwrap_or_default();
    let usual: &[&str] = match format {
        Format::Tiff => &["tif", "tiff"],
        Format::Jpeg => &["jpg", "jpeg", "jpe"],
        Format::Png => &["png"],
        Format::Jpeg2000 => &["jp2", "j2k", "jpf", "jpx", "j2c"],
        Format::Pdf => &["pdf"],
        Format::Zip => &["zip"],
        Format::OtherArchive => &[],
    };
    !usual.contains(&extension.as_str())
}
