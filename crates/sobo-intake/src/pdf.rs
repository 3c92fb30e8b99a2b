//! PDF: the embedded scan as it is where a page is one image, else the page rendered.

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::object::dict::keys;
use hayro::hayro_syntax::object::stream::{ImageColorSpace, ImageDecodeParams};
use hayro::hayro_syntax::object::{Array, Dict, Name, Object, Stream};
use hayro::hayro_syntax::page::{Page, Rotation};
use hayro::hayro_syntax::{LoadPdfError, Pdf};
use hayro::{PixmapSettings, RenderCache, RenderSettings};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, RgbImage};

use crate::decode::{DecodedPage, no_such_page};
use crate::raster::{self, from_channels};
use crate::{Format, IntakeError, Limits, Refusal};

/// Resolution at which a page that is not one image is rendered.
const RENDER_DPI: f32 = 300.0;

/// Number of pages.
pub(crate) fn count(bytes: &[u8], name: &str, limits: &Limits) -> Result<u32, IntakeError> {
    let pdf = open(bytes, name)?;
    let pages = u32::try_from(pdf.pages().len()).unwrap_or(u32::MAX);
    limits.check_pages(name, pages)?;
    Ok(pages)
}

/// Decodes one page.
pub(crate) fn decode(
    bytes: &[u8],
    name: &str,
    page_index: u32,
    limits: &Limits,
) -> Result<DecodedPage, IntakeError> {
    let pdf = open(bytes, name)?;
    let page = pdf.pages().get(page_index as usize).ok_or_else(|| no_such_page(name, page_index))?;
    let shown = format!("{name} page {}", page_index + 1);
    let (mut image, dpi) = match single_image(page) {
        Some(stream) => {
            let image = embedded(&stream, &shown, limits)?;
            let width = f64::from(page.base_dimensions().0);
            let dpi = (width > 0.0).then(|| f64::from(image.width()) / width * 72.0);
            (image, dpi.filter(|dpi| (60.0..=2400.0).contains(dpi)))
        }
        // Rendering already turns the page.
        None => {
            return Ok(DecodedPage { image: render(page, &shown, limits)?, dpi: Some(RENDER_DPI.into()) });
        }
    };
    image.apply_orientation(match page.rotation() {
        Rotation::None => Orientation::NoTransforms,
        Rotation::Horizontal => Orientation::Rotate90,
        Rotation::Flipped => Orientation::Rotate180,
        Rotation::FlippedHorizontal => Orientation::Rotate270,
    });
    Ok(DecodedPage { image, dpi })
}

fn open(bytes: &[u8], name: &str) -> Result<Pdf, IntakeError> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(_) => {
            IntakeError::new(name, Refusal::Encrypted, "is encrypted and wants a password")
        }
        LoadPdfError::Invalid => IntakeError::damaged(name, "not a readable PDF"),
    })?;
    if pdf.pages().is_empty() {
        return Err(IntakeError::new(name, Refusal::NoPages, "has no pages"));
    }
    Ok(pdf)
}

/// The image of a page that is nothing else: one image object, no fonts, no forms.
fn single_image<'a>(page: &Page<'a>) -> Option<Stream<'a>> {
    let resources = page.raw().get::<Dict<'_>>(keys::RESOURCES)?;
    if resources.get::<Dict<'_>>(keys::FONT).is_some_and(|fonts| !fonts.is_empty()) {
        return None;
    }
    let objects = resources.get::<Dict<'_>>(keys::XOBJECT)?;
    let mut names = objects.keys();
    let (first, second) = (names.next()?, names.next());
    if second.is_some() {
        return None;
    }
    let stream = page.resources().get_x_object(&first)?;
    let is_image = stream.dict().get::<Name<'_>>(keys::SUBTYPE)?.as_ref() == b"Image";
    let is_mask = stream.dict().get::<bool>(keys::IMAGE_MASK).unwrap_or(false);
    (is_image && !is_mask).then_some(stream)
}

