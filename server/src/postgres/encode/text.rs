//! One value in PostgreSQL's text form.

use std::fmt::Write;

use bytes::{BufMut, BytesMut};

use super::style::Style;
use super::values::Values;
use super::{array, datetime, float, json, numeric};
use crate::error::ServerError;

impl Values {
    /// Puts the value of a row, which has one, in text.
    ///
    /// # Errors
    /// When an array is not rectangular, or what is nested cannot be read.
    pub(in crate::postgres) fn put_text(
        &self,
        row: usize,
        style: &Style,
        out: &mut BytesMut,
    ) -> Result<(), ServerError> {
        match self {
            Self::Null => {}
            Self::Bool(a) => out.put_u8(if a.value(row) { b't' } else { b'f' }),
            Self::Int2(a) => whole(out, a.value(row).into()),
            Self::Int4(a) => whole(out, a.value(row).into()),
            Self::Int8(a) => whole(out, a.value(row)),
            Self::Float4(a) => float::single(out, a.value(row), style.float_digits),
            Self::Float8(a) => float::double(out, a.value(row), style.float_digits),
            Self::Numeric(a, scale) => numeric::text(out, a.value(row), *scale),
            Self::Numeric256(a, scale) => numeric::text(out, a.value(row), *scale),
            Self::Text(a) => out.put_slice(a.value(row).as_bytes()),
            Self::LargeText(a) => out.put_slice(a.value(row).as_bytes()),
            Self::TextView(a) => out.put_slice(a.value(row).as_bytes()),
            Self::Bytes(a) => bytes(out, a.value(row), style),
            Self::LargeBytes(a) => bytes(out, a.value(row), style),
            Self::BytesView(a) => bytes(out, a.value(row), style),
            Self::FixedBytes(a) => bytes(out, a.value(row), style),
            Self::Date(a) => datetime::date(out, a.value(row), style),
            Self::Time(a) => datetime::time(out, a.value(row)),
            Self::Timestamp(a) => datetime::timestamp(out, a.value(row), false, style),
            Self::TimestampTz(a) => datetime::timestamp(out, a.value(row), true, style),
            Self::Interval(a) => datetime::interval(out, a.value(row), style),
            Self::List(list) => array::text(list, row, style, out)?,
            Self::Json(a) => json::write(out, a, row)?,
        }
        Ok(())
    }
}

fn whole(out: &mut BytesMut, value: i64) {
    // Writing to a buffer in memory cannot fail.
    let _ = write!(out, "{value}");
}

fn bytes(out: &mut BytesMut, value: &[u8], style: &Style) {
    if !style.bytes_escaped {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let digit = |d: u8| DIGITS.get(usize::from(d)).copied().unwrap_or_default();
        out.reserve(2 + value.len() * 2);
        out.put_slice(b"\\x");
        for byte in value {
            out.put_u8(digit(byte >> 4));
            out.put_u8(digit(byte & 15));
        }
        return;
    }
    for byte in value {
        match byte {
            b'\\' => out.put_slice(b"\\\\"),
            0x20..=0x7e => out.put_u8(*byte),
            other => {
                let _ = write!(out, "\\{other:03o}");
            }
        }
    }
}
