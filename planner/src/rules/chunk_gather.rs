//! Points that are joined with a grid find their cells by position, where that is the same.
//!
//! ```text
//!  HashJoinExec: nearest(lat, b.lat) = e.lat, …
//!    points                                        ─→     ArrayGatherExec
//!    [FilterExec | ProjectionExec]*                         points
//!      ArrayScanExec
//! ```
//!
//! Two grids are not points and a grid: where both sides are filters and projections over a scan, the rule stands back.

use std::sync::Arc;

use datafusion::common::{JoinSide, JoinType, NullEquality, Result};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::HashJoinExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use hyperslab_exec::{ArrayGatherExec, GatherColumn, GatherFilter, GatherKind, GatherRequest};

use super::input::Input;
use super::reasons::Reasons;

/// The same join as a gather, where `plan` is one of a grid with what is none.
///
/// # Errors
/// When an expression does not fit its columns.
pub(super) fn on_chunks(
    plan: &Arc<dyn ExecutionPlan>,
    reasons: &mut Reasons,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let gather = plan.downcast_ref::<HashJoinExec>().map(|join| gather(join, reasons)).transpose()?.flatten();
    Ok(gather.map(|gather| Arc::new(gather) as _))
}

/// The same join as a gather, where one side is a grid and the other is not.
fn gather(join: &HashJoinExec, reasons: &mut Reasons) -> Result<Option<ArrayGatherExec>> {
    let is_plain = join.null_equality() == NullEquality::NullEqualsNothing
        && !join.null_aware
        && join.fetch().is_none()
        && join.dynamic_expressions_produced().is_empty();
    let (grid, points, side) = match (Input::of(join.left())?, Input::of(join.right())?) {
        (None, Some(grid)) if is_plain => (grid, join.left(), JoinSide::Left),
        (Some(grid), None) if is_plain => (grid, join.right(), JoinSide::Right),
        _ => return Ok(None),
    };
    let kind = match (join.join_type(), side) {
        (JoinType::Inner, _) => GatherKind::Inner,
        (JoinType::Left, JoinSide::Left) | (JoinType::Right, JoinSide::Right) => GatherKind::Outer,
        (JoinType::LeftSemi, JoinSide::Left) | (JoinType::RightSemi, JoinSide::Right) => GatherKind::Semi,
        (JoinType::LeftAnti, JoinSide::Left) | (JoinType::RightAnti, JoinSide::Right) => GatherKind::Anti,
        (kind, _) => return Ok(reasons.none(format!("as points: a {kind} join keeps cells that no point meets"))),
    };
    let keys = join.on().iter().map(|(left, right)| {
        let (key, label) = if side == JoinSide::Left { (left, right) } else { (right, left) };
        Ok((Arc::clone(key), grid.over_scan(label)?))
    });
    let keys = keys.collect::<Result<Vec<_>>>()?;
    let column = |of: JoinSide, index: usize| match of == side {
        true => Some(GatherColumn::Points(index)),
        false => grid.columns.get(index).cloned().map(GatherColumn::Grid),
    };
    let all = |of: JoinSide| {
        let plan = if of == JoinSide::Left { join.left() } else { join.right() };
        (0..plan.schema().fields().len()).map(move |index| (of, index))
    };
    let all: Vec<(JoinSide, usize)> = match kind {
        GatherKind::Inner | GatherKind::Outer => all(JoinSide::Left).chain(all(JoinSide::Right)).collect(),
        GatherKind::Semi | GatherKind::Anti => all(side).collect(),
    };
    let columns = match join.projection.as_deref() {
        Some(projection) => projection.iter().filter_map(|i| all.get(*i).copied()).collect(),
        None => all,
    };
    let columns: Option<Vec<GatherColumn>> = columns.into_iter().map(|(of, index)| column(of, index)).collect();
    let filter = join.filter().map(|filter| {
        let columns = filter.column_indices().iter().map(|c| match c.side {
            JoinSide::Left | JoinSide::Right => column(c.side, c.index),
            JoinSide::None => None,
        });
        Some(GatherFilter {
            predicate: Arc::clone(filter.expression()),
            columns: columns.collect::<Option<_>>()?,
            schema: Arc::clone(filter.schema()),
        })
    });
    let (Some(columns), Some(filter)) = (columns, filter.map_or(Some(None), |filter| filter.map(Some))) else {
        return Ok(None);
    };
    let known = StatisticsContext::new().compute(points.as_ref(), &StatisticsArgs::new())?;
    let request =
        GatherRequest { keys, kind, columns, predicate: grid.predicate.clone(), filter, schema: join.schema() };
    let points = ArrayGatherExec::try_new(Arc::clone(points), grid.scan, request, known.num_rows.get_value().copied())?;
    if points.is_none() {
        reasons.add("as points: a key is no label of a dimension, or a point may meet too many cells");
    }
    Ok(points)
}
