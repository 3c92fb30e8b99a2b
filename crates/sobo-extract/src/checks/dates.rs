//! Dates against words, against each other, against the book and against ages.

use sobo_core::{Entry, FieldKind, Form, PartialDate, RegisterType};

use sobo_text::{read_date_words, read_date_words_ranked, snap_date_words_to, weighted_distance};

use super::{alternatives, both, contradict, names_of_kind, support, written};
use crate::{Context, value};

/// Share of acts whose digits and words are taken to differ on the paper itself.
const TRULY_DIFFERENT: f32 = 0.02;
/// Most that a chosen alternative is trusted before the checks.
const CHOSEN_AT_MOST: f32 = 0.95;

pub(super) fn choose(form: &Form, entry: &mut Entry, context: &Context) {
    for digits in names_of_kind(form, entry, FieldKind::Date) {
        let words = format!("{digits}_words");
        if written(entry, &digits).is_some() && written(entry, &words).is_some() {
            choose_agreeing(entry, &digits, &words, context);
            words_by_digits(entry, &digits, &words);
        }
    }
    for kind in [FieldKind::Date, FieldKind::DateWords] {
        for name in names_of_kind(form, entry, kind) {
            choose_possible(form, entry, &name, kind, context);
            if name == "registration_date" && kind == FieldKind::Date {
                repair_year(entry, &name, context);
            }
        }
    }
}

/// Of all pairs of alternatives, the likeliest that agree, if likelier than that the paper itself disagrees.
fn choose_agreeing(entry: &mut Entry, digits: &str, words: &str, context: &Context) {
    let (Some(d), Some(w)) = (entry.fields.get(digits), entry.fields.get(words)) else { return };
    let digit_options: Vec<(String, f32, Option<PartialDate>)> = alternatives(d)
        .into_iter()
        .map(|(text, p)| {
            let date = value::date(&text, context.last_year());
            (text, p, date)
        })
        .collect();
    let word_options: Vec<(String, f32, Option<PartialDate>)> = alternatives(w)
        .into_iter()
        .map(|(text, p)| {
            let date = value::words_date(&text);
            (text, p, date)
        })
        .collect();
    if digit_options[0].2.is_some() && digit_options[0].2 == word_options[0].2 {
        return;
    }
    let mut best: Option<(usize, usize, f32)> = None;
    let mut agreeing = 0.0;
    for (i, (_, p, date)) in digit_options.iter().enumerate() {
        for (j, (_, q, other)) in word_options.iter().enumerate() {
            if date.is_some() && date == other {
                let joint = p * q;
                agreeing += joint;
                if best.is_none_or(|(_, _, held)| joint > held) {
                    best = Some((i, j, joint));
                }
            }
        }
    }
    let Some((i, j, joint)) = best else { return };
    let both_exist = digit_options[0].2.is_some() && word_options[0].2.is_some();
    let apart = digit_options[0].1
        * word_options[0].1
        * if both_exist { TRULY_DIFFERENT } else { TRULY_DIFFERENT / 4.0 };
    let trust = joint / (agreeing + apart).max(f32::MIN_POSITIVE);
    if trust < 0.6 {
        return;
    }
    for (name, options, at) in [(digits, &digit_options, i), (words, &word_options, j)] {
        if at > 0
            && let Some(field) = entry.fields.get_mut(name)
        {
            value::choose(field, options[at].0.clone(), trust.min(CHOSEN_AT_MOST), "date_words_digits");
            field.value = options[at].2.map(|date| date.to_string());
        }
    }
}

/// Words misread past their own putting right, whose digits say which date they write.
fn words_by_digits(entry: &mut Entry, digits: &str, words: &str) {
    let Some(date) = value_of(entry, digits).filter(|date| date.is_whole()) else { return };
    let Some(field) = entry.fields.get_mut(words) else { return };
    let near = read_date_words_ranked(&field.text)
        .into_iter()
        .find(|reading| reading.date == date && reading.penalty <= 0.2);
    let Some(reading) = near.filter(|reading| reading.penalty > 0.0) else { return };
    field.value = Some(date.to_string());
    if let Some(text) = snap_date_words_to(&field.text, date) {
        let confidence = field.confidence.max(0.9 - reading.penalty);
        value::choose(field, text, confidence.min(0.9), "date_words_digits");
    }
}

