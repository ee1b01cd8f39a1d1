//! What a server is told at its start: where it listens, who may come in, what each may do.

use std::time::Duration;

/// What one user may do, and how much of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    /// The prefixes of locations that may be read by their path or URL; none: only what is registered.
    pub read: Vec<String>,
    /// The prefixes of locations that `COPY` may write to; none: nothing is written.
    pub write: Vec<String>,
    /// Connections at a time.
    pub connections: Option<usize>,
    /// The longest that a statement may take.
    pub statement_timeout: Option<Duration>,
    /// Stored bytes that a statement may read.
    pub scanned_bytes: Option<u64>,
    /// Bytes of memory that the statements of the user may hold together.
    pub memory: Option<u64>,
}
