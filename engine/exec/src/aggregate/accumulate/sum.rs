//! Sums and averages. Floating-point numbers are added in 64 bits, whole numbers in 128 bits, so that none is lost.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Float64Array, PrimitiveArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, DataType, Float64Type};
use datafusion::common::exec_err;
use datafusion::error::Result;

use super::bits::Bits;
use super::feed::{self, Fold};
use super::kernel::{Whole, Widen, add_each, add_map, by_offset, sum, zeros};
use super::rows::Missing;
use super::values::{Presence, cast, cast_cells, nulls, same_kind, single, valid, with_numbers};
use super::{Accumulator, Argument, Move, Piece};

/// What becomes of a floating-point sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Sum,
    Average,
}

/// `sum` and `avg` as `DOUBLE`.
#[derive(Debug)]
pub(super) struct FloatSum {
    sums: Vec<f64>,
    missing: Missing,
    answer: Answer,
}

impl FloatSum {
    pub(super) fn new(groups: usize, answer: Answer) -> Self {
        Self { sums: zeros(groups), missing: Missing::new(groups), answer }
    }
}

impl<T: Widen> Fold<T> for Vec<f64> {
    fn neutral(&self) -> T {
        T::default()
    }

    fn one(&mut self, group: usize, values: &[T]) {
        self[group] += sum(values);
    }

    fn each(&mut self, first: usize, values: &[T]) {
        add_each(&mut self[first..first + values.len()], values);
    }

    fn map(&mut self, base: usize, offsets: &[u32], values: &[T]) {
        add_map(&mut self[base..], offsets, values);
    }

    fn repeat(&mut self, group: usize, value: T, times: usize) {
        self[group] += value.widen() * times as f64;
    }
}

impl Accumulator for FloatSum {
    fn update(&mut self, piece: &Piece<'_>, arguments: &[Argument<'_>]) -> Result<()> {
        let argument = single(piece, arguments)?;
        let mask = piece.mask.map(Bits::of);
        let Self { sums, missing, .. } = self;
        match argument {
            Argument::Float32(values) => {
                feed::numbers(piece, values, mask.as_ref(), sums, |to, values| {
                    missing.add_nan(to, piece, values, |_| true)
                });
            }
            Argument::Float64(values) => {
                feed::numbers(piece, values, mask.as_ref(), sums, |to, values| {
                    missing.add_nan(to, piece, values, |_| true)
                });
            }
            Argument::Cells(array) => {
                let presence = Presence::new(piece.len, mask, valid(piece, &argument));
                missing.add(piece, presence.missing.as_ref());
                with_numbers!(
                    array,
                    [Int8: i8, Int16: i16, Int32: i32, Int64: i64, UInt8: u8, UInt16: u16, UInt32: u32, UInt64: u64, Float32: f32, Float64: f64],
                    values => feed::cells(piece, &values, presence.present.as_ref(), sums),
                    else {
                        let array = cast_cells::<Float64Type>(piece, array)?;
                        feed::cells(piece, array.values(), presence.present.as_ref(), sums);
                    }
                );
            }
            Argument::Runs(array) => {
                let presence = Presence::new(piece.len, mask, valid(piece, &argument));
                missing.add(piece, presence.missing.as_ref());
                let array = cast::<Float64Type>(array)?;
                feed::runs(piece, array.values(), |run| array.is_valid(run), presence.present.as_ref(), sums);
            }
        }
        Ok(())
    }

    fn merge(&mut self, later: Box<dyn Accumulator>) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        add_each(&mut self.sums, &later.sums);
        self.missing.merge(&later.missing);
        Ok(())
    }

    fn merge_groups(&mut self, later: Box<dyn Accumulator>, moves: &[Move]) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        for Move { from, to } in moves {
            self.sums[*to] += sum(&later.sums[from.clone()]);
        }
        self.missing.merge_groups(&later.missing, moves);
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, cells: &[u64]) -> Result<ArrayRef> {
        let sums = &self.sums[groups.clone()];
        let counted: Vec<u64>;
        let present = if self.missing.is_none() {
            cells
        } else {
            counted = self.missing.present(groups, cells).collect();
            &counted
        };
        // A count fits 63 bits, and becomes a float at once from a signed number.
        let divisor = |present: u64| present.max(1) as i64 as f64;
        let answers: Vec<f64> = match (self.answer, present.first()) {
            (Answer::Sum, _) => sums.to_vec(),
            (Answer::Average, Some(first)) if present.iter().fold(true, |all, n| all & (n == first)) => {
                let divisor = divisor(*first);
                sums.iter().map(|sum| sum / divisor).collect()
            }
            (Answer::Average, _) => sums.iter().zip(present).map(|(sum, n)| sum / divisor(*n)).collect(),
        };
        let is_there = BooleanBuffer::collect_bool(present.len(), |group| present[group] > 0);
        let nulls = Some(NullBuffer::new(is_there)).filter(|nulls| nulls.null_count() > 0);
        Ok(Arc::new(Float64Array::new(answers.into(), nulls)))
    }

    fn memory(&self) -> usize {
        self.sums.capacity() * size_of::<f64>() + self.missing.memory()
    }
}

