//! Data types as Zarr stores them, of both versions, and from stored bytes to values.

use std::ops::Range;

use bytemuck::Pod;
use hyperslab_array::{ArrayError, DataType, Region, Result, Values};
use serde_json::Value;
use zarrs::array::data_type as zarrs_type;

use crate::time::TimeUnit;

/// The longest text of fixed length, in bytes.
const LONGEST_TEXT: u64 = 1 << 20;

/// A type that Hyperslab reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoredType {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    DateTime(TimeUnit),
    TimeDelta(TimeUnit),
    /// Text of so many bytes, zero at the end.
    Bytes(usize),
    /// Text of so many code points of four bytes, zero at the end.
    Utf32(usize),
    /// Text of any length.
    String,
}

impl StoredType {
    /// The type of a v2 `dtype`, and whether it is big endian.
    pub(crate) fn from_v2(dtype: &Value) -> Result<(Self, bool)> {
        let unsupported =
            || ArrayError::unsupported(format!("data type `{}` cannot be read", short(dtype))).hint(KNOWN);
        let text = dtype.as_str().ok_or_else(unsupported)?;
        let (order, rest) = match text.as_bytes().first() {
            Some(b'<' | b'>' | b'|' | b'=') => text.split_at(1),
            _ => return Err(unsupported()),
        };
        let length = |digits: &str| digits.parse::<u64>().ok().filter(|n| *n <= LONGEST_TEXT);
        let stored = match rest {
            "b1" => Self::Bool,
            "i1" => Self::Int8,
            "i2" => Self::Int16,
            "i4" => Self::Int32,
            "i8" => Self::Int64,
            "u1" => Self::UInt8,
            "u2" => Self::UInt16,
            "u4" => Self::UInt32,
            "u8" => Self::UInt64,
            "f2" => Self::Float16,
            "f4" => Self::Float32,
            "f8" => Self::Float64,
            "O" => Self::String,
            _ => match rest.split_at_checked(1) {
                Some(("S", n)) => Self::Bytes(length(n).ok_or_else(unsupported)? as usize),
                Some(("U", n)) => Self::Utf32(length(n).ok_or_else(unsupported)? as usize),
                Some((kind @ ("M" | "m"), n)) => {
                    let unit = n.strip_prefix("8[").and_then(|n| n.strip_suffix(']')).ok_or_else(unsupported)?;
                    Self::time(kind == "M", TimeUnit::from_v2(unit))?
                }
                _ => return Err(unsupported()),
            },
        };
        Ok((stored, order == ">"))
    }

    /// The type of a v3 `data_type`.
    pub(crate) fn from_v3(data_type: &Value) -> Result<Self> {
        let unsupported =
            || ArrayError::unsupported(format!("data type `{}` cannot be read", short(data_type))).hint(KNOWN);
        let name = data_type.as_str().or_else(|| data_type.get("name")?.as_str()).ok_or_else(unsupported)?;
        let configuration = data_type.get("configuration");
        let length = || {
            let bytes = configuration?.get("length_bytes")?.as_u64()?;
            (bytes <= LONGEST_TEXT).then_some(bytes as usize)
        };
        Ok(match name {
            "bool" => Self::Bool,
            "int8" => Self::Int8,
            "int16" => Self::Int16,
            "int32" => Self::Int32,
            "int64" => Self::Int64,
            "uint8" => Self::UInt8,
            "uint16" => Self::UInt16,
            "uint32" => Self::UInt32,
            "uint64" => Self::UInt64,
            "float16" => Self::Float16,
            "float32" => Self::Float32,
            "float64" => Self::Float64,
            "string" => Self::String,
            "null_terminated_bytes" => Self::Bytes(length().ok_or_else(unsupported)?),
            "fixed_length_utf32" => Self::Utf32(length().filter(|n| n % 4 == 0).ok_or_else(unsupported)? / 4),
            "numpy.datetime64" | "numpy.timedelta64" => {
                let unit = configuration.and_then(|c| c.get("unit")?.as_str());
                let factor = configuration.and_then(|c| c.get("scale_factor")).map_or(Some(1), Value::as_i64);
                let unit = unit.zip(factor).and_then(|(unit, factor)| TimeUnit::try_new(unit, factor));
                Self::time(name == "numpy.datetime64", unit)?
            }
            _ => return Err(unsupported()),
        })
    }

