//! `arg_max(x, by)`: the value of `x` where `by` is greatest.

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

use super::best_row::{self, Best};

/// `arg_max(x, by)`: `x` in the row in which `by` is greatest. Rows in which `by` is NULL or NaN do not count; where
/// several rows have the greatest `by`, the smallest `x` of them, NULL last, so that no order of rows matters.
pub fn udf() -> Arc<AggregateUDF> {
    best_row::udf(
        Best::Greatest,
        "The value of `x` in the row in which `by` is greatest; of several such rows, the smallest `x`, whatever their order. Rows in which \
         `by` is NULL or NaN do not count.",
        "SELECT lat, lon, arg_max(time, sst) AS time FROM ersst WHERE lat = 0 GROUP BY lat, lon ORDER BY lon LIMIT 3;",
        r#"`ds.sst.idxmax("time")`, with `dim_index(time)` for `x` `ds.sst.argmax("time")`"#,
    )
}
