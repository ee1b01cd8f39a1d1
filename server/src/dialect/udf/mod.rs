//! Functions that only clients of PostgreSQL have.

mod cast;
mod convert;
mod spans;
mod timezone;

use std::sync::Arc;

use hyperslab::datafusion::error::Result;
use hyperslab::datafusion::execution::FunctionRegistry;
use hyperslab::datafusion::prelude::SessionContext;

pub(super) use spans::{between, length};

use super::operators::Operators;

pub use convert::written;

/// Adds the functions and operators of PostgreSQL's clients to a session, which is to be their own: operators mean for
/// them what they mean there.
///
/// # Errors
/// When the session takes no planner of expressions.
pub fn register(session: &SessionContext) -> Result<()> {
    session.register_udf(cast::udf());
    session.register_udf(timezone::udf());
    let state = session.state_ref();
    state.write().register_expr_planner(Arc::new(Operators))
}
