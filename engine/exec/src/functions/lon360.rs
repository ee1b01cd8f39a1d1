//! `lon360(longitude)`: a longitude wrapped to [0, 360).

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::longitude::{self, Turn};

/// `lon360(longitude)`: a longitude in degrees, wrapped to [0, 360); NULL of NULL, NaN of what is not finite.
///
/// A condition on it prunes like one on the labels.
pub fn udf() -> Arc<ScalarUDF> {
    let example = "SELECT avg(sst) FROM ersst WHERE lon = lon360(-150);";
    longitude::udf("lon360", Turn::FromZero, "[0, 360)", example, "`ds.sel(lon=-150 % 360)`")
}
