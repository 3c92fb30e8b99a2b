//! Calendar dates and how clerks wrote them.

use crate::random::Rng;

use super::Era;

/// A day of the Gregorian calendar.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// Year.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month, from 1.
    pub day: u32,
}

impl Date {
    /// First of January.
    pub fn new_year(year: i32) -> Self {
        Self { year, month: 1, day: 1 }
    }

    /// Days since 1970-01-01 (Hinnant, `days_from_civil`).
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = i64::from(self.month);
        let shifted = if month > 2 { month - 3 } else { month + 9 };
        let of_year = (153 * shifted + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The day this many days after 1970-01-01.
    pub fn from_days(days: i64) -> Self {
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
        let month = (if mp < 10 { mp + 3 } else { mp - 9 }) as u32;
        let year = (yoe + era * 400) as i32 + i32::from(month <= 2);
        Self { year, month, day }
    }

    /// This day plus or minus some days.
    pub fn plus(self, days: i64) -> Self {
        Self::from_days(self.days() + days)
    }

    /// Completed years from this date to `then`.
    pub fn age_at(self, then: Self) -> i32 {
        then.year - self.year - i32::from((then.month, then.day) < (self.month, self.day))
    }

    /// `yyyy-mm-dd`.
    pub fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// A day drawn around `centre` within `spread` days.
    pub fn near(rng: &mut Rng, centre: Self, spread: i32) -> Self {
        centre.plus(i64::from(rng.between(-spread, spread)))
    }
}

/// A writer's way with dates in digits.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct DateStyle {
    /// Between day, month and year.
    pub separator: char,
    /// Day and month always with two digits.
    pub padded: bool,
    /// Year with two digits.
    pub short_year: bool,
}

impl DateStyle {
    /// A style usual in `era`.
    pub fn draw(rng: &mut Rng, era: Era) -> Self {
        let separator = ['/', '-', '.'][rng.weighted(&[6.0, 3.5, 0.8])];
        Self {
            separator,
            padded: rng.chance(if era >= Era::Blocks { 0.6 } else { 0.4 }),
            short_year: rng.chance(if era == Era::Digital { 0.02 } else { 0.14 }),
        }
    }

    /// The date in digits.
    pub fn write(self, date: Date) -> String {
        let s = self.separator;
        let year = if self.short_year { format!("{:02}", date.year % 100) } else { date.year.to_string() };
        if self.padded {
            format!("{:02}{s}{:02}{s}{year}", date.day, date.month)
        } else {
            format!("{}{s}{}{s}{year}", date.day, date.month)
        }
    }
}

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];

/// How one writer says numbers.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct WordStyle {
    /// `ngàn` (the South) or `nghìn`.
    pub thousand: &'static str,
    /// `lẻ` (the South) or `linh`.
    pub odd: &'static str,
    /// `tư` for a final four after twenty.
    pub four: bool,
    /// Begins with `ngày`.
    pub leading_day: bool,
    /// Capital first letter.
    pub capital: bool,
    /// `mồng`, `mùng` or nothing before the first ten days.
    pub early: &'static str,
    /// `giêng`, `chạp` for the first and last month.
    pub old_months: bool,
    /// `không trăm` spoken out in years from 2001.
    pub zero_hundred: bool,
    /// `nhứt` for the first of the month, `nhơn` and the like.
    pub nhut: bool,
}

impl WordStyle {
    /// A style usual in `era`.
    pub fn draw(rng: &mut Rng, era: Era) -> Self {
        let old = era <= Era::Republic;
        Self {
            thousand: if rng.chance(if old { 0.9 } else { 0.45 }) { "ngàn" } else { "nghìn" },
            odd: if rng.chance(if old { 0.9 } else { 0.7 }) { "lẻ" } else { "linh" },
            four: rng.chance(0.6),
            leading_day: rng.chance(if old { 0.55 } else { 0.5 }),
            capital: rng.chance(0.35),
            early: ["mồng", "mùng", ""][rng.weighted(if old { &[6.0, 2.0, 2.0] } else { &[1.5, 1.0, 7.0] })],
            old_months: rng.chance(if old { 0.3 } else { 0.1 }),
            zero_hundred: rng.chance(0.7),
            nhut: old && rng.chance(0.15),
        }
    }
}

/// A number below a million in words.
pub fn number_in_words(number: u32, style: WordStyle) -> String {
    let mut words: Vec<&str> = Vec::new();
    let (thousands, rest) = (number / 1000, number % 1000);
    if thousands > 0 {
        push_below_thousand(&mut words, thousands, style, false);
        words.push(style.thousand);
    }
    if rest > 0 || number == 0 {
        push_below_thousand(&mut words, rest, style, thousands > 0 && style.zero_hundred);
        if thousands > 0 && rest < 10 && !style.zero_hundred {
            words.insert(words.len() - 1, style.odd);
        }
    }
    words.join(" ")
}

