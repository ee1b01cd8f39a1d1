//! The sample dataset `ersst.zarr`: monthly sea surface temperature on a 2° grid from 1960 to 2016, made up, so that
//! everything can be tried on a machine without data. The same bytes on every machine.
//!
//! ```text
//! land (outlines of continents) ─┐
//! field (a model in arithmetic) ─┴→ chunks ─→ hyperslab_zarr::writer ─→ DIR/ersst.zarr
//! ```

mod field;
mod land;

use std::fs;
use std::path::{Path, PathBuf};

use hyperslab_array::{ArrayError, Attributes, Calendar, DataType, Result, Values};
use hyperslab_zarr::writer::{ArraySpec, ChunkEncoder, Compression, group_metadata};
use serde_json::json;

use self::field::Field;

/// Months from January 1960 on.
const MONTHS: usize = 684;
/// Latitudes from -88 to 88 by 2.
const LATITUDES: usize = 89;
/// Longitudes from 0 to 358 by 2.
const LONGITUDES: usize = 180;
/// Months in a chunk: a year.
const CHUNK_MONTHS: usize = 12;

const NAME: &str = "ersst.zarr";

/// Writes the sample datasets into `folder`, which is made if it is not there, and says where `ersst.zarr` is.
/// One that is there already is kept.
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
    let folder = folder.as_ref();
    let target = folder.join(NAME);
    let specs = specs();
    if target.exists() {
        return if is_complete(&target, &specs)? { Ok(target) } else { Err(occupied(&target)) };
    }
    // Under another name until it is whole: a sample cut short is never taken for one.
    let partial = folder.join(format!(".{NAME}.{}.partial", std::process::id()));
    let written = fs::create_dir_all(&partial)
        .map_err(|e| cannot_write(&partial, e))
        .and_then(|()| write_store(&partial, &specs))
        .and_then(|()| fs::rename(&partial, &target).map_err(|e| cannot_write(&target, e)));
    if written.is_err() {
        // What is left of it says nothing more than the error does.
        let _ = fs::remove_dir_all(&partial);
    }
    written.map(|()| target)
}

fn write_store(root: &Path, specs: &[ArraySpec]) -> Result<()> {
    for (key, bytes) in group_metadata(&of_dataset(), specs) {
        put(root, &key, &bytes)?;
    }
    let field = Field::new();
    for spec in specs {
        let encoder = ChunkEncoder::try_new(spec)?;
        match spec.name.as_str() {
            "time" => put(root, &encoder.key(&[0]), &encoder.encode(Values::Int64(times()))?)?,
            "lat" => put(root, &encoder.key(&[0]), &encoder.encode(Values::Float32(latitudes().collect()))?)?,
            "lon" => put(root, &encoder.key(&[0]), &encoder.encode(Values::Float32(longitudes().collect()))?)?,
            _ => {
                for chunk in 0..MONTHS / CHUNK_MONTHS {
                    let months = chunk * CHUNK_MONTHS..(chunk + 1) * CHUNK_MONTHS;
                    let cells = months.flat_map(|month| field.month(month)).collect();
                    put(root, &encoder.key(&[chunk as u64, 0, 0]), &encoder.encode(Values::Float32(cells))?)?;
                }
            }
        }
    }
    Ok(())
}

