//! A Parquet file, compressed with zstd; row groups are written as they fill, so memory does not grow with the answer.

use std::io::Write;

use hyperslab::datafusion::arrow::datatypes::SchemaRef;
use hyperslab::datafusion::arrow::record_batch::RecordBatch;
use hyperslab::datafusion::parquet::arrow::ArrowWriter;
use hyperslab::datafusion::parquet::basic::Compression;
use hyperslab::datafusion::parquet::file::properties::WriterProperties;

use super::{Answer, Sink};
use crate::failure::Failure;

pub(super) struct Parquet<'a>(ArrowWriter<&'a mut Sink>);

impl<'a> Parquet<'a> {
    pub(super) fn try_new(schema: SchemaRef, sink: &'a mut Sink) -> Result<Self, Failure> {
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
        ArrowWriter::try_new(sink, schema, Some(properties)).map(Self).map_err(Failure::run)
    }
}

impl Answer for Parquet<'_> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), Failure> {
        self.0.write(batch).map_err(Failure::run)
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        let sink = self.0.into_inner().map_err(Failure::run)?;
        sink.flush().map_err(Failure::run)
    }
}
