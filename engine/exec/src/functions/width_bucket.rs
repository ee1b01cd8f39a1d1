//! `width_bucket(x, low, high, count)`: which of so many bins of one width a number is in.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Int32Array};
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::ScalarUDF;
use hyperslab_array::ArrayError;

use super::plain::Plain;
use super::reference::{NUMBERS, Reference};
use crate::error::datafusion_error;

/// `width_bucket(x, low, high, count)`: the number of a bin, from 1; 0 before the first, `count + 1` after the last.
pub fn udf() -> Arc<ScalarUDF> {
    let documentation = Reference {
        section: NUMBERS,
        syntax: "width_bucket(x, low, high, count)",
        description: "Which of `count` bins of one width between `low` and `high` a number is in, from 1: 0 before the first, \
                      `count + 1` from `high` on. Where `low` is the greater one, bins count downwards.",
        arguments: &[
            ("x", "A number."),
            ("low", "Where the first bin begins."),
            ("high", "Where the last one ends."),
            ("count", "How many bins there are."),
        ],
        example: "SELECT width_bucket(sst, 0, 30, 3) AS bin, count(*) AS n FROM ersst GROUP BY 1 ORDER BY 1;",
        xarray: "`np.digitize(ds.sst, np.linspace(0, 30, 4))`",
    };
    Plain {
        name: "width_bucket",
        takes: |types| match types {
            [_, _, _, _] => Ok(vec![DataType::Float64, DataType::Float64, DataType::Float64, DataType::Int64]),
            _ => plan_err!("width_bucket expected four numbers, got {} arguments", types.len()),
        },
        gives: |_| Ok(DataType::Int32),
        run,
        documentation: Some(documentation.documentation()),
    }
    .udf()
}

fn run(columns: &[ArrayRef]) -> Result<ArrayRef> {
    let [x, low, high, count] = columns else { return plan_err!("width_bucket expected four numbers") };
    let numbers = |column: &ArrayRef| column.as_primitive::<Float64Type>().clone();
    let (x, low, high) = (numbers(x), numbers(low), numbers(high));
    let counts = count.as_primitive::<Int64Type>();
    let bins: Result<Int32Array> = (0..x.len())
        .map(|row| {
            let is_there = x.is_valid(row) && low.is_valid(row) && high.is_valid(row) && counts.is_valid(row);
            is_there.then(|| bin(x.value(row), low.value(row), high.value(row), counts.value(row))).transpose()
        })
        .collect();
    Ok(Arc::new(bins?))
}

fn bin(x: f64, low: f64, high: f64, count: i64) -> Result<i32> {
    let refused = |what: String| datafusion_error(ArrayError::argument(what));
    let bins = i32::try_from(count)
        .ok()
        .filter(|n| (1..i32::MAX).contains(n))
        .ok_or_else(|| refused(format!("`{count}` bins, expected 1 or more")))?;
    if !(low.is_finite() && high.is_finite()) || low == high || x.is_nan() {
        return Err(refused(format!("width_bucket of `{x}` from `{low}` to `{high}`, expected two different numbers")));
    }
    let share = (x - low) / (high - low);
    Ok(match share {
        ..0.0 => 0,
        1.0.. => bins + 1,
        share => (share * f64::from(bins)).floor() as i32 + 1,
    })
}
