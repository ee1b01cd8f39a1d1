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

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{JoinSide, JoinType, NullEquality, Result};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column, IsNotNullExpr, lit};
use datafusion::physical_expr::{PhysicalExpr, conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::HashJoinExec;
use hyperslab_exec::{AlignedScan, Keep};

use super::input::Input;
use crate::PlannerOptions;

type Expr = Arc<dyn PhysicalExpr>;

#[derive(Debug)]
pub(crate) struct ChunkJoin;

impl PhysicalOptimizerRule for ChunkJoin {
    fn name(&self) -> &str {
        "hyperslab.chunk_join"
    }

    /// The metadata of a joined schema is that of both sides, that of a projection over one scan is not.
    fn schema_check(&self) -> bool {
        false
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !PlannerOptions::of(config).chunk_join {
            return Ok(plan);
        }
        // From below, so that a join of a join finds a scan.
        plan.transform_up(|node| {
            let on_chunks = node.downcast_ref::<HashJoinExec>().map(on_chunks).transpose()?.flatten();
            Ok(match on_chunks {
                Some(plan) => Transformed::yes(plan),
                None => Transformed::no(node),
            })
        })
        .data()
    }
}

/// The same join by position, where it is one of two scans.
fn on_chunks(join: &HashJoinExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    if join.null_equality() != NullEquality::NullEqualsNothing || join.null_aware || join.fetch().is_some() {
        return Ok(None);
    }
    let (Some(left), Some(right)) = (Input::of(join.left())?, Input::of(join.right())?) else { return Ok(None) };
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
        if let Some(plan) = sides.aligned(join)? {
            return Ok(Some(plan));
        }
    }
    Ok(None)
}

/// The sides of a join: the scan is the outer one, whose rows meet one row of the inner one at most.
struct Sides<'a> {
    outer: &'a Input<'a>,
    inner: &'a Input<'a>,
    outer_side: JoinSide,
}

impl Sides<'_> {
    fn aligned(&self, join: &HashJoinExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let is_outer_join = matches!(join.join_type(), JoinType::Left | JoinType::Right);
        let is_anti = matches!(join.join_type(), JoinType::LeftAnti | JoinType::RightAnti);
        // An expression may make something of NULL, and a row that a filter rules out keeps its partner's place.
        let is_plain = self.inner.columns.iter().all(|c| c.is::<Column>());
        if is_outer_join && (!is_plain || self.inner.predicate.is_some() || join.filter().is_some()) {
            return Ok(None);
        }
        let on = join.on().iter().map(|(left, right)| {
            let (outer, inner) = if self.outer_side == JoinSide::Left { (left, right) } else { (right, left) };
            Ok((self.outer.over_scan(outer)?, self.inner.over_scan(inner)?))
        });
        let on = on.collect::<Result<Vec<_>>>()?;
        let keep = if is_outer_join || is_anti { Keep::All } else { Keep::Met };
        let Some(AlignedScan { scan, columns, met }) = self.outer.scan.aligned(self.inner.scan, &on, keep)? else {
            return Ok(None);
        };
        let inner = self.inner.columns.iter().map(|c| substitute(c, &columns)).collect::<Result<Vec<_>>>()?;

        let mut partner: Vec<Expr> = Vec::new();
        if let Some(met) = met.filter(|_| !is_outer_join) {
            partner.push(Arc::new(IsNotNullExpr::new(met)));
        }
        partner.extend(self.inner.predicate.as_ref().map(|p| substitute(p, &columns)).transpose()?);
        partner.extend(self.residual(join, &inner)?);
        let mut predicates: Vec<Expr> = self.outer.predicate.iter().cloned().collect();
        match is_anti {
            true => {
                predicates.push(Arc::new(BinaryExpr::new(conjunction(partner), Operator::IsDistinctFrom, lit(true))))
            }
            false => predicates.extend(partner),
        }

        let (outer, is_left) = (&self.outer.columns, self.outer_side == JoinSide::Left);
        let all: Vec<Expr> = match join.join_type() {
            JoinType::Inner | JoinType::Left | JoinType::Right if is_left => {
                outer.iter().chain(&inner).cloned().collect()
            }
            JoinType::Inner | JoinType::Left | JoinType::Right => inner.iter().chain(outer).cloned().collect(),
            _ => outer.clone(),
        };
        let columns = match &join.projection {
            Some(projection) => projection.iter().filter_map(|i| all.get(*i).cloned()).collect(),
            None => all,
        };
        let predicate = (!predicates.is_empty()).then(|| conjunction(predicates));
        let over = Input { scan: &scan, columns, predicate };
        over.over(&scan, &[], &join.schema()).map(Some)
    }

    /// What else must hold for rows to meet.
    fn residual(&self, join: &HashJoinExec, inner: &[Expr]) -> Result<Option<Expr>> {
        let Some(filter) = join.filter() else { return Ok(None) };
        let own = |side: JoinSide| if side == self.outer_side { self.outer.columns.as_slice() } else { inner };
        let columns: Option<Vec<Expr>> =
            filter.column_indices().iter().map(|c| own(c.side).get(c.index).cloned()).collect();
        columns.map(|columns| substitute(filter.expression(), &columns)).transpose()
    }
}

/// `expr` with `columns` in place of its own.
fn substitute(expr: &Expr, columns: &[Expr]) -> Result<Expr> {
    Arc::clone(expr)
        .transform_up(|e| {
            let own = e.downcast_ref::<Column>().and_then(|column| columns.get(column.index()));
            Ok(match own {
                Some(own) => Transformed::yes(Arc::clone(own)),
                None => Transformed::no(e),
            })
        })
        .data()
}
