//! The Vietnamese encodings before Unicode: TCVN3 (ABC) and VNI.
//!
//! Databases of the 2000s hold text that looks like `NguyÔn V¨n` (TCVN3) or `Nguyeãn Vaên` (VNI): bytes of a
//! font, shown as Latin-1. These functions take and give such text as a `String` whose characters are the bytes
//! (U+00A0 to U+00FF); [`from_latin1`] makes one from raw bytes.

use unicode_normalization::UnicodeNormalization;

use crate::syllable::{Tone, is_vietnamese_syllable};

/// How a legacy text is encoded.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub enum LegacyEncoding {
    /// Unicode, or plain ASCII that is the same in all.
    Unicode,
    /// TCVN 5712 as used by the ABC fonts (`.VnTime`).
    Tcvn3,
    /// VNI Windows (`VNI-Times`).
    Vni,
}

/// The bytes of a file as the characters of the same number.
pub fn from_latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// TCVN3 code → letter. The ABC fonts have no toned capitals; the capitals of TCVN 5712 VN2 that share the upper
/// half are decoded too.
#[rustfmt::skip]
const TCVN3: &[(u8, char)] = &[
    (0xA1, 'Ă'), (0xA2, 'Â'), (0xA3, 'Ê'), (0xA4, 'Ô'), (0xA5, 'Ơ'), (0xA6, 'Ư'), (0xA7, 'Đ'),
    (0xA8, 'ă'), (0xA9, 'â'), (0xAA, 'ê'), (0xAB, 'ô'), (0xAC, 'ơ'), (0xAD, 'ư'), (0xAE, 'đ'),
    (0xB5, 'à'), (0xB6, 'ả'), (0xB7, 'ã'), (0xB8, 'á'), (0xB9, 'ạ'),
    (0xBB, 'ằ'), (0xBC, 'ẳ'), (0xBD, 'ẵ'), (0xBE, 'ắ'), (0xC6, 'ặ'),
    (0xC7, 'ầ'), (0xC8, 'ẩ'), (0xC9, 'ẫ'), (0xCA, 'ấ'), (0xCB, 'ậ'),
    (0xCC, 'è'), (0xCE, 'ẻ'), (0xCF, 'ẽ'), (0xD0, 'é'), (0xD1, 'ẹ'),
    (0xD2, 'ề'), (0xD3, 'ể'), (0xD4, 'ễ'), (0xD5, 'ế'), (0xD6, 'ệ'),
    (0xD7, 'ì'), (0xD8, 'ỉ'), (0xDC, 'ĩ'), (0xDD, 'í'), (0xDE, 'ị'),
    (0xDF, 'ò'), (0xE1, 'ỏ'), (0xE2, 'õ'), (0xE3, 'ó'), (0xE4, 'ọ'),
    (0xE5, 'ồ'), (0xE6, 'ổ'), (0xE7, 'ỗ'), (0xE8, 'ố'), (0xE9, 'ộ'),
    (0xEA, 'ờ'), (0xEB, 'ở'), (0xEC, 'ỡ'), (0xED, 'ớ'), (0xEE, 'ợ'),
    (0xEF, 'ù'), (0xF1, 'ủ'), (0xF2, 'ũ'), (0xF3, 'ú'), (0xF4, 'ụ'),
    (0xF5, 'ừ'), (0xF6, 'ử'), (0xF7, 'ữ'), (0xF8, 'ứ'), (0xF9, 'ự'),
    (0xFA, 'ỳ'), (0xFB, 'ỷ'), (0xFC, 'ỹ'), (0xFD, 'ý'), (0xFE, 'ỵ'),
    (0xAF, 'Ằ'), (0xBA, 'Ẳ'), (0xBF, 'Ẵ'), (0xC0, 'Ắ'), (0xC1, 'Ầ'), (0xC2, 'Ẩ'), (0xC3, 'Ẫ'), (0xC4, 'Ấ'),
    (0xC5, 'Ề'), (0xCD, 'Ể'), (0xD9, 'Ễ'), (0xDA, 'Ế'), (0xDB, 'Ồ'), (0xE0, 'Ổ'), (0xF0, 'Ỗ'), (0xFF, 'Ố'),
];

