//! A date and time in any calendar: its text, and the order of its parts.

use std::fmt;

use super::calendar::{Calendar, days_before};

/// A date and time, in any calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub struct DateTime {
    pub year: i32,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub microsecond: u32,
}

/// 1970-01-01T00:00:00.
impl Default for DateTime {
    fn default() -> Self {
        Self::from_date(1970, 1, 1)
    }
}

impl DateTime {
    /// Midnight of a day.
    pub fn from_date(year: i32, month: u8, day: u8) -> Self {
        Self { year, month, day, hour: 0, minute: 0, second: 0, microsecond: 0 }
    }

    /// Reads `1990`, `1990-02`, `1990-02-30`, `1990-02-30T12`, `1990-02-30 12:30:00.5` and a trailing `Z`; what is
    /// left out is the first of its kind. Digits after the microsecond are dropped. Does not ask whether a calendar
    /// has the date.
    ///
    /// ```
    /// use hyperslab_array::DateTime;
    ///
    /// assert_eq!(DateTime::parse("1990-02").unwrap().to_string(), "1990-02-01T00:00:00");
    /// assert_eq!(DateTime::parse("1990-02-30 12:30Z").unwrap().to_string(), "1990-02-30T12:30:00");
    /// assert_eq!(DateTime::parse("February"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_suffix(['Z', 'z']).unwrap_or(text).trim_end();
        let (date, time) = match text.split_once(['T', 't', ' ']) {
            Some((date, time)) => (date, Some(time.trim())),
            None => (text, None),
        };
        let (sign, unsigned) = match date.as_bytes().first()? {
            b'-' => (-1, &date[1..]),
            b'+' => (1, &date[1..]),
            _ => (1, date),
        };
        let mut parts = unsigned.split('-');
        let year = sign * i32::try_from(number(parts.next()?, 6)?).ok()?;
        let month = parts.next().map_or(Some(1), |p| small(p, 1, 12))?;
        let day = parts.next().map_or(Some(1), |p| small(p, 1, 31))?;
        if parts.next().is_some() {
            return None;
        }
        let (hour, minute, second, microsecond) = time.map_or(Some((0, 0, 0, 0)), time_of_day)?;
        Some(Self { year, month, day, hour, minute, second, microsecond })
    }

    /// 1 for the first day of the year.
    pub fn day_of_year(&self, calendar: Calendar) -> u16 {
        days_before(calendar, self.year, self.month) + u16::from(self.day)
    }
}

/// Reads `12`, `12:30`, `12:30:15` and `12:30:15.5`.
fn time_of_day(text: &str) -> Option<(u8, u8, u8, u32)> {
    let mut parts = text.split(':');
    let hour = small(parts.next()?, 0, 23)?;
    let minute = parts.next().map_or(Some(0), |p| small(p, 0, 59))?;
    let (second, microsecond) = match parts.next() {
        None => (0, 0),
        Some(p) => {
            let (second, fraction) = p.split_once('.').unwrap_or((p, ""));
            let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
            if !fraction.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            (small(second, 0, 59)?, digits.parse().ok()?)
        }
    };
    if parts.next().is_some() {
        return None;
    }
    Some((hour, minute, second, microsecond))
}

/// A number of 1 to `most` digits and nothing else.
fn number(text: &str, most: usize) -> Option<u32> {
    let valid = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

fn small(text: &str, least: u8, most: u8) -> Option<u8> {
    let n = u8::try_from(number(text, 2)?).ok()?;
    (least..=most).contains(&n).then_some(n)
}

/// ISO 8601: `1860-02-30T00:00:00`, with microseconds where there are any.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, year) = (if self.year < 0 { "-" } else { "" }, self.year.unsigned_abs());
        write!(f, "{sign}{year:04}-{:02}-{:02}", self.month, self.day)?;
        write!(f, "T{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        if self.microsecond > 0 {
            write!(f, ".{:06}", self.microsecond)?;
        }
        Ok(())
    }
}