fn push_below_thousand(words: &mut Vec<&'static str>, number: u32, style: WordStyle, full: bool) {
    let (hundreds, tens, ones) = (number / 100, number / 10 % 10, number % 10);
    if hundreds > 0 || full {
        words.extend([DIGITS[hundreds as usize], "trăm"]);
    }
    match tens {
        0 => {
            if ones > 0 && (hundreds > 0 || full) {
                words.push(style.odd);
            }
            if ones > 0 || number == 0 {
                words.push(DIGITS[ones as usize]);
            }
            return;
        }
        1 => words.push("mười"),
        tens => words.extend([DIGITS[tens as usize], "mươi"]),
    }
    match ones {
        0 => {}
        1 if tens > 1 => words.push("mốt"),
        4 if tens > 1 && style.four => words.push("tư"),
        5 => words.push("lăm"),
        ones => words.push(DIGITS[ones as usize]),
    }
}

/// A date in Vietnamese words, as books write it.
pub fn date_in_words(date: Date, style: WordStyle) -> String {
    let mut text = String::new();
    if style.leading_day {
        text.push_str("ngày ");
    }
    if date.day <= 10 && !style.early.is_empty() {
        text.push_str(style.early);
        text.push(' ');
    }
    if date.day == 1 && style.nhut {
        text.push_str("nhứt");
    } else {
        text.push_str(&number_in_words(date.day, style));
    }
    text.push_str(" tháng ");
    text.push_str(match date.month {
        1 if style.old_months => "giêng",
        4 => "tư",
        12 if style.old_months => "chạp",
        month => {
            ["", "một", "hai", "ba", "", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một", "mười hai"]
                [month as usize]
        }
    });
    text.push_str(" năm ");
    text.push_str(&number_in_words(date.year as u32, style));
    if style.capital { capitalised(&text) } else { text }
}

const FRENCH: [&str; 20] = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
    "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
];
const FRENCH_TENS: [&str; 10] = [
    "",
    "",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "soixante",
    "quatre-vingt",
    "quatre-vingt",
];
const FRENCH_MONTHS: [&str; 13] = [
    "",
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
];

fn french_below_hundred(number: u32) -> String {
    let (tens, ones) = ((number / 10) as usize, number % 10);
    match number {
        0..=19 => FRENCH[number as usize].to_owned(),
        71 => "soixante et onze".to_owned(),
        70..=79 | 90..=99 => format!("{}-{}", FRENCH_TENS[tens], FRENCH[ones as usize + 10]),
        80 => "quatre-vingts".to_owned(),
        _ if ones == 0 => FRENCH_TENS[tens].to_owned(),
        _ if ones == 1 && tens < 8 => format!("{} et un", FRENCH_TENS[tens]),
        _ => format!("{}-{}", FRENCH_TENS[tens], FRENCH[ones as usize]),
    }
}

/// A date in French words: `le douze mai mil neuf cent cinquante-deux`.
pub fn date_in_french_words(date: Date) -> String {
    let day = if date.day == 1 { "premier".to_owned() } else { french_below_hundred(date.day) };
    let century = (date.year / 100 % 10) as usize;
    let rest = (date.year % 100) as u32;
    let mut year = format!("mil {} cent", FRENCH[century]);
    if rest > 0 {
        year.push(' ');
        year.push_str(&french_below_hundred(rest));
    }
    format!("le {day} {} {year}", FRENCH_MONTHS[date.month as usize])
}

/// The text with a capital first letter.
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> WordStyle {
        WordStyle {
            thousand: "ngàn",
            odd: "lẻ",
            four: true,
            leading_day: true,
            capital: false,
            early: "mồng",
            old_months: false,
            zero_hundred: true,
            nhut: false,
        }
    }

    #[test]
    fn days_and_dates_agree() {
        assert_eq!(Date { year: 1970, month: 1, day: 1 }.days(), 0);
        assert_eq!(Date { year: 2000, month: 3, day: 1 }.days(), 11_017);
        for days in (-30_000..30_000).step_by(17) {
            assert_eq!(Date::from_days(days).days(), days);
        }
        assert_eq!(Date { year: 1952, month: 2, day: 28 }.plus(1), Date { year: 1952, month: 2, day: 29 });
    }

    #[test]
    fn words_are_the_usual_ones() {
        let date = Date { year: 1971, month: 5, day: 12 };
        assert_eq!(
            date_in_words(date, plain()),
            "ngày mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt"
        );
        let date = Date { year: 2004, month: 4, day: 5 };
        assert_eq!(date_in_words(date, plain()), "ngày mồng năm tháng tư năm hai ngàn không trăm lẻ bốn");
        let short = WordStyle { zero_hundred: false, ..plain() };
        assert_eq!(number_in_words(2004, short), "hai ngàn lẻ bốn");
        assert_eq!(number_in_words(1905, plain()), "một ngàn chín trăm lẻ năm");
        assert_eq!(number_in_words(2000, plain()), "hai ngàn");
        assert_eq!(
            date_in_french_words(Date { year: 1954, month: 5, day: 21 }),
            "le vingt et un mai mil neuf cent cinquante-quatre"
        );
    }
}
