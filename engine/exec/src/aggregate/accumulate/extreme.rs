//! The least and the greatest value, of numbers, times and booleans.
//!
//! The order is Arrow's order of all values: -0 before 0, NaN without a sign after every number and NaN with a sign
//! before. NaN is kept apart from the states, where comparing it would cost every cell.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayData, ArrayRef, BooleanArray, make_array};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use datafusion::arrow::datatypes::{ArrowNativeType, DataType};
use datafusion::common::internal_err;
use datafusion::error::Result;

use super::bits::Bits;
use super::feed::{self, Fold};
use super::kernel::{Ordered, any_nan, by_offset, extreme, extreme_each, neutral, pick};
use super::rows::Missing;
use super::values::{Presence, native, nulls, same_kind, single, valid};
use super::{Accumulator, Argument, Move, Piece, Target};

/// `min` (`MAX` is false) and `max` (`MAX` is true).
#[derive(Debug)]
pub(super) struct Extreme<T, const MAX: bool> {
    states: States<T, MAX>,
    missing: Missing,
    /// NaN that beats every number.
    best: Missing,
    /// NaN that every number beats.
    worst: Missing,
    data_type: DataType,
}

#[derive(Debug)]
struct States<T, const MAX: bool>(Vec<T>);

impl<T: Ordered, const MAX: bool> Extreme<T, MAX> {
    /// `data_type` is one that `T` is the number of.
    pub(super) fn new(groups: usize, data_type: &DataType) -> Self {
        Self {
            states: States(vec![neutral::<T, MAX>(); groups]),
            missing: Missing::new(groups),
            best: Missing::new(groups),
            worst: Missing::new(groups),
            data_type: data_type.clone(),
        }
    }
}

impl<T: Ordered, const MAX: bool> Fold<T> for States<T, MAX> {
    fn neutral(&self) -> T {
        neutral::<T, MAX>()
    }

    fn one(&mut self, group: usize, values: &[T]) {
        self.0[group] = pick::<T, MAX>(self.0[group], extreme::<T, MAX>(values));
    }

    fn each(&mut self, first: usize, values: &[T]) {
        extreme_each::<T, MAX>(&mut self.0[first..first + values.len()], values);
    }

    fn map(&mut self, base: usize, offsets: &[u32], values: &[T]) {
        let states = Cell::from_mut(&mut self.0[base..]).as_slice_of_cells();
        let take = |offset: usize, value: T| states[offset].set(pick::<T, MAX>(states[offset].get(), value));
        by_offset(
            offsets,
            values,
            |offset, values| take(offset, extreme::<T, MAX>(values)),
            |offsets, values| offsets.iter().zip(values).for_each(|(offset, value)| take(*offset as usize, *value)),
        );
    }

    fn repeat(&mut self, group: usize, value: T, _: usize) {
        self.0[group] = pick::<T, MAX>(self.0[group], value);
    }
}

/// A number that an argument may hold as a plain slice.
pub(super) trait Plain: Sized {
    /// The slice, if the argument is one of such numbers.
    fn slice<'a>(_: &Argument<'a>) -> Option<&'a [Self]> {
        None
    }
}

impl Plain for i8 {}
impl Plain for i16 {}
impl Plain for i32 {}
impl Plain for i64 {}
impl Plain for u8 {}
impl Plain for u16 {}
impl Plain for u32 {}
impl Plain for u64 {}

impl Plain for f32 {
    fn slice<'a>(argument: &Argument<'a>) -> Option<&'a [Self]> {
        match argument {
            Argument::Float32(values) => Some(values),
            _ => None,
        }
    }
}

impl Plain for f64 {
    fn slice<'a>(argument: &Argument<'a>) -> Option<&'a [Self]> {
        match argument {
            Argument::Float64(values) => Some(values),
            _ => None,
        }
    }
}

