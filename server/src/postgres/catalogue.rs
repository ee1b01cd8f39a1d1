//! The boundary to `hyperslab-pg-catalog`: what it is shown of the datasets, and what it answers.
//!
//! It is shown metadata of datasets that are registered, and nothing is opened for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hyperslab::Dataset;
use hyperslab::datafusion::arrow::datatypes::Field;
use hyperslab::datafusion::logical_expr::TableType;
use hyperslab::datafusion::sql::sqlparser::ast::Statement as Ast;
use hyperslab_pg_catalog::{
    Catalog, CatalogIndex, Column as ShownColumn, PgError, Prepared, Role, Row, Schema, Session, Table, TableKind,
    Value, prepare,
};

use super::connection::Connection;
use super::types::{Column, type_of};
use crate::core::{Hub, Watch};
use crate::error::{ServerError, code};

/// The keys of a field's metadata that say what people call it.
const LONG_NAME: &str = "long_name";
const UNITS: &str = "units";
/// Seconds from 1970 to 2000, where PostgreSQL begins to count.
const EPOCH: Duration = Duration::from_secs(946_684_800);

/// What the catalogue shows, made again when the datasets have changed.
#[derive(Debug)]
pub(super) struct Shown {
    made: Mutex<Option<Made>>,
    /// When the server began, as PostgreSQL counts.
    began: i64,
}

#[derive(Debug)]
struct Made {
    of: Vec<Arc<Dataset>>,
    index: Arc<CatalogIndex>,
}

impl Shown {
    pub fn new() -> Self {
        Self { made: Mutex::default(), began: now() }
    }

    async fn index(&self, hub: &Hub, users: Vec<String>) -> Arc<CatalogIndex> {
        let datasets = hub.context().datasets();
        {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(made) = made.as_ref()
                && made.of.len() == datasets.len()
                && made.of.iter().zip(&datasets).all(|(a, b)| Arc::ptr_eq(a, b))
            {
                return Arc::clone(&made.index);
            }
        }
        let index = Arc::new(catalog(hub, users).await.index());
        let made = Made { of: datasets, index: Arc::clone(&index) };
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = Some(made);
        index
    }
}

/// Microseconds since 2000.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH + EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The tables of all datasets: their full grids in `public`; each grid, and what the dataset says of itself, in the
/// schema of its name.
async fn catalog(hub: &Hub, users: Vec<String>) -> Catalog {
    let context = hub.context().session();
    let options = context.state().config_options().catalog.clone();
    let datasets = hub.context().datasets();
    let title = |name: &str| {
        let dataset = datasets.iter().find(|dataset| dataset.name == name)?;
        dataset.attributes.text("title").map(str::to_string)
    };
    let mut schemas = Vec::new();
    if let Some(provider) = context.catalog(&options.default_catalog) {
        for name in provider.schema_names() {
            let Some(schema) = provider.schema(&name).filter(|_| name != "information_schema") else { continue };
            let mut tables = Vec::new();
            for table in schema.table_names() {
                // One that has no full grid, or went away meanwhile, is none.
                let Ok(Some(provider)) = schema.table(&table).await else { continue };
                let arrow = provider.schema();
                let rows = provider.statistics().and_then(|s| s.num_rows.get_value().copied());
                let comment = if name == options.default_schema { title(&table) } else { None };
                tables.push(Table {
                    name: table,
                    kind: match provider.table_type() {
                        TableType::View => TableKind::View,
                        TableType::Base | TableType::Temporary => TableKind::Table,
                    },
                    comment,
                    columns: arrow.fields().iter().map(|f| column(f)).collect(),
                    rows: rows.map(|rows| rows as u64),
                    oid: None,
                });
            }
            let comment = title(&name);
            schemas.push(Schema { name, comment, tables });
        }
    }
    let role = |name| Role { name, superuser: false, login: true };
    Catalog {
        database: hub.database().to_string(),
        schemas,
        roles: users.into_iter().map(role).collect(),
        functions: Vec::new(),
    }
}

