//! Templates in PostgreSQL's notation: `YYYY-MM-DD HH24:MI:SS` for times, `FM9,999.00` for numbers.
//!
//! ```text
//! template ─→ pattern: fields and text ─→ write: a time to text │ read: text to a time
//!          └→ number: digits and signs ─→ a number to text
//! ```

pub(crate) mod number;
mod pattern;
pub(crate) mod read;
pub(crate) mod write;

#[cfg(test)]
mod tests;

use hyperslab_array::civil::{date_of, days_of};

pub(crate) use pattern::Template;

/// Microseconds of a second.
pub(crate) const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400 * SECOND;
/// The number of 1970-01-01 in a count of days that begins in 4714 BC.
pub(crate) const JULIAN_EPOCH: i64 = 2_440_588;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const ROMAN_MONTHS: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];

/// The year of a day in weeks that begin on Monday, the week in it from 1, and the day of the week from 1.
pub(crate) fn iso_week(days: i64) -> (i64, i64, i64) {
    // 1970-01-01 was a Thursday, and the Thursday of a week says whose year it is of.
    let weekday = (days + 3).rem_euclid(7);
    let thursday = days - weekday + 3;
    let year = date_of(thursday).0;
    ((year), (thursday - days_of(year, 1, 1)) / 7 + 1, weekday + 1)
}
