//! What stands on training lines: every kind of field of every era, and enough nonsense that a
//! reader learns letters and not only words.

use std::sync::OnceLock;

use sobo_core::FieldKind;
use unicode_normalization::UnicodeNormalization;

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

fn one<'a>(items: &[&'a str], rng: &mut Rng) -> &'a str {
    rng.pick(items).copied().unwrap_or_default()
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

fn year(rng: &mut Rng) -> i32 {
    match rng.weighted(&[1.0, 3.0, 5.0, 2.0]) {
        0 => rng.between(1870, 1909),
        1 => rng.between(1910, 1944),
        2 => rng.between(1945, 1999),
        _ => rng.between(2000, 2024),
    }
}

fn date(rng: &mut Rng) -> String {
    let (d, m, y) = (rng.between(1, 31), rng.between(1, 12), year(rng));
    let pad = |n: i32, rng: &mut Rng| if rng.chance(0.6) { format!("{n:02}") } else { n.to_string() };
    let (dd, mm) = (pad(d, rng), pad(m, rng));
    let yy = if rng.chance(0.08) { format!("{:02}", y % 100) } else { y.to_string() };
    let s = one(&["/", "/", "/", "-", "-", ".", " - ", " / "], rng);
    match rng.below(12) {
        0..=6 => format!("{dd}{s}{mm}{s}{yy}"),
        7 => format!("ngày {dd} tháng {mm} năm {y}"),
        8 => format!("{dd} tháng {mm} năm {y}"),
        9 => format!("{dd} {} {y}", one(&FRENCH_MONTHS, rng)),
        10 => format!("{mm}{s}{y}"),
        _ => {
            const ROMAN: [&str; 12] =
                ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
            format!("{dd}{s}{}{s}{y}", ROMAN[(m - 1) as usize])
        }
    }
}

const FRENCH_MONTHS: [&str; 13] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
    "Décembre",
];

const UNITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

