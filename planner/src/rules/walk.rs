//! Walks every expression of a plan and of its subqueries, with the inputs that the expression's columns come from.

use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, DFSchema, Result};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, LogicalPlan};

/// Where the columns of an expression come from.
pub(super) struct Scope<'a> {
    /// The inputs of the node that holds the expression.
    pub inputs: Vec<LogicalPlan>,
    /// The columns of the inputs, and of outer queries.
    pub schema: DFSchema,
    /// The query around the subquery that the expression is in.
    pub outer: Option<&'a Scope<'a>>,
}

impl<'a> Scope<'a> {
    fn new(plan: &LogicalPlan, outer: Option<&'a Scope<'a>>) -> Result<Self> {
        let mut schema = merge_schema(&plan.inputs());
        if let LogicalPlan::TableScan(scan) = plan {
            schema.merge(&DFSchema::try_from_qualified_schema(scan.table_name.clone(), &scan.source.schema())?);
        }
        if let Some(outer) = outer {
            schema.merge(&outer.schema);
        }
        Ok(Self { inputs: plan.inputs().into_iter().cloned().collect(), schema, outer })
    }

    /// The input that has `column`, with the column's index in it.
    pub(super) fn input_of(&self, column: &Column) -> Option<(&LogicalPlan, usize)> {
        self.inputs.iter().find_map(|input| Some((input, input.schema().maybe_index_of_column(column)?)))
    }
}

/// What makes another expression of one.
type Rewrite<'f> = dyn FnMut(Expr, &Scope<'_>) -> Result<Transformed<Expr>> + 'f;

/// Replaces expressions by what `f` makes of them, from the leaves up. Names of columns stay as they are.
pub(super) fn rewrite(plan: LogicalPlan, f: &mut Rewrite<'_>) -> Result<LogicalPlan> {
    Ok(rewrite_plan(plan, None, f)?.data)
}

fn rewrite_plan(plan: LogicalPlan, outer: Option<&Scope<'_>>, f: &mut Rewrite<'_>) -> Result<Transformed<LogicalPlan>> {
    let plan = plan.map_children(|child| rewrite_plan(child, outer, f))?;
    let plan = plan.transform_data(|plan| {
        let scope = Scope::new(&plan, outer)?;
        let names = NamePreserver::new(&plan);
        let mut rewrite_named = |expr: Expr| {
            let name = names.save(&expr);
            let expr =
                expr.transform_up(|expr| rewrite_subquery(expr, &scope, f)?.transform_data(|expr| f(expr, &scope)))?;
            Ok(expr.update_data(|expr| name.restore(expr)))
        };
        plan.map_expressions(|expr| match expr {
            // The keys have names, the set of them has none.
            Expr::GroupingSet(_) => expr.map_children(&mut rewrite_named),
            expr => rewrite_named(expr),
        })
    })?;
    // Types may have changed, here or below.
    if plan.transformed { plan.map_data(LogicalPlan::recompute_schema) } else { Ok(plan) }
}

fn rewrite_subquery(mut expr: Expr, scope: &Scope<'_>, f: &mut Rewrite<'_>) -> Result<Transformed<Expr>> {
    let subquery = match &mut expr {
        Expr::Exists(exists) => &mut exists.subquery,
        Expr::InSubquery(inside) => &mut inside.subquery,
        Expr::SetComparison(comparison) => &mut comparison.subquery,
        Expr::ScalarSubquery(subquery) => subquery,
        _ => return Ok(Transformed::no(expr)),
    };
    let plan = rewrite_plan(subquery.subquery.as_ref().clone(), Some(scope), f)?;
    if plan.transformed {
        *subquery = subquery.with_plan(plan.data.into());
    }
    Ok(Transformed::new_transformed(expr, plan.transformed))
}

/// Two keys that a join compares, each with the columns that it is made of.
pub(super) struct JoinKeys<'a> {
    pub left: (&'a Expr, &'a DFSchema),
    pub right: (&'a Expr, &'a DFSchema),
}

/// Replaces the keys of joins by what `f` makes of them. The keys of `USING` are not written as a comparison.
pub(super) fn rewrite_join_keys(
    plan: LogicalPlan,
    f: &mut dyn FnMut(JoinKeys<'_>) -> Option<(Expr, Expr)>,
) -> Result<LogicalPlan> {
    let plan = plan.transform_up_with_subqueries(|plan| {
        let LogicalPlan::Join(mut join) = plan else { return Ok(Transformed::no(plan)) };
        let mut changed = false;
        for (left, right) in &mut join.on {
            let keys = JoinKeys { left: (left, join.left.schema()), right: (right, join.right.schema()) };
            if let Some(pair) = f(keys) {
                (*left, *right) = pair;
                changed = true;
            }
        }
        Ok(Transformed::new_transformed(LogicalPlan::Join(join), changed))
    })?;
    Ok(plan.data)
}
