//! The work of one partition: segments that nobody else works on, one after the other.
//!
//! ```text
//!  claim a segment ─→ start its units ahead (fetch) ─→ unit by unit on the processor pool: decode, reduce
//!                                                       └─ last one of the segment ─→ blocks ─→ rows of a whole block
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::BatchCoalescer;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::{DataFusionError, Result};
use datafusion::physical_plan::metrics::{BaselineMetrics, RecordOutput};
use futures::{FutureExt, Stream, stream};

use super::blocks::{Blocks, Held as HeldStates};
use super::columns::Spare;
use super::emit::Emission;
use super::prepared::Prepared;
use super::reduce::{Place, reduce};
use super::tasks::Task;
use crate::error::{datafusion_error, internal};
use crate::scan::{Held, Loading, ScanMetrics, ScanState, fetch_unit, on_pool, prune};

/// What the partitions of a run share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub scan: ScanState,
    pub prepared: Prepared,
    pub blocks: Blocks,
}

/// One partition.
#[derive(Debug)]
pub(crate) struct Worker {
    shared: Arc<Shared>,
    metrics: ScanMetrics,
    baseline: BaselineMetrics,
    batch_size: usize,
    /// The segment of which units are started, and the next of them.
    claimed: Option<(Arc<Task>, u64)>,
    ahead: VecDeque<Step>,
    /// How many units are started ahead: more, once one had to be waited for.
    depth: usize,
    states: Option<HeldStates>,
    spare: Spare,
    emission: Option<Emission>,
    out: BatchCoalescer,
    /// Whether the one group of all rows is still to be answered, where there is no segment to do it.
    answers_nothing: bool,
}

/// A unit on its way.
#[derive(Debug)]
struct Step {
    task: Arc<Task>,
    is_first: bool,
    is_last: bool,
    /// `None` where no cell must be gone through.
    unit: Option<SpawnedTask<Result<Option<Fetched>>>>,
}

/// A unit that is fetched.
#[derive(Debug)]
struct Fetched {
    place: Place,
    loading: Vec<Loading>,
    _held: Held,
}

impl Worker {
    pub fn new(
        shared: Arc<Shared>,
        metrics: ScanMetrics,
        baseline: BaselineMetrics,
        batch_size: usize,
        is_first: bool,
    ) -> Self {
        let out = BatchCoalescer::new(Arc::clone(&shared.prepared.request.schema), batch_size)
            .with_biggest_coalesce_batch_size(Some(batch_size.div_ceil(2)));
        let is_global = shared.prepared.groups.keys.is_empty();
        let answers_nothing = is_first && is_global && shared.prepared.tasks.count() == 0;
        Self {
            shared,
            metrics,
            baseline,
            batch_size,
            claimed: None,
            ahead: VecDeque::new(),
            depth: 1,
            states: None,
            spare: Vec::new(),
            emission: None,
            out,
            answers_nothing,
        }
    }

