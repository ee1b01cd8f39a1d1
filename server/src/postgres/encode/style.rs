//! How a session wants values to look in text: `DateStyle`, `IntervalStyle`, `TimeZone` and their like.

use chrono::{DateTime, Offset, TimeZone};
use hyperslab::datafusion::arrow::array::timezone::Tz;

/// The shape of dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::postgres) enum DateStyle {
    #[default]
    Iso,
    Sql,
    Postgres,
    German,
}

/// The order of the parts of a date.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::postgres) enum DateOrder {
    #[default]
    MonthDayYear,
    DayMonthYear,
    YearMonthDay,
}

/// The shape of intervals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::postgres) enum IntervalStyle {
    #[default]
    Postgres,
    PostgresVerbose,
    SqlStandard,
    Iso8601,
}

/// How a session wants values to look in text.
#[derive(Debug, Clone, Copy)]
pub(in crate::postgres) struct Style {
    pub date: DateStyle,
    pub order: DateOrder,
    pub interval: IntervalStyle,
    pub zone: Zone,
    /// Bytes as octal escapes in place of hexadecimal digits.
    pub bytes_escaped: bool,
    /// 1 and more: as many digits as tell the number from every other; else as many fewer than 15 or 6.
    pub float_digits: i32,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            date: DateStyle::default(),
            order: DateOrder::default(),
            interval: IntervalStyle::default(),
            zone: Zone::Fixed(0),
            bytes_escaped: false,
            float_digits: 1,
        }
    }
}

/// A time zone.
#[derive(Debug, Clone, Copy)]
pub(in crate::postgres) enum Zone {
    /// Seconds east of Greenwich.
    Fixed(i32),
    /// One whose offset changes.
    Named(Tz),
}

impl Zone {
    /// The zone that a setting names: `UTC`, `Europe/Paris`, `+05:30`, or hours such as `-3` and `5.5`.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim();
        if let Ok(hours) = name.parse::<f64>() {
            return (hours.abs() <= 15.0).then_some(Self::Fixed((hours * 3600.0).round() as i32));
        }
        if let Some((hours, minutes)) = name.split_once(':')
            && let (Ok(hours), Ok(minutes)) = (hours.parse::<i32>(), minutes.parse::<u8>())
            && hours.abs() <= 15
            && minutes < 60
        {
            let seconds = hours.abs() * 3600 + i32::from(minutes) * 60;
            return Some(Self::Fixed(if name.starts_with('-') { -seconds } else { seconds }));
        }
        match name.to_ascii_uppercase().as_str() {
            "UTC" | "GMT" | "ZULU" | "Z" | "UCT" | "ETC/UTC" => Some(Self::Fixed(0)),
            _ => name.parse::<Tz>().ok().map(Self::Named),
        }
    }

    /// Seconds east of Greenwich at a moment in microseconds since 1970.
    pub fn offset(self, micros: i64) -> i32 {
        match self {
            Self::Fixed(seconds) => seconds,
            Self::Named(zone) => match DateTime::from_timestamp_micros(micros) {
                Some(moment) => zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc(),
                None => 0,
            },
        }
    }

    /// The short name of the zone at a moment, where it has one.
    pub fn abbreviation(self, micros: i64) -> Option<String> {
        match self {
            Self::Fixed(0) => Some("UTC".into()),
            Self::Fixed(_) => None,
            Self::Named(zone) => {
                let moment = DateTime::from_timestamp_micros(micros)?;
                let name = zone.offset_from_utc_datetime(&moment.naive_utc()).to_string();
                name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(name)
            }
        }
    }
}
