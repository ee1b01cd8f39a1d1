//! Rows on the wire: columns as every client reads them, in messages of a sensible size.
//!
//! ```text
//! Batches ─→ join what is ready and small ─→ plain columns ─→ cut what is large ─→ FlightData
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_flight::{FlightData, SchemaAsIpc};
use futures::{FutureExt, Stream};
use hyperslab::datafusion::arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use hyperslab::datafusion::arrow::compute::{cast, concat_batches};
use hyperslab::datafusion::arrow::datatypes::{DataType, Field, FieldRef, SchemaRef};
use hyperslab::datafusion::arrow::error::ArrowError;
use hyperslab::datafusion::arrow::ipc::writer::{
    DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions,
};
use tonic::Status;

use super::statement::Batches;
use super::status;

/// Bytes of rows that are worth a message of their own. Larger batches are copied once less, while they are in the cache.
const SMALL: usize = 64 << 10;

/// The type as which every client reads a column: no dictionaries, no runs, and views only where they are asked for.
pub(super) fn plain_type(data_type: &DataType, views: bool) -> DataType {
    let plain = |field: &FieldRef| Arc::new(plain_field(field, views));
    match data_type {
        DataType::Dictionary(_, values) => plain_type(values, views),
        DataType::RunEndEncoded(_, values) => plain_type(values.data_type(), views),
        DataType::Utf8View if !views => DataType::Utf8,
        DataType::BinaryView if !views => DataType::Binary,
        DataType::List(field) => DataType::List(plain(field)),
        DataType::LargeList(field) => DataType::LargeList(plain(field)),
        DataType::ListView(field) if !views => DataType::List(plain(field)),
        DataType::LargeListView(field) if !views => DataType::LargeList(plain(field)),
        DataType::FixedSizeList(field, size) => DataType::FixedSizeList(plain(field), *size),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain).collect()),
        DataType::Map(field, sorted) => DataType::Map(plain(field), *sorted),
        other => other.clone(),
    }
}

fn plain_field(field: &Field, views: bool) -> Field {
    Field::new(field.name(), plain_type(field.data_type(), views), field.is_nullable())
        .with_metadata(field.metadata().clone())
}

/// A batch with the columns of `schema`, which are those of the batch made plain.
fn plain_batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let fields = schema.fields().iter();
    let columns = fields
        .zip(batch.columns())
        .map(|(field, column)| match column.data_type() == field.data_type() {
            true => Ok(Arc::clone(column)),
            false => cast(column, field.data_type()),
        })
        .collect::<Result<Vec<ArrayRef>, ArrowError>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
}

/// The bytes of the rows themselves: batches that are slices share buffers that are larger.
fn size(batch: &RecordBatch) -> usize {
    let of = |column: &ArrayRef| column.to_data().get_slice_memory_size().unwrap_or(0);
    batch.columns().iter().map(of).fold(0, usize::saturating_add)
}

/// From batches to messages.
struct Encoder {
    schema: SchemaRef,
    most: usize,
    options: IpcWriteOptions,
    generator: IpcDataGenerator,
    dictionaries: DictionaryTracker,
    context: IpcWriteContext,
}

impl Encoder {
    fn new(schema: SchemaRef, most: usize) -> Self {
        Self {
            schema,
            most: most.max(1),
            options: IpcWriteOptions::default(),
            generator: IpcDataGenerator::default(),
            dictionaries: DictionaryTracker::new(false),
            context: IpcWriteContext::default(),
        }
    }

    fn schema_message(&self) -> FlightData {
        SchemaAsIpc::new(&self.schema, &self.options).into()
    }

    fn encode(&mut self, batch: &RecordBatch, messages: &mut VecDeque<FlightData>) -> Result<(), ArrowError> {
        let batch = plain_batch(batch, &self.schema)?;
        let rows = batch.num_rows();
        let pieces = size(&batch).div_ceil(self.most).max(1);
        let step = rows.div_ceil(pieces).max(1);
        for from in (0..rows).step_by(step) {
            let piece = batch.slice(from, step.min(rows.saturating_sub(from)));
            let (before, data) =
                self.generator.encode(&piece, &mut self.dictionaries, &self.options, &mut self.context)?;
            messages.extend(before.into_iter().map(FlightData::from));
            messages.push_back(data.into());
        }
        Ok(())
    }
}

/// What is left of a stream of messages.
struct Messages {
    batches: Option<Batches>,
    encoder: Encoder,
    ready: VecDeque<FlightData>,
}

impl Messages {
    async fn next(&mut self) -> Option<Result<FlightData, Status>> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(Ok(message));
            }
            let batches = self.batches.as_mut()?;
            let Some(first) = batches.next().await else {
                self.batches = None;
                continue;
            };
            let encoded = match first {
                Ok(first) => self.encode_with_ready(first),
                Err(status) => Err(status),
            };
            if let Err(status) = encoded {
                // The reads stop now, not when the client has taken notice.
                self.batches = None;
                self.ready.clear();
                return Some(Err(status));
            }
        }
    }

    /// Encodes a batch, together with those after it that are ready without waiting while all are small.
    fn encode_with_ready(&mut self, first: RecordBatch) -> Result<(), Status> {
        let enough = SMALL.min(self.encoder.most / 2);
        let mut bytes = size(&first);
        let mut joined = vec![first];
        let mut failed = None;
        while bytes < enough
            && let Some(batches) = self.batches.as_mut()
            && let Some(next) = batches.next().now_or_never()
        {
            match next {
                Some(Ok(batch)) => {
                    bytes = bytes.saturating_add(size(&batch));
                    joined.push(batch);
                }
                Some(Err(status)) => {
                    failed = Some(status);
                    break;
                }
                None => {
                    self.batches = None;
                    break;
                }
            }
        }
        if let Some(status) = failed {
            return Err(status);
        }
        let batch = match joined.as_slice() {
            [one] => one.clone(),
            several => {
                // Not the schema of the first: with the next parameters, a column may have NULLs for once.
                let schema = &self.encoder.schema;
                let plain: Result<Vec<_>, _> = several.iter().map(|batch| plain_batch(batch, schema)).collect();
                plain.and_then(|plain| concat_batches(schema, &plain)).map_err(status::of_arrow)?
            }
        };
        self.encoder.encode(&batch, &mut self.ready).map_err(status::of_arrow)
    }
}

/// The rows of a statement as messages, made as the client takes them. `schema` has their columns made plain.
pub(super) fn messages(
    batches: Batches,
    schema: SchemaRef,
    most: usize,
) -> impl Stream<Item = Result<FlightData, Status>> + Send + 'static {
    let encoder = Encoder::new(schema, most);
    let ready = VecDeque::from([encoder.schema_message()]);
    let messages = Messages { batches: Some(batches), encoder, ready };
    futures::stream::unfold(messages, |mut messages| async move { messages.next().await.map(|next| (next, messages)) })
}

/// One batch as messages.
///
/// # Errors
/// When it cannot be encoded.
pub(super) fn one_batch(batch: &RecordBatch, most: usize) -> Result<Vec<FlightData>, Status> {
    let mut encoder = Encoder::new(batch.schema(), most);
    let mut messages = VecDeque::from([encoder.schema_message()]);
    encoder.encode(batch, &mut messages).map_err(status::of_arrow)?;
    Ok(messages.into())
}

#[cfg(test)]
mod tests;
