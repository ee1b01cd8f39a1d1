//! Between the array's types and Arrow's: data types, buffers, single values.
//!
//! Buffers of numbers and times change hands without a copy.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, StringBuilder};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType as ArrowType, DurationMicrosecondType, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use hyperslab_array::{ArrayError, Bitmap, DataType, Decoded, Scalar, Values};

use crate::aggregate::bits;
use crate::error::datafusion_error;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// The Arrow type of `data_type`. Times are microseconds without a time zone; text is `Utf8`.
pub fn to_arrow(data_type: &DataType) -> ArrowType {
    match data_type {
        DataType::Bool => ArrowType::Boolean,
        DataType::Int8 => ArrowType::Int8,
        DataType::Int16 => ArrowType::Int16,
        DataType::Int32 => ArrowType::Int32,
        DataType::Int64 => ArrowType::Int64,
        DataType::UInt8 => ArrowType::UInt8,
        DataType::UInt16 => ArrowType::UInt16,
        DataType::UInt32 => ArrowType::UInt32,
        DataType::UInt64 => ArrowType::UInt64,
        DataType::Float32 => ArrowType::Float32,
        DataType::Float64 => ArrowType::Float64,
        DataType::String => ArrowType::Utf8,
        DataType::Timestamp => ArrowType::Timestamp(TimeUnit::Microsecond, None),
        DataType::Duration => ArrowType::Duration(TimeUnit::Microsecond),
    }
}

/// The Arrow array of decoded values; a missing value is NULL.
///
/// # Errors
/// When the text of a [`DataType::String`] buffer is longer than an Arrow array can hold (2 GiB).
pub fn array_of(decoded: Decoded) -> Result<ArrayRef> {
    let nulls = decoded.validity.map(null_buffer);
    Ok(match decoded.values {
        Values::Bool(v) => Arc::new(BooleanArray::new(BooleanBuffer::from(v), nulls)),
        Values::Int8(v) => primitive::<Int8Type>(v, nulls),
        Values::Int16(v) => primitive::<Int16Type>(v, nulls),
        Values::Int32(v) => primitive::<Int32Type>(v, nulls),
        Values::Int64(v) => primitive::<Int64Type>(v, nulls),
        Values::UInt8(v) => primitive::<UInt8Type>(v, nulls),
        Values::UInt16(v) => primitive::<UInt16Type>(v, nulls),
        Values::UInt32(v) => primitive::<UInt32Type>(v, nulls),
        Values::UInt64(v) => primitive::<UInt64Type>(v, nulls),
        Values::Float32(v) => primitive::<Float32Type>(v, nulls),
        Values::Float64(v) => primitive::<Float64Type>(v, nulls),
        Values::String(v) => text(v, nulls)?,
        Values::Timestamp(v) => primitive::<TimestampMicrosecondType>(v, nulls),
        Values::Duration(v) => primitive::<DurationMicrosecondType>(v, nulls),
    })
}

/// The values of an array of one of the types of [`to_arrow`]; NULL is a missing value.
///
/// # Errors
/// When the array has another type.
pub fn decoded_of(array: &ArrayRef) -> Result<Decoded> {
    macro_rules! numbers {
        ($($variant:ident $t:ty)*) => {
            match array.data_type() {
                $(t if *t == <$t>::DATA_TYPE => Values::$variant(array.as_primitive::<$t>().values().to_vec()),)*
                ArrowType::Boolean => {
                    let array = array.as_boolean();
                    Values::Bool(array.values().iter().collect())
                }
                ArrowType::Utf8 => {
                    Values::String(array.as_string::<i32>().iter().map(|s| s.unwrap_or_default().to_string()).collect())
                }
                other => {
                    return Err(datafusion_error(ArrayError::internal(format!("`{other}` is no type of an array"))));
                }
            }
        };
    }
    let values = numbers!(
        Int8 Int8Type Int16 Int16Type Int32 Int32Type Int64 Int64Type UInt8 UInt8Type UInt16 UInt16Type
        UInt32 UInt32Type UInt64 UInt64Type Float32 Float32Type Float64 Float64Type
        Timestamp TimestampMicrosecondType Duration DurationMicrosecondType
    );
    let validity = array.nulls().filter(|n| n.null_count() > 0).map(|n| Bitmap::from_fn(n.len(), |i| n.is_valid(i)));
    Ok(Decoded { values, validity })
}

