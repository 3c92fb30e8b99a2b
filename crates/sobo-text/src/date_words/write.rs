//! Dates written in words, as clerks write them.

use sobo_core::PartialDate;

use crate::french::{FRENCH_MONTHS, french_number_in_words};
use crate::number::{NumberStyle, number_in_words};

/// The choices a writer of dates has.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub struct DateStyle {
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// Begins with `ngày`.
    pub day_word: bool,
    /// `mồng`, `mùng` or nothing before the days 1 to 10.
    pub first_days: Option<&'static str>,
    /// `giêng`, `tư`, `chạp` for the months 1, 4, 12.
    pub month_names: bool,
}

/// The date in Vietnamese words.
pub fn date_in_words(date: PartialDate, style: DateStyle) -> String {
    let number = |n: u32| number_in_words(n, style.numbers).unwrap_or_default();
    let mut out: Vec<String> = Vec::new();
    if let Some(day) = date.day() {
        if style.day_word {
            out.push("ngày".to_owned());
        }
        if let Some(word) = style.first_days.filter(|_| day <= 10) {
            out.push(word.to_owned());
        }
        out.push(number(u32::from(day)));
    }
    if let Some(month) = date.month() {
        out.push("tháng".to_owned());
        out.push(match month {
            1 if style.month_names => "giêng".to_owned(),
            4 if style.month_names => "tư".to_owned(),
            12 if style.month_names => "chạp".to_owned(),
            _ => number(u32::from(month)),
        });
    }
    out.push("năm".to_owned());
    out.push(number(u32::try_from(date.year()).unwrap_or_default()));
    out.join(" ")
}

/// The date in French words as in acts.
pub fn french_date_in_words(date: PartialDate) -> String {
    let mut out: Vec<String> = Vec::new();
    if let Some(day) = date.day() {
        out.push(match day {
            1 => "premier".to_owned(),
            _ => french_number_in_words(u32::from(day)).unwrap_or_default(),
        });
    }
    if let Some(name) = date.month().and_then(|m| FRENCH_MONTHS.get(usize::from(m) - 1)) {
        out.push((*name).to_owned());
    }
    out.push(french_number_in_words(u32::try_from(date.year()).unwrap_or_default()).unwrap_or_default());
    out.join(" ")
}
