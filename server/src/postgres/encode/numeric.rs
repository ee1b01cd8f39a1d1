//! Decimal numbers: the text, and the binary form in digits of base 10,000.

use std::fmt::{Display, Write};

use bytes::{BufMut, BytesMut};

use super::float::Short;

/// The sign and the digits of a whole number.
fn digits(value: impl Display) -> (bool, Short) {
    let mut short = Short::default();
    // The longest has 77 digits and a sign.
    let _ = write!(short, "{value}");
    (short.as_str().starts_with('-'), short)
}

/// A decimal number in text: `value` times 10 to the power of minus `scale`.
pub(super) fn text(out: &mut BytesMut, value: impl Display, scale: i8) {
    let (negative, short) = digits(value);
    let digits = short.as_str().trim_start_matches('-');
    if negative {
        out.put_u8(b'-');
    }
    let Ok(scale @ 1..) = usize::try_from(scale) else {
        out.put_slice(digits.as_bytes());
        if digits != "0" {
            out.put_bytes(b'0', scale.unsigned_abs().into());
        }
        return;
    };
    match digits.split_at_checked(digits.len().saturating_sub(scale)) {
        Some((whole, fraction)) if !whole.is_empty() => {
            out.put_slice(whole.as_bytes());
            out.put_u8(b'.');
            out.put_slice(fraction.as_bytes());
        }
        _ => {
            out.put_slice(b"0.");
            out.put_bytes(b'0', scale - digits.len());
            out.put_slice(digits.as_bytes());
        }
    }
}

/// A decimal number in binary: count of digits, weight of the first, sign, decimal places, digits.
pub(super) fn binary(out: &mut BytesMut, value: impl Display, scale: i8) {
    let (negative, short) = digits(value);
    let all = short.as_str().trim_start_matches('-').as_bytes();
    let places = usize::try_from(scale).unwrap_or(0);
    let zeros_behind = usize::from(scale.min(0).unsigned_abs());
    // The digits as if padded so that the point falls between two groups of four.
    let whole = (all.len() + zeros_behind).saturating_sub(places);
    let leading = whole.next_multiple_of(4) - whole;
    let zeros_before = places.saturating_sub(all.len());
    let total = leading + zeros_before + all.len() + zeros_behind;
    let total = total.max(whole.next_multiple_of(4));
    let digit = |at: usize| match at.checked_sub(leading + zeros_before) {
        Some(i) => all.get(i).map_or(0, |d| u16::from(*d - b'0')),
        None => 0,
    };
    let group = |g: usize| (0..4).fold(0_u16, |sum, i| sum * 10 + digit(g * 4 + i));
    let groups = total.div_ceil(4);
    let first = (0..groups).find(|g| group(*g) != 0).unwrap_or(groups);
    let last = (first..groups).rev().find(|g| group(*g) != 0).map_or(first, |g| g + 1);
    let weight = match first == groups {
        true => 0,
        false => (whole.div_ceil(4) as i16) - 1 - first as i16,
    };
    out.put_i16((last - first) as i16);
    out.put_i16(weight);
    out.put_u16(if negative && last > first { 0x4000 } else { 0 });
    out.put_u16(places as u16);
    for g in first..last {
        out.put_u16(group(g));
    }
}
