//! The limit of a question: its chunks fetched and decoded by `zarrs` alone, on all cores, and thrown away.
//!
//! Nothing of Hyperslab takes part, so that no fault of ours makes the limit easier to reach.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use hyperslab_array::{ArrayError, Result};
use rayon::prelude::*;
use zarrs::array::{Array, ArrayBytes, CodecOptions};
use zarrs::storage::byte_range::ByteRangeIterator;
use zarrs::storage::{MaybeBytes, MaybeBytesIterator, ReadableStorageTraits, StorageError, StoreKey};

use crate::measure::Decoded;
use crate::queries::{Joined, Labels, Query};
use crate::tables;

/// Fetches and decodes each chunk of the dataset in `directory` that holds a cell of the answer of `query`.
///
/// # Errors
/// When the dataset is not that of the question, or a chunk cannot be read.
pub fn decode(directory: &Path, query: &Query) -> Result<Decoded> {
    let start = Instant::now();
    let files = Arc::new(Files { root: directory.to_path_buf(), read: AtomicU64::new(0) });
    let variables = query.variables.iter().map(|name| open(&files, name)).collect::<Result<Vec<_>>>()?;
    let mut jobs = Vec::new();
    for variable in &variables {
        jobs.extend(chunks(&files, variable, query)?.into_iter().map(|chunk| (variable, chunk)));
    }
    let labels = files.read.load(Ordering::Relaxed);
    // A chunk is one core's work: there are more of them than cores.
    let options = CodecOptions::default().with_concurrent_target(1);
    let decode_one = |(variable, chunk): &(&Array<Files>, Vec<u64>)| {
        let bytes: ArrayBytes<'static> = variable.retrieve_chunk_opt(chunk, &options).map_err(unreadable)?;
        Ok(bytes.size() as u64)
    };
    let decoded = jobs.par_iter().map(decode_one).try_reduce(|| 0, |a, b| Ok(a + b))?;
    let stored = files.read.load(Ordering::Relaxed) - labels;
    Ok(Decoded { chunks: jobs.len() as u64, stored, decoded, time: start.elapsed() })
}

/// The chunks of `variable` that hold a cell of the answer.
fn chunks(files: &Arc<Files>, variable: &Array<Files>, query: &Query) -> Result<Vec<Vec<u64>>> {
    let sizes = variable.chunk_shape(&vec![0; variable.dimensionality()]).map_err(unreadable)?;
    let [time, lat, lon] = ["time", "lat", "lon"].map(|name| labels(files, name));
    let all = [time?, lat?, lon?];
    let names = variable.dimension_names().as_deref().unwrap_or_default();
    let order: Vec<usize> = names.iter().map(|name| dimension(name.as_deref())).collect::<Result<_>>()?;
    let wanted = [query.time, query.lat, query.lon];
    let boxes = |wanted: [Labels; 3]| {
        let along = order.iter().zip(&sizes).map(|(d, size)| -> BTreeSet<u64> {
            wanted[*d].positions(&all[*d]).into_iter().map(|position| position / size.get()).collect()
        });
        along.fold(vec![Vec::new()], |chunks: Vec<Vec<u64>>, along| {
            let longer = |chunk: &Vec<u64>| along.iter().map(|i| [&chunk[..], &[*i]].concat()).collect::<Vec<_>>();
            chunks.iter().flat_map(longer).collect()
        })
    };
    let chunks: BTreeSet<Vec<u64>> = match query.joined {
        None => boxes(wanted).into_iter().collect(),
        Some(Joined::Points) => tables::points([0, 1, 2].map(|d| all[d].len() as u64))
            .map(|point| order.iter().zip(&sizes).map(|(d, size)| point.cell[*d] / size.get()).collect())
            .collect(),
        Some(Joined::Regions) => {
            let of_region = |region: tables::Region| {
                boxes([
                    wanted[0],
                    Labels::Between(region.lat[0], region.lat[1]),
                    Labels::Between(region.lon[0], region.lon[1]),
                ])
            };
            tables::regions().flat_map(of_region).collect()
        }
    };
    Ok(chunks.into_iter().collect())
}

/// Which of time, lat and lon a dimension is.
fn dimension(name: Option<&str>) -> Result<usize> {
    let name = name.unwrap_or_default();
    ["time", "lat", "lon"]
        .iter()
        .position(|known| *known == name)
        .ok_or_else(|| ArrayError::argument(format!("dimension `{name}`, expected `time`, `lat` or `lon`")))
}

