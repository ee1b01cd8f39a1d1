//! The calendars of CF: from dates to microseconds and back, by arithmetic.

#[cfg(test)]
mod tests;

use super::date::DateTime;
use crate::{ArrayError, Result};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Days from 1970-01-01 to 1582-10-15, the first Gregorian day, in the Gregorian calendar.
const GREGORIAN_START: i64 = -141_427;

/// 1970-01-01 of the Julian calendar is this many days after 1970-01-01 of the Gregorian.
const JULIAN_LAG: i64 = 13;

/// Days of each month in a year without a leap day.
const MONTHS: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Days before each month in a year without a leap day.
const BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// A CF calendar. Years are counted astronomically: the year before 1 is 0.
///
/// ```
/// use hyperslab_array::{Calendar, DateTime};
///
/// let calendar = Calendar::parse("360_day")?;
/// let date = DateTime::parse("1860-02-30").unwrap();
/// let micros = calendar.micros(&date)?;
/// assert_eq!(calendar.date(micros), date);
/// assert_eq!(date.day_of_year(calendar), 60);
/// # Ok::<(), hyperslab_array::ArrayError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Calendar {
    /// `standard`, `gregorian`: Julian before 1582-10-15, Gregorian from there.
    Standard,
    /// `proleptic_gregorian`.
    ProlepticGregorian,
    /// `noleap`, `365_day`.
    NoLeap,
    /// `all_leap`, `366_day`.
    AllLeap,
    /// `360_day`.
    Day360,
    /// `julian`.
    Julian,
}

