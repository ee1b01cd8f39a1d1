//! From the states of a block to rows of the answer: keys by position, answers from the accumulators.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{filter_record_batch, take};
use datafusion::error::Result;
use hyperslab_array::ArrayError;

use super::blocks::Held;
use super::groups::DimensionGroups;
use super::prepared::{Keys, Prepared};
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
        let count = held.states.groups;
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
        let mut ids = self.ids(&range);
        if prepared.regions.is_some() {
            // They come after the dimensions, and go round last.
            let inner = self.groups.iter().map(Range::len).product::<usize>().max(1);
            ids.push(ids_along(&(0..prepared.groups.of_regions), inner, &range));
        }
        let ids: Vec<UInt32Array> = ids.into_iter().map(UInt32Array::from).collect();
        let all = cells(prepared, &ids, range.len())?;
        let has_rows = prepared.request.predicate.is_some();
        let counted =
            |predicate: usize| self.held.states.rows.get(predicate).map(|rows| rows.counts(range.clone()).to_vec());
        let rows = match has_rows.then(|| counted(0)).flatten() {
            Some(counted) => counted,
            None => all,
        };
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(prepared.request.schema.fields().len());
        match prepared.keys {
            Keys::Numbers => columns.extend(ids.iter().map(|ids| Arc::new(ids.clone()) as ArrayRef)),
            Keys::Values => {
                for key in &prepared.groups.keys {
                    columns.push(match key.dimension.and_then(|d| ids.get(d)) {
                        Some(ids) => take(&key.values, ids, None)?,
                        None => take(&key.values, &UInt32Array::from(vec![0; range.len()]), None)?,
                    });
                }
            }
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
        if !has_rows || prepared.groups.keys.is_empty() {
            return Ok(Some(batch));
        }
        let is_there: BooleanArray = rows.iter().map(|n| Some(*n > 0)).collect();
        Ok(Some(filter_record_batch(&batch, &is_there)?))
    }

    /// The group along each dimension of the groups of `range`.
    fn ids(&self, range: &Range<usize>) -> Vec<Vec<u32>> {
        let mut inner = 1;
        let mut out: Vec<Vec<u32>> = self
            .groups
            .iter()
            .rev()
            .map(|groups| {
                let ids = ids_along(groups, inner, range);
                inner *= groups.len().max(1);
                ids
            })
            .collect();
        out.reverse();
        out
    }
}

/// The group along one dimension of the groups of `range`, `inner` of which in a row share it. Groups along the
/// dimension go round and round.
fn ids_along(groups: &Range<usize>, inner: usize, range: &Range<usize>) -> Vec<u32> {
    let mut ids = Vec::with_capacity(range.len());
    let (first, count) = (groups.start as u32, groups.len().max(1) as u32);
    let mut id = (range.start / inner % count as usize) as u32;
    let mut repeat = inner - range.start % inner;
    while ids.len() < range.len() {
        if inner == 1 {
            let len = ((count - id) as usize).min(range.len() - ids.len()) as u32;
            ids.extend(first + id..first + id + len);
            id = 0;
            continue;
        }
        ids.extend(std::iter::repeat_n(first + id, repeat.min(range.len() - ids.len())));
        repeat = inner;
        id = if id + 1 == count { 0 } else { id + 1 };
    }
    ids
}

/// How many cells the groups have before anything filters them.
///
/// # Errors
/// When they cannot be counted.
fn cells(prepared: &Prepared, ids: &[UInt32Array], count: usize) -> Result<Vec<u64>> {
    if prepared.tasks.count() == 0 {
        return Ok(vec![0; count]);
    }
    let dimensions = &prepared.groups.dimensions;
    let largest = |d: &DimensionGroups| d.sizes.iter().copied().max().unwrap_or(0);
    let most = dimensions.iter().try_fold(1u64, |n, d| n.checked_mul(largest(d)));
    if most.is_none_or(|n| i64::try_from(n).is_err()) {
        return checked_cells(dimensions, ids, count);
    }
    // Most dimensions have groups of one size.
    let is_even = |d: &DimensionGroups| d.sizes.iter().all(|size| Some(size) == d.sizes.first());
    let of_all = dimensions.iter().filter(|d| is_even(d)).map(largest).product();
    let mut cells = vec![of_all; count];
    for (groups, ids) in dimensions.iter().zip(ids).filter(|(d, _)| !is_even(d)) {
        for (cells, id) in cells.iter_mut().zip(ids.values()) {
            *cells *= groups.sizes.get(*id as usize).copied().unwrap_or(0);
        }
    }
    Ok(cells)
}

/// [`cells`] where some group may have more than can be counted.
///
/// # Errors
/// When one of these has.
fn checked_cells(dimensions: &[DimensionGroups], ids: &[UInt32Array], count: usize) -> Result<Vec<u64>> {
    let mut cells = vec![Some(1u64); count];
    for (groups, ids) in dimensions.iter().zip(ids) {
        for (cells, id) in cells.iter_mut().zip(ids.values()) {
            let own = groups.sizes.get(*id as usize).copied().unwrap_or(0);
            *cells = cells.and_then(|n| n.checked_mul(own));
        }
    }
    let counted = cells.into_iter().map(|n| n.filter(|n| i64::try_from(*n).is_ok()));
    counted.collect::<Option<Vec<u64>>>().ok_or_else(|| {
        let e = ArrayError::too_large("a group has 2^63 rows or more, expected fewer to count");
        datafusion_error(e.hint("select some of them with WHERE"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_along_a_dimension_go_round_and_round() {
        for inner in [1, 2, 5] {
            for count in [1, 3] {
                let all = ids_along(&(4..4 + count), inner, &(0..60));
                let one_by_one: Vec<u32> = (0..60).map(|g| (4 + g / inner % count) as u32).collect();
                assert_eq!(all, one_by_one);
                for start in 0..30 {
                    assert_eq!(ids_along(&(4..4 + count), inner, &(start..start + 17)), all[start..start + 17]);
                }
            }
        }
    }
}
