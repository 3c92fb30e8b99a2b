//! What stands on training lines: every kind of field of every era, and enough nonsense that a
//! reader learns letters and not only words.

use std::sync::OnceLock;

use sobo_core::FieldKind;
use unicode_normalization::UnicodeNormalization;

use super::numbers::{age, date, date_words, identity, number, one, year};
use super::syllables::{nonsense, syllable};
use crate::random::Rng;

/// A text and the kind of field it would stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) text: String,
    pub(crate) field: FieldKind,
}

struct Row {
    text: &'static str,
    weight: f32,
    kind: &'static str,
    group: &'static str,
}

struct Table(Vec<Row>);

impl Table {
    fn read(file: &'static str) -> Self {
        let rows =
            file.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(|line| {
                let mut columns = line.split('\t');
                let text = columns.next().unwrap_or_default();
                let weight = columns.next().and_then(|w| w.parse().ok()).unwrap_or(1.0);
                Row {
                    text,
                    weight,
                    kind: columns.next().unwrap_or_default(),
                    group: columns.next().unwrap_or_default(),
                }
            });
        Self(rows.collect())
    }

    /// Frequent rows more often, rare ones often enough to be learned.
    fn draw(&self, rng: &mut Rng) -> &Row {
        let row = |rng: &mut Rng| &self.0[rng.below(self.0.len())];
        let first = row(rng);
        let second = row(rng);
        if first.weight >= second.weight || rng.chance(0.35) { first } else { second }
    }
}

struct Data {
    surnames: Table,
    middles: Table,
    given: Table,
    occupations: Table,
    streets: Table,
    hospitals: Table,
    localities: Table,
    causes: Table,
    villages: Vec<&'static str>,
    labels: Vec<&'static str>,
    phrases: Vec<(&'static str, &'static str)>,
}

fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    DATA.get_or_init(|| Data {
        surnames: Table::read(include_str!("../../data/surnames.tsv")),
        middles: Table::read(include_str!("../../data/middles.tsv")),
        given: Table::read(include_str!("../../data/given.tsv")),
        occupations: Table::read(include_str!("../../data/occupations.tsv")),
        streets: Table::read(include_str!("../../data/streets.tsv")),
        hospitals: Table::read(include_str!("../../data/hospitals.tsv")),
        localities: Table::read(include_str!("../../data/localities.tsv")),
        causes: Table::read(include_str!("../../data/causes.tsv")),
        villages: include_str!("../../data/lines-villages.txt").lines().filter(|l| !l.is_empty()).collect(),
        labels: include_str!("../../data/lines-labels.txt").lines().filter(|l| !l.is_empty()).collect(),
        phrases: include_str!("../../data/lines-phrases.txt")
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .filter(|(kind, _)| !kind.starts_with('#'))
            .collect(),
    })
}

/// A printed label or header.
pub(crate) fn label(rng: &mut Rng) -> &'static str {
    one(&data().labels, rng)
}

/// A value for training lines.
pub(crate) fn sample(rng: &mut Rng) -> Sample {
    let (field, text) = match rng.weighted(&[
        0.23, 0.06, 0.11, 0.045, 0.02, 0.015, 0.02, 0.015, 0.015, 0.02, 0.05, 0.19, 0.015, 0.03, 0.01, 0.06,
        0.10, 0.02,
    ]) {
        0 => (FieldKind::PersonName, cased_name(rng)),
        1 => (FieldKind::Date, date(rng)),
        2 => (FieldKind::DateWords, date_words(rng)),
        3 => (FieldKind::Number, number(rng)),
        4 => (FieldKind::Identity, identity(rng)),
        5 => (FieldKind::Year, year(rng).to_string()),
        6 => (FieldKind::Age, age(rng)),
        7 => (FieldKind::Sex, phrase("sex", rng)),
        8 => (FieldKind::Ethnicity, phrase("ethnicity", rng)),
        9 => (FieldKind::Nationality, phrase("nationality", rng)),
        10 => (FieldKind::Occupation, data().occupations.draw(rng).text.to_owned()),
        11 => (FieldKind::Place, place(rng)),
        12 => (FieldKind::Relation, phrase("relation", rng)),
        13 => (FieldKind::Cause, data().causes.draw(rng).text.to_owned()),
        14 => (FieldKind::RegistrationType, phrase("registration_type", rng)),
        15 => (FieldKind::Text, phrase("text", rng)),
        16 => (FieldKind::Text, words(rng)),
        _ => (FieldKind::Time, phrase("time", rng)),
    };
    Sample { text: tidy(&spelling(text, rng)), field }
}

