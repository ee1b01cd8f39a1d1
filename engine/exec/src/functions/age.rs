//! `age(later[, earlier])`: what lies between two times, in years, months, days and a time.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use datafusion::arrow::array::{ArrayRef, AsArray, IntervalMonthDayNanoArray};
use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano, IntervalUnit, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, exec_datafusion_err, plan_err};
use datafusion::logical_expr::{ScalarUDF, Volatility};
use hyperslab_array::civil::{date_of, days_in_month};

use super::plain::Plain;
use super::reference::{INTERVALS, Reference};
use super::template::DAY;

/// `age(later[, earlier])`; with one argument, up to the midnight at which this day began in UTC.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: INTERVALS,
        syntax: "age(later[, earlier])",
        description: "What lies between two times in whole years, months and days and a time of day, as an interval. Of one \
                      time, how long it was before this day began.",
        arguments: &[("later", "A timestamp or a date; with one argument the earlier one."), ("earlier", "The same.")],
        example: "SELECT age(max(time), min(time)) FROM ersst;",
        xarray: "`ds.time.max() - ds.time.min()`, which counts days alone",
    };
    Plain {
        name: "age",
        takes: |types| match types.len() {
            1 | 2 => Ok(vec![DataType::Timestamp(TimeUnit::Microsecond, None); types.len()]),
            n => plan_err!("age expected one or two times, got {n} arguments"),
        },
        gives: |_| Ok(DataType::Interval(IntervalUnit::MonthDayNano)),
        run,
        documentation: Some(documentation.documentation()),
    }
    .of(Volatility::Stable)
}

fn run(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let micros =
        |column: &ArrayRef| -> Vec<Option<i64>> { column.as_primitive::<TimestampMicrosecondType>().iter().collect() };
    let answer: Result<IntervalMonthDayNanoArray> = match columns {
        [later, earlier] => {
            let pairs = micros(later).into_iter().zip(micros(earlier));
            pairs.map(|(later, earlier)| later.zip(earlier).map(|(l, e)| between(l, e)).transpose()).collect()
        }
        [earlier] => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
            let midnight = i64::try_from(now).unwrap_or(0) / 86_400 * DAY;
            micros(earlier).into_iter().map(|earlier| earlier.map(|e| between(midnight, e)).transpose()).collect()
        }
        _ => return plan_err!("age expected one or two times"),
    };
    Ok(Arc::new(answer?))
}

/// Fields of the later time less those of the earlier; what is missing is taken from the next greater one.
fn between(later: i64, earlier: i64) -> Result<IntervalMonthDayNano> {
    if later < earlier {
        let positive = between(earlier, later)?;
        return Ok(IntervalMonthDayNano::new(-positive.months, -positive.days, -positive.nanoseconds));
    }
    let fields = |micros: i64| (date_of(micros.div_euclid(DAY)), micros.rem_euclid(DAY));
    let ((year, month, day), time) = fields(later);
    let ((from_year, from_month, from_day), from_time) = fields(earlier);
    let (mut months, mut days, mut micros) =
        ((year - from_year) * 12 + month - from_month, day - from_day, time - from_time);
    if micros < 0 {
        micros += DAY;
        days -= 1;
    }
    if days < 0 {
        // The days of the month that the earlier time is in.
        days += days_in_month(from_year, from_month);
        months -= 1;
    }
    let out_of_range = || exec_datafusion_err!("age is out of the range of an interval");
    Ok(IntervalMonthDayNano::new(
        i32::try_from(months).map_err(|_| out_of_range())?,
        i32::try_from(days).map_err(|_| out_of_range())?,
        micros.checked_mul(1_000).ok_or_else(out_of_range)?,
    ))
}
