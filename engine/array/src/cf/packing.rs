//! `scale_factor`, `add_offset` and `_Unsigned`: from packed numbers to those that they stand for.

use super::number::{Stored, numbers};
use crate::{ArrayError, Attributes, DataType, Result, Values};

/// `stored * scale + offset`, in `float64`.
///
/// Attributes of a Zarr store are `float64`, so this is the type that xarray gives too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Packing {
    scale: Option<f64>,
    offset: Option<f64>,
}

impl Packing {
    /// Reads the attributes; `None` where there are none.
    pub(super) fn try_new(attributes: &Attributes) -> Result<Option<Self>> {
        let packing = Self { scale: factor(attributes, "scale_factor")?, offset: factor(attributes, "add_offset")? };
        Ok(if packing.scale.is_none() && packing.offset.is_none() { None } else { Some(packing) })
    }

    /// The unpacked numbers.
    pub(super) fn decode(self, values: Values) -> Result<Values> {
        Ok(Values::Float64(match values {
            Values::Int8(v) => self.unpack(v),
            Values::Int16(v) => self.unpack(v),
            Values::Int32(v) => self.unpack(v),
            Values::Int64(v) => self.unpack(v),
            Values::UInt8(v) => self.unpack(v),
            Values::UInt16(v) => self.unpack(v),
            Values::UInt32(v) => self.unpack(v),
            Values::UInt64(v) => self.unpack(v),
            Values::Float32(v) => self.unpack(v),
            Values::Float64(v) => self.unpack(v),
            other => return Err(ArrayError::internal(format!("{} values cannot be unpacked", other.data_type()))),
        }))
    }

    /// The packed number, not yet rounded.
    pub(super) fn pack(self, value: f64) -> f64 {
        (value - self.offset.unwrap_or(0.0)) / self.scale.unwrap_or(1.0)
    }

    fn unpack<T: Stored>(self, values: Vec<T>) -> Vec<f64> {
        let values = values.into_iter().map(T::float);
        match (self.scale, self.offset) {
            (Some(scale), Some(offset)) => values.map(|x| x * scale + offset).collect(),
            (Some(scale), None) => values.map(|x| x * scale).collect(),
            (None, Some(offset)) => values.map(|x| x + offset).collect(),
            (None, None) => values.collect(),
        }
    }
}

fn factor(attributes: &Attributes, name: &str) -> Result<Option<f64>> {
    let Some(value) = attributes.get(name) else { return Ok(None) };
    match numbers(value).as_deref() {
        Some([number]) if number.as_f64().is_finite() => Ok(Some(number.as_f64())),
        _ => Err(ArrayError::invalid(format!("attribute `{name}` is `{value}`, expected a finite number"))),
    }
}

/// The type of `stored` values under `_Unsigned`.
pub(super) fn signedness(stored: DataType, attributes: &Attributes) -> DataType {
    let unsigned = match attributes.get("_Unsigned") {
        Some(serde_json::Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => return stored,
        },
        Some(serde_json::Value::Bool(unsigned)) => *unsigned,
        _ => return stored,
    };
    match (stored, unsigned) {
        (DataType::Int8, true) => DataType::UInt8,
        (DataType::Int16, true) => DataType::UInt16,
        (DataType::Int32, true) => DataType::UInt32,
        (DataType::Int64, true) => DataType::UInt64,
        (DataType::UInt8, false) => DataType::Int8,
        (DataType::UInt16, false) => DataType::Int16,
        (DataType::UInt32, false) => DataType::Int32,
        (DataType::UInt64, false) => DataType::Int64,
        _ => stored,
    }
}

/// The same bits as signed or unsigned integers; the vectors are reused.
pub(super) fn reinterpret(values: Values, to: DataType) -> Values {
    macro_rules! same_bits {
        ($($from:ident $to:ident $t:ty;)*) => {
            match (values, to) {
                $((Values::$from(v), DataType::$to) => Values::$to(v.into_iter().map(|x| x as $t).collect()),)*
                (values, _) => values,
            }
        };
    }
    same_bits! {
        Int8 UInt8 u8; Int16 UInt16 u16; Int32 UInt32 u32; Int64 UInt64 u64;
        UInt8 Int8 i8; UInt16 Int16 i16; UInt32 Int32 i32; UInt64 Int64 i64;
    }
}
