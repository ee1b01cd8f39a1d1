//! Regridded datasets as a whole: what they hold, what they read, what they refuse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    Attributes, ChunkGrid, DataType, Dataset, DatasetBuilder, MemorySource, RawVariable, Region, Role, Scalar, Values,
    Variable, contract,
};

fn raw(name: &str, dimensions: &[(&str, u64)], chunks: &[u64], values: Values, attributes: Value) -> RawVariable {
    let Value::Object(attributes) = attributes else { panic!("attributes are not an object") };
    let shape: Vec<u64> = dimensions.iter().map(|d| d.1).collect();
    let source = MemorySource::try_new(values, ChunkGrid::regular(&shape, chunks).unwrap()).unwrap();
    RawVariable {
        name: name.into(),
        dimensions: dimensions.iter().map(|d| d.0.to_string()).collect(),
        attributes: Attributes::from(attributes),
        source: Arc::new(source),
    }
}

fn dataset(variables: impl IntoIterator<Item = RawVariable>) -> Dataset {
    block_on(
        variables.into_iter().fold(DatasetBuilder::new("test", "memory:", "MEMORY"), DatasetBuilder::variable).build(),
    )
    .unwrap()
}

fn target(dimension: &str, labels: &[f64]) -> Target {
    Target { dimension: dimension.into(), labels: Values::Float64(labels.to_vec()), within: None, bounds: None }
}

fn options(method: Interpolation) -> RegridOptions {
    RegridOptions { method, ..RegridOptions::default() }
}

/// All values of a variable, NaN where one is missing.
fn values(variable: &Variable) -> Vec<f64> {
    block_on(read::read_whole(variable)).unwrap()
}

/// Latitudes that descend and longitudes round the globe, in chunks of the given lengths; some packed, some missing.
fn globe(chunks: [u64; 3]) -> Dataset {
    let (time, lat, lon) = (("time", 4), ("lat", 6), ("lon", 8));
    let cells = 4 * 6 * 8;
    let packed = (0..cells).map(|i| if i % 11 == 3 { -1 } else { (i * 7 % 100) as i16 }).collect();
    let single = (0..cells).map(|i| if i % 17 == 5 { f32::NAN } else { (i * 13 % 50) as f32 / 4.0 }).collect();
    let lats = Values::Float32(vec![75.0, 45.0, 15.0, -15.0, -45.0, -75.0]);
    let lons = Values::Float64((0..8).map(|i| f64::from(i) * 45.0).collect());
    let turned = [chunks[2], chunks[0], chunks[1]];
    dataset([
        raw("lat", &[lat], &[6], lats, json!({"units": "degrees_north", "bounds": "lat_bnds", "_FillValue": 999.0})),
        raw("lon", &[lon], &[8], lons, json!({"units": "degrees_east"})),
        raw(
            "packed",
            &[time, lat, lon],
            &chunks,
            Values::Int16(packed),
            json!({"_FillValue": -1, "scale_factor": 0.5, "units": "K"}),
        ),
        raw("single", &[lon, time, lat], &turned, Values::Float32(single), json!({"long_name": "turned"})),
        raw("whole", &[lat], &[4], Values::Int32((0..6).map(|i| i * i).collect()), json!({})),
        raw("zone", &[lat], &[6], Values::String((0..6).map(|i| i.to_string()).collect()), json!({})),
        raw("series", &[time], &[2], Values::Int32(vec![1, 2, 3, 4]), json!({})),
        raw(
            "weight",
            &[lat],
            &[6],
            Values::Float32(vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
            json!({"coordinates": "height"}),
        ),
        raw("height", &[lat], &[6], Values::Float32(vec![0.0, 10.0, 20.0, 30.0, 40.0, 50.0]), json!({"units": "m"})),
    ])
}

#[test]
fn variables_keep_their_place_and_their_attributes() {
    let source = globe([2, 4, 3]);
    let found = regrid(&source, &[target("lat", &[0.0, 30.0, 90.0])], &RegridOptions::default()).unwrap();
    assert_eq!(found.dimension("lat").unwrap().size, 3);
    assert_eq!(found.variable("packed").unwrap().dimensions, ["time", "lat", "lon"]);
    let units = |name: &str| found.variable(name).unwrap().attributes.text("units").map(str::to_string);
    assert_eq!(
        (units("packed"), units("height"), units("lat")),
        (Some("K".into()), Some("m".into()), Some("degrees_north".into()))
    );
    for name in ["_FillValue", "scale_factor", "bounds"] {
        assert!(found.variables.values().all(|v| v.attributes.get(name).is_none()), "{name}");
    }
    let types: Vec<DataType> = ["packed", "single", "whole"].map(|n| found.variable(n).unwrap().data_type()).into();
    assert_eq!(types, [DataType::Float64; 3]);
    let nearest = regrid(&source, &[target("lat", &[0.0])], &options(Interpolation::Nearest)).unwrap();
    let types: Vec<DataType> = ["packed", "single", "whole"].map(|n| nearest.variable(n).unwrap().data_type()).into();
    assert_eq!(types, [DataType::Float64, DataType::Float32, DataType::Float64]);
    // What has none of the dimensions is the same variable; text has no mean.
    assert!(Arc::ptr_eq(found.variable("series").unwrap(), source.variable("series").unwrap()));
    assert!(found.variable("zone").unwrap_err().to_string().contains("string"));
    let height = found.coordinates["height"].labels();
    assert_eq!(
        (height.get(0), height.get(1), height.get(2)),
        (Some(Scalar::Float64(25.0)), Some(Scalar::Float64(15.0)), None)
    );
    assert_eq!(values(found.variable("whole").unwrap())[..2], [6.5, 2.5]);
}

fn some_targets() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    (prop::collection::vec(-95.0f64..95.0, 1..7), prop::collection::vec(-200.0f64..500.0, 1..9))
}

