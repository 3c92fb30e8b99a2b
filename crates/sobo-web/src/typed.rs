//! What a person types, as text and normal form: dates in any of the usual ways, ages, numbers, sex.

use sobo_core::{FieldKind, PartialDate};
use sobo_text::{collapse_spaces, fold, nfc, read_date_words, read_number_words};

/// What typing amounts to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Typed {
    /// The text to keep: NFC, single spaces. Digits typed for a date with spaces between get strokes.
    pub(crate) text: String,
    /// The normal form, where the kind has one and the text gives it.
    pub(crate) value: Option<String>,
    /// The normal form as a person reads it.
    pub(crate) shown: Option<String>,
}

/// Normalises what was typed into a field of `kind`; `last_year` is the last year of the book, by which two-digit
/// years are understood.
pub(crate) fn normalise(kind: FieldKind, text: &str, last_year: i32) -> Typed {
    let text = collapse_spaces(&nfc(text));
    let plain = |value: Option<String>| Typed { text: text.clone(), shown: value.clone(), value };
    match kind {
        FieldKind::Date if age_of(&text).is_some() => {
            // Where the register gives an age in place of a date: kept as an age, for the year it gives is a guess.
            let age = age_of(&text).unwrap_or_default();
            let text = format!("{age} tuổi");
            Typed { shown: Some(format!("{text}, ≈ {}", last_year - age)), value: None, text }
        }
        FieldKind::Date => {
            let parts = digit_groups(&text);
            let date = parts
                .as_deref()
                .and_then(|parts| date_of_groups(parts, last_year))
                .or_else(|| read_date_words(&text).map(|reading| reading.date));
            // `12 8 58` is a way of typing, not of writing.
            let spaced = text.contains(' ') && text.chars().all(|c| c.is_ascii_digit() || c == ' ');
            // Nor is a day that is not known one of nought: it is left out.
            let folded = fold(&text);
            let unknown = parts.is_some()
                && without_unknown(&folded).split(' ').count() < folded.split(['/', '-', '.', ' ']).count();
            let kept = match date {
                Some(date) if unknown => date.slashed(),
                Some(_) if spaced => text.replace(' ', "/"),
                _ => text.clone(),
            };
            Typed {
                text: kept,
                value: date.map(|date| date.to_string()),
                shown: date.map(PartialDate::slashed),
            }
        }
        FieldKind::DateWords => {
            let date = read_date_words(&text).map(|reading| reading.date);
            Typed { text, value: date.map(|date| date.to_string()), shown: date.map(PartialDate::slashed) }
        }
        FieldKind::Year => {
            let year = digits(&text)
                .map(|year| if year < 100 { century(year as i32, last_year) } else { year as i32 })
                .filter(|year| (1000..=9999).contains(year));
            plain(year.map(|year| year.to_string()))
        }
        FieldKind::Age => {
            let age = digits(&text).or_else(|| {
                let words = fold(&text);
                read_number_words(words.trim_end_matches("tuoi").trim()).map(|(number, _)| number)
            });
            let age = age.filter(|age| *age <= 130);
            Typed {
                shown: age.map(|age| format!("{age} tuổi")), value: age.map(|age| age.to_string()), text
            }
        }
        FieldKind::Sex => {
            let folded = fold(&text);
            let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).collect();
            let any = |known: &[&str]| words.iter().any(|word| known.contains(word));
            let value = if any(&["nu", "gai", "feminin", "female"]) {
                Some("female")
            } else if any(&["nam", "trai", "masculin", "male"]) {
                Some("male")
            } else {
                None
            };
            let shown = value.map(|value| if value == "male" { "Nam" } else { "Nữ" }.to_owned());
            Typed { text, value: value.map(str::to_owned), shown }
        }
        FieldKind::Number => {
            let first = text.split(['/', '-', '.', ' ']).find(|part| !part.is_empty()).unwrap_or_default();
            let number: Option<u64> = first.parse().ok();
            plain(number.map(|number| number.to_string()))
        }
        FieldKind::RegistrationType => {
            let folded = fold(&text);
            let value = [("dung han", "on_time"), ("qua han", "late"), ("tre han", "late"), ("lai", "again")]
                .into_iter()
                .find(|(words, _)| folded.contains(words))
                .map(|(_, value)| value.to_owned());
            plain(value)
        }
        _ => plain(None),
    }
}

/// The age in `34 tuổi`, `34t`, `34 t`.
fn age_of(text: &str) -> Option<i32> {
    let folded = fold(text);
    let number = folded.strip_suffix("tuoi").or_else(|| folded.strip_suffix('t'))?.trim_end();
    number.parse().ok().filter(|age| (0..=130).contains(age))
}

/// Signs for a day or month that is not known.
const UNKNOWN: [&str; 6] = ["0", "00", "x", "xx", "?", "??"];

/// A date without the parts that are not known: `?/8/1958` is `8/1958`. The last part is a year: `1/1/00` has one.
fn without_unknown(text: &str) -> String {
    let parts: Vec<&str> = text.split(['/', '-', '.', ' ']).collect();
    let last = parts.len().saturating_sub(1);
    let known = parts.iter().enumerate().filter(|(at, part)| *at == last || !UNKNOWN.contains(part));
    known.map(|(_, part)| *part).collect::<Vec<_>>().join(" ")
}

fn digits(text: &str) -> Option<u32> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let number: String = text[start..].chars().take_while(char::is_ascii_digit).collect();
    number.parse().ok()
}

