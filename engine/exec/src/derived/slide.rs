//! Windows along a dimension: for a unit, the rows of its frames are loaded beside its own, through the shared cache.
//!
//! ```text
//!  unit ─→ pieces of sequences ─→ indices to load ─→ load ─→ on the processor pool: arguments, frames, answers
//!            └─ running answers: carried on from the unit before, or from the units that lead to this one
//! ```

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_empty_array};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use hyperslab_array::{IndexRanges, Region};

use super::{Derived, DerivedRun};
use crate::aggregate::ordinals;
use crate::error::{datafusion_error, internal};
use crate::scan::{Block, ScanMetrics, ScanState, Unit, UnitColumn, UnitRows, load, on_pool};
use crate::slide::{
    Carries, Job, Lines, Loaded, Method, Piece, Shape, Slide, SlideFunction, indices, needed, pieces, row_numbers,
    row_values,
};

/// Windows along a dimension, for each cell.
#[derive(Debug)]
pub(crate) struct Sliding {
    slide: Arc<Slide>,
    fields: Vec<FieldRef>,
}

impl Sliding {
    pub fn new(slide: Slide) -> Self {
        let fields = slide.windows.iter().map(|w| Arc::clone(&w.field)).collect();
        Self { slide: Arc::new(slide), fields }
    }
}

impl Derived for Sliding {
    fn fields(&self) -> &[FieldRef] {
        &self.fields
    }

    fn describe(&self) -> String {
        let names: Vec<&str> = self.fields.iter().map(|f| f.name().as_str()).collect();
        format!("slide of [{}] along {}", names.join(", "), self.slide.along)
    }

