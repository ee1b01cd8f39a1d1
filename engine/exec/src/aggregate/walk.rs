//! The cells of a unit in C order, cut into pieces that fit a cache, and the groups that their runs go to.
//!
//! Trailing dimensions that all go to one group, or cell by cell to the next, make one row; a piece is some whole rows
//! or a part of one. All that follows from the unit and the groups.

use std::ops::Range;

use super::accumulate::{Run, Target};

/// Cells of a piece, at most.
pub(crate) const PIECE: usize = 1 << 13;

/// Runs of this many cells or more are worth one each; shorter ones are mapped cell by cell.
pub(crate) const SHORT_RUN: usize = 16;

/// The groups of the selected indices of a unit along one dimension, counted from the first group of the block and in
/// steps of the dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Offsets {
    /// All go to one group.
    One { count: usize, offset: u32 },
    /// Each has its own.
    Table(Vec<u32>),
}

/// A unit, ready to be gone through.
#[derive(Debug)]
pub(crate) struct Walk {
    /// The dimensions outside of a row.
    outer: Vec<Offsets>,
    row: Row,
    row_cells: usize,
    cells: usize,
    /// Cells along each dimension.
    counts: Vec<usize>,
    /// Positions of row cells in groups, where they have no simpler order.
    map: Vec<u32>,
}

/// Where the cells of a row go, counted from the group of its outer dimensions.
#[derive(Debug, PartialEq, Eq)]
enum Row {
    One(u32),
    Each(u32),
    /// Starts, lengths and groups.
    Runs(Vec<(usize, usize, u32)>),
    Map,
}

impl Offsets {
    fn count(&self) -> usize {
        match self {
            Self::One { count, .. } => *count,
            Self::Table(table) => table.len(),
        }
    }

    fn at(&self, i: usize) -> u32 {
        match self {
            Self::One { offset, .. } => *offset,
            Self::Table(table) => table.get(i).copied().unwrap_or(0),
        }
    }

    /// The same in its simplest form.
    fn simple(self) -> Self {
        match &self {
            Self::Table(table) => match table.first() {
                Some(first) if table.iter().all(|o| o == first) => Self::One { count: table.len(), offset: *first },
                _ => self,
            },
            Self::One { .. } => self,
        }
    }

    /// The first offset, where each next one is `step` more.
    fn first_of_steps(&self, step: usize) -> Option<u32> {
        match self {
            Self::One { count: 1, offset } => Some(*offset),
            Self::One { .. } => None,
            Self::Table(table) => {
                let first = *table.first()?;
                let is_next = |(i, offset): (usize, &u32)| *offset as usize == first as usize + i * step;
                table.iter().enumerate().all(is_next).then_some(first)
            }
        }
    }
}

impl Walk {
    /// The walk over a unit with these groups along each dimension. Rows do not reach over the dimensions of `borders`,
    /// along which a value changes that must be the same for a run.
    pub fn new(dimensions: Vec<Offsets>, borders: &[usize]) -> Self {
        let counts: Vec<usize> = dimensions.iter().map(Offsets::count).collect();
        let cells = counts.iter().product();
        let mut outer: Vec<Offsets> = dimensions.into_iter().map(Offsets::simple).collect();
        let (mut row, mut row_cells, mut map, mut holds_border) = (Row::One(0), 1, Vec::new(), false);
        while let Some(next) = outer.last() {
            let count = next.count();
            let is_border = count > 1 && borders.contains(&(outer.len() - 1));
            if row_cells > 1 && count > 1 && (is_border || holds_border) {
                break;
            }
            holds_border |= is_border;
            let joined = match (&row, next) {
                _ if count == 1 => match row {
                    Row::One(at) => Some(Row::One(at + next.at(0))),
                    Row::Each(at) => Some(Row::Each(at + next.at(0))),
                    Row::Runs(_) | Row::Map => None,
                },
                (Row::One(at), Offsets::One { offset, .. }) => Some(Row::One(at + offset)),
                (Row::One(at), next) if row_cells == 1 => next.first_of_steps(1).map(|first| Row::Each(at + first)),
                (Row::Each(at), next) => next.first_of_steps(row_cells).map(|first| Row::Each(at + first)),
                _ => None,
            };
            match joined {
                Some(joined) => row = joined,
                None if row_cells == 1 => {
                    let at = if let Row::One(at) = row { at } else { 0 };
                    let runs = runs_of(next, at);
                    if runs.len() * SHORT_RUN <= count {
                        row = Row::Runs(runs);
                    } else {
                        map = (0..count).map(|i| next.at(i) + at).collect();
                        row = Row::Map;
                    }
                    row_cells = count;
                    outer.pop();
                    break;
                }
                None => break,
            }
            row_cells *= count;
            outer.pop();
        }
        Self { outer, row, row_cells, cells, counts, map }
    }