fn embedded(stream: &Stream<'_>, name: &str, limits: &Limits) -> Result<DynamicImage, IntakeError> {
    let dict = stream.dict();
    let width = dict.get::<u32>(keys::WIDTH).unwrap_or(0);
    let height = dict.get::<u32>(keys::HEIGHT).unwrap_or(0);
    limits.check_size(name, u64::from(width), u64::from(height))?;
    // A scan that is a JPEG or JPEG 2000 file inside goes through the same decoder as such a file.
    match only_filter(dict).as_deref() {
        Some(b"DCTDecode" | b"DCT") => {
            return Ok(raster::decode(&stream.raw_data(), name, Format::Jpeg, limits)?.image);
        }
        Some(b"JPXDecode") => {
            return Ok(raster::decode(&stream.raw_data(), name, Format::Jpeg2000, limits)?.image);
        }
        _ => {}
    }
    let bits = dict.get::<u8>(keys::BITS_PER_COMPONENT).unwrap_or(1);
    let space = ColorSpace::of(dict);
    let result = stream
        .decoded_image(&ImageDecodeParams {
            is_indexed: false,
            bpc: Some(bits),
            num_components: Some(space.channels()),
            target_dimension: None,
            width,
            height,
        })
        .map_err(|error| IntakeError::damaged(name, format!("{error:?}")))?;
    let (bits, space) = match &result.image_data {
        Some(data) => (
            data.bits_per_component,
            match data.color_space {
                Some(ImageColorSpace::Gray) => ColorSpace::Gray,
                Some(ImageColorSpace::Rgb) => ColorSpace::Rgb,
                Some(ImageColorSpace::Cmyk) => ColorSpace::Other,
                _ => space,
            },
        ),
        None => (bits, space),
    };
    let inverted = dict
        .get::<Array<'_>>(keys::DECODE)
        .is_some_and(|array| array.iter::<f32>().next().is_some_and(|low| low > 0.5));
    let unsupported =
        || IntakeError::new(name, Refusal::Unsupported, format!("{bits} bits of {space:?} in a PDF"));
    let mut image = match (bits, space) {
        (1, ColorSpace::Gray) => {
            let pixels = one_bit(&result.data, width, height)
                .ok_or_else(|| IntakeError::damaged(name, "rows are missing"))?;
            GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
        }
        (8, ColorSpace::Gray) => from_channels(exact(&result.data, width, height, 1), width, height, 1, true),
        (8, ColorSpace::Rgb) => from_channels(exact(&result.data, width, height, 3), width, height, 3, false),
        _ => return Err(unsupported()),
    }
    .ok_or_else(|| IntakeError::damaged(name, "rows are missing"))?;
    if inverted {
        image.invert();
    }
    Ok(image)
}

/// The name of a stream's filter, where it has exactly one.
fn only_filter(dict: &Dict<'_>) -> Option<Vec<u8>> {
    match dict.get::<Object<'_>>(keys::FILTER)? {
        Object::Name(name) => Some(name.as_ref().to_vec()),
        Object::Array(array) => {
            let mut names = array.iter::<Name<'_>>();
            let first = names.next()?;
            names.next().is_none().then(|| first.as_ref().to_vec())
        }
        _ => None,
    }
}

#[derive(Debug, Copy, Clone, PartialEq)]
enum ColorSpace {
    Gray,
    Rgb,
    Other,
}

impl ColorSpace {
    fn of(dict: &Dict<'_>) -> Self {
        let by_channels = |n: Option<u32>| match n {
            Some(1) => Self::Gray,
            Some(3) => Self::Rgb,
            _ => Self::Other,
        };
        match dict.get::<Object<'_>>(keys::COLORSPACE) {
            Some(Object::Name(name)) => match name.as_ref() {
                b"DeviceGray" | b"G" | b"CalGray" => Self::Gray,
                b"DeviceRGB" | b"RGB" | b"CalRGB" => Self::Rgb,
                _ => Self::Other,
            },
            Some(Object::Array(array)) => {
                let mut items = array.iter::<Object<'_>>();
                match items.next() {
                    Some(Object::Name(name)) => match name.as_ref() {
                        b"CalGray" => Self::Gray,
                        b"CalRGB" => Self::Rgb,
                        b"ICCBased" => by_channels(
                            items
                                .next()
                                .and_then(Object::into_stream)
                                .and_then(|s| s.dict().get::<u32>(keys::N)),
                        ),
                        _ => Self::Other,
                    },
                    _ => Self::Other,
                }
            }
            // CCITT and JBIG2 scans often leave it out.
            _ => Self::Gray,
        }
    }

    fn channels(self) -> u8 {
        if self == Self::Rgb { 3 } else { 1 }
    }
}

fn exact(data: &[u8], width: u32, height: u32, channels: usize) -> Vec<u8> {
    let wanted = width as usize * height as usize * channels;
    data.get(..wanted).unwrap_or(data).to_vec()
}

fn one_bit(data: &[u8], width: u32, height: u32) -> Option<Vec<u8>> {
    let stride = (width as usize).div_ceil(8);
    let mut pixels = Vec::with_capacity(width as usize * height as usize);
    for row in 0..height as usize {
        let row = data.get(row * stride..(row + 1) * stride)?;
        pixels.extend((0..width as usize).map(|x| if row[x / 8] >> (7 - x % 8) & 1 == 1 { 255 } else { 0 }));
    }
    Some(pixels)
}

fn render(page: &Page<'_>, name: &str, limits: &Limits) -> Result<DynamicImage, IntakeError> {
    let scale = RENDER_DPI / 72.0;
    let (width, height) = page.render_dimensions();
    let (width, height) = ((width * scale) as u64, (height * scale) as u64);
    limits.check_size(name, width, height)?;
    if width > u64::from(u16::MAX) || height > u64::from(u16::MAX) {
        return Err(IntakeError::new(name, Refusal::TooManyPixels, format!("{width} × {height} pixels")));
    }
    let pixmap = hayro::render(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &PixmapSettings {
            x_scale: scale,
            y_scale: scale,
            bg_color: hayro::vello_cpu::color::palette::css::WHITE,
        },
    );
    let (width, height) = (u32::from(pixmap.width()), u32::from(pixmap.height()));
    let rgb = pixmap.data_as_u8_slice().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
    RgbImage::from_raw(width, height, rgb)
        .map(Into::into)
        .ok_or_else(|| IntakeError::damaged(name, "the page could not be rendered"))
}
