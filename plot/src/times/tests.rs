//! Ticks of times: the calendar, and dates that people read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

/// Microseconds of a date.
fn at(year: i64, month: i64, day: i64) -> f64 {
    ((first_day(year * 12 + month - 1) + day - 1) * DAY) as f64
}

fn texts(low: f64, high: f64, most: usize, stacked: bool) -> Vec<String> {
    let text = |t: Tick| t.below.map_or(t.text.clone(), |b| format!("{}|{b}", t.text));
    ticks(low, high, most, stacked).into_iter().map(text).collect()
}

#[test]
fn the_calendar_knows_its_leap_years() {
    assert_eq!(civil(0), (1970, 1, 1));
    assert_eq!(civil(11_016), (2000, 2, 29));
    assert_eq!(civil(-25_509), (1900, 2, 28));
    assert_eq!(civil(-25_508), (1900, 3, 1));
    assert_eq!(first_day(1982 * 12 + 7), 4595);
    // Every month of 5000 years starts the day after the last one ends.
    for month in -12_000..48_000 {
        let first = first_day(month);
        assert_eq!(civil(first), (month.div_euclid(12), month.rem_euclid(12) + 1, 1));
        assert_eq!(civil(first - 1).1, (month - 1).rem_euclid(12) + 1);
    }
}

#[test]
fn ticks_are_years_months_days_or_hours() {
    assert_eq!(texts(at(1981, 9, 1), at(1985, 2, 1), 6, true), ["1982", "1983", "1984", "1985"]);
    assert_eq!(texts(at(1981, 9, 1), at(2024, 2, 1), 6, true), ["1990", "2000", "2010", "2020"]);
    assert_eq!(texts(at(1982, 1, 1), at(1982, 7, 15), 8, true)[..3], ["1982-01", "1982-02", "1982-03"]);
    assert_eq!(texts(at(1982, 1, 1), at(1982, 12, 31), 5, true), ["1982-01", "1982-04", "1982-07", "1982-10"]);
    assert_eq!(
        texts(at(1982, 8, 20), at(1982, 9, 12), 6, true),
        ["1982-08-21", "1982-08-26", "1982-09-01", "1982-09-06", "1982-09-11"]
    );
    assert_eq!(
        texts(at(1982, 8, 15), at(1982, 8, 16), 5, true),
        ["00:00|1982-08-15", "06:00", "12:00", "18:00", "00:00|1982-08-16"]
    );
    assert_eq!(texts(at(1982, 8, 15), at(1982, 8, 16), 3, false)[1], "1982-08-15 12:00");
    let noon = at(1982, 8, 15) + DAY as f64 / 2.0;
    assert_eq!(texts(noon, noon + 2e6, 5, true)[..2], ["12:00:00.0|1982-08-15", "12:00:00.5"]);
}

#[test]
fn no_range_makes_many_ticks_or_fails() {
    let ends = [i64::MIN + 1, -1, 0, 1, 1_000_000, i64::MAX / 2, i64::MAX].map(|v| v as f64);
    for low in ends {
        for high in ends.into_iter().filter(|h| *h > low) {
            for most in 2..10 {
                let list = ticks(low, high, most, true);
                assert!(list.len() <= 2 * most + 2, "{} ticks from {low} to {high}", list.len());
            }
        }
    }
}

#[test]
fn titles_are_as_exact_as_all_of_them_need() {
    let day = 4595 * DAY;
    assert_eq!(titles(&[day, day + DAY]), ["1982-08-01", "1982-08-02"]);
    assert_eq!(titles(&[day, day + DAY / 4]), ["1982-08-01 00:00", "1982-08-01 06:00"]);
    assert_eq!(titles(&[day + 1_500_000]), ["1982-08-01 00:00:01.500000"]);
}