    /// Whether cells of one row can differ in their index along `dimension`.
    pub fn varies_in_row(&self, dimension: usize) -> bool {
        dimension >= self.outer.len() && self.counts.get(dimension).is_some_and(|n| *n > 1)
    }

    /// The index of `cell` along `dimension`, counted within the unit.
    pub fn position(&self, dimension: usize, cell: usize) -> u64 {
        let inner: usize = self.counts.iter().skip(dimension + 1).product::<usize>().max(1);
        (cell / inner % self.counts.get(dimension).copied().unwrap_or(1).max(1)) as u64
    }

    /// The index of each cell of `piece` along `dimension`, counted within the unit.
    pub fn positions(&self, dimension: usize, piece: &Range<usize>) -> Vec<u64> {
        let inner: usize = self.counts.iter().skip(dimension + 1).product::<usize>().max(1);
        let count = self.counts.get(dimension).copied().unwrap_or(1).max(1);
        let mut out = Vec::with_capacity(piece.len());
        let mut at = piece.start;
        while at < piece.end {
            let run = (inner - at % inner).min(piece.end - at);
            out.extend(std::iter::repeat_n((at / inner % count) as u64, run));
            at += run;
        }
        out
    }

    /// How many cells.
    pub fn cells(&self) -> usize {
        self.cells
    }

