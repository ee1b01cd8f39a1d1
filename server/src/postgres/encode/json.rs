//! Structs, maps and unions as JSON.

use bytes::{BufMut, BytesMut};
use hyperslab::datafusion::arrow::array::cast::AsArray;
use hyperslab::datafusion::arrow::array::{Array, ArrayRef};
use hyperslab::datafusion::arrow::datatypes::DataType;

use super::style::Style;
use super::values::Values;
use crate::error::ServerError;

/// Writes the value of a row as JSON.
///
/// # Errors
/// When what is nested cannot be read.
pub(super) fn write(out: &mut BytesMut, array: &ArrayRef, row: usize) -> Result<(), ServerError> {
    if array.is_null(row) {
        out.put_slice(b"null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Struct(fields) => {
            let parts = fields.iter().zip(array.as_struct().columns());
            object(out, parts.map(|(field, column)| (field.name().clone(), column, row)))
        }
        DataType::Map(..) => {
            let map = array.as_map();
            let (keys, values) = (Values::of(map.keys())?, map.values());
            let bounds = map.value_offsets().get(row..).and_then(|o| o.first_chunk::<2>()).copied();
            let [from, to] = bounds.unwrap_or_default().map(|at| usize::try_from(at).unwrap_or_default());
            let mut entries = Vec::new();
            for at in from..to {
                let mut key = BytesMut::new();
                keys.put_text(at, &Style::default(), &mut key)?;
                entries.push((String::from_utf8_lossy(&key).into_owned(), values, at));
            }
            object(out, entries.into_iter())
        }
        DataType::Union(..) => {
            let union = array.as_union();
            write(out, union.child(union.type_id(row)), union.value_offset(row))
        }
        _ => scalar(out, &Values::of(&array.slice(row, 1))?, 0),
    }
}

fn object<'a>(
    out: &mut BytesMut,
    entries: impl Iterator<Item = (String, &'a ArrayRef, usize)>,
) -> Result<(), ServerError> {
    out.put_u8(b'{');
    for (n, (name, column, at)) in entries.enumerate() {
        if n > 0 {
            out.put_u8(b',');
        }
        string(out, name.as_bytes());
        out.put_u8(b':');
        write(out, column, at)?;
    }
    out.put_u8(b'}');
    Ok(())
}

fn scalar(out: &mut BytesMut, values: &Values, row: usize) -> Result<(), ServerError> {
    let style = Style::default();
    if values.is_null(row) {
        out.put_slice(b"null");
        return Ok(());
    }
    match values {
        Values::Bool(a) => out.put_slice(if a.value(row) { b"true" } else { b"false" }),
        Values::Int2(_) | Values::Int4(_) | Values::Int8(_) | Values::Numeric(..) | Values::Numeric256(..) => {
            values.put_text(row, &style, out)?;
        }
        Values::Float4(a) if a.value(row).is_finite() => values.put_text(row, &style, out)?,
        Values::Float8(a) if a.value(row).is_finite() => values.put_text(row, &style, out)?,
        Values::List(list) => {
            let (from, length) = list.ranges.get(row).copied().unwrap_or_default();
            out.put_u8(b'[');
            for (n, at) in (from..from.saturating_add(length)).enumerate() {
                if n > 0 {
                    out.put_u8(b',');
                }
                scalar(out, &list.elements, at)?;
            }
            out.put_u8(b']');
        }
        Values::Json(array) => write(out, array, row)?,
        other => {
            let mut text = BytesMut::new();
            other.put_text(row, &style, &mut text)?;
            string(out, &text);
        }
    }
    Ok(())
}

/// A string in quotes.
fn string(out: &mut BytesMut, text: &[u8]) {
    const DIGITS: [u8; 16] = *b"0123456789abcdef";
    out.put_u8(b'"');
    for byte in text {
        match byte {
            b'"' => out.put_slice(b"\\\""),
            b'\\' => out.put_slice(b"\\\\"),
            b'\n' => out.put_slice(b"\\n"),
            b'\r' => out.put_slice(b"\\r"),
            b'\t' => out.put_slice(b"\\t"),
            0..0x20 => {
                out.put_slice(b"\\u00");
                out.put_u8(if byte >> 4 == 0 { b'0' } else { b'1' });
                out.put_u8(DIGITS.get(usize::from(byte & 15)).copied().unwrap_or_default());
            }
            other => out.put_u8(*other),
        }
    }
    out.put_u8(b'"');
}
