//! `date_trunc(unit, time)`: the first instant of a time's year, month, day …, on every calendar.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringArray};
use datafusion::arrow::array::{ArrowPrimitiveType, AsArray, PrimitiveArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Field, FieldRef, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err, internal_err, plan_err};
use datafusion::logical_expr::sort_properties::{ExprProperties, SortProperties};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use hyperslab_array::{Calendar, DateTime, nearest_names};

use super::date_part::coerce_types;
use super::reference::{Reference, TIME};
use super::times::{calendar_of, constant_text, is_text, map_columnar, map_dates, text, timestamps};
use crate::error::datafusion_error;

/// `date_trunc(unit, time)`: the first instant of the `unit` that holds the time.
///
/// Units are `millennium`, `century`, `decade`, `year`, `quarter`, `month`, `week`, `day`, `hour`, `minute`, `second`, `millisecond` and `microsecond`.
/// Timestamps answer in their own type, also beyond the years that nanoseconds can count. The text of a CF calendar
/// answers with text of the same calendar; weeks have no meaning there. Everything else goes to DataFusion's function
/// of the same name.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: TIME,
        syntax: "date_trunc(unit, time)",
        description: "The first moment of the year, month, day … that a time is in, in the calendar of the time. It takes the \
                      place of DataFusion's own, and answers as that does where the calendar is a standard one.",
        arguments: &[
            (
                "unit",
                "A constant: `millennium`, `century`, `decade`, `year`, `quarter`, `month`, `day`, `hour`, `minute`, `second`, `millisecond` or `microsecond`; \
                 in the standard calendars also `week`.",
            ),
            ("time", "A timestamp, a date, or the ISO 8601 text of a time in a CF calendar."),
        ],
        example: "SELECT date_trunc('year', time) AS year, avg(sst) AS sst FROM ersst GROUP BY 1 ORDER BY 1 LIMIT 3;",
        xarray: "`ds.sst.resample(time=\"YS\").mean()`",
    };
    Arc::new(ScalarUDF::from(DateTruncFunction {
        inner: datafusion::functions::datetime::date_trunc(),
        signature: Signature::user_defined(Volatility::Immutable),
        documentation: documentation.documentation(),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct DateTruncFunction {
    inner: Arc<ScalarUDF>,
    signature: Signature,
    documentation: Documentation,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Millennium,
    Century,
    Decade,
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
}

const UNITS: [(Unit, &str); 13] = [
    (Unit::Millennium, "millennium"),
    (Unit::Century, "century"),
    (Unit::Decade, "decade"),
    (Unit::Year, "year"),
    (Unit::Quarter, "quarter"),
    (Unit::Month, "month"),
    (Unit::Week, "week"),
    (Unit::Day, "day"),
    (Unit::Hour, "hour"),
    (Unit::Minute, "minute"),
    (Unit::Second, "second"),
    (Unit::Millisecond, "millisecond"),
    (Unit::Microsecond, "microsecond"),
];

const MICROS_PER_DAY: i64 = 86_400_000_000;

impl ScalarUDFImpl for DateTruncFunction {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        coerce_types(&self.inner, arg_types)
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        internal_err!("the type of {} depends on the calendar", self.name())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let [_, time] = args.arg_fields else {
            return internal_err!("{} has {} arguments", self.name(), args.arg_fields.len());
        };
        if let Some(Some(unit)) = args.scalar_arguments.first()
            && let Some(unit) = unit.try_as_str().flatten()
        {
            check(self.name(), Unit::parse(self.name(), unit)?, calendar_of(time)?)?;
        }
        if calendar_of(time)?.is_some() {
            let field = Field::new(self.name(), time.data_type().clone(), time.is_nullable());
            return Ok(Arc::new(field.with_metadata(time.metadata().clone())));
        }
        let data_type = match time.data_type() {
            DataType::Null => DataType::Timestamp(TimeUnit::Nanosecond, None),
            other if is_text(other) => DataType::Timestamp(TimeUnit::Nanosecond, None),
            other => other.clone(),
        };
        Ok(Arc::new(Field::new(self.name(), data_type, time.is_nullable())))
    }

    fn is_strict(&self) -> bool {
        self.inner.is_strict()
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [ColumnarValue::Scalar(unit), time] = args.args.as_slice() else {
            return exec_err!("{} expected a constant text as its unit, such as `'month'`", self.name());
        };
        let unit = Unit::parse(self.name(), constant_text(self.name(), "unit", Some(unit))?)?;
        let calendar = args.arg_fields.get(1).map_or(Ok(None), |field| calendar_of(field))?;
        if calendar.is_some() {
            check(self.name(), unit, calendar)?;
            return map_columnar(time, |array| of_text(array, unit));
        }
        match time.data_type() {
            DataType::Timestamp(_, None) => return map_columnar(time, |array| of_timestamps(array, unit)),
            DataType::Timestamp(of, Some(zone)) if is_utc(&zone) => {
                return map_columnar(time, |array| {
                    let truncated = of_timestamps(&cast(array, &DataType::Timestamp(of, None))?, unit)?;
                    Ok(cast(&truncated, array.data_type())?)
                });
            }
            DataType::Interval(_) => return map_columnar(time, |array| of_intervals(array, unit)),
            other if is_text(&other) => {
                return map_columnar(time, |array| of_timestamps(&timestamps(array, TimeUnit::Nanosecond)?, unit));
            }
            _ => {}
        }
        args.args[0] = ColumnarValue::Scalar(ScalarValue::from(unit.name()));
        self.inner.invoke_with_args(args)
    }

    fn output_ordering(&self, inputs: &[ExprProperties]) -> Result<SortProperties> {
        // Truncation keeps the order of instants; the text of a calendar is in the order of its instants.
        match inputs {
            [unit, time] if unit.sort_properties == SortProperties::Singleton => Ok(time.sort_properties),
            _ => Ok(SortProperties::Unordered),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

impl Unit {
    fn parse(function: &str, name: &str) -> Result<Self> {
        let lower = match name.to_lowercase() {
            lower if lower == "millennia" => "millennium".to_string(),
            lower if lower == "centuries" => "century".to_string(),
            lower => lower.strip_suffix('s').map(str::to_string).unwrap_or(lower),
        };
        match UNITS.iter().find(|(_, n)| *n == lower) {
            Some((unit, _)) => Ok(*unit),
            None => {
                let hint = nearest_names(&lower, UNITS.iter().map(|(_, n)| *n));
                plan_err!("{function} has no unit `{name}`; hint: {hint}")
            }
        }
    }

    fn name(self) -> &'static str {
        UNITS.iter().find(|(unit, _)| *unit == self).map_or("microsecond", |(_, n)| n)
    }

    /// Microseconds, where every unit of this sort has as many.
    fn micros(self) -> Option<i64> {
        Some(match self {
            Self::Day => MICROS_PER_DAY,
            Self::Hour => 3_600_000_000,
            Self::Minute => 60_000_000,
            Self::Second => 1_000_000,
            Self::Millisecond => 1_000,
            Self::Microsecond => 1,
            _ => return None,
        })
    }
}

/// Refuses a unit that the calendar does not have.
fn check(function: &str, unit: Unit, calendar: Option<Calendar>) -> Result<()> {
    match calendar {
        Some(calendar) if unit == Unit::Week && !calendar.is_standard() => plan_err!(
            "{function} has no unit `week` in calendar `{}`; hint: use year, quarter, month, day, hour, minute, second, \
             millisecond or microsecond",
            calendar.name()
        ),
        _ => Ok(()),
    }
}

/// Truncates the fields of each date; the calendar does not matter.
fn of_text(array: &ArrayRef, unit: Unit) -> Result<ArrayRef> {
    let texts = map_dates(&text(array)?, |date| Ok(truncate_fields(*date, unit).to_string()))?;
    // The declared type is that of the argument.
    Ok(cast(&StringArray::from(texts), array.data_type())?)
}

fn truncate_fields(date: DateTime, unit: Unit) -> DateTime {
    let DateTime { year, month, day, hour, minute, second, microsecond } = date;
    let of = |month, day, hour, minute, second, microsecond| DateTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
        microsecond,
    };
    // A decade begins with a year that ends in 0; a century and a millennium begin with one that ends in 1.
    let since = |years: i32, first: i32| DateTime {
        year: (year - first).div_euclid(years) * years + first,
        ..of(1, 1, 0, 0, 0, 0)
    };
    match unit {
        Unit::Millennium => since(1_000, 1),
        Unit::Century => since(100, 1),
        Unit::Decade => since(10, 0),
        Unit::Year => of(1, 1, 0, 0, 0, 0),
        Unit::Quarter => of(month.saturating_sub(1) / 3 * 3 + 1, 1, 0, 0, 0, 0),
        Unit::Month => of(month, 1, 0, 0, 0, 0),
        Unit::Week | Unit::Day => of(month, day, 0, 0, 0, 0),
        Unit::Hour => of(month, day, hour, 0, 0, 0),
        Unit::Minute => of(month, day, hour, minute, 0, 0),
        Unit::Second => of(month, day, hour, minute, second, 0),
        Unit::Millisecond => of(month, day, hour, minute, second, microsecond / 1_000 * 1_000),
        Unit::Microsecond => date,
    }
}

/// Whether a zone is that of UTC.
fn is_utc(zone: &str) -> bool {
    matches!(zone, "+00:00" | "UTC" | "Z")
}

/// Truncates intervals: what is smaller than the unit is taken away.
fn of_intervals(array: &ArrayRef, unit: Unit) -> Result<ArrayRef> {
    let intervals = cast(array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let months = match unit {
        Unit::Millennium => Some(12_000),
        Unit::Century => Some(1_200),
        Unit::Decade => Some(120),
        Unit::Year => Some(12),
        Unit::Quarter => Some(3),
        Unit::Month => Some(1),
        Unit::Week => return plan_err!("an interval has no weeks; hint: truncate it to days"),
        _ => None,
    };
    let of = |value: IntervalMonthDayNano| match (months, unit.micros()) {
        (Some(n), _) => IntervalMonthDayNano::new(value.months / n * n, 0, 0),
        (None, Some(MICROS_PER_DAY)) => IntervalMonthDayNano::new(value.months, value.days, 0),
        (None, micros) => {
            let step = micros.unwrap_or(1) * 1_000;
            IntervalMonthDayNano::new(value.months, value.days, value.nanoseconds / step * step)
        }
    };
    Ok(Arc::new(intervals.as_primitive::<IntervalMonthDayNanoType>().unary::<_, IntervalMonthDayNanoType>(of)))
}

/// Truncates timestamps without a time zone, in their own unit: DataFusion's function goes by way of nanoseconds,
/// which end in 1677 and 2262.
fn of_timestamps(array: &ArrayRef, unit: Unit) -> Result<ArrayRef> {
    fn each<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef, unit: Unit, per_second: i64) -> Result<ArrayRef> {
        let truncated: PrimitiveArray<T> =
            array.as_primitive::<T>().try_unary(|value| truncate(value, unit, per_second))?;
        Ok(Arc::new(truncated))
    }
    match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, None) => each::<TimestampSecondType>(array, unit, 1),
        DataType::Timestamp(TimeUnit::Millisecond, None) => each::<TimestampMillisecondType>(array, unit, 1_000),
        DataType::Timestamp(TimeUnit::Microsecond, None) => each::<TimestampMicrosecondType>(array, unit, 1_000_000),
        DataType::Timestamp(TimeUnit::Nanosecond, None) => each::<TimestampNanosecondType>(array, unit, 1_000_000_000),
        other => internal_err!("`{other}` is no timestamp without a time zone"),
    }
}

/// Truncates one timestamp, of which `per_second` make a second.
fn truncate(value: i64, unit: Unit, per_second: i64) -> Result<i64> {
    let out_of_range = || exec_datafusion_err!("`{}` of a time is out of the range of its type", unit.name());
    let floor = |step: i64| value.checked_sub(value.rem_euclid(step)).ok_or_else(out_of_range);
    if let Some(micros) = unit.micros() {
        // A unit finer than the type's own leaves the value as it is.
        let step = i128::from(micros) * i128::from(per_second) / 1_000_000;
        return if step <= 1 { Ok(value) } else { floor(i64::try_from(step).map_err(|_| out_of_range())?) };
    }
    let day = 86_400 * per_second;
    let days = value.div_euclid(day);
    let first = match unit {
        // 1970-01-01 was a Thursday; weeks begin on Monday.
        Unit::Week => days - (days + 3).rem_euclid(7),
        _ => {
            let midnight = days.checked_mul(MICROS_PER_DAY).ok_or_else(out_of_range)?;
            let date = truncate_fields(Calendar::ProlepticGregorian.date(midnight), unit);
            let micros = Calendar::ProlepticGregorian.micros(&date).map_err(datafusion_error)?;
            micros.div_euclid(MICROS_PER_DAY)
        }
    };
    first.checked_mul(day).ok_or_else(out_of_range)
}
