//! [`Stop`]: ends a join in the middle of one batch, when nobody waits for its rows any more.
//!
//! A join whose filter lets nothing through holds each row of one side against each of the other before it gives a
//! batch or pauses: hours in one call, which no runtime can interrupt. What is called all the while is the filter.

use std::fmt::{self, Display, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use datafusion::common::exec_err;
use datafusion::error::Result;
use datafusion::execution::{RecordBatchStream, SendableRecordBatchStream};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::joins::utils::JoinFilter;
use futures::{Stream, StreamExt};
use tokio::runtime::{Handle, RuntimeFlavor};

/// A filter gives its thread away after so many batches of one call.
const BATCHES: u64 = 64;

/// Ends the filters that look at it.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    stopped: Arc<AtomicBool>,
    /// Whether a filter that runs for long may have other tasks of its thread go on elsewhere.
    in_place: bool,
}

impl Stop {
    /// For a query that is polled by tasks of its own alone.
    pub fn in_tasks() -> Self {
        Self { stopped: Arc::default(), in_place: true }
    }

    /// For a query that may be polled anywhere.
    pub fn anywhere() -> Self {
        Self { stopped: Arc::default(), in_place: false }
    }

    /// The same filter, which fails once the stream of [`Self::on_drop`] is gone.
    pub fn watched(&self, filter: &JoinFilter) -> JoinFilter {
        let expr =
            Watched { expr: Arc::clone(filter.expression()), stop: self.clone(), batches: Arc::new(AtomicU64::new(0)) };
        JoinFilter::new(Arc::new(expr), filter.column_indices().to_vec(), Arc::clone(filter.schema()))
    }

    /// The same rows. When it is dropped, it stops.
    pub fn on_drop(self, rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
        Box::pin(Rows { rows, stop: self })
    }
}

struct Rows {
    rows: SendableRecordBatchStream,
    stop: Stop,
}

impl Drop for Rows {
    fn drop(&mut self) {
        self.stop.stopped.store(true, Ordering::Relaxed);
    }
}

impl Stream for Rows {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.rows.poll_next_unpin(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl RecordBatchStream for Rows {
    fn schema(&self) -> SchemaRef {
        self.rows.schema()
    }
}

/// An expression that can be stopped between two batches.
#[derive(Debug)]
struct Watched {
    expr: Arc<dyn PhysicalExpr>,
    stop: Stop,
    batches: Arc<AtomicU64>,
}

impl Watched {
    /// Whether the tasks that wait for this thread are to go on elsewhere.
    fn is_turn_of_others(&self) -> bool {
        self.stop.in_place
            && self.batches.fetch_add(1, Ordering::Relaxed) % BATCHES == BATCHES - 1
            && Handle::try_current().is_ok_and(|handle| handle.runtime_flavor() == RuntimeFlavor::MultiThread)
    }
}

impl PhysicalExpr for Watched {
    fn data_type(&self, schema: &Schema) -> Result<DataType> {
        self.expr.data_type(schema)
    }

    fn nullable(&self, schema: &Schema) -> Result<bool> {
        self.expr.nullable(schema)
    }

    fn return_field(&self, schema: &Schema) -> Result<FieldRef> {
        self.expr.return_field(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        if self.stop.stopped.load(Ordering::Relaxed) {
            return exec_err!("the query was stopped");
        }
        match self.is_turn_of_others() {
            true => tokio::task::block_in_place(|| self.expr.evaluate(batch)),
            false => self.expr.evaluate(batch),
        }
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.expr]
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        let expr = children.into_iter().next().unwrap_or_else(|| Arc::clone(&self.expr));
        Ok(Arc::new(Self { expr, stop: self.stop.clone(), batches: Arc::clone(&self.batches) }))
    }

    fn fmt_sql(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.expr.fmt_sql(f)
    }
}

impl Display for Watched {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

impl PartialEq for Watched {
    fn eq(&self, other: &Self) -> bool {
        self.expr.eq(&other.expr)
    }
}

impl Eq for Watched {}

impl Hash for Watched {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expr.hash(state);
    }
}
