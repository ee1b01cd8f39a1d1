//! `year(time)`: the year of a time.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::part::Part;
use super::time_part::{self, Answer};

/// `year(time)`: the year of a time, as `INT`; NULL of NULL.
///
/// On timestamps, dates, and the text of times in any CF calendar.
pub fn udf() -> Arc<ScalarUDF> {
    time_part::udf(
        "year",
        Answer::Number(Part::Year),
        "The year of a time, on every CF calendar.",
        "SELECT year(time) AS year, avg(sst) AS sst FROM ersst GROUP BY 1 ORDER BY 1 LIMIT 3;",
        r#"`ds.time.dt.year`, `ds.sst.groupby("time.year").mean(...)`"#,
    )
}
