//! What the writer writes, the connector reads: every type, regions in any order, fill values, and what is refused.

use std::io::Cursor;

use futures::executor::block_on;
use hyperslab_array::{Attributes, DataType, Region, Result, Scalar, Values};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::store::{File, all, open, read, spec, written};
use crate::writer::{VariableSpec, Version, Writer};

type Sink = Cursor<Vec<u8>>;

fn with(name: &str, data_type: DataType, attributes: &[(&str, Value)]) -> VariableSpec {
    let attributes = attributes.iter().map(|(k, v)| (k.to_string(), v.clone())).collect();
    VariableSpec { attributes, ..spec(name, &["y", "x"], data_type) }
}

fn start(version: Version, variables: &[VariableSpec]) -> Result<Writer<Sink>> {
    let dimensions = [("y".to_string(), 3), ("x".to_string(), 2)];
    Writer::try_new(Cursor::new(Vec::new()), version, &dimensions, &Attributes::new(), variables)
}

fn refused(version: Version, variable: VariableSpec) -> String {
    start(version, &[variable]).unwrap_err().to_string()
}

fn every_type() -> Vec<Values> {
    let n = 0..6;
    vec![
        Values::Int8(n.clone().map(|i| i as i8 - 3).collect()),
        Values::Int16(n.clone().map(|i| i as i16 * -900).collect()),
        Values::Int32(n.clone().map(|i| i * 90_000_000).collect()),
        Values::Float32(n.clone().map(|i| i as f32 / 3.0).collect()),
        Values::Float64(n.clone().map(|i| f64::from(i) / 3.0).collect()),
        Values::String(n.clone().map(|i| "é".repeat(i as usize % 3)).collect()),
        Values::UInt8(n.clone().map(|i| i as u8 * 50).collect()),
        Values::UInt16(n.clone().map(|i| i as u16 * 13_000).collect()),
        Values::UInt32(n.clone().map(|i| i as u32 * 800_000_000).collect()),
        Values::Int64(n.clone().map(|i| i64::from(i) << 60).collect()),
        Values::UInt64(n.map(|i| (i as u64) << 61).collect()),
    ]
}

#[tokio::test]
async fn every_type_comes_back_with_and_without_records() {
    for (version, count) in [(Version::Offset64, 6), (Version::Data64, 11)] {
        for first in ["t", "y"] {
            let variables: Vec<_> = every_type()
                .into_iter()
                .take(count)
                .map(|values| (spec(values.data_type().name(), &[first, "x"], values.data_type()), values))
                .collect();
            let dataset = open(&File::of(written(version, &[(first, 3), ("x", 2)], &variables)).await).await.unwrap();
            for (spec, values) in variables {
                assert_eq!(all(&dataset, &spec.name).await, values, "{version:?} {first}");
            }
        }
    }
}

#[tokio::test]
async fn what_cdf_2_has_not_is_marked_and_decoded_again() {
    let variables = [
        (with("truth", DataType::Bool, &[]), Values::Bool(vec![true, false, true, true, false, false])),
        (with("level", DataType::UInt8, &[("_FillValue", json!(255))]), Values::UInt8(vec![0, 1, 127, 128, 254, 255])),
    ];
    let dataset = open(&File::of(written(Version::Offset64, &[("y", 3), ("x", 2)], &variables)).await).await.unwrap();
    for (name, data_type) in [("truth", DataType::Bool), ("level", DataType::UInt8)] {
        let variable = dataset.variable(name).unwrap();
        assert_eq!((variable.encoding.stored_type(), variable.encoding.data_type()), (DataType::Int8, data_type));
    }
    let level = dataset.variable("level").unwrap().encoding.decode(all(&dataset, "level").await).unwrap();
    let values: Vec<Option<Scalar>> = (0..6).map(|i| level.get(i)).collect();
    let there = [0, 1, 127, 128, 254].map(|u| Some(Scalar::UInt(u)));
    assert_eq!(values, [there.as_slice(), &[None]].concat());
    let truth = dataset.variable("truth").unwrap().encoding.decode(all(&dataset, "truth").await).unwrap();
    assert_eq!(truth.values, variables[0].1);
}

