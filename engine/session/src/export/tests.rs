//! Answers written as stores, and what is read back from them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod chunks;
mod netcdf;
mod update;

use std::path::Path;

use futures::TryStreamExt;

use crate::Context;
use crate::tests::{context, error, rows};

/// `COPY (query) TO 'folder/name' STORED AS ZARR OPTIONS (options)`.
pub(super) fn copy(query: &str, folder: &Path, name: &str, options: &str) -> String {
    let options = if options.is_empty() { String::new() } else { format!(" OPTIONS ({options})") };
    format!("COPY {query} TO '{}' STORED AS ZARR{options}", folder.join(name).display())
}

/// The rows of a store, by its first three columns.
pub(super) async fn stored(context: &Context, folder: &Path, name: &str) -> Vec<String> {
    rows(context, &format!("SELECT * FROM '{}' ORDER BY 1, 2, 3", folder.join(name).display())).await
}

#[tokio::test]
async fn a_table_comes_back_the_same_in_both_versions_with_and_without_shards_and_codecs() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    let expected = rows(&context, "SELECT * FROM ersst ORDER BY 1, 2, 3").await;
    for (i, options) in [
        "",
        "'zarr_format' '2'",
        "'zarr_format' '2', 'chunks' 'lat=2', 'codec' 'none'",
        "'chunks' 'time=1,lat=2,lon=1', 'codec' 'zstd(1)'",
        "'chunks' 'time=1,lat=2,lon=1', 'shards' 'lat=4,lon=2', 'codec' 'blosc(9)'",
    ]
    .iter()
    .enumerate()
    {
        let name = format!("{i}.zarr");
        assert_eq!(rows(&context, &copy("ersst", folder.path(), &name, options)).await, ["12"]);
        assert_eq!(stored(&context, folder.path(), &name).await, expected, "{options}");
        let dataset = context.open(folder.path().join(&name).to_str().unwrap()).await.unwrap();
        assert_eq!(dataset.variable("mask").unwrap().dimensions, ["lat", "lon"]);
        assert_eq!(dataset.variable("lat").unwrap().attributes.text("long_name"), Some("latitude"));
        assert_eq!(dataset.variable("time").unwrap().attributes.text("units"), Some("days since 2000-01-01"));
        assert_eq!(dataset.attributes.text("title"), Some("Sea surface temperature"));
        let lat = dataset.coordinates.get("lat").unwrap().labels().get(0);
        assert_eq!(lat, Some(hyperslab_array::Scalar::Float32(10.0)), "descending stays descending");
    }
}

#[tokio::test]
async fn curvilinear_coordinates_and_dimensions_without_labels_stay_what_they_are() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    let query = "(SELECT * FROM pop.nlat_nlon)";
    assert_eq!(rows(&context, &copy(query, folder.path(), "pop.zarr", "")).await, ["4"]);
    let dataset = context.open(folder.path().join("pop.zarr").to_str().unwrap()).await.unwrap();
    assert!(dataset.coordinates.is_empty());
    assert_eq!(dataset.variable("TLAT").unwrap().role, hyperslab_array::Role::Coordinate);
    assert_eq!(dataset.variable("SST").unwrap().dimensions, ["nlat", "nlon"]);
    assert_eq!(
        stored(&context, folder.path(), "pop.zarr").await,
        rows(&context, "SELECT * FROM pop.nlat_nlon ORDER BY 1, 2, 3").await
    );
}

#[tokio::test]
async fn groups_are_dimensions_and_absent_cells_are_missing() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    let query = "(SELECT day(time) AS day, lat, avg(sst) AS sst, count(*) AS n FROM ersst \
                 WHERE NOT (lat = 0 AND sst > 3) GROUP BY 1, 2)";
    rows(&context, &copy(query, folder.path(), "g.zarr", "'sst.units' 'K', 'attribute.title' 'means'")).await;
    assert_eq!(
        stored(&context, folder.path(), "g.zarr").await,
        ["1|-10.0|4.0|2", "1|0.0|2.5|2", "1|10.0|0.5|2", "2|-10.0|10.5|2", "2|0.0|NULL|NULL", "2|10.0|6.5|2"]
    );
    let dataset = context.open(folder.path().join("g.zarr").to_str().unwrap()).await.unwrap();
    assert_eq!(dataset.variable("sst").unwrap().attributes.text("units"), Some("K"));
    assert_eq!(dataset.attributes.text("title"), Some("means"));
}

