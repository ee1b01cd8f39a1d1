//! Finds comparisons of an expression with constants, however they are written, and puts other operands in.

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::expr::InList;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};
use hyperslab_exec::functions::lookup::is_bound;

/// What becomes of a comparison of `labels` with `other`.
pub(super) enum Operand {
    /// Nothing.
    Keep,
    /// It is compared with this instead.
    Other(Expr),
    /// No label is equal to it.
    NeverEqual,
}

/// Asks `f(labels, operator, other)` for each comparison in `expr` itself, with either side as the labels.
pub(super) fn map_operands(
    expr: Expr,
    mut f: impl FnMut(&Expr, Operator, &Expr) -> Result<Operand>,
) -> Result<Transformed<Expr>> {
    match expr {
        Expr::BinaryExpr(binary) if is_comparison(binary.op) => map_binary(binary, &mut f),
        Expr::Between(between) => map_between(between, &mut f),
        Expr::InList(list) => map_in_list(list, &mut f),
        _ => Ok(Transformed::no(expr)),
    }
}

fn map_binary(
    binary: BinaryExpr,
    f: &mut impl FnMut(&Expr, Operator, &Expr) -> Result<Operand>,
) -> Result<Transformed<Expr>> {
    let BinaryExpr { left, op, right } = binary;
    match f(&left, op, &right)? {
        Operand::Other(other) => {
            return Ok(Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right: Box::new(other) })));
        }
        Operand::NeverEqual => return Ok(Transformed::yes(never_equal(*left, op, *right))),
        Operand::Keep => {}
    }
    let swapped = op.swap().unwrap_or(op);
    Ok(match f(&right, swapped, &left)? {
        Operand::Other(other) => Transformed::yes(Expr::BinaryExpr(BinaryExpr { left: Box::new(other), op, right })),
        Operand::NeverEqual => Transformed::yes(never_equal(*right, op, *left)),
        Operand::Keep => Transformed::no(Expr::BinaryExpr(BinaryExpr { left, op, right })),
    })
}

fn map_between(
    between: Between,
    f: &mut impl FnMut(&Expr, Operator, &Expr) -> Result<Operand>,
) -> Result<Transformed<Expr>> {
    let Between { expr, negated, low, high } = between;
    let mut changed = false;
    let mut operand =
        |labels: &Expr, op, bound: Box<Expr>, f: &mut dyn FnMut(&Expr, Operator, &Expr) -> Result<Operand>| {
            Ok::<_, datafusion::error::DataFusionError>(match f(labels, op, &bound)? {
                Operand::Other(other) => {
                    changed = true;
                    Box::new(other)
                }
                _ => bound,
            })
        };
    let low = operand(&expr, Operator::GtEq, low, f)?;
    let high = operand(&expr, Operator::LtEq, high, f)?;
    // A constant between two columns of labels must mean the same to both.
    let expr = match f(&low, Operator::Eq, &expr)? {
        Operand::Other(other) => {
            changed = true;
            Box::new(other)
        }
        _ => expr,
    };
    Ok(Transformed::new_transformed(Expr::Between(Between { expr, negated, low, high }), changed))
}

fn map_in_list(
    list: InList,
    f: &mut impl FnMut(&Expr, Operator, &Expr) -> Result<Operand>,
) -> Result<Transformed<Expr>> {
    let InList { expr, list, negated } = list;
    let mut changed = false;
    let mut items = Vec::with_capacity(list.len());
    let mut dropped = None;
    for item in list {
        match f(&expr, Operator::Eq, &item)? {
            Operand::Keep => items.push(item),
            Operand::Other(other) => {
                changed = true;
                items.push(other);
            }
            Operand::NeverEqual => {
                changed = true;
                dropped = Some(item);
            }
        }
    }
    if let (true, Some(item)) = (items.is_empty(), dropped) {
        let op = if negated { Operator::NotEq } else { Operator::Eq };
        return Ok(Transformed::yes(never_equal(*expr, op, item)));
    }
    Ok(Transformed::new_transformed(Expr::InList(InList { expr, list: items, negated }), changed))
}

/// `labels <op> other` where no label is equal to `other`: NULL stays NULL.
fn never_equal(labels: Expr, op: Operator, other: Expr) -> Expr {
    match op {
        Operator::IsDistinctFrom => datafusion::logical_expr::lit(true),
        Operator::IsNotDistinctFrom => datafusion::logical_expr::lit(false),
        Operator::NotEq => labels.clone().lt(other.clone()).or(labels.gt_eq(other)),
        _ => labels.clone().lt(other.clone()).and(labels.gt_eq(other)),
    }
}

fn is_comparison(op: Operator) -> bool {
    matches!(
        op,
        Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq
            | Operator::IsDistinctFrom
            | Operator::IsNotDistinctFrom
    )
}

/// Whether `expr` is the same for every row and known without running a query.
pub(super) fn is_constant(expr: &Expr) -> bool {
    !contains(expr, |e| {
        matches!(
            e,
            Expr::Column(_)
                | Expr::OuterReferenceColumn(..)
                | Expr::Placeholder(_)
                | Expr::ScalarVariable(..)
                | Expr::ScalarSubquery(_)
                | Expr::Exists(_)
                | Expr::InSubquery(_)
                | Expr::SetComparison(_)
                | Expr::AggregateFunction(_)
                | Expr::WindowFunction(_)
                | Expr::Unnest(_)
                | Expr::LambdaVariable(_)
        )
    }) && !expr.is_volatile()
}

/// Whether `expr` has a column, of this query or an outer one, or a label that was looked up.
pub(super) fn has_labels(expr: &Expr) -> bool {
    contains(expr, |e| matches!(e, Expr::Column(_) | Expr::OuterReferenceColumn(..)) || is_lookup(e))
}

/// Whether `expr` is a call of `nearest`, `pad` or `backfill` that is bound to its labels.
pub(super) fn is_lookup(expr: &Expr) -> bool {
    matches!(expr, Expr::ScalarFunction(f) if is_bound(&f.func))
}

/// Whether `test` holds for a part of `expr`.
pub(super) fn contains(expr: &Expr, mut test: impl FnMut(&Expr) -> bool) -> bool {
    let mut found = false;
    // The closure does not fail.
    let _ = expr.apply(|e| {
        found |= test(e);
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    found
}
