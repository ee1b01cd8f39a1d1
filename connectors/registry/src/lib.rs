//! From a location to a store, and from a store to a dataset.
//!
//! A person writes a path or a URL; this crate finds the store behind it, the connector that reads what is there, and
//! opens the dataset. It knows which formats this build has; it knows nothing of SQL.
//!
//! ```text
//! "s3://bucket/ersst.zarr" ─→ Location ─→ store (cached, zip opened) ─→ Connector::open ─→ Dataset
//!                                         ↑ OpenOptions, environment     ↑ by format or by name
//! ```

mod cache;
mod compat;
mod location;
mod options;
mod recording;
mod registry;
mod stores;
mod zip;

pub use cache::{CacheMemory, ChunkCache};
pub use location::{Location, Scheme};
pub use options::OpenOptions;
pub use recording::RecordingStore;
pub use registry::{DynConnector, Registry};
pub use zip::ZipStore;
