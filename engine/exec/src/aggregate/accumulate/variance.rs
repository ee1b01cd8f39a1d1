//! Variances and standard deviations, from the mean of a group and the sum of the squares of what its values differ
//! from it. Squares of the values themselves would lose what matters where the mean is large.
//!
//! Cells side by side that go to one group get their mean first and their squares after it. Parts of a group are put
//! together as Chan, Golub and LeVeque do it ("Updating formulae and a pairwise algorithm for computing sample
//! variances", 1979), single cells are taken in as Welford does it ("Note on a method for calculating corrected sums of
//! squares and products", 1962).

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Float64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::error::Result;

use super::bits::{Bits, low, ones};
use super::feed::blocks;
use super::kernel::{Widen, sum_of, zeros};
use super::values::{Presence, cast, cast_cells, same_kind, single, valid, with_numbers};
use super::{Accumulator, Argument, Move, Piece, Run, Target};

/// What is answered for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spread {
    /// Whether the values are a sample: then there is one less to divide by, and no answer for a single value.
    pub sample: bool,
    /// Whether the root is taken: a standard deviation.
    pub root: bool,
}

/// `var`, `var_pop`, `stddev` and `stddev_pop`.
#[derive(Debug)]
pub(super) struct Variance {
    states: States,
    spread: Spread,
}

/// With fewer values for a group side by side, one after the other is faster than their mean first.
const WORTH_A_MEAN: usize = 4;

/// Bytes that the state of a group takes.
pub(super) const BYTES_PER_GROUP: usize = 3 * size_of::<f64>();

impl Variance {
    pub(super) fn new(groups: usize, spread: Spread) -> Self {
        let zeros = || zeros(groups);
        Self { states: States { counts: zeros(), means: zeros(), squares: zeros() }, spread }
    }
}

/// What is kept of some values.
#[derive(Debug, Clone, Copy)]
struct Moments {
    /// How many; a floating-point number, because that is what is divided by.
    count: f64,
    mean: f64,
    /// The sum of the squares of the differences from the mean.
    squares: f64,
}

impl Moments {
    /// Those of at least one value.
    fn of<T: Widen>(values: &[T]) -> Self {
        let count = values.len() as f64;
        // Counted from one of the values, so that the mean of equal values is exact and a large mean costs no digits.
        let first = values.first().map_or(0.0, |value| value.widen());
        let mean = first + sum_of(values, |value| value - first) / count;
        let square = |value| {
            let difference = value - mean;
            difference * difference
        };
        Self { count, mean, squares: sum_of(values, square) }
    }

    /// Those of the same value, so many times.
    fn of_same(value: f64, times: usize) -> Self {
        // Infinity does not differ from itself by a number, nor does NaN.
        let squares = if value.is_finite() { 0.0 } else { f64::NAN };
        Self { count: times as f64, mean: value, squares }
    }

    /// Those of both; of no value and some are those of the latter to the bit.
    fn and(self, later: Self) -> Self {
        if later.count == 0.0 {
            return self;
        }
        let count = self.count + later.count;
        let difference = later.mean - self.mean;
        let step = difference * (later.count / count);
        Self { count, mean: self.mean + step, squares: self.squares + later.squares + step * (difference * self.count) }
    }
}

/// Takes a value into the moments of others.
fn welford(count: &mut f64, mean: &mut f64, squares: &mut f64, value: f64) {
    *count += 1.0;
    let difference = value - *mean;
    // Times the inverse: it does not wait for the mean of the value before.
    *mean += difference * (1.0 / *count);
    *squares += difference * (value - *mean);
}

/// The moments of each group.
#[derive(Debug)]
struct States {
    counts: Vec<f64>,
    means: Vec<f64>,
    squares: Vec<f64>,
}

/// Room for the cells that are there.
#[derive(Debug)]
struct Scratch<T> {
    values: Vec<T>,
    offsets: Vec<u32>,
}

impl States {
    fn get(&self, group: usize) -> Moments {
        Moments { count: self.counts[group], mean: self.means[group], squares: self.squares[group] }
    }

    fn add(&mut self, group: usize, later: Moments) {
        let Moments { count, mean, squares } = self.get(group).and(later);
        (self.counts[group], self.means[group], self.squares[group]) = (count, mean, squares);
    }

    /// Takes in a single value.
    fn cell(&mut self, group: usize, value: f64) {
        welford(&mut self.counts[group], &mut self.means[group], &mut self.squares[group], value);
    }

    /// Takes each value into the next group.
    fn each<T: Widen>(&mut self, first: usize, values: &[T]) {
        let groups = first..first + values.len();
        let counts = self.counts[groups.clone()].iter_mut();
        let moments = counts.zip(&mut self.means[groups.clone()]).zip(&mut self.squares[groups]);
        for (((count, mean), squares), value) in moments.zip(values) {
            welford(count, mean, squares, value.widen());
        }
    }

    /// Takes each value into the group at its offset.
    fn map<T: Widen>(&mut self, base: usize, offsets: &[u32], values: &[T]) {
        let mut at = 0;
        for alike in offsets.chunk_by(|offset, next| offset == next) {
            let (group, values) = (base + alike[0] as usize, &values[at..at + alike.len()]);
            at += alike.len();
            if values.len() < WORTH_A_MEAN {
                values.iter().for_each(|value| self.cell(group, value.widen()));
            } else {
                self.add(group, Moments::of(values));
            }
        }
    }

