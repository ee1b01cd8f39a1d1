//! A box of indices: where each dimension starts, and how many indices it spans.

use crate::{ArrayError, Result};

/// A dense box in index space, one start and one length per dimension.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Region {
    /// The first index of each dimension.
    pub start: Vec<u64>,
    /// How many indices of each dimension.
    pub shape: Vec<u64>,
}

impl Region {
    /// The region that starts at `start` and spans `shape`.
    pub fn new(start: Vec<u64>, shape: Vec<u64>) -> Self {
        debug_assert_eq!(start.len(), shape.len());
        Self { start, shape }
    }

    /// All of an array of `shape`.
    pub fn full(shape: &[u64]) -> Self {
        Self { start: vec![0; shape.len()], shape: shape.to_vec() }
    }

    /// How many dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// How many cells; 1 for a region without dimensions.
    ///
    /// # Errors
    /// [`crate::ErrorKind::TooLarge`] when the number does not fit a `usize`.
    pub fn cells(&self) -> Result<usize> {
        self.shape
            .iter()
            .try_fold(1u64, |n, s| n.checked_mul(*s))
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(|| ArrayError::too_large(format!("a region of shape `{:?}` has too many cells", self.shape)))
    }

    /// The first index after the region, along `dimension`; saturates.
    pub fn end(&self, dimension: usize) -> u64 {
        self.start[dimension].saturating_add(self.shape[dimension])
    }

    /// The part that both regions share; `None` where there is none.
    pub fn intersect(&self, other: &Region) -> Option<Region> {
        let mut out = Region { start: Vec::with_capacity(self.rank()), shape: Vec::with_capacity(self.rank()) };
        for d in 0..self.rank() {
            let start = self.start[d].max(other.start[d]);
            let end = self.end(d).min(other.end(d));
            if start >= end {
                return None;
            }
            out.start.push(start);
            out.shape.push(end - start);
        }
        Some(out)
    }

    /// The same box, counted from `origin`.
    pub fn relative_to(&self, origin: &[u64]) -> Region {
        Region { start: self.start.iter().zip(origin).map(|(s, o)| s - o).collect(), shape: self.shape.clone() }
    }

    /// Steps, in cells, of each dimension of an array of this shape in C order.
    pub fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1usize; self.rank()];
        for d in (0..self.rank().saturating_sub(1)).rev() {
            strides[d] = strides[d + 1].saturating_mul(self.shape[d + 1] as usize);
        }
        strides
    }
}
