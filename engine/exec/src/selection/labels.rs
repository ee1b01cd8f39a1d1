//! Any predicate on the labels of one dimension, evaluated over them once by DataFusion's own expressions.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions, UInt64Array,
};
use datafusion::arrow::compute::{SlicesIterator, prep_null_mask_filter, take};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column as ColumnName, DFSchema};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::PhysicalExpr;
use hyperslab_array::IndexRanges;

use crate::error::internal;
use crate::layout::{Column, Layout};

/// Labels evaluated at once: enough to amortise a batch, little enough to stay small.
const BLOCK: usize = 1 << 16;

/// A predicate, and the columns of the table that it reads.
#[derive(Debug, Clone)]
pub(crate) struct LabelFilter {
    /// Over [`Self::schema`].
    pub predicate: Arc<dyn PhysicalExpr>,
    /// Positions in the table's schema.
    pub columns: Vec<usize>,
    pub schema: SchemaRef,
}

impl LabelFilter {
    /// Plans `expr` over the columns that it names.
    ///
    /// # Errors
    /// When DataFusion cannot plan it.
    pub fn try_new(layout: &Layout, expr: &Expr, session: &dyn Session) -> Result<Self> {
        let expr = unqualified(expr.clone())?;
        let names = expr.column_refs();
        let columns: Vec<usize> = (0..layout.columns.len())
            .filter(|i| names.iter().any(|c| layout.schema.field(*i).name() == &c.name))
            .collect();
        let schema: Schema = layout.schema.project(&columns)?;
        let predicate = session.create_physical_expr(expr, &DFSchema::try_from(schema.clone())?)?;
        Ok(Self { predicate, columns, schema: Arc::new(schema) })
    }

    /// Which of `within` along `dimension` fulfil the predicate. Without a dimension, `within` is one position.
    ///
    /// # Errors
    /// When the predicate fails for a label.
    pub fn ranges(&self, layout: &Layout, dimension: Option<usize>, within: &IndexRanges) -> Result<IndexRanges> {
        let columns = self.columns.iter().map(|i| layout.columns.get(*i)).collect::<Option<Vec<_>>>();
        let columns = columns.ok_or_else(|| internal("a predicate reads a column that is not there"))?;
        debug_assert!(dimension.is_some() || within.len() <= 1);
        evaluate(&self.predicate, &self.schema, &columns, within)
    }
}

/// The expression with `lat` where it says `t.lat`.
///
/// # Errors
/// When DataFusion cannot walk it.
pub(crate) fn unqualified(expr: Expr) -> Result<Expr> {
    let rewritten = expr.transform(|e| {
        Ok(match e {
            Expr::Column(c) if c.relation.is_some() => {
                Transformed::yes(Expr::Column(ColumnName::new_unqualified(c.name)))
            }
            e => Transformed::no(e),
        })
    })?;
    Ok(rewritten.data)
}

/// Which positions of `within` fulfil `predicate` over `columns`, all of one dimension or scalars.
pub(crate) fn evaluate(
    predicate: &Arc<dyn PhysicalExpr>,
    schema: &SchemaRef,
    columns: &[&Column],
    within: &IndexRanges,
) -> Result<IndexRanges> {
    let mut found = Vec::new();
    for_each_block(schema, columns, within, |batch, positions| {
        for (start, end) in SlicesIterator::new(&mask(predicate, batch)?) {
            match positions.run {
                Some(first) => found.push(first + start as u64..first + end as u64),
                None => found.extend((start..end).map(|i| positions.all.value(i)..positions.all.value(i) + 1)),
            }
        }
        Ok(())
    })?;
    Ok(IndexRanges::from_ranges(found))
}

/// The positions of a block of labels.
pub(crate) struct Positions {
    all: UInt64Array,
    /// The first, where each next one is the one after it.
    run: Option<u64>,
}

/// Calls `f` with the labels of `columns`, all of one dimension or scalars, at the positions of `within`, some at a
/// time.
pub(crate) fn for_each_block(
    schema: &SchemaRef,
    columns: &[&Column],
    within: &IndexRanges,
    mut f: impl FnMut(&RecordBatch, &Positions) -> Result<()>,
) -> Result<()> {
    let mut indices = within.iter();
    loop {
        let block: Vec<u64> = indices.by_ref().take(BLOCK).collect();
        let Some(&first) = block.first() else { break };
        let is_run = block.last().is_some_and(|last| last - first + 1 == block.len() as u64);
        let len = block.len();
        let positions = Positions { all: UInt64Array::from(block), run: is_run.then_some(first) };
        let arrays = columns
            .iter()
            .map(|column| match column {
                Column::Index { .. } => {
                    let values = positions.all.values().iter().map(|p| *p as i64);
                    Ok(Arc::new(Int64Array::from_iter_values(values)) as ArrayRef)
                }
                Column::Labels { labels, .. } if is_run => Ok(labels.array()?.slice(first as usize, len)),
                Column::Labels { labels, .. } => Ok(take(&labels.array()?, &positions.all, None)?),
                Column::Scalar { labels } => Ok(take(&labels.array()?, &UInt64Array::from(vec![0; len]), None)?),
                Column::Array { .. } | Column::Derived { .. } => {
                    Err(internal("an expression over labels reads an array"))
                }
            })
            .collect::<Result<Vec<ArrayRef>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(len));
        f(&RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)?, &positions)?;
    }
    Ok(())
}

/// Where `predicate` is true.
///
/// # Errors
/// When it fails, or is no truth value.
pub(crate) fn mask(predicate: &Arc<dyn PhysicalExpr>, batch: &RecordBatch) -> Result<BooleanArray> {
    let value = predicate.evaluate(batch)?.into_array(batch.num_rows())?;
    let Some(mask) = value.as_boolean_opt() else {
        return Err(DataFusionError::Plan(format!("a filter gave {}, expected Boolean", value.data_type())));
    };
    Ok(if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() })
}
