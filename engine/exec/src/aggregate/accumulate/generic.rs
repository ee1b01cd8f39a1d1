//! Functions without loops of their own: DataFusion's states, given rows and the numbers of their groups.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, Float32Array, Float64Array, UInt32Array};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::compute::{FilterBuilder, FilterPredicate, take};
use datafusion::error::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use datafusion::physical_expr::GroupsAccumulatorAdapter;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;

use super::bits::{Bits, ones};
use super::values::{check, same_kind};
use super::{Accumulator, Argument, Move, Piece, Target};

/// States of DataFusion.
pub(super) struct Generic {
    expr: Arc<AggregateFunctionExpr>,
    /// `None` until a row comes.
    states: Option<Box<dyn GroupsAccumulator>>,
    groups: usize,
    /// The answers of all groups, once the first are asked for.
    answers: Option<ArrayRef>,
}

impl fmt::Debug for Generic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generic").field("groups", &self.groups).finish_non_exhaustive()
    }
}

impl Generic {
    pub(super) fn new(expr: &Arc<AggregateFunctionExpr>, groups: usize) -> Self {
        Self { expr: Arc::clone(expr), states: None, groups, answers: None }
    }
}

fn create(expr: &Arc<AggregateFunctionExpr>) -> Result<Box<dyn GroupsAccumulator>> {
    if expr.groups_accumulator_supported() {
        return expr.create_groups_accumulator();
    }
    let expr = Arc::clone(expr);
    Ok(Box::new(GroupsAccumulatorAdapter::new(move || expr.create_accumulator())))
}

/// The cells of a piece that count, as rows.
struct Rows {
    groups: Vec<usize>,
    /// The number of the run of each row.
    runs: Vec<u32>,
    /// What keeps the cells that count; `None` where all cells do.
    filter: Option<(FilterPredicate, Bits)>,
}

impl Rows {
    fn new(piece: &Piece<'_>) -> Self {
        let covered = Bits::of_runs(piece.len, piece.runs, |_| true);
        let kept = match piece.mask {
            Some(mask) => covered.and(&Bits::of(mask)),
            None => covered,
        };
        let count = kept.count(0..piece.len);
        let (mut groups, mut runs) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (number, run) in piece.runs.iter().enumerate() {
            kept.each_word(run.start..run.start + run.len, |first, _, word| {
                for cell in ones(word).map(|bit| first + bit) {
                    groups.push(match run.to {
                        Target::One(group) => group,
                        Target::Each(first) => first + cell,
                        Target::Map { base, from } => base + piece.offsets[from + cell] as usize,
                    });
                    runs.push(number as u32);
                }
            });
        }
        let filter = (count < piece.len).then(|| {
            let buffer: BooleanBuffer = kept.clone().into();
            (FilterBuilder::new(&BooleanArray::new(buffer, None)).optimize().build(), kept)
        });
        Self { groups, runs, filter }
    }

    fn array(&self, argument: &Argument<'_>) -> Result<ArrayRef> {
        let array: ArrayRef = match argument {
            Argument::Float32(values) => {
                let values = self.slice(values);
                let nulls = present(&values, |value| !value.is_nan());
                Arc::new(Float32Array::new(values.into(), nulls))
            }
            Argument::Float64(values) => {
                let values = self.slice(values);
                let nulls = present(&values, |value| !value.is_nan());
                Arc::new(Float64Array::new(values.into(), nulls))
            }
            Argument::Cells(array) => match &self.filter {
                Some((filter, _)) => filter.filter(array)?,
                None => Arc::clone(array),
            },
            Argument::Runs(array) => take(array, &UInt32Array::from(self.runs.clone()), None)?,
        };
        Ok(array)
    }

    fn slice<T: Copy>(&self, values: &[T]) -> Vec<T> {
        let Some((_, kept)) = &self.filter else { return values.to_vec() };
        let mut rows = Vec::with_capacity(self.groups.len());
        kept.each_word(0..values.len(), |first, _, word| {
            rows.extend(ones(word).map(|bit| values[first + bit]));
        });
        rows
    }
}

