//! Finds the tables that a statement names, in the catalog, and loads their columns before the names are resolved.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::sql::sqlparser::ast::{Ident, ObjectName, TableFactor, Visit, Visitor};
use hyperslab_array::{ArrayError, nearest_names};

use super::scope::{Columns, case_insensitive};
use crate::statements::external;

/// A table of the catalog.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// The real parts of its name, as many as were written.
    pub name: Vec<String>,
    pub columns: Columns,
}

/// The tables that a statement may mean, by the name as written.
pub(super) type Tables = HashMap<ObjectName, Table>;

/// The names of all relations in `FROM`.
pub(super) fn relations<V: Visit>(node: &V) -> Vec<ObjectName> {
    let mut collect = Collect(Vec::new());
    let _ = node.visit(&mut collect);
    collect.0
}

struct Collect(Vec<ObjectName>);

impl Visitor for Collect {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: None, .. } = factor
            && !self.0.contains(name)
        {
            self.0.push(name.clone());
        }
        ControlFlow::Continue(())
    }
}

/// The tables of `names`. One that is not there may be a CTE, so it is left out.
///
/// # Errors
/// When a name is ambiguous, or a table cannot be opened.
pub(super) async fn load(names: Vec<ObjectName>, state: &SessionState) -> Result<Tables> {
    let mut tables = Tables::new();
    for written in names {
        if let Some(table) = find(&written, state).await? {
            tables.insert(written, table);
        }
    }
    Ok(tables)
}

/// The real name of a table; `None` where it does not exist.
///
/// # Errors
/// As [`load`].
pub(super) fn real_name(written: &ObjectName, state: &SessionState) -> Result<Option<Vec<String>>> {
    Ok(locate(written, state)?.map(|(_, name)| name))
}

async fn find(written: &ObjectName, state: &SessionState) -> Result<Option<Table>> {
    Ok(provider(written, state).await?.map(|(provider, name)| {
        let columns = Columns::all(provider.schema().fields().iter().map(|f| f.name().clone()));
        Table { name, columns }
    }))
}

/// The table of a name, with its real name; `None` where it does not exist.
///
/// # Errors
/// As [`load`].
pub(super) async fn provider(
    written: &ObjectName,
    state: &SessionState,
) -> Result<Option<(Arc<dyn TableProvider>, Vec<String>)>> {
    let Some((schema, name)) = locate(written, state)? else { return Ok(None) };
    let Some(table) = name.last() else { return Ok(None) };
    Ok(schema.table(table).await?.map(|provider| (provider, name)))
}

/// The error for a table that does not exist: it lists those that do.
pub(super) fn not_found(written: &ObjectName, state: &SessionState) -> DataFusionError {
    let parts: Vec<&Ident> = written.0.iter().filter_map(|p| p.as_ident()).collect();
    if let [one] = parts.as_slice()
        && one.quote_style == Some('\'')
    {
        return external(ArrayError::not_found(format!("location `{}` does not exist, or holds no table", one.value)));
    }
    let written: Vec<&str> = parts.iter().map(|p| p.value.as_str()).collect();
    let names = valid_names(&written, state);
    let error = ArrayError::not_found(format!("no table `{}`", written.join(".")));
    external(match names.is_empty() {
        true => error,
        false => error.hint(nearest_names(&written.join("."), names.iter().map(String::as_str))),
    })
}

/// The names that could have been written in place of these parts.
fn valid_names(written: &[&str], state: &SessionState) -> Vec<String> {
    let defaults = &state.config_options().catalog;
    let Some(catalog) = state.catalog_list().catalog(&defaults.default_catalog) else { return Vec::new() };
    let tables = |schema: &str| catalog.schema(schema).map(|s| s.table_names()).unwrap_or_default();
    let qualified =
        |schema: &String| -> Vec<String> { tables(schema).iter().map(|table| format!("{schema}.{table}")).collect() };
    let others: Vec<String> = catalog.schema_names().into_iter().filter(|s| *s != defaults.default_schema).collect();
    if let Some(schema) = written.iter().rev().nth(1) {
        let named: Vec<String> = others.iter().filter(|s| s.eq_ignore_ascii_case(schema)).flat_map(qualified).collect();
        if !named.is_empty() {
            return named;
        }
    }
    // A message lists the first few: those of the default schema before all others.
    tables(&defaults.default_schema).into_iter().chain(others.iter().flat_map(qualified)).collect()
}

type Located = Option<(Arc<dyn SchemaProvider>, Vec<String>)>;

fn locate(written: &ObjectName, state: &SessionState) -> Result<Located> {
    let Some(parts) = written.0.iter().map(|p| p.as_ident()).collect::<Option<Vec<&Ident>>>() else {
        return Ok(None);
    };
    let defaults = &state.config_options().catalog;
    let (catalog, schema, table) = match parts.as_slice() {
        [table] => (None, None, *table),
        [schema, table] => (None, Some(*schema), *table),
        [catalog, schema, table] => (Some(*catalog), Some(*schema), *table),
        _ => return Ok(None),
    };
    let list = state.catalog_list();
    let catalog_name = match catalog {
        None => defaults.default_catalog.clone(),
        Some(ident) => match pick("catalog", ident, &list.catalog_names())? {
            Some(name) => name,
            None => return Ok(None),
        },
    };
    let Some(provider) = list.catalog(&catalog_name) else { return Ok(None) };
    let schema_name = match schema {
        None => defaults.default_schema.clone(),
        Some(ident) => match pick("schema", ident, &provider.schema_names())? {
            Some(name) => name,
            // The information schema is in no catalog's list.
            None => normalized(ident),
        },
    };
    let Ok(schema_provider) = state.schema_for_ref(datafusion::common::TableReference::full(
        catalog_name.clone(),
        schema_name.clone(),
        normalized(table),
    )) else {
        return Ok(None);
    };
    let table_name = if table.quote_style.is_some() || schema_provider.table_exist(&table.value) {
        table.value.clone()
    } else {
        pick("table", table, &schema_provider.table_names())?.unwrap_or_else(|| normalized(table))
    };
    let name = [catalog.map(|_| catalog_name), schema.map(|_| schema_name), Some(table_name)];
    Ok(Some((schema_provider, name.into_iter().flatten().collect())))
}

/// The name that an identifier means: as it is where it is quoted or exact, else the one that differs in case alone.
fn pick(what: &str, ident: &Ident, names: &[String]) -> Result<Option<String>> {
    if ident.quote_style.is_some() || names.contains(&ident.value) {
        return Ok(Some(ident.value.clone()));
    }
    case_insensitive(what, &ident.value, names.iter().map(String::as_str))
}

/// DataFusion's own reading of an identifier.
pub(super) fn normalized(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}
