//! An Arrow IPC stream: what a program reads without parsing, with the roles and units of columns in its schema.

use std::io::Write;

use hyperslab::datafusion::arrow::datatypes::Schema;
use hyperslab::datafusion::arrow::ipc::writer::StreamWriter;
use hyperslab::datafusion::arrow::record_batch::RecordBatch;

use super::{Answer, Sink};
use crate::failure::Failure;

pub(super) struct Arrow<'a>(StreamWriter<&'a mut Sink>);

impl<'a> Arrow<'a> {
    pub(super) fn try_new(schema: &Schema, sink: &'a mut Sink) -> Result<Self, Failure> {
        StreamWriter::try_new(sink, schema).map(Self).map_err(Failure::run)
    }
}

impl Answer for Arrow<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        self.0.write(batch).map_err(Failure::run)?;
        self.0.get_mut().flush().map_err(Failure::run)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        self.0.finish().map_err(Failure::run)?;
        self.0.get_mut().flush().map_err(Failure::run)
    }
}
