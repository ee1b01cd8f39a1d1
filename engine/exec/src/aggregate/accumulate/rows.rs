//! Cells counted by group: those that a mask lets through, and those that are missing.

use std::cell::Cell;
use std::ops::Range;

use super::bits::{Bits, low, ones};
use super::kernel::{BLOCK, MaybeNan, by_offset, zeros};
use super::{Move, Piece, Run, Target};

/// How many cells counted in each group, where a mask decides that.
#[derive(Debug)]
pub(crate) struct RowCounter {
    counts: Vec<u64>,
}

impl RowCounter {
    /// None yet, in any of the groups.
    pub(crate) fn new(groups: usize) -> Self {
        Self { counts: zeros(groups) }
    }

    /// Counts the cells of a piece.
    pub(crate) fn update(&mut self, piece: &Piece<'_>) {
        self.add(piece, piece.mask.map(Bits::of).as_ref());
    }

    /// Adds what `later` counted, in as many groups.
    pub(crate) fn merge(&mut self, later: &Self) {
        for (count, later) in self.counts.iter_mut().zip(&later.counts) {
            *count += later;
        }
    }

    /// Adds what `later` counted in groups of its own.
    pub(crate) fn merge_groups(&mut self, later: &Self, moves: &[Move]) {
        for Move { from, to } in moves {
            self.counts[*to] += later.counts[from.clone()].iter().sum::<u64>();
        }
    }

    /// The counts of `groups`.
    pub(crate) fn counts(&self, groups: Range<usize>) -> &[u64] {
        &self.counts[groups]
    }

    /// Bytes held.
    pub(crate) fn memory(&self) -> usize {
        self.counts.capacity() * size_of::<u64>()
    }

    /// Counts the cells of a piece whose bit is set.
    fn add(&mut self, piece: &Piece<'_>, bits: Option<&Bits>) {
        for run in piece.runs {
            self.add_run(run, piece.offsets, bits);
        }
    }

    fn add_run(&mut self, run: &Run, offsets: &[u32], bits: Option<&Bits>) {
        let cells = run.start..run.start + run.len;
        let each_word = |take: &mut dyn FnMut(usize, usize, u64)| match bits {
            Some(bits) => bits.each_word(cells.clone(), take),
            None => (0..run.len).step_by(64).for_each(|first| {
                let len = (run.len - first).min(64);
                take(first, len, low(len));
            }),
        };
        match run.to {
            Target::One(group) => {
                self.counts[group] += bits.map_or(run.len, |bits| bits.count(cells.clone())) as u64;
            }
            Target::Each(first_group) => {
                let counts = &mut self.counts[first_group..first_group + run.len];
                each_word(&mut |first, len, word| {
                    if word == low(len) {
                        counts[first..first + len].iter_mut().for_each(|count| *count += 1);
                    } else {
                        ones(word).for_each(|bit| counts[first + bit] += 1);
                    }
                });
            }
            Target::Map { base, from } => {
                let (counts, offsets) = (&mut self.counts[base..], &offsets[from..from + run.len]);
                each_word(&mut |first, _, word| {
                    ones(word).for_each(|bit| counts[offsets[first + bit] as usize] += 1);
                });
            }
        }
    }
}

/// How many cells that count are missing in each group; nothing is held until the first one.
#[derive(Debug)]
pub(super) struct Missing {
    groups: usize,
    counter: Option<RowCounter>,
}

impl Missing {
    /// None yet, in any of the groups.
    pub(super) fn new(groups: usize) -> Self {
        Self { groups, counter: None }
    }

    fn counter(&mut self) -> &mut RowCounter {
        self.counter.get_or_insert_with(|| RowCounter::new(self.groups))
    }

    /// Counts the cells of a piece whose bit is set.
    pub(super) fn add(&mut self, piece: &Piece<'_>, missing: Option<&Bits>) {
        if let Some(missing) = missing.filter(|missing| missing.any()) {
            self.counter().add(piece, Some(missing));
        }
    }

    /// Counts the values of a run that are NaN and that `is` holds for.
    pub(super) fn add_nan<T: MaybeNan>(&mut self, to: Target, piece: &Piece<'_>, values: &[T], is: impl Fn(T) -> bool) {
        let counts = &mut self.counter().counts;
        let found = |value: &T| u32::from(value.is_nan() && is(*value));
        match to {
            Target::One(group) => {
                counts[group] +=
                    values.chunks(BLOCK).map(|block| u64::from(block.iter().map(found).sum::<u32>())).sum::<u64>();
            }
            Target::Each(first) => {
                for (count, value) in counts[first..].iter_mut().zip(values) {
                    *count += u64::from(found(value));
                }
            }
            Target::Map { base, from } => {
                let counts = Cell::from_mut(&mut counts[base..]).as_slice_of_cells();
                let add = |offset: usize, found: u32| counts[offset].set(counts[offset].get() + u64::from(found));
                by_offset(
                    &piece.offsets[from..from + values.len()],
                    values,
                    |offset, values| add(offset, values.iter().map(found).sum()),
                    |offsets, values| {
                        for (offset, value) in offsets.iter().zip(values) {
                            if found(value) > 0 {
                                add(*offset as usize, 1);
                            }
                        }
                    },
                );
            }
        }
    }

    /// Adds what `later` counted, in as many groups.
    pub(super) fn merge(&mut self, later: &Self) {
        if let Some(later) = &later.counter {
            self.counter().merge(later);
        }
    }

    /// Adds what `later` counted in groups of its own.
    pub(super) fn merge_groups(&mut self, later: &Self, moves: &[Move]) {
        if let Some(later) = &later.counter {
            self.counter().merge_groups(later, moves);
        }
    }

    /// How many in a group.
    pub(super) fn of(&self, group: usize) -> u64 {
        self.counter.as_ref().map_or(0, |counter| counter.counts[group])
    }

    /// Whether none is, in any group.
    pub(super) fn is_none(&self) -> bool {
        self.counter.is_none()
    }

    /// How many are there in each group of the range, of the cells that counted.
    pub(super) fn present<'a>(&'a self, groups: Range<usize>, cells: &'a [u64]) -> impl Iterator<Item = u64> + 'a {
        groups.zip(cells).map(|(group, cells)| cells.saturating_sub(self.of(group)))
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        self.counter.as_ref().map_or(0, RowCounter::memory)
    }
}
