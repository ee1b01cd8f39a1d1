//! [`Prepared`]: a statement that is planned, by the catalogue or by the query engine, with its columns and parameters.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperslab::datafusion::sql::parser::Statement as SqlStatement;
use hyperslab::datafusion::sql::sqlparser::ast::Statement as Ast;
use hyperslab::{QueryResult, Statement};
use hyperslab_pg_catalog::types;

use super::command::{Command, Text};
use super::connection::{Connection, Fault};
use super::parameters::Parameter;
use super::placeholders::{self, Placeholders};
use super::position::placed;
use super::types::{Column, columns, type_of};
use super::{catalogue, command};
use crate::core::{Watch, is_read};
use crate::dialect::{self, Who};
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
    /// A query of the catalogue.
    Catalogue(Box<hyperslab_pg_catalog::Prepared>),
    Command(Arc<Command>),
}

impl Body {
    /// Holds values against the types of its parameters.
    ///
    /// # Errors
    /// When one is none of its type.
    pub fn check(&self, values: &[Parameter]) -> Result<(), ServerError> {
        values.iter().try_for_each(|value| match self {
            Self::Catalogue(_) => value.clone().into_value().map(drop),
            // Those of a cursor are held against its query, when that is planned.
            Self::Command(_) => Ok(()),
            _ => value.clone().into_scalar().map(drop),
        })
    }
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
            Command::Declare { ref body, .. } => {
                // Drivers give values to the query of a cursor. The query is planned when the cursor is declared; before
                // that only the types of its parameters are asked for.
                let query = match body.text.contains('$') {
                    true => Self::one_command(&body.text)?.filter(|query| matches!(query, Command::Query(_))),
                    false => None,
                };
                let parameters = match query {
                    Some(query) => Box::pin(self.plan(watch, query, types)).await?.parameters,
                    None => Vec::new(),
                };
                Ok(Prepared { parameters, ..self.of_command(text, None, command) })
            }
            other => Ok(self.of_command(text, None, other)),
        }
    }

    fn of_command(&self, text: String, columns: Option<Arc<[Column]>>, command: Command) -> Prepared {
        Prepared { text, columns, parameters: Vec::new(), body: Body::Command(Arc::new(command)) }
    }

    async fn plan_query(&mut self, watch: &Watch, query: &Text, tag: &str, types: &[u32]) -> Result<Prepared, Fault> {
        let text = query.text.clone();
        let in_text = |error: ServerError| placed(error, &query.text, query.offset);
        let mut statements = dialect::parse(self.session.context(), &text).map_err(in_text)?;
        let mut statement = match (statements.pop(), statements.is_empty()) {
            (Some(statement), true) => statement,
            _ => return Err(ServerError::new(code::SYNTAX_ERROR, "expected one statement").into()),
        };
        if let Some(ast) = query_of(&statement)
            && let Some(prepared) = self.prepare_catalogue(&text, ast, types).await.map_err(in_text)?
        {
            let (columns, parameters) = (catalogue::columns(&prepared), prepared.parameter_types().to_vec());
            let body = Body::Catalogue(Box::new(prepared));
            return Ok(Prepared { text, columns: Some(columns), parameters, body });
        }
        if !is_read(&statement) {
            dialect::rewrite(&mut statement, &self.who()).map_err(in_text)?;
            let body = Body::Deferred { statement: Box::new(statement), tag: tag.to_string() };
            return Ok(Prepared { text, columns: None, parameters: Vec::new(), body });
        }
        let (result, parameters) = self.plan_engine(watch, statement, types).await.map_err(in_text)?;
        let columns: Arc<[Column]> = columns(&result.schema()).into();
        let body = Body::Engine { result: Box::new(result), tag: tag.to_string() };
        Ok(Prepared { text, columns: Some(columns), parameters, body })
    }

    /// Plans a statement of the query engine, and finds the types of its parameters.
    async fn plan_engine(
        &mut self,
        watch: &Watch,
        statement: Statement,
        given: &[u32],
    ) -> Result<(QueryResult, Vec<u32>), ServerError> {
        let placeholders = query_of(&statement).map(Placeholders::of).unwrap_or_default();
        let first = self.plan_rewritten(watch, statement.clone()).await;
        if placeholders.count == 0 {
            return Ok((first?, given.to_vec()));
        }
        // Without their types a plan may not be found at all: they may be told.
        let inferred = first.as_ref().ok().and_then(|result| result.parameters().ok()).unwrap_or_default();
        let inferred =
            |number: usize| inferred.get(&format!("${number}")).and_then(|t| t.as_ref()).map(|t| type_of(t).0);
        let types = placeholders.types(given, inferred);
        let told = |(at, oid): (usize, &u32)| {
            let number = at + 1;
            (inferred(number) != Some(*oid) && !placeholders.limits.contains(&number)).then_some((number, *oid))
        };
        let told: BTreeMap<usize, u32> = types.iter().enumerate().filter_map(told).collect();
        if told.is_empty() {
            return Ok((first?, types));
        }
        let mut statement = statement;
        if let Statement::Sql(sql) = &mut statement
            && let SqlStatement::Statement(ast) = sql.as_mut()
        {
            placeholders::wrap(ast, &told);
        }
        Ok((self.plan_rewritten(watch, statement).await?, types))
    }

    async fn plan_rewritten(&mut self, watch: &Watch, mut statement: Statement) -> Result<QueryResult, ServerError> {
        dialect::rewrite(&mut statement, &self.who())?;
        self.session.plan(watch, statement).await
    }

    /// What functions such as `current_user` answer in a query of the query engine.
    fn who(&self) -> Who {
        let mut path = self.settings.search_path().into_iter();
        Who {
            user: self.session.user().to_string(),
            database: self.server.hub.database().to_string(),
            schema: path.find(|name| !name.starts_with('$')).unwrap_or_else(|| "public".into()),
            process: self.session.id(),
            version: format!(
                "PostgreSQL {} (Hyperslab {})",
                self.settings.get("server_version").unwrap_or_default(),
                env!("CARGO_PKG_VERSION")
            ),
        }
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

/// The query of a statement that is one.
fn query_of(statement: &Statement) -> Option<&Ast> {
    match statement {
        Statement::Sql(sql) => match sql.as_ref() {
            SqlStatement::Statement(ast) if matches!(ast.as_ref(), Ast::Query(_)) => Some(ast),
            _ => None,
        },
        _ => None,
    }
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
