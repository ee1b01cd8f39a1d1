//! [`Values`]: a column as one of the few kinds that the protocol knows.

use hyperslab::datafusion::arrow::array::cast::AsArray;
use hyperslab::datafusion::arrow::array::types::*;
use hyperslab::datafusion::arrow::array::*;
use hyperslab::datafusion::arrow::compute::{CastOptions, cast_with_options, take};
use hyperslab::datafusion::arrow::datatypes::{ArrowNativeType, DataType, IntervalUnit, TimeUnit};
use hyperslab::datafusion::arrow::error::ArrowError;
use hyperslab_pg_catalog::types;

use crate::error::{ServerError, code};

/// A failed conversion is an error, never a NULL.
const STRICT: CastOptions<'static> =
    CastOptions { safe: false, format_options: hyperslab::datafusion::arrow::util::display::FormatOptions::new() };

/// A column as one of the few kinds that the protocol knows.
#[derive(Debug, Clone)]
pub(in crate::postgres) enum Values {
    /// No value in any row.
    Null,
    Bool(BooleanArray),
    Int2(Int16Array),
    Int4(Int32Array),
    Int8(Int64Array),
    Float4(Float32Array),
    Float8(Float64Array),
    Numeric(Decimal128Array, i8),
    Numeric256(Decimal256Array, i8),
    Text(StringArray),
    LargeText(LargeStringArray),
    TextView(StringViewArray),
    Bytes(BinaryArray),
    LargeBytes(LargeBinaryArray),
    BytesView(BinaryViewArray),
    FixedBytes(FixedSizeBinaryArray),
    /// Days since 1970.
    Date(Int32Array),
    /// Microseconds since midnight.
    Time(Int64Array),
    /// Microseconds since 1970.
    Timestamp(Int64Array),
    /// The same, in UTC.
    TimestampTz(Int64Array),
    Interval(IntervalMonthDayNanoArray),
    List(Box<List>),
    /// Structs, maps and unions.
    Json(ArrayRef),
}

/// Rows of arrays.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct List {
    /// The list itself, for its NULLs.
    pub array: ArrayRef,
    /// Where the elements of each row begin and how many there are.
    pub ranges: Vec<(usize, usize)>,
    pub elements: Values,
    /// The type of the innermost elements.
    pub element_oid: u32,
}

impl Values {
    /// The values of a column.
    ///
    /// # Errors
    /// When a moment lies outside of what PostgreSQL has.
    pub fn of(array: &ArrayRef) -> Result<Self, ServerError> {
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::Int16 => Self::Int2(array.as_primitive::<Int16Type>().clone()),
            DataType::Int32 => Self::Int4(array.as_primitive::<Int32Type>().clone()),
            DataType::Int64 => Self::Int8(array.as_primitive::<Int64Type>().clone()),
            DataType::Float32 => Self::Float4(array.as_primitive::<Float32Type>().clone()),
            DataType::Float64 => Self::Float8(array.as_primitive::<Float64Type>().clone()),
            DataType::Int8 | DataType::UInt8 => Self::of(&cast(array, &DataType::Int16)?)?,
            DataType::UInt16 => Self::of(&cast(array, &DataType::Int32)?)?,
            DataType::UInt32 => Self::of(&cast(array, &DataType::Int64)?)?,
            DataType::UInt64 => Self::of(&cast(array, &DataType::Decimal128(20, 0))?)?,
            DataType::Float16 => Self::of(&cast(array, &DataType::Float32)?)?,
            DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
                Self::of(&cast(array, &DataType::Decimal128(*precision, *scale))?)?
            }
            DataType::Decimal128(_, scale) => Self::Numeric(array.as_primitive::<Decimal128Type>().clone(), *scale),
            DataType::Decimal256(_, scale) => Self::Numeric256(array.as_primitive::<Decimal256Type>().clone(), *scale),
            DataType::Utf8 => Self::Text(array.as_string().clone()),
            DataType::LargeUtf8 => Self::LargeText(array.as_string().clone()),
            DataType::Utf8View => Self::TextView(array.as_string_view().clone()),
            DataType::Binary => Self::Bytes(array.as_binary().clone()),
            DataType::LargeBinary => Self::LargeBytes(array.as_binary().clone()),
            DataType::BinaryView => Self::BytesView(array.as_binary_view().clone()),
            DataType::FixedSizeBinary(_) => Self::FixedBytes(array.as_fixed_size_binary().clone()),
            DataType::Date32 => Self::Date(array.as_primitive::<Date32Type>().reinterpret_cast()),
            DataType::Date64 => {
                let days = |ms: i64| i32::try_from(ms.div_euclid(86_400_000)).map_err(|_| too_far());
                Self::Date(array.as_primitive::<Date64Type>().try_unary(days)?)
            }
            DataType::Time32(unit) | DataType::Time64(unit) => Self::Time(micros(array, *unit)?),
            DataType::Timestamp(unit, None) => Self::Timestamp(micros(array, *unit)?),
            DataType::Timestamp(unit, Some(_)) => Self::TimestampTz(micros(array, *unit)?),
            DataType::Interval(IntervalUnit::MonthDayNano) => {
                Self::Interval(array.as_primitive::<IntervalMonthDayNanoType>().clone())
            }
            DataType::Interval(_) => Self::of(&cast(array, &DataType::Interval(IntervalUnit::MonthDayNano))?)?,
            DataType::Duration(unit) => Self::Interval(spans(&micros(array, *unit)?)?),
            DataType::List(_)
            | DataType::LargeList(_)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
            | DataType::FixedSizeList(..) => Self::List(Box::new(List::of(array)?)),
            DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => Self::Json(ArrayRef::clone(array)),
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary();
                Self::of(&take(dictionary.values(), dictionary.keys(), None).map_err(arrow)?)?
            }
            DataType::RunEndEncoded(ends, _) => match ends.data_type() {
                DataType::Int16 => Self::of(&runs::<Int16Type>(array)?)?,
                DataType::Int32 => Self::of(&runs::<Int32Type>(array)?)?,
                _ => Self::of(&runs::<Int64Type>(array)?)?,
            },
        })
    }

    /// Whether a row has no value.
    pub fn is_null(&self, row: usize) -> bool {
        self.array().is_none_or(|a| a.is_null(row))
    }

    /// Whether any row has no value.
    pub fn has_nulls(&self) -> bool {
        self.array().is_none_or(|a| a.logical_null_count() > 0)
    }

    fn array(&self) -> Option<&dyn Array> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(a) => a,
            Self::Int2(a) => a,
            Self::Int4(a) | Self::Date(a) => a,
            Self::Int8(a) | Self::Time(a) | Self::Timestamp(a) | Self::TimestampTz(a) => a,
            Self::Float4(a) => a,
            Self::Float8(a) => a,
            Self::Numeric(a, _) => a,
            Self::Numeric256(a, _) => a,
            Self::Text(a) => a,
            Self::LargeText(a) => a,
            Self::TextView(a) => a,
            Self::Bytes(a) => a,
            Self::LargeBytes(a) => a,
            Self::BytesView(a) => a,
            Self::FixedBytes(a) => a,
            Self::Interval(a) => a,
            Self::List(list) => list.array.as_ref(),
            Self::Json(a) => a.as_ref(),
        })
    }
}

