//! `nearest`, `pad` and `backfill` over labels of every kind, with values and tolerances of every kind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Decimal128Array, DurationSecondArray, Float32Array, Float64Array, Int8Array,
    Int64Array, StringArray, TimestampMicrosecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Float32Type, IntervalMonthDayNano, TimeUnit};
use datafusion::common::ScalarValue;
use hyperslab_array::{Calendar, ChunkGrid, Coordinate, DateTime, Method, Values};

use super::bound;
use crate::functions::tester::Tester;
use crate::testing::Maker;

/// The coordinate `x` with these stored labels.
async fn coordinate(values: Values, attributes: &[(&str, &str)]) -> Arc<Coordinate> {
    let grid = ChunkGrid::regular(&[values.len() as u64], &[3]).unwrap();
    let sample = Maker::new().add_with("x", &["x"], values, grid, attributes).make().await;
    Arc::clone(&sample.dataset.coordinates["x"])
}

fn tester(method: Method, coordinate: &Arc<Coordinate>, value: &DataType) -> Tester {
    let udf = Arc::new(bound(method, Arc::clone(coordinate)));
    Tester::new(udf, vec![Field::new("name", DataType::Utf8, false), Field::new("value", value.clone(), true)])
}

fn look_up(method: Method, coordinate: &Arc<Coordinate>, values: ArrayRef) -> ArrayRef {
    tester(method, coordinate, values.data_type()).answers(&[ScalarValue::from("x")], values).unwrap()
}

fn error(method: Method, coordinate: &Arc<Coordinate>, values: ArrayRef) -> String {
    let tester = tester(method, coordinate, values.data_type());
    tester.answers(&[ScalarValue::from("x")], values).unwrap_err().to_string()
}

/// The answer for a constant value and a constant tolerance.
fn within(coordinate: &Arc<Coordinate>, value: ScalarValue, tolerance: ScalarValue) -> Result<ScalarValue, String> {
    let udf = Arc::new(bound(Method::Nearest, Arc::clone(coordinate)));
    let fields = [("name", DataType::Utf8), ("value", value.data_type()), ("tolerance", tolerance.data_type())];
    let tester = Tester::new(udf, fields.into_iter().map(|(n, t)| Field::new(n, t, true)).collect());
    let args = [ScalarValue::from("x"), value, tolerance].map(datafusion::logical_expr::ColumnarValue::Scalar);
    let answer = tester.invoke(args.to_vec()).map_err(|e| e.to_string())?;
    Ok(ScalarValue::try_from_array(&answer.into_array(1).unwrap(), 0).unwrap())
}

fn micros(text: &str) -> i64 {
    Calendar::ProlepticGregorian.micros(&DateTime::parse(text).unwrap()).unwrap()
}

fn days(days: i32) -> ScalarValue {
    ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(0, days, 0)))
}

/// Months of 1982 as labels.
async fn months() -> Arc<Coordinate> {
    let labels = (1..=12).map(|m| micros(&format!("1982-{m:02}"))).collect();
    coordinate(Values::Timestamp(labels), &[]).await
}

#[tokio::test]
async fn each_method_finds_its_label_whatever_the_type_of_the_number() {
    let labels = coordinate(Values::Float32(vec![-10.0, 0.0, 10.5, 20.0]), &[]).await;
    let values: [ArrayRef; 5] = [
        Arc::new(Float64Array::from(vec![-20.0, 4.0, 10.5, 99.0])),
        Arc::new(Float32Array::from(vec![-20.0, 4.0, 10.5, 99.0])),
        Arc::new(Int8Array::from(vec![-20, 4, 10, 99])),
        Arc::new(Int64Array::from(vec![-20, 4, 10, 99])),
        Arc::new(Decimal128Array::from(vec![-200, 40, 105, 990]).with_precision_and_scale(4, 1).unwrap()),
    ];
    for values in values {
        let shown = format!("{}", values.data_type());
        let is_whole = values.data_type().is_integer();
        let found = |method| -> Vec<Option<f32>> {
            look_up(method, &labels, Arc::clone(&values)).as_primitive::<Float32Type>().iter().collect()
        };
        assert_eq!(found(Method::Nearest), [Some(-10.0), Some(0.0), Some(10.5), Some(20.0)], "{shown}");
        let pad = if is_whole { Some(0.0) } else { Some(10.5) };
        assert_eq!(found(Method::Pad), [None, Some(0.0), pad, Some(20.0)], "{shown}");
        assert_eq!(found(Method::Backfill), [Some(-10.0), Some(10.5), Some(10.5), None], "{shown}");
    }
}

