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
        0.10, 0.02, 0.02,
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
        17 => (FieldKind::Time, phrase("time", rng)),
        _ => {
            const REPEATED: [FieldKind; 5] = [
                FieldKind::Ethnicity,
                FieldKind::Nationality,
                FieldKind::Date,
                FieldKind::Place,
                FieldKind::Text,
            ];
            (REPEATED[rng.below(REPEATED.len())], ditto(rng))
        }
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
    match rng.below(10) {
        0..=3 => city_address(rng),
        4 | 5 => wordy_address(rng),
        6 => village_address(rng),
        7 => hospital(rng),
        8 => one(&data().villages, rng).to_owned(),
        _ => data().localities.draw(rng).text.to_owned(),
    }
}

const CITIES: [&str; 17] = [
    "Sài-Gòn",
    "Sài Gòn",
    "Saigon",
    "Sgòn",
    "TP.HCM",
    "TP. HCM",
    "TP HCM",
    "TPHCM",
    "Tp.HCM",
    "Tp. HCM",
    "TP. Hồ Chí Minh",
    "TP Hồ Chí Minh",
    "Tp. Hồ Chí Minh",
    "thành phố Hồ Chí Minh",
    "Chợ-Lớn",
    "Gia-Định",
    "HCM",
];

/// What stands between the parts of an address; writers leave it out as often as they set it.
const BETWEEN: [&str; 12] = [", ", ", ", ", ", ", ", " ", " ", " ", ",", " - ", "-", ". ", "; "];

fn house_number(rng: &mut Rng) -> String {
    let mut number = rng.between(1, 980).to_string();
    for _ in 0..3 {
        if !rng.chance(0.35) {
            break;
        }
        number = format!("{number}{}{}", one(&["/", "/", "/", "/", "-", "bis/"], rng), rng.between(1, 140));
    }
    if rng.chance(0.18) {
        number.push_str(one(&["A", "B", "C", "D", "E", "bis", "Bis", "ter", " bis", "Ter"], rng));
    }
    number
}

/// Ward or district as this writer puts it: `P13`, `P.13`, `P. 13`, `Phường 13`, `F13` of the first years after 1975.
fn numbered_unit(words: &[&'static str], names: &[&'static str], most: i32, rng: &mut Rng) -> String {
    let word = one(words, rng);
    let name = match rng.below(6) {
        0 => one(names, rng).to_owned(),
        1 => format!("{:02}", rng.between(1, most)),
        _ => rng.between(1, most).to_string(),
    };
    let gap = if word.chars().count() > 2 || rng.chance(0.3) { " " } else { "" };
    format!("{word}{gap}{name}")
}

/// A house of the city. Every sign is drawn on its own: which signs a writer sets no reader can know beforehand.
fn city_address(rng: &mut Rng) -> String {
    const WARDS: [&str; 5] = ["Bến Nghé", "Tân Định", "Đa Kao", "Hiệp Phú", "An Lạc"];
    const DISTRICTS: [&str; 14] = [
        "Bình Thạnh",
        "Phú Nhuận",
        "Tân Bình",
        "Gò Vấp",
        "Tân Phú",
        "Thủ Đức",
        "Bình Tân",
        "Nhứt",
        "Nhì",
        "Ba",
        "Năm",
        "Mười",
        "Mười Một",
        "Sáu",
    ];
    let number = house_number(rng);
    let street = data().streets.draw(rng).text;
    let lead = one(&["", "", "", "", "số ", "Số ", "n° ", "Nhà số "], rng);
    let way = one(&["", "", "", "đường ", "đường ", "Đường ", "đ. ", "hẻm ", "phố ", "bến ", "cư xá "], rng);
    let gap = if rng.chance(0.12) { ", " } else { " " };
    let mut text = if rng.chance(0.12) { String::new() } else { format!("{lead}{number}{gap}{way}{street}") };
    let mut add = |part: String, rng: &mut Rng| {
        if !text.is_empty() {
            text.push_str(one(&BETWEEN, rng));
        }
        text.push_str(&part);
    };
    if rng.chance(0.8) {
        let words = ["P", "P", "P.", "P.", "Phường", "phường", "p.", "p", "F", "F.", "f"];
        add(numbered_unit(&words, &WARDS, 28, rng), rng);
    }
    if rng.chance(0.85) {
        let words = ["Q", "Q", "Q.", "Q.", "Quận", "quận", "q.", "q"];
        add(numbered_unit(&words, &DISTRICTS, 12, rng), rng);
    }
    if rng.chance(0.4) {
        add(one(&CITIES, rng).to_owned(), rng);
    }
    if text.is_empty() {
        return format!("{way}{street}");
    }
    // Long addresses break over two lines, anywhere between words.
    let words: Vec<&str> = text.split(' ').collect();
    if words.len() > 4 && rng.chance(0.3) {
        let cut = 1 + rng.below(words.len() - 1);
        return if rng.chance(0.5) { words[..cut].join(" ") } else { words[cut..].join(" ") };
    }
    text
}

