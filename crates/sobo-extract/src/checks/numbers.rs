//! Entry numbers along the page and through the volume; numbers and names that a page repeats.

use sobo_core::{Entry, Field};
use sobo_text::{edit_distance, exact_key};

use super::{alternatives, contradict, support, written};
use crate::{Context, Extraction, PageIssue, value};

const NUMBER: &str = "entry_number";

fn numbers(entries: &[Entry]) -> Vec<Option<u32>> {
    entries.iter().map(|entry| written(entry, NUMBER).and_then(|field| value::number(&field.text))).collect()
}

/// The number that stands before `index`, from the page or the page before.
fn before(numbers: &[Option<u32>], index: usize, context: &Context) -> Option<u32> {
    match index {
        0 => context.previous_number,
        _ => numbers.get(index - 1).copied().flatten(),
    }
}

/// Where a number breaks the sequence and an alternative continues it on both sides that are known.
pub(super) fn choose(entries: &mut [Entry], context: &Context) {
    for index in 0..entries.len() {
        let all = numbers(entries);
        let previous = before(&all, index, context);
        let next = all.get(index + 1).copied().flatten();
        let wanted = match (previous, next) {
            (Some(p), Some(n)) if n == p + 2 => p + 1,
            // One neighbour alone must itself be in line with the one beyond it.
            (Some(p), None) if index > 1 && all[index - 2].is_some_and(|q| q + 1 == p) => p + 1,
            (None, Some(n)) if all.get(index + 2).copied().flatten() == Some(n + 1) && n > 0 => n - 1,
            _ => continue,
        };
        if all[index] == Some(wanted) {
            continue;
        }
        let Some(field) = entries[index].fields.get_mut(NUMBER) else { continue };
        if field.lacuna.is_some() {
            continue;
        }
        let options = alternatives(field);
        let first = options[0].1;
        let fitting = options.into_iter().skip(1).find(|(text, _)| value::number(text) == Some(wanted));
        if let Some((text, p)) = fitting.filter(|(_, p)| *p >= 0.05 * first) {
            let trust = p / (p + 0.05 * first).max(f32::MIN_POSITIVE);
            value::choose(field, text, trust.min(0.95), "entry_number_sequence");
            field.value = Some(wanted.to_string());
        } else if previous.is_some() && next.is_some() {
            repair(field, wanted);
        }
    }
}

/// `72/198` among `71/1988` and `73/1988`: the year most numbers of the page carry, where one figure is wrong.
pub(super) fn choose_years(entries: &mut [Entry]) {
    let years: Vec<Option<String>> = entries
        .iter()
        .map(|entry| written(entry, NUMBER).and_then(|field| year_after(&field.text)).map(str::to_owned))
        .collect();
    let count = |year: &str| years.iter().flatten().filter(|other| *other == year).count();
    let Some(most) = years.iter().flatten().max_by_key(|year| (count(year), year.len())).cloned() else {
        return;
    };
    if count(&most) < 2 || 2 * count(&most) <= years.iter().flatten().count() {
        return;
    }
    for (entry, year) in entries.iter_mut().zip(&years) {
        let (Some(year), Some(field)) = (year, entry.fields.get_mut(NUMBER)) else { continue };
        if *year != most && edit_distance(year, &most) <= 1 {
            let text = format!("{}{most}", &field.text[..field.text.len() - year.len()]);
            let confidence = field.confidence.min(0.9);
            value::choose(field, text, confidence, "entry_number_year");
        }
    }
}

/// The figures after the last stroke or hyphen of a number.
fn year_after(text: &str) -> Option<&str> {
    let (_, year) = text.rsplit_once(['/', '-'])?;
    (!year.is_empty() && year.chars().all(|c| c.is_ascii_digit())).then_some(year)
}

/// A number between two that leave room for one alone, read with one figure wrong, too many or too few.
fn repair(field: &mut Field, wanted: u32) {
    let Some(start) = field.text.find(|c: char| c.is_ascii_digit()) else { return };
    let end =
        field.text[start..].find(|c: char| !c.is_ascii_digit()).map_or(field.text.len(), |at| start + at);
    let wanted = wanted.to_string();
    if edit_distance(&field.text[start..end], &wanted) <= 1 {
        let text = format!("{}{wanted}{}", &field.text[..start], &field.text[end..]);
        // Below what the sequence's own support lifts over the threshold: a person looks at it.
        let confidence = field.confidence.min(0.5);
        value::choose(field, text, confidence, "entry_number_sequence");
        field.value = Some(wanted);
    }
}

pub(super) fn check(extraction: &mut Extraction, context: &Context) {
    sequence(extraction, context);
    for entry in &mut extraction.entries {
        for (name, rule) in [(NUMBER, "entry_number_year"), ("book_number", "book_number_year")] {
            year_suffix(entry, name, rule, context);
        }
    }
    repeated_on_page(&mut extraction.entries, "book_number", "book_number_repeated");
    repeated_on_page(&mut extraction.entries, "officer_name", "repeated");
}

fn sequence(extraction: &mut Extraction, context: &Context) {
    let all = numbers(&extraction.entries);
    for index in 0..all.len() {
        let Some(number) = all[index] else { continue };
        let previous = before(&all, index, context);
        let next = all.get(index + 1).copied().flatten();
        let follows = previous.is_some_and(|p| p + 1 == number);
        let leads = next.is_some_and(|n| number + 1 == n);
        let strength = match (follows, leads) {
            (true, true) => 0.9,
            (true, false) | (false, true) => 0.75,
            (false, false) => 0.0,
        };
        let Some(entry) = extraction.entries.get_mut(index) else { continue };
        if strength > 0.0 {
            support(entry, NUMBER, "entry_number_sequence", strength, None);
        } else if previous.is_some_and(|p| p >= number) || next.is_some_and(|n| n <= number) {
            contradict(entry, NUMBER, "entry_number_sequence", 0.5, None);
        }
        if let Some(p) = previous.filter(|p| p + 1 != number) {
            let code = if p == number {
                "entry_number_repeated"
            } else if p > number {
                "entry_number_falls"
            } else {
                "entry_number_gap"
            };
            extraction.issues.push(PageIssue {
                code: code.to_owned(),
                entry: Some(index),
                field: Some(NUMBER.to_owned()),
                detail: format!("{p} → {number}"),
            });
        }
    }
}

fn year_suffix(entry: &mut Entry, name: &str, rule: &str, context: &Context) {
    let (Some(first), Some(last)) = (context.book_year, context.last_year()) else { return };
    let Some(text) = written(entry, name).map(|field| field.text.clone()) else { return };
    let Some(year) = value::number_year(&text, Some(last)) else {
        // One figure or three are no year: some are missing.
        if year_after(&text).is_some_and(|year| matches!(year.len(), 1 | 3)) {
            contradict(entry, name, rule, 0.6, None);
        }
        return;
    };
    if (first..=last).contains(&year) {
        support(entry, name, rule, 0.3, None);
    } else {
        contradict(entry, name, rule, 0.4, None);
    }
}

/// What all entries of a page share: each reading that another entry repeats is supported.
fn repeated_on_page(entries: &mut [Entry], name: &str, rule: &str) {
    let keys: Vec<String> = entries
        .iter()
        .map(|entry| written(entry, name).map(|field| exact_key(&field.text)).unwrap_or_default())
        .collect();
    for index in 0..entries.len() {
        let repeats = (0..keys.len()).any(|other| other != index && keys[other] == keys[index]);
        if repeats && !keys[index].is_empty() {
            support(&mut entries[index], name, rule, 0.5, None);
        }
    }
}