#[tokio::test]
async fn the_type_of_the_label_is_that_of_the_column() {
    for labels in [Values::Int16(vec![1, 5]), Values::UInt8(vec![1, 5]), Values::Float64(vec![1.0, 5.0])] {
        let data_type = crate::convert::to_arrow(&labels.data_type());
        let labels = coordinate(labels, &[]).await;
        let found = look_up(Method::Nearest, &labels, Arc::new(UInt64Array::from(vec![4, 0])));
        assert_eq!(found.data_type(), &data_type);
    }
}

#[tokio::test]
async fn nan_and_null_find_no_label() {
    let labels = coordinate(Values::Float64(vec![1.0, f64::NAN, 5.0]), &[]).await;
    let found = look_up(Method::Nearest, &labels, Arc::new(Float64Array::from(vec![Some(f64::NAN), None, Some(4.0)])));
    assert_eq!(found.as_ref(), &Float64Array::from(vec![None, None, Some(5.0)]) as &dyn Array);
}

#[tokio::test]
async fn a_negative_zero_is_found_as_zero_which_is_what_the_column_shows() {
    for labels in [Values::Float64(vec![-0.0, -1.0]), Values::Float32(vec![-0.0, -1.0])] {
        let labels = coordinate(labels, &[]).await;
        let found = look_up(Method::Nearest, &labels, Arc::new(Float64Array::from(vec![0.2, -0.0, -0.9])));
        let found = datafusion::arrow::compute::cast(&found, &DataType::Float64).unwrap();
        let bits: Vec<u64> = found
            .as_primitive::<datafusion::arrow::datatypes::Float64Type>()
            .values()
            .iter()
            .map(|v| v.to_bits())
            .collect();
        assert_eq!(bits, [0f64.to_bits(), 0f64.to_bits(), (-1f64).to_bits()]);
    }
}

#[tokio::test]
async fn times_are_found_by_every_kind_of_time() {
    let labels = months().await;
    let (time, second) = (micros("1982-08-07T12:00:00"), 1_000_000);
    let values: [ArrayRef; 6] = [
        Arc::new(StringArray::from(vec!["1982-08-07T12:00:00"])),
        Arc::new(TimestampSecondArray::from(vec![time / second])),
        Arc::new(TimestampMicrosecondArray::from(vec![time])),
        Arc::new(TimestampNanosecondArray::from(vec![time * 1_000])),
        Arc::new(TimestampNanosecondArray::from(vec![time * 1_000]).with_timezone("+05:00")),
        Arc::new(Date32Array::from(vec![(time / second / 86_400) as i32])),
    ];
    for values in values {
        for (method, expected) in
            [(Method::Nearest, "1982-08"), (Method::Pad, "1982-08"), (Method::Backfill, "1982-09")]
        {
            let found = look_up(method, &labels, Arc::clone(&values));
            let expected = TimestampMicrosecondArray::from(vec![micros(expected)]);
            assert_eq!(found.as_ref(), &expected as &dyn Array, "{method:?} {}", values.data_type());
        }
    }
}

#[tokio::test]
async fn a_part_of_a_date_means_its_first_instant() {
    let found = look_up(Method::Nearest, &months().await, Arc::new(StringArray::from(vec!["1982", "1982-11"])));
    let expected = TimestampMicrosecondArray::from(vec![micros("1982-01"), micros("1982-11")]);
    assert_eq!(found.as_ref(), &expected as &dyn Array);
}

