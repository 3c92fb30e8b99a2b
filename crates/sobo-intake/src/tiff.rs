//! TIFF: many pages; 1, 8 and 16 bits; LZW, CCITT G4, JPEG and the rest that the decoder knows.

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage};
use tiff::decoder::{Decoder, DecodingResult};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError};

use crate::content::Input;
use crate::decode::{DecodedPage, no_such_page};
use crate::raster::from_channels;
use crate::{IntakeError, Limits, Refusal};

type Reader<'a> = Decoder<Box<dyn Input + 'a>>;

/// Number of pages; walks the directories only.
pub(crate) fn count(input: Box<dyn Input + '_>, name: &str, limits: &Limits) -> Result<u32, IntakeError> {
    let mut decoder = open(input, name, limits)?;
    let mut pages = 1;
    loop {
        check_size(&mut decoder, name, pages - 1, limits)?;
        if !decoder.more_images() {
            return Ok(pages);
        }
        pages += 1;
        limits.check_pages(name, pages)?;
        decoder.next_image().map_err(|error| refuse(name, pages - 1, error))?;
    }
}

/// Decodes one page.
pub(crate) fn decode(
    input: Box<dyn Input + '_>,
    name: &str,
    page_index: u32,
    limits: &Limits,
) -> Result<DecodedPage, IntakeError> {
    let mut decoder = open(input, name, limits)?;
    for _ in 0..page_index {
        if !decoder.more_images() {
            return Err(no_such_page(name, page_index));
        }
        decoder.next_image().map_err(|error| refuse(name, page_index, error))?;
    }
    let (width, height) = check_size(&mut decoder, name, page_index, limits)?;
    let refuse = |error| refuse(name, page_index, error);
    let color = decoder.colortype().map_err(refuse)?;
    let orientation = decoder.find_tag_unsigned::<u8>(Tag::Orientation).ok().flatten();
    let palette = match color {
        ColorType::Palette(_) => decoder.get_tag(Tag::ColorMap).ok().and_then(|v| v.into_u16_vec().ok()),
        _ => None,
    };
    let dpi = resolution(&mut decoder);
    let data = match decoder.read_image().map_err(refuse)? {
        DecodingResult::U8(data) => data,
        DecodingResult::U16(data) => data.into_iter().map(|v| (v >> 8) as u8).collect(),
        _ => return Err(unsupported(name, page_index, &format!("{color:?}"))),
    };
    let mut image = picture(data, width, height, color, palette.as_deref())
        .ok_or_else(|| unsupported(name, page_index, &format!("{color:?}")))?;
    if let Some(orientation) = orientation.and_then(Orientation::from_exif) {
        image.apply_orientation(orientation);
    }
    Ok(DecodedPage { image, dpi })
}

fn open<'a>(input: Box<dyn Input + 'a>, name: &str, limits: &Limits) -> Result<Reader<'a>, IntakeError> {
    let mut allowed = tiff::decoder::Limits::default();
    allowed.decoding_buffer_size = usize::try_from(limits.max_pixels.saturating_mul(4)).unwrap_or(usize::MAX);
    allowed.intermediate_buffer_size = allowed.decoding_buffer_size;
    Decoder::new(input).map(|decoder| decoder.with_limits(allowed)).map_err(|error| refuse(name, 0, error))
}

fn check_size(
    decoder: &mut Reader<'_>,
    name: &str,
    page_index: u32,
    limits: &Limits,
) -> Result<(u32, u32), IntakeError> {
    let (width, height) = decoder.dimensions().map_err(|error| refuse(name, page_index, error))?;
    limits.check_size(&page_name(name, page_index), u64::from(width), u64::from(height))?;
    Ok((width, height))
}

fn picture(
    data: Vec<u8>,
    width: u32,
    height: u32,
    color: ColorType,
    palette: Option<&[u16]>,
) -> Option<DynamicImage> {
    match color {
        ColorType::Gray(1) => {
            GrayImage::from_raw(width, height, unpack(&data, width, height)?).map(Into::into)
        }
        ColorType::Gray(8 | 16) => from_channels(data, width, height, 1, true),
        ColorType::GrayA(8 | 16) => from_channels(data, width, height, 2, true),
        ColorType::RGB(8 | 16) => from_channels(data, width, height, 3, false),
        ColorType::RGBA(8 | 16) => from_channels(data, width, height, 4, false),
        ColorType::YCbCr(8) => {
            let rgb = data.chunks_exact(3).flat_map(|p| ycbcr(p[0], p[1], p[2])).collect();
            from_channels(rgb, width, height, 3, false)
        }
        ColorType::CMYK(8 | 16) => {
            let lay = |ink: u8, black: u8| (u32::from(255 - ink) * u32::from(255 - black) / 255) as u8;
            let rgb = data
                .chunks_exact(4)
                .flat_map(|p| [lay(p[0], p[3]), lay(p[1], p[3]), lay(p[2], p[3])])
                .collect();
            from_channels(rgb, width, height, 3, false)
        }
        ColorType::Palette(8) => {
            let palette = palette?;
            let third = palette.len() / 3;
            let rgb = data
                .iter()
                .flat_map(|&i| {
                    [0, 1, 2].map(|c| palette.get(c * third + usize::from(i)).map_or(0, |v| (v >> 8) as u8))
                })
                .collect();
            from_channels(rgb, width, height, 3, false)
        }
        _ => None,
    }
}

/// One byte a pixel from rows of bits, most significant first, rows padded to bytes.
fn unpack(bits: &[u8], width: u32, height: u32) -> Option<Vec<u8>> {
    let stride = (width as usize).div_ceil(8);
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for row in 0..height as usize {
        let row = bits.get(row * stride..(row + 1) * stride)?;
        pixels.extend((0..width as usize).map(|x| if row[x / 8] >> (7 - x % 8) & 1 == 1 { 255 } else { 0 }));
    }
    Some(pixels)
}

/// ITU-R BT.601, full range, as JFIF uses it.
fn ycbcr(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb]
        .map(|v| v.round().clamp(0.0, 255.0) as u8)
}

fn resolution(decoder: &mut Reader<'_>) -> Option<f64> {
    let value = decoder.find_tag(Tag::XResolution).ok()??;
    let density = match value {
        tiff::decoder::ifd::Value::Rational(n, d) if d > 0 => f64::from(n) / f64::from(d),
        _ => return None,
    };
    let unit = decoder.find_tag_unsigned::<u16>(Tag::ResolutionUnit).ok().flatten().unwrap_or(2);
    let dpi = match unit {
        2 => density,
        3 => density * 2.54,
        _ => return None,
    };
    (60.0..=2400.0).contains(&dpi).then_some(dpi)
}

fn page_name(name: &str, page_index: u32) -> String {
    format!("{name} page {}", page_index + 1)
}

fn unsupported(name: &str, page_index: u32, what: &str) -> IntakeError {
    IntakeError::new(page_name(name, page_index), Refusal::Unsupported, format!("pixels of the kind {what}"))
}

fn refuse(name: &str, page_index: u32, error: TiffError) -> IntakeError {
    match error {
        TiffError::UnsupportedError(error) => unsupported(name, page_index, &error.to_string()),
        TiffError::LimitsExceeded => IntakeError::new(
            page_name(name, page_index),
            Refusal::TooManyPixels,
            "asks for more memory than the limit of pixels allows",
        ),
        error => IntakeError::damaged(&page_name(name, page_index), error),
    }
}
