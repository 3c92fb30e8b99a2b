//! A character n-gram model of what registers say, per group of field kinds.
//!
//! It knows which syllables Vietnamese allows, which names, places and turns of phrase are common, and nothing of
//! numbers: all digits are one symbol to it, so no digit is ever changed because another is more usual. Its
//! probabilities are mixed with a floor, so that a name it never saw costs a bounded price per letter and survives
//! when the ink is clear. Built by `models/training/language.py`; Witten–Bell smoothing, stored as a hash table of
//! fingerprints with quantised logarithms.

use sobo_core::FieldKind;

/// Characters of history the model looks at.
pub(crate) const CONTEXT: usize = 5;
const MAGIC: &[u8; 8] = b"SOBOLM01";
/// Shares of the field's own model, the general one and the floor.
const OWN: f32 = 0.55;
const GENERAL: f32 = 0.38;
const FLOOR: f32 = 0.07;
/// Steps of the stored logarithms.
const QUANTUM: f32 = 0.1;

/// Kinds of field that share a model.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(crate) enum Group {
    /// Everything together.
    General = 0,
    /// Names of persons.
    Name = 1,
    /// Dates, numbers, ages in digits.
    Digits = 2,
    /// Dates in words.
    DateWords = 3,
    /// Addresses and places.
    Place = 4,
    /// Short answers from small vocabularies.
    Word = 5,
}

impl Group {
    pub(crate) fn of(kind: FieldKind) -> Self {
        match kind {
            FieldKind::PersonName => Self::Name,
            FieldKind::Date
            | FieldKind::Time
            | FieldKind::Number
            | FieldKind::Identity
            | FieldKind::Year
            | FieldKind::Age => Self::Digits,
            FieldKind::DateWords => Self::DateWords,
            FieldKind::Place => Self::Place,
            FieldKind::Sex
            | FieldKind::Ethnicity
            | FieldKind::Nationality
            | FieldKind::Occupation
            | FieldKind::Relation
            | FieldKind::Cause
            | FieldKind::RegistrationType => Self::Word,
            FieldKind::Text => Self::General,
        }
    }
}

/// The loaded table.
pub(crate) struct LanguageModel {
    fingerprints: Vec<u32>,
    /// Log probability of the last symbol given the others, and weight of backing off from the whole, quantised.
    values: Vec<[u8; 2]>,
    mask: u64,
    /// Symbol of every class: itself, or one for all digits.
    symbols: Vec<u16>,
    digit: u16,
    begin: u16,
    end: u16,
}

impl LanguageModel {
    pub(crate) fn from_bytes(bytes: &[u8], alphabet: &[char]) -> Result<Self, String> {
        let (head, body) = bytes.split_at_checked(16).ok_or("it ends before its header")?;
        let number = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if &head[..8] != MAGIC {
            return Err("it is no language model".to_owned());
        }
        if number(8) as usize != alphabet.len() {
            return Err("it was built for another alphabet".to_owned());
        }
        let bits = number(12);
        let size = 1_usize.checked_shl(bits).filter(|_| bits <= 24).ok_or("its table is too large")?;
        if body.len() != size * 6 {
            return Err(format!("its table has {} bytes where {} were expected", body.len(), size * 6));
        }
        let (fingerprints, values) = body.split_at(size * 4);
        let classes = alphabet.len() as u16;
        let digit = alphabet.iter().position(|c| *c == '0').ok_or("the alphabet has no digits")? as u16 + 1;
        let mut symbols: Vec<u16> = (0..=classes).collect();
        for (index, ch) in alphabet.iter().enumerate() {
            if ch.is_ascii_digit() {
                symbols[index + 1] = digit;
            }
        }
        Ok(Self {
            fingerprints: fingerprints
                .chunks_exact(4)
                .map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect(),
            values: values.chunks_exact(2).map(|b| [b[0], b[1]]).collect(),
            mask: size as u64 - 1,
            symbols,
            digit,
            end: classes + 1,
            begin: classes + 2,
        })
    }

