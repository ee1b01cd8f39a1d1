//! How SQL becomes an array plan: it decides, the operators of `hyperslab-exec` do.
//!
//! ```text
//! text ─→ statements ─→ names ─→ DataFusion's planner ─→ rules ─→ plan
//! ```

pub mod names;
pub mod statements;
