//! From the keys of a join to position maps: how each dimension of the inner side follows from the outer side.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt64Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::Schema;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::Column as ColumnExpr;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use hyperslab_array::{IndexRanges, Selection};

use super::map::{NOWHERE, PositionMap};
use super::matching::match_labels;
use crate::aggregate::{Varies, label_values as values, varies};
use crate::error::internal;
use crate::layout::{Column, Layout};
use crate::scan::ArrayScanExec;

type Expr = Arc<dyn PhysicalExpr>;

/// Labels, and cells of a table over several dimensions, that are gone through to plan a join.
const MOST_LABELS: u64 = 1 << 22;

/// For each dimension of `inner`, the map that `on`, expressions over the columns of `outer` and `inner` that are equal,
/// makes; `None` where a dimension does not follow from the coordinates of `outer`, or an index of it could follow
/// twice.
///
/// # Errors
/// When a key fails for a label.
pub(crate) fn relate(
    outer: &ArrayScanExec,
    inner: &ArrayScanExec,
    on: &[(Expr, Expr)],
) -> Result<Option<Vec<PositionMap>>> {
    let selection = &inner.request().selection;
    let mut keys: Vec<Vec<(Expr, Expr)>> = vec![Vec::new(); selection.dimensions.len()];
    for (of_outer, of_inner) in on {
        let Varies::Along(d) = varies(inner.layout(), of_inner) else { return Ok(None) };
        if is_volatile(of_outer) || is_volatile(of_inner) {
            return Ok(None);
        }
        keys.get_mut(d).ok_or_else(|| internal("no such dimension"))?.push((of_outer.clone(), of_inner.clone()));
    }
    let mut maps = Vec::with_capacity(keys.len());
    for (keys, selected) in keys.iter().zip(&selection.dimensions) {
        match map(outer, inner.layout(), keys, selected)? {
            Some(map) => maps.push(map),
            None => return Ok(None),
        }
    }
    Ok(Some(maps))
}

/// The map of the dimension of which `selected` are the indices and `keys` the keys.
fn map(
    outer: &ArrayScanExec,
    inner: &Layout,
    keys: &[(Expr, Expr)],
    selected: &IndexRanges,
) -> Result<Option<PositionMap>> {
    if keys.is_empty() {
        // One index is the same for all.
        let position = match (selected.len(), selected.first()) {
            (0, _) => NOWHERE,
            (1, Some(first)) if first < u64::from(NOWHERE) => first as u32,
            _ => return Ok(None),
        };
        return PositionMap::try_new(Vec::new(), Vec::new(), &[], &[position]).map(Some);
    }
    let (of_outer, of_inner): (Vec<Expr>, Vec<Expr>) = keys.iter().cloned().unzip();
    let Some(dimensions) = dimensions_of(outer.layout(), &of_outer) else { return Ok(None) };
    let sizes = outer.layout().shape();
    let shape: Vec<u64> = dimensions.iter().filter_map(|d| sizes.get(*d).copied()).collect();
    let cells = shape.iter().fold(1u64, |n, size| n.saturating_mul(*size));
    if cells > MOST_LABELS || selected.last().unwrap_or(0) > MOST_LABELS {
        return Ok(None);
    }
    let of_outer = product_values(outer.layout(), &of_outer, &dimensions, &outer.request().selection)?;
    let of_inner = values(inner, &of_inner, selected)?;
    let Some(numbers) = match_labels(&of_outer, &of_inner)? else { return Ok(None) };
    let positions: Vec<u32> = selected.iter().map(|position| position as u32).collect();
    let found: Vec<u32> =
        numbers.into_iter().map(|number| positions.get(number as usize).copied().unwrap_or(NOWHERE)).collect();
    let own: Vec<&IndexRanges> =
        dimensions.iter().filter_map(|d| outer.request().selection.dimensions.get(*d)).collect();
    PositionMap::try_new(dimensions, shape, &own, &found).map(Some)
}

/// The dimensions along which `exprs` vary, ascending; `None` where one varies with values of an array.
fn dimensions_of(layout: &Layout, exprs: &[Expr]) -> Option<Vec<usize>> {
    let mut dimensions = BTreeSet::new();
    for column in exprs.iter().flat_map(collect_columns) {
        match layout.column(column.name())? {
            Column::Index { dimension } | Column::Labels { dimension, .. } => {
                dimensions.insert(*dimension);
            }
            Column::Scalar { .. } => {}
            Column::Array { .. } | Column::Derived { .. } => return None,
        }
    }
    Some(dimensions.into_iter().collect())
}

/// The values of `exprs` for the selected indices of `dimensions`, in C order.
fn product_values(
    layout: &Layout,
    exprs: &[Expr],
    dimensions: &[usize],
    selection: &Selection,
) -> Result<Vec<ArrayRef>> {
    let one = IndexRanges::all(1);
    let within = |d: &usize| selection.dimensions.get(*d).unwrap_or(&one);
    match dimensions {
        [] => return values(layout, exprs, &one),
        [d] => return values(layout, exprs, within(d)),
        _ => {}
    }
    let counts: Vec<u64> = dimensions.iter().map(|d| within(d).len()).collect();
    let cells: u64 = counts.iter().product();
    let names: BTreeSet<String> = exprs.iter().flat_map(collect_columns).map(|c| c.name().to_string()).collect();
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for name in names {
        let column: Expr = Arc::new(ColumnExpr::new_with_schema(&name, &layout.schema)?);
        let own = match varies(layout, &column) {
            Varies::Along(d) => dimensions.iter().position(|o| *o == d),
            _ => None,
        };
        let labels =
            values(layout, std::slice::from_ref(&column), own.and_then(|o| dimensions.get(o)).map_or(&one, within))?;
        let labels = labels.first().ok_or_else(|| internal("labels have no values"))?;
        let inner: u64 = own.map_or(1, |o| counts.iter().skip(o + 1).product());
        let count = own.and_then(|o| counts.get(o)).copied().unwrap_or(1).max(1);
        let ordinals: UInt64Array = (0..cells).map(|cell| cell / inner.max(1) % count).collect();
        columns.push(take(labels, &ordinals, None)?);
        fields.push(Arc::new(layout.schema.field_with_name(&name)?.clone()));
    }
    let schema = Arc::new(Schema::new(fields));
    let options = RecordBatchOptions::new().with_row_count(Some(cells as usize));
    let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)?;
    let evaluate =
        |expr: &Expr| reassign_expr_columns(Arc::clone(expr), &schema)?.evaluate(&batch)?.into_array(batch.num_rows());
    exprs.iter().map(evaluate).collect()
}
