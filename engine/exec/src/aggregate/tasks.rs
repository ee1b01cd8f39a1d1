//! How the work of an aggregate is cut, by the chunk grid and the groups alone.
//!
//! ```text
//!  units ─→ blocks: share no group with each other ─→ segments: some units of a block, in order ─→ one state each
//!                                                     merged in their order ─→ the groups of the block
//! ```
//!
//! Whoever works on a segment, and how many work at the same time, its state is the same; so is what they merge to.

use std::ops::Range;

use super::groups::{DimensionGroups, Groups};
use crate::scan::UnitGrid;

/// Segments that keep many cores busy.
const MOST_SEGMENTS: u64 = 64;

/// Bytes of the states of all segments that are worth it.
const SMALL_STATES: u64 = 4 << 20;
const LARGE_STATES: u64 = 160 << 20;

/// The blocks and segments of an aggregate.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    dimensions: Vec<TaskDimension>,
    blocks: u64,
    units_a_block: u64,
    segments_a_block: u64,
}

/// How one dimension is cut.
#[derive(Debug, Clone)]
struct TaskDimension {
    /// Units along the dimension.
    units: u64,
    /// Whether each of them is of another block.
    is_split: bool,
}

/// Some units of a block, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    pub block: u64,
    pub segment: u64,
    /// Counted within the block.
    pub units: Range<u64>,
}

impl Tasks {
    /// Cuts `units`. A group's state takes about `bytes_a_group`.
    pub fn new(groups: &Groups, units: &UnitGrid, bytes_a_group: usize) -> Self {
        let counts = units.counts();
        let dimensions: Vec<TaskDimension> = groups
            .dimensions
            .iter()
            .zip(&counts)
            .map(|(groups, units)| TaskDimension { units: *units, is_split: groups.of_chunks.is_some() })
            .collect();
        let product = |is_split: bool| {
            let own = dimensions.iter().filter(|d| d.is_split == is_split);
            own.fold(1u64, |n, d| n.saturating_mul(d.units))
        };
        let (blocks, units_a_block) = if units.count() == 0 { (0, 0) } else { (product(true), product(false)) };
        let mut tasks = Self { dimensions, blocks, units_a_block, segments_a_block: 1 };
        let bytes = (tasks.most_groups(groups) as u64).saturating_mul(bytes_a_group as u64).max(1);
        // What is small is cut finely; what is large is merged rarely, and twice where it is not too large.
        let wanted = match bytes {
            _ if bytes.saturating_mul(MOST_SEGMENTS) <= SMALL_STATES => MOST_SEGMENTS,
            _ if bytes.saturating_mul(8) <= LARGE_STATES => 8,
            _ if bytes.saturating_mul(2) <= LARGE_STATES => 2,
            _ => 1,
        };
        tasks.segments_a_block = wanted.div_ceil(blocks.max(1)).min(units_a_block).max(1);
        tasks
    }

    /// How many segments.
    pub fn count(&self) -> u64 {
        if self.units_a_block == 0 { 0 } else { self.blocks.saturating_mul(self.segments_a_block) }
    }

    /// How many segments a block has.
    pub fn segments(&self) -> u64 {
        self.segments_a_block
    }

    /// The segment called `number`; those of a block follow each other.
    pub fn task(&self, number: u64) -> Task {
        let (block, segment) = (number / self.segments_a_block, number % self.segments_a_block);
        let at = |s: u64| (u128::from(self.units_a_block) * u128::from(s) / u128::from(self.segments_a_block)) as u64;
        Task { block, segment, units: at(segment)..at(segment + 1) }
    }

    /// The number of a unit in C order over all of them.
    pub fn unit(&self, block: u64, unit: u64) -> u64 {
        let (blocks, units) = (self.ordinals(block, true), self.ordinals(unit, false));
        let own = |(i, d): (usize, &TaskDimension)| if d.is_split { blocks[i] } else { units[i] };
        self.dimensions.iter().enumerate().fold(0, |n, (i, d)| n * d.units + own((i, d)))
    }

