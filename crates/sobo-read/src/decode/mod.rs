//! From the network's log probabilities to text: CTC beam search with language knowledge, characters placed along the
//! line, and a calibrated probability that the whole text is right.

mod align;
mod beam;
mod confidence;
mod grammar;
mod language;

use std::path::Path;

use sobo_core::{Candidate, CharSpan, FieldKind, Reading};

use confidence::Calibration;
pub use confidence::FEATURES;
use language::{Group, LanguageModel};

use crate::ReadError;
use crate::neural::{Manifest, Output, read_checked};

/// Alternatives kept in a reading.
const CANDIDATES: usize = 5;
/// Prefixes kept where no language model says otherwise.
const DEFAULT_BEAM: usize = 8;

/// How much language knowledge weighs beside what the network sees.
#[derive(Debug, Copy, Clone, PartialEq)]
pub struct Decoding {
    /// Weight of the language model's log probability; 0 decodes by sight alone.
    pub weight: f32,
    /// Reward per character, against the model's liking for short texts.
    pub bonus: f32,
    /// Prefixes kept at every step.
    pub beam: usize,
}

/// Turns network output into readings.
pub(crate) struct Decoder {
    alphabet: Vec<char>,
    language: Option<LanguageModel>,
    decoding: Decoding,
    calibration: Calibration,
}

impl Decoder {
    pub(crate) fn load(folder: &Path, manifest: &Manifest) -> Result<Self, ReadError> {
        let alphabet: Vec<char> = manifest.alphabet.chars().collect();
        let mut decoding = Decoding { weight: 0.0, bonus: 0.0, beam: DEFAULT_BEAM };
        let mut language = None;
        if let Some(entry) = &manifest.language {
            let bytes = read_checked(folder, &entry.file, &entry.sha256)?;
            let model = LanguageModel::from_bytes(&bytes, &alphabet)
                .map_err(|reason| ReadError::ModelDamaged { path: folder.join(&entry.file), reason })?;
            language = Some(model);
            decoding = Decoding { weight: entry.weight, bonus: entry.bonus, beam: entry.beam.clamp(1, 64) };
        }
        let calibration = Calibration::new(&manifest.confidence).map_err(|reason| {
            ReadError::ModelDamaged { path: folder.join(crate::neural::MANIFEST_FILE), reason }
        })?;
        Ok(Self { alphabet, language, decoding, calibration })
    }

    pub(crate) fn set_decoding(&mut self, decoding: Decoding) {
        self.decoding = decoding;
    }

    /// The reading of a crop with nothing on it.
    pub(crate) fn blank() -> Reading {
        Reading {
            confidence: 0.99,
            candidates: vec![Candidate { text: String::new(), probability: 0.99 }],
            ..Reading::default()
        }
    }

    /// Reads one line; also gives the features its confidence is made of, for calibration.
    pub(crate) fn decode(
        &self,
        output: &Output,
        width: usize,
        kind: FieldKind,
        year: Option<i32>,
    ) -> (Reading, [f32; FEATURES]) {
        let language = self.language.as_ref().filter(|_| self.decoding.weight > 0.0);
        let scorer = language.map(|model| model.scorer(Group::of(kind)));
        let mut found = beam::search(output, scorer.as_ref(), self.decoding);
        for hypothesis in &mut found {
            hypothesis.text = hypothesis.classes.iter().filter_map(|class| self.character(*class)).collect();
            let text = collapsed(&hypothesis.text);
            hypothesis.total += grammar::prior(&text, kind, year) * self.decoding.weight.min(1.0);
        }
        found.sort_by(|a, b| b.total.total_cmp(&a.total).then_with(|| a.classes.cmp(&b.classes)));
        let Some(best) = found.first() else {
            return (Self::blank(), [0.0; FEATURES]);
        };
        let placed = align::align(output, &best.classes);
        let scale = output.stride as f32 / width.max(1) as f32;
        let mut chars: Vec<CharSpan> = Vec::with_capacity(placed.len());
        for (place, class) in placed.iter().zip(&best.classes) {
            let Some(ch) = self.character(*class) else { continue };
            if ch == ' ' && chars.last().is_none_or(|last| last.ch == ' ') {
                continue;
            }
            let edge = |step: f32| (step * scale).clamp(0.0, 1.0);
            chars.push(CharSpan {
                ch,
                x0: edge(place.start),
                x1: edge(place.end),
                probability: place.probability,
            });
        }
        if chars.last().is_some_and(|last| last.ch == ' ') {
            chars.pop();
        }
        let text = collapsed(&best.text);
        let features = confidence::features(&found, &placed);
        let confidence = self.calibration.probability(&features, kind);
        let candidates = candidates(&found, &text, confidence);
        (Reading { text, confidence, candidates, chars, reader: String::new() }, features)
    }

    fn character(&self, class: u16) -> Option<char> {
        usize::from(class).checked_sub(1).and_then(|index| self.alphabet.get(index)).copied()
    }
}

/// White space collapsed.
fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The best texts with probabilities: the first as sure as the reading, the others sharing what is left.
fn candidates(found: &[beam::Hypothesis], text: &str, confidence: f32) -> Vec<Candidate> {
    let best = found.first().map_or(0.0, |hypothesis| hypothesis.total);
    let mut list = vec![Candidate { text: text.to_owned(), probability: confidence }];
    let mut others: Vec<(String, f32)> = Vec::new();
    for hypothesis in found.iter().skip(1) {
        let text = collapsed(&hypothesis.text);
        if list.iter().all(|candidate| candidate.text != text)
            && others.iter().all(|(other, _)| *other != text)
        {
            others.push((text, (hypothesis.total - best).exp()));
        }
        if others.len() + 1 == CANDIDATES {
            break;
        }
    }
    let sum: f32 = others.iter().map(|(_, share)| share).sum::<f32>().max(1e-9);
    let rest = (1.0 - confidence).max(0.0);
    // Part of what is left belongs to texts that are not on the list at all.
    let listed = rest * sum / (sum + 1.0);
    list.extend(
        others.into_iter().map(|(text, share)| Candidate { text, probability: listed * share / sum }),
    );
    list
}
