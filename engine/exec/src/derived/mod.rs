//! Derived columns: values that a scan gives beside those of its table, computed for a unit when it is loaded.
//!
//! ```text
//!  rule of the planner ─→ ArrayScanExec::with_… ─→ Layout::with_derived ─→ columns after all others
//!
//!  run: ScanState ─ Derived::start ─→ DerivedRun ─ load(unit) ─→ a block of the unit's cells, or a lookup by position
//! ```
//!
//! What stands above the scan, a filter, an aggregate on chunks, another derived column, takes them as any column of
//! data.

mod collect;
mod dense;
mod join;
mod lookup;
mod slide;
mod window;

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::FieldRef;
use datafusion::error::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use hyperslab_array::{IndexRanges, Variable};

pub(crate) use join::JoinedRows;
pub use join::{LookupKey, LookupKind};
pub(crate) use slide::Sliding;
pub(crate) use window::WholePartitions;

use crate::scan::{ArrayScanExec, ScanMetrics, ScanState, Unit, UnitColumn};

/// Some indices of each dimension of a variable.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub variable: Arc<Variable>,
    pub indices: Vec<IndexRanges>,
}

/// The values of a column for the cells of a unit, in C order, made when they are needed.
pub(crate) trait CellValues: Debug + Send + Sync {
    /// The values of `cells`, counted within the unit; without a copy where they lie side by side.
    ///
    /// # Errors
    /// When they are outside of the unit.
    fn slice(&self, cells: Range<usize>) -> Result<ArrayRef>;

    /// Bytes that only this unit holds.
    fn memory(&self) -> usize;
}

/// Where some derived columns come from. It describes what to compute and opens nothing.
pub(crate) trait Derived: Debug + Send + Sync {
    /// The columns.
    fn fields(&self) -> &[FieldRef];

    /// How `EXPLAIN` shows it.
    fn describe(&self) -> String;

    /// The plans that it reads.
    fn inputs(&self) -> Vec<&Arc<dyn ExecutionPlan>>;

    /// The same with other plans in place of [`Self::inputs`], as many.
    ///
    /// # Errors
    /// When there are not as many.
    fn with_inputs(&self, inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn Derived>>;

    /// What it reads of an array of another table for `column`.
    fn wanted(&self, _column: usize) -> Option<Wanted> {
        None
    }

    /// The columns of the layout whose chunks it reads, which several units may need.
    fn reads(&self) -> Vec<usize> {
        Vec::new()
    }

    /// About how many bytes the values of a cell take that it makes for a unit.
    fn bytes_a_cell(&self) -> usize {
        0
    }

    /// Whether a cell may turn out to have several rows, which by position it cannot have.
    fn may_multiply(&self) -> bool {
        false
    }

    /// The columns of `below`, which has all labels, and then its own, made of rows; `None` where it never comes to that.
    ///
    /// # Errors
    /// When such a plan cannot be made.
    fn by_rows(&self, _below: &ArrayScanExec) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        Ok(None)
    }

    /// What the partitions of a run share.
    fn start(&self, context: &Arc<TaskContext>) -> Box<dyn DerivedRun>;
}

/// A run of a [`Derived`].
#[async_trait]
pub(crate) trait DerivedRun: Debug + Send + Sync {
    /// Whether its values can be found by position; where not, the scan goes by [`Derived::by_rows`].
    ///
    /// # Errors
    /// When what they follow from cannot be read.
    async fn is_by_position(&self) -> Result<bool> {
        Ok(true)
    }

    /// The values of `columns`, numbers among [`Derived::fields`], for the cells of `unit`.
    ///
    /// # Errors
    /// When what they follow from cannot be read or computed.
    async fn load(
        &self,
        state: &ScanState,
        metrics: &ScanMetrics,
        columns: &[usize],
        unit: &Unit,
    ) -> Result<Vec<UnitColumn>>;
}