    /// What [`Target::Map`] looks up.
    pub fn map(&self) -> &[u32] {
        &self.map
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> impl Iterator<Item = Range<usize>> {
        let row = self.row_cells.max(1);
        let (cells, rows) = (self.cells, (PIECE / row).max(1));
        let mut at = 0;
        std::iter::from_fn(move || {
            let left_of_row = row - at % row;
            let len = if row <= PIECE { rows * row } else { left_of_row.min(PIECE) };
            let piece = at..(at + len).min(cells);
            at = piece.end;
            (!piece.is_empty()).then_some(piece)
        })
    }

    /// Where the cells of `piece` go.
    pub fn runs(&self, piece: &Range<usize>, out: &mut Vec<Run>) {
        out.clear();
        let row_cells = self.row_cells.max(1);
        let mut at = piece.start;
        while at < piece.end {
            let (row, skipped) = (at / row_cells, at % row_cells);
            let len = (row_cells - skipped).min(piece.end - at);
            let base = self.base(row);
            let start = at - piece.start;
            match &self.row {
                Row::One(group) => out.push(Run { start, len, to: Target::One(base + *group as usize) }),
                Row::Each(group) => {
                    out.push(Run { start, len, to: Target::Each(base + *group as usize + skipped) });
                }
                Row::Map => out.push(Run { start, len, to: Target::Map { base, from: skipped } }),
                Row::Runs(runs) => {
                    let first = runs.partition_point(|(start, len, _)| start + len <= skipped);
                    for (run, run_len, group) in runs.iter().skip(first) {
                        let (from, end) = ((*run).max(skipped), (run + run_len).min(skipped + len));
                        if from >= end {
                            break;
                        }
                        let to = Target::One(base + *group as usize);
                        out.push(Run { start: start + from - skipped, len: end - from, to });
                    }
                }
            }
            at += len;
        }
    }

    fn base(&self, row: usize) -> usize {
        let mut rest = row;
        let mut base = 0;
        for offsets in self.outer.iter().rev() {
            let count = offsets.count().max(1);
            base += offsets.at(rest % count) as usize;
            rest /= count;
        }
        base
    }
}

/// Runs of indices with the same group.
fn runs_of(offsets: &Offsets, at: u32) -> Vec<(usize, usize, u32)> {
    let mut runs: Vec<(usize, usize, u32)> = Vec::new();
    for i in 0..offsets.count() {
        let group = offsets.at(i) + at;
        match runs.last_mut() {
            Some((_, len, last)) if *last == group => *len += 1,
            _ => runs.push((i, 1, group)),
        }
    }
    runs
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// Random groups along a dimension: one, one each, some, in any order.
    fn some_offsets(random: &mut Random, count: usize, step: u32) -> Offsets {
        let ids: Vec<u32> = match random.below(5) {
            0 => return Offsets::One { count, offset: 0 },
            1 => (0..count as u32).collect(),
            2 => (0..count as u32).map(|i| i / 4).collect(),
            3 => (0..count as u32).rev().collect(),
            _ => (0..count).map(|_| random.below(3) as u32).collect(),
        };
        Offsets::Table(ids.into_iter().map(|id| id * step).collect())
    }

    fn target(run: &Run, i: usize, map: &[u32]) -> usize {
        match run.to {
            Target::One(group) => group,
            Target::Each(first) => first + i,
            Target::Map { base, from } => base + map[from + i] as usize,
        }
    }

    #[test]
    fn every_cell_goes_to_its_group_once() {
        for seed in 0..300 {
            let random = &mut Random::new(seed);
            let rank = random.below(5) as usize;
            let long = random.below(20);
            let mut step = 1;
            let mut dimensions: Vec<Offsets> = (0..rank)
                .map(|d| {
                    let most = if d as u64 == long { 20_000 >> (2 * rank) } else { 6 };
                    let count = 1 + random.below(most) as usize;
                    let offsets = some_offsets(random, count, step);
                    step *= count as u32;
                    offsets
                })
                .collect();
            dimensions.reverse();
            let borders: Vec<usize> = (0..rank).filter(|_| random.chance(30)).collect();
            let counts: Vec<usize> = dimensions.iter().map(Offsets::count).collect();
            let group = |cell: usize| {
                let mut rest = cell;
                dimensions.iter().zip(&counts).rev().fold(0, |sum, (offsets, count)| {
                    let at = offsets.at(rest % count) as usize;
                    rest /= count;
                    sum + at
                })
            };
            let walk = Walk::new(dimensions.clone(), &borders);
            let (mut next, mut runs) = (0, Vec::new());
            for piece in walk.pieces() {
                assert_eq!(piece.start, next);
                assert!(piece.len() <= PIECE);
                walk.runs(&piece, &mut runs);
                for run in &runs {
                    assert_eq!(piece.start + run.start, next, "seed {seed}");
                    for i in 0..run.len {
                        assert_eq!(target(run, i, walk.map()), group(next + i), "seed {seed}, cell {}", next + i);
                    }
                    for d in borders.iter().filter(|d| !walk.varies_in_row(**d)) {
                        let (first, last) = (walk.position(*d, next), walk.position(*d, next + run.len - 1));
                        assert_eq!(first, last, "seed {seed}: a run reaches over a border");
                    }
                    next += run.len;
                }
                for d in 0..rank {
                    let one_by_one: Vec<u64> = piece.clone().map(|cell| walk.position(d, cell)).collect();
                    assert_eq!(walk.positions(d, &piece), one_by_one);
                }
            }
            assert_eq!(next, counts.iter().product::<usize>());
        }
    }

    #[test]
    fn dimensions_that_are_summed_over_are_one_row() {
        let one = |count| Offsets::One { count, offset: 0 };
        let walk = Walk::new(vec![one(30), one(181), one(360)], &[]);
        assert_eq!((walk.row_cells, &walk.row), (30 * 181 * 360, &Row::One(0)));
        let walk = Walk::new(vec![one(30), one(181), one(360)], &[1]);
        assert_eq!((walk.row_cells, &walk.row), (360, &Row::One(0)));
    }

    #[test]
    fn a_map_is_one_row_of_groups_side_by_side() {
        let steps = |count: u32, step: u32| Offsets::Table((0..count).map(|i| i * step).collect());
        let months = Offsets::Table(vec![0, 0, 181 * 360]);
        let walk = Walk::new(vec![months, steps(181, 360), steps(360, 1)], &[]);
        assert_eq!((walk.row_cells, &walk.row), (181 * 360, &Row::Each(0)));
    }

    #[test]
    fn bins_of_many_cells_are_runs_and_small_ones_a_map() {
        let walk = Walk::new(vec![Offsets::Table((0..90).map(|i| i / 20).collect())], &[]);
        assert!(matches!(&walk.row, Row::Runs(runs) if runs.len() == 5));
        let walk = Walk::new(vec![Offsets::Table((0..90).map(|i| i % 2).collect())], &[]);
        assert_eq!((&walk.row, walk.map().len()), (&Row::Map, 90));
    }
}
