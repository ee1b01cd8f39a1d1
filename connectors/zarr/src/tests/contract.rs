//! The contract of connectors, on the stores that are checked in and on stores of the writer.

use std::path::PathBuf;
use std::sync::Arc;

use hyperslab_array::{DataType, Values, contract};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use serde_json::json;

use super::store::written;
use super::writer::spec;
use crate::ZarrConnector;
use crate::writer::{ArraySpec, Compression};

fn empty() -> Arc<dyn ObjectStore> {
    Arc::new(InMemory::new())
}

#[tokio::test]
async fn every_store_that_is_checked_in_keeps_the_contract() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data"));
    let mut stores = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "zarr") {
            let store: Arc<dyn ObjectStore> = Arc::new(LocalFileSystem::new_with_prefix(&path).unwrap());
            let result = contract::connector(&ZarrConnector, empty(), store).await;
            assert_eq!(result, Ok(()), "{}", path.display());
            stores += 1;
        }
    }
    assert!(stores > 10, "{stores}");
}

#[tokio::test]
async fn every_compression_keeps_the_contract_with_and_without_shards() {
    for codecs in [Compression::None, Compression::Zstd(1), Compression::BloscZstd { level: 1, shuffle: true }] {
        for shard_shape in [None, Some(vec![4, 6])] {
            let spec = ArraySpec { codecs, shard_shape, ..spec(DataType::Int16, json!(0)) };
            // The first chunks hold nothing but the fill value, and are not stored in shards.
            let values = Values::Int16((0..35).map(|i| if i < 14 { 0 } else { i }).collect());
            let store = written(&spec, &values).await;
            store.delete_key("v/c/1/1").await;
            let result = contract::connector(&ZarrConnector, empty(), store).await;
            assert_eq!(result, Ok(()), "{spec:?}");
        }
    }
}
