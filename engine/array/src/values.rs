//! Typed buffers: what a chunk holds before ([`Values`]) and after ([`Decoded`]) CF decoding.
//!
//! The buffers are plain vectors, so that Arrow can take them over without a copy.

use crate::{ArrayError, Region, Result};

/// The types that a variable can have. Connectors widen what is not here (`float16` becomes [`DataType::Float32`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum DataType {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float32,
    Float64,
    /// UTF-8 text, of fixed or variable length in the store.
    String,
    /// Microseconds since 1970-01-01T00:00:00 in the proleptic Gregorian calendar; `i64::MIN` is "not a time".
    Timestamp,
    /// Microseconds; `i64::MIN` is "not a time".
    Duration,
}

impl DataType {
    /// xarray's name of the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Timestamp => "datetime64[us]",
            Self::Duration => "timedelta64[us]",
        }
    }

    /// Bytes of one value in memory; for text, of the value's header.
    pub fn size(self) -> usize {
        match self {
            Self::Bool | Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 => 2,
            Self::Int32 | Self::UInt32 | Self::Float32 => 4,
            Self::Int64 | Self::UInt64 | Self::Float64 | Self::Timestamp | Self::Duration => 8,
            Self::String => std::mem::size_of::<String>(),
        }
    }

    /// Whether it is `float32` or `float64`.
    pub fn is_float(self) -> bool {
        matches!(self, Self::Float32 | Self::Float64)
    }

    /// Whether it is an integer, signed or not.
    pub fn is_integer(self) -> bool {
        matches!(
            self,
            Self::Int8
                | Self::Int16
                | Self::Int32
                | Self::Int64
                | Self::UInt8
                | Self::UInt16
                | Self::UInt32
                | Self::UInt64
        )
    }
}

impl std::fmt::Display for DataType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Values of one type, in C order.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Values {
    Bool(Vec<bool>),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    UInt8(Vec<u8>),
    UInt16(Vec<u16>),
    UInt32(Vec<u32>),
    UInt64(Vec<u64>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    String(Vec<String>),
    Timestamp(Vec<i64>),
    Duration(Vec<i64>),
}

/// Runs `$body` with `$v` bound to the vector inside `$values`, whatever its type.
#[macro_export]
macro_rules! for_each_type {
    ($values:expr, $v:ident => $body:expr) => {
        match $values {
            $crate::Values::Bool($v) => $body,
            $crate::Values::Int8($v) => $body,
            $crate::Values::Int16($v) => $body,
            $crate::Values::Int32($v) => $body,
            $crate::Values::Int64($v) => $body,
            $crate::Values::UInt8($v) => $body,
            $crate::Values::UInt16($v) => $body,
            $crate::Values::UInt32($v) => $body,
            $crate::Values::UInt64($v) => $body,
            $crate::Values::Float32($v) => $body,
            $crate::Values::Float64($v) => $body,
            $crate::Values::String($v) => $body,
            $crate::Values::Timestamp($v) => $body,
            $crate::Values::Duration($v) => $body,
        }
    };
}

/// Runs `$body` with `$v` bound to the vector inside `$values`, and wraps the vector it gives in the same variant.
#[macro_export]
macro_rules! map_each_type {
    ($values:expr, $v:ident => $body:expr) => {
        match $values {
            $crate::Values::Bool($v) => $crate::Values::Bool($body),
            $crate::Values::Int8($v) => $crate::Values::Int8($body),
            $crate::Values::Int16($v) => $crate::Values::Int16($body),
            $crate::Values::Int32($v) => $crate::Values::Int32($body),
            $crate::Values::Int64($v) => $crate::Values::Int64($body),
            $crate::Values::UInt8($v) => $crate::Values::UInt8($body),
            $crate::Values::UInt16($v) => $crate::Values::UInt16($body),
            $crate::Values::UInt32($v) => $crate::Values::UInt32($body),
            $crate::Values::UInt64($v) => $crate::Values::UInt64($body),
            $crate::Values::Float32($v) => $crate::Values::Float32($body),
            $crate::Values::Float64($v) => $crate::Values::Float64($body),
            $crate::Values::String($v) => $crate::Values::String($body),
            $crate::Values::Timestamp($v) => $crate::Values::Timestamp($body),
            $crate::Values::Duration($v) => $crate::Values::Duration($body),
        }
    };
}

impl Values {
    /// How many values.
    pub fn len(&self) -> usize {
        for_each_type!(self, v => v.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their type.
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Bool(_) => DataType::Bool,
            Self::Int8(_) => DataType::Int8,
            Self::Int16(_) => DataType::Int16,
            Self::Int32(_) => DataType::Int32,
            Self::Int64(_) => DataType::Int64,
            Self::UInt8(_) => DataType::UInt8,
            Self::UInt16(_) => DataType::UInt16,
            Self::UInt32(_) => DataType::UInt32,
            Self::UInt64(_) => DataType::UInt64,
            Self::Float32(_) => DataType::Float32,
            Self::Float64(_) => DataType::Float64,
            Self::String(_) => DataType::String,
            Self::Timestamp(_) => DataType::Timestamp,
            Self::Duration(_) => DataType::Duration,
        }
    }

