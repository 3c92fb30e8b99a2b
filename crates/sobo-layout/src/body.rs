//! What stands in the cells of a column tells what column it is, where its head cannot be read.

use sobo_core::{FieldKind, Reading};
use sobo_text::vocabulary::{
    ETHNIC_GROUPS, NATIONALITIES, OCCUPATIONS, REGISTRATION_TYPES, RELATIONS, SEXES,
};
use sobo_text::{Term, fold, is_ditto, nearest_term, parse_date_digits, parse_time, surname_weight};

use crate::anchor::{Anchor, AnchorPlace, AnchorRequest};
use crate::forms::LoadedForm;
use crate::ledger::Columns;
use crate::structure::Structure;

/// Cells of a column that are read to tell what it is.
const SAMPLES: usize = 5;
/// Fewest cells that say something.
const FEWEST: usize = 2;
/// Letters of print that a column is worth whose cells all hold what its field holds, over one with no more than the
/// floor.
const WORTH: f32 = 6.0;
/// What a column is worth whose cells say nothing for or against a field.
const NEUTRAL: f32 = -3.0;

/// Cells to be read of columns whose heads fit no field of any ledger, once the heads have been read: their readings
/// are further anchors. None where every head was understood, and on pages without tables.
pub fn body_requests(structure: &Structure, forms: &[LoadedForm], anchors: &[Anchor]) -> Vec<AnchorRequest> {
    let ledgers: Vec<&LoadedForm> = forms.iter().filter(|f| f.form.layout == "ledger").collect();
    let columns = Columns::new(structure, anchors, None);
    let mut requests = Vec::new();
    for (table, column, mut lines) in columns.open_columns(&ledgers) {
        let widest = lines.iter().map(|line| line.w).fold(0.0, f64::max);
        // Ditto marks and specks tell nothing.
        lines.retain(|line| line.w >= 0.5 * widest);
        let count = lines.len().min(SAMPLES);
        let place = AnchorPlace::Body { table, column };
        requests.extend((0..count).map(|i| AnchorRequest { rect: lines[i * lines.len() / count], place }));
    }
    requests
}

/// How well what was read in cells of a column fits each kind of field, in letters of print that agree; `None` where
/// too few cells say something.
pub(crate) fn worth(kind: FieldKind, cells: &[&Reading]) -> Option<f32> {
    let told = telling(cells);
    if told.len() < FEWEST {
        return None;
    }
    let sum: f32 = told.iter().map(|text| fits(kind, text)).sum();
    let share = (told.len() as f32 / (FEWEST as f32 + 1.0)).min(1.0);
    Some(NEUTRAL + WORTH * share * sum / told.len() as f32)
}

/// Whether enough cells of a column were read to tell what it is.
pub(crate) fn tells(cells: &[&Reading]) -> bool {
    telling(cells).len() >= FEWEST
}

/// The texts that say something: no ditto marks, no blanks.
fn telling<'a>(cells: &[&'a Reading]) -> Vec<&'a str> {
    let texts = cells.iter().map(|cell| cell.text.trim());
    texts.filter(|t| !is_ditto(t) && t.chars().any(char::is_alphanumeric)).collect()
}

/// How a text fits a kind of field: 1 as nothing else is written, 0 as it may be, -1 as it never is.
fn fits(kind: FieldKind, text: &str) -> f32 {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let year = digits == 4 && letters == 0 && (text.starts_with("18") || text.starts_with("19"));
    let date = digits >= 4 && letters == 0 && !year && parse_date_digits(text, None).is_some();
    let either = |yes: bool| if yes { 1.0 } else { -1.0 };
    let near = |terms: &[Term]| {
        either(nearest_term(text, terms).is_some_and(|m| m.distance <= 0.15) || begins(text, terms))
    };
    match kind {
        FieldKind::Sex => near(SEXES),
        FieldKind::Ethnicity => near(ETHNIC_GROUPS),
        FieldKind::Nationality => near(NATIONALITIES),
        FieldKind::Relation => near(RELATIONS),
        // Notes say so too, where that is all there is to say.
        FieldKind::RegistrationType => near(REGISTRATION_TYPES) * 0.8,
        FieldKind::Date if year => 0.5,
        FieldKind::Date => either(date),
        FieldKind::Year => either(year),
        FieldKind::Identity => either(digits >= 8 && letters <= 2 && !date),
        FieldKind::Number => either((1..8).contains(&digits) && letters <= 2 && !date),
        FieldKind::Age => {
            either((1..4).contains(&digits) && (letters == 0 || fold(text).ends_with("tuoi"))) * 0.8
        }
        FieldKind::Time => either(digits > 0 && letters > 0 && parse_time(text).is_some()) * 0.8,
        FieldKind::PersonName => person(text, digits),
        FieldKind::Place => place(text, digits, letters),
        FieldKind::Occupation if digits == 0 => {
            let folded = fold(text);
            if OCCUPATIONS.iter().any(|word| fold(word) == folded) { 1.0 } else { 0.0 }
        }
        FieldKind::Cause if digits == 0 && letters > 0 => 0.1,
        FieldKind::Text => {
            if starts_with_one_of(text, &NOTES) {
                1.0
            } else {
                0.0
            }
        }
        FieldKind::DateWords | FieldKind::Occupation | FieldKind::Cause => -1.0,
    }
}

