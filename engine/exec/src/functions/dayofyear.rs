//! `dayofyear(time)`: the day of the year of a time, from 1.
//!
//! ```sql
//! SELECT dayofyear(time), avg(sst) FROM ersst GROUP BY dayofyear(time);
//! ```
//!
//! In xarray: `ds.sst.groupby('time.dayofyear').mean(...)`.

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
        "SELECT dayofyear(time), avg(sst) FROM ersst GROUP BY dayofyear(time);",
    )
}
