//! The units of work of a scan, as arithmetic: from the number of a unit to the indices it holds.
//!
//! Units are counted in C order over the chunks that hold selected indices. Memory grows with the ranges of the
//! selection, not with the chunks.

use hyperslab_array::{DimensionChunks, IndexRanges, Selection};

/// How a selection is cut into units.
#[derive(Debug, Clone)]
pub(crate) struct UnitGrid {
    dimensions: Vec<UnitDimension>,
    /// Whether there is no unit even without dimensions.
    is_empty: bool,
}

#[derive(Debug, Clone)]
struct UnitDimension {
    /// How the dimension is cut.
    chunks: DimensionChunks,
    /// The selected indices.
    selected: IndexRanges,
    /// The chunks that hold a selected index, and how many there are before each range of them.
    touched: IndexRanges,
    before: Vec<u64>,
}

/// What is selected within one unit.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// Selected indices of each dimension of the grid; none is empty.
    pub selection: Selection,
}

impl UnitDimension {
    fn new(chunks: DimensionChunks, selected: IndexRanges) -> Self {
        let touched = touched(&chunks, &selected);
        let mut count = 0;
        let before = touched
            .ranges()
            .iter()
            .map(|r| {
                let at = count;
                count += r.end - r.start;
                at
            })
            .collect();
        Self { chunks, selected, touched, before }
    }

    /// The `n`-th touched chunk.
    fn chunk(&self, n: u64) -> Option<u64> {
        let i = self.before.partition_point(|b| *b <= n).checked_sub(1)?;
        let (range, before) = (self.touched.ranges().get(i)?, self.before.get(i)?);
        Some(range.start + (n - before)).filter(|c| *c < range.end)
    }
}

/// The first `count` of `indices`.
fn first_indices(indices: &IndexRanges, count: u64) -> IndexRanges {
    let mut left = count;
    IndexRanges::from_ranges(indices.ranges().iter().map_while(|range| {
        let len = left.min(range.end - range.start);
        left -= len;
        (len > 0).then_some(range.start..range.start + len)
    }))
}

/// The chunks that hold an index of `selected`.
pub(crate) fn touched(chunks: &DimensionChunks, selected: &IndexRanges) -> IndexRanges {
    IndexRanges::from_ranges(selected.ranges().iter().map(|r| chunks.chunk_of(r.start)..chunks.chunk_of(r.end - 1) + 1))
}

impl UnitGrid {
    /// Cuts `selection` by `chunks`, one for each dimension.
    pub fn new(chunks: Vec<DimensionChunks>, selection: &Selection, is_empty: bool) -> Self {
        let selected = selection.dimensions.iter().cloned();
        let dimensions = chunks.into_iter().zip(selected).map(|(c, s)| UnitDimension::new(c, s)).collect();
        Self { dimensions, is_empty }
    }

    /// Number of units along each dimension.
    pub fn counts(&self) -> Vec<u64> {
        self.dimensions.iter().map(|d| d.touched.len()).collect()
    }

    /// How `dimension` is cut.
    pub fn chunks(&self, dimension: usize) -> Option<&DimensionChunks> {
        self.dimensions.get(dimension).map(|d| &d.chunks)
    }

    /// The indices that the `n`-th unit along `dimension` holds.
    pub fn selected(&self, dimension: usize, n: u64) -> IndexRanges {
        let part = |d: &UnitDimension| Some(d.selected.within(d.chunks.range(d.chunk(n)?)));
        self.dimensions.get(dimension).and_then(part).unwrap_or_default()
    }

    /// Number of units; saturates. A grid without dimensions is one unit.
    pub fn count(&self) -> u64 {
        if self.is_empty { 0 } else { self.dimensions.iter().fold(1u64, |n, d| n.saturating_mul(d.touched.len())) }
    }

    /// Number of rows; `None` where the number does not fit.
    pub fn rows(&self) -> Option<u64> {
        if self.is_empty {
            return Some(0);
        }
        self.dimensions.iter().try_fold(1u64, |n, d| n.checked_mul(d.selected.len()))
    }

    /// The smallest selection that holds the first `count` units.
    pub fn selection_of_first(&self, count: u64) -> Selection {
        let Some(mut last) = count.min(self.count()).checked_sub(1) else {
            return Selection { dimensions: vec![IndexRanges::empty(); self.dimensions.len()] };
        };
        let mut ordinals = vec![0; self.dimensions.len()];
        for (d, ordinal) in self.dimensions.iter().zip(&mut ordinals).rev() {
            let count = d.touched.len().max(1);
            *ordinal = last % count;
            last /= count;
        }
        // Before the first dimension that has moved on, all is at its start; after it, all has been gone through.
        let mut moved = false;
        let dimensions = self
            .dimensions
            .iter()
            .zip(ordinals)
            .map(|(d, ordinal)| {
                if moved {
                    return d.selected.clone();
                }
                moved = ordinal > 0;
                let end = d.chunk(ordinal).map_or(0, |c| d.chunks.range(c).end);
                d.selected.within(0..end)
            })
            .collect();
        Selection { dimensions }
    }

    /// The unit called `number`; `None` from [`Self::count`] on.
    pub fn unit(&self, number: u64) -> Option<Unit> {
        if self.is_empty {
            return None;
        }
        let mut rest = number;
        let mut dimensions = vec![IndexRanges::empty(); self.dimensions.len()];
        for (d, out) in self.dimensions.iter().zip(&mut dimensions).rev() {
            let count = d.touched.len();
            let chunk = d.chunk(rest.checked_rem(count)?)?;
            rest /= count;
            *out = d.selected.within(d.chunks.range(chunk));
        }
        (rest == 0).then_some(Unit { selection: Selection { dimensions } })
    }

    /// How many of the first units hold `rows` rows, or all.
    pub fn holding(&self, rows: u64) -> u64 {
        let (mut units, mut held) = (0, 0u64);
        while held < rows {
            let Some(unit) = self.unit(units) else { break };
            units += 1;
            held = held.saturating_add(unit.rows());
        }
        units
    }
}

impl Unit {
    /// How many rows; saturates.
    pub fn rows(&self) -> u64 {
        self.selection.cells().unwrap_or(u64::MAX)
    }

    /// Leaves out what comes after the first `rows` rows, as far as whole indices of one dimension do.
    pub fn keep_first(&mut self, rows: u64) {
        let mut inner = self.rows();
        let mut rows = rows.max(1);
        for selected in &mut self.selection.dimensions {
            inner /= selected.len().max(1);
            let wanted = rows.div_ceil(inner.max(1));
            if wanted >= selected.len() {
                // Only behind one index of this dimension can later ones be cut.
                if selected.len() > 1 {
                    return;
                }
                continue;
            }
            *selected = first_indices(selected, wanted);
            if wanted > 1 {
                return;
            }
            rows = rows.min(inner);
        }
    }
}
