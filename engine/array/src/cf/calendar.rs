//! The calendars of CF, and dates in them.

use std::fmt;

use crate::{ArrayError, Result};

/// A CF calendar.
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
    /// The calendar of a CF name, in any case.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Unsupported`] for any other name.
    pub fn parse(name: &str) -> Result<Self> {
        Err(ArrayError::unsupported(format!("calendar `{name}`")))
    }

    /// CF's name.
    pub fn name(self) -> &'static str {
        "standard"
    }

    /// Whether its times are timestamps; those of the others are text.
    pub fn is_standard(self) -> bool {
        matches!(self, Self::Standard | Self::ProlepticGregorian)
    }

    /// Microseconds from 1970-01-01T00:00:00 of this calendar to `date`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] when the calendar has no such date.
    pub fn micros(self, _date: &DateTime) -> Result<i64> {
        Ok(0)
    }

    /// The date that is `micros` microseconds after 1970-01-01T00:00:00 of this calendar.
    pub fn date(self, _micros: i64) -> DateTime {
        DateTime::default()
    }
}

/// A date and time, in any calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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

impl DateTime {
    /// Reads `1990`, `1990-02`, `1990-02-30`, `1990-02-30T12`, `1990-02-30 12:30:00.5` and a trailing `Z`; what is
    /// left out is the first of its kind. Does not ask whether a calendar has the date.
    pub fn parse(_text: &str) -> Option<Self> {
        None
    }

    /// 1 for the first day of the year.
    pub fn day_of_year(&self, _calendar: Calendar) -> u16 {
        1
    }
}

/// ISO 8601: `1860-02-30T00:00:00`, with microseconds where there are any.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            self.year, self.month, self.day, self.hour, self.minute, self.second
        )?;
        if self.microsecond > 0 {
            write!(f, ".{:06}", self.microsecond)?;
        }
        Ok(())
    }
}