    pub(crate) fn scorer(&self, group: Group) -> Scorer<'_> {
        Scorer { model: self, group }
    }

    fn find(&self, group: u16, symbols: &[u16]) -> Option<[u8; 2]> {
        let hash = hash(group, symbols);
        let fingerprint = ((hash >> 32) as u32).max(1);
        let mut slot = hash & self.mask;
        loop {
            match self.fingerprints[slot as usize] {
                0 => return None,
                found if found == fingerprint => return Some(self.values[slot as usize]),
                _ => slot = (slot + 1) & self.mask,
            }
        }
    }

    /// Probability of the last of `symbols` (oldest first) given the others.
    fn probability(&self, group: u16, symbols: &[u16]) -> f32 {
        let mut backed_off = 0.0_f32;
        for start in 0..symbols.len() {
            // 255 marks a history that is kept only for its weight.
            if let Some([probability, _]) = self.find(group, &symbols[start..]).filter(|[p, _]| *p < u8::MAX)
            {
                return (-(QUANTUM * f32::from(probability)) - backed_off).exp();
            }
            if let Some([_, weight]) = self.find(group, &symbols[start..symbols.len() - 1]) {
                backed_off += QUANTUM * f32::from(weight);
            }
        }
        0.0
    }
}

/// FNV-1a over the group and the symbols, with a final mix. `language.py` computes the same.
fn hash(group: u16, symbols: &[u16]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for symbol in std::iter::once(&group).chain(symbols) {
        hash = (hash ^ u64::from(*symbol)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 29;
    hash.wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// The model as one kind of field sees it.
pub(crate) struct Scorer<'m> {
    model: &'m LanguageModel,
    group: Group,
}

impl Scorer<'_> {
    /// Log probability of a class after the classes before it (newest first).
    pub(crate) fn log_probability(&self, history: &[u16], class: u16) -> f32 {
        let symbol = self.model.symbols.get(usize::from(class)).copied().unwrap_or(class);
        let digits = if symbol == self.model.digit { 10.0 } else { 1.0 };
        (self.mixed(history, symbol) / digits).ln()
    }

    /// Log probability that the line ends after these classes (newest first).
    pub(crate) fn log_end(&self, history: &[u16]) -> f32 {
        self.mixed(history, self.model.end).ln()
    }

    fn mixed(&self, history: &[u16], symbol: u16) -> f32 {
        let mut symbols = [0_u16; CONTEXT + 1];
        let mut length = 0;
        if history.len() < CONTEXT {
            symbols[0] = self.model.begin;
            length = 1;
        }
        for class in history.iter().take(CONTEXT).rev() {
            symbols[length] = self.model.symbols.get(usize::from(*class)).copied().unwrap_or(*class);
            length += 1;
        }
        symbols[length] = symbol;
        let symbols = &symbols[..=length];
        let general = self.model.probability(Group::General as u16, symbols);
        let own = match self.group {
            Group::General => general,
            group => self.model.probability(group as u16, symbols),
        };
        let alone = self.model.probability(Group::General as u16, &symbols[length..]);
        (OWN * own + GENERAL * general + FLOOR * alone).max(1e-5)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_damaged_table_is_refused() {
        let alphabet: Vec<char> = "0a".chars().collect();
        assert!(LanguageModel::from_bytes(b"short", &alphabet).is_err());
        let mut bytes = [MAGIC.as_slice(), &2_u32.to_le_bytes(), &4_u32.to_le_bytes(), &[0; 96]].concat();
        assert!(LanguageModel::from_bytes(&bytes, &alphabet).is_ok());
        bytes.pop();
        assert!(LanguageModel::from_bytes(&bytes, &alphabet).is_err());
    }

    #[test]
    fn what_was_never_seen_has_a_bounded_price() {
        let alphabet: Vec<char> = "0a".chars().collect();
        let bytes = [MAGIC.as_slice(), &2_u32.to_le_bytes(), &4_u32.to_le_bytes(), &[0; 96]].concat();
        let model = LanguageModel::from_bytes(&bytes, &alphabet).unwrap();
        let price = model.scorer(Group::Name).log_probability(&[], 2);
        assert!(price.is_finite() && price > -12.0);
    }
}
