//! How a column of an answer is stored: its type, its attributes and its encoding, those of the variable that it is in the
//! dataset that it comes from where nothing changed it.

use datafusion::arrow::datatypes::{DataType as ArrowType, Field};
use hyperslab_array::{
    ArrayError, Attributes, Calendar, DataType, DateTime, Decoded, Encoding, Result, Role, TimeUnits, Values, Variable,
};
use hyperslab_exec::metadata::CALENDAR;
use serde_json::{Value, json};

use super::Format;
use super::options::{ExportOptions, VariableOptions};
use crate::dataset::ENCODING;

/// Units of time from the longest to the shortest.
const UNITS: [&str; 6] = ["days", "hours", "minutes", "seconds", "milliseconds", "microseconds"];

/// One variable of what is written.
#[derive(Debug, Clone)]
pub(super) struct OutputVariable {
    pub name: String,
    /// Which column of the answer.
    pub column: usize,
    /// The positions of its dimensions among those of the answer.
    pub dimensions: Vec<usize>,
    /// A coordinate, and not a data variable.
    pub is_coordinate: bool,
    /// From decoded values to those that are stored.
    pub encoding: Encoding,
    /// Those of the variable and of its encoding. `_FillValue` may turn out not to be needed.
    pub attributes: Attributes,
    /// Whether `_FillValue` is said even where no value is missing.
    pub says_fill_value: bool,
    /// Whether a value of the column can be missing.
    pub is_nullable: bool,
}

/// Which types a format stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stores {
    Everything,
    /// Everything but a type for bools.
    Numbers,
    /// Neither bools nor integers of 64 bits, nor unsigned ones that are longer than a byte.
    Classic,
}

impl Stores {
    pub fn of(format: Format, options: &ExportOptions) -> Self {
        match format {
            Format::Zarr => Self::Everything,
            Format::Netcdf if options.netcdf_data64 => Self::Numbers,
            Format::Netcdf => Self::Classic,
        }
    }
}

/// What is known of a column before its values are.
pub(super) struct About<'a> {
    pub field: &'a Field,
    /// The variable that it is, unchanged.
    pub source: Option<&'a Variable>,
    pub options: &'a VariableOptions,
    pub stores: Stores,
    /// Its values, where it is a dimension.
    pub labels: Option<&'a Decoded>,
    /// The type of its values.
    pub data_type: DataType,
}

