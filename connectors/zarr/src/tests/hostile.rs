//! Metadata and chunks that are wrong, absurd or cut short: one line that says what and where, and no harm.

use std::io::Write;
use std::sync::Arc;

use hyperslab_array::{ArrayError, DataType, ErrorKind, Region, Values};
use serde_json::{Value, json};

use super::store::{Recorded, open, read, written};
use super::writer::spec;
use crate::writer::{ArraySpec, Compression};

fn v3() -> Value {
    spec(DataType::Int32, json!(0)).metadata()
}

/// A store with the array `v` as `metadata` says, and a fine array `w` beside it.
async fn with(metadata: &Value) -> Arc<Recorded> {
    let store = Arc::new(Recorded::default());
    store.put_bytes("zarr.json", r#"{"zarr_format": 3, "node_type": "group"}"#).await;
    store.put_bytes("v/zarr.json", metadata.to_string()).await;
    store.put_bytes("w/zarr.json", v3().to_string()).await;
    store
}

/// Why `v` is skipped when its metadata is changed; the dataset opens all the same.
async fn reason(change: impl FnOnce(&mut Value)) -> String {
    let mut metadata = v3();
    change(&mut metadata);
    let dataset = open(&with(&metadata).await).await.unwrap();
    assert!(dataset.variables.contains_key("w"));
    let error = dataset.variable("v").unwrap_err().to_string();
    assert!(error.starts_with("variable `v` cannot be read: "), "{error}");
    assert_eq!(error.lines().count(), 1);
    error
}

async fn check(expected: &str, change: impl FnOnce(&mut Value)) {
    let reason = reason(change).await;
    assert!(reason.contains(expected), "{reason}");
}

#[tokio::test]
async fn arrays_that_cannot_be_read_are_skipped_with_a_reason() {
    check("codec `zfp9` is not built in", |m| m["codecs"][1] = json!({"name": "zfp9"})).await;
    check("never make bytes", |m| m["codecs"] = json!([])).await;
    check("make bytes twice", |m| m["codecs"][1] = m["codecs"][0].clone()).await;
    check("`gzip` stands before", |m| m["codecs"] = json!(["gzip", "bytes"])).await;
    check("does not say `little` or `big`", |m| m["codecs"] = json!(["bytes"])).await;
    check("no list of `codecs`", |m| m["codecs"] = json!("bytes")).await;
    check("data type `complex64` cannot be read", |m| m["data_type"] = json!("complex64")).await;
    check("fill value `cold` is not a value of type int32", |m| m["fill_value"] = json!("cold")).await;
    check("no `fill_value`", |m| drop(m.as_object_mut().unwrap().remove("fill_value"))).await;
    check("has a length of 0", |m| m["chunk_grid"]["configuration"]["chunk_shape"] = json!([0, 3])).await;
    check("rank", |m| m["chunk_grid"]["configuration"]["chunk_shape"] = json!([3])).await;
    check("expected a list of whole numbers", |m| m["shape"] = json!([-1, 3])).await;
    check("expected a list of whole numbers", |m| m["shape"] = json!([1e30, 3])).await;
    check("chunk grid `hexagonal` is not built in", |m| m["chunk_grid"] = json!({"name": "hexagonal"})).await;
    check("chunk key encoding `x` is not built in", |m| m["chunk_key_encoding"] = json!({"name": "x"})).await;
    check("storage transformer `cache`", |m| m["storage_transformers"] = json!([{"name": "cache"}])).await;
    check("extension `units` of the array", |m| m["units"] = json!({"name": "K"})).await;
    check("expected a list of 2 names", |m| m["dimension_names"] = json!(["x"])).await;
    check("dimension `x` appears twice", |m| m["dimension_names"] = json!(["x", "x"])).await;
    check("zarr format `4`", |m| m["zarr_format"] = json!(4)).await;
    check("does not say `group` or `array`", |m| m["node_type"] = json!("matrix")).await;
}

#[tokio::test]
async fn an_extension_that_need_not_be_understood_is_ignored() {
    let mut metadata = v3();
    metadata["note"] = json!({"must_understand": false});
    assert!(open(&with(&metadata).await).await.unwrap().variables.contains_key("v"));
}

#[tokio::test]
async fn absurd_sizes_are_refused_before_anything_is_allocated() {
    let huge = 1u64 << 60;
    let chunk = |m: &mut Value, shape: Value| m["chunk_grid"]["configuration"]["chunk_shape"] = shape;
    check("has 4611686018427387904 bytes", |m| chunk(m, json!([huge, 1]))).await;
    check("more than 2^64 bytes", |m| chunk(m, json!([huge, huge]))).await;
    check("lists more than", |m| {
        m["chunk_grid"] =
            json!({"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": [[[1, huge]], 3]}});
    })
    .await;
    let shards = |inner: Value, shard: Value| {
        move |m: &mut Value| {
            *m = ArraySpec { shard_shape: Some(vec![4, 6]), ..spec(DataType::Int32, json!(0)) }.metadata();
            m["chunk_grid"]["configuration"]["chunk_shape"] = shard;
            m["codecs"][0]["configuration"]["chunk_shape"] = inner;
        }
    };
    check("index that is too long", shards(json!([1, 1]), json!([huge, 1]))).await;
    check("do not divide", shards(json!([3, 3]), json!([4, 6]))).await;
    check("do not divide", shards(json!([0, 3]), json!([4, 6]))).await;
    check("rank", shards(json!([2]), json!([4, 6]))).await;
}

