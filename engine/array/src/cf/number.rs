//! Numbers as attributes carry them, and the number types that variables store.

use serde_json::Value;

/// A number of an attribute. Integers keep all their digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    pub(super) fn as_f64(self) -> f64 {
        match self {
            Self::Int(i) => i as f64,
            Self::Float(f) => f,
        }
    }
}

/// The numbers of an attribute: one, several in a list or in a text, or a float in base64 as xarray writes it into
/// Zarr. `None` where something else is there.
pub(super) fn numbers(value: &Value) -> Option<Vec<Number>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Number(n) => Some(vec![match (n.as_i64(), n.as_u64()) {
            (Some(i), _) => Number::Int(i.into()),
            (_, Some(u)) => Number::Int(u.into()),
            _ => Number::Float(n.as_f64()?),
        }]),
        Value::String(text) => {
            if let Some(float) = float_of_base64(text) {
                return Some(vec![Number::Float(float)]);
            }
            let words = text.split([',', ' ', '\t']).filter(|w| !w.is_empty());
            let numbers: Vec<Number> = words.map(number_of_text).collect::<Option<_>>()?;
            if numbers.is_empty() { None } else { Some(numbers) }
        }
        Value::Array(list) => {
            let parts: Vec<Vec<Number>> = list.iter().map(numbers).collect::<Option<_>>()?;
            Some(parts.concat())
        }
        Value::Bool(_) | Value::Object(_) => None,
    }
}

fn number_of_text(text: &str) -> Option<Number> {
    match text.parse::<i128>() {
        Ok(i) => Some(Number::Int(i)),
        Err(_) => text.parse().ok().map(Number::Float),
    }
}

/// Eight little-endian bytes in base64.
fn float_of_base64(text: &str) -> Option<f64> {
    let digits = text.strip_suffix('=')?.as_bytes();
    if digits.len() != 11 {
        return None;
    }
    let mut bits = 0u128;
    for &c in digits {
        let digit = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u128::from(digit);
    }
    // Eleven digits are 66 bits: 64 of the number and 2 of filling.
    Some(f64::from_bits(((bits >> 2) as u64).swap_bytes()))
}

/// What the allowed range says about a type: no limit, a limit, or nothing is allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit<T> {
    Free,
    At(T),
    Nothing,
}

/// A type of number that variables store.
pub(super) trait Stored: Copy + PartialOrd {
    /// The value of this type that equals `number`; for floats, the nearest.
    fn of(number: Number) -> Option<Self>;
    /// The least value that is allowed when `number` is.
    fn lower(number: Number) -> Limit<Self>;
    /// The greatest value that is allowed when `number` is.
    fn upper(number: Number) -> Limit<Self>;
    /// Whether it is a number at all.
    fn is_number(self) -> bool;
    /// As a `float64`.
    fn float(self) -> f64;
}

macro_rules! stored_integer {
    ($($t:ty)*) => {$(
        impl Stored for $t {
            fn of(number: Number) -> Option<Self> {
                match number {
                    Number::Int(i) => Self::try_from(i).ok(),
                    // Every integer type is inside the range in which `as` to `i128` is exact.
                    Number::Float(f) if f.fract() == 0.0 && f.abs() < 1e30 => Self::try_from(f as i128).ok(),
                    Number::Float(_) => None,
                }
            }

            fn lower(number: Number) -> Limit<Self> {
                let least = match number {
                    Number::Int(i) => i,
                    Number::Float(f) if f.is_nan() => return Limit::Free,
                    Number::Float(f) => f.ceil() as i128,
                };
                match Self::try_from(least) {
                    Ok(least) => Limit::At(least),
                    Err(_) if least < 0 => Limit::Free,
                    Err(_) => Limit::Nothing,
                }
            }

            fn upper(number: Number) -> Limit<Self> {
                let greatest = match number {
                    Number::Int(i) => i,
                    Number::Float(f) if f.is_nan() => return Limit::Free,
                    Number::Float(f) => f.floor() as i128,
                };
                match Self::try_from(greatest) {
                    Ok(greatest) => Limit::At(greatest),
                    Err(_) if greatest > 0 => Limit::Free,
                    Err(_) => Limit::Nothing,
                }
            }

            fn is_number(self) -> bool {
                true
            }

            fn float(self) -> f64 {
                self as f64
            }
        }
    )*};
}

macro_rules! stored_float {
    ($($t:ty)*) => {$(
        impl Stored for $t {
            fn of(number: Number) -> Option<Self> {
                Some(number.as_f64() as Self)
            }

            fn lower(number: Number) -> Limit<Self> {
                let limit = number.as_f64() as Self;
                if limit.is_nan() { Limit::Free } else { Limit::At(limit) }
            }

            fn upper(number: Number) -> Limit<Self> {
                Self::lower(number)
            }

            fn is_number(self) -> bool {
                !self.is_nan()
            }

            fn float(self) -> f64 {
                self.into()
            }
        }
    )*};
}

stored_integer!(i8 i16 i32 i64 u8 u16 u32 u64);
stored_float!(f32 f64);
