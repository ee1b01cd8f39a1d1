//! Conditions on `ctid`, with which DuckDB reads a table in parts: they are answered as if every row lay on page 0.

use std::ops::ControlFlow;

use hyperslab::Statement;
use hyperslab::datafusion::sql::parser::Statement as SqlStatement;
use hyperslab::datafusion::sql::sqlparser::ast::{Expr, Value, VisitMut, VisitorMut};

/// The statement with what its conditions on `ctid` come to in place of them.
pub(super) fn answered(mut statement: Statement) -> Statement {
    if let Statement::Sql(sql) = &mut statement
        && let SqlStatement::Statement(ast) = sql.as_mut()
    {
        let _: ControlFlow<()> = ast.visit(&mut Pages);
    }
    statement
}

struct Pages;

impl VisitorMut for Pages {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Between { expr: what, negated, low, high } = expr
            && is_ctid(what)
            && let (Some((from, 0)), Some((to, _))) = (place(low), place(high))
        {
            // Rows lie at (0,1) and after; the last page asked for is not one that begins before them.
            let within = from == 0 && to > 0;
            *expr = Expr::value(Value::Boolean(within != *negated));
        }
        ControlFlow::Continue(())
    }
}

fn is_ctid(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(name) => name.value == "ctid",
        Expr::CompoundIdentifier(names) => names.last().is_some_and(|name| name.value == "ctid"),
        _ => false,
    }
}

/// Page and number of `'(0,1)'::tid`.
fn place(expr: &Expr) -> Option<(u64, u64)> {
    let Expr::Cast { expr, .. } = expr else { return None };
    let Expr::Value(value) = expr.as_ref() else { return None };
    let Value::SingleQuotedString(text) = &value.value else { return None };
    let (page, number) = text.trim().strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    Some((page.trim().parse().ok()?, number.trim().parse().ok()?))
}
