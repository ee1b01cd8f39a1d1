//! From a column of a query to the coordinate whose labels it carries, through everything that only hands columns on.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::common::{Column, Result};
use datafusion::datasource::source_as_provider;
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{Distinct, Expr, JoinType, LogicalPlan};
use hyperslab_array::{ArrayError, Coordinate, Role, nearest_names};
use hyperslab_exec::{ArrayTable, datafusion_error};

use super::walk::Scope;

/// The coordinate whose labels `expr` is.
///
/// # Errors
/// When it is not the column of a scalar or 1-D coordinate of an array table; the error says what it is instead.
pub(super) fn coordinate_of(expr: &Expr, scope: &Scope<'_>) -> Result<Arc<Coordinate>> {
    found(expr, scope).map_err(datafusion_error)
}

fn found(expr: &Expr, scope: &Scope<'_>) -> Result<Arc<Coordinate>, ArrayError> {
    let computed = || ArrayError::argument(format!("`{expr}` is computed, expected the column of a coordinate"));
    let (column, mut scope) = match expr {
        Expr::Alias(alias) => return found(&alias.expr, scope),
        Expr::Column(column) => (column, Some(scope)),
        Expr::OuterReferenceColumn(_, column) => (column, scope.outer),
        _ => return Err(computed()),
    };
    while let Some(here) = scope {
        if let Some((input, index)) = here.input_of(column) {
            return follow(input, index, column);
        }
        scope = here.outer;
    }
    Err(ArrayError::argument(format!("`{expr}` is no column here, expected the column of a coordinate")))
}

/// Follows column `index` of `plan` to the table it comes from.
fn follow(plan: &LogicalPlan, index: usize, asked: &Column) -> Result<Arc<Coordinate>, ArrayError> {
    let computed = || {
        ArrayError::argument(format!("`{asked}` is computed, expected the column of a coordinate"))
            .hint("select the coordinate itself in the inner query")
    };
    match plan {
        LogicalPlan::TableScan(scan) => {
            let provider = source_as_provider(&scan.source)
                .map_err(|_| ArrayError::argument(format!("table `{}` holds no arrays", scan.table_name)))?;
            let name = scan.projected_schema.field(index).name();
            let table = provider.downcast_ref::<ArrayTable>().ok_or_else(|| {
                ArrayError::argument(format!(
                    "`{asked}` is a column of table `{}`, expected a coordinate of an array table",
                    scan.table_name
                ))
                .hint("the first argument names labels, the second the value to look for")
            })?;
            coordinate(table, name)
        }
        LogicalPlan::SubqueryAlias(alias) => follow(&alias.input, index, asked),
        LogicalPlan::Filter(filter) => follow(&filter.input, index, asked),
        LogicalPlan::Sort(sort) => follow(&sort.input, index, asked),
        LogicalPlan::Limit(limit) => follow(&limit.input, index, asked),
        LogicalPlan::Repartition(repartition) => follow(&repartition.input, index, asked),
        LogicalPlan::Subquery(subquery) => follow(&subquery.subquery, index, asked),
        LogicalPlan::Distinct(Distinct::All(input)) => follow(input, index, asked),
        LogicalPlan::Distinct(Distinct::On(on)) => {
            follow_expr(on.select_expr.get(index).ok_or_else(computed)?, &on.input, asked)
        }
        LogicalPlan::Projection(projection) => {
            follow_expr(projection.expr.get(index).ok_or_else(computed)?, &projection.input, asked)
        }
        LogicalPlan::Window(window) if index < window.input.schema().fields().len() => {
            follow(&window.input, index, asked)
        }
        LogicalPlan::Aggregate(aggregate) => {
            let keys = grouping_set_to_exprlist(&aggregate.group_expr).map_err(|_| computed())?;
            follow_expr(keys.get(index).ok_or_else(computed)?, &aggregate.input, asked)
        }
        LogicalPlan::Join(join) => {
            let left = join.left.schema().fields().len();
            match join.join_type {
                JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => follow(&join.right, index, asked),
                _ if index < left => follow(&join.left, index, asked),
                _ => follow(&join.right, index - left, asked),
            }
        }
        _ => Err(computed()),
    }
}

fn follow_expr(expr: &Expr, input: &LogicalPlan, asked: &Column) -> Result<Arc<Coordinate>, ArrayError> {
    match expr {
        Expr::Alias(alias) => follow_expr(&alias.expr, input, asked),
        Expr::Column(column) => match input.schema().maybe_index_of_column(column) {
            Some(index) => follow(input, index, asked),
            None => Err(ArrayError::argument(format!("`{column}` is no column here"))),
        },
        _ => Err(ArrayError::argument(format!("`{asked}` is computed, expected the column of a coordinate"))
            .hint("select the coordinate itself in the inner query")),
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
