//! How an array is cut into chunks: arithmetic, never a list of chunks.

use std::ops::Range;
use std::sync::Arc;

use crate::{ArrayError, Region, Result};

/// How one dimension is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DimensionChunks {
    /// Chunks of `chunk` indices; the last may stick out over `size`.
    Regular {
        /// Indices along the dimension.
        size: u64,
        /// Indices in a chunk, at least 1.
        chunk: u64,
    },
    /// Chunks of any lengths: `offsets[i]..offsets[i + 1]` is chunk `i`.
    Rectilinear {
        /// Starts of the chunks, ascending, and the size at the end.
        offsets: Arc<[u64]>,
    },
}

impl DimensionChunks {
    /// Indices along the dimension.
    pub fn size(&self) -> u64 {
        match self {
            Self::Regular { size, .. } => *size,
            Self::Rectilinear { offsets } => offsets.last().copied().unwrap_or(0),
        }
    }

    /// Number of chunks.
    pub fn count(&self) -> u64 {
        match self {
            Self::Regular { size, chunk } => size.div_ceil((*chunk).max(1)),
            Self::Rectilinear { offsets } => offsets.len().saturating_sub(1) as u64,
        }
    }

    /// The chunk that holds `index`.
    pub fn chunk_of(&self, index: u64) -> u64 {
        match self {
            Self::Regular { chunk, .. } => index / (*chunk).max(1),
            Self::Rectilinear { offsets } => offsets.partition_point(|o| *o <= index).saturating_sub(1) as u64,
        }
    }

    /// The indices that `chunk` holds, cut at the size of the dimension; empty for a chunk after the last.
    pub fn range(&self, chunk: u64) -> Range<u64> {
        match self {
            Self::Regular { size, chunk: length } => {
                let start = |chunk: u64| chunk.saturating_mul(*length).min(*size);
                start(chunk)..start(chunk.saturating_add(1))
            }
            Self::Rectilinear { offsets } => {
                let at = |i: u64| offsets.get(i as usize).copied().unwrap_or(self.size());
                at(chunk)..at(chunk.saturating_add(1))
            }
        }
    }

    /// The longest chunk.
    pub fn longest(&self) -> u64 {
        match self {
            Self::Regular { size, chunk } => (*chunk).min(*size),
            Self::Rectilinear { offsets } => offsets.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0),
        }
    }
}

/// The chunk grid of an array. Its chunks are the smallest pieces that can be read on their own: for a sharded
/// array, the inner chunks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChunkGrid {
    dimensions: Vec<DimensionChunks>,
}

impl ChunkGrid {
    /// A regular grid over `shape`, with chunks of `chunk_shape`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when the ranks differ or a chunk has a length of 0.
    pub fn regular(shape: &[u64], chunk_shape: &[u64]) -> Result<Self> {
        if shape.len() != chunk_shape.len() {
            return Err(ArrayError::invalid(format!(
                "chunk shape `{chunk_shape:?}` does not have the rank of shape `{shape:?}`"
            )));
        }
        if chunk_shape.contains(&0) {
            return Err(ArrayError::invalid(format!("chunk shape `{chunk_shape:?}` has a length of 0")));
        }
        let dimensions =
            shape.iter().zip(chunk_shape).map(|(&size, &chunk)| DimensionChunks::Regular { size, chunk }).collect();
        Ok(Self { dimensions })
    }

    /// A grid from how each dimension is cut.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when a chunk has a length of 0 or offsets do not ascend from 0.
    pub fn try_new(dimensions: Vec<DimensionChunks>) -> Result<Self> {
        for (d, dimension) in dimensions.iter().enumerate() {
            let valid = match dimension {
                DimensionChunks::Regular { chunk, .. } => *chunk > 0,
                DimensionChunks::Rectilinear { offsets } => {
                    offsets.first() == Some(&0) && offsets.windows(2).all(|w| w[0] < w[1])
                }
            };
            if !valid {
                return Err(ArrayError::invalid(format!(
                    "chunk grid of dimension {d} is not valid: `{dimension:?}`, expected chunks of 1 or more"
                )));
            }
        }
        Ok(Self { dimensions })
    }

    /// How each dimension is cut.
    pub fn dimensions(&self) -> &[DimensionChunks] {
        &self.dimensions
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.dimensions.len()
    }

