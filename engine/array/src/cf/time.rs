//! CF times: `<unit> since <reference date>` in a calendar, and durations.

#[cfg(test)]
mod tests;

use super::calendar::Calendar;
use super::date::DateTime;
use super::number::Stored;
use crate::{ArrayError, Attributes, DataType, Decoded, Result, Values};

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The years that text dates can show with four digits, so that their order as text is the order in time.
const TEXT_YEARS: std::ops::RangeInclusive<i32> = 0..=9999;

/// How long a unit of time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Micros(i64),
    Nanosecond,
}

impl Unit {
    /// Reads a unit; `None` for what is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(Self::Micros(match text.to_ascii_lowercase().as_str() {
            "day" | "days" | "d" => MICROS_PER_DAY,
            "hour" | "hours" | "hr" | "hrs" | "h" => 3_600_000_000,
            "minute" | "minutes" | "min" | "mins" => 60_000_000,
            "second" | "seconds" | "sec" | "secs" | "s" => 1_000_000,
            "millisecond" | "milliseconds" | "millisec" | "millisecs" | "msec" | "msecs" | "ms" => 1_000,
            "microsecond" | "microseconds" | "microsec" | "microsecs" | "us" => 1,
            "nanosecond" | "nanoseconds" | "nanosec" | "nanosecs" | "nsec" | "nsecs" | "ns" => {
                return Some(Self::Nanosecond);
            }
            _ => return None,
        }))
    }

    /// `count` units in microseconds; parts of a microsecond are cut off towards the past.
    fn of_int(self, count: i64) -> Option<i64> {
        match self {
            Self::Micros(micros) => count.checked_mul(micros),
            Self::Nanosecond => Some(count.div_euclid(1000)),
        }
    }

    /// `count` units in microseconds, rounded to the nearest.
    fn of_float(self, count: f64) -> Option<i64> {
        // Whole units are counted apart: their product with the unit has more digits than a float.
        let whole = count.trunc();
        let part = count - whole;
        if !(-9.2e18..9.2e18).contains(&whole) {
            return None;
        }
        match self {
            Self::Micros(micros) => {
                (whole as i64).checked_mul(micros)?.checked_add((part * micros as f64).round() as i64)
            }
            Self::Nanosecond => Some((count / 1000.0).round() as i64),
        }
    }

    /// Whole units and the part of one that `micros` are; `None` where they do not fit.
    pub(super) fn count(self, micros: i64) -> Option<(i64, f64)> {
        match self {
            Self::Micros(unit) => Some((micros.div_euclid(unit), micros.rem_euclid(unit) as f64 / unit as f64)),
            Self::Nanosecond => micros.checked_mul(1000).map(|nanos| (nanos, 0.0)),
        }
    }
}

/// CF's `<unit> since <reference date>` in a calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeUnits {
    /// The attribute's text.
    pub text: String,
    /// The calendar.
    pub calendar: Calendar,
    unit: Unit,
    /// Microseconds from 1970-01-01 of the calendar to the reference date.
    reference: i64,
}

impl TimeUnits {
    /// Reads the attributes `units` and `calendar`; `None` where the units are not those of a time.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] for a reference date that the calendar does not have, and for months and years,
    /// which have no one length; [`crate::ErrorKind::Unsupported`] for an unknown calendar.
    pub fn try_new(attributes: &Attributes) -> Result<Option<Self>> {
        let Some(text) = attributes.text("units") else { return Ok(None) };
        let Some((unit, reference)) = split(text) else { return Ok(None) };
        let is_month = ["month", "months"].contains(&unit.to_ascii_lowercase().as_str());
        let is_year = ["year", "years", "common_year", "common_years"].contains(&unit.to_ascii_lowercase().as_str());
        let known = Unit::parse(unit);
        if known.is_none() && !is_month && !is_year {
            return Ok(None);
        }
        let calendar = attributes.text("calendar").map_or(Ok(Calendar::Standard), Calendar::parse)?;
        let unit = match known {
            Some(unit) => unit,
            None if is_month && calendar == Calendar::Day360 => Unit::Micros(30 * MICROS_PER_DAY),
            None => {
                return Err(ArrayError::invalid(format!(
                    "units `{text}` count in `{unit}`, which have no one length, expected days or shorter"
                )));
            }
        };
        let reference = micros_of_reference(reference, calendar)
            .map_err(|reason| ArrayError::invalid(format!("units `{text}` have no valid reference date: {reason}")))?;
        Ok(Some(Self { text: text.to_string(), calendar, unit, reference }))
    }

