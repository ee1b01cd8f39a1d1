//! Refuses SQL that DataFusion 55 accepts and then answers as if a part of it were not there.

use std::ops::ControlFlow;

use datafusion::error::Result;
use datafusion::sql::parser::{CopyToSource, Statement as SqlStatement};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Select, TableFactor, Value, Visit, Visitor,
};
use hyperslab_array::ArrayError;

use super::external;

/// # Errors
/// When the statement holds a clause that DataFusion reads over.
pub(super) fn silently_wrong(statement: &SqlStatement) -> Result<()> {
    let flow = match statement {
        SqlStatement::Statement(ast) => ast.visit(&mut Refuse),
        SqlStatement::Explain(explain) => return silently_wrong(&explain.statement),
        SqlStatement::CopyTo(copy) => match &copy.source {
            CopyToSource::Query(query) => query.visit(&mut Refuse),
            CopyToSource::Relation(_) => ControlFlow::Continue(()),
        },
        SqlStatement::CreateExternalTable(_) | SqlStatement::Reset(_) => ControlFlow::Continue(()),
    };
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(external(error)),
    }
}

struct Refuse;

impl Visitor for Refuse {
    type Break = ArrayError;

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<ArrayError> {
        let (sample, clause) = match factor {
            TableFactor::Table { sample, version, with_ordinality, partitions, .. } => {
                let clause = if version.is_some() {
                    Some("a table version")
                } else if *with_ordinality {
                    Some("`WITH ORDINALITY`")
                } else if !partitions.is_empty() {
                    Some("`PARTITION`")
                } else {
                    None
                };
                (sample.is_some(), clause)
            }
            TableFactor::Derived { sample, .. } => (sample.is_some(), None),
            _ => (false, None),
        };
        if sample {
            return ControlFlow::Break(
                ArrayError::unsupported("`TABLESAMPLE` is not supported")
                    .hint("take every tenth label with a condition on a dimension, or the first rows with `LIMIT`"),
            );
        }
        match clause {
            Some(clause) => ControlFlow::Break(ArrayError::unsupported(format!("{clause} in `FROM` is not supported"))),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<ArrayError> {
        let clause = if select.prewhere.is_some() {
            "PREWHERE"
        } else if !select.connect_by.is_empty() {
            "CONNECT BY"
        } else {
            return ControlFlow::Continue(());
        };
        ControlFlow::Break(ArrayError::unsupported(format!("`{clause}` is not supported")))
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<ArrayError> {
        if let Expr::Function(function) = expr
            && let Some(pattern) = pattern_of(function)
            && !pattern.contains('%')
            && pattern.chars().any(char::is_alphabetic)
        {
            return ControlFlow::Break(
                ArrayError::argument(format!("`{pattern}` has no field of a date, expected fields such as `%Y-%m-%d`"))
                    .hint("`to_char` takes the fields of strftime, not those of PostgreSQL"),
            );
        }
        ControlFlow::Continue(())
    }
}

/// The literal pattern of `to_char(x, 'pattern')`.
fn pattern_of(function: &Function) -> Option<&str> {
    let name = function.name.0.last()?.as_ident()?;
    if !name.value.eq_ignore_ascii_case("to_char") && !name.value.eq_ignore_ascii_case("date_format") {
        return None;
    }
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.get(1)? {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => match &value.value {
            Value::SingleQuotedString(pattern) => Some(pattern),
            _ => None,
        },
        _ => None,
    }
}
