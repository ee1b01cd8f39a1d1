//! Where a store or a file is written, so that it is there when it is whole and not before.
//!
//! On a disk it is written beside its place, under a name with a point before it, and moved there at the end. In a bucket
//! it is written in its place, without the document that would make a store of it until everything else is there; what
//! replaces a store is written to a folder inside of it first.

use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::error::Result;
use futures::TryStreamExt;
use hyperslab_array::{ArrayError, ErrorKind};
use hyperslab_connectors::{Location, OpenOptions, Registry, Scheme};
use hyperslab_exec::datafusion_error;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt};

/// The documents that make a Zarr store of a folder.
const ROOTS: [&str; 4] = ["zarr.json", ".zmetadata", ".zgroup", ".zarray"];

/// Counts the exports of this process, to tell their folders apart.
static EXPORTS: AtomicU64 = AtomicU64::new(0);

/// Where something is written.
#[derive(Debug)]
pub(super) enum Place {
    Disk(Partial),
    Bucket(Arc<dyn ObjectStore>),
    Replacing(Replacing),
}

/// A store in a bucket, and the folder inside of it where that is written which takes its place.
#[derive(Debug)]
pub(super) struct Replacing {
    store: Arc<dyn ObjectStore>,
    folder: Path,
    old: Vec<Path>,
}

/// A file or a folder beside its place; it goes if it is not put there.
#[derive(Debug)]
pub(super) struct Partial {
    partial: PathBuf,
    target: PathBuf,
    store: Option<Arc<dyn ObjectStore>>,
    overwrite: bool,
    /// Where files go into a store that is there: the documents without which it is none.
    roots: Option<Vec<String>>,
}

impl Place {
    /// A place for a Zarr store.
    ///
    /// # Errors
    /// When something is there that may not be replaced, or nothing can be written there.
    pub async fn of_store(
        location: &Location,
        registry: &Registry,
        options: &OpenOptions,
        overwrite: bool,
    ) -> Result<Self> {
        if *location.scheme() == Scheme::Local {
            return Ok(Self::Disk(Partial::folder(location, overwrite)?));
        }
        let store = registry.store(&location.to_string(), options).await.map_err(datafusion_error)?;
        let found: Vec<Path> =
            store.list(None).map_ok(|meta| meta.location).try_collect().await.or_else(|e| match e {
                object_store::Error::NotFound { .. } => Ok(Vec::new()),
                e => Err(datafusion_error(
                    ArrayError::io(format!("location `{location}` cannot be listed")).with_source(e),
                )),
            })?;
        if !found.is_empty() {
            let is_store = found.iter().any(|path| ROOTS.contains(&path.as_ref()));
            refuse(location, overwrite, is_store)?;
            let number = EXPORTS.fetch_add(1, Ordering::Relaxed);
            let folder = Path::from(format!(".{}-{number}.partial", std::process::id()));
            return Ok(Self::Replacing(Replacing { store, folder, old: found }));
        }
        Ok(Self::Bucket(store))
    }

    /// A place for chunks that go into a store that is there, all at once.
    ///
    /// # Errors
    /// When the store is not on a disk, where files can be moved.
    pub fn inside(location: &Location, roots: Vec<String>) -> Result<Self> {
        if *location.scheme() != Scheme::Local {
            return Err(datafusion_error(
                ArrayError::unsupported(format!(
                    "cells of `{location}` cannot be replaced, only those of a store on a disk"
                ))
                .hint("write a new store, or add labels with `append`"),
            ));
        }
        let target = local_path(location)?;
        let mut partial = Partial::started(target)?;
        partial.roots = Some(roots);
        Ok(Self::Disk(partial))
    }

    /// The store to write to.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        match self {
            Self::Bucket(store) => Arc::clone(store),
            Self::Replacing(replacing) => {
                Arc::new(PrefixStore::new(Arc::clone(&replacing.store), replacing.folder.clone()))
            }
            Self::Disk(partial) => partial.store(),
        }
    }

    /// Puts what was written in its place.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Bucket(_) => Ok(()),
            Self::Replacing(replacing) => replacing.commit().await.map_err(|e| {
                datafusion_error(ArrayError::io("the store that is there cannot be replaced").with_source(e))
            }),
            Self::Disk(partial) => partial.commit(),
        }
    }
}

impl Replacing {
    /// Takes the old store away, then moves the new one to its place. In between it is no store: the documents that make
    /// one go first and come last.
    async fn commit(self) -> object_store::Result<()> {
        let new: Vec<Path> = self.store.list(Some(&self.folder)).map_ok(|meta| meta.location).try_collect().await?;
        let target = |path: &Path| Path::from_iter(path.parts().skip(self.folder.parts().count()));
        let is_root = |path: &Path| ROOTS.contains(&path.as_ref());
        for path in roots_at(&self.old, true).chain(roots_at(&self.old, false)) {
            self.store.delete(path).await?;
        }
        let (roots, rest): (Vec<_>, Vec<_>) =
            new.into_iter().map(|from| (target(&from), from)).partition(|(to, _)| is_root(to));
        for (to, from) in rest.iter().chain(&roots) {
            self.store.rename(from, to).await?;
        }
        Ok(())
    }
}

/// Those of `paths` that make a store, or all others.
fn roots_at(paths: &[Path], are_roots: bool) -> impl Iterator<Item = &Path> {
    paths.iter().filter(move |path| ROOTS.contains(&path.as_ref()) == are_roots)
}

