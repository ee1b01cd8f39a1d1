//! The run of a gather: points are collected, then units are fetched ahead and their rows given out in order.
//!
//! ```text
//!  collect until the end, or as many as memory holds ─→ sort by place ─→ for each unit with points:
//!    fetch its part of the chunks ─→ on the processor pool: decode, take ─→ rows ─→ points without a cell
//! ```

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, RecordBatchOptions, UInt32Array, new_null_array};
use datafusion::arrow::compute::{BatchCoalescer, take};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::metrics::{BaselineMetrics, RecordOutput};
use futures::{Stream, StreamExt, stream};

use super::places::NOWHERE;
use super::points::{Arrived, Collected, Points};
use super::request::{GatherColumn, GatherKind};
use super::rows::{Maker, UnitGather};
use crate::error::{datafusion_error, internal};
use crate::scan::{Held, ScanMetrics, ScanState, Unit, fetch_unit, on_pool};

/// Batches of a unit that are made ahead of being asked for.
const AHEAD: usize = 16;

/// A running gather.
pub(crate) struct Gather {
    pub state: Arc<ScanState>,
    pub maker: Arc<Maker>,
    pub metrics: ScanMetrics,
    pub baseline: BaselineMetrics,
    pub input: SendableRecordBatchStream,
    /// Which columns of the points are kept.
    pub kept: Vec<usize>,
    pub batch_size: usize,
    pub memory: MemoryReservation,
    /// Bytes that stay free for units.
    pub spare: usize,
    /// Points that did not fit the round before.
    pub waiting: Option<Arrived>,
    pub is_done: bool,
    pub round: Option<Round>,
    pub out: BatchCoalescer,
}

/// The points of one round, and what is left to do with them.
pub(crate) struct Round {
    points: Arc<Points>,
    /// Points that have a place, and have no unit yet.
    placed: Range<usize>,
    group: Option<Group>,
    ahead: VecDeque<SpawnedTask<Result<Ready>>>,
    open: Option<Ready>,
    /// Points without a place, that give a row nevertheless.
    unplaced: Range<usize>,
}

/// Points that share units: which they are, where they lie, and the units that are not started.
type Group = (Range<usize>, Vec<Range<u64>>, Range<u64>);

/// The rows of one unit.
struct Ready {
    batches: VecDeque<RecordBatch>,
    rest: Option<UnitGather>,
    held: Held,
}

