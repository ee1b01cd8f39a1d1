//! Equality, order and hashing of values of the same type.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use super::{Array, Value, datetime};

/// Which of two values of the same type comes first; NULL comes last, as `ORDER BY` has it.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Greater,
        (_, Value::Null) => Ordering::Less,
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Int(_) | Value::Reg(..), Value::Int(_) | Value::Reg(..)) => a.as_int().cmp(&b.as_int()),
        (Value::Float(a), Value::Float(b)) => compare_floats(*a, *b),
        (Value::Numeric(a), Value::Numeric(b)) => a.compare(**b),
        (Value::Interval(a), Value::Interval(b)) => datetime::span(*a).cmp(&datetime::span(*b)),
        (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => compare_arrays(a, b),
        (Value::Record(a), Value::Record(b)) => {
            let fields = a.iter().zip(b.iter()).map(|((_, a), (_, b))| compare(a, b));
            fields.into_iter().find(|o| o.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
        }
        // The binder gives both sides one type; this keeps sorting total if it ever does not.
        _ => rank(a).cmp(&rank(b)),
    }
}

/// Whether two values of the same type are equal; NULL equals NULL.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    compare(a, b).is_eq()
}

fn rank(v: &Value) -> u8 {
    match v {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Int(_) | Value::Reg(..) => 2,
        Value::Float(_) => 3,
        Value::Numeric(_) => 4,
        Value::Interval(_) => 5,
        Value::Text(_) => 6,
        Value::Bytes(_) => 7,
        Value::Array(_) => 8,
        Value::Record(_) => 9,
    }
}

fn compare_floats(a: f64, b: f64) -> Ordering {
    // Not a number is equal to itself and comes after all numbers.
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

fn compare_arrays(a: &Array, b: &Array) -> Ordering {
    let elements = a.elements.iter().zip(&b.elements).map(|(a, b)| compare(a, b));
    elements
        .into_iter()
        .find(|o| o.is_ne())
        .unwrap_or_else(|| a.elements.len().cmp(&b.elements.len()))
        .then_with(|| a.dims.len().cmp(&b.dims.len()))
        .then_with(|| a.dims.cmp(&b.dims))
}

/// Values as the key of a hash table; equal by [`equal`].
#[derive(Debug, Clone)]
pub(crate) struct Key(pub Vec<Value>);

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(a, b)| equal(a, b))
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for value in &self.0 {
            hash(value, state);
        }
    }
}

fn hash<H: Hasher>(value: &Value, state: &mut H) {
    rank(value).hash(state);
    match value {
        Value::Null => {}
        Value::Bool(b) => b.hash(state),
        Value::Int(n) => n.hash(state),
        Value::Reg(oid, _) => i64::from(*oid).hash(state),
        // Zero has two signs, and not-a-number many forms.
        Value::Float(x) if *x == 0.0 => 0u64.hash(state),
        Value::Float(x) if x.is_nan() => f64::NAN.to_bits().hash(state),
        Value::Float(x) => x.to_bits().hash(state),
        Value::Numeric(n) => n.trimmed().to_string().hash(state),
        Value::Interval(i) => datetime::span(*i).hash(state),
        Value::Text(s) => s.hash(state),
        Value::Bytes(b) => b.hash(state),
        Value::Array(a) => a.elements.iter().for_each(|e| hash(e, state)),
        Value::Record(fields) => fields.iter().for_each(|(_, v)| hash(v, state)),
    }
}