#[tokio::test]
async fn regions_come_in_any_order_and_the_rest_is_fill() {
    for (first, version) in [("t", Version::Offset64), ("y", Version::Offset64), ("t", Version::Data64)] {
        let dimensions = [(first.to_string(), 3), ("x".to_string(), 4)];
        let variable = |name: &str, data_type, attributes: &[(&str, Value)]| VariableSpec {
            dimensions: vec![first.to_string(), "x".into()],
            ..with(name, data_type, attributes)
        };
        let variables = [
            variable("own", DataType::Int16, &[("_FillValue", json!(-1))]),
            variable("library", DataType::Int32, &[]),
            variable("bytes", DataType::Int8, &[("_FillValue", json!(9))]),
            variable("text", DataType::String, &[]),
        ];
        let (out, none) = (Cursor::new(Vec::new()), Attributes::new());
        let mut writer = match first {
            "t" => Writer::try_new_unlimited(out, version, "t", &dimensions, &none, &variables).unwrap(),
            _ => Writer::try_new(out, version, &dimensions, &none, &variables).unwrap(),
        };
        writer.write("own", &Region::new(vec![1, 2], vec![2, 2]), &Values::Int16(vec![1, 2, 3, 4])).unwrap();
        writer.write("library", &Region::new(vec![2, 3], vec![1, 1]), &Values::Int32(vec![7])).unwrap();
        writer.write("own", &Region::new(vec![0, 0], vec![3, 1]), &Values::Int16(vec![5, 6, 7])).unwrap();
        writer.write("text", &Region::new(vec![1, 0], vec![1, 1]), &Values::String(vec!["there".into()])).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert_eq!(bytes.len() % 4, 0);
        let dataset = open(&File::of(bytes).await).await.unwrap();
        let own = vec![5, -1, -1, -1, 6, -1, 1, 2, 7, -1, 3, 4];
        assert_eq!(all(&dataset, "own").await, Values::Int16(own));
        let library = [vec![-2_147_483_647; 11], vec![7]].concat();
        assert_eq!(all(&dataset, "library").await, Values::Int32(library));
        assert_eq!(all(&dataset, "bytes").await, Values::Int8(vec![9; 12]));
        let text = (0..12).map(|i| if i == 4 { "there".to_string() } else { String::new() }).collect();
        assert_eq!(all(&dataset, "text").await, Values::String(text));
    }
}