#[tokio::test]
async fn packed_numbers_and_other_types_are_written_as_the_options_say() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    let options = "'sst.dtype' 'int16', 'sst.scale_factor' '0.5', 'sst.fill_value' '-1'";
    rows(
        &context,
        &copy("(SELECT time, lat, lon, CAST(sst AS DOUBLE) AS sst FROM ersst)", folder.path(), "p.zarr", options),
    )
    .await;
    assert_eq!(
        stored(&context, folder.path(), "p.zarr").await,
        rows(&context, "SELECT time, lat, lon, CAST(sst AS DOUBLE) AS sst FROM ersst ORDER BY 1, 2, 3").await
    );
    // What passes through is packed again.
    let again = format!("(SELECT * FROM '{}')", folder.path().join("p.zarr").display());
    rows(&context, &copy(&again, folder.path(), "q.zarr", "")).await;
    let dataset = context.open(folder.path().join("q.zarr").to_str().unwrap()).await.unwrap();
    let sst = dataset.variable("sst").unwrap();
    assert_eq!(sst.encoding.stored_type(), hyperslab_array::DataType::Int16);
    assert_eq!(sst.attributes.number("scale_factor"), Some(0.5));
    let query = "(SELECT time, lat, lon, sst * 100000 AS sst FROM ersst)";
    let message = error(&context, &copy(query, folder.path(), "r.zarr", options)).await;
    assert!(message.contains("does not fit int16 in variable `sst`"), "{message}");
    assert!(!folder.path().join("r.zarr").exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left behind");
}

#[tokio::test]
async fn what_is_there_is_replaced_only_where_that_is_asked_for_and_only_a_store() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    rows(&context, &copy("ersst", folder.path(), "e.zarr", "")).await;
    let one = "(SELECT time, lat, lon, sst FROM ersst WHERE lat = 0)";
    let message = error(&context, &copy(one, folder.path(), "e.zarr", "")).await;
    assert!(message.contains("exists already") && message.contains("overwrite"), "{message}");
    assert_eq!(stored(&context, folder.path(), "e.zarr").await.len(), 12);
    // The store may be replaced by what is read from it.
    let own = format!("(SELECT * FROM '{}' WHERE lat = 0)", folder.path().join("e.zarr").display());
    rows(&context, &copy(&own, folder.path(), "e.zarr", "'overwrite' 'true'")).await;
    assert_eq!(stored(&context, folder.path(), "e.zarr").await.len(), 4);
    std::fs::create_dir(folder.path().join("home.zarr")).unwrap();
    std::fs::write(folder.path().join("home.zarr/letter"), "dear").unwrap();
    let message = error(&context, &copy(one, folder.path(), "home.zarr", "'overwrite' 'true'")).await;
    assert!(message.contains("something else"), "{message}");
    assert!(folder.path().join("home.zarr/letter").exists());
}

#[tokio::test]
async fn what_is_no_array_or_no_option_is_refused_in_one_line() {
    let context = context().await;
    let folder = tempfile::tempdir().unwrap();
    for (query, options, expected) in [
        ("(SELECT lat, sst FROM ersst)", "", "two rows of the answer are the cell `lat = "),
        ("(SELECT sst FROM ersst)", "", "no column of the answer is a dimension"),
        ("ersst", "'dimensions' 'time,lat,long'", "no column `long` to be a dimension; hint: did you mean `lon`?"),
        (
            "ersst",
            "'dimension' 'time'",
            "unknown option `dimension` of `STORED AS ZARR`; hint: did you mean `dimensions`?",
        ),
        ("ersst", "'chunks' 'time'", "option `chunks` is `time`, expected lengths such as `time=12,lat=89`"),
        ("ersst", "'chunks' 'times=2'", "option `chunks` is about `times`, which is no dimension"),
        ("ersst", "'sts.dtype' 'int16'", "option `sts.…` is about no column; hint: valid: `time`, `lat`, `lon`, `sst`"),
        ("ersst", "'sst.dtype' 'int12'", "expected the name of a type of numbers"),
        ("ersst", "'zarr_format' '2', 'shards' 'lat=2'", "Zarr v2 has no shards"),
        ("ersst", "'append' 'time', 'overwrite' 'true'", "exclude each other"),
        ("ersst", "'codec' 'lzma'", "option `codec` is `lzma`"),
        ("(SELECT lat, [1, 2] AS list FROM ersst.lat_lon)", "", "column `list` of type"),
        ("(SELECT lat, lat AS \"a/b\" FROM ersst.lat_lon)", "", "has a name that no variable can have"),
        ("(SELECT NULL::INT AS x, 1 AS y)", "'dimensions' 'x'", "a label of dimension `x` is missing"),
    ] {
        let message = error(&context, &copy(query, folder.path(), "x.zarr", options)).await;
        assert!(message.contains(expected), "{query} {options}: {message}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{query} leaves something behind");
    }
}