/// The array with NULL in place of each NaN.
pub(crate) fn null_where_nan<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    is_nan: impl Fn(T::Native) -> bool,
) -> ArrayRef {
    let values = array.values();
    // Without a branch inside, so that it is vectorised.
    let any = values.chunks(1024).any(|part| part.iter().fold(false, |any, v| any | is_nan(*v)));
    let nulls = any.then(|| NullBuffer::new(bits(values, |v| !is_nan(v))));
    Arc::new(PrimitiveArray::<T>::new(values.clone(), nulls))
}

fn null_buffer(validity: Bitmap) -> NullBuffer {
    let len = validity.len();
    NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(validity.into_bytes()), 0, len))
}

fn primitive<T: ArrowPrimitiveType>(values: Vec<T::Native>, nulls: Option<NullBuffer>) -> ArrayRef {
    Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls))
}

fn text(values: Vec<String>, nulls: Option<NullBuffer>) -> Result<ArrayRef> {
    let bytes: usize = values.iter().map(String::len).sum();
    if bytes > i32::MAX as usize {
        let e = ArrayError::too_large(format!("{bytes} bytes of text in one block, expected at most {}", i32::MAX));
        return Err(datafusion_error(e));
    }
    let mut builder = StringBuilder::with_capacity(values.len(), bytes);
    for (i, value) in values.iter().enumerate() {
        builder.append_option(nulls.as_ref().is_none_or(|n| n.is_valid(i)).then_some(value));
    }
    Ok(Arc::new(builder.finish()))
}

/// The array's value of a literal; `None` for NULL, and for what no label can be equal to without a change of type.
///
/// Dates and timestamps of every unit become microseconds where they are a whole number of them, in UTC; intervals of
/// days and less become durations.
pub fn scalar_of(value: &ScalarValue) -> Option<Scalar> {
    Some(match value {
        ScalarValue::Boolean(v) => Scalar::Bool((*v)?),
        ScalarValue::Int8(v) => Scalar::Int((*v)?.into()),
        ScalarValue::Int16(v) => Scalar::Int((*v)?.into()),
        ScalarValue::Int32(v) => Scalar::Int((*v)?.into()),
        ScalarValue::Int64(v) => Scalar::Int((*v)?),
        ScalarValue::UInt8(v) => Scalar::UInt((*v)?.into()),
        ScalarValue::UInt16(v) => Scalar::UInt((*v)?.into()),
        ScalarValue::UInt32(v) => Scalar::UInt((*v)?.into()),
        ScalarValue::UInt64(v) => Scalar::UInt((*v)?),
        ScalarValue::Float32(v) => Scalar::Float32((*v)?),
        ScalarValue::Float64(v) => Scalar::Float64((*v)?),
        ScalarValue::Utf8(v) | ScalarValue::LargeUtf8(v) | ScalarValue::Utf8View(v) => Scalar::String(v.clone()?),
        ScalarValue::Dictionary(_, v) => scalar_of(v)?,
        ScalarValue::Date32(v) => Scalar::Timestamp(i64::from((*v)?).checked_mul(MICROS_PER_DAY)?),
        ScalarValue::Date64(v) => Scalar::Timestamp((*v)?.checked_mul(1000)?),
        ScalarValue::TimestampSecond(v, zone) => Scalar::Timestamp(utc(*v, zone)?.checked_mul(1_000_000)?),
        ScalarValue::TimestampMillisecond(v, zone) => Scalar::Timestamp(utc(*v, zone)?.checked_mul(1000)?),
        ScalarValue::TimestampMicrosecond(v, zone) => Scalar::Timestamp(utc(*v, zone)?),
        ScalarValue::TimestampNanosecond(v, zone) => Scalar::Timestamp(whole_micros(utc(*v, zone)?)?),
        ScalarValue::DurationSecond(v) => Scalar::Duration((*v)?.checked_mul(1_000_000)?),
        ScalarValue::DurationMillisecond(v) => Scalar::Duration((*v)?.checked_mul(1000)?),
        ScalarValue::DurationMicrosecond(v) => Scalar::Duration((*v)?),
        ScalarValue::DurationNanosecond(v) => Scalar::Duration(whole_micros((*v)?)?),
        ScalarValue::IntervalDayTime(v) => {
            let v = (*v)?;
            let days = i64::from(v.days).checked_mul(MICROS_PER_DAY)?;
            Scalar::Duration(days.checked_add(i64::from(v.milliseconds) * 1000)?)
        }
        ScalarValue::IntervalMonthDayNano(v) => {
            let v = (*v)?;
            if v.months != 0 {
                return None;
            }
            let days = i64::from(v.days).checked_mul(MICROS_PER_DAY)?;
            Scalar::Duration(days.checked_add(whole_micros(v.nanoseconds)?)?)
        }
        _ => return None,
    })
}