#[tokio::test]
async fn attributes_keep_their_type() {
    let attributes = [
        ("_FillValue", json!("NaN")),
        ("valid_range", json!([0, 1.5])),
        ("text", json!("é")),
        ("int", json!(7)),
        ("large", json!(1u64 << 40)),
        ("double", json!(0.1)),
        ("list", json!([1, 2, 3])),
        ("floats", json!([1, 2.5, "NaN"])),
        ("empty", json!([])),
        ("object", json!({"a": ["b"]})),
        ("nothing", json!(null)),
    ];
    for version in [Version::Offset64, Version::Data64] {
        let variable = with("v", DataType::Float32, &attributes);
        let bytes = written(version, &[("y", 3), ("x", 2)], &[(variable, Values::Float32(vec![1.0; 6]))]);
        let dataset = open(&File::of(bytes).await).await.unwrap();
        let found = &dataset.variable("v").unwrap().attributes;
        assert_eq!(found.len(), 10);
        for (name, expected) in &attributes {
            let expected = match (*name, version) {
                ("object", _) => json!(r#"{"a":["b"]}"#),
                ("valid_range", _) => json!([0.0, 1.5]),
                ("floats", _) => json!([1.0, 2.5, "NaN"]),
                ("large", Version::Offset64) => json!((1u64 << 40) as f64),
                ("nothing", _) => continue,
                _ => expected.clone(),
            };
            assert_eq!(found.get(name), Some(&expected), "{version:?} {name}");
        }
    }
}

#[test]
fn attributes_about_values_must_be_values() {
    let refused = |data_type, value| refused(Version::Offset64, with("v", data_type, &[("_FillValue", value)]));
    assert_eq!(
        refused(DataType::Int16, json!(40_000)),
        "attribute `_FillValue` is `40000`, expected a value of the stored type int16 in variable `v`"
    );
    for (data_type, value) in [
        (DataType::Int32, json!(0.5)),
        (DataType::Int8, json!("NaN")),
        (DataType::Float32, json!(1e300)),
        (DataType::Float64, json!("none")),
        (DataType::UInt8, json!(256)),
        (DataType::String, json!("two")),
    ] {
        assert!(refused(data_type, value).contains("expected a value of the stored type"));
    }
}

#[test]
fn types_that_a_version_has_not_are_refused() {
    for data_type in [DataType::Int64, DataType::UInt16, DataType::UInt32, DataType::UInt64] {
        let error = refused(Version::Offset64, with("v", data_type, &[]));
        let expected = format!(
            "CDF-2 has no type for {data_type} values in variable `v`; hint: CDF-5 has it, or convert the values first"
        );
        assert_eq!(error, expected);
        assert!(start(Version::Data64, &[with("v", data_type, &[])]).is_ok());
    }
    let error = refused(Version::Data64, with("v", DataType::Timestamp, &[]));
    assert!(error.contains("give numbers, and their `units` as an attribute"), "{error}");
}

#[test]
fn sizes_of_cdf_2_are_held() {
    let start = |version, variables: &[VariableSpec]| {
        let dimensions = [("y".to_string(), 1 << 30), ("x".to_string(), 2), ("t".to_string(), 5)];
        let out = Cursor::new(Vec::new());
        Writer::try_new_unlimited(out, version, "t", &dimensions, &Attributes::new(), variables).map(|_| ())
    };
    let large = || with("large", DataType::Int32, &[]);
    let small = || spec("small", &["x"], DataType::Int32);
    let records = || spec("records", &["t", "x"], DataType::Int32);
    assert!(start(Version::Offset64, &[small(), large()]).is_ok(), "the last may be large");
    for variables in [[large(), small()], [large(), records()]] {
        let error = start(Version::Offset64, &variables).unwrap_err().to_string();
        assert!(error.starts_with("it has 8589934592 bytes, expected at most 4294967292 in CDF-2"), "{error}");
        assert!(error.ends_with("hint: CDF-5 has larger variables"), "{error}");
        assert!(start(Version::Data64, &variables).is_ok());
    }
    let dimensions = [("x".to_string(), 1 << 40)];
    let start =
        |version, spec| Writer::try_new(Cursor::new(Vec::new()), version, &dimensions, &Attributes::new(), &[spec]);
    let error = start(Version::Offset64, spec("v", &["x"], DataType::Int8)).unwrap_err().to_string();
    assert!(error.contains("dimension `x` has 1099511627776 indices, expected at most 2147483647 in CDF-2"), "{error}");
    assert!(start(Version::Data64, spec("v", &["x"], DataType::Int8)).is_ok());
}

#[test]
fn names_and_dimensions_that_are_not_valid_are_refused() {
    for name in ["", "a/b", "a ", " a", "a\n", "+", &"a".repeat(257)] {
        let error = refused(Version::Offset64, with(name, DataType::Int8, &[]));
        assert!(error.contains("is not valid in netCDF, expected"), "{error}");
        let error = refused(Version::Offset64, with("v", DataType::Int8, &[(name, json!(1))]));
        assert!(error.starts_with("attribute name `"), "{error}");
    }
    let unknown = refused(Version::Offset64, spec("v", &["z"], DataType::Int8));
    assert!(unknown.contains("no dimension `z`") && unknown.contains("valid: `y`, `x`"), "{unknown}");
    let twice = refused(Version::Offset64, spec("v", &["x", "x"], DataType::Int8));
    assert!(twice.contains("dimension `x` is there twice"), "{twice}");
    let length = VariableSpec { text_length: None, ..spec("v", &["x"], DataType::String) };
    assert!(refused(Version::Offset64, length).contains("expected 1 to 2147483647 bytes"));
    let empty = Writer::try_new(
        Cursor::new(Vec::new()),
        Version::Offset64,
        &[("x".to_string(), 0)],
        &Attributes::new(),
        &[spec("v", &["x"], DataType::Int8)],
    );
    assert!(empty.unwrap_err().to_string().contains("only the unlimited dimension can be empty"));
}

#[test]
fn a_region_is_written_once_and_fits() {
    let mut writer =
        start(Version::Offset64, &[with("v", DataType::Int16, &[]), with("s", DataType::String, &[])]).unwrap();
    let two = Values::Int16(vec![1, 2]);
    writer.write("v", &Region::new(vec![0, 0], vec![2, 1]), &two).unwrap();
    for (variable, region, values, expected) in [
        (
            "v",
            Region::new(vec![1, 0], vec![1, 2]),
            two.clone(),
            "was written before, in whole or in part in variable `v`",
        ),
        ("v", Region::new(vec![2, 1], vec![1, 2]), two.clone(), "is outside of an array of shape `[3, 2]`"),
        ("v", Region::new(vec![u64::MAX, 0], vec![1, 2]), two.clone(), "is outside of an array"),
        ("v", Region::new(vec![2, 0], vec![1, 1]), two.clone(), "2 values do not fill 1 cells"),
        ("v", Region::new(vec![2, 0], vec![1, 2]), Values::Int32(vec![1, 2]), "values are int32, expected int16"),
        ("w", Region::full(&[3, 2]), two, "no variable `w` in the file that is written; hint: "),
        (
            "s",
            Region::new(vec![0, 0], vec![1, 1]),
            Values::String(vec!["longer".into()]),
            "has 6 bytes, expected at most 5",
        ),
    ] {
        let error = writer.write(variable, &region, &values).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// The blocks of `size` that an array of `shape` is cut into.
fn blocks(shape: &[u64], size: &[u64]) -> Vec<Region> {
    let mut out = vec![Region::new(vec![], vec![])];
    for (length, block) in shape.iter().zip(size) {
        let starts = (0..*length).step_by(*block as usize);
        let along: Vec<_> = starts.map(|start| (start, (*block).min(length - start))).collect();
        let join = |region: &Region, (start, length): (u64, u64)| {
            Region::new([region.start.as_slice(), &[start]].concat(), [region.shape.as_slice(), &[length]].concat())
        };
        out = out.iter().flat_map(|region| along.iter().map(|part| join(region, *part)).collect::<Vec<_>>()).collect();
    }
    out
}

proptest! {
    #[test]
    fn blocks_in_any_order_give_the_array_and_any_region_of_it(
        shape in prop::collection::vec(1u64..7, 1..4),
        size in prop::collection::vec(1u64..5, 3),
        part in prop::collection::vec((0u64..7, 0u64..7), 3),
        unlimited in any::<bool>(),
        alone in any::<bool>(),
        left_out in any::<prop::sample::Index>(),
        order in any::<u64>(),
    ) {
        let names = ["t", "y", "x"];
        let rank = shape.len();
        let dimensions: Vec<_> = names.iter().zip(&shape).map(|(name, n)| (name.to_string(), *n)).collect();
        let mut variables = vec![spec("v", &names[..rank], DataType::Int16)];
        if !alone {
            variables.push(spec("other", &names[..1], DataType::Int8));
            variables.push(spec("text", &names[..1], DataType::String));
        }
        let (out, none) = (Cursor::new(Vec::new()), Attributes::new());
        let mut writer = match unlimited {
            true => Writer::try_new_unlimited(out, Version::Offset64, "t", &dimensions, &none, &variables).unwrap(),
            false => Writer::try_new(out, Version::Data64, &dimensions, &none, &variables).unwrap(),
        };
        let cells = Region::full(&shape).cells().unwrap();
        let whole = Values::Int16((0..cells as i16).collect());
        let mut regions = blocks(&shape, &size[..rank]);
        regions.sort_by_key(|r| r.start.iter().fold(order, |hash, i| (hash ^ i).wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let missing = regions.remove(left_out.index(regions.len()));
        for region in &regions {
            writer.write("v", region, &whole.region(&shape, region).unwrap()).unwrap();
            prop_assert!(writer.write("v", region, &whole.region(&shape, region).unwrap()).is_err());
        }
        let dataset = block_on(async { open(&File::of(writer.finish().unwrap().into_inner()).await).await }).unwrap();
        let start: Vec<u64> = part.iter().zip(&shape).map(|((start, _), n)| start % n).collect();
        let length = part.iter().zip(&shape).zip(&start).map(|(((_, length), n), start)| length % (n - start + 1)).collect();
        let region = Region::new(start, length);
        let (found, _) = block_on(read(&dataset, "v", &vec![0; rank], &region)).unwrap();
        let Values::Int16(mut expected) = whole else { unreachable!() };
        for (i, value) in expected.iter_mut().enumerate() {
            let index: Vec<u64> =
                shape.iter().zip(Region::full(&shape).strides()).map(|(n, stride)| (i / stride) as u64 % n).collect();
            if Region::new(index, vec![1; rank]).intersect(&missing).is_some() {
                *value = -32_767;
            }
        }
        prop_assert_eq!(found, Values::Int16(expected).region(&shape, &region).unwrap());
        if !alone {
            prop_assert_eq!(block_on(all(&dataset, "other")), Values::Int8(vec![-127; shape[0] as usize]));
            prop_assert_eq!(block_on(all(&dataset, "text")), Values::String(vec![String::new(); shape[0] as usize]));
        }
    }
}
