//! Rows of a batch as messages: `DataRow`, or rows of a binary `COPY`.

use std::ops::Range;

use bytes::{BufMut, BytesMut};

use super::fixed;
use super::style::Style;
use super::values::Values;
use crate::error::{ServerError, code};
use crate::postgres::backend::{Format, begin};

/// The message around a row. Both hold the count of columns, and each value behind its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum Frame {
    DataRow,
    CopyData,
}

impl Frame {
    pub(super) fn kind(self) -> u8 {
        match self {
            Self::DataRow => b'D',
            Self::CopyData => b'd',
        }
    }
}

/// Puts rows of a batch, given as its columns and the format of each.
///
/// # Errors
/// When a value does not fit PostgreSQL's type. Rows before it have been put.
pub(in crate::postgres) fn write_rows(
    columns: &[(Values, Format)],
    rows: Range<usize>,
    frame: Frame,
    style: &Style,
    out: &mut BytesMut,
) -> Result<(), ServerError> {
    if fixed::write(columns, rows.clone(), frame, out)? {
        return Ok(());
    }
    for row in rows {
        let before = out.len();
        if let Err(error) = write_row(columns, row, frame, style, out) {
            out.truncate(before);
            return Err(error);
        }
    }
    Ok(())
}

fn write_row(
    columns: &[(Values, Format)],
    row: usize,
    frame: Frame,
    style: &Style,
    out: &mut BytesMut,
) -> Result<(), ServerError> {
    let start = begin(out, frame.kind());
    out.put_i16(i16::try_from(columns.len()).unwrap_or(i16::MAX));
    for (values, format) in columns {
        match format {
            Format::Binary => values.put_sized_binary(row, out)?,
            Format::Text if values.is_null(row) => out.put_i32(-1),
            Format::Text => {
                let at = out.len();
                out.put_i32(0);
                values.put_text(row, style, out)?;
                put_length(out, at)?;
            }
        }
    }
    put_at(out, start, length_from(out, start)?);
    Ok(())
}

/// Puts the length of what is behind the room for it.
///
/// # Errors
/// When it is longer than the protocol can say.
pub(super) fn put_length(out: &mut BytesMut, at: usize) -> Result<(), ServerError> {
    let length = length_from(out, at.saturating_add(4))?;
    put_at(out, at, length);
    Ok(())
}

pub(super) use crate::postgres::backend::put_at;

fn length_from(out: &BytesMut, from: usize) -> Result<i32, ServerError> {
    i32::try_from(out.len().saturating_sub(from)).map_err(|_| {
        ServerError::new(code::LIMIT_EXCEEDED, "a row is too long for the protocol, expected at most 2 GB")
    })
}
