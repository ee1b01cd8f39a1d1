//! [`ReadCounters`]: what all scans of one query have read, wherever in its plan they are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::execution::TaskContext;

/// What a query has read from stores. A query counts here when this is an extension of its session's configuration
/// (`SessionConfig::set_extension`); the metrics of its plan hold the same by node, and miss the plans that a node runs
/// on its own.
#[derive(Debug, Default)]
pub struct ReadCounters {
    chunks: AtomicU64,
    requests: AtomicU64,
    bytes_stored: AtomicU64,
    bytes_decoded: AtomicU64,
}

impl ReadCounters {
    /// Those of the query that runs in `context`; new ones that nobody reads where nobody asked.
    pub(crate) fn of(context: &TaskContext) -> Arc<Self> {
        context.session_config().get_extension::<Self>().unwrap_or_default()
    }

    pub(crate) fn fetched(&self, chunks: u64, requests: u64, bytes_stored: u64) {
        self.chunks.fetch_add(chunks, Ordering::Relaxed);
        self.requests.fetch_add(requests, Ordering::Relaxed);
        self.bytes_stored.fetch_add(bytes_stored, Ordering::Relaxed);
    }

    pub(crate) fn decoded(&self, bytes: usize) {
        self.bytes_decoded.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Chunks; one that is read twice counts twice.
    pub fn chunks(&self) -> u64 {
        self.chunks.load(Ordering::Relaxed)
    }

    /// Requests to the stores.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Bytes as they are stored.
    pub fn bytes_stored(&self) -> u64 {
        self.bytes_stored.load(Ordering::Relaxed)
    }

    /// Bytes after decompression.
    pub fn bytes_decoded(&self) -> u64 {
        self.bytes_decoded.load(Ordering::Relaxed)
    }
}
