//! CF encoding: from decoded values to those that are stored, so that decoding gives the same back.
//!
//! ```text
//! Decoded ─→ counts of a time or duration, 0 and 1 of a bool ─→ scale and offset ─→ stored type ─→ fill value where missing
//! ```

use super::number::{Number, Stored};
use super::{Encoding, Meaning};
use crate::{ArrayError, Bitmap, Calendar, DataType, DateTime, Decoded, Result, Values};

/// Numbers on their way to the store.
enum Numbers {
    Int(Vec<i128>),
    Float(Vec<f64>),
}

impl Encoding {
    /// Stored values from decoded ones: the inverse of [`Encoding::decode`]. Packed integers are rounded to the nearest,
    /// halves to even.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Argument`] when a value does not fit the stored type, is not a whole number of the units of
    /// a time, is missing where nothing stands for that, or equals the value that stands for it.
    pub fn encode(&self, decoded: Decoded) -> Result<Values> {
        if decoded.values.data_type() == self.stored
            && self.packing.is_none()
            && matches!(self.meaning, Meaning::Itself)
        {
            return self.encode_plain(decoded);
        }
        let there: Vec<bool> = (0..decoded.values.len()).map(|i| decoded.is_valid(i)).collect();
        let numbers = match &self.meaning {
            Meaning::Itself => numbers_of(&decoded.values)?,
            Meaning::Bool => match &decoded.values {
                Values::Bool(v) => Numbers::Int(v.iter().map(|b| i128::from(*b)).collect()),
                other => return Err(self.misfit(other.data_type())),
            },
            Meaning::Time(units) => {
                let micros = self.micros(&decoded.values, &there)?;
                let count = |micros: i64| units.count(micros);
                self.counts(&micros, &there, count, &units.text)?
            }
            Meaning::Duration { unit, text } => match &decoded.values {
                Values::Duration(v) => self.counts(v, &there, |micros| unit.count(micros), text)?,
                other => return Err(self.misfit(other.data_type())),
            },
        };
        let numbers = match (self.packing, numbers) {
            (Some(packing), Numbers::Int(v)) => Numbers::Float(v.into_iter().map(|x| packing.pack(x as f64)).collect()),
            (Some(packing), Numbers::Float(v)) => Numbers::Float(v.into_iter().map(|x| packing.pack(x)).collect()),
            (None, numbers) => numbers,
        };
        let fill = self.missing.fill();
        macro_rules! stored {
            ($($variant:ident)*) => {
                match self.stored {
                    $(DataType::$variant => Values::$variant(stored_numbers(&numbers, &there, fill, self.stored)?),)*
                    other => return Err(self.misfit(other)),
                }
            };
        }
        if self.signed != self.stored {
            return Err(ArrayError::unsupported("`_Unsigned` cannot be written"));
        }
        Ok(stored!(Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64))
    }