impl Calendar {
    /// The calendar of a CF name, in any case. `none` is read as `standard`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`] for any other name.
    pub fn parse(name: &str) -> Result<Self> {
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "standard" | "gregorian" | "none" => Self::Standard,
            "proleptic_gregorian" => Self::ProlepticGregorian,
            "noleap" | "365_day" => Self::NoLeap,
            "all_leap" | "366_day" => Self::AllLeap,
            "360_day" => Self::Day360,
            "julian" => Self::Julian,
            _ => {
                return Err(ArrayError::unsupported(format!(
                    "calendar `{name}` is not known, expected `standard`, `gregorian`, `proleptic_gregorian`, \
                     `noleap`, `365_day`, `all_leap`, `366_day`, `360_day` or `julian`"
                )));
            }
        })
    }

    /// CF's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::ProlepticGregorian => "proleptic_gregorian",
            Self::NoLeap => "noleap",
            Self::AllLeap => "all_leap",
            Self::Day360 => "360_day",
            Self::Julian => "julian",
        }
    }

    /// Whether its times are timestamps; those of the others are text.
    pub fn is_standard(self) -> bool {
        matches!(self, Self::Standard | Self::ProlepticGregorian)
    }

    /// Whether `year` has a leap day; never in `360_day`, where all years are alike.
    pub fn is_leap(self, year: i32) -> bool {
        match self {
            Self::NoLeap | Self::Day360 => false,
            Self::AllLeap => true,
            Self::Julian => year % 4 == 0,
            Self::Standard if year <= 1582 => year % 4 == 0,
            Self::Standard | Self::ProlepticGregorian => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0),
        }
    }

    /// The last day of `month`, from 1 to 12; 0 for a month that is not.
    pub fn days_in_month(self, year: i32, month: u8) -> u8 {
        match (self, month) {
            (_, 0 | 13..) => 0,
            (Self::Day360, _) => 30,
            (_, 2) if self.is_leap(year) => 29,
            _ => MONTHS[usize::from(month) - 1],
        }
    }

    /// Whether the calendar has the date. `standard` has none from 1582-10-05 to 1582-10-14.
    pub fn has(self, date: &DateTime) -> bool {
        (1..=self.days_in_month(date.year, date.month)).contains(&date.day)
            && date.hour < 24
            && date.minute < 60
            && date.second < 60
            && date.microsecond < 1_000_000
            && !(self == Self::Standard && date.year == 1582 && date.month == 10 && (5..15).contains(&date.day))
    }

    /// Microseconds from 1970-01-01T00:00:00 of this calendar to `date`. For `standard` and `proleptic_gregorian`
    /// this is the value of a [`crate::DataType::Timestamp`].
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] when the calendar has no such date, or it is too far away for 64 bits.
    pub fn micros(self, date: &DateTime) -> Result<i64> {
        if !self.has(date) {
            return Err(ArrayError::argument(format!("there is no date `{date}` in the calendar `{}`", self.name())));
        }
        let seconds = i64::from(date.hour) * 3600 + i64::from(date.minute) * 60 + i64::from(date.second);
        let time = seconds * 1_000_000 + i64::from(date.microsecond);
        // Before 1970 the sum of days alone may not fit where the sum with the time does.
        i64::try_from(i128::from(self.days(date)) * i128::from(MICROS_PER_DAY) + i128::from(time))
            .map_err(|_| ArrayError::argument(format!("date `{date}` is out of range, expected years up to 292000")))
    }

    /// The date that is `micros` microseconds after 1970-01-01T00:00:00 of this calendar.
    pub fn date(self, micros: i64) -> DateTime {
        let (days, time) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY));
        let (year, month, day) = self.civil(days);
        let (seconds, microsecond) = (time / 1_000_000, (time % 1_000_000) as u32);
        DateTime {
            year,
            month,
            day,
            hour: (seconds / 3600) as u8,
            minute: (seconds / 60 % 60) as u8,
            second: (seconds % 60) as u8,
            microsecond,
        }
    }

    /// Days from 1970-01-01 of this calendar to a date that it has.
    fn days(self, date: &DateTime) -> i64 {
        let year = i64::from(date.year);
        let in_year = i64::from(date.day_of_year(self)) - 1;
        match self {
            Self::NoLeap => (year - 1970) * 365 + in_year,
            Self::AllLeap => (year - 1970) * 366 + in_year,
            Self::Day360 => (year - 1970) * 360 + in_year,
            Self::ProlepticGregorian => gregorian_year(year) + in_year,
            Self::Julian => julian_year(year) + in_year,
            Self::Standard if (date.year, date.month, date.day) < (1582, 10, 15) => {
                julian_year(year) + in_year + JULIAN_LAG
            }
            // The Julian leap days before 1582 do not count from here.
            Self::Standard => Self::ProlepticGregorian.days(date),
        }
    }

    /// Year, month and day of the day that is `days` after 1970-01-01.
    fn civil(self, days: i64) -> (i32, u8, u8) {
        let (year, in_year) = match self {
            Self::NoLeap => (1970 + days.div_euclid(365), days.rem_euclid(365)),
            Self::AllLeap => (1970 + days.div_euclid(366), days.rem_euclid(366)),
            Self::Day360 => (1970 + days.div_euclid(360), days.rem_euclid(360)),
            Self::ProlepticGregorian => {
                // A guess by the mean year is at most one year off.
                let guess = 1970 + (days * 400).div_euclid(146_097);
                in_year_of(days, guess, gregorian_year)
            }
            Self::Julian => in_year_of(days, 1970 + (days * 4).div_euclid(1461), julian_year),
            Self::Standard if days < GREGORIAN_START => return Self::Julian.civil(days - JULIAN_LAG),
            Self::Standard => return Self::ProlepticGregorian.civil(days),
        };
        let year = year as i32;
        if self == Self::Day360 {
            return (year, (in_year / 30 + 1) as u8, (in_year % 30 + 1) as u8);
        }
        let leap = self.is_leap(year);
        let before = |month: usize| i64::from(BEFORE[month]) + i64::from(leap && month > 1);
        let month = (1..12).rev().find(|m| before(*m) <= in_year).unwrap_or(0);
        (year, month as u8 + 1, (in_year - before(month) + 1) as u8)
    }
}

/// Days before `month` in `year`.
pub(super) fn days_before(calendar: Calendar, year: i32, month: u8) -> u16 {
    let month = usize::from(month.clamp(1, 12)) - 1;
    match calendar {
        Calendar::Day360 => 30 * month as u16,
        _ => BEFORE[month] + u16::from(month > 1 && calendar.is_leap(year)),
    }
}

/// The year, near `guess`, that holds the day, and the day's place in it, from 0.
fn in_year_of(days: i64, guess: i64, start: impl Fn(i64) -> i64) -> (i64, i64) {
    let year = if days < start(guess) {
        guess - 1
    } else if days >= start(guess + 1) {
        guess + 1
    } else {
        guess
    };
    (year, days - start(year))
}

/// Days from 1970-01-01 to the first day of a Gregorian year.
fn gregorian_year(year: i64) -> i64 {
    let y = year - 1;
    y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) - 719_162
}

/// Days from 1970-01-01 to the first day of a Julian year, both in the Julian calendar.
fn julian_year(year: i64) -> i64 {
    let y = year - 1;
    y * 365 + y.div_euclid(4) - 719_177
}