/// Groups of digits where the text holds nothing else but separators and the words for day, month and year.
fn digit_groups(text: &str) -> Option<Vec<String>> {
    let folded = fold(text);
    let mut groups = Vec::new();
    let folded = without_unknown(&folded);
    for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if word.bytes().all(|byte| byte.is_ascii_digit()) {
            groups.push(word.to_owned());
        } else if !matches!(word, "ngay" | "thang" | "nam" | "le" | "mung") {
            return None;
        }
    }
    // `120858` and `12081958` without any separator.
    if let [only] = groups.as_slice()
        && matches!(only.len(), 6 | 8)
    {
        return Some(vec![only[..2].to_owned(), only[2..4].to_owned(), only[4..].to_owned()]);
    }
    Some(groups)
}

fn date_of_groups(groups: &[String], last_year: i32) -> Option<PartialDate> {
    let number = |group: &String| group.parse::<i32>().ok();
    let year = |group: &String| {
        let year = number(group)?;
        match group.len() {
            4 => Some(year),
            1 | 2 => Some(century(year, last_year)),
            _ => None,
        }
    };
    match groups {
        [y] if y.len() == 4 => PartialDate::from_year(number(y)?),
        // ISO as well as the Vietnamese order.
        [y, m] if y.len() == 4 => PartialDate::from_month(number(y)?, number(m)?.try_into().ok()?),
        [m, y] => PartialDate::from_month(year(y)?, number(m)?.try_into().ok()?),
        [y, m, d] if y.len() == 4 => {
            PartialDate::from_day(number(y)?, number(m)?.try_into().ok()?, number(d)?.try_into().ok()?)
        }
        [d, m, y] => {
            PartialDate::from_day(year(y)?, number(m)?.try_into().ok()?, number(d)?.try_into().ok()?)
        }
        _ => None,
    }
}

/// The latest year up to the book's last that ends in these two digits.
fn century(two_digits: i32, last_year: i32) -> i32 {
    let candidate = last_year - last_year.rem_euclid(100) + two_digits;
    if candidate > last_year { candidate - 100 } else { candidate }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: FieldKind, typed: &str, text: &str, value: Option<&str>) {
        let got = normalise(kind, typed, 1958);
        assert_eq!((got.text.as_str(), got.value.as_deref()), (text, value), "{typed}");
    }

    #[test]
    fn dates_are_typed_in_many_ways() {
        let day = Some("1958-08-12");
        check(FieldKind::Date, "12 8 58", "12/8/58", day);
        check(FieldKind::Date, "12/8/1958", "12/8/1958", day);
        check(FieldKind::Date, "12-8-58", "12-8-58", day);
        check(FieldKind::Date, "12.08.1958", "12.08.1958", day);
        check(FieldKind::Date, "120858", "120858", day);
        check(FieldKind::Date, "1958-08-12", "1958-08-12", day);
        check(FieldKind::Date, "ngày 12 tháng 8 năm 1958", "ngày 12 tháng 8 năm 1958", day);
        check(FieldKind::Date, "8/1958", "8/1958", Some("1958-08"));
        check(FieldKind::Date, "8 58", "8/58", Some("1958-08"));
        check(FieldKind::Date, "1930", "1930", Some("1930"));
        for unknown in ["?/8/1958", "0/8/58", "xx 8 58", "00-08-1958"] {
            check(FieldKind::Date, unknown, "08/1958", Some("1958-08"));
        }
        let year_of_nought = normalise(FieldKind::Date, "1/2/00", 2006);
        assert_eq!(year_of_nought.value.as_deref(), Some("2000-02-01"));
        check(FieldKind::Date, "31/2/1958", "31/2/1958", None);
        check(FieldKind::Date, "không rõ", "không rõ", None);
        // Later than the book: the century before.
        check(FieldKind::Date, "1/1/59", "1/1/59", Some("1859-01-01"));
    }

    #[test]
    fn an_age_in_place_of_a_date_stays_an_age() {
        for typed in ["34 tuổi", "34t", "34 T", "34 tuoi"] {
            check(FieldKind::Date, typed, "34 tuổi", None);
        }
        assert_eq!(normalise(FieldKind::Date, "34t", 1958).shown.as_deref(), Some("34 tuổi, ≈ 1924"));
        check(FieldKind::Date, "340 tuổi", "340 tuổi", None);
    }

    #[test]
    fn other_kinds() {
        check(FieldKind::Age, "34 tuổi", "34 tuổi", Some("34"));
        check(FieldKind::Age, "ba mươi bốn tuổi", "ba mươi bốn tuổi", Some("34"));
        check(FieldKind::Sex, "Con trai", "Con trai", Some("male"));
        check(FieldKind::Sex, "nữ", "nữ", Some("female"));
        check(FieldKind::Sex, "không rõ", "không rõ", None);
        check(FieldKind::Number, "0127/1958", "0127/1958", Some("127"));
        check(FieldKind::Year, "24", "24", Some("1924"));
        check(FieldKind::RegistrationType, "Quá hạn", "Quá hạn", Some("late"));
        check(FieldKind::PersonName, "  Nguyễn   Văn A ", "Nguyễn Văn A", None);
        // Composed and decomposed are the same letters.
        check(FieldKind::PersonName, "Nguye\u{302}\u{303}n", "Nguyễn", None);
    }
}