    /// Values that are stored as they are.
    fn encode_plain(&self, decoded: Decoded) -> Result<Values> {
        let Decoded { mut values, validity } = decoded;
        let fill = self.missing.fill();
        match &mut values {
            Values::Int8(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::Int16(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::Int32(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::Int64(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::UInt8(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::UInt16(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::UInt32(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::UInt64(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::Float32(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::Float64(v) => fill_missing(v, validity.as_ref(), fill)?,
            Values::String(v) => {
                let fill = self.missing.fill_text();
                for (i, text) in v.iter_mut().enumerate() {
                    if validity.as_ref().is_none_or(|there| there.get(i)) {
                        if fill == Some(text.as_str()) {
                            return Err(is_the_fill_value(&text));
                        }
                    } else {
                        *text = fill.ok_or_else(no_fill)?.to_string();
                    }
                }
            }
            Values::Bool(_) if validity.is_some() => return Err(no_fill()),
            Values::Bool(_) => {}
            Values::Timestamp(v) | Values::Duration(v) => {
                for (i, x) in v.iter_mut().enumerate() {
                    if validity.as_ref().is_some_and(|there| !there.get(i)) {
                        *x = i64::MIN;
                    }
                }
            }
        }
        Ok(values)
    }

    /// `count` stored values that stand for a missing one; zeros where nothing does.
    ///
    /// # Errors
    /// Never for the types of this crate.
    pub fn unwritten(&self, count: usize) -> Result<Values> {
        let fill = self.missing.fill();
        macro_rules! repeated {
            ($($variant:ident)*) => {
                match self.stored {
                    $(DataType::$variant => {
                        let nan = || Stored::of(Number::Float(f64::NAN));
                        Values::$variant(vec![fill.and_then(Stored::of).or_else(nan).unwrap_or_default(); count])
                    })*
                    DataType::Bool => Values::Bool(vec![false; count]),
                    DataType::String => {
                        Values::String(vec![self.missing.fill_text().unwrap_or_default().to_string(); count])
                    }
                    DataType::Timestamp => Values::Timestamp(vec![i64::MIN; count]),
                    DataType::Duration => Values::Duration(vec![i64::MIN; count]),
                }
            };
        }
        Ok(repeated!(Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float32 Float64))
    }

    fn micros(&self, values: &Values, there: &[bool]) -> Result<Vec<i64>> {
        let calendar = self.time().map_or(Calendar::Standard, |t| t.calendar);
        match values {
            Values::Timestamp(v) => Ok(v.clone()),
            Values::String(v) => v
                .iter()
                .zip(there)
                .map(|(text, there)| {
                    if !there {
                        return Ok(0);
                    }
                    let date = DateTime::parse(text).filter(|date| calendar.has(date));
                    let date = date.ok_or_else(|| {
                        ArrayError::argument(format!("`{text}` is no time of the calendar `{}`", calendar.name()))
                    })?;
                    calendar.micros(&date)
                })
                .collect(),
            other => Err(self.misfit(other.data_type())),
        }
    }

    /// Microseconds as counts of a unit, whole ones where integers are stored.
    fn counts(
        &self,
        micros: &[i64],
        there: &[bool],
        count: impl Fn(i64) -> Option<(i64, f64)>,
        units: &str,
    ) -> Result<Numbers> {
        let pairs = micros.iter().zip(there);
        let out_of_range =
            |micros: i64| ArrayError::argument(format!("time `{micros}` µs is out of range of `{units}`"));
        if self.stored.is_float() {
            let float = |(micros, there): (&i64, &bool)| match (there, count(*micros)) {
                (false, _) => Ok(f64::NAN),
                (true, Some((whole, part))) => Ok(whole as f64 + part),
                (true, None) => Err(out_of_range(*micros)),
            };
            return Ok(Numbers::Float(pairs.map(float).collect::<Result<_>>()?));
        }
        let whole = |(micros, there): (&i64, &bool)| match (there, count(*micros)) {
            (false, _) => Ok(0),
            (true, Some((whole, 0.0))) => Ok(i128::from(whole)),
            (true, Some(_)) => Err(ArrayError::argument(format!("a time is not a whole number of `{units}`"))
                .hint("write it in other units, or as `float64`")),
            (true, None) => Err(out_of_range(*micros)),
        };
        Ok(Numbers::Int(pairs.map(whole).collect::<Result<_>>()?))
    }

    fn misfit(&self, found: DataType) -> ArrayError {
        ArrayError::argument(format!("{found} values cannot be stored as {}", self.stored))
    }
}

/// Puts what `fill` is in the place of missing values.
fn fill_missing<T: Stored + std::fmt::Display>(
    values: &mut [T],
    validity: Option<&Bitmap>,
    fill: Option<Number>,
) -> Result<()> {
    let fill: Option<T> = fill.and_then(T::of);
    let is_there = |i: usize| validity.is_none_or(|v| v.get(i));
    if let Some(fill) = fill
        && let Some((_, value)) = values.iter().enumerate().find(|(i, x)| **x == fill && is_there(*i))
    {
        return Err(is_the_fill_value(value));
    }
    if validity.is_some() {
        let fill = fill.or_else(|| T::of(Number::Float(f64::NAN))).ok_or_else(no_fill)?;
        values.iter_mut().enumerate().filter(|(i, _)| !is_there(*i)).for_each(|(_, x)| *x = fill);
    }
    Ok(())
}

fn numbers_of(values: &Values) -> Result<Numbers> {
    macro_rules! numbers {
        ($([$($int:ident)*] [$($float:ident)*])*) => {
            match values {
                $($(Values::$int(v) => Numbers::Int(v.iter().map(|x| i128::from(*x)).collect()),)*
                $(Values::$float(v) => Numbers::Float(v.iter().map(|x| f64::from(*x)).collect()),)*)*
                other => return Err(ArrayError::argument(format!("{} values are no numbers", other.data_type()))),
            }
        };
    }
    Ok(numbers!([Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64] [Float32 Float64]))
}

fn stored_numbers<T: Stored + std::fmt::Display>(
    numbers: &Numbers,
    there: &[bool],
    fill: Option<Number>,
    stored: DataType,
) -> Result<Vec<T>> {
    let fill: Option<T> = fill.and_then(T::of).or_else(|| T::of(Number::Float(f64::NAN)));
    let one = |number: Number, there: bool| -> Result<T> {
        if !there {
            return fill.ok_or_else(no_fill);
        }
        let number = match number {
            Number::Float(f) if f.is_nan() => return fill.ok_or_else(no_fill),
            Number::Float(f) if stored.is_integer() => Number::Float(f.round_ties_even()),
            number => number,
        };
        let value = T::of(number).ok_or_else(|| {
            let shown = number.as_f64();
            ArrayError::argument(format!("`{shown}` does not fit {stored}"))
                .hint("another type or scale is chosen by `NAME.dtype`, `NAME.scale_factor` and `NAME.add_offset`")
        })?;
        match fill {
            Some(fill) if fill == value => Err(is_the_fill_value(&value)),
            _ => Ok(value),
        }
    };
    match numbers {
        Numbers::Int(v) => v.iter().zip(there).map(|(x, there)| one(Number::Int(*x), *there)).collect(),
        Numbers::Float(v) => v.iter().zip(there).map(|(x, there)| one(Number::Float(*x), *there)).collect(),
    }
}

fn no_fill() -> ArrayError {
    ArrayError::argument("a value is missing, and no value of its type stands for that")
        .hint("choose one by `NAME.fill_value`")
}

fn is_the_fill_value(value: &dyn std::fmt::Display) -> ArrayError {
    ArrayError::argument(format!("`{value}` is a value, and it is also what stands for a missing one"))
        .hint("choose another by `NAME.fill_value`")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{Attributes, Role};

    fn encoding(stored: DataType, attributes: serde_json::Value) -> Encoding {
        let serde_json::Value::Object(map) = attributes else { panic!() };
        Encoding::try_new(stored, &Attributes::from(map), Role::Data).unwrap()
    }

    fn some(values: Values, there: &[bool]) -> Decoded {
        Decoded { validity: Some(Bitmap::from_slice(there, |t| *t)), values }
    }

    #[test]
    fn packed_numbers_are_rounded_and_missing_ones_filled() {
        let e = encoding(DataType::Int16, json!({"_FillValue": -999, "scale_factor": 0.5, "add_offset": 10.0}));
        let stored = e.encode(some(Values::Float64(vec![11.0, 10.26, 0.0, 9.2]), &[true, true, false, true])).unwrap();
        assert_eq!(stored, Values::Int16(vec![2, 1, -999, -2]));
        let error = e.encode(Decoded::all_valid(Values::Float64(vec![1e9]))).unwrap_err().to_string();
        assert!(error.contains("does not fit int16"), "{error}");
    }

    #[test]
    fn a_missing_value_needs_something_that_stands_for_it_and_a_value_may_not_be_that() {
        let plain = encoding(DataType::Int32, json!({}));
        assert!(plain.encode(some(Values::Int32(vec![1, 2]), &[true, false])).is_err());
        let filled = encoding(DataType::Int32, json!({"_FillValue": 2}));
        assert_eq!(filled.encode(some(Values::Int32(vec![1, 7]), &[true, false])).unwrap(), Values::Int32(vec![1, 2]));
        assert!(filled.encode(Decoded::all_valid(Values::Int32(vec![1, 2]))).is_err());
        let text = encoding(DataType::String, json!({"_FillValue": ""}));
        let given = Values::String(vec!["a".into(), "b".into()]);
        assert_eq!(text.encode(some(given, &[true, false])).unwrap(), Values::String(vec!["a".into(), String::new()]));
    }

    #[test]
    fn times_of_every_calendar_become_the_counts_that_they_were() {
        for calendar in ["standard", "proleptic_gregorian", "noleap", "360_day", "julian", "all_leap"] {
            for (stored, counts) in [
                (DataType::Int64, Values::Int64(vec![0, 45, 100_000])),
                (DataType::Float64, Values::Float64(vec![0.5, 45.25, 99.0])),
            ] {
                let e = encoding(stored, json!({"units": "days since 1850-01-01", "calendar": calendar}));
                let decoded = e.decode(counts.clone()).unwrap();
                assert_eq!(e.encode(decoded).unwrap(), counts, "{calendar}");
            }
        }
        let e = encoding(DataType::Int64, json!({"units": "days since 1970-01-01"}));
        let error = e.encode(Decoded::all_valid(Values::Timestamp(vec![3_600_000_000]))).unwrap_err().to_string();
        assert!(error.contains("whole number"), "{error}");
    }

    #[test]
    fn durations_and_bools_come_back() {
        let e = encoding(DataType::Int64, json!({"units": "hours", "dtype": "timedelta64[ns]"}));
        let hours = Values::Int64(vec![-3, 0, 48]);
        assert_eq!(e.encode(e.decode(hours.clone()).unwrap()).unwrap(), hours);
        let e = encoding(DataType::Int8, json!({"dtype": "bool"}));
        let bools = Values::Int8(vec![0, 1, 1]);
        assert_eq!(e.encode(e.decode(bools.clone()).unwrap()).unwrap(), bools);
    }

    proptest! {
        #[test]
        fn what_is_decoded_encodes_to_what_it_was(
            v in prop::collection::vec(any::<i16>(), 0..40), scale in 1u8..50, offset in -20i8..20
        ) {
            let e = encoding(
                DataType::Int16,
                json!({"_FillValue": -7, "scale_factor": f64::from(scale) / 8.0, "add_offset": f64::from(offset)}),
            );
            let stored = Values::Int16(v);
            prop_assert_eq!(e.encode(e.decode(stored.clone()).unwrap()).unwrap(), stored);
        }
    }
}
