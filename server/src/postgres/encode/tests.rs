//! Values against a second reader of the protocol's forms: that of the catalogue.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use bytes::BytesMut;
use hyperslab::datafusion::arrow::array::types::Int32Type;
use hyperslab::datafusion::arrow::array::*;
use hyperslab::datafusion::arrow::buffer::{OffsetBuffer, ScalarBuffer};
use hyperslab::datafusion::arrow::datatypes::{DataType, Field, IntervalMonthDayNano, i256};
use hyperslab_pg_catalog::{Value, types};
use proptest::prelude::*;

use super::*;
use crate::postgres::backend::Format;
use crate::postgres::types::type_of;

fn text(array: &ArrayRef, row: usize) -> Option<String> {
    let values = Values::of(array).unwrap();
    if values.is_null(row) {
        return None;
    }
    let mut out = BytesMut::new();
    values.put_text(row, &Style::default(), &mut out).unwrap();
    Some(String::from_utf8(out.to_vec()).unwrap())
}

fn binary(array: &ArrayRef, row: usize) -> Option<Vec<u8>> {
    let values = Values::of(array).unwrap();
    if values.is_null(row) {
        return None;
    }
    let mut out = BytesMut::new();
    values.put_binary(row, &mut out).unwrap();
    Some(out.to_vec())
}

/// Holds that text and binary are the same value for another reader.
fn check(array: ArrayRef) {
    let (oid, _) = type_of(array.data_type());
    for row in 0..array.len() {
        let (Some(text), Some(binary)) = (text(&array, row), binary(&array, row)) else { continue };
        let read = Value::from_binary(oid, &binary).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(read.to_text(oid).unwrap(), text, "{:?}", array.data_type());
        let read = Value::from_text(oid, &text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(read.to_binary(oid).unwrap(), binary, "{text}");
    }
}

proptest! {
    #[test]
    fn numbers_are_read_again(v: i64, f: f64, g: f32, small: i16) {
        check(Arc::new(Int64Array::from(vec![v])));
        check(Arc::new(Int16Array::from(vec![small])));
        check(Arc::new(UInt32Array::from(vec![v as u32])));
        check(Arc::new(UInt64Array::from(vec![v as u64])));
        check(Arc::new(Float64Array::from(vec![f, 0.0, -0.0, 1e15, 1e-5, f64::MIN_POSITIVE])));
        let single: ArrayRef = Arc::new(Float32Array::from(vec![g]));
        let written = text(&single, 0).unwrap();
        prop_assert!(written.parse::<f32>().unwrap().to_bits() == g.to_bits() || g.is_nan());
    }

    #[test]
    fn decimals_are_read_again(v in -10_i128.pow(38) + 1..10_i128.pow(38), small in -99_999_i128..99_999, scale in 0_i8..=38) {
        for v in [v, small] {
            check(Arc::new(Decimal128Array::from(vec![v]).with_precision_and_scale(38, scale).unwrap()));
            let wide = i256::from_i128(v).wrapping_mul(i256::from_i128(10_i128.pow(30)));
            check(Arc::new(Decimal256Array::from(vec![wide]).with_precision_and_scale(76, scale).unwrap()));
        }
    }

    #[test]
    fn moments_are_read_again(
        micros in -200_000_000_000_000_000_i64..200_000_000_000_000_000,
        days in -2_000_000_i32..2_000_000,
        of_day in 0_i64..86_400_000_000,
    ) {
        check(Arc::new(TimestampMicrosecondArray::from(vec![micros])));
        check(Arc::new(TimestampMillisecondArray::from(vec![micros / 1_000]).with_timezone("UTC")));
        check(Arc::new(TimestampSecondArray::from(vec![micros / 1_000_000])));
        check(Arc::new(TimestampNanosecondArray::from(vec![micros])));
        check(Arc::new(Date32Array::from(vec![days])));
        check(Arc::new(Date64Array::from(vec![i64::from(days) * 86_400_000])));
        check(Arc::new(Time64MicrosecondArray::from(vec![of_day])));
        check(Arc::new(Time32SecondArray::from(vec![(of_day / 1_000_000) as i32])));
    }

    #[test]
    fn spans_are_read_again(months in -9_999_i32..9_999, days in -9_999_i32..9_999, micros in -1_i64 << 45..1 << 45) {
        check(Arc::new(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(months, days, micros * 1_000)])));
        check(Arc::new(IntervalYearMonthArray::from(vec![months])));
        check(Arc::new(DurationMicrosecondArray::from(vec![micros])));
    }

    #[test]
    fn texts_and_lists_are_read_again(
        a in ".*",
        list in prop::collection::vec(prop::option::of("[^\\x00]*"), 0..5),
        bytes: Vec<u8>,
    ) {
        let a = a.replace('\0', "");
        check(Arc::new(StringArray::from(vec![a.as_str()])));
        check(Arc::new(LargeStringArray::from(vec![a.as_str()])));
        check(Arc::new(StringViewArray::from(vec![a.as_str()])));
        check(Arc::new(BinaryArray::from_vec(vec![&bytes])));
        check(Arc::new(BinaryViewArray::from_iter_values([&bytes])));
        let elements = StringArray::from(list.clone());
        let offsets = OffsetBuffer::from_lengths([list.len()]);
        let field = Arc::new(Field::new_list_field(DataType::Utf8, true));
        check(Arc::new(ListArray::new(field, offsets, Arc::new(elements), None)));
    }

    #[test]
    fn whole_columns_at_once_are_what_rows_one_by_one_are(values in prop::collection::vec(any::<(i64, f32, i16, bool)>(), 1..40)) {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(TimestampMicrosecondArray::from_iter_values(values.iter().map(|v| v.0 / 2))),
            Arc::new(Float32Array::from_iter_values(values.iter().map(|v| v.1))),
            Arc::new(Int16Array::from_iter_values(values.iter().map(|v| v.2))),
            Arc::new(BooleanArray::from_iter(values.iter().map(|v| Some(v.3)))),
        ];
        let of = |array: &ArrayRef| (Values::of(array).unwrap(), Format::Binary);
        let fast: Vec<_> = columns.iter().map(of).collect();
        // A NULL in a row that is not written turns the fast way off.
        let with_null = Float32Array::from_iter(values.iter().map(|v| Some(v.1)).chain([None]));
        let mut slow = fast.clone();
        slow[1].0 = Values::Float4(with_null);
        let (mut a, mut b) = (BytesMut::new(), BytesMut::new());
        for frame in [Frame::DataRow, Frame::CopyData] {
            write_rows(&fast, 0..values.len(), frame, &Style::default(), &mut a).unwrap();
            write_rows(&slow, 0..values.len(), frame, &Style::default(), &mut b).unwrap();
        }
        prop_assert_eq!(a, b);
    }
}

