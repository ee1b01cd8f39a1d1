//! One region of one chunk: fetched without blocking, decoded on the processor pool.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray};
use datafusion::arrow::buffer::{Buffer, MutableBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Float32Type, Float64Type};
use datafusion::error::Result;
use hyperslab_array::{ArrayError, DataType, Dataset, Decoded, EncodedChunk, Plain, Region, Variable};
use tokio::sync::oneshot;

use super::metrics::ScanMetrics;
use crate::convert::{array_of, null_where_nan};
use crate::error::datafusion_error;

/// A region of one chunk, fetched and not yet decoded.
#[derive(Debug)]
pub(crate) struct Fetched {
    encoded: Box<dyn EncodedChunk>,
    dataset: Arc<Dataset>,
    variable: Arc<Variable>,
    chunk: Vec<u64>,
    cells: usize,
    metrics: ScanMetrics,
}

/// Fetches `region` of `variable`, which lies in `chunk`.
///
/// # Errors
/// When the chunk cannot be read; the error names dataset, variable and chunk.
pub(crate) async fn fetch(
    dataset: &Arc<Dataset>,
    variable: &Arc<Variable>,
    chunk: Vec<u64>,
    region: &Region,
    metrics: &ScanMetrics,
) -> Result<Fetched> {
    let located = |e: ArrayError| datafusion_error(located(e, dataset, variable, &chunk));
    let origin = variable.source.chunk_grid().region(&chunk).start;
    let cells = region.cells().map_err(located)?;
    let encoded = {
        let _timer = metrics.time_fetch.timer();
        variable.source.fetch(&chunk, &region.relative_to(&origin)).await.map_err(located)?
    };
    metrics.fetched(encoded.as_ref());
    let (dataset, variable) = (Arc::clone(dataset), Arc::clone(variable));
    Ok(Fetched { encoded, dataset, variable, chunk, cells, metrics: metrics.clone() })
}

impl Fetched {
    /// The variable.
    pub fn variable(&self) -> &Variable {
        &self.variable
    }

    /// The decoded values.
    ///
    /// # Errors
    /// When the chunk does not decode; the error names dataset, variable and chunk.
    pub fn decode(self) -> Result<ArrayRef> {
        if self.variable.encoding.is_plain_float() {
            let array = self.decode_floats(Vec::new())?;
            return Ok(match array.as_primitive_opt::<Float32Type>() {
                Some(array) => null_where_nan(array, f32::is_nan),
                None => null_where_nan(array.as_primitive::<Float64Type>(), f64::is_nan),
            });
        }
        let decoded = {
            let _timer = self.metrics.time_decode.timer();
            self.encoded.decode().and_then(|values| self.variable.encoding.decode(values))
        };
        let locate = |e| datafusion_error(located(e, &self.dataset, &self.variable, &self.chunk));
        let decoded = decoded.map_err(locate)?;
        check(decoded.values.len(), self.cells).map_err(locate)?;
        self.metrics.decoded(decoded.values.memory());
        array_of(decoded)
    }

    /// The values of a variable whose encoding [`hyperslab_array::Encoding::is_plain_float`]: a missing value is NaN,
    /// not NULL. They go to the buffer `spare` where they can.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_floats(self, spare: Vec<u8>) -> Result<ArrayRef> {
        let plain = {
            let _timer = self.metrics.time_decode.timer();
            self.encoded.decode_plain(spare)
        };
        let locate = |e| datafusion_error(located(e, &self.dataset, &self.variable, &self.chunk));
        let array = match plain.map_err(locate)? {
            Plain::Values(values) => array_of(Decoded::all_valid(values))?,
            Plain::Bytes(bytes) => floats(self.variable.data_type(), bytes),
        };
        check(array.len(), self.cells).map_err(locate)?;
        self.metrics.decoded(array.len() * self.variable.data_type().size());
        Ok(array)
    }

    /// Whether [`Self::next_floats`] gives the values.
    pub fn is_in_parts(&self) -> bool {
        self.encoded.decodes_in_parts()
    }

    /// The next `cells` values, as [`Self::decode_floats`] has them, and how long it took. They go to the buffer `spare`.
    ///
    /// # Errors
    /// As [`Self::decode`], and where so many are not left.
    pub fn next_floats(&mut self, cells: usize, mut spare: Vec<u8>) -> Result<(ArrayRef, Duration)> {
        let start = Instant::now();
        let decoded = self.encoded.decode_next(cells, &mut spare);
        let elapsed = start.elapsed();
        self.metrics.time_decode.add_duration(elapsed);
        let locate = |e| datafusion_error(located(e, &self.dataset, &self.variable, &self.chunk));
        decoded.map_err(locate)?;
        self.metrics.decoded(spare.len());
        let array = floats(self.variable.data_type(), spare);
        check(array.len(), cells).map_err(locate)?;
        Ok((array, elapsed))
    }
}

/// The decoded values of `region` of `variable`, which lies in `chunk`.
///
/// # Errors
/// When the chunk cannot be read; the error names dataset, variable and chunk.
pub(crate) async fn read(
    dataset: &Arc<Dataset>,
    variable: &Arc<Variable>,
    chunk: &[u64],
    region: &Region,
    metrics: &ScanMetrics,
) -> Result<ArrayRef> {
    let fetched = fetch(dataset, variable, chunk.to_vec(), region, metrics).await?;
    on_pool(move || fetched.decode())
        .await
        .map_err(|e| datafusion_error(located(e, dataset, variable, chunk)))
        .and_then(|decoded| decoded)
}

fn check(values: usize, cells: usize) -> hyperslab_array::Result<()> {
    match values == cells {
        true => Ok(()),
        false => Err(ArrayError::invalid(format!("{values} values, expected {cells}"))),
    }
}

/// The floats that `bytes` are; without a copy where they are aligned, as allocators do it.
fn floats(data_type: DataType, bytes: Vec<u8>) -> ArrayRef {
    fn of<T: ArrowPrimitiveType>(bytes: Vec<u8>) -> ArrayRef {
        let size = size_of::<T::Native>();
        let cells = bytes.len() / size;
        let mut buffer = Buffer::from_vec(bytes);
        if buffer.as_ptr().align_offset(size) != 0 {
            // A buffer of Arrow's own making is aligned.
            buffer = MutableBuffer::from(buffer.as_slice().to_vec()).into();
        }
        Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::new(buffer, 0, cells), None))
    }
    if data_type == DataType::Float32 { of::<Float32Type>(bytes) } else { of::<Float64Type>(bytes) }
}

/// Runs `work` on the processor pool, so that the threads that wait for the network never decode.
pub(crate) async fn on_pool<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> hyperslab_array::Result<T> {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        // The query may be gone by now.
        if !sender.is_closed() {
            let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
        }
    });
    match receiver.await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(panic)) => Err(ArrayError::internal(format!("decoding panicked with `{}`", message(&*panic)))),
        Err(_) => Err(ArrayError::internal("the processor pool dropped a chunk")),
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// Adds what the error does not say yet: dataset, variable and chunk.
pub(crate) fn located(mut error: ArrayError, dataset: &Dataset, variable: &Variable, chunk: &[u64]) -> ArrayError {
    let text = error.to_string();
    let key = variable.source.key(chunk);
    for (what, value) in [("chunk", &key), ("variable", &variable.name), ("dataset", &dataset.name)] {
        // A connector may call a chunk's key otherwise.
        let said = if what == "chunk" { format!("`{value}`") } else { format!("{what} `{value}`") };
        if !text.contains(&said) {
            error = error.context(what, value);
        }
    }
    error
}
