//! [`Context`]: a session that opens and registers datasets, and answers SQL.

mod make;
mod session;

use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::{CreateExternalTable, Statement as SqlStatement};
use datafusion::sql::sqlparser::ast::{Ident, ObjectName, ObjectType, Statement as Ast, TableObject};
use datafusion::sql::sqlparser::dialect::Dialect;
use futures::FutureExt;
use futures::future::BoxFuture;
use hyperslab_array::{ArrayError, Dataset, nearest_names};
use hyperslab_connectors::{OpenOptions, Registry};
use hyperslab_exec::datafusion_error;
use hyperslab_planner::names;
use hyperslab_planner::statements::{Statement, parse, parse_as};

use crate::catalog::Shared;
use crate::datasets::Registered;
use crate::export::{Format, option_text};
use crate::picture;
use crate::url_table::{file_format, shown};
use crate::{ContextBuilder, QueryResult, describe, error};

/// A session. Clones are the same session.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let context = hyperslab::Context::builder().build()?;
/// context.register("ersst", "data/ersst.zarr").await?;
/// let batches = context.sql("SELECT lat, avg(sst) FROM ersst GROUP BY lat").await?.collect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Context {
    session: SessionContext,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("session", &self.session.session_id()).finish_non_exhaustive()
    }
}

impl Context {
    pub(crate) fn new(session: SessionContext, shared: Arc<Shared>) -> Self {
        Self { session, shared }
    }

    /// A builder of a session.
    pub fn builder() -> ContextBuilder {
        ContextBuilder::default()
    }

    /// Puts Hyperslab onto an existing DataFusion session, as [`ContextBuilder::build_on`].
    ///
    /// # Errors
    /// When an option in the environment is unknown or does not fit.
    pub fn try_from_session(session: SessionContext) -> Result<Self> {
        ContextBuilder::default().build_on(session)
    }

    /// The DataFusion session underneath. Its own `sql` knows the tables, and none of our statements.
    pub fn session(&self) -> &SessionContext {
        &self.session
    }

    /// The formats and stores of this session.
    pub fn registry(&self) -> &Registry {
        &self.shared.urls.registry
    }

    /// Opens the dataset at a path or URL, and keeps it open for the session. Reads metadata and 1-D coordinates.
    ///
    /// # Errors
    /// When there is none, or it is not valid.
    pub async fn open(&self, location: &str) -> Result<Arc<Dataset>> {
        self.shared.urls.dataset(location).await
    }

    /// Forgets the dataset at a location that was opened or asked for in SQL, so that the next time reads its metadata
    /// again; false where it was not open.
    pub fn close(&self, location: &str) -> bool {
        self.shared.urls.close(location)
    }

    /// Opens the dataset at a path or URL, and registers it under `name` in place of a dataset of that name.
    ///
    /// # Errors
    /// As [`Self::open`], or when `name` is a table or schema that is no dataset.
    pub async fn register(&self, name: &str, location: &str) -> Result<()> {
        self.register_with(name, location, None, &self.shared.urls.options).await
    }

