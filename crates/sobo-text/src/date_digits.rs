//! Dates in digits as written in registers and typed by clerks.

use sobo_core::PartialDate;

use crate::fold::nfc;

/// What a date in digits says.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct DigitsDate {
    /// The date.
    pub date: PartialDate,
    /// `khoảng`, `độ`, `vers`: the writer was not sure.
    pub approximate: bool,
    /// The year was written with two digits and its century inferred.
    pub century_inferred: bool,
    /// Letters taken for digits of like shape (`O` for 0, `l` for 1): signs of a poor reading.
    pub repaired: u8,
}

/// The year that two digits mean in a book of `book_year`: the latest not after the year that follows it (an
/// entry may be registered early in January). Without a book year, 1926 to 2025.
pub fn year_of_two_digits(digits: i32, book_year: Option<i32>) -> i32 {
    let last = book_year.map_or(2025, |year| year + 1);
    let digits = digits.rem_euclid(100);
    last - (last - digits).rem_euclid(100)
}

/// Reads `12-8-58`, `12/8/1958`, `12.8.58`, `12 8 58`, `8/1958`, `1958`, `12-VIII-1958`, `ngày 12 tháng 8 năm
/// 1958`, `khoảng 1930`, `12081958`, `1958-08-12`. `None` where the text is no date that exists, or holds more
/// than a date.
pub fn parse_date_digits(text: &str, book_year: Option<i32>) -> Option<DigitsDate> {
    let lower = nfc(text).to_lowercase();
    let mut approximate = false;
    let mut repaired = 0u8;
    let mut numbers: Vec<(i32, usize)> = Vec::new();
    for piece in lower.split(|c: char| !c.is_alphanumeric() && c != '|').filter(|p| !p.is_empty()) {
        match piece {
            "khoảng" | "khoang" | "độ" | "chừng" | "vers" => {
                approximate = true;
                continue;
            }
            "ngày" | "ngay" | "tháng" | "thang" | "năm" | "nam" | "sanh" | "sinh" | "le" | "mồng"
            | "mùng" | "ngây" | "thàng" => continue,
            _ => {}
        }
        if let Some(month) = roman_month(piece).filter(|_| numbers.len() == 1) {
            numbers.push((month, 2));
            continue;
        }
        let (digits, changed) = digits_of(piece)?;
        repaired = repaired.saturating_add(changed);
        numbers.push((digits.parse().ok()?, digits.len()));
    }
    let (date, century_inferred) = assemble(&numbers, book_year)?;
    Some(DigitsDate { date, approximate, century_inferred, repaired })
}

fn assemble(numbers: &[(i32, usize)], book_year: Option<i32>) -> Option<(PartialDate, bool)> {
    let part = |(value, length): (i32, usize)| (length <= 2).then(|| u8::try_from(value).ok()).flatten();
    let year = |(value, length): (i32, usize)| match length {
        4 if (1000..=2100).contains(&value) => Some((value, false)),
        2 => Some((year_of_two_digits(value, book_year), true)),
        _ => None,
    };
    match numbers {
        [single] => match *single {
            (value, 4) => {
                Some((PartialDate::from_year(value).filter(|_| (1000..=2100).contains(&value))?, false))
            }
            // Typed without separators: ddmmyyyy.
            (value, 8) => {
                let date = PartialDate::from_day(
                    value % 10_000,
                    u8::try_from(value / 10_000 % 100).ok()?,
                    u8::try_from(value / 1_000_000).ok()?,
                )?;
                (1000..=2100).contains(&date.year()).then_some((date, false))
            }
            (value, 6) => {
                let year = year_of_two_digits(value % 100, book_year);
                let month = u8::try_from(value / 100 % 100).ok()?;
                let day = u8::try_from(value / 10_000).ok()?;
                Some((PartialDate::from_day(year, month, day)?, true))
            }
            _ => None,
        },
        [first, second] => {
            if first.1 == 4 && second.1 <= 2 {
                let (year, _) = year(*first)?;
                return Some((PartialDate::from_month(year, part(*second)?)?, false));
            }
            let month = part(*first)?;
            let (year, inferred) = year(*second)?;
            // `8/12` could be a day and a month: only a number that is neither is a year of two digits.
            if inferred && second.0 <= 31 {
                return None;
            }
            Some((PartialDate::from_month(year, month)?, inferred))
        }
        [first, second, third] => {
            if first.1 == 4 {
                let (year, _) = year(*first)?;
                return Some((PartialDate::from_day(year, part(*second)?, part(*third)?)?, false));
            }
            let (year, inferred) = year(*third)?;
            Some((PartialDate::from_day(year, part(*second)?, part(*first)?)?, inferred))
        }
        _ => None,
    }
}

