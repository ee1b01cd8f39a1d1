//! The functions of windows along a dimension.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBufferBuilder, PrimitiveArray, UInt32Array, UInt64Array,
};
use datafusion::arrow::buffer::{NullBuffer, ScalarBuffer};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType,
    DurationSecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use datafusion::common::{ScalarValue, exec_err};
use datafusion::error::Result;

use super::kernel::{Greatest, Least, Moments, Op, Sum, WholeSum};
use super::lanes::Shape;
use super::line::Line;
use super::run::{Answers, Carries, Job, run};
use crate::error::internal;

/// An aggregate over the rows of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum FrameAggregate {
    /// How many values, or rows where there is no argument.
    Count,
    /// The sum in `DOUBLE`.
    Sum,
    /// The average in `DOUBLE`.
    Average,
    /// The exact sum in `BIGINT`, or `BIGINT UNSIGNED`; the name is that of the function with its arguments.
    WholeSum(String),
    /// The least value.
    Least,
    /// The greatest value.
    Greatest,
    /// Variance, or its root: the standard deviation; of a sample, or of all there is.
    Spread {
        /// Whether there is one less to divide by.
        sample: bool,
        /// Whether the root is taken.
        root: bool,
    },
}

/// The value of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowValue {
    /// That of the first row of the frame.
    First,
    /// That of the last row of the frame.
    Last,
    /// That of a row of the frame, counted from 1; from its end where negative.
    Nth(i64),
    /// That of the row so many rows before, or after where negative; the default where there is none.
    Before(i64, ScalarValue),
}

impl RowValue {
    /// The place whose value is the answer at `place`; `None` for the default.
    pub(crate) fn source(&self, place: u64, frame: &Range<u64>, line: &Line) -> Option<u64> {
        let is_descending = line.is_descending();
        let nth = |n: u64, from_start: bool| match from_start {
            true => frame.start.checked_add(n).filter(|p| *p < frame.end),
            false => frame.end.checked_sub(n.checked_add(1)?).filter(|p| *p >= frame.start),
        };
        match self {
            Self::First => nth(0, !is_descending),
            Self::Last => nth(0, is_descending),
            Self::Nth(0) => None,
            Self::Nth(n) => nth(n.unsigned_abs() - 1, (*n > 0) != is_descending),
            Self::Before(offset, _) => {
                let (_, sequence) = line.sequence(place);
                let offset = if is_descending { *offset } else { offset.checked_neg()? };
                place.checked_add_signed(offset).filter(|p| sequence.contains(p))
            }
        }
    }

    /// What is answered where there is no row.
    pub(crate) fn default(&self) -> Option<&ScalarValue> {
        match self {
            Self::Before(_, default) => Some(default).filter(|d| !d.is_null()),
            _ => None,
        }
    }
}

/// The values of `argument` at `sources`, positions along the dimension of the window, for each lane; the default where
/// there is none.
///
/// # Errors
/// When the values do not fill the block.
pub(crate) fn row_values(
    argument: &ArrayRef,
    shape: Shape,
    sources: &[Option<usize>],
    default: Option<&ScalarValue>,
) -> Result<ArrayRef> {
    let is_inside = sources.iter().flatten().all(|s| *s < shape.along);
    let limit = u32::MAX as usize;
    if argument.len() != shape.cells() || !is_inside || shape.cells().max(shape.lanes() * sources.len()) >= limit {
        return Err(internal(format!("{} values of a window, expected {}", argument.len(), shape.cells())));
    }
    let first = sources.first().copied().flatten();
    let follow = |first: usize| sources.iter().enumerate().all(|(i, s)| *s == Some(first + i));
    if let Some(first) = first.filter(|first| shape.outer == 1 && follow(*first)) {
        return Ok(argument.slice(first * shape.inner, sources.len() * shape.inner));
    }
    let none = shape.cells() as u32;
    let mut indices = Vec::with_capacity(shape.lanes() * sources.len());
    let mut there = BooleanBufferBuilder::new(0);
    let has_nulls = default.is_none() && sources.contains(&None);
    for outer in 0..shape.outer {
        for source in sources {
            match source {
                Some(source) => {
                    let start = ((outer * shape.along + source) * shape.inner) as u32;
                    indices.extend(start..start + shape.inner as u32);
                }
                None => indices.extend(std::iter::repeat_n(none, shape.inner)),
            }
            if has_nulls {
                there.append_n(shape.inner, source.is_some());
            }
        }
    }
    let nulls = has_nulls.then(|| NullBuffer::new(there.finish()));
    let indices = UInt32Array::new(ScalarBuffer::from(indices), nulls);
    match default {
        Some(default) => Ok(take(&concat(&[argument.as_ref(), default.to_array()?.as_ref()])?, &indices, None)?),
        None => Ok(take(argument, &indices, None)?),
    }
}

