//! `make_interval(years, months, weeks, days, hours, minutes, seconds)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, IntervalMonthDayNanoArray};
use datafusion::arrow::datatypes::{DataType, Float64Type, IntervalMonthDayNano, IntervalUnit};
use datafusion::common::{Result, exec_datafusion_err, plan_err};
use datafusion::logical_expr::ScalarUDF;

use super::plain::Plain;
use super::reference::{INTERVALS, Reference};

/// `make_interval(years[, months[, …]])`: an interval of its parts; those that are not given are nothing.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: INTERVALS,
        syntax: "make_interval(years, months, weeks, days, hours, minutes, seconds)",
        description: "An interval of its parts. Those at the end that are not given are nothing.",
        arguments: &[
            ("years, months, weeks, days, hours, minutes", "Whole numbers."),
            ("seconds", "A number, with a fraction or without."),
        ],
        example: "SELECT make_interval(0, 1, 0, 2);",
        xarray: "`pd.DateOffset(months=1, days=2)`",
    };
    Plain {
        name: "make_interval",
        takes: |types| match types.len() {
            1..=7 => Ok(vec![DataType::Float64; types.len()]),
            n => plan_err!("make_interval expected one to seven numbers, got {n}"),
        },
        gives: |_| Ok(DataType::Interval(IntervalUnit::MonthDayNano)),
        run,
        documentation: Some(documentation.documentation()),
    }
    .udf()
}

fn run(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let rows = columns.first().map_or(0, |column| column.len());
    let out_of_range = || exec_datafusion_err!("make_interval: a part is out of range");
    let mut intervals = Vec::with_capacity(rows);
    for row in 0..rows {
        if columns.iter().any(|column| column.is_null(row)) {
            intervals.push(None);
            continue;
        }
        let part = |at: usize| columns.get(at).map_or(0.0, |column| column.as_primitive::<Float64Type>().value(row));
        let whole = |value: f64| match value.abs() <= f64::from(i32::MAX) {
            true => Ok(value.trunc() as i32),
            false => Err(out_of_range()),
        };
        let micros = ((part(4) * 3_600.0 + part(5) * 60.0 + part(6)) * 1e6).round();
        if micros.is_nan() || micros.abs() > 9.2e15 {
            return Err(out_of_range());
        }
        intervals.push(Some(IntervalMonthDayNano::new(
            whole(part(0).trunc() * 12.0 + part(1).trunc())?,
            whole(part(2).trunc() * 7.0 + part(3).trunc())?,
            micros as i64 * 1_000,
        )));
    }
    Ok(Arc::new(IntervalMonthDayNanoArray::from(intervals)))
}
