//! From predicates to index ranges: which of them the labels decide, and what they leave of each dimension.
//!
//! ```text
//!  predicate ─→ classify ─┬─ Labels: columns of one dimension ─→ index.rs (col op literal, binary search)
//!                         │                                  └─→ labels.rs (anything else, evaluated over labels)
//!                         ├─ Blocks: 2-D coordinates          ─→ evaluated unit by unit while the scan runs
//!                         ├─ Implied: part of it prunes       ─→ as Labels, and the filter stays
//!                         └─ Unknown                          ─→ the filter stays
//! ```
//!
//! What is NULL is not selected; what is unknown never prunes.

mod index;
mod labels;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests;

use std::collections::BTreeSet;

use datafusion::catalog::Session;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, TableProviderFilterPushDown, Volatility};
use hyperslab_array::{IndexRanges, Role, Selection};

use crate::layout::{Column, Layout};

pub(crate) use index::{has_sql_order, sql_order};
pub(crate) use labels::{LabelFilter, evaluate, for_each_block, mask, unqualified};

/// Positions without labels are not enumerated beyond this.
const MOST_POSITIONS: u64 = 1 << 28;

/// What decides a predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decided {
    /// Labels of one dimension, or of none: scalars and constants.
    Labels(Option<usize>),
    /// Coordinates of several dimensions.
    Blocks,
    /// Partly labels.
    Implied,
    /// Something else.
    Unknown,
}

/// What the predicates leave of a grid.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    /// Indices of each dimension.
    pub selection: Selection,
    /// Whether a predicate without dimensions rules every row out.
    pub nothing: bool,
    /// Predicates on coordinates of several dimensions, which the scan evaluates unit by unit.
    pub blocks: Vec<Expr>,
}

/// How far the table can take over `filter`.
pub(crate) fn pushdown(layout: &Layout, filter: &Expr) -> TableProviderFilterPushDown {
    match decided(layout, filter) {
        Decided::Labels(_) => TableProviderFilterPushDown::Exact,
        Decided::Blocks | Decided::Implied => TableProviderFilterPushDown::Inexact,
        Decided::Unknown => TableProviderFilterPushDown::Unsupported,
    }
}

/// What `filters` leave of the grid. With `use_index`, simple comparisons go through the index of the coordinate.
///
/// # Errors
/// When a predicate fails for a label, as it would for a row.
pub(crate) fn choose(layout: &Layout, filters: &[Expr], session: &dyn Session, use_index: bool) -> Result<Chosen> {
    let mut chosen = Chosen { selection: Selection::all(&layout.shape()), nothing: false, blocks: Vec::new() };
    let conjuncts: Vec<(&Expr, Decided)> =
        filters.iter().flat_map(split_conjunction).map(|e| (e, decided(layout, e))).collect();
    // First what costs little, so that the rest is evaluated over fewer labels.
    let mut rest = Vec::new();
    for (conjunct, decided) in conjuncts {
        match decided {
            Decided::Labels(Some(d)) => match index::ranges(layout, conjunct) {
                Some(ranges) if use_index || !is_enumerable(layout, conjunct) => chosen.narrow(d, &ranges),
                _ => rest.push((conjunct, Some(d))),
            },
            Decided::Labels(None) => rest.push((conjunct, None)),
            Decided::Blocks => chosen.blocks.push(conjunct.clone()),
            Decided::Implied | Decided::Unknown => {}
        }
        if matches!(decided, Decided::Blocks | Decided::Implied) {
            for d in implied_dimensions(layout, conjunct) {
                let ranges = implied(layout, conjunct, d, session)?;
                chosen.narrow(d, &ranges);
            }
        }
    }
    for (conjunct, dimension) in rest {
        match dimension {
            Some(d) => {
                let filter = LabelFilter::try_new(layout, conjunct, session)?;
                let within = chosen.selection.dimensions.get(d).cloned().unwrap_or_default();
                let ranges = filter.ranges(layout, Some(d), &within)?;
                chosen.narrow(d, &ranges);
            }
            None => {
                let filter = LabelFilter::try_new(layout, conjunct, session)?;
                let is_true = !filter.ranges(layout, None, &IndexRanges::all(1))?.is_empty();
                chosen.nothing |= !is_true;
            }
        }
    }
    if chosen.nothing {
        chosen.selection.dimensions.iter_mut().for_each(|d| *d = IndexRanges::empty());
    }
    Ok(chosen)
}

impl Chosen {
    fn narrow(&mut self, dimension: usize, ranges: &IndexRanges) {
        if let Some(selected) = self.selection.dimensions.get_mut(dimension) {
            *selected = selected.intersect(ranges);
        }
    }
}

