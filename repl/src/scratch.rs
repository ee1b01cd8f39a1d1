//! [`Scratch`]: a folder for data that nobody keeps.

use std::path::{Path, PathBuf};

/// A folder that is removed when this is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Names a folder of this process; it is made by whoever writes into it.
    pub fn new(what: &str) -> Self {
        Self(std::env::temp_dir().join(format!("hyperslab-{what}-{}", std::process::id())))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
