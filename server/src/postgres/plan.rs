//! [`Prepared`]: a statement that is planned, by the catalogue or by the query engine, with its columns and parameters.

use std::sync::Arc;

use hyperslab::datafusion::sql::parser::Statement as SqlStatement;
use hyperslab::{QueryResult, Statement};
use hyperslab_pg_catalog::types;

use super::command::{Command, Text};
use super::connection::{Connection, Fault};
use super::position::placed;
use super::types::{Column, columns, type_of};
use super::{command, ctid};
use crate::core::Watch;
use crate::error::{ServerError, code};

/// A statement that is planned.
#[derive(Debug)]
pub(super) struct Prepared {
    pub text: String,
    /// `None` for a statement that answers with no rows.
    pub columns: Option<Arc<[Column]>>,
    /// The types of its parameters.
    pub parameters: Vec<u32>,
    pub body: Body,
}

/// What is to be run.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// A text without a statement.
    Empty,
    /// A query of the query engine, or what it has answered already.
    Engine {
        result: Box<QueryResult>,
        tag: String,
    },
    /// A statement of the query engine that does something: it is planned when it is run.
    Deferred {
        statement: Box<Statement>,
        tag: String,
    },
    Command(Arc<Command>),
}

impl Connection {
    /// Plans one statement.
    ///
    /// # Errors
    /// When it cannot be.
    pub async fn plan(&mut self, watch: &Watch, command: Command, types: &[u32]) -> Result<Prepared, Fault> {
        let text = String::new();
        match command {
            Command::Query(query) => self.plan_query(watch, &query, "SELECT", types).await,
            Command::Engine { tag, text } => self.plan_query(watch, &text, &tag, types).await,
            Command::Show(name) => {
                let columns: Arc<[Column]> = match &name {
                    Some(name) => {
                        let shown = super::settings::proper_name(name);
                        Arc::new([Column::new(shown, types::TEXT)])
                    }
                    None => ["name", "setting", "description"].map(|n| Column::new(n, types::TEXT)).into(),
                };
                Ok(self.of_command(text, Some(columns), Command::Show(name)))
            }
            Command::Fetch { ref name, moves, .. } => {
                let portal = self.portals.get(name).ok_or_else(|| no_cursor(name))?;
                let columns = if moves { None } else { portal.columns.clone() };
                Ok(self.of_command(text, columns, command))
            }
            Command::Execute { ref name, .. } => {
                let prepared = self.statements.get(name).ok_or_else(|| no_statement(name))?;
                let columns = prepared.columns.clone();
                Ok(self.of_command(text, columns, command))
            }
            other => Ok(self.of_command(text, None, other)),
        }
    }

    fn of_command(&self, text: String, columns: Option<Arc<[Column]>>, command: Command) -> Prepared {
        Prepared { text, columns, parameters: Vec::new(), body: Body::Command(Arc::new(command)) }
    }

    async fn plan_query(&mut self, watch: &Watch, query: &Text, tag: &str, types: &[u32]) -> Result<Prepared, Fault> {
        let context = self.session.context().clone();
        let mut statements = context.parse(&query.text).map_err(|e| placed(e.into(), &query.text, query.offset))?;
        let statement = match (statements.pop(), statements.is_empty()) {
            (Some(statement), true) => statement,
            _ => return Err(ServerError::new(code::SYNTAX_ERROR, "expected one statement").into()),
        };
        let statement = ctid::answered(statement);
        let text = query.text.clone();
        if !is_plain_read(&statement) {
            let body = Body::Deferred { statement: Box::new(statement), tag: tag.to_string() };
            return Ok(Prepared { text, columns: None, parameters: Vec::new(), body });
        }
        let planned = self.session.plan(watch, statement).await;
        let result = planned.map_err(|e| placed(e, &query.text, query.offset))?;
        let columns: Arc<[Column]> = columns(&result.schema()).into();
        let parameters = parameters(&result, types)?;
        let body = Body::Engine { result: Box::new(result), tag: tag.to_string() };
        Ok(Prepared { text, columns: Some(columns), parameters, body })
    }

    /// The one command of a text, for the extended protocol and `DECLARE`.
    ///
    /// # Errors
    /// When there are several.
    pub fn one_command(text: &str) -> Result<Option<Command>, ServerError> {
        let pieces = command::split(text)?;
        match pieces.as_slice() {
            [] => Ok(None),
            [piece] => command::parse(piece).map(Some),
            _ => Err(ServerError::new(code::SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement")),
        }
    }
}

/// Whether a statement only reads, so that it can be planned before it is to be run.
fn is_plain_read(statement: &Statement) -> bool {
    match statement {
        Statement::DescribeDataset(_) | Statement::ShowDatasets | Statement::DescribeTable(_) => true,
        Statement::CreateExternalTable(..) => false,
        Statement::Sql(sql) => match sql.as_ref() {
            SqlStatement::Statement(ast) => {
                use hyperslab::datafusion::sql::sqlparser::ast::Statement as Ast;
                matches!(
                    ast.as_ref(),
                    Ast::Query(_)
                        | Ast::ShowTables { .. }
                        | Ast::ShowColumns { .. }
                        | Ast::ShowFunctions { .. }
                        | Ast::ShowVariable { .. }
                        | Ast::ShowSchemas { .. }
                        | Ast::ShowDatabases { .. }
                        | Ast::Explain { .. }
                        | Ast::ExplainTable { .. }
                )
            }
            SqlStatement::Explain(_) => true,
            _ => false,
        },
    }
}

/// The types of the parameters: what the client says, else what their places ask for, else text.
fn parameters(result: &QueryResult, given: &[u32]) -> Result<Vec<u32>, ServerError> {
    let inferred = result.parameters()?;
    let number = |name: &str| name.trim_start_matches('$').parse::<usize>().ok().filter(|n| (1..=65_535).contains(n));
    let count = inferred.keys().filter_map(|name| number(name)).max().unwrap_or(0).max(given.len());
    let mut all = vec![types::TEXT; count];
    for (name, data_type) in &inferred {
        if let (Some(place), Some(data_type)) = (number(name).and_then(|n| all.get_mut(n - 1)), data_type) {
            *place = type_of(data_type).0;
        }
    }
    for (place, oid) in all.iter_mut().zip(given) {
        // 0 and 705 say that the client does not know.
        if !matches!(*oid, 0 | types::UNKNOWN) {
            *place = *oid;
        }
    }
    Ok(all)
}

/// That there is no such cursor.
pub(super) fn no_cursor(name: &str) -> ServerError {
    ServerError::new(code::INVALID_CURSOR_NAME, format!("cursor \"{name}\" does not exist"))
}

/// That there is no such statement.
pub(super) fn no_statement(name: &str) -> ServerError {
    let message = match name {
        "" => "unnamed prepared statement does not exist".to_string(),
        _ => format!("prepared statement \"{name}\" does not exist"),
    };
    ServerError::new(code::INVALID_STATEMENT_NAME, message)
}
