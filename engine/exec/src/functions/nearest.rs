//! `nearest(dimension, value [, tolerance])`: the label nearest to a value.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;
use hyperslab_array::Method;

use super::lookup;

/// `nearest(dimension, value [, tolerance])`: the label nearest to `value`; of two at the same distance the larger.
///
/// NULL where no label is within `tolerance`, which has the unit of the labels (for times it is an interval), and
/// NULL of NULL. With a constant value it prunes like a literal; otherwise it is evaluated for each row.
pub fn udf() -> Arc<ScalarUDF> {
    lookup::udf(
        Method::Nearest,
        "The label nearest to a value; of two at the same distance the larger. NULL where none is within the tolerance.",
        "SELECT lon, sst FROM ersst WHERE time = nearest(time, '1982-08-07') AND lat = nearest(lat, 0.3, 1) LIMIT 3;",
        r#"`ds.sel(time="1982-08-07", method="nearest")`, with `tolerance=`"#,
    )
}
