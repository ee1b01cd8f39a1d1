//! The stream of one partition: its units in order, each turned into batches.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use futures::{Stream, stream};
use hyperslab_array::ArrayError;

use super::load::load;
use super::rows::UnitRows;
use super::units::UnitGrid;
use crate::error::datafusion_error;
use crate::layout::Layout;

/// What one partition reads.
#[derive(Debug)]
pub(crate) struct PartitionScan {
    pub layout: Arc<Layout>,
    pub projection: Arc<[usize]>,
    pub schema: SchemaRef,
    pub units: Arc<UnitGrid>,
    /// The units of the partition.
    pub range: Range<u64>,
    /// Rows at most.
    pub fetch: Option<u64>,
    /// Rows in a batch.
    pub batch_size: usize,
}

impl PartitionScan {
    /// The batches.
    pub fn batches(self) -> impl Stream<Item = Result<RecordBatch>> {
        stream::try_unfold((self, None::<UnitRows>), |(mut scan, mut rows)| async move {
            loop {
                if let Some(batch) = rows.as_mut().map(|r| r.next_batch(scan.batch_size)).transpose()?.flatten() {
                    scan.fetch = scan.fetch.map(|f| f.saturating_sub(batch.num_rows() as u64));
                    return Ok(Some((batch, (scan, rows))));
                }
                let Some(number) = scan.range.next().filter(|_| scan.fetch != Some(0)) else { return Ok(None) };
                let unit = scan
                    .units
                    .unit(number)
                    .ok_or_else(|| datafusion_error(ArrayError::internal(format!("no unit {number}"))))?;
                let columns = load(&scan.layout, &scan.projection, &unit).await?;
                rows = Some(UnitRows::new(Arc::clone(&scan.schema), unit, columns, scan.fetch));
            }
        })
    }
}