impl About<'_> {
    /// The encoding, its attributes and those of the variable, and whether the fill value was asked for.
    ///
    /// # Errors
    /// When an option does not fit the type of the column.
    pub fn encoding(&self) -> Result<(Encoding, Attributes, bool)> {
        let name = self.field.name();
        self.chosen().map_err(|e| e.context("variable", name))
    }

    fn chosen(&self) -> Result<(Encoding, Attributes, bool)> {
        let mut attributes = self.own_attributes();
        for (key, value) in &self.options.attributes {
            attributes.insert(key.as_str(), value.clone());
        }
        let time = self.time_units()?;
        let (stored, encoding) = match (&time, self.data_type) {
            (Some((stored, units)), _) => (*stored, units.clone()),
            (None, DataType::Duration) => self.duration(),
            (None, DataType::Bool) if self.stores != Stores::Everything => {
                (DataType::Int8, Attributes::from_iter([("dtype", "bool")]))
            }
            (None, DataType::Bool | DataType::String) => (self.data_type, self.text_fill()),
            _ => self.numbers()?,
        };
        if time.is_none() {
            if let Some(units) = &self.options.units {
                attributes.insert("units", units.as_str());
            }
            if self.options.calendar.is_some() {
                return Err(ArrayError::argument("a calendar belongs to a time, and this is none"));
            }
        }
        let says = self.options.fill_value.is_some()
            || self.source.is_some_and(|s| s.attributes.get("_FillValue").is_some())
            || (stored.is_float() && self.labels.is_none() && time.is_none());
        if self.is_repacked() || self.source.is_none_or(|s| s.encoding.stored_type() != stored) {
            // Valid ranges are those of values as they were stored.
            ["valid_min", "valid_max", "valid_range"].iter().for_each(|key| drop(attributes.remove(key)));
        }
        for (key, value) in encoding.iter() {
            attributes.insert(key, value.clone());
        }
        let encoding =
            Encoding::try_new(stored, &attributes, if self.labels.is_some() { Role::Dimension } else { Role::Data })?;
        if encoding.data_type() != self.data_type && !(self.may_differ() && is_number(encoding.data_type())) {
            return Err(ArrayError::argument(format!(
                "its attributes make {} of {stored} values, expected {}",
                encoding.data_type(),
                self.data_type
            )));
        }
        Ok((encoding, attributes, says))
    }

    /// Whether options ask for numbers to be stored in another way than they are.
    fn is_repacked(&self) -> bool {
        let options = self.options;
        let is_asked = options.dtype.is_some() || options.scale_factor.is_some() || options.add_offset.is_some();
        is_asked && is_number(self.data_type)
    }

    /// Whether numbers may be stored as others than the column has.
    fn may_differ(&self) -> bool {
        self.is_repacked() || (self.stores == Stores::Classic && is_number(self.data_type))
    }

    /// The type in which numbers of type `wanted` are stored: where the format does not have it, the nearest that it has.
    fn stored_as(&self, wanted: DataType) -> DataType {
        match (self.stores, wanted) {
            (Stores::Classic, DataType::Int64 | DataType::UInt16) => DataType::Int32,
            (_, wanted) => wanted,
        }
    }

    /// The attributes that say what the variable is, not how it is stored.
    fn own_attributes(&self) -> Attributes {
        let Some(source) = self.source else { return Attributes::new() };
        let is_time = source.encoding.time().is_some() || source.data_type() == DataType::Duration;
        let of_encoding = |key: &str| (ENCODING.contains(&key) && (key != "units" || is_time)) || key == "dtype";
        // Bounds are no columns, and are not written.
        let kept = source.attributes.iter().filter(|(key, _)| !of_encoding(key) && *key != "bounds");
        kept.map(|(key, value)| (key, value.clone())).collect()
    }

    /// The stored type and the attributes of a time; `None` where the column is none.
    fn time_units(&self) -> Result<Option<(DataType, Attributes)>> {
        let calendar = match (self.data_type, self.field.metadata().get(CALENDAR)) {
            (DataType::Timestamp, _) => None,
            (DataType::String, Some(calendar)) => Some(Calendar::parse(calendar)?),
            _ => return Ok(None),
        };
        let source = self.source.and_then(|s| s.encoding.time());
        let name = match (&self.options.calendar, source, calendar) {
            (Some(name), ..) => name.clone(),
            (None, Some(source), _) => source.calendar.name().to_string(),
            (None, None, Some(calendar)) => calendar.name().to_string(),
            (None, None, None) => Calendar::ProlepticGregorian.name().to_string(),
        };
        let of = |units: &str| Attributes::from_iter([("units", units), ("calendar", name.as_str())]);
        let parsed = |units: &str| -> Result<TimeUnits> {
            TimeUnits::try_new(&of(units))?.ok_or_else(|| {
                ArrayError::argument(format!("`{units}` are no units of a time, expected `days since …`"))
            })
        };
        if let Some(units) = &self.options.units {
            parsed(units)?;
            let whole = self.options.dtype.unwrap_or(DataType::Int64);
            return Ok(Some((self.time_type(whole, &parsed(units)?), of(units))));
        }
        let stored = self.source.map(|s| s.encoding.stored_type()).filter(|t| t.is_integer() || t.is_float());
        let stored = self.options.dtype.or(stored).unwrap_or(DataType::Int64);
        let reference = match source {
            Some(units) => units.text.split_once("since").map_or("1970-01-01", |(_, date)| date.trim()).to_string(),
            None => "1970-01-01".to_string(),
        };
        if let Some(units) = source
            && (stored.is_float() || self.is_exact(units))
        {
            return Ok(Some((self.time_type(stored, units), of(&units.text))));
        }
        for unit in UNITS {
            let text = format!("{unit} since {reference}");
            // The values of what is no dimension are not known yet.
            let units = parsed(&text)?;
            if (self.labels.is_some() && self.is_exact(&units)) || unit == "microseconds" {
                return Ok(Some((self.time_type(DataType::Int64, &units), of(&text))));
            }
        }
        Ok(None)
    }

    /// The type of a time's numbers: where the format has none of 64 bits, a shorter one that holds all labels, or floats.
    fn time_type(&self, wanted: DataType, units: &TimeUnits) -> DataType {
        let fits = || match self.labels.map(|l| &l.values) {
            Some(Values::Timestamp(micros)) => units.fits_int32(micros.iter().copied()),
            _ => false,
        };
        match (self.stores, wanted) {
            (Stores::Classic, DataType::Int64) if fits() => DataType::Int32,
            (Stores::Classic, DataType::Int64 | DataType::UInt64 | DataType::UInt32) => DataType::Float64,
            (Stores::Classic, DataType::UInt16) => DataType::Int32,
            (_, wanted) => wanted,
        }
    }

    /// Whether all labels are whole numbers of some units.
    fn is_exact(&self, units: &TimeUnits) -> bool {
        let Some(labels) = self.labels else { return true };
        match &labels.values {
            Values::Timestamp(micros) => units.is_exact(micros.iter().copied()),
            Values::String(texts) => {
                let micros = |text: &String| DateTime::parse(text).and_then(|date| units.calendar.micros(&date).ok());
                texts.iter().map(micros).all(|micros| micros.is_some_and(|m| units.is_exact([m])))
            }
            _ => false,
        }
    }

    fn duration(&self) -> (DataType, Attributes) {
        let labels = self.labels.map(|l| &l.values);
        let lengths = [86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1000, 1];
        let exact = |length: &i64| matches!(labels, Some(Values::Duration(v)) if v.iter().all(|x| x % length == 0));
        let unit = lengths.iter().position(exact).and_then(|i| UNITS.get(i)).unwrap_or(&"microseconds");
        let stored = if self.stores == Stores::Classic { DataType::Float64 } else { DataType::Int64 };
        (stored, Attributes::from_iter([("units", *unit), ("dtype", "timedelta64[us]")]))
    }

    fn text_fill(&self) -> Attributes {
        let fill = match (&self.options.fill_value, self.data_type) {
            (Some(value), DataType::String) => Some(value.as_str().map_or_else(|| value.to_string(), Into::into)),
            (None, DataType::String) if self.field.is_nullable() && self.labels.is_none() => Some(String::new()),
            _ => None,
        };
        fill.map(|fill| ("_FillValue", fill)).into_iter().collect()
    }

    /// Numbers: those of the source as it stores them, or as the options say.
    fn numbers(&self) -> Result<(DataType, Attributes)> {
        let options = self.options;
        let source = self.source.filter(|s| s.data_type() == self.data_type);
        let is_asked = self.is_repacked();
        let mut encoding = Attributes::new();
        let stored = match (source, is_asked) {
            // Its bits are those of the other sign; they are written as what they mean.
            (Some(source), false) if source.attributes.get("_Unsigned").is_none() => {
                for key in ["_FillValue", "missing_value", "scale_factor", "add_offset"] {
                    if let Some(value) = source.attributes.get(key) {
                        encoding.insert(key, value.clone());
                    }
                }
                self.stored_as(source.encoding.stored_type())
            }
            (_, false) => self.stored_as(self.data_type),
            (_, true) => {
                for (key, value) in [("scale_factor", options.scale_factor), ("add_offset", options.add_offset)] {
                    if let Some(value) = value {
                        encoding.insert(key, value);
                    }
                }
                options.dtype.unwrap_or(self.data_type)
            }
        };
        if let Some(value) = &options.fill_value {
            encoding.insert("_FillValue", fitting(value, stored)?);
        }
        if encoding.get("_FillValue").is_none()
            && encoding.get("missing_value").is_none()
            && self.labels.is_none()
            && let Some(value) = usual_fill(stored, self.field.is_nullable())
        {
            encoding.insert("_FillValue", value);
        }
        Ok((stored, encoding))
    }
}

