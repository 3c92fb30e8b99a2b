//! The Vietnamese syllable: onset, rime, tone; where the tone mark is written; which syllables exist.

use unicode_normalization::UnicodeNormalization;

/// The six tones.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Tone {
    /// Ngang: no mark.
    #[default]
    Level,
    /// Huyền: grave.
    Grave,
    /// Sắc: acute.
    Acute,
    /// Hỏi: hook above.
    Hook,
    /// Ngã: tilde.
    Tilde,
    /// Nặng: dot below.
    Dot,
}

impl Tone {
    /// All tones.
    pub const ALL: [Self; 6] = [Self::Level, Self::Grave, Self::Acute, Self::Hook, Self::Tilde, Self::Dot];

    /// The tone this combining mark writes.
    pub fn from_mark(mark: char) -> Option<Self> {
        Some(match mark {
            '\u{300}' | '\u{340}' => Self::Grave,
            '\u{301}' | '\u{341}' => Self::Acute,
            '\u{309}' => Self::Hook,
            '\u{303}' => Self::Tilde,
            '\u{323}' => Self::Dot,
            _ => return None,
        })
    }

    /// Its combining mark; none for the level tone.
    pub fn mark(self) -> Option<char> {
        match self {
            Self::Level => None,
            Self::Grave => Some('\u{300}'),
            Self::Acute => Some('\u{301}'),
            Self::Hook => Some('\u{309}'),
            Self::Tilde => Some('\u{303}'),
            Self::Dot => Some('\u{323}'),
        }
    }
}

/// Where the tone mark of `oa`, `oe`, `uy` without a final consonant stands.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, Default)]
pub enum Placement {
    /// On the first vowel: `hòa`, `thủy`. The older way, and that of our keys.
    #[default]
    Old,
    /// On the second vowel: `hoà`, `thuỷ`.
    New,
}

/// A syllable in its parts. Case is that of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syllable {
    /// Initial consonant letters (`ngh`, `qu`, `gi`), perhaps empty.
    pub onset: String,
    /// Vowels and final consonant without tone mark (`uyên`, `oa`).
    pub rime: String,
    /// The tone.
    pub tone: Tone,
}

/// Splits one word into onset, rime and tone. `None` where it has no vowel, more than one tone mark, or
/// characters that are not letters.
pub fn split_syllable(word: &str) -> Option<Syllable> {
    let (plain, tone) = strip_tone(word)?;
    let lower: Vec<char> = plain.iter().flat_map(|c| c.to_lowercase()).collect();
    if lower.len() != plain.len() || lower.is_empty() || !lower.iter().all(|c| c.is_alphabetic()) {
        return None;
    }
    let cut = onset_length(&lower);
    if cut >= plain.len() || !is_vowel(lower[cut]) {
        return None;
    }
    Some(Syllable { onset: plain[..cut].iter().collect(), rime: plain[cut..].iter().collect(), tone })
}

impl Syllable {
    /// The syllable written with its tone mark, NFC.
    pub fn write(&self, placement: Placement) -> String {
        let rime: Vec<char> = self.rime.chars().collect();
        let mut out: String = self.onset.clone();
        let at = tone_position(&rime, placement);
        for (index, c) in rime.iter().enumerate() {
            out.push(*c);
            if index == at
                && let Some(mark) = self.tone.mark()
            {
                out.push(mark);
            }
        }
        out.nfc().collect()
    }
}

/// The word with its tone mark where `placement` wants it, NFC; words that are no single syllable unchanged.
pub fn place_tone(word: &str, placement: Placement) -> String {
    match split_syllable(word) {
        Some(syllable) => syllable.write(placement),
        None => word.nfc().collect(),
    }
}

/// [`place_tone`] on every word of a text, everything between the words unchanged.
pub fn place_tones(text: &str, placement: Placement) -> String {
    let composed: String = text.nfc().collect();
    let mut out = String::with_capacity(composed.len());
    let mut word = String::new();
    for c in composed.chars() {
        if c.is_alphabetic() {
            word.push(c);
        } else {
            out.push_str(&place_tone(&word, placement));
            word.clear();
            out.push(c);
        }
    }
    out.push_str(&place_tone(&word, placement));
    out
}

/// One form for all writings of the same word: lower case, old tone placement, a final `y` that is the
/// whole rime as `i` (`lý` → `lí`, `quý` → `quí`, `mỹ` → `mĩ`).
pub(crate) fn same_word_form(word: &str) -> String {
    let lower: String = word.nfc().flat_map(char::to_lowercase).nfc().collect();
    match split_syllable(&lower) {
        Some(mut syllable) => {
            if syllable.rime == "y" {
                syllable.rime = "i".to_owned();
            }
            // `quy` is read with onset `qu`; `gi` alone keeps its vowel.
            syllable.write(Placement::Old)
        }
        None => lower,
    }
}

