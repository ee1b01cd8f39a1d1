//! What decoding does to missing, packed, unsigned and typed values.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::ErrorKind;

fn encoding<const N: usize>(stored: DataType, attributes: [(&str, Value); N]) -> Encoding {
    Encoding::try_new(stored, &Attributes::from_iter(attributes), Role::Data).unwrap()
}

fn there(decoded: &Decoded) -> Vec<bool> {
    (0..decoded.values.len()).map(|i| decoded.is_valid(i)).collect()
}

#[test]
fn a_variable_without_attributes_is_not_copied() {
    let encoding = encoding(DataType::Int32, []);
    let values = vec![1, 2, 3];
    let address = values.as_ptr();
    let decoded = encoding.decode(Values::Int32(values)).unwrap();
    let Values::Int32(values) = &decoded.values else { panic!("{decoded:?}") };
    assert_eq!((values.as_ptr(), &decoded.validity), (address, &None));
    assert!(!encoding.may_be_missing());
}

#[test]
fn nan_is_missing_in_every_float_variable() {
    let encoding = encoding(DataType::Float32, []);
    assert!(encoding.may_be_missing());
    assert_eq!(encoding.decode(Values::Float32(vec![1.0; 20])).unwrap().validity, None);
    let mut values = vec![1.0; 20];
    values[17] = f32::NAN;
    let decoded = encoding.decode(Values::Float32(values)).unwrap();
    assert_eq!((decoded.missing(), decoded.is_valid(17), decoded.is_valid(16)), (1, false, true));
}

#[test]
fn an_integer_with_a_fill_value_stays_an_integer() {
    let encoding = encoding(DataType::Int64, [("_FillValue", json!(9_007_199_254_740_993i64))]);
    assert_eq!(encoding.data_type(), DataType::Int64);
    let decoded = encoding.decode(Values::Int64(vec![9_007_199_254_740_992, 9_007_199_254_740_993])).unwrap();
    assert_eq!(there(&decoded), [true, false]);
}

#[test]
fn fill_values_are_read_in_all_spellings() {
    for fill in [
        json!(-999),
        json!(-999.0),
        json!("-999"),
        json!([-999]),
        // Base64 of the eight bytes, as xarray writes it into Zarr.
        json!("AAAAAAA4j8A="),
    ] {
        for (values, stored) in [
            (Values::Float32(vec![1.0, -999.0, f32::NAN]), DataType::Float32),
            (Values::Float64(vec![1.0, -999.0, f64::NAN]), DataType::Float64),
        ] {
            let decoded = encoding(stored, [("_FillValue", fill.clone())]).decode(values).unwrap();
            assert_eq!(there(&decoded), [true, false, false], "{fill}");
        }
        let decoded = encoding(DataType::Int16, [("_FillValue", fill.clone())]);
        assert_eq!(there(&decoded.decode(Values::Int16(vec![-999, -998])).unwrap()), [false, true], "{fill}");
    }
    for fill in [json!("NaN"), json!("AAAAAAAA+H8="), json!(null), json!(1e20), json!(0.5), json!("none"), json!({})] {
        let decoded = encoding(DataType::Int16, [("_FillValue", fill.clone())]);
        assert_eq!(decoded.decode(Values::Int16(vec![0, 1, -1])).unwrap().validity, None, "{fill}");
    }
    let infinite = encoding(DataType::Float64, [("_FillValue", json!("-Infinity"))]);
    let decoded = infinite.decode(Values::Float64(vec![f64::INFINITY, f64::NEG_INFINITY])).unwrap();
    assert_eq!(there(&decoded), [true, false]);
}

#[test]
fn a_float32_fill_value_is_found_though_the_attribute_has_more_digits() {
    let encoding = encoding(DataType::Float32, [("_FillValue", json!(1e20))]);
    assert_eq!(there(&encoding.decode(Values::Float32(vec![1e20, 1e19])).unwrap()), [false, true]);
}

#[test]
fn several_missing_values_are_all_missing() {
    let encoding = encoding(DataType::UInt8, [("missing_value", json!([7, 9])), ("_FillValue", json!(255))]);
    let decoded = encoding.decode(Values::UInt8(vec![7, 8, 9, 255, 0])).unwrap();
    assert_eq!(there(&decoded), [false, true, false, false, true]);
}

