//! Answers that are a text, such as `DESCRIBE DATASET`: lines as they are, without a table around them.

use std::io::Write;

use hyperslab::datafusion::arrow::datatypes::Schema;
use hyperslab::datafusion::arrow::record_batch::RecordBatch;

use super::table::{Cells, printable};
use super::{Answer, Sink};
use crate::failure::Failure;

/// Whether an answer is a text: the session says so in the schema's metadata.
pub(super) fn is_text(schema: &Schema) -> bool {
    schema.fields().len() == 1 && schema.metadata().get(hyperslab::KIND).is_some_and(|kind| kind == "text")
}

pub(super) struct Text<'a> {
    sink: &'a mut Sink,
}

impl<'a> Text<'a> {
    pub(super) fn new(sink: &'a mut Sink) -> Self {
        Self { sink }
    }
}

impl Answer for Text<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        let cells = Cells::try_new(batch)?;
        for row in 0..batch.num_rows() {
            let mut text = String::new();
            cells.write(row, 0, &mut text)?;
            writeln!(self.sink, "{}", printable(&text)).map_err(Failure::run)?;
        }
        self.sink.flush().map_err(Failure::run)
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        Ok(())
    }
}
