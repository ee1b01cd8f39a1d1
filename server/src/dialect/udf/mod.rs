//! Functions that only clients of PostgreSQL have.

mod cast;
mod convert;
mod timezone;

use hyperslab::datafusion::prelude::SessionContext;

#[cfg(test)]
pub(super) use convert::written as text_of;

/// Adds the functions that [`super::rewrite`] writes into statements to a session. Ours take the place of others of the
/// same names.
pub fn register(session: &SessionContext) {
    session.register_udf(cast::udf());
    session.register_udf(timezone::udf());
}
