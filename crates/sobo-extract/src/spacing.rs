//! Blanks around the strokes of a date and of a ditto mark: `27 / 3 / 2014` among `27/3/2014`, `-nt-` among `- nt -`.
//! A hand leaves them or does not; where a stroke stands between one and the other, the page says which.

use std::collections::HashMap;

use sobo_core::{Entry, Field};

use crate::value;

/// Marks or dates that must stand on a page before they say how it sets them.
const LEAST: usize = 3;
/// What was changed to the page's way of writing is never surer than this.
const SUREST: f32 = 0.95;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Strokes {
    Ditto,
    Date,
}

fn tight(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What strokes a text without blanks has.
fn strokes(tight: &str) -> Option<Strokes> {
    if tight.eq_ignore_ascii_case("-nt-") {
        return Some(Strokes::Ditto);
    }
    let separator = tight.chars().find(|c| matches!(c, '/' | '-' | '.'))?;
    let parts: Vec<&str> = tight.split(separator).collect();
    let figures = |part: &&str| (1..=4).contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit());
    (matches!(parts.len(), 2 | 3) && parts.iter().all(figures)).then_some(Strokes::Date)
}

/// A text without blanks with one on each side of every stroke.
fn spaced(tight: &str) -> String {
    let wide: String =
        tight.chars().map(|c| if c.is_alphanumeric() { c.to_string() } else { format!(" {c} ") }).collect();
    wide.trim().to_owned()
}

/// The share of the readings of this text that have blanks.
fn share_spaced(field: &Field, tight_text: &str) -> f32 {
    let same = || field.candidates.iter().filter(|c| tight(&c.text) == tight_text);
    let all: f32 = same().map(|c| c.probability).sum();
    if all > 0.0 {
        same().filter(|c| c.text.contains(' ')).map(|c| c.probability).sum::<f32>() / all
    } else {
        f32::from(u8::from(field.text.contains(' ')))
    }
}

/// Brings the blanks of dates and ditto marks to what most of the page has.
pub(crate) fn agree(entries: &mut [Entry]) {
    let mut votes: HashMap<Strokes, Vec<f32>> = HashMap::new();
    for field in entries.iter().flat_map(|entry| entry.fields.values()).filter(|f| f.lacuna.is_none()) {
        let text = tight(&field.text);
        if let Some(kind) = strokes(&text) {
            votes.entry(kind).or_default().push(share_spaced(field, &text));
        }
    }
    votes.retain(|_, shares| shares.len() >= LEAST);
    for field in entries.iter_mut().flat_map(|entry| entry.fields.values_mut()) {
        if field.lacuna.is_some() {
            continue;
        }
        let text = tight(&field.text);
        let Some(shares) = strokes(&text).and_then(|kind| votes.get(&kind)) else { continue };
        let wide = shares.iter().sum::<f32>() > 0.5 * shares.len() as f32;
        let wanted = if wide { spaced(&text) } else { text };
        if wanted != field.text {
            let confidence = field.confidence.min(SUREST);
            value::choose(field, wanted, confidence, "vocabulary");
        }
    }
}

#[cfg(test)]
mod tests {
    use sobo_core::Candidate;

    use super::*;

    fn page(readings: &[(&str, &[(&str, f32)])]) -> Vec<Entry> {
        let entry = |(text, candidates): &(&str, &[(&str, f32)])| {
            let candidates = candidates
                .iter()
                .map(|(text, p)| Candidate { text: (*text).to_owned(), probability: *p })
                .collect();
            let field = Field { text: (*text).to_owned(), confidence: 0.99, candidates, ..Field::default() };
            Entry { fields: [("date".to_owned(), field)].into_iter().collect(), ..Entry::default() }
        };
        readings.iter().map(entry).collect()
    }

    fn texts(mut entries: Vec<Entry>) -> Vec<String> {
        agree(&mut entries);
        entries.into_iter().flat_map(|e| e.fields.into_values()).map(|f| f.text).collect()
    }

    #[test]
    fn the_page_says_whether_strokes_have_blanks() {
        let dates = [("1/2/1990", &[][..]), ("27 / 3 / 2014", &[]), ("3/4/1991", &[]), ("15/07 / 1983", &[])];
        assert_eq!(texts(page(&dates)), ["1/2/1990", "27/3/2014", "3/4/1991", "15/07/1983"]);
        let torn = &[("-nt-", 0.5), ("- nt -", 0.4)][..];
        let marks = [("- nt -", &[][..]), ("- nt -", &[]), ("-nt-", torn)];
        assert_eq!(texts(page(&marks)), ["- nt -", "- nt -", "- nt -"]);
    }

    #[test]
    fn two_say_nothing_and_other_texts_stay() {
        assert_eq!(texts(page(&[("1/2/1990", &[]), ("27 / 3 / 2014", &[])])), ["1/2/1990", "27 / 3 / 2014"]);
        let others = [("P. 9", &[][..]), ("1990", &[]), ("12 giờ - 30", &[]), ("1 - 2", &[])];
        assert_eq!(texts(page(&others)), ["P. 9", "1990", "12 giờ - 30", "1 - 2"]);
    }
}
