//! Soft knowledge of how numbers and dates are written: it tips the scale between readings the ink allows and forbids
//! nothing (`khoảng 1930`, `1423bis`, `30-2` and worse exist).

use sobo_core::FieldKind;

/// Log weight of a text that is well formed for its kind of field, over one that is not.
const WELL_FORMED: f32 = 1.5;
/// Log weight of each letter where digits belong.
const LETTER_AMONG_DIGITS: f32 = -0.3;
/// Years registers speak of.
const YEARS: std::ops::RangeInclusive<i32> = 1840..=2030;

/// Log weight of a text (white space collapsed) in a field of this kind, in a register of this year.
pub(crate) fn prior(text: &str, kind: FieldKind, year: Option<i32>) -> f32 {
    if text.is_empty() {
        return 0.0;
    }
    let latest = year.unwrap_or(*YEARS.end());
    match kind {
        FieldKind::Date => {
            if date_is_possible(text, latest) {
                WELL_FORMED
            } else {
                letters(text).min(0.0)
            }
        }
        FieldKind::Year => match text.parse::<i32>() {
            Ok(value) if YEARS.contains(&value) && value <= latest => WELL_FORMED,
            _ => letters(text),
        },
        FieldKind::Age => {
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            match digits.parse::<u32>() {
                Ok(value) if value <= 110 => WELL_FORMED,
                _ => 0.0,
            }
        }
        FieldKind::Identity => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            if matches!(digits, 9 | 12) && digits == text.chars().count() {
                WELL_FORMED
            } else {
                letters(text)
            }
        }
        FieldKind::Number => letters(text),
        _ => 0.0,
    }
}

fn letters(text: &str) -> f32 {
    let count = text.chars().filter(|c| c.is_alphabetic()).count();
    LETTER_AMONG_DIGITS * (count.min(5) as f32)
}

/// Whether the numbers of a text could be a whole or partial date not after `latest`.
fn date_is_possible(text: &str, latest: i32) -> bool {
    let parts: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    if text.chars().any(char::is_alphabetic) {
        return false;
    }
    let numbers: Option<Vec<i32>> = parts.iter().map(|part| part.parse().ok()).collect();
    let Some(numbers) = numbers else { return false };
    let year = |value: i32, part: &str| match part.len() {
        4 => YEARS.contains(&value) && value <= latest,
        2 => true,
        _ => false,
    };
    match (numbers.as_slice(), parts.as_slice()) {
        ([d, m, y], [_, _, part]) => (1..=31).contains(d) && (1..=12).contains(m) && year(*y, part),
        ([m, y], [_, part]) => (1..=12).contains(m) && year(*y, part),
        ([y], [part]) => part.len() == 4 && year(*y, part),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possible_dates_are_preferred_and_none_forbidden() {
        let date = |text| prior(text, FieldKind::Date, Some(1958));
        assert!(date("12-8-1958") > date("42-8-1958"));
        assert!(date("12-8-1958") > date("12-8-1968"));
        assert!(date("8/1957") > date("18/1957"));
        assert!(date("khoảng 1930") > -3.0);
    }

    #[test]
    fn digits_are_preferred_where_numbers_stand() {
        assert!(prior("1423", FieldKind::Number, None) > prior("l423", FieldKind::Number, None));
        assert!(prior("1423bis", FieldKind::Number, None) > -2.0);
        assert!(prior("025123456", FieldKind::Identity, None) > prior("02512345", FieldKind::Identity, None));
        assert!(prior("34 tuổi", FieldKind::Age, None) > prior("tuổi", FieldKind::Age, None));
    }
}
