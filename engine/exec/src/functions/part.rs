//! The parts of a time that can be asked for, and their values in any calendar.

use std::str::FromStr;

use datafusion::arrow::compute::kernels::cast_utils::IntervalUnit;
use datafusion::common::{Result, plan_datafusion_err};
use hyperslab_array::{Calendar, DateTime, nearest_names};

/// A part of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    IsoYear,
    DayOfYear,
    DayOfWeek,
    IsoDayOfWeek,
    Epoch,
    Decade,
    Century,
    Millennium,
    Julian,
}

/// Every part with the name that DataFusion knows it by.
const NAMES: [(Part, &str); 20] = [
    (Part::Year, "year"),
    (Part::Quarter, "quarter"),
    (Part::Month, "month"),
    (Part::Week, "week"),
    (Part::Day, "day"),
    (Part::Hour, "hour"),
    (Part::Minute, "minute"),
    (Part::Second, "second"),
    (Part::Millisecond, "millisecond"),
    (Part::Microsecond, "microsecond"),
    (Part::Nanosecond, "nanosecond"),
    (Part::IsoYear, "isoyear"),
    (Part::DayOfYear, "doy"),
    (Part::DayOfWeek, "dow"),
    (Part::IsoDayOfWeek, "isodow"),
    (Part::Epoch, "epoch"),
    (Part::Decade, "decade"),
    (Part::Century, "century"),
    (Part::Millennium, "millennium"),
    (Part::Julian, "julian"),
];

impl Part {
    /// The part of that name, in any case, with the synonyms that DataFusion takes and xarray's `dayofyear`,
    /// `dayofweek`.
    pub(crate) fn parse(function: &str, name: &str) -> Result<Self> {
        // `EXTRACT("year" FROM …)` leaves the quotes on.
        let bare = name.trim_matches(|c| c == '\'' || c == '"').to_lowercase();
        if let Ok(unit) = IntervalUnit::from_str(&bare) {
            match unit {
                IntervalUnit::Year => return Ok(Self::Year),
                IntervalUnit::Month => return Ok(Self::Month),
                IntervalUnit::Week => return Ok(Self::Week),
                IntervalUnit::Day => return Ok(Self::Day),
                IntervalUnit::Hour => return Ok(Self::Hour),
                IntervalUnit::Minute => return Ok(Self::Minute),
                IntervalUnit::Second => return Ok(Self::Second),
                IntervalUnit::Millisecond => return Ok(Self::Millisecond),
                IntervalUnit::Microsecond => return Ok(Self::Microsecond),
                IntervalUnit::Nanosecond => return Ok(Self::Nanosecond),
                _ => {}
            }
        }
        match bare.as_str() {
            "qtr" => return Ok(Self::Quarter),
            "dayofyear" => return Ok(Self::DayOfYear),
            "dayofweek" => return Ok(Self::DayOfWeek),
            "decades" => return Ok(Self::Decade),
            "centuries" => return Ok(Self::Century),
            "millennia" => return Ok(Self::Millennium),
            _ => {}
        }
        NAMES.iter().find(|(_, n)| *n == bare).map(|(part, _)| *part).ok_or_else(|| {
            let hint = nearest_names(&bare, NAMES.iter().map(|(_, n)| *n));
            plan_datafusion_err!("{function} has no part `{name}`; hint: {hint}")
        })
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(part, _)| *part == self).map_or("epoch", |(_, n)| n)
    }

    /// The value of the part where it follows from the date's fields alone; `None` where it takes a calendar.
    pub(crate) fn of_fields(self, date: &DateTime) -> Option<i32> {
        Some(match self {
            Self::Year => date.year,
            Self::Decade | Self::Century | Self::Millennium => self.of_year(date.year)?,
            Self::Quarter => i32::from(date.month.saturating_sub(1) / 3) + 1,
            Self::Month => i32::from(date.month),
            Self::Day => i32::from(date.day),
            Self::Hour => i32::from(date.hour),
            Self::Minute => i32::from(date.minute),
            Self::Second => i32::from(date.second),
            Self::Millisecond => i32::from(date.second) * 1_000 + (date.microsecond / 1_000) as i32,
            Self::Microsecond => i32::from(date.second) * 1_000_000 + date.microsecond as i32,
            _ => return None,
        })
    }

    /// The decade, century or millennium of a year; `None` of another part. The first century begins with the year 1, and
    /// the year 0 is 1 BC.
    pub(crate) fn of_year(self, year: i32) -> Option<i32> {
        let count = |years: i32| match year {
            1.. => (year - 1) / years + 1,
            _ => year / years - 1,
        };
        Some(match self {
            Self::Decade => year.div_euclid(10),
            Self::Century => count(100),
            Self::Millennium => count(1_000),
            _ => return None,
        })
    }

    /// Whether times of `calendar` have the part. Weeks belong to the Gregorian calendar.
    pub(crate) fn has_meaning_in(self, calendar: Calendar) -> bool {
        calendar.is_standard()
            || !matches!(
                self,
                Self::Week | Self::IsoYear | Self::DayOfWeek | Self::IsoDayOfWeek | Self::Nanosecond | Self::Julian
            )
    }
}
