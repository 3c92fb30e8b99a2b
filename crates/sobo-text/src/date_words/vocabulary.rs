//! What dates in words are made of, in Vietnamese and in French.

use std::sync::LazyLock;

use super::YEARS;
use crate::fold::words;
use crate::french::{FRENCH_MONTHS, french_number_in_words};
use crate::phrase::{Slot, Vocabulary};

/// Slot indices of [`VOCABULARY`]; 0 to 9 are the digits.
mod slot {
    pub(super) const TEN: u8 = 10;
    pub(super) const HUNDRED: u8 = 11;
    pub(super) const THOUSAND: u8 = 12;
    pub(super) const ODD: u8 = 13;
    pub(super) const FIRST_DAYS: u8 = 14;
    pub(super) const FULL_MOON: u8 = 15;
    pub(super) const FIRST_MONTH: u8 = 16;
    pub(super) const LAST_MONTH: u8 = 17;
    pub(super) const TWENTY: u8 = 18;
    pub(super) const DAY: u8 = 19;
    pub(super) const MONTH: u8 = 20;
    pub(super) const YEAR: u8 = 21;
}

pub(super) const VOCABULARY: &Vocabulary = &[
    &["không"],
    &["một", "mốt"],
    &["hai"],
    &["ba"],
    &["bốn", "tư"],
    &["năm", "lăm", "nhăm"],
    &["sáu"],
    &["bảy", "bẩy"],
    &["tám"],
    &["chín"],
    &["mười", "mươi"],
    &["trăm"],
    &["ngàn", "nghìn"],
    &["lẻ", "linh", "lẽ"],
    &["mồng", "mùng"],
    &["rằm"],
    &["giêng"],
    &["chạp"],
    &["hăm"],
    &["ngày"],
    &["tháng"],
    &["năm"],
];

/// Words after the year that end the date.
pub(super) const VIETNAMESE_ENDS: &[&str] = &["hồi", "lúc", "vào", "giờ", "tại", "buổi", "dương", "âm"];
const FRENCH_ENDS: &[&str] = &["à", "heures", "heure", "vers"];

pub(super) type Phrases = Vec<(u16, Vec<Slot>)>;

/// What dates are made of in one language.
pub(super) struct Language {
    pub(super) vocabulary: Vec<&'static [&'static str]>,
    pub(super) days: Phrases,
    pub(super) months: Phrases,
    pub(super) years: Phrases,
    /// The word before the day (`ngày`, `le`).
    pub(super) day: u8,
    /// The word before the month, where the language has one.
    pub(super) month: Option<u8>,
    /// The word before the year, where the language has one.
    pub(super) year: Option<u8>,
    pub(super) ends: &'static [&'static str],
}

pub(super) static SMALL_NUMBERS: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Vec::new();
    for n in 0..=99 {
        push_below_hundred(n, &mut phrases);
    }
    for n in 100..=120 {
        for mut tail in year_tails(n % 100) {
            tail.splice(0..0, [Slot::Word(1), Slot::Word(slot::HUNDRED)]);
            phrases.push((n, tail));
        }
    }
    phrases
});

pub(super) static VIETNAMESE: LazyLock<Language> = LazyLock::new(|| {
    let w = Slot::Word;
    let mut days = Phrases::new();
    // Days and months that do not exist are known too, lest they be bent to some that do.
    for day in 1..=39u16 {
        push_below_hundred(day, &mut days);
        if day <= 10 {
            let number = if day == 10 { w(slot::TEN) } else { w(day as u8) };
            days.push((day, vec![w(slot::FIRST_DAYS), number]));
            days.push((day, vec![w(slot::FIRST_DAYS), Slot::Digits(day)]));
        }
        if day == 15 {
            days.push((day, vec![w(slot::FULL_MOON)]));
        }
        if (21..=29).contains(&day) {
            days.push((day, vec![w(slot::TWENTY), w((day % 10) as u8)]));
        }
        days.push((day, vec![Slot::Digits(day)]));
    }
    let mut months = Phrases::new();
    for month in 1..=19u16 {
        push_below_hundred(month, &mut months);
        match month {
            1 => months.push((1, vec![w(slot::FIRST_MONTH)])),
            12 => months.push((12, vec![w(slot::LAST_MONTH)])),
            _ => {}
        }
        months.push((month, vec![Slot::Digits(month)]));
    }
    let mut years = Phrases::new();
    for year in YEARS {
        let (thousands, hundreds) = ((year / 1000) as u8, (year / 100 % 10) as u8);
        for tail in year_tails(year % 100) {
            let mut phrase = vec![w(thousands), w(slot::THOUSAND)];
            if hundreds == 0 {
                let mut short = phrase.clone();
                short.extend(&tail);
                years.push((year, short));
            }
            phrase.extend([w(hundreds), w(slot::HUNDRED)]);
            phrase.extend(&tail);
            years.push((year, phrase));
        }
        let digits = [year / 1000, year / 100 % 10, year / 10 % 10, year % 10];
        years.push((year, digits.iter().map(|d| w(*d as u8)).collect()));
        years.push((year, vec![Slot::Digits(year)]));
    }
    Language {
        vocabulary: VOCABULARY.to_vec(),
        days,
        months,
        years,
        day: slot::DAY,
        month: Some(slot::MONTH),
        year: Some(slot::YEAR),
        ends: VIETNAMESE_ENDS,
    }
});

