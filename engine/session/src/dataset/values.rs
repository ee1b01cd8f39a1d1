//! One array of an answer: ndarray values of a type, and which of them are missing.

use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, DurationMicrosecondType, Field, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimeUnit, TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use datafusion::error::Result;
use hyperslab_array::{ArrayError, Attributes};
use hyperslab_exec::datafusion_error;
use hyperslab_exec::metadata::{ATTRIBUTES, CALENDAR, LONG_NAME, STANDARD_NAME, UNITS};
use ndarray::{ArrayD, IxDyn};

/// Values in C order, of the type of the column.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum ArrayValues {
    Bool(ArrayD<bool>),
    Int8(ArrayD<i8>),
    Int16(ArrayD<i16>),
    Int32(ArrayD<i32>),
    Int64(ArrayD<i64>),
    UInt8(ArrayD<u8>),
    UInt16(ArrayD<u16>),
    UInt32(ArrayD<u32>),
    UInt64(ArrayD<u64>),
    Float32(ArrayD<f32>),
    Float64(ArrayD<f64>),
    String(ArrayD<String>),
    /// Microseconds since 1970-01-01.
    Timestamp(ArrayD<i64>),
    /// Microseconds.
    Duration(ArrayD<i64>),
}

/// A labelled array of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledArray {
    /// The names of its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// The values. A floating-point value that is missing is NaN; any other is the zero of its type.
    pub values: ArrayValues,
    /// Which values are missing; `None` where none is, or where NaN says it.
    pub missing: Option<ArrayD<bool>>,
    /// The attributes of the variable, where the query passed it through unchanged. Those that say how it was
    /// stored are left out: the values are decoded.
    pub attributes: Attributes,
}

/// Runs `$body` with `$a` bound to the array inside, whatever its type.
macro_rules! each {
    ($values:expr, $a:ident => $body:expr) => {
        match $values {
            ArrayValues::Bool($a) => $body,
            ArrayValues::Int8($a) => $body,
            ArrayValues::Int16($a) => $body,
            ArrayValues::Int32($a) => $body,
            ArrayValues::Int64($a) => $body,
            ArrayValues::UInt8($a) => $body,
            ArrayValues::UInt16($a) => $body,
            ArrayValues::UInt32($a) => $body,
            ArrayValues::UInt64($a) => $body,
            ArrayValues::Float32($a) => $body,
            ArrayValues::Float64($a) => $body,
            ArrayValues::String($a) => $body,
            ArrayValues::Timestamp($a) => $body,
            ArrayValues::Duration($a) => $body,
        }
    };
}

impl LabelledArray {
    /// `values` in C order, of the given shape; null where one is missing.
    pub(super) fn try_new(field: &Field, dimensions: Vec<String>, shape: &[usize], values: &ArrayRef) -> Result<Self> {
        let array = plain(field.name(), values)?;
        let shape = IxDyn(shape);
        let floating = matches!(array.data_type(), DataType::Float32 | DataType::Float64);
        let missing = match array.null_count() {
            0 => None,
            _ if floating => None,
            _ => Some(shaped(&shape, (0..array.len()).map(|i| array.is_null(i)).collect())?),
        };
        let values = match array.data_type() {
            DataType::Boolean => ArrayValues::Bool(shaped(&shape, bools(array.as_boolean()))?),
            DataType::Int8 => ArrayValues::Int8(numbers::<Int8Type>(&shape, &array, 0)?),
            DataType::Int16 => ArrayValues::Int16(numbers::<Int16Type>(&shape, &array, 0)?),
            DataType::Int32 => ArrayValues::Int32(numbers::<Int32Type>(&shape, &array, 0)?),
            DataType::Int64 => ArrayValues::Int64(numbers::<Int64Type>(&shape, &array, 0)?),
            DataType::UInt8 => ArrayValues::UInt8(numbers::<UInt8Type>(&shape, &array, 0)?),
            DataType::UInt16 => ArrayValues::UInt16(numbers::<UInt16Type>(&shape, &array, 0)?),
            DataType::UInt32 => ArrayValues::UInt32(numbers::<UInt32Type>(&shape, &array, 0)?),
            DataType::UInt64 => ArrayValues::UInt64(numbers::<UInt64Type>(&shape, &array, 0)?),
            DataType::Float32 => ArrayValues::Float32(numbers::<Float32Type>(&shape, &array, f32::NAN)?),
            DataType::Float64 => ArrayValues::Float64(numbers::<Float64Type>(&shape, &array, f64::NAN)?),
            DataType::Timestamp(..) => ArrayValues::Timestamp(numbers::<TimestampMicrosecondType>(&shape, &array, 0)?),
            DataType::Duration(_) => ArrayValues::Duration(numbers::<DurationMicrosecondType>(&shape, &array, 0)?),
            _ => {
                let texts = array.as_string::<i32>().iter().map(|s| s.unwrap_or_default().to_string()).collect();
                ArrayValues::String(shaped(&shape, texts)?)
            }
        };
        Ok(Self { dimensions, values, missing, attributes: attributes_of(field) })
    }

