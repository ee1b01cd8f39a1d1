//! Writes a Zarr store: chunks as they come, metadata last, so that a store is one when it is complete.

use std::sync::Arc;

use bytes::Bytes;
use datafusion::error::Result;
use hyperslab_array::{ArrayError, Attributes, DataType, Values};
use hyperslab_exec::datafusion_error;
use hyperslab_zarr::writer::{ArraySpec, ChunkEncoder, Compression, ExistingGroup, group_metadata, group_metadata_v2};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::chunks::{chunk_shape, shard_shape};
use super::layout::Layout;
use super::options::ExportOptions;
use super::place::Place;
use super::variable::OutputVariable;

/// The most labels in a chunk of a coordinate.
const LABELS: u64 = 1 << 20;

/// How many chunks are compressed and sent at once, for each core.
const WRITES_PER_CORE: usize = 2;

/// A store that is being written.
pub(super) struct ZarrTarget {
    place: Place,
    arrays: Vec<Array>,
    /// What makes a store of the chunks.
    metadata: Metadata,
    /// Whether chunks of nothing but the fill value are left out: not where older ones may be in their place.
    leaves_out: bool,
    writes: JoinSet<Result<(usize, bool), ArrayError>>,
    most_writes: usize,
}

/// The documents that are written when all chunks are.
enum Metadata {
    New {
        attributes: Attributes,
        format: u8,
    },
    /// Those of a store that is there, with the shapes of the arrays that grew.
    Resized(ExistingGroup),
    /// None: no shape changes.
    Kept,
}

struct Array {
    spec: ArraySpec,
    encoder: Arc<ChunkEncoder>,
    says_fill_value: bool,
}

impl ZarrTarget {
    /// A store at `place` with the coordinates and variables of `layout`, in this order.
    pub fn try_new(place: Place, layout: &Layout, options: &ExportOptions) -> Result<Self> {
        let all: Vec<String> = layout.dimensions.iter().map(|d| d.name.clone()).collect();
        for (option, lengths) in [("chunks", &options.chunks), ("shards", &options.shards)] {
            if let Some(unknown) = lengths.keys().find(|name| !all.contains(name)) {
                return Err(datafusion_error(
                    ArrayError::argument(format!("option `{option}` is about `{unknown}`, which is no dimension"))
                        .hint(hyperslab_array::nearest_names(unknown, all.iter().map(String::as_str))),
                ));
            }
        }
        let arrays = layout.all().map(|v| Array::try_new(v, layout, options)).collect::<Result<Vec<_>>>()?;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            place,
            arrays,
            metadata: Metadata::New { attributes: layout.attributes.clone(), format: options.zarr_format },
            leaves_out: true,
            writes: JoinSet::new(),
            most_writes: cores * WRITES_PER_CORE,
        })
    }

    /// The store of `existing`, to which the coordinates and variables of `layout` give chunks.
    ///
    /// # Errors
    /// When an array of it cannot be written.
    pub fn of_existing(place: Place, layout: &Layout, existing: ExistingGroup, grows: bool) -> Result<Self> {
        let mut arrays = Vec::new();
        for variable in layout.all() {
            let spec = existing.array(&variable.name).cloned();
            let spec =
                spec.ok_or_else(|| datafusion_error(ArrayError::internal("an array of the store is missing")))?;
            let spec = ArraySpec { shape: layout.shape(&variable.dimensions), ..spec };
            let encoder = Arc::new(existing.encoder(&spec).map_err(datafusion_error)?);
            arrays.push(Array { spec, encoder, says_fill_value: true });
        }
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            place,
            arrays,
            metadata: if grows { Metadata::Resized(existing) } else { Metadata::Kept },
            leaves_out: false,
            writes: JoinSet::new(),
            most_writes: cores * WRITES_PER_CORE,
        })
    }

    /// The shape of what is written at once of variable `variable`: a chunk, or a shard.
    pub fn stored_shape(&self, variable: usize) -> Vec<u64> {
        let spec = self.arrays.get(variable).map(|a| &a.spec);
        spec.map(|s| s.shard_shape.clone().unwrap_or_else(|| s.chunk_shape.clone())).unwrap_or_default()
    }

    /// Compresses and sends a chunk in the background; waits where too many are on their way.
    pub async fn write(&mut self, variable: usize, chunk: &[u64], values: Values, has_gaps: bool) -> Result<()> {
        while self.writes.len() >= self.most_writes {
            self.wait().await?;
        }
        let array = self.arrays.get_mut(variable);
        let array = array.ok_or_else(|| datafusion_error(ArrayError::internal("there is no such variable")))?;
        array.says_fill_value |= has_gaps;
        // Zarr v2 does not say what a cell holds that was never written where nothing means "missing".
        let is_v2 = matches!(self.metadata, Metadata::New { format: 2, .. });
        let may_leave_out = self.leaves_out && (!is_v2 || array.spec.attributes.get("_FillValue").is_some());
        let (encoder, store, chunk) = (Arc::clone(&array.encoder), self.place.store(), chunk.to_vec());
        self.writes.spawn(async move {
            let key = encoder.key(&chunk);
            let encode = move || {
                let bytes = encoder.encode_chunk(&chunk, values)?;
                Ok::<_, ArrayError>((may_leave_out && encoder.is_fill(&bytes)?, bytes))
            };
            let encoded = tokio::task::spawn_blocking(encode).await;
            let (is_fill, bytes) =
                encoded.map_err(|e| ArrayError::internal("a chunk was not encoded").with_source(e))??;
            if !is_fill {
                put(store.as_ref(), &key, bytes).await?;
            }
            Ok((variable, is_fill))
        });
        Ok(())
    }

    async fn wait(&mut self) -> Result<()> {
        match self.writes.join_next().await {
            None => Ok(()),
            Some(Ok(Ok((variable, is_fill)))) => {
                if let Some(array) = self.arrays.get_mut(variable) {
                    array.says_fill_value |= is_fill && !array.spec.fill_value.is_null();
                }
                Ok(())
            }
            Some(Ok(Err(e))) => Err(datafusion_error(e)),
            Some(Err(e)) => Err(datafusion_error(ArrayError::internal("a chunk was not written").with_source(e))),
        }
    }

    /// Says that some chunks of a variable are never written.
    pub fn leave_gaps(&mut self, variable: usize) {
        if let Some(array) = self.arrays.get_mut(variable) {
            array.says_fill_value = true;
        }
    }

    /// Waits for the last chunk, writes the metadata, and puts the store in its place.
    pub async fn commit(mut self) -> Result<()> {
        while !self.writes.is_empty() {
            self.wait().await?;
        }
        for array in &mut self.arrays {
            if !array.says_fill_value {
                array.spec.attributes.remove("_FillValue");
            }
        }
        let specs: Vec<ArraySpec> = self.arrays.into_iter().map(|a| a.spec).collect();
        let documents = match &self.metadata {
            Metadata::New { attributes, format } => {
                let mut documents = match format {
                    2 => group_metadata_v2(attributes, &specs),
                    _ => group_metadata(attributes, &specs),
                };
                // The document that makes a store of it comes last: of the root, after those of the arrays.
                documents.sort_by_key(|(key, _)| !key.contains('/'));
                documents
            }
            Metadata::Resized(existing) => {
                existing.resized(&specs.iter().map(|s| (s.name.clone(), s.shape.clone())).collect())
            }
            Metadata::Kept => Vec::new(),
        };
        let store = self.place.store();
        for (key, bytes) in documents {
            put(store.as_ref(), &key, bytes).await.map_err(datafusion_error)?;
        }
        self.place.commit().await
    }
}

