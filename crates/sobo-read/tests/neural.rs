//! The shipped model on a few synthetic lines in fonts it was not trained on, and what happens when it is damaged.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use image::{GrayImage, Luma};
use sobo_core::{FieldKind, Reading};
use sobo_read::{LineInput, MANIFEST_FILE, NeuralReader, ReadError, Recognizer, default_reader};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

fn lines() -> Vec<(GrayImage, String, FieldKind)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let labels = fs::read_to_string(folder.join("labels.tsv")).unwrap();
    let line = |row: &str| {
        let mut cells = row.split('\t');
        let mut cell = || cells.next().unwrap().to_owned();
        let (file, text, kind) = (cell(), cell(), cell());
        let image = image::open(folder.join(file)).unwrap().to_luma8();
        (image, text, serde_json::from_value(kind.into()).unwrap())
    };
    labels.lines().map(line).collect()
}

fn read_all(reader: &dyn Recognizer, lines: &[(GrayImage, String, FieldKind)]) -> Vec<Reading> {
    let inputs: Vec<LineInput<'_>> =
        lines.iter().map(|(image, _, kind)| LineInput::new(image).with_kind(*kind)).collect();
    reader.read(&inputs).unwrap()
}

#[test]
fn lines_of_unseen_fonts_are_read() {
    let reader = NeuralReader::load(&models()).unwrap();
    let lines = lines();
    let readings = read_all(&reader, &lines);
    let right = readings.iter().zip(&lines).filter(|(reading, (_, text, _))| reading.text == *text).count();
    assert!(lines.len() >= 8 && right + 1 >= lines.len(), "{right} of {} lines right", lines.len());
    for reading in &readings {
        assert_eq!(reading.candidates[0].text, reading.text);
        assert_eq!(reading.chars.iter().map(|span| span.ch).collect::<String>(), reading.text);
        assert!(reading.reader.starts_with("neural:"));
        assert!(reading.chars.windows(2).all(|pair| pair[0].x0 <= pair[1].x0 && pair[0].x1 <= pair[1].x1));
        let sum: f32 = reading.candidates.iter().map(|candidate| candidate.probability).sum();
        assert!(sum <= 1.0 + 1e-4);
    }
}

#[test]
fn a_label_and_its_value_can_be_told_apart_by_the_places_of_characters() {
    let reader = NeuralReader::load(&models()).unwrap();
    let lines = lines();
    let (left, left_text, _) = &lines[lines.len() - 1];
    let (right, _, _) = &lines[lines.len() - 2];
    let gap = 40;
    let paper = *left.get_pixel(0, 0);
    let mut both = GrayImage::from_pixel(left.width() + gap + right.width(), left.height(), paper);
    image::imageops::replace(&mut both, left, 0, 0);
    image::imageops::replace(&mut both, right, i64::from(left.width() + gap), 0);
    let reading = reader.read(&[LineInput::new(&both)]).unwrap().remove(0);
    let boundary = (left.width() + gap / 2) as f32 / both.width() as f32;
    let before: String = reading
        .chars
        .iter()
        .filter(|span| (span.x0 + span.x1) / 2.0 < boundary)
        .map(|span| span.ch)
        .collect();
    assert_eq!(before.trim(), left_text);
}

#[test]
fn the_same_line_reads_the_same_alone_in_company_and_on_any_thread() {
    let reader = NeuralReader::load(&models()).unwrap();
    let lines = lines();
    let together = read_all(&reader, &lines);
    let alone: Vec<Reading> =
        lines.iter().flat_map(|line| read_all(&reader, std::slice::from_ref(line))).collect();
    assert_eq!(together, alone);
    let threads: Vec<Vec<Reading>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..4).map(|_| scope.spawn(|| read_all(&reader, &lines))).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert!(threads.iter().all(|readings| *readings == together));
}

#[test]
fn paper_without_ink_gives_no_text() {
    let reader = NeuralReader::load(&models()).unwrap();
    let clean = GrayImage::from_pixel(300, 60, Luma([228]));
    let grain = GrayImage::from_fn(300, 60, |x, y| Luma([215 + ((x * 31 + y * 17 + x * y) % 23) as u8]));
    let uneven = GrayImage::from_fn(300, 60, |x, _| Luma([(250 - x / 4) as u8]));
    let ruled = GrayImage::from_fn(300, 60, |x, y| Luma([if y == 50 && x % 5 < 2 { 120 } else { 230 }]));
    for (name, image) in [("clean", clean), ("grain", grain), ("uneven", uneven), ("ruled", ruled)] {
        let reading =
            reader.read(&[LineInput::new(&image).with_kind(FieldKind::PersonName)]).unwrap().remove(0);
        assert!(
            reading.text.is_empty(),
            "{name} paper was read as {} characters",
            reading.text.chars().count()
        );
    }
}

#[test]
fn scribble_and_torn_writing_are_not_sure_of_anything() {
    let reader = NeuralReader::load(&models()).unwrap();
    let scribble = GrayImage::from_fn(260, 48, |x, y| {
        let wave = 24.0 + 14.0 * (x as f32 * 0.9).sin() * (x as f32 * 0.13).cos();
        let other = 24.0 + 12.0 * (x as f32 * 0.37).cos();
        let near = |line: f32| (y as f32 - line).abs() < 1.6;
        Luma([if (near(wave) || near(other)) && (10..250).contains(&x) { 50 } else { 225 }])
    });
    let reading =
        reader.read(&[LineInput::new(&scribble).with_kind(FieldKind::PersonName)]).unwrap().remove(0);
    assert!(reading.text.is_empty() || reading.confidence < 0.5);

    // The paper is gone from a third of the height downwards.
    let mut torn = lines().into_iter().find(|(_, _, kind)| *kind == FieldKind::PersonName).unwrap().0;
    for y in torn.height() / 3..torn.height() {
        for x in 0..torn.width() {
            torn.put_pixel(x, y, Luma([250]));
        }
    }
    let reading = reader.read(&[LineInput::new(&torn).with_kind(FieldKind::PersonName)]).unwrap().remove(0);
    assert!(reading.text.is_empty() || reading.confidence < reader.threshold());
}

fn copied_models() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(models()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
    }
    folder
}

#[test]
fn a_damaged_model_is_named() {
    let folder = copied_models();
    let path = folder.path().join("reader.onnx");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(&path, bytes).unwrap();
    let error = NeuralReader::load(folder.path()).err().unwrap();
    assert!(matches!(error, ReadError::ModelDamaged { .. }));
    assert!(error.to_string().contains("reader.onnx"), "{error}");
    assert!(default_reader(folder.path()).is_err(), "a damaged model must not fall back to another reader");
}

#[test]
fn a_description_that_makes_no_sense_is_named() {
    let folder = copied_models();
    let path = folder.path().join(MANIFEST_FILE);
    fs::write(&path, "format = \"one\"").unwrap();
    let error = NeuralReader::load(folder.path()).err().unwrap();
    assert!(error.to_string().contains(MANIFEST_FILE), "{error}");
}

#[test]
fn a_missing_model_says_where_it_was_sought() {
    let folder = tempfile::tempdir().unwrap();
    let error = NeuralReader::load(folder.path()).err().unwrap();
    assert!(matches!(error, ReadError::ModelMissing { .. }));
    assert!(error.to_string().contains(MANIFEST_FILE), "{error}");
    fs::copy(models().join(MANIFEST_FILE), folder.path().join(MANIFEST_FILE)).unwrap();
    let error = NeuralReader::load(folder.path()).err().unwrap();
    assert!(error.to_string().contains("reader.onnx"), "{error}");
}
