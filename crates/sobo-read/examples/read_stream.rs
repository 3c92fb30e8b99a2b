//! Reads a file of labelled lines (the stream of `sobo-synth lines`, kept on disk) and prints one JSON object a line:
//! what `models/training/calibrate.py` fits the confidence to, and what `docs/reading.md` quotes.
//!
//! `read_stream FILE MODELS [--sight] [--tesseract] [--limit N] [--weight W] [--bonus B] [--beam N]`
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::time::Instant;

use image::GrayImage;
use serde_json::{Value, json};
use sobo_core::FieldKind;
use sobo_read::{Decoding, LineInput, NeuralReader, Recognizer, TesseractReader};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, models, ..] = arguments.as_slice() else {
        return Err(
            "usage: read_stream FILE MODELS [--sight] [--tesseract] [--limit N] [--weight W] …".into()
        );
    };
    let flag = |name: &str| arguments.iter().any(|argument| argument == name);
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<f32>().ok()
    };
    let tesseract = if flag("--tesseract") { Some(TesseractReader::new()?) } else { None };
    let mut neural = NeuralReader::load(Path::new(models))?;
    if flag("--sight") {
        neural = neural.with_decoding(Decoding { weight: 0.0, bonus: 0.0, beam: 8 });
    } else if let Some(weight) = value("--weight") {
        let beam = value("--beam").unwrap_or(8.0) as usize;
        neural = neural.with_decoding(Decoding { weight, bonus: value("--bonus").unwrap_or(0.0), beam });
    }
    let mut input = BufReader::new(std::fs::File::open(file)?);
    let mut header = [0; 16];
    input.read_exact(&mut header)?;
    let height = u32::from_le_bytes(header[12..16].try_into()?);
    let limit = value("--limit").map_or(usize::MAX, |limit| limit as usize);
    let mut out = std::io::stdout().lock();
    let mut count = 0;
    while let (Some((meta, image)), true) = (next_line(&mut input, height)?, count < limit) {
        count += 1;
        let kind: FieldKind = serde_json::from_value(meta["field"].clone()).unwrap_or_default();
        let kind = if flag("--blind") { FieldKind::Text } else { kind };
        let line = LineInput::new(&image).with_kind(kind);
        let started = Instant::now();
        let (reading, features, reader) = match &tesseract {
            Some(reader) => (reader.read(&[line])?.remove(0), Vec::new(), "tesseract"),
            None => {
                let (reading, features) = neural.read_with_features(&[line])?.remove(0);
                (reading, features.to_vec(), "neural")
            }
        };
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        let candidates: Vec<&str> = reading.candidates.iter().map(|c| c.text.as_str()).collect();
        let object = json!({
            "truth": meta["text"], "text": reading.text, "confidence": reading.confidence, "features": features,
            "candidates": candidates, "meta": meta, "width": image.width(), "ms": milliseconds, "reader": reader,
        });
        writeln!(out, "{object}")?;
    }
    Ok(())
}

fn next_line(input: &mut impl Read, height: u32) -> Result<Option<(Value, GrayImage)>, Box<dyn Error>> {
    let mut size = [0; 4];
    if input.read_exact(&mut size).is_err() {
        return Ok(None);
    }
    let mut meta = vec![0; u32::from_le_bytes(size) as usize];
    input.read_exact(&mut meta)?;
    input.read_exact(&mut size)?;
    let width = u32::from_le_bytes(size);
    let mut pixels = vec![0; (width * height) as usize];
    input.read_exact(&mut pixels)?;
    let image = GrayImage::from_raw(width, height, pixels).ok_or("a line's pixels do not fill it")?;
    Ok(Some((serde_json::from_slice(&meta)?, image)))
}