impl Array {
    fn try_new(variable: &OutputVariable, layout: &Layout, options: &ExportOptions) -> Result<Self> {
        let shape = layout.shape(&variable.dimensions);
        let dimensions = layout.names(&variable.dimensions);
        let data_type = variable.encoding.stored_type();
        let is_labels = matches!(variable.dimensions.as_slice(), [_]) && variable.is_coordinate;
        let chunk_shape = match is_labels {
            true => shape.iter().map(|n| (*n).clamp(1, LABELS)).collect(),
            false => chunk_shape(&dimensions, &shape, data_type, &options.chunks),
        };
        let shard_shape = match options.shards.is_empty() || is_labels {
            true => None,
            false => Some(shard_shape(&dimensions, &shape, &chunk_shape, &options.shards)),
        };
        let is_text = data_type == DataType::String;
        let codecs = options.codec.unwrap_or(match is_text {
            true => Compression::Zstd(5),
            false => Compression::BloscZstd { level: 5, shuffle: true },
        });
        let mut attributes = variable.attributes.clone();
        if !variable.is_coordinate
            && let Some(names) = layout.coordinates_of(variable)
        {
            attributes.insert("coordinates", names);
        }
        let spec = ArraySpec {
            name: variable.name.clone(),
            dimensions,
            shape,
            chunk_shape,
            shard_shape,
            data_type,
            fill_value: fill_value(data_type, &attributes),
            codecs,
            attributes,
        };
        let encoder = match options.zarr_format {
            2 => ChunkEncoder::try_new_v2(&spec),
            _ => ChunkEncoder::try_new(&spec),
        };
        let encoder = Arc::new(encoder.map_err(datafusion_error)?);
        Ok(Self { spec, encoder, says_fill_value: variable.says_fill_value })
    }
}

/// What cells hold that are never written: what stands for a missing value, where something does.
fn fill_value(data_type: DataType, attributes: &Attributes) -> Value {
    match attributes.get("_FillValue").or_else(|| attributes.get("missing_value")) {
        Some(Value::Array(list)) => list.first().cloned().unwrap_or_else(|| json!(0)),
        Some(value) => value.clone(),
        None => match data_type {
            DataType::Bool => json!(false),
            DataType::String => json!(""),
            _ => json!(0),
        },
    }
}

async fn put(store: &dyn ObjectStore, key: &str, bytes: Bytes) -> hyperslab_array::Result<()> {
    let path = Path::parse(key).map_err(|e| ArrayError::argument(format!("`{key}` is no key")).with_source(e))?;
    let put = store.put(&path, bytes.into()).await;
    put.map(drop).map_err(|e| ArrayError::io(format!("`{key}` cannot be written")).with_source(e))
}
