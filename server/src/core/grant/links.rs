//! Links of the file system: where a path really leads, and what a folder would lead to when it is listed.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Handle, RuntimeFlavor};

/// How long a folder counts as looked through. A statement asks several times.
const TRUSTED: Duration = Duration::from_secs(60);

/// Files of a folder that are looked at; one with more has to be registered by the configuration.
const MOST_FILES: usize = 1_000_000;

/// The path with the links of what is there resolved; `None` where a link leads nowhere or nobody may look.
pub(super) fn resolved(path: &Path) -> Option<PathBuf> {
    let mut there = path;
    let mut missing: Vec<&OsStr> = Vec::new();
    loop {
        match there.canonicalize() {
            Ok(real) => return Some(missing.iter().rev().fold(real, |path, part| path.join(part))),
            // Something is there, and it has no end: a link to what is not there yet would be written through.
            Err(_) if there.symlink_metadata().is_ok() => return None,
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return None,
            Err(_) => {
                let Some(Component::Normal(last)) = there.components().next_back() else { return None };
                missing.push(last);
                there = there.parent()?;
            }
        }
    }
}

/// The folders that were looked through lately.
#[derive(Debug, Default)]
pub(super) struct Looked(Mutex<HashMap<PathBuf, Instant>>);

impl Looked {
    /// Refuses a folder in which a link leads to where `inside` does not hold: who lists a folder follows its links.
    ///
    /// # Errors
    /// When it has such a link, or too many files to tell.
    pub fn through(&self, folder: &Path, inside: impl Fn(&Path) -> bool) -> Result<(), String> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !folder.is_dir() || lock().get(folder).is_some_and(|at| at.elapsed() < TRUSTED) {
            return Ok(());
        }
        blocking(|| look(folder, inside))?;
        let mut looked = lock();
        looked.retain(|_, at| at.elapsed() < TRUSTED);
        looked.insert(folder.to_path_buf(), Instant::now());
        Ok(())
    }
}

fn look(folder: &Path, inside: impl Fn(&Path) -> bool) -> Result<(), String> {
    let mut folders = vec![folder.to_path_buf()];
    let mut seen: HashSet<PathBuf> = HashSet::from([folder.to_path_buf()]);
    let mut files = 0usize;
    while let Some(folder) = folders.pop() {
        // What cannot be listed here cannot be listed by the statement either.
        let Ok(entries) = folder.read_dir() else { continue };
        for entry in entries.flatten() {
            files = files.saturating_add(1);
            if files > MOST_FILES {
                return Err(format!("it has more than {MOST_FILES} files, expected that the configuration names it"));
            }
            let Ok(kind) = entry.file_type() else { continue };
            let mut path = entry.path();
            if kind.is_symlink() {
                path = resolved(&path)
                    .filter(|real| inside(real))
                    .ok_or_else(|| "a link in it leads out of what is granted".to_string())?;
            }
            if (kind.is_dir() || kind.is_symlink() && path.is_dir()) && seen.insert(path.clone()) {
                folders.push(path);
            }
        }
    }
    Ok(())
}

/// Runs what waits for the file system without holding up the other tasks of the thread, where that can be.
fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
