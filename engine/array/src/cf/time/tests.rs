//! Times of CF, against values that cftime gives.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Encoding, ErrorKind, Role, Scalar};

fn encoding(stored: DataType, units: &str, calendar: Option<&str>) -> Result<Encoding> {
    let mut attributes = Attributes::from_iter([("units", json!(units))]);
    if let Some(calendar) = calendar {
        attributes.insert("calendar", calendar);
    }
    Encoding::try_new(stored, &attributes, Role::Dimension)
}

/// The decoded time as text of the calendar that timestamps are in, or of its own.
fn decoded(value: Values, units: &str, calendar: Option<&str>) -> Option<String> {
    match encoding(value.data_type(), units, calendar).unwrap().decode(value).unwrap().get(0)? {
        Scalar::Timestamp(t) => Some(Calendar::ProlepticGregorian.date(t).to_string()),
        Scalar::String(text) => Some(text),
        other => panic!("{other:?} is not a time"),
    }
}

#[test]
fn times_are_those_of_cftime() {
    for (value, units, calendar, expected) in [
        // The mixed calendar is two days behind the proleptic one in the year 1.
        (0.0, "hours since 0001-01-01", "standard", "0000-12-30T00:00:00"),
        (0.0, "hours since 0001-01-01", "proleptic_gregorian", "0001-01-01T00:00:00"),
        (577_737.0, "days since 0001-01-01", "gregorian", "1582-10-15T00:00:00"),
        (577_737.0, "days since 0001-01-01", "julian", "1582-10-05T00:00:00"),
        (730_000.123456789, "days since 1-1-1 00:00:0.0", "standard", "1999-09-02T02:57:46.666565"),
        (730_000.123456789, "days since 1-1-1 00:00:0.0", "noleap", "2001-01-01T02:57:46.666565"),
        (730_000.123456789, "days since 1-1-1 00:00:0.0", "360_day", "2028-10-11T02:57:46.666565"),
        (59.0, "days since 2000-01-01", "360_day", "2000-02-30T00:00:00"),
        (59.0, "days since 2001-01-01", "all_leap", "2001-02-29T00:00:00"),
        (36525.25, "days since 1900-01-01 06:00", "noleap", "2000-01-26T12:00:00"),
        (-1.0, "days since 0001-01-01", "360_day", "0000-12-30T00:00:00"),
        (2_451_545.0, "days since -4713-01-01 12:00", "standard", "2000-01-01T12:00:00"),
        (1.5, "months since 2000-01-01", "360_day", "2000-02-16T00:00:00"),
        (0.1, "hours since 2000-01-01", "standard", "2000-01-01T00:06:00"),
        (1.0 / 3.0, "days since 2000-01-01", "standard", "2000-01-01T08:00:00"),
        (12.0, "hours since 1990-01-01T00:00:00+0200", "standard", "1990-01-01T10:00:00"),
    ] {
        let found = decoded(Values::Float64(vec![value]), units, Some(calendar));
        assert_eq!(found.as_deref(), Some(expected), "{value} {units} {calendar}");
    }
}

#[test]
fn reference_dates_are_read_in_all_usual_spellings() {
    for reference in [
        "1990-01-01",
        "1990-1-1",
        "1990-01",
        "1990",
        "19900101",
        "1990/01/01",
        "1990-01-01T00",
        "1990-1-1 0:0:0.0",
        "1990-01-01 00:00:00.000000",
        "1990-01-01T00:00:00Z",
        "1990-01-01 00:00:00 UTC",
        "1990-01-01 00:00:00 gmt",
        "1990-01-01 00:00:00 +0:00",
        "1990-01-01 00:00 -00:00",
        "1990-01-01 02:00:00 +2",
        "1990-01-01 02:30:00+02:30",
        "1989-12-31T18:30:00 -5:30",
        "1989-12-31 18:30:00-0530",
    ] {
        let found = decoded(Values::Int32(vec![36]), &format!("hours since {reference}"), None);
        assert_eq!(found.as_deref(), Some("1990-01-02T12:00:00"), "{reference}");
    }
}

#[test]
fn units_are_read_in_all_usual_spellings() {
    for (count, units) in [
        (1, "days d Day"),
        (24, "hours hour hr hrs h"),
        (1440, "minutes minute min mins"),
        (86_400, "seconds second sec secs s"),
        (86_400_000, "milliseconds millisec msecs ms"),
        (86_400_000_000, "microseconds microsec"),
        (86_400_000_000_000i64, "nanoseconds ns"),
    ] {
        for unit in units.split(' ') {
            for since in ["since", " Since ", "SINCE"] {
                let units = format!("{unit} {since} 2000-02-28");
                let found = decoded(Values::Int64(vec![count]), &units, None);
                assert_eq!(found.as_deref(), Some("2000-02-29T00:00:00"), "{units}");
            }
        }
    }
}

#[test]
fn every_number_type_counts() {
    for value in [
        Values::Int8(vec![1]),
        Values::Int16(vec![1]),
        Values::Int32(vec![1]),
        Values::Int64(vec![1]),
        Values::UInt8(vec![1]),
        Values::UInt16(vec![1]),
        Values::UInt32(vec![1]),
        Values::UInt64(vec![1]),
        Values::Float32(vec![1.0]),
        Values::Float64(vec![1.0]),
    ] {
        let found = decoded(value, "days since 1999-12-31", Some("noleap"));
        assert_eq!(found.as_deref(), Some("2000-01-01T00:00:00"));
    }
}

