//! numcodecs' filter `delta`: values stored as differences, each from the one before it.

use hyperslab_array::{ArrayError, Result};
use serde_json::Value;

use crate::data_type::{StoredType, short};

/// The filter, between the type of the values and the type of their differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delta {
    decoded: StoredType,
    encoded: StoredType,
}

impl Delta {
    /// The filter for values of `data_type`, from its `dtype` and `astype`.
    pub(crate) fn try_new(configuration: &Value, data_type: StoredType) -> Result<Self> {
        let missing = Value::Null;
        let get = |name: &str| configuration.get(name).filter(|v| !v.is_null());
        let decoded = get("dtype").unwrap_or(&missing);
        let encoded = get("astype").unwrap_or(decoded);
        let unsupported = || {
            ArrayError::unsupported(format!(
                "codec `delta` from `{}` to `{}` cannot be read",
                short(decoded),
                short(encoded)
            ))
        };
        let this = Self { decoded: StoredType::from_v2(decoded)?.0, encoded: StoredType::from_v2(encoded)?.0 };
        let kind = |t: StoredType| (t.data_type().is_integer(), t.data_type().is_float() && t != StoredType::Float16);
        let known = kind(this.decoded) == kind(this.encoded) && kind(this.decoded) != (false, false);
        if !known || this.decoded.for_codecs() != data_type.for_codecs() {
            return Err(unsupported());
        }
        Ok(this)
    }

    /// The type of the differences.
    pub(crate) fn encoded(self) -> StoredType {
        self.encoded
    }

    /// The bytes of the values, from those of the differences, both in this machine's order.
    pub(crate) fn decode(self, bytes: &[u8]) -> Result<Vec<u8>> {
        macro_rules! elements {
            ($t:ty as $wide:ty) => {
                bytes.as_chunks::<{ size_of::<$t>() }>().0.iter().map(|b| <$t>::from_ne_bytes(*b) as $wide).collect()
            };
        }
        macro_rules! sums {
            ($differences:expr, $t:ty, $add:expr) => {{
                let mut out = Vec::with_capacity($differences.len() * size_of::<$t>());
                let mut sum = Default::default();
                for difference in $differences {
                    sum = $add(sum, difference);
                    out.extend((sum as $t).to_ne_bytes());
                }
                Ok(out)
            }};
        }
        // Sums of integers wrap around, so that the widest type gives the right low bits of any other.
        let integers: Vec<i64> = match self.encoded {
            StoredType::Int8 => elements!(i8 as i64),
            StoredType::Int16 => elements!(i16 as i64),
            StoredType::Int32 => elements!(i32 as i64),
            StoredType::Int64 => elements!(i64 as i64),
            StoredType::UInt8 => elements!(u8 as i64),
            StoredType::UInt16 => elements!(u16 as i64),
            StoredType::UInt32 => elements!(u32 as i64),
            StoredType::UInt64 => elements!(u64 as i64),
            _ => vec![],
        };
        let floats: Vec<f64> = match self.encoded {
            StoredType::Float32 => elements!(f32 as f64),
            StoredType::Float64 => elements!(f64 as f64),
            _ => vec![],
        };
        match self.decoded {
            StoredType::Int8 => sums!(integers, i8, i64::wrapping_add),
            StoredType::Int16 => sums!(integers, i16, i64::wrapping_add),
            StoredType::Int32 => sums!(integers, i32, i64::wrapping_add),
            StoredType::Int64 => sums!(integers, i64, i64::wrapping_add),
            StoredType::UInt8 => sums!(integers, u8, i64::wrapping_add),
            StoredType::UInt16 => sums!(integers, u16, i64::wrapping_add),
            StoredType::UInt32 => sums!(integers, u32, i64::wrapping_add),
            StoredType::UInt64 => sums!(integers, u64, i64::wrapping_add),
            StoredType::Float32 => sums!(floats, f32, |sum: f32, d: f64| sum + d as f32),
            StoredType::Float64 => sums!(floats, f64, |sum: f64, d: f64| sum + d),
            _ => Err(ArrayError::internal("codec `delta` of a type without numbers")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_become_values_again() {
        let delta = Delta::try_new(&json!({"dtype": "<u2", "astype": "|i1"}), StoredType::UInt16).unwrap();
        let values = delta.decode(&[100, 100, 0xff, 0xff]).unwrap();
        let expected: Vec<u8> = [100u16, 200, 199, 198].iter().flat_map(|v| v.to_ne_bytes()).collect();
        assert_eq!(values, expected);
    }

    #[test]
    fn floats_are_summed_in_their_own_type() {
        let delta = Delta::try_new(&json!({"dtype": "<f4"}), StoredType::Float32).unwrap();
        let bytes: Vec<u8> = [1.5f32, 0.1, -0.1].iter().flat_map(|v| v.to_ne_bytes()).collect();
        let expected: Vec<u8> = [1.5f32, 1.5 + 0.1, 1.5 + 0.1 - 0.1].iter().flat_map(|v| v.to_ne_bytes()).collect();
        assert_eq!(delta.decode(&bytes).unwrap(), expected);
    }

    #[test]
    fn types_that_do_not_fit_are_refused() {
        assert!(Delta::try_new(&json!({"dtype": "<f4", "astype": "<i2"}), StoredType::Float32).is_err());
        assert!(Delta::try_new(&json!({"dtype": "<f4"}), StoredType::Float64).is_err());
        assert!(Delta::try_new(&json!({}), StoredType::Float64).is_err());
    }
}
