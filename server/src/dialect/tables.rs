//! What stands in `FROM`: names with the client's database and schema, and functions that give rows.

use hyperslab::datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, TableAlias, TableAliasColumnDef, TableFactor,
};

use super::expr::Place;
use super::query::quoted;
use super::text::interval;
use super::{Rewrite, expr, functions, names};
use crate::error::ServerError;

impl Rewrite<'_> {
    /// Rewrites one thing in `FROM` that is no query.
    pub(super) fn table(&self, factor: &mut TableFactor) -> Result<(), ServerError> {
        match factor {
            TableFactor::Table { name, args: None, .. } => {
                self.strip_database(name);
                Ok(())
            }
            TableFactor::Table { name, alias, args: Some(args), .. } => {
                self.arguments(&mut args.args)?;
                self.function(name, &mut args.args, alias);
                Ok(())
            }
            TableFactor::Function { name, args, alias, .. } => {
                self.arguments(args)?;
                self.function(name, args, alias);
                Ok(())
            }
            TableFactor::UNNEST { array_exprs, alias, .. } => {
                for expr in array_exprs {
                    self.expr(expr, Place::Condition)?;
                }
                name_column(alias, "unnest");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `database.public.air` is a table of the database that the client is connected to.
    fn strip_database(&self, name: &mut ObjectName) {
        let parts: Vec<String> = name.0.iter().filter_map(|part| part.as_ident()).map(names::folded).collect();
        let [first, rest @ ..] = parts.as_slice() else { return };
        if *first == self.who.database && rest.len() == 2 {
            name.0.remove(0);
        }
    }

    fn arguments(&self, args: &mut [FunctionArg]) -> Result<(), ServerError> {
        for arg in args {
            if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
            | FunctionArg::Named { arg: FunctionArgExpr::Expr(expr), .. } = arg
            {
                match expr {
                    Expr::Subquery(query) => self.query(query, super::query::Level::Table)?,
                    expr => self.expr(expr, Place::Condition)?,
                }
            }
        }
        Ok(())
    }

    fn function(&self, name: &mut ObjectName, args: &mut [FunctionArg], alias: &mut Option<TableAlias>) {
        let last = names::last(name);
        if functions::is_system(name) {
            name.0 = vec![ObjectNamePart::Identifier(Ident::new(last.as_str()))];
        }
        if last != "generate_series" {
            return;
        }
        // A step in text is an interval.
        if let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(step))) = args.get_mut(2)
            && let Some(parsed) = functions::literal(step).and_then(|text| interval::parse(text, None))
        {
            *step = expr::interval(parsed);
        }
        name_column(alias, &last);
    }
}

/// The one column of a function is called as its alias, or else as the function.
fn name_column(alias: &mut Option<TableAlias>, function: &str) {
    let alias = alias.get_or_insert_with(|| TableAlias {
        explicit: true,
        name: quoted(function),
        columns: Vec::new(),
        at: None,
    });
    if alias.columns.is_empty() {
        alias.columns.push(TableAliasColumnDef { name: alias.name.clone(), data_type: None });
    }
}