    /// As [`Self::register`], in a given format and with options of opening.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn register_with(
        &self,
        name: &str,
        location: &str,
        format: Option<&str>,
        options: &OpenOptions,
    ) -> Result<()> {
        self.refuse_taken(name).await?;
        let dataset = self.registry().open(name, location, format, options).await.map_err(datafusion_error)?;
        self.register_dataset(name, dataset)
    }

    /// Registers a dataset that is open already, in place of a dataset of that name.
    ///
    /// # Errors
    /// When a variable of it does not fit its dimensions.
    pub fn register_dataset(&self, name: &str, dataset: impl Into<Arc<Dataset>>) -> Result<()> {
        self.shared.datasets.insert(name, Registered::try_new(name, dataset.into())?);
        Ok(())
    }

    /// Takes a registered dataset away; false where there is none.
    pub fn deregister(&self, name: &str) -> bool {
        self.shared.datasets.remove(name).is_some()
    }

    /// The dataset registered under `name`.
    ///
    /// # Errors
    /// When there is none; the error lists the nearest and the valid names.
    pub fn dataset(&self, name: &str) -> Result<Arc<Dataset>> {
        self.shared.datasets.dataset(&[name.to_string()])
    }

    /// The registered datasets.
    pub fn datasets(&self) -> Vec<Arc<Dataset>> {
        self.shared.datasets.all().iter().map(|r| Arc::clone(&r.dataset)).collect()
    }

    /// Answers one statement. A query runs when its result is read; a statement that changes something has run when
    /// this returns.
    ///
    /// # Errors
    /// When the text is not one statement, or it cannot be planned. [`crate::error::one_line`] tells a person why.
    pub async fn sql(&self, sql: &str) -> Result<QueryResult> {
        let mut statements = self.parse(sql)?;
        match (statements.pop(), statements.len()) {
            (Some(statement), 0) => self.execute(statement).await,
            (None, _) => Err(datafusion_error(ArrayError::argument("there is no statement in the text"))),
            (Some(_), before) => Err(datafusion_error(
                ArrayError::argument(format!("{} statements in the text, expected one", before + 1))
                    .hint("`sql_all` takes several"),
            )),
        }
    }

    /// Answers several statements, separated by `;`, one after the other.
    ///
    /// # Errors
    /// As [`Self::sql`], at the first statement that fails; those before it have run.
    pub async fn sql_all(&self, sql: &str) -> Result<Vec<QueryResult>> {
        let mut results = Vec::new();
        for statement in self.parse(sql)? {
            results.push(self.execute(statement).await?);
        }
        Ok(results)
    }

    /// The statements of a text, for [`Self::execute`].
    ///
    /// # Errors
    /// When one of them does not parse.
    pub fn parse(&self, sql: &str) -> Result<Vec<Statement>> {
        parse(sql, &self.session.state())
    }

    /// As [`Self::parse`], in the notation of a dialect that is not the session's, such as that of a client.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_as(&self, sql: &str, dialect: &dyn Dialect) -> Result<Vec<Statement>> {
        parse_as(sql, dialect, &self.session.state())
    }

    /// Answers one statement, as [`Self::sql`].
    ///
    /// # Errors
    /// As [`Self::sql`].
    pub async fn execute(&self, statement: Statement) -> Result<QueryResult> {
        // Its type is not known outside: see `QueryResult`.
        let answered: BoxFuture<'_, Result<QueryResult>> = self.answer(statement).boxed();
        answered.await
    }

    async fn answer(&self, statement: Statement) -> Result<QueryResult> {
        match statement {
            Statement::DescribeDataset(name) => {
                let dataset = match location(&name) {
                    Some(location) => {
                        self.shared.access.read(location)?;
                        self.open(location).await?
                    }
                    None => self.shared.datasets.dataset(&parts(&name))?,
                };
                describe::describe_dataset(&dataset)
            }
            Statement::ShowDatasets => describe::show_datasets(&self.shared.datasets.all()),
            Statement::DescribeTable(mut name) => {
                let state = self.session.state();
                let table = names::table(&mut name, &state).await?;
                describe::describe_table(&table.schema())
            }
            Statement::CreateExternalTable(create, format) => {
                create.locations.iter().try_for_each(|location| self.shared.access.read(location))?;
                self.create_external_table(create, format).await
            }
            Statement::Sql(mut statement) => {
                self.check_access(&statement)?;
                if let SqlStatement::Statement(ast) = statement.as_mut()
                    && self.drop_datasets(ast)?
                {
                    return Ok(QueryResult::nothing());
                }
                names::resolve(&mut statement, &self.session.state()).await?;
                if let SqlStatement::CopyTo(copy) = statement.as_ref()
                    && let Some(format) = Format::of(copy)
                {
                    return self.export(copy, format).await;
                }
                if let SqlStatement::CopyTo(copy) = statement.as_ref()
                    && let Some(format) = picture::format_of(copy)
                {
                    return self.picture(copy, format).await;
                }
                if let SqlStatement::Statement(ast) = statement.as_ref()
                    && let Ast::CreateTable(create) = ast.as_ref()
                    && create.query.is_some()
                {
                    return self.create_table_as(create.clone()).await;
                }
                if let SqlStatement::Statement(ast) = statement.as_ref()
                    && let Ast::Insert(insert) = ast.as_ref()
                    && let TableObject::TableName(name) = &insert.table
                {
                    self.as_rows(name).await?;
                }
                self.plan(*statement).await
            }
        }
    }

    async fn plan(&self, statement: SqlStatement) -> Result<QueryResult> {
        let plan = self.logical_plan(statement).await?;
        let writes = matches!(plan, LogicalPlan::Copy(_) | LogicalPlan::Dml(_));
        let frame = self.session.execute_logical_plan(plan).await?;
        let result = QueryResult::from_frame(frame);
        if !writes {
            return Ok(result);
        }
        // A statement that writes does so now, whether or not somebody reads how many rows it was.
        let schema = result.schema();
        Ok(QueryResult::from_batches(schema, result.collect().await?))
    }

    async fn logical_plan(&self, statement: SqlStatement) -> Result<LogicalPlan> {
        let state = self.session.state();
        state.statement_to_plan(statement).await.map_err(|e| {
            // A variable that cannot be read is no column, and its reason says more than the names of those that are.
            match error::missing_column(&e).and_then(|name| self.shared.datasets.skipped(name)) {
                Some(skipped) => datafusion_error(skipped),
                None => error::with_function_names(e, &state),
            }
        })
    }

    async fn create_external_table(
        &self,
        mut create: CreateExternalTable,
        format: Option<String>,
    ) -> Result<QueryResult> {
        let registry = self.registry();
        let ours = match (&format, create.locations.as_slice()) {
            (Some(format), _) => registry.has_format(format),
            (None, [location]) => registry.recognizes(location),
            (None, _) => false,
        };
        if !ours {
            create.file_type = match format {
                Some(format) => self.known_format(format)?,
                None => stated_format(&create, registry)?,
            };
            return self.plan(SqlStatement::CreateExternalTable(create)).await;
        }
        let names = match is_quoted(&create.name) {
            true => parts(&create.name),
            false => parts(&create.name).iter().map(|p| p.to_ascii_lowercase()).collect(),
        };
        let ([name], [location]) = (names.as_slice(), create.locations.as_slice()) else {
            return Err(datafusion_error(ArrayError::argument(format!(
                "`{}` is no name for a dataset at one location, expected one plain name and one location",
                create.name
            ))));
        };
        if !create.columns.is_empty() || !create.table_partition_cols.is_empty() || !create.order_exprs.is_empty() {
            return Err(datafusion_error(ArrayError::argument(format!(
                "the columns of dataset `{name}` come from its metadata, expected none in the statement"
            ))));
        }
        if !create.or_replace && self.exists(name).await? {
            if create.if_not_exists {
                return Ok(QueryResult::nothing());
            }
            return Err(datafusion_error(
                ArrayError::argument(format!("table `{name}` exists already"))
                    .hint("`CREATE OR REPLACE EXTERNAL TABLE` takes its place"),
            ));
        }
        let mut options = self.shared.urls.options.clone();
        for (key, value) in &create.options {
            self.shared.access.open_option(key)?;
            options.insert(key, option_text(value)).map_err(datafusion_error)?;
        }
        let dataset = registry.open(name, location, format.as_deref(), &options).await.map_err(datafusion_error)?;
        let registered = Registered::try_new(name, Arc::new(dataset))?;
        if create.or_replace && self.shared.datasets.get(name).is_none() {
            self.session.deregister_table(TableReference::bare(name.as_str()))?;
        }
        self.refuse_taken(name).await?;
        self.shared.datasets.insert(name, registered);
        Ok(QueryResult::nothing())
    }

    /// `format`, where DataFusion has it.
    fn known_format(&self, format: String) -> Result<String> {
        let state = self.session.state();
        if state.table_factories().contains_key(&format.to_uppercase()) {
            return Ok(format);
        }
        let mut known: Vec<&str> = state.table_factories().keys().map(String::as_str).collect();
        known.extend(self.registry().formats());
        known.sort_unstable();
        Err(datafusion_error(
            ArrayError::unsupported(format!("unknown format `{format}`")).hint(nearest_names(&format, known)),
        ))
    }

    /// Takes the datasets of a `DROP TABLE` out of the session and of the statement; true where nothing is left of it.
    fn drop_datasets(&self, ast: &mut Ast) -> Result<bool> {
        let Ast::Drop { object_type: ObjectType::Table, names: dropped, .. } = ast else { return Ok(false) };
        dropped.retain(|name| {
            let parts = parts(name);
            let registered = match (parts.as_slice(), is_quoted(name)) {
                ([one], true) => self.shared.datasets.get(one),
                ([one], false) => self.shared.datasets.find(one),
                _ => None,
            };
            registered.is_none_or(|r| self.shared.datasets.remove(&r.dataset.name).is_none())
        });
        Ok(dropped.is_empty())
    }

    async fn exists(&self, name: &str) -> Result<bool> {
        if self.shared.datasets.get(name).is_some() {
            return Ok(true);
        }
        self.session.table_exist(TableReference::bare(name))
    }

    /// A dataset takes the place of a dataset, never that of a table or a schema.
    async fn refuse_taken(&self, name: &str) -> Result<()> {
        if self.shared.datasets.get(name).is_some() {
            return Ok(());
        }
        let what = if self.session.table_exist(TableReference::bare(name))? {
            "table"
        } else if name == "information_schema"
            || self
                .session
                .catalog(&self.shared.default_catalog)
                .is_some_and(|c| c.schema_names().iter().any(|s| s == name))
        {
            "schema"
        } else {
            return Ok(());
        };
        Err(datafusion_error(
            ArrayError::argument(format!("{what} `{name}` exists already")).hint("take another name for the dataset"),
        ))
    }
}

