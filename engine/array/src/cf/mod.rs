//! CF decoding: from stored values to the values that xarray would give, with one way to say "missing".
//!
//! ```text
//! stored ─→ signedness ─→ missing values ─→ scale and offset ─→ time, duration, bool ─→ Decoded
//!           (_Unsigned)   (fill, range,     (float64)           (units, calendar)
//!                          NaN)
//! ```
//!
//! Integers with a fill value stay integers; a value that is missing is not a number but an unset bit.

pub(crate) mod calendar;
pub(crate) mod date;
mod encode;
mod missing;
mod number;
mod packing;
#[cfg(test)]
mod tests;
pub(crate) mod time;

use missing::Missing;
use packing::Packing;
use time::{TimeUnits, Unit};

use crate::{ArrayError, Attributes, Calendar, DataType, Decoded, Result, Role, Scalar, Values};

/// How the stored values of one variable become decoded ones.
///
/// ```
/// use hyperslab_array::{Attributes, DataType, Encoding, Role, Scalar, Values};
/// use serde_json::json;
///
/// let attributes = Attributes::from_iter([("_FillValue", json!(-1)), ("scale_factor", json!(0.5))]);
/// let encoding = Encoding::try_new(DataType::Int16, &attributes, Role::Data)?;
/// let decoded = encoding.decode(Values::Int16(vec![3, -1]))?;
/// assert_eq!(encoding.data_type(), DataType::Float64);
/// assert_eq!(decoded.get(0), Some(Scalar::Float64(1.5)));
/// assert_eq!(decoded.get(1), None);
/// # Ok::<(), hyperslab_array::ArrayError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Encoding {
    stored: DataType,
    /// The stored type once `_Unsigned` is applied.
    signed: DataType,
    missing: Missing,
    packing: Option<Packing>,
    meaning: Meaning,
}

/// What the numbers stand for.
#[derive(Debug, Clone)]
enum Meaning {
    Itself,
    Bool,
    Time(TimeUnits),
    Duration { unit: Unit, text: String },
}

impl Encoding {
    /// Reads `_FillValue`, `missing_value`, `valid_min`, `valid_max`, `valid_range`, `scale_factor`, `add_offset`,
    /// `_Unsigned`, `units`, `calendar` and `dtype`. A variable of the role [`Role::GridMapping`] is left as it is.
    ///
    /// Valid ranges are those of packed values; where packed integers have a range of floats, of unpacked values.
    /// Units of a time make a time of any integer or float variable, `dtype` of `bool` or `timedelta64` what they say.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when one of them makes no sense for the stored type,
    /// [`crate::ErrorKind::Unsupported`] for a calendar that is not known.
    pub fn try_new(stored: DataType, attributes: &Attributes, role: Role) -> Result<Self> {
        let plain = Self {
            stored,
            signed: stored,
            missing: Missing::try_new(stored, &Attributes::new(), false, false)?,
            packing: None,
            meaning: Meaning::Itself,
        };
        if role == Role::GridMapping {
            return Ok(plain);
        }
        if !(stored.is_integer() || stored.is_float()) {
            return Ok(Self { missing: Missing::try_new(stored, attributes, false, false)?, ..plain });
        }
        let signed = packing::signedness(stored, attributes);
        let packing = Packing::try_new(attributes)?;
        let meaning = Meaning::of(stored, attributes, packing.is_some())?;
        let mut missing = Missing::try_new(signed, attributes, signed != stored, packing.is_some())?;
        if signed == DataType::Int64 && matches!(meaning, Meaning::Time(_) | Meaning::Duration { .. }) {
            missing = missing.with_not_a_time();
        }
        Ok(Self { stored, signed, missing, packing, meaning })
    }

    /// The type before decoding.
    pub fn stored_type(&self) -> DataType {
        self.stored
    }

