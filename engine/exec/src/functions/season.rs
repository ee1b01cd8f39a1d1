//! `season(time)`: the meteorological season of a time.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::time_part::{self, Answer};

/// `season(time)`: `DJF`, `MAM`, `JJA` or `SON`, by the month alone; NULL of NULL.
///
/// December counts with its own calendar year. On timestamps, dates, and the text of times in any CF calendar.
pub fn udf() -> Arc<ScalarUDF> {
    time_part::udf(
        "season",
        Answer::Season,
        "The season of a time by its month alone: `DJF`, `MAM`, `JJA` or `SON`. December counts with its own year.",
        "SELECT season(time) AS season, avg(sst) AS sst FROM ersst WHERE lat = 40 GROUP BY 1 ORDER BY sst;",
        r#"`ds.time.dt.season`, `ds.sst.groupby("time.season").mean(...)`"#,
    )
}
