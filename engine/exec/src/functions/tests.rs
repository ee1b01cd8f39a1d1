//! The functions on times, on every calendar and in every shape of argument.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Float64Array, Int32Array, LargeStringArray, StringArray, StringViewArray,
    Time64MicrosecondArray, TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray,
    TimestampSecondArray,
};
use datafusion::arrow::datatypes::{DataType, Field, Int32Type, TimestampMicrosecondType};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Documentation, ScalarUDF};
use hyperslab_array::{Calendar, DateTime};

use super::tester::Tester;
use super::*;

/// The field of a time column of `data_type`; text gets the calendar.
fn time(data_type: &DataType, calendar: Option<&str>) -> Field {
    let metadata = calendar.map(|c| HashMap::from([("calendar".to_string(), c.to_string())])).unwrap_or_default();
    Field::new("time", data_type.clone(), true).with_metadata(metadata)
}

fn part(udf: Arc<ScalarUDF>, column: ArrayRef, calendar: Option<&str>) -> Vec<Option<i32>> {
    let tester = Tester::new(udf, vec![time(column.data_type(), calendar)]);
    tester.answers(&[], column).unwrap().as_primitive::<Int32Type>().iter().collect()
}

fn named_part(name: &str, column: ArrayRef, calendar: Option<&str>) -> Vec<Option<i32>> {
    let fields = vec![Field::new("part", DataType::Utf8, false), time(column.data_type(), calendar)];
    let tester = Tester::new(date_part::udf(), fields);
    tester.answers(&[ScalarValue::from(name)], column).unwrap().as_primitive::<Int32Type>().iter().collect()
}

fn truncated(unit: &str, column: ArrayRef, calendar: Option<&str>) -> ArrayRef {
    let fields = vec![Field::new("unit", DataType::Utf8, false), time(column.data_type(), calendar)];
    Tester::new(date_trunc::udf(), fields).answers(&[ScalarValue::from(unit)], column).unwrap()
}

/// Microseconds of a date of the proleptic Gregorian calendar.
fn micros(text: &str) -> i64 {
    Calendar::ProlepticGregorian.micros(&DateTime::parse(text).unwrap()).unwrap()
}

fn timestamps(texts: &[&str]) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(texts.iter().map(|t| Some(micros(t))).chain([None]).collect::<Vec<_>>()))
}

fn texts(texts: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(texts.iter().map(|t| Some(*t)).chain([None]).collect::<Vec<_>>()))
}

#[test]
fn every_function_has_one_name_and_is_registered_once() {
    let mut names: Vec<String> =
        all().iter().flat_map(|f| std::iter::once(f.name().to_string()).chain(f.aliases().iter().cloned())).collect();
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
    assert!(names.contains(&"datepart".to_string()) && names.contains(&"datetrunc".to_string()));
    let says = |d: Option<&Documentation>| d.is_some_and(|d| reference::counterpart(d).1.is_some());
    assert!(
        all().iter().all(|f| says(f.documentation())),
        "every function says what it does, and what it is in xarray"
    );
}

#[test]
fn parts_of_timestamps_before_and_after_1970_and_beyond_nanoseconds() {
    let column = timestamps(&["1969-12-31T23:59:58", "2000-02-29T12:30:15", "0001-01-01", "9999-12-31T23:00:00"]);
    let cases: [(Arc<ScalarUDF>, [i32; 4]); 7] = [
        (year::udf(), [1969, 2000, 1, 9999]),
        (month::udf(), [12, 2, 1, 12]),
        (day::udf(), [31, 29, 1, 31]),
        (hour::udf(), [23, 12, 0, 23]),
        (minute::udf(), [59, 30, 0, 0]),
        (second::udf(), [58, 15, 0, 0]),
        (dayofyear::udf(), [365, 60, 1, 365]),
    ];
    for (udf, [a, b, c, d]) in cases {
        let name = udf.name().to_string();
        assert_eq!(part(udf, Arc::clone(&column), None), [Some(a), Some(b), Some(c), Some(d), None], "{name}");
    }
}

#[test]
fn parts_do_not_depend_on_the_unit_of_a_timestamp() {
    let second = micros("1850-07-04T05:06:07") / 1_000_000;
    let columns: [ArrayRef; 4] = [
        Arc::new(TimestampSecondArray::from(vec![second])),
        Arc::new(TimestampMillisecondArray::from(vec![second * 1_000])),
        Arc::new(TimestampMicrosecondArray::from(vec![second * 1_000_000])),
        Arc::new(TimestampNanosecondArray::from(vec![second * 1_000_000_000])),
    ];
    for column in columns {
        assert_eq!(part(year::udf(), Arc::clone(&column), None), [Some(1850)]);
        assert_eq!(part(hour::udf(), Arc::clone(&column), None), [Some(5)]);
        assert_eq!(part(dayofyear::udf(), column, None), [Some(185)]);
    }
}

