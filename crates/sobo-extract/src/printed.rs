//! Printed words that came along with a value: the end of its own label before it, the label of the next field after
//! it, or nothing but printed words.

use std::collections::HashSet;

use sobo_core::{Entry, Field, FieldKind, Form};
use sobo_text::{nfc, similarity};

use crate::{kind_of, value};

/// The rule's name.
pub(crate) const RULE: &str = "printed_words";

/// A value that stood beside printed words is never surer than this: where they ended was only guessed.
const SUREST: f32 = 0.9;

/// Likeness from which a text is a title.
const TITLE: f32 = 0.84;

/// Words of the form's labels, titles and headers, small letters with their marks.
fn printed_words(form: &Form) -> HashSet<String> {
    let labels = form.fields.iter().flat_map(|field| &field.labels);
    labels
        .chain(&form.titles)
        .chain(&form.furniture)
        .flat_map(|text| words(text))
        .map(|word| word.1)
        .collect()
}

/// Words of a text with where they begin, in bytes; numbers are no words.
fn words(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (at, c) in text.char_indices() {
        if !c.is_alphanumeric() {
            open = false;
        } else if let (true, Some((_, word))) = (open, found.last_mut()) {
            word.push(c);
        } else {
            found.push((at, c.to_string()));
            open = true;
        }
    }
    found.retain(|(_, word)| word.chars().any(char::is_alphabetic));
    found.iter().map(|(at, word)| (*at, nfc(word).to_lowercase())).collect()
}

/// Kinds whose values are short and hold no colon: what stands before one is a label.
fn is_plain(kind: FieldKind) -> bool {
    !matches!(kind, FieldKind::Text | FieldKind::Place)
}

/// Kinds written in figures.
fn is_figures(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Number | FieldKind::Identity | FieldKind::Date)
}

/// Takes printed words off the values of an entry; what was read stays a candidate.
pub(crate) fn take_off(form: &Form, entries: &mut [Entry]) {
    let printed = printed_words(form);
    for (name, field) in entries.iter_mut().flat_map(|entry| &mut entry.fields) {
        let kind = kind_of(form, name);
        if field.lacuna.is_some() || !is_plain(kind) {
            continue;
        }
        let kept = without_tail(without_head(&field.text, &printed), kind, &printed);
        if kept.len() < field.text.len() && !kept.is_empty() {
            let (kept, confidence) = (kept.to_owned(), field.confidence.min(SUREST));
            value::choose(field, kept, confidence, RULE);
        }
    }
}

/// `Tư pháp : Nguyễn Văn A` without what is printed before its colon.
fn without_head<'t>(text: &'t str, printed: &HashSet<String>) -> &'t str {
    let Some((head, value)) = text.rsplit_once(':') else { return text };
    let head = words(head);
    let all_printed = !head.is_empty() && head.iter().all(|(_, word)| printed.contains(word));
    let value = value.trim();
    if all_printed && value.chars().any(char::is_alphanumeric) { value } else { text }
}

/// `104/2022 Ngày đăng ký: 15-04-2022` without the label that follows the figures, and what follows the label.
fn without_tail<'t>(text: &'t str, kind: FieldKind, printed: &HashSet<String>) -> &'t str {
    if !is_figures(kind) || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return text;
    }
    let label = text.split_once(':').map_or(text, |(before, _)| before);
    let tail = words(label);
    let [(at, _), _, ..] = tail[..] else { return text };
    let all_printed = tail.iter().all(|(_, word)| printed.contains(word));
    let value = text[..at].trim_end();
    if all_printed && value.ends_with(|c: char| c.is_ascii_digit()) { value } else { text }
}

/// Whether a field holds nothing but words the form prints, where a name or figures belong.
pub(crate) fn is_printed(form: &Form, name: &str, field: &Field) -> bool {
    let kind = kind_of(form, name);
    let figures = field.text.chars().any(|c| c.is_ascii_digit());
    if !(kind == FieldKind::PersonName || is_figures(kind) && !figures) {
        return false;
    }
    let printed = printed_words(form);
    let words = words(&field.text);
    words.len() > 1 && words.iter().all(|(_, word)| printed.contains(word))
}

/// Whether a field holds no more than four words and a year, all of them printed by the form or in the headers of
/// registers (`header`): a header or a caption.
pub(crate) fn is_header(form: &Form, header: &[&str], field: &Field) -> bool {
    let printed = printed_words(form);
    let words = words(&field.text);
    let year =
        |word: &str| word.len() == 4 && word.parse::<u32>().is_ok_and(|year| (1860..2100).contains(&year));
    let mut figures = field.text.split(|c: char| !c.is_ascii_digit()).filter(|word| !word.is_empty());
    let known = |word: &String| printed.contains(word) || word == "năm" || header.contains(&word.as_str());
    (1..=4).contains(&words.len()) && figures.all(year) && words.iter().all(|(_, word)| known(word))
}

/// Whether a text is a title of the form.
pub(crate) fn is_title(form: &Form, text: &str) -> bool {
    form.titles.iter().any(|title| similarity(title, text) >= TITLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed() -> HashSet<String> {
        ["Số", "Ngày đăng ký", "KẾT HÔN", "Người chứng thứ nhứt", "Họ và tên cha"]
            .iter()
            .flat_map(|text| words(text))
            .map(|(_, word)| word)
            .collect()
    }

    #[test]
    fn a_label_before_a_colon_is_no_value() {
        let printed = printed();
        for (text, value) in [
            ("KẾT HÔN Số: 413", "413"),
            ("thứ nhứt: Lý Quốc Sơn", "Lý Quốc Sơn"),
            ("số : 91/05", "91/05"),
            ("Lý Quốc Sơn", "Lý Quốc Sơn"),
            ("12: 30", "12: 30"),
            ("Số :", "Số :"),
            ("tự: Út", "tự: Út"),
        ] {
            assert_eq!(without_head(text, &printed), value);
        }
    }

    #[test]
    fn a_label_after_figures_is_no_figure() {
        let printed = printed();
        let number = |text| without_tail(text, FieldKind::Number, &printed);
        assert_eq!(number("104/2022 Ngày đăng ký: 15-04-2022"), "104/2022");
        assert_eq!(number("26/2022 Ngày, đăng ký"), "26/2022");
        assert_eq!(number("26/2022 Số"), "26/2022 Số", "one word may belong to the number");
        assert_eq!(number("26/ĐKKH"), "26/ĐKKH");
        assert_eq!(without_tail("12 Ngày đăng ký", FieldKind::Place, &printed), "12 Ngày đăng ký");
    }
}
