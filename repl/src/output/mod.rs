//! How answers are written: a format, a writer for each, batch by batch as they come.
//!
//! ```text
//! batches ─→ Answer (table, csv, json, ndjson, arrow, parquet) ─→ Sink (standard output, or a file made whole)
//! ```

mod arrow;
mod csv;
mod json;
mod parquet;
mod sink;
mod table;
mod text;

use std::path::Path;

use clap::ValueEnum;
use hyperslab::datafusion::arrow::datatypes::SchemaRef;
use hyperslab::datafusion::arrow::record_batch::RecordBatch;

pub use self::sink::Sink;
use crate::failure::Failure;

/// A way to write answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for the eye; NULL is `NULL`.
    Table,
    /// A header and a line a row; NULL is empty, an empty string is `""`.
    Csv,
    /// One array of objects.
    Json,
    /// A line a row, each an object.
    Ndjson,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

impl Format {
    /// The endings that [`Format::of_file`] knows.
    pub const ENDINGS: &str = "`.txt`, `.csv`, `.json`, `.ndjson`, `.jsonl`, `.arrow`, `.arrows`, `.parquet`";

    /// The format that the ending of a file stands for.
    pub fn of_file(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "txt" => Some(Self::Table),
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "arrow" | "arrows" => Some(Self::Arrow),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Arrow => "arrow",
            Self::Parquet => "parquet",
        }
    }

    /// Whether it is bytes that a terminal must not get.
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Arrow | Self::Parquet)
    }

    /// Whether a reader can tell where one answer ends and the next begins.
    pub fn holds_several(self) -> bool {
        matches!(self, Self::Table | Self::Ndjson)
    }

    /// Begins an answer.
    pub fn begin<'a>(self, schema: SchemaRef, sink: &'a mut Sink) -> Result<Box<dyn Answer + 'a>, Failure> {
        Ok(match self {
            Self::Table if text::is_text(&schema) => Box::new(text::Text::new(sink)),
            Self::Table => Box::new(table::Table::new(schema, sink)),
            Self::Csv => Box::new(csv::Csv::try_new(schema, sink)?),
            Self::Json => Box::new(json::Json::new(sink)),
            Self::Ndjson => Box::new(json::Ndjson::new(sink)),
            Self::Arrow => Box::new(arrow::Arrow::try_new(&schema, sink)?),
            Self::Parquet => Box::new(parquet::Parquet::try_new(schema, sink)?),
        })
    }
}

/// An answer that is being written.
pub trait Answer: Send {
    /// Writes the rows of `batch`.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure>;

    /// Writes what comes after the last row.
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

#[cfg(test)]
mod tests;
