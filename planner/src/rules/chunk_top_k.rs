//! The first rows of a scan in the order of a variable are found in its chunks, where that is the same.
//!
//! ```text
//!  SortExec: TopK(fetch=10), expr=[t2m DESC]          ArrayTopKExec: first=10, order=[t2m DESC]
//!    [ProjectionExec]*                           ─→
//!      ArrayScanExec
//! ```
//!
//! The rule looks through projections that only pass columns on. It runs before DataFusion distributes the plan, so
//! that nothing else stands in between.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::sorts::sort::SortExec;
use hyperslab_exec::ArrayTopKExec;

use crate::PlannerOptions;

#[derive(Debug)]
pub(crate) struct ChunkTopK;

impl PhysicalOptimizerRule for ChunkTopK {
    fn name(&self) -> &str {
        "hyperslab.chunk_top_k"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !PlannerOptions::of(config).chunk_top_k {
            return Ok(plan);
        }
        plan.transform_down(|node| {
            Ok(match node.downcast_ref::<SortExec>().map(ArrayTopKExec::over).transpose()?.flatten() {
                Some(top) => Transformed::yes(Arc::new(top) as _),
                None => Transformed::no(node),
            })
        })
        .data()
    }
}