/// The labels of a dimension.
fn labels(files: &Arc<Files>, name: &str) -> Result<Vec<f64>> {
    let coordinate = open(files, name)?;
    let all = coordinate.subset_all();
    if let Ok(labels) = coordinate.retrieve_array_subset::<Vec<f32>>(&all) {
        return Ok(labels.into_iter().map(f64::from).collect());
    }
    let labels = coordinate.retrieve_array_subset::<Vec<i64>>(&all).map_err(unreadable)?;
    Ok(labels.into_iter().map(|label| label as f64).collect())
}

fn open(files: &Arc<Files>, name: &str) -> Result<Array<Files>> {
    Array::open(Arc::clone(files), &format!("/{name}"))
        .map_err(|e| ArrayError::not_found(format!("`{name}` cannot be opened")).with_source(e))
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> ArrayError {
    ArrayError::io("zarrs cannot read the dataset").with_source(error)
}

/// A folder of whole objects, which counts the bytes that are read.
#[derive(Debug)]
struct Files {
    root: PathBuf,
    read: AtomicU64,
}

impl ReadableStorageTraits for Files {
    fn get(&self, key: &StoreKey) -> std::result::Result<MaybeBytes, StorageError> {
        match std::fs::read(self.root.join(key.as_str())) {
            Ok(bytes) => {
                self.read.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                Ok(Some(bytes.into()))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        ranges: ByteRangeIterator<'a>,
    ) -> std::result::Result<MaybeBytesIterator<'a>, StorageError> {
        let Some(bytes) = self.get(key)? else { return Ok(None) };
        let parts = ranges.map(move |range| {
            let range = range.to_range_usize(bytes.len() as u64);
            let part = (range.start <= range.end && range.end <= bytes.len()).then(|| bytes.slice(range));
            part.ok_or_else(|| StorageError::from("a range ends after its object"))
        });
        Ok(Some(Box::new(parts)))
    }

    fn size_key(&self, key: &StoreKey) -> std::result::Result<Option<u64>, StorageError> {
        match std::fs::metadata(self.root.join(key.as_str())) {
            Ok(metadata) => Ok(Some(metadata.len())),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn supports_get_partial(&self) -> bool {
        false
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::generate;
    use crate::queries::find;
    use crate::recipe::Era;

    #[test]
    fn a_question_needs_the_chunks_that_hold_its_cells() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("era.zarr");
        generate::write(&Era::default().with_shape([250, 37, 72]).with_chunks([30, 20, 40]), &directory).unwrap();
        let cells = 30 * 20 * 40 * 4;
        // 9 chunks along time, 2 along each of the others.
        let needed = [("W1", 36), ("W5", 18), ("W6", 9), ("W7", 4), ("W10", 72), ("W12", 36), ("W14", 18), ("W15", 36)];
        for (id, chunks) in needed.into_iter().chain([("W16", 36), ("W17", 36), ("W21", 16)]) {
            let decoded = decode(&directory, find(id).unwrap()).unwrap();
            assert_eq!((decoded.chunks, decoded.decoded), (chunks, chunks * cells), "{id}");
            assert!((1..decoded.decoded).contains(&decoded.stored), "{id}: {} bytes", decoded.stored);
        }
        assert!(decode(parent.path(), find("W1").unwrap()).is_err());
    }

    #[test]
    fn the_tables_of_a_join_say_which_chunks_it_needs() {
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("era.zarr");
        // Two points, and chunks of which some hold no cell of any region.
        generate::write(&Era::default().with_shape([10, 19, 12]).with_chunks([4, 1, 1]), &directory).unwrap();
        let touched = |id| decode(&directory, find(id).unwrap()).unwrap().chunks;
        assert_eq!(touched("W16"), 2);
        let cells = (0..19).flat_map(|y| (0..12).map(move |x| (90.0 - 10.0 * f64::from(y), 30.0 * f64::from(x))));
        let within = |edges: [f64; 2], label: f64| (edges[0]..=edges[1]).contains(&label);
        let covered = cells.filter(|(lat, lon)| tables::regions().any(|r| within(r.lat, *lat) && within(r.lon, *lon)));
        assert_eq!(touched("W17"), 3 * covered.count() as u64);
    }
}
