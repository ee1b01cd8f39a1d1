//! What a physical plan is over the scan of arrays at its root, seen through filters and projections.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::expressions::{BinaryExpr, Column};
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use hyperslab_exec::ArrayScanExec;

type Expr = Arc<dyn PhysicalExpr>;

/// Filters and projections over a scan, seen from above.
pub(super) struct Input<'a> {
    pub scan: &'a ArrayScanExec,
    /// What each column is, over the columns of the scan.
    pub columns: Vec<Expr>,
    /// What the filters keep; `None` where there is none.
    pub predicate: Option<Expr>,
}

impl<'a> Input<'a> {
    /// What `plan` is, where it is nothing but filters and projections over a scan.
    ///
    /// # Errors
    /// When an expression cannot be moved.
    pub fn of(plan: &'a Arc<dyn ExecutionPlan>) -> Result<Option<Self>> {
        if let Some(scan) = plan.downcast_ref::<ArrayScanExec>() {
            let column = |(i, field): (usize, &Arc<datafusion::arrow::datatypes::Field>)| {
                Arc::new(Column::new(field.name(), i)) as Expr
            };
            let columns = scan.schema().fields().iter().enumerate().map(column).collect();
            return Ok(Some(Self { scan, columns, predicate: None }));
        }
        if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
            let Some(mut input) = Self::of(projection.input())? else { return Ok(None) };
            let columns = projection.expr().iter().map(|e| input.over_scan(&e.expr)).collect::<Result<_>>()?;
            input.columns = columns;
            return Ok(Some(input));
        }
        let Some(filter) = plan.downcast_ref::<FilterExec>().filter(|f| f.fetch().is_none()) else { return Ok(None) };
        let Some(mut input) = Self::of(filter.input())? else { return Ok(None) };
        let own = input.over_scan(filter.predicate())?;
        input.predicate = and(input.predicate.take(), Some(own));
        if let Some(projection) = filter.projection() {
            input.columns = projection.iter().filter_map(|i| input.columns.get(*i).cloned()).collect();
        }
        Ok(Some(input))
    }

    /// The same function over the columns of the scan; `None` where it would have another type.
    ///
    /// # Errors
    /// When an argument cannot be moved.
    pub fn function_over_scan(&self, function: &AggregateFunctionExpr) -> Result<Option<Arc<AggregateFunctionExpr>>> {
        let args = function.expressions().iter().map(|e| self.over_scan(e)).collect::<Result<_>>()?;
        let order_by = function
            .order_bys()
            .iter()
            .map(|sort| Ok(PhysicalSortExpr { expr: self.over_scan(&sort.expr)?, options: sort.options }));
        // Made anew, so that it takes its types from the columns of the scan.
        let moved = AggregateExprBuilder::new(Arc::new(function.fun().clone()), args)
            .order_by(order_by.collect::<Result<_>>()?)
            .schema(self.scan.schema())
            .alias(function.name())
            .with_distinct(function.is_distinct())
            .with_ignore_nulls(function.ignore_nulls())
            .build()?;
        Ok((moved.field().data_type() == function.field().data_type()).then(|| Arc::new(moved)))
    }

    /// `expr` over the columns of the scan.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn over_scan(&self, expr: &Expr) -> Result<Expr> {
        over(&self.columns, expr)
    }
}

/// `expr` with each column replaced by what it is.
///
/// # Errors
/// When it cannot be moved.
pub(super) fn over(columns: &[Expr], expr: &Expr) -> Result<Expr> {
    Arc::clone(expr)
        .transform_up(|e| {
            let own = e.downcast_ref::<Column>().and_then(|column| columns.get(column.index()));
            Ok(match own {
                Some(own) => Transformed::yes(Arc::clone(own)),
                None => Transformed::no(e),
            })
        })
        .data()
}

/// The rows of `scan` for which `predicate` holds, as `columns`, under the names of `schema`. All expressions are over
/// the columns of the scan by name; what none of them needs is not read.
///
/// # Errors
/// When an expression does not fit the scan.
pub(super) fn project(
    scan: &ArrayScanExec,
    columns: Vec<Expr>,
    predicate: Option<Expr>,
    schema: &SchemaRef,
) -> Result<Arc<dyn ExecutionPlan>> {
    let used = columns.iter().chain(&predicate).flat_map(collect_columns);
    let scan = scan.of_columns(&used.map(|c| c.name().to_string()).collect())?;
    let columns = columns.into_iter().zip(schema.fields()).map(|(expr, field)| {
        let expr = reassign_expr_columns(expr, &scan.schema())?;
        Ok(ProjectionExpr { expr, alias: field.name().clone() })
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let predicate = predicate.map(|p| reassign_expr_columns(p, &scan.schema())).transpose()?;
    let mut plan: Arc<dyn ExecutionPlan> = Arc::new(scan);
    if let Some(predicate) = predicate {
        plan = Arc::new(FilterExec::try_new(predicate, plan)?);
    }
    Ok(Arc::new(ProjectionExec::try_new_with_schema_metadata(columns, plan, schema)?))
}

/// Both, where there are both.
pub(super) fn and(a: Option<Expr>, b: Option<Expr>) -> Option<Expr> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Arc::new(BinaryExpr::new(a, Operator::And, b))),
        (a, b) => a.or(b),
    }
}