/// `sum` as a whole number of type `T`. Fails where the sum does not fit.
#[derive(Debug)]
pub(super) struct WholeSum<T> {
    sums: Vec<i128>,
    missing: Missing,
    name: String,
    kind: std::marker::PhantomData<fn() -> T>,
}

impl<T> WholeSum<T> {
    /// `name` is that of the function with its arguments.
    pub(super) fn new(groups: usize, name: &str) -> Self {
        Self { sums: zeros(groups), missing: Missing::new(groups), name: name.into(), kind: std::marker::PhantomData }
    }
}

impl<T: Whole> Fold<T> for Vec<i128> {
    fn neutral(&self) -> T {
        T::default()
    }

    fn one(&mut self, group: usize, values: &[T]) {
        self[group] += T::total(values);
    }

    fn each(&mut self, first: usize, values: &[T]) {
        for (sum, value) in self[first..].iter_mut().zip(values) {
            *sum += value.whole();
        }
    }

    fn map(&mut self, base: usize, offsets: &[u32], values: &[T]) {
        let sums = Cell::from_mut(&mut self[base..]).as_slice_of_cells();
        let add = |offset: usize, value: i128| sums[offset].set(sums[offset].get() + value);
        by_offset(
            offsets,
            values,
            |offset, values| add(offset, T::total(values)),
            |offsets, values| {
                offsets.iter().zip(values).for_each(|(offset, value)| add(*offset as usize, value.whole()));
            },
        );
    }

    fn repeat(&mut self, group: usize, value: T, times: usize) {
        self[group] += value.whole() * times as i128;
    }
}

impl<T> Accumulator for WholeSum<T>
where
    T: ArrowPrimitiveType + std::fmt::Debug,
    T::Native: Whole + TryFrom<i128>,
{
    fn update(&mut self, piece: &Piece<'_>, arguments: &[Argument<'_>]) -> Result<()> {
        let argument = single(piece, arguments)?;
        let presence = Presence::new(piece.len, piece.mask.map(Bits::of), valid(piece, &argument));
        let present = presence.present.as_ref();
        let Self { sums, missing, .. } = self;
        missing.add(piece, presence.missing.as_ref());
        match argument {
            Argument::Float32(_) | Argument::Float64(_) => {
                return exec_err!("`{}` of `{}` got floating-point numbers", self.name, T::DATA_TYPE);
            }
            Argument::Cells(array) => with_numbers!(
                array,
                [Int8: i8, Int16: i16, Int32: i32, Int64: i64, UInt8: u8, UInt16: u16, UInt32: u32, UInt64: u64],
                values => feed::cells(piece, &values, present, sums),
                else {
                    let array = cast_cells::<T>(piece, array)?;
                    feed::cells(piece, array.values(), present, sums);
                }
            ),
            Argument::Runs(array) => {
                let nulls = nulls(array);
                let is_valid = |run| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(run));
                let array = cast::<T>(array)?;
                feed::runs(piece, array.values(), is_valid, present, sums);
            }
        }
        Ok(())
    }

    fn merge(&mut self, later: Box<dyn Accumulator>) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        for (sum, later) in self.sums.iter_mut().zip(&later.sums) {
            *sum += later;
        }
        self.missing.merge(&later.missing);
        Ok(())
    }

    fn merge_groups(&mut self, later: Box<dyn Accumulator>, moves: &[Move]) -> Result<()> {
        let later = same_kind::<Self>(later)?;
        for Move { from, to } in moves {
            self.sums[*to] += later.sums[from.clone()].iter().sum::<i128>();
        }
        self.missing.merge_groups(&later.missing, moves);
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, cells: &[u64]) -> Result<ArrayRef> {
        let answer = |(sum, present): (&i128, u64)| match T::Native::try_from(*sum) {
            _ if present == 0 => Ok(None),
            Ok(sum) => Ok(Some(sum)),
            Err(_) => exec_err!(
                "`{}` is `{sum}`, outside of the range of `{}`; cast the argument to DOUBLE or DECIMAL",
                self.name,
                T::DATA_TYPE
            ),
        };
        let sums = self.sums[groups.clone()].iter().zip(self.missing.present(groups, cells));
        Ok(Arc::new(sums.map(answer).collect::<Result<PrimitiveArray<T>>>()?))
    }

    fn memory(&self) -> usize {
        self.sums.capacity() * size_of::<i128>() + self.missing.memory()
    }
}
