//! Tests of the binary, in one binary: the command line, the examples, the documentation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cli;
mod demo;
mod docs;
mod examples;
#[cfg(unix)]
mod examples_oracle;
mod killed;
mod pictures;
#[cfg(unix)]
mod serve;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// The binary, without standard input.
fn hyperslab(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hyperslab"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// The answer of a run that must go well.
fn answer_of(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The root of the project.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A folder that holds the sample, written once for all tests and left to the build folder.
fn sample() -> PathBuf {
    static WRITTEN: OnceLock<PathBuf> = OnceLock::new();
    let write = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sample");
        // An older version of the sample is no longer wanted.
        if !hyperslab(&["sample"]).arg(&folder).output().unwrap().status.success() {
            std::fs::remove_dir_all(&folder).unwrap();
            answer_of(&hyperslab(&["sample"]).arg(&folder).output().unwrap());
        }
        folder
    };
    WRITTEN.get_or_init(write).clone()
}

/// A folder of its own with the sample as `data`, as the pages and the examples have it.
#[cfg(unix)]
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(sample(), folder.path().join("data")).unwrap();
    folder
}
