//! The sample data: small datasets of several kinds and a few tables, made up, so that everything can be tried on a
//! machine without data. The same bytes on every machine.
//!
//! ```text
//! arithmetic (sin, noise) ─┐
//! land, climate            ├→ one file a dataset ─→ store ─→ DIR/NAME.zarr
//!                          └→ tables ────────────→ folder ─→ DIR/NAME.csv
//! ```

mod arithmetic;
mod atmosphere;
mod calendar;
mod climate;
mod daily;
mod ersst;
mod folder;
mod forecast;
mod land;
mod ocean;
mod scene;
mod store;
mod tables;

use std::path::{Path, PathBuf};

use hyperslab_array::Result;

use self::store::Store;

/// Writes the sample dataset `ersst.zarr` (monthly sea surface temperature) into `folder`, which is made if it is not
/// there, and says where it is. One that is there already is kept.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = hyperslab::sample::write(folder.path())?;
/// assert!(path.ends_with("ersst.zarr"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the folder cannot be written, or something else is in the place of `ersst.zarr`.
pub fn write(folder: impl AsRef<Path>) -> Result<PathBuf> {
    ersst::store().write(folder.as_ref())
}

/// Writes all sample datasets and tables into `folder`, and says where they are, `ersst.zarr` first. What is there
/// already is kept.
///
/// # Errors
/// When the folder cannot be written, or something else is in the place of one of them.
pub fn write_all(folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    let folder = folder.as_ref();
    let stores = stores().into_iter().map(|store| store.write(folder));
    let tables = tables::all().into_iter().map(|table| folder::write_file(folder, table.name, table.text.as_bytes()));
    stores.chain(tables).collect()
}

fn stores() -> Vec<Store> {
    vec![
        ersst::store(),
        ocean::store(),
        atmosphere::store(),
        forecast::forecast(),
        forecast::analysis(),
        scene::store(),
        daily::store(),
    ]
}

#[cfg(test)]
mod tests;
