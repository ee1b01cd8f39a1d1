//! The points of one round: as many as memory holds, in the order of their places.

use datafusion::arrow::array::{Array, RecordBatch, RecordBatchOptions, UInt32Array};
use datafusion::arrow::compute::{concat_batches, take_record_batch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryReservation;
use rayon::slice::ParallelSliceMut;

use super::places::NOWHERE;

/// Columns of more bytes are not put together: text of 2 GiB does not fit one array.
const MOST_BYTES: usize = 1 << 30;

/// More points are not numbered in one round.
const MOST_POINTS: usize = 1 << 30;

/// Points that are being collected.
#[derive(Debug)]
pub(crate) struct Collected {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    places: Vec<u64>,
    bytes: usize,
    memory: MemoryReservation,
}

/// Points with their places.
#[derive(Debug)]
pub(crate) struct Points {
    /// The columns that the answer needs.
    pub columns: RecordBatch,
    /// Places and numbers of points, ascending; those without a place come last.
    pub places: Vec<(u64, u32)>,
    memory: MemoryReservation,
}

/// Some points that come next.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// The columns that the answer needs.
    pub columns: RecordBatch,
    pub places: Vec<u64>,
}

impl Arrived {
    /// Leaves out the points for which `keep` does not hold.
    ///
    /// # Errors
    /// When a column cannot be cut.
    pub fn retain(&mut self, keep: impl Fn(u64) -> bool) -> Result<()> {
        let kept: Vec<u32> =
            self.places.iter().zip(0u32..).filter(|(place, _)| keep(**place)).map(|(_, i)| i).collect();
        if kept.len() < self.places.len() {
            self.places.retain(|place| keep(*place));
            self.columns = taken(&self.columns, &kept.into())?;
        }
        Ok(())
    }
}

/// The rows of `batch` at `rows`.
///
/// # Errors
/// When one is not there.
pub(crate) fn taken(batch: &RecordBatch, rows: &UInt32Array) -> Result<RecordBatch> {
    if batch.num_columns() == 0 {
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        return Ok(RecordBatch::try_new_with_options(batch.schema(), Vec::new(), &options)?);
    }
    Ok(take_record_batch(batch, rows)?)
}

impl Collected {
    pub fn new(schema: SchemaRef, memory: MemoryReservation) -> Self {
        Self { schema, batches: Vec::new(), places: Vec::new(), bytes: 0, memory }
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Takes in points; gives them back where there is no room, and must be for `spare` bytes more.
    ///
    /// # Errors
    /// When there is no room even for these alone.
    pub fn push(&mut self, arrived: Arrived, spare: usize) -> Result<Option<Arrived>> {
        if arrived.places.is_empty() {
            return Ok(None);
        }
        let columns = arrived.columns.columns().iter();
        let own: usize = columns.map(|c| c.to_data().get_slice_memory_size().unwrap_or(0)).sum();
        let rows = self.places.len() + arrived.places.len();
        if !self.is_empty() && (self.bytes + own > MOST_BYTES || rows > MOST_POINTS) {
            return Ok(Some(arrived));
        }
        // Columns are there twice while they are put together, and places while they are sorted.
        let needed = 2 * own + arrived.places.len() * (size_of::<u64>() + size_of::<(u64, u32)>());
        if let Err(e) = self.memory.try_grow(needed + spare) {
            return if self.is_empty() { Err(e) } else { Ok(Some(arrived)) };
        }
        self.memory.shrink(spare);
        self.bytes += own;
        self.places.extend(arrived.places);
        self.batches.push(arrived.columns);
        Ok(None)
    }

    /// Puts the points in order.
    ///
    /// # Errors
    /// When their columns cannot be put together.
    pub fn sorted(self) -> Result<Points> {
        let columns = match self.schema.fields().is_empty() {
            true => {
                let options = RecordBatchOptions::new().with_row_count(Some(self.places.len()));
                RecordBatch::try_new_with_options(self.schema, Vec::new(), &options)?
            }
            false => concat_batches(&self.schema, &self.batches)?,
        };
        drop(self.batches);
        let mut places: Vec<(u64, u32)> = self.places.into_iter().zip(0..).collect();
        // By number next, so that the order does not hang on how the work is shared.
        places.par_sort_unstable();
        self.memory.resize(self.bytes + places.len() * size_of::<(u64, u32)>());
        Ok(Points { columns, places, memory: self.memory })
    }
}

impl Points {
    /// How many have a place.
    pub fn placed(&self) -> usize {
        self.places.partition_point(|(place, _)| *place != NOWHERE)
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.memory.size()
    }
}
