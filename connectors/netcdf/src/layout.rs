//! Where the cells of a variable are in its file: arithmetic on offsets, shared by reader and writer.
//!
//! The values of a variable stand side by side in C order, except along the unlimited dimension: there, one record of
//! each variable that has it follows another, so that its steps are as long as all of them.

use std::ops::Range;

use hyperslab_array::{ArrayError, Region, Result};

use crate::format::padded;

/// The place of each cell of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    begin: u64,
    /// Bytes of a cell.
    cell: u64,
    shape: Vec<u64>,
    /// Bytes from one index to the next, along each dimension.
    strides: Vec<u64>,
    /// The end of the last cell.
    end: u64,
}

impl Layout {
    /// An array of `shape` at `begin`, with cells of `cell` bytes; `record` is the step of the first dimension where
    /// that is the unlimited one.
    ///
    /// # Errors
    /// When the offsets do not fit 63 bits.
    pub(crate) fn try_new(begin: u64, cell: u64, shape: Vec<u64>, record: Option<u64>) -> Result<Self> {
        let strides_and_end = || {
            let mut strides = vec![0; shape.len()];
            let mut step = cell;
            for d in (0..shape.len()).rev() {
                strides[d] = step;
                step = step.checked_mul(shape[d].max(1))?;
            }
            if let (Some(first), Some(record)) = (strides.first_mut(), record) {
                *first = record;
            }
            let mut end = begin;
            if !shape.contains(&0) {
                for (n, stride) in shape.iter().zip(&strides) {
                    end = end.checked_add((n - 1).checked_mul(*stride)?)?;
                }
                end = end.checked_add(cell)?;
            }
            i64::try_from(end).ok().map(|_| (strides, end))
        };
        let Some((strides, end)) = strides_and_end() else {
            return Err(ArrayError::too_large(format!("shape `{shape:?}` has more bytes than a file can have")));
        };
        Ok(Self { begin, cell, shape, strides, end })
    }

    /// The end of the last cell; [`Self::begin`] where there is none.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// The first cell.
    pub(crate) fn begin(&self) -> u64 {
        self.begin
    }

    /// Bytes of a cell.
    pub(crate) fn cell(&self) -> u64 {
        self.cell
    }

    /// The shape of the array.
    pub(crate) fn shape(&self) -> &[u64] {
        &self.shape
    }

    /// The step from one record to the next, where records of other variables stand between them.
    pub(crate) fn gap_stride(&self) -> Option<u64> {
        let inner: u64 = self.shape.iter().skip(1).product::<u64>() * self.cell;
        self.strides.first().copied().filter(|stride| *stride != inner)
    }

    /// The dimension from which on a run of cells of `region` is contiguous, and the bytes of that run.
    fn contiguous(&self, region: &Region) -> (usize, u64) {
        let (mut from, mut run) = (self.shape.len(), self.cell);
        let mut whole = self.cell;
        while from > 0 && run == whole && self.strides[from - 1] == whole {
            from -= 1;
            run *= region.shape[from];
            whole *= self.shape[from];
        }
        (from, run)
    }

    /// Calls `f` with the offset and length of each run of bytes of `region`, in C order.
    ///
    /// # Errors
    /// When the region is outside of the array, or `f` fails.
    pub(crate) fn runs(&self, region: &Region, mut f: impl FnMut(u64, u64) -> Result<()>) -> Result<()> {
        let rank = self.shape.len();
        let is_inside = region.start.len() == rank
            && region.rank() == rank
            && (0..rank).all(|d| region.start[d].checked_add(region.shape[d]).is_some_and(|end| end <= self.shape[d]));
        if !is_inside {
            return Err(ArrayError::argument(format!(
                "region `{region:?}` is outside of an array of shape `{:?}`",
                self.shape
            )));
        }
        if region.shape.contains(&0) {
            return Ok(());
        }
        let (counted, run) = self.contiguous(region);
        let mut offset = self.begin + region.start.iter().zip(&self.strides).map(|(i, stride)| i * stride).sum::<u64>();
        let mut index = vec![0; counted];
        loop {
            f(offset, run)?;
            let mut d = counted;
            loop {
                if d == 0 {
                    return Ok(());
                }
                d -= 1;
                index[d] += 1;
                offset += self.strides[d];
                if index[d] < region.shape[d] {
                    break;
                }
                offset -= self.strides[d] * region.shape[d];
                index[d] = 0;
            }
        }
    }

    /// The spans of bytes that hold `region`; runs that are `gap` bytes apart or less are one span.
    ///
    /// # Errors
    /// As [`Self::runs`].
    pub(crate) fn spans(&self, region: &Region, gap: u64) -> Result<Vec<Range<u64>>> {
        let mut spans: Vec<Range<u64>> = Vec::new();
        self.runs(region, |start, length| {
            match spans.last_mut() {
                Some(span) if start.saturating_sub(span.end) <= gap => span.end = start + length,
                _ => spans.push(start..start + length),
            }
            Ok(())
        })?;
        Ok(spans)
    }

    /// Calls `f` with the offset and length of each run of bytes of the cells `cells`, counted in C order.
    ///
    /// # Errors
    /// When `f` fails.
    pub(crate) fn runs_of_cells(&self, cells: Range<u64>, mut f: impl FnMut(u64, u64) -> Result<()>) -> Result<()> {
        let Some(stride) = self.gap_stride() else {
            return f(self.begin + cells.start * self.cell, (cells.end - cells.start) * self.cell);
        };
        let per_record = self.shape.iter().skip(1).product::<u64>().max(1);
        let mut at = cells.start;
        while at < cells.end {
            let (record, within) = (at / per_record, at % per_record);
            let end = cells.end.min((record + 1) * per_record);
            f(self.begin + record * stride + within * self.cell, (end - at) * self.cell)?;
            at = end;
        }
        Ok(())
    }

    /// The number of the cell at `offset`, in C order. The inverse of where [`Self::runs`] finds it.
    pub(crate) fn cell_at(&self, offset: u64) -> u64 {
        let from = offset.saturating_sub(self.begin);
        let cell = self.cell.max(1);
        match self.gap_stride() {
            None => from / cell,
            Some(stride) => {
                let per_record = self.shape.iter().skip(1).product::<u64>().max(1);
                let stride = stride.max(1);
                from / stride * per_record + from % stride / cell
            }
        }
    }
}

/// Bytes of one record of all variables. One variable alone is not padded; `sizes` are bytes of a record of each.
pub(crate) fn record_size(sizes: &[u64]) -> Option<u64> {
    match sizes {
        [one] => Some(*one),
        _ => sizes.iter().try_fold(0u64, |sum, size| sum.checked_add(padded(*size))),
    }
}
