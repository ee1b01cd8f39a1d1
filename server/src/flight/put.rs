//! Rows that a client sends, as values for parameters.

use std::panic::AssertUnwindSafe;

use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::server::PeekableFlightDataStream;
use futures::{FutureExt, StreamExt, TryStreamExt};
use hyperslab::datafusion::arrow::array::RecordBatch;
use tonic::Status;

use super::status;
use crate::error::{ServerError, code};

/// The bytes of all parameters of one execution.
const MOST_BYTES: usize = 64 << 20;

/// The rows of a stream; none where it has no columns.
///
/// # Errors
/// When they cannot be read, or are too many.
pub(super) async fn rows(stream: PeekableFlightDataStream) -> Result<Vec<RecordBatch>, Status> {
    let mut left = MOST_BYTES;
    let limited = stream.map(move |data| {
        let data = data?;
        let bytes = data.data_header.len().saturating_add(data.data_body.len());
        left = left.checked_sub(bytes).ok_or_else(too_much)?;
        Ok::<_, Status>(data)
    });
    // A client that binds nothing sends the descriptor alone.
    let with_data = limited.try_filter(|data| std::future::ready(!data.data_header.is_empty()));
    let batches = FlightRecordBatchStream::new_from_flight_data(with_data.map_err(FlightError::from));
    // Arrow's reader panics on some buffers that do not hold together. Nothing of it is used after that.
    let read = AssertUnwindSafe(batches.try_collect()).catch_unwind().await;
    read.unwrap_or_else(|_| Err(FlightError::DecodeError("their buffers do not hold together".into()))).map_err(
        |error| match error {
            FlightError::Tonic(status) => *status,
            other => status::malformed("the rows", other),
        },
    )
}

fn too_much() -> Status {
    status::status(&ServerError::new(code::LIMIT_EXCEEDED, format!("more than {MOST_BYTES} bytes of parameters")))
}

/// Reads a stream to its end, for its command alone.
///
/// # Errors
/// When the client breaks it off.
pub(super) async fn ignore_rows(mut stream: PeekableFlightDataStream) -> Result<(), Status> {
    while stream.try_next().await?.is_some() {}
    Ok(())
}
