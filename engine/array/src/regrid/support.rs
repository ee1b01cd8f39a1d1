//! Which part of the source a range of targets needs, along one dimension: a range of indices in each chunk.

use std::ops::Range;

use super::weights::Weights;
use crate::DimensionChunks;

/// Indices of one chunk of the source, and where they go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Segment {
    /// The chunk's number along the dimension.
    pub chunk: u64,
    /// The first index, counted from the chunk's start.
    pub start: u64,
    /// How many indices.
    pub len: u64,
    /// Where they start in the input.
    pub at: usize,
}

/// What is read along one dimension.
#[derive(Debug, Clone)]
pub(super) struct Support {
    /// In the order of the input.
    pub segments: Vec<Segment>,
    /// Indices of the input.
    pub len: usize,
    /// Which of these each target takes; `None` where the dimension stays as it is.
    pub weights: Option<Weights>,
}

impl Support {
    /// The part `start..start + len` of `chunk`, as it is.
    pub fn kept(chunk: u64, start: u64, len: u64) -> Self {
        Self { segments: vec![Segment { chunk, start, len, at: 0 }], len: len as usize, weights: None }
    }

    /// What `targets` take. From each chunk the smallest range that holds what they need.
    pub fn of(weights: &Weights, targets: Range<usize>, chunks: &DimensionChunks) -> Self {
        let mut taken = weights.taken(targets.clone()).to_vec();
        taken.sort_unstable();
        taken.dedup();
        let mut segments: Vec<Segment> = Vec::new();
        // The first index of each segment along the dimension.
        let mut firsts: Vec<usize> = Vec::new();
        let mut len = 0;
        for index in taken {
            let chunk = chunks.chunk_of(index as u64);
            match (segments.last_mut(), firsts.last()) {
                (Some(last), Some(first)) if last.chunk == chunk => {
                    let longer = (index - first) as u64 + 1;
                    len += (longer - last.len) as usize;
                    last.len = longer;
                }
                _ => {
                    segments.push(Segment { chunk, start: index as u64 - chunks.range(chunk).start, len: 1, at: len });
                    firsts.push(index);
                    len += 1;
                }
            }
        }
        let place = |index: usize| {
            let segment = firsts.partition_point(|first| *first <= index).saturating_sub(1);
            match (segments.get(segment), firsts.get(segment)) {
                (Some(segment), Some(first)) => segment.at + (index - first),
                _ => 0,
            }
        };
        let weights = weights.rows(targets, place);
        Self { segments, len, weights: Some(weights) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_index_that_is_taken_is_read_once(
            rows in prop::collection::vec(prop::collection::vec(0usize..40, 0..4), 1..10),
            chunk in 1u64..12,
        ) {
            let mut weights = Weights::default();
            rows.iter().for_each(|row| weights.push(row.iter().map(|i| (*i, *i as f64))));
            let chunks = DimensionChunks::Regular { size: 40, chunk };
            let support = Support::of(&weights, 0..rows.len(), &chunks);
            let input: Vec<u64> = support
                .segments
                .iter()
                .flat_map(|s| (0..s.len).map(|i| chunks.range(s.chunk).start + s.start + i))
                .collect();
            prop_assert_eq!(input.len(), support.len);
            prop_assert!(input.windows(2).all(|w| w[0] < w[1]));
            prop_assert!(support.segments.windows(2).all(|w| w[0].chunk < w[1].chunk));
            let placed = support.weights.unwrap();
            for (target, row) in rows.iter().enumerate() {
                let (indices, weights) = placed.row(target);
                let found: Vec<u64> = indices.iter().map(|i| input[*i]).collect();
                prop_assert_eq!(found, row.iter().map(|i| *i as u64).collect::<Vec<_>>());
                prop_assert_eq!(weights, row.iter().map(|i| *i as f64).collect::<Vec<_>>());
            }
        }
    }
}
