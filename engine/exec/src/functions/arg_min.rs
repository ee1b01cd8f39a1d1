//! `arg_min(x, by)`: the value of `x` where `by` is least.

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

use super::best_row::{self, Best};

/// `arg_min(x, by)`: `x` in the row in which `by` is least. Rows in which `by` is NULL or NaN do not count; where
/// several rows have the least `by`, the smallest `x` of them, NULL last, so that no order of rows matters.
pub fn udf() -> Arc<AggregateUDF> {
    best_row::udf(
        Best::Least,
        "The value of `x` in the row in which `by` is least; of several such rows, the smallest `x`, whatever their order. Rows in which \
         `by` is NULL or NaN do not count.",
        "SELECT lat, lon, arg_min(time, sst) AS time FROM ersst WHERE lat = 0 GROUP BY lat, lon ORDER BY lon LIMIT 3;",
        r#"`ds.sst.idxmin("time")`, with `dim_index(time)` for `x` `ds.sst.argmin("time")`"#,
    )
}
