//! [`Progress`]: what a running query has read from stores until now.

use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;

/// The counters of a running query. Clones look at the same query.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    plan: Option<Arc<dyn ExecutionPlan>>,
}

/// What a query has read from the stores of its datasets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reads {
    /// Chunks; one that is read twice counts twice.
    pub chunks: u64,
    /// Requests to the store.
    pub requests: u64,
    /// Bytes as they are stored.
    pub bytes_stored: u64,
    /// Bytes after decompression.
    pub bytes_decoded: u64,
}

impl Progress {
    pub(crate) fn of(plan: Arc<dyn ExecutionPlan>) -> Self {
        Self { plan: Some(plan) }
    }

    /// What has been read until now.
    pub fn reads(&self) -> Reads {
        let mut reads = Reads::default();
        if let Some(plan) = &self.plan {
            add(plan.as_ref(), &mut reads);
        }
        reads
    }
}

fn add(plan: &dyn ExecutionPlan, reads: &mut Reads) {
    if let Some(metrics) = plan.metrics() {
        let sum = |name: &str| metrics.sum_by_name(name).map_or(0, |value| value.as_usize() as u64);
        reads.chunks = reads.chunks.saturating_add(sum("chunks_read"));
        reads.requests = reads.requests.saturating_add(sum("requests"));
        reads.bytes_stored = reads.bytes_stored.saturating_add(sum("bytes_stored"));
        reads.bytes_decoded = reads.bytes_decoded.saturating_add(sum("bytes_decoded"));
    }
    for child in plan.children() {
        add(child.as_ref(), reads);
    }
}
