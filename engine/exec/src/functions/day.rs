//! `day(time)`: the day of the month of a time, from 1.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::part::Part;
use super::time_part::{self, Answer};

/// `day(time)`: the day of the month of a time, from 1, as `INT`; NULL of NULL.
///
/// On timestamps, dates, and the text of times in any CF calendar.
pub fn udf() -> Arc<ScalarUDF> {
    time_part::udf(
        "day",
        Answer::Number(Part::Day),
        "The day of the month of a time, from 1, on every CF calendar.",
        "SELECT count(*) FROM ersst WHERE day(time) = 15;",
        "`ds.time.dt.day`",
    )
}
