//! The values and tolerances that a label function is called with, as the coordinate's index takes them.
//!
//! Types are checked while planning; what is left for the run are values that cannot be read.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, DurationMicrosecondArray, Float64Array, Int64Array, IntervalMonthDayNanoArray,
    StringArray, TimestampMicrosecondArray, TimestampNanosecondArray, UInt64Array,
};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{
    DataType, DurationMicrosecondType, Float64Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
    TimestampMicrosecondType, TimestampNanosecondType, UInt64Type,
};
use datafusion::common::{Result, exec_datafusion_err, exec_err, internal_err, plan_err};
use hyperslab_array::{ArrayError, Calendar, Coordinate, DataType as LabelType, DateTime, Method, Scalar};

use super::super::times::{is_text, parse};
use crate::error::datafusion_error;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// What the labels of a coordinate are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Labels {
    Number,
    Timestamp,
    Calendar(Calendar),
    Duration,
    Text,
    Bool,
}

impl Labels {
    fn of(coordinate: &Coordinate) -> Self {
        match coordinate.labels().values.data_type() {
            LabelType::Bool => Self::Bool,
            LabelType::Timestamp => Self::Timestamp,
            LabelType::Duration => Self::Duration,
            LabelType::String => coordinate.variable().encoding.calendar().map_or(Self::Text, Self::Calendar),
            _ => Self::Number,
        }
    }

    /// What a value for such labels is called in a message.
    fn expected(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Timestamp | Self::Calendar(_) => "a time, as a timestamp, a date or a text such as `'1990-06-15'`",
            Self::Duration => "an interval",
            Self::Text => "a text",
            Self::Bool => "a boolean",
        }
    }
}

/// The column of values to look for.
#[derive(Debug)]
pub(super) struct Wanted {
    column: Column,
    labels: Labels,
    method: Method,
}

#[derive(Debug)]
enum Column {
    Int(Int64Array),
    UInt(UInt64Array),
    Float(Float64Array),
    Bool(datafusion::arrow::array::BooleanArray),
    Text(StringArray),
    Micros(TimestampMicrosecondArray),
    Nanos(TimestampNanosecondArray),
    Duration(DurationMicrosecondArray),
    Interval(IntervalMonthDayNanoArray),
}

impl Wanted {
    /// The type that a value of type `value` is handed over in.
    pub(super) fn coerce(coordinate: &Coordinate, function: &str, value: &DataType) -> Result<DataType> {
        let labels = Labels::of(coordinate);
        if let DataType::Dictionary(_, inner) = value {
            return Self::coerce(coordinate, function, inner);
        }
        let accepted = match (labels, value) {
            (Labels::Number, t) if t.is_integer() => true,
            (Labels::Number, t) if t.is_numeric() => return Ok(DataType::Float64),
            (
                Labels::Timestamp | Labels::Calendar(_),
                DataType::Timestamp(..) | DataType::Date32 | DataType::Date64,
            ) => true,
            (Labels::Timestamp | Labels::Calendar(_) | Labels::Text, t) if is_text(t) => true,
            (Labels::Duration, DataType::Duration(_) | DataType::Interval(_)) => true,
            (Labels::Bool, DataType::Boolean) => true,
            (_, DataType::Null) => return Ok(crate::convert::to_arrow(&coordinate.labels().values.data_type())),
            _ => false,
        };
        if accepted {
            return Ok(value.clone());
        }
        plan_err!(
            "{function} over coordinate `{}` expected {}, got a value of type `{value}`",
            coordinate.variable().name,
            labels.expected()
        )
    }

    /// The values of `array`, whose type is one that [`Self::coerce`] gave.
    pub(super) fn try_new(coordinate: &Coordinate, method: Method, array: &ArrayRef) -> Result<Self> {
        Ok(Self { column: Column::try_new(array)?, labels: Labels::of(coordinate), method })
    }

