//! Entry numbers of a volume against its closing statement: gaps and repeats. Completeness can be proven only where the
//! numbers run through (Law on Civil Status 60/2014, Art. 58(2)).

use std::collections::BTreeMap;

use serde::Serialize;
use sobo_core::Statement;

/// Most missing numbers worth listing; beyond it a number was misread, not an act lost.
const LONGEST_GAP: u64 = 200;

/// A run of numbers no entry bears.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// First missing number.
    pub from: u64,
    /// Last missing number.
    pub to: u64,
}

/// A number that several entries bear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repeat {
    /// The number.
    pub number: u64,
    /// The entries.
    pub entries: Vec<i64>,
}

/// What the numbers of a volume's entries say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Numbering {
    /// Smallest and largest number, out-of-line readings left out.
    pub range: Option<(u64, u64)>,
    /// Numbers missing in between, and between them and the statement's first and last.
    pub gaps: Vec<Gap>,
    /// Numbers borne more than once.
    pub repeats: Vec<Repeat>,
    /// Entries whose number is a lacuna, unreadable as a number or far out of line.
    pub unnumbered: Vec<i64>,
}

/// The running number in an entry number as written: `Số 127/1998` is 127, `N° 1.423` is 1423.
pub fn running_number(written: &str) -> Option<u64> {
    let from_first_digit = &written[written.find(|ch: char| ch.is_ascii_digit())?..];
    let mut digits = String::new();
    let mut rest = from_first_digit.chars().peekable();
    while let Some(ch) = rest.next() {
        match ch {
            '0'..='9' => digits.push(ch),
            // A point or blank between thousands.
            '.' | ' ' if rest.clone().take_while(char::is_ascii_digit).count() == 3 => {}
            _ => break,
        }
    }
    digits.parse().ok()
}

/// Compares the entry numbers of a volume, in page order, with its closing statement.
pub fn check_numbering<'a>(
    entries: impl IntoIterator<Item = (i64, Option<&'a str>)>,
    closing: &Statement,
) -> Numbering {
    let mut numbered: Vec<(i64, u64)> = Vec::new();
    let mut result = Numbering::default();
    for (id, written) in entries {
        match written.and_then(running_number) {
            Some(number) => numbered.push((id, number)),
            None => result.unnumbered.push(id),
        }
    }
    let mut by_number: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
    for (id, number) in in_line(&numbered, &mut result.unnumbered) {
        by_number.entry(number).or_default().push(id);
    }
    result.unnumbered.sort_unstable();
    let stated = |written: &Option<String>| written.as_deref().and_then(running_number);
    let first = stated(&closing.first_entry).or(closing.entries.map(|_| 1));
    let last = stated(&closing.last_entry).or(match (first, closing.entries) {
        (Some(first), Some(entries)) if entries > 0 => Some(first + u64::from(entries) - 1),
        _ => None,
    });
    let numbers: Vec<u64> = by_number.keys().copied().collect();
    result.range = numbers.first().copied().zip(numbers.last().copied());
    let mut push_gap = |from: u64, to: u64| {
        if from <= to {
            result.gaps.push(Gap { from, to });
        }
    };
    match result.range {
        Some((low, high)) => {
            if let Some(first) = first {
                push_gap(first, low.saturating_sub(1));
            }
            for pair in numbers.windows(2) {
                push_gap(pair[0] + 1, pair[1] - 1);
            }
            if let Some(last) = last {
                push_gap(high + 1, last);
            }
        }
        None => {
            if let Some((first, last)) = first.zip(last) {
                push_gap(first, last);
            }
        }
    }
    result.repeats = by_number
        .into_iter()
        .filter(|(_, entries)| entries.len() > 1)
        .map(|(number, entries)| Repeat { number, entries })
        .collect();
    result
}

/// Leaves out numbers far from those around them: one digit misread must not become a gap of thousands.
fn in_line(numbered: &[(i64, u64)], out_of_line: &mut Vec<i64>) -> Vec<(i64, u64)> {
    let mut sorted: Vec<u64> = numbered.iter().map(|(_, number)| *number).collect();
    sorted.sort_unstable();
    let Some(&median) = sorted.get(sorted.len() / 2) else { return Vec::new() };
    // Walking out from the median, the first jump longer than any gap ends the volume's own numbers.
    let reach = |numbers: &mut dyn Iterator<Item = u64>| {
        let mut reached = median;
        for number in numbers {
            if number.abs_diff(reached) > LONGEST_GAP {
                break;
            }
            reached = number;
        }
        reached
    };
    let high = reach(&mut sorted.iter().copied().filter(|number| *number > median));
    let low = reach(&mut sorted.iter().rev().copied().filter(|number| *number < median));
    let (inside, outside): (Vec<_>, Vec<_>) =
        numbered.iter().copied().partition(|(_, number)| (low..=high).contains(number));
    out_of_line.extend(outside.into_iter().map(|(id, _)| id));
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn number(written: &str, expected: Option<u64>) {
        assert_eq!(running_number(written), expected, "{written}");
    }

    #[test]
    fn running_numbers_as_written() {
        number("127", Some(127));
        number("Số 127/1998", Some(127));
        number("N° 1.423", Some(1423));
        number("1 423/71", Some(1423));
        number("12.3", Some(12));
        number("01/2006", Some(1));
        number("không số", None);
        number("", None);
    }

    fn check(numbers: &[&'static str], closing: Statement) -> Numbering {
        check_numbering((1..).zip(numbers.iter().map(|number| Some(*number))), &closing)
    }

    #[test]
    fn gaps_and_repeats_are_listed() {
        let found = check(&["1/71", "2/71", "4/71", "4/71", "7/71"], Statement::default());
        assert_eq!(found.range, Some((1, 7)));
        assert_eq!(found.gaps, [Gap { from: 3, to: 3 }, Gap { from: 5, to: 6 }]);
        assert_eq!(found.repeats, [Repeat { number: 4, entries: vec![3, 4] }]);
        assert_eq!(found.unnumbered, Vec::<i64>::new());
    }

    #[test]
    fn the_closing_statement_bounds_the_numbers() {
        let closing = Statement { entries: Some(6), ..Statement::default() };
        assert_eq!(
            check(&["2", "3", "4"], closing.clone()).gaps,
            [Gap { from: 1, to: 1 }, Gap { from: 5, to: 6 }]
        );
        assert_eq!(check(&[], closing).gaps, [Gap { from: 1, to: 6 }]);
        let closing = Statement {
            first_entry: Some("101/88".to_owned()),
            last_entry: Some("104/88".to_owned()),
            ..Statement::default()
        };
        assert_eq!(check(&["101/88", "102/88", "103/88", "104/88"], closing).gaps, []);
    }

    #[test]
    fn a_misread_number_is_no_gap_of_thousands() {
        let found = check(&["11", "12", "9913", "14", "15"], Statement::default());
        assert_eq!(found.range, Some((11, 15)));
        assert_eq!(found.gaps, [Gap { from: 13, to: 13 }]);
        assert_eq!(found.unnumbered, [3]);
    }

    #[test]
    fn lacunae_are_unnumbered() {
        let found = check_numbering([(5, Some("1")), (6, None), (7, Some("mờ"))], &Statement::default());
        assert_eq!(found.unnumbered, [6, 7]);
    }
}
