//! What `nearest`, `pad` and `backfill` share: the functions that SQL knows, and those bound to the labels of a coordinate.
//!
//! ```text
//! nearest(ersst.time, '1982-08-07') ─→ the planner finds the coordinate ─→ bound function ─→ folded to a label
//!   unbound.rs: cannot run               of the column's table              bound.rs          where the value is constant
//! ```

mod bound;
mod unbound;
mod value;

#[cfg(test)]
mod tests;

use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::Expr;
use hyperslab_array::Method;

pub use bound::{bound, is_bound};
pub(super) use unbound::udf;

/// The name of the function for a method.
pub(crate) fn name_of(method: Method) -> &'static str {
    match method {
        Method::Nearest => "nearest",
        Method::Pad => "pad",
        Method::Backfill => "backfill",
    }
}

/// A call of `nearest`, `pad` or `backfill` that is not bound to a coordinate yet.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// How the label is found.
    pub method: Method,
    /// The first argument.
    pub dimension: &'a Expr,
    /// The value, and the tolerance where there is one.
    pub rest: &'a [Expr],
}

/// The call that `expr` is; `None` where it is anything else, or bound already.
///
/// # Errors
/// When it has too few arguments or too many.
pub fn call_of(expr: &Expr) -> Result<Option<Call<'_>>> {
    let Expr::ScalarFunction(function) = expr else { return Ok(None) };
    let Some(method) = unbound::method_of(&function.func) else { return Ok(None) };
    match function.args.as_slice() {
        [dimension, rest @ ..] if (1..=2).contains(&rest.len()) => Ok(Some(Call { method, dimension, rest })),
        args => plan_err!("{}", unbound::wrong_count(method, args.len())),
    }
}
