//! The text of datasets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use futures::executor::block_on;
use serde_json::json;

use super::*;
use crate::{Attributes, ChunkGrid, DatasetBuilder, MemorySource, RawVariable, Region, Values};

fn variable(name: &str, dimensions: &[&str], chunks: &[u64], attributes: Value, values: Values) -> RawVariable {
    let sizes = |d: &str| match d {
        "time" => 3,
        "nothing" => 0,
        _ => 2,
    };
    let shape: Vec<u64> = dimensions.iter().map(|d| sizes(d)).collect();
    assert_eq!(values.len(), Region::full(&shape).cells().unwrap());
    let Value::Object(attributes) = attributes else { panic!("attributes are not an object") };
    RawVariable {
        name: name.into(),
        dimensions: dimensions.iter().map(|d| d.to_string()).collect(),
        attributes: attributes.into(),
        source: Arc::new(MemorySource::try_new(values, ChunkGrid::regular(&shape, chunks).unwrap()).unwrap()),
    }
}

#[test]
fn a_dataset_is_shown_in_the_layout_of_xarray() {
    let group = block_on(
        DatasetBuilder::new("deep", "memory:deep", "MEMORY")
            .variable(variable("w", &["x"], &[2], json!({}), Values::Bool(vec![true, false])))
            .build(),
    )
    .unwrap();
    let time = json!({"units": "days since 1860-02-30", "calendar": "360_day", "bounds": "time_bnds"});
    let dataset = block_on(
        DatasetBuilder::new("ocean", "data/ocean.zarr", "ZARR")
            .variable(variable(
                "sst",
                &["time", "y", "x"],
                &[1, 2, 2],
                json!({"units": "K", "coordinates": "lat height", "grid_mapping": "crs"}),
                Values::Float32(vec![0.0; 12]),
            ))
            .variable(variable("count", &[], &[], json!({"units": "days since x"}), Values::Int32(vec![3])))
            .variable(variable("flags", &["y"], &[2], json!({}), Values::UInt8(vec![1, 2])))
            .variable(variable("lat", &["y", "x"], &[2, 1], json!({"units": "degrees"}), Values::Float32(vec![0.0; 4])))
            .variable(variable("height", &[], &[], json!({"units": "m"}), Values::Float64(vec![2.0])))
            .variable(variable("time", &["time"], &[3], time, Values::Int16(vec![0, 1, 360])))
            .variable(variable("x", &["x"], &[2], json!({}), Values::Float32(vec![0.1, 1e20])))
            .variable(variable("time_bnds", &["time", "bnds"], &[3, 2], json!({}), Values::Int16(vec![0; 6])))
            .variable(variable("crs", &[], &[], json!({}), Values::Int32(vec![0])))
            .group("a/deep", Arc::new(group))
            .attributes(Attributes::from_iter([("title", json!("Sea\n surface")), ("levels", json!([1, 2]))]))
            .build(),
    )
    .unwrap();
    assert_eq!(
        dataset.summary().to_string(),
        "\
Dataset `ocean` (ZARR, 50 B)
Location: data/ocean.zarr
Dimensions: (time: 3, y: 2, x: 2, bnds: 2)
Coordinates:
  * time    (time)  string   1860-02-30 … 1861-02-30  calendar 360_day
  * x       (x)     float32  0.1 … 1e20
    lat     (y, x)  float32  chunks (2, 1)            degrees
    height  ()      float64  2                        m
Dimensions without coordinates: y, bnds
Data variables:
    sst    (time, y, x)  float32  48 B  chunks (1, 2, 2)  K
    flags  (y)           uint8    2 B   chunks (2)
Bounds: time_bnds (time, bnds)
Grid mappings: crs ()
Left out:
    count  units `days since x` have no valid reference date: `x` is not a date such as `1970-01-01 00:00:00`
Groups:
    a/deep  (x: 2)  1 data variable
Attributes:
    title: Sea surface
    levels: [1,2]"
    );
}

#[test]
fn labels_that_are_missing_or_none_are_shown_as_such() {
    let dataset = block_on(
        DatasetBuilder::new("odd", "memory:", "MEMORY")
            .variable(variable("nothing", &["nothing"], &[1], json!({}), Values::Int8(vec![])))
            .variable(variable("time", &["time"], &[3], json!({}), Values::Float64(vec![f64::NAN, 1.0, 1e-9])))
            .variable(variable(
                "x",
                &["x"],
                &[2],
                json!({"units": "hours since 2000-01-01"}),
                Values::Int8(vec![0, 12]),
            ))
            .build(),
    )
    .unwrap();
    assert_eq!(
        dataset.summary().to_string(),
        "\
Dataset `odd` (MEMORY, 0 B)
Location: memory:
Dimensions: (nothing: 0, time: 3, x: 2)
Coordinates:
  * nothing  (nothing)  int8            (empty)
  * time     (time)     float64         NULL … 1e-9
  * x        (x)        datetime64[us]  2000-01-01T00:00:00 … 2000-01-01T12:00:00
Data variables: none"
    );
}

#[test]
fn texts_of_a_hostile_store_stay_on_one_line() {
    let long = "word ".repeat(1000);
    assert_eq!(line(&long).chars().count(), LONGEST);
    assert_eq!(line("é".repeat(200)).chars().count(), LONGEST);
    assert_eq!(line("a\u{1b}[31m\r\nb\tc"), "a [31m b c");
    let attributes: Attributes = (0..300).map(|i| (format!("a{i}"), json!(i))).collect();
    let dataset = block_on(DatasetBuilder::new("many", "memory:", "MEMORY").attributes(attributes).build()).unwrap();
    assert!(dataset.summary().to_string().ends_with("\n    a99: 99\n    … and 200 more"));
}

#[test]
fn sizes_have_three_digits() {
    for (count, text) in [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1234, "1.23 kB"),
        (12_345, "12.3 kB"),
        (999_499, "999 kB"),
        (999_999, "1 MB"),
        (43_830_720, "43.8 MB"),
        (100_000_000, "100 MB"),
        (u64::MAX, "18.4 EB"),
    ] {
        assert_eq!(bytes(count), text);
    }
}
