//! [`ArrayTable`]: one grid of a dataset as a DataFusion table. A row is a cell of the grid.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::internal_err;
use datafusion::error::Result;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_expr::utils::reassign_expr_columns;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExecBuilder;
use hyperslab_array::{Coordinate, Dataset, Grid, Selection};

use crate::layout::{Column, Layout};
use crate::options::ScanOptions;
use crate::scan::{ArrayScanExec, ScanRequest};
use crate::selection::{self, LabelFilter};

/// One grid of a dataset as a table: a column for each dimension, coordinate and data variable, a row for each cell.
///
/// Scanning reads only the chunks that the query's projection and its predicates on coordinates ask for.
#[derive(Debug, Clone)]
pub struct ArrayTable {
    layout: Arc<Layout>,
}

impl ArrayTable {
    /// The table of `grid`, which is one of [`Dataset::grids`] or [`Dataset::full_grid`].
    ///
    /// # Errors
    /// When a variable of the grid does not fit its dimensions.
    pub fn try_new(dataset: Arc<Dataset>, grid: Grid) -> Result<Self> {
        Ok(Self { layout: Arc::new(Layout::try_new(dataset, grid)?) })
    }

    /// The dataset.
    pub fn dataset(&self) -> &Arc<Dataset> {
        &self.layout.dataset
    }

    /// The grid.
    pub fn grid(&self) -> &Grid {
        &self.layout.grid
    }

    /// The scalar or 1-D coordinate whose labels are the column called `column`.
    pub fn coordinate(&self, column: &str) -> Option<&Arc<Coordinate>> {
        self.layout.coordinate(column)
    }

    /// Whether `column` holds the positions along a dimension that has no labels.
    pub fn is_position(&self, column: &str) -> bool {
        matches!(self.layout.column(column), Some(Column::Index { .. }))
    }
}

#[async_trait]
impl TableProvider for ArrayTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.layout.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters.iter().map(|f| selection::pushdown(&self.layout, f)).collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let options = ScanOptions::of(state.config_options());
        let projection = projection.cloned().unwrap_or_else(|| (0..self.layout.columns.len()).collect());
        if !options.prune_coordinates && !filters.is_empty() {
            return self.filtered_scan(state, projection, filters);
        }
        let chosen = selection::choose(&self.layout, filters, state, options.coordinate_index)?;
        let blocks = if options.prune_blocks { chosen.blocks.as_slice() } else { &[] };
        let blocks = blocks.iter().map(|b| LabelFilter::try_new(&self.layout, b, state)).collect::<Result<_>>()?;
        // What a filter above throws away does not count.
        let is_exact = |f| selection::pushdown(&self.layout, f) == TableProviderFilterPushDown::Exact;
        let request = ScanRequest {
            projection,
            selection: chosen.selection,
            nothing: chosen.nothing,
            blocks,
            fetch: limit.filter(|_| filters.iter().all(is_exact)),
            partitions: state.config_options().execution.target_partitions,
            notes: Vec::new(),
        };
        Ok(Arc::new(ArrayScanExec::try_new(Arc::clone(&self.layout), request)?))
    }
}

impl ArrayTable {
    /// All rows, and a filter over them: what `hyperslab.scan.prune_coordinates = false` asks for.
    fn filtered_scan(
        &self,
        state: &dyn Session,
        projection: Vec<usize>,
        filters: &[Expr],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(predicate) = conjunction(filters.to_vec()) else {
            return internal_err!("a filtered scan without a filter");
        };
        let filter = LabelFilter::try_new(&self.layout, &predicate, state)?;
        let mut columns = projection.clone();
        columns.extend(filter.columns.iter().filter(|c| !projection.contains(c)));
        let predicate = reassign_expr_columns(filter.predicate, &self.layout.schema.project(&columns)?)?;
        let request = ScanRequest {
            projection: columns,
            selection: Selection::all(&self.layout.shape()),
            nothing: false,
            blocks: Vec::new(),
            fetch: None,
            partitions: state.config_options().execution.target_partitions,
            notes: Vec::new(),
        };
        let scan = Arc::new(ArrayScanExec::try_new(Arc::clone(&self.layout), request)?);
        let kept = (0..projection.len()).collect();
        Ok(Arc::new(FilterExecBuilder::new(predicate, scan).apply_projection(Some(kept))?.build()?))
    }
}
