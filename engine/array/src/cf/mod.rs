//! CF decoding: from stored values to the values that xarray would give.

pub mod calendar;

use crate::{Attributes, Bitmap, Calendar, DataType, Decoded, Result, Role, Scalar, Values};

/// How the stored values of one variable become decoded ones.
#[derive(Debug, Clone)]
pub struct Encoding {
    stored: DataType,
    decoded: DataType,
}

/// CF's `<unit> since <reference date>` in a calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeUnits {
    /// The attribute's text.
    pub text: String,
    /// The calendar.
    pub calendar: Calendar,
}

impl Encoding {
    /// Reads `_FillValue`, `missing_value`, `valid_min`, `valid_max`, `valid_range`, `scale_factor`, `add_offset`,
    /// `_Unsigned`, `units` and `calendar`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when one of them makes no sense for the stored type.
    pub fn try_new(stored: DataType, _attributes: &Attributes, _role: Role) -> Result<Self> {
        Ok(Self { stored, decoded: stored })
    }

    /// The type before decoding.
    pub fn stored_type(&self) -> DataType {
        self.stored
    }

    /// The type after decoding. CF times are [`DataType::Timestamp`] in the standard calendars and
    /// [`DataType::String`] in the others.
    pub fn data_type(&self) -> DataType {
        self.decoded
    }

    /// The calendar and units of a CF time.
    pub fn time(&self) -> Option<&TimeUnits> {
        None
    }

    /// The calendar, where decoded values are text that stands for times.
    pub fn calendar(&self) -> Option<Calendar> {
        None
    }

    /// Whether a stored value can mean "missing": where not, no decoded value is ever missing.
    pub fn may_be_missing(&self) -> bool {
        self.decoded.is_float()
    }

    /// Decodes one stored value; `None` where it means "missing".
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_scalar(&self, value: Scalar) -> Result<Option<Scalar>> {
        Ok(Some(value))
    }

    /// Decodes stored values.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when a time does not fit the range of its type.
    pub fn decode(&self, values: Values) -> Result<Decoded> {
        let validity = match &values {
            Values::Float32(v) if v.iter().any(|x| x.is_nan()) => Some(Bitmap::from_fn(v.len(), |i| !v[i].is_nan())),
            Values::Float64(v) if v.iter().any(|x| x.is_nan()) => Some(Bitmap::from_fn(v.len(), |i| !v[i].is_nan())),
            _ => None,
        };
        Ok(Decoded { values, validity })
    }
}
