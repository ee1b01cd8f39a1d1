//! Which indices of each dimension a query wants: sorted, disjoint ranges, closed under and, or, not.

use std::ops::Range;

/// A set of indices along one dimension, as sorted, disjoint, non-empty ranges that do not touch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IndexRanges {
    ranges: Vec<Range<u64>>,
}

impl IndexRanges {
    /// No index.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Indices `0..size`.
    pub fn all(size: u64) -> Self {
        Self::from_range(0..size)
    }

    /// One range.
    pub fn from_range(range: Range<u64>) -> Self {
        Self { ranges: if range.is_empty() { Vec::new() } else { vec![range] } }
    }

    /// Ranges in any order; those that overlap or touch are joined.
    pub fn from_ranges(ranges: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut ranges: Vec<_> = ranges.into_iter().filter(|r| !r.is_empty()).collect();
        ranges.sort_by_key(|r| r.start);
        let mut out: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match out.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => out.push(range),
            }
        }
        Self { ranges: out }
    }

    /// The indices `i` in `0..size` for which `keep(i)`.
    pub fn from_predicate(size: u64, mut keep: impl FnMut(u64) -> bool) -> Self {
        let mut ranges = Vec::new();
        let mut open: Option<u64> = None;
        for i in 0..size {
            match (keep(i), open) {
                (true, None) => open = Some(i),
                (false, Some(start)) => {
                    ranges.push(start..i);
                    open = None;
                }
                _ => {}
            }
        }
        if let Some(start) = open {
            ranges.push(start..size);
        }
        Self { ranges }
    }

    /// The ranges, sorted and disjoint.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// How many indices.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|r| r.end - r.start).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether `index` is in it.
    pub fn contains(&self, index: u64) -> bool {
        let i = self.ranges.partition_point(|r| r.end <= index);
        self.ranges.get(i).is_some_and(|r| r.start <= index)
    }

    /// The indices in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let (mut out, mut i, mut j) = (Vec::new(), 0, 0);
        while let (Some(a), Some(b)) = (self.ranges.get(i), other.ranges.get(j)) {
            let range = a.start.max(b.start)..a.end.min(b.end);
            if !range.is_empty() {
                out.push(range);
            }
            if a.end < b.end { i += 1 } else { j += 1 }
        }
        Self { ranges: out }
    }

    /// The indices in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.ranges.iter().chain(&other.ranges).cloned())
    }

    /// The indices of `0..size` that are not in it.
    #[must_use]
    pub fn complement(&self, size: u64) -> Self {
        let (mut out, mut at) = (Vec::new(), 0);
        for r in &self.ranges {
            if at < r.start.min(size) {
                out.push(at..r.start.min(size));
            }
            at = r.end;
        }
        if at < size {
            out.push(at..size);
        }
        Self { ranges: out }
    }

    /// The part inside `window`.
    #[must_use]
    pub fn within(&self, window: Range<u64>) -> Self {
        if window.is_empty() {
            return Self::empty();
        }
        let first = self.ranges.partition_point(|r| r.end <= window.start);
        let ranges = self.ranges[first..]
            .iter()
            .take_while(|r| r.start < window.end)
            .map(|r| r.start.max(window.start)..r.end.min(window.end))
            .collect();
        Self { ranges }
    }

    /// The first index.
    pub fn first(&self) -> Option<u64> {
        self.ranges.first().map(|r| r.start)
    }

    /// The last index.
    pub fn last(&self) -> Option<u64> {
        self.ranges.last().map(|r| r.end - 1)
    }

    /// Every index, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.ranges.iter().flat_map(Clone::clone)
    }
}

/// Index ranges for each dimension of a grid: the cells of their product are selected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// One set of indices per dimension.
    pub dimensions: Vec<IndexRanges>,
}

impl Selection {
    /// Every cell of an array of `shape`.
    pub fn all(shape: &[u64]) -> Self {
        Self { dimensions: shape.iter().map(|s| IndexRanges::all(*s)).collect() }
    }

    /// How many cells; `None` where the number does not fit.
    pub fn cells(&self) -> Option<u64> {
        if self.is_empty() {
            return Some(0);
        }
        self.dimensions.iter().try_fold(1u64, |n, d| n.checked_mul(d.len()))
    }

    /// Whether no cell is selected.
    pub fn is_empty(&self) -> bool {
        self.dimensions.iter().any(IndexRanges::is_empty)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const SIZE: u64 = 30;

    fn set(ranges: &IndexRanges) -> BTreeSet<u64> {
        ranges.iter().collect()
    }

    /// Sorted, disjoint, non-empty, and with a gap between neighbours.
    fn is_canonical(ranges: &IndexRanges) -> bool {
        let ranges = ranges.ranges();
        ranges.iter().all(|r| r.start < r.end) && ranges.windows(2).all(|w| w[0].end < w[1].start)
    }

    fn some_ranges() -> impl Strategy<Value = (Vec<Range<u64>>, IndexRanges)> {
        prop::collection::vec((0..SIZE, 0u64..6).prop_map(|(start, len)| start..(start + len).min(SIZE)), 0..6)
            .prop_map(|ranges| (ranges.clone(), IndexRanges::from_ranges(ranges)))
    }

    proptest! {
        #[test]
        fn ranges_behave_like_sets_of_indices(
            (list, a) in some_ranges(),
            (_, b) in some_ranges(),
            window in (0..SIZE, 0..SIZE),
            index in 0..SIZE,
        ) {
            let (of_a, of_b) = (set(&a), set(&b));
            prop_assert_eq!(&of_a, &list.into_iter().flatten().collect());
            prop_assert_eq!(a.len(), of_a.len() as u64);
            prop_assert_eq!(a.is_empty(), of_a.is_empty());
            prop_assert_eq!(a.contains(index), of_a.contains(&index));
            prop_assert_eq!((a.first(), a.last()), (of_a.first().copied(), of_a.last().copied()));
            let window = window.0..window.1;
            for (found, expected) in [
                (a.clone(), of_a.clone()),
                (a.intersect(&b), &of_a & &of_b),
                (a.union(&b), &of_a | &of_b),
                (a.complement(SIZE), &(0..SIZE).collect() - &of_a),
                (a.complement(10), &(0..10).collect() - &of_a),
                (a.within(window.clone()), of_a.iter().copied().filter(|i| window.contains(i)).collect()),
                (IndexRanges::from_predicate(SIZE, |i| of_a.contains(&i)), of_a.clone()),
            ] {
                prop_assert!(is_canonical(&found), "{:?}", found);
                prop_assert_eq!(set(&found), expected);
            }
        }
    }

    #[test]
    fn a_selection_of_a_hostile_shape_is_counted_or_not() {
        let huge = 1u64 << 60;
        assert_eq!(Selection::all(&[huge, 3]).cells(), Some(3 << 60));
        assert_eq!(Selection::all(&[huge, huge]).cells(), None);
        let nothing = Selection::all(&[huge, huge, 0]);
        assert_eq!((nothing.cells(), nothing.is_empty()), (Some(0), true));
        assert_eq!(Selection::all(&[]).cells(), Some(1));
        assert_eq!(IndexRanges::all(u64::MAX).len(), u64::MAX);
        assert_eq!(IndexRanges::all(u64::MAX).complement(huge).len(), 0);
    }
}
