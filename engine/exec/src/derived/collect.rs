//! All rows of a plan that a derived column reads.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::common::runtime::JoinSet;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_plan::ExecutionPlan;
use futures::TryStreamExt;

/// All batches of a plan; its partitions run at the same time. The order of the batches means nothing.
///
/// # Errors
/// When the plan fails, or the pool has no memory for its rows.
pub(super) async fn collect(
    plan: &Arc<dyn ExecutionPlan>,
    context: &Arc<TaskContext>,
    memory: &MemoryReservation,
) -> Result<Vec<RecordBatch>> {
    let mut running = JoinSet::new();
    for partition in 0..plan.properties().output_partitioning().partition_count() {
        let mut stream = plan.execute(partition, Arc::clone(context))?;
        let memory = memory.new_empty();
        running.spawn(async move {
            let mut batches = Vec::new();
            while let Some(batch) = stream.try_next().await? {
                memory.try_grow(batch.get_array_memory_size())?;
                batches.push(batch);
            }
            Ok::<_, DataFusionError>((batches, memory))
        });
    }
    let (mut all, mut held) = (Vec::new(), Vec::new());
    while let Some(done) = running.join_next().await {
        let (batches, memory) = done.map_err(|e| DataFusionError::ExecutionJoin(Box::new(e)))??;
        all.extend(batches);
        held.push(memory);
    }
    Ok(all)
}
