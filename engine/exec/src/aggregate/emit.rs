//! From the states of a block to rows of the answer: keys by position, answers from the accumulators.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{filter_record_batch, take};
use datafusion::error::Result;
use hyperslab_array::ArrayError;

use super::blocks::Held;
use super::prepared::Prepared;
use crate::error::datafusion_error;

/// The rows of one block.
#[derive(Debug)]
pub(crate) struct Emission {
    held: Held,
    /// The groups along each dimension.
    groups: Vec<Range<usize>>,
    next: usize,
    count: usize,
}

impl Emission {
    pub fn new(held: Held, groups: Vec<Range<usize>>) -> Self {
        let count = groups.iter().map(Range::len).product();
        Self { held, groups, next: 0, count }
    }

    /// The next rows, from at most `most` groups; `None` after the last.
    ///
    /// # Errors
    /// When an answer does not fit its type.
    pub fn next_batch(&mut self, prepared: &Prepared, most: usize) -> Result<Option<RecordBatch>> {
        let range = self.next..(self.next + most.max(1)).min(self.count);
        if range.is_empty() {
            return Ok(None);
        }
        self.next = range.end;
        let ids = self.ids(&range);
        let all = cells(prepared, &ids, range.len())?;
        let has_rows = prepared.request.predicate.is_some();
        let counted = |predicate: usize| self.held.states.rows.get(predicate).map(|rows| rows.counts(range.clone()).to_vec());
        let rows = match has_rows.then(|| counted(0)).flatten() {
            Some(counted) => counted,
            None => all,
        };
        let mut columns = Vec::with_capacity(prepared.request.schema.fields().len());
        for key in &prepared.groups.keys {
            let positions: UInt32Array = match key.dimension.and_then(|d| ids.get(d)) {
                Some(ids) => ids.iter().map(|id| *id as u32).collect::<Vec<_>>().into(),
                None => vec![0; range.len()].into(),
            };
            columns.push(take(&key.values, &positions, None)?);
        }
        for (i, function) in prepared.functions.iter().enumerate() {
            let own = function.filter.and_then(counted);
            let cells = own.as_deref().unwrap_or(&rows);
            let answer: Result<ArrayRef> = self.held.states.accumulators[i].finish(range.clone(), cells);
            columns.push(answer?);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(range.len()));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&prepared.request.schema), columns, &options)?;
        // A group of which no row is left is not in the answer; the group of all rows always is.
        if !has_rows || prepared.request.group_by.is_empty() {
            return Ok(Some(batch));
        }
        let is_there: BooleanArray = rows.iter().map(|n| Some(*n > 0)).collect();
        Ok(Some(filter_record_batch(&batch, &is_there)?))
    }

    /// The group along each dimension of the groups of `range`.
    fn ids(&self, range: &Range<usize>) -> Vec<Vec<usize>> {
        let mut step = 1;
        let mut out: Vec<Vec<usize>> = self
            .groups
            .iter()
            .rev()
            .map(|groups| {
                let (own, count) = (step, groups.len().max(1));
                step *= count;
                range.clone().map(|g| groups.start + g / own % count).collect()
            })
            .collect();
        out.reverse();
        out
    }
}

/// How many cells the groups have before anything filters them.
///
/// # Errors
/// When they cannot be counted.
fn cells(prepared: &Prepared, ids: &[Vec<usize>], count: usize) -> Result<Vec<u64>> {
    if prepared.tasks.count() == 0 {
        return Ok(vec![0; count]);
    }
    let mut cells = vec![1u64; count];
    for (groups, ids) in prepared.groups.dimensions.iter().zip(ids) {
        for (cells, id) in cells.iter_mut().zip(ids) {
            let own = groups.sizes.get(*id).copied().unwrap_or(0);
            *cells = cells.checked_mul(own).filter(|n| i64::try_from(*n).is_ok()).ok_or_else(|| {
                let e = ArrayError::too_large("a group has 2^63 rows or more, expected fewer to count");
                datafusion_error(e.hint("select some of them with WHERE"))
            })?;
        }
    }
    Ok(cells)
}
