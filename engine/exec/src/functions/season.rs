//! `season(time)`: the meteorological season of a time.
//!
//! ```sql
//! SELECT season(time), lat, lon, avg(sst) FROM ersst GROUP BY 1, 2, 3;
//! ```
//!
//! In xarray: `ds.sst.groupby('time.season').mean('time')`.

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
        "The season of a time by its month: `DJF`, `MAM`, `JJA` or `SON`, on every CF calendar.",
        "SELECT season(time), avg(sst) FROM ersst GROUP BY season(time);",
    )
}
