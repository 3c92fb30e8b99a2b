//! French numbers and months, for the bilingual acts before 1955.

use crate::fold::{fold, words};

const UNITS: [&str; 20] = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze",
    "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
];
const TENS: [&str; 7] = ["", "", "vingt", "trente", "quarante", "cinquante", "soixante"];

/// The months, January first.
pub const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// The number in French words as in acts and dates (`mil neuf cent cinquante-quatre`), `0..=9999`; `None` above.
pub fn french_number_in_words(number: u32) -> Option<String> {
    if number > 9999 {
        return None;
    }
    let (thousands, hundreds, rest) = (number / 1000, number / 100 % 10, number % 100);
    let mut out: Vec<String> = Vec::new();
    match thousands {
        0 => {}
        1 => out.push("mil".to_owned()),
        _ => out.push(format!("{} mille", UNITS[thousands as usize])),
    }
    match hundreds {
        0 => {}
        1 => out.push("cent".to_owned()),
        _ if rest == 0 => out.push(format!("{} cents", UNITS[hundreds as usize])),
        _ => out.push(format!("{} cent", UNITS[hundreds as usize])),
    }
    if rest > 0 || number == 0 {
        out.push(below_hundred(rest));
    }
    Some(out.join(" "))
}

fn below_hundred(n: u32) -> String {
    match n {
        0..=19 => UNITS[n as usize].to_owned(),
        80 => "quatre-vingts".to_owned(),
        81..=99 => format!("quatre-vingt-{}", UNITS[n as usize - 80]),
        71 => "soixante et onze".to_owned(),
        70..=79 => format!("soixante-{}", UNITS[n as usize - 60]),
        _ => {
            let tens = TENS[(n / 10) as usize];
            match n % 10 {
                0 => tens.to_owned(),
                1 => format!("{tens} et un"),
                unit => format!("{tens}-{}", UNITS[unit as usize]),
            }
        }
    }
}

/// The number these French words write, `0..=9999`; accents, hyphens, plural `s`, `et` and `mil`/`mille` are free.
pub fn parse_french_number_words(text: &str) -> Option<u32> {
    let tokens: Vec<String> =
        words(text).iter().map(|w| fold(w)).filter(|w| w != "et").map(|w| singular(&w).to_owned()).collect();
    if tokens.is_empty() {
        return None;
    }
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let (thousands, rest) = match tokens.iter().position(|w| *w == "mil" || *w == "mille") {
        None => (0, &tokens[..]),
        Some(0) => (1, &tokens[1..]),
        Some(at) => {
            (unit(tokens[..at].first()?).filter(|n| at == 1 && (2..=9).contains(n))?, &tokens[at + 1..])
        }
    };
    let (hundreds, rest) = match rest.iter().position(|w| *w == "cent") {
        None => (0, rest),
        Some(0) => (1, &rest[1..]),
        Some(at) => (unit(rest[..at].first()?).filter(|n| at == 1 && (2..=9).contains(n))?, &rest[at + 1..]),
    };
    let below = if rest.is_empty() {
        if thousands + hundreds == 0 {
            return None;
        }
        0
    } else {
        parse_below_hundred(rest)?
    };
    Some(thousands * 1000 + hundreds * 100 + below)
}

fn singular(word: &str) -> &str {
    match word {
        "cents" => "cent",
        "vingts" => "vingt",
        "une" | "premier" | "1er" => "un",
        other => other,
    }
}

fn unit(word: &str) -> Option<u32> {
    (0u32..).zip(UNITS.iter().take(17)).find(|(_, name)| fold(name) == word).map(|(n, _)| n)
}

fn parse_below_hundred(tokens: &[&str]) -> Option<u32> {
    let (base, rest) = match tokens {
        ["quatre", "vingt", rest @ ..] => (80, rest),
        [first, rest @ ..] => match (0u32..).zip(TENS).find(|(_, t)| !t.is_empty() && t == first) {
            Some((tens, _)) => (tens * 10, rest),
            None => (0, tokens),
        },
        [] => return None,
    };
    let small = match rest {
        [] if base > 0 => 0,
        [one] => unit(one)?,
        ["dix", one] => 10 + unit(one).filter(|n| (7..=9).contains(n))?,
        _ => return None,
    };
    let fits = match base {
        0 => true,
        60 | 80 => small < 20,
        _ => small < 10,
    };
    (fits && (base == 0 || small > 0 || rest.is_empty())).then_some(base + small)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_number_goes_round() {
        for n in 0..=2100 {
            let text = french_number_in_words(n).unwrap();
            assert_eq!(parse_french_number_words(&text), Some(n), "{text}");
        }
        assert_eq!(french_number_in_words(1954).unwrap(), "mil neuf cent cinquante-quatre");
        assert_eq!(parse_french_number_words("MILLE NEUF CENTS quatre vingts"), Some(1980));
        for bad in ["", "et", "vingt cinquante", "deux trois", "mil mil", "bonjour"] {
            assert_eq!(parse_french_number_words(bad), None, "{bad}");
        }
    }
}