fn made_up(rng: &mut Rng) -> String {
    format!("{} {}", capitalised(&syllable(rng)), capitalised(&syllable(rng)))
}

/// A place anywhere in the country, its units in words.
fn wordy_address(rng: &mut Rng) -> String {
    let data = data();
    let (number, street) = (house_number(rng), data.streets.draw(rng).text);
    let (commune, county, region) = (made_up(rng), one(&data.villages, rng), one(&data.villages, rng));
    let ward_word = one(&["Phường", "phường", "P.", "Xã", "xã", "Thị trấn", "thị trấn", "TT"], rng);
    let county_word = one(
        &["Quận", "quận", "Q.", "Huyện", "huyện", "H.", "Thành phố", "thành phố", "TP", "Thị xã", "TX"],
        rng,
    );
    let street_word = one(&["đường", "Đường", "phố", "", "", "ngõ", "hẻm"], rng);
    let region_word = one(&["tỉnh ", "Tỉnh ", "", "", "", "TP "], rng);
    let ward = rng.between(1, 28);
    match rng.below(10) {
        0..=2 => format!(
            "Số {number} {street_word} {street}, {ward_word} {commune}, {county_word} {county}, {region_word}{region}"
        ),
        3 => format!("{number} {street_word} {street}, {ward_word} {commune}, {county_word} {county}"),
        4 => format!(
            "ấp {}, {ward_word} {commune}, {county_word} {county}, {region_word}{region}",
            made_up(rng)
        ),
        5 => format!(
            "{} {}, {ward_word} {commune}, {county_word} {county}, {region}",
            one(&["thôn", "Thôn", "xóm", "Xóm", "Bản", "Tổ", "khóm", "Khu phố"], rng),
            made_up(rng)
        ),
        6 => format!(
            "{} {number}, {} {street_word} {street}, {region}",
            one(&["Lô", "Nhà", "Phòng", "Căn hộ", "Kiốt"], rng),
            one(&["khu đô thị", "chung cư", "tòa nhà", "cư xá", "khu tập thể"], rng)
        ),
        7 => format!("{ward_word} {ward}, {county_word} {}, TP Hồ Chí Minh", rng.between(1, 12)),
        8 => format!("{number} {street}, phường {commune}, quận {county}, {}", one(&CITIES, rng)),
        _ => format!("tổ {ward}, khu phố {}, phường {}", rng.between(1, 9), made_up(rng)),
    }
}

/// Hamlets, communes, villages of the colony; with and without a comma.
fn village_address(rng: &mut Rng) -> String {
    let villages = &data().villages;
    let comma = one(&[", ", ", ", " ", " - "], rng);
    let hamlet = match rng.below(3) {
        0 => one(&["Tây", "Đông", "Chợ", "Nhì", "Nhứt", "Thượng", "Hạ"], rng).to_owned(),
        1 => made_up(rng),
        _ => rng.between(1, 12).to_string(),
    };
    let lead = one(&["ấp", "Ấp", "ấp", "thôn", "xóm"], rng);
    let commune_word = one(&["xã ", "xã ", "Xã ", ""], rng);
    let commune = if rng.chance(0.5) { made_up(rng) } else { one(villages, rng).to_owned() };
    let county = one(villages, rng);
    match rng.below(9) {
        0 => format!("{lead} {hamlet}{comma}{commune_word}{commune}"),
        1 => format!("{lead} {hamlet}{comma}{commune_word}{commune}{comma}{county}"),
        2 => format!("Tổ {}, {lead} {hamlet}{comma}{commune_word}{commune}", rng.between(1, 30)),
        3 => format!("{} {lead} {hamlet}{comma}{commune_word}{commune}", house_number(rng)),
        4 => format!("xã {commune}, huyện {county}, tỉnh {}", one(villages, rng)),
        5 => format!("làng {commune}, tổng {}, {county}", made_up(rng)),
        6 => format!("{commune} ({county})"),
        7 => format!("village de {commune} ({county})"),
        _ => format!("{commune_word}{commune}{comma}{county}"),
    }
}

fn hospital(rng: &mut Rng) -> String {
    let name = data().hospitals.draw(rng).text;
    match rng.below(4) {
        0 => format!("{name}{}{}", one(&BETWEEN, rng), one(&CITIES, rng)),
        1 => name.replace("Bệnh viện", one(&["BV", "B.V", "Bv", "BV."], rng)),
        _ => name.to_owned(),
    }
}

/// A mark that repeats what stands above.
fn ditto(rng: &mut Rng) -> String {
    one(
        &[
            "\"",
            "\"",
            "\"",
            "nt",
            "nt",
            "- nt -",
            "-nt-",
            "- nt",
            "nt.",
            "Nt",
            "- \" -",
            "//",
            "như trên",
            "-",
        ],
        rng,
    )
    .to_owned()
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
