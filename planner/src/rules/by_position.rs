//! Joins and windows over scans of arrays, done by position where that is the same.
//!
//! ```text
//!  plan ─ from below ─→ each join, each window ─→ a scan with derived columns, which the next one above finds
//! ```
//!
//! It runs before DataFusion distributes the plan, so that nothing else stands in between, and before aggregates are
//! handed to the chunks.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;

use super::reasons::Reasons;
use super::{chunk_gather, chunk_join, chunk_lookup, chunk_window};
use crate::PlannerOptions;

type Rewrite = fn(&Arc<dyn ExecutionPlan>, &mut Reasons) -> Result<Option<Arc<dyn ExecutionPlan>>>;

#[derive(Debug)]
pub(crate) struct ByPosition;

impl PhysicalOptimizerRule for ByPosition {
    fn name(&self) -> &str {
        "hyperslab.by_position"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let options = PlannerOptions::of(config);
        // The first one that applies to a node rewrites it.
        let rewrites: [(bool, Rewrite); 4] = [
            (options.chunk_window, chunk_window::on_chunks),
            (options.chunk_join, chunk_join::on_chunks),
            (options.chunk_gather, chunk_gather::on_chunks),
            (options.chunk_lookup, chunk_lookup::on_chunks),
        ];
        plan.transform_up(|node| {
            let mut reasons = Reasons::default();
            for (_, rewrite) in rewrites.iter().filter(|(is_on, _)| *is_on) {
                if let Some(plan) = rewrite(&node, &mut reasons)? {
                    return Ok(Transformed::yes(plan));
                }
            }
            reasons.told_by(node)
        })
        .data()
    }
}