fn tidy(text: &str) -> String {
    let joined: Vec<&str> = text.split_whitespace().collect();
    joined.join(" ").nfc().collect()
}

/// Writers differ in capitals and hyphens.
fn spelling(text: String, rng: &mut Rng) -> String {
    match rng.weighted(&[0.86, 0.05, 0.04, 0.05]) {
        1 => text.to_uppercase(),
        2 => text.to_lowercase(),
        3 => capitalised(&text),
        _ => text,
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn cased_name(rng: &mut Rng) -> String {
    let name = name(rng);
    if rng.chance(0.2) { name.to_uppercase() } else { name }
}

/// A person's name: all groups, the rare ones far more often than in life.
pub(crate) fn name(rng: &mut Rng) -> String {
    let data = data();
    let surname = data.surnames.draw(rng);
    if surname.kind == "french" || rng.chance(0.02) {
        const FIRST: [&str; 24] = [
            "Jean",
            "Pierre",
            "Louis",
            "André",
            "François",
            "Joseph",
            "Émile",
            "Henri",
            "Marcel",
            "Georges",
            "René",
            "Paul",
            "Marie",
            "Jeanne",
            "Thérèse",
            "Hélène",
            "Lucie",
            "Geneviève",
            "Suzanne",
            "Yvonne",
            "Joséphine",
            "Céline",
            "Françoise",
            "Aimée",
        ];
        const LAST: [&str; 20] = [
            "Dupont",
            "Lefèvre",
            "Martin",
            "Bernard",
            "Rousseau",
            "Moreau",
            "Garnier",
            "Lacombe",
            "Piétri",
            "Blanc",
            "Chaillet",
            "Fabre",
            "Mathieu",
            "Roux",
            "Lemoine",
            "Gauthier",
            "Besançon",
            "Delaunay",
            "Vinçon",
            "Noël",
        ];
        let first = one(&FIRST, rng);
        let second = if rng.chance(0.4) { format!(" {}", one(&FIRST, rng)) } else { String::new() };
        return format!("{} {first}{second}", one(&LAST, rng).to_uppercase());
    }
    let draw_same = |table: &'static Table, rng: &mut Rng| {
        for _ in 0..6 {
            let row = table.draw(rng);
            if row.group == surname.kind || row.group.is_empty() {
                return row.text;
            }
        }
        table.draw(rng).text
    };
    let given =
        if rng.chance(0.06) { capitalised(&syllable(rng)) } else { draw_same(&data.given, rng).to_owned() };
    let mut parts = vec![surname.text.to_owned()];
    if rng.chance(0.04) {
        parts.push(data.surnames.draw(rng).text.to_owned());
    }
    if !rng.chance(0.07) {
        let middle = if rng.chance(0.05) {
            capitalised(&syllable(rng))
        } else {
            data.middles.draw(rng).text.to_owned()
        };
        if middle != "-" {
            parts.push(middle);
        }
    }
    parts.push(given);
    let separator = if rng.chance(0.05) { "-" } else { " " };
    let name = parts.join(separator);
    if rng.chance(0.03) { format!("{name} (tự {})", data.given.draw(rng).text) } else { name }
}

/// An address, a hospital or a village.
pub(crate) fn place(rng: &mut Rng) -> String {
    let data = data();
    let street = data.streets.draw(rng).text;
    let mut number = rng.between(1, 480).to_string();
    for _ in 0..2 {
        if rng.chance(0.3) {
            number = format!("{number}{}{}", one(&["/", "/", "/", "-", "bis/"], rng), rng.between(1, 99));
        }
    }
    if rng.chance(0.12) {
        number.push_str(one(&["A", "B", "C", "bis", "ter"], rng));
    }
    let ward = rng.between(1, 28);
    let district = match rng.below(4) {
        0 => one(&["Nhứt", "Nhì", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười", "Mười Một"], rng)
            .to_owned(),
        1 => one(&["Bình Thạnh", "Phú Nhuận", "Tân Bình", "Gò Vấp", "Tân Phú", "Thủ Đức", "Bình Tân"], rng)
            .to_owned(),
        _ => rng.between(1, 12).to_string(),
    };
    let village = |rng: &mut Rng| one(&data.villages, rng);
    let made_up = |rng: &mut Rng| format!("{} {}", capitalised(&syllable(rng)), capitalised(&syllable(rng)));
    let city = one(
        &[
            "Sài-Gòn",
            "Sài Gòn",
            "Saigon",
            "TP.HCM",
            "TP. HCM",
            "TP Hồ Chí Minh",
            "thành phố Hồ Chí Minh",
            "Chợ-Lớn",
            "Gia-Định",
            "HCM",
        ],
        rng,
    );
    let (commune, county, region) = (made_up(rng), village(rng), village(rng));
    let pick = |words: &[&'static str], rng: &mut Rng| one(words, rng).to_owned();
    let ward_word = pick(&["Phường", "phường", "P.", "Xã", "xã", "Thị trấn", "thị trấn", "TT"], rng);
    let county_word = pick(
        &["Quận", "quận", "Q.", "Huyện", "huyện", "H.", "Thành phố", "thành phố", "TP", "Thị xã", "TX"],
        rng,
    );
    let street_word = pick(&["đường", "Đường", "phố", "", "", "ngõ", "hẻm"], rng);
    let region_word = pick(&["tỉnh ", "Tỉnh ", "", "", "", "TP "], rng);
    match rng.below(28) {
        20..=22 => format!(
            "Số {number} {street_word} {street}, {ward_word} {commune}, {county_word} {county}, {region_word}{region}"
        ),
        23 => format!("{number} {street_word} {street}, {ward_word} {commune}, {county_word} {county}"),
        24 => format!(
            "ấp {}, {ward_word} {commune}, {county_word} {county}, {region_word}{region}",
            made_up(rng)
        ),
        25 => format!(
            "{} {}, {ward_word} {commune}, {county_word} {county}, {region}",
            pick(&["thôn", "Thôn", "xóm", "Xóm", "Bản", "Tổ", "khóm", "Khu phố"], rng),
            made_up(rng)
        ),
        26 => format!(
            "{} {number}, {} {street_word} {street}, {region}",
            pick(&["Lô", "Nhà", "Phòng", "Căn hộ", "Kiốt"], rng),
            pick(&["khu đô thị", "chung cư", "tòa nhà", "cư xá", "khu tập thể"], rng)
        ),
        27 => format!("{ward_word} {ward}, {county_word} {}, TP Hồ Chí Minh", rng.between(1, 12)),
        0..=2 => format!("số {number} đường {street}, {city}"),
        3 => format!("{number} {street}, P.{ward}, Q.{district}"),
        4 => format!("{number} {street}, P.{ward}, Q. {district}, {city}"),
        5 => format!("{number} {street} Phường {ward} Quận {district}"),
        6 => format!("P.{ward}, Q. {district}"),
        7 => format!("{number} đường {street}"),
        8 => format!("số {number} đường {street}, Quận {district}"),
        9 => data.hospitals.draw(rng).text.to_owned(),
        10 => format!("{}, {city}", data.hospitals.draw(rng).text),
        11 => format!("xã {}, huyện {}, tỉnh {}", made_up(rng), village(rng), village(rng)),
        12 => format!("{}, {}, {}", made_up(rng), village(rng), village(rng)),
        13 => format!("ấp {}, xã {}, {}", made_up(rng), made_up(rng), village(rng)),
        14 => format!("làng {}, tổng {}, {}", made_up(rng), made_up(rng), village(rng)),
        15 => village(rng).to_owned(),
        16 => data.localities.draw(rng).text.to_owned(),
        17 => format!("{number} {street}, phường {}, quận {district}, {city}", made_up(rng)),
        18 => format!("{}, {}", village(rng), village(rng)),
        _ => format!("tổ {ward}, khu phố {}, phường {}", rng.between(1, 9), made_up(rng)),
    }
}

fn phrase(kind: &str, rng: &mut Rng) -> String {
    let of_kind: Vec<&str> =
        data().phrases.iter().filter(|(k, _)| *k == kind).map(|(_, text)| *text).collect();
    let mut text = one(&of_kind, rng).to_owned();
    while let (Some(start), Some(end)) = (text.find('{'), text.find('}')) {
        let filled = match &text[start + 1..end] {
            "name" => name(rng),
            "date" => date(rng),
            "words" => date_words(rng),
            "number" => number(rng),
            "place" => place(rng),
            "year" => year(rng).to_string(),
            "id" => identity(rng),
            "h" => rng.between(0, 23).to_string(),
            "m" => rng.between(0, 59).to_string(),
            "n" => rng.between(1, 12).to_string(),
            _ => rng.between(1, 30).to_string(),
        };
        text.replace_range(start..=end, &filled);
    }
    // Notes run over several lines: a line holds a piece of them.
    let words: Vec<&str> = text.split(' ').collect();
    if words.len() > 5 && rng.chance(0.6) {
        let length = 2 + rng.below(4);
        let start = rng.below(words.len() - length + 1);
        return words[start..start + length].join(" ");
    }
    text
}

/// Words that mean nothing: all onsets, rimes and tones, stray letters, signs.
fn words(rng: &mut Rng) -> String {
    if rng.chance(0.25) {
        return nonsense(rng);
    }
    let count = 1 + rng.below(5);
    let mut words = Vec::new();
    for _ in 0..count {
        let word = syllable(rng);
        words.push(match rng.below(8) {
            0..=3 => word,
            4..=6 => capitalised(&word),
            _ => word.to_uppercase(),
        });
    }
    let mut text = words.join(" ");
    if rng.chance(0.25) {
        let sign = one(&[",", ".", ";", ":", "?", "!", "…", " -", " %", " &", " +", " =", "\"", "'"], rng);
        text.push_str(sign);
    }
    match rng.below(30) {
        0 => format!("({text})"),
        1 => format!("«{text}»"),
        2 => format!("\"{text}\""),
        3 => format!("– {text}"),
        4 => format!("{text}, {}", rng.between(1, 9999)),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fonts::ALPHABET;

    #[test]
    fn every_text_is_in_the_alphabet_and_all_of_it_occurs() {
        let mut rng = Rng::new(5);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..60_000 {
            let sample = sample(&mut rng);
            assert!(!sample.text.is_empty());
            assert_eq!(sample.text, tidy(&sample.text));
            for c in sample.text.chars() {
                assert!(ALPHABET.contains(c), "{c:?} in {:?}", sample.text);
                seen.insert(c);
            }
        }
        let missing: String = ALPHABET.chars().filter(|c| !seen.contains(c)).collect();
        assert_eq!(missing, "");
    }

    #[test]
    fn labels_are_in_the_alphabet() {
        for text in &data().labels {
            assert!(text.chars().all(|c| ALPHABET.contains(c)), "{text}");
        }
    }
}
