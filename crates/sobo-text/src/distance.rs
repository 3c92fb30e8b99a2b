//! Edit distances and the fuzzy similarity of labels.

use unicode_normalization::UnicodeNormalization;

use crate::fold::{fold, fold_char, spelling_key, strip_marks};

/// Levenshtein distance in characters. Give both texts in NFC ([`crate::nfc`]) so that a toned vowel counts once.
pub fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitution = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Edit distance where what recognisers confuse is cheap: a wrong case costs 0.1, a wrong diacritic 0.3 (0.2 where
/// only the tone differs), letters of like shape 0.5, everything else 1; inserted or lost punctuation and
/// spaces 0.5.
pub fn weighted_distance(a: &str, b: &str) -> f32 {
    let a: Vec<char> = a.nfc().collect();
    let b: Vec<char> = b.nfc().collect();
    let mut row: Vec<f32> = Vec::with_capacity(b.len() + 1);
    row.push(0.0);
    for (j, c) in b.iter().enumerate() {
        row.push(row[j] + gap_cost(*c));
    }
    for ca in &a {
        let mut diagonal = row[0];
        row[0] += gap_cost(*ca);
        for (j, cb) in b.iter().enumerate() {
            let substitution = diagonal + substitution_cost(*ca, *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(diagonal + gap_cost(*ca)).min(row[j] + gap_cost(*cb));
        }
    }
    row[b.len()]
}

fn gap_cost(c: char) -> f32 {
    if c.is_alphanumeric() { 1.0 } else { 0.5 }
}

/// The cost of reading `b` where `a` stands, `0..=1`, symmetric.
pub fn substitution_cost(a: char, b: char) -> f32 {
    if a == b {
        return 0.0;
    }
    let (base_a, base_b) = (fold_char(a), fold_char(b));
    if base_a == base_b {
        let (lower_a, lower_b) = (lower(a), lower(b));
        if lower_a == lower_b {
            return 0.1;
        }
        let case = if a.is_uppercase() == b.is_uppercase() { 0.0 } else { 0.1 };
        return case + if without_tone(lower_a) == without_tone(lower_b) { 0.2 } else { 0.3 };
    }
    if alike(base_a, base_b) || alike(a, b) { 0.5 } else { 1.0 }
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn without_tone(c: char) -> char {
    let rest: String =
        std::iter::once(c).nfd().filter(|m| crate::syllable::Tone::from_mark(*m).is_none()).nfc().collect();
    rest.chars().next().unwrap_or(c)
}

/// Shapes that recognisers and tired eyes take for each other.
const ALIKE: &[(char, char)] = &[
    ('n', 'u'),
    ('n', 'h'),
    ('n', 'r'),
    ('n', 'm'),
    ('r', 'v'),
    ('r', 's'),
    ('v', 'u'),
    ('c', 'e'),
    ('c', 'o'),
    ('a', 'o'),
    ('a', 'd'),
    ('a', 'u'),
    ('o', '0'),
    ('l', '1'),
    ('i', '1'),
    ('i', 'l'),
    ('t', 'l'),
    ('t', '1'),
    ('l', 'k'),
    ('h', 'k'),
    ('b', 'h'),
    ('g', 'y'),
    ('g', 'q'),
    ('g', '9'),
    ('q', '9'),
    ('s', '5'),
    ('b', '6'),
    ('b', '8'),
    ('z', '2'),
    ('i', 'j'),
    ('d', 'đ'),
    ('1', '7'),
    ('3', '8'),
    ('5', '6'),
    ('0', '6'),
    ('4', '9'),
    ('|', 'l'),
    ('|', 'i'),
    ('|', '1'),
    ('/', '1'),
    ('/', 'l'),
    ('.', ','),
    ('-', '.'),
    (':', ';'),
    ('e', 'o'),
    ('p', 'f'),
    ('t', 'f'),
    ('x', 'y'),
    ('u', 'y'),
    ('m', 'w'),
];

fn alike(a: char, b: char) -> bool {
    ALIKE.iter().any(|(x, y)| (*x == a && *y == b) || (*x == b && *y == a))
}

/// How alike two labels are, `0..=1`, tolerant of recognition errors, lost diacritics, case, punctuation, spaces
/// and period spelling (`Khai sanh` is `KHAI SINH`).
///
/// 1 − (edit distance of the folded letters, like shapes at half cost) ÷ length of the longer. The better of the
/// plain and the spelling-normalised comparison counts. Two empty labels are 1, one empty label is 0.
pub fn similarity(a: &str, b: &str) -> f32 {
    let plain = folded_similarity(&letters(a), &letters(b));
    if plain >= 1.0 {
        return plain;
    }
    let (spelled_a, spelled_b) = (spelling_key(a), spelling_key(b));
    plain.max(folded_similarity(&letters(&spelled_a), &letters(&spelled_b)))
}

/// A label prepared once for many comparisons by [`PreparedLabel::similarity`].
#[derive(Debug, Clone)]
pub struct PreparedLabel {
    plain: Vec<char>,
    spelled: Vec<char>,
}

impl PreparedLabel {
    /// Prepares a label.
    pub fn new(text: &str) -> Self {
        Self { plain: letters(text), spelled: letters(&spelling_key(text)) }
    }

    /// As [`similarity`], without preparing either side again.
    pub fn similarity(&self, other: &Self) -> f32 {
        let plain = folded_similarity(&self.plain, &other.plain);
        if plain >= 1.0 || (self.plain == self.spelled && other.plain == other.spelled) {
            return plain;
        }
        plain.max(folded_similarity(&self.spelled, &other.spelled))
    }

    /// How many letters and digits it has.
    pub fn len(&self) -> usize {
        self.plain.len()
    }

    /// Whether it has no letter or digit.
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty()
    }
}

/// Folded letters and digits alone: where recognisers put spaces and dots in a label says nothing.
fn letters(text: &str) -> Vec<char> {
    fold(&strip_marks(text)).chars().filter(|c| c.is_alphanumeric()).collect()
}

fn folded_similarity(a: &[char], b: &[char]) -> f32 {
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 1.0;
    }
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    // Costs in halves: whole numbers keep the result the same on every machine.
    let mut row: Vec<u32> = (0..=b.len() as u32).map(|j| 2 * j).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = 2 * (i as u32 + 1);
        for (j, cb) in b.iter().enumerate() {
            let cost = if ca == cb {
                0
            } else if alike(*ca, *cb) {
                1
            } else {
                2
            };
            let substitution = diagonal + cost;
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(diagonal + 2).min(row[j] + 2);
        }
    }
    1.0 - (row[b.len()] as f32 / 2.0) / longest as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_distance() {
        assert_eq!(edit_distance("", "abc"), 3);
        assert_eq!(edit_distance("Nguyễn", "Nguyên"), 1);
        assert_eq!(edit_distance("kitten", "sitting"), 3);
    }

    #[test]
    fn weighted_distance_orders_errors() {
        let tone = weighted_distance("Nguyễn", "Nguyên");
        let shape = weighted_distance("Lan", "Lau");
        let other = weighted_distance("Lan", "Lax");
        assert!(tone < shape && shape < other, "{tone} {shape} {other}");
        assert!(weighted_distance("Hoa", "hoa") < tone);
        assert_eq!(weighted_distance("", "ab"), 2.0);
    }

    #[test]
    fn labels_in_spite_of_errors() {
        assert_eq!(similarity("KHAI SANH", "Khai sinh"), 1.0);
        assert_eq!(similarity("Ngày sanh:", "ngay sinh ...."), similarity("Ngày sanh", "ngay sinh"));
        assert!(similarity("Tên, họ đứa nhỏ", "Ten ho dua nh0") > 0.9);
        assert!(similarity("Họ và tên cha", "Ho va tên cha") > 0.95);
        assert!(similarity("Họ và tên cha", "Họ và tên mẹ") < 0.85);
        assert!(similarity("Nơi sinh", "Quê quán") < 0.5);
        assert_eq!(similarity("", "x"), 0.0);
        let (a, b) = (PreparedLabel::new("Sanh tại chỗ nào"), PreparedLabel::new("Sinh tại chỗ nào"));
        assert_eq!(a.similarity(&b), similarity("Sanh tại chỗ nào", "Sinh tại chỗ nào"));
    }

    proptest! {
        #[test]
        fn distances_are_symmetric(a in "[a-zăâđêôơư0-9 ]{0,12}", b in "[a-zăâđêôơư0-9 ]{0,12}") {
            prop_assert_eq!(edit_distance(&a, &b), edit_distance(&b, &a));
            prop_assert!((weighted_distance(&a, &b) - weighted_distance(&b, &a)).abs() < 1e-4);
            prop_assert!(weighted_distance(&a, &b) <= edit_distance(&a, &b) as f32 + 1e-4);
            let s = similarity(&a, &b);
            prop_assert!((0.0..=1.0).contains(&s));
            prop_assert_eq!(similarity(&a, &a), 1.0);
        }
    }
}
