//! What a physical plan is over the scan of arrays at its root, seen through filters and projections.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::{BinaryExpr, Column};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
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
        input.predicate = Some(match input.predicate.take() {
            Some(below) => Arc::new(BinaryExpr::new(below, Operator::And, own)),
            None => own,
        });
        if let Some(projection) = filter.projection() {
            input.columns = projection.iter().filter_map(|i| input.columns.get(*i).cloned()).collect();
        }
        Ok(Some(input))
    }

    /// `expr` over the columns of the scan.
    ///
    /// # Errors
    /// When it cannot be moved.
    pub fn over_scan(&self, expr: &Expr) -> Result<Expr> {
        Arc::clone(expr)
            .transform_up(|e| {
                let own = e.downcast_ref::<Column>().and_then(|column| self.columns.get(column.index()));
                Ok(match own {
                    Some(own) => Transformed::yes(Arc::clone(own)),
                    None => Transformed::no(e),
                })
            })
            .data()
    }
}
