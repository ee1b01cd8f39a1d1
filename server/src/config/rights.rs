//! [`Rights`]: what one user may do, and how much of it.

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

/// Rights as a part of the configuration states them: what it leaves out comes from the part that stands above.
#[derive(Debug, Clone, Default)]
pub(super) struct Stated {
    pub read: Option<Vec<String>>,
    pub write: Option<Vec<String>>,
    pub connections: Option<usize>,
    pub statement_timeout: Option<Duration>,
    pub scanned_bytes: Option<u64>,
    pub memory: Option<u64>,
}

impl Stated {
    /// These, and what they leave out from `above`.
    pub fn over(&self, above: &Rights) -> Rights {
        Rights {
            read: self.read.clone().unwrap_or_else(|| above.read.clone()),
            write: self.write.clone().unwrap_or_else(|| above.write.clone()),
            connections: self.connections.or(above.connections),
            statement_timeout: self.statement_timeout.or(above.statement_timeout),
            scanned_bytes: self.scanned_bytes.or(above.scanned_bytes),
            memory: self.memory.or(above.memory),
        }
    }
}
