//! Which statements a session may run: those that read, those that its user was granted, and options of its own.

use std::ops::ControlFlow;

use hyperslab::Statement;
use hyperslab::datafusion::sql::parser::{CopyToSource, ResetStatement, Statement as SqlStatement};
use hyperslab::datafusion::sql::sqlparser::ast::{Expr, Select, Set, Statement as Ast, Value, Visit, Visitor};

use super::settings::{check_setting, settable};
use crate::config::Rights;
use crate::error::{ServerError, code};

/// Refuses a statement that would change something that the user has no right to.
///
/// # Errors
/// When it would.
pub(super) fn check(statement: &Statement, rights: &Rights) -> Result<(), ServerError> {
    match statement {
        Statement::DescribeDataset(_) | Statement::ShowDatasets | Statement::DescribeTable(_) => Ok(()),
        Statement::CreateExternalTable(..) => granted(!rights.read.is_empty(), "CREATE EXTERNAL TABLE"),
        Statement::Sql(sql) => check_sql(sql, rights),
    }
}

/// Whether a statement does nothing but read, so that it can be planned before it is to be run.
pub fn is_read(statement: &Statement) -> bool {
    match statement {
        Statement::DescribeDataset(_) | Statement::ShowDatasets | Statement::DescribeTable(_) => true,
        Statement::CreateExternalTable(..) => false,
        Statement::Sql(sql) => match sql.as_ref() {
            SqlStatement::Explain(_) => true,
            SqlStatement::Statement(ast) => reads(ast),
            _ => false,
        },
    }
}

/// Whether a statement asks for something, whatever stands in its parts.
fn reads(ast: &Ast) -> bool {
    matches!(
        ast,
        Ast::Query(_)
            | Ast::ShowTables { .. }
            | Ast::ShowColumns { .. }
            | Ast::ShowFunctions { .. }
            | Ast::ShowVariable { .. }
            | Ast::ShowSchemas { .. }
            | Ast::ShowDatabases { .. }
            | Ast::ExplainTable { .. }
            | Ast::Explain { .. }
    )
}

fn check_sql(sql: &SqlStatement, rights: &Rights) -> Result<(), ServerError> {
    match sql {
        SqlStatement::CopyTo(copy) => {
            granted(!rights.write.is_empty(), "COPY TO")?;
            match &copy.source {
                CopyToSource::Query(query) => check_parts(query),
                CopyToSource::Relation(_) => Ok(()),
            }
        }
        SqlStatement::CreateExternalTable(_) => granted(!rights.read.is_empty(), "CREATE EXTERNAL TABLE"),
        SqlStatement::Explain(explain) => check_sql(&explain.statement, rights),
        SqlStatement::Statement(ast) => match ast.as_ref() {
            Ast::Set(set) => check_set(set),
            ast => check_parts(ast),
        },
        SqlStatement::Reset(ResetStatement::Variable(name)) => settable(&name.to_string()),
    }
}

/// Looks at every statement and query in a part of SQL: `WITH x AS (INSERT …)` holds one too.
fn check_parts(part: &impl Visit) -> Result<(), ServerError> {
    match part.visit(&mut OnlyReads) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct OnlyReads;

impl Visitor for OnlyReads {
    type Break = ServerError;

    fn pre_visit_statement(&mut self, statement: &Ast) -> ControlFlow<ServerError> {
        match reads(statement) {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(refused(&first_words(&statement.to_string()))),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<ServerError> {
        match &select.into {
            Some(_) => ControlFlow::Break(refused("SELECT INTO")),
            None => ControlFlow::Continue(()),
        }
    }
}

fn check_set(set: &Set) -> Result<(), ServerError> {
    let Set::SingleAssignment { variable, values, .. } = set else {
        return Err(refused(&first_words(&set.to_string())));
    };
    let value = match values.as_slice() {
        [Expr::Value(value)] => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.clone(),
            other => other.to_string(),
        },
        values => values.iter().map(Expr::to_string).collect::<Vec<_>>().join(", "),
    };
    // A quoted name is the same option.
    let name = variable.0.iter().map(|part| match part.as_ident() {
        Some(ident) => ident.value.clone(),
        None => part.to_string(),
    });
    check_setting(&name.collect::<Vec<_>>().join("."), &value)
}

fn granted(is: bool, what: &str) -> Result<(), ServerError> {
    match is {
        true => Ok(()),
        false => Err(ServerError::new(code::INSUFFICIENT_PRIVILEGE, format!("`{what}` is not granted to this user"))
            .hint("the configuration of the server grants locations to users")),
    }
}

fn refused(what: &str) -> ServerError {
    ServerError::new(code::READ_ONLY, format!("cannot run `{what}`: this session only reads"))
}

fn first_words(text: &str) -> String {
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ").to_ascii_uppercase()
}

#[cfg(test)]
mod tests;
