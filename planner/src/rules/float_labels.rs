//! A comparison of `float32` labels with a constant happens in `float32`: `lat = 0.1` finds the label 0.1.
//!
//! SQL would widen the label to `float64`, where 0.1 is another number. Data variables keep SQL's rules. Labels of two
//! grids, one in `float32` and one in `float64`, are compared in `float32` for the same reason.

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, ExprSchema, Result};
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, cast};
use datafusion::optimizer::AnalyzerRule;
use hyperslab_exec::metadata::ROLE;

use super::comparison::{Operand, has_labels, is_constant, is_lookup, map_operands};
use super::walk::{JoinKeys, Scope, rewrite, rewrite_join_keys};
use crate::PlannerOptions;

#[derive(Debug)]
pub(super) struct FloatLabels;

impl AnalyzerRule for FloatLabels {
    fn name(&self) -> &str {
        "hyperslab.float_labels"
    }

    fn analyze(&self, plan: LogicalPlan, config: &ConfigOptions) -> Result<LogicalPlan> {
        if !PlannerOptions::of(config).float_labels {
            return Ok(plan);
        }
        let plan = rewrite(plan, &mut |expr, scope: &Scope<'_>| {
            map_operands(expr, |labels, _, other| Ok(narrowed(labels, &scope.schema, other, &scope.schema)))
        })?;
        rewrite_join_keys(plan, &mut |JoinKeys { left, right }| {
            if let Operand::Other(narrow) = narrowed(left.0, left.1, right.0, right.1) {
                return Some((left.0.clone(), narrow));
            }
            match narrowed(right.0, right.1, left.0, left.1) {
                Operand::Other(narrow) => Some((narrow, right.0.clone())),
                _ => None,
            }
        })
    }
}

/// `other` in the type of `labels`.
fn narrowed(labels: &Expr, labels_schema: &DFSchema, other: &Expr, other_schema: &DFSchema) -> Operand {
    let is_of = |expr: &Expr, schema: &DFSchema, is: fn(&DataType) -> bool| {
        expr.get_type(schema).is_ok_and(|data_type| is(&data_type))
    };
    if !is_of(labels, labels_schema, |t| *t == DataType::Float32) || !is_of_labels(labels, labels_schema) {
        return Operand::Keep;
    }
    let is_wider = is_of(other, other_schema, |t| *t == DataType::Float64 || t.is_decimal());
    if is_wider && (is_constant(other) || is_of_labels(other, other_schema)) {
        return Operand::Other(cast(other.clone(), DataType::Float32));
    }
    Operand::Keep
}

/// Whether `expr` is made of labels: its columns are coordinates, and there is one, or a label that was looked up.
fn is_of_labels(expr: &Expr, schema: &DFSchema) -> bool {
    let is_label =
        |field: &Field| field.metadata().get(ROLE).is_some_and(|role| role == "dimension" || role == "coordinate");
    let mut all = true;
    // The closure does not fail.
    let _ = expr.apply(|e| {
        all &= match e {
            // What it looks for may be anything.
            e if is_lookup(e) => return Ok(TreeNodeRecursion::Jump),
            Expr::Column(column) => schema.field_from_column(column).is_ok_and(|f| is_label(f)),
            Expr::OuterReferenceColumn(field, _) => is_label(field),
            Expr::ScalarSubquery(_) | Expr::AggregateFunction(_) | Expr::WindowFunction(_) => false,
            _ => true,
        };
        Ok(TreeNodeRecursion::Continue)
    });
    all && has_labels(expr)
}