/// Whether every file of the sample is there, and its metadata is the one that this build writes.
fn is_complete(root: &Path, specs: &[ArraySpec]) -> Result<bool> {
    for (key, bytes) in group_metadata(&of_dataset(), specs) {
        if fs::read(root.join(key)).ok().as_deref() != Some(&bytes) {
            return Ok(false);
        }
    }
    for spec in specs {
        let encoder = ChunkEncoder::try_new(spec)?;
        let chunks = if spec.name == "sst" { MONTHS / CHUNK_MONTHS } else { 1 };
        for chunk in 0..chunks as u64 {
            let index: Vec<u64> = std::iter::once(chunk).chain(std::iter::repeat(0)).take(spec.shape.len()).collect();
            if !root.join(encoder.key(&index)).is_file() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn put(root: &Path, key: &str, bytes: &[u8]) -> Result<()> {
    let path = root.join(key);
    let folder = path.parent().unwrap_or(root);
    fs::create_dir_all(folder).and_then(|()| fs::write(&path, bytes)).map_err(|e| cannot_write(&path, e))
}

fn cannot_write(path: &Path, error: std::io::Error) -> ArrayError {
    ArrayError::io(format!("cannot write `{}`", path.display())).with_source(error)
}

fn occupied(path: &Path) -> ArrayError {
    ArrayError::argument(format!("`{}` is there and is not the sample dataset of this version", path.display()))
        .hint("remove it, or choose another folder")
}

fn latitudes() -> impl Iterator<Item = f32> {
    (0..LATITUDES).map(|i| -88.0 + 2.0 * i as f32)
}

fn longitudes() -> impl Iterator<Item = f32> {
    (0..LONGITUDES).map(|i| 2.0 * i as f32)
}

/// The 15th of each month, in days since 1960-01-01.
fn times() -> Vec<i64> {
    let mut first_of_month = 0;
    let mut times = Vec::with_capacity(MONTHS);
    for month in 0..MONTHS {
        times.push(first_of_month + 14);
        let year = i32::try_from(1960 + month / 12).unwrap_or(i32::MAX);
        first_of_month += i64::from(Calendar::Standard.days_in_month(year, (month % 12 + 1) as u8));
    }
    times
}

fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    let mut attributes = Attributes::new();
    for (name, value) in pairs {
        attributes.insert(*name, *value);
    }
    attributes
}

fn of_dataset() -> Attributes {
    attributes(&[
        ("Conventions", "CF-1.10"),
        ("title", "Sample of monthly sea surface temperature"),
        ("source", "made up by Hyperslab from a seasonal cycle, a slow oscillation and a trend; no measurement"),
    ])
}

fn specs() -> Vec<ArraySpec> {
    let (months, latitudes, longitudes) = (MONTHS as u64, LATITUDES as u64, LONGITUDES as u64);
    let coordinate = |name: &str, size: u64, data_type: DataType, attributes: Attributes| ArraySpec {
        name: name.into(),
        dimensions: vec![name.into()],
        shape: vec![size],
        chunk_shape: vec![size],
        shard_shape: None,
        data_type,
        fill_value: json!(0),
        codecs: Compression::Zstd(5),
        attributes,
    };
    vec![
        coordinate(
            "time",
            months,
            DataType::Int64,
            attributes(&[
                ("standard_name", "time"),
                ("long_name", "time"),
                ("units", "days since 1960-01-01"),
                ("calendar", "standard"),
            ]),
        ),
        coordinate(
            "lat",
            latitudes,
            DataType::Float32,
            attributes(&[("standard_name", "latitude"), ("long_name", "latitude"), ("units", "degrees_north")]),
        ),
        coordinate(
            "lon",
            longitudes,
            DataType::Float32,
            attributes(&[("standard_name", "longitude"), ("long_name", "longitude"), ("units", "degrees_east")]),
        ),
        ArraySpec {
            name: "sst".into(),
            dimensions: vec!["time".into(), "lat".into(), "lon".into()],
            shape: vec![months, latitudes, longitudes],
            chunk_shape: vec![CHUNK_MONTHS as u64, latitudes, longitudes],
            shard_shape: None,
            data_type: DataType::Float32,
            fill_value: json!("NaN"),
            codecs: Compression::Zstd(5),
            attributes: attributes(&[
                ("standard_name", "sea_surface_temperature"),
                ("long_name", "monthly mean sea surface temperature"),
                ("units", "degC"),
                ("cell_methods", "time: mean"),
            ]),
        },
    ]
}

#[cfg(test)]
mod tests;
