//! Fractions in text, as PostgreSQL writes them.

use std::fmt::{Display, LowerExp, Write};

use bytes::{BufMut, BytesMut};

/// A number of 64 bits.
pub(super) fn double(out: &mut BytesMut, value: f64, digits: i32) {
    write(out, value, value.is_nan(), value.is_infinite(), value < 0.0, digits, 15, 15);
}

/// A number of 32 bits.
pub(super) fn single(out: &mut BytesMut, value: f32, digits: i32) {
    write(out, value, value.is_nan(), value.is_infinite(), value < 0.0, digits, 6, 6);
}

/// `digits` is the setting `extra_float_digits`; `precision` is how many digits every number of the type keeps, and
/// from 10 to the power of `plain` on a number is written with an exponent.
#[allow(clippy::too_many_arguments)]
fn write(
    out: &mut BytesMut,
    value: impl LowerExp + Display,
    nan: bool,
    infinite: bool,
    negative: bool,
    digits: i32,
    precision: i32,
    plain: i32,
) {
    if nan {
        return out.put_slice(b"NaN");
    }
    if infinite {
        return out.put_slice(if negative { b"-Infinity" } else { b"Infinity" });
    }
    let mut short = Short::default();
    let plain = match digits > 0 {
        true => {
            // Writing into a buffer that is long enough for every number cannot fail.
            let _ = write!(short, "{value:e}");
            plain
        }
        false => {
            let digits = (precision + digits).max(1);
            let _ = write!(short, "{value:.*e}", digits as usize - 1);
            digits
        }
    };
    lay_out(out, short.as_str(), digits <= 0, plain);
}

/// Writes a number given as `d.ddde±x` with its point in place where the exponent is small.
fn lay_out(out: &mut BytesMut, scientific: &str, trim: bool, plain: i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let (first, mut rest) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if trim {
        rest = rest.trim_end_matches('0');
    }
    out.put_slice(sign.as_bytes());
    if exponent < -4 || exponent >= plain {
        out.put_slice(first.as_bytes());
        if !rest.is_empty() {
            out.put_u8(b'.');
            out.put_slice(rest.as_bytes());
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "e{sign}{:02}", exponent.unsigned_abs());
    } else if exponent < 0 {
        out.put_slice(b"0.");
        out.put_bytes(b'0', (-exponent - 1) as usize);
        out.put_slice(first.as_bytes());
        out.put_slice(rest.as_bytes());
    } else {
        let whole = exponent as usize;
        out.put_slice(first.as_bytes());
        match rest.split_at_checked(whole) {
            Some((before, "")) => out.put_slice(before.as_bytes()),
            Some((before, after)) => {
                out.put_slice(before.as_bytes());
                out.put_u8(b'.');
                out.put_slice(after.as_bytes());
            }
            None => {
                out.put_slice(rest.as_bytes());
                out.put_bytes(b'0', whole - rest.len());
            }
        }
    }
}

/// A short text without an allocation.
#[derive(Debug)]
pub(super) struct Short {
    bytes: [u8; 96],
    length: usize,
}

impl Default for Short {
    fn default() -> Self {
        Self { bytes: [0; 96], length: 0 }
    }
}

impl Short {
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