fn is_number(data_type: DataType) -> bool {
    data_type.is_integer() || data_type.is_float()
}

/// What stands for a missing value where nobody says: NaN, or netCDF's number. Of bytes, every value is in use.
fn usual_fill(stored: DataType, nullable: bool) -> Option<Value> {
    Some(match stored {
        DataType::Float32 | DataType::Float64 => json!("NaN"),
        DataType::Int8 if nullable => json!(-127),
        DataType::UInt8 if nullable => json!(255),
        DataType::Int16 => json!(-32767),
        DataType::UInt16 => json!(65535),
        DataType::Int32 => json!(-2_147_483_647),
        DataType::UInt32 => json!(4_294_967_295_u32),
        DataType::Int64 => json!(-9_223_372_036_854_775_806_i64),
        DataType::UInt64 => json!(18_446_744_073_709_551_614_u64),
        _ => return None,
    })
}

/// A fill value of the stored type.
fn fitting(value: &Value, stored: DataType) -> Result<Value> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    let fits = match number {
        Some(number) if stored.is_integer() => number.fract() == 0.0,
        Some(_) => true,
        None => false,
    };
    match fits {
        true if value.is_string() && stored.is_float() => Ok(value.clone()),
        true if value.is_number() => Ok(value.clone()),
        _ => Err(ArrayError::argument(format!("fill value `{value}` is no {stored}"))),
    }
}

/// The type in which a column's values arrive.
pub(super) fn type_of(name: &str, arrow: &ArrowType) -> Result<DataType> {
    Ok(match arrow {
        ArrowType::Boolean => DataType::Bool,
        ArrowType::Int8 => DataType::Int8,
        ArrowType::Int16 => DataType::Int16,
        ArrowType::Int32 => DataType::Int32,
        ArrowType::Int64 => DataType::Int64,
        ArrowType::UInt8 => DataType::UInt8,
        ArrowType::UInt16 => DataType::UInt16,
        ArrowType::UInt32 => DataType::UInt32,
        ArrowType::UInt64 => DataType::UInt64,
        ArrowType::Float32 => DataType::Float32,
        ArrowType::Float64 => DataType::Float64,
        ArrowType::Utf8 => DataType::String,
        ArrowType::Timestamp(..) => DataType::Timestamp,
        ArrowType::Duration(_) => DataType::Duration,
        other => {
            return Err(ArrayError::unsupported(format!("column `{name}` of type `{other}` is no array")));
        }
    })
}
