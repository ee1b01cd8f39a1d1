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
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::window::{PlainAggregateWindowExpr, WindowExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::windows::{BoundedWindowAggExec, WindowAggExec};

use super::input::{Input, project};

/// The same windows by position, where `plan` is some over a scan.
///
/// # Errors
/// When an expression does not fit its columns.
pub(super) fn on_chunks(plan: &Arc<dyn ExecutionPlan>) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let (windows, below) = if let Some(window) = plan.downcast_ref::<WindowAggExec>() {
        (window.window_expr(), window.input())
    } else if let Some(window) = plan.downcast_ref::<BoundedWindowAggExec>() {
        (window.window_expr(), window.input())
    } else {
        return Ok(None);
    };
    let Some(input) = Input::of(below)?.filter(|input| !input.scan.may_multiply()) else { return Ok(None) };
    let mut scan = input.scan.clone();
    let mut found: Vec<Option<String>> = vec![None; windows.len()];
    while let Some(next) = found.iter().position(Option::is_none) {
        // Windows with the same partitions share their pass.
        let mut own = Vec::new();
        let mut functions = Vec::new();
        for (i, window) in windows.iter().enumerate().skip(next) {
            if same(window.partition_by(), windows[next].partition_by())
                && let Some(function) = over_whole_partition(window, &input)?
            {
                own.push(i);
                functions.push(function);
            }
        }
        let keys = windows[next].partition_by().iter().map(|key| input.over_scan(key)).collect::<Result<Vec<_>>>()?;
        let with_windows = match own.contains(&next) {
            true => scan.with_whole_partitions(&keys, &functions, input.predicate.as_ref())?,
            false => None,
        };
        let Some(with_windows) = with_windows else { return Ok(None) };
        let schema = with_windows.schema();
        let first = schema.fields().len() - own.len();
        for (i, field) in own.into_iter().zip(schema.fields().iter().skip(first)) {
            found[i] = Some(field.name().clone());
        }
        scan = with_windows;
    }
    let mut columns = input.columns.clone();
    for name in found.into_iter().flatten() {
        columns.push(Arc::new(Column::new_with_schema(&name, &scan.schema())?));
    }
    project(&scan, columns, input.predicate.clone(), &plan.schema()).map(Some)
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
fn has_filter(window: &Arc<dyn WindowExpr>) -> bool {
    !format!("{window:?}").ends_with("filter: None }")
}
