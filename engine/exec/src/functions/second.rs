//! `second(time)`: the second of a time, 0 to 59.

use std::sync::Arc;

use datafusion::logical_expr::ScalarUDF;

use super::part::Part;
use super::time_part::{self, Answer};

/// `second(time)`: the second of a time, 0 to 59, as `INT`; NULL of NULL.
///
/// On timestamps, dates, and the text of times in any CF calendar.
pub fn udf() -> Arc<ScalarUDF> {
    time_part::udf(
        "second",
        Answer::Number(Part::Second),
        "The second of a time, 0 to 59, without its fraction, on every CF calendar.",
        "SELECT count(*) FROM ersst WHERE second(time) <> 0;",
        "`ds.time.dt.second`",
    )
}
