//! The value of cells that were never written, from the `fill_value` of either version's metadata.

use hyperslab_array::{ArrayError, Region, Result, Values};
use serde_json::Value;

use crate::data_type::{StoredType, short};
use crate::time::NAT;

/// The fill value of an array.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FillValue {
    data_type: StoredType,
    /// Bytes of one value, in this machine's order; the text of a text of any length.
    bytes: Vec<u8>,
}

impl FillValue {
    /// The fill value that `value` says; v2's `null` is a zero.
    pub(crate) fn try_new(data_type: StoredType, value: &Value) -> Result<Self> {
        let bytes = bytes_of(data_type, value).ok_or_else(|| {
            ArrayError::invalid(format!(
                "fill value `{}` is not a value of type {}",
                short(value),
                data_type.data_type()
            ))
        })?;
        Ok(Self { data_type, bytes })
    }

    /// `count` times the value.
    pub(crate) fn values(&self, count: usize) -> Result<Values> {
        if self.data_type == StoredType::String {
            return Ok(Values::String(vec![self.text()?; count]));
        }
        let one = self.data_type.gather(&self.bytes, 0, &[1], &Region::full(&[1]), cfg!(target_endian = "big"))?;
        macro_rules! repeat {
            ($($variant:ident)*) => {
                match one {
                    $(Values::$variant(v) => {
                        let value = v.into_iter().next();
                        Values::$variant(value.map(|value| vec![value; count]).unwrap_or_default())
                    })*
                }
            };
        }
        Ok(repeat!(Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 String Timestamp Duration))
    }

    /// The value as the codecs know it.
    pub(crate) fn for_codecs(&self) -> zarrs::array::FillValue {
        zarrs::array::FillValue::new(self.bytes.clone())
    }

    fn text(&self) -> Result<String> {
        String::from_utf8(self.bytes.clone()).map_err(|e| ArrayError::invalid("fill value is not text").with_source(e))
    }
}

fn bytes_of(data_type: StoredType, value: &Value) -> Option<Vec<u8>> {
    macro_rules! integer {
        ($t:ty) => {
            integer(value).and_then(|v| <$t>::try_from(v).ok()).map(|v| v.to_ne_bytes().to_vec())
        };
    }
    match data_type {
        StoredType::Bool => match value {
            Value::Bool(b) => Some(vec![u8::from(*b)]),
            other => integer(other).map(|v| vec![u8::from(v != 0)]),
        },
        StoredType::Int8 => integer!(i8),
        StoredType::Int16 => integer!(i16),
        StoredType::Int32 => integer!(i32),
        StoredType::Int64 => integer!(i64),
        StoredType::UInt8 => integer!(u8),
        StoredType::UInt16 => integer!(u16),
        StoredType::UInt32 => integer!(u32),
        StoredType::UInt64 => integer!(u64),
        StoredType::Float16 => match bits(value, 2) {
            Some(bits) => Some((bits as u16).to_ne_bytes().to_vec()),
            None => float(value).map(|v| half::f16::from_f64(v).to_ne_bytes().to_vec()),
        },
        StoredType::Float32 => match bits(value, 4) {
            Some(bits) => Some((bits as u32).to_ne_bytes().to_vec()),
            None => float(value).map(|v| (v as f32).to_ne_bytes().to_vec()),
        },
        StoredType::Float64 => match bits(value, 8) {
            Some(bits) => Some(bits.to_ne_bytes().to_vec()),
            None => float(value).map(|v| v.to_ne_bytes().to_vec()),
        },
        StoredType::DateTime(_) | StoredType::TimeDelta(_) => match value {
            Value::String(s) if s == "NaT" => Some(NAT.to_ne_bytes().to_vec()),
            _ => integer!(i64),
        },
        StoredType::Bytes(n) => fixed_text(value, n, |text| base64(text).unwrap_or_else(|| text.as_bytes().to_vec())),
        StoredType::Utf32(n) => {
            fixed_text(value, 4 * n, |text| text.chars().flat_map(|c| u32::from(c).to_ne_bytes()).collect())
        }
        StoredType::String => match value {
            Value::String(s) => Some(s.clone().into_bytes()),
            Value::Null => Some(vec![]),
            Value::Number(n) if n.as_f64() == Some(0.0) => Some(vec![]),
            _ => None,
        },
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Null => Some(0),
        Value::Number(n) => {
            let whole = |v: f64| (v.fract() == 0.0 && v.abs() < 9.0e15).then_some(v as i128);
            n.as_i64().map(i128::from).or_else(|| n.as_u64().map(i128::from)).or_else(|| whole(n.as_f64()?))
        }
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Null => Some(0.0),
        Value::Number(n) => n.as_f64(),
        Value::String(s) => match s.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            other => base64_float(other),
        },
        _ => None,
    }
}

