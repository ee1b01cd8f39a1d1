//! Arguments as plain slices, and which of their cells are there.

use std::any::Any;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use datafusion::arrow::compute::{CastOptions, cast_with_options, nullif};
use datafusion::arrow::datatypes::{ArrowNativeType, ArrowPrimitiveType, DataType};
use datafusion::common::internal_err;
use datafusion::error::Result;

use super::bits::Bits;
use super::kernel::any_nan;
use super::{Accumulator, Argument, Piece};

/// Which cells of a piece count and are there, and which count and are missing; `None` for all, and for none.
#[derive(Debug, Default)]
pub(super) struct Presence {
    pub(super) present: Option<Bits>,
    pub(super) missing: Option<Bits>,
}

impl Presence {
    /// From the cells that count and those that have a value, `None` for all of them.
    pub(super) fn new(len: usize, mask: Option<Bits>, valid: Option<Bits>) -> Self {
        match (mask, valid) {
            (mask, None) => Self { present: mask, missing: None },
            (None, Some(valid)) => Self { missing: Some(Bits::all(len).and_not(&valid)), present: Some(valid) },
            (Some(mask), Some(valid)) => Self { missing: Some(mask.and_not(&valid)), present: Some(mask.and(&valid)) },
        }
    }
}

/// The cells of a piece for which an argument has a value; `None` for all.
pub(super) fn valid(piece: &Piece<'_>, argument: &Argument<'_>) -> Option<Bits> {
    match argument {
        Argument::Float32(values) => any_nan(values).then(|| Bits::of_numbers(values)),
        Argument::Float64(values) => any_nan(values).then(|| Bits::of_numbers(values)),
        Argument::Cells(array) => nulls(array).map(|nulls| Bits::of(nulls.inner())),
        Argument::Runs(array) => {
            nulls(array).map(|nulls| Bits::of_runs(piece.len, piece.runs, |run| nulls.is_valid(run)))
        }
    }
}

/// The nulls of an array, if it has some.
pub(super) fn nulls(array: &ArrayRef) -> Option<NullBuffer> {
    array.logical_nulls().filter(|nulls| nulls.null_count() > 0)
}

/// Fails when arguments do not have a value for each cell or run of a piece.
pub(super) fn check(piece: &Piece<'_>, arguments: &[Argument<'_>]) -> Result<()> {
    for argument in arguments {
        let (len, expected) = match argument {
            Argument::Float32(values) => (values.len(), piece.len),
            Argument::Float64(values) => (values.len(), piece.len),
            Argument::Cells(array) => (array.len(), piece.len),
            Argument::Runs(array) => (array.len(), piece.runs.len()),
        };
        if len != expected {
            return internal_err!("an argument of an aggregate has {len} values, expected {expected}");
        }
    }
    Ok(())
}

/// The one argument of a function.
pub(super) fn single<'a>(piece: &Piece<'_>, arguments: &[Argument<'a>]) -> Result<Argument<'a>> {
    check(piece, arguments)?;
    match arguments {
        [argument] => Ok(*argument),
        _ => internal_err!("an aggregate has {} arguments, expected 1", arguments.len()),
    }
}

/// The numbers of an array in the type that memory holds, 0 and 1 for booleans.
pub(super) fn native<T: ArrowNativeType>(array: &ArrayRef, expected: &DataType) -> Result<ScalarBuffer<T>> {
    if array.data_type() != expected {
        return internal_err!("an argument of an aggregate is `{}`, expected `{expected}`", array.data_type());
    }
    if let Some(booleans) = array.as_boolean_opt() {
        return Ok(booleans.values().iter().map(|value| T::usize_as(usize::from(value))).collect());
    }
    let data = array.to_data();
    match (data.buffers(), expected.primitive_width()) {
        ([values], Some(width)) if width == size_of::<T>() => {
            Ok(ScalarBuffer::new(values.clone(), data.offset(), data.len()))
        }
        _ => internal_err!("`{expected}` is not kept in {} bytes", size_of::<T>()),
    }
}

/// The values of an array in another type. Fails as a cast in the query fails.
pub(super) fn cast<T: ArrowPrimitiveType>(array: &ArrayRef) -> Result<PrimitiveArray<T>> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    Ok(cast_with_options(array, &T::DATA_TYPE, &options)?.as_primitive::<T>().clone())
}

/// [`cast`] of one value for each cell, of the cells that count alone: the others must not fail.
pub(super) fn cast_cells<T: ArrowPrimitiveType>(piece: &Piece<'_>, array: &ArrayRef) -> Result<PrimitiveArray<T>> {
    let covered = Bits::of_runs(piece.len, piece.runs, |_| true);
    let counted = match piece.mask {
        Some(mask) => covered.and(&Bits::of(mask)),
        None => covered,
    };
    let left_out: BooleanBuffer = Bits::all(piece.len).and_not(&counted).into();
    cast(&nullif(array, &BooleanArray::new(left_out, None))?)
}

/// `later` as the kind that it is merged into.
pub(super) fn same_kind<T: Accumulator>(later: Box<dyn Accumulator>) -> Result<Box<T>> {
    let later: Box<dyn Any> = later;
    match later.downcast() {
        Ok(later) => Ok(later),
        Err(_) => internal_err!("states of two kinds of aggregates are merged"),
    }
}

/// Calls `$do` with the values of an array of numbers as a slice, `$other` for an array of another type.
macro_rules! with_numbers {
    ($array:expr, [$($variant:ident: $type:ty),*], $values:ident => $do:expr, else $other:expr) => {
        match $array.data_type() {
            $(DataType::$variant => {
                let $values = $crate::aggregate::accumulate::values::native::<$type>($array, $array.data_type())?;
                $do
            })*
            _ => $other,
        }
    };
}
pub(super) use with_numbers;