#[test]
fn a_timestamp_with_a_zone_gives_its_local_parts() {
    let column: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0]).with_timezone("+05:30"));
    assert_eq!(part(hour::udf(), Arc::clone(&column), None), [Some(5)]);
    assert_eq!(part(minute::udf(), column, None), [Some(30)]);
}

#[test]
fn a_date_has_a_year_and_no_hours() {
    let column: ArrayRef = Arc::new(Date32Array::from(vec![Some(-1), None]));
    assert_eq!(part(year::udf(), Arc::clone(&column), None), [Some(1969), None]);
    assert_eq!(part(hour::udf(), column, None), [Some(0), None]);
}

#[test]
fn a_time_of_day_has_an_hour_and_no_year() {
    let column: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![3_600_000_000i64]));
    assert_eq!(part(hour::udf(), Arc::clone(&column), None), [Some(1)]);
    let error = Tester::new(year::udf(), vec![time(column.data_type(), None)]).answers(&[], column).unwrap_err();
    assert!(error.to_string().contains("year expected a time, got `Time64(µs)`"), "{error}");
}

#[test]
fn a_number_is_not_a_time() {
    for udf in [year::udf(), season::udf()] {
        let tester = Tester::new(udf, vec![Field::new("x", DataType::Float64, false)]);
        let error = tester.answers(&[], Arc::new(Float64Array::from(vec![1.0]))).unwrap_err().to_string();
        assert!(error.contains("expected a time, got `Float64`"), "{error}");
    }
}

#[test]
fn a_time_that_arrow_cannot_count_is_an_error_and_not_null() {
    let column: ArrayRef = Arc::new(TimestampSecondArray::from(vec![i64::MAX / 1_000]));
    let error = Tester::new(year::udf(), vec![time(column.data_type(), None)]).answers(&[], column).unwrap_err();
    assert!(error.to_string().contains("outside of the years"), "{error}");
}

#[test]
fn seasons_go_by_the_month_on_every_calendar() {
    let months: Vec<String> = (1..=12).map(|m| format!("2001-{m:02}-30T00:00:00")).collect();
    let column = texts(&months.iter().map(String::as_str).collect::<Vec<_>>());
    let expected = ["DJF", "DJF", "MAM", "MAM", "MAM", "JJA", "JJA", "JJA", "SON", "SON", "SON", "DJF"];
    for calendar in [None, Some("360_day"), Some("all_leap")] {
        let tester = Tester::new(season::udf(), vec![time(&DataType::Utf8, calendar)]);
        let answer = tester.answers(&[], Arc::clone(&column)).unwrap();
        let answer: Vec<Option<&str>> = answer.as_string::<i32>().iter().collect();
        assert_eq!(answer, expected.iter().map(|s| Some(*s)).chain([None]).collect::<Vec<_>>());
    }
}

#[test]
fn the_day_of_the_year_counts_as_the_calendar_does() {
    let cases = [
        ("360_day", "2000-03-01T00:00:00", 61),
        ("noleap", "2000-03-01T00:00:00", 60),
        ("365_day", "2000-12-31T00:00:00", 365),
        ("all_leap", "2001-03-01T00:00:00", 61),
        ("366_day", "2001-12-31T00:00:00", 366),
        ("julian", "1900-03-01T00:00:00", 61),
        ("proleptic_gregorian", "1900-03-01T00:00:00", 60),
    ];
    for (calendar, date, expected) in cases {
        assert_eq!(part(dayofyear::udf(), texts(&[date]), Some(calendar)), [Some(expected), None], "{calendar}");
        assert_eq!(named_part("doy", texts(&[date]), Some(calendar)), [Some(expected), None], "{calendar}");
        assert_eq!(named_part("DayOfYear", texts(&[date]), Some(calendar)), [Some(expected), None], "{calendar}");
    }
    // Without a calendar a text is read as SQL reads it.
    assert_eq!(part(dayofyear::udf(), texts(&["1900-03-01"]), None), [Some(60), None]);
}

#[test]
fn parts_of_text_of_every_encoding() {
    let date = "1860-02-30T12:30:15.250000";
    let columns: [ArrayRef; 3] = [
        Arc::new(StringArray::from(vec![date])),
        Arc::new(LargeStringArray::from(vec![date])),
        Arc::new(StringViewArray::from(vec![date])),
    ];
    for column in columns {
        let parts = [year::udf(), month::udf(), day::udf(), hour::udf(), minute::udf(), second::udf()];
        let answers: Vec<_> = parts.into_iter().flat_map(|f| part(f, Arc::clone(&column), Some("360_day"))).collect();
        assert_eq!(answers, [1860, 2, 30, 12, 30, 15].map(Some));
        for (name, expected) in [("quarter", 1), ("QTR", 1), ("years", 1860), ("millisecond", 15_250), ("ms", 15_250)] {
            assert_eq!(named_part(name, Arc::clone(&column), Some("360_day")), [Some(expected)], "{name}");
        }
    }
}

