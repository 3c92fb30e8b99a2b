//! Dates in words, Vietnamese and French, read in spite of recognition errors.
//!
//! `Ngày mười hai tháng năm năm một ngàn chín trăm bảy mươi mốt` is 12 May 1971: the first `năm` is five, the
//! second says year. Every division of the words into day, month and year is aligned to the closed vocabulary
//! of dates; the cheapest date wins, and the distance to the next cheapest says how sure that is.

mod snap;
mod vocabulary;
mod write;

use std::collections::HashMap;

use sobo_core::PartialDate;

pub use self::snap::{snap_date_words, snap_date_words_to};
use self::vocabulary::{FRENCH, Language, SMALL_NUMBERS, VIETNAMESE, VIETNAMESE_ENDS, VOCABULARY};
pub use self::write::{DateStyle, date_in_words, french_date_in_words};
use crate::fold::{fold, nfc, words};
use crate::number::parse_number_words;
use crate::phrase::{Observed, Slot, score_phrases};

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
/// A date the words may write and its cost; `None` is one the calendar lacks (32 June).
type Found = (Option<PartialDate>, f32);

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

#[cfg(test)]
#[path = "date_words_tests.rs"]
mod tests;
