//! Labelled N-d arrays: the floor that everything in Hyperslab stands on.
//!
//! A [`Dataset`] has [`Dimension`]s, coordinates, data variables and attributes (the words of xarray and CF).
//! A [`Variable`] is cut into chunks by a [`ChunkGrid`]; a [`ChunkSource`] fetches and decodes a region of
//! one chunk; a [`Selection`] says which indices of each dimension a query wants. This crate does no I/O of its
//! own and knows neither DataFusion nor an object store.
//!
//! ```text
//! Connector::open ─→ DatasetBuilder ─→ Dataset ─→ Grid ─→ Selection ─→ chunks ─→ ChunkSource ─→ Decoded
//!   (raw variables)   (CF roles,        (labels)   (one table each)               (stored values, CF-decoded)
//!                      coordinates)
//! ```

mod attributes;
mod builder;
mod cell_area;
mod cf;
mod chunk_grid;
pub mod civil;
pub mod contract;
mod coordinate;
mod dataset;
mod error;
mod memory;
mod region;
mod regrid;
mod selection;
mod source;
mod summary;
mod values;

pub use attributes::Attributes;
pub use builder::{DatasetBuilder, RawVariable};
pub use cell_area::{EARTH_RADIUS, Extent, cell_extents};
pub use cf::Encoding;
pub use cf::calendar::Calendar;
pub use cf::date::DateTime;
pub use cf::time::TimeUnits;
pub use chunk_grid::{ChunkGrid, DimensionChunks};
pub use coordinate::{Coordinate, CoordinateIndex, Method, Order};
pub use dataset::{Dataset, Dimension, Grid, Role, Skipped, Variable};
pub use error::{ArrayError, ErrorKind, Result, nearest_names};
pub use memory::MemorySource;
pub use region::Region;
pub use regrid::{Interpolation, RegridOptions, Target, regrid, regrid_curvilinear};
pub use selection::{IndexRanges, Selection};
pub use source::{ChunkSource, Connector, EncodedChunk, Plain};
pub use summary::Summary;
pub use values::{Bitmap, DataType, Decoded, Scalar, Values};
