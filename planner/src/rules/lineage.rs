//! One step back from a column of a plan to what it is made of.

use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{Aggregate, Distinct, Expr, JoinType, LogicalPlan, TableScan};

/// Where a column of a plan comes from.
pub(super) enum Origin<'a> {
    /// From the column at this index of an input.
    Column(&'a LogicalPlan, usize),
    /// From an expression over an input.
    Expr(&'a Expr, &'a LogicalPlan),
    /// From a table.
    Table(&'a TableScan),
    /// From what is not followed, such as `VALUES` or `UNION`.
    Unknown,
}

/// The origin of column `index` of `plan`.
pub(super) fn origin(plan: &LogicalPlan, index: usize) -> Origin<'_> {
    match plan {
        LogicalPlan::TableScan(scan) => Origin::Table(scan),
        LogicalPlan::SubqueryAlias(alias) => Origin::Column(&alias.input, index),
        LogicalPlan::Filter(filter) => Origin::Column(&filter.input, index),
        LogicalPlan::Sort(sort) => Origin::Column(&sort.input, index),
        LogicalPlan::Limit(limit) => Origin::Column(&limit.input, index),
        LogicalPlan::Repartition(repartition) => Origin::Column(&repartition.input, index),
        LogicalPlan::Subquery(subquery) => Origin::Column(&subquery.subquery, index),
        LogicalPlan::Distinct(Distinct::All(input)) => Origin::Column(input, index),
        LogicalPlan::Distinct(Distinct::On(on)) => expr(on.select_expr.get(index), &on.input),
        LogicalPlan::Projection(projection) => expr(projection.expr.get(index), &projection.input),
        LogicalPlan::Window(window) => match index.checked_sub(window.input.schema().fields().len()) {
            Some(computed) => expr(window.window_expr.get(computed), &window.input),
            None => Origin::Column(&window.input, index),
        },
        LogicalPlan::Aggregate(aggregate) => expr(aggregated(aggregate, index), &aggregate.input),
        LogicalPlan::Join(join) => match join.join_type {
            JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => Origin::Column(&join.right, index),
            JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => Origin::Column(&join.left, index),
            _ => match index.checked_sub(join.left.schema().fields().len()) {
                Some(right) => Origin::Column(&join.right, right),
                None => Origin::Column(&join.left, index),
            },
        },
        _ => Origin::Unknown,
    }
}

fn expr<'a>(expr: Option<&'a Expr>, input: &'a LogicalPlan) -> Origin<'a> {
    expr.map_or(Origin::Unknown, |expr| Origin::Expr(expr, input))
}

/// The group key or the aggregate that is column `index`.
fn aggregated(aggregate: &Aggregate, index: usize) -> Option<&Expr> {
    let keys = grouping_set_to_exprlist(&aggregate.group_expr).ok()?;
    match index.checked_sub(aggregate.schema.fields().len().checked_sub(aggregate.aggr_expr.len())?) {
        Some(computed) => aggregate.aggr_expr.get(computed),
        // After the keys of grouping sets comes the number of the set, which is no key.
        None => keys.get(index).copied(),
    }
}
