//! Dates in words, Vietnamese and French, read in spite of recognition errors.
//!
//! `Ngày mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt` is 12 May 1971: the first `năm` is five, the
//! second says year. Every division of the words into day, month and year is aligned to the closed vocabulary
//! of dates; the cheapest date wins, and the distance to the next cheapest says how sure that is.

use std::collections::HashMap;
use std::sync::LazyLock;

use sobo_core::PartialDate;

use crate::distance::weighted_distance;
use crate::fold::{fold, nfc, words};
use crate::french::{FRENCH_MONTHS, french_number_in_words};
use crate::number::{NumberStyle, number_in_words, parse_number_words};
use crate::phrase::{Observed, Slot, Vocabulary, score_phrases};

/// Years that a date in words may name.
const YEARS: std::ops::RangeInclusive<u16> = 1840..=2060;
/// Mean cost per word above which nothing is read.
const MOST_PENALTY: f32 = 0.3;
/// What a lost `tháng` or `năm` costs.
const LOST_SEPARATOR: f32 = 0.6;

/// What the words of a date say.
#[derive(Debug, Copy, Clone, PartialEq)]
pub struct DateReading {
    /// The date.
    pub date: PartialDate,
    /// How far the words are from those of the date: 0 exact, about 0.1 for some lost tones, at most 0.3.
    pub penalty: f32,
    /// How much more the next best date would cost, in words: 0 is a toss-up, 1 a whole word.
    pub margin: f32,
    /// Whether the words are Vietnamese (else French).
    pub vietnamese: bool,
}

impl DateReading {
    /// A score of how sure the reading is of its words, `0..=1`: falls with the penalty, and where another
    /// date is about as near. It says nothing about whether the words were read right.
    pub fn sureness(&self) -> f32 {
        let clear = 1.0 - (-8.0 * self.margin).exp();
        ((1.0 - 2.0 * self.penalty).max(0.0) * clear).clamp(0.0, 1.0)
    }
}

/// The date these words write, exactly or with recognition errors. `None` where no date is near.
pub fn read_date_words(text: &str) -> Option<DateReading> {
    read_date_words_ranked(text).into_iter().next()
}

/// The dates the words may write, best first, at most three.
pub fn read_date_words_ranked(text: &str) -> Vec<DateReading> {
    let tokens: Vec<String> = words(&nfc(text)).iter().map(|w| w.to_lowercase()).collect();
    if tokens.is_empty() || tokens.len() > 40 {
        return Vec::new();
    }
    if let Some(exact) = read_exact(&tokens) {
        return vec![exact];
    }
    let vietnamese = read_language(&tokens, &VIETNAMESE, true);
    if vietnamese.first().is_some_and(|best| best.penalty < 0.08) {
        return vietnamese;
    }
    let french = read_language(&tokens, &FRENCH, false);
    match (vietnamese.first(), french.first()) {
        (Some(v), Some(f)) if f.penalty < v.penalty => french,
        (None, Some(_)) => french,
        _ => vietnamese,
    }
}

/// The number these words write in spite of recognition errors, within `0..=120` (ages, small counts), and the
/// mean cost per word. `None` where none is near or two are equally near.
pub fn read_number_words(text: &str) -> Option<(u32, f32)> {
    let tokens: Vec<String> = words(&nfc(text)).iter().map(|w| w.to_lowercase()).collect();
    if tokens.is_empty() || tokens.len() > 6 {
        return None;
    }
    let mut observed = Observed::new(tokens, VOCABULARY);
    let to = observed.len();
    let mut scores = score_phrases(&mut observed, 0, to, &SMALL_NUMBERS);
    scores.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (best, next) = (scores.first()?, scores.get(1)?);
    let penalty = best.1 / to as f32;
    (penalty <= MOST_PENALTY && next.1 - best.1 > 0.1).then_some((u32::from(best.0), penalty))
}

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

const VOCABULARY: &Vocabulary = &[
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
const VIETNAMESE_ENDS: &[&str] = &["hồi", "lúc", "vào", "giờ", "tại", "buổi", "dương", "âm"];
const FRENCH_ENDS: &[&str] = &["à", "heures", "heure", "vers"];

/// A date the words may write and its cost; `None` is one the calendar lacks (32 June).
type Found = (Option<PartialDate>, f32);

type Phrases = Vec<(u16, Vec<Slot>)>;

/// What dates are made of in one language.
struct Language {
    vocabulary: Vec<&'static [&'static str]>,
    days: Phrases,
    months: Phrases,
    years: Phrases,
    /// The word before the day (`ngày`, `le`).
    day: u8,
    /// The word before the month, where the language has one.
    month: Option<u8>,
    /// The word before the year, where the language has one.
    year: Option<u8>,
    ends: &'static [&'static str],
}

