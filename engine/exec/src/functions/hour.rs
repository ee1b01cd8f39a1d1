//! `hour(time)`: the hour of a time, 0 to 23.
//!
//! ```sql
//! SELECT hour(time), avg(t2m) FROM era GROUP BY hour(time);
//! ```
//!
//! In xarray: `ds.t2m.groupby('time.hour').mean(...)`.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::part::Part;
use super::time_part::{self, Answer};

/// `hour(time)`: the hour of a time, 0 to 23, as `INT`; NULL of NULL.
///
/// On timestamps, dates, and the text of times in any CF calendar.
pub fn udf() -> Arc<ScalarUDF> {
    time_part::udf(
        "hour",
        Answer::Number(Part::Hour),
        "The hour of a time, 0 to 23, on every CF calendar.",
        "SELECT hour(time), avg(t2m) FROM era GROUP BY hour(time);",
    )
}
