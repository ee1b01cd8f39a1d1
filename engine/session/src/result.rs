//! [`QueryResult`]: the answer to a statement, read as a stream, as batches, or as a labelled dataset.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema, SchemaRef};
use datafusion::common::ParamValues;
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::memory::MemoryStream;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::Context;
use crate::cooperative::cooperative;
use crate::dataset::{LabelOrder, LabelledDataset, from_batches};
use crate::interrupt::Stop;
use crate::progress::Progress;

/// The answer to a statement. Nothing of a query has run before it is read; a clone of it runs on its own.
#[derive(Debug, Clone)]
pub struct QueryResult {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    Frame(Box<dyn Frame>),
    Batches(SchemaRef, Vec<RecordBatch>),
}

/// A [`DataFrame`] whose type is not known. The compiler would look through all of DataFusion's plans for each task of a
/// program that holds an answer, to see that it may go to another thread, and take minutes for it.
trait Frame: std::fmt::Debug + Send + Sync {
    fn get(&self) -> &DataFrame;
    fn take(self: Box<Self>) -> DataFrame;
    fn another(&self) -> Box<dyn Frame>;
}

impl Frame for DataFrame {
    fn get(&self) -> &DataFrame {
        self
    }

    fn take(self: Box<Self>) -> DataFrame {
        *self
    }

    fn another(&self) -> Box<dyn Frame> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn Frame> {
    fn clone(&self) -> Self {
        self.another()
    }
}

impl QueryResult {
    pub(crate) fn from_frame(frame: DataFrame) -> Self {
        Self { source: Source::Frame(Box::new(frame)) }
    }

    pub(crate) fn from_batches(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Self { source: Source::Batches(schema, batches) }
    }

    /// The answer to a statement that has none.
    pub(crate) fn nothing() -> Self {
        Self::from_batches(SchemaRef::new(Schema::empty()), Vec::new())
    }

    /// The columns, with roles, dimensions and units in the metadata of their fields where the query kept them. A
    /// statement without an answer has none.
    pub fn schema(&self) -> SchemaRef {
        match &self.source {
            Source::Frame(frame) => SchemaRef::clone(frame.get().schema().inner()),
            Source::Batches(schema, _) => SchemaRef::clone(schema),
        }
    }

    /// The plan of a query, before DataFusion has optimised it; `None` where there is none.
    pub fn logical_plan(&self) -> Option<&LogicalPlan> {
        match &self.source {
            Source::Frame(frame) => Some(frame.get().logical_plan()),
            Source::Batches(..) => None,
        }
    }

    /// The placeholders of a query (`$1`) with the types that their places ask for; `None` where any would do.
    ///
    /// # Errors
    /// When two places of one placeholder ask for different types.
    pub fn parameters(&self) -> Result<HashMap<String, Option<DataType>>> {
        self.logical_plan().map_or_else(|| Ok(HashMap::new()), LogicalPlan::get_parameter_types)
    }

    /// The query with values in place of its placeholders, planned with the options that `context` has now.
    ///
    /// # Errors
    /// When a value is missing or does not fit its place.
    pub async fn with_parameters(self, context: &Context, values: impl Into<ParamValues>) -> Result<Self> {
        match self.source {
            Source::Frame(frame) => {
                let plan = frame.take().into_unoptimized_plan().with_param_values(values)?;
                let planned: BoxFuture<'_, Result<DataFrame>> = context.session().execute_logical_plan(plan).boxed();
                Ok(Self::from_frame(planned.await?))
            }
            Source::Batches(..) => Ok(self),
        }
    }

    /// As [`Self::stream`], with what the query reads counted in `progress`. On a runtime with several threads, an
    /// operator that computes for long hands its thread's other tasks on ([`tokio::task::block_in_place`]), so the
    /// stream must not be read inside of a [`tokio::task::LocalSet`].
    ///
    /// # Errors
    /// As [`Self::stream`].
    pub async fn run(self, progress: &Progress) -> Result<SendableRecordBatchStream> {
        self.start(Some(progress), Stop::in_tasks()).await
    }

    async fn start(self, progress: Option<&Progress>, stop: Stop) -> Result<SendableRecordBatchStream> {
        match self.source {
            Source::Frame(frame) => {
                let frame = frame.take();
                let task = frame.task_ctx();
                let mut config = task.session_config().clone();
                progress.inspect(|progress| progress.count(&mut config));
                let planned: BoxFuture<'_, Result<Arc<dyn ExecutionPlan>>> = frame.create_physical_plan().boxed();
                let plan = cooperative(planned.await?, &stop)?;
                progress.inspect(|progress| progress.watch(Arc::clone(&plan)));
                Ok(stop.on_drop(execute_stream(plan, Arc::new(task.with_session_config(config)))?))
            }
            Source::Batches(schema, batches) => Ok(Box::pin(MemoryStream::try_new(batches, schema, None)?)),
        }
    }

