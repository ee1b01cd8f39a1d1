//! Zarr v2 and v3 stores as labelled datasets.
//!
//! ```text
//! ObjectStore ─→ metadata.rs ─→ array.rs ─→ source.rs ─→ codec.rs
//!                (groups,       (shape,     (requests     (bytes to
//!                 arrays)        chunks,     of a region,  values)
//!                                codecs)     shard.rs)
//! ```
//!
//! Metadata is read once, concurrently. A region of a chunk is fetched with as few bytes as its codecs allow.
//! [`writer`] writes stores, for sample data and tests.

mod array;
mod attributes;
mod blosc;
mod codec;
mod compressed;
mod data_type;
mod delta;
mod error;
mod fill_value;
mod hierarchy;
mod json;
mod key;
mod lz4;
mod metadata;
mod parts;
mod shard;
mod source;
mod spare;
mod time;
pub mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use hyperslab_array::{Connector, Dataset, Result};
use object_store::ObjectStore;

/// Opens Zarr v2 and v3 stores.
///
/// The store is rooted at the dataset: the root group's metadata is at `zarr.json`, `.zmetadata` or `.zgroup`. A
/// location that is one array opens as a dataset of one variable, named after the location.
#[derive(Debug, Clone, Copy, Default)]
pub struct ZarrConnector;

#[async_trait]
impl Connector for ZarrConnector {
    type Store = Arc<dyn ObjectStore>;

    fn format(&self) -> &'static str {
        "ZARR"
    }

    fn recognizes(&self, location: &str) -> bool {
        let path = location.split(['?', '#']).next().unwrap_or(location);
        path.split('/').any(|part| {
            let part = part.to_ascii_lowercase();
            part.ends_with(".zarr") || part.ends_with(".zarr.zip")
        })
    }

    async fn open(&self, name: &str, location: &str, store: Self::Store) -> Result<Dataset> {
        let nodes = metadata::read(&store).await.map_err(|e| e.context("dataset", name))?;
        hierarchy::build(name, location, &store, nodes).await
    }
}

#[cfg(test)]
mod tests;
