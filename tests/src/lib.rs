//! What the integration tests share: where the stores are, and when an answer equals the one that was expected.

use std::path::PathBuf;

pub mod answer;

/// The folder of the checked-in stores.
pub fn data_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The folder of the questions in SQL.
pub fn slt_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("slt")
}
