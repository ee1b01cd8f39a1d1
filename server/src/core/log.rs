//! The line of the log that each statement leaves.

use std::time::Duration;

use hyperslab::Reads;

use super::session::Session;
use crate::error::ServerError;

/// Writes the line of a statement that has ended.
pub(super) fn statement(
    session: &Session,
    text: &str,
    took: Duration,
    rows: u64,
    reads: Reads,
    error: Option<&ServerError>,
) {
    let took = took.as_millis() as u64;
    let error = error.map(|e| format!("{} {e}", e.code)).unwrap_or_default();
    tracing::info!(
        session = session.id(),
        user = session.user(),
        text,
        rows,
        chunks = reads.chunks,
        bytes = reads.bytes_stored,
        ms = took,
        error,
        "statement"
    );
}
