//! [`ArrayTable`]: one grid of a dataset as a DataFusion table. A row is a cell of the grid.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use hyperslab_array::{Coordinate, Dataset, Grid, Selection};

use crate::layout::Layout;
use crate::scan::ArrayScanExec;

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
}

#[async_trait]
impl TableProvider for ArrayTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.layout.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let projection = projection.cloned().unwrap_or_else(|| (0..self.layout.columns.len()).collect());
        let selection = Selection::all(&self.layout.shape());
        let partitions = state.config_options().execution.target_partitions;
        Ok(Arc::new(ArrayScanExec::try_new(Arc::clone(&self.layout), projection, selection, limit, partitions)?))
    }
}
