//! `month(time)`: the month of a time, 1 to 12.
//!
//! ```sql
//! SELECT month(time), lat, lon, avg(sst) FROM ersst GROUP BY 1, 2, 3;
//! ```
//!
//! In xarray: `ds.sst.groupby('time.month').mean('time')`.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::part::Part;
use super::time_part::{self, Answer};

/// `month(time)`: the month of a time, 1 to 12, as `INT`; NULL of NULL.
///
/// On timestamps, dates, and the text of times in any CF calendar.
pub fn udf() -> Arc<ScalarUDF> {
    time_part::udf(
        "month",
        Answer::Number(Part::Month),
        "The month of a time, 1 to 12, on every CF calendar.",
        "SELECT month(time), lat, lon, avg(sst) FROM ersst GROUP BY 1, 2, 3;",
    )
}