    /// The date from which values count.
    pub fn reference(&self) -> DateTime {
        self.calendar.date(self.reference)
    }

    /// Whole units and the part of one from the reference date to `micros`, which count from 1970-01-01 of the calendar.
    pub(super) fn count(&self, micros: i64) -> Option<(i64, f64)> {
        self.unit.count(micros.checked_sub(self.reference)?)
    }

    /// Whether each of `micros`, which count from 1970-01-01 of the calendar, is a whole number of units.
    pub fn is_exact(&self, micros: impl IntoIterator<Item = i64>) -> bool {
        micros.into_iter().all(|micros| matches!(self.count(micros), Some((_, 0.0))))
    }

    /// Whether each of `micros` is a whole number of units that 32 bits hold.
    pub fn fits_int32(&self, micros: impl IntoIterator<Item = i64>) -> bool {
        micros.into_iter().all(|m| matches!(self.count(m), Some((whole, 0.0)) if i32::try_from(whole).is_ok()))
    }

    /// The type of decoded values: [`DataType::Timestamp`] in the standard calendars, [`DataType::String`] in others.
    pub fn data_type(&self) -> DataType {
        if self.calendar.is_standard() { DataType::Timestamp } else { DataType::String }
    }

    /// Times from numbers. `stored` has the validity of the result.
    pub(super) fn decode(&self, stored: Decoded) -> Result<Decoded> {
        let micros = micros(&stored, self.unit, self.reference, &self.text)?;
        if self.calendar.is_standard() {
            return Ok(Decoded { values: Values::Timestamp(micros), validity: stored.validity });
        }
        let text = |(i, micros): (usize, &i64)| {
            if !stored.is_valid(i) {
                return Ok(String::new());
            }
            let date = self.calendar.date(*micros);
            if !TEXT_YEARS.contains(&date.year) {
                return Err(ArrayError::invalid(format!(
                    "time `{date}` is out of range, expected a year from 0 to 9999 in the calendar `{}`",
                    self.calendar.name()
                )));
            }
            Ok(date.to_string())
        };
        let texts = micros.iter().enumerate().map(text).collect::<Result<Vec<_>>>()?;
        Ok(Decoded { values: Values::String(texts), validity: stored.validity })
    }
}

/// Durations from numbers of `unit`.
pub(super) fn decode_durations(stored: Decoded, unit: Unit, text: &str) -> Result<Decoded> {
    let micros = micros(&stored, unit, 0, text)?;
    Ok(Decoded { values: Values::Duration(micros), validity: stored.validity })
}

/// Microseconds of each number that is there; 0 where none is.
fn micros(stored: &Decoded, unit: Unit, reference: i64, text: &str) -> Result<Vec<i64>> {
    macro_rules! each {
        ($v:expr, $x:ident => $micros:expr) => {
            of_each($v, stored, text, |$x| $micros.and_then(|micros| reference.checked_add(micros)))
        };
    }
    match &stored.values {
        Values::Int8(v) => each!(v, x => unit.of_int(x.into())),
        Values::Int16(v) => each!(v, x => unit.of_int(x.into())),
        Values::Int32(v) => each!(v, x => unit.of_int(x.into())),
        Values::Int64(v) => each!(v, x => unit.of_int(x)),
        Values::UInt8(v) => each!(v, x => unit.of_int(x.into())),
        Values::UInt16(v) => each!(v, x => unit.of_int(x.into())),
        Values::UInt32(v) => each!(v, x => unit.of_int(x.into())),
        Values::UInt64(v) => each!(v, x => i64::try_from(x).ok().and_then(|x| unit.of_int(x))),
        Values::Float32(v) => each!(v, x => unit.of_float(x.into())),
        Values::Float64(v) => each!(v, x => unit.of_float(x)),
        other => Err(ArrayError::internal(format!("{} values cannot be times", other.data_type()))),
    }
}

