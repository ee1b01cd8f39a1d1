//! What the functions on times share: the calendar of an argument, and dates read from text.

use datafusion::arrow::array::{Array, ArrayRef, StringArray};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, TimeUnit};
use datafusion::common::cast::as_string_array;
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::ColumnarValue;
use hyperslab_array::{Calendar, DateTime};

use crate::error::datafusion_error;
use crate::metadata::CALENDAR;

/// Whether a type is text.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// The calendar of a text that stands for times; `None` for a text without one, and for any other type.
pub(crate) fn calendar_of(field: &Field) -> Result<Option<Calendar>> {
    if !is_text(field.data_type()) {
        return Ok(None);
    }
    let name = field.metadata().get(CALENDAR);
    name.map(|name| Calendar::parse(name)).transpose().map_err(datafusion_error)
}

/// Text of any encoding as `Utf8`.
pub(crate) fn text(array: &ArrayRef) -> Result<StringArray> {
    Ok(as_string_array(&cast(array, &DataType::Utf8)?)?.clone())
}

/// Text without a calendar as timestamps, as SQL casts it: what cannot be read is an error, not NULL.
pub(crate) fn timestamps(array: &ArrayRef, unit: TimeUnit) -> Result<ArrayRef> {
    strict_cast(array, &DataType::Timestamp(unit, None))
}

/// A column as values of another type; what cannot be is an error, not NULL.
pub(crate) fn strict_cast(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    Ok(cast_with_options(array, data_type, &options)?)
}

/// `f` of each time in `texts`, NULL of NULL. Rows of a table repeat their labels, so the last one is remembered.
pub(crate) fn map_dates<T: Clone>(
    texts: &StringArray,
    mut f: impl FnMut(&DateTime) -> Result<T>,
) -> Result<Vec<Option<T>>> {
    let mut last: Option<(&str, T)> = None;
    let mut out = Vec::with_capacity(texts.len());
    for text in texts {
        let Some(text) = text else {
            out.push(None);
            continue;
        };
        if let Some((known, value)) = &last
            && *known == text
        {
            out.push(Some(value.clone()));
            continue;
        }
        let value = f(&parse(text)?)?;
        out.push(Some(value.clone()));
        last = Some((text, value));
    }
    Ok(out)
}

/// The date that a text stands for.
pub(crate) fn parse(text: &str) -> Result<DateTime> {
    DateTime::parse(text)
        .ok_or_else(|| exec_datafusion_err!("`{text}` is not a time, expected ISO 8601 such as `1990-06-15T12:00:00`"))
}

/// Applies `f` to a column, or to a constant as a column of one row.
pub(crate) fn map_columnar(
    value: &ColumnarValue,
    f: impl FnOnce(&ArrayRef) -> Result<ArrayRef>,
) -> Result<ColumnarValue> {
    match value {
        ColumnarValue::Array(array) => Ok(ColumnarValue::Array(f(array)?)),
        ColumnarValue::Scalar(scalar) => {
            let array = f(&scalar.to_array()?)?;
            Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
        }
    }
}

/// The text of a constant argument that must be there.
pub(crate) fn constant_text<'a>(function: &str, what: &str, value: Option<&'a ScalarValue>) -> Result<&'a str> {
    match value.and_then(|v| v.try_as_str()).flatten() {
        Some(text) if !text.is_empty() => Ok(text),
        _ => exec_err!("{function} expected a constant text as its {what}, such as `'month'`"),
    }
}