    /// The value of a row; `None` for NULL. A column of one row is a constant.
    pub(super) fn get(&self, row: usize) -> Result<Option<Scalar>> {
        let row = if self.column.array().len() == 1 { 0 } else { row };
        if self.column.array().is_null(row) {
            return Ok(None);
        }
        let scalar = match &self.column {
            Column::Int(v) => Scalar::Int(v.value(row)),
            Column::UInt(v) => Scalar::UInt(v.value(row)),
            Column::Float(v) => Scalar::Float64(v.value(row)),
            Column::Bool(v) => Scalar::Bool(v.value(row)),
            Column::Duration(v) => Scalar::Duration(v.value(row)),
            Column::Interval(v) => Scalar::Duration(micros_of(&v.value(row))?),
            Column::Micros(v) => self.time(v.value(row))?,
            Column::Nanos(v) => {
                // Labels count microseconds; the rest of a nanosecond must not step over a label.
                let (micros, rest) = (v.value(row).div_euclid(1_000), v.value(row).rem_euclid(1_000));
                self.time(if rest > 0 && self.method == Method::Backfill { micros + 1 } else { micros })?
            }
            Column::Text(v) => match self.labels {
                Labels::Timestamp => {
                    let date = parse(v.value(row))?;
                    Scalar::Timestamp(Calendar::ProlepticGregorian.micros(&date).map_err(datafusion_error)?)
                }
                Labels::Calendar(calendar) => date_in(calendar, &parse(v.value(row))?)?,
                _ => Scalar::String(v.value(row).to_string()),
            },
        };
        Ok(Some(scalar))
    }

    /// An instant of SQL among the labels: in another calendar, the date that is written alike.
    fn time(&self, micros: i64) -> Result<Scalar> {
        match self.labels {
            Labels::Calendar(calendar) => date_in(calendar, &Calendar::ProlepticGregorian.date(micros)),
            _ => Ok(Scalar::Timestamp(micros)),
        }
    }
}

/// A date as the text of a calendar that has it.
fn date_in(calendar: Calendar, date: &DateTime) -> Result<Scalar> {
    if !calendar.has(date) {
        let error = ArrayError::argument(format!("there is no date `{date}` in the calendar `{}`", calendar.name()));
        return Err(datafusion_error(error));
    }
    Ok(Scalar::String(date.to_string()))
}

/// The column of tolerances.
#[derive(Debug)]
pub(super) struct Tolerances {
    column: Column,
    function: String,
}

impl Tolerances {
    /// The type that a tolerance of type `tolerance` is handed over in.
    pub(super) fn coerce(coordinate: &Coordinate, function: &str, tolerance: &DataType) -> Result<DataType> {
        let labels = Labels::of(coordinate);
        let is_time = matches!(labels, Labels::Timestamp | Labels::Calendar(_) | Labels::Duration);
        match tolerance {
            t if labels == Labels::Number && t.is_integer() => Ok(t.clone()),
            t if labels == Labels::Number && (t.is_numeric() || t.is_null()) => Ok(DataType::Float64),
            DataType::Interval(_) | DataType::Duration(_) if is_time => Ok(tolerance.clone()),
            t if is_time && (is_text(t) || t.is_null()) => Ok(DataType::Interval(IntervalUnit::MonthDayNano)),
            t => {
                let expected = match labels {
                    Labels::Number => "a number in the unit of the labels",
                    Labels::Text | Labels::Bool => "none, as its labels have no distance",
                    _ => "an interval such as `INTERVAL '15 days'`",
                };
                plan_err!(
                    "the tolerance of {function} over coordinate `{}` expected {expected}, got a value of type `{t}`",
                    coordinate.variable().name
                )
            }
        }
    }

    /// The tolerances of `array`, whose type is one that [`Self::coerce`] gave.
    pub(super) fn try_new(function: &str, array: &ArrayRef) -> Result<Self> {
        Ok(Self { column: Column::try_new(array)?, function: function.to_string() })
    }

