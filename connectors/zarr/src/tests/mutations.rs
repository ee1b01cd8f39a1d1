//! Every value of metadata replaced by nonsense, every byte of chunks flipped: an error or values, never a panic.

use std::path::PathBuf;
use std::sync::Arc;

use hyperslab_array::{DataType, Region, Values};
use serde_json::{Value, json};

use super::store::{Recorded, open, read, written};
use super::writer::spec;
use crate::writer::ArraySpec;

fn nonsense() -> Vec<Value> {
    let huge = u64::MAX;
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1u64 << 60),
        json!(huge),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("é\u{0}"),
        json!([]),
        json!([0]),
        json!([[1, huge], [huge, huge]]),
        json!([huge, huge]),
        json!({}),
        json!({"name": "x", "configuration": 7}),
    ]
}

/// The places of all values in `value`.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_string());
    match value {
        Value::Object(map) => map.iter().for_each(|(k, v)| places(v, &format!("{at}/{}", k.replace('/', "~1")), out)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| places(v, &format!("{at}/{i}"), out)),
        _ => {}
    }
}

/// Opens the store and reads the first chunk of every variable.
async fn try_all(store: &Arc<Recorded>) {
    match open(store).await {
        Ok(dataset) => {
            for (name, variable) in &dataset.variables {
                let grid = variable.source.chunk_grid();
                let chunk = vec![0; grid.rank()];
                let shape = grid.region(&chunk).shape;
                if shape.iter().product::<u64>() < 10_000 {
                    let _ = read(&dataset, name, &chunk, &Region::full(&shape)).await;
                }
            }
        }
        Err(e) => assert_eq!(e.to_string().lines().count(), 1, "{e}"),
    }
}

async fn mutate(store: Arc<Recorded>, key: &str, document: &Value) {
    let mut all = Vec::new();
    places(document, "", &mut all);
    for place in all {
        for value in nonsense() {
            let mut changed = document.clone();
            *changed.pointer_mut(&place).unwrap() = value;
            store.put_bytes(key, changed.to_string()).await;
            try_all(&store).await;
        }
    }
}

#[tokio::test]
async fn nonsense_anywhere_in_v3_metadata_does_no_harm() {
    for shard_shape in [None, Some(vec![4, 6])] {
        let spec = ArraySpec { shard_shape, ..spec(DataType::Int32, json!(0)) };
        let store = written(&spec, &Values::Int32((0..35).collect())).await;
        mutate(store, "zarr.json", &{
            let metadata = json!({"v": spec.metadata()});
            json!({"zarr_format": 3, "node_type": "group",
                "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": metadata}})
        })
        .await;
    }
}

#[tokio::test]
async fn nonsense_anywhere_in_v2_metadata_does_no_harm() {
    let store = Arc::new(Recorded::default());
    store.put_bytes("v/0.0", vec![1; 24]).await;
    let document = json!({"zarr_consolidated_format": 1, "metadata": {
        ".zgroup": {"zarr_format": 2},
        ".zattrs": {"title": "here"},
        "v/.zattrs": {"_ARRAY_DIMENSIONS": ["y", "x"], "units": "K"},
        "v/.zarray": {"zarr_format": 2, "shape": [5, 7], "chunks": [2, 3], "dtype": "<i4", "fill_value": 0,
            "order": "F", "dimension_separator": ".",
            "filters": [{"id": "delta", "dtype": "<i4", "astype": "<i2"}],
            "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1}},
    }});
    mutate(store, ".zmetadata", &document).await;
}

#[tokio::test]
async fn flipped_bytes_in_chunks_of_every_codec_do_no_harm() {
    let data = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data"));
    for folder in ["codecs.zarr", "codecs_v2.zarr"] {
        let store = Arc::new(Recorded::of_folder(&data.join(folder)).await);
        let dataset = open(&store).await.unwrap();
        let keys = store.keys().await;
        for (name, variable) in &dataset.variables {
            let chunk = vec![0; variable.source.chunk_grid().rank()];
            let key = variable.source.key(&chunk);
            let key = key.split('#').next().unwrap();
            assert!(keys.iter().any(|k| k == key), "{key}");
            let whole = store.bytes_of(key).await;
            let region = Region::full(&variable.source.chunk_grid().region(&chunk).shape);
            for i in 0..whole.len() {
                for flip in [0xff, 0x01, 0x80] {
                    let mut bytes = whole.to_vec();
                    bytes[i] ^= flip;
                    store.put_bytes(key, bytes).await;
                    let _ = read(&dataset, name, &chunk, &region).await;
                }
                store.put_bytes(key, whole.slice(..i)).await;
                let _ = read(&dataset, name, &chunk, &region).await;
            }
            store.put_bytes(key, whole).await;
        }
    }
}
