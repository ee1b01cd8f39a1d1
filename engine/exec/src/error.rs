//! The one place where an array's error becomes DataFusion's.

use datafusion::error::DataFusionError;
use hyperslab_array::ArrayError;

/// Hands `error` on as DataFusion's external error; what a person sees is the array's own line.
pub fn datafusion_error(error: ArrayError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// A broken invariant of ours.
pub(crate) fn internal(message: impl Into<String>) -> DataFusionError {
    datafusion_error(ArrayError::internal(message))
}

/// [`datafusion_error`] for results: `read().df()?`.
pub(crate) trait IntoDataFusion<T> {
    /// The same result with DataFusion's error.
    fn df(self) -> datafusion::error::Result<T>;
}

impl<T> IntoDataFusion<T> for hyperslab_array::Result<T> {
    fn df(self) -> datafusion::error::Result<T> {
        self.map_err(datafusion_error)
    }
}