/// Where the text is no date, or none of this book, and an alternative is.
fn choose_possible(form: &Form, entry: &mut Entry, name: &str, kind: FieldKind, context: &Context) {
    let Some(field) = written(entry, name) else { return };
    let date = |text: &str| match kind {
        FieldKind::DateWords => value::words_date(text),
        _ => value::date(text, context.last_year()),
    };
    let options = alternatives(field);
    let possible =
        |date: Option<PartialDate>| date.filter(|d| of_this_book(form, name, *d, context) != Some(false));
    if options.len() < 2 || possible(date(&field.text)).is_some() {
        return;
    }
    let first = options[0].1;
    let mut total = 0.0;
    let mut best: Option<(String, f32, PartialDate)> = None;
    for (text, p) in options.into_iter().skip(1) {
        if let Some(found) = possible(date(&text)) {
            total += p;
            if p >= 0.1 * first && best.as_ref().is_none_or(|(_, held, _)| p > *held) {
                best = Some((text, p, found));
            }
        }
    }
    if let Some((text, p, found)) = best
        && let Some(field) = entry.fields.get_mut(name)
    {
        // The first reading is held to be wrong four times in five.
        let trust = p / (total + 0.25 * first).max(f32::MIN_POSITIVE);
        value::choose(field, text, trust.min(0.9), "date_form");
        field.value = Some(found.to_string());
    }
}

/// A registration date whose year has one digit that cannot be: the book's own year, if it
/// differs in one figure of like shape (1 for 7).
fn repair_year(entry: &mut Entry, name: &str, context: &Context) {
    let (Some(first), Some(last)) = (context.book_year, context.last_year()) else { return };
    let Some(field) = entry.fields.get_mut(name).filter(|field| field.lacuna.is_none()) else { return };
    let start = field.text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let written = field.text[start..].to_owned();
    if written.len() != 4 || written.parse().is_ok_and(|year: i32| (first..=last + 1).contains(&year)) {
        return;
    }
    let near: Vec<i32> =
        (first..=last).filter(|year| weighted_distance(&written, &year.to_string()) <= 0.5).collect();
    if let [year] = near[..] {
        let text = format!("{}{year}", &field.text[..start]);
        if let Some(date) = value::date(&text, Some(last)) {
            let confidence = field.confidence.min(GUIDED);
            value::choose(field, text, confidence, "year_of_book");
            field.value = Some(date.to_string());
        }
    }
}

/// Confidence of a reading that the book corrected in one figure: for a person to look at, whatever supports it.
const GUIDED: f32 = 0.6;

/// Whether the date can stand in this field of this book; `None` where the book says nothing.
fn of_this_book(form: &Form, name: &str, date: PartialDate, context: &Context) -> Option<bool> {
    let (first, last) = (context.book_year?, context.last_year()?);
    let year = date.year();
    Some(match event_of(form, name)? {
        // An entry of the last days of December may be signed in January.
        Event::Registration => (first..=last + 1).contains(&year),
        Event::Recorded => (first - 100..=last + 1).contains(&year),
        Event::Earlier => (first - 130..=last + 1).contains(&year),
    })
}

#[derive(Debug, Copy, Clone, PartialEq, Eq)]
enum Event {
    /// The registration itself.
    Registration,
    /// The birth, marriage or death that the book records.
    Recorded,
    /// A birth of a grown person.
    Earlier,
}

fn event_of(form: &Form, name: &str) -> Option<Event> {
    let base = name.strip_suffix("_words").unwrap_or(name);
    Some(match (base, form.register_type) {
        ("registration_date", _) => Event::Registration,
        ("birth_date", RegisterType::Birth) | ("death_date", _) | ("marriage_date", _) => Event::Recorded,
        ("birth_date" | "groom_birth_date" | "bride_birth_date", _) => Event::Earlier,
        (other, _) if other.ends_with("_birth_year") => Event::Earlier,
        _ => return None,
    })
}

pub(super) fn check(form: &Form, entry: &mut Entry, context: &Context) {
    form_of_dates(form, entry);
    for digits in names_of_kind(form, entry, FieldKind::Date) {
        words_against_digits(entry, &digits);
    }
    for kind in [FieldKind::Date, FieldKind::DateWords, FieldKind::Year] {
        for name in names_of_kind(form, entry, kind) {
            year_of_book(form, entry, &name, context);
        }
    }
    order(entry);
    ages(entry);
}

/// A date field whose text is no date.
fn form_of_dates(form: &Form, entry: &mut Entry) {
    for kind in [FieldKind::Date, FieldKind::DateWords] {
        for name in names_of_kind(form, entry, kind) {
            let bad = written(entry, &name).is_some_and(|field| field.value.is_none());
            if bad {
                contradict(entry, &name, "date_form", 0.5, None);
            }
        }
    }
}

