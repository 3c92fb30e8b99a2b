//! Vietnamese numbers in words, Northern and Southern.

use crate::fold::{nfc, words};

/// The choices a writer of numbers has.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash)]
pub struct NumberStyle {
    /// `ngàn` (Southern) instead of `nghìn`.
    pub ngan: bool,
    /// `lẻ` (Southern) instead of `linh` before single units after hundreds.
    pub le: bool,
    /// `tư` instead of `bốn` after twenty.
    pub tu: bool,
    /// `nhăm` instead of `lăm` after twenty.
    pub nham: bool,
    /// `bẩy` instead of `bảy`.
    pub bay_northern: bool,
    /// Says `không trăm` for missing hundreds between thousands and the rest.
    pub zero_hundred: bool,
}

impl NumberStyle {
    /// As written in the South before and after 1975.
    pub const SOUTHERN: Self =
        Self { ngan: true, le: true, tu: false, nham: false, bay_northern: false, zero_hundred: false };
    /// As official forms write it.
    pub const OFFICIAL: Self =
        Self { ngan: false, le: true, tu: true, nham: false, bay_northern: false, zero_hundred: true };
    /// As spoken and written in the North.
    pub const NORTHERN: Self =
        Self { ngan: false, le: false, tu: true, nham: true, bay_northern: true, zero_hundred: true };
    /// The three above.
    pub const ALL: [Self; 3] = [Self::SOUTHERN, Self::OFFICIAL, Self::NORTHERN];
}

/// The number in words, `0..=999_999`; `None` above.
pub fn number_in_words(number: u32, style: NumberStyle) -> Option<String> {
    if number > 999_999 {
        return None;
    }
    let mut out: Vec<&str> = Vec::new();
    let (thousands, rest) = (number / 1000, number % 1000);
    if thousands > 0 {
        below_thousand(thousands, false, style, &mut out);
        out.push(if style.ngan { "ngàn" } else { "nghìn" });
    }
    if rest > 0 || thousands == 0 {
        below_thousand(rest, thousands > 0, style, &mut out);
    }
    Some(out.join(" "))
}

fn below_thousand(n: u32, after_thousands: bool, style: NumberStyle, out: &mut Vec<&'static str>) {
    let (hundreds, tens, unit) = (n / 100, n / 10 % 10, n % 10);
    let hundreds_said = hundreds > 0 || (after_thousands && style.zero_hundred);
    if hundreds_said {
        out.push(digit(hundreds, style));
        out.push("trăm");
    }
    match (tens, unit) {
        (0, 0) if hundreds_said || after_thousands => {}
        (0, _) => {
            if hundreds_said || after_thousands {
                out.push(if style.le { "lẻ" } else { "linh" });
            }
            out.push(digit(unit, style));
        }
        (1, 0) => out.push("mười"),
        (1, 5) => out.extend(["mười", "lăm"]),
        (1, _) => out.extend(["mười", digit(unit, style)]),
        (_, _) => {
            out.extend([digit(tens, style), "mươi"]);
            match unit {
                0 => {}
                1 => out.push("mốt"),
                4 if style.tu => out.push("tư"),
                5 if style.nham => out.push("nhăm"),
                5 => out.push("lăm"),
                _ => out.push(digit(unit, style)),
            }
        }
    }
}

fn digit(d: u32, style: NumberStyle) -> &'static str {
    match d {
        0 => "không",
        1 => "một",
        2 => "hai",
        3 => "ba",
        4 => "bốn",
        5 => "năm",
        6 => "sáu",
        7 if style.bay_northern => "bẩy",
        7 => "bảy",
        8 => "tám",
        _ => "chín",
    }
}

#[derive(Debug, Copy, Clone, PartialEq, Eq)]
enum Word {
    Digit(u32),
    /// `mười`, `mươi`, `chục`.
    Ten,
    /// `hăm`: twenty, only before a unit.
    Twenty,
    Hundred,
    Thousand,
    /// `lẻ`, `linh`.
    Odd,
}

