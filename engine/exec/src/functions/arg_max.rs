//! `arg_max(x, by)`: the value of `x` where `by` is greatest.
//!
//! ```sql
//! SELECT lat, lon, arg_max(time, sst) FROM ersst GROUP BY lat, lon;
//! ```
//!
//! In xarray: `ds.sst.idxmax('time')`.

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

use super::best_row::{self, Best};

/// `arg_max(x, by)`: `x` in the row in which `by` is greatest. Rows in which `by` is NULL or NaN do not count; where
/// several rows have the greatest `by`, the smallest `x` of them, NULL last, so that no order of rows matters.
pub fn udf() -> Arc<AggregateUDF> {
    best_row::udf(
        Best::Greatest,
        "The value of `x` in the row in which `by` is greatest; of several such rows, the smallest `x`. Rows in which \
         `by` is NULL do not count.",
        "SELECT lat, lon, arg_max(time, sst) FROM ersst GROUP BY lat, lon;",
    )
}