    fn time(instant: bool, unit: Option<TimeUnit>) -> Result<Self> {
        match unit {
            Some(unit) if instant => Ok(Self::DateTime(unit)),
            Some(TimeUnit::Months(_)) => {
                Err(ArrayError::unsupported("a duration in months or years has no fixed length"))
            }
            Some(unit) => Ok(Self::TimeDelta(unit)),
            None => Err(ArrayError::unsupported("a time without a unit cannot be read")),
        }
    }

    /// The type of the values.
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Bool => DataType::Bool,
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt8 => DataType::UInt8,
            Self::UInt16 => DataType::UInt16,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
            Self::Float16 | Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::DateTime(_) => DataType::Timestamp,
            Self::TimeDelta(_) => DataType::Duration,
            Self::Bytes(_) | Self::Utf32(_) | Self::String => DataType::String,
        }
    }

    /// Stored bytes of one value; `None` where they vary.
    pub(crate) fn size(self) -> Option<usize> {
        Some(match self {
            Self::Bool | Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 | Self::Float16 => 2,
            Self::Int32 | Self::UInt32 | Self::Float32 => 4,
            Self::Int64 | Self::UInt64 | Self::Float64 | Self::DateTime(_) | Self::TimeDelta(_) => 8,
            Self::Bytes(n) => n,
            Self::Utf32(n) => 4 * n,
            Self::String => return None,
        })
    }

    /// Whether the order of its bytes says anything.
    pub(crate) fn has_byte_order(self) -> bool {
        !matches!(self, Self::Bool | Self::Int8 | Self::UInt8 | Self::Bytes(_) | Self::String)
    }

    /// The type as the codecs know it. Times are integers to them, and texts of fixed length raw bytes.
    pub(crate) fn for_codecs(self) -> zarrs::array::DataType {
        match self {
            Self::Bool => zarrs_type::bool(),
            Self::Int8 => zarrs_type::int8(),
            Self::Int16 => zarrs_type::int16(),
            Self::Int32 => zarrs_type::int32(),
            Self::Int64 | Self::DateTime(_) | Self::TimeDelta(_) => zarrs_type::int64(),
            Self::UInt8 => zarrs_type::uint8(),
            Self::UInt16 => zarrs_type::uint16(),
            Self::UInt32 => zarrs_type::uint32(),
            Self::UInt64 => zarrs_type::uint64(),
            Self::Float16 => zarrs_type::float16(),
            Self::Float32 => zarrs_type::float32(),
            Self::Float64 => zarrs_type::float64(),
            Self::Bytes(n) => zarrs_type::raw_bits(n),
            Self::Utf32(n) => zarrs_type::raw_bits(4 * n),
            Self::String => zarrs_type::string(),
        }
    }

    /// Whether a stored value is a number as [`Self::data_type`] has it, but for the order of its bytes.
    pub(crate) fn is_plain_number(self) -> bool {
        match self {
            Self::Bool | Self::Float16 | Self::Bytes(_) | Self::Utf32(_) | Self::String => false,
            Self::DateTime(unit) | Self::TimeDelta(unit) => unit == TimeUnit::Microseconds(1),
            _ => true,
        }
    }

    /// The values of `region` of an array of `shape` in C order, out of its bytes from byte `base` on; `big_endian` says
    /// how they are stored.
    pub(crate) fn gather(
        self,
        bytes: &[u8],
        base: u64,
        shape: &[u64],
        region: &Region,
        big_endian: bool,
    ) -> Result<Values> {
        let swap = big_endian != cfg!(target_endian = "big");
        macro_rules! numbers {
            ($t:ty) => {{
                let mut out = copy_region::<$t>(bytes, base, shape, region, 1)?;
                if swap {
                    out.iter_mut().for_each(|v| *v = <$t>::from_ne_bytes(swapped(v.to_ne_bytes())));
                }
                out
            }};
        }
        Ok(match self {
            Self::Bool => {
                Values::Bool(copy_region::<u8>(bytes, base, shape, region, 1)?.iter().map(|b| *b != 0).collect())
            }
            Self::Int8 => Values::Int8(numbers!(i8)),
            Self::Int16 => Values::Int16(numbers!(i16)),
            Self::Int32 => Values::Int32(numbers!(i32)),
            Self::Int64 => Values::Int64(numbers!(i64)),
            Self::UInt8 => Values::UInt8(numbers!(u8)),
            Self::UInt16 => Values::UInt16(numbers!(u16)),
            Self::UInt32 => Values::UInt32(numbers!(u32)),
            Self::UInt64 => Values::UInt64(numbers!(u64)),
            Self::Float16 => {
                let bits = numbers!(u16);
                Values::Float32(bits.into_iter().map(|b| half::f16::from_bits(b).to_f32()).collect())
            }
            Self::Float32 => Values::Float32(numbers!(f32)),
            Self::Float64 => Values::Float64(numbers!(f64)),
            Self::DateTime(unit) => Values::Timestamp(unit.microseconds(numbers!(i64))?),
            Self::TimeDelta(unit) => Values::Duration(unit.microseconds(numbers!(i64))?),
            Self::Bytes(n) => {
                let out = copy_region::<u8>(bytes, base, shape, region, n)?;
                Values::String(texts(&out, n, region, text_of_bytes)?)
            }
            Self::Utf32(n) => {
                let out = copy_region::<u8>(bytes, base, shape, region, 4 * n)?;
                Values::String(texts(&out, 4 * n, region, |text| text_of_utf32(text, big_endian))?)
            }
            Self::String => return Err(ArrayError::internal("text of any length has no fixed layout")),
        })
    }
}

