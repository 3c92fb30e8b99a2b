//! Syllables that Vietnamese spelling allows, drawn evenly, and strings that it does not.

use unicode_normalization::UnicodeNormalization;

use crate::fonts::ALPHABET;
use crate::random::Rng;

const ONSETS: [&str; 28] = [
    "", "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "ph",
    "qu", "r", "s", "t", "th", "tr", "v", "x", "p",
];

/// Rimes without tone, open and nasal ones first.
const RIMES: [&str; 118] = [
    "a", "ai", "ao", "au", "ay", "am", "an", "ang", "anh", "ăm", "ăn", "ăng", "âu", "ây", "âm", "ân", "âng",
    "e", "eo", "em", "en", "eng", "ê", "êu", "êm", "ên", "ênh", "i", "ia", "iêm", "iên", "iêng", "iêu", "im",
    "in", "inh", "iu", "o", "oa", "oai", "oan", "oang", "oanh", "oay", "oe", "oen", "oi", "om", "on", "ong",
    "ô", "ôi", "ôm", "ôn", "ông", "ơ", "ơi", "ơm", "ơn", "u", "ua", "uân", "uê", "uênh", "ui", "um", "un",
    "ung", "uôi", "uôm", "uôn", "uông", "uơ", "uy", "uya", "uyên", "uyn", "uynh", "ư", "ưa", "ưi", "ưng",
    "ươi", "ươm", "ươn", "ương", "ươu", "ưu", "y", "yêm", "yên", "yêu", "oong", "uây", "oăn",
    "oăng", // closed by a stop: acute or dot below only
    "ac", "ach", "ap", "at", "ăc", "ăt", "âp", "ât", "ec", "et", "êch", "êt", "ich", "it", "iêc", "iêt",
    "oc", "ôc", "uôc", "ươt", "ưc", "uyêt",
];

const STOPS_FROM: usize = 96;
const TONES: [&str; 6] = ["", "\u{301}", "\u{300}", "\u{309}", "\u{303}", "\u{323}"];

/// A syllable, lower case, NFC; every onset, rime and tone about equally often.
pub(crate) fn syllable(rng: &mut Rng) -> String {
    let onset = ONSETS[rng.below(ONSETS.len())];
    let index = rng.below(RIMES.len());
    let rime = RIMES[index];
    let tone = if index >= STOPS_FROM { ["\u{301}", "\u{323}"][rng.below(2)] } else { TONES[rng.below(6)] };
    let place = tone_place(rime);
    let mut text = onset.to_owned();
    for (at, c) in rime.chars().enumerate() {
        text.push(c);
        if at == place {
            text.push_str(tone);
        }
    }
    text.nfc().collect()
}

/// Index of the vowel that carries the tone.
fn tone_place(rime: &str) -> usize {
    let letters: Vec<char> = rime.chars().collect();
    let vowel = |c: &char| !matches!(c, 'c' | 'g' | 'h' | 'm' | 'n' | 'p' | 't');
    // The last vowel with a quality mark carries it, else the first of an open pair, the last of others.
    if let Some(marked) = letters.iter().rposition(|c| "ăâêôơư".contains(*c)) {
        return marked;
    }
    let vowels = letters.iter().take_while(|c| vowel(c)).count();
    match vowels {
        0 | 1 => 0,
        2 if vowels == letters.len()
            && !rime.starts_with("oa")
            && !rime.starts_with("oe")
            && rime != "uy" =>
        {
            0
        }
        2 => 1,
        _ => 1,
    }
}

/// Letters, digits and signs in no order at all.
pub(crate) fn nonsense(rng: &mut Rng) -> String {
    let alphabet: Vec<char> = ALPHABET.chars().filter(|c| *c != ' ').collect();
    let letters: Vec<char> = alphabet.iter().copied().filter(|c| c.is_alphabetic()).collect();
    let count = 1 + rng.below(12);
    let digits = rng.chance(0.2);
    let even = rng.chance(0.3);
    let mut text = String::new();
    for i in 0..count {
        if i > 0 && rng.chance(0.12) {
            text.push(' ');
        }
        let c = if digits {
            char::from(b'0' + rng.below(10) as u8)
        } else if even {
            alphabet[rng.below(alphabet.len())]
        } else {
            letters[rng.below(letters.len())]
        };
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_stand_where_they_are_written() {
        for (rime, marked) in [
            ("oan", 1),
            ("uyên", 2),
            ("ia", 0),
            ("ai", 0),
            ("ương", 1),
            ("oa", 1),
            ("uy", 1),
            ("oai", 1),
            ("ua", 0),
        ] {
            assert_eq!(tone_place(rime), marked, "{rime}");
        }
    }

    #[test]
    fn stops_take_two_tones_only() {
        assert!(RIMES[STOPS_FROM..].iter().all(|r| r.ends_with(['c', 'h', 'p', 't'])));
        assert!(RIMES[..STOPS_FROM].iter().all(|r| !r.ends_with(['c', 'p', 't']) && !r.ends_with("ch")));
    }
}
