//! Metadata by hand: both versions, consolidated or not, groups, names of dimensions, attributes.

use std::sync::Arc;

use hyperslab_array::{Connector, Dataset, Region, Values};
use serde_json::{Value, json};

use super::store::{Recorded, open, read};
use crate::ZarrConnector;

fn store() -> Arc<Recorded> {
    Arc::new(Recorded::default())
}

async fn put(store: &Recorded, key: &str, value: &Value) {
    store.put_bytes(key, value.to_string()).await;
}

/// A `.zarray` of `int32` without compression.
fn zarray(shape: &[u64], chunks: &[u64]) -> Value {
    json!({"zarr_format": 2, "shape": shape, "chunks": chunks, "dtype": "<i4", "fill_value": null, "order": "C",
        "compressor": null, "filters": null})
}

/// A `zarr.json` of an `int32` array without compression.
fn array_v3(shape: &[u64], chunks: &[u64], names: Value) -> Value {
    json!({"zarr_format": 3, "node_type": "array", "shape": shape, "data_type": "int32",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "dimension_names": names,
        "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]})
}

fn group_v3() -> Value {
    json!({"zarr_format": 3, "node_type": "group", "attributes": {"title": "here"}})
}

fn dimensions<'a>(dataset: &'a Dataset, variable: &str) -> &'a [String] {
    &dataset.variables[variable].dimensions
}