/// `row_number`: where each of `places` stands in its sequence, for each lane of `shape`.
pub(crate) fn row_numbers(places: &[u64], shape: Shape, line: &Line) -> ArrayRef {
    let numbers: Vec<u64> = places
        .iter()
        .map(|place| {
            let (_, sequence) = line.sequence(*place);
            if line.is_descending() { sequence.end - place } else { place + 1 - sequence.start }
        })
        .collect();
    let mut values = Vec::with_capacity(shape.lanes() * places.len());
    for _ in 0..shape.outer {
        for number in &numbers {
            values.extend(std::iter::repeat_n(*number, shape.inner));
        }
    }
    Arc::new(UInt64Array::from(values))
}

macro_rules! with_primitive {
    ($array:expr, [$($type:ident),*], $values:ident => $do:expr, $other:expr) => {
        match $array {
            $(array if array.as_primitive_opt::<$type>().is_some() => {
                let $values = array.as_primitive::<$type>();
                $do
            })*
            _ => $other,
        }
    };
}

impl FrameAggregate {
    /// Whether arguments of `data_type` are known.
    pub fn takes(&self, data_type: &DataType) -> bool {
        let is_number = data_type.is_numeric() && !matches!(data_type, DataType::Float16) && !is_decimal(data_type);
        match self {
            Self::Count => true,
            Self::Sum | Self::Average | Self::Spread { .. } => is_number,
            Self::WholeSum(_) => matches!(data_type, DataType::Int64 | DataType::UInt64),
            Self::Least | Self::Greatest => {
                is_number || matches!(data_type, DataType::Timestamp(_, _) | DataType::Duration(_) | DataType::Date32)
            }
        }
    }

    /// Bytes of what is kept for each lane of a running answer.
    pub(crate) fn bytes_a_lane(&self) -> usize {
        size_of::<u32>()
            + match self {
                Self::Count => 0,
                Self::Sum | Self::Average | Self::Least | Self::Greatest => size_of::<f64>(),
                Self::WholeSum(_) => size_of::<i128>(),
                Self::Spread { .. } => 3 * size_of::<f64>(),
            }
    }

    /// The answers, as a block of `job.own` along the dimension of the window.
    ///
    /// # Errors
    /// When a whole sum does not fit, or the argument is not of a type that [`Self::takes`].
    #[allow(clippy::unnecessary_cast, reason = "one of the types that the macro goes through is `f64`")]
    pub(crate) fn answer(&self, argument: Option<&ArrayRef>, job: &Job<'_>, carries: &mut Carries) -> Result<ArrayRef> {
        let nulls = argument.and_then(|a| a.logical_nulls()).filter(|n| n.null_count() > 0);
        let job = &Job { nulls: nulls.as_ref(), ..*job };
        let argument = match (self, argument) {
            (Self::Count, _) => {
                let cells = vec![(); job.shape.cells()];
                let counts = run::<(), Nothing, i64>(job, &cells, carries, |()| (), |(), n| i64::from(n), 0)?;
                return Ok(array::<Int64Type>(counts, &DataType::Int64));
            }
            (_, Some(argument)) => argument,
            (_, None) => return Err(internal("an aggregate has no argument")),
        };
        match self {
            Self::Count => Err(internal("a count has been answered")),
            Self::Sum => self.floats(argument, job, carries, |sum, _| *sum),
            Self::Average => self.floats(argument, job, carries, |sum, count| *sum / f64::from(count)),
            Self::WholeSum(name) => match argument.data_type() {
                DataType::Int64 => whole::<Int64Type>(argument, job, carries, name),
                _ => whole::<UInt64Type>(argument, job, carries, name),
            },
            Self::Least => extreme::<Least>(argument, job, carries),
            Self::Greatest => extreme::<Greatest>(argument, job, carries),
            Self::Spread { sample, root } => {
                let finish = |[count, _, squares]: &[f64; 3], _| {
                    let variance = squares / if *sample { count - 1.0 } else { *count };
                    if *root { variance.sqrt() } else { variance }
                };
                let single = |v: f64| [1.0, v, if v.is_finite() { 0.0 } else { f64::NAN }];
                let least = if *sample { 2 } else { 1 };
                with_primitive!(
                    argument,
                    [Float64Type, Float32Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type],
                    values => {
                        let read = |v| single(v as f64);
                        let answers = run::<_, Moments, f64>(job, values.values(), carries, read, finish, least)?;
                        Ok(array::<Float64Type>(answers, &DataType::Float64))
                    },
                    Err(unknown(argument))
                )
            }
        }
    }

