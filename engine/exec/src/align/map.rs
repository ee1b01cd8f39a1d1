//! Where an index of one dimension of the inner side comes from: a table over one or a few dimensions of the outer side.

use std::sync::Arc;

use hyperslab_array::{IndexRanges, Selection};

use crate::error::internal;

/// What is at no index of the inner side.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// For each index of some dimensions of the outer side, an index of one dimension of the inner side, or [`NOWHERE`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PositionMap {
    /// Dimensions of the outer side, ascending.
    outer: Vec<usize>,
    /// Their sizes.
    shape: Vec<u64>,
    /// In C order over all indices of these dimensions.
    table: Arc<[u32]>,
}

/// A map at the indices of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mapped {
    /// Dimensions of the outer side, ascending.
    pub outer: Vec<usize>,
    /// In C order over the selected indices of these dimensions.
    pub positions: Vec<u32>,
}

impl PositionMap {
    /// The map that gives the values of `found` at the selected indices of `outer`, in C order.
    ///
    /// # Errors
    /// When there are fewer or more values.
    pub fn try_new(
        outer: Vec<usize>,
        shape: Vec<u64>,
        selected: &[&IndexRanges],
        found: &[u32],
    ) -> datafusion::error::Result<Self> {
        let count: u64 = selected.iter().map(|s| s.len()).product();
        if outer.len() != selected.len() || shape.len() != selected.len() || count != found.len() as u64 {
            return Err(internal("a map does not fit its dimensions"));
        }
        let mut table = vec![NOWHERE; shape.iter().product::<u64>() as usize];
        let mut found = found.iter();
        each_offset(&shape, selected, &mut |offset| {
            if let (Some(out), Some(found)) = (table.get_mut(offset), found.next()) {
                *out = *found;
            }
        });
        Ok(Self { outer, shape, table: table.into() })
    }

    /// The dimensions of the outer side that it depends on, ascending.
    pub fn outer(&self) -> &[usize] {
        &self.outer
    }

    /// The indices of its one dimension at which it leads somewhere.
    pub fn met(&self) -> IndexRanges {
        let leads = |index: u64| self.table.get(index as usize).is_some_and(|position| *position != NOWHERE);
        IndexRanges::from_predicate(self.table.len() as u64, leads)
    }

    /// Whether it leads somewhere from all indices of `selection`.
    pub fn is_total(&self, selection: &Selection) -> bool {
        !self.over(selection).positions.contains(&NOWHERE)
    }

    /// What it gives at the indices of `unit`.
    pub fn over(&self, unit: &Selection) -> Mapped {
        let none = IndexRanges::empty();
        let selected: Vec<&IndexRanges> = self.outer.iter().map(|d| unit.dimensions.get(*d).unwrap_or(&none)).collect();
        let mut positions = Vec::with_capacity(selected.iter().map(|s| s.len() as usize).product());
        each_offset(&self.shape, &selected, &mut |offset| {
            positions.push(self.table.get(offset).copied().unwrap_or(NOWHERE));
        });
        Mapped { outer: self.outer.clone(), positions }
    }

    /// In words for a plan: `identity`, `[0..29) to [1..30)`, `reversed`, `table of 365`.
    pub fn describe(&self) -> String {
        let known: Vec<(usize, u32)> =
            self.table.iter().copied().enumerate().filter(|(_, position)| *position != NOWHERE).collect();
        let shift = |(index, position): &(usize, u32)| i64::from(*position) - *index as i64;
        let sum = |(index, position): &(usize, u32)| i64::from(*position) + *index as i64;
        let [first, ..] = known[..] else { return "nowhere".into() };
        match self.outer[..] {
            [_] if known.iter().all(|k| shift(k) == shift(&first)) => match shift(&first) {
                0 => "identity".into(),
                shift => format!("shift {shift:+}"),
            },
            [_] if known.iter().all(|k| sum(k) == sum(&first)) => "reversed".into(),
            [] => format!("index {}", first.1),
            _ => format!("table of {}", known.len()),
        }
    }
}

impl Mapped {
    /// The indices of the inner side that are met.
    pub fn met(&self) -> IndexRanges {
        let mut ranges: Vec<std::ops::Range<u64>> = Vec::new();
        for position in self.positions.iter().filter(|p| **p != NOWHERE).map(|p| u64::from(*p)) {
            match ranges.last_mut() {
                Some(last) if last.contains(&position) => {}
                Some(last) if last.end == position => last.end += 1,
                Some(last) if last.start == position + 1 => last.start = position,
                _ => ranges.push(position..position + 1),
            }
        }
        IndexRanges::from_ranges(ranges)
    }
}

/// Calls `f` with the offset of each selected cell of an array of `shape`, in C order.
fn each_offset(shape: &[u64], selected: &[&IndexRanges], f: &mut impl FnMut(usize)) {
    fn walk(shape: &[u64], selected: &[&IndexRanges], before: u64, f: &mut impl FnMut(usize)) {
        let ([size, shape @ ..], [own, selected @ ..]) = (shape, selected) else {
            f(before as usize);
            return;
        };
        for index in own.iter() {
            walk(shape, selected, before * size + index, f);
        }
    }
    walk(shape, selected, 0, f);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn along(size: u64, found: &[u32]) -> PositionMap {
        PositionMap::try_new(vec![0], vec![size], &[&IndexRanges::all(size)], found).unwrap()
    }

    #[test]
    fn a_map_says_what_it_does() {
        for (found, words) in [
            (vec![0, 1, 2], "identity"),
            (vec![1, 2, NOWHERE], "shift +1"),
            (vec![2, 1, 0], "reversed"),
            (vec![2, 0, 1], "table of 3"),
            (vec![NOWHERE; 3], "nowhere"),
        ] {
            assert_eq!(along(3, &found).describe(), words);
        }
        let constant = PositionMap::try_new(vec![], vec![], &[], &[7]).unwrap();
        assert_eq!(constant.describe(), "index 7");
        assert_eq!(constant.over(&Selection::all(&[3])).positions, [7]);
    }

    #[test]
    fn a_map_of_two_dimensions_knows_the_selected_indices_alone() {
        let (rows, columns) = (IndexRanges::all(2), IndexRanges::from_range(1..3));
        let map = PositionMap::try_new(vec![0, 2], vec![2, 3], &[&rows, &columns], &[5, 6, 6, 7]).unwrap();
        let unit = Selection { dimensions: vec![IndexRanges::from_range(1..2), rows, IndexRanges::all(3)] };
        let mapped = map.over(&unit);
        assert_eq!(mapped.positions, [NOWHERE, 6, 7]);
        assert_eq!(mapped.met(), IndexRanges::from_range(6..8));
        assert!(PositionMap::try_new(vec![0], vec![2], &[&IndexRanges::all(2)], &[1]).is_err());
    }

    #[test]
    fn what_is_met_is_in_order_whatever_the_map() {
        let mapped = Mapped { outer: vec![0], positions: vec![9, 8, 7, NOWHERE, 1, 3, 2, 3] };
        assert_eq!(mapped.met(), IndexRanges::from_ranges([1..4, 7..10]));
    }
}
