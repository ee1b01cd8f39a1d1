//! `justify_hours`, `justify_days` and `justify_interval`: whole days out of hours, whole months out of days.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, IntervalMonthDayNanoArray};
use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit};
use datafusion::common::{Result, exec_datafusion_err, plan_err};
use datafusion::logical_expr::ScalarUDF;

use super::plain::Plain;
use super::reference::{INTERVALS, Reference};

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

/// Months, days and nanoseconds.
type Parts = (i64, i64, i64);

/// `justify_days(interval)`: thirty days are a month.
pub fn days() -> Arc<ScalarUDF> {
    function(
        "justify_days",
        "The interval with a month for every thirty days.",
        "SELECT justify_days(INTERVAL '35 days');",
        |columns| {
            each(columns, |(months, days, nanos)| {
                let (months, days) = carry(months, days, 30);
                (months, days, nanos)
            })
        },
    )
}

/// `justify_hours(interval)`: twenty-four hours are a day.
pub fn hours() -> Arc<ScalarUDF> {
    function(
        "justify_hours",
        "The interval with a day for every twenty-four hours.",
        "SELECT justify_hours(INTERVAL '27 hours');",
        |columns| {
            each(columns, |(months, days, nanos)| {
                let (days, nanos) = carry(days, nanos, DAY);
                (months, days, nanos)
            })
        },
    )
}

/// `justify_interval(interval)`: both, with one sign for all parts.
pub fn interval() -> Arc<ScalarUDF> {
    function(
        "justify_interval",
        "The interval with a day for every twenty-four hours and a month for every thirty days, all parts of one sign.",
        "SELECT justify_interval(INTERVAL '1 month' - INTERVAL '1 hour');",
        |columns| {
            each(columns, |(months, days, nanos)| {
                let total = (i128::from(months) * 30 + i128::from(days)) * i128::from(DAY) + i128::from(nanos);
                let nanos = total % i128::from(DAY);
                let days = total / i128::from(DAY);
                let part = |value: i128| i64::try_from(value).unwrap_or(i64::MAX);
                (part(days / 30), part(days % 30), part(nanos))
            })
        },
    )
}

fn function(
    name: &'static str,
    description: &str,
    example: &str,
    run: fn(&[ArrayRef]) -> Result<ArrayRef>,
) -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: INTERVALS,
        syntax: &format!("{name}(interval)"),
        description,
        arguments: &[("interval", "An interval.")],
        example,
        xarray: "no counterpart: its spans of time are days and parts of them",
    };
    Plain {
        name,
        takes: |types| match types {
            [_] => Ok(vec![DataType::Interval(IntervalUnit::MonthDayNano)]),
            _ => plan_err!("an interval expected"),
        },
        gives: |_| Ok(DataType::Interval(IntervalUnit::MonthDayNano)),
        run,
        documentation: Some(documentation.documentation()),
    }
    .udf()
}

/// Whole steps of the smaller part into the greater one, both of one sign after it.
fn carry(great: i64, small: i64, step: i64) -> (i64, i64) {
    let (mut great, mut small) = (great.saturating_add(small / step), small % step);
    if great > 0 && small < 0 {
        (great, small) = (great - 1, small + step);
    } else if great < 0 && small > 0 {
        (great, small) = (great + 1, small - step);
    }
    (great, small)
}

fn each(columns: &[ArrayRef], f: impl Fn(Parts) -> Parts) -> Result<ArrayRef> {
    let [intervals] = columns else { return plan_err!("an interval expected") };
    let answers: Result<IntervalMonthDayNanoArray> = intervals
        .as_primitive::<IntervalMonthDayNanoType>()
        .iter()
        .map(|interval| {
            let Some(interval) = interval else { return Ok(None) };
            let (months, days, nanos) = f((i64::from(interval.months), i64::from(interval.days), interval.nanoseconds));
            let part =
                |value: i64| i32::try_from(value).map_err(|_| exec_datafusion_err!("an interval is out of range"));
            Ok(Some(IntervalMonthDayNano::new(part(months)?, part(days)?, nanos)))
        })
        .collect();
    Ok(Arc::new(answers?))
}