const KNOWN: &str = "booleans, integers, floats of 16, 32 and 64 bits, times and texts can";

/// A piece of metadata for a message, cut where it is long.
pub(crate) fn short(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
    if text.chars().count() > 60 { text.chars().take(57).chain("...".chars()).collect() } else { text }
}

fn swapped<const N: usize>(mut bytes: [u8; N]) -> [u8; N] {
    bytes.reverse();
    bytes
}

/// Calls `f` with the start and the length of each run of bytes that holds a part of `region`, in an array of `shape`
/// in C order with elements of `size` bytes.
pub(crate) fn runs(shape: &[u64], region: &Region, size: u64, mut f: impl FnMut(u64, u64) -> Result<()>) -> Result<()> {
    // The trailing dimensions that the region spans whole join the run.
    let mut run = size;
    let mut first = region.clone();
    for d in (0..shape.len().min(region.rank())).rev() {
        run = run.checked_mul(region.shape[d]).ok_or_else(too_many)?;
        first.shape[d] = region.shape[d].min(1);
        if region.shape[d] != shape[d] {
            break;
        }
    }
    cells(shape, &first, size, |start| f(start, run))
}

/// The bytes from the first to the last of `region`, in an array of `shape` in C order with elements of `size` bytes.
pub(crate) fn span(shape: &[u64], region: &Region, size: u64) -> Result<Range<u64>> {
    if region.shape.contains(&0) {
        return Ok(0..0);
    }
    let corner = |index: Vec<u64>| {
        let cell = Region::new(index, vec![1; region.rank()]);
        let mut first = 0;
        cells(shape, &cell, size, |start| {
            first = start;
            Ok(())
        })
        .map(|()| first)
    };
    let last = region.start.iter().zip(&region.shape).map(|(s, n)| s.saturating_add(n - 1)).collect();
    Ok(corner(region.start.clone())?..corner(last)?.checked_add(size).ok_or_else(too_many)?)
}

