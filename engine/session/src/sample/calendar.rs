//! Dates of the sample, as days since January of a year.

use hyperslab_array::Calendar;

/// The first day of each month, in days since January of `year`.
pub(super) fn first_of_months(year: i32, months: usize) -> impl Iterator<Item = i64> {
    (0..months).scan(0, move |next, month| {
        let first = *next;
        let year = year.saturating_add((month / 12) as i32);
        *next += i64::from(Calendar::Standard.days_in_month(year, (month % 12 + 1) as u8));
        Some(first)
    })
}

/// The 15th of each month, in days since January of `year`.
pub(super) fn middle_of_months(year: i32, months: usize) -> Vec<i64> {
    first_of_months(year, months).map(|first| first + 14).collect()
}