impl Gather {
    /// The batches.
    pub fn batches(self) -> impl Stream<Item = Result<RecordBatch>> {
        stream::try_unfold(self, |mut gather| async move {
            let batch = gather.next().await?;
            Ok(batch.map(|batch| (batch.record_output(&gather.baseline), gather)))
        })
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.out.next_completed_batch() {
                return Ok(Some(batch));
            }
            let batch = match self.maker.request.kind {
                GatherKind::Semi | GatherKind::Anti => self.next_of_points().await?,
                GatherKind::Inner | GatherKind::Outer => self.next_of_rounds().await?,
            };
            match batch {
                Some(batch) if batch.num_rows() == 0 => {}
                // Without columns, rows are a number alone.
                Some(batch) if batch.num_columns() == 0 => return Ok(Some(batch)),
                Some(batch) => self.out.push_batch(batch)?,
                None if !self.out.is_empty() => self.out.finish_buffered_batch()?,
                None => return Ok(None),
            }
        }
    }

    /// The next points, those left out that no row comes of.
    async fn arrive(&mut self) -> Result<Option<Arrived>> {
        if let Some(waiting) = self.waiting.take() {
            return Ok(Some(waiting));
        }
        if self.is_done {
            return Ok(None);
        }
        let Some(batch) = self.input.next().await.transpose()? else {
            self.is_done = true;
            return Ok(None);
        };
        let _timer = self.baseline.elapsed_compute().timer();
        let exprs: Vec<Arc<dyn PhysicalExpr>> =
            self.maker.request.keys.iter().map(|(expr, _)| Arc::clone(expr)).collect();
        let places = self.maker.places.of(&exprs, &batch)?;
        let mut arrived = Arrived { columns: batch.project(&self.kept)?, places };
        match self.maker.request.kind {
            GatherKind::Outer => {}
            GatherKind::Inner | GatherKind::Semi => arrived.retain(|place| place != NOWHERE)?,
            GatherKind::Anti => arrived.retain(|place| place == NOWHERE)?,
        }
        Ok(Some(arrived))
    }

    async fn next_of_points(&mut self) -> Result<Option<RecordBatch>> {
        let Some(arrived) = self.arrive().await? else { return Ok(None) };
        let all: UInt32Array = (0..arrived.columns.num_rows() as u32).collect();
        self.without_cells(&arrived.columns, &all).map(Some)
    }

    async fn next_of_rounds(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let Some(mut round) = self.round.take() else {
                self.round = self.collect().await?;
                if self.round.is_none() {
                    return Ok(None);
                }
                continue;
            };
            let batch = self.next_of(&mut round).await?;
            if batch.is_some() {
                self.round = Some(round);
                return Ok(batch);
            }
        }
    }

    async fn collect(&mut self) -> Result<Option<Round>> {
        let columns: SchemaRef = Arc::new(self.input.schema().project(&self.kept)?);
        let mut collected = Collected::new(columns, self.memory.new_empty());
        while let Some(arrived) = self.arrive().await? {
            if let Some(waiting) = collected.push(arrived, self.spare)? {
                self.waiting = Some(waiting);
                break;
            }
        }
        if collected.is_empty() {
            return Ok(None);
        }
        let points = on_pool(move || collected.sorted()).await.map_err(datafusion_error)??;
        let (placed, all) = (points.placed(), points.places.len());
        Ok(Some(Round {
            points: Arc::new(points),
            placed: 0..placed,
            group: None,
            ahead: VecDeque::new(),
            open: None,
            unplaced: placed..all,
        }))
    }

    async fn next_of(&mut self, round: &mut Round) -> Result<Option<RecordBatch>> {
        loop {
            self.start_ahead(round)?;
            if let Some(open) = &mut round.open {
                if let Some(batch) = open.batches.pop_front() {
                    return Ok(Some(batch));
                }
                let _timer = self.baseline.elapsed_compute().timer();
                if let Some(batch) = open.rest.as_mut().map(|rest| rest.next_batch(self.batch_size)).transpose()? {
                    if batch.is_some() {
                        return Ok(batch);
                    }
                    open.rest.take().into_iter().for_each(UnitGather::recycle);
                }
                round.open = None;
                continue;
            }
            let Some(task) = round.ahead.pop_front() else { break };
            round.open = Some(task.join().await.map_err(|e| DataFusionError::ExecutionJoin(Box::new(e)))??);
        }
        if round.unplaced.is_empty() {
            return Ok(None);
        }
        let end = round.unplaced.end.min(round.unplaced.start.saturating_add(self.batch_size.max(1)));
        let rows = round.points.places.get(round.unplaced.start..end).unwrap_or_default();
        let rows: UInt32Array = rows.iter().map(|(_, point)| *point).collect::<Vec<_>>().into();
        round.unplaced.start = end;
        self.without_cells(&round.points.columns, &rows).map(Some)
    }

    /// Rows of points alone.
    fn without_cells(&self, points: &RecordBatch, rows: &UInt32Array) -> Result<RecordBatch> {
        let request = &self.maker.request;
        let columns = request.columns.iter().zip(request.schema.fields()).map(|(column, field)| match column {
            GatherColumn::Points(i) => {
                let values = points.columns().get(*i).ok_or_else(|| internal(format!("no column {i} of points")))?;
                Ok(take(values, rows, None)?)
            }
            GatherColumn::Grid(_) => Ok(new_null_array(field.data_type(), rows.len())),
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok(RecordBatch::try_new_with_options(Arc::clone(&request.schema), columns, &options)?)
    }

    /// Starts the units that come next.
    fn start_ahead(&self, round: &mut Round) -> Result<()> {
        while round.ahead.len() <= self.state.options.prefetch_chunks {
            let group = match round.group.take() {
                Some(group) => Some(group),
                None => self.next_group(round)?,
            };
            let Some((points, bounds, units)) = group else { break };
            let unit = self.maker.places.unit(&bounds, units.start);
            let need = self.state.need(&unit);
            let held = match round.open.is_none() && round.ahead.is_empty() {
                true => Some(self.state.hold(&need)?),
                false => self.state.hold_ahead(&need),
            };
            let Some(held) = held else {
                round.group = Some((points, bounds, units));
                break;
            };
            let task = Task {
                state: Arc::clone(&self.state),
                maker: Arc::clone(&self.maker),
                metrics: self.metrics.clone(),
                points: Arc::clone(&round.points),
                own: points.clone(),
                unit,
                batch_size: self.batch_size,
                held,
            };
            round.ahead.push_back(SpawnedTask::spawn(task.run()));
            let rest = units.start + 1..units.end;
            round.group = (!rest.is_empty()).then_some((points, bounds, rest));
        }
        Ok(())
    }

    /// The points that come next, as far as they share units.
    fn next_group(&self, round: &mut Round) -> Result<Option<Group>> {
        let places = &self.maker.places;
        let left = round.points.places.get(round.placed.clone()).unwrap_or_default();
        let Some((first, _)) = left.first() else { return Ok(None) };
        let group = places.group_of(*first);
        let count = left.partition_point(|(place, _)| places.group_of(*place) <= group);
        let own = round.placed.start..round.placed.start + count;
        round.placed.start = own.end;
        let bounds = places.bounds(left.get(..count).unwrap_or_default())?;
        Ok(Some((own, bounds, 0..places.units_a_group())))
    }
}

/// One unit on its way.
struct Task {
    state: Arc<ScanState>,
    maker: Arc<Maker>,
    metrics: ScanMetrics,
    points: Arc<Points>,
    own: Range<usize>,
    unit: Unit,
    batch_size: usize,
    held: Held,
}

impl Task {
    async fn run(self) -> Result<Ready> {
        let loading = fetch_unit(&self.state, &self.metrics, &self.unit).await?;
        let made = on_pool(move || {
            let mut rows = UnitGather::decode(&self.maker, &self.points, self.own, &self.unit, loading)?;
            let mut batches = VecDeque::new();
            while batches.len() < AHEAD {
                match rows.next_batch(self.batch_size)? {
                    Some(batch) => batches.push_back(batch),
                    None => {
                        self.held.memory.resize(batches.iter().map(RecordBatch::get_array_memory_size).sum());
                        rows.recycle();
                        return Ok(Ready { batches, rest: None, held: self.held });
                    }
                }
            }
            let of_batches: usize = batches.iter().map(RecordBatch::get_array_memory_size).sum();
            self.held.memory.resize(rows.memory() + of_batches);
            Ok(Ready { batches, rest: Some(rows), held: self.held })
        });
        made.await.map_err(datafusion_error)?
    }
}