    /// Shape of the array.
    pub fn shape(&self) -> Vec<u64> {
        self.dimensions.iter().map(DimensionChunks::size).collect()
    }

    /// Number of chunks along each dimension.
    pub fn counts(&self) -> Vec<u64> {
        self.dimensions.iter().map(DimensionChunks::count).collect()
    }

    /// Number of chunks; saturates at `u64::MAX`.
    pub fn chunk_count(&self) -> u64 {
        self.dimensions.iter().fold(1u64, |n, d| n.saturating_mul(d.count()))
    }

    /// The longest chunk along each dimension.
    pub fn chunk_shape(&self) -> Vec<u64> {
        self.dimensions.iter().map(DimensionChunks::longest).collect()
    }

    /// The region of the array that `chunk` holds.
    pub fn region(&self, chunk: &[u64]) -> Region {
        let (mut start, mut shape) = (Vec::with_capacity(chunk.len()), Vec::with_capacity(chunk.len()));
        for (d, &c) in self.dimensions.iter().zip(chunk) {
            let range = d.range(c);
            start.push(range.start);
            shape.push(range.end - range.start);
        }
        Region { start, shape }
    }

    /// Checks that `chunk` is one of the grid and that `region`, counted from its origin, is inside of it.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] when they are not.
    pub fn check(&self, chunk: &[u64], region: &Region) -> Result<()> {
        let rank = self.rank();
        let is_chunk = chunk.len() == rank && self.dimensions.iter().zip(chunk).all(|(d, c)| *c < d.count());
        if !is_chunk {
            return Err(ArrayError::argument(format!(
                "there is no chunk `{chunk:?}`, expected one below `{:?}`",
                self.counts()
            )));
        }
        let held = self.region(chunk).shape;
        let fits = |d: usize| region.start[d].checked_add(region.shape[d]).is_some_and(|end| end <= held[d]);
        let is_inside = region.start.len() == rank && region.shape.len() == rank && (0..rank).all(fits);
        if !is_inside {
            return Err(ArrayError::argument(format!(
                "region `{:?}` of shape `{:?}` is outside of chunk `{chunk:?}` of shape `{held:?}`",
                region.start, region.shape
            )));
        }
        Ok(())
    }

