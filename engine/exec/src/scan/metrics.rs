//! What a scan counts while it runs, for `EXPLAIN ANALYZE`.

use std::sync::Arc;

use datafusion::execution::TaskContext;
use datafusion::physical_plan::metrics::{Count, ExecutionPlanMetricsSet, MetricBuilder, MetricType, Time};
use hyperslab_array::EncodedChunk;

use crate::counters::ReadCounters;

/// The counters of one partition, besides rows and batches.
#[derive(Debug, Clone)]
pub(crate) struct ScanMetrics {
    /// Chunks that came from the store; one that is read twice counts twice.
    pub chunks_read: Count,
    /// Chunks that turned out never to have been written.
    pub chunks_unwritten: Count,
    /// Chunks that the plan kept and that a filter ruled out while the query ran.
    pub chunks_skipped: Count,
    pub requests: Count,
    pub bytes_stored: Count,
    pub bytes_decoded: Count,
    pub time_fetch: Time,
    pub time_decode: Time,
    /// Those of the whole query.
    query: Arc<ReadCounters>,
}

impl ScanMetrics {
    pub fn new(set: &ExecutionPlanMetricsSet, partition: usize, context: &TaskContext) -> Self {
        let count = |name: &'static str| summary(set).counter(name, partition);
        let time = |name: &'static str| summary(set).subset_time(name, partition);
        Self {
            chunks_read: count("chunks_read"),
            chunks_unwritten: count("chunks_unwritten"),
            chunks_skipped: count("chunks_skipped"),
            requests: count("requests"),
            bytes_stored: count("bytes_stored"),
            bytes_decoded: count("bytes_decoded"),
            time_fetch: time("time_fetch"),
            time_decode: time("time_decode"),
            query: ReadCounters::of(context),
        }
    }

    /// Counts what came from the store.
    pub fn fetched(&self, encoded: &dyn EncodedChunk) {
        let [written, unwritten] = encoded.chunks();
        self.requests.add(encoded.requests() as usize);
        self.bytes_stored.add(encoded.stored_bytes() as usize);
        self.chunks_read.add(written as usize);
        self.chunks_unwritten.add(unwritten as usize);
        self.query.fetched(written, encoded.requests(), encoded.stored_bytes());
    }

    /// Counts what was decoded.
    pub fn decoded(&self, bytes: usize) {
        self.bytes_decoded.add(bytes);
        self.query.decoded(bytes);
    }

    /// Notes, once a scan, how many chunks there are and how many of them the plan kept.
    pub fn plan(set: &ExecutionPlanMetricsSet, kept: u64, total: u64) {
        let gauge = |name: &'static str, value: u64| {
            summary(set).global_gauge(name).set(usize::try_from(value).unwrap_or(usize::MAX));
        };
        gauge("chunks_total", total);
        gauge("chunks_kept", kept);
    }
}

/// What a scan read, and what it spent its time on, is worth a line even where `EXPLAIN ANALYZE` is asked to be short.
fn summary(set: &ExecutionPlanMetricsSet) -> MetricBuilder<'_> {
    MetricBuilder::new(set).with_type(MetricType::Summary)
}
