//! How the regridded array is cut into chunks: so that a chunk and what it is made of fit in memory, and so that as
//! few chunks of the source as possible are decoded twice.

use super::weights::Weights;
use crate::DimensionChunks;

/// Cells of a chunk.
const MOST_CELLS: f64 = (4 << 20) as f64;

/// Cells of the source that a chunk is made of, where the source's own chunks allow.
const MOST_INPUT: f64 = (8 << 20) as f64;

/// One dimension that is regridded.
struct Cut<'a> {
    weights: &'a Weights,
    /// The targets whose first index is in another chunk of the source than that of the target before.
    edges: Vec<u64>,
    /// Into how many pieces it is cut, at most.
    pieces: usize,
    offsets: Vec<u64>,
    /// The most indices that a piece takes.
    input: usize,
}

/// The chunks of the output. Dimensions without weights are cut as the source is; each of the others is one chunk
/// where that is small enough.
pub(super) fn cut(source: &[DimensionChunks], weights: &[Option<&Weights>]) -> Vec<DimensionChunks> {
    let kept: f64 =
        source.iter().zip(weights).filter(|(_, w)| w.is_none()).map(|(c, _)| c.longest().max(1) as f64).product();
    let mut cuts: Vec<Option<Cut>> =
        source.iter().zip(weights).map(|(chunks, weights)| weights.map(|w| Cut::new(w, chunks))).collect();
    loop {
        let cells = cuts.iter().flatten().fold(kept, |n, cut| n * cut.longest() as f64);
        let input = cuts.iter().flatten().fold(kept, |n, cut| n * cut.input.max(1) as f64);
        let is_small = cells <= MOST_CELLS;
        if is_small && input <= MOST_INPUT {
            break;
        }
        let can = |cut: &&mut Cut, anywhere: bool| cut.longest() > 1 && (anywhere || cut.pieces <= cut.edges.len());
        let at_edges = cuts.iter_mut().flatten().filter(|cut| can(cut, false)).max_by_key(|cut| cut.longest());
        if let Some(cut) = at_edges {
            cut.divide();
            continue;
        }
        // What one chunk of the source is made of cannot be helped; how large the output's chunks are can.
        let anywhere = cuts.iter_mut().flatten().filter(|cut| can(cut, true)).max_by_key(|cut| cut.longest());
        match anywhere {
            Some(cut) if !is_small => cut.divide(),
            _ => break,
        }
    }
    source
        .iter()
        .zip(cuts)
        .map(|(chunks, cut)| match cut {
            None => chunks.clone(),
            Some(cut) => DimensionChunks::Rectilinear { offsets: cut.offsets.into() },
        })
        .collect()
}

impl<'a> Cut<'a> {
    fn new(weights: &'a Weights, chunks: &DimensionChunks) -> Self {
        let mut edges = Vec::new();
        let mut before = None;
        for target in 0..weights.len() {
            let Some(first) = weights.row(target).0.first() else { continue };
            let chunk = chunks.chunk_of(*first as u64);
            if before.is_some_and(|before| before != chunk) {
                edges.push(target as u64);
            }
            before = Some(chunk);
        }
        let mut cut = Self { weights, edges, pieces: 1, offsets: Vec::new(), input: 0 };
        cut.place();
        cut
    }

    fn longest(&self) -> u64 {
        self.offsets.windows(2).map(|w| w[1] - w[0]).max().unwrap_or(0)
    }

    fn divide(&mut self) {
        self.pieces *= 2;
        self.place();
    }

    /// Cuts evenly, at the nearest edges while there are enough of them.
    fn place(&mut self) {
        let targets = self.weights.len() as u64;
        let pieces = (self.pieces as u64).min(targets.max(1));
        let even = (1..pieces).map(|i| i * targets / pieces);
        let mut offsets: Vec<u64> = if self.pieces <= 2 * self.edges.len() {
            even.filter_map(|at| self.edges.iter().copied().min_by_key(|edge| edge.abs_diff(at))).collect()
        } else {
            even.collect()
        };
        offsets.extend([0, targets]);
        offsets.sort_unstable();
        offsets.dedup();
        // An estimate: no more than the indices between the first and the last, nor than there are weights.
        let taken = |w: &[u64]| {
            let taken = self.weights.taken(w[0] as usize..w[1] as usize);
            let between = taken.iter().max().zip(taken.iter().min()).map_or(0, |(last, first)| last - first + 1);
            taken.len().min(between)
        };
        self.input = offsets.windows(2).map(taken).max().unwrap_or(0);
        self.offsets = offsets;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_to_one(size: usize) -> Weights {
        let mut weights = Weights::default();
        (0..size).for_each(|i| weights.push([(i, 1.0)]));
        weights
    }

    fn offsets(chunks: &DimensionChunks) -> Vec<u64> {
        (0..chunks.count()).map(|c| chunks.range(c).start).collect()
    }

    #[test]
    fn what_is_small_is_one_chunk_and_other_dimensions_stay_as_they_are() {
        let time = DimensionChunks::Regular { size: 1000, chunk: 10 };
        let lat = DimensionChunks::Regular { size: 180, chunk: 45 };
        let weights = one_to_one(180);
        let found = cut(&[time.clone(), lat], &[None, Some(&weights)]);
        assert_eq!(found[0], time);
        assert_eq!(offsets(&found[1]), [0]);
    }

    #[test]
    fn what_is_large_is_cut_at_the_chunks_of_the_source() {
        let time = DimensionChunks::Regular { size: 10_000, chunk: 10_000 };
        let lat = DimensionChunks::Regular { size: 1000, chunk: 70 };
        let weights = one_to_one(1000);
        let found = cut(&[time, lat], &[None, Some(&weights)]);
        assert!(offsets(&found[1]).len() > 1);
        assert!(offsets(&found[1]).iter().all(|at| at % 70 == 0), "{:?}", offsets(&found[1]));
    }

    #[test]
    fn a_source_in_one_chunk_does_not_make_one_large_chunk() {
        let whole = DimensionChunks::Regular { size: 10, chunk: 10 };
        let mut weights = Weights::default();
        (0..100_000).for_each(|i| weights.push([(i % 10, 1.0)]));
        let found = cut(&[whole.clone(), whole], &[Some(&weights), Some(&weights)]);
        assert!(found[0].longest() * found[1].longest() <= MOST_CELLS as u64);
    }

    proptest! {
        #[test]
        fn chunks_hold_each_target_once(
            rows in prop::collection::vec(prop::option::of(0usize..500), 1..300),
            chunk in 1u64..200,
            time in 1u64..3_000_000,
        ) {
            let mut weights = Weights::default();
            rows.iter().for_each(|row| weights.push(row.map(|i| (i, 1.0))));
            let source = [DimensionChunks::Regular { size: time, chunk: time }, DimensionChunks::Regular { size: 500, chunk }];
            let found = cut(&source, &[None, Some(&weights)]);
            let indices: Vec<u64> = (0..found[1].count()).flat_map(|c| found[1].range(c)).collect();
            prop_assert_eq!(indices, (0..rows.len() as u64).collect::<Vec<_>>());
            prop_assert!((0..found[1].count()).all(|c| !found[1].range(c).is_empty()));
        }
    }
}
