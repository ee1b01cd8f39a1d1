//! The values of attributes, from stored bytes to JSON.

use hyperslab_array::{ArrayError, Result};
use serde_json::Value;

use crate::format::StoredType;

/// One value as itself, none or several as a list, characters as text.
///
/// # Errors
/// When `bytes` are not `count` values.
pub(crate) fn decode(stored: StoredType, count: u64, bytes: &[u8]) -> Result<Value> {
    if stored == StoredType::Char {
        return Ok(text(bytes).into());
    }
    let mut values: Vec<Value> = bytes.chunks_exact(stored.size() as usize).filter_map(|b| value(stored, b)).collect();
    if values.len() as u64 != count {
        return Err(ArrayError::internal(format!("an attribute has {} values, expected {count}", values.len())));
    }
    Ok(match (values.len(), values.pop()) {
        (1, Some(one)) => one,
        (_, last) => {
            values.extend(last);
            Value::Array(values)
        }
    })
}

/// Characters as text, without the zeros that programs put around it; Latin-1 where they are not UTF-8.
fn text(bytes: &[u8]) -> String {
    let bytes: Vec<u8> = bytes.iter().copied().filter(|b| *b != 0).collect();
    text_of(&bytes)
}

/// UTF-8, or else Latin-1, as is found in old files.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect(), str::to_string)
}

fn value(stored: StoredType, bytes: &[u8]) -> Option<Value> {
    macro_rules! number {
        ($t:ty) => {
            <$t>::from_be_bytes(bytes.try_into().ok()?)
        };
    }
    Some(match stored {
        StoredType::Char => return None,
        StoredType::Byte => number!(i8).into(),
        StoredType::Short => number!(i16).into(),
        StoredType::Int => number!(i32).into(),
        // With all digits: a limit must equal the value that it was taken from.
        StoredType::Float => float(f64::from(number!(f32))),
        StoredType::Double => float(number!(f64)),
        StoredType::UByte => number!(u8).into(),
        StoredType::UShort => number!(u16).into(),
        StoredType::UInt => number!(u32).into(),
        StoredType::Int64 => number!(i64).into(),
        StoredType::UInt64 => number!(u64).into(),
    })
}

/// A float as JSON; text where JSON has no such number.
fn float(value: f64) -> Value {
    match serde_json::Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => "NaN".into(),
        None if value > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}