    fn inputs(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_inputs(&self, inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn Derived>> {
        match inputs.len() {
            0 => Ok(Arc::new(Self { slide: Arc::clone(&self.slide), fields: self.fields.clone() })),
            n => Err(internal(format!("{n} inputs of a window along a dimension, expected none"))),
        }
    }

    fn reads(&self) -> Vec<usize> {
        self.slide.columns.clone()
    }

    fn bytes_a_cell(&self) -> usize {
        let width = |field: &FieldRef| field.data_type().primitive_width().unwrap_or(16);
        let arguments = self.slide.schema.fields().iter().map(width).sum::<usize>();
        2 * arguments + self.fields.iter().map(width).sum::<usize>()
    }

    fn start(&self, _context: &Arc<TaskContext>) -> Box<dyn DerivedRun> {
        Box::new(SlidingRun { slide: Arc::clone(&self.slide), lines: Lines::default() })
    }
}

#[derive(Debug)]
struct SlidingRun {
    slide: Arc<Slide>,
    lines: Lines,
}

#[async_trait]
impl DerivedRun for SlidingRun {
    async fn load(
        &self,
        state: &ScanState,
        metrics: &ScanMetrics,
        columns: &[usize],
        unit: &Unit,
    ) -> Result<Vec<UnitColumn>> {
        let work = Work { slide: &self.slide, state, metrics, unit };
        let own = unit.selection.dimensions.get(self.slide.dimension).cloned().unwrap_or_default();
        let own = self.ordinals(&own);
        let answers = match self.slide.running {
            None => work.answer(Answering::Some(columns.to_vec()), own, Vec::new()).await?.0,
            Some(way) => self.carried_on(&work, way, own, columns).await?,
        };
        let shape: Vec<u64> = unit.selection.dimensions.iter().map(IndexRanges::len).collect();
        let block = |array| {
            let dimensions = (0..shape.len()).collect();
            UnitColumn::Block { block: Block { array, dimensions, region: Region::full(&shape), is_dense: true } }
        };
        Ok(answers.into_iter().map(block).collect())
    }
}

impl SlidingRun {
    /// The ordinals of selected indices.
    fn ordinals(&self, of: &IndexRanges) -> Vec<u64> {
        ordinals(&self.slide.selected, of).into_iter().flatten().map(|o| o as u64).collect()
    }

    /// Running answers for `own` ordinals.
    async fn carried_on(
        &self,
        work: &Work<'_>,
        way: Method,
        own: Vec<u64>,
        columns: &[usize],
    ) -> Result<Vec<ArrayRef>> {
        let (d, units) = (self.slide.dimension, &work.state.units);
        let (Some(first), Some(last)) = (own.first().copied(), own.last().copied()) else {
            return Err(internal("a unit without rows"));
        };
        let count = units.counts().get(d).copied().unwrap_or(0);
        let of_unit = |n: u64| self.ordinals(&units.selected(d, n));
        let unit_of = |ordinal: u64| {
            let (mut low, mut high) = (0, count);
            while low < high {
                let middle = low.midpoint(high);
                match of_unit(middle).last() {
                    Some(last) if *last < ordinal => low = middle + 1,
                    _ => high = middle,
                }
            }
            low
        };
        let line = self.lines.of(work.unit, d);
        let mut line = line.lock().await;
        let lanes = work.shape(0).lanes();
        let bytes: usize = lanes.saturating_mul(self.slide.bytes_a_lane());
        let is_forward = way == Method::FromStart;
        // The state before unit `n`, or behind it, is called `n`, or `n + 1`.
        let target = if is_forward { unit_of(first) } else { unit_of(last) + 1 };
        let (mut at, mut carries) = line.nearest(target, is_forward, if is_forward { 0 } else { count });
        if carries.is_empty() {
            carries = vec![Carries::default(); self.slide.windows.len()];
        }
        while at != target {
            let next = if is_forward { at + 1 } else { at - 1 };
            let passed = of_unit(at.min(next));
            carries = work.answer(Answering::Nothing, passed, carries).await?.1;
            line.keep(next, carries.clone(), work.state.reserve(bytes)?, is_forward);
            at = next;
        }
        let all = (0..self.slide.windows.len()).collect();
        let (answers, carries) = work.answer(Answering::Some(all), own, carries).await?;
        let (end, unit) = if is_forward { (last, unit_of(last)) } else { (first, unit_of(first)) };
        let of_last = of_unit(unit);
        let is_whole = if is_forward { of_last.last() == Some(&end) } else { of_last.first() == Some(&end) };
        if is_whole {
            let at = if is_forward { unit + 1 } else { unit };
            line.keep(at, carries, work.state.reserve(bytes)?, is_forward);
        }
        columns
            .iter()
            .map(|c| answers.get(*c).cloned())
            .collect::<Option<_>>()
            .ok_or_else(|| internal("no such window"))
    }
}

/// Which answers are wanted; running ones are taken further in any case.
enum Answering {
    Nothing,
    Some(Vec<usize>),
}

/// What a unit is answered with.
struct Work<'a> {
    slide: &'a Arc<Slide>,
    state: &'a ScanState,
    metrics: &'a ScanMetrics,
    unit: &'a Unit,
}

/// What is done for one window.
enum Step {
    RowNumber,
    /// The ordinals whose values are the answers.
    Row(Vec<Option<u64>>),
    Aggregate(Vec<Piece>, Carries),
}

impl Work<'_> {
    /// The cells of the unit with `along` positions along the dimension of the windows.
    fn shape(&self, along: usize) -> Shape {
        let d = self.slide.dimension;
        let cells = |range: &[IndexRanges]| range.iter().map(|s| s.len() as usize).product();
        let (outer, inner) = self.unit.selection.dimensions.split_at(d.min(self.unit.selection.dimensions.len()));
        Shape { outer: cells(outer), along, inner: cells(inner.get(1..).unwrap_or_default()) }
    }

