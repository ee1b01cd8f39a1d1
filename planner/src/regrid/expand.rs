//! Before names are resolved: a table among the arguments becomes a query of it, so that it is found and loaded as any
//! other table of the statement is.
//!
//! ```text
//! regrid(ersst, like => 'other.zarr', …)  ─→  regrid((SELECT * FROM ersst), like => (SELECT * FROM 'other.zarr'), …)
//! ```

use std::ops::ControlFlow;

use datafusion::common::DataFusionError;
use datafusion::error::Result;
use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, Query, SetExpr, TableFactor,
    TableFunctionArgs, Value, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};

use super::{LIKE, is_regrid};

/// Makes queries of the tables among the arguments of every `regrid` in `query`.
///
/// # Errors
/// When the query of a table does not parse, which does not happen.
pub(crate) fn expand(query: &mut Query) -> Result<()> {
    match query.visit(&mut Expand) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(DataFusionError::from(error)),
    }
}

struct Expand;

impl VisitorMut for Expand {
    type Break = ParserError;

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<ParserError> {
        let TableFactor::Table { name, args: Some(args), .. } = factor else { return ControlFlow::Continue(()) };
        if !is_regrid(name) {
            return ControlFlow::Continue(());
        }
        for (i, arg) in args.args.iter_mut().enumerate() {
            let table = match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(table)) if i == 0 => table,
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(table), .. } if is_like(name) => table,
                _ => continue,
            };
            let Some(from) = table_of(table) else { continue };
            match query_of(from) {
                Ok(query) => *table = Expr::Subquery(Box::new(query)),
                Err(error) => return ControlFlow::Break(error),
            }
        }
        ControlFlow::Continue(())
    }
}

fn is_like(name: &Ident) -> bool {
    name.quote_style.is_none() && name.value.eq_ignore_ascii_case(LIKE)
}

/// The table that an argument is, where it is none in parentheses; a text is a name or a location.
fn table_of(expr: &Expr) -> Option<(ObjectName, Option<TableFunctionArgs>)> {
    match expr {
        Expr::Identifier(ident) => Some((ObjectName::from(vec![ident.clone()]), None)),
        Expr::CompoundIdentifier(parts) => Some((ObjectName::from(parts.clone()), None)),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some((ObjectName::from(vec![Ident::with_quote('\'', text)]), None)),
            _ => None,
        },
        Expr::Function(function) if is_regrid(&function.name) => match &function.args {
            FunctionArguments::List(list) => {
                let args = TableFunctionArgs { args: list.args.clone(), settings: None };
                Some((function.name.clone(), Some(args)))
            }
            _ => None,
        },
        _ => None,
    }
}

fn query_of((table, arguments): (ObjectName, Option<TableFunctionArgs>)) -> Result<Query, ParserError> {
    let mut query = *Parser::new(&GenericDialect {}).try_with_sql("SELECT * FROM t")?.parse_query()?;
    if let SetExpr::Select(select) = query.body.as_mut()
        && let Some(TableFactor::Table { name, args, .. }) = select.from.first_mut().map(|from| &mut from.relation)
    {
        *name = table;
        *args = arguments;
    }
    Ok(query)
}