    /// Runs the query; batches come as they are ready. A stream that is dropped stops the query.
    ///
    /// # Errors
    /// When the query cannot be planned.
    pub async fn stream(self) -> Result<SendableRecordBatchStream> {
        self.start(None, Stop::anywhere()).await
    }

    /// Runs the query to its end.
    ///
    /// # Errors
    /// When the query fails.
    pub async fn collect(self) -> Result<Vec<RecordBatch>> {
        match self.source {
            Source::Frame(frame) => frame.take().collect().boxed().await,
            Source::Batches(_, batches) => Ok(batches),
        }
    }

    /// Runs the query, and makes a labelled dataset of its rows.
    ///
    /// The dimensions are the columns of `GROUP BY`; in a query without it, the columns whose role is `dimension`.
    /// After `ORDER BY` labels come in the order of the rows; else they descend where those of the table do, and
    /// ascend everywhere else, as after `GROUP BY`. A cell that no row has is missing.
    ///
    /// # Errors
    /// When the query fails, or two rows are the same cell.
    pub async fn to_dataset(self) -> Result<LabelledDataset> {
        let schema = self.schema();
        let grouping = self.logical_plan().and_then(group_columns);
        let names = crate::dataset::dimensions_of(&schema, grouping.as_deref());
        self.dataset_of(schema, names).await
    }

    /// As [`Self::to_dataset`], with the columns that are to be the dimensions, slowest first.
    ///
    /// # Errors
    /// As [`Self::to_dataset`], or when there is no such column.
    pub async fn to_dataset_by(self, dimensions: &[&str]) -> Result<LabelledDataset> {
        let schema = self.schema();
        self.dataset_of(schema, dimensions.iter().map(|d| d.to_string()).collect()).await
    }

    async fn dataset_of(self, schema: SchemaRef, dimensions: Vec<String>) -> Result<LabelledDataset> {
        let labels = self.logical_plan().map_or(LabelOrder::Grid, label_order);
        let batches = match self.source {
            // Not `collect`, which takes the partitions as they are ready.
            Source::Frame(frame) => frame.take().collect_partitioned().boxed().await?.into_iter().flatten().collect(),
            Source::Batches(_, batches) => batches,
        };
        from_batches(&schema, &batches, &dimensions, labels)
    }
}

/// In which order the labels of an answer are.
pub(crate) fn label_order(plan: &LogicalPlan) -> LabelOrder {
    if is_sorted(plan) {
        LabelOrder::Rows
    } else if has_aggregate(plan) {
        LabelOrder::Ascending
    } else {
        LabelOrder::Grid
    }
}

/// Which columns of a plan are the keys of its outermost aggregate; `None` where there is none.
pub(crate) fn group_columns(plan: &LogicalPlan) -> Option<Vec<bool>> {
    match plan {
        LogicalPlan::Sort(_) | LogicalPlan::Limit(_) | LogicalPlan::Filter(_) | LogicalPlan::SubqueryAlias(_) => {
            group_columns(plan.inputs().first()?)
        }
        LogicalPlan::Projection(projection) => {
            let below = group_columns(&projection.input)?;
            let schema = projection.input.schema();
            let is_key = |expr: &Expr| match expr.clone().unalias_nested().data {
                Expr::Column(column) => {
                    schema.maybe_index_of_column(&column).and_then(|i| below.get(i)).copied().unwrap_or(false)
                }
                _ => false,
            };
            Some(projection.expr.iter().map(is_key).collect())
        }
        LogicalPlan::Window(window) => {
            let mut columns = group_columns(&window.input)?;
            columns.resize(window.schema.fields().len(), false);
            Some(columns)
        }
        LogicalPlan::Aggregate(aggregate) => {
            if aggregate.group_expr.iter().any(|e| matches!(e, Expr::GroupingSet(_))) {
                return None;
            }
            let keys = aggregate.group_expr.len();
            Some((0..aggregate.schema.fields().len()).map(|i| i < keys).collect())
        }
        _ => None,
    }
}

fn has_aggregate(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_)) || plan.inputs().into_iter().any(has_aggregate)
}

/// Whether the order of the rows is the query's own.
fn is_sorted(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Sort(_) => true,
        LogicalPlan::Limit(_) | LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) => {
            plan.inputs().first().is_some_and(|input| is_sorted(input))
        }
        _ => false,
    }
}
