//! DataFusion's information schema, whose `columns` also tell the role, dimensions and units of a column.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::{cast, concat_batches};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::information_schema::{INFORMATION_SCHEMA_TABLES, InformationSchemaProvider};
use datafusion::catalog::{CatalogProviderList, SchemaProvider, Session, TableProvider};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::{ExecutionPlan, collect};
use hyperslab_exec::metadata::{DIMENSIONS, ROLE, UNITS};

use crate::catalog::Shared;

/// Its name. DataFusion's own is switched off by an option, or it would be found before this one.
pub(crate) const NAME: &str = "information_schema";

/// What is told of a column beside what DataFusion tells: the name, and the key of the field's metadata.
const ADDED: [(&str, &str); 3] = [("role", ROLE), ("dimensions", DIMENSIONS), ("units", UNITS)];

/// The information schema over all catalogs.
#[derive(Debug)]
pub(crate) struct InformationSchema {
    pub catalogs: Arc<dyn CatalogProviderList>,
    pub shared: Arc<Shared>,
}

#[async_trait]
impl SchemaProvider for InformationSchema {
    fn table_names(&self) -> Vec<String> {
        INFORMATION_SCHEMA_TABLES.iter().map(|t| t.to_string()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let mut provider = InformationSchemaProvider::new(Arc::clone(&self.catalogs));
        if let Some(session) = self.shared.urls.files.session_store().get_session().upgrade()
            && let Some(state) = session.read().as_any().downcast_ref::<SessionState>()
        {
            provider = provider.with_table_functions(state.table_functions().clone());
        }
        match provider.table(name).await? {
            Some(inner) if name == "columns" => Ok(Some(Arc::new(Columns::new(inner, Arc::clone(&self.catalogs))))),
            other => Ok(other),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        INFORMATION_SCHEMA_TABLES.contains(&name)
    }
}

/// `information_schema.columns`.
#[derive(Debug)]
struct Columns {
    inner: Arc<dyn TableProvider>,
    catalogs: Arc<dyn CatalogProviderList>,
    schema: SchemaRef,
}

impl Columns {
    fn new(inner: Arc<dyn TableProvider>, catalogs: Arc<dyn CatalogProviderList>) -> Self {
        let mut fields: Vec<Arc<Field>> = inner.schema().fields().to_vec();
        fields.extend(ADDED.iter().map(|(name, _)| Arc::new(Field::new(*name, DataType::Utf8, true))));
        Self { inner, catalogs, schema: Arc::new(Schema::new(fields)) }
    }

    /// The schema of a table.
    async fn table(&self, [catalog, schema, table]: [&str; 3]) -> Result<Option<SchemaRef>> {
        let Some(catalog) = self.catalogs.catalog(catalog) else { return Ok(None) };
        let Some(schema) = catalog.schema(schema) else { return Ok(None) };
        Ok(schema.table(table).await?.map(|t| t.schema()))
    }

    /// The columns of ours, for the rows of DataFusion's.
    async fn added(&self, rows: &RecordBatch) -> Result<Vec<ArrayRef>> {
        let text = |name: &str| -> Result<ArrayRef> {
            let column = rows.column_by_name(name).ok_or_else(|| {
                datafusion::error::DataFusionError::Internal(format!("information_schema.columns has no `{name}`"))
            })?;
            Ok(cast(column, &DataType::Utf8)?)
        };
        let names = [text("table_catalog")?, text("table_schema")?, text("table_name")?, text("column_name")?];
        let [catalogs, schemas, tables, columns] = names.each_ref().map(|c| c.as_string::<i32>());
        let mut known: HashMap<[&str; 3], Option<SchemaRef>> = HashMap::new();
        let mut added: [Vec<Option<String>>; ADDED.len()] = Default::default();
        for row in 0..rows.num_rows() {
            let table = [catalogs.value(row), schemas.value(row), tables.value(row)];
            let schema = match known.entry(table) {
                Entry::Occupied(found) => found.into_mut(),
                Entry::Vacant(slot) => slot.insert(self.table(table).await?),
            };
            let field = schema.as_ref().and_then(|s| s.field_with_name(columns.value(row)).ok());
            for ((_, key), values) in ADDED.iter().zip(&mut added) {
                values.push(field.and_then(|f| f.metadata().get(*key).cloned()));
            }
        }
        Ok(added.into_iter().map(|values| Arc::new(StringArray::from(values)) as ArrayRef).collect())
    }
}

#[async_trait]
impl TableProvider for Columns {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        // Small and in memory: no file or store is asked.
        let plan = self.inner.scan(state, None, &[], None).await?;
        let rows = concat_batches(&self.inner.schema(), &collect(plan, state.task_ctx()).await?)?;
        let mut columns = rows.columns().to_vec();
        columns.extend(self.added(&rows).await?);
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        Ok(MemorySourceConfig::try_new_exec(&[vec![batch]], Arc::clone(&self.schema), projection.cloned())?)
    }
}
