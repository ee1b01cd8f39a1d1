//! JSON: one array of objects, or a line a row. A NULL is there as `null`, so that every object has all its keys.

use std::io::Write;

use hyperslab::datafusion::arrow::json::WriterBuilder;
use hyperslab::datafusion::arrow::json::writer::{JsonArray, LineDelimited, Writer};
use hyperslab::datafusion::arrow::record_batch::RecordBatch;

use super::{Answer, Sink};
use crate::failure::Failure;

pub(super) struct Json<'a>(Writer<&'a mut Sink, JsonArray>);

impl<'a> Json<'a> {
    pub(super) fn new(sink: &'a mut Sink) -> Self {
        Self(WriterBuilder::new().with_explicit_nulls(true).build(sink))
    }
}

impl Answer for Json<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        self.0.write(batch).map_err(Failure::run)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        self.0.finish().map_err(Failure::run)?;
        let sink = self.0.into_inner();
        sink.write_all(b"\n").and_then(|()| sink.flush()).map_err(Failure::run)
    }
}

pub(super) struct Ndjson<'a>(Writer<&'a mut Sink, LineDelimited>);

impl<'a> Ndjson<'a> {
    pub(super) fn new(sink: &'a mut Sink) -> Self {
        Self(WriterBuilder::new().with_explicit_nulls(true).build(sink))
    }
}

impl Answer for Ndjson<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        self.0.write(batch).map_err(Failure::run)?;
        self.0.get_mut().flush().map_err(Failure::run)
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        self.0.finish().map_err(Failure::run)
    }
}
