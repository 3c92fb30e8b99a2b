//! Normal forms by kind of field, and readings brought to the closed vocabularies they must come from.

use sobo_core::{Candidate, Check, CheckEffect, Field, FieldKind, Form};
use sobo_text::vocabulary::{ETHNIC_GROUPS, NATIONALITIES, REGISTRATION_TYPES, RELATIONS, SEXES};
use sobo_text::{
    Age, Term, in_case_of, is_ditto, match_term, nearest_term, nfc, parse_age, parse_date_digits, parse_time,
    read_date_words, read_number_words, snap_date_words, year_of_two_digits,
};

use crate::Context;

/// Least sureness of a date in words that is given as a value.
const LEAST_SURENESS: f32 = 0.3;

/// The normal form of a text, where its kind has one.
pub(crate) fn normal_form(name: &str, kind: FieldKind, text: &str, context: &Context) -> Option<String> {
    if text.is_empty() || is_ditto(text) {
        return None;
    }
    match kind {
        FieldKind::Date => date(text, context.last_year()).map(|date| date.to_string()),
        FieldKind::DateWords => words_date(text)
            .or_else(|| parse_date_digits(text, context.last_year()).map(|d| d.date))
            .map(|d| d.to_string()),
        FieldKind::Year => year(text, context.last_year()).map(|year| year.to_string()),
        FieldKind::Number if name != "book_number" => number(text).map(|n| n.to_string()),
        FieldKind::Age => age_years(text).map(|years| years.to_string()),
        FieldKind::Time => parse_time(text).map(|time| time.to_string()),
        FieldKind::Identity => identity(text),
        FieldKind::Sex => closed(text, SEXES),
        FieldKind::RegistrationType => closed(text, REGISTRATION_TYPES),
        // Open sets: a group or a country not on the list is its own normal form.
        FieldKind::Ethnicity => closed(text, ETHNIC_GROUPS).or_else(|| Some(nfc(text))),
        FieldKind::Nationality => closed(text, NATIONALITIES).or_else(|| Some(nfc(text))),
        _ => None,
    }
}

/// A date in digits, or in words where someone wrote words in the digits' place.
pub(crate) fn date(text: &str, book_year: Option<i32>) -> Option<sobo_core::PartialDate> {
    parse_date_digits(text, book_year).map(|d| d.date).or_else(|| words_date(text))
}

/// A date in words that is sure of its words.
pub(crate) fn words_date(text: &str) -> Option<sobo_core::PartialDate> {
    read_date_words(text).filter(|reading| reading.sureness() >= LEAST_SURENESS).map(|reading| reading.date)
}

/// The number before the year or the letters: `1423/71` is 1423, `0042` is 42.
pub(crate) fn number(text: &str) -> Option<u32> {
    let digits: String = text
        .trim_start_matches(|c: char| !c.is_ascii_digit())
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// The year after the stroke of `1423/71` or `01/2006`, in full.
pub(crate) fn number_year(text: &str, book_year: Option<i32>) -> Option<i32> {
    let (_, suffix) = text.rsplit_once(['/', '-'])?;
    let digits: String = suffix.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        2 => digits.parse().ok().map(|d| year_of_two_digits(d, book_year)),
        4 => digits.parse().ok().filter(|year| (1800..=2100).contains(year)),
        _ => None,
    }
}

fn year(text: &str, book_year: Option<i32>) -> Option<i32> {
    if let Some(date) = date(text, book_year) {
        return Some(date.year());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (digits.len() == 2 && text.trim().len() <= 3)
        .then(|| digits.parse().ok().map(|d| year_of_two_digits(d, book_year)))
        .flatten()
}

/// Whole years of an age; `None` for an infant's months and days, which are no number of years.
pub(crate) fn age_years(text: &str) -> Option<u16> {
    match parse_age(text) {
        Some(Age::Years(years)) => Some(years),
        Some(_) => None,
        None => read_number_words(text).and_then(|(n, _)| u16::try_from(n).ok()),
    }
}

fn identity(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-')).collect();
    let digits = compact.chars().filter(char::is_ascii_digit).count();
    (digits >= 6 && compact.chars().all(char::is_alphanumeric)).then(|| compact.to_uppercase())
}

fn closed(text: &str, terms: &[Term]) -> Option<String> {
    match_term(text, terms).filter(|m| m.distance <= 0.25 && m.margin >= 0.1).map(|m| m.normal.to_owned())
}

/// The closed vocabulary of a kind.
pub(crate) fn vocabulary(kind: FieldKind) -> Option<&'static [Term]> {
    Some(match kind {
        FieldKind::Sex => SEXES,
        FieldKind::RegistrationType => REGISTRATION_TYPES,
        FieldKind::Ethnicity => ETHNIC_GROUPS,
        FieldKind::Nationality => NATIONALITIES,
        FieldKind::Relation => RELATIONS,
        _ => return None,
    })
}

