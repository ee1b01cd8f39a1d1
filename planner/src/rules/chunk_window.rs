//! Windows over a scan of arrays find their answers by position, without a sort, where that is the same.
//!
//! ```text
//!  WindowAggExec: avg(t2m) PARTITION BY month(time), lat, lon          ProjectionExec
//!    [FilterExec | ProjectionExec]*                             ─→       [FilterExec]
//!      ArrayScanExec                                                       ArrayScanExec: derived=[lookup of avg(t2m)]
//!                                                                            ArrayAggregateExec
//! ```
//!
//! What comes out is a projection over a scan again, so that another window or an aggregate above it is handed to the
//! chunks, too.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits};
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, WindowExpr};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};
use hyperslab_exec::{ArrayScanExec, SlideRequest};

use super::chunk_window_slide::window_over_scan;
use super::input::{Input, project};
use super::reasons::Reasons;

/// The same windows by position, where `plan` is some over a scan.
///
/// # Errors
/// When an expression does not fit its columns.
pub(super) fn on_chunks(
    plan: &Arc<dyn ExecutionPlan>,
    reasons: &mut Reasons,
) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let (windows, below) = if let Some(window) = plan.downcast_ref::<WindowAggExec>() {
        (window.window_expr(), window.input())
    } else if let Some(window) = plan.downcast_ref::<BoundedWindowAggExec>() {
        (window.window_expr(), window.input())
    } else {
        return Ok(None);
    };
    let Some(input) = Input::of(below)? else { return Ok(None) };
    if input.scan.may_multiply() {
        return Ok(reasons.none("a join below may give a cell several rows"));
    }
    let mut scan = input.scan.clone();
    let mut found: Vec<Option<String>> = vec![None; windows.len()];
    while let Some(next) = found.iter().position(Option::is_none) {
        let Some((extended, own)) = extended(&scan, &input, windows, next, reasons)? else { return Ok(None) };
        for (i, name) in own {
            found[i] = Some(name);
        }
        scan = extended;
    }
    let mut columns = input.columns.clone();
    for name in found.into_iter().flatten() {
        columns.push(Arc::new(Column::new_with_schema(&name, &scan.schema())?));
    }
    project(&scan, columns, input.predicate.clone(), &plan.schema()).map(Some)
}

/// A scan with the answers of windows, and the column of each window by its number.
type Extended = (ArrayScanExec, Vec<(usize, String)>);

/// `scan` with the answers of the window called `next` and of those that can share its pass, and what they are called.
fn extended(
    scan: &ArrayScanExec,
    input: &Input<'_>,
    windows: &[Arc<dyn WindowExpr>],
    next: usize,
    reasons: &mut Reasons,
) -> Result<Option<Extended>> {
    let Some(first) = windows.get(next) else { return Ok(None) };
    let name = first.name();
    let partition_by: Vec<_> = first.partition_by().iter().map(|k| input.over_scan(k)).collect::<Result<_>>()?;
    let alike = || windows.iter().enumerate().skip(next).filter(|(_, w)| same(w.partition_by(), first.partition_by()));
    let (mut own, mut functions) = (Vec::new(), Vec::new());
    for (i, window) in alike() {
        if let Some(function) = over_whole_partition(window, input)? {
            own.push(i);
            functions.push(function);
        }
    }
    if own.contains(&next) {
        let extended = scan.with_whole_partitions(&partition_by, &functions, input.predicate.as_ref())?;
        let Some(extended) = extended else {
            let why =
                format!("a partition of `{name}` is no function of single dimensions, or its function has no states");
            return Ok(reasons.none(why));
        };
        let schema = extended.schema();
        let names = schema.fields().iter().skip(schema.fields().len() - own.len()).map(|f| f.name().clone());
        return Ok(Some((extended, own.into_iter().zip(names).collect())));
    }
    // A row that a filter leaves out is no neighbour of others.
    if input.predicate.is_some() {
        return Ok(reasons.none(format!("a filter on values leaves out neighbours of the rows of `{name}`")));
    }
    let (mut own, mut along) = (Vec::new(), Vec::new());
    for (i, window) in alike().filter(|(_, w)| w.order_by() == first.order_by()) {
        if over_whole_partition(window, input)?.is_none()
            && let Some(window) = window_over_scan(window, input)?
        {
            own.push(i);
            along.push(window);
        }
    }
    if !own.contains(&next) {
        return Ok(reasons.none(format!("`{name}` has a function, a frame or a FILTER that does not go by position")));
    }
    let order_by = first.order_by().iter();
    let order_by = order_by.map(|s| Ok(PhysicalSortExpr { expr: input.over_scan(&s.expr)?, options: s.options }));
    let request = SlideRequest { partition_by, order_by: order_by.collect::<Result<_>>()?, windows: along };
    let Some((extended, names)) = scan.with_slides(&request)? else {
        return Ok(reasons.none(format!("the rows of a partition of `{name}` do not follow one dimension")));
    };
    Ok(Some((extended, own.into_iter().zip(names).collect())))
}

fn same(a: &[Arc<dyn PhysicalExpr>], b: &[Arc<dyn PhysicalExpr>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.as_ref() == b.as_ref())
}

/// The function of a window that has the same answer for all rows of a partition.
fn over_whole_partition(window: &Arc<dyn WindowExpr>, input: &Input<'_>) -> Result<Option<Arc<AggregateFunctionExpr>>> {
    let Some(plain) = window.as_any().downcast_ref::<PlainAggregateWindowExpr>() else { return Ok(None) };
    let is_ordered = !window.order_by().is_empty();
    if !is_whole(window.get_window_frame(), is_ordered) || has_filter(window) {
        return Ok(None);
    }
    let function = plain.get_aggregate_expr();
    // Which value comes first in a partition is a question of its order.
    if matches!(function.fun().name(), "first_value" | "last_value" | "nth_value" | "array_agg" | "string_agg") {
        return Ok(None);
    }
    input.function_over_scan(function)
}

/// Whether the frame of every row is its whole partition.
fn is_whole(frame: &WindowFrame, is_ordered: bool) -> bool {
    // Without an order, all rows of a partition are peers of each other.
    let is_whole = |bound: &WindowFrameBound| match bound {
        WindowFrameBound::CurrentRow => !is_ordered && frame.units == WindowFrameUnits::Range,
        bound => bound.is_unbounded(),
    };
    is_whole(&frame.start_bound) && is_whole(&frame.end_bound)
}

/// Whether the window has a `FILTER (WHERE …)`, or may have one. DataFusion tells it nowhere but in the debug form.
pub(super) fn has_filter(window: &Arc<dyn WindowExpr>) -> bool {
    !format!("{window:?}").ends_with("filter: None }")
}