impl List {
    fn of(array: &ArrayRef) -> Result<Self, ServerError> {
        let (ranges, elements): (Vec<(usize, usize)>, &ArrayRef) = match array.data_type() {
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                (between(list.value_offsets()), list.values())
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                (between(list.value_offsets()), list.values())
            }
            DataType::ListView(_) => {
                let list = array.as_list_view::<i32>();
                (sized(list.value_offsets(), list.value_sizes()), list.values())
            }
            DataType::LargeListView(_) => {
                let list = array.as_list_view::<i64>();
                (sized(list.value_offsets(), list.value_sizes()), list.values())
            }
            _ => {
                let list = array.as_fixed_size_list();
                let length = list.value_length().as_usize();
                ((0..list.len()).map(|row| (list.value_offset(row).as_usize(), length)).collect(), list.values())
            }
        };
        let (oid, _) = crate::postgres::types::type_of(array.data_type());
        Ok(Self {
            array: ArrayRef::clone(array),
            ranges,
            elements: Values::of(elements)?,
            element_oid: types::element_of(oid).unwrap_or(types::TEXT),
        })
    }
}

fn between<O: OffsetSizeTrait>(offsets: &[O]) -> Vec<(usize, usize)> {
    let pair = |w: &[O]| match w {
        [from, to] => (from.as_usize(), to.as_usize().saturating_sub(from.as_usize())),
        _ => (0, 0),
    };
    offsets.windows(2).map(pair).collect()
}

fn sized<O: OffsetSizeTrait>(offsets: &[O], sizes: &[O]) -> Vec<(usize, usize)> {
    offsets.iter().zip(sizes.iter()).map(|(from, size)| (from.as_usize(), size.as_usize())).collect()
}

/// The value of each row of a run-end-encoded column.
fn runs<R: RunEndIndexType>(array: &ArrayRef) -> Result<ArrayRef, ServerError> {
    let runs = array.as_any().downcast_ref::<RunArray<R>>().ok_or_else(|| {
        ServerError::new(code::INTERNAL_ERROR, format!("a column of type `{}` is none", array.data_type()))
    })?;
    let rows: Vec<u64> = (0..array.len() as u64).collect();
    let physical = runs.get_physical_indices(&rows).map_err(arrow)?;
    let physical = UInt64Array::from_iter_values(physical.into_iter().map(|i| i as u64));
    take(runs.values(), &physical, None).map_err(arrow)
}

/// Whole numbers in units of time as microseconds; what is finer goes down to the one before.
fn micros(array: &ArrayRef, unit: TimeUnit) -> Result<Int64Array, ServerError> {
    let whole: Int64Array = match array.data_type() {
        DataType::Time32(_) => cast(array, &DataType::Int32)?.as_primitive::<Int32Type>().unary(i64::from),
        _ => cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone(),
    };
    let times = |factor: i64| whole.try_unary(|v| v.checked_mul(factor).ok_or_else(too_far));
    match unit {
        TimeUnit::Second => times(1_000_000),
        TimeUnit::Millisecond => times(1_000),
        TimeUnit::Microsecond => Ok(whole),
        TimeUnit::Nanosecond => Ok(whole.unary(|v| v.div_euclid(1_000))),
    }
}

/// Spans of microseconds as whole days of 24 hours and the rest.
fn spans(micros: &Int64Array) -> Result<IntervalMonthDayNanoArray, ServerError> {
    const DAY: i64 = 86_400_000_000;
    micros.try_unary(|v| {
        let days = i32::try_from(v / DAY).map_err(|_| too_far())?;
        Ok(IntervalMonthDayNano::new(0, days, (v % DAY) * 1_000))
    })
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ServerError> {
    cast_with_options(array, to, &STRICT).map_err(arrow)
}

fn arrow(error: ArrowError) -> ServerError {
    hyperslab::datafusion::error::DataFusionError::from(error).into()
}

pub(super) fn too_far() -> ServerError {
    ServerError::new("22008", "a moment is out of the range of PostgreSQL's type")
}
