//! The SQL functions that Hyperslab adds to DataFusion: one file a function, and the list that registers them. What each of
//! them tells of itself, its counterpart in xarray too, is its documentation; see [`reference`].
//!
//! - Parts of a time, on every CF calendar: [`year`], [`month`], [`day`], [`hour`], [`minute`], [`second`],
//!   [`dayofyear`], [`season`], [`date_part`], [`date_trunc`].
//! - Labels by value: [`nearest`], [`pad`], [`backfill`]; see [`lookup`].
//! - Positions of labels: [`dim_index`].
//! - Longitudes on one turn: [`lon180`], [`lon360`]. The area of a cell: [`cell_area`].
//! - PostgreSQL's templates, intervals and numbers: [`to_char`], [`to_timestamp`], [`to_date`], [`age`], [`justify`],
//!   [`make_interval`], [`interval_times`], [`div`], [`sign`], [`width_bucket`].
//! - Aggregates: [`weighted_avg`], [`arg_max`], [`arg_min`], [`ordered`].
//!
//! A time is a `TIMESTAMP` or a `DATE`, or the ISO 8601 text that stands for a time in a calendar without such a type;
//! the field's metadata then names the calendar.

pub mod age;
pub mod arg_max;
pub mod arg_min;
pub mod backfill;
pub mod cell_area;
pub mod date_part;
pub mod date_trunc;
pub mod day;
pub mod dayofyear;
pub mod dim_index;
pub mod div;
pub mod hour;
pub mod in_calendar;
pub mod interval_times;
pub mod justify;
pub mod lon180;
pub mod lon360;
pub mod lookup;
pub mod make_interval;
pub mod minute;
pub mod month;
pub mod nearest;
pub mod ordered;
pub mod pad;
pub mod reference;
pub mod season;
pub mod second;
pub mod sign;
pub mod to_char;
pub mod to_date;
pub mod to_timestamp;
pub mod weighted_avg;
pub mod width_bucket;
pub mod year;

mod best_row;
mod counted;
mod longitude;
mod part;
mod plain;
mod read_template;
mod template;
mod time_part;
mod times;

#[cfg(test)]
mod aggregate_tests;
#[cfg(test)]
pub(crate) mod tester;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};

/// Every scalar function, in the order of their names. `date_part`, `date_trunc`, `to_char`, `to_date` and
/// `to_timestamp` take the place of DataFusion's own.
pub fn all() -> Vec<Arc<ScalarUDF>> {
    vec![
        age::udf(),
        backfill::udf(),
        cell_area::udf(),
        date_part::udf(),
        date_trunc::udf(),
        day::udf(),
        dayofyear::udf(),
        dim_index::udf(),
        div::udf(),
        hour::udf(),
        justify::days(),
        justify::hours(),
        justify::interval(),
        lon180::udf(),
        lon360::udf(),
        make_interval::udf(),
        minute::udf(),
        month::udf(),
        nearest::udf(),
        pad::udf(),
        season::udf(),
        second::udf(),
        sign::udf(),
        to_char::udf(),
        to_date::udf(),
        to_timestamp::udf(),
        width_bucket::udf(),
        year::udf(),
    ]
}

/// Every aggregate function, in the order of their names.
pub fn aggregates() -> Vec<Arc<AggregateUDF>> {
    vec![arg_max::udf(), arg_min::udf(), ordered::mode(), ordered::percentile_disc(), weighted_avg::udf()]
}

/// Whether a function takes a time as its last argument and depends on the calendar of a text there.
pub fn is_of_time(function: &ScalarUDF) -> bool {
    time_part::is_time_part(function) || *function == *date_part::udf() || *function == *date_trunc::udf()
}
