//! From raw variables to datasets: roles, what is left out, and what is an error.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use futures::executor::block_on;
use serde_json::{Value, json};

use super::*;
use crate::{ChunkGrid, DataType, EncodedChunk, ErrorKind, MemorySource, Scalar};

/// A variable of zeros, in chunks of 2.
fn variable(name: &str, dimensions: &[(&str, u64)], attributes: Value) -> RawVariable {
    let shape: Vec<u64> = dimensions.iter().map(|d| d.1).collect();
    let grid = ChunkGrid::regular(&shape, &vec![2; shape.len()]).unwrap();
    let cells = Region::full(&shape).cells().unwrap();
    raw(name, dimensions, attributes, MemorySource::try_new(Values::Float32(vec![0.0; cells]), grid).unwrap())
}

fn raw(name: &str, dimensions: &[(&str, u64)], attributes: Value, source: impl ChunkSource + 'static) -> RawVariable {
    let Value::Object(attributes) = attributes else { panic!("attributes are not an object") };
    RawVariable {
        name: name.into(),
        dimensions: dimensions.iter().map(|d| d.0.to_string()).collect(),
        attributes: attributes.into(),
        source: Arc::new(source),
    }
}

fn build(variables: impl IntoIterator<Item = RawVariable>) -> Result<Dataset> {
    build_with(variables, Attributes::new())
}

fn build_with(variables: impl IntoIterator<Item = RawVariable>, attributes: Attributes) -> Result<Dataset> {
    let builder = DatasetBuilder::new("test", "memory:", "MEMORY").attributes(attributes);
    block_on(variables.into_iter().fold(builder, DatasetBuilder::variable).build())
}

fn role(dataset: &Dataset, name: &str) -> Role {
    dataset.variable(name).unwrap().role
}

const TIME: (&str, u64) = ("time", 3);
const LEVEL: (&str, u64) = ("level", 2);
const Y: (&str, u64) = ("y", 4);
const X: (&str, u64) = ("x", 5);
const BNDS: (&str, u64) = ("bnds", 2);

#[test]
fn a_store_of_one_variable_forms_one_grid_and_loses_no_coordinate() {
    let dataset = build([
        variable("time", &[TIME], json!({"bounds": "time_bnds"})),
        variable("time_bnds", &[TIME, BNDS], json!({})),
        variable("level", &[LEVEL], json!({"formula_terms": "a: hyai b: hybi p0: p0 orog: orog ps: ps"})),
        variable("hyai", &[LEVEL], json!({})),
        variable("hybi", &[LEVEL], json!({})),
        variable("p0", &[], json!({})),
        variable("orog", &[Y, X], json!({})),
        variable("lat", &[Y, X], json!({"bounds": "lat_bnds"})),
        variable("lat_bnds", &[Y, X, ("vertices", 4)], json!({})),
        variable("lon", &[Y, X], json!({})),
        variable("surface_altitude", &[], json!({})),
        variable("areacella", &[Y, X], json!({})),
        variable("rotated_pole", &[], json!({"grid_mapping_name": "rotated_latitude_longitude"})),
        variable(
            "ta",
            &[TIME, LEVEL, Y, X],
            json!({
                "coordinates": "lat lon surface_altitude not_there",
                "grid_mapping": "rotated_pole",
                "cell_measures": "area: areacella",
            }),
        ),
    ])
    .unwrap();
    assert_eq!(dataset.skipped, []);
    let grids = dataset.grids();
    assert_eq!(grids.len(), 1);
    assert_eq!((grids[0].name.as_str(), grids[0].shape()), ("time_level_y_x", vec![3, 2, 4, 5]));
    let columns: Vec<&str> = grids[0].coordinates.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(columns, ["hyai", "hybi", "p0", "orog", "lat", "lon", "surface_altitude", "areacella"]);
    let bounds: Vec<&str> = dataset.with_role(Role::Bounds).map(|v| v.name.as_str()).collect();
    assert_eq!(bounds, ["time_bnds", "lat_bnds"]);
    assert_eq!(role(&dataset, "rotated_pole"), Role::GridMapping);
    let in_memory: Vec<&str> = dataset.coordinates.keys().map(String::as_str).collect();
    assert_eq!(in_memory, ["time", "level", "hyai", "hybi", "p0", "surface_altitude"]);
    assert_eq!(dataset.full_grid().unwrap().name, "time_level_y_x");
}

