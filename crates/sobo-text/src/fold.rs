//! Unicode forms, folding and the keys that searching and comparing use.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::spelling;
use crate::syllable::same_word_form;

/// The text in Unicode normal form C, white space collapsed to single spaces, ends trimmed.
pub fn nfc(text: &str) -> String {
    collapse_spaces(&text.nfc().collect::<String>())
}

/// Runs of white space become one space; none at the ends.
pub fn collapse_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Letters without any diacritic, in lower case, `đ` as `d`. Everything else stays as it is.
///
/// Idempotent; composed and decomposed input give the same result.
pub fn fold(text: &str) -> String {
    strip_marks(text).chars().flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)).collect()
}

/// Letters without any diacritic, `đ` as `d`, case kept: for scores that ask whether letters or tones fail.
pub fn strip_marks(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .map(|c| match c {
            'đ' | 'ð' => 'd',
            'Đ' | 'Ð' => 'D',
            other => other,
        })
        .collect()
}

/// [`fold`] of one character: its base letter in lower case.
pub fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let base = match c {
        'đ' | 'ð' | 'Đ' | 'Ð' => 'd',
        other => std::iter::once(other).nfd().next().unwrap_or(other),
    };
    base.to_lowercase().next().unwrap_or(base)
}

/// The words of a text: runs of letters, digits and marks, in NFC. Hyphens, dots and slashes separate.
pub fn words(text: &str) -> Vec<String> {
    let composed: String = text.nfc().collect();
    composed
        .split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c)))
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The key under which two writings of the same words are equal: lower case, tones kept, tone placement
/// (`hoà`/`hòa`) and final `i`/`y` (`Lý`/`Lí`) made alike, hyphens and other punctuation as spaces.
pub fn exact_key(text: &str) -> String {
    join(words(text).iter().map(|w| same_word_form(w)))
}

/// The key without tones and diacritics: what a person types on a keyboard without Vietnamese.
pub fn folded_key(text: &str) -> String {
    join(words(text).iter().map(|w| fold(&same_word_form(w))))
}

/// The key under which old, Southern and modern spellings are equal (`sanh`/`sinh`, `Huỳnh`/`Hoàng`), tones kept.
pub fn spelling_key(text: &str) -> String {
    join(words(text).iter().map(|w| spelling::canonical_syllable(&same_word_form(w)).into_owned()))
}

/// A wording in the letter case of what was read: all capitals, a first capital, or as the wording has it.
pub fn in_case_of(read: &str, wording: &str) -> String {
    let letters: Vec<char> = read.chars().filter(|c| c.is_alphabetic()).collect();
    if letters.len() > 1 && letters.iter().all(|c| c.is_uppercase()) {
        return wording.to_uppercase();
    }
    let mut chars = wording.chars();
    match chars.next() {
        Some(first) if letters.first().is_some_and(|c| c.is_uppercase()) => {
            first.to_uppercase().chain(chars).collect()
        }
        Some(first)
            if wording.contains(' ')
                && wording.split(' ').skip(1).any(|w| w.starts_with(char::is_uppercase)) =>
        {
            // Names of countries keep their capitals.
            std::iter::once(first).chain(chars).collect()
        }
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn join(words: impl Iterator<Item = String>) -> String {
    let mut out = String::new();
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn folding_drops_every_mark() {
        assert_eq!(fold("Đặng Thị Hường"), "dang thi huong");
        assert_eq!(fold("ĐÔ-THÀNH SÀI-GÒN"), "do-thanh sai-gon");
        assert_eq!(strip_marks("Đỗ Ễnh"), "Do Enh");
        let decomposed: String = "Nguyễn Đức".nfd().collect();
        assert_eq!(fold(&decomposed), "nguyen duc");
    }

    #[test]
    fn keys_join_writings_of_one_word() {
        assert_eq!(exact_key("Hoà Bình"), exact_key("Hòa-bình"));
        assert_eq!(exact_key("LÝ Thuỷ"), exact_key("Lí Thủy"));
        assert_eq!(exact_key("Sài-Gòn"), exact_key("Sài Gòn"));
        assert_ne!(exact_key("Hoa"), exact_key("Hòa"));
        assert_eq!(folded_key("Sài-Gòn"), "sai gon");
        assert_eq!(spelling_key("Huỳnh Võ khai sanh"), spelling_key("Hoàng Vũ khai sinh"));
        assert_ne!(exact_key("Huỳnh"), exact_key("Hoàng"));
    }

    proptest! {
        #[test]
        fn folding_is_idempotent(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once.clone());
            let composed: String = text.nfc().collect();
            prop_assert_eq!(fold(&composed), once);
        }

        #[test]
        fn fold_char_agrees_with_fold(c in proptest::sample::select(crate::syllable::alphabet())) {
            prop_assert_eq!(fold(&c.to_string()), fold_char(c).to_string());
        }

        #[test]
        fn keys_are_idempotent(text in "[a-zA-ZăâđêôơưáàảãạếềểễệóòỏõọÝỳ \\-,.0-9]{0,40}") {
            let key = exact_key(&text);
            prop_assert_eq!(exact_key(&key), key);
            let key = spelling_key(&text);
            prop_assert_eq!(spelling_key(&key), key);
        }
    }
}
