//! What filters that are known only while the scan runs leave of a unit: run-time filters of joins and top-k, and
//! predicates on coordinates of several dimensions.
//!
//! The rows are filtered above all the same; here units are skipped before their data is fetched. What cannot be
//! evaluated prunes nothing.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Float32Type, Float64Type, Schema};
use datafusion::error::Result;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_expr::{PhysicalExpr, split_conjunction};
use datafusion::physical_expr_common::physical_expr::snapshot_physical_expr;
use hyperslab_array::IndexRanges;

use super::load::load;
use super::metrics::ScanMetrics;
use super::rows::UnitRows;
use super::state::{Hits, ScanState};
use super::units::Unit;
use crate::layout::Column;
use crate::selection::{LabelFilter, evaluate, mask};

/// Units whose hits are remembered.
const MOST_HITS: usize = 4096;

/// Cells of a block that are evaluated at once.
const BATCH: usize = 1 << 16;

/// What is left of `unit`; `None` where nothing is.
///
/// # Errors
/// When a coordinate cannot be read.
pub(crate) async fn prune(state: &ScanState, metrics: &ScanMetrics, unit: &Unit) -> Result<Option<Unit>> {
    let mut left = unit.clone();
    for filter in &state.dynamic {
        if let Ok(filter) = snapshot_physical_expr(Arc::clone(filter)) {
            for conjunct in split_conjunction(&filter) {
                narrow_by_labels(state, conjunct, &mut left);
            }
        }
    }
    if left.rows() == 0 {
        return Ok(None);
    }
    for (number, filter) in state.request.blocks.iter().enumerate() {
        for (d, hits) in block_hits(state, metrics, number, filter, unit).await?.iter() {
            if let Some(selected) = left.selection.dimensions.get_mut(*d) {
                *selected = selected.intersect(hits);
            }
        }
        if left.rows() == 0 {
            return Ok(None);
        }
    }
    Ok(Some(left))
}

/// Where a label of `columns` among `selected` is 0. A filter may hold -0, which is equal to 0 but which Arrow orders
/// before it, so such a label is never ruled out.
fn zeros(columns: &[&Column], selected: &IndexRanges) -> Result<IndexRanges> {
    let mut found = Vec::new();
    for column in columns {
        let Column::Labels { labels, .. } = column else { continue };
        let array = labels.array()?;
        let (narrow, wide) = (array.as_primitive_opt::<Float32Type>(), array.as_primitive_opt::<Float64Type>());
        let is_zero = |i: u64| {
            let at = i as usize;
            narrow.is_some_and(|a| a.values().get(at).is_some_and(|v| *v == 0.0))
                || wide.is_some_and(|a| a.values().get(at).is_some_and(|v| *v == 0.0))
        };
        if array.data_type().is_floating() {
            found.extend(selected.iter().filter(|i| is_zero(*i)).map(|i| i..i + 1));
        }
    }
    Ok(IndexRanges::from_ranges(found))
}

/// Narrows the one dimension that the columns of `conjunct` belong to.
fn narrow_by_labels(state: &ScanState, conjunct: &Arc<dyn PhysicalExpr>, unit: &mut Unit) {
    let mut columns = Vec::new();
    let mut found = None;
    for name in collect_columns(conjunct).iter().map(|c| c.name()) {
        let Ok(i) = state.layout.schema.index_of(name) else { return };
        match state.layout.columns.get(i) {
            Some(Column::Index { dimension } | Column::Labels { dimension, .. })
                if found.is_none_or(|f| f == *dimension) =>
            {
                found = Some(*dimension);
            }
            Some(Column::Scalar { .. }) => {}
            _ => return,
        }
        columns.push(i);
    }
    let Some(selected) = found.and_then(|d| unit.selection.dimensions.get_mut(d)) else { return };
    let narrowed = || -> Result<IndexRanges> {
        let schema: Arc<Schema> = Arc::new(state.layout.schema.project(&columns)?);
        let predicate = reassign_expr_columns(Arc::clone(conjunct), &schema)?;
        let columns: Vec<&Column> = columns.iter().filter_map(|i| state.layout.columns.get(*i)).collect();
        Ok(evaluate(&predicate, &schema, &columns, selected)?.union(&zeros(&columns, selected)?))
    };
    if let Ok(narrowed) = narrowed() {
        *selected = narrowed;
    }
}