#[tokio::test]
async fn a_store_in_a_bucket_is_written_in_its_place() {
    let context = context().await;
    rows(&context, "COPY ersst TO 'memory://b/e.zarr'").await;
    assert_eq!(rows(&context, "SELECT count(*), count(sst) FROM 'memory://b/e.zarr'").await, ["12|11"]);
    let message = error(&context, "COPY ersst TO 'memory://b/e.zarr'").await;
    assert!(message.contains("exists already"), "{message}");
    rows(&context, "COPY (SELECT time, lat, lon, sst FROM ersst WHERE lat > 0) TO 'memory://b/e.zarr' OPTIONS ('overwrite' 'true')").await;
    let counts = "SELECT count(*), count(sst), sum(sst) FROM 'memory://b/e.zarr'";
    let before = rows(&context, counts).await;
    assert!(before[0].starts_with("4|4|"), "{before:?}");
    // A query that fails on its way leaves the old one.
    let failing = "COPY (SELECT time, lat, lon, 1 / (CAST(sst AS INT) - CAST(sst AS INT)) AS q FROM ersst) \
                   TO 'memory://b/e.zarr' OPTIONS ('overwrite' 'true')";
    assert!(error(&context, failing).await.contains("divi"));
    assert_eq!(rows(&context, counts).await, before);
    // A store may be made anew from itself; what was left of the failure goes too.
    let itself = "COPY (SELECT time, lat, lon, sst FROM 'memory://b/e.zarr') TO 'memory://b/e.zarr' \
                  OPTIONS ('overwrite' 'true')";
    rows(&context, itself).await;
    assert_eq!(rows(&context, counts).await, before);
    let store = context.registry().store("memory://b/e.zarr", &Default::default()).await.unwrap();
    let names: Vec<String> = store.list(None).map_ok(|meta| meta.location.to_string()).try_collect().await.unwrap();
    assert!(names.iter().all(|name| !name.contains("partial")), "{names:?}");
}

#[tokio::test]
async fn grid_mappings_follow_and_measures_of_cells_stay_what_they_are() {
    use hyperslab_array::{DatasetBuilder, Role, Values};

    use crate::tests::variable;

    let at = &[("y", 2), ("x", 2)];
    let attributes = [("grid_mapping", "crs"), ("cell_measures", "area: area")];
    let scene = DatasetBuilder::new("scene", "memory:scene", "MEMORY")
        .variable(variable("x", &[("x", 2)], Values::Float64(vec![5.0, 15.0]), &[("units", "m")]))
        .variable(variable("red", at, Values::Float32(vec![1.0, 2.0, 3.0, 4.0]), &attributes))
        .variable(variable("area", at, Values::Float32(vec![1.0; 4]), &[("units", "m2")]))
        .variable(variable("crs", &[], Values::Int32(vec![7]), &[("grid_mapping_name", "transverse_mercator")]))
        .build()
        .await
        .unwrap();
    let context = context().await;
    context.register_dataset("scene", scene).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, statement) in [
        ("s.zarr", copy("scene", folder.path(), "s.zarr", "")),
        ("s.nc", format!("COPY scene TO '{}'", folder.path().join("s.nc").display())),
    ] {
        rows(&context, &statement).await;
        let dataset = context.open(folder.path().join(name).to_str().unwrap()).await.unwrap();
        let crs = dataset.variable("crs").unwrap();
        assert_eq!(
            (crs.role, crs.attributes.text("grid_mapping_name")),
            (Role::GridMapping, Some("transverse_mercator"))
        );
        let value = crs.read_chunk(&[], &hyperslab_array::Region::full(&[])).await.unwrap();
        assert_eq!(value.values, Values::Int32(vec![7]));
        let red = dataset.variable("red").unwrap();
        assert_eq!(red.attributes.text("coordinates"), None);
        assert_eq!(red.attributes.text("cell_measures"), Some("area: area"));
        assert_eq!(
            stored(&context, folder.path(), name).await,
            rows(&context, "SELECT * FROM scene ORDER BY 1, 2, 3").await
        );
    }
    let computed = "(SELECT y, x, red + 1 AS red FROM scene)";
    rows(&context, &copy(computed, folder.path(), "t.zarr", "")).await;
    assert!(context.open(folder.path().join("t.zarr").to_str().unwrap()).await.unwrap().variable("crs").is_err());
}
