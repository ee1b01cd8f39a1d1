//! Joins of two scans of arrays by equal coordinates find their partners by position, without a hash table, where that
//! is the same.
//!
//! ```text
//!  HashJoinExec: time, lat, lon                        ProjectionExec
//!    [FilterExec | ProjectionExec]*             ─→       [FilterExec]
//!      ArrayScanExec: a                                    ArrayScanExec: a, derived=[[t2m] of b at [time shift +1, …]]
//!    [FilterExec | ProjectionExec]*
//!      ArrayScanExec: b
//! ```
//!
//! One side stays the scan; it is the one whose rows meet one row of the other at most. What comes out is a projection
//! over a scan again, so that another join, a window or an aggregate above it is handed to the chunks, too.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{JoinSide, JoinType, NullEquality, Result};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, CaseExpr, Column, IsNotNullExpr, lit};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, conjunction};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use hyperslab_exec::{AlignedScan, Keep};

use super::input::{Input, project};
use super::reasons::Reasons;

type Expr = Arc<dyn PhysicalExpr>;

/// The same join by position, where `plan` is one of two scans.
///
/// # Errors
/// When an expression does not fit its columns.
pub(super) fn on_chunks(
    plan: &Arc<dyn ExecutionPlan>,
    reasons: &mut Reasons,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(join) = plan.downcast_ref::<HashJoinExec>() else { return Ok(None) };
    let (Some(left), Some(right)) = (Input::of(join.left())?, Input::of(join.right())?) else { return Ok(None) };
    if join.null_equality() != NullEquality::NullEqualsNothing || join.null_aware || join.fetch().is_some() {
        return Ok(reasons.none("keys that are NULL meet, or not all rows are wanted"));
    }
    let rank = |input: &Input<'_>| input.scan.rank();
    let sides: &[JoinSide] = match join.join_type() {
        JoinType::Inner if rank(&right) > rank(&left) => &[JoinSide::Right, JoinSide::Left],
        JoinType::Inner => &[JoinSide::Left, JoinSide::Right],
        JoinType::Left | JoinType::LeftSemi | JoinType::LeftAnti => &[JoinSide::Left],
        JoinType::Right | JoinType::RightSemi | JoinType::RightAnti => &[JoinSide::Right],
        JoinType::Full | JoinType::LeftMark | JoinType::RightMark => &[],
    };
    for side in sides {
        let sides = match side {
            JoinSide::Left => Sides { outer: &left, inner: &right, outer_side: *side },
            _ => Sides { outer: &right, inner: &left, outer_side: *side },
        };
        if let Some(plan) = sides.aligned(join, reasons)? {
            return Ok(Some(plan));
        }
    }
    if sides.is_empty() {
        reasons.add(format!("a {} join keeps rows of both arrays", join.join_type()));
    }
    Ok(None)
}

/// The sides of a join: the scan is the outer one, whose rows meet one row of the inner one at most.
struct Sides<'a> {
    outer: &'a Input<'a>,
    inner: &'a Input<'a>,
    outer_side: JoinSide,
}

/// A column of a side, by its number there.
#[derive(Debug, Clone, Copy)]
enum Output {
    Outer(usize),
    Inner(usize),
}

