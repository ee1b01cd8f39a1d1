//! `n * interval` and `interval / n`, which the planner writes as calls of these functions.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, IntervalMonthDayNanoArray};
use datafusion::arrow::datatypes::{
    DataType, Float64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit,
};
use datafusion::common::{Result, exec_datafusion_err, exec_err, plan_err};
use datafusion::logical_expr::ScalarUDF;

use super::plain::Plain;

/// Nanoseconds of a day.
const DAY: f64 = 86_400e9;

/// An interval so many times.
pub fn times() -> Arc<ScalarUDF> {
    function("interval_times", |columns| each(columns, |interval, n| scaled(interval, |part| part * n)))
}

/// The so many-th part of an interval.
pub fn over() -> Arc<ScalarUDF> {
    function("interval_over", |columns| {
        each(columns, |interval, n| match n {
            0.0 => exec_err!("cannot divide an interval by zero"),
            n => scaled(interval, |part| part / n),
        })
    })
}

fn function(name: &'static str, run: fn(&[ArrayRef]) -> Result<ArrayRef>) -> Arc<ScalarUDF> {
    Plain {
        name,
        takes: |types| match types {
            [_, _] => Ok(vec![DataType::Interval(IntervalUnit::MonthDayNano), DataType::Float64]),
            _ => plan_err!("an interval and a number expected"),
        },
        gives: |_| Ok(DataType::Interval(IntervalUnit::MonthDayNano)),
        run,
        documentation: None,
    }
    .udf()
}

fn each(
    columns: &[ArrayRef],
    f: impl Fn(IntervalMonthDayNano, f64) -> Result<IntervalMonthDayNano>,
) -> Result<ArrayRef> {
    let [intervals, numbers] = columns else { return plan_err!("an interval and a number expected") };
    let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>().iter();
    let numbers = numbers.as_primitive::<Float64Type>().iter();
    let answers: Result<IntervalMonthDayNanoArray> =
        intervals.zip(numbers).map(|(i, n)| i.zip(n).map(|(i, n)| f(i, n)).transpose()).collect();
    Ok(Arc::new(answers?))
}

/// Each part by itself: what is left of a month goes on as days of thirty to a month, what is left of a day as time.
fn scaled(interval: IntervalMonthDayNano, by: impl Fn(f64) -> f64) -> Result<IntervalMonthDayNano> {
    // Sums of parts are never finer than a microsecond.
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    let months = by(f64::from(interval.months));
    let days = by(f64::from(interval.days));
    let of_months = rounded((months - months.trunc()) * 30.0);
    let rest = rounded((days - days.trunc() + of_months - of_months.trunc()) * 86_400.0) * 1e9;
    let (whole, rest) = ((rest / DAY).trunc(), rest % DAY);
    let days = days.trunc() + of_months.trunc() + whole;
    let nanos = by(interval.nanoseconds as f64) + rest;
    let micros = (nanos / 1e3).round() * 1e3;
    let fits = |value: f64, most: f64| value.is_finite() && value.abs() <= most;
    let most = f64::from(i32::MAX);
    if !(fits(months, most) && fits(days, most) && fits(micros, 9.2e18)) {
        return Err(exec_datafusion_err!("an interval is out of range"));
    }
    Ok(IntervalMonthDayNano::new(months.trunc() as i32, days as i32, micros as i64))
}