/// Phrases of a number 0 to 99 standing alone.
fn push_below_hundred(n: u16, phrases: &mut Phrases) {
    let w = Slot::Word;
    let (tens, unit) = ((n / 10) as u8, (n % 10) as u8);
    match (tens, unit) {
        (0, _) => phrases.push((n, vec![w(unit)])),
        (1, 0) => phrases.push((n, vec![w(slot::TEN)])),
        (1, _) => phrases.push((n, vec![w(slot::TEN), w(unit)])),
        (_, 0) => phrases.push((n, vec![w(tens), w(slot::TEN)])),
        _ => {
            phrases.push((n, vec![w(tens), w(slot::TEN), w(unit)]));
            phrases.push((n, vec![w(tens), w(unit)]));
        }
    }
}

/// What follows the hundreds of a year.
fn year_tails(n: u16) -> Vec<Vec<Slot>> {
    let w = Slot::Word;
    match n {
        0 => vec![vec![]],
        1..=9 => vec![vec![w(slot::ODD), w(n as u8)], vec![w(0), w(n as u8)]],
        _ => {
            let mut phrases = Phrases::new();
            push_below_hundred(n, &mut phrases);
            phrases.into_iter().map(|(_, phrase)| phrase).collect()
        }
    }
}

const FRENCH_NUMBER_WORDS: &[&[&str]] = &[
    &["un", "premier", "1er"],
    &["deux"],
    &["trois"],
    &["quatre"],
    &["cinq"],
    &["six"],
    &["sept"],
    &["huit"],
    &["neuf"],
    &["dix"],
    &["onze"],
    &["douze"],
    &["treize"],
    &["quatorze"],
    &["quinze"],
    &["seize"],
    &["vingt", "vingts"],
    &["trente"],
    &["quarante"],
    &["cinquante"],
    &["soixante"],
    &["cent", "cents"],
    &["mil", "mille"],
    &["et"],
];

pub(super) static FRENCH: LazyLock<Language> = LazyLock::new(|| {
    let mut vocabulary: Vec<&'static [&'static str]> = FRENCH_NUMBER_WORDS.to_vec();
    let month_base = vocabulary.len() as u8;
    vocabulary.extend(FRENCH_MONTHS.iter().map(std::slice::from_ref));
    let le = vocabulary.len() as u8;
    vocabulary.push(&["le"]);
    let phrase = |n: u16| -> Vec<Slot> {
        let text = french_number_in_words(u32::from(n)).unwrap_or_default();
        words(&text)
            .iter()
            .filter_map(|word| FRENCH_NUMBER_WORDS.iter().position(|forms| forms.contains(&word.as_str())))
            .map(|at| Slot::Word(at as u8))
            .collect()
    };
    let mut days = Phrases::new();
    for day in 1..=31u16 {
        days.push((day, phrase(day)));
        days.push((day, vec![Slot::Digits(day)]));
    }
    let months = (1u16..=12).map(|m| (m, vec![Slot::Word(month_base + m as u8 - 1)])).collect();
    let mut years = Phrases::new();
    for year in YEARS {
        years.push((year, phrase(year)));
        years.push((year, vec![Slot::Digits(year)]));
    }
    Language { vocabulary, days, months, years, day: le, month: None, year: None, ends: FRENCH_ENDS }
});
