//! `lon180(longitude)`: a longitude wrapped to [-180, 180).

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::longitude::{self, Turn};

/// `lon180(longitude)`: a longitude in degrees, wrapped to [-180, 180); NULL of NULL, NaN of what is not finite.
///
/// A condition on it prunes like one on the labels.
pub fn udf() -> Arc<ScalarUDF> {
    let example = "SELECT avg(sst) FROM ersst WHERE lon180(lon) BETWEEN -20 AND 20;";
    longitude::udf("lon180", Turn::AroundZero, "[-180, 180)", example, "`(ds.lon + 180) % 360 - 180`")
}