#[tokio::test]
async fn a_shape_of_2_to_the_60_opens_by_arithmetic() {
    let mut metadata = v3();
    metadata["shape"] = json!([1u64 << 60, 1u64 << 60]);
    let store = Arc::new(Recorded::default());
    store.put_bytes("zarr.json", r#"{"zarr_format": 3, "node_type": "group"}"#).await;
    store.put_bytes("v/zarr.json", metadata.to_string()).await;
    let dataset = open(&store).await.unwrap();
    let grid = dataset.variables["v"].source.chunk_grid();
    let last: Vec<u64> = grid.counts().iter().map(|n| n - 1).collect();
    let (values, _) = read(&dataset, "v", &last, &Region::full(&grid.region(&last).shape)).await.unwrap();
    assert_eq!(values, Values::Int32(vec![0; 2]));
}

async fn fails(store: &Arc<Recorded>, chunk: &[u64]) -> ArrayError {
    let dataset = open(store).await.unwrap();
    let shape = dataset.variables["v"].source.chunk_grid().region(chunk).shape;
    let error = read(&dataset, "v", chunk, &Region::full(&shape)).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("variable `v`, chunk `v/c/"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    error
}

#[tokio::test]
async fn chunks_that_are_cut_short_or_broken_are_errors_that_name_them() {
    let values = Values::Int32((0..35).collect());
    for codecs in [Compression::None, Compression::Zstd(1), Compression::BloscZstd { level: 1, shuffle: true }] {
        let store = written(&ArraySpec { codecs, ..spec(DataType::Int32, json!(0)) }, &values).await;
        let whole = store.bytes_of("v/c/0/0").await;
        for length in 0..whole.len() {
            store.put_bytes("v/c/0/0", whole.slice(..length)).await;
            assert_eq!(fails(&store, &[0, 0]).await.kind(), ErrorKind::Invalid, "{codecs:?} {length}");
        }
        store.put_bytes("v/c/0/0", vec![0xa5; whole.len()]).await;
        if codecs != Compression::None {
            fails(&store, &[0, 0]).await;
        }
    }
}

#[tokio::test]
async fn texts_that_are_cut_short_or_not_utf8_are_errors() {
    let values = Values::String((0..35).map(|i| i.to_string()).collect());
    let store = written(&ArraySpec { codecs: Compression::None, ..spec(DataType::String, json!("")) }, &values).await;
    let whole = store.bytes_of("v/c/0/0").await;
    for length in 0..whole.len() {
        store.put_bytes("v/c/0/0", whole.slice(..length)).await;
        fails(&store, &[0, 0]).await;
    }
    let mut bad = whole.to_vec();
    bad[8] = 0xff;
    store.put_bytes("v/c/0/0", bad.clone()).await;
    assert!(fails(&store, &[0, 0]).await.to_string().contains("not UTF-8"));
    bad[..4].copy_from_slice(&u32::MAX.to_le_bytes());
    store.put_bytes("v/c/0/0", bad).await;
    assert!(fails(&store, &[0, 0]).await.to_string().contains("expected 6"));
}

#[tokio::test]
async fn a_chunk_that_decodes_to_far_more_than_it_should_is_refused() {
    let bomb = vec![0u8; 8 << 20];
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&bomb).unwrap();
    let gzip = encoder.finish().unwrap();
    let zstd = zstd::bulk::compress(&bomb, 19).unwrap();
    let mut lz4 = (8u32 << 20).to_le_bytes().to_vec();
    lz4.extend([0x1f, 0, 1, 0]);
    for (name, bytes) in [("gzip", gzip), ("zstd", zstd), ("numcodecs.lz4", lz4)] {
        let mut metadata = v3();
        metadata["codecs"][1] = json!({"name": name, "configuration": {"level": 1, "checksum": false}});
        let store = with(&metadata).await;
        store.put_bytes("v/c/0/0", bytes).await;
        fails(&store, &[0, 0]).await;
    }
}

#[tokio::test]
async fn a_blosc_header_that_lies_is_refused() {
    let codecs = Compression::BloscZstd { level: 1, shuffle: true };
    let spec = ArraySpec { codecs, ..spec(DataType::Int32, json!(0)) };
    let store = written(&spec, &Values::Int32((0..35).collect())).await;
    let mut bytes = store.bytes_of("v/c/0/0").await.to_vec();
    bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    store.put_bytes("v/c/0/0", bytes.clone()).await;
    assert_eq!(fails(&store, &[0, 0]).await.kind(), ErrorKind::TooLarge);
    bytes[12..16].copy_from_slice(&7u32.to_le_bytes());
    store.put_bytes("v/c/0/0", bytes).await;
    assert!(fails(&store, &[0, 0]).await.to_string().contains("blosc header says `7`"));
}

#[tokio::test]
async fn an_object_far_larger_than_its_chunk_is_not_fetched() {
    let store = with(&v3()).await;
    store.put_bytes("v/c/0/0", vec![0u8; 4 << 20]).await;
    let error = fails(&store, &[0, 0]).await;
    assert!(error.to_string().contains("the chunk has 4194304 stored bytes"), "{error}");
}

#[tokio::test]
async fn shards_whose_index_is_wrong_are_errors_that_name_the_chunk() {
    let spec = ArraySpec { shard_shape: Some(vec![4, 6]), ..spec(DataType::Int32, json!(0)) };
    let store = written(&spec, &Values::Int32((0..35).collect())).await;
    let whole = store.bytes_of("v/c/0/0").await;
    // A checksum that does not fit.
    let mut bytes = whole.to_vec();
    let end = bytes.len();
    bytes[end - 10] ^= 1;
    store.put_bytes("v/c/0/0", bytes).await;
    fails(&store, &[0, 0]).await;
    // Shorter than its index.
    store.put_bytes("v/c/0/0", whole.slice(..10)).await;
    fails(&store, &[0, 0]).await;
    // Offsets outside of the shard.
    let unchecked = {
        let mut metadata = spec.metadata();
        metadata["codecs"][0]["configuration"]["index_codecs"] =
            json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
        metadata
    };
    for (offset, length) in [(u64::MAX - 1, 5), (1 << 40, 5), (0, 1 << 40), (60, 5)] {
        let store = with(&unchecked).await;
        let entry: Vec<u8> = [offset, length].iter().flat_map(|v: &u64| v.to_le_bytes()).collect();
        store.put_bytes("v/c/0/0", entry.repeat(4)).await;
        fails(&store, &[0, 0]).await;
    }
}

#[tokio::test]
async fn paths_that_lead_out_of_the_store_are_refused() {
    for path in ["../v", "a/../../v", "/v", "a//v", "..", "a\\..\\v"] {
        let store = Arc::new(Recorded::default());
        let group = json!({"zarr_format": 3, "node_type": "group",
            "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": {path: v3()}}});
        store.put_bytes("zarr.json", group.to_string()).await;
        let error = open(&store).await.unwrap_err().to_string();
        assert!(error.contains("is not the path of a group or an array"), "{error}");
        let store = Arc::new(Recorded::default());
        let metadata = json!({"metadata": {format!("{path}/.zarray"): {}}});
        store.put_bytes(".zmetadata", metadata.to_string()).await;
        assert!(open(&store).await.is_err());
    }
}