fn word(text: &str) -> Option<Word> {
    Some(match text {
        "không" => Word::Digit(0),
        "một" | "mốt" | "nhứt" | "nhất" => Word::Digit(1),
        "hai" | "nhì" => Word::Digit(2),
        "ba" => Word::Digit(3),
        "bốn" | "tư" => Word::Digit(4),
        "năm" | "lăm" | "nhăm" => Word::Digit(5),
        "sáu" => Word::Digit(6),
        "bảy" | "bẩy" => Word::Digit(7),
        "tám" => Word::Digit(8),
        "chín" => Word::Digit(9),
        "mười" | "mươi" | "chục" => Word::Ten,
        "hăm" => Word::Twenty,
        "trăm" => Word::Hundred,
        "ngàn" | "nghìn" => Word::Thousand,
        "lẻ" | "linh" | "lẽ" => Word::Odd,
        _ => return None,
    })
}

/// The number these words write, `0..=999_999`, all of the text and correctly spelt. For readings with errors
/// see [`crate::read_number_words`].
pub fn parse_number_words(text: &str) -> Option<u32> {
    let parsed: Option<Vec<Word>> = words(&nfc(text)).iter().map(|w| word(&w.to_lowercase())).collect();
    let parsed = parsed?;
    if parsed.is_empty() {
        return None;
    }
    match parsed.iter().position(|w| *w == Word::Thousand) {
        None => group(&parsed, false),
        Some(at) => {
            let thousands = group(&parsed[..at], false)?;
            if thousands == 0 {
                return None;
            }
            let rest = &parsed[at + 1..];
            let rest = if rest.is_empty() { 0 } else { group(rest, true)? };
            Some(thousands * 1000 + rest)
        }
    }
}

/// A number below a thousand. After thousands a lone unit needs `lẻ`, or it would mean hundreds in speech.
fn group(words: &[Word], after_thousands: bool) -> Option<u32> {
    if let [Word::Digit(hundreds), Word::Hundred, rest @ ..] = words {
        return Some(hundreds * 100 + if rest.is_empty() { 0 } else { tail(rest, true)? });
    }
    tail(words, after_thousands)
}

fn tail(words: &[Word], needs_odd: bool) -> Option<u32> {
    use Word::{Digit, Odd, Ten, Twenty};
    Some(match words {
        [Odd, Digit(unit)] if *unit > 0 => *unit,
        [Digit(unit)] if !needs_odd => *unit,
        [Ten] => 10,
        [Ten, Digit(unit)] if *unit > 0 => 10 + unit,
        [Twenty, Digit(unit)] if *unit > 0 => 20 + unit,
        [Digit(tens), Ten] if *tens > 1 => tens * 10,
        [Digit(tens), Ten, Digit(unit)] if *tens > 1 && *unit > 0 => tens * 10 + unit,
        [Digit(tens), Digit(unit)] if *tens > 1 && *unit > 0 => tens * 10 + unit,
        _ => return None,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_number_goes_round_in_every_style() {
        for style in NumberStyle::ALL {
            for n in (0..3000).chain([9999, 10_005, 71_300, 300_021, 999_999]) {
                let text = number_in_words(n, style).unwrap();
                assert_eq!(parse_number_words(&text), Some(n), "{text}");
            }
        }
        assert!(number_in_words(1_000_000, NumberStyle::OFFICIAL).is_none());
    }

    #[test]
    fn wordings() {
        assert_eq!(number_in_words(1971, NumberStyle::SOUTHERN).unwrap(), "một ngàn chín trăm bảy mươi mốt");
        assert_eq!(number_in_words(2011, NumberStyle::OFFICIAL).unwrap(), "hai nghìn không trăm mười một");
        assert_eq!(number_in_words(1905, NumberStyle::NORTHERN).unwrap(), "một nghìn chín trăm linh năm");
        for (text, n) in [
            ("Hai ngàn lẻ một", 2001),
            ("hai mươi nhăm", 25),
            ("bảy mốt", 71),
            ("hăm ba", 23),
            ("mười lăm", 15),
            ("một trăm linh tư", 104),
        ] {
            assert_eq!(parse_number_words(text), Some(n), "{text}");
        }
        for bad in ["", "mười mười", "trăm", "một hai ba", "lẻ", "năm tháng", "một trăm hai"]
        {
            assert_eq!(parse_number_words(bad), None, "{bad}");
        }
    }
}
