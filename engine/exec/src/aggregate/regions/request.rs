//! What an aggregate by region is asked for.

use std::sync::Arc;

use datafusion::physical_expr::PhysicalExpr;

use crate::AggregateRequest;

/// An aggregate over the rows of a scan joined with regions. A row takes part once for each region whose conditions it
/// fulfils.
#[derive(Debug, Clone)]
pub struct RegionRequest {
    /// The aggregate: its keys that are of the scan, its functions, filters and predicate, all over the columns of the
    /// scan. Its schema has the answers after all keys.
    pub aggregate: AggregateRequest,
    /// The keys that are of the regions, over their columns: which of all keys each one is, and what it is called.
    pub keys: Vec<(usize, Arc<dyn PhysicalExpr>, String)>,
    /// What holds for a row and a region that belong together: over the columns of the scan and, from number
    /// [`Self::first`] on, those of the regions.
    pub conditions: Vec<Arc<dyn PhysicalExpr>>,
    /// How many columns the scan has.
    pub first: usize,
}