#[tokio::test]
async fn a_location_without_arrays_is_an_error_of_one_line() {
    let store = Arc::new(Recorded::default());
    let error = open(&store).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().starts_with("no Zarr store is here in dataset `test`; hint: "), "{error}");
    store.put_bytes("zarr.json", r#"{"zarr_format": 3, "node_type": "group"}"#).await;
    let error = open(&store).await.unwrap_err().to_string();
    assert!(error.starts_with("the store holds no array"), "{error}");
    for text in ["", "{", "[]", "nonsense", r#"{"zarr_format": 3}"#, r#"{"zarr_format": 9, "node_type": "group"}"#] {
        store.put_bytes("zarr.json", text).await;
        assert_eq!(open(&store).await.unwrap_err().to_string().lines().count(), 1, "{text}");
    }
}

#[tokio::test]
async fn chunks_and_regions_outside_of_the_array_are_refused() {
    let store = written(&spec(DataType::Int32, json!(0)), &Values::Int32((0..35).collect())).await;
    let dataset = open(&store).await.unwrap();
    let source = &dataset.variables["v"].source;
    for (chunk, start, shape) in [
        (vec![3, 0], vec![0, 0], vec![1, 1]),
        (vec![0], vec![0, 0], vec![1, 1]),
        (vec![0, 0], vec![1, 1], vec![2, 1]),
        (vec![2, 0], vec![0, 0], vec![2, 1]),
        (vec![0, 0], vec![u64::MAX, 0], vec![2, 1]),
        (vec![0, 0], vec![0], vec![1]),
    ] {
        let error = source.fetch(&chunk, &Region { start, shape }).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
    }
}
