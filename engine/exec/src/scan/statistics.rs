//! What a scan knows before it reads: how many rows, and the least and greatest label of each coordinate.

use datafusion::arrow::array::{Array, ArrayRef, UInt64Array};
use datafusion::arrow::compute::{SortOptions, sort_to_indices, take};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::error::Result;
use hyperslab_array::{IndexRanges, Order, Selection};

use crate::layout::{Column, Labels, Layout};
use crate::selection::{has_sql_order, sql_order};

/// Exact statistics of the selected rows.
pub(crate) fn statistics(
    layout: &Layout,
    projection: &[usize],
    selection: &Selection,
    rows: u64,
) -> Result<Statistics> {
    let Ok(num_rows) = usize::try_from(rows) else {
        return Ok(Statistics::new_unknown(&layout.schema.project(projection)?));
    };
    let mut column_statistics = Vec::with_capacity(projection.len());
    let mut row_bytes = 0;
    for &c in projection {
        row_bytes += layout.schema.field(c).data_type().primitive_width().unwrap_or(16);
        let statistics = match layout.columns.get(c) {
            Some(Column::Index { dimension }) => of_positions(selection.dimensions.get(*dimension), num_rows),
            Some(Column::Labels { dimension, labels }) => match selection.dimensions.get(*dimension) {
                Some(selected) => of_labels(labels, selected, num_rows)?,
                None => ColumnStatistics::new_unknown(),
            },
            Some(Column::Scalar { labels }) => of_labels(labels, &IndexRanges::all(1), num_rows)?,
            Some(Column::Array { .. } | Column::Derived { .. }) | None => {
                let mut statistics = ColumnStatistics::new_unknown();
                if !layout.schema.field(c).is_nullable() {
                    statistics.null_count = Precision::Exact(0);
                }
                statistics
            }
        };
        column_statistics.push(statistics);
    }
    let total_byte_size = Precision::Inexact(num_rows.saturating_mul(row_bytes));
    Ok(Statistics { num_rows: Precision::Exact(num_rows), total_byte_size, column_statistics })
}

fn of_positions(selected: Option<&IndexRanges>, rows: usize) -> ColumnStatistics {
    let mut statistics = ColumnStatistics::new_unknown();
    statistics.null_count = Precision::Exact(0);
    let Some((first, last)) = selected.and_then(|s| s.first().zip(s.last())).filter(|_| rows > 0) else {
        return statistics;
    };
    statistics.min_value = Precision::Exact(ScalarValue::Int64(Some(first as i64)));
    statistics.max_value = Precision::Exact(ScalarValue::Int64(Some(last as i64)));
    statistics.distinct_count = Precision::Exact(selected.map_or(0, IndexRanges::len) as usize);
    statistics
}

fn of_labels(labels: &Labels, selected: &IndexRanges, rows: usize) -> Result<ColumnStatistics> {
    let mut statistics = ColumnStatistics::new_unknown();
    let (Some(first), Some(last)) = (selected.first(), selected.last()) else {
        statistics.null_count = Precision::Exact(0);
        return Ok(statistics);
    };
    let coordinate = &labels.coordinate;
    let array = labels.array()?;
    let nulls = match array.nulls().filter(|n| n.null_count() > 0) {
        Some(nulls) => selected.iter().filter(|i| nulls.is_null(*i as usize)).count(),
        None => 0,
    };
    // Each label stands for as many rows as the other dimensions have cells.
    statistics.null_count = Precision::Exact(nulls * (rows / (selected.len() as usize).max(1)));
    if rows == 0 {
        return Ok(statistics);
    }
    let order = sql_order(coordinate);
    let ends = match order {
        Order::Ascending => Some((array, first as usize, last as usize)),
        Order::Descending => Some((array, last as usize, first as usize)),
        Order::Unsorted if has_sql_order(coordinate) => extremes(&array, selected)?,
        Order::Unsorted => None,
    };
    if let Some((array, least, greatest)) = ends {
        statistics.min_value = Precision::Exact(ScalarValue::try_from_array(&array, least)?);
        statistics.max_value = Precision::Exact(ScalarValue::try_from_array(&array, greatest)?);
    }
    if order != Order::Unsorted && coordinate.index().is_unique() {
        statistics.distinct_count = Precision::Exact(selected.len() as usize);
    }
    Ok(statistics)
}

/// The selected labels, and where among them the least and the greatest are; `None` where all are missing.
fn extremes(labels: &ArrayRef, selected: &IndexRanges) -> Result<Option<(ArrayRef, usize, usize)>> {
    let labels = take(labels, &selected.iter().collect::<UInt64Array>(), None)?;
    if labels.null_count() == labels.len() {
        return Ok(None);
    }
    let end = |descending| -> Result<usize> {
        let options = SortOptions { descending, nulls_first: false };
        Ok(sort_to_indices(&labels, Some(options), Some(1))?.value(0) as usize)
    };
    let (least, greatest) = (end(false)?, end(true)?);
    Ok(Some((labels, least, greatest)))
}