    /// The tolerance of a row; `None` for NULL. A column of one row is a constant.
    pub(super) fn get(&self, row: usize) -> Result<Option<Scalar>> {
        let row = if self.column.array().len() == 1 { 0 } else { row };
        if self.column.array().is_null(row) {
            return Ok(None);
        }
        let (scalar, is_negative) = match &self.column {
            Column::Int(v) => (Scalar::Int(v.value(row)), v.value(row) < 0),
            Column::UInt(v) => (Scalar::UInt(v.value(row)), false),
            Column::Float(v) => (Scalar::Float64(v.value(row)), v.value(row).is_nan() || v.value(row) < 0.0),
            Column::Duration(v) => (Scalar::Duration(v.value(row)), v.value(row) < 0),
            Column::Interval(v) => {
                let micros = micros_of(&v.value(row))?;
                (Scalar::Duration(micros), micros < 0)
            }
            _ => return internal_err!("a tolerance is neither a number nor an interval"),
        };
        if is_negative {
            return exec_err!("the tolerance of {} is less than 0 or no number, expected 0 or more", self.function);
        }
        Ok(Some(scalar))
    }
}

/// The length of an interval that has one.
fn micros_of(interval: &datafusion::arrow::datatypes::IntervalMonthDayNano) -> Result<i64> {
    if interval.months != 0 {
        return exec_err!(
            "an interval of months has no fixed length; hint: say it in days, such as `INTERVAL '30 days'`"
        );
    }
    i64::from(interval.days)
        .checked_mul(MICROS_PER_DAY)
        .and_then(|days| days.checked_add(interval.nanoseconds / 1_000))
        .ok_or_else(|| exec_datafusion_err!("an interval of `{}` days is too long", interval.days))
}

impl Column {
    fn try_new(array: &ArrayRef) -> Result<Self> {
        // A value that does not fit is an error, not a NULL.
        let to = |t: &DataType| cast_with_options(array, t, &CastOptions { safe: false, ..CastOptions::default() });
        Ok(match array.data_type() {
            DataType::Boolean => Self::Bool(array.as_boolean().clone()),
            DataType::UInt64 => Self::UInt(array.as_primitive::<UInt64Type>().clone()),
            t if t.is_integer() => Self::Int(to(&DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            t if t.is_numeric() => Self::Float(to(&DataType::Float64)?.as_primitive::<Float64Type>().clone()),
            t if is_text(t) => Self::Text(to(&DataType::Utf8)?.as_string::<i32>().clone()),
            // A zone says how an instant is shown; labels are instants in UTC.
            DataType::Timestamp(TimeUnit::Nanosecond, _) => {
                Self::Nanos(array.as_primitive::<TimestampNanosecondType>().clone())
            }
            DataType::Timestamp(_, zone) => {
                let micros = to(&DataType::Timestamp(TimeUnit::Microsecond, zone.clone()))?;
                Self::Micros(micros.as_primitive::<TimestampMicrosecondType>().clone())
            }
            DataType::Date32 | DataType::Date64 => {
                let micros = to(&DataType::Timestamp(TimeUnit::Microsecond, None))?;
                Self::Micros(micros.as_primitive::<TimestampMicrosecondType>().clone())
            }
            DataType::Duration(_) => {
                let micros = to(&DataType::Duration(TimeUnit::Microsecond))?;
                Self::Duration(micros.as_primitive::<DurationMicrosecondType>().clone())
            }
            DataType::Interval(_) => {
                let interval = to(&DataType::Interval(IntervalUnit::MonthDayNano))?;
                Self::Interval(interval.as_primitive::<IntervalMonthDayNanoType>().clone())
            }
            other => return internal_err!("no label is looked up by a value of type `{other}`"),
        })
    }

    fn array(&self) -> &dyn Array {
        match self {
            Self::Int(v) => v,
            Self::UInt(v) => v,
            Self::Float(v) => v,
            Self::Bool(v) => v,
            Self::Text(v) => v,
            Self::Micros(v) => v,
            Self::Nanos(v) => v,
            Self::Duration(v) => v,
            Self::Interval(v) => v,
        }
    }
}
