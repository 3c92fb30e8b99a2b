//! JPEG, PNG and JPEG 2000: one page a file.

use std::io::Cursor;

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageReader, RgbImage};

use crate::decode::DecodedPage;
use crate::{Format, IntakeError, Limits, Refusal};

/// Checks the header.
pub(crate) fn check(bytes: &[u8], name: &str, format: Format, limits: &Limits) -> Result<(), IntakeError> {
    let (width, height) = match format {
        Format::Jpeg2000 => {
            let image = hayro_jpeg2000::Image::new(bytes, &DecodeSettings::default())
                .map_err(|error| IntakeError::damaged(name, error))?;
            (image.width(), image.height())
        }
        _ => decoder(bytes, name)?.dimensions(),
    };
    limits.check_size(name, u64::from(width), u64::from(height))
}

/// Decodes the page.
pub(crate) fn decode(
    bytes: &[u8],
    name: &str,
    format: Format,
    limits: &Limits,
) -> Result<DecodedPage, IntakeError> {
    check(bytes, name, format, limits)?;
    if format == Format::Jpeg2000 {
        let image = jpeg2000(bytes, name)?;
        return Ok(DecodedPage { image, dpi: None });
    }
    let mut decoder = decoder(bytes, name)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| IntakeError::damaged(name, error))?;
    if format == Format::Jpeg && !jpeg_is_complete(bytes) {
        // The decoder fills what is missing with grey; a register page cut short must not pass.
        return Err(IntakeError::damaged(name, "the JPEG data ends before its end mark"));
    }
    image.apply_orientation(orientation);
    let dpi = match format {
        Format::Jpeg => jfif_dpi(bytes).or_else(|| exif_dpi(bytes)),
        _ => png_dpi(bytes),
    };
    Ok(DecodedPage { image: eight_bits(image), dpi })
}

fn decoder<'a>(bytes: &'a [u8], name: &str) -> Result<impl ImageDecoder + 'a, IntakeError> {
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| IntakeError::io(name, &error))?;
    // Sizes are checked against our own limits before anything is decoded.
    reader.no_limits();
    reader.into_decoder().map_err(|error| match error {
        image::ImageError::Unsupported(error) => {
            IntakeError::new(name, Refusal::Unsupported, error.to_string())
        }
        error => IntakeError::damaged(name, error),
    })
}

/// Grey or RGB, 8 bits a channel; transparency is laid on white.
pub(crate) fn eight_bits(image: DynamicImage) -> DynamicImage {
    match image {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => image,
        DynamicImage::ImageLuma16(_) => image.to_luma8().into(),
        image if image.color().has_alpha() => {
            let rgba = image.to_rgba8();
            RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
                let [r, g, b, a] = rgba.get_pixel(x, y).0;
                let lay = |c: u8| ((u32::from(c) * u32::from(a) + 255 * (255 - u32::from(a))) / 255) as u8;
                image::Rgb([lay(r), lay(g), lay(b)])
            })
            .into()
        }
        image => image.to_rgb8().into(),
    }
}

pub(crate) fn jpeg2000(bytes: &[u8], name: &str) -> Result<DynamicImage, IntakeError> {
    let damaged = |error: &dyn std::fmt::Display| IntakeError::damaged(name, error);
    let image =
        hayro_jpeg2000::Image::new(bytes, &DecodeSettings::default()).map_err(|error| damaged(&error))?;
    let (width, height) = (image.width(), image.height());
    let mut context = DecoderContext::default();
    let data = image.decode(&mut context).map_err(|error| damaged(&error))?.data_u8();
    let channels = data.len() / (width as usize * height as usize).max(1);
    let grey = matches!(image.color_space(), ColorSpace::Gray) || channels <= 2;
    from_channels(data, width, height, channels, grey)
        .ok_or_else(|| damaged(&format!("{channels} channels do not make a picture")))
}

/// Interleaved 8-bit channels as grey (the first channel) or RGB (the first three).
pub(crate) fn from_channels(
    data: Vec<u8>,
    width: u32,
    height: u32,
    channels: usize,
    grey: bool,
) -> Option<DynamicImage> {
    match (channels, grey) {
        (0, _) => None,
        (1, _) => GrayImage::from_raw(width, height, data).map(Into::into),
        (3, false) => RgbImage::from_raw(width, height, data).map(Into::into),
        (n, true) => {
            let first = data.chunks_exact(n).map(|pixel| pixel[0]).collect();
            GrayImage::from_raw(width, height, first).map(Into::into)
        }
        (n, false) => {
            let three = data.chunks_exact(n).flat_map(|pixel| pixel.iter().copied().take(3)).collect();
            RgbImage::from_raw(width, height, three).map(Into::into)
        }
    }
}

/// Whether the entropy-coded data is followed by an end-of-image marker. Trailing junk is allowed.
fn jpeg_is_complete(bytes: &[u8]) -> bool {
    bytes.windows(2).rev().take(64 * 1024).any(|window| window == [0xff, 0xd9])
}

/// Density of a JFIF header (ITU-T T.871, 10.1).
fn jfif_dpi(bytes: &[u8]) -> Option<f64> {
    let at = bytes.get(..64)?.windows(5).position(|window| window == b"JFIF\0")?;
    let unit = *bytes.get(at + 7)?;
    let density = f64::from(u16::from_be_bytes([*bytes.get(at + 8)?, *bytes.get(at + 9)?]));
    match unit {
        1 => plausible(density),
        2 => plausible(density * 2.54),
        _ => None,
    }
}

fn exif_dpi(bytes: &[u8]) -> Option<f64> {
    let exif = exif::Reader::new().read_from_container(&mut Cursor::new(bytes)).ok()?;
    let field = exif.get_field(exif::Tag::XResolution, exif::In::PRIMARY)?;
    let exif::Value::Rational(values) = &field.value else { return None };
    let density = values.first()?.to_f64();
    let unit = exif
        .get_field(exif::Tag::ResolutionUnit, exif::In::PRIMARY)
        .and_then(|field| field.value.get_uint(0))
        .unwrap_or(2);
    // Phones write 72 whatever the picture: that says nothing of the page.
    if density <= 72.0 { None } else { plausible(if unit == 3 { density * 2.54 } else { density }) }
}

/// Density of a `pHYs` chunk (PNG 1.2, 4.2.4.2), pixels a metre.
fn png_dpi(bytes: &[u8]) -> Option<f64> {
    let at = bytes.windows(4).take(4096).position(|window| window == b"pHYs")?;
    let number = bytes.get(at + 4..at + 8)?.try_into().ok()?;
    (*bytes.get(at + 12)? == 1).then(|| f64::from(u32::from_be_bytes(number)) * 0.0254).and_then(plausible)
}

fn plausible(dpi: f64) -> Option<f64> {
    (60.0..=2400.0).contains(&dpi).then_some(dpi)
}
