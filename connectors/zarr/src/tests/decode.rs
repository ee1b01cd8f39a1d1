//! Chunks by hand: byte orders, layouts, codecs, sharding of every kind, and large chunks read in part.

use std::io::Write;
use std::sync::Arc;

use hyperslab_array::{DataType, Region, Result, Values, contract};
use serde_json::{Value, json};

use super::store::{Recorded, open, part, read, written};
use super::writer::spec;
use crate::writer::{ArraySpec, ChunkEncoder, Compression};

/// Opens a v2 array `v` of `shape` in one chunk, stored as `bytes`, and reads all of it.
async fn v2(dtype: &str, shape: &[u64], change: Value, bytes: Vec<u8>) -> Result<Values> {
    let mut array = json!({"zarr_format": 2, "shape": shape, "chunks": shape, "dtype": dtype, "fill_value": null,
        "order": "C", "compressor": null, "filters": null});
    for (key, value) in change.as_object().unwrap() {
        array[key] = value.clone();
    }
    let store = Arc::new(Recorded::default());
    store.put_bytes(".zgroup", r#"{"zarr_format": 2}"#).await;
    store.put_bytes("v/.zarray", array.to_string()).await;
    let key = vec!["0"; shape.len().max(1)].join(".");
    store.put_bytes(&format!("v/{key}"), bytes).await;
    let dataset = open(&store).await?;
    read(&dataset, "v", &vec![0; shape.len()], &Region::full(shape)).await.map(|(values, _)| values)
}

/// The same in v3.
async fn v3(data_type: Value, shape: &[u64], codecs: Value, bytes: Vec<u8>) -> Result<Values> {
    let array = json!({"zarr_format": 3, "node_type": "array", "shape": shape, "data_type": data_type,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": shape}},
        "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": codecs});
    let store = Arc::new(Recorded::default());
    store.put_bytes("zarr.json", r#"{"zarr_format": 3, "node_type": "group"}"#).await;
    store.put_bytes("v/zarr.json", array.to_string()).await;
    let key: String = shape.iter().map(|_| "/0").collect();
    store.put_bytes(&format!("v/c{key}"), bytes).await;
    let dataset = open(&store).await?;
    read(&dataset, "v", &vec![0; shape.len()], &Region::full(shape)).await.map(|(values, _)| values)
}

fn big(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn both_byte_orders_and_both_layouts_are_read() {
    let expected = Values::Int32((0..6).collect());
    assert_eq!(v2(">i4", &[2, 3], json!({}), big(&[0, 1, 2, 3, 4, 5])).await.unwrap(), expected);
    let fortran = big(&[0, 3, 1, 4, 2, 5]);
    assert_eq!(v2(">i4", &[2, 3], json!({"order": "F"}), fortran).await.unwrap(), expected);
}

#[tokio::test]
async fn text_of_fixed_length_in_fortran_order_and_big_endian_is_read() {
    let mut bytes = Vec::new();
    for c in ['a', 'c', 'b', 'd'] {
        bytes.extend(u32::from(c).to_be_bytes());
        bytes.extend([0; 4]);
    }
    let expected = Values::String(["a", "b", "c", "d"].map(String::from).to_vec());
    assert_eq!(v2(">U2", &[2, 2], json!({"order": "F"}), bytes).await.unwrap(), expected);
}

#[tokio::test]
async fn times_of_both_versions_become_microseconds() {
    let days: Vec<u8> = [1i64, i64::MIN].iter().flat_map(|v| v.to_le_bytes()).collect();
    let expected = Values::Timestamp(vec![86_400_000_000, i64::MIN]);
    assert_eq!(v2("<M8[D]", &[2], json!({}), days.clone()).await.unwrap(), expected);
    let data_type = json!({"name": "numpy.datetime64", "configuration": {"unit": "h", "scale_factor": 24}});
    let little = json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
    assert_eq!(v3(data_type, &[2], little, days.clone()).await.unwrap(), expected);
    let spans = Values::Duration(vec![1_000_000, i64::MIN]);
    assert_eq!(v2("<m8[s]", &[2], json!({}), days).await.unwrap(), spans);
}

#[tokio::test]
async fn a_scalar_is_read() {
    assert_eq!(v2("<i4", &[], json!({}), vec![7, 0, 0, 0]).await.unwrap(), Values::Int32(vec![7]));
    let little = json!([{"name": "bytes", "configuration": {"endian": "little"}}]);
    assert_eq!(v3(json!("int32"), &[], little, vec![7, 0, 0, 0]).await.unwrap(), Values::Int32(vec![7]));
}

#[tokio::test]
async fn compressors_may_stand_behind_each_other() {
    let twice = zlib(&zlib(&[5, 0, 0, 0]));
    let codecs = json!([{"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "numcodecs.zlib", "configuration": {"level": 1}},
        {"name": "numcodecs.zlib", "configuration": {"level": 1}}]);
    assert_eq!(v3(json!("int32"), &[1], codecs, twice).await.unwrap(), Values::Int32(vec![5]));
}

#[tokio::test]
async fn codecs_may_be_written_as_names_alone() {
    assert_eq!(v3(json!("uint8"), &[2], json!(["bytes"]), vec![3, 4]).await.unwrap(), Values::UInt8(vec![3, 4]));
}

/// An array of 64 × 1000 cells in one chunk of many blosc blocks.
fn large(codecs: Compression) -> (ArraySpec, Values) {
    let mut spec = spec(DataType::Float32, json!(0));
    (spec.shape, spec.chunk_shape, spec.codecs) = (vec![64, 1000], vec![64, 1000], codecs);
    let values = (0..64_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32).collect();
    (spec, Values::Float32(values))
}

#[tokio::test]
async fn rows_of_a_large_chunk_come_out_of_the_blocks_that_hold_them() {
    for shuffle in [true, false] {
        let (spec, values) = large(Compression::BloscZstd { level: 1, shuffle });
        let store = written(&spec, &values).await;
        let dataset = open(&store).await.unwrap();
        let source = &dataset.variable("v").unwrap().source;
        assert_eq!(contract::chunk_source(source.as_ref()).await, Ok(()));
        for (start, shape) in [
            ([0, 0], [1, 1]),
            ([31, 500], [2, 3]),
            ([63, 999], [1, 1]),
            ([20, 0], [31, 1000]),
            ([0, 500], [64, 1]),
            ([5, 990], [59, 7]),
        ] {
            let region = Region::new(start.to_vec(), shape.to_vec());
            let (got, requests) = read(&dataset, "v", &[0, 0], &region).await.unwrap();
            assert_eq!((got, requests), (part(&values, &[64, 1000], &region), 1), "{region:?}");
        }
    }
}

/// The one shard of [`spec`]'s array with all of its cells, and the metadata to change.
async fn one_shard(values: &Values, change: impl FnOnce(&mut Value, &mut Vec<u8>)) -> Arc<Recorded> {
    let spec = ArraySpec {
        shape: vec![4, 6],
        shard_shape: Some(vec![4, 6]),
        codecs: Compression::None,
        ..spec(DataType::Int32, json!(0))
    };
    let mut metadata = spec.metadata();
    let mut shard = ChunkEncoder::try_new(&spec).unwrap().encode(values.clone()).unwrap().to_vec();
    change(&mut metadata, &mut shard);
    let store = Arc::new(Recorded::default());
    store.put_bytes("zarr.json", r#"{"zarr_format": 3, "node_type": "group"}"#).await;
    store.put_bytes("v/zarr.json", metadata.to_string()).await;
    store.put_bytes("v/c/0/0", shard).await;
    store
}

#[tokio::test]
async fn an_index_at_the_start_of_a_shard_is_found() {
    let values = Values::Int32((0..24).collect());
    let store = one_shard(&values, |metadata, shard| {
        let configuration = &mut metadata["codecs"][0]["configuration"];
        configuration["index_location"] = json!("start");
        configuration["index_codecs"] = json!([{"name": "bytes", "configuration": {"endian": "big"}}]);
        let index = shard.split_off(shard.len() - 68);
        // Offsets count from the start of the shard, now behind the index; no checksum.
        let mut moved: Vec<u8> = Vec::new();
        for entry in index[..64].as_chunks::<8>().0.chunks(2) {
            moved.extend((u64::from_le_bytes(entry[0]) + 64).to_be_bytes());
            moved.extend(u64::from_le_bytes(entry[1]).to_be_bytes());
        }
        moved.append(shard);
        *shard = moved;
    })
    .await;
    let dataset = open(&store).await.unwrap();
    let (got, _) = read(&dataset, "v", &[1, 1], &Region::full(&[2, 3])).await.unwrap();
    assert_eq!(got, part(&values, &[4, 6], &Region::new(vec![2, 3], vec![2, 3])));
}

#[tokio::test]
async fn a_shard_that_is_compressed_as_a_whole_is_one_chunk() {
    let values = Values::Int32((0..24).collect());
    let store = one_shard(&values, |metadata, shard| {
        metadata["codecs"].as_array_mut().unwrap().push(json!({"name": "gzip", "configuration": {"level": 1}}));
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(shard).unwrap();
        *shard = encoder.finish().unwrap();
    })
    .await;
    let dataset = open(&store).await.unwrap();
    assert_eq!(dataset.variables["v"].source.chunk_grid().counts(), [1, 1]);
    let region = Region::new(vec![1, 2], vec![3, 3]);
    let (got, requests) = read(&dataset, "v", &[0, 0], &region).await.unwrap();
    assert_eq!((got, requests), (part(&values, &[4, 6], &region), 1));
}