fn some_method() -> impl Strategy<Value = Interpolation> {
    prop_oneof![Just(Interpolation::Nearest), Just(Interpolation::Linear)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn how_the_source_is_cut_does_not_change_the_answer(
        (lat, lon) in some_targets(),
        method in some_method(),
        chunks in (1u64..5, 1u64..7, 1u64..9),
    ) {
        let targets = [target("lat", &lat), target("lon", &lon)];
        let whole = regrid(&globe([4, 6, 8]), &targets, &options(method)).unwrap();
        let cut = regrid(&globe([chunks.0, chunks.1, chunks.2]), &targets, &options(method)).unwrap();
        for name in ["packed", "single", "whole"] {
            let text = |d: &Dataset| format!("{:?}", values(d.variable(name).unwrap()));
            prop_assert_eq!(text(&whole), text(&cut), "{}", name);
        }
    }

    #[test]
    fn sources_keep_the_contract((lat, lon) in some_targets(), method in some_method(), chunks in (1u64..5, 1u64..7, 1u64..9)) {
        let targets = [target("lat", &lat), target("lon", &lon)];
        let found = regrid(&globe([chunks.0, chunks.1, chunks.2]), &targets, &options(method)).unwrap();
        for name in ["packed", "single", "whole"] {
            block_on(contract::chunk_source(found.variable(name).unwrap().source.as_ref())).unwrap();
        }
    }

    #[test]
    fn the_integral_over_the_globe_is_conserved(rows in 2u64..9, columns in 2u64..12, turn in -180.0f64..180.0) {
        let source = globe([2, 4, 3]);
        let lat: Vec<f64> = (0..rows).map(|i| -90.0 + 180.0 * (i as f64 + 0.5) / rows as f64).collect();
        let lon: Vec<f64> = (0..columns).map(|i| turn + 360.0 * i as f64 / columns as f64).collect();
        let found = regrid(&source, &[target("lat", &lat), target("lon", &lon)], &options(Interpolation::Conservative)).unwrap();
        // Its missing values have no place in an integral: constants in theirs.
        let full = |d: &Dataset, name: &str| values(d.variable(name).unwrap());
        let sines = |edges: u64| (0..edges).map(move |i| {
            let at = |i: u64| (-90.0 + 180.0 * i as f64 / edges as f64).to_radians().sin();
            at(i + 1) - at(i)
        });
        let before: f64 = full(&source, "whole").iter().zip(sines(6)).map(|(v, area)| v * area).sum();
        let after: f64 = full(&found, "whole").iter().zip(sines(rows)).map(|(v, area)| v * area).sum();
        prop_assert!((before - after).abs() <= 1e-12 * before.abs());
    }
}

#[test]
fn the_integral_of_a_map_is_conserved() {
    let map = (0..6 * 8).map(|i| f64::from(i * 29 % 31)).collect::<Vec<_>>();
    let lats = Values::Float64(vec![-75.0, -45.0, -15.0, 15.0, 45.0, 75.0]);
    let lons = Values::Float64((0..8).map(|i| f64::from(i) * 45.0).collect());
    let source = dataset([
        raw("lat", &[("lat", 6)], &[6], lats, json!({})),
        raw("lon", &[("lon", 8)], &[8], lons, json!({})),
        raw("v", &[("lat", 6), ("lon", 8)], &[4, 3], Values::Float64(map.clone()), json!({})),
    ]);
    let (lat, lon) = ([80.0, 70.0, 30.0, 0.0, -30.0, -50.0, -70.0], [-170.0, -100.0, 0.0, 10.0, 90.0]);
    // Cells that cover the globe, in bounds that are read when they are needed.
    let edges = |edges: &[f64]| Values::Float64(edges.windows(2).flatten().copied().collect());
    let lat_edges = [90.0, 75.0, 50.0, 10.0, -20.0, -40.0, -60.0, -90.0];
    let lon_edges = [-200.0, -140.0, -50.0, 5.0, 50.0, 160.0];
    let bounds = dataset([
        raw("y", &[("lat", 7), ("n", 2)], &[3, 2], edges(&lat_edges), json!({})),
        raw("x", &[("lon", 5), ("n", 2)], &[5, 1], edges(&lon_edges), json!({})),
    ]);
    let with = |dimension: &str, labels: &[f64], name: &str| Target {
        bounds: Some(Arc::clone(bounds.variable(name).unwrap())),
        ..target(dimension, labels)
    };
    let targets = [with("lat", &lat, "y"), with("lon", &lon, "x")];
    let found = regrid(&source, &targets, &options(Interpolation::Conservative)).unwrap();
    let after = values(found.variable("v").unwrap());
    let sine = |edge: f64| edge.to_radians().sin();
    let areas = |lat: &[f64], lon: &[f64]| -> Vec<f64> {
        let rows = lat.windows(2).map(|w| (sine(w[1]) - sine(w[0])).abs());
        rows.flat_map(|row| lon.windows(2).map(move |w| row * (w[1] - w[0])).collect::<Vec<_>>()).collect()
    };
    let integral = |values: &[f64], areas: &[f64]| values.iter().zip(areas).map(|(v, a)| v * a).sum::<f64>();
    let old_lat: Vec<f64> = (0..7).map(|i| -90.0 + 30.0 * f64::from(i)).collect();
    let old_lon: Vec<f64> = (0..9).map(|i| -22.5 + 45.0 * f64::from(i)).collect();
    let (before, after) =
        (integral(&map, &areas(&old_lat, &old_lon)), integral(&after, &areas(&lat_edges, &lon_edges)));
    assert!((before - after).abs() <= 1e-12 * before, "{before} {after}");
}

#[test]
fn a_region_reads_the_chunks_that_support_it() {
    let source = globe([2, 2, 2]);
    let found = regrid(
        &source,
        &[target("lat", &[50.0, -60.0]), target("lon", &[10.0, 100.0, 350.0])],
        &RegridOptions::default(),
    )
    .unwrap();
    let variable = found.variable("packed").unwrap();
    let chunks = |start: [u64; 3], shape: [u64; 3]| {
        let region = Region::new(start.to_vec(), shape.to_vec());
        block_on(variable.source.fetch(&[0, 0, 0], &region)).unwrap().chunks()
    };
    // Labels 0 and 45 are in one chunk; 350 lies between 315 and 0.
    assert_eq!(chunks([0, 0, 0], [1, 1, 1]), [1, 0]);
    assert_eq!(chunks([0, 1, 2], [2, 1, 1]), [2, 0]);
    assert_eq!(chunks([0, 0, 0], [2, 2, 3]), [6, 0]);
    let outside = regrid(&source, &[target("lat", &[85.0])], &RegridOptions::default()).unwrap();
    let encoded =
        block_on(outside.variable("packed").unwrap().source.fetch(&[0, 0, 0], &Region::full(&[2, 1, 2]))).unwrap();
    assert_eq!((encoded.chunks(), encoded.requests()), ([0, 0], 0));
    assert!(values(outside.variable("packed").unwrap()).iter().all(|v| v.is_nan()));
}

#[test]
fn what_makes_no_sense_is_an_error() {
    let source = globe([2, 4, 3]);
    let error =
        |targets: &[Target], options: RegridOptions| regrid(&source, targets, &options).unwrap_err().to_string();
    let plain = RegridOptions::default();
    assert!(error(&[target("lev", &[1.0])], plain).contains("no dimension `lev`"));
    assert!(error(&[target("time", &[1.0])], plain).contains("no labels"));
    assert!(error(&[target("lat", &[])], plain).contains("no labels"));
    assert!(error(&[target("lat", &[f64::NAN])], plain).contains("`NaN`"));
    assert!(error(&[target("lat", &[1.0]), target("lat", &[2.0])], plain).contains("twice"));
    assert!(error(&[target("lat", &[1.0])], options(Interpolation::Conservative)).contains("two or more"));
    assert!(error(&[target("lat", &[1.0])], RegridOptions { min_coverage: f64::NAN, ..plain }).contains("NaN"));
    let text = Target { labels: Values::String(vec!["a".into()]), ..target("lat", &[]) };
    assert!(error(&[text], plain).contains("expected numbers"));
    assert!(Interpolation::parse("cubic").unwrap_err().to_string().contains("`conservative`"));
    let twice = dataset([raw("x", &[("x", 3)], &[3], Values::Int64(vec![1, 2, 2]), json!({}))]);
    assert!(regrid(&twice, &[target("x", &[1.0])], &plain).unwrap_err().to_string().contains("occurs twice"));
}

#[test]
fn a_part_of_the_source_has_ends() {
    let source = globe([2, 4, 3]);
    let part = Target { within: Some(1..4), ..target("lat", &[50.0, 30.0, 0.0, -15.0, -20.0]) };
    let found = regrid(&source, &[part], &RegridOptions::default()).unwrap();
    let height = &found.coordinates["height"];
    let labels: Vec<_> = (0..5).map(|i| height.labels().get(i)).collect();
    let number = |n: f64| Some(Scalar::Float64(n));
    assert_eq!(labels, [None, number(15.0), number(25.0), number(30.0), None]);
    assert_eq!(found.variable("height").unwrap().role, Role::Coordinate);
}
