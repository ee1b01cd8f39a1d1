//! Unquoted names match exactly first, then in any case where that is unambiguous.
//!
//! DataFusion reads an unquoted name in lower case. Datasets have names such as `TLAT`, so before planning every
//! unquoted name of a table or column that means one of these is replaced by the quoted real name. A name that
//! matches nothing stays as it was: DataFusion reports it.
//!
//! ```text
//! statement ─→ tables: load what FROM names ─→ rewrite: walk queries, with a scope each ─→ statement
//! ```

mod rewrite;
mod scope;
mod tables;

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::sql::parser::{CopyToSource, Statement as SqlStatement};
use datafusion::sql::sqlparser::ast::{Ident, ObjectName, ObjectNamePart, ObjectType, Query, Statement as Ast};

use crate::regrid;
use rewrite::Rewrite;

/// Replaces the unquoted names in `statement` by what they mean in the session.
///
/// # Errors
/// When a name is ambiguous, or a table that it names cannot be opened.
pub async fn resolve(statement: &mut SqlStatement, state: &SessionState) -> Result<()> {
    // A statement can hold another one (`EXPLAIN`, `PREPARE`), and only the innermost has names.
    let mut statement = statement;
    while let SqlStatement::Explain(explain) = statement {
        statement = &mut explain.statement;
    }
    match statement {
        SqlStatement::Statement(ast) => resolve_ast(ast, state).await,
        SqlStatement::CopyTo(copy) => match &mut copy.source {
            CopyToSource::Query(query) => resolve_query(query, state).await,
            CopyToSource::Relation(name) => resolve_table(name, state),
        },
        SqlStatement::CreateExternalTable(_) | SqlStatement::Reset(_) | SqlStatement::Explain(_) => Ok(()),
    }
}

/// Replaces the parts of a table's name by the real ones, where there is such a table.
///
/// # Errors
/// When the name is ambiguous.
pub fn resolve_table(name: &mut ObjectName, state: &SessionState) -> Result<()> {
    if let Some(real) = tables::real_name(name, state)? {
        rename(name, &real);
    }
    Ok(())
}

/// The table of a name, and the name's parts replaced by the real ones.
///
/// # Errors
/// When there is no such table, the name is ambiguous, or the table cannot be opened.
pub async fn table(name: &mut ObjectName, state: &SessionState) -> Result<Arc<dyn TableProvider>> {
    match tables::provider(name, state).await? {
        Some((table, real)) => {
            rename(name, &real);
            Ok(table)
        }
        None => Err(tables::not_found(name, state)),
    }
}

async fn resolve_ast(ast: &mut Ast, state: &SessionState) -> Result<()> {
    let mut ast = ast;
    while let Ast::Prepare { statement, .. } | Ast::Explain { statement, .. } = ast {
        ast = statement;
    }
    match ast {
        Ast::Query(query) => resolve_query(query, state).await,
        Ast::Insert(insert) => match &mut insert.source {
            Some(query) => resolve_query(query, state).await,
            None => Ok(()),
        },
        Ast::CreateTable(create) => match &mut create.query {
            Some(query) => resolve_query(query, state).await,
            None => Ok(()),
        },
        Ast::CreateView(create) => resolve_query(&mut create.query, state).await,
        Ast::Drop { object_type: ObjectType::Table | ObjectType::View, names, .. } => {
            names.iter_mut().try_for_each(|name| resolve_table(name, state))
        }
        _ => Ok(()),
    }
}

async fn resolve_query(query: &mut Query, state: &SessionState) -> Result<()> {
    regrid::expand(query)?;
    let tables = tables::load(tables::relations(query), state).await?;
    Rewrite::new(&tables, state).query(query, &[], None)?;
    Ok(())
}

/// Writes `real` over `name`; a part that DataFusion would read as that anyway stays as it was written.
fn rename(name: &mut ObjectName, real: &[String]) {
    for (part, real) in name.0.iter_mut().zip(real) {
        if let ObjectNamePart::Identifier(ident) = part {
            rename_ident(ident, real);
        }
    }
}

fn rename_ident(ident: &mut Ident, real: &str) {
    if tables::normalized(ident) != real {
        *ident = Ident::with_quote_and_span('"', ident.span, real);
    }
}

#[cfg(test)]
mod tests;