/// Number of entries of [`TCVN3`] that the ABC fonts have: the rest is never written.
const TCVN3_OF_ABC: usize = TCVN3.len() - 16;

/// Decodes TCVN3 text of an ordinary ABC font (`.VnTime`). Characters that are no code stay as they are.
pub fn decode_tcvn3(text: &str) -> String {
    let decoded: String = text
        .chars()
        .map(|c| match u8::try_from(u32::from(c)) {
            Ok(code) => TCVN3.iter().find(|(b, _)| *b == code).map_or(c, |(_, letter)| *letter),
            Err(_) => c,
        })
        .collect();
    decoded.nfc().collect()
}

/// Decodes TCVN3 text of an ABC font of capitals (`.VnTimeH`), whose codes are those of the small letters.
pub fn decode_tcvn3_capitals(text: &str) -> String {
    decode_tcvn3(text).to_uppercase()
}

/// Encodes to TCVN3 for an ordinary ABC font. `Err` names the first character the encoding lacks, as are all toned
/// capitals: those need a font of capitals, [`encode_tcvn3_capitals`].
pub fn encode_tcvn3(text: &str) -> Result<String, char> {
    text.nfc()
        .map(|c| {
            if c.is_ascii() {
                return Ok(c);
            }
            TCVN3[..TCVN3_OF_ABC]
                .iter()
                .find(|(_, letter)| *letter == c)
                .map(|(code, _)| char::from(*code))
                .ok_or(c)
        })
        .collect()
}

/// Encodes to TCVN3 for a font of capitals: case is lost, every Vietnamese letter has a code.
pub fn encode_tcvn3_capitals(text: &str) -> Result<String, char> {
    encode_tcvn3(&text.to_lowercase())
}

/// Marks that VNI writes after a, e, o, u, y (and after `ô` for ơ and `ö` for ư): code of the small letter, then
/// what it adds.
const VNI_MARKS: &[(char, &str)] = &[
    ('ù', "\u{301}"),
    ('ø', "\u{300}"),
    ('û', "\u{309}"),
    ('õ', "\u{303}"),
    ('ï', "\u{323}"),
    ('â', "\u{302}"),
    ('á', "\u{302}\u{301}"),
    ('à', "\u{302}\u{300}"),
    ('å', "\u{302}\u{309}"),
    ('ã', "\u{302}\u{303}"),
    ('ä', "\u{302}\u{323}"),
    ('ê', "\u{306}"),
    ('é', "\u{306}\u{301}"),
    ('è', "\u{306}\u{300}"),
    ('ú', "\u{306}\u{309}"),
    ('ü', "\u{306}\u{303}"),
    ('ë', "\u{306}\u{323}"),
];

/// Letters with a code of their own in VNI.
const VNI_LETTERS: &[(char, char)] = &[
    ('ñ', 'đ'),
    ('ô', 'ơ'),
    ('ö', 'ư'),
    ('í', 'í'),
    ('ì', 'ì'),
    ('æ', 'ỉ'),
    ('ó', 'ĩ'),
    ('ò', 'ị'),
    ('î', 'ỵ'),
];

/// Decodes VNI text. Characters that are no code stay as they are.
pub fn decode_vni(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    // Whether the last letter takes a mark, and whether it may be a circumflex or breve.
    let mut last: Option<char> = None;
    for c in text.chars() {
        let code = c.to_lowercase().next().unwrap_or(c);
        let marks = VNI_MARKS.iter().find(|(mark, _)| *mark == code).map(|(_, marks)| *marks);
        if let (Some(base), Some(marks)) = (last, marks)
            && takes(base, marks)
        {
            out.push_str(marks);
            last = None;
            continue;
        }
        let letter = VNI_LETTERS.iter().find(|(own, _)| *own == code).map(|(_, letter)| *letter);
        match letter {
            Some(letter) if c.is_uppercase() => out.extend(letter.to_uppercase()),
            Some(letter) => out.push(letter),
            None => out.push(c),
        }
        last = Some(letter.unwrap_or(code));
    }
    out.nfc().collect()
}