fn decided(layout: &Layout, expr: &Expr) -> Decided {
    if !is_pure(expr) {
        return Decided::Unknown;
    }
    let mut dimensions = BTreeSet::new();
    let (mut blocks, mut data) = (false, false);
    for name in expr.column_refs().iter().map(|c| c.name.as_str()) {
        match layout.column(name) {
            Some(Column::Index { dimension } | Column::Labels { dimension, .. }) => {
                dimensions.insert(*dimension);
            }
            Some(Column::Scalar { .. }) => {}
            Some(Column::Array { variable, .. }) if variable.role == Role::Coordinate => blocks = true,
            Some(Column::Array { .. } | Column::Derived { .. }) => data = true,
            None => return Decided::Unknown,
        }
    }
    if data || (dimensions.len() > 1 && !blocks) {
        return if implied_dimensions(layout, expr).is_empty() { Decided::Unknown } else { Decided::Implied };
    }
    if blocks {
        return Decided::Blocks;
    }
    if !is_enumerable(layout, expr) && index::ranges(layout, expr).is_none() {
        return Decided::Unknown;
    }
    Decided::Labels(dimensions.first().copied())
}

/// Whether the expression gives the same for the same row at any time, and needs nothing but the row.
pub(crate) fn is_pure(expr: &Expr) -> bool {
    let mut pure = true;
    let walked = expr.apply(|e| {
        pure &= match e {
            Expr::ScalarFunction(f) => f.func.signature().volatility == Volatility::Immutable,
            Expr::Alias(_)
            | Expr::Column(_)
            | Expr::Literal(..)
            | Expr::BinaryExpr(_)
            | Expr::Like(_)
            | Expr::SimilarTo(_)
            | Expr::Not(_)
            | Expr::IsNotNull(_)
            | Expr::IsNull(_)
            | Expr::IsTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNotFalse(_)
            | Expr::IsNotUnknown(_)
            | Expr::Negative(_)
            | Expr::Between(_)
            | Expr::Case(_)
            | Expr::Cast(_)
            | Expr::TryCast(_)
            | Expr::InList(_) => true,
            _ => false,
        };
        Ok(if pure { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    walked.is_ok() && pure
}

/// Whether the labels or positions that `expr` needs can be gone through one by one.
fn is_enumerable(layout: &Layout, expr: &Expr) -> bool {
    expr.column_refs().iter().all(|c| match layout.column(&c.name) {
        Some(Column::Index { dimension }) => {
            layout.grid.dimensions.get(*dimension).is_some_and(|d| d.size <= MOST_POSITIONS)
        }
        _ => true,
    })
}

/// The dimensions of which `expr`, where it is true, says something on its own.
fn implied_dimensions(layout: &Layout, expr: &Expr) -> BTreeSet<usize> {
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if matches!(op, Operator::And | Operator::Or) => {
            let (left, right) = (implied_dimensions(layout, left), implied_dimensions(layout, right));
            if *op == Operator::And { &left | &right } else { &left & &right }
        }
        _ => single_dimension(layout, expr).into_iter().collect(),
    }
}

/// The dimension whose labels alone decide `expr`.
fn single_dimension(layout: &Layout, expr: &Expr) -> Option<usize> {
    let mut found = None;
    for column in expr.column_refs() {
        match layout.column(&column.name)? {
            Column::Index { dimension } | Column::Labels { dimension, .. } if found.is_none_or(|f| f == *dimension) => {
                found = Some(*dimension);
            }
            Column::Scalar { .. } => {}
            _ => return None,
        }
    }
    found.filter(|_| is_enumerable(layout, expr))
}

/// Indices of `dimension` outside of which `expr` is never true.
fn implied(layout: &Layout, expr: &Expr, dimension: usize, session: &dyn Session) -> Result<IndexRanges> {
    let size = layout.grid.dimensions.get(dimension).map_or(0, |d| d.size);
    match expr {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if matches!(op, Operator::And | Operator::Or) => {
            let left = implied(layout, left, dimension, session)?;
            let right = implied(layout, right, dimension, session)?;
            Ok(if *op == Operator::And { left.intersect(&right) } else { left.union(&right) })
        }
        _ if implied_dimensions(layout, expr).contains(&dimension) => match index::ranges(layout, expr) {
            Some(ranges) => Ok(ranges),
            // An error here may be one that no row would have met: it prunes nothing.
            None => Ok(LabelFilter::try_new(layout, expr, session)
                .and_then(|f| f.ranges(layout, Some(dimension), &IndexRanges::all(size)))
                .unwrap_or_else(|_| IndexRanges::all(size))),
        },
        _ => Ok(IndexRanges::all(size)),
    }
}
