//! Dates of every calendar, against values that cftime gives.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;

const ALL: [Calendar; 6] = [
    Calendar::Standard,
    Calendar::ProlepticGregorian,
    Calendar::NoLeap,
    Calendar::AllLeap,
    Calendar::Day360,
    Calendar::Julian,
];

type Sample = (Calendar, i64, (i32, u8, u8), u16);

/// Days since 1970-01-01, the date, and the day of the year, as cftime 1.6.6 computes them (`has_year_zero=True`).
const CFTIME: [Sample; 72] = [
    (Calendar::Standard, -800000, (-221, 9, 8), 251),
    (Calendar::Standard, -719162, (1, 1, 3), 3),
    (Calendar::Standard, -141427, (1582, 10, 15), 288),
    (Calendar::Standard, -141428, (1582, 10, 4), 277),
    (Calendar::Standard, -1, (1969, 12, 31), 365),
    (Calendar::Standard, 58, (1970, 2, 28), 59),
    (Calendar::Standard, 59, (1970, 3, 1), 60),
    (Calendar::Standard, 11016, (2000, 2, 29), 60),
    (Calendar::Standard, 19782, (2024, 2, 29), 60),
    (Calendar::Standard, -100000, (1696, 3, 17), 77),
    (Calendar::Standard, 298095, (2786, 2, 27), 58),
    (Calendar::Standard, 1785716, (6859, 2, 15), 46),
    (Calendar::ProlepticGregorian, -800000, (-221, 9, 4), 247),
    (Calendar::ProlepticGregorian, -719162, (1, 1, 1), 1),
    (Calendar::ProlepticGregorian, -141427, (1582, 10, 15), 288),
    (Calendar::ProlepticGregorian, -141428, (1582, 10, 14), 287),
    (Calendar::ProlepticGregorian, -1, (1969, 12, 31), 365),
    (Calendar::ProlepticGregorian, 58, (1970, 2, 28), 59),
    (Calendar::ProlepticGregorian, 59, (1970, 3, 1), 60),
    (Calendar::ProlepticGregorian, 11016, (2000, 2, 29), 60),
    (Calendar::ProlepticGregorian, 19782, (2024, 2, 29), 60),
    (Calendar::ProlepticGregorian, -100000, (1696, 3, 17), 77),
    (Calendar::ProlepticGregorian, 1582662, (6303, 3, 9), 68),
    (Calendar::ProlepticGregorian, -152968, (1551, 3, 11), 70),
    (Calendar::NoLeap, -800000, (-222, 3, 22), 81),
    (Calendar::NoLeap, -719162, (-1, 9, 11), 254),
    (Calendar::NoLeap, -141427, (1582, 7, 13), 194),
    (Calendar::NoLeap, -141428, (1582, 7, 12), 193),
    (Calendar::NoLeap, -1, (1969, 12, 31), 365),
    (Calendar::NoLeap, 58, (1970, 2, 28), 59),
    (Calendar::NoLeap, 59, (1970, 3, 1), 60),
    (Calendar::NoLeap, 11016, (2000, 3, 8), 67),
    (Calendar::NoLeap, 19782, (2024, 3, 14), 73),
    (Calendar::NoLeap, -100000, (1696, 1, 11), 11),
    (Calendar::NoLeap, 851704, (4303, 6, 9), 160),
    (Calendar::NoLeap, 1833024, (6991, 12, 26), 360),
    (Calendar::AllLeap, -800000, (-216, 3, 17), 77),
    (Calendar::AllLeap, -719162, (5, 1, 29), 29),
    (Calendar::AllLeap, -141427, (1583, 8, 3), 216),
    (Calendar::AllLeap, -141428, (1583, 8, 2), 215),
    (Calendar::AllLeap, -1, (1969, 12, 31), 366),
    (Calendar::AllLeap, 58, (1970, 2, 28), 59),
    (Calendar::AllLeap, 59, (1970, 2, 29), 60),
    (Calendar::AllLeap, 11016, (2000, 2, 6), 37),
    (Calendar::AllLeap, 19782, (2024, 1, 19), 19),
    (Calendar::AllLeap, -100000, (1696, 10, 11), 285),
    (Calendar::AllLeap, 1288324, (5490, 1, 5), 5),
    (Calendar::AllLeap, 1924461, (7228, 2, 3), 34),
    (Calendar::Day360, -800000, (-253, 10, 11), 281),
    (Calendar::Day360, -719162, (-28, 4, 29), 119),
    (Calendar::Day360, -141427, (1577, 2, 24), 54),
    (Calendar::Day360, -141428, (1577, 2, 23), 53),
    (Calendar::Day360, -1, (1969, 12, 30), 360),
    (Calendar::Day360, 58, (1970, 2, 29), 59),
    (Calendar::Day360, 59, (1970, 2, 30), 60),
    (Calendar::Day360, 11016, (2000, 8, 7), 217),
    (Calendar::Day360, 19782, (2024, 12, 13), 343),
    (Calendar::Day360, -100000, (1692, 3, 21), 81),
    (Calendar::Day360, 1736270, (6792, 12, 21), 351),
    (Calendar::Day360, -425153, (789, 1, 8), 8),
    (Calendar::Julian, -800000, (-221, 9, 21), 264),
    (Calendar::Julian, -719162, (1, 1, 16), 16),
    (Calendar::Julian, -141427, (1582, 10, 18), 291),
    (Calendar::Julian, -141428, (1582, 10, 17), 290),
    (Calendar::Julian, -1, (1969, 12, 31), 365),
    (Calendar::Julian, 58, (1970, 2, 28), 59),
    (Calendar::Julian, 59, (1970, 3, 1), 60),
    (Calendar::Julian, 11016, (2000, 2, 29), 60),
    (Calendar::Julian, 19782, (2024, 2, 29), 60),
    (Calendar::Julian, -100000, (1696, 3, 20), 80),
    (Calendar::Julian, 1840068, (7007, 11, 1), 305),
    (Calendar::Julian, -644770, (204, 9, 19), 263),
];

