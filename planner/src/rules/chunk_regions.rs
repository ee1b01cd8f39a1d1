//! Aggregates over a scan of arrays joined with a table of regions run on chunks, where that is the same.
//!
//! ```text
//!  AggregateExec: final                                              ArrayRegionAggregateExec
//!    AggregateExec: partial                                            regions
//!      [FilterExec | ProjectionExec]*
//!        NestedLoopJoinExec | HashJoinExec: inner, with a range  ─→
//!          regions, any plan
//!          [FilterExec | ProjectionExec]*
//!            ArrayScanExec
//! ```
//!
//! Each condition compares what varies along one dimension of the scan with columns of the regions; what is aggregated is
//! of the scan. A join by equality alone is a lookup and is left to others.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{JoinSide, JoinType, NullEquality, Result};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Column};
use datafusion::physical_expr::utils::collect_columns;
use datafusion::physical_expr::{PhysicalExpr, conjunction_opt, split_conjunction};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, PartitionMode};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use hyperslab_exec::{AggregateRequest, ArrayRegionAggregateExec, RegionRequest};

use super::input::{Input, over};
use crate::PlannerOptions;

type Expr = Arc<dyn PhysicalExpr>;

#[derive(Debug)]
pub(crate) struct ChunkRegions;

impl PhysicalOptimizerRule for ChunkRegions {
    fn name(&self) -> &str {
        "hyperslab.chunk_regions"
    }

    fn schema_check(&self) -> bool {
        true
    }

    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        if !PlannerOptions::of(config).chunk_regions {
            return Ok(plan);
        }
        plan.transform_down(|node| {
            let by_region = node.downcast_ref::<AggregateExec>().map(by_region).transpose()?.flatten();
            Ok(match by_region {
                Some(by_region) => Transformed::yes(Arc::new(by_region) as _),
                None => Transformed::no(node),
            })
        })
        .data()
    }
}

/// The same aggregate by region, where it is one over a scan joined with regions.
fn by_region(answer: &AggregateExec) -> Result<Option<ArrayRegionAggregateExec>> {
    let first = match answer.mode() {
        AggregateMode::Single | AggregateMode::SinglePartitioned => Some(answer),
        AggregateMode::Final | AggregateMode::FinalPartitioned => {
            answer.input().downcast_ref::<AggregateExec>().filter(|first| *first.mode() == AggregateMode::Partial)
        }
        AggregateMode::Partial | AggregateMode::PartialReduce => None,
    };
    let Some(first) = first else { return Ok(None) };
    if first.group_expr().has_grouping_set() || answer.limit_options().or(first.limit_options()).is_some() {
        return Ok(None);
    }
    for side in [JoinSide::Right, JoinSide::Left] {
        if let Some(joined) = Joined::of(first.input(), side)?
            && let Some(by_region) = over_join(answer, first, &joined)?
        {
            return Ok(Some(by_region));
        }
    }
    Ok(None)
}