#[test]
fn a_surface_pressure_at_all_times_is_data_though_a_level_mentions_it() {
    let dataset = build([
        variable("level", &[LEVEL], json!({"formula_terms": "ps: ps"})),
        variable("ps", &[TIME, Y, X], json!({})),
        variable("ta", &[TIME, LEVEL, Y, X], json!({})),
    ])
    .unwrap();
    assert_eq!(role(&dataset, "ps"), Role::Data);
    let names: Vec<String> = dataset.grids().into_iter().map(|g| g.name).collect();
    assert_eq!(names, ["time_y_x", "time_level_y_x"]);
    let full = dataset.full_grid().unwrap();
    assert_eq!((full.name.as_str(), full.variables.len()), ("time_level_y_x", 2));
}

#[test]
fn a_grid_mapping_may_list_its_coordinates() {
    let dataset = build([
        variable("crs", &[], json!({})),
        variable("wgs84", &[("one", 1)], json!({})),
        variable("lat", &[Y, X], json!({})),
        variable("lon", &[Y, X], json!({})),
        variable("t", &[Y, X], json!({"grid_mapping": "crs: lat lon wgs84: x y"})),
    ])
    .unwrap();
    for (name, expected) in [
        ("crs", Role::GridMapping),
        ("wgs84", Role::GridMapping),
        ("lat", Role::Coordinate),
        ("lon", Role::Coordinate),
        ("t", Role::Data),
    ] {
        assert_eq!(role(&dataset, name), expected, "{name}");
    }
    let unused = build([
        variable("crs", &[], json!({"grid_mapping_name": "latitude_longitude"})),
        variable("spatial_ref", &[], json!({"crs_wkt": "GEOGCS[…]"})),
        variable("t", &[Y], json!({})),
    ])
    .unwrap();
    assert_eq!(unused.grids().len(), 1);
}

#[test]
fn a_grid_mapping_of_text_with_broken_attributes_is_kept() {
    let source = MemorySource::try_new(Values::String(vec![String::new()]), ChunkGrid::default()).unwrap();
    let dataset = build([
        raw("crs", &[], json!({"scale_factor": "x", "units": "days since never"}), source),
        variable("t", &[X], json!({"grid_mapping": "crs"})),
    ])
    .unwrap();
    assert_eq!((role(&dataset, "crs"), dataset.skipped.len()), (Role::GridMapping, 0));
}

#[test]
fn coordinates_may_be_named_by_the_dataset_and_climatologies_are_bounds() {
    let global = Attributes::from_iter([("coordinates", "mask station_name")]);
    let variables = [
        variable("mask", &[Y, X], json!({})),
        variable("station_name", &[X], json!({})),
        variable("time", &[TIME], json!({"climatology": "climatology_bnds"})),
        variable("climatology_bnds", &[TIME, BNDS], json!({})),
        variable("t", &[TIME, Y, X], json!({})),
    ];
    let dataset = build_with(variables, global).unwrap();
    assert_eq!(role(&dataset, "mask"), Role::Coordinate);
    assert_eq!(role(&dataset, "climatology_bnds"), Role::Bounds);
    assert!(dataset.coordinates.contains_key("station_name"));
    assert_eq!(dataset.grids().len(), 1);
}

#[test]
fn variables_that_break_cf_are_left_out_with_their_reason() {
    let mut rank = variable("rank", &[Y, X], json!({}));
    rank.dimensions.pop();
    let dataset = build([
        variable("t", &[TIME, Y], json!({})),
        variable("time", &[TIME], json!({"units": "months since 2000-01-01"})),
        variable("square", &[Y, Y], json!({})),
        variable("y", &[Y, X], json!({})),
        variable("bad", &[X], json!({"scale_factor": "x"})),
        rank,
    ])
    .unwrap();
    let skipped: Vec<(&str, &str)> = dataset.skipped.iter().map(|s| (s.name.as_str(), s.reason.as_str())).collect();
    assert_eq!(
        skipped,
        [
            (
                "time",
                "units `months since 2000-01-01` count in `months`, which have no one length, expected days or shorter"
            ),
            ("square", "dimension `y` occurs twice in `[\"y\", \"y\"]`"),
            ("y", "its name is that of a dimension, but its dimensions are `[\"y\", \"x\"]`, expected `[\"y\"]`"),
            ("bad", "attribute `scale_factor` is `\"x\"`, expected a finite number"),
            ("rank", "shape `[4, 5]` does not have the rank of dimensions `[\"y\"]`"),
        ]
    );
    assert_eq!(dataset.grids().len(), 1);
    let error = dataset.variable("bad").unwrap_err().to_string();
    assert!(error.starts_with("variable `bad` cannot be read: attribute `scale_factor`"), "{error}");
    // What is left out does not say how long dimensions are.
    let names: Vec<&str> = dataset.dimensions.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["time", "y"]);
}

