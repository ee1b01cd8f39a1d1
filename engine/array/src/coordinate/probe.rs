//! A value made comparable with the labels of one type, and distances between the two.

use std::cmp::Ordering;

use crate::{ArrayError, Calendar, DataType, DateTime, Result, Scalar, Values};

/// A value to look for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Probe {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    /// A date of a calendar whose labels are text.
    Date(DateTime),
    /// A timestamp or duration.
    Micros(i64),
}

impl Probe {
    /// `value`, to look for among labels of `labels`.
    pub(super) fn of(value: &Scalar, labels: DataType, calendar: Option<Calendar>) -> Result<Self> {
        let number = labels.is_integer() || labels.is_float();
        Ok(match (labels, value) {
            (DataType::Bool, Scalar::Bool(b)) => Self::Bool(*b),
            (_, Scalar::Int(i)) if number => Self::Int((*i).into()),
            (_, Scalar::UInt(u)) if number => Self::Int((*u).into()),
            (DataType::Float32, Scalar::Float64(f)) => Self::Float(rounded(*f)),
            (_, Scalar::Float64(f)) if number => Self::Float(*f),
            (_, Scalar::Float32(f)) if number => Self::Float((*f).into()),
            (DataType::String, Scalar::String(text)) => match calendar {
                None => Self::Text(text.clone()),
                Some(_) => Self::Date(date(text)?),
            },
            (DataType::Timestamp, Scalar::Timestamp(t)) | (DataType::Duration, Scalar::Duration(t)) => Self::Micros(*t),
            (DataType::Timestamp, Scalar::String(text)) => {
                Self::Micros(Calendar::ProlepticGregorian.micros(&date(text)?)?)
            }
            _ => {
                let error = ArrayError::argument(format!("cannot compare `{}` with {labels} labels", shown(value)));
                return Err(match calendar {
                    Some(calendar) => error.hint(format!(
                        "the labels are dates of the calendar `{}`, write them as text such as `1990-02-30`",
                        calendar.name()
                    )),
                    None => error,
                });
            }
        })
    }

    pub(super) fn is_nan(&self) -> bool {
        matches!(self, Self::Float(f) if f.is_nan())
    }

    /// The order of the label at `index` and the value.
    pub(super) fn compare_label(&self, labels: &Values, index: usize) -> Ordering {
        let order = match (label(labels, index), self) {
            (Some(Label::Int(a)), Self::Int(b)) => Some(a.cmp(b)),
            (Some(Label::Int(a)), Self::Micros(b)) => Some(a.cmp(&i128::from(*b))),
            (Some(Label::Int(a)), Self::Float(b)) => Some(compare_int_float(a, *b)),
            (Some(Label::Float(a)), Self::Int(b)) => Some(compare_int_float(*b, a).reverse()),
            (Some(Label::Float(a)), Self::Float(b)) => a.partial_cmp(b),
            (Some(Label::Bool(a)), Self::Bool(b)) => Some(a.cmp(b)),
            (Some(Label::Text(a)), Self::Text(b)) => Some(a.cmp(b.as_str())),
            (Some(Label::Text(a)), Self::Date(b)) => Some(DateTime::parse(a).cmp(&Some(*b))),
            _ => None,
        };
        // Only NaN has no order: it is greater than every label.
        order.unwrap_or(Ordering::Less)
    }

    /// Fails where distances make no sense.
    pub(super) fn check_distance(&self, calendar: Option<Calendar>) -> Result<()> {
        match self {
            Self::Bool(_) | Self::Text(_) => Err(ArrayError::argument(
                "labels that are no numbers and no times have no distance, expected no `nearest` and no tolerance",
            )
            .hint("ask for an equal label, or use `pad` or `backfill`")),
            Self::Date(date) => calendar.unwrap_or(Calendar::Standard).micros(date).map(|_| ()),
            Self::Int(_) | Self::Float(_) | Self::Micros(_) => Ok(()),
        }
    }

    /// How far the label at `index` is from the value.
    pub(super) fn distance(&self, labels: &Values, index: usize, calendar: Option<Calendar>) -> Result<Distance> {
        Ok(match (label(labels, index), self) {
            (Some(Label::Int(a)), Self::Int(b)) => Distance::Int((a - b).abs()),
            (Some(Label::Int(a)), Self::Micros(b)) => Distance::Int((a - i128::from(*b)).abs()),
            (Some(Label::Int(_)), Self::Float(b)) if b.is_infinite() => Distance::Float(f64::INFINITY),
            (Some(Label::Int(a)), Self::Float(b)) => {
                // The whole part is subtracted apart, so that large integers keep their last digits.
                let whole = b.floor();
                Distance::Float((a.saturating_sub(whole as i128) as f64 - (b - whole)).abs())
            }
            (Some(Label::Float(a)), Self::Int(b)) => Distance::Float(gap(a, *b as f64)),
            (Some(Label::Float(a)), Self::Float(b)) => Distance::Float(gap(a, *b)),
            (Some(Label::Text(a)), Self::Date(b)) => {
                let calendar = calendar.unwrap_or(Calendar::Standard);
                let label = calendar.micros(&date(a)?)?;
                Distance::Int((i128::from(label) - i128::from(calendar.micros(b)?)).abs())
            }
            _ => {
                return Err(ArrayError::internal(format!(
                    "`{self:?}` was compared with {} labels",
                    labels.data_type()
                )));
            }
        })
    }

