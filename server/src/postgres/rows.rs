//! [`Rows`]: the rows of an answer, wherever they come from, and how they go out.

use bytes::{BufMut, BytesMut};
use hyperslab::datafusion::arrow::array::RecordBatch;
use hyperslab_pg_catalog::{Row, Value};

use super::backend::{Format, begin, end};
use super::catalogue::{value_binary, value_text};
use super::copy::CopyWriter;
use super::encode::{Frame, Style, Values, write_rows};
use super::types::Column;
use crate::core::{Run, Watch};
use crate::error::{ServerError, code};

/// The rows of an answer.
#[derive(Debug)]
pub(super) enum Rows {
    /// Those of the query engine, as they are made; `rest` is what the last batch had too much.
    Run { run: Box<Run>, rest: Option<RecordBatch> },
    /// Those that are there already, of the catalogue or a command.
    Ready { rows: std::vec::IntoIter<Row>, watch: Box<Watch> },
}

/// Some rows.
#[derive(Debug)]
pub(super) enum Chunk {
    Batch(RecordBatch),
    Values(Vec<Row>),
}

impl Chunk {
    pub fn len(&self) -> usize {
        match self {
            Self::Batch(batch) => batch.num_rows(),
            Self::Values(rows) => rows.len(),
        }
    }
}

impl Rows {
    /// The next rows, at most `most` of them; `None` after the last.
    pub async fn next(&mut self, most: usize) -> Option<Result<Chunk, ServerError>> {
        match self {
            Self::Run { run, rest } => {
                let batch = loop {
                    let batch = match rest.take() {
                        Some(batch) => batch,
                        None => match run.next().await? {
                            Ok(batch) => batch,
                            Err(error) => return Some(Err(error)),
                        },
                    };
                    if batch.num_rows() > 0 {
                        break batch;
                    }
                };
                if batch.num_rows() > most {
                    *rest = Some(batch.slice(most, batch.num_rows() - most));
                    return Some(Ok(Chunk::Batch(batch.slice(0, most))));
                }
                Some(Ok(Chunk::Batch(batch)))
            }
            Self::Ready { rows, watch } => {
                let chunk: Vec<_> = rows.take(most.min(4096)).collect();
                watch.sent(chunk.len() as u64);
                (!chunk.is_empty()).then_some(Ok(Chunk::Values(chunk)))
            }
        }
    }

    /// Makes this what a cancel stops, with its time counted from now.
    pub fn resume(&mut self) {
        match self {
            Self::Run { run, .. } => run.resume(),
            Self::Ready { watch, .. } => watch.resume(),
        }
    }

    /// What can stop it.
    pub fn watch(&self) -> &Watch {
        match self {
            Self::Run { run, .. } => run.watch(),
            Self::Ready { watch, .. } => watch,
        }
    }
}

/// Where rows go.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sink<'a> {
    /// Rows of a query, each column in its format.
    Rows(&'a [Format]),
    /// A copy.
    Copy(&'a CopyWriter),
}

/// A chunk made ready for writing in parts.
pub(super) struct Encoder<'a> {
    sink: Sink<'a>,
    columns: &'a [Column],
    style: Style,
    content: Content,
}

enum Content {
    Columns(Vec<(Values, Format)>, usize),
    Values(Vec<Row>),
}

impl<'a> Encoder<'a> {
    /// Takes a chunk apart into its columns.
    ///
    /// # Errors
    /// When a moment lies outside of what PostgreSQL has.
    pub fn new(sink: Sink<'a>, columns: &'a [Column], style: Style, chunk: Chunk) -> Result<Self, ServerError> {
        let content = match chunk {
            Chunk::Values(rows) => Content::Values(rows),
            Chunk::Batch(batch) => {
                let format = |at: usize| match sink {
                    Sink::Rows(formats) => formats.get(at).copied().unwrap_or_default(),
                    Sink::Copy(copy) => copy.value_format(),
                };
                let of = |(at, array)| Ok::<_, ServerError>((Values::of(array)?, format(at)));
                let rows = batch.num_rows();
                Content::Columns(batch.columns().iter().enumerate().map(of).collect::<Result<_, _>>()?, rows)
            }
        };
        Ok(Self { sink, columns, style, content })
    }

    pub fn len(&self) -> usize {
        match &self.content {
            Content::Columns(_, rows) => *rows,
            Content::Values(rows) => rows.len(),
        }
    }

    /// Writes some of the rows.
    ///
    /// # Errors
    /// When a value does not fit PostgreSQL's type.
    pub fn write(&self, rows: std::ops::Range<usize>, out: &mut BytesMut) -> Result<(), ServerError> {
        match (&self.content, self.sink) {
            (Content::Columns(columns, _), Sink::Rows(_)) => {
                write_rows(columns, rows, Frame::DataRow, &self.style, out)
            }
            (Content::Columns(columns, _), Sink::Copy(copy)) => copy.write(columns, rows, &self.style, out),
            (Content::Values(values), Sink::Rows(formats)) => {
                for row in values.get(rows).unwrap_or_default() {
                    write_values(row, self.columns, formats, out)?;
                }
                Ok(())
            }
            (Content::Values(values), Sink::Copy(copy)) => {
                for row in values.get(rows).unwrap_or_default() {
                    copy.write_values(row, self.columns, out)?;
                }
                Ok(())
            }
        }
    }
}

/// A row of values that are PostgreSQL's own.
fn write_values(row: &[Value], columns: &[Column], formats: &[Format], out: &mut BytesMut) -> Result<(), ServerError> {
    let start = begin(out, b'D');
    out.put_i16(i16::try_from(columns.len()).unwrap_or(i16::MAX));
    for (at, (value, column)) in row.iter().zip(columns).enumerate() {
        let bytes = match formats.get(at).copied().unwrap_or_default() {
            Format::Text => value_text(value, column.oid).map(String::into_bytes),
            Format::Binary => value_binary(value, column.oid),
        };
        put_value(bytes.as_deref(), out)?;
    }
    end(out, start);
    Ok(())
}

/// A value behind its length, -1 for none.
pub(super) fn put_value(bytes: Option<&[u8]>, out: &mut BytesMut) -> Result<(), ServerError> {
    match bytes {
        None => out.put_i32(-1),
        Some(bytes) => {
            let too_long = |_| ServerError::new(code::LIMIT_EXCEEDED, "a value is too long for the protocol");
            out.put_i32(i32::try_from(bytes.len()).map_err(too_long)?);
            out.put_slice(bytes);
        }
    }
    Ok(())
}