    /// The groups of a block, along each dimension.
    pub fn groups(&self, block: u64, groups: &Groups) -> Vec<Range<usize>> {
        let ordinals = self.ordinals(block, true);
        let of = |(i, d): (usize, &DimensionGroups)| match &d.of_chunks {
            Some(chunks) => chunks.get(ordinals[i] as usize).cloned().unwrap_or(0..0),
            None => 0..d.count(),
        };
        groups.dimensions.iter().enumerate().map(of).collect()
    }

    /// The most groups that a block has; saturates.
    pub fn most_groups(&self, groups: &Groups) -> usize {
        let longest = |d: &DimensionGroups| match &d.of_chunks {
            Some(chunks) => chunks.iter().map(Range::len).max().unwrap_or(0),
            None => d.count(),
        };
        groups.dimensions.iter().map(longest).fold(groups.of_regions, usize::saturating_mul)
    }

    /// Where `number` stands along the dimensions that are split, or along the others; 0 along the rest.
    fn ordinals(&self, number: u64, is_split: bool) -> Vec<u64> {
        let mut rest = number;
        let mut ordinals = vec![0; self.dimensions.len()];
        for (d, ordinal) in self.dimensions.iter().zip(&mut ordinals).rev().filter(|(d, _)| d.is_split == is_split) {
            *ordinal = rest % d.units.max(1);
            rest /= d.units.max(1);
        }
        ordinals
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use hyperslab_array::{DimensionChunks, IndexRanges, Selection};

    use super::*;

    fn units(shape: &[u64], chunks: &[u64]) -> UnitGrid {
        let along = |(&size, &chunk)| DimensionChunks::Regular { size, chunk };
        UnitGrid::new(shape.iter().zip(chunks).map(along).collect(), &Selection::all(shape), false)
    }

    fn groups(shape: &[u64], of_chunks: &[Option<u64>]) -> Groups {
        let one = |(size, chunks): (&u64, &Option<u64>)| DimensionGroups {
            selected: IndexRanges::all(*size),
            ids: Some((0..*size as u32).collect()),
            sizes: vec![1; *size as usize],
            of_chunks: chunks.map(|n| {
                let chunk = size.div_ceil(n);
                (0..n).map(|c| (c * chunk) as usize..((c + 1) * chunk).min(*size) as usize).collect()
            }),
        };
        Groups { dimensions: shape.iter().zip(of_chunks).map(one).collect(), of_regions: 1, keys: Vec::new() }
    }

    /// Every unit of every segment, in order.
    fn all_units(tasks: &Tasks) -> Vec<u64> {
        (0..tasks.count())
            .map(|n| tasks.task(n))
            .flat_map(|t| t.units.clone().map(move |u| (t.block, u)))
            .map(|(block, unit)| tasks.unit(block, unit))
            .collect()
    }

    #[test]
    fn every_unit_is_in_one_segment() {
        let (shape, chunks) = ([10, 6, 7], [3, 2, 4]);
        for split in 0..8u32 {
            let is_split = |d: usize, n| (split >> d & 1 == 1).then_some(n);
            let of_chunks = [is_split(0, 4), is_split(1, 3), is_split(2, 2)];
            for bytes in [8, 1 << 20, 1 << 40] {
                let tasks = Tasks::new(&groups(&shape, &of_chunks), &units(&shape, &chunks), bytes);
                let mut found = all_units(&tasks);
                found.sort_unstable();
                assert_eq!(found, (0..24).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn chunks_that_share_no_group_are_blocks_and_what_is_large_is_not_cut() {
        let shape = [10, 6];
        let tasks = Tasks::new(&groups(&shape, &[None, Some(3)]), &units(&shape, &[3, 2]), 8);
        assert_eq!((tasks.blocks, tasks.segments()), (3, 4));
        let large = Tasks::new(&groups(&shape, &[None, Some(3)]), &units(&shape, &[3, 2]), 1 << 40);
        assert_eq!((large.blocks, large.segments()), (3, 1));
        assert_eq!(tasks.groups(1, &groups(&shape, &[None, Some(3)])), [0..10, 2..4]);
    }
}