    /// Bytes held in memory.
    pub fn memory(&self) -> usize {
        let inline = self.len() * self.data_type().size();
        match self {
            Self::String(v) => inline + v.iter().map(String::len).sum::<usize>(),
            _ => inline,
        }
    }

    /// An empty buffer of `data_type` with room for `capacity` values.
    pub fn with_capacity(data_type: DataType, capacity: usize) -> Self {
        match data_type {
            DataType::Bool => Self::Bool(Vec::with_capacity(capacity)),
            DataType::Int8 => Self::Int8(Vec::with_capacity(capacity)),
            DataType::Int16 => Self::Int16(Vec::with_capacity(capacity)),
            DataType::Int32 => Self::Int32(Vec::with_capacity(capacity)),
            DataType::Int64 => Self::Int64(Vec::with_capacity(capacity)),
            DataType::UInt8 => Self::UInt8(Vec::with_capacity(capacity)),
            DataType::UInt16 => Self::UInt16(Vec::with_capacity(capacity)),
            DataType::UInt32 => Self::UInt32(Vec::with_capacity(capacity)),
            DataType::UInt64 => Self::UInt64(Vec::with_capacity(capacity)),
            DataType::Float32 => Self::Float32(Vec::with_capacity(capacity)),
            DataType::Float64 => Self::Float64(Vec::with_capacity(capacity)),
            DataType::String => Self::String(Vec::with_capacity(capacity)),
            DataType::Timestamp => Self::Timestamp(Vec::with_capacity(capacity)),
            DataType::Duration => Self::Duration(Vec::with_capacity(capacity)),
        }
    }

    /// Appends `other[start..start + len]`.
    ///
    /// # Errors
    /// When the types differ or the range is outside `other`.
    pub fn extend_from(&mut self, other: &Values, start: usize, len: usize) -> Result<()> {
        macro_rules! extend {
            ($($variant:ident)*) => {
                match (self, other) {
                    $((Self::$variant(a), Self::$variant(b)) => match b.get(start..start + len) {
                        Some(part) => a.extend_from_slice(part),
                        None => return Err(ArrayError::internal(format!(
                            "range {start}..{} is outside of {} values", start + len, b.len()))),
                    },)*
                    (a, b) => return Err(ArrayError::internal(format!(
                        "cannot append {} values to {} values", b.data_type(), a.data_type()))),
                }
            };
        }
        extend!(Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 String Timestamp Duration);
        Ok(())
    }

    /// Writes `other[start..start + len]` over the values from `at` on.
    ///
    /// # Errors
    /// When the types differ or a range is outside.
    pub fn write(&mut self, at: usize, other: &Values, start: usize, len: usize) -> Result<()> {
        macro_rules! write {
            ($($variant:ident)*) => {
                match (self, other) {
                    $((Self::$variant(a), Self::$variant(b)) => {
                        match (a.get_mut(at..at.saturating_add(len)), b.get(start..start.saturating_add(len))) {
                            (Some(to), Some(from)) => to.clone_from_slice(from),
                            _ => return Err(ArrayError::internal(format!(
                                "{len} values from {start} on cannot be written to {at}"))),
                        }
                    })*
                    (a, b) => return Err(ArrayError::internal(format!(
                        "cannot write {} values over {} values", b.data_type(), a.data_type()))),
                }
            };
        }
        write!(Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64 String Timestamp Duration);
        Ok(())
    }

