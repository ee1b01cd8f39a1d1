//! `EXTRACT(part FROM time)` as Hyperslab's `date_part`; DataFusion's planner would call its own without asking the registry.

use datafusion::common::Result;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult};
use hyperslab_exec::functions::date_part;

#[derive(Debug)]
pub(crate) struct ExtractPlanner;

impl ExprPlanner for ExtractPlanner {
    fn plan_extract(&self, args: Vec<Expr>) -> Result<PlannerResult<Vec<Expr>>> {
        Ok(PlannerResult::Planned(date_part::udf().call(args)))
    }
}
