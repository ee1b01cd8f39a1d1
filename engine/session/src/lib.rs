//! Hyperslab asks labelled N-d arrays in SQL. This is the crate that a program embeds.
//!
//! A [`Context`] is a session: it opens datasets, registers them under names, and answers SQL. An answer is a
//! [`QueryResult`]: a stream of Arrow batches, or a [`LabelledDataset`] of ndarrays.
//!
//! ```text
//! Context::sql ─→ statements, names ─→ DataFusion ─→ QueryResult ─→ stream │ collect │ to_dataset
//!     ↑ register, open, quoted URL          ↑ catalog: one schema a dataset, one table a grid
//! ```
//!
//! ```
//! use std::sync::Arc;
//! use hyperslab::array::{ChunkGrid, DatasetBuilder, MemorySource, RawVariable, Values};
//! use hyperslab::Context;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let variable = |name: &str, values, shape: &[u64], dimensions: &[&str]| -> hyperslab::array::Result<_> {
//!     Ok(RawVariable {
//!         name: name.into(),
//!         dimensions: dimensions.iter().map(|d| d.to_string()).collect(),
//!         attributes: Default::default(),
//!         source: Arc::new(MemorySource::try_new(values, ChunkGrid::regular(shape, shape)?)?),
//!     })
//! };
//! let dataset = DatasetBuilder::new("grid", "memory", "MEMORY")
//!     .variable(variable("lat", Values::Float32(vec![10.0, 20.0]), &[2], &["lat"])?)
//!     .variable(variable("sst", Values::Float64(vec![1.0, 2.0, 3.0, 4.0]), &[2, 2], &["lat", "lon"])?)
//!     .build()
//!     .await?;
//!
//! let context = Context::builder().build()?;
//! context.register_dataset("grid", dataset)?;
//! let means = context.sql("SELECT lat, avg(sst) AS sst FROM grid GROUP BY lat").await?.to_dataset().await?;
//! assert_eq!(means.array("sst")?.to_f64(), vec![1.5, 3.5]);
//! # Ok(())
//! # }
//! ```

// The tests hold the example service, which is written for a program that depends on this crate.
#[cfg(test)]
extern crate self as hyperslab;

mod access;
mod builder;
mod catalog;
mod context;
mod cooperative;
mod create_table;
mod dataset;
mod datasets;
mod describe;
pub mod error;
mod export;
mod information_schema;
mod interrupt;
mod metadata_tables;
mod picture;
mod progress;
mod result;
pub mod sample;
mod url_table;

pub use access::{Access, AnyLocation};
pub use builder::ContextBuilder;
pub use context::Context;
pub use dataset::{ArrayValues, LabelledArray, LabelledDataset};
pub use describe::KIND;
pub use hyperslab_planner::statements::Statement;
pub use progress::{Progress, Reads};
pub use result::QueryResult;

/// The query engine underneath, with the Arrow that belongs to it.
pub use datafusion;
/// Datasets, variables, chunk grids: what a program needs to make or to read one itself.
pub use hyperslab_array as array;
/// Stores, locations and the options of opening them.
pub use hyperslab_connectors as connectors;
/// Pictures of answers.
pub use hyperslab_plot as plot;
pub use ndarray;

pub use hyperslab_array::Dataset;
pub use hyperslab_connectors::{OpenOptions, Registry};

#[cfg(test)]
mod tests;

/// The programs of the page on embedding, to compile and run them.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
pub struct Embedding;