/// Whether the word could be a Vietnamese syllable: a known onset, a known rime, and a tone its final allows.
pub fn is_vietnamese_syllable(word: &str) -> bool {
    let lower: String = word.nfc().flat_map(char::to_lowercase).nfc().collect();
    let Some(syllable) = split_syllable(&lower) else { return false };
    if !syllable.onset.is_empty() && !ONSETS.contains(&syllable.onset.as_str()) {
        return false;
    }
    let rime = syllable.rime.as_str();
    let known = RIMES.contains(&rime)
        || (syllable.onset == "qu" && QU_RIMES.contains(&rime))
        || (syllable.onset == "gi" && (rime == "êng" || rime == "êt" || rime == "êc"));
    if !known {
        return false;
    }
    let stopped = rime.ends_with(['c', 'p', 't']) || rime.ends_with("ch");
    !stopped || matches!(syllable.tone, Tone::Acute | Tone::Dot)
}

/// Every letter of Vietnamese, lower then upper case, with every tone: 29 letters without f j w z and 60
/// toned vowels, both cases.
pub fn alphabet() -> Vec<char> {
    let mut all = Vec::new();
    for base in "abcdeghiklmnopqrstuvxyđăâêôơư".chars() {
        let tones: &[Tone] = if is_vowel(base) { &Tone::ALL } else { &[Tone::Level] };
        for tone in tones {
            let text: String = std::iter::once(base).chain(tone.mark()).nfc().collect();
            all.extend(text.chars());
        }
    }
    let upper: Vec<char> = all.iter().flat_map(|c| c.to_uppercase()).collect();
    all.extend(upper);
    all
}

/// The characters of a word without tone marks (circumflex, breve and horn stay), and the one tone found.
fn strip_tone(word: &str) -> Option<(Vec<char>, Tone)> {
    let mut tone = Tone::Level;
    let mut rest = String::with_capacity(word.len());
    for c in word.nfd() {
        match Tone::from_mark(c) {
            Some(found) if tone == Tone::Level => tone = found,
            Some(_) => return None,
            None => rest.push(c),
        }
    }
    Some((rest.nfc().collect(), tone))
}

/// How many letters of a toneless lower-case word are its onset.
fn onset_length(word: &[char]) -> usize {
    let starts = |text: &str| {
        let mut at = 0;
        for c in text.chars() {
            if word.get(at) != Some(&c) {
                return false;
            }
            at += 1;
        }
        true
    };
    let vowel_at = |at: usize| word.get(at).copied().is_some_and(is_vowel);
    if starts("qu") && vowel_at(2) {
        return 2;
    }
    // `gi` keeps its vowel where no other follows: gì, gìn.
    if starts("gi") && vowel_at(2) {
        return 2;
    }
    word.iter().take_while(|c| !is_vowel(**c)).count()
}

fn tone_position(rime: &[char], placement: Placement) -> usize {
    let lower: Vec<char> = rime.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
    let vowels = lower.iter().take_while(|c| is_vowel(**c)).count();
    if let Some(marked) = lower[..vowels].iter().rposition(|c| matches!(c, 'ă' | 'â' | 'ê' | 'ô' | 'ơ' | 'ư'))
    {
        return marked;
    }
    let coda = lower.len() > vowels;
    match vowels {
        0 | 1 => 0,
        2 if coda => 1,
        2 => match (lower[0], lower[1]) {
            ('o', 'a' | 'e') | ('u', 'y') if placement == Placement::New => 1,
            _ => 0,
        },
        _ => 1,
    }
}

fn is_vowel(c: char) -> bool {
    matches!(
        c,
        'a' | 'ă'
            | 'â'
            | 'e'
            | 'ê'
            | 'i'
            | 'o'
            | 'ô'
            | 'ơ'
            | 'u'
            | 'ư'
            | 'y'
            | 'A'
            | 'Ă'
            | 'Â'
            | 'E'
            | 'Ê'
            | 'I'
            | 'O'
            | 'Ô'
            | 'Ơ'
            | 'U'
            | 'Ư'
            | 'Y'
    )
}

const ONSETS: &[&str] = &[
    "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p", "ph",
    "qu", "r", "s", "t", "th", "tr", "v", "x",
];