    /// The type after decoding. CF times are [`DataType::Timestamp`] in the standard calendars and
    /// [`DataType::String`] in the others; packed numbers are [`DataType::Float64`].
    pub fn data_type(&self) -> DataType {
        match &self.meaning {
            Meaning::Itself if self.packing.is_some() => DataType::Float64,
            Meaning::Itself => self.signed,
            Meaning::Bool => DataType::Bool,
            Meaning::Time(units) => units.data_type(),
            Meaning::Duration { .. } => DataType::Duration,
        }
    }

    /// The calendar and units of a CF time.
    pub fn time(&self) -> Option<&TimeUnits> {
        match &self.meaning {
            Meaning::Time(units) => Some(units),
            _ => None,
        }
    }

    /// The calendar, where decoded values are text that stands for times.
    pub fn calendar(&self) -> Option<Calendar> {
        self.time().map(|t| t.calendar).filter(|c| !c.is_standard())
    }

    /// Whether a stored value can mean "missing": where not, no decoded value is ever missing.
    pub fn may_be_missing(&self) -> bool {
        self.missing.is_possible(self.stored)
    }

    /// Whether decoded values are the stored floats, missing just where they are NaN.
    pub fn is_plain_float(&self) -> bool {
        let is_itself = self.packing.is_none() && matches!(self.meaning, Meaning::Itself);
        is_itself && self.stored.is_float() && self.missing.is_not_a_number_alone()
    }

    /// Decodes one stored value; `None` where it means "missing".
    ///
    /// # Errors
    /// As [`Self::decode`]; [`crate::ErrorKind::Internal`] when the value is not one of the stored type.
    pub fn decode_scalar(&self, value: Scalar) -> Result<Option<Scalar>> {
        Ok(self.decode(Values::from_scalar(self.stored, &value)?)?.get(0))
    }

    /// Decodes stored values. Where there is nothing to do, nothing is copied.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when a time does not fit the range of its type;
    /// [`crate::ErrorKind::Internal`] when the values are not of the stored type.
    pub fn decode(&self, values: Values) -> Result<Decoded> {
        if values.data_type() != self.stored {
            return Err(ArrayError::internal(format!(
                "{} values came from a {} variable",
                values.data_type(),
                self.stored
            )));
        }
        let values = packing::reinterpret(values, self.signed);
        let mut validity = self.missing.validity(&values);
        let values = match self.packing {
            None => values,
            Some(packing) => {
                let values = packing.decode(values)?;
                if let Some(unpacked) = self.missing.validity_unpacked(&values) {
                    validity = Some(validity.map_or_else(|| unpacked.clone(), |v| v.and(&unpacked)));
                }
                values
            }
        };
        let decoded = Decoded { values, validity };
        match &self.meaning {
            Meaning::Itself => Ok(decoded),
            Meaning::Bool => Ok(Decoded { values: truth(&decoded.values), validity: decoded.validity }),
            Meaning::Time(units) => units.decode(decoded),
            Meaning::Duration { unit, text } => time::decode_durations(decoded, *unit, text),
        }
    }
}

impl Meaning {
    fn of(stored: DataType, attributes: &Attributes, packed: bool) -> Result<Self> {
        if let Some(units) = TimeUnits::try_new(attributes)? {
            return Ok(Self::Time(units));
        }
        let dtype = attributes.text("dtype").unwrap_or_default();
        if dtype == "bool" && stored.is_integer() && !packed {
            return Ok(Self::Bool);
        }
        let units = attributes.text("units").unwrap_or_default();
        match Unit::parse(units.trim()) {
            Some(unit) if dtype.starts_with("timedelta64") => Ok(Self::Duration { unit, text: units.to_string() }),
            _ => Ok(Self::Itself),
        }
    }
}

/// Whether each number is not 0.
fn truth(values: &Values) -> Values {
    macro_rules! not_zero {
        ($($variant:ident)*) => {
            match values {
                $(Values::$variant(v) => v.iter().map(|x| *x != 0).collect(),)*
                other => vec![false; other.len()],
            }
        };
    }
    Values::Bool(not_zero!(Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64))
}
