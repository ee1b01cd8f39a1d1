//! [`Progress`]: what a running query has read from stores until now.

use std::sync::{Arc, Mutex, PoisonError};

use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use hyperslab_exec::ReadCounters;

/// The counters of a running query, or of several that are one to a person. Clones look at the same.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    counters: Arc<ReadCounters>,
    /// What DataFusion's own files have read is in the metrics of the plans alone.
    plans: Arc<Mutex<Vec<Arc<dyn ExecutionPlan>>>>,
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
    /// Has the queries of a configuration count here.
    pub(crate) fn count(&self, config: &mut SessionConfig) {
        config.set_extension(Arc::clone(&self.counters));
    }

    /// Looks at a plan that begins to run.
    pub(crate) fn watch(&self, plan: Arc<dyn ExecutionPlan>) {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).push(plan);
    }

    /// What has been read until now.
    pub fn reads(&self) -> Reads {
        let plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let files = plans.iter().fold(0u64, |sum, plan| sum.saturating_add(of_files(plan.as_ref())));
        Reads {
            chunks: self.counters.chunks(),
            requests: self.counters.requests(),
            bytes_stored: self.counters.bytes_stored().saturating_add(files),
            bytes_decoded: self.counters.bytes_decoded(),
        }
    }
}

/// The bytes that the files of rows in a plan have read.
fn of_files(plan: &dyn ExecutionPlan) -> u64 {
    let own = plan.metrics().and_then(|metrics| metrics.sum_by_name("bytes_scanned"));
    let own = own.map_or(0, |value| value.as_usize() as u64);
    plan.children().into_iter().fold(own, |sum, child| sum.saturating_add(of_files(child.as_ref())))
}