static SMALL_NUMBERS: LazyLock<Phrases> = LazyLock::new(|| {
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

static VIETNAMESE: LazyLock<Language> = LazyLock::new(|| {
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

static FRENCH: LazyLock<Language> = LazyLock::new(|| {
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

/// Words that are all of a date and can be divided in one way only.
fn read_exact(tokens: &[String]) -> Option<DateReading> {
    let end = (3..tokens.len()).find(|at| is_end_word(&tokens[*at], VIETNAMESE_ENDS)).unwrap_or(tokens.len());
    let start = tokens[..end.min(4)].iter().position(|word| word == "ngày").map_or(0, |at| at + 1);
    let mut months = tokens[..end].iter().enumerate().filter(|(_, word)| *word == "tháng");
    let (month_word, _) = months.next()?;
    if months.next().is_some() || month_word <= start {
        return None;
    }
    let day = exact_number(match &tokens[start..month_word] {
        [first, rest @ ..] if matches!(first.as_str(), "mồng" | "mùng") && !rest.is_empty() => rest,
        whole => whole,
    })?;
    let mut found: Option<PartialDate> = None;
    for year_word in (month_word + 2..end).filter(|at| tokens[*at] == "năm") {
        let month = match &tokens[month_word + 1..year_word] {
            [one] if one == "giêng" => Some(1),
            [one] if one == "chạp" => Some(12),
            slice => exact_number(slice),
        };
        let year = exact_number(&tokens[year_word + 1..end]).filter(|year| YEARS.contains(year));
        let (Some(month), Some(year)) = (month, year) else { continue };
        let date =
            PartialDate::from_day(i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
        if found.replace(date).is_some() {
            return None;
        }
    }
    found.map(|date| DateReading { date, penalty: 0.0, margin: 1.0, vietnamese: true })
}

fn exact_number(tokens: &[String]) -> Option<u16> {
    match tokens {
        [one] if one == "rằm" => Some(15),
        [one] if one.bytes().all(|b| b.is_ascii_digit()) => one.parse().ok(),
        _ => parse_number_words(&tokens.join(" ")).and_then(|n| u16::try_from(n).ok()),
    }
}

fn read_language(tokens: &[String], language: &Language, vietnamese: bool) -> Vec<DateReading> {
    let mut observed = Observed::new(tokens.to_vec(), &language.vocabulary);
    let end = end_of_date(&observed, language);
    let mut found: Vec<Found> = Vec::new();
    let start = (0..end.min(4))
        .find(|at| {
            observed.cost(*at, Slot::Word(language.day)) <= 0.3 && observed.is_nearest(*at, language.day)
        })
        .map_or(0, |at| at + 1);
    match language.month {
        Some(month) => with_separators(&mut observed, language, month, start, end, &mut found),
        None => with_month_names(&mut observed, language, start, end, &mut found),
    }
    found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut best: Vec<(PartialDate, f32)> = Vec::new();
    let mut impossible: Option<f32> = None;
    for (date, cost) in found {
        match date {
            Some(date) if best.len() < 4 && !best.iter().any(|(other, _)| *other == date) => {
                best.push((date, cost))
            }
            None if impossible.is_none() => impossible = Some(cost),
            _ => {}
        }
    }
    let day_word = if start > 0 { observed.cost(start - 1, Slot::Word(language.day)) } else { 0.0 };
    let read = end.saturating_sub(start).max(1) as f32;
    let readings = best.iter().enumerate().take(3).filter_map(|(rank, (date, cost))| {
        let penalty = (cost + day_word) / read;
        let next = best.get(rank + 1).map_or(1.0, |(_, next)| next - cost);
        // Words nearer to a day that does not exist are a misreading of which nothing is sure.
        let clear = impossible.map_or(2.0, |other| (other - cost).max(0.0));
        let margin = next.min(clear).min(2.0);
        (penalty <= MOST_PENALTY).then_some(DateReading { date: *date, penalty, margin, vietnamese })
    });
    readings.collect()
}

/// The number of words up to one that begins the hour or the place.
fn end_of_date(observed: &Observed<'_>, language: &Language) -> usize {
    let is_end = |at: usize| is_end_word(observed.token(at), language.ends);
    (3..observed.len()).find(|at| is_end(*at)).unwrap_or(observed.len())
}

/// Whether a word, with its marks or without, begins the hour or the place.
fn is_end_word(word: &str, ends: &[&str]) -> bool {
    ends.contains(&word) || (word.chars().count() >= 3 && ends.iter().any(|end| fold(end) == fold(word)))
}

/// Day, `tháng`, month, `năm`, year; the day, or day and month, may be absent.
fn with_separators(
    observed: &mut Observed<'_>,
    language: &Language,
    month_word: u8,
    start: usize,
    end: usize,
    found: &mut Vec<Found>,
) {
    // Each separator: where the part before ends, where the part after begins, its cost.
    let mut month_cuts: Vec<(usize, usize, f32)> = Vec::new();
    for at in start..end {
        let cost = observed.cost(at, Slot::Word(month_word));
        if cost <= 0.45 {
            month_cuts.push((at, at + 1, cost));
        }
    }
    let month_word_seen = !month_cuts.is_empty();
    if !month_word_seen {
        month_cuts.extend((start + 1..end).map(|at| (at, at, LOST_SEPARATOR)));
        // The word may be there, unrecognisable.
        month_cuts.extend((start + 1..end).map(|at| (at, at + 1, LOST_SEPARATOR + 0.2)));
    }
    let mut years_from: HashMap<usize, Vec<(u16, f32)>> = HashMap::new();
    for (day_end, month_start, month_cost) in month_cuts {
        let days = if day_end > start {
            score_phrases(observed, start, day_end, &language.days)
        } else {
            Vec::new()
        };
        let mut year_cuts: Vec<(usize, usize, f32)> = Vec::new();
        for at in month_start + 1..end {
            if let Some(year_word) = language.year {
                let cost = observed.cost(at, Slot::Word(year_word));
                if cost <= 0.45 {
                    year_cuts.push((at, at + 1, cost));
                }
            }
        }
        if year_cuts.iter().all(|(_, _, cost)| *cost > 0.2) {
            let last = end.min(month_start + 3);
            year_cuts.extend((month_start + 1..last).map(|at| (at, at, LOST_SEPARATOR)));
        }
        for (month_end, year_start, year_cost) in year_cuts {
            if year_start >= end || month_end - month_start > 3 {
                continue;
            }
            let months = cheapest(score_phrases(observed, month_start, month_end, &language.months), 3);
            if months.first().is_none_or(|(_, cost)| *cost > 2.0) {
                continue;
            }
            let years = years_from
                .entry(year_start)
                .or_insert_with(|| cheapest(score_phrases(observed, year_start, end, &language.years), 4))
                .clone();
            let separators = month_cost + year_cost;
            if day_end > start {
                combine(&cheapest(days.clone(), 4), &months, &years, separators, found);
            } else if month_word_seen {
                for (month, month_cost) in &months {
                    for (year, year_cost) in &years {
                        let date = PartialDate::from_month(i32::from(*year), *month as u8);
                        found.push((date, separators + month_cost + year_cost));
                    }
                }
            }
        }
    }
    if !month_word_seen {
        let from = match language.year {
            Some(word) if start < end && observed.cost(start, Slot::Word(word)) <= 0.3 => start + 1,
            _ => start,
        };
        if from < end {
            year_alone(observed, language, from, end, found);
        }
    }
}

/// `douze mai mil neuf cent cinquante-quatre`, or `l'an mil neuf cent cinquante-quatre, le douze mai`.
fn with_month_names(
    observed: &mut Observed<'_>,
    language: &Language,
    start: usize,
    end: usize,
    found: &mut Vec<Found>,
) {
    for at in start..end {
        let months = cheapest(score_phrases(observed, at, at + 1, &language.months), 2);
        if months.first().is_none_or(|(_, cost)| *cost > 0.45) {
            continue;
        }
        if at > start && at + 1 < end {
            let days = cheapest(score_phrases(observed, start, at, &language.days), 4);
            let years = cheapest(score_phrases(observed, at + 1, end, &language.years), 4);
            combine(&days, &months, &years, 0.0, found);
        }
        // The year first: `l'an` or `l'année`, the year, `le`, the day, the month.
        let le = (0..at).rev().find(|i| observed.cost(*i, Slot::Word(language.day)) <= 0.2);
        let an = (0..at).find(|i| matches!(observed.token(*i), "an" | "année"));
        if let (Some(le), Some(an)) = (le, an)
            && an + 1 < le
            && le + 1 < at
        {
            let years = cheapest(score_phrases(observed, an + 1, le, &language.years), 4);
            let days = cheapest(score_phrases(observed, le + 1, at, &language.days), 4);
            combine(&days, &months, &years, 0.0, found);
        }
    }
    if found.is_empty() && start < end {
        year_alone(observed, language, start, end, found);
    }
}

/// A year alone must be read almost without error: anything else is more likely a date with lost words.
fn year_alone(
    observed: &mut Observed<'_>,
    language: &Language,
    from: usize,
    end: usize,
    found: &mut Vec<Found>,
) {
    for (year, cost) in cheapest(score_phrases(observed, from, end, &language.years), 3) {
        if cost / ((end - from) as f32) <= 0.1 {
            found.push((PartialDate::from_year(i32::from(year)), cost));
        }
    }
}

fn cheapest(mut scores: Vec<(u16, f32)>, count: usize) -> Vec<(u16, f32)> {
    scores.sort_by(|a, b| a.1.total_cmp(&b.1));
    scores.truncate(count);
    scores
}

fn combine(
    days: &[(u16, f32)],
    months: &[(u16, f32)],
    years: &[(u16, f32)],
    separators: f32,
    found: &mut Vec<Found>,
) {
    for (day, day_cost) in days {
        for (month, month_cost) in months {
            for (year, year_cost) in years {
                let date = PartialDate::from_day(i32::from(*year), *month as u8, *day as u8);
                found.push((date, separators + day_cost + month_cost + year_cost));
            }
        }
    }
}

/// Distance up to which a misread word is replaced by a word of dates.
const SNAP: f32 = 0.25;

/// A date in Vietnamese words with its misread words put right: each word that no date has becomes the word of dates it
/// is visually near to, where only one is; case, punctuation, words of dates and what follows the date stay. `None`
/// where nothing is to be changed, or where the change would alter the date or leave it less sure.
pub fn snap_date_words(text: &str) -> Option<String> {
    let text = nfc(text);
    let before = read_date_words(&text).filter(|reading| reading.vietnamese && reading.penalty > 0.0)?;
    let out = snap_words(&text, SNAP);
    let now = read_date_words(&out)?;
    (out != text && now.date == before.date && now.penalty < before.penalty).then_some(out)
}

/// As [`snap_date_words`] where the date is known from elsewhere (its digits): words farther off are put right, and
/// the result must write exactly that date.
pub fn snap_date_words_to(text: &str, date: PartialDate) -> Option<String> {
    let text = nfc(text);
    let out = snap_words(&text, SNAP_TO_KNOWN);
    let tokens: Vec<String> = words(&out).iter().map(|w| w.to_lowercase()).collect();
    (out != text && read_exact(&tokens).is_some_and(|reading| reading.date == date)).then_some(out)
}

/// Distance up to which a word is replaced where the date is known.
const SNAP_TO_KNOWN: f32 = 0.5;

fn snap_words(text: &str, most: f32) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut previous = String::new();
    let mut ended = false;
    let mut count = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let word_end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_end);
        let gap_end = after.find(char::is_alphanumeric).unwrap_or(after.len());
        let (gap, next) = after.split_at(gap_end);
        if !word.is_empty() {
            let lower = word.to_lowercase();
            count += 1;
            ended |= count > 3 && is_end_word(&lower, VIETNAMESE_ENDS);
            let snapped = if ended { None } else { snap_word(&lower, &previous, most) };
            match snapped {
                Some(right) => {
                    out.push_str(&crate::fold::in_case_of(word, right));
                    previous = right.to_owned();
                }
                None => {
                    out.push_str(word);
                    previous = lower;
                }
            }
        }
        out.push_str(gap);
        rest = next;
    }
    out
}

fn snap_word(word: &str, previous: &str, most: f32) -> Option<&'static str> {
    let all = || VOCABULARY.iter().flat_map(|spellings| spellings.iter().copied());
    if word.chars().count() < 2
        || word.chars().any(|c| c.is_ascii_digit())
        || all().any(|known| known == word)
    {
        return None;
    }
    let cost = |known: &str| {
        weighted_distance(word, known) / known.chars().count().max(word.chars().count()).max(1) as f32
    };
    let least = all().map(cost).fold(f32::INFINITY, f32::min);
    if least > most {
        return None;
    }
    let mut near: Vec<&'static str> = all().filter(|known| cost(known) <= least + 0.04).collect();
    near.dedup();
    let units = ["hai", "ba", "bốn", "năm", "sáu", "bảy", "bẩy", "tám", "chín"];
    match near[..] {
        [one] => Some(one),
        // `mươi` after a unit, `mười` elsewhere; `mốt` after `mươi`, `một` elsewhere.
        ["mười", "mươi"] => Some(if units.contains(&previous) { "mươi" } else { "mười" }),
        ["một", "mốt"] => Some(if previous == "mươi" { "mốt" } else { "một" }),
        ["bảy", "bẩy"] => Some("bảy"),
        ["ngàn", "ngày"] => Some(if previous.is_empty() { "ngày" } else { "ngàn" }),
        _ => None,
    }
}

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

#[cfg(test)]
#[path = "date_words_tests.rs"]
mod tests;
