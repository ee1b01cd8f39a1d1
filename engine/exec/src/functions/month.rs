//! `month(time)`: the month of a time, 1 to 12.

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
        "SELECT month(time) AS month, avg(sst) AS sst FROM ersst WHERE lat = 40 GROUP BY 1 ORDER BY 1;",
        r#"`ds.time.dt.month`, `ds.sst.groupby("time.month").mean(...)`"#,
    )
}