#[test]
fn dimensions_that_disagree_are_an_error_that_names_both_variables() {
    let error = build([variable("a", &[X], json!({})), variable("b", &[("x", 6)], json!({}))]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "dimension `x` has size 6, expected 5 as in variable `a` in variable `b`, dataset `test`"
    );
}

/// A source that has nothing to read.
#[derive(Debug)]
struct Unreadable(ChunkGrid);

#[async_trait::async_trait]
impl ChunkSource for Unreadable {
    fn data_type(&self) -> DataType {
        DataType::Int64
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        &self.0
    }

    async fn fetch(&self, _chunk: &[u64], _region: &Region) -> Result<Box<dyn EncodedChunk>> {
        Err(ArrayError::io("the store is gone"))
    }

    fn key(&self, _chunk: &[u64]) -> String {
        "x".into()
    }

    async fn stored_bytes(&self, _chunk: &[u64]) -> Result<Option<u64>> {
        Ok(None)
    }
}

#[test]
fn hostile_sizes_cost_nothing_until_they_are_asked_for() {
    const HUGE: u64 = 1 << 60;
    let huge = |dimensions: &[(&str, u64)]| {
        let shape: Vec<u64> = dimensions.iter().map(|d| d.1).collect();
        Unreadable(ChunkGrid::regular(&shape, &vec![1; shape.len()]).unwrap())
    };
    let dimensions = [("x", HUGE), ("y", HUGE)];
    let dataset = build([raw("t", &dimensions, json!({}), huge(&dimensions))]).unwrap();
    assert_eq!((dataset.logical_bytes(), dataset.grids()[0].shape()), (u64::MAX, vec![HUGE, HUGE]));
    let error = build([raw("x", &dimensions[..1], json!({}), huge(&dimensions[..1]))]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(
        error.to_string(),
        "there are 1152921504606846976 labels, expected at most 134217728 in variable `x`, dataset `test`"
    );
}

#[test]
fn a_coordinate_that_cannot_be_read_is_an_error_that_names_it() {
    let source = Unreadable(ChunkGrid::regular(&[4], &[2]).unwrap());
    let error = build([raw("y", &[Y], json!({}), source)]).unwrap_err();
    assert_eq!(error.to_string(), "the store is gone in variable `y`, dataset `test`");
}

#[test]
fn labels_are_read_from_all_chunks_and_decoded() {
    let grid = ChunkGrid::regular(&[5], &[2]).unwrap();
    let source = MemorySource::try_new(Values::Int32(vec![0, 1, 2, 3, -9]), grid).unwrap();
    let attributes = json!({"units": "days since 2000-02-27", "calendar": "noleap", "_FillValue": -9});
    let dataset = build([raw("time", &[("time", 5)], attributes, source)]).unwrap();
    let labels = dataset.coordinates["time"].labels();
    let text = |t: &str| Some(Scalar::String(t.into()));
    assert_eq!(labels.get(2), text("2000-03-01T00:00:00"));
    assert_eq!(labels.get(3), text("2000-03-02T00:00:00"));
    assert_eq!(labels.get(4), None);
}

#[test]
fn groups_are_kept_by_path() {
    let group = Arc::new(build([variable("t", &[X], json!({}))]).unwrap());
    let builder = DatasetBuilder::new("root", "memory:", "MEMORY").group("a/b", group).skip("odd", "it is odd");
    let dataset = block_on(builder.build()).unwrap();
    assert_eq!(dataset.groups["a/b"].grids().len(), 1);
    assert_eq!(dataset.skipped[0].name, "odd");
    assert!(dataset.grids().is_empty() && dataset.full_grid().is_none());
}
