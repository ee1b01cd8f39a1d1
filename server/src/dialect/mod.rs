//! The SQL of PostgreSQL's clients, in the query engine's terms.
//!
//! ```text
//! text ─→ parse ─→ rewrite: names, casts, forms, functions ─→ Session::plan ─→ columns ─→ shown: their names
//! register: the functions that only clients of PostgreSQL have
//! ```
//!
//! What every user of SQL can want is a function of the engine, documented there. Here is what only means something to
//! a client of PostgreSQL.

mod cast;
mod ctid;
mod expr;
mod functions;
mod names;
mod narrow;
mod operators;
mod parse;
mod pattern;
mod query;
mod tables;
mod text;
mod types;
mod udf;

use hyperslab::Statement;
use hyperslab::datafusion::sql::parser::{CopyToSource, Statement as SqlStatement};
use hyperslab::datafusion::sql::sqlparser::ast::Statement as Ast;

pub use names::shown;
pub use parse::parse;
pub use udf::{register, written};

use crate::error::ServerError;
use query::Level;

/// What a statement can ask about the connection that it came on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Who is logged in.
    pub user: String,
    /// The database that the client is connected to.
    pub database: String,
    /// The schema of tables without one.
    pub schema: String,
    /// The number of the connection.
    pub process: i32,
    /// What `version()` says.
    pub version: String,
}

/// Rewrites a statement that came by PostgreSQL's protocol, so that it means here what it means there. Names of columns
/// can be longer afterwards than what the client is to see: [`shown`] says what that is.
///
/// # Errors
/// When it asks for something that there is no equal of.
pub fn rewrite(statement: &mut Statement, who: &Who) -> Result<(), ServerError> {
    match statement {
        Statement::Sql(sql) => rewrite_sql(sql, who),
        _ => Ok(()),
    }
}

fn rewrite_sql(statement: &mut SqlStatement, who: &Who) -> Result<(), ServerError> {
    match statement {
        SqlStatement::Statement(ast) => rewrite_ast(ast, who),
        SqlStatement::Explain(explain) => rewrite_sql(&mut explain.statement, who),
        SqlStatement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => Rewrite { who }.query(query, Level::Table),
            CopyToSource::Relation(_) => Ok(()),
        },
        _ => Ok(()),
    }
}

/// As [`rewrite`], of a statement that is taken apart already, such as the query of a cursor.
///
/// # Errors
/// As [`rewrite`].
pub fn rewrite_ast(ast: &mut Ast, who: &Who) -> Result<(), ServerError> {
    match ast {
        Ast::Query(query) => Rewrite { who }.query(query, Level::Top),
        Ast::Explain { statement, .. } => rewrite_ast(statement, who),
        _ => Ok(()),
    }
}

/// One rewrite.
struct Rewrite<'a> {
    who: &'a Who,
}
