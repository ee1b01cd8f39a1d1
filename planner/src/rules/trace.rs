//! From a column of a query to the coordinate whose labels it carries, through everything that only hands columns on.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Column, Result};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::{Expr, LogicalPlan, TableScan};
use hyperslab_array::{ArrayError, Coordinate, Dataset, Role, Variable, nearest_names};
use hyperslab_exec::{ArrayTable, datafusion_error};

use super::lineage::{Origin, origin};
use super::walk::Scope;

/// What the column of a coordinate or of a dimension holds.
pub(super) enum Labels {
    Of(Arc<Coordinate>),
    /// The positions along a dimension without labels.
    Positions,
}

/// The coordinate whose labels `expr` is.
///
/// # Errors
/// When it is not the column of a scalar or 1-D coordinate of an array table; the error says what it is instead.
pub(super) fn coordinate_of(expr: &Expr, scope: &Scope<'_>) -> Result<Arc<Coordinate>> {
    found(expr, scope, coordinate).map_err(datafusion_error)
}

/// The coordinate whose labels `expr` is, or that it is the positions along a dimension without labels.
///
/// # Errors
/// As [`coordinate_of`].
pub(super) fn labels_of(expr: &Expr, scope: &Scope<'_>) -> Result<Labels> {
    let labels = |table: &ArrayTable, name: &str| match table.is_position(name) {
        true => Ok(Labels::Positions),
        false => coordinate(table, name).map(Labels::Of),
    };
    found(expr, scope, labels).map_err(datafusion_error)
}

/// What a column of an answer is in the dataset that it comes from, unchanged.
#[derive(Debug, Clone)]
pub struct Source {
    /// The dataset.
    pub dataset: Arc<Dataset>,
    /// The variable; `None` for the positions along a dimension without labels.
    pub variable: Option<Arc<Variable>>,
    /// Its labels, where it is a scalar or 1-D coordinate.
    pub coordinate: Option<Arc<Coordinate>>,
}

/// What column `index` of `plan` is in a dataset, where nothing on the way changes its values; `None` where it is computed
/// or comes from elsewhere.
pub fn source_of(plan: &LogicalPlan, index: usize) -> Option<Source> {
    let asked = plan.schema().columns().get(index)?.clone();
    let source = |table: &ArrayTable, name: &str| {
        let variable = table.dataset().variables.get(name).filter(|_| !table.is_position(name)).cloned();
        Ok(Source { dataset: Arc::clone(table.dataset()), variable, coordinate: table.coordinate(name).cloned() })
    };
    follow(plan, index, &asked, source).ok()
}

/// The datasets that a plan reads, each once.
pub fn datasets_of(plan: &LogicalPlan) -> Vec<Arc<Dataset>> {
    let mut found: Vec<Arc<Dataset>> = Vec::new();
    // The walk itself never fails.
    let _ = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(provider) = source_as_provider(&scan.source)
            && let Some(table) = provider.downcast_ref::<ArrayTable>()
            && !found.iter().any(|d| Arc::ptr_eq(d, table.dataset()))
        {
            found.push(Arc::clone(table.dataset()));
        }
        Ok(TreeNodeRecursion::Continue)
    });
    found
}

/// What `of` makes of the column of an array table that `expr` is.
fn found<T>(
    expr: &Expr,
    scope: &Scope<'_>,
    of: impl Fn(&ArrayTable, &str) -> Result<T, ArrayError>,
) -> Result<T, ArrayError> {
    let (column, mut scope) = match expr {
        Expr::Alias(alias) => return found(&alias.expr, scope, of),
        Expr::Column(column) => (column, Some(scope)),
        Expr::OuterReferenceColumn(_, column) => (column, scope.outer),
        _ => return Err(ArrayError::argument(format!("`{expr}` is computed, expected the column of a coordinate"))),
    };
    while let Some(here) = scope {
        if let Some((input, index)) = here.input_of(column) {
            return follow(input, index, column, of);
        }
        scope = here.outer;
    }
    Err(ArrayError::argument(format!("`{expr}` is no column here, expected the column of a coordinate")))
}

/// Follows column `index` of `plan`, which the query calls `asked`, to the table it comes from.
fn follow<T>(
    mut plan: &LogicalPlan,
    mut index: usize,
    asked: &Column,
    of: impl Fn(&ArrayTable, &str) -> Result<T, ArrayError>,
) -> Result<T, ArrayError> {
    loop {
        let step = match origin(plan, index) {
            Origin::Table(scan) => return of_table(scan, index, asked, of),
            Origin::Column(input, column) => Some((input, column)),
            Origin::Expr(expr, input) => {
                column_in(expr).and_then(|column| Some((input, input.schema().maybe_index_of_column(column)?)))
            }
            Origin::Unknown => None,
        };
        (plan, index) = step.ok_or_else(|| {
            ArrayError::argument(format!("`{asked}` is computed, expected the column of a coordinate"))
                .hint("select the coordinate itself in the inner query")
        })?;
    }
}

/// The column that an expression hands on as it is.
fn column_in(expr: &Expr) -> Option<&Column> {
    match expr {
        Expr::Alias(alias) => column_in(&alias.expr),
        Expr::Column(column) => Some(column),
        _ => None,
    }
}

fn of_table<T>(
    scan: &TableScan,
    index: usize,
    asked: &Column,
    of: impl Fn(&ArrayTable, &str) -> Result<T, ArrayError>,
) -> Result<T, ArrayError> {
    let provider = source_as_provider(&scan.source).ok();
    match provider.as_ref().and_then(|p| p.downcast_ref::<ArrayTable>()) {
        Some(table) => of(table, scan.projected_schema.field(index).name()),
        None => Err(ArrayError::argument(format!(
            "`{asked}` is a column of table `{}`, expected a coordinate of an array table",
            scan.table_name
        ))
        .hint("the first argument is a column of labels")),
    }
}

/// The coordinate that is the column called `name`.
fn coordinate(table: &ArrayTable, name: &str) -> Result<Arc<Coordinate>, ArrayError> {
    if let Some(coordinate) = table.coordinate(name) {
        return Ok(Arc::clone(coordinate));
    }
    let dataset = table.dataset();
    let what = match dataset.variables.get(name) {
        None => "a dimension without labels".to_string(),
        Some(variable) if variable.role == Role::Data => "a data variable".to_string(),
        Some(variable) => format!("a coordinate of {} dimensions", variable.dimensions.len()),
    };
    let schema = table.schema();
    let valid = schema.fields().iter().map(|f| f.name().as_str()).filter(|n| table.coordinate(n).is_some());
    Err(ArrayError::argument(format!("`{name}` is {what}, expected a scalar or 1-D coordinate"))
        .context("dataset", &dataset.name)
        .hint(nearest_names(name, valid)))
}
