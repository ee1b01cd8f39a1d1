//! A dataset of the sample on its way to a Zarr store: attributes, variables, and what computes their cells.

use std::fs;
use std::path::{Path, PathBuf};

use hyperslab_array::{Attributes, ChunkGrid, DataType, Region, Result, Values};
use hyperslab_zarr::writer::{ArraySpec, ChunkEncoder, Compression, group_metadata};
use serde_json::{Value, json};

use super::folder::{occupied, put, write_whole};

/// A dataset.
pub(super) struct Store {
    pub name: &'static str,
    pub attributes: Attributes,
    pub variables: Vec<Variable>,
}

/// A variable or coordinate.
pub(super) struct Variable {
    pub spec: ArraySpec,
    values: Box<dyn Fn(&Region) -> Values>,
}

/// A dimension of a variable: its name, its size, and how many indices of it are in a chunk.
pub(super) type Dimension = (&'static str, usize, usize);

impl Variable {
    /// A variable whose cells in a region are `values`, the last dimension fastest.
    pub(super) fn new(
        name: &str,
        dimensions: &[Dimension],
        data_type: DataType,
        fill_value: Value,
        attributes: Attributes,
        values: impl Fn(&Region) -> Values + 'static,
    ) -> Self {
        let spec = ArraySpec {
            name: name.into(),
            dimensions: dimensions.iter().map(|d| d.0.into()).collect(),
            shape: dimensions.iter().map(|d| d.1 as u64).collect(),
            chunk_shape: dimensions.iter().map(|d| d.2 as u64).collect(),
            shard_shape: None,
            data_type,
            fill_value,
            codecs: Compression::Zstd(5),
            attributes,
        };
        Self { spec, values: Box::new(values) }
    }

    /// A variable of `float32` in which NaN is missing.
    pub(super) fn float<const N: usize>(
        name: &str,
        dimensions: &[Dimension; N],
        attributes: Attributes,
        cell: impl Fn([usize; N]) -> f32 + 'static,
    ) -> Self {
        Self::new(name, dimensions, DataType::Float32, json!("NaN"), attributes, move |region| {
            Values::Float32(cells(region, &cell))
        })
    }

    /// The labels of the dimension `name`, in one chunk.
    pub(super) fn labels(name: &'static str, labels: Values, attributes: Attributes) -> Self {
        let (size, data_type) = (labels.len(), labels.data_type());
        Self::new(name, &[(name, size, size)], data_type, json!(0), attributes, move |_| labels.clone())
    }
}

#[cfg(test)]
impl Variable {
    /// All of its values.
    pub(super) fn all(&self) -> Values {
        (self.values)(&Region::full(&self.spec.shape))
    }
}

/// What `cell` gives for the indices of each cell of `region`, the last dimension fastest.
pub(super) fn cells<const N: usize, T>(region: &Region, cell: impl Fn([usize; N]) -> T) -> Vec<T> {
    let (start, shape): ([usize; N], [usize; N]) = (indices(&region.start), indices(&region.shape));
    (0..shape.iter().product())
        .map(|mut place| {
            let mut index = start;
            for (i, n) in index.iter_mut().zip(&shape).rev() {
                *i += place % n;
                place /= n;
            }
            cell(index)
        })
        .collect()
}

fn indices<const N: usize>(values: &[u64]) -> [usize; N] {
    std::array::from_fn(|i| values.get(i).map_or(0, |v| *v as usize))
}

impl Store {
    /// Writes the store into `folder`, or keeps the one that is there.
    pub(super) fn write(&self, folder: &Path) -> Result<PathBuf> {
        let target = folder.join(self.name);
        if target.exists() {
            return if self.is_complete(&target)? { Ok(target) } else { Err(occupied(&target)) };
        }
        write_whole(folder, self.name, |partial| self.write_to(partial))
    }

    fn write_to(&self, root: &Path) -> Result<()> {
        for (key, bytes) in self.metadata() {
            put(root, &key, &bytes)?;
        }
        for variable in &self.variables {
            let encoder = ChunkEncoder::try_new(&variable.spec)?;
            for chunk in chunks(encoder.grid()) {
                let values = (variable.values)(&encoder.grid().region(&chunk));
                put(root, &encoder.key(&chunk), &encoder.encode_chunk(&chunk, values)?)?;
            }
        }
        Ok(())
    }

    /// Whether every file is there, and the metadata is the one that this build writes.
    fn is_complete(&self, root: &Path) -> Result<bool> {
        if self.metadata().iter().any(|(key, bytes)| fs::read(root.join(key)).ok().as_ref() != Some(bytes)) {
            return Ok(false);
        }
        for variable in &self.variables {
            let encoder = ChunkEncoder::try_new(&variable.spec)?;
            if chunks(encoder.grid()).any(|chunk| !root.join(encoder.key(&chunk)).is_file()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn metadata(&self) -> Vec<(String, Vec<u8>)> {
        let specs: Vec<ArraySpec> = self.variables.iter().map(|v| v.spec.clone()).collect();
        group_metadata(&self.attributes, &specs).into_iter().map(|(key, bytes)| (key, bytes.to_vec())).collect()
    }
}

/// The index of every chunk, the last dimension fastest.
fn chunks(grid: &ChunkGrid) -> impl Iterator<Item = Vec<u64>> + use<> {
    let counts = grid.counts();
    (0..grid.chunk_count()).map(move |mut place| {
        let mut index = vec![0; counts.len()];
        for (i, n) in index.iter_mut().zip(&counts).rev() {
            *i = place % n;
            place /= n;
        }
        index
    })
}

/// Attributes of text.
pub(super) fn attributes(pairs: &[(&str, &str)]) -> Attributes {
    pairs.iter().map(|(name, value)| (*name, *value)).collect()
}

/// Attributes of a dataset.
pub(super) fn of_dataset(title: &str, source: &str) -> Attributes {
    attributes(&[("Conventions", "CF-1.10"), ("title", title), ("source", source)])
}

/// Attributes of a variable: its standard name, what it is in words, its units.
pub(super) fn described(standard_name: &str, long_name: &str, units: &str) -> Attributes {
    attributes(&[("standard_name", standard_name), ("long_name", long_name), ("units", units)])
}

/// Attributes of a time that counts days since a date.
pub(super) fn days_since(standard_name: &str, long_name: &str, date: &str) -> Attributes {
    let mut attributes = described(standard_name, long_name, &format!("days since {date}"));
    attributes.insert("calendar", "standard");
    attributes
}

/// The latitudes or longitudes that start at `first`, `step` apart.
pub(super) fn degrees(first: i32, step: i32, size: usize) -> Values {
    Values::Float32((0..size as i32).map(|i| (first + step * i) as f32).collect())
}

/// The coordinate `lat` of `latitudes`.
pub(super) fn latitude(latitudes: Values) -> Variable {
    Variable::labels("lat", latitudes, described("latitude", "latitude", "degrees_north"))
}

/// The coordinate `lon` of `longitudes`.
pub(super) fn longitude(longitudes: Values) -> Variable {
    Variable::labels("lon", longitudes, described("longitude", "longitude", "degrees_east"))
}
