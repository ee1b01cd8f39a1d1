//! Aggregates over a scan of arrays run on its chunks, where that is the same.
//!
//! ```text
//!  AggregateExec: final                                  ArrayAggregateExec
//!    AggregateExec: partial                     ─→         keys, arguments and filters
//!      [FilterExec | ProjectionExec]*                      over the columns of the scan
//!        ArrayScanExec
//! ```
//!
//! The rule looks through filters and projections alone, and puts their expressions in place of the columns above. It
//! runs before DataFusion distributes the plan, so that nothing else stands in between.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use hyperslab_exec::{AggregateRequest, ArrayAggregateExec};

use super::input::Input;
use super::reasons::Reasons;
use crate::PlannerOptions;

#[derive(Debug)]
pub(crate) struct ChunkAggregate;

impl PhysicalOptimizerRule for ChunkAggregate {
    fn name(&self) -> &str {
        "hyperslab.chunk_aggregate"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !PlannerOptions::of(config).chunk_aggregate {
            return Ok(plan);
        }
        plan.transform_down(|node| {
            let mut reasons = Reasons::default();
            let aggregate = node.downcast_ref::<AggregateExec>();
            let on_chunks = aggregate.map(|aggregate| on_chunks(aggregate, &mut reasons)).transpose()?.flatten();
            match on_chunks {
                Some(on_chunks) => Ok(Transformed::yes(Arc::new(on_chunks) as _)),
                None => reasons.told_by(node),
            }
        })
        .data()
    }
}

/// The same aggregate on chunks, where it is one over a scan.
fn on_chunks(answer: &AggregateExec, reasons: &mut Reasons) -> Result<Option<ArrayAggregateExec>> {
    let first = match answer.mode() {
        AggregateMode::Single | AggregateMode::SinglePartitioned => Some(answer),
        AggregateMode::Final | AggregateMode::FinalPartitioned => {
            answer.input().downcast_ref::<AggregateExec>().filter(|first| *first.mode() == AggregateMode::Partial)
        }
        AggregateMode::Partial | AggregateMode::PartialReduce => None,
    };
    let Some(first) = first else { return Ok(None) };
    let Some(input) = Input::of(first.input())? else { return Ok(None) };
    if first.group_expr().has_grouping_set() || answer.limit_options().or(first.limit_options()).is_some() {
        return Ok(reasons.none("there are several sets of keys, or not all groups are wanted"));
    }
    let group_by = first.group_expr().expr().iter();
    let group_by = group_by.map(|(key, name)| Ok((input.over_scan(key)?, name.clone()))).collect::<Result<_>>()?;
    let mut aggregates = Vec::with_capacity(first.aggr_expr().len());
    for function in first.aggr_expr() {
        let moved = if function.is_reversed() { None } else { input.function_over_scan(function)? };
        match moved {
            Some(moved) => aggregates.push(moved),
            None => {
                return Ok(reasons.none(format!("`{}` cannot be told over the columns of the scan", function.name())));
            }
        }
    }
    let filters = first.filter_expr().iter();
    let filters = filters.map(|f| f.as_ref().map(|f| input.over_scan(f)).transpose()).collect::<Result<_>>()?;
    let request =
        AggregateRequest { group_by, aggregates, filters, predicate: input.predicate, schema: answer.schema() };
    let rows = AggregateExec::try_new(
        AggregateMode::Single,
        first.group_expr().clone(),
        first.aggr_expr().to_vec(),
        first.filter_expr().to_vec(),
        Arc::new(CoalescePartitionsExec::new(Arc::clone(first.input()))),
        first.input_schema(),
    )?;
    let on_chunks = ArrayAggregateExec::try_new(input.scan, request, Arc::new(rows))?;
    if on_chunks.is_none() {
        reasons.add("a key is no function of one dimension, or a function has no states that can be merged");
    }
    Ok(on_chunks)
}