fn of_each<T: Stored + std::fmt::Display>(
    values: &[T],
    stored: &Decoded,
    text: &str,
    micros: impl Fn(T) -> Option<i64>,
) -> Result<Vec<i64>> {
    let out_of_range = |x: T| {
        ArrayError::invalid(format!("time `{x}` in `{text}` is out of range, expected at most 292000 years from 1970"))
    };
    match &stored.validity {
        None => values.iter().map(|&x| micros(x).ok_or_else(|| out_of_range(x))).collect(),
        Some(there) => values
            .iter()
            .enumerate()
            .map(|(i, &x)| if there.get(i) { micros(x).ok_or_else(|| out_of_range(x)) } else { Ok(0) })
            .collect(),
    }
}

/// The unit before `since` and the date after it.
fn split(text: &str) -> Option<(&str, &str)> {
    let (unit, rest) = text.trim().split_once(char::is_whitespace)?;
    let (since, reference) = rest.trim_start().split_once(char::is_whitespace)?;
    since.eq_ignore_ascii_case("since").then_some((unit, reference.trim()))
}

/// Microseconds from 1970-01-01 of the calendar to a reference date such as `1-1-1 00:00:0.0`, `1900-01-01T00:00:00Z`,
/// `1990-01-01 12:00 +2:30`.
fn micros_of_reference(text: &str, calendar: Calendar) -> Result<i64> {
    let unreadable = || ArrayError::invalid(format!("`{text}` is not a date such as `1970-01-01 00:00:00`"));
    let (mut date, offset) = parse_reference(text).ok_or_else(unreadable)?;
    // These two calendars count years as historians do: 1 BC is the year before 1, and is written -1.
    if matches!(calendar, Calendar::Standard | Calendar::Julian) {
        match date.year {
            0 => return Err(ArrayError::invalid(format!("the calendar `{}` has no year 0", calendar.name()))),
            year if year < 0 => date.year += 1,
            _ => {}
        }
    }
    let offset = i64::from(offset) * 60_000_000;
    calendar.micros(&date)?.checked_sub(offset).ok_or_else(unreadable)
}

/// A date, and the minutes that its time zone is ahead of UTC.
fn parse_reference(text: &str) -> Option<(DateTime, i32)> {
    let text = text.trim();
    let end = text.len().saturating_sub(3);
    let text = match text.get(end..) {
        Some(zone) if zone.eq_ignore_ascii_case("utc") || zone.eq_ignore_ascii_case("gmt") => text[..end].trim_end(),
        _ => text.strip_suffix(['Z', 'z']).unwrap_or(text).trim_end(),
    };
    let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((text, ""));
    let (time, offset) = match time.find(['+', '-']) {
        Some(at) => (time[..at].trim(), offset_minutes(&time[at..])?),
        None => (time.trim(), 0),
    };
    let is_compact = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    let date =
        if is_compact { format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]) } else { date.replace('/', "-") };
    let date = if time.is_empty() { DateTime::parse(&date) } else { DateTime::parse(&format!("{date}T{time}")) };
    Some((date?, offset))
}

/// Reads `+02:00`, `-5:30`, `+0530` and `+2`.
fn offset_minutes(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text[1..].trim();
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, "0"),
    };
    let number = |part: &str, most: i32| {
        let valid = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i32>().ok().filter(|n| valid && *n <= most)
    };
    Some(sign * (number(hours, 23)? * 60 + number(minutes, 59)?))
}
