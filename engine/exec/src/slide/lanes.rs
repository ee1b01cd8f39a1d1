//! Between blocks of an array and rows of lanes: what is across the dimension of a window lies side by side.

use std::ops::Range;

use datafusion::arrow::buffer::NullBuffer;

/// How the cells of a block lie in memory, in C order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Cells of the dimensions before the one of the window.
    pub outer: usize,
    /// Cells of the dimension of the window.
    pub along: usize,
    /// Cells of the dimensions after it.
    pub inner: usize,
}

impl Shape {
    /// How many cells.
    pub fn cells(&self) -> usize {
        self.outer * self.along * self.inner
    }

    /// How many cells at each position along the dimension.
    pub fn lanes(&self) -> usize {
        self.outer * self.inner
    }

    /// Calls `run` with the cells of some lanes at `position`, and where they stand among them, run by run.
    fn runs(&self, position: usize, lanes: &Range<usize>, mut run: impl FnMut(Range<usize>, usize)) {
        let inner = self.inner.max(1);
        let (mut outer, mut skip, mut at) = (lanes.start / inner, lanes.start % inner, 0);
        while at < lanes.len() {
            let start = (outer * self.along + position) * inner + skip;
            let len = (inner - skip).min(lanes.len() - at);
            run(start..start + len, at);
            (outer, skip, at) = (outer + 1, 0, at + len);
        }
    }

    /// Adds a row of the values of `lanes` at `position` to `out`.
    pub(super) fn read<S: Copy, T: Copy>(
        &self,
        values: &[S],
        position: usize,
        lanes: &Range<usize>,
        read: &impl Fn(S) -> T,
        out: &mut Vec<T>,
    ) {
        self.runs(position, lanes, |cells, _| out.extend(values[cells].iter().map(|v| read(*v))));
    }

    /// Adds a row that has 1 where there is a value, and 0 where there is none; `row` then gets `none` there.
    pub(super) fn read_present<T: Copy>(
        &self,
        nulls: &NullBuffer,
        position: usize,
        lanes: &Range<usize>,
        none: T,
        row: &mut [T],
        out: &mut Vec<u32>,
    ) {
        self.runs(position, lanes, |cells, at| {
            for (cell, value) in cells.zip(&mut row[at..]) {
                let is_there = nulls.is_valid(cell);
                *value = if is_there { *value } else { none };
                out.push(u32::from(is_there));
            }
        });
    }

    /// Writes a row of `lanes` to `position`.
    pub(super) fn write<T, R>(
        &self,
        row: &[T],
        position: usize,
        lanes: &Range<usize>,
        write: &impl Fn(&T) -> R,
        out: &mut [R],
    ) {
        self.runs(position, lanes, |cells, at| {
            let len = cells.len();
            for (to, value) in out[cells].iter_mut().zip(&row[at..at + len]) {
                *to = write(value);
            }
        });
    }
}
