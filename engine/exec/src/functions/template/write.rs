//! A time as text, after a template.

use hyperslab_array::civil::{date_of, days_of};

use super::pattern::{Case, Field, Key, Part, Template};
use super::{DAY, JULIAN_EPOCH, MONTHS, ROMAN_MONTHS, SECOND, WEEKDAYS, iso_week};

/// The parts of a time or of an interval.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    year: i64,
    month: i64,
    day: i64,
    /// Microseconds of the day; of an interval all that there are.
    micros: i64,
    /// Days since 1970-01-01, where it is a time.
    days: Option<i64>,
    has_zone: bool,
}

impl Parts {
    /// A time, in microseconds since 1970; `has_zone` where it is one of UTC and not of some clock.
    pub(crate) fn of_time(micros: i64, has_zone: bool) -> Self {
        let days = micros.div_euclid(DAY);
        let (year, month, day) = date_of(days);
        Self { year, month, day, micros: micros.rem_euclid(DAY), days: Some(days), has_zone }
    }

    /// An interval.
    pub(crate) fn of_interval(months: i64, days: i64, micros: i64) -> Self {
        Self { year: months / 12, month: months % 12, day: days, micros, days: None, has_zone: false }
    }

    fn hour(&self) -> i64 {
        self.micros / (3_600 * SECOND)
    }

    fn minute(&self) -> i64 {
        self.micros / (60 * SECOND) % 60
    }

    fn second(&self) -> i64 {
        self.micros / SECOND % 60
    }

    fn fraction(&self) -> i64 {
        self.micros % SECOND
    }

    fn day_of_year(&self) -> i64 {
        match self.days {
            Some(days) => days - days_of(self.year, 1, 1) + 1,
            None => self.year * 365 + self.month * 30 + self.day,
        }
    }

    /// The year without its sign: the year 0 is 1 BC.
    fn year_of_era(&self, year: i64) -> i64 {
        if self.days.is_some() && year <= 0 { 1 - year } else { year }
    }
}

impl Template {
    /// A time in this form.
    ///
    /// # Errors
    /// When the template has a field that an interval has not: its name.
    pub(crate) fn write(&self, parts: &Parts) -> Result<String, &'static str> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(c) | Part::Separator(c) => out.push(*c),
                Part::Field(field) => field.write(parts, &mut out)?,
            }
        }
        Ok(out)
    }
}

