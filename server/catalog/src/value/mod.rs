//! A value of any of PostgreSQL's types, without its type: expressions know theirs.
//!
//! `text` has the text forms, `binary` the binary forms, `order` equality, order and hashing.

mod binary;
pub(crate) mod datetime;
mod numeric;
mod order;
#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

pub use numeric::Numeric;
pub(crate) use order::{Key, compare, equal};
pub(crate) use text::{cut_name, quote_identifier};

/// One value. Which variant a type has:
///
/// - `bool` is `Bool`; `int2`, `int4`, `int8`, `oid`, `xid`, `cid`, `xid8` are `Int`;
/// - `regclass` and the other `reg…` types are `Reg`, with the name that text shows;
/// - `float4` and `float8` are `Float`, `numeric` is `Numeric`, `bytea` is `Bytes`;
/// - `date` is `Int` in days, `time`, `timestamp` and `timestamptz` are `Int` in microseconds, all from 2000-01-01 UTC;
/// - arrays, `int2vector` and `oidvector` are `Array`, rows are `Record`;
/// - everything else (`text`, `name`, `"char"`, `json`, `uuid`, `tid`, `inet`, …) is `Text`.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number, a day or a moment.
    Int(i64),
    /// A number and the name of the object that it stands for.
    Reg(u32, Arc<str>),
    /// A binary fraction.
    Float(f64),
    /// A decimal fraction.
    Numeric(Arc<Numeric>),
    /// Months, days and microseconds.
    Interval(Interval),
    /// Characters.
    Text(Arc<str>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// An array of any number of dimensions.
    Array(Arc<Array>),
    /// A row: the type and value of each field.
    Record(Arc<[(u32, Value)]>),
}

/// A span of time whose months and days have no fixed length.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Interval {
    /// Months, twelve to a year.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// The rest, in microseconds.
    pub micros: i64,
}

/// An array: its elements row by row, and for each dimension how many there are and the number of the first.
#[derive(Debug, Clone, Default)]
pub struct Array {
    /// Length and lower bound of each dimension; none for an empty array.
    pub dims: Vec<(usize, i32)>,
    /// As many as the product of the lengths.
    pub elements: Vec<Value>,
}

impl Array {
    /// A one-dimensional array that counts from `lower`.
    pub fn new(elements: Vec<Value>, lower: i32) -> Self {
        let dims = if elements.is_empty() { Vec::new() } else { vec![(elements.len(), lower)] };
        Self { dims, elements }
    }
}

impl Value {
    /// Text from anything that is text.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Arc::from(text.as_ref()))
    }

    /// A one-dimensional array that counts from 1.
    pub fn array(elements: Vec<Value>) -> Self {
        Self::Array(Arc::new(Array::new(elements, 1)))
    }

    /// An `int2vector` or `oidvector`: an array that counts from 0.
    pub fn vector(elements: Vec<Value>) -> Self {
        let dims = vec![(elements.len(), 0)];
        Self::Array(Arc::new(Array { dims, elements }))
    }

    /// A value of one of the `reg…` types.
    pub fn reg(oid: u32, name: impl AsRef<str>) -> Self {
        Self::Reg(oid, Arc::from(name.as_ref()))
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The whole number of an `Int` or `Reg`.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Reg(oid, _) => Some(i64::from(*oid)),
            _ => None,
        }
    }

    /// The characters of a `Text`, or the name of a `Reg`.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(s) | Self::Reg(_, s) => Some(s),
            _ => None,
        }
    }

    /// True for a true `Bool` and nothing else.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<i32> for Value {
    fn from(n: i32) -> Self {
        Self::Int(n.into())
    }
}

impl From<i64> for Value {
    fn from(n: i64) -> Self {
        Self::Int(n)
    }
}

impl From<u32> for Value {
    fn from(n: u32) -> Self {
        Self::Int(n.into())
    }
}

impl From<f64> for Value {
    fn from(x: f64) -> Self {
        Self::Float(x)
    }
}

impl From<&str> for Value {
    fn from(s: &str) -> Self {
        Self::text(s)
    }
}

impl From<String> for Value {
    fn from(s: String) -> Self {
        Self::Text(s.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}