fn words_against_digits(entry: &mut Entry, digits: &str) {
    let words = format!("{digits}_words");
    let (Some(d), Some(w)) = (value_of(entry, digits), value_of(entry, &words)) else { return };
    if d == w {
        support(entry, digits, "date_words_digits", 0.85, Some(&words));
        // Words that write the date with a misread letter are right in what they mean, not in how they read.
        let clean = written(entry, &words)
            .and_then(|field| read_date_words(&field.text))
            .is_some_and(|reading| reading.penalty == 0.0);
        if clean {
            support(entry, &words, "date_words_digits", 0.85, Some(digits));
        } else if let Some(field) = entry.fields.get_mut(&words) {
            field.confidence = field.confidence.min(0.5);
        }
    } else if d.agrees_with(w) {
        both(entry, true, (digits, &words), "date_words_digits", 0.3);
    } else {
        both(entry, false, (digits, &words), "date_words_digits", 0.5);
    }
}

fn year_of_book(form: &Form, entry: &mut Entry, name: &str, context: &Context) {
    let Some(date) = value_of(entry, name) else { return };
    match of_this_book(form, name, date, context) {
        Some(false) => contradict(entry, name, "year_of_book", 0.6, None),
        Some(true) => {
            let late = context.book_year.is_some_and(|first| date.year() < first - 10);
            if late && event_of(form, name) == Some(Event::Recorded) {
                // A birth or death entered ten years late is real but rare: for a person to look at.
                contradict(entry, name, "year_of_book", 0.2, None);
                return;
            }
            let near = context.book_year.is_some_and(|first| {
                date.year() >= first - 1 && context.last_year().is_some_and(|last| date.year() <= last)
            });
            let strength = match event_of(form, name) {
                Some(Event::Registration) if near => 0.3,
                Some(Event::Recorded) if near => 0.2,
                _ => return,
            };
            support(entry, name, "year_of_book", strength, None);
        }
        None => {}
    }
}

/// Registration not before the event, death not before birth.
fn order(entry: &mut Entry) {
    let either = |entry: &Entry, base: &str| -> Option<(String, PartialDate)> {
        [base.to_owned(), format!("{base}_words")].into_iter().find_map(|name| {
            let date = value_of(entry, &name)?;
            Some((name, date))
        })
    };
    let registered = either(entry, "registration_date");
    for event in ["birth_date", "death_date", "marriage_date", "groom_birth_date", "bride_birth_date"] {
        let Some((event_name, date)) = either(entry, event) else { continue };
        if let Some((name, registration)) = &registered
            && date.is_after(*registration)
        {
            both(entry, false, (name, &event_name), "event_before_registration", 0.4);
        }
        if event == "birth_date"
            && let Some((death_name, death)) = either(entry, "death_date")
            && date.is_after(death)
        {
            both(entry, false, (&event_name, &death_name), "event_before_registration", 0.4);
        }
    }
}

/// Ages against dates, and parents' years against the child's.
fn ages(entry: &mut Entry) {
    let year = |entry: &Entry, names: &[&str]| -> Option<(String, i32)> {
        names.iter().find_map(|name| value_of(entry, name).map(|date| ((*name).to_owned(), date.year())))
    };
    let number = |entry: &Entry, name: &str| -> Option<i32> {
        written(entry, name)?.value.as_deref().and_then(|value| value.parse().ok())
    };
    let birth = year(entry, &["birth_date", "birth_date_words"]);
    let death = year(entry, &["death_date", "death_date_words"]);
    if let (Some(age), Some((birth_name, born)), Some((_, died))) = (number(entry, "age"), &birth, &death) {
        // A Vietnamese age may count the year of birth.
        let agree = (0..=1).contains(&(age - (died - born))) || age == died - born - 1;
        both(entry, agree, ("age", birth_name), "age_dates", if agree { 0.4 } else { 0.3 });
    }
    for (prefix, youngest, oldest) in [("mother", 13, 55), ("father", 13, 90)] {
        let Some((_, child)) = &birth else { break };
        let (age_field, year_field) = (format!("{prefix}_age"), format!("{prefix}_birth_year"));
        let child = *child;
        if entry.fields.contains_key("death_date") || entry.fields.contains_key("death_date_words") {
            break;
        }
        if let Some(age) = number(entry, &age_field)
            && !(youngest..=oldest).contains(&age)
        {
            contradict(entry, &age_field, "parent_age", 0.4, None);
        }
        if let Some(born) = value_of(entry, &year_field).map(PartialDate::year)
            && !(youngest..=oldest).contains(&(child - born))
        {
            contradict(entry, &year_field, "parent_age", 0.4, None);
        }
        if let (Some(age), Some(born)) = (number(entry, &age_field), value_of(entry, &year_field)) {
            let agree = (child - born.year() - age).abs() <= 1;
            both(entry, agree, (&age_field, &year_field), "age_dates", 0.4);
        }
    }
}

fn value_of(entry: &Entry, name: &str) -> Option<PartialDate> {
    written(entry, name)?.value.as_deref()?.parse().ok()
}