/// Whether VNI writes these marks after this letter.
fn takes(base: char, marks: &str) -> bool {
    if marks.starts_with('\u{302}') {
        matches!(base, 'a' | 'e' | 'o')
    } else if marks.starts_with('\u{306}') {
        base == 'a'
    } else {
        matches!(base, 'a' | 'e' | 'o' | 'u' | 'y' | 'ơ' | 'ư') && !(base == 'y' && marks == "\u{323}")
    }
}

/// Encodes to VNI. `Err` names the first character the encoding lacks.
pub fn encode_vni(text: &str) -> Result<String, char> {
    let mut out = String::with_capacity(text.len());
    for c in text.nfc() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        let small = c.to_lowercase().next().unwrap_or(c);
        let coded = encode_vni_letter(small).ok_or(c)?;
        if c.is_uppercase() {
            out.push_str(&coded.to_uppercase());
        } else {
            out.push_str(&coded);
        }
    }
    Ok(out)
}

fn encode_vni_letter(small: char) -> Option<String> {
    let own = |letter: char| VNI_LETTERS.iter().find(|(_, l)| *l == letter).map(|(code, _)| *code);
    if let Some(code) = own(small) {
        return Some(code.to_string());
    }
    let parts: Vec<char> = std::iter::once(small).nfd().collect();
    let (base, marks) = parts.split_first()?;
    // The horn belongs to the letter; NFD may put a dot below before it.
    let (base, marks): (char, Vec<char>) = if marks.contains(&'\u{31B}') {
        let letter = if *base == 'o' { 'ơ' } else { 'ư' };
        (own(letter)?, marks.iter().copied().filter(|m| *m != '\u{31B}').collect())
    } else {
        (*base, marks.to_vec())
    };
    let tone = marks.iter().copied().find(|m| Tone::from_mark(*m).is_some());
    let shape = marks.iter().copied().find(|m| matches!(m, '\u{302}' | '\u{306}'));
    let wanted: String = shape.into_iter().chain(tone).collect();
    if wanted.chars().count() != marks.len() {
        return None;
    }
    let (code, _) = VNI_MARKS.iter().find(|(_, marks)| *marks == wanted)?;
    Some([base, *code].iter().collect())
}

/// Which encoding a text of a legacy database is in, judged by which decoding gives Vietnamese syllables. Text
/// without a sign of any is [`LegacyEncoding::Unicode`]. A longer text (a column) is judged more surely than a name.
pub fn detect_encoding(text: &str) -> LegacyEncoding {
    if text.chars().any(|c| u32::from(c) > 0xFF) || text.is_ascii() {
        return LegacyEncoding::Unicode;
    }
    let unicode = plausibility(text, text);
    let tcvn3 = plausibility(text, &decode_tcvn3(text));
    let vni = plausibility(text, &decode_vni(text));
    if unicode >= tcvn3 && unicode >= vni {
        LegacyEncoding::Unicode
    } else if tcvn3 >= vni {
        LegacyEncoding::Tcvn3
    } else {
        LegacyEncoding::Vni
    }
}

/// The text in Unicode, whichever of the three encodings it was in.
pub fn decode_detected(text: &str) -> (String, LegacyEncoding) {
    match detect_encoding(text) {
        LegacyEncoding::Unicode => (crate::nfc(text), LegacyEncoding::Unicode),
        LegacyEncoding::Tcvn3 => (decode_tcvn3(text), LegacyEncoding::Tcvn3),
        LegacyEncoding::Vni => (decode_vni(text), LegacyEncoding::Vni),
    }
}