#[test]
fn a_date_that_the_calendar_lacks_has_no_day_of_the_year() {
    let tester = Tester::new(dayofyear::udf(), vec![time(&DataType::Utf8, Some("noleap"))]);
    let error = tester.answers(&[], texts(&["2000-02-29"])).unwrap_err().to_string();
    assert!(error.contains("2000-02-29") && error.contains("noleap"), "{error}");
}

#[test]
fn text_that_is_no_time_is_an_error_that_names_it() {
    let tester = Tester::new(month::udf(), vec![time(&DataType::Utf8, None)]);
    let error = tester.answers(&[], texts(&["soon"])).unwrap_err().to_string();
    assert!(error.contains("`soon` is not a time"), "{error}");
}

#[test]
fn text_without_a_calendar_that_is_no_timestamp_is_an_error_and_not_null() {
    for (udf, name) in [(date_part::udf(), "year"), (date_trunc::udf(), "year")] {
        let fields = vec![Field::new("part", DataType::Utf8, false), time(&DataType::Utf8, None)];
        let error = Tester::new(udf, fields).answers(&[ScalarValue::from(name)], texts(&["1860-02-30T00:00:00"]));
        assert!(error.unwrap_err().to_string().contains("1860-02-30"));
    }
}

#[test]
fn the_epoch_of_a_calendar_counts_its_own_days() {
    let fields = vec![Field::new("part", DataType::Utf8, false), time(&DataType::Utf8, Some("360_day"))];
    let tester = Tester::new(date_part::udf(), fields);
    let answer = tester.answers(&[ScalarValue::from("epoch")], texts(&["1971-01-01T00:00:01"])).unwrap();
    assert_eq!(answer.as_ref(), &Float64Array::from(vec![Some(360.0 * 86_400.0 + 1.0), None]) as &dyn Array);
}

#[test]
fn date_part_of_timestamps_is_that_of_datafusion() {
    let column = timestamps(&["2000-02-29T12:30:15"]);
    let cases = [("isodow", 2), ("dow", 2), ("dayofweek", 2), ("week", 9), ("doy", 60), ("isoyear", 2000), ("sec", 15)];
    for (name, expected) in cases {
        assert_eq!(named_part(name, Arc::clone(&column), None), [Some(expected), None], "{name}");
    }
    // A text without a calendar is a timestamp, as DataFusion has it.
    assert_eq!(named_part("dow", texts(&["2000-02-29"]), None), [Some(2), None]);
}

#[test]
fn weeks_have_no_meaning_in_other_calendars() {
    for name in ["week", "dow", "isodow", "isoyear"] {
        let fields = vec![Field::new("part", DataType::Utf8, false), time(&DataType::Utf8, Some("noleap"))];
        let part = ScalarValue::from(name);
        let error = Tester::new(date_part::udf(), fields).return_field(&[Some(&part), None]).unwrap_err().to_string();
        assert!(error.contains(&format!("no part `{name}` in calendar `noleap`")), "{error}");
    }
    let fields = vec![Field::new("unit", DataType::Utf8, false), time(&DataType::Utf8, Some("noleap"))];
    let week = ScalarValue::from("week");
    let error = Tester::new(date_trunc::udf(), fields).return_field(&[Some(&week), None]).unwrap_err().to_string();
    assert!(error.contains("no unit `week` in calendar `noleap`"), "{error}");
}

#[test]
fn an_unknown_part_lists_the_nearest() {
    let fields = vec![Field::new("part", DataType::Utf8, false), time(&DataType::Utf8, None)];
    let part = ScalarValue::from("yaer");
    let error = Tester::new(date_part::udf(), fields.clone()).return_field(&[Some(&part), None]).unwrap_err();
    assert!(error.to_string().contains("no part `yaer`") && error.to_string().contains("`year`"), "{error}");
    let error = Tester::new(date_trunc::udf(), fields).return_field(&[Some(&part), None]).unwrap_err();
    assert!(error.to_string().contains("no unit `yaer`") && error.to_string().contains("`year`"), "{error}");
}

