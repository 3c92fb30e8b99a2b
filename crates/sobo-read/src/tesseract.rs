//! Tesseract as a [`Recognizer`]: print, second opinion, baseline. The only module that touches its C library.
//!
//! The binding's iterators carry no lifetime and would outlive their engine; here they never leave
//! [`Engine::read_line`], and an engine is used by one thread at a time.

use std::sync::{Mutex, PoisonError};

use image::{GrayImage, Luma, imageops};
use sobo_core::{Candidate, CharSpan, Reading};
use tesseract_rs::{ResultIterator, TessPageIteratorLevel, TessPageSegMode, TesseractAPI, TesseractError};

use unicode_normalization::UnicodeNormalization;

use crate::{LineInput, ReadError, Recognizer};

/// White space put around a crop: Tesseract reads letters that touch the edge badly.
const MARGIN: u32 = 12;
/// Crops lower than this are enlarged to it.
const SMALLEST_HEIGHT: u32 = 40;
/// Fewer pixels than this in either direction hold no letter.
const SMALLEST_SIDE: u32 = 4;

/// Tesseract in single-line mode.
pub struct TesseractReader {
    id: String,
    language: String,
    /// Engines not in use; one is made per thread that reads at the same time.
    idle: Mutex<Vec<Engine>>,
}

impl TesseractReader {
    /// Tesseract with the Vietnamese model of the system.
    ///
    /// # Errors
    /// When the language is not installed.
    pub fn new() -> Result<Self, ReadError> {
        Self::with_language("vie")
    }

    /// Tesseract with another language of the system (`vie`, `fra`, `vie+fra`).
    ///
    /// # Errors
    /// When the language is not installed.
    pub fn with_language(language: &str) -> Result<Self, ReadError> {
        let engine = Engine::new(language)?;
        Ok(Self {
            id: format!("tesseract:{}-{language}", TesseractAPI::version()),
            language: language.to_owned(),
            idle: Mutex::new(vec![engine]),
        })
    }

    fn take(&self) -> Result<Engine, ReadError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Engine::new(&self.language), Ok)
    }

    fn give_back(&self, engine: Engine) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(engine);
    }
}

impl Recognizer for TesseractReader {
    fn id(&self) -> &str {
        &self.id
    }

    fn read(&self, lines: &[LineInput<'_>]) -> Result<Vec<Reading>, ReadError> {
        let engine = self.take()?;
        let mut readings = Vec::with_capacity(lines.len());
        for (index, line) in lines.iter().enumerate() {
            let mut reading = engine.read_line(line.image).map_err(|error| ReadError::Tesseract {
                index,
                width: line.image.width(),
                height: line.image.height(),
                reason: error.to_string(),
            })?;
            reading.reader.clone_from(&self.id);
            readings.push(reading);
        }
        self.give_back(engine);
        Ok(readings)
    }
}

/// One Tesseract engine. Its iterators live and die inside [`Engine::read_line`].
struct Engine {
    api: TesseractAPI,
}

impl Engine {
    fn new(language: &str) -> Result<Self, ReadError> {
        let api = TesseractAPI::new();
        let failed = |error: TesseractError| ReadError::TesseractInit {
            language: language.to_owned(),
            reason: error.to_string(),
        };
        // An empty data path means TESSDATA_PREFIX or the system's folder.
        api.init("", language).map_err(failed)?;
        api.set_page_seg_mode(TessPageSegMode::PSM_SINGLE_LINE).map_err(failed)?;
        for (name, value) in [("user_defined_dpi", "300"), ("debug_file", "/dev/null")] {
            api.set_variable(name, value).map_err(failed)?;
        }
        Ok(Self { api })
    }