/// A number below 10,000 in words, with the habits of this writer.
fn number_words(n: i32, old: bool, rng: &mut Rng) -> String {
    let unit = |n: i32| UNITS[(n % 10) as usize].replace("bảy", if old { "bảy" } else { "bảy" });
    let two = |n: i32, after: bool, rng: &mut Rng| -> String {
        let (tens, ones) = (n / 10, n % 10);
        match tens {
            0 if ones == 0 => String::new(),
            0 if after => format!("{} {}", one(&["linh", "lẻ", "lẽ"], rng), unit(ones)),
            0 => unit(ones),
            1 if ones == 5 => "mười lăm".to_owned(),
            1 if ones == 0 => "mười".to_owned(),
            1 => format!("mười {}", unit(ones)),
            _ => {
                let last = match ones {
                    0 => {
                        return format!(
                            "{} {}",
                            unit(tens),
                            if old || rng.chance(0.6) { "mươi" } else { "chục" }
                        );
                    }
                    1 => "mốt".to_owned(),
                    4 if rng.chance(0.4) => "tư".to_owned(),
                    5 => one(&["lăm", "lăm", "nhăm"], rng).to_owned(),
                    _ => unit(ones),
                };
                if rng.chance(0.12) {
                    format!("{} {last}", unit(tens))
                } else {
                    format!("{} mươi {last}", unit(tens))
                }
            }
        }
    };
    let mut parts = Vec::new();
    if n >= 1000 {
        let thousand = if old {
            one(&["ngàn", "ngàn", "nghìn"], rng)
        } else {
            one(&["nghìn", "nghìn", "ngàn"], rng)
        };
        parts.push(format!("{} {thousand}", unit(n / 1000)));
    }
    if n >= 100 && (n % 1000) / 100 > 0 {
        parts.push(format!("{} trăm", unit((n % 1000) / 100)));
    } else if n >= 1000 && n % 1000 > 0 {
        parts.push("không trăm".to_owned());
    }
    parts.push(two(n % 100, n >= 100, rng));
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

fn date_words(rng: &mut Rng) -> String {
    let (d, m, y) = (rng.between(1, 31), rng.between(1, 12), year(rng));
    let old = rng.chance(0.5);
    if rng.chance(0.08) {
        return french_date_words(d, m, y, rng);
    }
    let day = match d {
        1..=10 if rng.chance(0.7) => format!("{} {}", one(&["mồng", "mùng"], rng), number_words(d, old, rng)),
        _ => number_words(d, old, rng),
    };
    let month = match m {
        1 if rng.chance(0.3) => "giêng".to_owned(),
        4 => one(&["tư", "tư", "bốn"], rng).to_owned(),
        12 if rng.chance(0.3) => "chạp".to_owned(),
        _ => number_words(m, old, rng),
    };
    let year = if rng.chance(0.12) {
        // Digit by digit.
        y.to_string()
            .chars()
            .filter_map(|c| c.to_digit(10))
            .map(|d| UNITS[d as usize])
            .collect::<Vec<_>>()
            .join(" ")
    } else {
        number_words(y, old, rng)
    };
    let start = one(&["ngày", "Ngày", "ngày"], rng);
    let whole = match rng.below(10) {
        0..=5 => format!("{start} {day} tháng {month} năm {year}"),
        6 => format!("{start} {day}, tháng {month}, năm {year}"),
        7 => format!("năm {year}"),
        8 => format!("{day} tháng {month} năm {year}"),
        _ => format!("{start} {day} tháng {month}"),
    };
    // Long dates break over two lines, anywhere between words.
    if rng.chance(0.45) {
        let words: Vec<&str> = whole.split(' ').collect();
        let cut = 1 + rng.below(words.len().saturating_sub(1).max(1));
        return if rng.chance(0.5) {
            words[..cut].join(" ")
        } else {
            words[cut.min(words.len() - 1)..].join(" ")
        };
    }
    whole
}

fn french_date_words(d: i32, m: i32, y: i32, rng: &mut Rng) -> String {
    const NUMBERS: [&str; 32] = [
        "",
        "premier",
        "deux",
        "trois",
        "quatre",
        "cinq",
        "six",
        "sept",
        "huit",
        "neuf",
        "dix",
        "onze",
        "douze",
        "treize",
        "quatorze",
        "quinze",
        "seize",
        "dix-sept",
        "dix-huit",
        "dix-neuf",
        "vingt",
        "vingt et un",
        "vingt-deux",
        "vingt-trois",
        "vingt-quatre",
        "vingt-cinq",
        "vingt-six",
        "vingt-sept",
        "vingt-huit",
        "vingt-neuf",
        "trente",
        "trente et un",
    ];
    const TENS: [&str; 8] =
        ["vingt", "trente", "quarante", "cinquante", "soixante", "dix", "trente", "quarante"];
    let tail = if y % 10 > 1 { format!("-{}", NUMBERS[(y % 10) as usize]) } else { String::new() };
    let day = NUMBERS[d.clamp(1, 31) as usize];
    let month = FRENCH_MONTHS[(m - 1) as usize];
    match rng.below(3) {
        0 => format!("le {day} {month} mil neuf cent {}{tail}", one(&TENS, rng)),
        1 => format!("{day} {month} mil neuf cent {}{tail}", one(&TENS, rng)),
        _ => format!("L'an mil neuf cent {}{tail}, le {day} {month}", one(&TENS, rng)),
    }
}

fn number(rng: &mut Rng) -> String {
    let n = match rng.below(4) {
        0 => rng.between(1, 99),
        1 => rng.between(100, 999),
        2 => rng.between(1000, 9999),
        _ => rng.between(1, 12000),
    };
    let y = year(rng);
    match rng.below(14) {
        0..=2 => n.to_string(),
        3 => format!("{n}/{:02}", y % 100),
        4 => format!("{n}/{y}"),
        5 => format!("{:02}/{y}", rng.between(1, 30)),
        6 => format!("{n:03}"),
        7 => format!("{n:04}"),
        8 => format!("Số {n}"),
        9 => format!("số {n}/{y}"),
        10 => format!("{n}/{}", one(&["KS", "HT", "KT", "KH", "TP-HT", "UB", "A", "B", "bis"], rng)),
        11 => format!("N° {n}"),
        12 => format!("{n}-{}", one(&["A", "B", "ter", "bis"], rng)),
        _ => format!("{}.{:03}", n / 1000 + 1, n % 1000),
    }
}

fn identity(rng: &mut Rng) -> String {
    let digits = |count: usize, rng: &mut Rng| -> String {
        (0..count)
            .map(|i| char::from(b'0' + if i == 0 { rng.below(4) } else { rng.below(10) } as u8))
            .collect()
    };
    let nine = digits(9, rng);
    match rng.below(6) {
        0 | 1 => nine,
        2 => format!("{} {} {}", &nine[..3], &nine[3..6], &nine[6..]),
        3 => format!("0{}", digits(11, rng)),
        4 => format!("CMND {nine}"),
        _ => format!("{}{}", one(&["B", "C", "N", "PT-A"], rng), digits(7, rng)),
    }
}

fn age(rng: &mut Rng) -> String {
    let n = rng.between(1, 95);
    match rng.below(6) {
        0..=2 => n.to_string(),
        3 | 4 => format!("{n} tuổi"),
        _ => format!("{} tuổi", number_words(n, true, rng)),
    }
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