#[test]
fn bad_units_are_errors_that_name_them() {
    for (units, calendar, message) in [
        (
            "months since 2000-01-01",
            "standard",
            "units `months since 2000-01-01` count in `months`, which have no one length, expected days or shorter",
        ),
        (
            "days since the flood",
            "standard",
            "units `days since the flood` have no valid reference date: `the flood` is not a date such as \
             `1970-01-01 00:00:00`",
        ),
        (
            "days since 2000-02-30",
            "noleap",
            "units `days since 2000-02-30` have no valid reference date: there is no date `2000-02-30T00:00:00` in \
             the calendar `noleap`",
        ),
        (
            "days since 0000-01-01",
            "gregorian",
            "units `days since 0000-01-01` have no valid reference date: the calendar `standard` has no year 0",
        ),
    ] {
        let error = encoding(DataType::Int32, units, Some(calendar)).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, message));
    }
    let error = encoding(DataType::Int32, "days since 2000-01-01", Some("mayan")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
}

#[test]
fn what_is_no_time_stays_a_number() {
    for units in ["days", "K", "", "since", "mm since yesterday", "days of snow"] {
        let encoding = encoding(DataType::Int32, units, None).unwrap();
        assert_eq!((encoding.data_type(), encoding.time()), (DataType::Int32, None), "{units}");
    }
    assert_eq!(encoding(DataType::String, "days since 2000-01-01", None).unwrap().data_type(), DataType::String);
}

#[test]
fn missing_times_are_missing_and_not_computed() {
    let attributes = Attributes::from_iter([("units", json!("days since 2000-01-01")), ("_FillValue", json!(1e300))]);
    let encoding = Encoding::try_new(DataType::Float64, &attributes, Role::Data).unwrap();
    let decoded = encoding.decode(Values::Float64(vec![0.0, 1e300, f64::NAN])).unwrap();
    assert_eq!(decoded.get(0), Some(Scalar::Timestamp(946_684_800_000_000)));
    assert_eq!((decoded.get(1), decoded.get(2)), (None, None));

    let attributes = Attributes::from_iter([("units", "days since 2000-01-01"), ("calendar", "noleap")]);
    let encoding = Encoding::try_new(DataType::Int64, &attributes, Role::Data).unwrap();
    assert_eq!((encoding.may_be_missing(), encoding.calendar()), (true, Some(Calendar::NoLeap)));
    assert_eq!(encoding.decode(Values::Int64(vec![i64::MIN])).unwrap().get(0), None);
}

#[test]
fn times_that_do_not_fit_are_errors_that_name_the_value() {
    for (value, calendar, message) in [
        (
            Values::Int64(vec![0, 1 << 40]),
            "standard",
            "time `1099511627776` in `days since 2000-01-01` is out of range, expected at most 292000 years from 1970",
        ),
        (
            Values::Float64(vec![f64::INFINITY]),
            "standard",
            "time `inf` in `days since 2000-01-01` is out of range, expected at most 292000 years from 1970",
        ),
        (
            Values::UInt64(vec![u64::MAX]),
            "julian",
            "time `18446744073709551615` in `days since 2000-01-01` is out of range, expected at most 292000 years \
             from 1970",
        ),
        (
            Values::Int32(vec![365 * 8000]),
            "noleap",
            "time `10000-01-01T00:00:00` is out of range, expected a year from 0 to 9999 in the calendar `noleap`",
        ),
    ] {
        let encoding = encoding(value.data_type(), "days since 2000-01-01", Some(calendar)).unwrap();
        let error = encoding.decode(value).unwrap_err();
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Invalid, message));
    }
}

#[test]
fn packed_times_are_unpacked_first() {
    let attributes = Attributes::from_iter([("units", json!("hours since 2000-01-01")), ("scale_factor", json!(0.5))]);
    let encoding = Encoding::try_new(DataType::Int16, &attributes, Role::Data).unwrap();
    let decoded = encoding.decode(Values::Int16(vec![3])).unwrap();
    assert_eq!(decoded.get(0), Some(Scalar::Timestamp(946_684_800_000_000 + 5_400_000_000)));
}

#[test]
fn durations_need_the_dtype_that_says_so() {
    let attributes = Attributes::from_iter([("units", "hours"), ("dtype", "timedelta64[ns]")]);
    let encoding = Encoding::try_new(DataType::Float32, &attributes, Role::Data).unwrap();
    assert_eq!(encoding.data_type(), DataType::Duration);
    let decoded = encoding.decode(Values::Float32(vec![1.5, f32::NAN])).unwrap();
    assert_eq!((decoded.get(0), decoded.get(1)), (Some(Scalar::Duration(5_400_000_000)), None));
}

#[test]
fn the_reference_date_can_be_asked_for() {
    let encoding = encoding(DataType::Int32, "days since 1860-02-30", Some("360_day")).unwrap();
    let time = encoding.time().unwrap();
    assert_eq!((time.reference().to_string().as_str(), time.calendar), ("1860-02-30T00:00:00", Calendar::Day360));
    assert_eq!(time.text, "days since 1860-02-30");
}

proptest! {
    #[test]
    fn no_units_make_the_reader_fail(units in "(days|months|h) since .{0,30}", calendar in 0..7usize) {
        let calendar = ["standard", "julian", "noleap", "all_leap", "360_day", "none", "x"][calendar];
        let _ = encoding(DataType::Int32, &units, Some(calendar));
    }

    #[test]
    fn whole_floats_count_like_integers(days in -2_000_000i64..2_000_000, calendar in 0..3usize) {
        let calendar = ["standard", "proleptic_gregorian", "julian"][calendar];
        let of = |value: Values| {
            let encoding = encoding(value.data_type(), "days since 1850-01-01 12:00", Some(calendar)).unwrap();
            encoding.decode(value).map(|d| d.get(0)).map_err(|e| e.to_string())
        };
        let (int, float) = (of(Values::Int64(vec![days])), of(Values::Float64(vec![days as f64])));
        prop_assert_eq!(int, float);
    }
}