fn little(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

#[tokio::test]
async fn a_v2_group_opens_consolidated_and_not_with_the_same_result() {
    let consolidated = store();
    let listed = store();
    let attributes = json!({"_ARRAY_DIMENSIONS": ["x"], "units": "K"});
    let metadata = json!({
        ".zgroup": {"zarr_format": 2}, ".zattrs": {"title": "here", "limit": 1},
        "v/.zarray": zarray(&[3], &[2]), "v/.zattrs": attributes,
    });
    put(&consolidated, ".zmetadata", &json!({"zarr_consolidated_format": 1, "metadata": metadata})).await;
    for (key, value) in metadata.as_object().unwrap() {
        put(&listed, key, value).await;
    }
    for store in [consolidated, listed] {
        store.put_bytes("v/0", little(&[1, 2])).await;
        store.put_bytes("v/1", little(&[3, 4])).await;
        let dataset = open(&store).await.unwrap();
        assert_eq!(dataset.attributes.text("title"), Some("here"));
        assert_eq!(dimensions(&dataset, "v"), ["x"]);
        assert_eq!(dataset.variables["v"].attributes.text("units"), Some("K"));
        assert_eq!(dataset.variables["v"].attributes.len(), 1);
        let (values, _) = read(&dataset, "v", &[1], &Region::full(&[1])).await.unwrap();
        assert_eq!(values, Values::Int32(vec![3]), "an edge chunk is cut at the array's size");
    }
}

#[tokio::test]
async fn a_v3_group_opens_consolidated_and_not_with_the_same_result() {
    let (consolidated, listed) = (store(), store());
    let array = array_v3(&[3], &[2], json!(["x"]));
    let mut group = group_v3();
    put(&listed, "zarr.json", &group).await;
    group["consolidated_metadata"] = json!({"kind": "inline", "must_understand": false, "metadata": {"v": array}});
    put(&consolidated, "zarr.json", &group).await;
    for store in [consolidated, listed] {
        put(&store, "v/zarr.json", &array).await;
        store.put_bytes("v/c/1", little(&[3, 4])).await;
        let dataset = open(&store).await.unwrap();
        assert_eq!(dataset.attributes.text("title"), Some("here"));
        assert_eq!(dimensions(&dataset, "v"), ["x"]);
        let (values, _) = read(&dataset, "v", &[0], &Region::full(&[2])).await.unwrap();
        assert_eq!(values, Values::Int32(vec![0, 0]), "a chunk that was never written is the fill value");
    }
}

#[tokio::test]
async fn a_location_that_is_one_array_is_a_dataset_of_one_variable() {
    for (key, document) in [("zarr.json", array_v3(&[2], &[2], json!(["x"]))), (".zarray", zarray(&[2], &[2]))] {
        let store = store();
        put(&store, key, &document).await;
        let dataset = ZarrConnector.open("d", "s3://bucket/data.zarr/sst/", store).await.unwrap();
        assert_eq!(dataset.variables.keys().collect::<Vec<_>>(), ["sst"]);
    }
}

#[tokio::test]
async fn groups_become_datasets_and_see_the_coordinates_above_them() {
    let store = store();
    put(&store, "zarr.json", &group_v3()).await;
    for group in ["a", "a/b"] {
        put(&store, &format!("{group}/zarr.json"), &group_v3()).await;
    }
    put(&store, "x/zarr.json", &array_v3(&[2], &[2], json!(["x"]))).await;
    store.put_bytes("x/c/0", little(&[10, 20])).await;
    put(&store, "a/b/v/zarr.json", &array_v3(&[2, 2], &[2, 2], json!(["x", "y"]))).await;
    put(&store, "a/not_zarr/readme.txt", &json!(1)).await;
    let dataset = open(&store).await.unwrap();
    assert_eq!(dataset.groups.keys().collect::<Vec<_>>(), ["a", "a/b"]);
    let below = &dataset.groups["a/b"];
    assert_eq!(below.variables.keys().collect::<Vec<_>>(), ["v", "x"]);
    assert_eq!(below.name, "test/a/b");
    assert!(below.coordinates.contains_key("x"), "inherited from the root");
    assert!(dataset.groups["a"].groups.contains_key("b"));
}

#[tokio::test]
async fn dimensions_without_a_name_share_one_where_sizes_agree() {
    let store = store();
    put(&store, ".zgroup", &json!({"zarr_format": 2})).await;
    put(&store, "a/.zarray", &zarray(&[2, 3], &[2, 3])).await;
    put(&store, "b/.zarray", &zarray(&[2, 4], &[2, 3])).await;
    let dataset = open(&store).await.unwrap();
    assert_eq!(dimensions(&dataset, "a"), ["dim_0", "a_dim_1"]);
    assert_eq!(dimensions(&dataset, "b"), ["dim_0", "b_dim_1"]);
}

#[tokio::test]
async fn netcdf_names_of_dimensions_are_found() {
    let store = store();
    put(&store, ".zgroup", &json!({"zarr_format": 2})).await;
    let mut array = zarray(&[2], &[2]);
    array["_NCZARR_ARRAY"] = json!({"dimrefs": ["/lat"], "storage": "chunked"});
    put(&store, "a/.zarray", &array).await;
    put(&store, "b/.zarray", &zarray(&[2], &[2])).await;
    let attributes = json!({"_nczarr_array": {"dimension_references": ["/group/lat"]}, "units": "1"});
    put(&store, "b/.zattrs", &attributes).await;
    let dataset = open(&store).await.unwrap();
    assert_eq!(dimensions(&dataset, "a"), ["lat"]);
    assert_eq!(dimensions(&dataset, "b"), ["lat"]);
    assert_eq!(dataset.variables["b"].attributes.len(), 1);
}

#[tokio::test]
async fn fill_values_of_v2_are_missing_values_and_those_of_v3_are_not() {
    let store = store();
    put(&store, ".zgroup", &json!({"zarr_format": 2})).await;
    let add = async |name: &str, dtype: &str, fill: Value, filters: Value| {
        let mut array = zarray(&[2], &[2]);
        (array["dtype"], array["fill_value"], array["filters"]) = (json!(dtype), fill, filters);
        put(&store, &format!("{name}/.zarray"), &array).await;
    };
    add("int", "<i4", json!(-9), Value::Null).await;
    add("float", "<f4", json!("NaN"), Value::Null).await;
    add("bytes", "|S2", json!("YWI="), Value::Null).await;
    add("text", "|O", json!("x"), json!([{"id": "vlen-utf8"}])).await;
    add("time", "<M8[ns]", json!(0), Value::Null).await;
    add("none", "<i4", Value::Null, Value::Null).await;
    let dataset = open(&store).await.unwrap();
    assert!(dataset.skipped.is_empty(), "{:?}", dataset.skipped);
    let fill = |name: &str| dataset.variables[name].attributes.get("_FillValue").cloned();
    assert_eq!(fill("int"), Some(json!(-9)));
    assert_eq!(fill("float"), Some(json!("NaN")));
    assert_eq!(fill("bytes"), Some(json!("ab")));
    assert_eq!(fill("text"), Some(json!("x")));
    assert_eq!((fill("time"), fill("none")), (None, None));
}

#[tokio::test]
async fn xarrays_encoded_fill_values_of_v3_are_decoded() {
    let store = store();
    put(&store, "zarr.json", &group_v3()).await;
    for (name, data_type, fill) in [
        ("nan", "float32", json!("AAAAAAAA+H8=")),
        ("number", "float64", json!("AAAAAABq6MA=")),
        ("int", "int32", json!(-1)),
        ("plain", "float64", json!(5.5)),
    ] {
        let mut array = array_v3(&[2], &[2], json!(["x"]));
        array["data_type"] = json!(data_type);
        array["attributes"] = json!({"_FillValue": fill});
        put(&store, &format!("{name}/zarr.json"), &array).await;
    }
    let dataset = open(&store).await.unwrap();
    let fill = |name: &str| dataset.variables[name].attributes.get("_FillValue").cloned().unwrap();
    assert_eq!(fill("nan"), json!("NaN"));
    assert_eq!(fill("number"), json!(-50000.0));
    assert_eq!(fill("int"), json!(-1));
    assert_eq!(fill("plain"), json!(5.5));
}

#[tokio::test]
async fn attributes_with_bare_nan_are_read() {
    let store = store();
    put(&store, ".zgroup", &json!({"zarr_format": 2})).await;
    put(&store, "v/.zarray", &zarray(&[2], &[2])).await;
    store.put_bytes("v/.zattrs", r#"{"_ARRAY_DIMENSIONS": ["x"], "missing_value": NaN}"#).await;
    let dataset = open(&store).await.unwrap();
    assert_eq!(dataset.variables["v"].attributes.text("missing_value"), Some("NaN"));
}

#[tokio::test]
async fn rectilinear_chunks_are_read_with_lengths_of_their_own() {
    for grid in [
        json!({"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[1, [2, 2]], 2]}}),
        json!({"name": "rectangular", "configuration": {"chunk_shape": [[1, 2, 2], 2]}}),
    ] {
        let store = store();
        put(&store, "zarr.json", &group_v3()).await;
        let mut array = array_v3(&[4, 2], &[], json!(["y", "x"]));
        array["chunk_grid"] = grid;
        put(&store, "v/zarr.json", &array).await;
        store.put_bytes("v/c/0/0", little(&[1, 2])).await;
        store.put_bytes("v/c/1/0", little(&[3, 4, 5, 6])).await;
        store.put_bytes("v/c/2/0", little(&[7, 8, 0, 0])).await;
        let dataset = open(&store).await.unwrap();
        let grid = dataset.variables["v"].source.chunk_grid();
        assert_eq!((grid.counts(), grid.region(&[2, 0]).shape), (vec![3, 1], vec![1, 2]));
        let (middle, _) = read(&dataset, "v", &[1, 0], &Region::new(vec![1, 0], vec![1, 2])).await.unwrap();
        let (last, _) = read(&dataset, "v", &[2, 0], &Region::full(&[1, 2])).await.unwrap();
        assert_eq!((middle, last), (Values::Int32(vec![5, 6]), Values::Int32(vec![7, 8])));
    }
}

#[tokio::test]
async fn names_that_are_not_plain_ascii_are_found() {
    let store = store();
    put(&store, ".zgroup", &json!({"zarr_format": 2})).await;
    for name in ["sea temp~1", "température", "a%20b", "x#y"] {
        put(&store, &format!("{name}/.zarray"), &zarray(&[1], &[1])).await;
        store.put_bytes(&format!("{name}/0"), little(&[5])).await;
        let dataset = open(&store).await.unwrap();
        let (values, _) = read(&dataset, name, &[0], &Region::full(&[1])).await.unwrap();
        assert_eq!(values, Values::Int32(vec![5]), "{name}");
    }
}

#[test]
fn locations_are_recognized_by_their_name() {
    for location in ["a.zarr", "s3://b/a.ZARR/", "https://h/a.zarr?x=1", "a.zarr.zip", "a.zarr/group"] {
        assert!(ZarrConnector.recognizes(location), "{location}");
    }
    for location in ["a.nc", "zarr", "a.zarry", "https://h/a?f=.zarr"] {
        assert!(!ZarrConnector.recognizes(location), "{location}");
    }
}

#[tokio::test]
async fn a_bucket_that_denies_what_is_not_there_is_opened_and_a_closed_one_is_not() {
    let bucket = Arc::new(Recorded { denies: true, ..Recorded::default() });
    let error = open(&bucket).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot read `zarr.json`"), "{error}");
    assert!(error.contains("hint: check the credentials"), "{error}");
    put(&bucket, ".zmetadata", &json!({"metadata": {"v/.zarray": zarray(&[2], &[2])}})).await;
    let dataset = open(&bucket).await.unwrap();
    // A chunk that may not be read is not taken for one that was never written.
    let error = read(&dataset, "v", &[0], &Region::full(&[2])).await.unwrap_err().to_string();
    assert!(error.contains("chunk `v/0`") && error.contains("hint: check the credentials"), "{error}");
}