/// A name has two to five words and no figures, and most begin with a surname that is known.
fn person(text: &str, digits: usize) -> f32 {
    let mut words = text.split_whitespace();
    let surname = words.next().and_then(surname_weight);
    match (digits, words.count() + 1, surname) {
        (0, 2..=5, Some(_)) => 1.0,
        (0, 2..=5, None) => 0.0,
        _ => -0.8,
    }
}

/// Words with which a place begins, folded.
const PLACES: [&str; 12] =
    ["bv", "benh vien", "nha", "tai", "phuong", "quan", "xa", "huyen", "tinh", "ap", "tram", "duong"];

/// Words with which a note begins, folded.
const NOTES: [&str; 14] = [
    "da",
    "cap",
    "khai",
    "dang ky",
    "ket hon",
    "ly hon",
    "qua han",
    "tre han",
    "cai chinh",
    "dinh chinh",
    "bo sung",
    "theo",
    "xac nhan",
    "chet",
];

/// An address begins with a figure and goes on in words; a house of birth or death begins with what it is.
fn place(text: &str, digits: usize, letters: usize) -> f32 {
    match (digits, letters) {
        (_, 2..) if starts_with_one_of(text, &PLACES) => 0.9,
        (1.., 4..) if text.starts_with(|c: char| c.is_ascii_digit()) => 0.9,
        (_, 2..) => 0.1,
        _ => -1.0,
    }
}

/// Whether a text begins with one of these words.
fn starts_with_one_of(text: &str, words: &[&str]) -> bool {
    let folded = fold(text);
    words
        .iter()
        .any(|word| folded.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
}

/// Whether a text is the first line of a term: `Việt` over `Nam`.
fn begins(text: &str, terms: &[Term]) -> bool {
    let line = fold(text) + " ";
    line.len() > 3 && terms.iter().any(|(wording, _)| fold(wording).starts_with(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_column_is_told_by_its_cells() {
        use FieldKind as K;
        let kinds = [
            K::Sex,
            K::Ethnicity,
            K::Nationality,
            K::Date,
            K::Identity,
            K::Number,
            K::PersonName,
            K::Place,
            K::Occupation,
            K::Text,
        ];
        for (kind, cells) in [
            (K::Sex, ["nam", "Nữ", "nữ"]),
            (K::Ethnicity, ["Kinh", "Hoa", "Kinh"]),
            (K::Nationality, ["Việt Nam", "VN", "Việt"]),
            (K::Date, ["20/8/1897", "1943", "3-5-1911"]),
            (K::Identity, ["020381805", "021877163", "020998152"]),
            (K::Number, ["271", "272", "273"]),
            (K::PersonName, ["Dương Thị Ánh", "Lê Văn Tám", "Trần Thị"]),
            (K::Text, ["Cấp 2 bản sao", "Khai trễ hạn", "Ly hôn theo"]),
            (K::Place, ["912/122B Hồng", "BV Chợ Rẫy", "Tại nhà"]),
        ] {
            let cells = cells.map(|text| Reading { text: text.into(), ..Reading::default() });
            let cells: Vec<&Reading> = cells.iter().collect();
            let best = kinds.iter().max_by(|a, b| worth(**a, &cells).total_cmp_of(worth(**b, &cells)));
            assert_eq!(best, Some(&kind), "{cells:?}");
            assert!(worth(kind, &cells).is_some_and(|worth| worth > 0.5), "{kind:?}");
        }
    }

    trait Compared {
        fn total_cmp_of(self, other: Self) -> std::cmp::Ordering;
    }

    impl Compared for Option<f32> {
        fn total_cmp_of(self, other: Self) -> std::cmp::Ordering {
            self.unwrap_or(f32::MIN).total_cmp(&other.unwrap_or(f32::MIN))
        }
    }

    #[test]
    fn ditto_marks_and_a_single_cell_tell_nothing() {
        let cells = ["nt", "\"", "", "Kinh"].map(|text| Reading { text: text.into(), ..Reading::default() });
        let cells: Vec<&Reading> = cells.iter().collect();
        assert!(!tells(&cells));
        assert_eq!(worth(FieldKind::Ethnicity, &cells), None);
    }
}