    /// Where among `count` ascending or descending labels of a constant step the value belongs, as a rank.
    pub(super) fn guess(&self, labels: &Values, step: &Scalar, count: usize) -> Option<usize> {
        let value = match self {
            Self::Int(i) => *i as f64,
            Self::Micros(t) => *t as f64,
            Self::Float(f) => *f,
            _ => return None,
        };
        let step = match step {
            Scalar::Int(s) | Scalar::Duration(s) => *s as f64,
            Scalar::Float64(s) => *s,
            _ => return None,
        };
        let least = if step > 0.0 { 0 } else { count.checked_sub(1)? };
        let least = match label(labels, least)? {
            Label::Int(i) => i as f64,
            Label::Float(f) => f,
            _ => return None,
        };
        // Casting cuts at both ends, and NaN becomes 0.
        Some((((value - least) / step.abs()) as usize).min(count))
    }
}

/// A distance, in the unit of the labels or in microseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Distance {
    Int(i128),
    Float(f64),
}

impl Distance {
    pub(super) fn is_less_than(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a < b,
            (Self::Float(a), Self::Float(b)) => a < b,
            (Self::Int(a), Self::Float(b)) => compare_int_float(*a, *b) == Ordering::Less,
            (Self::Float(a), Self::Int(b)) => compare_int_float(*b, *a) == Ordering::Greater,
        }
    }

    pub(super) fn is_within(&self, tolerance: &Tolerance) -> bool {
        !tolerance.0.is_less_than(self)
    }
}

/// The greatest distance that counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tolerance(Distance);

impl Tolerance {
    pub(super) fn of(value: &Scalar, labels: DataType, calendar: Option<Calendar>) -> Result<Self> {
        let is_time = matches!(labels, DataType::Timestamp | DataType::Duration) || calendar.is_some();
        let distance = match value {
            Scalar::Duration(t) if is_time => Distance::Int((*t).into()),
            Scalar::Int(i) if !is_time => Distance::Int((*i).into()),
            Scalar::UInt(u) if !is_time => Distance::Int((*u).into()),
            Scalar::Float32(f) if !is_time => Distance::Float((*f).into()),
            Scalar::Float64(f) if !is_time => Distance::Float(*f),
            _ => {
                let expected = if is_time { "an interval" } else { "a number" };
                return Err(ArrayError::argument(format!(
                    "tolerance `{}` does not fit {labels} labels, expected {expected}",
                    shown(value)
                )));
            }
        };
        let is_valid = match distance {
            Distance::Int(i) => i >= 0,
            Distance::Float(f) => f >= 0.0,
        };
        if !is_valid {
            return Err(ArrayError::argument(format!("tolerance `{}` is not 0 or more", shown(value))));
        }
        Ok(Self(distance))
    }
}

enum Label<'a> {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(&'a str),
}

fn label(labels: &Values, index: usize) -> Option<Label<'_>> {
    Some(match labels {
        Values::Bool(v) => Label::Bool(*v.get(index)?),
        Values::Int8(v) => Label::Int((*v.get(index)?).into()),
        Values::Int16(v) => Label::Int((*v.get(index)?).into()),
        Values::Int32(v) => Label::Int((*v.get(index)?).into()),
        Values::Int64(v) => Label::Int((*v.get(index)?).into()),
        Values::UInt8(v) => Label::Int((*v.get(index)?).into()),
        Values::UInt16(v) => Label::Int((*v.get(index)?).into()),
        Values::UInt32(v) => Label::Int((*v.get(index)?).into()),
        Values::UInt64(v) => Label::Int((*v.get(index)?).into()),
        Values::Float32(v) => Label::Float((*v.get(index)?).into()),
        Values::Float64(v) => Label::Float(*v.get(index)?),
        Values::String(v) => Label::Text(v.get(index)?),
        Values::Timestamp(v) | Values::Duration(v) => Label::Int((*v.get(index)?).into()),
    })
}

/// The value as a `float32` label would have it; a value that no `float32` can have stays what it is.
fn rounded(value: f64) -> f64 {
    let narrow = f64::from(value as f32);
    if narrow.is_infinite() { value } else { narrow }
}

/// Exact, where a conversion of either would lose digits.
fn compare_int_float(int: i128, float: f64) -> Ordering {
    if float.is_nan() {
        return Ordering::Less;
    }
    let whole = float.floor();
    // Casting an infinite or huge float gives the end of the range, which no label reaches.
    match int.cmp(&(whole as i128)) {
        Ordering::Equal if float > whole => Ordering::Less,
        order => order,
    }
}

fn gap(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() }
}

fn date(text: &str) -> Result<DateTime> {
    DateTime::parse(text).ok_or_else(|| {
        ArrayError::argument(format!(
            "`{text}` is not a date, expected one such as `1990`, `1990-06` or `1990-06-15T12:00`"
        ))
    })
}

fn shown(value: &Scalar) -> String {
    match value {
        Scalar::Bool(b) => b.to_string(),
        Scalar::Int(i) => i.to_string(),
        Scalar::UInt(u) => u.to_string(),
        Scalar::Float32(f) => f.to_string(),
        Scalar::Float64(f) => f.to_string(),
        Scalar::String(text) => text.clone(),
        Scalar::Timestamp(t) => Calendar::ProlepticGregorian.date(*t).to_string(),
        Scalar::Duration(t) => format!("{} s", *t as f64 / 1e6),
    }
}
