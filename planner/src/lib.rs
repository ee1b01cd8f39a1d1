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
