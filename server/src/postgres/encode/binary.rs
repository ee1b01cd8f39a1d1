//! One value in PostgreSQL's binary form.

use bytes::{BufMut, BytesMut};
use hyperslab::datafusion::arrow::array::Array;

use super::values::{Values, too_far};
use super::{array, json, numeric};
use crate::error::ServerError;

/// Days from 1970 to 2000, PostgreSQL's first day.
pub(super) const EPOCH_DAYS: i32 = 10_957;
/// Microseconds from 1970 to 2000.
pub(super) const EPOCH_MICROS: i64 = 946_684_800_000_000;

impl Values {
    /// Puts the value of a row, which has one, in its binary form.
    ///
    /// # Errors
    /// When PostgreSQL's type cannot hold it.
    pub(super) fn put_binary(&self, row: usize, out: &mut BytesMut) -> Result<(), ServerError> {
        match self {
            Self::Null => {}
            Self::Bool(a) => out.put_u8(u8::from(a.value(row))),
            Self::Int2(a) => out.put_i16(a.value(row)),
            Self::Int4(a) => out.put_i32(a.value(row)),
            Self::Int8(a) | Self::Time(a) => out.put_i64(a.value(row)),
            Self::Float4(a) => out.put_f32(a.value(row)),
            Self::Float8(a) => out.put_f64(a.value(row)),
            Self::Numeric(a, scale) => numeric::binary(out, a.value(row), *scale),
            Self::Numeric256(a, scale) => numeric::binary(out, a.value(row), *scale),
            Self::Text(a) => out.put_slice(a.value(row).as_bytes()),
            Self::LargeText(a) => out.put_slice(a.value(row).as_bytes()),
            Self::TextView(a) => out.put_slice(a.value(row).as_bytes()),
            Self::Bytes(a) => out.put_slice(a.value(row)),
            Self::LargeBytes(a) => out.put_slice(a.value(row)),
            Self::BytesView(a) => out.put_slice(a.value(row)),
            Self::FixedBytes(a) => out.put_slice(a.value(row)),
            Self::Date(a) => out.put_i32(a.value(row).checked_sub(EPOCH_DAYS).ok_or_else(too_far)?),
            Self::Timestamp(a) | Self::TimestampTz(a) => {
                out.put_i64(a.value(row).checked_sub(EPOCH_MICROS).ok_or_else(too_far)?);
            }
            Self::Interval(a) => {
                let span = a.value(row);
                out.put_i64(span.nanoseconds.div_euclid(1_000));
                out.put_i32(span.days);
                out.put_i32(span.months);
            }
            Self::List(list) => array::binary(list, row, out)?,
            Self::Json(a) => json::write(out, a, row)?,
        }
        Ok(())
    }

    /// Puts the value of a row behind its length, -1 for none.
    ///
    /// # Errors
    /// As [`Self::put_binary`].
    pub(super) fn put_sized_binary(&self, row: usize, out: &mut BytesMut) -> Result<(), ServerError> {
        // The kinds that big answers are made of, without a look back for the length.
        match self {
            Self::Float4(a) if a.is_valid(row) => {
                out.put_u32(4);
                out.put_f32(a.value(row));
                return Ok(());
            }
            Self::Float8(a) if a.is_valid(row) => {
                out.put_u32(8);
                out.put_f64(a.value(row));
                return Ok(());
            }
            Self::Int8(a) if a.is_valid(row) => {
                out.put_u32(8);
                out.put_i64(a.value(row));
                return Ok(());
            }
            _ => {}
        }
        if self.is_null(row) {
            out.put_i32(-1);
            return Ok(());
        }
        let at = out.len();
        out.put_i32(0);
        self.put_binary(row, out)?;
        super::rows::put_length(out, at)
    }
}
