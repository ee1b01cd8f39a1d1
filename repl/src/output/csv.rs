//! Comma-separated values: a header, then a line a row. NULL is empty, so an empty string is quoted.

use std::io::Write;

use hyperslab::datafusion::arrow::datatypes::SchemaRef;
use hyperslab::datafusion::arrow::record_batch::RecordBatch;

use super::table::Cells;
use super::{Answer, Sink};
use crate::failure::Failure;

pub(super) struct Csv<'a> {
    sink: &'a mut Sink,
}

impl<'a> Csv<'a> {
    pub(super) fn try_new(schema: SchemaRef, sink: &'a mut Sink) -> Result<Self, Failure> {
        let mut line = String::new();
        for (i, field) in schema.fields().iter().enumerate() {
            push(&mut line, i, Some(field.name()));
        }
        line.push('\n');
        sink.write_all(line.as_bytes()).map_err(Failure::run)?;
        Ok(Self { sink })
    }
}

impl Answer for Csv<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let cells = Cells::try_new(batch)?;
        let (mut line, mut cell) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            line.clear();
            for column in 0..batch.num_columns() {
                cell.clear();
                let there = cells.write(row, column, &mut cell)?;
                push(&mut line, column, there.then_some(cell.as_str()));
            }
            line.push('\n');
            self.sink.write_all(line.as_bytes()).map_err(Failure::run)?;
        }
        self.sink.flush().map_err(Failure::run)
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        self.sink.flush().map_err(Failure::run)
    }
}

fn push(line: &mut String, column: usize, cell: Option<&str>) {
    if column > 0 {
        line.push(',');
    }
    match cell {
        None => {}
        Some(text) if text.is_empty() || text.contains([',', '"', '\n', '\r']) => {
            line.push('"');
            line.push_str(&text.replace('"', "\"\""));
            line.push('"');
        }
        Some(text) => line.push_str(text),
    }
}
