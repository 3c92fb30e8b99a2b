//! Old and Southern spellings and the modern ones they stand for, as data.
//!
//! The taboo on royal names and Southern speech gave many words two spellings, and registers use both, often
//! for one person. What is written is never changed: these pairs serve keys that compare and search.

use std::borrow::Cow;

/// Syllable as written in old or Southern books → the syllable that stands for the whole class. Lower case,
/// old tone placement, final `y` as `i` (the form of [`crate::exact_key`]).
const PAIRS: &[(&str, &str)] = &[
    // Words of the registers.
    ("sanh", "sinh"),
    ("chánh", "chính"),
    ("nhứt", "nhất"),
    ("nhựt", "nhật"),
    ("nhơn", "nhân"),
    ("bịnh", "bệnh"),
    ("bổn", "bản"),
    ("thơ", "thư"),
    ("lãnh", "lĩnh"),
    ("lịnh", "lệnh"),
    ("mạng", "mệnh"),
    ("gởi", "gửi"),
    ("thiệt", "thật"),
    ("tánh", "tính"),
    ("chơn", "chân"),
    ("đờn", "đàn"),
    ("đàng", "đường"),
    ("hạp", "hợp"),
    ("hiệp", "hợp"),
    ("kiếng", "kính"),
    ("trào", "triều"),
    ("ơn", "ân"),
    ("nghìn", "ngàn"),
    ("mùng", "mồng"),
    ("dinh", "doanh"),
    ("hườn", "hoàn"),
    ("quờn", "quyền"),
    ("nguơn", "nguyên"),
    ("ngươn", "nguyên"),
    ("cang", "cương"),
    ("kiểng", "cảnh"),
    ("yên", "an"),
    ("oai", "uy"),
    ("bực", "bậc"),
    // Names of persons and places.
    ("phước", "phúc"),
    ("huỳnh", "hoàng"),
    ("võ", "vũ"),
    ("tòng", "tùng"),
    ("thạnh", "thịnh"),
    ("thới", "thái"),
    ("châu", "chu"),
    ("phụng", "phượng"),
    ("hường", "hồng"),
    ("quới", "quí"),
    ("ngãi", "nghĩa"),
    ("huê", "hoa"),
    ("hớn", "hán"),
    ("tấn", "tiến"),
    ("bửu", "bảo"),
    ("dõng", "dũng"),
    ("đảnh", "đỉnh"),
    ("tràng", "trường"),
    ("san", "sơn"),
];

/// The pairs of old or Southern and modern spelling: `(variant, head of its class)`.
pub fn pairs() -> &'static [(&'static str, &'static str)] {
    PAIRS
}

/// The syllable that stands for all spellings of this one. Expects the form that keys are in: lower case, NFC, old
/// tone placement, final `i`. A syllable of one spelling is returned as it is.
pub fn canonical_syllable(syllable: &str) -> Cow<'_, str> {
    match PAIRS.iter().find(|(variant, _)| *variant == syllable) {
        Some((_, head)) => Cow::Borrowed(head),
        None => Cow::Borrowed(syllable),
    }
}

/// Every other spelling of a syllable in key form, the head of its class included.
pub fn variants(syllable: &str) -> Vec<&'static str> {
    let head = canonical_syllable(syllable);
    let mut all: Vec<&'static str> = Vec::new();
    for (variant, class) in PAIRS {
        if *class == head {
            for text in [*variant, *class] {
                if text != syllable && !all.contains(&text) {
                    all.push(text);
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syllable::{is_vietnamese_syllable, same_word_form};

    #[test]
    fn data_is_in_key_form_and_without_chains() {
        for (variant, head) in PAIRS {
            assert_eq!(same_word_form(variant), *variant);
            assert_eq!(same_word_form(head), *head);
            assert!(is_vietnamese_syllable(variant), "{variant}");
            assert!(is_vietnamese_syllable(head), "{head}");
            assert!(!PAIRS.iter().any(|(other, _)| other == head), "{head} is itself a variant");
            assert_eq!(PAIRS.iter().filter(|(other, _)| other == variant).count(), 1, "{variant} twice");
        }
    }

    #[test]
    fn classes_are_symmetric() {
        assert_eq!(canonical_syllable("huỳnh"), canonical_syllable("hoàng"));
        assert!(variants("hoàng").contains(&"huỳnh"));
        assert!(variants("hiệp").contains(&"hạp") && variants("hiệp").contains(&"hợp"));
        assert!(variants("lan").is_empty());
    }
}
