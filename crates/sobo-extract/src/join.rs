//! Lines into fields: joined text, joined candidates, and the lacuna where there is no text.

use sobo_core::{Candidate, Entry, Field, FieldKind, Form, Lacuna, Reading};
use sobo_text::nfc;

use crate::settings::Settings;
use crate::stamps;
use crate::{RawEntry, RawField, RawLine};

/// One entry with fields in the order of the form; fields the form does not know follow.
pub(crate) fn entry(form: &Form, raw: RawEntry, settings: &Settings) -> Entry {
    let mut entry = Entry { bbox: raw.bbox, fields: Default::default() };
    let mut fields = raw.fields;
    for described in &form.fields {
        if let Some(mut raw_field) = fields.shift_remove(&described.name) {
            let found = raw_field.lines.len();
            stamps::leave_out(form, described.kind, &described.name, &mut raw_field);
            let only_print =
                found > 0 && raw_field.lines.is_empty() && described.kind == FieldKind::PersonName;
            let mut joined = field(raw_field, settings);
            if only_print {
                // A caption stood where the name was sought: the name may stand elsewhere.
                joined.confidence *= 0.5;
            }
            entry.fields.insert(described.name.clone(), joined);
        }
    }
    for (name, raw_field) in fields {
        entry.fields.insert(name, field(raw_field, settings));
    }
    entry
}

/// Joins the lines of a field, or says why it has no text.
pub(crate) fn field(raw: RawField, settings: &Settings) -> Field {
    let mut field = Field {
        bbox: raw.bbox,
        lines: raw.lines.iter().map(|line| line.bbox).collect(),
        reader: reader(&raw.lines),
        ..Field::default()
    };
    let lost = lost_share(&raw.lines);
    // Text may not be read where there is no ink: such lines take no part.
    let written: Vec<&RawLine> =
        raw.lines.iter().filter(|line| line.ink >= settings.least_ink && line.lost <= LINE_GONE).collect();
    let most_ink = raw.lines.iter().map(|line| line.ink).fold(0.0f32, f32::max);
    if !raw.lines.is_empty() && lost > settings.torn {
        return lacuna(field, Lacuna::Torn, lost);
    }
    if written.is_empty() {
        if raw.lines.iter().any(|line| line.lost > LINE_GONE) {
            return lacuna(field, Lacuna::Torn, lost.max(0.5));
        }
        let doubt = if settings.least_ink > 0.0 { most_ink / settings.least_ink } else { 0.0 };
        return lacuna(field, Lacuna::Blank, 0.99 - 0.4 * doubt);
    }
    let (written, doubtful) = without_dirt(written, settings);
    let readings: Vec<&Reading> = written.iter().map(|line| &line.reading).collect();
    let candidates = joined_candidates(&readings, settings.candidates);
    if raw.struck {
        field.candidates = candidates;
        return lacuna(field, Lacuna::StruckOut, 0.5);
    }
    let text = nfc(&join_lines(readings.iter().map(|reading| reading.text.as_str())));
    if text.is_empty() {
        return lacuna(field, Lacuna::Illegible, 0.5);
    }
    if mean_character_probability(&readings) < settings.illegible {
        field.candidates = candidates;
        return lacuna(field, Lacuna::Illegible, 0.5);
    }
    field.confidence = readings.iter().map(|reading| reading.confidence.clamp(0.0, 1.0)).product();
    if raw.lines.iter().any(|line| line.lost > LINE_GONE) || doubtful {
        // A line is gone: what is left cannot be the whole.
        field.confidence *= 0.2;
    }
    field.text = text;
    field.candidates = candidates;
    field.value = raw.value;
    field
}

/// Leaves out lines that cannot be read beside one that can: blots, strokes of a stamp, dirt. Says
/// whether one of them was long enough to be writing.
fn without_dirt<'a>(lines: Vec<&'a RawLine>, settings: &Settings) -> (Vec<&'a RawLine>, bool) {
    let letters = |line: &RawLine| line.reading.text.chars().filter(|c| c.is_alphanumeric()).count();
    let sureness = |line: &RawLine| mean_character_probability(&[&line.reading]);
    let best = lines.iter().copied().max_by(|a, b| {
        let weight = |line: &RawLine| letters(line).min(6) as f32 * sureness(line);
        weight(a).total_cmp(&weight(b))
    });
    let Some(best) = best.filter(|best| sureness(best) >= settings.illegible_line) else {
        return (lines, false);
    };
    let many = letters(best) >= 4;
    let dirt = |line: &RawLine| {
        let least = if many && letters(line) <= 1 {
            0.5 + 0.5 * settings.illegible_line
        } else {
            settings.illegible_line
        };
        sureness(line) < least
    };
    let (left_out, kept): (Vec<&RawLine>, Vec<&RawLine>) = lines.into_iter().partition(|line| dirt(line));
    // Two letters may be the last word of the value, and so may anything as wide.
    let doubtful = left_out.iter().any(|line| letters(line) >= 2 || line.bbox.w > 1.5 * line.bbox.h);
    (kept, doubtful)
}

