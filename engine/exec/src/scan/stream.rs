//! The stream of one partition: its units in order, each fetched and decoded ahead, then turned into batches.
//!
//! ```text
//!  next batch? ─→ start units ahead (as far as the budgets allow) ─→ wait for the first ─→ rows
//!                      └─ task: prune ─→ load (fetch ⇒ decode)          batches of it
//! ```
//!
//! The unit that comes next is always started, whatever the budgets say, so a scan never waits for itself. Dropping
//! the stream ends its tasks.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::BatchCoalescer;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, RecordOutput};
use futures::{Stream, stream};

use super::load::load;
use super::metrics::ScanMetrics;
use super::prune::prune;
use super::rows::{UnitColumn, UnitRows};
use super::state::{Held, ScanState};
use super::units::Unit;
use crate::error::internal;

/// The run of one partition.
#[derive(Debug)]
pub(crate) struct PartitionScan {
    state: Arc<ScanState>,
    metrics: ScanMetrics,
    baseline: BaselineMetrics,
    schema: SchemaRef,
    /// Units not started yet.
    range: Range<u64>,
    /// Units on their way, in order.
    ahead: VecDeque<SpawnedTask<Result<Option<Loaded>>>>,
    open: Option<Open>,
    /// Rows still wanted.
    fetch: Option<u64>,
    batch_size: usize,
    /// Gathers the rows of small units.
    small: Option<BatchCoalescer>,
}

/// A unit with its arrays, and what it holds of the budgets.
#[derive(Debug)]
struct Loaded {
    unit: Unit,
    columns: Vec<UnitColumn>,
    held: Held,
}

#[derive(Debug)]
struct Open {
    rows: UnitRows,
    _held: Held,
}

impl PartitionScan {
    pub fn new(
        state: Arc<ScanState>,
        metrics: &ExecutionPlanMetricsSet,
        partition: usize,
        range: Range<u64>,
        context: &TaskContext,
    ) -> Result<Self> {
        let batch_size = context.session_config().batch_size();
        let schema: SchemaRef = Arc::new(state.layout.schema.project(&state.request.projection)?);
        let rows_a_unit = state.units.rows().unwrap_or(u64::MAX) / state.units.count().max(1);
        let is_small = rows_a_unit < batch_size as u64 / 2 && !schema.fields().is_empty();
        let small = is_small.then(|| {
            BatchCoalescer::new(Arc::clone(&schema), batch_size)
                .with_biggest_coalesce_batch_size(Some(batch_size.div_ceil(2)))
        });
        let fetch = state.request.fetch.map(|f| f as u64);
        Ok(Self {
            metrics: ScanMetrics::new(metrics, partition, context),
            baseline: BaselineMetrics::new(metrics, partition),
            schema,
            range,
            ahead: VecDeque::new(),
            open: None,
            fetch,
            batch_size,
            small,
            state,
        })
    }

    /// The batches.
    pub fn batches(self) -> impl Stream<Item = Result<RecordBatch>> {
        stream::try_unfold(self, |mut scan| async move {
            let batch = scan.next().await?;
            Ok(batch.map(|batch| {
                let batch = batch.record_output(&scan.baseline);
                (batch, scan)
            }))
        })
    }

    /// The next batch, of one unit or of several small ones.
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.small.as_mut().and_then(BatchCoalescer::next_completed_batch) {
                return Ok(Some(batch));
            }
            let batch = self.next_of_unit().await?;
            match (batch, &mut self.small) {
                (Some(batch), Some(small)) => small.push_batch(batch)?,
                (None, Some(small)) if !small.is_empty() => small.finish_buffered_batch()?,
                (batch, _) => return Ok(batch),
            }
        }
    }

    async fn next_of_unit(&mut self) -> Result<Option<RecordBatch>> {
        while self.fetch != Some(0) {
            self.start_ahead()?;
            if let Some(open) = &mut self.open {
                let _timer = self.baseline.elapsed_compute().timer();
                if let Some(batch) = open.rows.next_batch(self.batch_size)? {
                    self.fetch = self.fetch.map(|f| f.saturating_sub(batch.num_rows() as u64));
                    return Ok(Some(batch));
                }
                self.open = None;
                continue;
            }
            let Some(task) = self.ahead.pop_front() else { break };
            let loaded = task.join().await.map_err(|e| DataFusionError::ExecutionJoin(Box::new(e)))??;
            self.open = loaded.map(|loaded| Open {
                rows: UnitRows::new(Arc::clone(&self.schema), loaded.unit, loaded.columns, self.fetch),
                _held: loaded.held,
            });
        }
        self.ahead.clear();
        Ok(None)
    }

    /// Starts the units that come next.
    fn start_ahead(&mut self) -> Result<()> {
        while self.ahead.len() <= self.state.options.prefetch_chunks && !self.range.is_empty() {
            let number = self.range.start;
            let mut unit = self.state.units.unit(number).ok_or_else(|| internal(format!("no unit {number}")))?;
            if let Some(rows) = self.fetch.filter(|_| self.state.request.blocks.is_empty()) {
                unit.keep_first(rows);
            }
            let need = self.state.need(&unit);
            let held = match self.open.is_none() && self.ahead.is_empty() {
                true => Some(self.state.hold(&need)?),
                false => self.state.hold_ahead(&need),
            };
            let Some(held) = held else { break };
            self.range.start += 1;
            self.ahead.push_back(SpawnedTask::spawn(prepare(
                Arc::clone(&self.state),
                self.metrics.clone(),
                unit,
                need.own_chunks,
                held,
            )));
        }
        Ok(())
    }
}

/// A unit with its arrays; `None` where a filter leaves nothing of it.
async fn prepare(
    state: Arc<ScanState>,
    metrics: ScanMetrics,
    unit: Unit,
    chunks: usize,
    held: Held,
) -> Result<Option<Loaded>> {
    let Some(unit) = prune(&state, &metrics, &unit).await? else {
        metrics.chunks_skipped.add(chunks);
        return Ok(None);
    };
    let columns = load(&state, &metrics, &state.request.projection, &unit).await?;
    held.memory.resize(columns.iter().map(UnitColumn::memory).sum());
    Ok(Some(Loaded { unit, columns, held }))
}