#[tokio::test]
async fn a_nanosecond_past_a_label_is_past_it() {
    let labels = coordinate(Values::Timestamp(vec![-2, -1, 0, 1]), &[]).await;
    let values: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![-1, 1, -1_000]));
    let found = |method| look_up(method, &labels, Arc::clone(&values));
    let micros = |v: [i64; 3]| TimestampMicrosecondArray::from(v.to_vec());
    assert_eq!(found(Method::Pad).as_ref(), &micros([-1, 0, -1]) as &dyn Array);
    assert_eq!(found(Method::Backfill).as_ref(), &micros([0, 1, -1]) as &dyn Array);
}

#[tokio::test]
async fn labels_of_other_calendars_are_found_by_text_and_by_time() {
    let attributes = [("units", "days since 2000-01-01"), ("calendar", "360_day")];
    let labels = coordinate(Values::Float64(vec![0.0, 30.0, 59.0, 60.0]), &attributes).await;
    let found =
        look_up(Method::Nearest, &labels, Arc::new(StringArray::from(vec!["2000-02-29", "2000", "2000-02-30"])));
    let expected = ["2000-03-01T00:00:00", "2000-01-01T00:00:00", "2000-02-30T00:00:00"];
    // 2000-02-29 lies between 2000-02-01 and 2000-02-30, a day before the latter.
    let expected = [expected[2], expected[1], expected[2]];
    assert_eq!(found.as_ref(), &StringArray::from(expected.to_vec()) as &dyn Array);
    let found = look_up(Method::Pad, &labels, Arc::new(TimestampSecondArray::from(vec![951_782_400])));
    assert_eq!(found.as_ref(), &StringArray::from(vec!["2000-02-01T00:00:00"]) as &dyn Array);
    let field = tester(Method::Pad, &labels, &DataType::Utf8).return_field(&[]).unwrap();
    assert_eq!(field.metadata().get("calendar").map(String::as_str), Some("360_day"));
    assert!(!field.metadata().contains_key("hyperslab.role"), "a found label is not the dimension");
}

#[tokio::test]
async fn a_date_that_the_calendar_lacks_is_an_error() {
    let attributes = [("units", "days since 2000-01-01"), ("calendar", "360_day")];
    let labels = coordinate(Values::Float64(vec![0.0, 30.0]), &attributes).await;
    for values in
        [Arc::new(StringArray::from(vec!["2000-01-31"])) as ArrayRef, Arc::new(Date32Array::from(vec![30])) as ArrayRef]
    {
        for method in [Method::Nearest, Method::Pad, Method::Backfill] {
            let e = error(method, &labels, Arc::clone(&values));
            assert!(e.contains("there is no date") && e.contains("360_day"), "{e}");
        }
    }
    let e = error(Method::Pad, &months().await, Arc::new(StringArray::from(vec!["1982-02-30"])));
    assert!(e.contains("there is no date `1982-02-30"), "{e}");
}

#[tokio::test]
async fn text_labels_have_an_order_and_no_distance() {
    let labels = coordinate(Values::String(vec!["b".into(), "d".into()]), &[]).await;
    let found = look_up(Method::Pad, &labels, Arc::new(StringArray::from(vec!["a", "c"])));
    assert_eq!(found.as_ref(), &StringArray::from(vec![None, Some("b")]) as &dyn Array);
    let e = error(Method::Nearest, &labels, Arc::new(StringArray::from(vec!["c"])));
    assert!(e.contains("no distance") && e.contains("coordinate `x`"), "{e}");
}

#[tokio::test]
async fn durations_are_found_by_intervals() {
    let labels = coordinate(Values::Duration(vec![0, 86_400_000_000]), &[]).await;
    let found = look_up(Method::Nearest, &labels, Arc::new(DurationSecondArray::from(vec![80_000])));
    assert_eq!(found.data_type(), &DataType::Duration(TimeUnit::Microsecond));
    let found = ScalarValue::try_from_array(&found, 0).unwrap();
    assert_eq!(found, ScalarValue::DurationMicrosecond(Some(86_400_000_000)));
}