    #[allow(clippy::unnecessary_cast, reason = "one of the types that the macro goes through is `f64`")]
    fn floats(
        &self,
        argument: &ArrayRef,
        job: &Job<'_>,
        carries: &mut Carries,
        finish: impl Fn(&f64, u32) -> f64,
    ) -> Result<ArrayRef> {
        with_primitive!(
            argument,
            [Float64Type, Float32Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type],
            values => {
                let answers = run::<_, Sum, f64>(job, values.values(), carries, |v| v as f64, finish, 1)?;
                Ok(array::<Float64Type>(answers, &DataType::Float64))
            },
            Err(unknown(argument))
        )
    }
}

fn is_decimal(data_type: &DataType) -> bool {
    use DataType::{Decimal32, Decimal64, Decimal128, Decimal256};
    matches!(data_type, Decimal32(_, _) | Decimal64(_, _) | Decimal128(_, _) | Decimal256(_, _))
}

fn unknown(argument: &ArrayRef) -> datafusion::error::DataFusionError {
    internal(format!("a window over values of type `{}`", argument.data_type()))
}

/// Where only how many there are counts.
struct Nothing;

impl Op for Nothing {
    type T = ();
    const NONE: () = ();
    fn join((): (), (): ()) {}
}

fn array<T: ArrowPrimitiveType>(answers: Answers<T::Native>, data_type: &DataType) -> ArrayRef {
    let array = PrimitiveArray::<T>::new(ScalarBuffer::from(answers.values), answers.nulls);
    Arc::new(array.with_data_type(data_type.clone()))
}

fn whole<T>(argument: &ArrayRef, job: &Job<'_>, carries: &mut Carries, name: &str) -> Result<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128> + TryFrom<i128> + Default,
{
    let Some(values) = argument.as_primitive_opt::<T>() else { return Err(unknown(argument)) };
    let outside = Cell::new(None);
    let finish = |sum: &i128, _| {
        T::Native::try_from(*sum).unwrap_or_else(|_| {
            outside.set(Some(*sum));
            T::Native::default()
        })
    };
    let answers = run::<_, WholeSum, _>(job, values.values(), carries, Into::into, finish, 1)?;
    match outside.get() {
        Some(sum) => exec_err!(
            "`{name}` is `{sum}`, outside of the range of `{}`; cast the argument to DOUBLE or DECIMAL",
            T::DATA_TYPE
        ),
        None => Ok(array::<T>(answers, &T::DATA_TYPE)),
    }
}

/// A number with a 64-bit whole number that has the same order, which for floating-point numbers is Arrow's.
trait Key: Copy + Default {
    fn key(self) -> i64;
    fn of_key(key: i64) -> Self;
}

macro_rules! keys {
    ($($type:ty),*) => {
        $(impl Key for $type {
            fn key(self) -> i64 {
                i64::from(self)
            }
            fn of_key(key: i64) -> Self {
                key as Self
            }
        })*
    };
}

keys!(i8, i16, i32, i64, u8, u16, u32);

impl Key for u64 {
    fn key(self) -> i64 {
        (self ^ (1 << 63)) as i64
    }
    fn of_key(key: i64) -> Self {
        key as Self ^ (1 << 63)
    }
}

impl Key for f32 {
    fn key(self) -> i64 {
        let bits = self.to_bits() as i32;
        i64::from(bits ^ ((bits >> 31) & i32::MAX))
    }
    fn of_key(key: i64) -> Self {
        let key = key as i32;
        Self::from_bits((key ^ ((key >> 31) & i32::MAX)) as u32)
    }
}

impl Key for f64 {
    fn key(self) -> i64 {
        let bits = self.to_bits() as i64;
        bits ^ ((bits >> 63) & i64::MAX)
    }
    fn of_key(key: i64) -> Self {
        Self::from_bits((key ^ ((key >> 63) & i64::MAX)) as u64)
    }
}

fn extreme<O: Op<T = i64>>(argument: &ArrayRef, job: &Job<'_>, carries: &mut Carries) -> Result<ArrayRef> {
    fn of<T, O>(values: &PrimitiveArray<T>, job: &Job<'_>, carries: &mut Carries) -> Result<ArrayRef>
    where
        T: ArrowPrimitiveType,
        T::Native: Key,
        O: Op<T = i64>,
    {
        let answers = run::<_, O, T::Native>(job, values.values(), carries, Key::key, |key, _| Key::of_key(*key), 1)?;
        Ok(array::<T>(answers, values.data_type()))
    }
    with_primitive!(
        argument,
        [
            Float64Type, Float32Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
            UInt64Type, TimestampMicrosecondType, TimestampNanosecondType, TimestampMillisecondType,
            TimestampSecondType, DurationMicrosecondType, DurationNanosecondType, DurationMillisecondType,
            DurationSecondType, Date32Type
        ],
        values => of::<_, O>(values, job, carries),
        Err(unknown(argument))
    )
}
