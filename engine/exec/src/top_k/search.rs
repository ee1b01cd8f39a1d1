//! Looks through the values of one unit for cells that beat the bound, a block of values at a time.

use std::ops::Range;

use datafusion::arrow::array::{Array, AsArray, PrimitiveArray};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimeUnit, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::error::Result;
use hyperslab_array::IndexRanges;

use super::best::{Best, Cell, Rank};
use super::number::Number;
use crate::error::internal;
use crate::scan::{Block, Unit};

/// Values that are compared with the bound at once; where none beats it, none is looked at again.
const BLOCK: usize = 1024;

/// Calls `$f::<T>` for the Arrow type of numbers that `$data_type` is; gives `None` for another.
macro_rules! for_numbers {
    ($data_type:expr, $f:ident ( $($argument:expr),* )) => {
        match $data_type {
            DataType::Int8 => Some($f::<Int8Type>($($argument),*)),
            DataType::Int16 => Some($f::<Int16Type>($($argument),*)),
            DataType::Int32 => Some($f::<Int32Type>($($argument),*)),
            DataType::Int64 => Some($f::<Int64Type>($($argument),*)),
            DataType::UInt8 => Some($f::<UInt8Type>($($argument),*)),
            DataType::UInt16 => Some($f::<UInt16Type>($($argument),*)),
            DataType::UInt32 => Some($f::<UInt32Type>($($argument),*)),
            DataType::UInt64 => Some($f::<UInt64Type>($($argument),*)),
            DataType::Float32 => Some($f::<Float32Type>($($argument),*)),
            DataType::Float64 => Some($f::<Float64Type>($($argument),*)),
            DataType::Timestamp(TimeUnit::Microsecond, None) => Some($f::<TimestampMicrosecondType>($($argument),*)),
            DataType::Duration(TimeUnit::Microsecond) => Some($f::<DurationMicrosecondType>($($argument),*)),
            _ => None,
        }
    };
}
pub(super) use for_numbers;

/// Whether values of this type can be searched.
pub(super) fn is_number(data_type: &DataType) -> bool {
    fn is<T: ArrowPrimitiveType>() {}
    for_numbers!(data_type, is()).is_some()
}

/// How values become ranks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub options: SortOptions,
    /// Whether every NaN is NULL.
    pub nan_is_null: bool,
}

impl Order {
    fn class(self, is_null: bool) -> u8 {
        u8::from(is_null != self.options.nulls_first)
    }

    /// The rank of NULL at `position`.
    fn of_null(self, position: u128) -> Rank {
        Rank { class: self.class(true), key: 0, position }
    }

    fn key<T: Number>(self, value: T) -> u64 {
        if self.options.descending { !value.to_key() } else { value.to_key() }
    }

    /// The value of a rank; `None` for NULL.
    pub fn value<T: Number>(self, rank: Rank) -> Option<T> {
        let key = if self.options.descending { !rank.key } else { rank.key };
        (rank.class == self.class(false)).then(|| T::from_key(key))
    }
}

/// The values of one unit.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub block: &'a Block,
    pub unit: &'a Unit,
    pub number: u64,
    /// How many cells of the grid a step along each of its dimensions passes, in C order.
    pub strides: &'a [u128],
    pub order: Order,
}

