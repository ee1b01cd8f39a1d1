//! Text and binary forms lead back to the same value.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::types;

fn text(ty: u32, from: &str) -> String {
    Value::from_text(ty, from).unwrap().to_text(ty).unwrap()
}

#[test]
fn texts_are_written_as_postgresql_does() {
    for (ty, from, to) in [
        (types::BOOL, "yes", "t"),
        (types::FLOAT8, "1e15", "1e+15"),
        (types::FLOAT8, "100000000000000", "100000000000000"),
        (types::FLOAT8, "0.0001", "0.0001"),
        (types::FLOAT8, "0.00001", "1e-05"),
        (types::FLOAT4, "1000000", "1e+06"),
        (types::FLOAT4, "0.1", "0.1"),
        (types::TEXT_ARRAY, "{a, \"b c\" ,NULL,\"null\",\"\"}", "{a,\"b c\",NULL,\"null\",\"\"}"),
        (types::INT4_ARRAY, "[0:1]={1,2}", "[0:1]={1,2}"),
        (types::INT4_ARRAY, "{{1,2},{3,4}}", "{{1,2},{3,4}}"),
        (types::INT4_ARRAY, "{}", "{}"),
        (types::INT2VECTOR, "1  2", "1 2"),
        (types::TIMESTAMPTZ, "2024-02-29T12:00:00.5+02", "2024-02-29 10:00:00.5+00"),
        (types::TIMESTAMP, "0001-01-01 00:00:00 BC", "0001-01-01 00:00:00 BC"),
        (types::DATE, "epoch", "1970-01-01"),
        (types::INTERVAL, "1 year -2 mons 3 days 04:05:06.70", "10 mons 3 days 04:05:06.7"),
        (types::INTERVAL, "1 mon -1 day", "1 mon -1 days"),
        (types::INTERVAL, "-1 mon 1 day", "-1 mons +1 day"),
        (types::INTERVAL, "P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"),
        (types::INTERVAL, "1.5 days ago", "-1 days -12:00:00"),
        (types::INTERVAL, "0", "00:00:00"),
        (types::OID, "-1", "4294967295"),
        (types::BYTEA, "a\\\\b\\001", "\\x615c6201"),
        (types::UUID, "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ] {
        assert_eq!(text(ty, from), to, "{from}");
    }
}

#[test]
fn what_is_not_of_the_type_is_an_error() {
    let code = |ty, from| Value::from_text(ty, from).unwrap_err().code;
    assert_eq!(code(types::INT4, "x"), "22P02");
    assert_eq!(code(types::INT4, "3000000000"), "22003");
    assert_eq!(code(types::INT4_ARRAY, "{1,{2}}"), "22P02");
    assert_eq!(code(types::INT4_ARRAY, "{1,2"), "22P02");
    assert_eq!(code(types::DATE, "2023-02-29"), "22008");
    assert!(Value::from_binary(types::INT4_ARRAY, &[0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 127, 0, 0, 0]).is_err());
}

#[test]
fn numbers_keep_postgresql_scale() {
    let n = |s| Numeric::parse(s).unwrap();
    for (a, b, quotient) in [
        ("1", "3", "0.33333333333333333333"),
        ("10", "4", "2.5000000000000000"),
        ("1000000", "7", "142857.142857142857"),
        ("2", "3", "0.66666666666666666667"),
        ("-1", "8", "-0.12500000000000000000"),
        ("5", "1.00", "5.0000000000000000"),
    ] {
        assert_eq!(n(a).divide(n(b)).unwrap().to_string(), quotient, "{a} / {b}");
    }
    assert_eq!(n("2.345").round(2).unwrap().to_string(), "2.35");
    assert_eq!(n("-2.5").round(0).unwrap().to_string(), "-3");
    assert_eq!(n("1234").round(-2).unwrap().to_string(), "1200");
}

fn scalar() -> impl Strategy<Value = (u32, Value)> {
    prop_oneof![
        any::<bool>().prop_map(|b| (types::BOOL, Value::Bool(b))),
        any::<i16>().prop_map(|n| (types::INT2, Value::Int(n.into()))),
        any::<i32>().prop_map(|n| (types::INT4, Value::Int(n.into()))),
        any::<i64>().prop_map(|n| (types::INT8, Value::Int(n))),
        any::<u32>().prop_map(|n| (types::OID, Value::Int(n.into()))),
        any::<f64>().prop_map(|x| (types::FLOAT8, Value::Float(x))),
        any::<f32>().prop_map(|x| (types::FLOAT4, Value::Float(x.into()))),
        "[^\0]*".prop_map(|s| (types::TEXT, Value::text(s))),
        (-1_000_000i64..3_000_000).prop_map(|n| (types::DATE, Value::Int(n))),
        (-200_000_000_000_000_000i64..9_000_000_000_000_000_000).prop_map(|n| (types::TIMESTAMP, Value::Int(n))),
        (-200_000_000_000_000_000i64..9_000_000_000_000_000_000).prop_map(|n| (types::TIMESTAMPTZ, Value::Int(n))),
        (0i64..86_400_000_000).prop_map(|n| (types::TIME, Value::Int(n))),
        (any::<i32>(), any::<i32>(), -9_000_000_000_000_000i64..9_000_000_000_000_000)
            .prop_map(|(months, days, micros)| (types::INTERVAL, Value::Interval(Interval { months, days, micros }))),
        (-10i128.pow(30)..10i128.pow(30), 0u16..20)
            .prop_map(|(d, s)| (types::NUMERIC, Value::Numeric(Numeric::new(d, s).into()))),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(|b| (types::BYTEA, Value::Bytes(b.into()))),
    ]
}

fn any_value() -> impl Strategy<Value = (u32, Value)> {
    let arrays = proptest::collection::vec(proptest::option::of("[^\0]*"), 0..6).prop_map(|texts| {
        let elements = texts.into_iter().map(Value::from).collect();
        (types::TEXT_ARRAY, Value::array(elements))
    });
    let vectors = proptest::collection::vec(any::<i16>(), 0..6)
        .prop_map(|n| (types::INT2VECTOR, Value::vector(n.into_iter().map(|n| Value::Int(n.into())).collect())));
    let grids = proptest::collection::vec(any::<i32>(), 6).prop_map(|n| {
        let elements = n.into_iter().map(Value::from).collect();
        (types::INT4_ARRAY, Value::Array(Array { dims: vec![(2, 1), (3, -1)], elements }.into()))
    });
    prop_oneof![4 => scalar(), 1 => arrays, 1 => vectors, 1 => grids]
}

proptest! {
    #[test]
    fn text_leads_back((ty, value) in any_value()) {
        let text = value.to_text(ty).unwrap();
        let back = Value::from_text(ty, &text).unwrap();
        prop_assert!(equal(&value, &back), "{text}: {value:?} {back:?}");
        prop_assert_eq!(back.to_text(ty).unwrap(), text);
    }

    #[test]
    fn binary_leads_back((ty, value) in any_value()) {
        let bytes = value.to_binary(ty).unwrap();
        let back = Value::from_binary(ty, &bytes).unwrap();
        prop_assert!(equal(&value, &back), "{bytes:?}: {value:?} {back:?}");
        prop_assert_eq!(back.to_binary(ty).unwrap(), bytes);
    }

    #[test]
    fn any_bytes_and_texts_are_read_or_refused(bytes: Vec<u8>, text: String, ty in 16u32..4000) {
        let _ = Value::from_binary(ty, &bytes);
        let _ = Value::from_text(ty, &text);
    }
}
