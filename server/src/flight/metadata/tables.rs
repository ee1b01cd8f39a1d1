//! Catalogs, schemas and tables, as the catalog of a session has them.

use std::sync::Arc;

use arrow_flight::sql::metadata::GetTablesBuilder;
use arrow_flight::sql::{CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables};
use hyperslab::datafusion::arrow::array::{RecordBatch, StringArray};
use hyperslab::datafusion::arrow::compute::like;
use hyperslab::datafusion::arrow::datatypes::{Field, Schema};
use hyperslab::datafusion::catalog::SchemaProvider;
use hyperslab::datafusion::logical_expr::TableType;
use hyperslab::datafusion::prelude::SessionContext;
use tonic::Status;

use super::columns::{Place, column};
use crate::flight::status;

/// The kinds of tables.
const TYPES: [(&str, TableType); 3] =
    [("TABLE", TableType::Base), ("VIEW", TableType::View), ("LOCAL TEMPORARY", TableType::Temporary)];

/// The catalogs.
pub(in crate::flight) fn catalogs(query: CommandGetCatalogs, context: &SessionContext) -> Result<RecordBatch, Status> {
    let mut builder = query.into_builder();
    context.catalog_names().into_iter().for_each(|name| builder.append(name));
    builder.build().map_err(status::of_flight)
}

/// The schemas of the catalogs.
pub(in crate::flight) fn schemas(query: CommandGetDbSchemas, context: &SessionContext) -> Result<RecordBatch, Status> {
    let mut builder = query.into_builder();
    for catalog in context.catalog_names() {
        let Some(provider) = context.catalog(&catalog) else { continue };
        provider.schema_names().iter().for_each(|schema| builder.append(&catalog, schema));
    }
    builder.build().map_err(status::of_flight)
}

/// The kinds of tables that there may be.
pub(in crate::flight) fn table_types() -> Result<RecordBatch, Status> {
    let mut builder = CommandGetTableTypes {}.into_builder();
    TYPES.iter().for_each(|(name, _)| builder.append(name));
    builder.build().map_err(status::of_flight)
}

/// The tables, with their columns where those are asked for. Only what the patterns let through is looked at.
pub(in crate::flight) async fn tables(
    query: CommandGetTables,
    context: &SessionContext,
) -> Result<RecordBatch, Status> {
    let with_schema = query.include_schema;
    let (schema_pattern, table_pattern) =
        (query.db_schema_filter_pattern.clone(), query.table_name_filter_pattern.clone());
    let catalog_filter = query.catalog.clone();
    let mut builder = query.into_builder();
    for catalog in context.catalog_names() {
        if catalog_filter.as_ref().is_some_and(|filter| *filter != catalog) {
            continue;
        }
        let Some(provider) = context.catalog(&catalog) else { continue };
        for schema in matching(provider.schema_names(), schema_pattern.as_deref())? {
            let Some(tables) = provider.schema(&schema) else { continue };
            for table in matching(tables.table_names(), table_pattern.as_deref())? {
                let place = Place { catalog: &catalog, schema: &schema, table: &table };
                append(&mut builder, place, tables.as_ref(), with_schema).await?;
            }
        }
    }
    builder.build().map_err(status::of_flight)
}

async fn append(
    builder: &mut GetTablesBuilder,
    place: Place<'_>,
    tables: &dyn SchemaProvider,
    with_schema: bool,
) -> Result<(), Status> {
    // A table that cannot be shown, such as a dataset without one full grid, is no table.
    let Ok(Some(table)) = tables.table(place.table).await else { return Ok(()) };
    let kind = TYPES.iter().find(|(_, t)| *t == table.table_type()).map_or("TABLE", |(name, _)| name);
    let schema = match with_schema {
        true => {
            let schema = table.schema();
            let fields: Vec<Field> = schema.fields().iter().map(|f| column(f, Some(place), false)).collect();
            Arc::new(Schema::new(fields).with_metadata(schema.metadata().clone()))
        }
        false => Arc::new(Schema::empty()),
    };
    builder.append(place.catalog, place.schema, place.table, kind, &schema).map_err(status::of_flight)
}

/// Those of `names` that a pattern with `%` and `_` lets through.
fn matching(names: Vec<String>, pattern: Option<&str>) -> Result<Vec<String>, Status> {
    let Some(pattern) = pattern else { return Ok(names) };
    let array = StringArray::from_iter_values(&names);
    let let_through = like(&array, &StringArray::new_scalar(pattern)).map_err(status::of_arrow)?;
    Ok(names.into_iter().zip(let_through.iter()).filter(|(_, is)| *is == Some(true)).map(|(name, _)| name).collect())
}
