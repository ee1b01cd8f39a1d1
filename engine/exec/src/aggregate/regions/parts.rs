//! The parts of a unit: positions side by side that the same regions hold and that have the same keys. The cells of a
//! unit are reduced to a state for each part, which then goes to the groups of the regions that hold the part.

use std::collections::HashMap;
use std::ops::Range;

use super::positions::Regions;
use crate::aggregate::accumulate::{Move, Run, Target};
use crate::aggregate::groups::{Groups, ordinals};
use crate::aggregate::reduce::Place;
use crate::aggregate::walk::{Offsets, SHORT_RUN};

/// The parts of one unit.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    regions: &'a Regions,
    place: &'a Place,
    dimensions: Vec<Along>,
    /// The groups of a block, but for the regions.
    groups: usize,
}

/// Parts along one dimension.
#[derive(Debug)]
struct Along {
    /// The part of each position of the unit, ascending where regions differ; `None` where there is one for all.
    ids: Option<Vec<u32>>,
    /// How many positions.
    positions: usize,
    /// The group of each part along the dimension, in steps of the dimension.
    groups: Vec<usize>,
}

impl<'a> Parts<'a> {
    /// The parts of `place`; `held` says which of the selected indices are in it, along each dimension.
    pub fn new(regions: &'a Regions, groups: &Groups, place: &'a Place, held: &[Vec<Range<usize>>]) -> Self {
        let selection = &place.unit.selection.dimensions;
        let row = selection.iter().rposition(|selected| selected.len() > 1);
        let mut step = 1usize;
        let along = groups.dimensions.iter().zip(&place.groups).zip(held).enumerate().rev();
        let mut dimensions: Vec<Along> = along
            .map(|(d, ((groups, of_block), held))| {
                let own = step;
                step = step.saturating_mul(of_block.len());
                let group = |id: &u32| (*id as usize).saturating_sub(of_block.start) * own;
                let keys = groups.ids.as_ref().map(|ids| {
                    held.iter().flat_map(|range| ids.get(range.clone()).unwrap_or_default()).map(group).collect()
                });
                let positions = held.iter().map(Range::len).sum();
                if regions.is_cut(d) {
                    Along::cut(regions, place, d, positions, keys, row == Some(d))
                } else {
                    Along::of_keys(positions, keys)
                }
            })
            .collect();
        dimensions.reverse();
        Self { regions, place, dimensions, groups: step }
    }

    /// How many parts, with one for no cell at the end; saturates.
    pub fn count(&self) -> usize {
        self.dimensions.iter().map(|along| along.groups.len()).fold(1, usize::saturating_mul).saturating_add(1)
    }

    /// The parts of the positions, in steps of each dimension.
    pub fn offsets(&self) -> Vec<Offsets> {
        let mut step = 1usize;
        let mut out: Vec<Offsets> = self
            .dimensions
            .iter()
            .rev()
            .map(|along| {
                let own = step;
                step = step.saturating_mul(along.groups.len());
                match &along.ids {
                    None => Offsets::One { count: along.positions, offset: 0 },
                    Some(ids) => Offsets::Table(ids.iter().map(|id| (*id as usize * own) as u32).collect()),
                }
            })
            .collect();
        out.reverse();
        out
    }

    /// Where the states of the parts go: region after region.
    pub fn moves(&self) -> Vec<Move> {
        let selection = &self.place.unit.selection.dimensions;
        let mut moves = Vec::new();
        for region in &self.place.regions {
            let spans = |(d, along): (usize, &Along)| match self.regions.positions(*region, d, &selection[d]) {
                Some(own) => ordinals(&selection[d], &own).into_iter().filter_map(|own| along.span(own)).collect(),
                None => std::iter::once(0..along.groups.len()).collect(),
            };
            let spans: Vec<Vec<Range<usize>>> = self.dimensions.iter().enumerate().map(spans).collect();
            self.add_moves(0, 0, self.regions.group(*region) * self.groups, &spans, &mut moves);
        }
        moves
    }

