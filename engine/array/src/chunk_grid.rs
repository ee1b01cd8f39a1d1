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
            Self::Regular { size, chunk } => size.div_ceil(*chunk),
            Self::Rectilinear { offsets } => offsets.len().saturating_sub(1) as u64,
        }
    }

    /// The chunk that holds `index`.
    pub fn chunk_of(&self, index: u64) -> u64 {
        match self {
            Self::Regular { chunk, .. } => index / chunk,
            Self::Rectilinear { offsets } => offsets.partition_point(|o| *o <= index).saturating_sub(1) as u64,
        }
    }

    /// The indices that `chunk` holds, cut at the size of the dimension.
    pub fn range(&self, chunk: u64) -> Range<u64> {
        match self {
            Self::Regular { size, chunk: length } => {
                (chunk.saturating_mul(*length)).min(*size)..(chunk + 1).saturating_mul(*length).min(*size)
            }
            Self::Rectilinear { offsets } => {
                let at = |i: u64| offsets.get(i as usize).copied().unwrap_or(self.size());
                at(chunk)..at(chunk + 1)
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

    /// The chunks that hold cells of `region`: a range of chunk indices per dimension.
    pub fn chunks_of(&self, region: &Region) -> Vec<Range<u64>> {
        self.dimensions
            .iter()
            .enumerate()
            .map(|(d, chunks)| {
                if region.shape[d] == 0 {
                    return 0..0;
                }
                chunks.chunk_of(region.start[d])..chunks.chunk_of(region.end(d) - 1) + 1
            })
            .collect()
    }
}
