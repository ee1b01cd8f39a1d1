//! Which options of the query engine a session may set: those that change how its own queries run, up to where they
//! would take from others.

use hyperslab::array::nearest_names;

use crate::error::{ServerError, code};

/// Options, and sections of options that end with a dot.
const SETTABLE: [&str; 19] = [
    "datafusion.catalog.default_catalog",
    "datafusion.catalog.default_schema",
    "datafusion.execution.batch_size",
    "datafusion.execution.coalesce_batches",
    "datafusion.execution.collect_statistics",
    "datafusion.execution.enable_ansi_mode",
    "datafusion.execution.enable_recursive_ctes",
    "datafusion.execution.keep_partition_by_columns",
    "datafusion.execution.parquet.",
    "datafusion.execution.target_partitions",
    "datafusion.execution.time_zone",
    "datafusion.explain.",
    "datafusion.format.",
    "datafusion.optimizer.",
    "datafusion.sql_parser.default_null_ordering",
    "datafusion.sql_parser.parse_float_as_decimal",
    "hyperslab.cache.",
    "hyperslab.planner.",
    "hyperslab.scan.",
];

/// How far numbers go that stand for memory or threads which no pool counts.
const MOST: [(&str, u64); 5] = [
    ("datafusion.execution.batch_size", 1 << 18),
    ("datafusion.execution.target_partitions", 256),
    ("hyperslab.scan.cache_bytes", 1 << 30),
    ("hyperslab.scan.prefetch_bytes", 1 << 30),
    ("hyperslab.scan.prefetch_chunks", 1 << 10),
];

/// Refuses an option that holds for other sessions too, or that leads out of the limits of this one.
///
/// # Errors
/// When it is none that a session may set.
pub fn settable(name: &str) -> Result<(), ServerError> {
    let name = name.trim().to_ascii_lowercase();
    let is = SETTABLE.iter().any(|known| *known == name || known.ends_with('.') && name.starts_with(known));
    match is {
        true => Ok(()),
        false => Err(ServerError::new(
            code::INSUFFICIENT_PRIVILEGE,
            format!("option `{name}` cannot be set in a session of the server"),
        )
        .hint(nearest_names(&name, SETTABLE))),
    }
}

/// As [`settable`], and refuses a value that would take too much from others.
///
/// # Errors
/// When the option cannot be set, or not to this.
pub fn check_setting(name: &str, value: &str) -> Result<(), ServerError> {
    settable(name)?;
    let name = name.trim().to_ascii_lowercase();
    let Some((_, most)) = MOST.iter().find(|(known, _)| *known == name) else { return Ok(()) };
    // What is no number is refused by the option itself.
    match value.trim().trim_matches('\'').parse::<u64>() {
        Ok(number) if number > *most => Err(ServerError::new(
            code::INVALID_PARAMETER_VALUE,
            format!("option `{name}` is `{number}`, expected at most {most} in a session of the server"),
        )),
        _ => Ok(()),
    }
}