/// The bits of a float written as `0x7fc00000`.
fn bits(value: &Value, size: usize) -> Option<u64> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    (digits.len() == 2 * size).then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}

fn fixed_text(value: &Value, size: usize, encode: impl Fn(&str) -> Vec<u8>) -> Option<Vec<u8>> {
    let mut bytes = match value {
        Value::String(s) => encode(s),
        Value::Null => vec![],
        Value::Number(n) if n.as_f64() == Some(0.0) => vec![],
        _ => return None,
    };
    if bytes.len() > size {
        return None;
    }
    bytes.resize(size, 0);
    Some(bytes)
}

/// The float whose eight little-endian bytes `text` is in base64: xarray's `_FillValue`.
pub(crate) fn base64_float(text: &str) -> Option<f64> {
    base64(text)?.try_into().ok().map(f64::from_le_bytes)
}

/// The bytes of standard base64 with padding.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    if !rest.is_empty() {
        return None;
    }
    let mut out = Vec::with_capacity(groups.len() * 3);
    for (i, group) in groups.iter().enumerate() {
        let padding = group.iter().rev().take_while(|c| **c == b'=').count();
        if padding > 2 || (padding > 0 && i + 1 != groups.len()) {
            return None;
        }
        let mut number = 0u32;
        for (j, c) in group.iter().enumerate() {
            let digit = match c {
                b'A'..=b'Z' => c - b'A',
                b'a'..=b'z' => c - b'a' + 26,
                b'0'..=b'9' => c - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' if j >= 4 - padding => 0,
                _ => return None,
            };
            number = number << 6 | u32::from(digit);
        }
        let [_, a, b, c] = number.to_be_bytes();
        out.extend([a, b, c].iter().take(3 - padding));
    }
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::time::TimeUnit;

    fn one(data_type: StoredType, value: Value) -> Values {
        FillValue::try_new(data_type, &value).unwrap().values(1).unwrap()
    }

    #[test]
    fn fill_values_of_every_type_are_read() {
        assert_eq!(one(StoredType::Bool, json!(true)), Values::Bool(vec![true]));
        assert_eq!(one(StoredType::Int16, json!(-32768)), Values::Int16(vec![-32768]));
        assert_eq!(one(StoredType::UInt64, json!(u64::MAX)), Values::UInt64(vec![u64::MAX]));
        assert_eq!(one(StoredType::Int32, json!(2.0)), Values::Int32(vec![2]));
        assert_eq!(one(StoredType::Float16, json!(0.5)), Values::Float32(vec![0.5]));
        assert_eq!(one(StoredType::Float32, json!("-Infinity")), Values::Float32(vec![f32::NEG_INFINITY]));
        assert_eq!(one(StoredType::Float32, json!("0x3f800000")), Values::Float32(vec![1.0]));
        assert_eq!(one(StoredType::Float64, Value::Null), Values::Float64(vec![0.0]));
        assert_eq!(one(StoredType::Bytes(3), json!("YWI=")), Values::String(vec!["ab".into()]));
        assert_eq!(one(StoredType::Utf32(3), json!("ab")), Values::String(vec!["ab".into()]));
        assert_eq!(one(StoredType::String, json!("-")), Values::String(vec!["-".into()]));
        let unit = TimeUnit::from_v2("ns").unwrap();
        assert_eq!(one(StoredType::DateTime(unit), json!("NaT")), Values::Timestamp(vec![NAT]));
        assert_eq!(one(StoredType::TimeDelta(unit), json!(2000)), Values::Duration(vec![2]));
    }

    #[test]
    fn a_fill_value_of_the_wrong_type_is_refused() {
        for (data_type, value) in [
            (StoredType::Int8, json!(128)),
            (StoredType::UInt8, json!(-1)),
            (StoredType::Int32, json!(0.5)),
            (StoredType::Int32, json!("NaN")),
            (StoredType::Float32, json!("cold")),
            (StoredType::Float32, json!([1])),
            (StoredType::Bytes(2), json!("YWJj")),
            (StoredType::String, json!(7)),
        ] {
            let error = FillValue::try_new(data_type, &value).unwrap_err().to_string();
            assert!(error.starts_with("fill value `"), "{error}");
        }
    }

    #[test]
    fn base64_of_a_float_is_read() {
        assert!(base64_float("AAAAAAAA+H8=").unwrap().is_nan());
        assert_eq!(base64_float("AAAAAABq6MA="), Some(-50000.0));
        assert_eq!(base64_float("AAAA"), None);
        assert_eq!(base64("AA=A"), None);
    }
}
