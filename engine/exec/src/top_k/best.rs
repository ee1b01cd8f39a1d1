//! The best cells so far, and the bound that others must beat.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{DynComparator, make_comparator};
use datafusion::arrow::compute::SortOptions;
use datafusion::error::Result;

use crate::layout::{Column, Layout};

/// Where a cell stands by its value: whether it is among the NULLs, its key, and its place in the grid's C order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// 0 or 1: NULLs come before all values or after them.
    pub class: u8,
    pub key: u64,
    pub position: u128,
}

/// A cell, and the unit that it was found in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    pub rank: Rank,
    pub unit: u64,
}

/// How cells of one value are ordered: by labels, then by position.
pub(super) struct Ties {
    shape: Vec<u64>,
    keys: Vec<(usize, DynComparator)>,
}

impl fmt::Debug for Ties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dimensions: Vec<usize> = self.keys.iter().map(|(d, _)| *d).collect();
        f.debug_struct("Ties").field("dimensions", &dimensions).finish_non_exhaustive()
    }
}

impl Ties {
    /// The order by `keys`, columns that hold labels or positions.
    pub fn try_new(layout: &Layout, keys: &[(usize, SortOptions)]) -> Result<Self> {
        let mut compare: Vec<(usize, DynComparator)> = Vec::new();
        for (column, options) in keys {
            match layout.columns.get(*column) {
                Some(Column::Index { dimension }) => {
                    let is_descending = options.descending;
                    let by_position = move |a: usize, b: usize| if is_descending { b.cmp(&a) } else { a.cmp(&b) };
                    compare.push((*dimension, Box::new(by_position)));
                }
                Some(Column::Labels { dimension, labels }) => {
                    let labels = labels.array()?;
                    compare.push((*dimension, make_comparator(&labels, &labels, *options)?));
                }
                _ => {}
            }
        }
        Ok(Self { shape: layout.shape(), keys: compare })
    }

    /// The index along `dimension` of a place in the grid's C order.
    fn index(&self, position: u128, dimension: usize) -> usize {
        let inner: u128 = self.shape.iter().skip(dimension + 1).map(|n| u128::from(*n)).product();
        let size = self.shape.get(dimension).copied().unwrap_or(1);
        (position / inner.max(1) % u128::from(size.max(1))) as usize
    }

    fn compare(&self, a: &Cell, b: &Cell) -> Ordering {
        let by_value = (a.rank.class, a.rank.key).cmp(&(b.rank.class, b.rank.key));
        let by_labels = || {
            let (a, b) = (a.rank.position, b.rank.position);
            let by_key = |(d, compare): &(usize, DynComparator)| compare(self.index(a, *d), self.index(b, *d));
            self.keys.iter().map(by_key).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        };
        by_value.then_with(by_labels).then_with(|| a.rank.position.cmp(&b.rank.position))
    }
}

/// The first cells of those that were offered.
#[derive(Debug)]
pub(super) struct Best {
    count: usize,
    ties: Arc<Ties>,
    cells: Vec<Cell>,
    bound: Option<Rank>,
}

impl Best {
    /// The first `count` cells; others are known to be at `bound` or before.
    pub fn new(count: usize, ties: &Arc<Ties>, bound: Option<Rank>) -> Self {
        Self { count, ties: Arc::clone(ties), cells: Vec::new(), bound }
    }

    /// A cell after this one is not among the first.
    pub fn bound(&self) -> Option<Rank> {
        self.bound
    }

    pub fn offer(&mut self, cell: Cell) {
        self.cells.push(cell);
        // Often enough for the bound to be close, seldom enough for the sort not to count.
        if self.cells.len() >= self.count.saturating_mul(2).saturating_add(64) {
            self.cut();
        }
    }

    /// Leaves the first cells, in order.
    pub fn cut(&mut self) {
        let ties = Arc::clone(&self.ties);
        self.cells.sort_unstable_by(|a, b| ties.compare(a, b));
        self.cells.truncate(self.count);
        if let Some(last) = self.cells.last().filter(|_| self.cells.len() == self.count) {
            let mut bound = last.rank;
            if !self.ties.keys.is_empty() {
                // Labels decide which cells of this value are before it.
                bound.position = u128::MAX;
            }
            self.bound = Some(self.bound.map_or(bound, |known| known.min(bound)));
        }
    }

    /// The first cells, in order.
    pub fn into_cells(mut self) -> Vec<Cell> {
        self.cut();
        self.cells
    }
}