    /// The answers for `own` ordinals, and what running ones have come to.
    async fn answer(
        &self,
        answering: Answering,
        own: Vec<u64>,
        carries: Vec<Carries>,
    ) -> Result<(Vec<ArrayRef>, Vec<Carries>)> {
        let (slide, line) = (self.slide, &self.slide.line);
        let (wanted, is_answered) = match answering {
            Answering::Nothing => ((0..slide.windows.len()).collect(), false),
            Answering::Some(wanted) => (wanted, true),
        };
        let mut carries = carries.into_iter();
        let (mut steps, mut ranges) = (Vec::with_capacity(wanted.len()), Vec::new());
        for number in wanted {
            let window = slide.windows.get(number).ok_or_else(|| internal(format!("no window {number}")))?;
            let carry = carries.next().unwrap_or_default();
            let step = match &window.function {
                SlideFunction::RowNumber => Step::RowNumber,
                SlideFunction::Row(value) => {
                    let source = |ordinal: &u64| {
                        let place = line.place(*ordinal);
                        value.source(place, &window.frames.of(place), line).map(|place| line.ordinal(place))
                    };
                    let sources: Vec<Option<u64>> = own.iter().map(source).collect();
                    ranges.extend(sources.iter().flatten().map(|o| *o..*o + 1));
                    Step::Row(sources)
                }
                SlideFunction::Aggregate(_) => {
                    let pieces = pieces(line, &window.frames, &own, &carry);
                    ranges.extend(needed(line, &pieces));
                    Step::Aggregate(pieces, carry)
                }
            };
            steps.push((number, step));
        }
        let loaded = Loaded::new(IndexRanges::from_ranges(ranges));
        for (_, step) in &mut steps {
            if let Step::Aggregate(pieces, _) = step {
                loaded.place(line, pieces).ok_or_else(|| internal("a row of a frame is not loaded"))?;
                if !is_answered {
                    pieces.iter_mut().for_each(|piece| piece.answers.clear());
                }
            }
        }
        let mut beside = self.unit.clone();
        if let Some(along) = beside.selection.dimensions.get_mut(slide.dimension) {
            *along = indices(&slide.selected, loaded.ordinals());
        }
        let shape = self.shape(loaded.len());
        let is_read = !slide.columns.is_empty() && shape.cells() > 0;
        let columns = if is_read { load(self.state, self.metrics, &slide.columns, &beside).await? } else { Vec::new() };
        let _memory = self.state.reserve(columns.iter().map(UnitColumn::memory).sum())?;
        let slide = Arc::clone(slide);
        let answers = on_pool(move || {
            let arguments = arguments(&slide, beside, columns, shape.cells())?;
            let (mut answers, mut carries) = (Vec::with_capacity(steps.len()), Vec::with_capacity(steps.len()));
            for (number, step) in steps {
                let window = slide.windows.get(number).ok_or_else(|| internal(format!("no window {number}")))?;
                let argument = window.argument.and_then(|argument| arguments.get(argument));
                let (answer, carry) = match (step, &window.function) {
                    (Step::Row(sources), SlideFunction::Row(value)) => {
                        let sources: Vec<_> = sources.into_iter().map(|o| o.and_then(|o| loaded.position(o))).collect();
                        let argument = argument.ok_or_else(|| internal("a value of a row has no argument"))?;
                        (row_values(argument, shape, &sources, value.default())?, Carries::default())
                    }
                    (Step::Aggregate(pieces, mut carry), SlideFunction::Aggregate(function)) => {
                        let own = if is_answered { own.len() } else { 0 };
                        let job = Job { shape, own, pieces: &pieces, method: window.frames.method(), nulls: None };
                        (function.answer(argument, &job, &mut carry)?, carry)
                    }
                    _ => {
                        let places: Vec<u64> = own.iter().map(|ordinal| slide.line.place(*ordinal)).collect();
                        (row_numbers(&places, shape, &slide.line), Carries::default())
                    }
                };
                answers.push(answer);
                carries.push(carry);
            }
            Ok((answers, carries))
        });
        answers.await.map_err(datafusion_error)?
    }
}

/// The values of the arguments for all cells that are loaded.
fn arguments(slide: &Slide, unit: Unit, columns: Vec<UnitColumn>, cells: usize) -> Result<Vec<ArrayRef>> {
    let batch = match columns.is_empty() {
        true => None,
        false => UnitRows::new(Arc::clone(&slide.schema), unit, columns, None).next_batch(usize::MAX)?,
    };
    let batch = match batch {
        Some(batch) => batch,
        // Constants are the same for any row; without cells, there is none.
        None => {
            let options =
                RecordBatchOptions::new().with_row_count(Some(if slide.columns.is_empty() { cells } else { 0 }));
            let none = slide.schema.fields().iter().map(|f| new_empty_array(f.data_type())).collect();
            RecordBatch::try_new_with_options(Arc::clone(&slide.schema), none, &options)?
        }
    };
    let rows = batch.num_rows();
    slide.arguments.iter().map(|argument| argument.evaluate(&batch)?.into_array(rows)).collect()
}