    fn add_moves(&self, depth: usize, part: usize, to: usize, spans: &[Vec<Range<usize>>], moves: &mut Vec<Move>) {
        let inner: usize = self.dimensions.iter().skip(depth + 1).map(|along| along.groups.len()).product();
        let (Some(along), Some(spans_here)) = (self.dimensions.get(depth), spans.get(depth)) else {
            moves.push(Move { from: part..part + 1, to });
            return;
        };
        let is_last = inner == 1 && spans.iter().skip(depth + 1).all(|spans| spans.len() == 1);
        for span in spans_here {
            if !is_last {
                for own in span.clone() {
                    self.add_moves(depth + 1, part + own * inner, to + along.groups[own], spans, moves);
                }
                continue;
            }
            // The group of each dimension that is left, of one part.
            let rest: usize = self.dimensions.iter().skip(depth + 1).map(|along| along.groups[0]).sum();
            let mut at = span.start;
            for alike in along.groups[span.clone()].chunk_by(|group, next| group == next) {
                moves.push(Move { from: part + at..part + at + alike.len(), to: to + rest + alike[0] });
                at += alike.len();
            }
        }
    }

    /// Whether a region holds a part.
    pub fn covered(&self, moves: &[Move]) -> Vec<bool> {
        let mut covered = vec![false; self.count()];
        moves.iter().for_each(|own| covered[own.from.clone()].fill(true));
        covered
    }
}

impl Along {
    /// A part for each key.
    fn of_keys(positions: usize, keys: Option<Vec<usize>>) -> Self {
        let Some(keys) = keys else { return Self { ids: None, positions, groups: vec![0] } };
        let (mut groups, mut known) = (Vec::new(), HashMap::new());
        let id = |key: usize| {
            *known.entry(key).or_insert_with(|| {
                groups.push(key);
                groups.len() as u32 - 1
            })
        };
        Self { ids: Some(keys.into_iter().map(id).collect()), positions, groups }
    }

    /// A part ends where a region or a key does.
    fn cut(
        regions: &Regions,
        place: &Place,
        dimension: usize,
        positions: usize,
        keys: Option<Vec<usize>>,
        is_row: bool,
    ) -> Self {
        let selected = &place.unit.selection.dimensions[dimension];
        let mut starts = vec![false; positions + 1];
        for region in &place.regions {
            let own = regions.positions(*region, dimension, selected).unwrap_or_default();
            for range in ordinals(selected, &own) {
                (starts[range.start], starts[range.end]) = (true, true);
            }
        }
        for (at, two) in keys.iter().flat_map(|keys| keys.windows(2)).enumerate() {
            starts[at + 1] |= two[0] != two[1];
        }
        // Cells side by side that each go to the next part are added as vectors; short runs are not.
        let parts = starts.iter().take(positions).skip(1).filter(|starts| **starts).count() + 1;
        let is_each = is_row && parts * SHORT_RUN > positions;
        let (mut ids, mut groups) = (Vec::with_capacity(positions), Vec::new());
        for at in 0..positions {
            if at == 0 || is_each || starts[at] {
                groups.push(keys.as_ref().map_or(0, |keys| keys[at]));
            }
            ids.push(groups.len() as u32 - 1);
        }
        Self { ids: Some(ids), positions, groups }
    }

    /// The parts of some positions side by side, which end where parts do.
    fn span(&self, positions: Range<usize>) -> Option<Range<usize>> {
        let ids = self.ids.as_ref()?.get(positions)?;
        Some(*ids.first()? as usize..*ids.last()? as usize + 1)
    }
}

/// Sets the bits of the cells that go to a part which is covered.
pub(crate) fn each_covered(covered: &[bool], runs: &[Run], offsets: &[u32], mut set: impl FnMut(usize, bool)) {
    for run in runs {
        match run.to {
            Target::One(part) => (0..run.len).for_each(|i| set(run.start + i, covered[part])),
            Target::Each(first) => (0..run.len).for_each(|i| set(run.start + i, covered[first + i])),
            Target::Map { base, from } => {
                let offsets = &offsets[from..from + run.len];
                offsets.iter().enumerate().for_each(|(i, part)| set(run.start + i, covered[base + *part as usize]));
            }
        }
    }
}