    fn read_line(&self, image: &GrayImage) -> Result<Reading, TesseractError> {
        let (width, height) = image.dimensions();
        if width < SMALLEST_SIDE || height < SMALLEST_SIDE {
            return Ok(Reading::default());
        }
        let scale = f64::from(SMALLEST_HEIGHT.max(height)) / f64::from(height);
        let page = padded(image, scale);
        let (page_width, page_height) = page.dimensions();
        let side = |v: u32| i32::try_from(v).map_err(|_| TesseractError::InvalidDimensions);
        self.api.set_image(page.as_raw(), side(page_width)?, side(page_height)?, 1, side(page_width)?)?;
        self.api.recognize()?;
        let symbols = match self.api.get_iterator() {
            Ok(iterator) => Symbols::collect(&iterator)?,
            Err(TesseractError::NullPointerError) => Symbols::default(),
            Err(error) => return Err(error),
        };
        let share = |x: i32| {
            let x = (f64::from(x) - f64::from(MARGIN)) / scale / f64::from(width);
            x.clamp(0.0, 1.0) as f32
        };
        Ok(symbols.into_reading(share))
    }
}

/// What Tesseract saw, symbol by symbol.
#[derive(Default)]
struct Symbols {
    /// Text, left, right, probability.
    items: Vec<(String, i32, i32, f32)>,
    least_word: Option<f32>,
}

impl Symbols {
    fn collect(iterator: &ResultIterator) -> Result<Self, TesseractError> {
        use TessPageIteratorLevel::{RIL_SYMBOL, RIL_WORD};
        let mut found = Self::default();
        let mut word_box = None;
        loop {
            let text = match iterator.get_utf8_text(RIL_SYMBOL) {
                Ok(text) => text,
                // The iterator of an empty page stands on nothing.
                Err(TesseractError::NullPointerError) => break,
                Err(error) => return Err(error),
            };
            let (left, _, right, _) = iterator.get_bounding_box(RIL_SYMBOL)?;
            let this_word = iterator.get_bounding_box(RIL_WORD)?;
            if word_box != Some(this_word) {
                if let (Some((_, _, previous_right, _)), false) = (word_box, found.items.is_empty()) {
                    found.items.push((" ".to_owned(), previous_right, left.max(previous_right), 1.0));
                }
                word_box = Some(this_word);
                let confidence = iterator.confidence(RIL_WORD)? / 100.0;
                found.least_word = Some(found.least_word.map_or(confidence, |least| least.min(confidence)));
            }
            let confidence = iterator.confidence(RIL_SYMBOL)? / 100.0;
            found.items.push((text, left, right, confidence.clamp(0.0, 1.0)));
            if !iterator.next(RIL_SYMBOL)? {
                break;
            }
        }
        Ok(found)
    }

    fn into_reading(self, share: impl Fn(i32) -> f32) -> Reading {
        let mut chars = Vec::with_capacity(self.items.len());
        for (text, left, right, probability) in self.items {
            let letters: Vec<char> = text.nfc().collect();
            let (x0, x1) = (share(left), share(right).max(share(left)));
            let step = (x1 - x0) / letters.len().max(1) as f32;
            for (position, ch) in letters.into_iter().enumerate() {
                let x0 = x0 + step * position as f32;
                chars.push(CharSpan { ch, x0, x1: x0 + step, probability });
            }
        }
        let text: String = chars.iter().map(|span| span.ch).collect();
        if text.is_empty() {
            return Reading::default();
        }
        let confidence = trust(self.least_word.unwrap_or(0.0));
        Reading {
            candidates: vec![Candidate { text: text.clone(), probability: confidence }],
            text,
            confidence,
            chars,
            reader: String::new(),
        }
    }
}

/// Probability that the whole line is right when its least certain word has this confidence. Tesseract's own figures
/// are far too sure: a line of handwriting it gets wrong has 0.6 to 0.9.
fn trust(least_word: f32) -> f32 {
    (0.95 * least_word.clamp(0.0, 1.0).powi(4)).clamp(0.0, 0.95)
}

/// The crop enlarged by `scale` on paper of its own colour, [`MARGIN`] wide.
fn padded(image: &GrayImage, scale: f64) -> GrayImage {
    let mut histogram = [0_u32; 256];
    for pixel in image.as_raw() {
        histogram[usize::from(*pixel)] += 1;
    }
    let mut left = (image.as_raw().len() as u32) / 4;
    let paper = (0..=255_u8)
        .rev()
        .find(|value| {
            let count = histogram[usize::from(*value)];
            left = left.saturating_sub(count);
            left == 0
        })
        .unwrap_or(255);
    let target = |side: u32| (f64::from(side) * scale).round().max(1.0) as u32;
    let (width, height) = (target(image.width()), target(image.height()));
    let mut page = GrayImage::from_pixel(width + 2 * MARGIN, height + 2 * MARGIN, Luma([paper]));
    let offset = i64::from(MARGIN);
    if (width, height) == image.dimensions() {
        imageops::replace(&mut page, image, offset, offset);
    } else {
        let resized = imageops::resize(image, width, height, imageops::FilterType::CatmullRom);
        imageops::replace(&mut page, &resized, offset, offset);
    }
    page
}
