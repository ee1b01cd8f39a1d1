//! What is known about the order of a scan's rows: sorted labels, and columns of one value.

use std::sync::Arc;

use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::physical_expr::expressions::Column as ColumnExpr;
use datafusion::physical_expr::{AcrossPartitions, ConstExpr, EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use hyperslab_array::{Order, Selection};

use super::units::UnitGrid;
use crate::layout::{Column, Layout};
use crate::selection::sql_order;

/// The orders of the rows of each partition, and its constants.
pub(crate) fn equivalences(
    layout: &Layout,
    projection: &[usize],
    schema: &SchemaRef,
    selection: &Selection,
    units: &UnitGrid,
) -> Result<EquivalenceProperties> {
    let mut properties = EquivalenceProperties::new(Arc::clone(schema));
    properties.add_orderings(orderings(layout, projection, schema, selection, units));
    let mut constants = Vec::new();
    for (i, column) in projection.iter().enumerate().filter_map(|(i, c)| Some((i, layout.columns.get(*c)?))) {
        let first = |dimension: usize| selection.dimensions.get(dimension).filter(|s| s.len() == 1)?.first();
        let value = match column {
            Column::Scalar { labels } => Some(ScalarValue::try_from_array(&labels.array()?, 0)?),
            Column::Index { dimension } => first(*dimension).map(|p| ScalarValue::Int64(Some(p as i64))),
            Column::Labels { dimension, labels } => first(*dimension)
                .map(|p| labels.array().and_then(|a| ScalarValue::try_from_array(&a, p as usize)))
                .transpose()?,
            Column::Array { .. } | Column::Derived { .. } => None,
        };
        if let Some(value) = value {
            let value = Some(value).filter(|v| !v.is_null());
            constants.push(ConstExpr::new(column_expr(schema, i), AcrossPartitions::Uniform(value)));
        }
    }
    properties.add_constants(constants)?;
    Ok(properties)
}

/// Rows come unit by unit, in C order within each. So they ascend along the first dimensions as long as each unit
/// holds one index of them, or no later dimension is cut.
fn orderings(
    layout: &Layout,
    projection: &[usize],
    schema: &SchemaRef,
    selection: &Selection,
    units: &UnitGrid,
) -> Vec<Vec<PhysicalSortExpr>> {
    let mut orderings = Vec::new();
    let mut prefix: Vec<PhysicalSortExpr> = Vec::new();
    let counts = units.counts();
    for (d, selected) in selection.dimensions.iter().enumerate() {
        let units_here = counts.get(d).copied().unwrap_or(0);
        let later_are_whole = counts.iter().skip(d + 1).all(|n| *n <= 1);
        if units_here != selected.len() && !later_are_whole {
            break;
        }
        if selected.len() == 1 {
            continue;
        }
        let sorted: Vec<(PhysicalSortExpr, bool)> = projection
            .iter()
            .enumerate()
            .filter_map(|(i, c)| {
                let (descending, unique) = monotonic(layout.columns.get(*c)?, d)?;
                let options = SortOptions { descending, nulls_first: descending };
                Some((PhysicalSortExpr { expr: column_expr(schema, i), options }, unique))
            })
            .collect();
        let strict = sorted.iter().position(|(_, unique)| *unique);
        for (_, (sort, _)) in sorted.iter().enumerate().filter(|(i, _)| Some(*i) != strict) {
            orderings.push(prefix.iter().cloned().chain([sort.clone()]).collect());
        }
        match strict.and_then(|i| sorted.into_iter().nth(i)) {
            Some((sort, _)) => prefix.push(sort),
            None => break,
        }
    }
    orderings.push(prefix);
    orderings.retain(|o| !o.is_empty());
    orderings
}

/// Whether a column descends along `dimension`, and whether no value of it occurs twice; `None` where it is not sorted.
fn monotonic(column: &Column, dimension: usize) -> Option<(bool, bool)> {
    match column {
        Column::Index { dimension: d } if *d == dimension => Some((false, true)),
        Column::Labels { dimension: d, labels } if *d == dimension => {
            let is_descending = match sql_order(&labels.coordinate) {
                Order::Ascending => false,
                Order::Descending => true,
                Order::Unsorted => return None,
            };
            Some((is_descending, labels.coordinate.index().is_unique()))
        }
        _ => None,
    }
}

fn column_expr(schema: &SchemaRef, index: usize) -> Arc<dyn PhysicalExpr> {
    Arc::new(ColumnExpr::new(schema.field(index).name(), index))
}
