//! What an aggregate over a scan is asked for.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;

/// An aggregate over the rows of a scan. All expressions are over the columns of the scan.
#[derive(Debug, Clone)]
pub struct AggregateRequest {
    /// The keys, and what they are called.
    pub group_by: Vec<(Arc<dyn PhysicalExpr>, String)>,
    /// The functions.
    pub aggregates: Vec<Arc<AggregateFunctionExpr>>,
    /// The `FILTER (WHERE …)` of each function.
    pub filters: Vec<Option<Arc<dyn PhysicalExpr>>>,
    /// The rows that take part; `None` for all.
    pub predicate: Option<Arc<dyn PhysicalExpr>>,
    /// Keys, then answers.
    pub schema: SchemaRef,
}
