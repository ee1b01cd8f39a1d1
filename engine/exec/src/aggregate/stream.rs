//! The work of one partition: segments that nobody else works on, one after the other.
//!
//! ```text
//!  claim a segment ─→ start its units ahead (fetch) ─→ unit by unit on the processor pool: decode, reduce
//!                                                       └─ last one of the segment ─→ blocks ─→ rows of a whole block
//! ```
//!
//! While the rows of a block go out, the next unit is reduced already.

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

/// Bytes of states that may be held beside those whose rows go out.
const EARLY_STATES: usize = 16 << 20;

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
    /// The step that is being taken.
    taking: Option<Taking>,
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

/// A step whose unit is reduced in the background.
#[derive(Debug)]
struct Taking {
    task: Arc<Task>,
    is_last: bool,
    reduced: SpawnedTask<Result<Reduced>>,
}

/// What is left once a unit is in the states.
#[derive(Debug)]
struct Reduced {
    states: HeldStates,
    spare: Spare,
    /// Whether the unit had to be waited for.
    was_late: bool,
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
            taking: None,
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
            self.start_ahead()?;
            self.begin()?;
            if let Some(emission) = &mut self.emission {
                let _timer = self.baseline.elapsed_compute().timer();
                match emission.next_batch(&self.shared.prepared, self.batch_size)? {
                    Some(batch) => self.out.push_batch(batch)?,
                    None => self.emission = None,
                }
                continue;
            }
            match self.taking.take() {
                Some(taking) => self.end(taking).await?,
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
            let is_idle = self.ahead.is_empty() && self.taking.is_none() && self.emission.is_none();
            let held = match is_idle {
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

    /// Begins to take the next step. While rows go out, only where its states are small beside them.
    fn begin(&mut self) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let Some(next) = self.ahead.front().filter(|_| self.taking.is_none()) else { return Ok(()) };
        if next.is_first {
            let groups = shared.prepared.tasks.groups(next.task.block, &shared.prepared.groups);
            let count = shared.prepared.groups.count(&groups);
            let is_large = count.saturating_mul(shared.prepared.bytes_a_group) > EARLY_STATES;
            if self.emission.is_some() && is_large {
                return Ok(());
            }
            match self.fresh_states(count) {
                Ok(states) => self.states = Some(states),
                // There is room once the rows are out.
                Err(_) if self.emission.is_some() => return Ok(()),
                Err(e) => return Err(e),
            }
        }
        let mut states = self.states.take().ok_or_else(|| internal("a segment has no states"))?;
        let Some(Step { task, is_last, unit, .. }) = self.ahead.pop_front() else {
            return Err(internal("a step is gone"));
        };
        let (mut spare, compute) = (std::mem::take(&mut self.spare), self.baseline.elapsed_compute().clone());
        let reduced = SpawnedTask::spawn(async move {
            let Some(mut unit) = unit else { return Ok(Reduced { states, spare, was_late: false }) };
            let (fetched, was_late) = match (&mut unit).now_or_never() {
                Some(fetched) => (fetched, false),
                None => (unit.await, true),
            };
            let fetched = fetched.map_err(|e| DataFusionError::ExecutionJoin(Box::new(e)))??;
            let Some(Fetched { place, loading, _held }) = fetched else {
                return Ok(Reduced { states, spare, was_late });
            };
            let done = on_pool(move || {
                let _held = _held;
                let own = &mut states.states;
                reduce(&shared.prepared, &shared.scan, &compute, &place, loading, own, &mut spare)?;
                Ok::<_, DataFusionError>((states, spare))
            });
            let (states, spare) = done.await.map_err(datafusion_error)??;
            Ok(Reduced { states, spare, was_late })
        });
        self.taking = Some(Taking { task, is_last, reduced });
        Ok(())
    }

    /// Waits for a step; with the last one of a block, its rows come next.
    async fn end(&mut self, Taking { task, is_last, reduced }: Taking) -> Result<()> {
        let Reduced { states, spare, was_late } =
            reduced.await.map_err(|e| DataFusionError::ExecutionJoin(Box::new(e)))??;
        let shared = Arc::clone(&self.shared);
        if was_late {
            let most = shared.scan.options.prefetch_chunks / shared.scan.request.partitions.max(1);
            self.depth = (self.depth * 2).min(most.max(1));
        }
        self.spare = spare;
        states.memory.try_resize(states.states.memory())?;
        if !is_last {
            self.states = Some(states);
            return Ok(());
        }
        if let Some(held) = shared.blocks.finish(&shared.prepared.tasks, &task, states)? {
            let groups = shared.prepared.tasks.groups(task.block, &shared.prepared.groups);
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
