//! Spans of time: what lies between two times in days and a time, and how long an interval is.

use std::sync::Arc;

use hyperslab::datafusion::arrow::array::{ArrayRef, AsArray};
use hyperslab::datafusion::arrow::compute::binary;
use hyperslab::datafusion::arrow::datatypes::{
    DataType, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
    TimestampMicrosecondType,
};
use hyperslab::datafusion::common::{Result, ScalarValue, exec_err};
use hyperslab::datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};

use crate::dialect::text::DAY;

const INTERVAL: DataType = DataType::Interval(IntervalUnit::MonthDayNano);

/// `later - earlier`: days, and what is left of one.
pub(in crate::dialect) fn between() -> ScalarUDF {
    let time = DataType::Timestamp(TimeUnit::Microsecond, None);
    create_udf(
        "time_between",
        vec![time.clone(), time],
        INTERVAL,
        Volatility::Immutable,
        Arc::new(|args: &[ColumnarValue]| {
            columns(args, |columns| {
                let [later, earlier] = columns else { return exec_err!("two times expected") };
                let (later, earlier) = (
                    later.as_primitive::<TimestampMicrosecondType>(),
                    earlier.as_primitive::<TimestampMicrosecondType>(),
                );
                let of = |later: i64, earlier: i64| {
                    let micros = later.saturating_sub(earlier);
                    let days = i32::try_from(micros / DAY).unwrap_or(i32::MAX);
                    IntervalMonthDayNano::new(0, days, micros % DAY * 1_000)
                };
                Ok(Arc::new(binary::<_, _, _, IntervalMonthDayNanoType>(later, earlier, of)?))
            })
        }),
    )
}

/// How long an interval is, in microseconds, where a month has thirty days: what intervals are compared by.
pub(in crate::dialect) fn length() -> ScalarUDF {
    create_udf(
        "interval_length",
        vec![INTERVAL],
        DataType::Int64,
        Volatility::Immutable,
        Arc::new(|args: &[ColumnarValue]| {
            columns(args, |columns| {
                let [intervals] = columns else { return exec_err!("an interval expected") };
                let of = |value: IntervalMonthDayNano| {
                    let days = i64::from(value.months) * 30 + i64::from(value.days);
                    days.saturating_mul(DAY).saturating_add(value.nanoseconds / 1_000)
                };
                Ok(Arc::new(intervals.as_primitive::<IntervalMonthDayNanoType>().unary::<_, Int64Type>(of)))
            })
        }),
    )
}

fn columns(args: &[ColumnarValue], run: impl Fn(&[ArrayRef]) -> Result<ArrayRef>) -> Result<ColumnarValue> {
    let is_constant = args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    let answer = run(&ColumnarValue::values_to_arrays(args)?)?;
    match is_constant {
        true => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&answer, 0)?)),
        false => Ok(ColumnarValue::Array(answer)),
    }
}
