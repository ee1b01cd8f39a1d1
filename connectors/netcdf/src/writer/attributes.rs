//! Attributes as a header holds them: from JSON to a type of netCDF and bytes.

use hyperslab_array::{ArrayError, Attributes, Result};
use serde_json::Value;

use super::Version;
use crate::format::StoredType;

/// Attributes whose values are stored values of their variable.
const OWN_TYPE: [&str; 8] = [
    "_FillValue",
    "missing_value",
    "valid_min",
    "valid_max",
    "valid_range",
    "actual_range",
    "flag_values",
    "flag_masks",
];

/// An attribute, ready for the header.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Encoded {
    pub(super) name: String,
    pub(super) stored: StoredType,
    pub(super) count: u64,
    pub(super) bytes: Vec<u8>,
}

/// How the values of a variable are stored, for attributes in its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) stored: StoredType,
    /// Whether its bytes stand for 0 to 255.
    pub(super) is_unsigned_byte: bool,
    /// Whether it has a scale or an offset, so that limits that are floats are those of unpacked values.
    pub(super) is_packed: bool,
}

/// A number of JSON, or a text that stands for what JSON cannot write.
#[derive(Debug, Clone, Copy)]
enum Number {
    Int(i128),
    Float(f64),
}

/// Encodes all attributes; those of a variable with its type as `own`. `null` has no form in netCDF and is left out,
/// what is no text, number or list of numbers is written as JSON text.
pub(super) fn encode(attributes: &Attributes, version: Version, own: Option<Own>) -> Result<Vec<Encoded>> {
    let mut out = Vec::with_capacity(attributes.len());
    for (name, value) in attributes.iter() {
        super::header::check_name("attribute", name)?;
        let own = own.filter(|_| OWN_TYPE.contains(&name));
        let in_own_type = own.and_then(|own| in_type(own, name, value));
        if own.is_some() && in_own_type.is_none() && name == "_FillValue" && !value.is_null() {
            let stored = own.map(|o| o.stored.data_type().name()).unwrap_or_default();
            return Err(ArrayError::argument(format!(
                "attribute `_FillValue` is `{value}`, expected a value of the stored type {stored}"
            )));
        }
        let Some((stored, count, bytes)) = in_own_type.or_else(|| general(value, version)) else { continue };
        out.push(Encoded { name: name.to_string(), stored, count, bytes });
    }
    Ok(out)
}

/// The values in the type of the variable, where they have a form in it.
fn in_type(own: Own, name: &str, value: &Value) -> Option<(StoredType, u64, Vec<u8>)> {
    if own.stored == StoredType::Char {
        let text = value.as_str()?;
        return match (name, text.as_bytes()) {
            ("_FillValue", []) => Some((StoredType::Char, 1, vec![0])),
            ("_FillValue", [byte]) => Some((StoredType::Char, 1, vec![*byte])),
            _ => None,
        };
    }
    let values = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut bytes = Vec::new();
    for value in values {
        let number = number(value, own.stored)?;
        let is_limit = name.starts_with("valid_");
        if is_limit && own.is_packed && matches!(number, Number::Float(_)) {
            return None;
        }
        bytes.extend(bytes_of(own, number)?);
    }
    (!values.is_empty()).then_some((own.stored, values.len() as u64, bytes))
}

fn number(value: &Value, stored: StoredType) -> Option<Number> {
    match value {
        Value::Bool(b) => Some(Number::Int(i128::from(*b))),
        Value::Number(n) => plain(n),
        Value::String(text) if matches!(stored, StoredType::Float | StoredType::Double) => {
            special(text).map(Number::Float)
        }
        _ => None,
    }
}

fn plain(n: &serde_json::Number) -> Option<Number> {
    match (n.as_i64(), n.as_u64()) {
        (Some(i), _) => Some(Number::Int(i.into())),
        (_, Some(u)) => Some(Number::Int(u.into())),
        _ => n.as_f64().map(Number::Float),
    }
}

/// The floats that JSON has no number for.
fn special(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// The stored bytes of `number`, where it has a form in the type.
fn bytes_of(own: Own, number: Number) -> Option<Vec<u8>> {
    let float = match number {
        Number::Int(i) => i as f64,
        Number::Float(f) => f,
    };
    let whole = match number {
        Number::Int(i) => Some(i),
        Number::Float(f) => (f.fract() == 0.0 && f.abs() < 1e30).then_some(f as i128),
    };
    macro_rules! integer {
        ($t:ty) => {
            <$t>::try_from(whole?).ok()?.to_be_bytes().to_vec()
        };
    }
    Some(match own.stored {
        StoredType::Char => return None,
        StoredType::Float => {
            let narrow = float as f32;
            if narrow.is_infinite() && float.is_finite() {
                return None;
            }
            narrow.to_be_bytes().to_vec()
        }
        StoredType::Double => float.to_be_bytes().to_vec(),
        StoredType::Byte if own.is_unsigned_byte => match u8::try_from(whole?) {
            Ok(byte) => vec![byte],
            Err(_) => integer!(i8),
        },
        StoredType::Byte => integer!(i8),
        StoredType::Short => integer!(i16),
        StoredType::Int => integer!(i32),
        StoredType::UByte => integer!(u8),
        StoredType::UShort => integer!(u16),
        StoredType::UInt => integer!(u32),
        StoredType::Int64 => integer!(i64),
        StoredType::UInt64 => integer!(u64),
    })
}

fn general(value: &Value, version: Version) -> Option<(StoredType, u64, Vec<u8>)> {
    let text = |text: &str| Some((StoredType::Char, text.len() as u64, text.as_bytes().to_vec()));
    match value {
        Value::Null => None,
        Value::String(s) => text(s),
        Value::Bool(b) => Some((StoredType::Byte, 1, vec![u8::from(*b)])),
        Value::Number(n) => Some(numbers(&[plain(n)?], version)),
        Value::Array(list) => {
            let has_number = list.is_empty() || list.iter().any(Value::is_number);
            let all: Option<Vec<Number>> =
                list.iter().map(|v| number(v, StoredType::Double).filter(|_| !v.is_boolean())).collect();
            match all.filter(|_| has_number) {
                Some(all) => Some(numbers(&all, version)),
                None => text(&value.to_string()),
            }
        }
        Value::Object(_) => text(&value.to_string()),
    }
}

/// Integers as `int`, or as the least type that holds all of them; anything else as `double`.
fn numbers(all: &[Number], version: Version) -> (StoredType, u64, Vec<u8>) {
    let candidates: &[StoredType] = match version {
        Version::Offset64 => &[StoredType::Int],
        Version::Data64 => &[StoredType::Int, StoredType::Int64, StoredType::UInt64],
    };
    let is_whole = all.iter().all(|n| matches!(n, Number::Int(_)));
    let stored = candidates
        .iter()
        .copied()
        .filter(|_| is_whole)
        .chain([StoredType::Double])
        .find_map(|stored| {
            let own = Own { stored, is_unsigned_byte: false, is_packed: false };
            let parts: Option<Vec<Vec<u8>>> = all.iter().map(|n| bytes_of(own, *n)).collect();
            parts.map(|parts| (stored, parts.concat()))
        })
        .unwrap_or((StoredType::Double, Vec::new()));
    (stored.0, all.len() as u64, stored.1)
}
