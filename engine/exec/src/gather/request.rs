//! What a join of points with a grid is asked for.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::physical_expr::PhysicalExpr;

/// Which rows a point gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatherKind {
    /// A row for each of its cells.
    Inner,
    /// As [`Self::Inner`]; a point without a cell gives one row, NULL in the columns of the grid.
    Outer,
    /// Itself, where it has a cell.
    Semi,
    /// Itself, where it has none.
    Anti,
}

/// A column of the answer.
#[derive(Debug, Clone)]
pub enum GatherColumn {
    /// The column at this index of the points.
    Points(usize),
    /// An expression over the columns of the scan.
    Grid(Arc<dyn PhysicalExpr>),
}

/// A predicate over columns of both sides.
#[derive(Debug, Clone)]
pub struct GatherFilter {
    /// Over `schema`.
    pub predicate: Arc<dyn PhysicalExpr>,
    /// The columns of `schema`.
    pub columns: Vec<GatherColumn>,
    /// What the predicate is evaluated over.
    pub schema: SchemaRef,
}

/// A join of points with the cells of a scan.
#[derive(Debug, Clone)]
pub struct GatherRequest {
    /// Expressions that must be equal: one over the points, one over the columns of the scan.
    pub keys: Vec<(Arc<dyn PhysicalExpr>, Arc<dyn PhysicalExpr>)>,
    /// Which rows a point gives.
    pub kind: GatherKind,
    /// The columns of the answer.
    pub columns: Vec<GatherColumn>,
    /// What is left of the cells: over the columns of the scan.
    pub predicate: Option<Arc<dyn PhysicalExpr>>,
    /// What is left of the rows.
    pub filter: Option<GatherFilter>,
    /// The schema of the answer.
    pub schema: SchemaRef,
}

impl GatherRequest {
    /// The expressions over columns of the scan that are evaluated for each row.
    pub(crate) fn grid_exprs(&self) -> impl Iterator<Item = &Arc<dyn PhysicalExpr>> {
        let of_filter = self.filter.iter().flat_map(|filter| &filter.columns);
        let columns = self.columns.iter().chain(of_filter);
        let of_grid = columns.filter_map(|column| match column {
            GatherColumn::Grid(expr) => Some(expr),
            GatherColumn::Points(_) => None,
        });
        of_grid.chain(&self.predicate)
    }
}