/// The instant of a timestamp whose zone is none or UTC; labels have no zone.
fn utc(value: Option<i64>, zone: &Option<Arc<str>>) -> Option<i64> {
    match zone.as_deref() {
        None | Some("UTC" | "Z" | "+00:00" | "+0000") => value,
        Some(_) => None,
    }
}

fn whole_micros(nanos: i64) -> Option<i64> {
    (nanos % 1000 == 0).then_some(nanos / 1000)
}

/// DataFusion's literal of a value.
pub fn scalar_value_of(value: &Scalar) -> ScalarValue {
    match value {
        Scalar::Bool(v) => ScalarValue::Boolean(Some(*v)),
        Scalar::Int(v) => ScalarValue::Int64(Some(*v)),
        Scalar::UInt(v) => ScalarValue::UInt64(Some(*v)),
        Scalar::Float32(v) => ScalarValue::Float32(Some(*v)),
        Scalar::Float64(v) => ScalarValue::Float64(Some(*v)),
        Scalar::String(v) => ScalarValue::Utf8(Some(v.clone())),
        Scalar::Timestamp(v) => ScalarValue::TimestampMicrosecond(Some(*v), None),
        Scalar::Duration(v) => ScalarValue::DurationMicrosecond(Some(*v)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use datafusion::arrow::array::{Array, AsArray};

    use super::*;

    #[test]
    fn numbers_are_taken_over_without_a_copy() {
        let values = vec![1.5f32, 2.5, 3.5];
        let address = values.as_ptr();
        let validity = Some(Bitmap::from_fn(3, |i| i != 1));
        let array = array_of(Decoded { values: Values::Float32(values), validity }).unwrap();
        let array = array.as_primitive::<Float32Type>();
        assert_eq!(array.values().as_ptr(), address);
        assert!(array.is_valid(0) && array.is_null(1) && array.is_valid(2));
    }

    #[test]
    fn every_type_arrives_as_its_arrow_type() {
        let all = [
            Values::Bool(vec![true]),
            Values::Int8(vec![1]),
            Values::Int16(vec![1]),
            Values::Int32(vec![1]),
            Values::Int64(vec![1]),
            Values::UInt8(vec![1]),
            Values::UInt16(vec![1]),
            Values::UInt32(vec![1]),
            Values::UInt64(vec![1]),
            Values::Float32(vec![1.0]),
            Values::Float64(vec![1.0]),
            Values::String(vec!["a".into()]),
            Values::Timestamp(vec![1]),
            Values::Duration(vec![1]),
        ];
        for values in all {
            let data_type = values.data_type();
            let array = array_of(Decoded::all_valid(values)).unwrap();
            assert_eq!(array.data_type(), &to_arrow(&data_type));
            assert_eq!(array.len(), 1);
        }
    }

    #[test]
    fn literals_of_other_units_become_microseconds_or_nothing() {
        let nanos = |v| scalar_of(&ScalarValue::TimestampNanosecond(Some(v), None));
        assert_eq!(nanos(-5000), Some(Scalar::Timestamp(-5)));
        assert_eq!(nanos(5001), None);
        assert_eq!(scalar_of(&ScalarValue::Date32(Some(1))), Some(Scalar::Timestamp(MICROS_PER_DAY)));
        assert_eq!(scalar_of(&ScalarValue::TimestampSecond(Some(i64::MAX), None)), None);
        assert_eq!(scalar_of(&ScalarValue::TimestampMicrosecond(Some(1), Some("Europe/Rome".into()))), None);
        assert_eq!(scalar_of(&ScalarValue::Float64(None)), None);
    }
}