fn roman_month(piece: &str) -> Option<i32> {
    const MONTHS: [&str; 12] = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"];
    (1i32..).zip(MONTHS).find(|(_, name)| *name == piece).map(|(month, _)| month)
}

/// The digits of a piece, letters of like shape replaced, and how many were. At least half must be digits, unless the
/// piece is a single letter that looks like one.
fn digits_of(piece: &str) -> Option<(String, u8)> {
    let mut out = String::with_capacity(piece.len());
    let mut changed = 0u8;
    for c in piece.chars() {
        let digit = match c {
            '0'..='9' => c,
            'o' | 'ô' | 'ơ' => '0',
            'l' | 'i' | '|' => '1',
            's' => '5',
            'b' => '6',
            'z' => '2',
            'g' | 'q' => '9',
            _ => return None,
        };
        if digit != c {
            changed = changed.saturating_add(1);
        }
        out.push(digit);
    }
    let length = out.len();
    (usize::from(changed) * 2 <= length || length == 1).then_some((out, changed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn iso(text: &str, book_year: Option<i32>) -> Option<String> {
        parse_date_digits(text, book_year).map(|d| d.date.to_string())
    }

    #[test]
    fn ways_of_writing() {
        for (text, expected) in [
            ("12-8-58", "1958-08-12"),
            ("12/8/1958", "1958-08-12"),
            ("12.8.58", "1958-08-12"),
            ("12 8 58", "1958-08-12"),
            ("12-VIII-1958", "1958-08-12"),
            ("ngày 12 tháng 8 năm 1958", "1958-08-12"),
            ("8/1958", "1958-08"),
            ("8-58", "1958-08"),
            ("1958", "1958"),
            ("khoảng 1930", "1930"),
            ("12081958", "1958-08-12"),
            ("120858", "1958-08-12"),
            ("1958-08-12", "1958-08-12"),
            ("O5-11-198l", "1981-11-05"),
        ] {
            assert_eq!(iso(text, Some(1960)).as_deref(), Some(expected), "{text}");
        }
        assert!(parse_date_digits("khoảng 1930", None).is_some_and(|d| d.approximate));
        assert!(parse_date_digits("O5-11-198l", None).is_some_and(|d| d.repaired == 2));
    }

    #[test]
    fn no_date() {
        for text in [
            "",
            "32/1/1958",
            "31/2/1958",
            "12/13/1958",
            "12/8",
            "58",
            "958",
            "Nguyễn",
            "12/8/1958/3",
            "1/1/958",
        ] {
            assert_eq!(iso(text, Some(1960)), None, "{text}");
        }
    }

    #[test]
    fn centuries_follow_the_book() {
        assert_eq!(year_of_two_digits(11, Some(2011)), 2011);
        assert_eq!(year_of_two_digits(12, Some(2011)), 2012);
        assert_eq!(year_of_two_digits(13, Some(2011)), 1913);
        assert_eq!(year_of_two_digits(58, Some(1958)), 1958);
        assert_eq!(year_of_two_digits(0, Some(1999)), 2000);
        assert_eq!(year_of_two_digits(71, None), 1971);
        assert_eq!(iso("18/4/11", Some(2011)).as_deref(), Some("2011-04-18"));
    }

    proptest! {
        #[test]
        fn all_days_in_all_styles(year in 1900i32..=2030, month in 1u8..=12, day in 1u8..=31, style in 0usize..5) {
            let date = PartialDate::from_day(year, month, day);
            let separator = ["/", "-", ".", " ", " - "][style];
            let text = format!("{day}{separator}{month}{separator}{year}");
            prop_assert_eq!(parse_date_digits(&text, None).map(|d| d.date), date);
            let text = format!("{day:02}{separator}{month:02}{separator}{:02}", year % 100);
            prop_assert_eq!(parse_date_digits(&text, Some(year)).map(|d| d.date), date);
        }

        #[test]
        fn nothing_breaks_it(text in "\\PC{0,20}") {
            let _ = parse_date_digits(&text, Some(1971));
        }
    }
}