impl<T: Ordered + Plain + ArrowNativeType, const MAX: bool> Extreme<T, MAX> {
    fn update_cells(&mut self, piece: &Piece<'_>, values: &[T], present: Option<&Bits>) {
        let Self { states, best, worst, .. } = self;
        feed::numbers(piece, values, present, states, |to: Target, values: &[T]| {
            for (nan, negative) in [(&mut *best, !MAX), (&mut *worst, MAX)] {
                if values.iter().any(|value| value.is_nan() && value.is_negative() == negative) {
                    nan.add_nan(to, piece, values, |value: T| value.is_negative() == negative);
                }
            }
        });
    }

    /// The answer of a group with so many values.
    fn answer(&self, group: usize, present: u64) -> T {
        let nan = if self.best.of(group) > 0 {
            T::nan(!MAX)
        } else if self.worst.of(group) == present {
            T::nan(MAX)
        } else {
            None
        };
        nan.unwrap_or(self.states.0[group])
    }
}

impl<T: Ordered + Plain + ArrowNativeType, const MAX: bool> Accumulator for Extreme<T, MAX> {
    fn update(&mut self, piece: &Piece<'_>, arguments: &[Argument<'_>]) -> Result<()> {
        let argument = single(piece, arguments)?;
        let mask = piece.mask.map(Bits::of);
        if let Some(values) = T::slice(&argument) {
            let Self { states, missing, .. } = self;
            feed::numbers(piece, values, mask.as_ref(), states, |to, values: &[T]| {
                missing.add_nan(to, piece, values, |_| true);
            });
            return Ok(());
        }
        let presence = Presence::new(piece.len, mask, valid(piece, &argument));
        let present = presence.present.as_ref();
        self.missing.add(piece, presence.missing.as_ref());
        match argument {
            Argument::Cells(array) => {
                let values = native::<T>(array, &self.data_type)?;
                self.update_cells(piece, &values, present);
            }
            Argument::Runs(array) => {
                let values = native::<T>(array, &self.data_type)?;
                if any_nan(&values) {
                    let mut cells = vec![T::default(); piece.len];
                    for (run, value) in piece.runs.iter().zip(values.iter()) {
                        cells[run.start..run.start + run.len].fill(*value);
                    }
                    self.update_cells(piece, &cells, present);
                } else {
                    let nulls = nulls(array);
                    let is_valid = |run| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(run));
                    feed::runs(piece, &values, is_valid, present, &mut self.states);
                }
            }
            Argument::Float32(_) | Argument::Float64(_) => {
                return internal_err!(
                    "an argument of an aggregate is a floating-point number, expected `{}`",
                    self.data_type
                );
            }
        }
        Ok(())
    }

    fn merge(&mut self, later: Box<dyn Accumulator>) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        extreme_each::<T, MAX>(&mut self.states.0, &later.states.0);
        self.missing.merge(&later.missing);
        self.best.merge(&later.best);
        self.worst.merge(&later.worst);
        Ok(())
    }

    fn merge_groups(&mut self, later: Box<dyn Accumulator>, moves: &[Move]) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        for Move { from, to } in moves {
            self.states.one(*to, &later.states.0[from.clone()]);
        }
        self.missing.merge_groups(&later.missing, moves);
        self.best.merge_groups(&later.best, moves);
        self.worst.merge_groups(&later.worst, moves);
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, cells: &[u64]) -> Result<ArrayRef> {
        let present: Vec<u64> = self.missing.present(groups.clone(), cells).collect();
        let nulls = NullBuffer::from_iter(present.iter().map(|present| *present > 0));
        let answers: Vec<T> = groups.zip(&present).map(|(group, present)| self.answer(group, *present)).collect();
        if self.data_type == DataType::Boolean {
            let values: BooleanBuffer = answers.iter().map(|answer| *answer > T::default()).collect();
            return Ok(Arc::new(BooleanArray::new(values, Some(nulls))));
        }
        let data = ArrayData::builder(self.data_type.clone()).len(answers.len()).add_buffer(Buffer::from_vec(answers));
        Ok(make_array(data.nulls(Some(nulls)).build()?))
    }

    fn memory(&self) -> usize {
        let nan = self.best.memory() + self.worst.memory();
        self.states.0.capacity() * size_of::<T>() + self.missing.memory() + nan
    }
}
