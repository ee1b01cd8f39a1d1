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

/// Days from 1970-01-01 to a day of the Gregorian calendar, which counts on before 1582; the year 0 is 1 BC.
pub(crate) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the day that comes and goes is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The year, month and day that are so many days after 1970-01-01.
pub(crate) fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Days of a month.
pub(crate) fn days_in_month(year: i64, month: i64) -> i64 {
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_of(next_year, next_month, 1) - days_of(year, month, 1)
}
