//! Dates, numbers, ages and identity numbers as they are written, in digits and in words.

use crate::random::Rng;

/// One of these words.
pub(super) fn one<'a>(items: &[&'a str], rng: &mut Rng) -> &'a str {
    rng.pick(items).copied().unwrap_or_default()
}

pub(super) fn year(rng: &mut Rng) -> i32 {
    match rng.weighted(&[1.0, 3.0, 5.0, 2.0]) {
        0 => rng.between(1870, 1909),
        1 => rng.between(1910, 1944),
        2 => rng.between(1945, 1999),
        _ => rng.between(2000, 2024),
    }
}

pub(super) fn date(rng: &mut Rng) -> String {
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
    let unit = |n: i32| UNITS[(n % 10) as usize].to_owned();
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

pub(super) fn date_words(rng: &mut Rng) -> String {
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

pub(super) fn number(rng: &mut Rng) -> String {
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

pub(super) fn identity(rng: &mut Rng) -> String {
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

pub(super) fn age(rng: &mut Rng) -> String {
    let n = rng.between(1, 95);
    match rng.below(6) {
        0..=2 => n.to_string(),
        3 | 4 => format!("{n} tuổi"),
        _ => format!("{} tuổi", number_words(n, true, rng)),
    }
}