    /// The sizes of the dimensions.
    pub fn shape(&self) -> &[usize] {
        each!(&self.values, a => a.shape())
    }

    /// The values in C order as `f64`, NaN where one is missing; text and times that are text are NaN.
    pub fn to_f64(&self) -> Vec<f64> {
        let values: Vec<f64> = match &self.values {
            ArrayValues::Bool(a) => a.iter().map(|v| f64::from(u8::from(*v))).collect(),
            ArrayValues::Int8(a) => a.iter().map(|v| f64::from(*v)).collect(),
            ArrayValues::Int16(a) => a.iter().map(|v| f64::from(*v)).collect(),
            ArrayValues::Int32(a) => a.iter().map(|v| f64::from(*v)).collect(),
            ArrayValues::UInt8(a) => a.iter().map(|v| f64::from(*v)).collect(),
            ArrayValues::UInt16(a) => a.iter().map(|v| f64::from(*v)).collect(),
            ArrayValues::UInt32(a) => a.iter().map(|v| f64::from(*v)).collect(),
            ArrayValues::UInt64(a) => a.iter().map(|v| *v as f64).collect(),
            ArrayValues::Float32(a) => a.iter().map(|v| f64::from(*v)).collect(),
            ArrayValues::Float64(a) => a.iter().copied().collect(),
            ArrayValues::Int64(a) | ArrayValues::Timestamp(a) | ArrayValues::Duration(a) => {
                a.iter().map(|v| *v as f64).collect()
            }
            ArrayValues::String(a) => a.iter().map(|_| f64::NAN).collect(),
        };
        match &self.missing {
            None => values,
            Some(missing) => values.iter().zip(missing).map(|(v, m)| if *m { f64::NAN } else { *v }).collect(),
        }
    }

    /// The values as text, where they are text.
    pub fn texts(&self) -> Option<Vec<&str>> {
        match &self.values {
            ArrayValues::String(a) => Some(a.iter().map(String::as_str).collect()),
            _ => None,
        }
    }
}

/// How values were stored, and where their coordinates are.
pub(crate) const ENCODING: [&str; 9] = [
    "_FillValue",
    "missing_value",
    "scale_factor",
    "add_offset",
    "_Unsigned",
    "coordinates",
    "units",
    "calendar",
    "_ARRAY_DIMENSIONS",
];

fn attributes_of(field: &Field) -> Attributes {
    let metadata = field.metadata();
    // What decoding leaves of units and calendar has keys of its own.
    let mut attributes: Attributes = [UNITS, STANDARD_NAME, LONG_NAME, CALENDAR]
        .iter()
        .filter_map(|key| metadata.get(*key).map(|value| (*key, value.clone())))
        .collect();
    let all = metadata.get(ATTRIBUTES).and_then(|text| serde_json::from_str(text).ok());
    let all: serde_json::Map<String, serde_json::Value> = all.unwrap_or_default();
    for (key, value) in all {
        if !ENCODING.contains(&key.as_str()) && attributes.get(&key).is_none() {
            attributes.insert(key, value);
        }
    }
    attributes
}

/// The array in one of the types of [`ArrayValues`].
pub(crate) fn plain(name: &str, array: &ArrayRef) -> Result<ArrayRef> {
    let target = match array.data_type() {
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Float32
        | DataType::Float64
        | DataType::Utf8 => return Ok(ArrayRef::clone(array)),
        DataType::Float16 => DataType::Float32,
        DataType::Null | DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => {
            DataType::Float64
        }
        DataType::Decimal256(..) => DataType::Float64,
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
            DataType::Timestamp(TimeUnit::Microsecond, None)
        }
        DataType::Duration(_) => DataType::Duration(TimeUnit::Microsecond),
        DataType::Dictionary(_, inner) => return plain(name, &cast(array, inner)?),
        other => {
            return Err(datafusion_error(
                ArrayError::unsupported(format!("column `{name}` of type `{other}` is no array of numbers or text"))
                    .hint("convert it with `CAST`"),
            ));
        }
    };
    Ok(cast(array, &target)?)
}

fn bools(array: &BooleanArray) -> Vec<bool> {
    array.iter().map(|v| v.unwrap_or(false)).collect()
}

fn numbers<T: ArrowPrimitiveType>(shape: &IxDyn, array: &ArrayRef, missing: T::Native) -> Result<ArrayD<T::Native>> {
    let array = array.as_primitive::<T>();
    let values = match array.null_count() {
        0 => array.values().to_vec(),
        _ => array.iter().map(|v| v.unwrap_or(missing)).collect(),
    };
    shaped(shape, values)
}

fn shaped<T>(shape: &IxDyn, values: Vec<T>) -> Result<ArrayD<T>> {
    ArrayD::from_shape_vec(shape.clone(), values)
        .map_err(|e| datafusion_error(ArrayError::internal("values do not fill their shape").with_source(e)))
}