/// The location that a name in single quotes is.
fn location(name: &ObjectName) -> Option<&str> {
    match name.0.as_slice() {
        [part] => part.as_ident().filter(|i| i.quote_style == Some('\'')).map(|i| i.value.as_str()),
        _ => None,
    }
}

/// The parts of a name as they are written: registered names are matched in any case.
fn parts(name: &ObjectName) -> Vec<String> {
    name.0.iter().filter_map(|p| p.as_ident()).map(|i: &Ident| i.value.clone()).collect()
}

fn is_quoted(name: &ObjectName) -> bool {
    name.0.iter().filter_map(|p| p.as_ident()).any(|i| i.quote_style.is_some())
}

/// DataFusion's format of a location without `STORED AS`, from its extension.
fn stated_format(create: &CreateExternalTable, registry: &Registry) -> Result<String> {
    let location = create.locations.first().map(String::as_str).unwrap_or_default();
    file_format(location).map(str::to_string).ok_or_else(|| {
        let formats = [registry.formats(), vec!["PARQUET", "CSV", "JSON", "ARROW"]].concat().join(", ");
        datafusion_error(
            ArrayError::argument(format!("cannot tell the format of `{}` from its name", shown(location)))
                .hint(format!("add `STORED AS` with one of {formats}")),
        )
    })
}