const RIMES: &[&str] = &[
    "a", "ac", "ach", "ai", "am", "an", "ang", "anh", "ao", "ap", "at", "au", "ay", "ăc", "ăm", "ăn", "ăng",
    "ăp", "ăt", "âc", "âm", "ân", "âng", "âp", "ât", "âu", "ây", "e", "ec", "em", "en", "eng", "eo", "ep",
    "et", "ê", "êch", "êm", "ên", "ênh", "êp", "êt", "êu", "i", "ia", "ich", "im", "in", "inh", "ip", "it",
    "iu", "iêc", "iêm", "iên", "iêng", "iêp", "iêt", "iêu", "o", "oa", "oac", "oach", "oai", "oam", "oan",
    "oang", "oanh", "oao", "oap", "oat", "oay", "oăc", "oăm", "oăn", "oăng", "oăt", "oc", "oe", "oen", "oeo",
    "oet", "oi", "om", "on", "ong", "ooc", "oong", "op", "ot", "ô", "ôc", "ôi", "ôm", "ôn", "ông", "ôp",
    "ôt", "ơ", "ơi", "ơm", "ơn", "ơp", "ơt", "ơng", "u", "ua", "uân", "uâng", "uât", "uây", "uc", "uê",
    "uêch", "uênh", "ui", "um", "un", "ung", "uơ", "uơn", "uơt", "up", "ut", "uy", "uya", "uych", "uyên",
    "uyêt", "uyn", "uynh", "uyp", "uyt", "uyu", "uôc", "uôi", "uôm", "uôn", "uông", "uôt", "ư", "ưa", "ưc",
    "ưi", "ưm", "ưn", "ưng", "ưt", "ưu", "ươc", "ươi", "ươm", "ươn", "ương", "ươp", "ươt", "ươu", "y", "yêm",
    "yên", "yêng", "yêt", "yêu",
];

/// Rimes that occur only after `qu`, whose `u` is the glide.
const QU_RIMES: &[&str] =
    &["ych", "yên", "yêt", "yn", "ynh", "yt", "yu", "ya", "ăc", "eng", "ang", "ơn", "ơt", "eo", "au"];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn placement_goes_both_ways() {
        for (old, new) in [
            ("hòa", "hoà"),
            ("thủy", "thuỷ"),
            ("khỏe", "khoẻ"),
            ("Hòa", "Hoà"),
            ("hoàn", "hoàn"),
            ("thuyền", "thuyền"),
            ("quý", "quý"),
            ("giá", "giá"),
            ("gì", "gì"),
            ("mía", "mía"),
            ("khuỷu", "khuỷu"),
            ("ngoài", "ngoài"),
            ("được", "được"),
            ("Nguyễn", "Nguyễn"),
        ] {
            assert_eq!(place_tone(new, Placement::Old), old);
            assert_eq!(place_tone(old, Placement::New), new);
        }
        assert_eq!(place_tones("Hoà-Bình, thuỷ", Placement::Old), "Hòa-Bình, thủy");
        assert_eq!(place_tones("A 12/3 Bis", Placement::Old), "A 12/3 Bis");
    }

    #[test]
    fn parts_of_syllables() {
        let s = split_syllable("Nguyễn").unwrap();
        assert_eq!((s.onset.as_str(), s.rime.as_str(), s.tone), ("Ng", "uyên", Tone::Tilde));
        let s = split_syllable("quỳnh").unwrap();
        assert_eq!((s.onset.as_str(), s.rime.as_str(), s.tone), ("qu", "ynh", Tone::Grave));
        let s = split_syllable("gì").unwrap();
        assert_eq!((s.onset.as_str(), s.rime.as_str()), ("g", "i"));
        assert_eq!(split_syllable("GIÁ").unwrap().onset, "GI");
        assert!(split_syllable("bcd").is_none());
        assert!(split_syllable("12").is_none());
    }

    #[test]
    fn existing_syllables() {
        for word in [
            "Nguyễn", "Huỳnh", "Quách", "Thị", "nghiêng", "giếng", "gì", "Khuyên", "Đặng", "yêu", "Ý",
            "Uyên", "quở", "khuya", "Thoại", "Quốc", "Nguơn", "Quờn", "Kỷ", "ướt",
        ] {
            assert!(is_vietnamese_syllable(word), "{word}");
        }
        for word in ["Marie", "Jean", "bcd", "nguyẽnn", "cat", "hoách̀", "zoo", "tràc", ""] {
            assert!(!is_vietnamese_syllable(word), "{word}");
        }
    }

    #[test]
    fn the_alphabet_is_whole() {
        let all = alphabet();
        assert_eq!(all.len(), 2 * (17 + 12 * 6));
        assert!(all.contains(&'ặ') && all.contains(&'Đ') && all.contains(&'Ỹ'));
    }
}
