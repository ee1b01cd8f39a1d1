//! How SQL becomes an array plan: it decides, the operators of `hyperslab-exec` do.
//!
//! ```text
//! text ─→ statements ─→ names ─→ DataFusion's planner ─→ rules ─→ plan
//! ```

mod configure;
pub mod names;
mod options;
mod regrid;
pub mod rules;
pub mod statements;

pub use configure::configure;
pub use options::PlannerOptions;

/// What is told of each table function: a function that stands in `FROM`.
pub fn table_functions() -> Vec<datafusion::logical_expr::Documentation> {
    vec![regrid::documentation()]
}
