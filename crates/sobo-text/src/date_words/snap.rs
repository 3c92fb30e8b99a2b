//! Misread words of dates put right.

use sobo_core::PartialDate;

use super::vocabulary::{VIETNAMESE_ENDS, VOCABULARY};
use super::{is_end_word, read_date_words, read_exact};
use crate::distance::weighted_distance;
use crate::fold::{nfc, words};

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
