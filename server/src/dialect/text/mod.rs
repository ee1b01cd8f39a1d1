//! Values as PostgreSQL reads and writes them in text.

pub(super) mod interval;
pub(super) mod number;
pub(super) mod time;

use hyperslab::array::civil::days_in_month;

/// Microseconds of a second.
pub(super) const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400 * SECOND;

/// Whether there is such a day.
pub(super) fn is_date(year: i64, month: i64, day: i64) -> bool {
    (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day)
}
