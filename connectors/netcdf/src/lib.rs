//! NetCDF classic files (CDF-1, CDF-2, CDF-5) as labelled datasets.
//!
//! ```text
//! ObjectStore ─→ open.rs ─→ header.rs ─→ layout.rs ─→ source.rs
//! (one object)   (requests   (dimensions,  (where each   (virtual chunks,
//!                 of the      attributes,   cell is)      byte ranges,
//!                 header)     variables)                  values)
//! ```
//!
//! A file is read in place: its header once, then the bytes that a region needs. [`writer`] writes files.

mod attributes;
mod error;
mod format;
mod header;
mod layout;
mod open;
mod source;
pub mod writer;

use std::sync::Arc;

use async_trait::async_trait;
use hyperslab_array::{Connector, Dataset, Result};
use object_store::ObjectStore;

/// The name of the format.
const FORMAT: &str = "NETCDF";

/// Opens NetCDF classic files.
///
/// The store is rooted at the file, which is its object of the empty path.
#[derive(Debug, Clone, Copy, Default)]
pub struct NetcdfConnector;

#[async_trait]
impl Connector for NetcdfConnector {
    type Store = Arc<dyn ObjectStore>;

    fn format(&self) -> &'static str {
        FORMAT
    }

    fn recognizes(&self, location: &str) -> bool {
        let path = location.split(['?', '#']).next().unwrap_or(location).to_ascii_lowercase();
        [".nc", ".nc3", ".cdf"].iter().any(|extension| path.ends_with(extension))
    }

    fn is_one_file(&self) -> bool {
        true
    }

    async fn open(&self, name: &str, location: &str, store: Self::Store) -> Result<Dataset> {
        open::open(name, location, &store).await
    }
}

#[cfg(test)]
mod tests;