fn column(field: &Field) -> ShownColumn {
    let (type_oid, typmod) = type_of(field.data_type());
    let text = |key: &str| field.metadata().get(key).filter(|text| !text.is_empty());
    let comment = match (text(LONG_NAME), text(UNITS)) {
        (Some(name), Some(units)) => Some(format!("{name} ({units})")),
        (Some(name), None) => Some(name.clone()),
        (None, Some(units)) => Some(format!("({units})")),
        (None, None) => None,
    };
    ShownColumn { name: field.name().clone(), type_oid, typmod, not_null: !field.is_nullable(), comment }
}

impl Connection {
    /// The query, if it is the catalogue's; `None` for one of the query engine. `text` is what it was parsed from.
    ///
    /// # Errors
    /// What PostgreSQL would say of it.
    pub async fn prepare_catalogue(
        &mut self,
        text: &str,
        ast: &Ast,
        types: &[u32],
    ) -> Result<Option<Prepared>, ServerError> {
        let mut users: Vec<String> = self.server.users.names().into_iter().map(str::to_string).collect();
        users.push(self.session.user().to_string());
        users.sort_unstable();
        users.dedup();
        let index = self.server.shown.index(&self.server.hub, users).await;
        let session = self.catalogue_session(text);
        Ok(prepare(text, ast, &index, &session, types)?)
    }

    /// Runs a query of the catalogue, beside the tasks of the connections.
    ///
    /// # Errors
    /// What PostgreSQL would say, or that it was stopped.
    pub async fn run_catalogue(
        &mut self,
        prepared: Prepared,
        values: Vec<Value>,
        text: &str,
        watch: &Watch,
    ) -> Result<Vec<Row>, ServerError> {
        let session = self.catalogue_session(text);
        let token = watch.token().clone();
        let stop = token.clone();
        let run = tokio::task::spawn_blocking(move || prepared.run(&session, &values, &|| stop.is_cancelled()));
        let answer = watch.guard(async {
            match run.await {
                Ok(answer) => Ok(answer?),
                Err(_) => Err(ServerError::new(code::INTERNAL_ERROR, "a query of the catalogue ended early")),
            }
        });
        let answer = answer.await;
        if answer.is_err() {
            // The time may be over without anybody having cancelled.
            token.cancel();
        }
        let answer = answer?;
        if let Some(sleep) = answer.sleep {
            let asleep = async {
                tokio::time::sleep(sleep).await;
                Ok(())
            };
            watch.guard(asleep).await?;
        }
        Ok(answer.rows)
    }

    fn catalogue_session(&self, text: &str) -> Session {
        let now = now();
        let (client, server) = self.addresses;
        Session {
            user: self.session.user().to_string(),
            database: self.server.hub.database().to_string(),
            search_path: self.settings.search_path(),
            backend_pid: self.session.id(),
            settings: self.settings.catalogue(),
            transaction_start: self.transaction_began.unwrap_or(now),
            statement_start: now,
            backend_start: self.began,
            server_start: self.server.shown.began,
            application_name: self.settings.get("application_name").unwrap_or_default(),
            client_address: Some(client.ip().to_string()),
            client_port: Some(client.port().into()),
            server_address: server.map(|s| s.ip().to_string()),
            server_port: server.map(|s| s.port().into()),
            query: text.to_string(),
        }
    }

    /// Notes when the connection, or a transaction, began.
    pub fn moment() -> i64 {
        now()
    }
}

/// The columns of a query of the catalogue.
pub(super) fn columns(prepared: &Prepared) -> Arc<[Column]> {
    let column = |c: &hyperslab_pg_catalog::OutputColumn| Column {
        name: c.name.clone(),
        oid: c.type_oid,
        length: c.type_length,
        modifier: c.typmod,
    };
    prepared.columns().iter().map(column).collect()
}

impl From<PgError> for ServerError {
    fn from(error: PgError) -> Self {
        Self { code: error.code, message: error.message, hint: error.hint, position: error.position }
    }
}

/// A value in text.
pub(super) fn value_text(value: &Value, oid: u32) -> Option<String> {
    value.to_text(oid)
}

/// A value in binary.
pub(super) fn value_binary(value: &Value, oid: u32) -> Option<Vec<u8>> {
    value.to_binary(oid)
}
