//! From the best cells to rows: their values, and the other columns at their positions.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, PrimitiveArray, RecordBatch, UInt64Array};
use datafusion::arrow::compute::{concat_batches, take_record_batch};
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::error::Result;
use hyperslab_array::{IndexRanges, Selection};

use super::best::Cell;
use super::number::Number;
use super::search::{Order, for_numbers};
use crate::error::internal;
use crate::scan::{ScanMetrics, ScanState, Unit, UnitRows, load};

/// The values of `cells`, in their order.
///
/// # Errors
/// When they are no numbers.
pub(super) fn values(cells: &[Cell], order: Order, data_type: &DataType) -> Result<ArrayRef> {
    fn of<T: ArrowPrimitiveType<Native: Number>>(cells: &[Cell], order: Order) -> ArrayRef {
        Arc::new(cells.iter().map(|c| order.value::<T::Native>(c.rank)).collect::<PrimitiveArray<T>>())
    }
    for_numbers!(data_type, of(cells, order)).ok_or_else(|| internal("values are no numbers"))
}

/// The columns that `state` projects at the positions of `cells`, in their order. What cells of one unit need is read
/// at once.
///
/// # Errors
/// When a chunk cannot be read.
pub(super) async fn others(
    cells: &[Cell],
    state: &ScanState,
    metrics: &ScanMetrics,
    schema: &SchemaRef,
    batch_size: usize,
) -> Result<RecordBatch> {
    let shape = state.layout.shape();
    let mut units: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (number, cell) in cells.iter().enumerate() {
        units.entry(cell.unit).or_default().push(number);
    }
    let mut batches = Vec::new();
    // Where each cell's row is among those that were made.
    let mut places = vec![0u64; cells.len()];
    let mut made = 0;
    for numbers in units.into_values() {
        let indices: Vec<Vec<u64>> = numbers
            .iter()
            .filter_map(|n| cells.get(*n))
            .map(|cell| {
                let mut rest = cell.rank.position;
                let along = |size: &u64| {
                    let index = rest % u128::from((*size).max(1));
                    rest /= u128::from((*size).max(1));
                    index as u64
                };
                let mut indices: Vec<u64> = shape.iter().rev().map(along).collect();
                indices.reverse();
                indices
            })
            .collect();
        let selected = |d: usize| IndexRanges::from_ranges(indices.iter().filter_map(|i| i.get(d)).map(|i| *i..*i + 1));
        let unit = Unit { selection: Selection { dimensions: (0..shape.len()).map(selected).collect() } };
        // The number of each cell's row among those of all combinations of the indices.
        let row = |indices: &Vec<u64>| {
            let along = unit.selection.dimensions.iter().zip(indices);
            along.fold(0u64, |row, (selected, index)| row * selected.len() + selected.within(0..*index).len())
        };
        let mut rows: Vec<(u64, usize)> = indices.iter().map(row).zip(numbers.iter().copied()).collect();
        rows.sort_unstable();
        let columns = load(state, metrics, &state.request.projection, &unit).await?;
        let mut all = UnitRows::new(Arc::clone(schema), unit, columns, None);
        let (mut start, mut rows) = (0, rows.into_iter().peekable());
        while let Some(batch) = all.next_batch(batch_size)? {
            let end = start + batch.num_rows() as u64;
            let mut kept = Vec::new();
            while let Some((row, number)) = rows.next_if(|(row, _)| *row < end) {
                if let Some(place) = places.get_mut(number) {
                    *place = made + kept.len() as u64;
                }
                kept.push(row - start);
            }
            if !kept.is_empty() {
                made += kept.len() as u64;
                batches.push(take_record_batch(&batch, &UInt64Array::from(kept))?);
            }
            if rows.peek().is_none() {
                break;
            }
            start = end;
        }
    }
    Ok(take_record_batch(&concat_batches(schema, &batches)?, &UInt64Array::from(places))?)
}
