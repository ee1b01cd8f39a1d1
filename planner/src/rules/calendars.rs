//! The calendar of text that stands for times, where DataFusion has dropped it: behind `min`, `max`, `lag`, `CASE` ….
//!
//! A field's metadata names the calendar. Aggregates, windows and conditional expressions hand the text on and drop the
//! metadata, and then `dayofyear(max(time))` would count the days of another calendar. This rule finds the calendar
//! again and puts it on the argument: `dayofyear(in_calendar(max(time), 'noleap'))`.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, lit};
use datafusion::optimizer::AnalyzerRule;
use hyperslab_exec::functions::{in_calendar, is_of_time};
use hyperslab_exec::metadata::CALENDAR;

use super::lineage::{Origin, origin};
use super::walk::{Scope, rewrite};
use crate::PlannerOptions;

/// Functions, aggregates and windows that answer with one of their arguments' values as it is.
const HAND_ON: [&str; 15] = [
    "min",
    "max",
    "arg_min",
    "arg_max",
    "first_value",
    "last_value",
    "nth_value",
    "lag",
    "lead",
    "coalesce",
    "nvl",
    "ifnull",
    "nullif",
    "greatest",
    "least",
];

#[derive(Debug)]
pub(super) struct Calendars;

impl AnalyzerRule for Calendars {
    fn name(&self) -> &str {
        "hyperslab.calendars"
    }

    fn analyze(&self, plan: LogicalPlan, config: &ConfigOptions) -> Result<LogicalPlan> {
        if !PlannerOptions::of(config).calendars {
            return Ok(plan);
        }
        rewrite(plan, &mut |expr, scope: &Scope<'_>| {
            let Expr::ScalarFunction(mut function) = expr else { return Ok(Transformed::no(expr)) };
            let mut changed = false;
            if is_of_time(&function.func)
                && let Some(time) = function.args.last_mut()
                && !is_named(time, &scope.schema)
                && let Some(calendar) = calendar_of(time, scope)
            {
                *time = in_calendar::udf().call(vec![time.clone(), lit(calendar)]);
                changed = true;
            }
            Ok(Transformed::new_transformed(Expr::ScalarFunction(function), changed))
        })
    }
}

/// Whether the metadata of `expr` names a calendar.
fn is_named(expr: &Expr, schema: &DFSchema) -> bool {
    expr.to_field(schema).is_ok_and(|(_, field)| field.metadata().contains_key(CALENDAR))
}

/// The name of the calendar whose times `expr` is the text of; `None` where it is anything else.
pub(super) fn calendar_of(expr: &Expr, scope: &Scope<'_>) -> Option<String> {
    let inputs: Vec<&LogicalPlan> = scope.inputs.iter().collect();
    of_expr(expr, &scope.schema, &inputs)
}

fn of_expr(expr: &Expr, schema: &DFSchema, inputs: &[&LogicalPlan]) -> Option<String> {
    let (_, field) = expr.to_field(schema).ok()?;
    if !matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
        return None;
    }
    if let Some(calendar) = field.metadata().get(CALENDAR) {
        return Some(calendar.clone());
    }
    let same_of = |exprs: &mut dyn Iterator<Item = &Expr>| {
        let mut found: Option<String> = None;
        for expr in exprs.filter(|e| !matches!(e, Expr::Literal(..))) {
            let calendar = of_expr(expr, schema, inputs)?;
            if found.get_or_insert_with(|| calendar.clone()) != &calendar {
                return None;
            }
        }
        found
    };
    let hands_on = |name: &str| HAND_ON.contains(&name);
    match expr {
        Expr::Alias(alias) => of_expr(&alias.expr, schema, inputs),
        Expr::Column(column) => {
            inputs.iter().find_map(|plan| of_column(plan, plan.schema().maybe_index_of_column(column)?))
        }
        Expr::AggregateFunction(f) if hands_on(f.func.name()) => of_expr(f.params.args.first()?, schema, inputs),
        Expr::WindowFunction(f) if hands_on(f.fun.name()) => of_expr(f.params.args.first()?, schema, inputs),
        Expr::ScalarFunction(f) if hands_on(f.func.name()) => same_of(&mut f.args.iter()),
        Expr::Case(case) => {
            let thens = case.when_then_expr.iter().map(|(_, then)| then.as_ref());
            same_of(&mut thens.chain(case.else_expr.iter().map(AsRef::as_ref)))
        }
        Expr::ScalarSubquery(subquery) => of_column(&subquery.subquery, 0),
        _ => None,
    }
}

fn of_column(plan: &LogicalPlan, index: usize) -> Option<String> {
    if let Some(calendar) = plan.schema().fields().get(index)?.metadata().get(CALENDAR) {
        return Some(calendar.clone());
    }
    match origin(plan, index) {
        Origin::Column(input, column) => of_column(input, column),
        Origin::Expr(expr, input) => of_expr(expr, input.schema(), &[input]),
        Origin::Table(_) | Origin::Unknown => None,
    }
}
