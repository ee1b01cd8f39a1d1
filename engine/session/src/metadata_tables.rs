//! The metadata of a dataset as tables: `x.dimensions`, `x.variables`, `x.attributes`, `x.chunks`. They read no
//! chunk.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use hyperslab_array::{Attributes, Dataset, Role, Variable};
use hyperslab_exec::ChunksTable;
use serde_json::Value;

/// The names of the metadata tables; a grid of the same name gets another one.
pub(crate) const NAMES: [&str; 4] = ["dimensions", "variables", "attributes", "chunks"];

/// The metadata tables of a dataset, by name.
pub(crate) fn metadata_tables(dataset: &Arc<Dataset>) -> Vec<(String, Arc<dyn TableProvider>)> {
    let table = |kind: Kind| -> Arc<dyn TableProvider> {
        Arc::new(MetadataTable { schema: kind.schema(), dataset: Arc::clone(dataset), kind })
    };
    vec![
        ("dimensions".into(), table(Kind::Dimensions)),
        ("variables".into(), table(Kind::Variables)),
        ("attributes".into(), table(Kind::Attributes)),
        ("chunks".into(), Arc::new(ChunksTable::new(Arc::clone(dataset)))),
    ]
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Dimensions,
    Variables,
    Attributes,
}

impl Kind {
    fn schema(self) -> SchemaRef {
        let text = |name: &str| Field::new(name, DataType::Utf8, false);
        let maybe = |name: &str| Field::new(name, DataType::Utf8, true);
        let number = |name: &str| Field::new(name, DataType::Int64, false);
        Arc::new(Schema::new(match self {
            Self::Dimensions => vec![text("name"), number("size"), maybe("coordinate")],
            Self::Variables => vec![
                text("name"),
                text("role"),
                text("type"),
                text("dimensions"),
                text("shape"),
                text("chunk_shape"),
                text("codecs"),
                maybe("units"),
                maybe("standard_name"),
                maybe("long_name"),
                number("logical_bytes"),
            ],
            Self::Attributes => vec![maybe("variable"), text("name"), text("value")],
        }))
    }

    fn columns(self, dataset: &Dataset) -> Vec<ArrayRef> {
        match self {
            Self::Dimensions => {
                let coordinate = |name: &str| {
                    let variable = dataset.variables.get(name)?;
                    (variable.role == Role::Dimension).then(|| variable.name.clone())
                };
                let all = &dataset.dimensions;
                vec![
                    texts(all.iter().map(|d| d.name.clone())),
                    numbers(all.iter().map(|d| d.size)),
                    maybe_texts(all.iter().map(|d| coordinate(&d.name))),
                ]
            }
            Self::Variables => {
                let all: Vec<&Variable> = dataset.variables.values().map(AsRef::as_ref).collect();
                let column = |f: &dyn Fn(&Variable) -> String| texts(all.iter().map(|v| f(v)));
                let attribute = |key: &str| maybe_texts(all.iter().map(|v| v.attributes.text(key).map(str::to_string)));
                vec![
                    column(&|v| v.name.clone()),
                    column(&|v| v.role.name().to_string()),
                    column(&|v| v.data_type().name().to_string()),
                    column(&|v| v.dimensions.join(", ")),
                    column(&|v| lengths(&v.shape())),
                    column(&|v| lengths(&v.source.chunk_grid().chunk_shape())),
                    column(&|v| v.source.codecs()),
                    attribute("units"),
                    attribute("standard_name"),
                    attribute("long_name"),
                    numbers(all.iter().map(|v| logical_bytes(v))),
                ]
            }
            Self::Attributes => {
                let of = |variable: Option<&str>, attributes: &Attributes| -> Vec<_> {
                    let variable = variable.map(str::to_string);
                    attributes.iter().map(|(n, v)| (variable.clone(), n.to_string(), plain(v))).collect()
                };
                let mut all = of(None, &dataset.attributes);
                all.extend(dataset.variables.values().flat_map(|v| of(Some(&v.name), &v.attributes)));
                vec![
                    maybe_texts(all.iter().map(|(v, _, _)| v.clone())),
                    texts(all.iter().map(|(_, n, _)| n.clone())),
                    texts(all.iter().map(|(_, _, v)| v.clone())),
                ]
            }
        }
    }
}

/// Bytes of a variable when decoded; saturates.
fn logical_bytes(variable: &Variable) -> u64 {
    let cells = variable.shape().iter().fold(1u64, |n, s| n.saturating_mul(*s));
    cells.saturating_mul(variable.data_type().size() as u64)
}

/// Text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn lengths(shape: &[u64]) -> String {
    shape.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

fn texts(values: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn maybe_texts(values: impl Iterator<Item = Option<String>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

/// SQL has no unsigned numbers; a size that does not fit is shown as the greatest that does.
fn numbers(values: impl Iterator<Item = u64>) -> ArrayRef {
    Arc::new(values.map(|n| i64::try_from(n).unwrap_or(i64::MAX)).collect::<Int64Array>())
}

#[derive(Debug)]
struct MetadataTable {
    schema: SchemaRef,
    dataset: Arc<Dataset>,
    kind: Kind,
}

#[async_trait]
impl TableProvider for MetadataTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), self.kind.columns(&self.dataset))?;
        Ok(MemorySourceConfig::try_new_exec(&[vec![batch]], Arc::clone(&self.schema), projection.cloned())?)
    }
}
