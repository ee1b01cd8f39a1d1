//! Constants that are compared with times: from text, dates and timestamps of any unit to what the labels are made of.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, TimeUnit};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Cast, Expr, ExprSchemable, Operator, cast, lit};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use hyperslab_array::{ArrayError, Calendar, DateTime};
use hyperslab_exec::datafusion_error;

use super::comparison::Operand;

const NANOS_PER_DAY: i128 = 86_400_000_000_000;

/// The labels that a constant is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeLabels {
    /// A timestamp without a zone, in its unit.
    Timestamp(TimeUnit),
    /// Text that stands for the times of a calendar.
    Text(Calendar),
}

/// What `constant` is among `labels`, when they are compared by `op`.
///
/// # Errors
/// When it is a text that is no time, or a date that the calendar does not have.
pub(super) fn among(labels: TimeLabels, op: Operator, constant: &Expr) -> Result<Operand> {
    if let Some(text) = text_of(constant)
        && let Some(date) = short_date(text)
    {
        return literal_of(labels, op, &date);
    }
    let folded = fold(constant)?;
    let Expr::Literal(value, _) = &folded else {
        return unknown(labels, constant);
    };
    if value.is_null() {
        return Ok(Operand::Keep);
    }
    if let Some(text) = value.try_as_str() {
        let text = text.unwrap_or_default();
        return match short_date(text) {
            Some(date) => literal_of(labels, op, &date),
            None => {
                match value.cast_to(&DataType::Timestamp(TimeUnit::Nanosecond, None)).ok().and_then(|v| nanos_of(&v)) {
                    Some(nanos) => instant(labels, op, nanos),
                    None => Err(not_a_time(labels, text)),
                }
            }
        };
    }
    match nanos_of(value) {
        Some(nanos) => instant(labels, op, nanos),
        None => Ok(Operand::Keep),
    }
}

/// The text of a literal, or of a typed one: `TIMESTAMP '1990-01-01'`.
fn text_of(constant: &Expr) -> Option<&str> {
    match constant {
        Expr::Literal(value, _) => value.try_as_str().flatten(),
        Expr::Cast(Cast { expr, field }) => match (expr.as_ref(), field.data_type()) {
            (Expr::Literal(value, _), DataType::Timestamp(_, None)) => value.try_as_str().flatten(),
            (Expr::Literal(value, _), DataType::Date32 | DataType::Date64) => {
                // A date has no time of day; where the text has one, SQL says what becomes of it.
                value.try_as_str().flatten().filter(|text| !text.contains(':'))
            }
            _ => None,
        },
        _ => None,
    }
}

/// The date of a text whose fraction of a second is no finer than a microsecond.
fn short_date(text: &str) -> Option<DateTime> {
    let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches(['Z', 'z', ' ', '0']).len());
    if digits > 6 { None } else { DateTime::parse(text) }
}

fn not_a_time(labels: TimeLabels, text: &str) -> DataFusionError {
    let error =
        ArrayError::argument(format!("`{text}` is not a time, expected ISO 8601 such as `1990-06-15T12:00:00`"));
    datafusion_error(match labels {
        TimeLabels::Timestamp(_) => error,
        TimeLabels::Text(calendar) => {
            error.hint(format!("it is compared with times of the calendar `{}`", calendar.name()))
        }
    })
}

/// A date among the labels.
fn literal_of(labels: TimeLabels, op: Operator, date: &DateTime) -> Result<Operand> {
    match labels {
        TimeLabels::Text(calendar) => {
            if !calendar.has(date) {
                return Err(no_such_date(calendar, date));
            }
            Ok(Operand::Other(lit(date.to_string())))
        }
        TimeLabels::Timestamp(_) => {
            let micros = Calendar::ProlepticGregorian.micros(date).map_err(datafusion_error)?;
            instant(labels, op, i128::from(micros) * 1_000)
        }
    }
}

fn no_such_date(calendar: Calendar, date: &DateTime) -> DataFusionError {
    let error = ArrayError::argument(format!("there is no date `{date}` in the calendar `{}`", calendar.name()));
    datafusion_error(match calendar {
        Calendar::Day360 => error.hint("every month has 30 days there"),
        _ => error,
    })
}