    /// The cells of `region`, where the values fill an array of `shape` in C order.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Internal`] when the region is not inside of the array, or the values do not fill it.
    pub fn region(&self, shape: &[u64], region: &Region) -> Result<Self> {
        let whole = Region::full(shape);
        let fits = |d: usize| region.start[d].checked_add(region.shape[d]).is_some_and(|end| end <= shape[d]);
        let is_inside = region.start.len() == shape.len() && region.rank() == shape.len();
        if !is_inside || !(0..shape.len()).all(fits) || whole.cells()? != self.len() {
            return Err(ArrayError::internal(format!(
                "region `{region:?}` is not inside of {} values of shape `{shape:?}`",
                self.len()
            )));
        }
        let cells = region.cells()?;
        let mut out = Self::with_capacity(self.data_type(), cells);
        if cells == 0 {
            return Ok(out);
        }
        let strides = whole.strides();
        // Trailing dimensions that are whole are copied with the one before them, as one run.
        let whole_from = (0..shape.len()).rev().find(|&d| region.shape[d] != shape[d]).unwrap_or(0);
        let run = region.shape.iter().skip(whole_from).fold(1usize, |n, s| n * *s as usize);
        let first: usize = region.start.iter().zip(&strides).map(|(start, stride)| *start as usize * stride).sum();
        let mut at = vec![0u64; whole_from];
        for _ in 0..cells / run {
            let offset: usize = at.iter().zip(&strides).map(|(i, stride)| *i as usize * stride).sum();
            out.extend_from(self, first + offset, run)?;
            for d in (0..whole_from).rev() {
                at[d] += 1;
                if at[d] < region.shape[d] {
                    break;
                }
                at[d] = 0;
            }
        }
        Ok(out)
    }

    /// A buffer of `data_type` that holds one value.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Internal`] when `scalar` is not a value of this type.
    pub fn from_scalar(data_type: DataType, scalar: &Scalar) -> Result<Self> {
        let wrong = || ArrayError::internal(format!("`{scalar:?}` is not a {data_type} value"));
        macro_rules! integer {
            ($variant:ident) => {
                match scalar {
                    Scalar::Int(i) => Self::$variant(vec![(*i).try_into().map_err(|_| wrong())?]),
                    Scalar::UInt(u) => Self::$variant(vec![(*u).try_into().map_err(|_| wrong())?]),
                    _ => return Err(wrong()),
                }
            };
        }
        Ok(match (data_type, scalar) {
            (DataType::Int8, _) => integer!(Int8),
            (DataType::Int16, _) => integer!(Int16),
            (DataType::Int32, _) => integer!(Int32),
            (DataType::Int64, _) => integer!(Int64),
            (DataType::UInt8, _) => integer!(UInt8),
            (DataType::UInt16, _) => integer!(UInt16),
            (DataType::UInt32, _) => integer!(UInt32),
            (DataType::UInt64, _) => integer!(UInt64),
            (DataType::Bool, Scalar::Bool(b)) => Self::Bool(vec![*b]),
            (DataType::Float32, Scalar::Float32(f)) => Self::Float32(vec![*f]),
            (DataType::Float64, Scalar::Float64(f)) => Self::Float64(vec![*f]),
            (DataType::String, Scalar::String(s)) => Self::String(vec![s.clone()]),
            (DataType::Timestamp, Scalar::Timestamp(t)) => Self::Timestamp(vec![*t]),
            (DataType::Duration, Scalar::Duration(t)) => Self::Duration(vec![*t]),
            _ => return Err(wrong()),
        })
    }

