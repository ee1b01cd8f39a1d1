//! Refuses SQL that DataFusion 55 accepts and then answers as if a part of it were not there.

use std::ops::ControlFlow;

use datafusion::error::Result;
use datafusion::sql::parser::{CopyToSource, Statement as SqlStatement};
use datafusion::sql::sqlparser::ast::{Select, TableFactor, Visit, Visitor};
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
}
