//! Lines and writers over a few fonts of the list (SIL Open Font License, beside the files).
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::Path;

use sobo_core::Ink;
use sobo_synth::fonts::{ALPHABET, Fonts, Style};
use sobo_synth::lines::{Crop, Description, MAGIC, Mix, draw_line};
use sobo_synth::{Rng, Writer};

fn fonts() -> Fonts {
    Fonts::load_present(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fonts")).unwrap()
}

fn lines(seed: u64, count: u64, kinds: &[&str]) -> Vec<Crop> {
    let fonts = fonts();
    let kinds: Vec<String> = kinds.iter().map(|k| (*k).to_owned()).collect();
    let mix = Mix::parse(&kinds).unwrap();
    (0..count).map(|i| draw_line(sobo_synth::random::derive(seed, i), seed, 48, &fonts, &mix)).collect()
}

#[test]
fn every_face_draws_the_whole_alphabet() {
    let fonts = fonts();
    assert_eq!(fonts.faces().len(), 4);
    for face in fonts.faces() {
        assert_eq!(face.missing(), "", "{}", face.family);
    }
}

#[test]
fn a_pen_path_reaches_as_far_as_its_letter() {
    for face in fonts().faces().iter().filter(|f| matches!(f.style, Style::Printhand | Style::Cursive)) {
        for c in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789đơưĐƠƯ".chars() {
            let body = face.glyph(c).unwrap().bbox.unwrap();
            let path = face.skeleton(c).unwrap().bbox().unwrap();
            let slack = 0.28 * face.x_height;
            let near = |a: f32, b: f32| (a - b).abs() < slack;
            assert!(
                near(body.left, path.left)
                    && near(body.right, path.right)
                    && near(body.top, path.top)
                    && near(body.bottom, path.bottom),
                "{} {c}: {body:?} {path:?}",
                face.family
            );
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(lines(11, 60, &[]), lines(11, 60, &[]));
    assert_ne!(lines(11, 5, &[]), lines(12, 5, &[]));
}

#[test]
fn every_line_is_whole_and_its_text_can_be_spelled() {
    let drawn = lines(3, 1500, &[]);
    let mut kinds = BTreeSet::new();
    let mut empty = 0;
    for crop in &drawn {
        let Description { text, ink, style, .. } = &crop.description;
        kinds.insert(style.clone());
        assert_eq!(crop.pixels.len(), (crop.width * crop.height) as usize);
        assert!(text.chars().all(|c| ALPHABET.contains(c)), "{text}");
        assert_eq!(text.trim(), text);
        assert_eq!(*ink == Ink::Handwritten, matches!(style.as_str(), "school" | "cursive" | "printhand"));
        empty += u32::from(text.is_empty());
        let (dark, light) = (crop.pixels.iter().min().unwrap(), crop.pixels.iter().max().unwrap());
        if !text.is_empty() {
            assert!(light - dark > 20, "{text}: {dark}..{light}");
        }
    }
    assert!((10..90).contains(&empty), "{empty}");
    assert!(kinds.contains("cursive") && kinds.contains("typewriter") && kinds.contains("print"));
}

#[test]
fn glyph_boxes_hold_the_ink_of_their_letters() {
    let fonts = fonts();
    for ink in [Ink::Handwritten, Ink::Typed, Ink::Printed] {
        for seed in 0..40 {
            let writer = Writer::of_style(
                seed,
                match ink {
                    Ink::Handwritten if seed % 2 == 0 => Style::Cursive,
                    Ink::Handwritten => Style::Printhand,
                    Ink::Typed => Style::Typewriter,
                    Ink::Printed => Style::Print,
                },
                &fonts,
            )
            .unwrap();
            let text = "Nguyễn Thị Bạch Thảo, số 65/43 đường Lê Lợi";
            let line = writer.write(text, 40.0, &mut Rng::new(seed));
            assert_eq!(line.text, text);
            let written: String = line.glyphs.iter().map(|g| g.character).collect();
            assert_eq!(written, text.replace(' ', ""));
            for glyph in &line.glyphs {
                let b = glyph.bbox;
                let mut dark = 0u32;
                for y in b.y.floor() as isize..(b.y + b.h).ceil() as isize {
                    for x in b.x.floor() as isize..(b.x + b.w).ceil() as isize {
                        dark += u32::from(line.mask.at(x, y));
                    }
                }
                assert!(dark > 60, "{:?} {} of {}", writer.style, glyph.character, writer.id);
            }
            let ink_box = line.ink.unwrap();
            assert!(ink_box.x >= 0.0 && ink_box.x + ink_box.w <= line.mask.width as f32 + 0.5);
            assert!(ink_box.y >= 0.0 && ink_box.y + ink_box.h <= line.mask.height as f32 + 0.5);
            let guess = writer.measure(text, 40.0);
            assert!((line.advance / guess - 1.0).abs() < 0.35, "{} against {guess}", line.advance);
        }
    }
}

#[test]
fn struck_words_leave_ink_but_no_text() {
    let fonts = fonts();
    let writer = Writer::of_style(5, Style::Printhand, &fonts).unwrap();
    let plain = writer.write("Lê Lợi", 40.0, &mut Rng::new(1));
    let struck = writer.write_struck("Quang", "Lê Lợi", 40.0, &mut Rng::new(1));
    assert_eq!(struck.text, "Lê Lợi");
    assert_eq!(struck.glyphs.len(), plain.glyphs.len());
    assert!(struck.ink.unwrap().x > plain.ink.unwrap().x + 60.0);
    assert!(struck.mask.ink_box(100).unwrap().x < struck.ink.unwrap().x - 40.0);
}

#[test]
fn no_two_letters_are_equal_and_a_writer_keeps_to_himself() {
    let fonts = fonts();
    let height = |seed: u64, chance: u64| {
        let writer = Writer::of_style(seed, Style::Printhand, &fonts).unwrap();
        let line = writer.write("nnnnnnnn", 40.0, &mut Rng::new(chance));
        line.glyphs.iter().map(|g| g.bbox.h).collect::<Vec<f32>>()
    };
    let line = height(9, 1);
    assert!(line.windows(2).all(|w| w[0] != w[1]), "{line:?}");
    let mean = |v: &[f32]| v.iter().sum::<f32>() / v.len() as f32;
    let spread = |values: &[f32]| {
        let m = mean(values);
        (values.iter().map(|v| (v - m) * (v - m)).sum::<f32>() / values.len() as f32).sqrt()
    };
    let same: Vec<f32> = (0..30).map(|chance| mean(&height(9, chance))).collect();
    let others: Vec<f32> = (0..30).map(|seed| mean(&height(seed, 1))).collect();
    assert!(spread(&others) > 2.0 * spread(&same), "{} {}", spread(&others), spread(&same));
}

#[test]
fn a_stream_can_be_read_and_resumed() {
    use clap::Parser;
    #[derive(Parser)]
    struct Tool {
        #[command(flatten)]
        options: sobo_synth::lines::Options,
    }
    let dir = tempfile::tempdir().unwrap();
    let stream = |name: &str, rest: &[&str]| {
        let out = dir.path().join(name);
        let fonts_dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fonts");
        let mut arguments = vec!["lines", "--present", "--fonts-dir", fonts_dir.to_str().unwrap()];
        arguments.extend(["--fonts", "all", "--out", out.to_str().unwrap()]);
        arguments.extend(rest);
        sobo_synth::lines::run(&Tool::parse_from(arguments).options).unwrap();
        std::fs::read(out).unwrap()
    };
    let whole = stream("a", &["--count", "20", "--threads", "2"]);
    assert_eq!(&whole[..8], MAGIC);
    assert_eq!(whole[12..16], 48u32.to_le_bytes());
    let mut at = 16;
    let mut starts = Vec::new();
    while at < whole.len() {
        starts.push(at);
        let number = |at: usize| u32::from_le_bytes(whole[at..at + 4].try_into().unwrap()) as usize;
        let length = number(at);
        let description: Description = serde_json::from_slice(&whole[at + 4..at + 4 + length]).unwrap();
        assert!(["light", "medium", "heavy"].contains(&description.level.as_str()));
        at += 4 + length;
        at += 4 + 48 * number(at);
    }
    assert_eq!(starts.len(), 20);
    let tail = stream("b", &["--count", "8", "--skip", "12"]);
    assert_eq!(tail[16..], whole[starts[12]..]);
}
