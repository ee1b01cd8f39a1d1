//! `date_part(part, time)` and `EXTRACT(part FROM time)`: DataFusion's own, and the same on the text of a CF calendar.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, Int32Array};
use datafusion::arrow::datatypes::{
    DataType, Field, FieldRef, Float64Type, Int32Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
    TimeUnit, TimestampMicrosecondType,
};
use datafusion::common::{Result, ScalarValue, exec_err, internal_err, plan_err};
use datafusion::logical_expr::preimage::PreimageResult;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use hyperslab_array::Calendar;

use super::part::Part;
use super::reference::{Reference, TIME};
use super::time_part::number;
use super::times::{calendar_of, constant_text, is_text, map_columnar, map_dates, strict_cast, text, timestamps};
use crate::error::datafusion_error;

/// `date_part(part, time)`: a part of a time as a number.
///
/// Times, dates, durations and intervals go to DataFusion's function of the same name, whose parts it shares, and so
/// does text that has no calendar. On the text of a CF calendar the parts are `year`, `quarter`, `month`, `day`,
/// `hour`, `minute`, `second`, `millisecond`, `microsecond`, `doy` (or `dayofyear`), `decade`, `century`, `millennium`
/// and `epoch` (seconds since
/// 1970-01-01 in that calendar). Weeks have no meaning there.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: TIME,
        syntax: "date_part(part, time)",
        description: "A part of a time as a number; `EXTRACT(part FROM time)` is the same. It takes the place of DataFusion's \
                      own, and answers as that does where the calendar is a standard one.",
        arguments: &[
            (
                "part",
                "A constant: `year`, `quarter`, `month`, `day`, `hour`, `minute`, `second`, `millisecond`, `microsecond`, \
                 `doy`, `decade`, `century`, `millennium` or `epoch`; in the standard calendars also `week`, `dow`, `isodow`, `isoyear` \
                 and `julian`.",
            ),
            ("time", "A timestamp, a date, an interval, or the ISO 8601 text of a time in a CF calendar."),
        ],
        example: "SELECT date_part('quarter', time) AS quarter, avg(sst) AS sst FROM ersst GROUP BY 1 ORDER BY 1;",
        xarray: "`ds.time.dt.quarter`",
    };
    Arc::new(ScalarUDF::from(DatePartFunction {
        inner: datafusion::functions::datetime::date_part(),
        signature: Signature::user_defined(Volatility::Immutable),
        documentation: documentation.documentation(),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct DatePartFunction {
    inner: Arc<ScalarUDF>,
    signature: Signature,
    documentation: Documentation,
}

impl ScalarUDFImpl for DatePartFunction {
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
        internal_err!("the type of {} depends on its part", self.name())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let (Some(part), Some(time)) = (args.scalar_arguments.first(), args.arg_fields.get(1)) else {
            return internal_err!("{} has no arguments", self.name());
        };
        let part = Part::parse(self.name(), constant_text(self.name(), "part", *part)?)?;
        let calendar = calendar_of(time)?;
        if let Some(calendar) = calendar.filter(|c| !part.has_meaning_in(*c)) {
            return plan_err!(
                "{} has no part `{}` in calendar `{}`; hint: use year, quarter, month, day, hour, minute, second, \
                 doy or epoch",
                self.name(),
                part.name(),
                calendar.name()
            );
        }
        let data_type = match part {
            Part::Epoch | Part::Julian => DataType::Float64,
            Part::Nanosecond => DataType::Int64,
            _ => DataType::Int32,
        };
        Ok(Arc::new(Field::new(self.name(), data_type, time.is_nullable())))
    }

    fn is_strict(&self) -> bool {
        self.inner.is_strict()
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [ColumnarValue::Scalar(part), time] = args.args.as_slice() else {
            return exec_err!("{} expected a constant text as its part, such as `'month'`", self.name());
        };
        let part = Part::parse(self.name(), constant_text(self.name(), "part", Some(part))?)?;
        let calendar = args.arg_fields.get(1).map_or(Ok(None), |field| calendar_of(field))?;
        if let Some(calendar) = calendar {
            return map_columnar(time, |array| of_text(array, part, calendar));
        }
        if is_text(&time.data_type()) {
            let time = map_columnar(time, |array| timestamps(array, TimeUnit::Microsecond))?;
            args.args = vec![args.args[0].clone(), time];
        }
        let [_, time] = args.args.as_slice() else { return internal_err!("{} has lost an argument", self.name()) };
        match (part, time.data_type()) {
            (Part::Epoch, DataType::Timestamp(..)) => return map_columnar(time, |array| seconds(array, 0.0)),
            (Part::Epoch, DataType::Interval(_)) => return map_columnar(time, of_interval),
            (Part::Julian, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64) => {
                let days = map_columnar(time, |array| seconds(array, JULIAN_EPOCH))?;
                return map_columnar(&days, |array| {
                    Ok(Arc::new(array.as_primitive::<Float64Type>().unary::<_, Float64Type>(|s| s / 86_400.0)))
                });
            }
            (Part::Decade | Part::Century | Part::Millennium, _) => {
                args.args[0] = ColumnarValue::Scalar(ScalarValue::from("year"));
                let years = self.inner.invoke_with_args(args)?;
                return map_columnar(&years, |array| {
                    let of = |year: i32| part.of_year(year).unwrap_or(year);
                    Ok(Arc::new(array.as_primitive::<Int32Type>().unary::<_, Int32Type>(of)))
                });
            }
            _ => {}
        }
        args.args[0] = ColumnarValue::Scalar(ScalarValue::from(part.name()));
        self.inner.invoke_with_args(args)
    }

    fn preimage(&self, args: &[Expr], value: &Expr, info: &SimplifyContext) -> Result<PreimageResult> {
        self.inner.preimage(args, value, info)
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&self.documentation)
    }
}

/// Seconds of the day before which a count of days begins that puts 1970-01-01 at 2440588.
const JULIAN_EPOCH: f64 = 2_440_588.0 * 86_400.0;

/// Seconds since 1970, and `offset` more.
fn seconds(array: &ArrayRef, offset: f64) -> Result<ArrayRef> {
    let micros = strict_cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
    let of = |micros: i64| micros as f64 / 1e6 + offset;
    Ok(Arc::new(micros.as_primitive::<TimestampMicrosecondType>().unary::<_, Float64Type>(of)))
}

/// Seconds of an interval: a year has 365 days and a quarter, a month has thirty.
fn of_interval(array: &ArrayRef) -> Result<ArrayRef> {
    let intervals = strict_cast(array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let of = |interval: IntervalMonthDayNano| {
        let (years, months) = (interval.months / 12, interval.months % 12);
        let days = f64::from(years) * 365.25 + f64::from(months) * 30.0 + f64::from(interval.days);
        days * 86_400.0 + interval.nanoseconds as f64 / 1e9
    };
    Ok(Arc::new(intervals.as_primitive::<IntervalMonthDayNanoType>().unary::<_, Float64Type>(of)))
}

/// Text stays text, whether or not it has a calendar: types alone do not tell. The rest is as DataFusion has it.
pub(super) fn coerce_types(inner: &Arc<ScalarUDF>, arg_types: &[DataType]) -> Result<Vec<DataType>> {
    match arg_types {
        [part, time] if is_text(part) && is_text(time) => Ok(arg_types.to_vec()),
        [part, DataType::Dictionary(_, value)] if is_text(part) && is_text(value) => {
            Ok(vec![part.clone(), DataType::Utf8])
        }
        [part, DataType::Interval(_)] if is_text(part) => {
            Ok(vec![part.clone(), DataType::Interval(IntervalUnit::MonthDayNano)])
        }
        _ => {
            let fields: Vec<FieldRef> =
                arg_types.iter().map(|t| Arc::new(Field::new("argument", t.clone(), true))).collect();
            Ok(fields_with_udf(&fields, inner.as_ref())?.iter().map(|f| f.data_type().clone()).collect())
        }
    }
}

/// The part of each time in a text of `calendar`.
fn of_text(array: &ArrayRef, part: Part, calendar: Calendar) -> Result<ArrayRef> {
    let texts = text(array)?;
    Ok(match part {
        Part::Epoch => Arc::new(Float64Array::from(map_dates(&texts, |date| {
            Ok(calendar.micros(date).map_err(datafusion_error)? as f64 / 1e6)
        })?)),
        _ => Arc::new(Int32Array::from(map_dates(&texts, |date| number(date, part, Some(calendar)))?)),
    })
}
