//! Times of day and ages as registers write them.

use crate::fold::{fold, nfc};
use crate::number::parse_number_words;

/// A time of day.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59; `None` where only the hour is written.
    pub minute: Option<u8>,
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.hour, self.minute.unwrap_or(0))
    }
}

/// Reads `7 giờ 30`, `7h30`, `07:30`, `hồi 1 giờ sáng`, `14 giờ 15 phút`, `sáu giờ rưỡi chiều`, `7 heures du
/// soir`. `None` where the text is no time.
pub fn parse_time(text: &str) -> Option<TimeOfDay> {
    let lower = nfc(text).to_lowercase();
    let spaced: String = split_letters_and_digits(&lower);
    let mut words: Vec<&str> =
        spaced.split_whitespace().filter(|w| !matches!(*w, "hồi" | "lúc" | "vào" | "à")).collect();
    let part = part_of_day(&words);
    words.retain(|w| {
        !PARTS.iter().any(|(name, _)| name == w) && !matches!(*w, "buổi" | "ban" | "du" | "de" | "l" | "la")
    });
    let at = words.iter().position(|w| matches!(*w, "giờ" | "h" | "g" | "heures" | "heure" | ":"))?;
    let hour = small_number(&words[..at])?;
    let mut rest: Vec<&str> = words[at + 1..].to_vec();
    if matches!(rest.last(), Some(&"phút" | &"ph" | &"minutes" | &"p")) {
        rest.pop();
    }
    let minute = match rest[..] {
        [] => None,
        ["rưỡi"] => Some(30),
        ["kém", ..] => return None,
        _ => Some(small_number(&rest)?),
    };
    let hour = match part {
        Some(Part::Afternoon) if (1..12).contains(&hour) => hour + 12,
        // `12 giờ đêm` and `1 giờ đêm` lie after midnight, `9 giờ đêm` before it.
        Some(Part::Night) if hour == 12 => 0,
        Some(Part::Night) if (6..12).contains(&hour) => hour + 12,
        _ => hour,
    };
    let hour = if hour == 24 && minute.unwrap_or(0) == 0 { 0 } else { hour };
    (hour < 24 && minute.is_none_or(|m| m < 60)).then_some(TimeOfDay { hour, minute })
}

#[derive(Debug, Copy, Clone, PartialEq, Eq)]
enum Part {
    Morning,
    Afternoon,
    Night,
}

const PARTS: &[(&str, Part)] = &[
    ("sáng", Part::Morning),
    ("khuya", Part::Night),
    ("đêm", Part::Night),
    ("trưa", Part::Afternoon),
    ("chiều", Part::Afternoon),
    ("tối", Part::Afternoon),
    ("matin", Part::Morning),
    ("soir", Part::Afternoon),
    ("nuit", Part::Night),
];

fn part_of_day(words: &[&str]) -> Option<Part> {
    words.iter().find_map(|w| PARTS.iter().find(|(name, _)| name == w).map(|(_, part)| *part))
}

fn small_number(words: &[&str]) -> Option<u8> {
    match words {
        [] => None,
        [one] if one.bytes().all(|b| b.is_ascii_digit()) => one.parse().ok().filter(|n| *n < 60),
        _ => parse_number_words(&words.join(" ")).and_then(|n| u8::try_from(n).ok()).filter(|n| *n < 60),
    }
}

fn split_letters_and_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut last = ' ';
    for c in text.chars() {
        let c = if matches!(c, ',' | '.' | '(' | ')' | '\'' | '’') { ' ' } else { c };
        if c.is_ascii_digit() != last.is_ascii_digit() || c == ':' || last == ':' {
            out.push(' ');
        }
        out.push(c);
        last = c;
    }
    out
}

/// An age.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub enum Age {
    /// Whole years.
    Years(u16),
    /// Months, of a small child.
    Months(u16),
    /// Days, of a new-born.
    Days(u16),
}

impl Age {
    /// Whole years; 0 for months below twelve and for days.
    pub fn years(self) -> u16 {
        match self {
            Self::Years(n) => n,
            Self::Months(n) => n / 12,
            Self::Days(n) => n / 365,
        }
    }
}

/// Reads `34`, `34 tuổi`, `ba mươi bốn tuổi`, `34t`, `34 ans`, `8 tháng`, `3 ngày`. `None` above 130 years.
pub fn parse_age(text: &str) -> Option<Age> {
    let lower = nfc(text).to_lowercase();
    let spaced = split_letters_and_digits(&lower);
    let mut words: Vec<&str> = spaced.split_whitespace().collect();
    let mut unit: fn(u16) -> Age = Age::Years;
    loop {
        match words.last().map(|w| fold(w)).as_deref() {
            Some("tuoi" | "t" | "ans" | "an" | "age") => {}
            Some("thang" | "mois") => unit = Age::Months,
            Some("ngay" | "jours") => unit = Age::Days,
            _ => break,
        }
        words.pop();
    }
    while matches!(words.first(), Some(&"khoảng" | &"độ" | &"chừng" | &"tuổi" | &"ước")) {
        words.remove(0);
    }
    let number = match words[..] {
        [one] if one.bytes().all(|b| b.is_ascii_digit()) => one.parse().ok()?,
        [] => return None,
        _ => u16::try_from(parse_number_words(&words.join(" "))?).ok()?,
    };
    let age = unit(number);
    (age.years() <= 130).then_some(age)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, expected) in [
            ("7 giờ 30", "07:30"),
            ("7h30", "07:30"),
            ("07:30", "07:30"),
            ("hồi 1 giờ sáng", "01:00"),
            ("14 giờ 15 phút", "14:15"),
            ("6 giờ chiều", "18:00"),
            ("sáu giờ rưỡi chiều", "18:30"),
            ("mười hai giờ trưa", "12:00"),
            ("12 giờ đêm", "00:00"),
            ("9 giờ đêm", "21:00"),
            ("7 heures du soir", "19:00"),
            ("9h00", "09:00"),
        ] {
            assert_eq!(parse_time(text).map(|t| t.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "25 giờ", "7 giờ 75", "giờ", "Tý", "7"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn ages() {
        for (text, age) in [
            ("34", Age::Years(34)),
            ("34 tuổi", Age::Years(34)),
            ("34t", Age::Years(34)),
            ("ba mươi bốn tuổi", Age::Years(34)),
            ("khoảng 60 tuổi", Age::Years(60)),
            ("8 tháng", Age::Months(8)),
            ("3 ngày tuổi", Age::Days(3)),
            ("25 ans", Age::Years(25)),
        ] {
            assert_eq!(parse_age(text), Some(age), "{text}");
        }
        for text in ["", "tuổi", "340", "thợ may", "12/8"] {
            assert_eq!(parse_age(text), None, "{text}");
        }
    }
}