    /// Takes in the values of a block, of which those are there whose bit is set.
    fn take<T: Widen>(
        &mut self,
        block: &Run,
        offsets: &[u32],
        values: &[T],
        present: Option<&Bits>,
        scratch: &mut Scratch<T>,
    ) {
        let cells = block.start..block.start + block.len;
        match present.map(|present| (present, present.count(cells))) {
            Some((_, 0)) => {}
            Some((present, count)) if count < block.len => {
                self.take_some(block, offsets, values, present, scratch);
            }
            _ => match block.to {
                Target::One(group) => self.add(group, Moments::of(values)),
                Target::Each(first) => self.each(first, values),
                Target::Map { base, from } => self.map(base, &offsets[from..from + block.len], values),
            },
        }
    }

    fn take_some<T: Widen>(
        &mut self,
        block: &Run,
        offsets: &[u32],
        values: &[T],
        present: &Bits,
        scratch: &mut Scratch<T>,
    ) {
        let cells = block.start..block.start + block.len;
        match block.to {
            Target::One(group) => {
                keep(present, cells, values, &mut scratch.values);
                self.add(group, Moments::of(&scratch.values));
            }
            Target::Each(first_group) => present.each_word(cells, |first, len, word| {
                if word == low(len) {
                    self.each(first_group + first, &values[first..first + len]);
                } else {
                    ones(word)
                        .map(|bit| first + bit)
                        .for_each(|cell| self.cell(first_group + cell, values[cell].widen()));
                }
            }),
            Target::Map { base, from } => {
                keep(present, cells.clone(), values, &mut scratch.values);
                keep(present, cells, &offsets[from..from + block.len], &mut scratch.offsets);
                self.map(base, &scratch.offsets, &scratch.values);
            }
        }
    }

    fn take_cells<T: Widen>(&mut self, piece: &Piece<'_>, values: &[T], present: Option<&Bits>) {
        let mut scratch = Scratch { values: Vec::new(), offsets: Vec::new() };
        for block in piece.runs.iter().copied().flat_map(blocks) {
            let values = &values[block.start..block.start + block.len];
            self.take(&block, piece.offsets, values, present, &mut scratch);
        }
    }

    /// Takes in one value for each run.
    fn take_runs(&mut self, piece: &Piece<'_>, values: &Float64Array, present: Option<&Bits>) {
        let mut scratch = Scratch { values: Vec::new(), offsets: Vec::new() };
        let mut same = Vec::new();
        for (run, value) in piece.runs.iter().zip(values) {
            let Some(value) = value else { continue };
            if let Target::One(group) = run.to {
                let times = present.map_or(run.len, |present| present.count(run.start..run.start + run.len));
                self.add(group, Moments::of_same(value, times));
                continue;
            }
            for block in blocks(*run) {
                same.clear();
                same.resize(block.len, value);
                self.take(&block, piece.offsets, &same, present, &mut scratch);
            }
        }
    }
}

/// The values of `cells` whose bit is set.
fn keep<T: Copy>(bits: &Bits, cells: Range<usize>, values: &[T], into: &mut Vec<T>) {
    into.clear();
    bits.each_word(cells, |first, len, word| {
        let values = &values[first..first + len];
        if word == low(len) {
            into.extend_from_slice(values);
        } else {
            into.extend(ones(word).map(|bit| values[bit]));
        }
    });
}

impl Accumulator for Variance {
    fn update(&mut self, piece: &Piece<'_>, arguments: &[Argument<'_>]) -> Result<()> {
        let argument = single(piece, arguments)?;
        let presence = Presence::new(piece.len, piece.mask.map(Bits::of), valid(piece, &argument));
        let (states, present) = (&mut self.states, presence.present.as_ref());
        match argument {
            Argument::Float32(values) => states.take_cells(piece, values, present),
            Argument::Float64(values) => states.take_cells(piece, values, present),
            Argument::Cells(array) => with_numbers!(
                array,
                [Int8: i8, Int16: i16, Int32: i32, Int64: i64, UInt8: u8, UInt16: u16, UInt32: u32, UInt64: u64, Float32: f32, Float64: f64],
                values => states.take_cells(piece, &values, present),
                else {
                    let array = cast_cells::<Float64Type>(piece, array)?;
                    states.take_cells(piece, array.values(), present);
                }
            ),
            Argument::Runs(array) => states.take_runs(piece, &cast::<Float64Type>(array)?, present),
        }
        Ok(())
    }

    fn merge(&mut self, later: Box<dyn Accumulator>) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        (0..later.states.counts.len()).for_each(|group| self.states.add(group, later.states.get(group)));
        Ok(())
    }

    fn merge_groups(&mut self, later: Box<dyn Accumulator>, moves: &[Move]) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        for Move { from, to } in moves {
            from.clone().for_each(|group| self.states.add(*to, later.states.get(group)));
        }
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, _: &[u64]) -> Result<ArrayRef> {
        let Spread { sample, root } = self.spread;
        let answers = groups.map(|group| {
            let Moments { count, squares, .. } = self.states.get(group);
            let divisor = if sample { count - 1.0 } else { count };
            let variance = squares / divisor;
            (divisor > 0.0).then(|| if root { variance.sqrt() } else { variance })
        });
        Ok(Arc::new(answers.collect::<Float64Array>()))
    }

    fn memory(&self) -> usize {
        let States { counts, means, squares } = &self.states;
        (counts.capacity() + means.capacity() + squares.capacity()) * size_of::<f64>()
    }
}