/// Brings a reading of a closed vocabulary to the word it is visually near to, when only one is. The raw reading
/// stays a candidate. A word far from all stays as it was read: rare values must survive.
pub(crate) fn snap(form: &Form, kind: FieldKind, field: &mut Field, context: &Context) {
    if field.lacuna.is_some() {
        return;
    }
    if kind == FieldKind::DateWords {
        snap_date(field);
        return;
    }
    if form.layout == "ledger" && matches!(field.text.as_str(), "//" | "''" | "’’" | "′′" | "\\\\" | "〃")
    {
        // Two strokes in a column are the marks a typist writes as `"`.
        let confidence = field.confidence.min(0.93);
        choose(field, "\"".to_owned(), confidence, "vocabulary");
        return;
    }
    let settings = &context.settings;
    let Some(terms) = vocabulary(kind) else { return };
    if is_ditto(&field.text) {
        return;
    }
    // Of sexes there are two: a letter lost leaves little doubt which was written.
    let (most_distance, least_margin) = match kind {
        FieldKind::Sex => (0.5, 0.2),
        _ => (settings.snap_distance, settings.snap_margin),
    };
    let here = nearest_term(&field.text, terms);
    if here.is_some_and(|m| m.distance <= 0.02) {
        support(field, "vocabulary", 0.4, None);
        return;
    }
    // A candidate that is a word of the vocabulary, and about as likely.
    let top = field.candidates.first().map_or(field.confidence, |c| c.probability);
    let likely = field.candidates.iter().skip(1).find(|candidate| {
        candidate.probability >= 0.1 * top
            && (match_term(&candidate.text, terms).is_some_and(|m| m.distance <= 0.02)
                || (form.layout == "ledger" && is_ditto(&candidate.text)))
    });
    if let Some(candidate) = likely {
        let (text, probability) = (candidate.text.clone(), candidate.probability);
        // Of the readings that can be true, its share; never more sure than a plain reading.
        let confidence = (probability / (probability + 0.25 * top).max(1e-6)).min(0.95);
        choose(field, text, confidence, "vocabulary");
        return;
    }
    if form.layout == "ledger"
        && let Some(ditto) = near_ditto(&field.text)
        && here.is_none_or(|m| m.distance > 0.2)
    {
        choose(field, ditto, 0.8, "vocabulary");
        return;
    }
    if let Some(found) = here.filter(|m| m.distance <= most_distance && m.margin >= least_margin) {
        let nearness = (1.0 - found.distance / 0.34).max(0.0);
        let clear = (found.margin / 0.5).min(1.0);
        // Only a lost tone or hook, far from every other word, may be accepted without a look.
        let most = if found.distance <= 0.12 && found.margin >= 0.35 { 0.98 } else { 0.95 };
        let confidence = (field.confidence + (1.0 - field.confidence) * 0.9 * nearness * clear).min(most);
        let text = in_case_of(&field.text, found.wording);
        choose(field, text, confidence, "vocabulary");
    }
}

/// Words of a date that no date has become the words they are near to; the date stays the same.
fn snap_date(field: &mut Field) {
    let Some(reading) = read_date_words(&field.text) else { return };
    if reading.penalty == 0.0 {
        support(field, "vocabulary", 0.4, None);
    } else if let Some(text) = snap_date_words(&field.text) {
        // What is no word was surely misread; what it was is as sure as the date is.
        let confidence = field.confidence.max(0.9 * reading.sureness()).min(0.93);
        choose(field, text, confidence, "vocabulary");
    }
}

/// `nt` with one letter misread, hyphens kept (`-ut-` → `-nt-`).
fn near_ditto(text: &str) -> Option<String> {
    let core = text.trim_matches(|c: char| !c.is_alphanumeric());
    let near = matches!(
        core.to_lowercase().as_str(),
        "ut" | "rt"
            | "nl"
            | "nf"
            | "ht"
            | "mt"
            | "at"
            | "n1"
            | "ni"
            | "nt1"
            | "nr"
            | "vt"
            | "nĩ"
            | "nỉ"
            | "nit"
    );
    near.then(|| text.replacen(core, "nt", 1))
}

/// Replaces the text, keeping what was read as a candidate.
pub(crate) fn choose(field: &mut Field, text: String, confidence: f32, rule: &str) {
    if !field.candidates.iter().any(|c| c.text == field.text) {
        field.candidates.insert(0, Candidate { text: field.text.clone(), probability: field.confidence });
    }
    match field.candidates.iter().position(|c| c.text == text) {
        Some(at) => {
            let chosen = field.candidates.remove(at);
            field.candidates.insert(0, chosen);
        }
        None => field.candidates.insert(0, Candidate { text: text.clone(), probability: confidence }),
    }
    field.text = text;
    field.confidence = confidence;
    note(field, rule, CheckEffect::Supports, None);
}

/// Independent evidence for a field: shrinks its doubt by `strength`.
pub(crate) fn support(field: &mut Field, rule: &str, strength: f32, other: Option<&str>) {
    if field.lacuna.is_some() {
        return;
    }
    field.confidence = 1.0 - (1.0 - field.confidence) * (1.0 - strength);
    note(field, rule, CheckEffect::Supports, other);
}

/// Evidence against a field: shrinks its trust by `strength`.
pub(crate) fn contradict(field: &mut Field, rule: &str, strength: f32, other: Option<&str>) {
    if field.lacuna.is_some() {
        return;
    }
    field.confidence *= 1.0 - strength;
    note(field, rule, CheckEffect::Contradicts, other);
}

fn note(field: &mut Field, rule: &str, effect: CheckEffect, other: Option<&str>) {
    let check = Check { rule: rule.to_owned(), effect, other: other.map(str::to_owned) };
    if !field.checks.contains(&check) {
        field.checks.push(check);
    }
}
