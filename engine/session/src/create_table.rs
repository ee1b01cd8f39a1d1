//! `CREATE TABLE … AS`: an answer that is an array stays one, with its dimensions, attributes and the operators of arrays.
//!
//! ```text
//! rows ─→ a dense array with its columns in order?  yes → a dataset in memory
//!                                                    no → a table in memory, as DataFusion makes it
//! ```

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type, SchemaRef};
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use hyperslab_array::Dataset;
use hyperslab_exec::ArrayTable;

use crate::dataset::{LabelOrder, MEMORY, dimensions_of, from_batches};
use crate::result::{group_columns, label_order};

/// What a table is made of.
pub(crate) enum Made {
    Dataset(Box<Dataset>),
    Table(Arc<dyn TableProvider>),
}

/// The table of an answer.
///
/// # Errors
/// When the table cannot be made.
pub(crate) async fn of_answer(
    name: &str,
    plan: &LogicalPlan,
    schema: SchemaRef,
    partitions: Vec<Vec<RecordBatch>>,
) -> Result<Made> {
    let dimensions = dimensions_of(&schema, group_columns(plan).as_deref());
    let batches: Vec<RecordBatch> = partitions.iter().flatten().cloned().collect();
    if let Some(dataset) = array(name, &schema, &batches, &dimensions, label_order(plan)).await {
        return Ok(Made::Dataset(Box::new(dataset)));
    }
    of_rows(schema, partitions).map(Made::Table)
}

/// A table of rows.
///
/// # Errors
/// When the batches do not have one schema.
pub(crate) fn of_rows(schema: SchemaRef, partitions: Vec<Vec<RecordBatch>>) -> Result<Arc<dyn TableProvider>> {
    let schema = partitions.iter().flatten().next().map_or(schema, RecordBatch::schema);
    Ok(Arc::new(MemTable::try_new(schema, partitions)?))
}

/// Whether a dataset was made by a `CREATE TABLE … AS`.
pub(crate) fn is_ours(dataset: &Dataset) -> bool {
    dataset.format == MEMORY && dataset.location == format!("memory:{}", dataset.name)
}

/// The dataset of rows that are just its cells; `None` where a table of it would not answer what the rows do.
async fn array(
    name: &str,
    schema: &SchemaRef,
    batches: &[RecordBatch],
    dimensions: &[String],
    order: LabelOrder,
) -> Option<Dataset> {
    if dimensions.is_empty() || dimensions.len() == schema.fields().len() || batches.iter().any(has_nan) {
        return None;
    }
    let arrays = from_batches(schema, batches, dimensions, order).ok()?;
    let cells = arrays.dimensions.values().try_fold(1usize, |n, size| n.checked_mul(*size))?;
    if cells != batches.iter().map(RecordBatch::num_rows).sum::<usize>() {
        return None;
    }
    let dataset = arrays.to_dataset(name).await.ok()?;
    let grid = dataset.full_grid()?;
    let table = ArrayTable::try_new(Arc::new(dataset.clone()), grid).ok()?;
    let own = table.schema();
    let same = own.fields().iter().map(|f| (f.name(), f.data_type()));
    same.eq(schema.fields().iter().map(|f| (f.name(), f.data_type()))).then_some(dataset)
}

/// Whether a column has a NaN, which would be a missing value in an array.
fn has_nan(batch: &RecordBatch) -> bool {
    batch.columns().iter().any(|column| match column.data_type() {
        DataType::Float32 => column.as_primitive::<Float32Type>().iter().flatten().any(f32::is_nan),
        DataType::Float64 => column.as_primitive::<Float64Type>().iter().flatten().any(f64::is_nan),
        _ => false,
    })
}
