//! Expressions over labels: which of them vary along one dimension at most, and their values, once per label.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use hyperslab_array::IndexRanges;

use crate::error::internal;
use crate::layout::{Column, Layout};
use crate::selection::for_each_block;

/// Along what the value of an expression varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Varies {
    /// The same for all cells.
    Nowhere,
    /// Along one dimension, with its labels.
    Along(usize),
    /// Along several dimensions, or with the values of an array.
    Everywhere,
}

/// Along what `expr`, over columns of `layout` by name, varies.
pub(crate) fn varies(layout: &Layout, expr: &Arc<dyn PhysicalExpr>) -> Varies {
    let mut found = Varies::Nowhere;
    for column in collect_columns(expr) {
        match layout.column(column.name()) {
            Some(Column::Scalar { .. }) => {}
            Some(Column::Index { dimension } | Column::Labels { dimension, .. }) => match found {
                Varies::Nowhere => found = Varies::Along(*dimension),
                Varies::Along(d) if d == *dimension => {}
                _ => return Varies::Everywhere,
            },
            Some(Column::Array { .. } | Column::Derived { .. }) | None => return Varies::Everywhere,
        }
    }
    found
}

/// The values of `exprs`, which vary along the dimension that `within` belongs to, or nowhere, at each of its indices.
///
/// # Errors
/// When an expression fails for a label.
pub(crate) fn values(layout: &Layout, exprs: &[Arc<dyn PhysicalExpr>], within: &IndexRanges) -> Result<Vec<ArrayRef>> {
    let used: Vec<usize> = (0..layout.columns.len())
        .filter(|c| exprs.iter().any(|e| collect_columns(e).iter().any(|u| u.name() == layout.schema.field(*c).name())))
        .collect();
    let schema: SchemaRef = Arc::new(layout.schema.project(&used)?);
    let exprs: Vec<_> =
        exprs.iter().map(|e| reassign_expr_columns(Arc::clone(e), &schema)).collect::<Result<Vec<_>>>()?;
    let columns: Vec<&Column> = used.iter().filter_map(|c| layout.columns.get(*c)).collect();
    let mut parts: Vec<Vec<ArrayRef>> = vec![Vec::new(); exprs.len()];
    for_each_block(&schema, &columns, within, |batch, _| {
        for (expr, parts) in exprs.iter().zip(&mut parts) {
            parts.push(expr.evaluate(batch)?.into_array(batch.num_rows())?);
        }
        Ok(())
    })?;
    if within.is_empty() {
        let none = RecordBatch::new_empty(Arc::clone(&schema));
        for (expr, parts) in exprs.iter().zip(&mut parts) {
            parts.push(datafusion::arrow::array::new_empty_array(&expr.data_type(none.schema_ref())?));
        }
    }
    let joined = |mut parts: Vec<ArrayRef>| match parts.len() {
        1 => parts.pop().ok_or_else(|| internal("no labels")),
        _ => Ok(concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<_>>())?),
    };
    parts.into_iter().map(joined).collect()
}
