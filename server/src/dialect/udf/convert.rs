//! The conversions of `pg_cast`, each of a column.

use std::sync::Arc;

use hyperslab::datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, IntervalMonthDayNanoArray, StringArray,
    Time64MicrosecondArray, TimestampMicrosecondArray,
};
use hyperslab::datafusion::arrow::compute::{CastOptions, cast_with_options};
use hyperslab::datafusion::arrow::datatypes::{
    DataType, Date32Type, Float32Type, Float64Type, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    IntervalUnit, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType,
};
use hyperslab::datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use hyperslab::datafusion::common::{DataFusionError, Result};

use super::cast::UTC;
use crate::dialect::cast::boolean;
use crate::dialect::text::interval::{self, Interval};
use crate::dialect::text::{number, time};
use crate::error::{ServerError, code};

/// Whether a type is text.
pub(super) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The query engine's own cast; what cannot be is an error.
pub(super) fn plain(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    Ok(cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })?)
}

/// A column as values of the type of a name.
pub(super) fn convert(array: &ArrayRef, name: &str, to: &DataType, length: Option<usize>) -> Result<ArrayRef> {
    if is_text(to) {
        return Ok(Arc::new(cut(written(array)?, name, length)));
    }
    if !is_text(array.data_type()) {
        return match (array.data_type(), to) {
            (DataType::Float32 | DataType::Float64, to) if to.is_integer() => rounded(array, name, to),
            (DataType::Decimal128(precision, _), to) if to.is_integer() => {
                // The query engine drops the digits behind the point, and rounds to fewer of them.
                plain(&plain(array, &DataType::Decimal128(*precision, 0))?, to)
            }
            _ => plain(array, to),
        };
    }
    let texts = plain(array, &DataType::Utf8)?;
    let texts = texts.as_string::<i32>();
    let failed = |text: &str| {
        let code =
            if matches!(name, "bool" | "int2" | "int4" | "int8") { code::INVALID_TEXT } else { code::INVALID_TIME };
        external(ServerError::new(code, format!("`{text}` is no value of type {name}")))
    };
    let read: ArrayRef = match name {
        "bool" => Arc::new(each(texts, |text| boolean(text).ok_or_else(|| failed(text)))?.collect::<BooleanArray>()),
        "int2" | "int4" | "int8" | "oid" | "xid" => {
            Arc::new(each(texts, |text| text.trim().parse::<i64>().map_err(|_| failed(text)))?.collect::<Int64Array>())
        }
        "date" => Arc::new(
            each(texts, |text| {
                let days = time::parse(text).and_then(|moment| moment.days).and_then(|days| i32::try_from(days).ok());
                days.ok_or_else(|| failed(text))
            })?
            .collect::<Date32Array>(),
        ),
        "time" => Arc::new(
            each(texts, |text| time::parse(text).map(|moment| moment.micros).ok_or_else(|| failed(text)))?
                .collect::<Time64MicrosecondArray>(),
        ),
        "timestamp" => Arc::new(
            each(texts, |text| time::parse(text).and_then(|moment| moment.local()).ok_or_else(|| failed(text)))?
                .collect::<TimestampMicrosecondArray>(),
        ),
        "timestamptz" => Arc::new(
            each(texts, |text| time::parse(text).and_then(|moment| moment.utc()).ok_or_else(|| failed(text)))?
                .collect::<TimestampMicrosecondArray>()
                .with_timezone(UTC),
        ),
        "interval" => Arc::new(
            each(texts, |text| interval::parse(text, None).and_then(in_engine).ok_or_else(|| failed(text)))?
                .collect::<IntervalMonthDayNanoArray>(),
        ),
        _ => Arc::clone(array),
    };
    plain(&read, to)
}

fn external(error: ServerError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

fn each<T>(texts: &StringArray, read: impl Fn(&str) -> Result<T>) -> Result<std::vec::IntoIter<Option<T>>> {
    let values: Result<Vec<Option<T>>> = texts.iter().map(|text| text.map(&read).transpose()).collect();
    Ok(values?.into_iter())
}

fn in_engine(value: Interval) -> Option<IntervalMonthDayNano> {
    Some(IntervalMonthDayNano::new(
        i32::try_from(value.months).ok()?,
        i32::try_from(value.days).ok()?,
        value.micros.checked_mul(1_000)?,
    ))
}

/// Numbers with a fraction as whole ones: a half goes to the even neighbour.
fn rounded(array: &ArrayRef, name: &str, to: &DataType) -> Result<ArrayRef> {
    let doubles = plain(array, &DataType::Float64)?;
    let whole = doubles.as_primitive::<Float64Type>().try_unary::<_, Int64Type, _>(|value| {
        let rounded = value.round_ties_even();
        // The greatest number of eight bytes is no double; the one after it is.
        match (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&rounded) {
            true => Ok(rounded as i64),
            false => Err(external(ServerError::new(
                code::OUT_OF_RANGE,
                format!("`{value}` is out of the range of type {name}"),
            ))),
        }
    })?;
    plain(&(Arc::new(whole) as ArrayRef), to).map_err(|_| {
        external(ServerError::new(code::OUT_OF_RANGE, format!("a number is out of the range of type {name}")))
    })
}

/// The values of a column as text, as PostgreSQL writes them.
///
/// # Errors
/// When a value has no text.
pub fn written(array: &ArrayRef) -> Result<StringArray> {
    fn all<T>(values: impl Iterator<Item = Option<T>>, write: impl Fn(T) -> String) -> StringArray {
        values.map(|value| value.map(&write)).collect()
    }
    Ok(match array.data_type() {
        DataType::Null => StringArray::new_null(array.len()),
        DataType::Boolean => all(array.as_boolean().iter(), |value| value.to_string()),
        DataType::Float32 => all(array.as_primitive::<Float32Type>().iter(), number::write_single),
        DataType::Float64 => all(array.as_primitive::<Float64Type>().iter(), number::write_double),
        DataType::Date32 => all(array.as_primitive::<Date32Type>().iter(), |days| time::write_date(i64::from(days))),
        DataType::Timestamp(_, zone) => {
            let suffix = if zone.is_some() { "+00" } else { "" };
            let micros = plain(array, &DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
            all(micros.as_primitive::<TimestampMicrosecondType>().iter(), |micros| {
                time::write_timestamp(micros) + suffix
            })
        }
        DataType::Time32(_) | DataType::Time64(_) => {
            let micros = plain(array, &DataType::Time64(TimeUnit::Microsecond))?;
            all(micros.as_primitive::<Time64MicrosecondType>().iter(), time::write_time)
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            all(array.as_primitive::<IntervalMonthDayNanoType>().iter(), |value| {
                interval::write(Interval {
                    months: i64::from(value.months),
                    days: i64::from(value.days),
                    micros: value.nanoseconds / 1_000,
                })
            })
        }
        data_type if is_text(data_type) => plain(array, &DataType::Utf8)?.as_string::<i32>().clone(),
        _ => {
            let formatter = ArrayFormatter::try_new(array.as_ref(), &FormatOptions::default())?;
            (0..array.len()).map(|row| array.is_valid(row).then(|| formatter.value(row).to_string())).collect()
        }
    })
}

/// Text of at most so many characters.
fn cut(texts: StringArray, name: &str, length: Option<usize>) -> StringArray {
    let length = if name == "char" { Some(1) } else { length };
    match length {
        Some(length) => {
            texts.iter().map(|text| text.map(|text| text.chars().take(length).collect::<String>())).collect()
        }
        None => texts,
    }
}