#[test]
fn truncation_of_timestamps_in_all_years() {
    let column = timestamps(&["1582-10-15T12:34:56.789012", "1969-12-31T23:59:59.999999", "0001-08-15", "9999-12-31"]);
    let cases = [
        ("year", ["1582-01-01", "1969-01-01", "0001-01-01", "9999-01-01"]),
        ("quarter", ["1582-10-01", "1969-10-01", "0001-07-01", "9999-10-01"]),
        ("month", ["1582-10-01", "1969-12-01", "0001-08-01", "9999-12-01"]),
        ("week", ["1582-10-11", "1969-12-29", "0001-08-13", "9999-12-27"]),
        ("day", ["1582-10-15", "1969-12-31", "0001-08-15", "9999-12-31"]),
        ("hour", ["1582-10-15T12", "1969-12-31T23", "0001-08-15", "9999-12-31"]),
        ("minute", ["1582-10-15T12:34", "1969-12-31T23:59", "0001-08-15", "9999-12-31"]),
        ("second", ["1582-10-15T12:34:56", "1969-12-31T23:59:59", "0001-08-15", "9999-12-31"]),
        ("MILLISECOND", ["1582-10-15T12:34:56.789", "1969-12-31T23:59:59.999", "0001-08-15", "9999-12-31"]),
        ("microsecond", ["1582-10-15T12:34:56.789012", "1969-12-31T23:59:59.999999", "0001-08-15", "9999-12-31"]),
    ];
    for (unit, expected) in cases {
        let answer = truncated(unit, Arc::clone(&column), None);
        let answer: Vec<_> = answer.as_primitive::<TimestampMicrosecondType>().iter().collect();
        let expected: Vec<_> = expected.iter().map(|t| Some(micros(t))).chain([None]).collect();
        assert_eq!(answer, expected, "{unit}");
    }
}

#[test]
fn truncation_keeps_the_unit_of_a_timestamp() {
    let second = micros("1850-07-04T05:06:07") / 1_000_000;
    let year = micros("1850-01-01") / 1_000_000;
    let minute = micros("1850-07-04T05:06:00") / 1_000_000;
    let (s, ms) = (TimestampSecondArray::from, TimestampMillisecondArray::from);
    assert_eq!(&truncated("year", Arc::new(s(vec![second])), None), &(Arc::new(s(vec![year])) as ArrayRef));
    assert_eq!(&truncated("minute", Arc::new(s(vec![second])), None), &(Arc::new(s(vec![minute])) as ArrayRef));
    assert_eq!(&truncated("microsecond", Arc::new(s(vec![second])), None), &(Arc::new(s(vec![second])) as ArrayRef));
    let (value, expected) = (vec![second * 1_000 + 7], vec![year * 1_000]);
    assert_eq!(&truncated("year", Arc::new(ms(value)), None), &(Arc::new(ms(expected)) as ArrayRef));
    let ns: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![second * 1_000_000_000 + 7]));
    let expected: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![year * 1_000_000_000]));
    assert_eq!(&truncated("year", ns, None), &expected);
}

#[test]
fn truncation_of_text_keeps_the_calendar() {
    let column = texts(&["1860-02-30T12:34:56.789012", "1860-11-30T00:00:00"]);
    let cases = [
        ("year", ["1860-01-01T00:00:00", "1860-01-01T00:00:00"]),
        ("quarter", ["1860-01-01T00:00:00", "1860-10-01T00:00:00"]),
        ("month", ["1860-02-01T00:00:00", "1860-11-01T00:00:00"]),
        ("day", ["1860-02-30T00:00:00", "1860-11-30T00:00:00"]),
        ("hour", ["1860-02-30T12:00:00", "1860-11-30T00:00:00"]),
        ("minute", ["1860-02-30T12:34:00", "1860-11-30T00:00:00"]),
        ("second", ["1860-02-30T12:34:56", "1860-11-30T00:00:00"]),
        ("millisecond", ["1860-02-30T12:34:56.789000", "1860-11-30T00:00:00"]),
    ];
    for (unit, expected) in cases {
        assert_eq!(&truncated(unit, Arc::clone(&column), Some("360_day")), &texts(&expected), "{unit}");
    }
    let fields = vec![Field::new("unit", DataType::Utf8, false), time(&DataType::Utf8, Some("360_day"))];
    let field = Tester::new(date_trunc::udf(), fields).return_field(&[]).unwrap();
    assert_eq!(field.metadata().get("calendar").map(String::as_str), Some("360_day"));
    let nested = Tester::new(year::udf(), vec![field.as_ref().clone()]);
    let answer = nested.answers(&[], truncated("month", column, Some("360_day"))).unwrap();
    assert_eq!(answer.as_ref(), &Int32Array::from(vec![Some(1860), Some(1860), None]) as &dyn Array);
}

#[test]
fn truncation_of_text_without_a_calendar_is_a_timestamp() {
    let answer = truncated("month", texts(&["2000-02-29"]), None);
    let expected = micros("2000-02-01") * 1_000;
    assert_eq!(&answer, &(Arc::new(TimestampNanosecondArray::from(vec![Some(expected), None])) as ArrayRef));
}