/// Calls `f` with the first byte of each cell of `region`, in an array of `shape` in C order with elements of `size`
/// bytes.
pub(crate) fn cells(shape: &[u64], region: &Region, size: u64, mut f: impl FnMut(u64) -> Result<()>) -> Result<()> {
    let rank = shape.len();
    if region.rank() != rank || region.start.len() != rank {
        return Err(ArrayError::internal(format!("region `{region:?}` does not have the rank of shape `{shape:?}`")));
    }
    if region.shape.contains(&0) {
        return Ok(());
    }
    let mut strides = vec![size; rank];
    for d in (0..rank.saturating_sub(1)).rev() {
        strides[d] = strides[d + 1].checked_mul(shape[d + 1]).ok_or_else(too_many)?;
    }
    let mut start = 0u64;
    for (first, stride) in region.start.iter().zip(&strides) {
        start = first.checked_mul(*stride).and_then(|s| s.checked_add(start)).ok_or_else(too_many)?;
    }
    // Dimensions of one index need no counting.
    let counted = region.shape.iter().rposition(|n| *n > 1).map_or(0, |last| last + 1);
    let mut index = vec![0u64; counted];
    loop {
        f(start)?;
        let mut d = counted;
        loop {
            if d == 0 {
                return Ok(());
            }
            d -= 1;
            index[d] += 1;
            start += strides[d];
            if index[d] < region.shape[d] {
                break;
            }
            start -= strides[d] * region.shape[d];
            index[d] = 0;
        }
    }
}

fn too_many() -> ArrayError {
    ArrayError::too_large("a chunk has more bytes than can be addressed")
}

fn outside() -> ArrayError {
    ArrayError::internal("a region is outside of its chunk")
}

/// Where a run is in the bytes from byte `base` on.
fn place(base: u64, start: u64, length: u64) -> Result<Range<usize>> {
    let start = start.checked_sub(base).and_then(|s| usize::try_from(s).ok());
    let end = start.zip(usize::try_from(length).ok()).and_then(|(s, n)| s.checked_add(n));
    start.zip(end).map(|(start, end)| start..end).ok_or_else(outside)
}

/// Moves the elements of `region`, of `size` bytes, to the front of `bytes`, which are those of an array of `shape` from
/// byte `base` on, and cuts off the rest.
pub(crate) fn keep_region(bytes: &mut Vec<u8>, base: u64, shape: &[u64], region: &Region, size: usize) -> Result<()> {
    let mut kept = 0;
    runs(shape, region, size as u64, |start, length| {
        let run = place(base, start, length)?;
        if run.end > bytes.len() || kept > run.start {
            return Err(outside());
        }
        // Runs come in order, so nothing that is still needed is written over.
        let (from, next) = (run.start, kept + run.len());
        if from != kept {
            bytes.copy_within(run, kept);
        }
        kept = next;
        Ok(())
    })?;
    bytes.truncate(kept);
    Ok(())
}

/// Makes `out` the elements of `region`, of `size` bytes, out of the `bytes` of an array of `shape` from byte `base` on.
pub(crate) fn copy_bytes(
    bytes: &[u8],
    base: u64,
    shape: &[u64],
    region: &Region,
    size: usize,
    out: &mut Vec<u8>,
) -> Result<()> {
    out.clear();
    out.reserve_exact(region.cells()?.checked_mul(size).ok_or_else(too_many)?);
    runs(shape, region, size as u64, |start, length| {
        out.extend_from_slice(bytes.get(place(base, start, length)?).ok_or_else(outside)?);
        Ok(())
    })
}

/// The elements of `region`, `per_cell` of them each cell, out of the bytes of an array of `shape` from byte `base` on.
fn copy_region<T: Pod>(bytes: &[u8], base: u64, shape: &[u64], region: &Region, per_cell: usize) -> Result<Vec<T>> {
    let count = region.cells()?.checked_mul(per_cell).ok_or_else(too_many)?;
    let mut out = vec![T::zeroed(); count];
    let mut target: &mut [u8] = bytemuck::cast_slice_mut(&mut out);
    let size = (size_of::<T>() * per_cell) as u64;
    runs(shape, region, size, |start, length| {
        let source = bytes.get(place(base, start, length)?);
        let (Some(source), true) = (source, target.len() as u64 >= length) else {
            return Err(outside());
        };
        let (head, tail) = std::mem::take(&mut target).split_at_mut(source.len());
        head.copy_from_slice(source);
        target = tail;
        Ok(())
    })?;
    Ok(out)
}