fn over_join(
    answer: &AggregateExec,
    first: &AggregateExec,
    joined: &Joined<'_>,
) -> Result<Option<ArrayRegionAggregateExec>> {
    let (mut group_by, mut keys) = (Vec::new(), Vec::new());
    for (at, (key, name)) in first.group_expr().expr().iter().enumerate() {
        let key = over(&joined.columns, key)?;
        match joined.sides(&key) {
            (_, false) => group_by.push((key, name.clone())),
            (false, true) => keys.push((at, joined.over_regions(&key)?, name.clone())),
            (true, true) => return Ok(None),
        }
    }
    let mut aggregates = Vec::with_capacity(first.aggr_expr().len());
    // Only what is of the scan can be evaluated on chunks.
    let scan = &joined.input;
    let of_scan = Input { scan: scan.scan, columns: joined.columns.clone(), predicate: None };
    for function in first.aggr_expr() {
        let order_by = function.order_bys().iter().map(|sort| Arc::clone(&sort.expr));
        for argument in function.expressions().into_iter().chain(order_by) {
            if joined.sides(&over(&joined.columns, &argument)?).1 {
                return Ok(None);
            }
        }
        if function.is_reversed() {
            return Ok(None);
        }
        match of_scan.function_over_scan(function)? {
            Some(moved) => aggregates.push(moved),
            None => return Ok(None),
        }
    }
    let mut filters = Vec::with_capacity(first.filter_expr().len());
    for filter in first.filter_expr() {
        let filter = filter.as_ref().map(|filter| over(&joined.columns, filter)).transpose()?;
        if filter.as_ref().is_some_and(|filter| joined.sides(filter).1) {
            return Ok(None);
        }
        filters.push(filter);
    }
    let (mut conditions, mut has_range, mut predicate) = (Vec::new(), false, scan.predicate.clone());
    for condition in &joined.conditions {
        match joined.sides(condition) {
            (_, false) => predicate = conjunction_opt(predicate.into_iter().chain([Arc::clone(condition)])),
            (of_scan, true) => {
                let is_equal = condition.downcast_ref::<BinaryExpr>().is_some_and(|e| *e.op() == Operator::Eq);
                has_range |= of_scan && !is_equal;
                conditions.push(Arc::clone(condition));
            }
        }
    }
    if !has_range || joined.regions.boundedness().is_unbounded() {
        return Ok(None);
    }
    let aggregate = AggregateRequest { group_by, aggregates, filters, predicate, schema: answer.schema() };
    let request = RegionRequest { aggregate, keys, conditions, first: joined.first() };
    let rows = AggregateExec::try_new(
        AggregateMode::Single,
        first.group_expr().clone(),
        first.aggr_expr().to_vec(),
        first.filter_expr().to_vec(),
        Arc::new(CoalescePartitionsExec::new(joined.rows(first.input())?)),
        first.input_schema(),
    )?;
    ArrayRegionAggregateExec::try_new(scan.scan, joined.regions, request, Arc::new(rows))
}

/// Filters and projections over a scan joined with regions, seen from above. Expressions are over the columns of the
/// scan and, after them, those of the regions.
struct Joined<'a> {
    input: Input<'a>,
    regions: &'a Arc<dyn ExecutionPlan>,
    /// The side of the scan.
    side: JoinSide,
    join: &'a Arc<dyn ExecutionPlan>,
    /// What each column is.
    columns: Vec<Expr>,
    /// What all hold for a row.
    conditions: Vec<Expr>,
}

