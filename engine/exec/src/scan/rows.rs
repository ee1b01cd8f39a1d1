//! From the arrays of one unit to rows: coordinates travel as positions and become labels last.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, Int64Array, MutableArrayData, RecordBatch, RecordBatchOptions, UInt64Array, make_array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use hyperslab_array::{IndexRanges, Region};

use super::load::Block;
use super::units::Unit;
use crate::derived::CellValues;

/// A part that is smaller than the whole by this factor is small.
const SMALL: usize = 4;

/// Where the values of a column come from.
#[derive(Debug, Clone)]
pub(crate) enum UnitColumn {
    /// Positions along a dimension.
    Index { dimension: usize },
    /// All labels along a dimension.
    Labels { dimension: usize, array: ArrayRef },
    /// One value for all rows.
    Constant { array: ArrayRef },
    /// Values of some dimensions.
    Block { block: Block },
    /// Values of all dimensions, made when they are needed.
    Cells { cells: Arc<dyn CellValues> },
}

impl UnitColumn {
    /// Bytes that only this unit holds.
    pub fn memory(&self) -> usize {
        match self {
            Self::Block { block } => block.array.get_array_memory_size(),
            Self::Cells { cells } => cells.memory(),
            Self::Index { .. } | Self::Labels { .. } | Self::Constant { .. } => 0,
        }
    }
}

/// Makes the rows of one unit, in C order over the grid's dimensions.
#[derive(Debug)]
pub(crate) struct UnitRows {
    schema: SchemaRef,
    columns: Vec<UnitColumn>,
    dimensions: Vec<RowDimension>,
    next: u64,
    end: u64,
}

/// How a position along one dimension follows from the number of a row.
#[derive(Debug)]
struct RowDimension {
    selected: IndexRanges,
    count: u64,
    /// Rows in a row that share a position.
    inner: u64,
}

impl UnitRows {
    /// Rows of `unit`, at most `limit`.
    pub fn new(schema: SchemaRef, unit: Unit, columns: Vec<UnitColumn>, limit: Option<u64>) -> Self {
        let end = unit.rows().min(limit.unwrap_or(u64::MAX));
        let mut inner = 1u64;
        let mut dimensions: Vec<RowDimension> = unit
            .selection
            .dimensions
            .into_iter()
            .rev()
            .map(|selected| {
                let dimension = RowDimension { count: selected.len(), inner, selected };
                inner = inner.saturating_mul(dimension.count);
                dimension
            })
            .collect();
        dimensions.reverse();
        Self { schema, columns, dimensions, next: 0, end }
    }

    /// The next rows, at most `most`; `None` after the last.
    ///
    /// # Errors
    /// When a column does not have the type of the schema.
    pub fn next_batch(&mut self, most: usize) -> Result<Option<RecordBatch>> {
        let len = (self.end - self.next).min(most.max(1) as u64) as usize;
        if len == 0 {
            return Ok(None);
        }
        let mut positions = Positions::new(&self.dimensions, self.next, len);
        let columns = self.columns.iter().map(|c| column(c, &mut positions)).collect::<Result<Vec<_>>>()?;
        self.next += len as u64;
        let options = RecordBatchOptions::new().with_row_count(Some(len));
        Ok(Some(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?))
    }
}

fn column(column: &UnitColumn, rows: &mut Positions) -> Result<ArrayRef> {
    Ok(match column {
        UnitColumn::Index { dimension } => {
            let values = rows.of(*dimension).values().iter().map(|p| *p as i64);
            Arc::new(Int64Array::from_iter_values(values))
        }
        UnitColumn::Labels { dimension, array } => take(array, rows.of(*dimension), None)?,
        UnitColumn::Constant { array } => take(array, &UInt64Array::from(vec![0u64; rows.len]), None)?,
        UnitColumn::Block { block } => match rows.contiguous(block) {
            Some(start) => run(&block.array, start, rows.len)?,
            None => take(&block.array, &rows.offsets(block), None)?,
        },
        UnitColumn::Cells { cells } => {
            let array = cells.slice(rows.start as usize..rows.start as usize + rows.len)?;
            let is_part =
                array.to_data().get_slice_memory_size()?.saturating_mul(SMALL) < array.get_buffer_memory_size();
            if is_part { copy(&array, 0, rows.len)? } else { array }
        }
    })
}