fn texts(bytes: &[u8], size: usize, region: &Region, text: impl Fn(&[u8]) -> Result<String>) -> Result<Vec<String>> {
    if size == 0 {
        return Ok(vec![String::new(); region.cells()?]);
    }
    bytes.chunks_exact(size).map(text).collect()
}

fn text_of_bytes(bytes: &[u8]) -> Result<String> {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    let text = bytes.get(..end).unwrap_or_default();
    // Text of fixed length is ASCII by convention; Latin-1 is what is found where it is not UTF-8.
    Ok(std::str::from_utf8(text).map_or_else(|_| text.iter().map(|b| char::from(*b)).collect(), str::to_string))
}

fn text_of_utf32(bytes: &[u8], big_endian: bool) -> Result<String> {
    let (points, _) = bytes.as_chunks::<4>();
    let points = points.iter().map(|p| if big_endian { u32::from_be_bytes(*p) } else { u32::from_le_bytes(*p) });
    let mut text = String::with_capacity(bytes.len() / 4);
    let mut zeros = 0usize;
    for point in points {
        if point == 0 {
            zeros += 1;
            continue;
        }
        text.extend(std::iter::repeat_n('\0', std::mem::take(&mut zeros)));
        let c = char::from_u32(point)
            .ok_or_else(|| ArrayError::invalid(format!("`{point:#x}` is not a Unicode character")))?;
        text.push(c);
    }
    Ok(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn runs_of(shape: &[u64], start: &[u64], lengths: &[u64]) -> Vec<(u64, u64)> {
        let mut out = vec![];
        let region = Region::new(start.to_vec(), lengths.to_vec());
        runs(shape, &region, 2, |start, length| {
            out.push((start, length));
            Ok(())
        })
        .unwrap();
        out
    }

    #[test]
    fn a_whole_chunk_is_one_run() {
        assert_eq!(runs_of(&[3, 4], &[0, 0], &[3, 4]), [(0, 24)]);
        assert_eq!(runs_of(&[], &[], &[]), [(0, 2)]);
    }

    #[test]
    fn trailing_dimensions_that_are_whole_join_the_run() {
        assert_eq!(runs_of(&[3, 4], &[1, 0], &[2, 4]), [(8, 16)]);
        assert_eq!(runs_of(&[2, 3, 4], &[0, 1, 0], &[2, 1, 4]), [(8, 8), (32, 8)]);
        assert_eq!(runs_of(&[2, 3], &[0, 1], &[2, 2]), [(2, 4), (8, 4)]);
        assert_eq!(runs_of(&[2, 3], &[0, 1], &[0, 2]), []);
    }

    #[test]
    fn big_endian_numbers_are_swapped() {
        let region = Region::new(vec![1], vec![2]);
        let values = StoredType::Int16.gather(&[0, 1, 0, 2, 1, 0], 0, &[3], &region, true).unwrap();
        assert_eq!(values, Values::Int16(vec![2, 256]));
    }

    #[test]
    fn text_of_fixed_length_loses_the_zeros_at_its_end() {
        let region = Region::full(&[2]);
        let values = StoredType::Bytes(3).gather(b"ab\0c\0d", 0, &[2], &region, false).unwrap();
        assert_eq!(values, Values::String(vec!["ab".into(), "c\0d".into()]));
        let mut bytes = vec![0u8; 16];
        bytes[3] = b'x';
        let values = StoredType::Utf32(2).gather(&bytes, 0, &[2], &region, true).unwrap();
        assert_eq!(values, Values::String(vec!["x".into(), String::new()]));
    }

    #[test]
    fn a_type_that_cannot_be_read_is_named() {
        let error = StoredType::from_v2(&"<c16".into()).unwrap_err().to_string();
        assert!(error.starts_with("data type `<c16` cannot be read"), "{error}");
        assert!(StoredType::from_v3(&"complex64".into()).is_err());
        assert!(StoredType::from_v3(&serde_json::json!({"name": "struct"})).is_err());
        assert!(StoredType::from_v2(&"<U99999999999".into()).is_err());
        assert!(StoredType::from_v2(&"é".into()).is_err());
    }
}
