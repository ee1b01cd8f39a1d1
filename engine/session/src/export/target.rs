//! What is written to: a store or a file, by variable and chunk.

use datafusion::error::Result;
use hyperslab_array::Values;

use super::netcdf::NetcdfTarget;
use super::zarr::ZarrTarget;

/// Where chunks go. Variables are counted from the coordinates of a layout on.
pub(super) enum Target {
    Zarr(Box<ZarrTarget>),
    Netcdf(Box<NetcdfTarget>),
}

impl Target {
    /// The shape of what is written at once of a variable.
    pub fn stored_shape(&self, variable: usize) -> Vec<u64> {
        match self {
            Self::Zarr(zarr) => zarr.stored_shape(variable),
            Self::Netcdf(netcdf) => netcdf.stored_shape(variable),
        }
    }

    /// Takes the encoded values of a chunk; `has_gaps` says that some are missing because no row has them.
    pub async fn write(&mut self, variable: usize, chunk: &[u64], values: Values, has_gaps: bool) -> Result<()> {
        match self {
            Self::Zarr(zarr) => zarr.write(variable, chunk, values, has_gaps).await,
            Self::Netcdf(netcdf) => netcdf.write(variable, chunk, values).await,
        }
    }

    /// Says that some chunks of a variable are never written.
    pub fn leave_gaps(&mut self, variable: usize) {
        if let Self::Zarr(zarr) = self {
            zarr.leave_gaps(variable);
        }
    }

    /// Puts what was written in its place.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Zarr(zarr) => zarr.commit().await,
            Self::Netcdf(netcdf) => netcdf.commit().await,
        }
    }
}
