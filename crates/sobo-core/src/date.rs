//! Dates of which the day, or the month and the day, may be unknown. Such dates are legal values.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A calendar date known to the year, the month or the day (`1930`, `1930-05`, `1930-05-12`).
///
/// Only dates that exist can be made. Ordered by year, month, day; a missing part sorts first.
#[derive(Debug, Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartialDate {
    year: i32,
    month: Option<u8>,
    day: Option<u8>,
}

impl PartialDate {
    /// A year alone. `None` outside 1 to 9999.
    pub fn from_year(year: i32) -> Option<Self> {
        (1..=9999).contains(&year).then_some(Self { year, month: None, day: None })
    }

    /// A month of a year.
    pub fn from_month(year: i32, month: u8) -> Option<Self> {
        let date = Self::from_year(year)?;
        (1..=12).contains(&month).then_some(Self { month: Some(month), ..date })
    }

    /// A whole date; `None` where the calendar has no such day.
    pub fn from_day(year: i32, month: u8, day: u8) -> Option<Self> {
        let date = Self::from_month(year, month)?;
        (1..=days_in_month(year, month)).contains(&day).then_some(Self { day: Some(day), ..date })
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.year
    }

    /// The month, 1 to 12, where known.
    pub fn month(self) -> Option<u8> {
        self.month
    }

    /// The day of the month, where known.
    pub fn day(self) -> Option<u8> {
        self.day
    }

    /// Whether year, month and day are all known.
    pub fn is_whole(self) -> bool {
        self.day.is_some()
    }

    /// The first day it can mean, as `(year, month, day)`.
    pub fn earliest(self) -> (i32, u8, u8) {
        (self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
    }

    /// The last day it can mean, as `(year, month, day)`.
    pub fn latest(self) -> (i32, u8, u8) {
        let month = self.month.unwrap_or(12);
        (self.year, month, self.day.unwrap_or(days_in_month(self.year, month)))
    }

    /// Whether both can mean the same day: `1930` and `1930-05-12` can.
    pub fn agrees_with(self, other: Self) -> bool {
        self.earliest() <= other.latest() && other.earliest() <= self.latest()
    }

    /// Whether it certainly lies after `other`.
    pub fn is_after(self, other: Self) -> bool {
        self.earliest() > other.latest()
    }

    /// Days from 1 March of year 0 of the proleptic Gregorian calendar to the first day it can mean.
    pub fn day_number(self) -> i64 {
        let (year, month, day) = self.earliest();
        let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
        let year = i64::from(year);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * i64::from(month) + 2) / 5 + i64::from(day) - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
    }

    /// As the national exchange writes it: `dd.mm.yyyy`, `mm.yyyy` or `yyyy`.
    pub fn dotted(self) -> String {
        match (self.month, self.day) {
            (Some(month), Some(day)) => format!("{day:02}.{month:02}.{:04}", self.year),
            (Some(month), None) => format!("{month:02}.{:04}", self.year),
            _ => format!("{:04}", self.year),
        }
    }

    /// As a Vietnamese reader expects it: `dd/mm/yyyy`, `mm/yyyy` or `yyyy`.
    pub fn slashed(self) -> String {
        self.dotted().replace('.', "/")
    }
}

/// The number of days of a month of the Gregorian calendar; 0 where there is no such month.
pub fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 0,
    }
}

/// ISO 8601: `yyyy-mm-dd`, `yyyy-mm`, `yyyy`.
impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(month) = self.month {
            write!(f, "-{month:02}")?;
        }
        if let Some(day) = self.day {
            write!(f, "-{day:02}")?;
        }
        Ok(())
    }
}

/// The text is not an ISO date that exists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is no date: write yyyy-mm-dd, yyyy-mm or yyyy")]
pub struct ParseDateError {
    /// The text given.
    pub text: String,
}

impl FromStr for PartialDate {
    type Err = ParseDateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse_iso(text).ok_or_else(|| ParseDateError { text: text.to_owned() })
    }
}

fn parse_iso(text: &str) -> Option<PartialDate> {
    let mut parts = text.split('-');
    let number = |part: &str, length: usize| -> Option<u32> {
        (part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let year = i32::try_from(number(parts.next()?, 4)?).ok()?;
    let month = match parts.next() {
        Some(part) => Some(u8::try_from(number(part, 2)?).ok()?),
        None => None,
    };
    let day = match parts.next() {
        Some(part) => Some(u8::try_from(number(part, 2)?).ok()?),
        None => None,
    };
    if parts.next().is_some() {
        return None;
    }
    match (month, day) {
        (Some(month), Some(day)) => PartialDate::from_day(year, month, day),
        (Some(month), None) => PartialDate::from_month(year, month),
        _ => PartialDate::from_year(year),
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_days_that_exist() {
        assert!(PartialDate::from_day(1971, 2, 29).is_none());
        assert!(PartialDate::from_day(2000, 2, 29).is_some());
        assert!(PartialDate::from_day(1900, 2, 29).is_none());
        assert!(PartialDate::from_day(1971, 5, 32).is_none());
        assert!(PartialDate::from_month(1971, 13).is_none());
        assert!(PartialDate::from_year(0).is_none());
    }

    #[test]
    fn written_three_ways() {
        let day = PartialDate::from_day(1971, 5, 12).unwrap();
        assert_eq!((day.to_string().as_str(), day.dotted().as_str()), ("1971-05-12", "12.05.1971"));
        let month = PartialDate::from_month(1971, 5).unwrap();
        assert_eq!((month.to_string().as_str(), month.dotted().as_str()), ("1971-05", "05.1971"));
        let year = PartialDate::from_year(1971).unwrap();
        assert_eq!((year.to_string().as_str(), year.slashed().as_str()), ("1971", "1971"));
        for date in [day, month, year] {
            assert_eq!(date.to_string().parse::<PartialDate>().unwrap(), date);
            let json = serde_json::to_string(&date).unwrap();
            assert_eq!(serde_json::from_str::<PartialDate>(&json).unwrap(), date);
        }
        for bad in ["", "71", "1971-5-12", "1971-05-12-1", "1971-02-30", "+971", "1971-", "năm"] {
            assert!(bad.parse::<PartialDate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn partial_dates_compare_by_what_they_can_mean() {
        let year = PartialDate::from_year(1971).unwrap();
        let day = PartialDate::from_day(1971, 5, 12).unwrap();
        let later = PartialDate::from_day(1972, 1, 1).unwrap();
        assert!(year.agrees_with(day) && !year.agrees_with(later));
        assert!(later.is_after(year) && !day.is_after(year) && !year.is_after(day));
        assert_eq!(later.day_number() - day.day_number(), 234);
    }
}
