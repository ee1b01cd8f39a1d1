//! `minute(time)`: the minute of a time, 0 to 59.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::part::Part;
use super::time_part::{self, Answer};

/// `minute(time)`: the minute of a time, 0 to 59, as `INT`; NULL of NULL.
///
/// On timestamps, dates, and the text of times in any CF calendar.
pub fn udf() -> Arc<ScalarUDF> {
    time_part::udf(
        "minute",
        Answer::Number(Part::Minute),
        "The minute of a time, 0 to 59, on every CF calendar.",
        "SELECT count(*) FROM ersst WHERE minute(time) = 30;",
        "`ds.time.dt.minute`",
    )
}
