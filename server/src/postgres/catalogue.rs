//! The boundary to `hyperslab-pg-catalog`: what it is shown of the datasets, and what it answers.

use hyperslab_pg_catalog::Value;

/// What the catalogue shows, made again when the datasets have changed.
#[derive(Debug)]
pub(super) struct Shown {}

impl Shown {
    pub fn new() -> Self {
        Self {}
    }
}

/// A value in text.
pub(super) fn value_text(value: &Value, oid: u32) -> Option<String> {
    value.to_text(oid)
}

/// A value in binary.
pub(super) fn value_binary(value: &Value, oid: u32) -> Option<Vec<u8>> {
    value.to_binary(oid)
}
