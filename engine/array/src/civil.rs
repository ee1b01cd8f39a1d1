//! Days and dates of the Gregorian calendar, which counts on before 1582: what SQL calls a date.
//!
//! Years are astronomical: the year 0 is 1 BC. The method is that of Howard Hinnant's `days_from_civil` and
//! `civil_from_days`: years begin in March, so that the day that comes and goes is the last one.

/// Days of 400 years.
const ERA: i64 = 146_097;

/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;

/// Days from 1970-01-01 to a date. The day may be out of its month, and is counted on.
pub fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH
}

/// The year, month and day that are so many days after 1970-01-01.
pub fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + EPOCH;
    let (era, of_era) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Days of a month.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    let (next_year, next_month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days_of(next_year, next_month, 1) - days_of(year, month, 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_days_are_each_others_inverse() {
        for (date, days) in
            [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((1600, 1, 1), -135_140), ((0, 1, 1), -719_528)]
        {
            assert_eq!((days_of(date.0, date.1, date.2), date_of(days)), (days, date));
        }
        let mut expected = date_of(-800_000);
        for days in -800_000..800_000 {
            assert_eq!(date_of(days), expected);
            assert_eq!(days_of(expected.0, expected.1, expected.2), days);
            let (year, month, day) = expected;
            expected = match (day == days_in_month(year, month), month) {
                (false, _) => (year, month, day + 1),
                (true, 12) => (year + 1, 1, 1),
                (true, _) => (year, month + 1, 1),
            };
        }
        assert_eq!((days_in_month(1900, 2), days_in_month(2000, 2), days_in_month(2023, 2)), (28, 29, 28));
    }
}
