//! The fast way: where no value of the rows varies in size, the frames are copies of one, and each column is filled in
//! on its own.

use std::ops::Range;

use bytes::{BufMut, BytesMut};

use super::binary::{EPOCH_DAYS, EPOCH_MICROS};
use super::rows::Frame;
use super::values::{Values, too_far};
use crate::error::ServerError;
use crate::postgres::backend::Format;

/// Puts the rows, if every value has a fixed size and none is NULL; false where that is not so.
///
/// # Errors
/// When a moment lies outside of what PostgreSQL has.
pub(super) fn write(
    columns: &[(Values, Format)],
    rows: Range<usize>,
    frame: Frame,
    out: &mut BytesMut,
) -> Result<bool, ServerError> {
    let Some(sizes) = columns.iter().map(size).collect::<Option<Vec<usize>>>() else { return Ok(false) };
    if columns.is_empty() || rows.is_empty() {
        return Ok(false);
    }
    let mut row = BytesMut::new();
    row.put_u8(frame.kind());
    row.put_i32((6 + sizes.iter().map(|s| s + 4).sum::<usize>()) as i32);
    row.put_i16(i16::try_from(columns.len()).unwrap_or(i16::MAX));
    let mut places = Vec::with_capacity(sizes.len());
    for size in sizes {
        row.put_i32(size as i32);
        places.push(row.len());
        row.put_bytes(0, size);
    }
    let before = out.len();
    out.reserve(row.len() * rows.len());
    for _ in rows.clone() {
        out.put_slice(&row);
    }
    for ((values, _), place) in columns.iter().zip(places) {
        let room = out.get_mut(before..).unwrap_or_default().chunks_exact_mut(row.len());
        if let Err(error) = fill(values, rows.clone(), room.filter_map(|frame| frame.get_mut(place..))) {
            out.truncate(before);
            return Err(error);
        }
    }
    Ok(true)
}

/// Bytes of each value of a column; `None` where they vary or one is NULL.
fn size((values, format): &(Values, Format)) -> Option<usize> {
    if *format == Format::Text || values.has_nulls() {
        return None;
    }
    Some(match values {
        Values::Bool(_) => 1,
        Values::Int2(_) => 2,
        Values::Int4(_) | Values::Float4(_) | Values::Date(_) => 4,
        Values::Int8(_) | Values::Float8(_) | Values::Time(_) | Values::Timestamp(_) | Values::TimestampTz(_) => 8,
        _ => return None,
    })
}

fn fill<'a>(values: &Values, rows: Range<usize>, room: impl Iterator<Item = &'a mut [u8]>) -> Result<(), ServerError> {
    match values {
        Values::Bool(a) => {
            for (place, row) in room.zip(rows) {
                put(place, [u8::from(a.value(row))]);
            }
        }
        Values::Int2(a) => each(room, a.values(), rows, |v| Some(v.to_be_bytes()))?,
        Values::Int4(a) => each(room, a.values(), rows, |v| Some(v.to_be_bytes()))?,
        Values::Date(a) => each(room, a.values(), rows, |v| v.checked_sub(EPOCH_DAYS).map(i32::to_be_bytes))?,
        Values::Int8(a) | Values::Time(a) => each(room, a.values(), rows, |v| Some(v.to_be_bytes()))?,
        Values::Timestamp(a) | Values::TimestampTz(a) => {
            each(room, a.values(), rows, |v| v.checked_sub(EPOCH_MICROS).map(i64::to_be_bytes))?;
        }
        Values::Float4(a) => each(room, a.values(), rows, |v| Some(v.to_be_bytes()))?,
        Values::Float8(a) => each(room, a.values(), rows, |v| Some(v.to_be_bytes()))?,
        _ => {}
    }
    Ok(())
}

fn each<'a, T: Copy, const N: usize>(
    room: impl Iterator<Item = &'a mut [u8]>,
    values: &[T],
    rows: Range<usize>,
    bytes: impl Fn(T) -> Option<[u8; N]>,
) -> Result<(), ServerError> {
    for (place, value) in room.zip(values.get(rows).unwrap_or_default()) {
        put(place, bytes(*value).ok_or_else(too_far)?);
    }
    Ok(())
}

fn put<const N: usize>(place: &mut [u8], bytes: [u8; N]) {
    if let Some(place) = place.first_chunk_mut::<N>() {
        *place = bytes;
    }
}
