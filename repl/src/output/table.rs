//! Columns for the eye. The widths come from the first rows; later rows are written as they come, so a cell that is
//! wider than all of the first rows pushes its own line out and no memory grows with the answer.

use std::io::Write;

use hyperslab::datafusion::arrow::datatypes::{DataType, SchemaRef};
use hyperslab::datafusion::arrow::record_batch::RecordBatch;
use hyperslab::datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use super::{Answer, Sink};
use crate::failure::Failure;

/// Rows that the widths of columns come from.
const ROWS_FOR_WIDTHS: usize = 1000;

/// The values of a batch as text.
pub(super) struct Cells<'a> {
    batch: &'a RecordBatch,
    formatters: Vec<ArrayFormatter<'a>>,
}

/// An error of a value is an error of the query, never text in a cell.
const OPTIONS: FormatOptions<'static> = FormatOptions::new().with_display_error(false);

impl<'a> Cells<'a> {
    pub(super) fn try_new(batch: &'a RecordBatch) -> Result<Self, Failure> {
        let formatters = batch.columns().iter().map(|c| ArrayFormatter::try_new(c.as_ref(), &OPTIONS));
        Ok(Self { batch, formatters: formatters.collect::<Result<_, _>>().map_err(Failure::run)? })
    }

    /// Appends the value to `text`; `false` where it is NULL.
    pub(super) fn write(&self, row: usize, column: usize, text: &mut String) -> Result<bool, Failure> {
        let (Some(formatter), array) = (self.formatters.get(column), self.batch.column(column)) else {
            return Ok(false);
        };
        if array.is_null(row) || *array.data_type() == DataType::Null {
            return Ok(false);
        }
        text.push_str(&formatter.value(row).try_to_string().map_err(Failure::run)?);
        Ok(true)
    }
}

pub(super) struct Table<'a> {
    sink: &'a mut Sink,
    names: Vec<String>,
    to_the_right: Vec<bool>,
    /// Rows that wait for the widths; after that, none.
    first: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
}

impl<'a> Table<'a> {
    pub(super) fn new(schema: SchemaRef, sink: &'a mut Sink) -> Self {
        Self {
            sink,
            names: schema.fields().iter().map(|f| printable(f.name())).collect(),
            to_the_right: schema.fields().iter().map(|f| f.data_type().is_numeric()).collect(),
            first: Vec::new(),
            widths: None,
        }
    }

    /// Fixes the widths, writes the header and the rows that waited.
    fn settle(&mut self) -> Result<(), Failure> {
        if self.widths.is_some() {
            return Ok(());
        }
        let mut widths: Vec<usize> = self.names.iter().map(|n| width(n)).collect();
        for row in &self.first {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        let rule: Vec<String> = widths.iter().map(|w| "-".repeat(w + 2)).collect();
        self.line(&self.names.clone(), &widths)?;
        writeln!(self.sink, "{}", rule.join("+")).map_err(Failure::run)?;
        for row in std::mem::take(&mut self.first) {
            self.line(&row, &widths)?;
        }
        self.widths = Some(widths);
        Ok(())
    }

    /// Writes a row; a cell of several lines makes the row as high.
    fn line(&mut self, row: &[String], widths: &[usize]) -> Result<(), Failure> {
        let height = row.iter().map(|cell| cell.split('\n').count()).max().unwrap_or(1);
        for level in 0..height {
            let mut line = String::new();
            for (column, (cell, wide)) in row.iter().zip(widths).enumerate() {
                let part = cell.split('\n').nth(level).unwrap_or("");
                let blanks = " ".repeat(wide.saturating_sub(part.chars().count()));
                let right = self.to_the_right.get(column).copied().unwrap_or(false);
                line.push_str(if column == 0 { " " } else { " | " });
                line.push_str(if right { &blanks } else { "" });
                line.push_str(part);
                line.push_str(if right { "" } else { &blanks });
            }
            writeln!(self.sink, "{}", line.trim_end()).map_err(Failure::run)?;
        }
        Ok(())
    }
}

impl Answer for Table<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let cells = Cells::try_new(batch)?;
        for row in 0..batch.num_rows() {
            let mut line = Vec::with_capacity(batch.num_columns());
            for column in 0..batch.num_columns() {
                let mut text = String::new();
                let there = cells.write(row, column, &mut text)?;
                line.push(if there { printable(&text) } else { "NULL".into() });
            }
            match self.widths.take() {
                Some(widths) => {
                    self.line(&line, &widths)?;
                    self.widths = Some(widths);
                }
                None => {
                    self.first.push(line);
                    if self.first.len() >= ROWS_FOR_WIDTHS {
                        self.settle()?;
                    }
                }
            }
        }
        if self.widths.is_some() { self.sink.flush().map_err(Failure::run) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        self.settle()?;
        self.sink.flush().map_err(Failure::run)
    }
}

fn width(text: &str) -> usize {
    text.split('\n').map(|line| line.chars().count()).max().unwrap_or(0)
}

/// Text without what would move the cursor or command the terminal: data comes from strangers.
pub(super) fn printable(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    if !text.contains(|c: char| c.is_control() && c != '\n') {
        return text.to_string();
    }
    text.chars().map(|c| if c.is_control() && c != '\n' { c.escape_default().to_string() } else { c.into() }).collect()
}
