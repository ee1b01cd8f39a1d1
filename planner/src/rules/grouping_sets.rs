//! `ROLLUP`, `CUBE` and `GROUPING SETS` over tables whose order is known.
//!
//! DataFusion 55 takes the order and the constants of an aggregate's input for those of its output. With grouping sets
//! a key is NULL in some rows, so neither holds: at one partition `GROUP BY ROLLUP (time) ORDER BY time` is not sorted,
//! and groups may come in two parts. Array tables always say how they are ordered, so they would meet this every time.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use hyperslab_exec::ForgetOrderExec;

use crate::PlannerOptions;

#[derive(Debug)]
pub(crate) struct GroupingSets;

impl PhysicalOptimizerRule for GroupingSets {
    fn name(&self) -> &str {
        "hyperslab.grouping_sets"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !PlannerOptions::of(config).grouping_sets {
            return Ok(plan);
        }
        let plan = plan.transform_up(|node| {
            let has_sets =
                node.downcast_ref::<AggregateExec>().is_some_and(|aggregate| aggregate.group_expr().has_grouping_set());
            Ok(if has_sets {
                Transformed::yes(Arc::new(ForgetOrderExec::new(node)) as _)
            } else {
                Transformed::no(node)
            })
        })?;
        Ok(plan.data)
    }
}