/// Share lost from which a line is not read at all.
const LINE_GONE: f32 = 0.8;

fn lacuna(mut field: Field, lacuna: Lacuna, confidence: f32) -> Field {
    field.lacuna = Some(lacuna);
    field.text.clear();
    field.confidence = confidence.clamp(0.0, 1.0);
    field
}

fn lost_share(lines: &[RawLine]) -> f32 {
    let width = |line: &RawLine| (line.bbox.w as f32).max(1.0);
    let all: f32 = lines.iter().map(width).sum();
    if all > 0.0 {
        lines.iter().map(|line| line.lost.clamp(0.0, 1.0) * width(line)).sum::<f32>() / all
    } else {
        0.0
    }
}

fn reader(lines: &[RawLine]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for line in lines {
        let name = line.reading.reader.as_str();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names.join("+")
}

/// Lines joined by one space. A line that ends in a hyphen after a letter goes on without a space: the old spelling
/// joins the syllables of a word by hyphens (`Sài-` / `Gòn`), and the hyphen is part of what is written.
pub(crate) fn join_lines<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for line in lines {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let mut tail = out.chars().rev();
        let hyphen = tail.next() == Some('-') && tail.next().is_some_and(char::is_alphabetic);
        if !out.is_empty() && !(hyphen && line.starts_with(char::is_alphabetic)) {
            out.push(' ');
        }
        out.push_str(line);
    }
    out
}

/// The best combinations of the lines' candidates, best first, the first being the lines' own texts.
fn joined_candidates(readings: &[&Reading], most: usize) -> Vec<Candidate> {
    let mut beam: Vec<(Vec<&str>, f32)> = vec![(Vec::new(), 1.0)];
    for reading in readings {
        let own = [Candidate { text: reading.text.clone(), probability: reading.confidence }];
        let options: Vec<(&str, f32)> = if reading.candidates.is_empty() {
            // Borrowed from the reading itself, which outlives the beam.
            own.iter().map(|c| (reading.text.as_str(), c.probability)).collect()
        } else {
            reading.candidates.iter().map(|c| (c.text.as_str(), c.probability)).collect()
        };
        let mut next: Vec<(Vec<&str>, f32)> = Vec::new();
        for (texts, probability) in &beam {
            for (text, p) in &options {
                let mut extended = texts.clone();
                extended.push(text);
                next.push((extended, probability * p.clamp(0.0, 1.0)));
            }
        }
        next.sort_by(|a, b| b.1.total_cmp(&a.1));
        next.truncate(most.max(1) * 4);
        beam = next;
    }
    let top = nfc(&join_lines(readings.iter().map(|r| r.text.as_str())));
    let mut out: Vec<Candidate> = Vec::new();
    let top_probability = beam.first().map_or(0.0, |(_, p)| *p);
    out.push(Candidate { text: top, probability: top_probability });
    for (texts, probability) in beam {
        let text = nfc(&join_lines(texts.into_iter()));
        match out.iter_mut().find(|held| held.text == text) {
            Some(held) => held.probability = held.probability.max(probability),
            None => out.push(Candidate { text, probability }),
        }
    }
    out.retain(|candidate| !candidate.text.is_empty());
    out.truncate(most);
    out
}

/// Geometric mean of the characters' probabilities where the recogniser gives them, else of the whole.
fn mean_character_probability(readings: &[&Reading]) -> f32 {
    let mut logs = 0.0f32;
    let mut count = 0usize;
    for reading in readings {
        if reading.chars.is_empty() {
            let length = reading.text.chars().count();
            logs += reading.confidence.clamp(1e-6, 1.0).ln();
            count += length;
        } else {
            logs += reading.chars.iter().map(|c| c.probability.clamp(1e-6, 1.0).ln()).sum::<f32>();
            count += reading.chars.len();
        }
    }
    if count == 0 { 0.0 } else { (logs / count as f32).exp() }
}