#[test]
fn values_outside_of_the_valid_range_are_missing() {
    let values = || Values::Int16(vec![-11, -10, 0, 10, 11]);
    for attributes in [
        vec![("valid_range", json!([-10, 10]))],
        vec![("valid_min", json!(-10)), ("valid_max", json!(10))],
        vec![("valid_min", json!([-10.5])), ("valid_max", json!("10.9"))],
        vec![("valid_range", json!("-10, 10"))],
    ] {
        let encoding = Encoding::try_new(DataType::Int16, &Attributes::from_iter(attributes), Role::Data).unwrap();
        assert_eq!(there(&encoding.decode(values()).unwrap()), [false, true, true, true, false]);
    }
    // Limits that the type cannot reach.
    let all = encoding(DataType::UInt8, [("valid_min", json!(-5)), ("valid_max", json!(1e30))]);
    assert_eq!(all.decode(Values::UInt8(vec![0, 255])).unwrap().validity, None);
    let none = encoding(DataType::UInt8, [("valid_min", json!(256))]);
    assert_eq!(none.decode(Values::UInt8(vec![0, 255])).unwrap().missing(), 2);
    let float = encoding(DataType::Float32, [("valid_max", json!(0.1)), ("valid_min", json!("NaN"))]);
    assert_eq!(there(&float.decode(Values::Float32(vec![0.1, 0.2, -1e30])).unwrap()), [true, false, true]);
}

#[test]
fn the_valid_range_is_that_of_packed_values() {
    let attributes = [("scale_factor", json!(0.1)), ("add_offset", json!(5.0)), ("valid_range", json!([0, 100]))];
    let decoded = encoding(DataType::Int16, attributes).decode(Values::Int16(vec![-1, 0, 100, 101])).unwrap();
    assert_eq!(there(&decoded), [false, true, true, false]);
    assert_eq!(decoded.get(2), Some(Scalar::Float64(100.0 * 0.1 + 5.0)));
}

#[test]
fn a_float_range_of_packed_integers_is_that_of_unpacked_values() {
    let attributes = [("scale_factor", json!(0.1)), ("valid_range", json!([-2.0, 45.0])), ("_FillValue", json!(100))];
    let decoded = encoding(DataType::Int16, attributes).decode(Values::Int16(vec![-21, -20, 100, 450, 451])).unwrap();
    assert_eq!(there(&decoded), [false, true, false, true, false]);
}

#[test]
fn packed_numbers_become_float64_of_any_type() {
    let attributes = || [("scale_factor", json!(2)), ("add_offset", json!([0.5]))];
    for values in [
        Values::Int8(vec![3]),
        Values::UInt8(vec![3]),
        Values::Int16(vec![3]),
        Values::UInt16(vec![3]),
        Values::Int32(vec![3]),
        Values::UInt32(vec![3]),
        Values::Int64(vec![3]),
        Values::UInt64(vec![3]),
        Values::Float32(vec![3.0]),
        Values::Float64(vec![3.0]),
    ] {
        let encoding = encoding(values.data_type(), attributes());
        assert_eq!(encoding.data_type(), DataType::Float64);
        assert_eq!(encoding.decode(values).unwrap().get(0), Some(Scalar::Float64(6.5)));
    }
}

#[test]
fn unsigned_bytes_in_a_signed_variable() {
    for fill in [json!(-1), json!(255), json!(-1.0)] {
        let encoding = encoding(
            DataType::Int8,
            [("_Unsigned", json!("true")), ("_FillValue", fill), ("valid_range", json!([0, -2]))],
        );
        assert_eq!(encoding.data_type(), DataType::UInt8);
        let decoded = encoding.decode(Values::Int8(vec![-1, -2, 0, 127, -128])).unwrap();
        assert_eq!(decoded.values, Values::UInt8(vec![255, 254, 0, 127, 128]));
        assert_eq!(there(&decoded), [false, true, true, true, true]);
    }
    let signed = encoding(DataType::UInt16, [("_Unsigned", json!("false")), ("missing_value", json!(-9))]);
    let decoded = signed.decode(Values::UInt16(vec![65_527, 65_535])).unwrap();
    assert_eq!((decoded.get(0), decoded.get(1)), (None, Some(Scalar::Int(-1))));
}

#[test]
fn a_fill_value_outside_of_the_type_is_no_value_of_it() {
    let encoding = encoding(DataType::Int8, [("_FillValue", json!(255)), ("valid_max", json!(255))]);
    assert_eq!(encoding.decode(Values::Int8(vec![-1, 127])).unwrap().validity, None);
}

