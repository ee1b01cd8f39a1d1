//! From the runs of a piece to states: what masks, nulls and NaN leave of a run, in blocks that stay in the cache.

use super::bits::Bits;
use super::kernel::{BLOCK, MaybeNan, any_nan, without_nan};
use super::{Piece, Run, Target};

/// States that take in values that are there.
pub(super) trait Fold<T> {
    /// A value that changes no state.
    fn neutral(&self) -> T;

    /// Takes all values into one group.
    fn one(&mut self, group: usize, values: &[T]);

    /// Takes each value into the next group.
    fn each(&mut self, first: usize, values: &[T]);

    /// Takes each value into the group at its offset.
    fn map(&mut self, base: usize, offsets: &[u32], values: &[T]);

    /// Takes the same value into a group, at least once.
    fn repeat(&mut self, group: usize, value: T, times: usize);
}

fn take<T>(fold: &mut impl Fold<T>, to: Target, offsets: &[u32], values: &[T]) {
    match to {
        Target::One(group) => fold.one(group, values),
        Target::Each(first) => fold.each(first, values),
        Target::Map { base, from } => fold.map(base, &offsets[from..from + values.len()], values),
    }
}

/// A run in parts of a block each.
pub(super) fn blocks(run: Run) -> impl Iterator<Item = Run> {
    (0..run.len).step_by(BLOCK).map(move |at| {
        let to = match run.to {
            Target::One(group) => Target::One(group),
            Target::Each(first) => Target::Each(first + at),
            Target::Map { base, from } => Target::Map { base, from: from + at },
        };
        Run { start: run.start + at, len: (run.len - at).min(BLOCK), to }
    })
}

/// The values of a run with `instead` where the bit is not set; `None` where no bit is.
pub(super) fn shown<'a, T: Copy>(
    run: &Run,
    values: &'a [T],
    bits: Option<&Bits>,
    instead: T,
    scratch: &'a mut Vec<T>,
) -> Option<&'a [T]> {
    let cells = run.start..run.start + run.len;
    let values = &values[cells.clone()];
    let Some(bits) = bits else { return Some(values) };
    match bits.count(cells.clone()) {
        0 => None,
        count if count == run.len => Some(values),
        _ => {
            bits.blank(cells, values, instead, scratch);
            Some(scratch)
        }
    }
}

/// Takes in the cells whose bit is set.
pub(super) fn cells<T: Copy>(piece: &Piece<'_>, values: &[T], bits: Option<&Bits>, fold: &mut impl Fold<T>) {
    if bits.is_none() {
        for run in piece.runs {
            take(fold, run.to, piece.offsets, &values[run.start..run.start + run.len]);
        }
        return;
    }
    let mut scratch = Vec::new();
    for block in piece.runs.iter().copied().flat_map(blocks) {
        if let Some(values) = shown(&block, values, bits, fold.neutral(), &mut scratch) {
            take(fold, block.to, piece.offsets, values);
        }
    }
}

/// Takes in the cells whose bit is set and that are not NaN; `nan` takes the blocks with cells that are.
pub(super) fn numbers<T: MaybeNan>(
    piece: &Piece<'_>,
    values: &[T],
    bits: Option<&Bits>,
    fold: &mut impl Fold<T>,
    mut nan: impl FnMut(Target, &[T]),
) {
    let (mut scratch, mut numbers) = (Vec::new(), Vec::new());
    for block in piece.runs.iter().copied().flat_map(blocks) {
        let Some(values) = shown(&block, values, bits, fold.neutral(), &mut scratch) else { continue };
        if any_nan(values) {
            nan(block.to, values);
            without_nan(values, fold.neutral(), &mut numbers);
            take(fold, block.to, piece.offsets, &numbers);
        } else {
            take(fold, block.to, piece.offsets, values);
        }
    }
}

/// Takes in the cells whose bit is set, of the runs that have a value; `values` has one for each run.
pub(super) fn runs<T: Copy>(
    piece: &Piece<'_>,
    values: &[T],
    is_valid: impl Fn(usize) -> bool,
    bits: Option<&Bits>,
    fold: &mut impl Fold<T>,
) {
    let (mut same, mut scratch) = (Vec::new(), Vec::new());
    for (number, (run, value)) in piece.runs.iter().zip(values).enumerate() {
        if !is_valid(number) {
            continue;
        }
        if let Target::One(group) = run.to {
            let times = bits.map_or(run.len, |bits| bits.count(run.start..run.start + run.len));
            if times > 0 {
                fold.repeat(group, *value, times);
            }
            continue;
        }
        for block in blocks(*run) {
            same.clear();
            same.resize(block.len, *value);
            let cells = block.start..block.start + block.len;
            match bits {
                Some(bits) if bits.count(cells.clone()) < block.len => {
                    bits.blank(cells, &same, fold.neutral(), &mut scratch);
                    take(fold, block.to, piece.offsets, &scratch);
                }
                _ => take(fold, block.to, piece.offsets, &same),
            }
        }
    }
}
