//! `ctid`, the place of a row in a file of PostgreSQL: there is none here, but DuckDB asks for all of them.

use std::ops::ControlFlow;

use hyperslab::datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, Value, Visit, Visitor};

use super::names;
use super::query::unsupported;
use crate::error::ServerError;

/// The last block that a table of PostgreSQL can have, and the one after.
const LAST_BLOCK: u64 = 4_294_967_295;

/// A condition without a range of `ctid` that holds every row.
///
/// # Errors
/// When it asks for some rows by their place.
pub(super) fn without(condition: Expr) -> Result<Option<Expr>, ServerError> {
    let rest = match condition {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => match (without(*left)?, without(*right)?) {
            (Some(left), Some(right)) => {
                Some(Expr::BinaryOp { left: Box::new(left), op: BinaryOperator::And, right: Box::new(right) })
            }
            (left, right) => left.or(right),
        },
        Expr::Nested(inner) => without(*inner)?.map(|inner| Expr::Nested(Box::new(inner))),
        Expr::Between { expr, negated: false, low, high } if is_ctid(&expr) => match (place(&low), place(&high)) {
            (Some((0, 0)), Some((block, _))) if block >= LAST_BLOCK => None,
            _ => return Err(refusal()),
        },
        other => {
            refuse(&other)?;
            Some(other)
        }
    };
    Ok(rest)
}

/// Refuses an expression that asks for `ctid`.
///
/// # Errors
/// When it does.
pub(super) fn refuse(expr: &Expr) -> Result<(), ServerError> {
    match expr.visit(&mut Finds) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(refusal()),
    }
}

struct Finds;

impl Visitor for Finds {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if is_ctid(expr) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn refusal() -> ServerError {
    unsupported("`ctid`").hint("rows have no place here: select by dimensions")
}

fn is_ctid(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(ident) => names::folded(ident) == "ctid",
        Expr::CompoundIdentifier(parts) => parts.last().is_some_and(|ident| names::folded(ident) == "ctid"),
        _ => false,
    }
}

/// The block and the row of `'(0,1)'::tid`.
fn place(expr: &Expr) -> Option<(u64, u64)> {
    let text = match expr {
        Expr::Cast { expr, .. } => return place(expr),
        Expr::TypedString(typed) => &typed.value.value,
        Expr::Value(value) => &value.value,
        _ => return None,
    };
    let Value::SingleQuotedString(text) = text else { return None };
    let (block, row) = text.strip_prefix('(')?.strip_suffix(')')?.split_once(',')?;
    Some((block.trim().parse().ok()?, row.trim().parse().ok()?))
}
