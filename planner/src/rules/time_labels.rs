//! Constants that are compared with times become times of the same kind.
//!
//! ```text
//! time >= '1990'                    ─→  time >= 1990-01-01T00:00:00, a timestamp in the unit of `time`
//! time <  TIMESTAMP '0001-06-01'    ─→  the same; DataFusion counts nanoseconds there, which begin in 1677
//! time =  '2000-02-30' in 360_day   ─→  time = '2000-02-30T00:00:00'
//! ```
//!
//! So no cast is left on the column, and the comparison prunes.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan};
use datafusion::optimizer::AnalyzerRule;
use hyperslab_array::Calendar;

use super::calendars::calendar_of;
use super::comparison::{Operand, has_labels, is_constant, map_operands};
use super::time_constant::{self, TimeLabels as Kind};
use super::walk::{Scope, rewrite};
use crate::PlannerOptions;

#[derive(Debug)]
pub(super) struct TimeLabels;

impl AnalyzerRule for TimeLabels {
    fn name(&self) -> &str {
        "hyperslab.time_labels"
    }

    fn analyze(&self, plan: LogicalPlan, config: &ConfigOptions) -> Result<LogicalPlan> {
        if !PlannerOptions::of(config).time_labels {
            return Ok(plan);
        }
        rewrite(plan, &mut |expr, scope: &Scope<'_>| {
            map_operands(expr, |labels, op, constant| {
                if !is_constant(constant) || !has_labels(labels) {
                    return Ok(Operand::Keep);
                }
                match kind_of(labels, scope) {
                    Some(kind) => time_constant::among(kind, op, constant),
                    None => Ok(Operand::Keep),
                }
            })
        })
    }
}

/// What kind of times `labels` are; `None` where they are none.
fn kind_of(labels: &Expr, scope: &Scope<'_>) -> Option<Kind> {
    match labels.to_field(&scope.schema).ok()?.1.data_type() {
        DataType::Timestamp(unit, None) => Some(Kind::Timestamp(*unit)),
        _ => Calendar::parse(&calendar_of(labels, scope)?).ok().map(Kind::Text),
    }
}