impl Sides<'_> {
    fn aligned(&self, join: &HashJoinExec, reasons: &mut Reasons) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let is_outer_join = matches!(join.join_type(), JoinType::Left | JoinType::Right);
        let is_anti = matches!(join.join_type(), JoinType::LeftAnti | JoinType::RightAnti);
        let outputs = self.outputs(join);
        let of_inner = outputs.iter().filter_map(|output| match output {
            Output::Inner(i) => self.inner.columns.get(*i),
            Output::Outer(_) => None,
        });
        // A partner that a filter rules out leaves NULL behind.
        if is_outer_join && (self.inner.predicate.is_some() || join.filter().is_some()) {
            return Ok(reasons.none("a condition on values decides which cells of an outer join meet nothing"));
        }
        let on = join.on().iter().map(|(left, right)| {
            let (outer, inner) = if self.outer_side == JoinSide::Left { (left, right) } else { (right, left) };
            Ok((self.outer.over_scan(outer)?, self.inner.over_scan(inner)?))
        });
        let on = on.collect::<Result<Vec<_>>>()?;
        let filtered = join.filter().map(JoinFilter::column_indices).unwrap_or_default();
        let filtered = filtered.iter().filter(|c| c.side != self.outer_side);
        let needed = of_inner.chain(filtered.filter_map(|c| self.inner.columns.get(c.index)));
        let needed = needed.chain(&self.inner.predicate).flat_map(collect_columns).map(|c| c.name().to_string());
        let keep = if is_outer_join || is_anti { Keep::All } else { Keep::Met };
        let aligned = self.outer.scan.aligned(self.inner.scan, &on, keep, &needed.collect())?;
        let Some(AlignedScan { scan, columns, met }) = aligned else {
            let name = |input: &Input<'_>| input.scan.table();
            let (outer, inner) = (name(self.outer), name(self.inner));
            return Ok(reasons.none(format!("the keys do not give a cell of {outer} a single position of {inner}")));
        };
        let is_met = met.map(|met| Arc::new(IsNotNullExpr::new(met)) as Expr);
        let inner = self.inner.columns.iter().map(|column| {
            let own = substitute(column, &columns)?;
            Ok(match &is_met {
                // An expression may make something of NULL.
                Some(is_met) if is_outer_join && !column.is::<Column>() => {
                    Arc::new(CaseExpr::try_new(None, vec![(Arc::clone(is_met), own)], None)?)
                }
                _ => own,
            })
        });
        let inner = inner.collect::<Result<Vec<_>>>()?;

        let mut partner: Vec<Expr> = is_met.filter(|_| !is_outer_join).into_iter().collect();
        partner.extend(self.inner.predicate.as_ref().map(|p| substitute(p, &columns)).transpose()?);
        partner.extend(self.residual(join, &inner)?);
        let mut predicates: Vec<Expr> = self.outer.predicate.iter().cloned().collect();
        if is_anti {
            predicates.push(Arc::new(BinaryExpr::new(conjunction(partner), Operator::IsDistinctFrom, lit(true))));
        } else {
            predicates.extend(partner);
        }
        let column = |output: Output| match output {
            Output::Outer(i) => self.outer.columns.get(i).cloned(),
            Output::Inner(i) => inner.get(i).cloned(),
        };
        let columns = outputs.into_iter().filter_map(column).collect();
        let predicate = (!predicates.is_empty()).then(|| conjunction(predicates));
        project(&scan, columns, predicate, &join.schema()).map(Some)
    }

    /// The columns that the join gives.
    fn outputs(&self, join: &HashJoinExec) -> Vec<Output> {
        let outer = (0..self.outer.columns.len()).map(Output::Outer);
        let inner = (0..self.inner.columns.len()).map(Output::Inner);
        let all: Vec<Output> = match join.join_type() {
            JoinType::Inner | JoinType::Left | JoinType::Right => match self.outer_side {
                JoinSide::Left => outer.chain(inner).collect(),
                _ => inner.chain(outer).collect(),
            },
            _ => outer.collect(),
        };
        match &join.projection {
            Some(projection) => projection.iter().filter_map(|i| all.get(*i).copied()).collect(),
            None => all,
        }
    }

    /// What else must hold for rows to meet.
    fn residual(&self, join: &HashJoinExec, inner: &[Expr]) -> Result<Option<Expr>> {
        let Some(filter) = join.filter() else { return Ok(None) };
        let own = |side: JoinSide| if side == self.outer_side { self.outer.columns.as_slice() } else { inner };
        let columns: Vec<Option<Expr>> =
            filter.column_indices().iter().map(|c| own(c.side).get(c.index).cloned()).collect();
        substitute(filter.expression(), &columns).map(Some)
    }
}

/// `expr` with `columns` in place of its own.
fn substitute(expr: &Expr, columns: &[Option<Expr>]) -> Result<Expr> {
    Arc::clone(expr)
        .transform_up(|e| {
            let own = e.downcast_ref::<Column>().and_then(|column| columns.get(column.index())?.as_ref());
            Ok(match own {
                Some(own) => Transformed::yes(Arc::clone(own)),
                None => Transformed::no(e),
            })
        })
        .data()
}