#[tokio::test]
async fn values_of_another_kind_are_refused_while_planning() {
    let cases: [(Arc<Coordinate>, ArrayRef, &str); 4] = [
        (months().await, Arc::new(Int64Array::from(vec![1982])), "expected a time"),
        (
            coordinate(Values::Float32(vec![1.0]), &[]).await,
            Arc::new(StringArray::from(vec!["1"])),
            "expected a number",
        ),
        (
            coordinate(Values::String(vec!["a".into()]), &[]).await,
            Arc::new(Int64Array::from(vec![1])),
            "expected a text",
        ),
        (coordinate(Values::Bool(vec![true]), &[]).await, Arc::new(Int64Array::from(vec![1])), "expected a boolean"),
    ];
    for (labels, values, expected) in cases {
        let e = error(Method::Pad, &labels, values);
        assert!(e.contains(expected) && e.contains("pad over coordinate `x`"), "{e}");
    }
}

#[tokio::test]
async fn a_tolerance_is_inclusive_and_in_the_unit_of_the_labels() {
    let labels = coordinate(Values::Float32(vec![0.0, 10.0]), &[]).await;
    let found = |tolerance| within(&labels, ScalarValue::from(8.0), tolerance).unwrap();
    assert_eq!(found(ScalarValue::from(2i32)), ScalarValue::from(10f32));
    assert_eq!(found(ScalarValue::from(2.0)), ScalarValue::from(10f32));
    assert_eq!(found(ScalarValue::from(1.9)), ScalarValue::Float32(None));
    assert_eq!(found(ScalarValue::Float64(None)), ScalarValue::Float32(None));
    let times = months().await;
    let august = ScalarValue::TimestampMicrosecond(Some(micros("1982-08")), None);
    let value = ScalarValue::from("1982-08-07");
    assert_eq!(within(&times, value.clone(), days(6)).unwrap(), august);
    assert_eq!(within(&times, value.clone(), days(5)).unwrap(), ScalarValue::TimestampMicrosecond(None, None));
    assert_eq!(within(&times, value.clone(), ScalarValue::from("6 days")).unwrap(), august);
    assert_eq!(
        within(&times, value.clone(), ScalarValue::from("143 hours")).unwrap(),
        ScalarValue::TimestampMicrosecond(None, None)
    );
    assert_eq!(within(&times, value, ScalarValue::DurationSecond(Some(6 * 86_400))).unwrap(), august);
}

#[tokio::test]
async fn a_tolerance_that_makes_no_sense_is_refused() {
    let (times, numbers) = (months().await, coordinate(Values::Float64(vec![0.0]), &[]).await);
    let month = ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(1, 0, 0)));
    let time = ScalarValue::from("1982-08-07");
    for (labels, value, tolerance, expected) in [
        (&times, time.clone(), month, "no fixed length"),
        (&times, time.clone(), ScalarValue::from(6), "expected an interval such as"),
        (&times, time, days(-1), "less than 0"),
        (&numbers, ScalarValue::from(1.0), ScalarValue::from(-1.0), "less than 0"),
        (&numbers, ScalarValue::from(1.0), ScalarValue::from(f64::NAN), "no number"),
        (&numbers, ScalarValue::from(1.0), days(1), "expected a number in the unit of the labels"),
    ] {
        let e = within(labels, value, tolerance).unwrap_err();
        assert!(e.contains(expected), "{e}");
    }
}

#[tokio::test]
async fn functions_are_equal_where_method_and_coordinate_are() {
    let (a, b) = (months().await, months().await);
    assert_eq!(bound(Method::Pad, Arc::clone(&a)), bound(Method::Pad, Arc::clone(&a)));
    assert_ne!(bound(Method::Pad, Arc::clone(&a)), bound(Method::Nearest, Arc::clone(&a)));
    assert_ne!(bound(Method::Pad, a), bound(Method::Pad, b));
}

#[tokio::test]
async fn a_function_that_no_rule_has_bound_says_so() {
    for udf in [crate::functions::nearest::udf(), crate::functions::pad::udf(), crate::functions::backfill::udf()] {
        let name = udf.name().to_string();
        let fields = ["a", "b"].map(|n| Field::new(n, DataType::Float64, true));
        let e = Tester::new(udf, fields.to_vec())
            .answers(&[ScalarValue::from(1.0)], Arc::new(Float64Array::from(vec![1.0])))
            .unwrap_err()
            .to_string();
        assert!(e.contains(&format!("{name} expected a coordinate of an array table")), "{e}");
    }
}