#[test]
fn every_way_to_keep_a_value_gives_its_text() {
    let dictionary: DictionaryArray<Int32Type> = vec![Some("b"), None, Some("a"), Some("b")].into_iter().collect();
    let dictionary: ArrayRef = Arc::new(dictionary);
    assert_eq!(
        (0..4).map(|r| text(&dictionary, r)).collect::<Vec<_>>(),
        [Some("b".into()), None, Some("a".into()), Some("b".into())]
    );
    let runs: RunArray<Int32Type> = vec![Some("x"), Some("x"), None, Some("y")].into_iter().collect();
    let runs: ArrayRef = Arc::new(runs);
    let sliced = runs.slice(1, 3);
    assert_eq!((0..3).map(|r| text(&sliced, r)).collect::<Vec<_>>(), [Some("x".into()), None, Some("y".into())]);
    let halves: ArrayRef = Arc::new(Float16Array::from(vec![half(0x3e00)]));
    assert_eq!(text(&halves, 0).unwrap(), "1.5");
    let nulls: ArrayRef = Arc::new(NullArray::new(2));
    assert_eq!(text(&nulls, 1), None);
    let fixed: ArrayRef = Arc::new(FixedSizeBinaryArray::try_from_iter([[1_u8, 255]].into_iter()).unwrap());
    assert_eq!(text(&fixed, 0).unwrap(), "\\x01ff");
}

fn half(bits: u16) -> <hyperslab::datafusion::arrow::datatypes::Float16Type as ArrowPrimitiveType>::Native {
    <hyperslab::datafusion::arrow::datatypes::Float16Type as ArrowPrimitiveType>::Native::from_bits(bits)
}

