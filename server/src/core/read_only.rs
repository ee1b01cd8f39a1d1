//! Which statements a session may run: those that read, and those that its user was granted.

use hyperslab::Statement;
use hyperslab::datafusion::sql::parser::Statement as SqlStatement;
use hyperslab::datafusion::sql::sqlparser::ast::{Set, Statement as Ast};

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

fn check_sql(sql: &SqlStatement, rights: &Rights) -> Result<(), ServerError> {
    match sql {
        SqlStatement::CopyTo(_) => granted(!rights.write.is_empty(), "COPY TO"),
        SqlStatement::CreateExternalTable(_) => granted(!rights.read.is_empty(), "CREATE EXTERNAL TABLE"),
        SqlStatement::Explain(explain) => check_sql(&explain.statement, rights),
        SqlStatement::Statement(ast) => check_ast(ast),
        other => Err(refused(&first_words(&other.to_string()))),
    }
}

fn check_ast(ast: &Ast) -> Result<(), ServerError> {
    match ast {
        Ast::Query(_)
        | Ast::ShowTables { .. }
        | Ast::ShowColumns { .. }
        | Ast::ShowFunctions { .. }
        | Ast::ShowVariable { .. }
        | Ast::ShowSchemas { .. }
        | Ast::ShowDatabases { .. }
        | Ast::ExplainTable { .. } => Ok(()),
        Ast::Explain { statement, .. } => check_ast(statement),
        Ast::Set(Set::SingleAssignment { variable, .. }) if is_own(&variable.to_string()) => Ok(()),
        other => Err(refused(&first_words(&other.to_string()))),
    }
}

/// Whether an option is the session's own: it changes how its queries run. Those of the runtime are limits of the
/// server, those of the catalog are where its names are found.
fn is_own(option: &str) -> bool {
    let option = option.to_ascii_lowercase();
    let own = [
        "hyperslab.scan.",
        "hyperslab.planner.",
        "datafusion.execution.",
        "datafusion.optimizer.",
        "datafusion.sql_parser.",
        "datafusion.explain.",
    ];
    own.iter().any(|prefix| option.starts_with(prefix))
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
