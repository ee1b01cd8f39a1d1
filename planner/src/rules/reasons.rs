//! Why a join, a window or an aggregate over a scan of arrays goes by rows: `EXPLAIN VERBOSE` shows it with the scan.

use std::sync::Arc;

use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::aggregates::AggregateExec;
use datafusion::physical_plan::execution_plan::replace_children_if_necessary;
use hyperslab_exec::ArrayScanExec;

use super::input::Input;

/// What rules found that keeps them from a rewrite.
#[derive(Debug, Default)]
pub(super) struct Reasons(Vec<String>);

impl Reasons {
    /// No rewrite, because of `why`.
    pub fn none<T>(&mut self, why: impl Into<String>) -> Option<T> {
        self.add(why);
        None
    }

    /// Adds a reason, once.
    pub fn add(&mut self, why: impl Into<String>) {
        let why = why.into();
        if !self.0.contains(&why) {
            self.0.push(why);
        }
    }

    /// `plan` with the reasons at the scans right below it.
    ///
    /// # Errors
    /// When the plan cannot be made again.
    pub fn told_by(self, plan: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
        if self.0.is_empty() {
            return Ok(Transformed::no(plan));
        }
        let note = format!("{}: {}", plan.name(), self.0.join("; "));
        noted_below(&plan, &note).map(Transformed::yes)
    }
}

/// `plan` with a note at each side of it that is a scan; those of an aggregate in two steps are below both.
fn noted_below(plan: &Arc<dyn ExecutionPlan>, note: &str) -> Result<Arc<dyn ExecutionPlan>> {
    let child = |child: &Arc<dyn ExecutionPlan>| match Input::of(child)? {
        Some(_) => noted(child, note),
        None if child.is::<AggregateExec>() => noted_below(child, note),
        None => Ok(Arc::clone(child)),
    };
    let children = plan.children().into_iter().map(child).collect::<Result<_>>()?;
    replace_children_if_necessary(Arc::clone(plan), children)
}

/// Filters and projections over a scan, with a note.
fn noted(plan: &Arc<dyn ExecutionPlan>, note: &str) -> Result<Arc<dyn ExecutionPlan>> {
    if let Some(scan) = plan.downcast_ref::<ArrayScanExec>() {
        return Ok(Arc::new(scan.with_note(note)));
    }
    let children = plan.children().into_iter().map(|child| noted(child, note)).collect::<Result<_>>()?;
    replace_children_if_necessary(Arc::clone(plan), children)
}
