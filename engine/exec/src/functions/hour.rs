//! `hour(time)`: the hour of a time, 0 to 23.

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
        "SELECT hour(time) AS hour, avg(sst) AS sst FROM ersst GROUP BY 1;",
        r#"`ds.time.dt.hour`, `ds.sst.groupby("time.hour").mean(...)`"#,
    )
}
