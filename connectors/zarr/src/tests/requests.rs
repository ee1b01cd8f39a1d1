//! How many requests it takes to open a store and to read from it, and which.

use std::sync::Arc;

use futures::future::join_all;
use hyperslab_array::{Attributes, DataType, Region, Values};
use serde_json::json;

use super::store::{Recorded, open, read, written};
use super::writer::spec;
use crate::writer::{ArraySpec, Compression, group_metadata};

/// 300 arrays of two dimensions, none of them a coordinate.
fn many() -> Vec<ArraySpec> {
    (0..300).map(|i| ArraySpec { name: format!("v{i}"), ..spec(DataType::Float32, json!(0)) }).collect()
}

#[tokio::test]
async fn consolidated_metadata_of_300_arrays_takes_one_round_trip() {
    let store = Arc::new(Recorded::default());
    for (key, bytes) in group_metadata(&Attributes::new(), &many()) {
        store.put_bytes(&key, bytes).await;
    }
    let dataset = open(&store).await.unwrap();
    assert_eq!(dataset.variables.len(), 300);
    assert_eq!(store.take(), ["GET zarr.json", "GET .zmetadata", "GET .zarray", "GET .zgroup", "GET .zattrs"]);
    assert_eq!(store.most_at_once(), 5);
}

#[tokio::test]
async fn the_metadata_of_300_arrays_is_read_many_at_once_where_it_is_not_consolidated() {
    let store = Arc::new(Recorded::default());
    for (key, bytes) in group_metadata(&Attributes::new(), &many()) {
        if key != "zarr.json" {
            store.put_bytes(&key, bytes).await;
        }
    }
    store.put_bytes("zarr.json", r#"{"zarr_format": 3, "node_type": "group"}"#).await;
    let dataset = open(&store).await.unwrap();
    assert_eq!(dataset.variables.len(), 300);
    assert_eq!(store.take().len(), 5 + 1 + 300);
    assert!(store.most_at_once() > 100, "{}", store.most_at_once());
}

#[tokio::test]
async fn a_store_that_cannot_list_says_to_consolidate() {
    let store = Arc::new(Recorded { unlisted: true, ..Recorded::default() });
    store.put_bytes("zarr.json", r#"{"zarr_format": 3, "node_type": "group"}"#).await;
    let error = open(&store).await.unwrap_err().to_string();
    assert!(error.contains("cannot list the group `/`"), "{error}");
    assert!(error.contains("hint: consolidate the metadata"), "{error}");
    assert_eq!(error.lines().count(), 1);
}

#[tokio::test]
async fn a_chunk_is_fetched_once_whole() {
    let store = written(&spec(DataType::Int32, json!(0)), &Values::Int32((0..35).collect())).await;
    let dataset = open(&store).await.unwrap();
    store.take();
    let (_, requests) = read(&dataset, "v", &[1, 1], &Region::full(&[2, 3])).await.unwrap();
    assert_eq!((requests, store.take()), (1, vec!["GET v/c/1/1".to_string()]));
    let source = &dataset.variables["v"].source;
    assert_eq!(source.key(&[1, 1]), "v/c/1/1");
    assert!(source.stored_bytes(&[1, 1]).await.unwrap().unwrap() > 0);
    assert_eq!(store.take(), ["HEAD v/c/1/1"]);
}

#[tokio::test]
async fn a_region_of_an_uncompressed_chunk_is_fetched_by_its_bytes() {
    let mut spec = spec(DataType::Int32, json!(0));
    (spec.shape, spec.chunk_shape, spec.codecs) = (vec![400, 1000], vec![400, 1000], Compression::None);
    let store = written(&spec, &Values::Int32((0..400_000).collect())).await;
    let dataset = open(&store).await.unwrap();
    store.take();
    let point = Region::new(vec![3, 7], vec![1, 1]);
    assert_eq!(read(&dataset, "v", &[0, 0], &point).await.unwrap(), (Values::Int32(vec![3007]), 1));
    assert_eq!(store.take(), ["GET v/c/0/0 12028-12032"]);
    // Rows that are near each other come in one span.
    let column = Region::new(vec![10, 0], vec![3, 2]);
    let expected = Values::Int32(vec![10_000, 10_001, 11_000, 11_001, 12_000, 12_001]);
    assert_eq!(read(&dataset, "v", &[0, 0], &column).await.unwrap(), (expected, 1));
    assert_eq!(store.take(), ["GET v/c/0/0 40000-48008"]);
    // Most of a chunk comes whole.
    let most = Region::new(vec![0, 0], vec![399, 1000]);
    read(&dataset, "v", &[0, 0], &most).await.unwrap();
    assert_eq!(store.take(), ["GET v/c/0/0"]);
}

#[tokio::test]
async fn runs_that_are_far_apart_come_in_spans_of_their_own() {
    let mut spec = spec(DataType::UInt8, json!(0));
    (spec.shape, spec.chunk_shape, spec.codecs) = (vec![4, 2_000_000], vec![4, 2_000_000], Compression::None);
    let values = Values::UInt8((0..8_000_000u32).map(|i| (i / 2_000_000) as u8).collect());
    let store = written(&spec, &values).await;
    let dataset = open(&store).await.unwrap();
    store.take();
    let region = Region::new(vec![1, 500_000], vec![2, 2]);
    assert_eq!(read(&dataset, "v", &[0, 0], &region).await.unwrap(), (Values::UInt8(vec![1, 1, 2, 2]), 2));
    assert_eq!(store.take(), ["GET v/c/0/0 2500000-2500002", "GET v/c/0/0 4500000-4500002"]);
}

/// An array in shards of 4 × 6 with four inner chunks each.
fn sharded() -> ArraySpec {
    ArraySpec { shard_shape: Some(vec![4, 6]), ..spec(DataType::Int32, json!(0)) }
}

#[tokio::test]
async fn the_index_of_a_shard_is_fetched_once_however_many_ask_at_once() {
    let store = written(&sharded(), &Values::Int32((0..35).collect())).await;
    let dataset = open(&store).await.unwrap();
    store.take();
    let whole = Region::full(&[2, 3]);
    let reads = [[0, 0], [0, 1], [1, 0], [1, 1]].map(|chunk| {
        let (dataset, whole) = (&dataset, &whole);
        async move { read(dataset, "v", &chunk, whole).await.unwrap().1 }
    });
    let requests: u64 = join_all(reads).await.iter().sum();
    let seen = store.take();
    assert_eq!(seen.iter().filter(|r| r.ends_with(" -68")).count(), 1, "{seen:?}");
    assert_eq!((seen.len(), requests), (5, 5));
    assert!(seen.iter().all(|r| r.starts_with("GET v/c/0/0 ")), "{seen:?}");
    // From now on the index is known.
    read(&dataset, "v", &[1, 1], &whole).await.unwrap();
    assert_eq!(store.take().len(), 1);
    let source = &dataset.variables["v"].source;
    assert!(source.stored_bytes(&[0, 1]).await.unwrap().unwrap() > 0);
    assert_eq!((store.take().len(), source.key(&[1, 2])), (0, "v/c/0/1#2".to_string()));
}

#[tokio::test]
async fn a_store_without_ranges_from_the_end_is_asked_for_the_size() {
    let full = written(&sharded(), &Values::Int32((0..35).collect())).await;
    let store = Arc::new(Recorded { inner: full.inner.fork(), no_suffix: true, ..Recorded::default() });
    let dataset = open(&store).await.unwrap();
    store.take();
    let (values, requests) = read(&dataset, "v", &[0, 0], &Region::full(&[2, 3])).await.unwrap();
    assert_eq!((values, requests), (Values::Int32(vec![0, 1, 2, 7, 8, 9]), 4));
    assert_eq!(store.take().iter().filter(|r| r.starts_with("HEAD")).count(), 1);
}

#[tokio::test]
async fn inner_chunks_and_shards_that_were_never_written_take_no_request_for_data() {
    let mut values = vec![0; 35];
    values[0] = 9;
    let store = written(&sharded(), &Values::Int32(values)).await;
    store.delete_key("v/c/1/1").await;
    let dataset = open(&store).await.unwrap();
    store.take();
    let source = &dataset.variables["v"].source;
    let (got, requests) = read(&dataset, "v", &[1, 1], &Region::full(&[2, 3])).await.unwrap();
    assert_eq!((got, requests), (Values::Int32(vec![0; 6]), 1), "the index says that it is missing");
    assert_eq!(source.stored_bytes(&[1, 1]).await.unwrap(), Some(0));
    let encoded = source.fetch(&[2, 2], &Region::full(&[1, 1])).await.unwrap();
    assert!(!encoded.is_written(), "the shard is missing");
    assert_eq!(store.take(), ["GET v/c/0/0 -68", "GET v/c/1/1 -68"]);
}

#[tokio::test]
async fn a_region_of_an_uncompressed_inner_chunk_is_fetched_by_its_bytes() {
    let mut spec = sharded();
    spec.codecs = Compression::None;
    let store = written(&spec, &Values::Int32((0..35).collect())).await;
    let dataset = open(&store).await.unwrap();
    store.take();
    let cell = Region::new(vec![1, 2], vec![1, 1]);
    let (values, _) = read(&dataset, "v", &[1, 1], &cell).await.unwrap();
    assert_eq!(values, Values::Int32(vec![26]));
    assert_eq!(store.take(), ["GET v/c/0/0 -68", "GET v/c/0/0 92-96"]);
}

#[tokio::test]
async fn an_empty_region_takes_no_request() {
    let store = written(&sharded(), &Values::Int32((0..35).collect())).await;
    let dataset = open(&store).await.unwrap();
    store.take();
    let (values, requests) = read(&dataset, "v", &[0, 0], &Region::new(vec![0, 0], vec![0, 3])).await.unwrap();
    assert_eq!((values, requests, store.take().len()), (Values::Int32(vec![]), 0, 0));
}
