//! Arrays in text and binary: lists of lists are arrays of more dimensions.

use bytes::{BufMut, BytesMut};

use super::style::Style;
use super::values::{List, Values};
use crate::error::ServerError;

/// An array in binary: dimensions, element type, lengths, elements row by row.
pub(super) fn binary(list: &List, row: usize, out: &mut BytesMut) -> Result<(), ServerError> {
    let lengths = lengths(list, row)?;
    if lengths.contains(&0) {
        out.put_i32(0);
        out.put_i32(0);
        out.put_u32(list.element_oid);
        return Ok(());
    }
    out.put_i32(lengths.len() as i32);
    let flags = out.len();
    out.put_i32(0);
    out.put_u32(list.element_oid);
    for length in &lengths {
        out.put_i32(i32::try_from(*length).map_err(|_| uneven())?);
        out.put_i32(1);
    }
    let mut nulls = false;
    each(list, row, &mut |values, at| {
        nulls |= values.is_null(at);
        values.put_sized_binary(at, out)
    })?;
    if nulls {
        super::rows::put_at(out, flags, 1);
    }
    Ok(())
}

/// Calls `one` with each innermost element.
fn each(
    list: &List,
    row: usize,
    one: &mut dyn FnMut(&Values, usize) -> Result<(), ServerError>,
) -> Result<(), ServerError> {
    for at in elements(list, row) {
        match &list.elements {
            Values::List(inner) => each(inner, at, one)?,
            values => one(values, at)?,
        }
    }
    Ok(())
}

fn elements(list: &List, row: usize) -> std::ops::Range<usize> {
    let (from, length) = list.ranges.get(row).copied().unwrap_or_default();
    from..from.saturating_add(length)
}

/// The length of each dimension of a row's array.
fn lengths(list: &List, row: usize) -> Result<Vec<usize>, ServerError> {
    let elements = elements(list, row);
    let mut all = vec![elements.len()];
    if let Values::List(inner) = &list.elements {
        let mut common: Option<Vec<usize>> = None;
        for at in elements {
            if inner_is_null(inner, at) {
                return Err(uneven());
            }
            let of_this = lengths(inner, at)?;
            if common.as_ref().is_some_and(|c| *c != of_this) {
                return Err(uneven());
            }
            common = Some(of_this);
        }
        all.extend(common.unwrap_or_default());
    }
    Ok(all)
}

fn inner_is_null(list: &List, row: usize) -> bool {
    list.array.is_null(row)
}

fn uneven() -> ServerError {
    ServerError::new("2202E", "a list of lists of different lengths is no array of PostgreSQL")
        .hint("select its parts, or lists of one length")
}

/// An array in text: `{1,2,NULL}`.
pub(super) fn text(list: &List, row: usize, style: &Style, out: &mut BytesMut) -> Result<(), ServerError> {
    if lengths(list, row)?.contains(&0) {
        out.put_slice(b"{}");
        return Ok(());
    }
    nested(list, row, style, out)
}

fn nested(list: &List, row: usize, style: &Style, out: &mut BytesMut) -> Result<(), ServerError> {
    out.put_u8(b'{');
    for (n, at) in elements(list, row).enumerate() {
        if n > 0 {
            out.put_u8(b',');
        }
        match &list.elements {
            Values::List(inner) => nested(inner, at, style, out)?,
            values if values.is_null(at) => out.put_slice(b"NULL"),
            values => {
                let from = out.len();
                values.put_text(at, style, out)?;
                quote(out, from);
            }
        }
    }
    out.put_u8(b'}');
    Ok(())
}

/// Puts quotes around what was written from `from` on, where it could be read as something else without.
fn quote(out: &mut BytesMut, from: usize) {
    let written = out.get(from..).unwrap_or_default();
    let special = |b: &u8| matches!(b, b'{' | b'}' | b',' | b'"' | b'\\' | b' ' | 9..=13);
    if !written.is_empty() && !written.eq_ignore_ascii_case(b"null") && !written.iter().any(special) {
        return;
    }
    let written = out.split_off(from);
    out.put_u8(b'"');
    for byte in written {
        if matches!(byte, b'"' | b'\\') {
            out.put_u8(b'\\');
        }
        out.put_u8(byte);
    }
    out.put_u8(b'"');
}