impl Field {
    fn write(&self, parts: &Parts, out: &mut String) -> Result<(), &'static str> {
        let before = out.len();
        let days = |what: &'static str| parts.days.ok_or(what);
        match self.key {
            Key::Meridian { has_points } => {
                let is_after_noon = parts.hour().rem_euclid(24) >= 12;
                out.push_str(&self.cased(match (is_after_noon, has_points) {
                    (false, false) => "AM",
                    (false, true) => "A.M.",
                    (true, false) => "PM",
                    (true, true) => "P.M.",
                }));
            }
            Key::Era { has_points } => {
                days("a time before or after Christ")?;
                out.push_str(&self.cased(match (parts.year <= 0, has_points) {
                    (false, false) => "AD",
                    (false, true) => "A.D.",
                    (true, false) => "BC",
                    (true, true) => "B.C.",
                }));
            }
            Key::Hour12 => self.number(out, if parts.hour() % 12 == 0 { 12 } else { parts.hour() % 12 }, 2),
            Key::Hour24 => self.number(out, parts.hour(), 2),
            Key::Minute => self.number(out, parts.minute(), 2),
            Key::Second => self.number(out, parts.second(), 2),
            Key::SecondOfDay => out.push_str(&(parts.micros / SECOND).to_string()),
            Key::Milliseconds => out.push_str(&format!("{:03}", parts.fraction() / 1_000)),
            Key::Microseconds => out.push_str(&format!("{:06}", parts.fraction())),
            Key::Fraction(digits) => {
                let all = format!("{:06}", parts.fraction().abs());
                out.push_str(all.get(..usize::from(digits)).unwrap_or(&all));
            }
            Key::Zone => {
                days("a time zone")?;
                if parts.has_zone {
                    out.push_str(&self.cased("UTC"));
                }
            }
            Key::ZoneHour => {
                days("a time zone")?;
                out.push_str("+00");
            }
            Key::ZoneMinute => {
                days("a time zone")?;
                out.push_str("00");
            }
            Key::Offset => {
                days("a time zone")?;
                out.push_str(if self.is_filled { "+0" } else { "+00" });
            }
            Key::MonthName => self.name(out, month(&MONTHS, parts)?, 9),
            Key::MonthShort => out.push_str(&self.cased(short(month(&MONTHS, parts)?))),
            Key::Month => self.number(out, parts.month, 2),
            Key::RomanMonth => self.name(out, month(&ROMAN_MONTHS, parts)?, 4),
            Key::Weekday => self.name(out, weekday(days("a day of the week")?), 9),
            Key::WeekdayShort => out.push_str(&self.cased(short(weekday(days("a day of the week")?)))),
            Key::DayOfYear => self.count(out, parts.day_of_year(), 3),
            Key::Day => self.count(out, parts.day, 2),
            Key::DayOfWeek => {
                let days = days("a day of the week")?;
                out.push_str(&((days + 4).rem_euclid(7) + 1).to_string());
            }
            Key::IsoDayOfWeek => out.push_str(&iso_week(days("a day of the week")?).2.to_string()),
            Key::IsoDayOfYear => {
                let (_, week, day) = iso_week(days("a day of the year of weeks")?);
                self.count(out, (week - 1) * 7 + day, 3);
            }
            Key::IsoWeek => self.count(out, iso_week(days("a week")?).1, 2),
            Key::WeekOfYear => self.count(out, (parts.day_of_year() - 1) / 7 + 1, 2),
            Key::WeekOfMonth => out.push_str(&((parts.day - 1) / 7 + 1).to_string()),
            Key::Quarter => {
                if parts.month != 0 {
                    out.push_str(&((parts.month - 1) / 3 + 1).to_string());
                }
            }
            Key::Century => {
                let century = match (parts.days, parts.year) {
                    (None, year) => year / 100,
                    (Some(_), 1..) => (parts.year - 1) / 100 + 1,
                    (Some(_), _) => parts.year / 100 - 1,
                };
                self.number(out, century, 2);
            }
            Key::YearWithComma => {
                let year = parts.year_of_era(parts.year);
                out.push_str(&format!("{},{:03}", year / 1_000, (year % 1_000).abs()));
            }
            Key::Year(digits) => self.year(out, parts.year_of_era(parts.year), digits),
            Key::IsoYear(digits) => {
                let year = iso_week(days("a year of weeks")?).0;
                self.year(out, parts.year_of_era(year), digits);
            }
            Key::Julian => {
                let days = days("a Julian day")?;
                out.push_str(&(days + JULIAN_EPOCH).to_string());
            }
        }
        if let Some(case) = self.ordinal {
            let ending = ordinal(out.get(before..).unwrap_or_default());
            out.push_str(&if case == Case::Upper { ending.to_ascii_uppercase() } else { ending.to_string() });
        }
        Ok(())
    }

    /// A number with zeros in front; a minus takes a place of its own.
    fn number(&self, out: &mut String, value: i64, width: usize) {
        let width = match (self.is_filled, value < 0) {
            (true, _) => 0,
            (false, true) => width + 1,
            (false, false) => width,
        };
        out.push_str(&format!("{value:0width$}"));
    }

    /// As [`Self::number`]; a minus takes the place of a zero.
    fn count(&self, out: &mut String, value: i64, width: usize) {
        let width = if self.is_filled { 0 } else { width };
        out.push_str(&format!("{value:0width$}"));
    }

    fn year(&self, out: &mut String, year: i64, digits: u8) {
        match digits {
            4 => self.number(out, year, 4),
            3 => self.number(out, year % 1_000, 3),
            2 => self.number(out, year % 100, 2),
            _ => out.push_str(&(year % 10).to_string()),
        }
    }

    /// A word with spaces behind it, so that all take the same room.
    fn name(&self, out: &mut String, name: &str, width: usize) {
        let width = if self.is_filled || self.is_local { 0 } else { width };
        out.push_str(&format!("{:width$}", self.cased(name)));
    }

    fn cased(&self, word: &str) -> String {
        match self.case {
            Case::Upper => word.to_ascii_uppercase(),
            Case::Lower => word.to_ascii_lowercase(),
            Case::Capital => word.to_string(),
        }
    }
}

fn month(names: &[&'static str; 12], parts: &Parts) -> Result<&'static str, &'static str> {
    let number = match parts.month {
        0 => return Ok(""),
        month => month - 1,
    };
    let name = usize::try_from(number.rem_euclid(12)).ok().and_then(|at| names.get(at));
    name.copied().ok_or("a month")
}

fn weekday(days: i64) -> &'static str {
    usize::try_from((days + 4).rem_euclid(7)).ok().and_then(|at| WEEKDAYS.get(at)).copied().unwrap_or_default()
}

fn short(name: &str) -> &str {
    name.get(..3).unwrap_or(name)
}

/// The ending that makes a number an ordinal one.
pub(super) fn ordinal(number: &str) -> &'static str {
    let mut digits = number.bytes().rev().filter(u8::is_ascii_digit);
    let (last, before) = (digits.next(), digits.next());
    match (before, last) {
        (Some(b'1'), _) => "th",
        (_, Some(b'1')) => "st",
        (_, Some(b'2')) => "nd",
        (_, Some(b'3')) => "rd",
        _ => "th",
    }
}