#[test]
fn dates_are_those_of_cftime() {
    for (calendar, days, (year, month, day), day_of_year) in CFTIME {
        let date = DateTime::from_date(year, month, day);
        assert_eq!(calendar.date(days * MICROS_PER_DAY), date, "{calendar:?} {days}");
        assert_eq!(calendar.micros(&date).unwrap(), days * MICROS_PER_DAY, "{calendar:?} {date}");
        assert_eq!(date.day_of_year(calendar), day_of_year, "{calendar:?} {date}");
    }
}

#[test]
fn the_day_after_julian_october_fourth_is_gregorian_october_fifteenth() {
    let last = Calendar::Standard.micros(&DateTime::from_date(1582, 10, 4)).unwrap();
    assert_eq!(Calendar::Standard.date(last + MICROS_PER_DAY), DateTime::from_date(1582, 10, 15));
    let lost = Calendar::Standard.micros(&DateTime::from_date(1582, 10, 10)).unwrap_err();
    assert_eq!(lost.to_string(), "there is no date `1582-10-10T00:00:00` in the calendar `standard`");
}

#[test]
fn names_are_those_of_cf_in_any_case() {
    for calendar in ALL {
        assert_eq!(Calendar::parse(calendar.name()).unwrap(), calendar);
    }
    for (name, calendar) in [
        ("GREGORIAN", Calendar::Standard),
        ("none", Calendar::Standard),
        ("365_day", Calendar::NoLeap),
        ("366_day", Calendar::AllLeap),
    ] {
        assert_eq!(Calendar::parse(name).unwrap(), calendar);
    }
    assert_eq!(Calendar::parse("mayan").unwrap_err().kind(), crate::ErrorKind::Unsupported);
}