    /// The chunks that hold cells of `region`: a range of chunk indices per dimension. What is outside of the array
    /// has no chunks.
    pub fn chunks_of(&self, region: &Region) -> Vec<Range<u64>> {
        let bounds = region.start.iter().zip(&region.shape);
        self.dimensions
            .iter()
            .zip(bounds)
            .map(|(chunks, (&start, &length))| {
                let end = start.saturating_add(length).min(chunks.size());
                if start >= end { 0..0 } else { chunks.chunk_of(start)..chunks.chunk_of(end - 1) + 1 }
            })
            .collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ErrorKind;

    const HUGE: u64 = 1 << 60;

    fn some_dimension() -> impl Strategy<Value = DimensionChunks> {
        let regular = (0u64..20, 1u64..8).prop_map(|(size, chunk)| DimensionChunks::Regular { size, chunk });
        let rectilinear = prop::collection::vec(1u64..6, 0..5).prop_map(|lengths| {
            let mut offsets = vec![0];
            offsets.extend(lengths.iter().scan(0, |end, length| {
                *end += length;
                Some(*end)
            }));
            DimensionChunks::Rectilinear { offsets: offsets.into() }
        });
        prop_oneof![regular, rectilinear]
    }

    proptest! {
        #[test]
        fn the_chunks_of_a_dimension_hold_each_index_once(dimension in some_dimension()) {
            let ranges: Vec<_> = (0..dimension.count()).map(|c| dimension.range(c)).collect();
            let indices: Vec<u64> = ranges.iter().cloned().flatten().collect();
            prop_assert_eq!(indices, (0..dimension.size()).collect::<Vec<_>>());
            for (c, range) in ranges.iter().enumerate() {
                prop_assert!(!range.is_empty());
                prop_assert!(range.clone().all(|i| dimension.chunk_of(i) == c as u64));
            }
            let longest = ranges.iter().map(|r| r.end - r.start).max().unwrap_or(0);
            prop_assert_eq!(dimension.longest(), longest);
            let after = dimension.range(dimension.count());
            prop_assert!(after.is_empty());
        }

        #[test]
        fn the_chunks_of_a_region_are_those_that_share_cells_with_it(
            dimensions in prop::collection::vec(some_dimension(), 1..3),
            start in prop::collection::vec(0u64..24, 2),
            shape in prop::collection::vec(0u64..24, 2),
        ) {
            let rank = dimensions.len();
            let grid = ChunkGrid::try_new(dimensions).unwrap();
            let region = Region::new(start[..rank].to_vec(), shape[..rank].to_vec());
            let found = grid.chunks_of(&region);
            for (d, found) in found.iter().enumerate() {
                for chunk in 0..grid.counts()[d] {
                    let held = grid.dimensions()[d].range(chunk);
                    let shares = held.start < region.end(d) && region.start[d] < held.end && region.shape[d] > 0;
                    prop_assert_eq!(found.contains(&chunk), shares);
                }
            }
        }
    }

    #[test]
    fn hostile_shapes_do_not_overflow() {
        let grid = ChunkGrid::regular(&[u64::MAX, HUGE], &[1, HUGE * 8]).unwrap();
        assert_eq!((grid.chunk_count(), grid.counts()), (u64::MAX, vec![u64::MAX, 1]));
        assert_eq!(ChunkGrid::regular(&[HUGE, HUGE], &[1, 1]).unwrap().chunk_count(), u64::MAX);
        let last = grid.region(&[u64::MAX - 1, 0]);
        assert_eq!((last.start, last.shape), (vec![u64::MAX - 1, 0], vec![1, HUGE]));
        assert_eq!(grid.region(&[u64::MAX, u64::MAX]).shape, [0, 0]);
        let all = grid.chunks_of(&Region::new(vec![5, 0], vec![u64::MAX, u64::MAX]));
        assert_eq!(all, [5..u64::MAX, 0..1]);
        let rectilinear = DimensionChunks::Rectilinear { offsets: vec![0, HUGE, u64::MAX].into() };
        assert_eq!((rectilinear.chunk_of(u64::MAX - 1), rectilinear.range(u64::MAX)), (1, u64::MAX..u64::MAX));
    }

    #[test]
    fn chunks_of_no_length_are_not_valid() {
        for grid in [
            ChunkGrid::regular(&[5], &[0]),
            ChunkGrid::regular(&[5], &[1, 1]),
            ChunkGrid::try_new(vec![DimensionChunks::Regular { size: 5, chunk: 0 }]),
            ChunkGrid::try_new(vec![DimensionChunks::Rectilinear { offsets: vec![0, 2, 2].into() }]),
            ChunkGrid::try_new(vec![DimensionChunks::Rectilinear { offsets: vec![1, 2].into() }]),
            ChunkGrid::try_new(vec![DimensionChunks::Rectilinear { offsets: vec![].into() }]),
        ] {
            assert_eq!(grid.unwrap_err().kind(), ErrorKind::Invalid);
        }
        let unchecked = DimensionChunks::Regular { size: 5, chunk: 0 };
        assert_eq!((unchecked.count(), unchecked.chunk_of(3)), (5, 3));
    }

    #[test]
    fn a_grid_without_dimensions_is_one_chunk_of_one_cell() {
        let grid = ChunkGrid::regular(&[], &[]).unwrap();
        assert_eq!((grid.chunk_count(), grid.region(&[]).cells().unwrap()), (1, 1));
        assert!(grid.check(&[], &Region::full(&[])).is_ok());
        assert!(grid.check(&[0], &Region::full(&[1])).is_err());
    }

    #[test]
    fn what_is_outside_of_the_grid_is_an_error_that_names_it() {
        let grid = ChunkGrid::regular(&[5], &[2]).unwrap();
        assert!(grid.check(&[2], &Region::full(&[1])).is_ok());
        let error = grid.check(&[3], &Region::full(&[1])).unwrap_err();
        assert_eq!(error.to_string(), "there is no chunk `[3]`, expected one below `[3]`");
        let error = grid.check(&[2], &Region::full(&[2])).unwrap_err();
        assert_eq!(error.to_string(), "region `[0]` of shape `[2]` is outside of chunk `[2]` of shape `[1]`");
        assert!(grid.check(&[0], &Region::new(vec![u64::MAX], vec![2])).is_err());
    }
}
