//! Joins of a scan of arrays with rows that are keyed by functions of its dimensions find the row of each cell by
//! position, without a hash table, where that is the same.
//!
//! ```text
//!  HashJoinExec: on=[month(time) = m, lat = lat]        ProjectionExec
//!    [FilterExec | ProjectionExec]*               ─→      FilterExec: matched AND …
//!      ArrayScanExec                                        ArrayScanExec: derived=[lookup of rows]
//!    any plan                                                 any plan
//! ```

use std::sync::Arc;

use datafusion::common::stats::Precision;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{JoinSide, JoinType, NullEquality, Result};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{Column, NotExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use hyperslab_exec::{ArrayScanExec, LookupKind};

use super::input::{Input, and, project};
use super::reasons::Reasons;

type Expr = Arc<dyn PhysicalExpr>;

/// Rows that are always few enough to be collected.
const FEW_ROWS: u64 = 1 << 20;

/// The same join by position, where `plan` is one of a scan with rows.
///
/// # Errors
/// When an expression does not fit its columns.
pub(super) fn on_chunks(
    plan: &Arc<dyn ExecutionPlan>,
    reasons: &mut Reasons,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(join) = plan.downcast_ref::<HashJoinExec>() else { return Ok(None) };
    if join.null_equality() != NullEquality::NullEqualsNothing || join.null_aware || join.fetch().is_some() {
        return Ok(None);
    }
    let (left, right) = (Input::of(join.left())?, Input::of(join.right())?);
    let cells = |input: &Option<Input<'_>>| input.as_ref().and_then(|i| i.scan.cells()).unwrap_or(u64::MAX);
    let sides = match (&left, &right) {
        (None, None) => return Ok(None),
        (Some(_), None) => [Some(JoinSide::Left), None],
        (None, Some(_)) => [Some(JoinSide::Right), None],
        // The larger one is kept, the smaller one is collected.
        _ if cells(&left) >= cells(&right) => [Some(JoinSide::Left), Some(JoinSide::Right)],
        _ => [Some(JoinSide::Right), Some(JoinSide::Left)],
    };
    for side in sides.into_iter().flatten() {
        let (input, rows) = match side {
            JoinSide::Left => (&left, join.right()),
            _ => (&right, join.left()),
        };
        let Some(input) = input else { continue };
        if let Some(plan) = (Lookup { join, side, input, rows }).by_position(reasons)? {
            return Ok(Some(plan));
        }
    }
    Ok(None)
}

/// A join in which one side is kept and the other one is looked up.
struct Lookup<'a> {
    join: &'a HashJoinExec,
    /// The side of the arrays.
    side: JoinSide,
    input: &'a Input<'a>,
    rows: &'a Arc<dyn ExecutionPlan>,
}

/// What is left of the cells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    All,
    Matched,
    Others,
}

impl Lookup<'_> {
    fn by_position(&self, reasons: &mut Reasons) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let is_left = self.side == JoinSide::Left;
        let (kind, kept) = match (self.join.join_type(), is_left) {
            (JoinType::Inner, _) => (LookupKind::Inner, Kept::Matched),
            (JoinType::Left, true) | (JoinType::Right, false) => (LookupKind::Outer, Kept::All),
            (JoinType::LeftSemi, true) | (JoinType::RightSemi, false) => (LookupKind::Exists, Kept::Matched),
            (JoinType::LeftAnti, true) | (JoinType::RightAnti, false) => (LookupKind::Exists, Kept::Others),
            (kind, _) => return Ok(reasons.none(format!("as a lookup: a {kind} join keeps rows that no cell meets"))),
        };
        if kind != LookupKind::Inner && self.join.filter().is_some() {
            return Ok(reasons.none("as a lookup: a condition beside the keys decides which cells meet nothing"));
        }
        if !self.is_small()? {
            return Ok(reasons.none("as a lookup: the other side has more rows than are worth collecting"));
        }
        let keys = self.join.on().iter().map(|(left, right)| {
            let (own, other) = if is_left { (left, right) } else { (right, left) };
            Ok((self.input.over_scan(own)?, Arc::clone(other)))
        });
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let Some(scan) = self.input.scan.with_rows(&keys, self.rows, kind)? else {
            let table = self.input.scan.table();
            return Ok(reasons.none(format!("as a lookup: a key is no function of one dimension of {table}")));
        };
        let columns = self.columns(&scan)?;
        let Some(matched) = scan.schema().fields().last().map(|f| f.name().clone()) else { return Ok(None) };
        let matched: Expr = Arc::new(Column::new_with_schema(&matched, &scan.schema())?);
        let kept: Option<Expr> = match kept {
            Kept::All => None,
            Kept::Matched => Some(matched),
            Kept::Others => Some(Arc::new(NotExpr::new(matched))),
        };
        let residual = self.join.filter().map(|filter| residual(filter, &columns)).transpose()?;
        let predicate = and(and(kept, self.input.predicate.clone()), residual);
        let (left, right) = if is_left { (columns.own, columns.rows) } else { (columns.rows, columns.own) };
        let all: Vec<Expr> = match self.join.join_type() {
            JoinType::LeftSemi | JoinType::LeftAnti => left,
            JoinType::RightSemi | JoinType::RightAnti => right,
            _ => left.into_iter().chain(right).collect(),
        };
        let shown = match self.join.projection.as_deref() {
            Some(projection) => projection.iter().filter_map(|i| all.get(*i).cloned()).collect(),
            None => all,
        };
        project(&scan, shown, predicate, &self.join.schema()).map(Some)
    }

    /// The columns of both sides, over those of `scan`.
    fn columns(&self, scan: &ArrayScanExec) -> Result<Columns> {
        let schema = scan.schema();
        let count = self.rows.schema().fields().len();
        let first = self.input.scan.schema().fields().len();
        let of_rows = schema.fields().iter().enumerate().skip(first).take(count);
        let rows = of_rows.map(|(i, field)| Arc::new(Column::new(field.name(), i)) as Expr).collect();
        Ok(Columns { own: self.input.columns.clone(), rows, own_side: self.side })
    }

    /// Whether the rows are few beside the cells, as far as anybody knows.
    fn is_small(&self) -> Result<bool> {
        let statistics = StatisticsContext::new().compute(self.rows.as_ref(), &StatisticsArgs::new())?;
        let cells = self.input.scan.cells().unwrap_or(u64::MAX);
        Ok(match statistics.num_rows {
            Precision::Exact(rows) => rows as u64 <= FEW_ROWS.max(cells / 4),
            // Of an aggregate, only the rows that it reads are known.
            Precision::Inexact(rows) => rows as u64 <= FEW_ROWS.max(cells),
            Precision::Absent => true,
        })
    }
}

/// The columns of both sides of a join.
struct Columns {
    own: Vec<Expr>,
    rows: Vec<Expr>,
    own_side: JoinSide,
}

/// A condition of a join over the columns of the scan.
fn residual(filter: &JoinFilter, columns: &Columns) -> Result<Expr> {
    let own = filter.column_indices().iter().map(|column| {
        let side = if column.side == columns.own_side { &columns.own } else { &columns.rows };
        side.get(column.index).cloned()
    });
    let own: Vec<Option<Expr>> = own.collect();
    Arc::clone(filter.expression())
        .transform_up(|e| {
            let moved = e.downcast_ref::<Column>().and_then(|c| own.get(c.index()).cloned().flatten());
            Ok(match moved {
                Some(moved) => Transformed::yes(moved),
                None => Transformed::no(e),
            })
        })
        .data()
}
