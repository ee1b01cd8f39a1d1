//! One region of one chunk: fetched without blocking, decoded on the processor pool.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;
use hyperslab_array::{ArrayError, Dataset, Decoded, Region, Variable};
use tokio::sync::oneshot;

use super::metrics::ScanMetrics;
use crate::convert::array_of;
use crate::error::datafusion_error;

/// The decoded values of `region` of `variable`, which lies in `chunk`.
///
/// # Errors
/// When the chunk cannot be read; the error names dataset, variable and chunk.
pub(crate) async fn read(
    dataset: &Dataset,
    variable: &Arc<Variable>,
    chunk: &[u64],
    region: &Region,
    metrics: &ScanMetrics,
) -> Result<ArrayRef> {
    let located = |e: ArrayError| datafusion_error(located(e, dataset, variable, chunk));
    let origin = variable.source.chunk_grid().region(chunk).start;
    let cells = region.cells().map_err(located)?;
    let encoded = {
        let _timer = metrics.time_fetch.timer();
        variable.source.fetch(chunk, &region.relative_to(&origin)).await.map_err(located)?
    };
    metrics.requests.add(encoded.requests() as usize);
    metrics.bytes_stored.add(encoded.stored_bytes() as usize);
    if encoded.is_written() { &metrics.chunks_read } else { &metrics.chunks_unwritten }.add(1);
    let (owned, time) = (Arc::clone(variable), metrics.time_decode.clone());
    let decoded: Decoded = on_pool(move || {
        let _timer = time.timer();
        owned.encoding.decode(encoded.decode()?)
    })
    .await
    .and_then(|decoded| decoded)
    .map_err(located)?;
    if decoded.values.len() != cells {
        let e = ArrayError::invalid(format!("{} values, expected {cells}", decoded.values.len()));
        return Err(located(e));
    }
    metrics.bytes_decoded.add(decoded.values.memory());
    array_of(decoded)
}

/// Runs `work` on the processor pool, so that the threads that wait for the network never decode.
async fn on_pool<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> hyperslab_array::Result<T> {
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