/// `array[start..start + len]`. A small part is copied, so that a batch that is kept does not keep its chunk, and does
/// not count as large as it.
fn run(array: &ArrayRef, start: usize, len: usize) -> Result<ArrayRef> {
    if len.saturating_mul(SMALL) >= array.len() {
        return Ok(array.slice(start, len));
    }
    copy(array, start, len)
}

fn copy(array: &ArrayRef, start: usize, len: usize) -> Result<ArrayRef> {
    let data = array.to_data();
    let mut out = MutableArrayData::new(vec![&data], false, len);
    out.try_extend(0, start, start + len)?;
    Ok(make_array(out.freeze()))
}

/// The positions of a run of rows, made once for each dimension.
struct Positions<'a> {
    dimensions: &'a [RowDimension],
    start: u64,
    len: usize,
    indices: Vec<Option<UInt64Array>>,
    ordinals: Vec<Option<UInt64Array>>,
}

impl<'a> Positions<'a> {
    fn new(dimensions: &'a [RowDimension], start: u64, len: usize) -> Self {
        let none = vec![None; dimensions.len()];
        Self { dimensions, start, len, indices: none.clone(), ordinals: none }
    }

    /// Indices along `dimension`.
    fn of(&mut self, dimension: usize) -> &UInt64Array {
        let row = &self.dimensions[dimension];
        let ranges = row.selected.ranges();
        self.indices[dimension].get_or_insert_with(|| row.positions(ranges, self.start, self.len).into())
    }

    /// Which of the selected indices along `dimension`, counted from 0.
    fn ordinals(&mut self, dimension: usize) -> &UInt64Array {
        let row = &self.dimensions[dimension];
        self.ordinals[dimension]
            .get_or_insert_with(|| row.positions(std::slice::from_ref(&(0..row.count)), self.start, self.len).into())
    }

    /// Where the rows start in `block`, where they lie there side by side.
    fn contiguous(&self, block: &Block) -> Option<usize> {
        let in_order = block.dimensions.iter().copied().eq(0..self.dimensions.len());
        let whole = |(d, row): (usize, &RowDimension)| {
            block.is_dense || row.selected == IndexRanges::from_range(block.region.start[d]..block.region.end(d))
        };
        (in_order && self.dimensions.iter().enumerate().all(whole)).then_some(self.start as usize)
    }

    /// Where each row's value is in `block`.
    fn offsets(&mut self, block: &Block) -> UInt64Array {
        let mut offsets = vec![0u64; self.len];
        for (v, (&dimension, stride)) in block.dimensions.iter().zip(block.region.strides()).enumerate() {
            let (stride, first) = (stride as u64, block.region.start[v]);
            if block.region.shape[v] == 1 {
                continue;
            }
            let positions = if block.is_dense { self.ordinals(dimension) } else { self.of(dimension) };
            for (offset, position) in offsets.iter_mut().zip(positions.values()) {
                *offset += (position - first) * stride;
            }
        }
        offsets.into()
    }
}

impl RowDimension {
    /// The positions of rows `start..start + len`, which go round and round `ranges`.
    fn positions(&self, ranges: &[Range<u64>], start: u64, len: usize) -> Vec<u64> {
        let mut out = Vec::with_capacity(len);
        let mut skip = start / self.inner % self.count;
        let mut repeat = self.inner - start % self.inner;
        // Only the first round starts in the middle.
        while out.len() < len {
            for range in ranges {
                let size = range.end - range.start;
                if skip >= size {
                    skip -= size;
                    continue;
                }
                if self.inner == 1 {
                    let end = range.end.min(range.start + skip + (len - out.len()) as u64);
                    out.extend(range.start + skip..end);
                    if out.len() == len {
                        return out;
                    }
                    skip = 0;
                    continue;
                }
                for position in range.start + skip..range.end {
                    let run = repeat.min((len - out.len()) as u64) as usize;
                    out.extend(std::iter::repeat_n(position, run));
                    repeat = self.inner;
                    if out.len() == len {
                        return out;
                    }
                }
                skip = 0;
            }
        }
        out
    }
}

/// The smallest region that holds the selected indices of `dimensions`.
pub(crate) fn bounding_box(selected: &[IndexRanges], dimensions: &[usize]) -> Region {
    let bounds = |d: &usize| {
        let ranges = selected.get(*d);
        let start = ranges.and_then(IndexRanges::first).unwrap_or(0);
        (start, ranges.and_then(IndexRanges::last).map_or(start, |l| l + 1) - start)
    };
    let (start, shape) = dimensions.iter().map(bounds).unzip();
    Region { start, shape }
}