fn present<T>(values: &[T], is: impl Fn(&T) -> bool) -> Option<NullBuffer> {
    Some(NullBuffer::from_iter(values.iter().map(is))).filter(|nulls| nulls.null_count() > 0)
}

impl Accumulator for Generic {
    fn update(&mut self, piece: &Piece<'_>, arguments: &[Argument<'_>]) -> Result<()> {
        check(piece, arguments)?;
        let rows = Rows::new(piece);
        if rows.groups.is_empty() {
            return Ok(());
        }
        let arrays = arguments.iter().map(|argument| rows.array(argument)).collect::<Result<Vec<_>>>()?;
        match &mut self.states {
            Some(states) => states.update_batch(&arrays, &rows.groups, None, self.groups),
            None => {
                // Without a filter, DataFusion takes a group that it hears of for one with a row.
                let all = BooleanArray::from(vec![true; rows.groups.len()]);
                let states = self.states.insert(create(&self.expr)?);
                states.update_batch(&arrays, &rows.groups, Some(&all), self.groups)
            }
        }
    }

    fn merge(&mut self, later: Box<dyn Accumulator>) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        match (&mut self.states, later.states) {
            (_, None) => {}
            (None, later) => self.states = later,
            (Some(states), Some(mut later)) => {
                let groups: Vec<usize> = (0..self.groups).collect();
                states.merge_batch(&later.state(EmitTo::All)?, &groups, self.groups)?;
            }
        }
        Ok(())
    }

    fn merge_groups(&mut self, later: Box<dyn Accumulator>, moves: &[Move]) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        let Some(mut states) = later.states else { return Ok(()) };
        let (mut from, mut to) = (Vec::new(), Vec::new());
        if self.states.is_none() {
            // DataFusion must hear of a group without a row for it not to have one.
            from.resize(self.groups, later.groups.saturating_sub(1) as u32);
            to.extend(0..self.groups);
        }
        for Move { from: groups, to: group } in moves {
            from.extend(groups.clone().map(|group| group as u32));
            to.resize(from.len(), *group);
        }
        let from = UInt32Array::from(from);
        let states = states.state(EmitTo::All)?;
        let taken = states.iter().map(|array| Ok(take(array, &from, None)?)).collect::<Result<Vec<_>>>()?;
        let own = match &mut self.states {
            Some(own) => own,
            None => self.states.insert(create(&self.expr)?),
        };
        own.merge_batch(&taken, &to, self.groups)
    }

    fn finish(&mut self, groups: Range<usize>, _: &[u64]) -> Result<ArrayRef> {
        // All at once: taking the first states moves the others each time.
        let answers = match (self.answers.take(), self.states.take()) {
            (Some(answers), _) => answers,
            (None, Some(mut states)) => states.evaluate(EmitTo::All)?,
            (None, None) => self.expr.create_accumulator()?.evaluate()?.to_array_of_size(self.groups)?,
        };
        let asked = answers.slice(groups.start, groups.len());
        self.answers = Some(answers);
        Ok(asked)
    }

    fn memory(&self) -> usize {
        self.states.as_ref().map_or(0, |states| states.size())
            + self.answers.as_ref().map_or(0, |answers| answers.get_array_memory_size())
    }
}

/// About how many bytes the state of a group takes.
pub(super) fn bytes_per_group(expr: &AggregateFunctionExpr) -> usize {
    /// Of a state whose size nobody knows, or that a text has.
    const SOME: usize = 64;
    let order = expr.order_bys().len() * SOME;
    if expr.groups_accumulator_supported() {
        let fields = expr.state_fields().unwrap_or_default();
        order + fields.iter().map(|field| field.data_type().primitive_width().unwrap_or(SOME)).sum::<usize>()
    } else {
        order + SOME + expr.create_accumulator().map_or(SOME, |accumulator| accumulator.size())
    }
}
