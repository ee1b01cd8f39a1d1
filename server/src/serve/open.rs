//! Makes the session of a server: its limits, its options, its datasets.

use hyperslab::Context;
use hyperslab::connectors::Registry;

use crate::config::{Config, DatasetConfig};
use crate::error::{ServerError, code};

/// The endings of what DataFusion reads, and what `STORED AS` calls it.
const FILES: [(&str, &str); 5] =
    [("parquet", "PARQUET"), ("csv", "CSV"), ("json", "JSON"), ("ndjson", "JSON"), ("arrow", "ARROW")];

/// The session without datasets.
///
/// # Errors
/// When an option is unknown or does not fit.
pub(super) fn context(config: &Config) -> Result<Context, ServerError> {
    let mut builder = Context::builder();
    if let Some(bytes) = config.memory {
        builder = builder.memory_limit(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    if let Some(bytes) = config.chunk_cache {
        builder = builder.chunk_cache(usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    if let Some(partitions) = config.partitions {
        builder = builder.target_partitions(partitions);
    }
    for (name, value) in &config.options {
        builder = builder.option(name, value);
    }
    builder.build().map_err(|error| {
        let mut error = ServerError::from(error);
        error.message = format!("`options`: {}", error.message);
        error
    })
}

/// Opens the datasets, and files of rows as tables.
///
/// # Errors
/// When one cannot be opened; the error names it.
pub(super) async fn datasets(context: &Context, datasets: &[DatasetConfig]) -> Result<(), ServerError> {
    for dataset in datasets {
        let DatasetConfig { name, location, format, options } = dataset;
        let opened = match rows(dataset, context.registry()) {
            Some(format) => {
                let (name, location) = (name.replace('"', "\"\""), location.replace('\'', "''"));
                let sql = format!("CREATE EXTERNAL TABLE \"{name}\" STORED AS {format} LOCATION '{location}'");
                context.sql(&sql).await.map(drop)
            }
            None => context.register_with(name, location, format.as_deref(), options).await,
        };
        opened.map_err(|error| {
            let mut error = ServerError::from(error);
            error.message = format!("dataset `{name}` cannot be opened: {}", error.message);
            if error.code == code::UNDEFINED_TABLE {
                error.code = code::IO_ERROR;
            }
            error
        })?;
        tracing::info!(target: "hyperslab::server", dataset = name.as_str(), "opened");
    }
    Ok(())
}

/// The format of a file of rows; `None` where it is a dataset.
fn rows<'a>(dataset: &'a DatasetConfig, registry: &Registry) -> Option<&'a str> {
    if let Some(format) = &dataset.format {
        let known = FILES.iter().any(|(_, name)| format.eq_ignore_ascii_case(name));
        return Some(format.as_str()).filter(|_| known && !registry.has_format(format));
    }
    let path = dataset.location.split(['?', '#']).next()?;
    let (_, ending) = path.rsplit_once('.').filter(|_| !registry.recognizes(&dataset.location))?;
    FILES.iter().find(|(file, _)| ending.eq_ignore_ascii_case(file)).map(|(_, format)| *format)
}