/// Share of the words that carry codes above ASCII and decode to Vietnamese syllables of sensible case.
fn plausibility(raw: &str, decoded: &str) -> f32 {
    let mut carried = 0.0;
    let mut good = 0.0;
    let mut raw_words = raw.split_whitespace();
    for word in decoded.split_whitespace() {
        let raw_word = raw_words.next().unwrap_or_default();
        if raw_word.is_ascii() {
            continue;
        }
        carried += 1.0;
        let letters: String = word.chars().filter(|c| c.is_alphabetic()).collect();
        let sensible = {
            let mut rest = letters.chars().skip(1);
            rest.clone().all(|c| !c.is_uppercase()) || rest.all(|c| !c.is_lowercase())
        };
        let symbols = word.chars().any(|c| !c.is_ascii() && !c.is_alphabetic());
        if sensible && !symbols && is_vietnamese_syllable(&letters) {
            good += 1.0;
        }
    }
    if carried > 0.0 { good / carried } else { 0.0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::syllable::alphabet;
    use proptest::prelude::*;

    #[test]
    fn known_words() {
        assert_eq!(
            decode_tcvn3("NguyÔn V¨n §øc, Ninh B×nh, M\u{AD}êng Kh\u{AD}¬ng"),
            "Nguyễn Văn Đức, Ninh Bình, Mường Khương"
        );
        assert_eq!(decode_tcvn3("NguyÔn V¨n §øc, Ninh B×nh"), "Nguyễn Văn Đức, Ninh Bình");
        assert_eq!(decode_vni("Xin chaøo caùc baïn"), "Xin chào các bạn");
        assert_eq!(
            decode_vni("Nguyeãn Vaên Ñöùc, TRÖÔØNG, kyõ, kyû, myî"),
            "Nguyễn Văn Đức, TRƯỜNG, kỹ, kỷ, myỵ"
        );
        assert_eq!(encode_vni("Đặng Thị Ỷ").unwrap(), "Ñaëng Thò YÛ");
        assert_eq!(encode_tcvn3("Ánh"), Err('Á'));
        assert_eq!(decode_tcvn3_capitals("NGUY\u{D4}N"), "NGUYỄN");
    }

    #[test]
    fn every_letter_goes_round() {
        for c in alphabet() {
            let text = c.to_string();
            assert_eq!(decode_vni(&encode_vni(&text).unwrap()), text);
            match encode_tcvn3(&text) {
                Ok(coded) => assert_eq!(decode_tcvn3(&coded), text),
                Err(lacking) => assert!(lacking.is_uppercase(), "{lacking}"),
            }
            let coded = encode_tcvn3_capitals(&text).unwrap();
            assert_eq!(decode_tcvn3_capitals(&coded), text.to_uppercase());
        }
        assert!(encode_vni("ß").is_err() && encode_tcvn3("€").is_err());
    }

    #[test]
    fn detection() {
        let text = "Nguyễn Thị Hường, trú tại phường Tân Định, quận nhất";
        assert_eq!(detect_encoding(text), LegacyEncoding::Unicode);
        assert_eq!(detect_encoding("Tran Van Ba"), LegacyEncoding::Unicode);
        assert_eq!(detect_encoding("Hà Nam"), LegacyEncoding::Unicode);
        assert_eq!(decode_detected(&encode_tcvn3(text).unwrap()), (text.to_owned(), LegacyEncoding::Tcvn3));
        assert_eq!(decode_detected(&encode_vni(text).unwrap()), (text.to_owned(), LegacyEncoding::Vni));
        for name in ["Lê Thị Bưởi", "Phạm Văn Đồng", "Trần Quốc Toản", "Võ Thị Sáu", "Lý Thường Kiệt"]
        {
            assert_eq!(detect_encoding(&encode_tcvn3(name).unwrap()), LegacyEncoding::Tcvn3, "{name}");
            assert_eq!(detect_encoding(&encode_vni(name).unwrap()), LegacyEncoding::Vni, "{name}");
        }
    }

    proptest! {
        #[test]
        fn texts_go_round(letters in proptest::collection::vec(proptest::sample::select(alphabet()), 0..30)) {
            // Spaces keep a letter that is itself a code from being taken as a mark of the letter before.
            let text: Vec<String> = letters.iter().map(char::to_string).collect();
            let text = text.join(" ");
            prop_assert_eq!(decode_vni(&encode_vni(&text).unwrap()), text.clone());
            let small = text.to_lowercase();
            prop_assert_eq!(decode_tcvn3(&encode_tcvn3(&small).unwrap()), small);
        }

        #[test]
        fn decoding_never_fails(text in "\\PC{0,40}") {
            let _ = (decode_vni(&text), decode_tcvn3(&text), detect_encoding(&text));
        }
    }
}
