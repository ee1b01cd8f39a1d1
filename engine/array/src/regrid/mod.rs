//! Regridding: a dataset on other labels of some of its dimensions, computed chunk by chunk when somebody reads it.
//!
//! ```text
//! Dataset + Targets ─→ weights per dimension ─→ Dataset, whose data variables are RegridSources
//!                      weights.rs: nearest, linear     source.rs: fetch what supports a region
//!                      cells.rs: conservative          kernel.rs: apply the weights
//! ```
//!
//! `nearest` and `linear` give what xarray's `interp` gives; longitudes that go round the globe are closed besides.
//! A curvilinear grid gives its nearest cells, `curvilinear.rs`. `conservative` is of first order, on the sphere for latitudes and longitudes.

mod along;
mod cells;
mod curvilinear;
mod curvilinear_source;
mod cut;
mod dataset;
mod kernel;
mod read;
mod source;
mod support;
#[cfg(test)]
mod tests;
mod tree;
mod weights;

pub(crate) use cells::{Cells, Measure};
pub use curvilinear::regrid_curvilinear;
pub use dataset::{Interpolation, RegridOptions, Target, regrid};
pub(crate) use read::{floats, read_whole};