    /// The value at `index`; `None` outside.
    pub fn get(&self, index: usize) -> Option<Scalar> {
        Some(match self {
            Self::Bool(v) => Scalar::Bool(*v.get(index)?),
            Self::Int8(v) => Scalar::Int((*v.get(index)?).into()),
            Self::Int16(v) => Scalar::Int((*v.get(index)?).into()),
            Self::Int32(v) => Scalar::Int((*v.get(index)?).into()),
            Self::Int64(v) => Scalar::Int(*v.get(index)?),
            Self::UInt8(v) => Scalar::UInt((*v.get(index)?).into()),
            Self::UInt16(v) => Scalar::UInt((*v.get(index)?).into()),
            Self::UInt32(v) => Scalar::UInt((*v.get(index)?).into()),
            Self::UInt64(v) => Scalar::UInt(*v.get(index)?),
            Self::Float32(v) => Scalar::Float32(*v.get(index)?),
            Self::Float64(v) => Scalar::Float64(*v.get(index)?),
            Self::String(v) => Scalar::String(v.get(index)?.clone()),
            Self::Timestamp(v) => Scalar::Timestamp(*v.get(index)?),
            Self::Duration(v) => Scalar::Duration(*v.get(index)?),
        })
    }
}

/// One value of any type.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Scalar {
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float32(f32),
    Float64(f64),
    String(String),
    /// Microseconds since 1970-01-01.
    Timestamp(i64),
    /// Microseconds.
    Duration(i64),
}

/// One bit a value, least significant bit first: Arrow's layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    bits: Vec<u8>,
    len: usize,
}

impl Bitmap {
    /// The bit at `i` is `f(i)`.
    pub fn from_fn(len: usize, mut f: impl FnMut(usize) -> bool) -> Self {
        let mut bits = vec![0u8; len.div_ceil(8)];
        for (byte, out) in bits.iter_mut().enumerate() {
            let start = byte * 8;
            let mut b = 0u8;
            for i in start..(start + 8).min(len) {
                b |= u8::from(f(i)) << (i - start);
            }
            *out = b;
        }
        Self { bits, len }
    }

    /// One bit for each of `values`: whether it is to be kept.
    pub fn from_slice<T>(values: &[T], keep: impl Fn(&T) -> bool) -> Self {
        let byte = |part: &[T]| part.iter().rev().fold(0u8, |byte, value| byte << 1 | u8::from(keep(value)));
        let whole = values.chunks_exact(8);
        let rest = whole.remainder();
        let mut bits = Vec::with_capacity(values.len().div_ceil(8));
        bits.extend(whole.map(byte));
        if !rest.is_empty() {
            bits.push(byte(rest));
        }
        Self { bits, len: values.len() }
    }

    /// The bits that are set in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let bits = self.bits.iter().zip(&other.bits).map(|(a, b)| a & b).collect();
        Self { bits, len: self.len.min(other.len) }
    }

    /// How many bits.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bit at `index`; false outside.
    pub fn get(&self, index: usize) -> bool {
        index < self.len && self.bits[index / 8] >> (index % 8) & 1 == 1
    }

    /// How many bits are set.
    pub fn count_ones(&self) -> usize {
        self.bits.iter().map(|b| b.count_ones() as usize).sum()
    }

    /// The bytes, for Arrow to take over.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bits
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bits
    }
}

/// Values after CF decoding: a bit of `validity` that is not set is a missing value.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The values, in C order; where one is missing, anything.
    pub values: Values,
    /// Which are there; `None` where all are.
    pub validity: Option<Bitmap>,
}

impl Decoded {
    /// Values of which none is missing.
    pub fn all_valid(values: Values) -> Self {
        Self { values, validity: None }
    }

    /// Whether the value at `index` is there.
    pub fn is_valid(&self, index: usize) -> bool {
        index < self.values.len() && self.validity.as_ref().is_none_or(|v| v.get(index))
    }

    /// How many are missing.
    pub fn missing(&self) -> usize {
        self.validity.as_ref().map_or(0, |v| v.len() - v.count_ones())
    }

    /// The value at `index`; `None` where it is missing.
    pub fn get(&self, index: usize) -> Option<Scalar> {
        if self.is_valid(index) { self.values.get(index) } else { None }
    }
}
