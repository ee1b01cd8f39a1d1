//! The rows of the regions, as far as they are few; and the way back to rows where they are not.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::{StreamExt, TryStreamExt, stream};

use crate::error::internal;

/// More regions than this are joined as rows.
const MOST_REGIONS: usize = 100_000;

/// The rows of the regions.
pub(super) struct Collected {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
    /// What comes after the batches, where there was too much.
    rest: Option<SendableRecordBatchStream>,
}

impl Collected {
    /// Takes rows out of `stream` while they are few and `memory` holds them.
    ///
    /// # Errors
    /// When the stream fails.
    pub async fn of(mut stream: SendableRecordBatchStream, memory: &MemoryReservation) -> Result<Self> {
        let (schema, mut batches, mut rows) = (stream.schema(), Vec::new(), 0);
        while let Some(batch) = stream.try_next().await? {
            rows += batch.num_rows();
            let fits = rows <= MOST_REGIONS && memory.try_grow(batch.get_array_memory_size()).is_ok();
            batches.push(batch);
            if !fits {
                return Ok(Self { schema, batches, rest: Some(stream) });
            }
        }
        Ok(Self { schema, batches, rest: None })
    }

    /// All rows; `None` where there are too many.
    ///
    /// # Errors
    /// When the batches do not fit each other.
    pub fn table(&self) -> Result<Option<RecordBatch>> {
        Ok(self.rest.is_none().then(|| concat_batches(&self.schema, &self.batches)).transpose()?)
    }

    /// `plan` with these rows in place of [`leaf`].
    ///
    /// # Errors
    /// When the plan cannot be made anew.
    pub fn into_leaf_of(self, plan: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let batches = stream::iter(self.batches.into_iter().map(Ok));
        let rest = self
            .rest
            .unwrap_or_else(|| Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), stream::empty())));
        let all = RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches.chain(rest).boxed());
        let filled = leaf_of(Handed { schema: self.schema, rows: Mutex::new(Some(Box::pin(all))) })?;
        let put = |node: Arc<dyn ExecutionPlan>| {
            Ok(match node.is::<StreamingTableExec>() {
                true => Transformed::yes(Arc::clone(&filled)),
                false => Transformed::no(node),
            })
        };
        Arc::clone(plan).transform_up(put).data()
    }
}

/// Where the rows of the regions belong in a plan that is made before they are known.
///
/// # Errors
/// When DataFusion does not take the schema.
pub(super) fn leaf(schema: &SchemaRef) -> Result<Arc<dyn ExecutionPlan>> {
    leaf_of(Handed { schema: Arc::clone(schema), rows: Mutex::new(None) })
}

fn leaf_of(rows: Handed) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = Arc::clone(&rows.schema);
    Ok(Arc::new(StreamingTableExec::try_new(schema, vec![Arc::new(rows)], None, [], false, None)?))
}

/// Rows that somebody else has begun to read.
struct Handed {
    schema: SchemaRef,
    rows: Mutex<Option<SendableRecordBatchStream>>,
}

impl fmt::Debug for Handed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handed").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl PartitionStream for Handed {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
        rows.unwrap_or_else(|| {
            let gone = stream::once(async { Err(internal("the rows of the regions are gone")) });
            Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), gone))
        })
    }
}
