//! `dayofyear(time)`: the day of the year of a time, from 1.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::part::Part;
use super::time_part::{self, Answer};

/// `dayofyear(time)`: the day of the year of a time, from 1, as `INT`; NULL of NULL.
///
/// On timestamps, dates, and the text of times in any CF calendar.
pub fn udf() -> Arc<ScalarUDF> {
    time_part::udf(
        "dayofyear",
        Answer::Number(Part::DayOfYear),
        "The day of the year of a time, from 1, as its CF calendar counts.",
        "SELECT DISTINCT dayofyear(time) FROM ersst WHERE month(time) = 3 ORDER BY 1;",
        r#"`ds.time.dt.dayofyear`, `ds.sst.groupby("time.dayofyear").mean(...)`"#,
    )
}
