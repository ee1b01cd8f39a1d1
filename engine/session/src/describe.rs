//! The answers of `DESCRIBE DATASET`, `SHOW DATASETS` and `DESCRIBE`.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::error::Result;
use hyperslab_array::Dataset;
use hyperslab_exec::metadata::{DIMENSIONS, LONG_NAME, ROLE, UNITS};

use crate::datasets::{Registered, grid_tables};
use crate::result::QueryResult;

/// The key in an answer's schema metadata that says what sort of answer it is: `text` where its rows are the lines of
/// a text, to be shown without a table around them.
pub const KIND: &str = "hyperslab.kind";

/// The summary of a dataset, a line a row.
pub(crate) fn describe_dataset(dataset: &Dataset) -> Result<QueryResult> {
    let text = dataset.summary().to_string();
    let lines: ArrayRef = Arc::new(StringArray::from(text.lines().collect::<Vec<_>>()));
    let kind = HashMap::from([(KIND.to_string(), "text".to_string())]);
    let schema = Arc::new(Schema::new_with_metadata(vec![Field::new("summary", DataType::Utf8, false)], kind));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![lines])?;
    Ok(QueryResult::from_batches(schema, vec![batch]))
}

/// The registered datasets, a row each.
pub(crate) fn show_datasets(datasets: &[Arc<Registered>]) -> Result<QueryResult> {
    let column = |f: &dyn Fn(&Dataset) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(datasets.iter().map(|r| f(&r.dataset))))
    };
    let grids = |d: &Dataset| grid_tables(d).into_iter().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
    let bytes: Int64Array =
        datasets.iter().map(|r| i64::try_from(r.dataset.logical_bytes()).unwrap_or(i64::MAX)).collect();
    answer(vec![
        ("name", false, column(&|d| d.name.clone())),
        ("format", false, column(&|d| d.format.clone())),
        ("location", false, column(&|d| d.location.clone())),
        ("grids", false, column(&grids)),
        ("logical_bytes", false, Arc::new(bytes)),
    ])
}

/// The columns of a table, a row each, with what they are in their dataset.
pub(crate) fn describe_table(schema: &Schema) -> Result<QueryResult> {
    let fields = schema.fields();
    let metadata = |key: &str| -> ArrayRef {
        Arc::new(fields.iter().map(|f| f.metadata().get(key).cloned()).collect::<StringArray>())
    };
    let names = StringArray::from_iter_values(fields.iter().map(|f| f.name()));
    let types = StringArray::from_iter_values(fields.iter().map(|f| f.data_type().to_string()));
    let nullable = StringArray::from_iter_values(fields.iter().map(|f| if f.is_nullable() { "YES" } else { "NO" }));
    answer(vec![
        ("column_name", false, Arc::new(names)),
        ("data_type", false, Arc::new(types)),
        ("is_nullable", false, Arc::new(nullable)),
        ("role", true, metadata(ROLE)),
        ("dimensions", true, metadata(DIMENSIONS)),
        ("units", true, metadata(UNITS)),
        ("long_name", true, metadata(LONG_NAME)),
    ])
}

fn answer(columns: Vec<(&str, bool, ArrayRef)>) -> Result<QueryResult> {
    let fields: Vec<Field> = columns.iter().map(|(n, null, a)| Field::new(*n, a.data_type().clone(), *null)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, _, a)| a).collect())?;
    Ok(QueryResult::from_batches(schema, vec![batch]))
}
