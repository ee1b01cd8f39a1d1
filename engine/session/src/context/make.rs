//! Statements that make something of an answer: `COPY … TO` arrays and pictures, `CREATE TABLE … AS`.

use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::sql::parser::{CopyToSource, CopyToStatement, Statement as SqlStatement};
use datafusion::sql::sqlparser::ast::{CreateTable, ObjectName, Statement as Ast};
use hyperslab_array::ArrayError;
use hyperslab_exec::datafusion_error;

use super::{Context, is_quoted, parts};
use crate::create_table::{self, Made};
use crate::export::{self, Format};
use crate::picture::PictureOptions;
use crate::{QueryResult, plot};

impl Context {
    /// `CREATE TABLE … AS`: a dataset in memory where the answer is an array.
    pub(super) async fn create_table_as(&self, mut create: CreateTable) -> Result<QueryResult> {
        let name = match (parts(&create.name).as_slice(), is_quoted(&create.name)) {
            ([name], true) => name.clone(),
            ([name], false) => name.to_ascii_lowercase(),
            // A name in another schema, or columns of their own, are DataFusion's.
            _ => return self.plan(SqlStatement::Statement(Box::new(Ast::CreateTable(create)))).await,
        };
        let Some(query) = create.query.take().filter(|_| create.columns.is_empty()) else {
            return self.plan(SqlStatement::Statement(Box::new(Ast::CreateTable(create)))).await;
        };
        if self.exists(&name).await? && !create.or_replace {
            if create.if_not_exists {
                return Ok(QueryResult::nothing());
            }
            return Err(datafusion_error(
                ArrayError::argument(format!("table `{name}` exists already"))
                    .hint("`CREATE OR REPLACE TABLE` takes its place"),
            ));
        }
        let plan = self.logical_plan(SqlStatement::Statement(Box::new(Ast::Query(query)))).await?;
        let frame = self.session().execute_logical_plan(plan).await?;
        let (plan, schema) = (frame.logical_plan().clone(), Arc::clone(frame.schema().inner()));
        let made = create_table::of_answer(&name, &plan, schema, frame.collect_partitioned().await?).await?;
        self.shared.datasets.remove(&name);
        self.session().deregister_table(TableReference::bare(name.as_str()))?;
        match made {
            Made::Dataset(dataset) => {
                self.refuse_taken(&name).await?;
                self.register_dataset(&name, dataset)?;
            }
            Made::Table(table) => drop(self.session().register_table(TableReference::bare(name.as_str()), table)?),
        }
        Ok(QueryResult::nothing())
    }

    /// A table that `CREATE TABLE … AS` made a dataset of becomes one of rows, to which others can be added.
    pub(super) async fn as_rows(&self, name: &ObjectName) -> Result<()> {
        let found = match (parts(name).as_slice(), is_quoted(name)) {
            ([name], true) => self.shared.datasets.get(name),
            ([name], false) => self.shared.datasets.find(name),
            _ => None,
        };
        let Some(registered) = found.filter(|r| create_table::is_ours(&r.dataset)) else { return Ok(()) };
        let name = &registered.dataset.name;
        let frame = self.session().table(TableReference::bare(name.as_str())).await?;
        let table = create_table::of_rows(Arc::clone(frame.schema().inner()), frame.collect_partitioned().await?)?;
        self.shared.datasets.remove(name);
        self.session().register_table(TableReference::bare(name.as_str()), table)?;
        Ok(())
    }

    /// Writes an answer as arrays, and forgets what was known of the place where they are now.
    pub(super) async fn export(&self, copy: &CopyToStatement, format: Format) -> Result<QueryResult> {
        let frame = self.copied(copy).await?;
        let result = export::run(frame, copy, format, self.registry(), &self.shared.urls.options).await?;
        self.close(&copy.target);
        Ok(result)
    }

    /// Draws an answer.
    pub(super) async fn picture(&self, copy: &CopyToStatement, format: plot::Format) -> Result<QueryResult> {
        let options: Vec<(String, String)> =
            copy.options.iter().map(|(key, value)| (key.clone(), export::option_text(value))).collect();
        let options = PictureOptions::try_new(options.iter().map(|(k, v)| (k.as_str(), v.as_str())))?;
        let result = QueryResult::from_frame(self.copied(copy).await?);
        let bytes = result.draw(format, options).await?;
        export::write_file(&copy.target, &bytes)
    }

    /// The query of a `COPY`.
    async fn copied(&self, copy: &CopyToStatement) -> Result<DataFrame> {
        let query = match &copy.source {
            CopyToSource::Query(query) => Ast::Query(query.clone()),
            CopyToSource::Relation(name) => parse_query(&format!("SELECT * FROM {name}"), &self.session().state())?,
        };
        let plan = self.logical_plan(SqlStatement::Statement(Box::new(query))).await?;
        self.session().execute_logical_plan(plan).await
    }
}

/// The statement of a query that we wrote ourselves.
fn parse_query(sql: &str, state: &datafusion::execution::SessionState) -> Result<Ast> {
    match state.sql_to_statement(sql, &state.config_options().sql_parser.dialect)? {
        SqlStatement::Statement(ast) => Ok(*ast),
        other => Err(datafusion_error(ArrayError::internal(format!("`{other}` is no query")))),
    }
}