#[test]
fn leap_days_exist_where_the_calendar_has_them() {
    let exists = |calendar: Calendar, year| calendar.micros(&DateTime::from_date(year, 2, 29)).is_ok();
    assert!(exists(Calendar::Standard, 1500) && !exists(Calendar::ProlepticGregorian, 1500));
    assert!(!exists(Calendar::Standard, 1900) && exists(Calendar::Julian, 1900));
    assert!(!exists(Calendar::NoLeap, 2000) && exists(Calendar::AllLeap, 2001) && exists(Calendar::Day360, 2001));
    assert!(Calendar::Day360.micros(&DateTime::from_date(2001, 1, 31)).is_err());
    assert_eq!(Calendar::Standard.days_in_month(2000, 13), 0);
}

#[test]
fn every_instant_of_64_bits_has_a_date() {
    for calendar in ALL {
        for micros in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX] {
            let date = calendar.date(micros);
            assert_eq!(calendar.micros(&date).unwrap(), micros, "{calendar:?} {date}");
        }
        let far = calendar.micros(&DateTime::from_date(i32::MAX, 1, 1)).unwrap_err();
        assert_eq!(far.kind(), crate::ErrorKind::Argument);
        assert!(calendar.micros(&DateTime::from_date(i32::MIN, 12, 30)).is_err());
    }
}

#[test]
fn texts_of_dates_are_read_in_full_and_in_part() {
    for (text, expected) in [
        ("1990", "1990-01-01T00:00:00"),
        ("850-3", "0850-03-01T00:00:00"),
        ("1990-02-30", "1990-02-30T00:00:00"),
        (" 1990-02-30T12 ", "1990-02-30T12:00:00"),
        ("1990-02-30 12:30:00.5", "1990-02-30T12:30:00.500000"),
        ("1990-02-30t12:30:15.1234567z", "1990-02-30T12:30:15.123456"),
        ("-0044-03-15", "-0044-03-15T00:00:00"),
        ("12000-01-01", "12000-01-01T00:00:00"),
    ] {
        assert_eq!(DateTime::parse(text).map(|d| d.to_string()).as_deref(), Some(expected), "{text}");
    }
    for text in [
        "",
        " ",
        "Z",
        "-",
        "x",
        "1990-13",
        "1990-00",
        "1990-1-32",
        "1990-1-1T24",
        "1990-1-1 1:60",
        "19900101",
        "1990-1-1-1",
    ] {
        assert_eq!(DateTime::parse(text), None, "{text}");
    }
    for text in ["1990-1-1T1:1:1:1", "1990-1-1T1:1:1.x", "1990-1-1T", "é", "1990-01-01T12:00+01:00", "+-5"] {
        assert_eq!(DateTime::parse(text), None, "{text}");
    }
}

proptest! {
    #[test]
    fn an_instant_survives_the_way_to_a_date_and_back(micros in any::<i64>(), calendar in 0..6usize) {
        let calendar = ALL[calendar];
        let date = calendar.date(micros);
        prop_assert!(calendar.has(&date), "{date}");
        prop_assert_eq!(calendar.micros(&date).unwrap(), micros);
        prop_assert_eq!(DateTime::parse(&date.to_string()), Some(date));
    }

    #[test]
    fn the_next_day_is_the_next_date(days in -1_200_000i64..4_000_000, calendar in 0..6usize) {
        let calendar = ALL[calendar];
        let (today, tomorrow) = (calendar.date(days * MICROS_PER_DAY), calendar.date((days + 1) * MICROS_PER_DAY));
        let expected = if today.day < calendar.days_in_month(today.year, today.month) {
            let reform = calendar == Calendar::Standard && (today.year, today.month, today.day) == (1582, 10, 4);
            DateTime::from_date(today.year, today.month, if reform { 15 } else { today.day + 1 })
        } else if today.month < 12 {
            DateTime::from_date(today.year, today.month + 1, 1)
        } else {
            DateTime::from_date(today.year + 1, 1, 1)
        };
        prop_assert_eq!(tomorrow, expected);
    }

    #[test]
    fn no_text_makes_the_reader_of_dates_fail(text in ".{0,30}") {
        let _ = DateTime::parse(&text);
    }
}