impl Partial {
    /// A folder that becomes a Zarr store.
    fn folder(location: &Location, overwrite: bool) -> Result<Self> {
        let target = local_path(location)?;
        if target.exists() {
            let is_empty = fs::read_dir(&target).is_ok_and(|mut entries| entries.next().is_none());
            if !is_empty {
                refuse(location, overwrite, ROOTS.iter().any(|root| target.join(root).is_file()))?;
            }
        }
        let mut partial = Self::started(target)?;
        partial.overwrite = overwrite;
        Ok(partial)
    }

    /// An empty folder beside `target`.
    fn started(target: PathBuf) -> Result<Self> {
        let partial = beside(&target, "partial")?;
        fs::create_dir_all(&partial).map_err(|e| cannot_write(&target, e))?;
        let store = LocalFileSystem::new_with_prefix(&partial);
        let store = store.map_err(|e| cannot_write(&target, std::io::Error::other(e)))?;
        Ok(Self { partial, target, store: Some(Arc::new(store)), overwrite: false, roots: None })
    }

    /// A file, not made yet.
    pub fn file(location: &Location, overwrite: bool) -> Result<Self> {
        if *location.scheme() != Scheme::Local {
            return Err(datafusion_error(
                ArrayError::unsupported(format!("location `{location}` is not on a disk of this machine"))
                    .hint("write the file to a path, and copy it"),
            ));
        }
        let target = local_path(location)?;
        if target.exists() {
            refuse(location, overwrite, target.is_file())?;
        }
        let partial = beside(&target, "partial")?;
        if let Some(parent) = partial.parent() {
            fs::create_dir_all(parent).map_err(|e| cannot_write(&target, e))?;
        }
        Ok(Self { partial, target, store: None, overwrite, roots: None })
    }

    /// The path to write to.
    pub fn path(&self) -> &FilePath {
        &self.partial
    }

    fn store(&self) -> Arc<dyn ObjectStore> {
        self.store.clone().unwrap_or_else(|| Arc::new(object_store::memory::InMemory::new()))
    }

    /// Puts it in its place.
    pub fn commit(self) -> Result<()> {
        let failed = |e| cannot_write(&self.target, e);
        if let Some(roots) = &self.roots {
            return self.move_in(roots).map_err(failed);
        }
        if self.target.is_dir() && fs::read_dir(&self.target).is_ok_and(|mut entries| entries.next().is_some()) {
            if !self.overwrite {
                return Err(datafusion_error(ArrayError::argument(format!(
                    "`{}` came to be while the query ran",
                    self.target.display()
                ))));
            }
            let old = beside(&self.target, "old")?;
            fs::rename(&self.target, &old).map_err(failed)?;
            fs::rename(&self.partial, &self.target).map_err(failed)?;
            return fs::remove_dir_all(&old).map_err(failed);
        }
        fs::rename(&self.partial, &self.target).map_err(failed)
    }
}

impl Partial {
    /// Moves all files into the store. While they are on their way it is no store.
    fn move_in(&self, roots: &[String]) -> std::io::Result<()> {
        let hidden =
            |root: &String| self.target.join(format!(".{}.while-cells-are-replaced", root.trim_start_matches('.')));
        for root in roots {
            fs::rename(self.target.join(root), hidden(root))?;
        }
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(self.partial.join(&folder))? {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                if entry.file_type()?.is_dir() {
                    fs::create_dir_all(self.target.join(&path))?;
                    folders.push(path);
                } else {
                    fs::rename(entry.path(), self.target.join(&path))?;
                }
            }
        }
        roots.iter().try_for_each(|root| fs::rename(hidden(root), self.target.join(root)))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Once it is in its place, there is nothing here.
        let _ = fs::remove_dir_all(&self.partial);
        let _ = fs::remove_file(&self.partial);
    }
}

fn local_path(location: &Location) -> Result<PathBuf> {
    let path = location.path().map(FilePath::to_path_buf);
    path.filter(|p| p.file_name().is_some())
        .ok_or_else(|| datafusion_error(ArrayError::argument(format!("`{location}` has no name of a file or folder"))))
}

/// A path that nothing has, in the folder of `target`.
fn beside(target: &FilePath, what: &str) -> Result<PathBuf> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let number = EXPORTS.fetch_add(1, Ordering::Relaxed);
    Ok(target.with_file_name(format!(".{name}.{}-{number}.{what}", std::process::id())))
}

/// Something is there. It may be replaced where that is asked for and it is of the same kind.
fn refuse(location: &Location, overwrite: bool, is_same_kind: bool) -> Result<()> {
    match (overwrite, is_same_kind) {
        (true, true) => Ok(()),
        (true, false) => Err(datafusion_error(
            ArrayError::argument(format!("`{location}` is something else than what would replace it"))
                .hint("remove it, or choose another place"),
        )),
        (false, _) => Err(datafusion_error(
            ArrayError::new(ErrorKind::Argument, format!("`{location}` exists already"))
                .hint("`OPTIONS ('overwrite' 'true')` replaces it"),
        )),
    }
}

fn cannot_write(path: &FilePath, error: std::io::Error) -> datafusion::error::DataFusionError {
    datafusion_error(ArrayError::io(format!("cannot write `{}`", path.display())).with_source(error))
}