impl<'a> Joined<'a> {
    /// What `plan` is, where it is nothing but filters and projections over an inner join with a scan on `side`.
    fn of(plan: &'a Arc<dyn ExecutionPlan>, side: JoinSide) -> Result<Option<Self>> {
        if let Some(projection) = plan.downcast_ref::<ProjectionExec>() {
            let Some(mut joined) = Self::of(projection.input(), side)? else { return Ok(None) };
            joined.columns = projection.expr().iter().map(|e| over(&joined.columns, &e.expr)).collect::<Result<_>>()?;
            return Ok(Some(joined));
        }
        if let Some(filter) = plan.downcast_ref::<FilterExec>().filter(|f| f.fetch().is_none()) {
            let Some(mut joined) = Self::of(filter.input(), side)? else { return Ok(None) };
            let own = over(&joined.columns, filter.predicate())?;
            joined.conditions.extend(split_conjunction(&own).into_iter().cloned());
            joined.project(filter.projection().as_deref());
            return Ok(Some(joined));
        }
        if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
            if *join.join_type() != JoinType::Inner {
                return Ok(None);
            }
            return Self::at(plan, side, &[], join.filter(), join.projection().as_deref());
        }
        let Some(join) = plan.downcast_ref::<HashJoinExec>() else { return Ok(None) };
        let is_plain = *join.join_type() == JoinType::Inner
            && join.null_equality() == NullEquality::NullEqualsNothing
            && join.fetch().is_none();
        if !is_plain {
            return Ok(None);
        }
        Self::at(plan, side, join.on(), join.filter(), join.projection.as_deref())
    }

    fn at(
        join: &'a Arc<dyn ExecutionPlan>,
        side: JoinSide,
        on: &[(Expr, Expr)],
        filter: Option<&JoinFilter>,
        projection: Option<&[usize]>,
    ) -> Result<Option<Self>> {
        let [left, right] = join.children()[..] else { return Ok(None) };
        let (array, regions) = if side == JoinSide::Left { (left, right) } else { (right, left) };
        let Some(input) = Input::of(array)? else { return Ok(None) };
        let first = input.scan.schema().fields().len();
        let of_regions: Vec<Expr> = (regions.schema().fields().iter().enumerate())
            .map(|(i, field)| Arc::new(Column::new(field.name(), first + i)) as Expr)
            .collect();
        let (lefts, rights) = match side {
            JoinSide::Left => (input.columns.clone(), of_regions),
            _ => (of_regions, input.columns.clone()),
        };
        let mut conditions = Vec::new();
        for (left, right) in on {
            conditions
                .push(Arc::new(BinaryExpr::new(over(&lefts, left)?, Operator::Eq, over(&rights, right)?)) as Expr);
        }
        if let Some(filter) = filter {
            let column = |index: &datafusion::physical_plan::joins::utils::ColumnIndex| match index.side {
                JoinSide::Left => lefts.get(index.index).cloned(),
                JoinSide::Right => rights.get(index.index).cloned(),
                JoinSide::None => None,
            };
            let Some(columns) = filter.column_indices().iter().map(column).collect::<Option<Vec<_>>>() else {
                return Ok(None);
            };
            let own = over(&columns, filter.expression())?;
            conditions.extend(split_conjunction(&own).into_iter().cloned());
        }
        let columns = lefts.into_iter().chain(rights).collect();
        let mut joined = Self { input, regions, side, join, columns, conditions };
        joined.project(projection);
        Ok(Some(joined))
    }

    fn project(&mut self, projection: Option<&[usize]>) {
        if let Some(projection) = projection {
            self.columns = projection.iter().filter_map(|i| self.columns.get(*i).cloned()).collect();
        }
    }

    /// How many columns the scan has.
    fn first(&self) -> usize {
        self.input.scan.schema().fields().len()
    }

    /// Whether `expr` hangs on the scan, and whether on the regions.
    fn sides(&self, expr: &Expr) -> (bool, bool) {
        let columns = collect_columns(expr);
        let is_of_scan = |column: &Column| column.index() < self.first();
        (columns.iter().any(is_of_scan), !columns.iter().all(is_of_scan))
    }

    /// `expr`, which hangs on the regions alone, over their columns.
    fn over_regions(&self, expr: &Expr) -> Result<Expr> {
        let first = self.first();
        Arc::clone(expr)
            .transform_up(|e| {
                let own = e.downcast_ref::<Column>();
                let own = own.and_then(|c| Some(Column::new(c.name(), c.index().checked_sub(first)?)));
                Ok(match own {
                    Some(own) => Transformed::yes(Arc::new(own) as _),
                    None => Transformed::no(e),
                })
            })
            .data()
    }

    /// `plan`, which stands over the join, ready to run with one partition of the regions, which come from a leaf.
    fn rows(&self, plan: &Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        Arc::clone(plan)
            .transform_down(|node| {
                if !Arc::ptr_eq(&node, self.join) {
                    return Ok(Transformed::no(node));
                }
                let leaf = ArrayRegionAggregateExec::leaf(&self.regions.schema())?;
                let children = node.children();
                let side = |child: &Arc<dyn ExecutionPlan>| -> Arc<dyn ExecutionPlan> {
                    if Arc::ptr_eq(child, self.regions) { Arc::clone(&leaf) } else { Arc::clone(child) }
                };
                let children = children.into_iter().map(side).collect();
                let join = Arc::clone(&node).with_new_children(children)?;
                let join = self.collecting_regions(join)?;
                Ok(Transformed::new(join, true, datafusion::common::tree_node::TreeNodeRecursion::Jump))
            })
            .data()
    }

    /// `join` with the regions on the left, which is held in memory.
    fn collecting_regions(&self, join: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
        let is_swapped = self.side == JoinSide::Left;
        if let Some(join) = join.downcast_ref::<NestedLoopJoinExec>().filter(|_| is_swapped) {
            return join.swap_inputs();
        }
        match join.downcast_ref::<HashJoinExec>() {
            Some(join) if is_swapped => join.swap_inputs(PartitionMode::CollectLeft),
            Some(join) => join.builder().with_partition_mode(PartitionMode::CollectLeft).build_exec(),
            None => Ok(join),
        }
    }
}