    /// The batches.
    pub fn batches(self) -> impl Stream<Item = Result<RecordBatch>> {
        stream::try_unfold(self, |mut worker| async move {
            let batch = worker.next().await?;
            Ok(batch.map(|batch| (batch.record_output(&worker.baseline), worker)))
        })
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.out.next_completed_batch() {
                return Ok(Some(batch));
            }
            if let Some(emission) = &mut self.emission {
                let _timer = self.baseline.elapsed_compute().timer();
                match emission.next_batch(&self.shared.prepared, self.batch_size)? {
                    Some(batch) => self.out.push_batch(batch)?,
                    None => self.emission = None,
                }
                continue;
            }
            self.start_ahead()?;
            match self.ahead.pop_front() {
                Some(step) => self.take(step).await?,
                None if std::mem::take(&mut self.answers_nothing) => {
                    let states = self.fresh_states(1)?;
                    let groups = vec![0..1; self.shared.prepared.groups.dimensions.len()];
                    self.emission = Some(Emission::new(states, groups));
                }
                None if !self.out.is_empty() => self.out.finish_buffered_batch()?,
                None => return Ok(None),
            }
        }
    }

    /// Starts the units that come next.
    fn start_ahead(&mut self) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        while self.ahead.len() <= self.depth {
            let (task, unit) = match self.claimed.take() {
                Some(claimed) => claimed,
                None => match shared.blocks.claim(&shared.prepared.tasks) {
                    Some(task) => {
                        let first = task.units.start;
                        (Arc::new(task), first)
                    }
                    None => break,
                },
            };
            if !shared.prepared.needs_cells() {
                self.ahead.push_back(Step { task, is_first: true, is_last: true, unit: None });
                continue;
            }
            let number = shared.prepared.tasks.unit(task.block, unit);
            let selected = shared.scan.units.unit(number).ok_or_else(|| internal(format!("no unit {number}")))?;
            let need = shared.scan.need(&selected);
            let held = match self.ahead.is_empty() {
                true => Some(shared.scan.hold(&need)?),
                false => shared.scan.hold_ahead(&need),
            };
            let Some(held) = held else {
                self.claimed = Some((task, unit));
                break;
            };
            let groups = shared.prepared.tasks.groups(task.block, &shared.prepared.groups);
            let fetched = SpawnedTask::spawn(fetch(
                Arc::clone(&shared),
                self.metrics.clone(),
                Place { unit: selected, groups, regions: Vec::new() },
                need.own_chunks,
                held,
            ));
            let (is_first, is_last) = (unit == task.units.start, unit + 1 == task.units.end);
            self.ahead.push_back(Step { task: Arc::clone(&task), is_first, is_last, unit: Some(fetched) });
            if !is_last {
                self.claimed = Some((task, unit + 1));
            }
        }
        Ok(())
    }

    /// Takes in one unit; with the last one of a block, its rows come next.
    async fn take(&mut self, step: Step) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let groups = shared.prepared.tasks.groups(step.task.block, &shared.prepared.groups);
        if step.is_first {
            self.states = Some(self.fresh_states(shared.prepared.groups.count(&groups))?);
        }
        let mut held = self.states.take().ok_or_else(|| internal("a segment has no states"))?;
        if let Some(mut unit) = step.unit {
            let fetched = match (&mut unit).now_or_never() {
                Some(fetched) => fetched,
                None => {
                    let most = shared.scan.options.prefetch_chunks / shared.scan.request.partitions.max(1);
                    self.depth = (self.depth * 2).min(most.max(1));
                    unit.await
                }
            };
            if let Some(fetched) = fetched.map_err(|e| DataFusionError::ExecutionJoin(Box::new(e)))?? {
                let (shared, compute) = (Arc::clone(&shared), self.baseline.elapsed_compute().clone());
                let mut spare = std::mem::take(&mut self.spare);
                let done = on_pool(move || {
                    let Fetched { place, loading, _held } = fetched;
                    let states = &mut held.states;
                    reduce(&shared.prepared, &shared.scan, &compute, &place, loading, states, &mut spare)?;
                    Ok::<_, DataFusionError>((held, spare))
                });
                (held, self.spare) = done.await.map_err(datafusion_error)??;
                held.memory.try_resize(held.states.memory())?;
            }
        }
        if !step.is_last {
            self.states = Some(held);
            return Ok(());
        }
        if let Some(held) = shared.blocks.finish(&shared.prepared.tasks, &step.task, held)? {
            self.emission = Some(Emission::new(held, groups));
        }
        Ok(())
    }

    fn fresh_states(&self, groups: usize) -> Result<HeldStates> {
        let prepared = &self.shared.prepared;
        let memory = self.shared.scan.reserve(groups.saturating_mul(prepared.bytes_a_group))?;
        Ok(HeldStates { states: prepared.state(groups)?, memory })
    }
}

/// Fetches a unit; `None` where a filter leaves nothing of it.
async fn fetch(
    shared: Arc<Shared>,
    metrics: ScanMetrics,
    mut place: Place,
    chunks: usize,
    held: Held,
) -> Result<Option<Fetched>> {
    let Some(unit) = prune(&shared.scan, &metrics, &place.unit).await? else {
        metrics.chunks_skipped.add(chunks);
        return Ok(None);
    };
    place.unit = unit;
    if let Some(regions) = &shared.prepared.regions {
        place.regions = regions.touching(&shared.scan.units, &place.unit);
        if place.regions.is_empty() {
            metrics.chunks_skipped.add(chunks);
            return Ok(None);
        }
        regions.narrow(&place.regions, &mut place.unit);
    }
    let loading = fetch_unit(&shared.scan, &metrics, &place.unit).await?;
    Ok(Some(Fetched { place, loading, _held: held }))
}
