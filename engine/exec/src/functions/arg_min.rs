//! `arg_min(x, by)`: the value of `x` where `by` is least.
//!
//! ```sql
//! SELECT lat, lon, arg_min(time, sst) FROM ersst GROUP BY lat, lon;
//! ```
//!
//! In xarray: `ds.sst.idxmin('time')`.

use std::sync::Arc;

use datafusion::logical_expr::AggregateUDF;

use super::best_row::{self, Best};

/// `arg_min(x, by)`: `x` in the row in which `by` is least. Rows in which `by` is NULL or NaN do not count; where
/// several rows have the least `by`, the smallest `x` of them, NULL last, so that no order of rows matters.
pub fn udf() -> Arc<AggregateUDF> {
    best_row::udf(
        Best::Least,
        "The value of `x` in the row in which `by` is least; of several such rows, the smallest `x`. Rows in which \
         `by` is NULL do not count.",
        "SELECT lat, lon, arg_min(time, sst) FROM ersst GROUP BY lat, lon;",
    )
}
