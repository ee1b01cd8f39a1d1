//! Puts a sample into its folder so that one cut short is never taken for whole: under another name until it is there.

use std::fs;
use std::path::{Path, PathBuf};

use hyperslab_array::{ArrayError, Result};

/// Makes `folder/name` with `fill`, which is given the place to write at.
pub(super) fn write_whole(folder: &Path, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let target = folder.join(name);
    let partial = folder.join(format!(".{name}.{}.partial", std::process::id()));
    let written = fs::create_dir_all(folder)
        .map_err(|e| cannot_write(folder, e))
        .and_then(|()| fill(&partial))
        .and_then(|()| fs::rename(&partial, &target).map_err(|e| cannot_write(&target, e)));
    if written.is_err() {
        // What is left of it says nothing more than the error does.
        let _ = if partial.is_dir() { fs::remove_dir_all(&partial) } else { fs::remove_file(&partial) };
    }
    written.map(|()| target)
}

/// Writes a file that is the same whenever it is written; one with these bytes is kept.
pub(super) fn write_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let target = folder.join(name);
    if target.exists() {
        let same = fs::read(&target).is_ok_and(|found| found == bytes);
        return if same { Ok(target) } else { Err(occupied(&target)) };
    }
    write_whole(folder, name, |partial| fs::write(partial, bytes).map_err(|e| cannot_write(partial, e)))
}

/// Writes `bytes` at `root/key`, with the folders between.
pub(super) fn put(root: &Path, key: &str, bytes: &[u8]) -> Result<()> {
    let path = root.join(key);
    let folder = path.parent().unwrap_or(root);
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, bytes)).map_err(|e| cannot_write(&path, e))
}

pub(super) fn occupied(path: &Path) -> ArrayError {
    ArrayError::argument(format!("`{}` is there and is not the sample dataset of this version", path.display()))
        .hint("remove it, or choose another folder")
}

fn cannot_write(path: &Path, error: std::io::Error) -> ArrayError {
    ArrayError::io(format!("cannot write `{}`", path.display())).with_source(error)
}
