//! Writes a recipe to a directory, a chunk at a time on every core, so that memory does not grow with the dataset.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use hyperslab_array::{ArrayError, ChunkGrid, Result};
use hyperslab_zarr::writer::{ChunkEncoder, group_metadata};
use rayon::prelude::*;

use crate::Recipe;

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Chunks.
    pub chunks: u64,
    /// Bytes of the chunks as stored.
    pub stored: u64,
    /// Bytes of the chunks before encoding, edges padded.
    pub decoded: u64,
}

/// Writes `recipe` to the new directory `directory` as Zarr v3.
///
/// # Errors
/// When there is a dataset already, or a file cannot be written.
pub fn write(recipe: &dyn Recipe, directory: &Path) -> Result<Written> {
    if directory.join("zarr.json").exists() {
        return Err(ArrayError::argument(format!("`{}` holds a dataset already", directory.display()))
            .hint("remove it or choose another directory"));
    }
    let arrays = recipe.arrays();
    let (stored, decoded, chunks) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    for (index, array) in arrays.iter().enumerate() {
        let grid = ChunkGrid::regular(&array.shape, &array.chunk_shape)?;
        let encoder = ChunkEncoder::try_new(array)?;
        let counts = grid.counts();
        (0..grid.chunk_count()).into_par_iter().try_for_each(|number| {
            let chunk = position(number, &counts);
            let values = recipe.values(index, &chunk)?;
            decoded.fetch_add((values.len() * values.data_type().size()) as u64, Ordering::Relaxed);
            let bytes = encoder.encode(values)?;
            stored.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            chunks.fetch_add(1, Ordering::Relaxed);
            write_file(&directory.join(encoder.key(&chunk)), &bytes)
        })?;
    }
    // Last, so that a directory that was cut short is no dataset.
    for (key, bytes) in group_metadata(&recipe.attributes(), &arrays).iter().rev() {
        write_file(&directory.join(key), bytes)?;
    }
    Ok(Written { chunks: chunks.into_inner(), stored: stored.into_inner(), decoded: decoded.into_inner() })
}

/// The indices of chunk `number` in C order.
pub(crate) fn position(mut number: u64, counts: &[u64]) -> Vec<u64> {
    let mut chunk = vec![0; counts.len()];
    for (index, count) in chunk.iter_mut().zip(counts).rev() {
        *index = number % (*count).max(1);
        number /= (*count).max(1);
    }
    chunk
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = match path.parent() {
        Some(parent) => std::fs::create_dir_all(parent).and_then(|()| std::fs::write(path, bytes)),
        None => std::fs::write(path, bytes),
    };
    written.map_err(|e| ArrayError::io(format!("`{}` cannot be written", path.display())).with_source(e))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use hyperslab_array::{Region, Values};
    use hyperslab_connectors::{OpenOptions, Registry};

    use super::*;
    use crate::recipe::Era;

    #[test]
    fn chunks_are_numbered_in_c_order() {
        assert_eq!(position(0, &[2, 3]), [0, 0]);
        assert_eq!(position(5, &[2, 3]), [1, 2]);
        assert!(position(0, &[]).is_empty());
    }

    #[tokio::test]
    async fn a_written_dataset_opens_and_holds_the_values() {
        let era = Era::default().with_shape([40, 37, 72]).with_chunks([30, 20, 50]);
        let parent = tempfile::tempdir().unwrap();
        let directory = parent.path().join("era.zarr");
        let written = write(&era, &directory).unwrap();
        assert_eq!(written.chunks, 2 * 2 * 2 * 2 + 3);
        let location = directory.to_str().unwrap();
        let dataset = Registry::default().open("era", location, None, &OpenOptions::new()).await.unwrap();
        assert_eq!(dataset.dimensions.iter().map(|d| d.size).collect::<Vec<_>>(), [40, 37, 72]);
        let u10 = dataset.variable("u10").unwrap();
        // The last chunk is an edge in every dimension.
        let read = u10.read_chunk(&[1, 1, 1], &Region::full(&[10, 17, 22])).await.unwrap();
        let Values::Float32(values) = &read.values else { panic!("{read:?}") };
        assert_eq!(values.len(), 10 * 17 * 22);
        assert_eq!(values[0], era.value(1, 30, 20, 50));
        assert_eq!(values[10 * 17 * 22 - 1], era.value(1, 39, 36, 71));
        assert!(write(&era, &directory).unwrap_err().to_string().contains("holds a dataset already"));
    }

    #[test]
    fn the_same_bytes_are_written_each_time() {
        let era = Era::default().with_shape([3, 5, 8]).with_chunks([2, 5, 8]);
        let parent = tempfile::tempdir().unwrap();
        let bytes = ["a", "b"].map(|name| {
            let directory = parent.path().join(name);
            write(&era, &directory).unwrap();
            ["zarr.json", "t2m/c/0/0/0", "u10/c/1/0/0", "lat/c/0"]
                .map(|key| std::fs::read(directory.join(key)).unwrap())
        });
        assert_eq!(bytes[0], bytes[1]);
    }
}
