//! `backfill(dimension, value [, tolerance])`: the first label from a value on.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;
use hyperslab_array::Method;

use super::lookup;

/// `backfill(dimension, value [, tolerance])`: the least label that is not less than `value`.
///
/// NULL where there is none, or none within `tolerance`, and NULL of NULL.
pub fn udf() -> Arc<ScalarUDF> {
    lookup::udf(
        Method::Backfill,
        "The least label that is not less than a value. NULL where there is none, or none within the tolerance.",
        "SELECT time, sst FROM ersst WHERE time >= backfill(time, '2016-06-20') AND lat = backfill(lat, 1) AND lon = 0;",
        r#"`ds.sel(time="1982-08-07", method="backfill")`"#,
    )
}