/// An instant among the labels. Between two ticks of the labels' unit, a comparison goes by the tick that keeps its
/// meaning: `time < 12:00:00.5` is `time < 12:00:01` where labels count seconds.
fn instant(labels: TimeLabels, op: Operator, nanos: i128) -> Result<Operand> {
    let unit = match labels {
        TimeLabels::Timestamp(unit) => unit,
        TimeLabels::Text(_) => TimeUnit::Microsecond,
    };
    let Some((floor, is_exact)) = in_unit(nanos, unit) else { return Ok(Operand::Keep) };
    let tick = match op {
        _ if is_exact => floor,
        Operator::Lt | Operator::GtEq => match floor.checked_add(1) {
            Some(ceiling) => ceiling,
            None => return Ok(Operand::Keep),
        },
        Operator::LtEq | Operator::Gt => floor,
        _ => return Ok(Operand::NeverEqual),
    };
    match labels {
        TimeLabels::Timestamp(unit) => Ok(Operand::Other(lit(timestamp(tick, unit)))),
        TimeLabels::Text(_) => literal_of(labels, op, &Calendar::ProlepticGregorian.date(tick)),
    }
}

/// Nanoseconds in `unit`, rounded down, and whether nothing was lost; `None` where the type cannot hold them.
fn in_unit(nanos: i128, unit: TimeUnit) -> Option<(i64, bool)> {
    let per = match unit {
        TimeUnit::Second => 1_000_000_000,
        TimeUnit::Millisecond => 1_000_000,
        TimeUnit::Microsecond => 1_000,
        TimeUnit::Nanosecond => 1,
    };
    Some((i64::try_from(nanos.div_euclid(per)).ok()?, nanos.rem_euclid(per) == 0))
}

fn timestamp(value: i64, unit: TimeUnit) -> ScalarValue {
    match unit {
        TimeUnit::Second => ScalarValue::TimestampSecond(Some(value), None),
        TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(value), None),
        TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(value), None),
        TimeUnit::Nanosecond => ScalarValue::TimestampNanosecond(Some(value), None),
    }
}

/// The instant of a date, or of a timestamp without a zone or on the clock of UTC, which is that of the labels.
fn nanos_of(value: &ScalarValue) -> Option<i128> {
    Some(match value {
        ScalarValue::Date32(v) => i128::from((*v)?) * NANOS_PER_DAY,
        ScalarValue::Date64(v) => i128::from((*v)?) * 1_000_000,
        ScalarValue::TimestampSecond(v, zone) if is_utc(zone) => i128::from((*v)?) * 1_000_000_000,
        ScalarValue::TimestampMillisecond(v, zone) if is_utc(zone) => i128::from((*v)?) * 1_000_000,
        ScalarValue::TimestampMicrosecond(v, zone) if is_utc(zone) => i128::from((*v)?) * 1_000,
        ScalarValue::TimestampNanosecond(v, zone) if is_utc(zone) => i128::from((*v)?),
        _ => return None,
    })
}

fn is_utc(zone: &Option<Arc<str>>) -> bool {
    matches!(zone.as_deref(), None | Some("+00:00" | "UTC" | "Z"))
}

/// The constant as a literal, where it does not depend on when the query runs.
fn fold(constant: &Expr) -> Result<Expr> {
    if matches!(constant, Expr::Literal(..)) {
        return Ok(constant.clone());
    }
    let schema = Arc::new(DFSchema::empty());
    let simplifier = ExprSimplifier::new(SimplifyContext::builder().with_schema(Arc::clone(&schema)).build());
    simplifier.simplify(simplifier.coerce(constant.clone(), &schema)?)
}

/// A constant that is known only when the query runs, such as `now()`: text labels need its text.
fn unknown(labels: TimeLabels, constant: &Expr) -> Result<Operand> {
    let TimeLabels::Text(_) = labels else { return Ok(Operand::Keep) };
    match constant.get_type(&DFSchema::empty())? {
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => {
            let micros = cast(constant.clone(), DataType::Timestamp(TimeUnit::Microsecond, None));
            Ok(Operand::Other(cast(micros, DataType::Utf8)))
        }
        _ => Ok(Operand::Keep),
    }
}