impl Search<'_> {
    /// Offers to `best` what may be among the first.
    ///
    /// # Errors
    /// When the values are no numbers.
    pub fn run(&self, best: &mut Best) -> Result<()> {
        fn of<T: ArrowPrimitiveType<Native: Number>>(search: &Search, best: &mut Best) {
            let array = search.block.array.as_primitive::<T>();
            let places = Places::new(search);
            for run in places.runs(search) {
                for start in run.clone().step_by(BLOCK) {
                    let block = start..run.end.min(start + BLOCK);
                    search.values(array, block.clone(), &places, best);
                    search.nulls(array, block, &places, best);
                }
            }
        }
        for_numbers!(self.block.array.data_type(), of(self, best)).ok_or_else(|| internal("values are no numbers"))
    }

    fn values<T: ArrowPrimitiveType<Native: Number>>(
        &self,
        array: &PrimitiveArray<T>,
        block: Range<usize>,
        places: &Places,
        best: &mut Best,
    ) {
        let Some(values) = array.values().get(block.clone()) else { return };
        if !self.may_beat(values, best.bound()) {
            return;
        }
        let class = self.order.class(false);
        for (offset, value) in block.zip(values) {
            let key = self.order.key(*value);
            if array.is_null(offset) || best.bound().is_some_and(|b| (class, key) > (b.class, b.key)) {
                continue;
            }
            let rank = Rank { class, key, position: places.position(offset) };
            self.offer(rank, best);
        }
    }

    /// Whether one of `values` may come before `bound`; a wrong "yes" costs time alone.
    fn may_beat<T: Number>(&self, values: &[T], bound: Option<Rank>) -> bool {
        let Some(bound) = bound.filter(|b| b.class <= self.order.class(false)) else { return true };
        let Some(bound) = self.order.value::<T>(bound) else { return false };
        // Each of these is a loop without a branch, which the compiler makes work on many values at once. NaN that is
        // a value is neither before nor after the bound here, and is looked at.
        match (self.order.options.descending, self.order.nan_is_null) {
            (true, true) => values.iter().fold(false, |any, v| any | (*v >= bound)),
            (false, true) => values.iter().fold(false, |any, v| any | (*v <= bound)),
            (true, false) => !values.iter().fold(true, |all, v| all & (*v < bound)),
            (false, false) => !values.iter().fold(true, |all, v| all & (*v > bound)),
        }
    }

    fn nulls<T: ArrowPrimitiveType>(
        &self,
        array: &PrimitiveArray<T>,
        block: Range<usize>,
        places: &Places,
        best: &mut Best,
    ) {
        let Some(nulls) = array.nulls().filter(|n| n.null_count() > 0) else { return };
        for offset in block.filter(|offset| nulls.is_null(*offset)) {
            let rank = self.order.of_null(places.position(offset));
            if best.bound().is_some_and(|b| b.class < rank.class) {
                return;
            }
            if !self.offer(rank, best) && places.is_ascending {
                return;
            }
        }
    }

    fn offer(&self, rank: Rank, best: &mut Best) -> bool {
        let is_before = best.bound().is_none_or(|bound| rank <= bound);
        if is_before {
            best.offer(Cell { rank, unit: self.number });
        }
        is_before
    }
}

/// Where the values of a block are in the grid.
struct Places {
    shape: Vec<u64>,
    /// For each dimension of the block, what each of its indices adds to the place in the grid's C order.
    steps: Vec<Vec<u128>>,
    /// Whether places ascend with offsets.
    is_ascending: bool,
}

impl Places {
    fn new(search: &Search) -> Self {
        let block = search.block;
        let steps = block.dimensions.iter().enumerate().map(|(v, &d)| {
            let stride = search.strides.get(d).copied().unwrap_or(0);
            let selected = search.unit.selection.dimensions.get(d);
            let (first, size) = (block.region.start[v], block.region.shape[v]);
            match selected.filter(|_| block.is_dense) {
                Some(selected) => selected.iter().map(|index| u128::from(index) * stride).collect(),
                None => (first..first + size).map(|index| u128::from(index) * stride).collect(),
            }
        });
        Self { steps: steps.collect(), shape: block.region.shape.clone(), is_ascending: block.dimensions.is_sorted() }
    }

    /// The place in the grid's C order of the value at `offset`.
    fn position(&self, offset: usize) -> u128 {
        let mut rest = offset as u64;
        let mut position = 0;
        for (steps, size) in self.steps.iter().zip(&self.shape).rev() {
            position += steps.get((rest % size.max(&1)) as usize).copied().unwrap_or(0);
            rest /= size.max(&1);
        }
        position
    }

    /// The runs of values that are selected, in order.
    fn runs(&self, search: &Search) -> Vec<Range<usize>> {
        let block = search.block;
        let mut runs: Vec<Range<usize>> = std::iter::once(0..block.array.len()).collect();
        if block.is_dense {
            return runs;
        }
        // Each dimension cuts the runs of those outside of it; where all of it is selected, they stay.
        let mut inner = block.array.len();
        for (v, &d) in block.dimensions.iter().enumerate() {
            let (first, size) = (block.region.start[v], block.region.shape[v]);
            inner /= (size as usize).max(1);
            let Some(selected) = search.unit.selection.dimensions.get(d) else { continue };
            if *selected == IndexRanges::from_range(first..first + size) {
                continue;
            }
            let rows = |run: Range<usize>| run.step_by(inner * size as usize);
            let part = |row: usize| {
                let ranges = selected.ranges().iter();
                ranges.map(move |r| row + (r.start - first) as usize * inner..row + (r.end - first) as usize * inner)
            };
            runs = runs.into_iter().flat_map(rows).flat_map(part).collect();
        }
        runs
    }
}