#[test]
fn unsigned_packed_bytes_are_scaled_after_the_sign() {
    let encoding = encoding(
        DataType::Int8,
        [("_Unsigned", json!("true")), ("_FillValue", json!(-1)), ("scale_factor", json!(0.5))],
    );
    let decoded = encoding.decode(Values::Int8(vec![-2, -1])).unwrap();
    assert_eq!((decoded.get(0), decoded.get(1)), (Some(Scalar::Float64(127.0)), None));
}

#[test]
fn texts_bools_and_stored_times() {
    let text = encoding(DataType::String, [("_FillValue", json!("")), ("scale_factor", json!(2))]);
    let decoded = text.decode(Values::String(vec!["a".into(), String::new()])).unwrap();
    assert_eq!((decoded.get(0), decoded.get(1)), (Some(Scalar::String("a".into())), None));

    let bool = encoding(DataType::Int8, [("dtype", json!("bool"))]);
    assert_eq!(bool.data_type(), DataType::Bool);
    assert_eq!(bool.decode(Values::Int8(vec![0, 1])).unwrap().values, Values::Bool(vec![false, true]));

    let time = encoding(DataType::Timestamp, [("units", json!("days since 2000-01-01"))]);
    assert!(time.may_be_missing() && time.time().is_none());
    let decoded = time.decode(Values::Timestamp(vec![0, i64::MIN])).unwrap();
    assert_eq!((decoded.get(0), decoded.get(1)), (Some(Scalar::Timestamp(0)), None));
}

#[test]
fn attributes_that_make_no_sense_are_errors() {
    for (name, value) in [
        ("scale_factor", json!("big")),
        ("scale_factor", json!([1, 2])),
        ("add_offset", json!("NaN")),
        ("valid_range", json!([1])),
        ("valid_range", json!({"a": 1})),
        ("valid_min", json!("low")),
        ("valid_max", json!([1, 2])),
    ] {
        let attributes = Attributes::from_iter([(name, value.clone())]);
        let error = Encoding::try_new(DataType::Int16, &attributes, Role::Data).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().contains(name) && error.to_string().contains(&value.to_string()), "{error}");
        assert!(Encoding::try_new(DataType::Int16, &attributes, Role::GridMapping).is_ok());
    }
}

#[test]
fn values_of_another_type_are_a_broken_invariant() {
    let encoding = encoding(DataType::Int16, []);
    assert_eq!(encoding.decode(Values::Int8(vec![1])).unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(encoding.decode_scalar(Scalar::Bool(true)).unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(encoding.decode_scalar(Scalar::Int(1 << 20)).unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(encoding.decode_scalar(Scalar::UInt(5)).unwrap(), Some(Scalar::Int(5)));
}

proptest! {
    #[test]
    fn one_value_decodes_as_in_a_vector(
        values in prop::collection::vec(-5i16..5, 0..40),
        fill in -5i16..5,
        least in -6i16..5,
        scale in prop::option::of(0.25f64..4.0),
    ) {
        let mut attributes = Attributes::from_iter([("_FillValue", json!(fill)), ("valid_min", json!(least))]);
        if let Some(scale) = scale {
            attributes.insert("scale_factor", scale);
        }
        let encoding = Encoding::try_new(DataType::Int16, &attributes, Role::Data).unwrap();
        let decoded = encoding.decode(Values::Int16(values.clone())).unwrap();
        for (i, value) in values.iter().enumerate() {
            let expected = (*value != fill && *value >= least).then(|| match scale {
                Some(scale) => Scalar::Float64(f64::from(*value) * scale),
                None => Scalar::Int((*value).into()),
            });
            prop_assert_eq!(decoded.get(i), expected.clone());
            prop_assert_eq!(encoding.decode_scalar(Scalar::Int((*value).into())).unwrap(), expected);
        }
        prop_assert_eq!(decoded.validity.is_none(), decoded.missing() == 0);
    }

    #[test]
    fn bits_of_a_slice_are_those_of_a_function(bits in prop::collection::vec(any::<bool>(), 0..70)) {
        let of_slice = crate::Bitmap::from_slice(&bits, |b| *b);
        prop_assert_eq!(&of_slice, &crate::Bitmap::from_fn(bits.len(), |i| bits[i]));
        prop_assert_eq!(of_slice.count_ones(), bits.iter().filter(|b| **b).count());
    }
}