#[test]
fn lists_of_lists_are_arrays_where_they_are_rectangular() {
    let inner = |values: Vec<i32>, lengths: Vec<usize>| {
        let field = Arc::new(Field::new_list_field(DataType::Int32, true));
        let offsets = OffsetBuffer::from_lengths(lengths);
        ListArray::new(field, offsets, Arc::new(Int32Array::from(values)), None)
    };
    let outer = |inner: ListArray, lengths: Vec<usize>| -> ArrayRef {
        let field = Arc::new(Field::new_list_field(inner.data_type().clone(), true));
        Arc::new(ListArray::new(field, OffsetBuffer::from_lengths(lengths), Arc::new(inner), None))
    };
    let even = outer(inner(vec![1, 2, 3, 4, 5, 6], vec![2, 2, 2, 0]), vec![2, 1, 0, 1]);
    assert_eq!(type_of(even.data_type()).0, types::INT4_ARRAY);
    assert_eq!((0..4).map(|r| text(&even, r).unwrap()).collect::<Vec<_>>(), ["{{1,2},{3,4}}", "{{5,6}}", "{}", "{}"]);
    check(even);
    let uneven = Values::of(&outer(inner(vec![1, 2, 3], vec![1, 2]), vec![2])).unwrap();
    let error = uneven.put_binary(0, &mut BytesMut::new()).unwrap_err();
    assert_eq!(error.code, "2202E");
    assert_eq!(uneven.put_text(0, &Style::default(), &mut BytesMut::new()).unwrap_err().code, "2202E");
    let views = ListViewArray::new(
        Arc::new(Field::new_list_field(DataType::Int32, true)),
        ScalarBuffer::from(vec![2, 0]),
        ScalarBuffer::from(vec![1, 2]),
        Arc::new(Int32Array::from(vec![Some(1), None, Some(3)])),
        None,
    );
    let views: ArrayRef = Arc::new(views);
    assert_eq!((text(&views, 0).unwrap(), text(&views, 1).unwrap()), ("{3}".into(), "{1,NULL}".into()));
}

#[test]
fn what_has_parts_is_json() {
    let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a\"\n"), None]));
    let values: ArrayRef = Arc::new(Float64Array::from(vec![1.5, f64::NAN]));
    let parts: ArrayRef = Arc::new(StructArray::from(vec![
        (Arc::new(Field::new("name", DataType::Utf8, true)), names),
        (Arc::new(Field::new("v", DataType::Float64, true)), values),
    ]));
    assert_eq!(text(&parts, 0).unwrap(), r#"{"name":"a\"\n","v":1.5}"#);
    assert_eq!(text(&parts, 1).unwrap(), r#"{"name":null,"v":"NaN"}"#);
    let mut map = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    map.keys().append_value("k");
    map.values().append_value(7);
    map.append(true).unwrap();
    let map: ArrayRef = Arc::new(map.finish());
    assert_eq!(text(&map, 0).unwrap(), r#"{"k":7}"#);
    assert_eq!(type_of(map.data_type()).0, types::JSON);
}

#[test]
fn a_moment_that_postgresql_cannot_hold_is_an_error() {
    let far: ArrayRef = Arc::new(TimestampSecondArray::from(vec![i64::MAX / 2]));
    assert_eq!(Values::of(&far).unwrap_err().code, "22008");
    let near: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![i64::MIN]));
    let columns = [(Values::of(&near).unwrap(), Format::Binary)];
    let mut out = BytesMut::new();
    assert!(write_rows(&columns, 0..1, Frame::DataRow, &Style::default(), &mut out).is_err());
    assert!(out.is_empty());
}

#[test]
fn fractions_look_like_those_of_postgresql() {
    let written = |value: f64, digits| {
        let mut out = BytesMut::new();
        float::double(&mut out, value, digits);
        String::from_utf8(out.to_vec()).unwrap()
    };
    for (value, short, plain) in [
        (0.1 + 0.2, "0.30000000000000004", "0.3"),
        (1e15, "1e+15", "1e+15"),
        (123_456_789_012_345.0, "123456789012345", "123456789012345"),
        (0.0001, "0.0001", "0.0001"),
        (0.00001, "1e-05", "1e-05"),
        (-0.0, "-0", "-0"),
        (100.0, "100", "100"),
        (1.0 / 3.0, "0.3333333333333333", "0.333333333333333"),
        (f64::MAX, "1.7976931348623157e+308", "1.79769313486232e+308"),
        (f64::NEG_INFINITY, "-Infinity", "-Infinity"),
    ] {
        assert_eq!((written(value, 1).as_str(), written(value, 0).as_str()), (short, plain));
    }
    let mut out = BytesMut::new();
    float::single(&mut out, 1e6, 1);
    assert_eq!(&out[..], b"1e+06");
}