/// Where in `unit` a predicate on blocks can be true.
async fn block_hits(
    state: &ScanState,
    metrics: &ScanMetrics,
    number: usize,
    filter: &LabelFilter,
    unit: &Unit,
) -> Result<Arc<Hits>> {
    let dimensions = dimensions_of(state, filter);
    let bounds = |d: &usize| {
        let selected = unit.selection.dimensions.get(*d);
        (selected.and_then(IndexRanges::first).unwrap_or(0), selected.and_then(IndexRanges::last).unwrap_or(0))
    };
    let key = (number, dimensions.iter().map(bounds).collect());
    if let Some(hits) = state.hits.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(Arc::clone(hits));
    }
    // The predicate does not vary along the other dimensions.
    let mut slice = unit.clone();
    for (d, selected) in slice.selection.dimensions.iter_mut().enumerate().filter(|(d, _)| !dimensions.contains(d)) {
        let first = bounds(&d).0;
        *selected = IndexRanges::from_range(first..first + 1);
    }
    let columns = load(state, metrics, &filter.columns, &slice).await?;
    let rows = UnitRows::new(Arc::clone(&filter.schema), slice.clone(), columns, None);
    let hits = Arc::new(hits(rows, filter, &slice, &dimensions).unwrap_or_default());
    let mut known = state.hits.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MOST_HITS {
        known.clear();
    }
    known.insert(key, Arc::clone(&hits));
    Ok(hits)
}

/// The dimensions along which a predicate varies, ascending.
fn dimensions_of(state: &ScanState, filter: &LabelFilter) -> Vec<usize> {
    let mut dimensions = HashSet::new();
    for column in filter.columns.iter().filter_map(|c| state.layout.columns.get(*c)) {
        match column {
            Column::Index { dimension } | Column::Labels { dimension, .. } => {
                dimensions.insert(*dimension);
            }
            Column::Scalar { .. } => {}
            Column::Array { dimensions: own, .. } => dimensions.extend(own),
            Column::Derived { .. } => dimensions.extend(0..state.layout.shape().len()),
        }
    }
    let mut dimensions: Vec<usize> = dimensions.into_iter().collect();
    dimensions.sort_unstable();
    dimensions
}

/// For each of `dimensions`, the indices with a row for which the predicate is true.
fn hits(mut rows: UnitRows, filter: &LabelFilter, slice: &Unit, dimensions: &[usize]) -> Result<Hits> {
    let counts: Vec<u64> =
        dimensions.iter().map(|d| slice.selection.dimensions.get(*d).map_or(1, IndexRanges::len)).collect();
    let mut is_hit: Vec<Vec<bool>> = counts.iter().map(|n| vec![false; *n as usize]).collect();
    let mut start = 0u64;
    while let Some(batch) = rows.next_batch(BATCH)? {
        for row in mask(&filter.predicate, &batch)?.values().set_indices() {
            let mut rest = start + row as u64;
            for (count, is_hit) in counts.iter().zip(&mut is_hit).rev() {
                if let Some(hit) = is_hit.get_mut((rest % count) as usize) {
                    *hit = true;
                }
                rest /= count;
            }
        }
        start += batch.num_rows() as u64;
    }
    let indices = |(d, is_hit): (&usize, Vec<bool>)| {
        let selected = slice.selection.dimensions.get(*d)?;
        let hit = selected.iter().zip(is_hit).filter(|(_, hit)| *hit).map(|(index, _)| index..index + 1);
        Some((*d, IndexRanges::from_ranges(hit)))
    };
    Ok(dimensions.iter().zip(is_hit).filter_map(indices).collect())
}
