//! Which cells of a variable were written: ranges of cells that grow together.

use std::collections::BTreeMap;
use std::ops::Range;

/// Cells that were written, counted in C order: the start of each range and its end.
#[derive(Debug, Default)]
pub(super) struct Written(BTreeMap<u64, u64>);

impl Written {
    /// Whether a cell of `cells` was written.
    pub(super) fn touches(&self, cells: &Range<u64>) -> bool {
        self.0.range(..cells.end).next_back().is_some_and(|(_, end)| *end > cells.start)
    }

    /// Adds `cells`, none of which was written before.
    pub(super) fn add(&mut self, cells: Range<u64>) {
        let (mut start, mut end) = (cells.start, cells.end);
        if let Some((&before, _)) = self.0.range(..start).next_back().filter(|(_, end)| **end == start) {
            self.0.remove(&before);
            start = before;
        }
        if let Some(after) = self.0.remove(&end) {
            end = after;
        }
        self.0.insert(start, end);
    }

    /// The ranges of `0..total` that were not written.
    pub(super) fn missing(&self, total: u64) -> Vec<Range<u64>> {
        let mut out = Vec::new();
        let mut at = 0;
        for (&start, &end) in &self.0 {
            if at < start {
                out.push(at..start);
            }
            at = end;
        }
        if at < total {
            out.push(at..total);
        }
        out
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn neighbours_grow_together() {
        let mut written = Written::default();
        for cells in [4..6, 0..2, 8..9, 2..4, 6..8] {
            assert!(!written.touches(&cells));
            written.add(cells);
        }
        assert_eq!(written.0, BTreeMap::from([(0, 9)]));
        assert_eq!(written.missing(12).first(), Some(&(9..12)));
    }

    proptest! {
        #[test]
        fn what_is_missing_is_what_was_not_added(ranges in prop::collection::vec((0u64..30, 1u64..6), 0..12)) {
            let (mut written, mut cells) = (Written::default(), [false; 40]);
            for (start, length) in ranges {
                let range = start as usize..(start + length) as usize;
                let is_taken = cells[range.clone()].contains(&true);
                prop_assert_eq!(written.touches(&(start..start + length)), is_taken);
                if !is_taken {
                    written.add(start..start + length);
                    cells[range].fill(true);
                }
            }
            let missing: Vec<u64> = written.missing(40).into_iter().flatten().collect();
            let expected: Vec<u64> = (0..40).filter(|i| !cells[*i as usize]).collect();
            prop_assert_eq!(missing, expected);
        }
    }
}
