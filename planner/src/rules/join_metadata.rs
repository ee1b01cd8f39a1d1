//! The metadata of a join's schema stays what it is when DataFusion swaps the sides.
//!
//! DataFusion 55 merges the metadata of both sides, and where they differ one side wins. The rule that swaps sides by
//! their size so changes the metadata of the plan, which DataFusion then refuses. Array tables say in it what dataset
//! they are of, so a join of two datasets would meet this whenever the larger one stands on the left.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::{CrossJoinExec, HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};

use crate::PlannerOptions;

#[derive(Debug)]
pub(crate) struct JoinMetadata;

impl PhysicalOptimizerRule for JoinMetadata {
    fn name(&self) -> &str {
        "hyperslab.join_metadata"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !PlannerOptions::of(config).join_metadata {
            return Ok(plan);
        }
        plan.transform_up(|node| {
            let may_swap = node.is::<HashJoinExec>() || node.is::<NestedLoopJoinExec>() || node.is::<CrossJoinExec>();
            let same = |sides: &[&Arc<dyn ExecutionPlan>]| match sides {
                [left, right] => left.schema().metadata() == right.schema().metadata(),
                _ => true,
            };
            if !may_swap || same(&node.children()) {
                return Ok(Transformed::no(node));
            }
            let schema = node.schema();
            let column = |(i, field): (usize, &Arc<datafusion::arrow::datatypes::Field>)| ProjectionExpr {
                expr: Arc::new(Column::new(field.name(), i)),
                alias: field.name().clone(),
            };
            let columns: Vec<_> = schema.fields().iter().enumerate().map(column).collect();
            Ok(Transformed::yes(Arc::new(ProjectionExec::try_new_with_schema_metadata(columns, node, &schema)?) as _))
        })
        .data()
    }
}
