//! `pad(dimension, value [, tolerance])`: the last label up to a value.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;
use hyperslab_array::Method;

use super::lookup;

/// `pad(dimension, value [, tolerance])`: the greatest label that is not greater than `value`.
///
/// NULL where there is none, or none within `tolerance`, and NULL of NULL.
pub fn udf() -> Arc<ScalarUDF> {
    lookup::udf(
        Method::Pad,
        "The greatest label that is not greater than a value. NULL where there is none, or none within the tolerance.",
        "SELECT lat, sst FROM ersst WHERE time = pad(time, '1982-08-07') AND lat = pad(lat, 1) AND lon = 0;",
        r#"`ds.sel(time="1982-08-07", method="pad")`"#,
    )
}
