//! One array's metadata, of either version, checked: shape, chunk grid, type, fill value, codecs, keys of chunks.

use std::sync::Arc;

use hyperslab_array::{ArrayError, ChunkGrid, DimensionChunks, Result};
use serde_json::{Map, Value};

use crate::codec::{CodecChain, Element, MOST_CHUNK_BYTES, codec_name};
use crate::data_type::{StoredType, short};
use crate::fill_value::FillValue;
use crate::key::KeyEncoding;
use crate::shard::Sharding;

/// A chunk grid that is not regular may have this many chunks along a dimension.
const MOST_LISTED_CHUNKS: usize = 1 << 22;

/// An array as its metadata describes it.
#[derive(Debug, Clone)]
pub(crate) struct ArrayMetadata {
    /// The chunks that can be read on their own: the inner chunks of shards.
    pub(crate) grid: ChunkGrid,
    /// How long chunks are stored along each dimension.
    pub(crate) stored: Vec<StoredLength>,
    pub(crate) element: Element,
    pub(crate) codecs: CodecChain,
    pub(crate) sharding: Option<Sharding>,
    pub(crate) keys: KeyEncoding,
    /// The names that the metadata gives to dimensions; `None` for those without one.
    pub(crate) dimension_names: Vec<Option<String>>,
}

/// How many indices a stored chunk has along one dimension; at an edge more than the array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoredLength {
    /// The same everywhere.
    Regular(u64),
    /// One for each chunk.
    Listed(Arc<[u64]>),
}

impl StoredLength {
    /// The stored length of `chunk`.
    pub(crate) fn of(&self, chunk: u64) -> u64 {
        match self {
            Self::Regular(length) => *length,
            Self::Listed(lengths) => usize::try_from(chunk).ok().and_then(|c| lengths.get(c)).copied().unwrap_or(0),
        }
    }

    fn longest(&self) -> u64 {
        match self {
            Self::Regular(length) => *length,
            Self::Listed(lengths) => lengths.iter().copied().max().unwrap_or(0),
        }
    }
}

impl ArrayMetadata {
    /// Reads a `.zarray`.
    pub(crate) fn from_v2(document: &Value, attributes: &Map<String, Value>) -> Result<Self> {
        let document = object(document, ".zarray")?;
        let shape = lengths(document, "shape")?;
        let chunks = lengths(document, "chunks")?;
        let (data_type, big_endian) = StoredType::from_v2(document.get("dtype").unwrap_or(&Value::Null))?;
        let fill_value = FillValue::try_new(data_type, document.get("fill_value").unwrap_or(&Value::Null))?;
        let order = match document.get("order").and_then(Value::as_str) {
            None | Some("C") => "C",
            Some("F") => "F",
            Some(other) => return Err(ArrayError::invalid(format!("order is `{other}`, expected `C` or `F`"))),
        };
        let filters = match document.get("filters") {
            None | Some(Value::Null) => &[],
            Some(Value::Array(filters)) => filters.as_slice(),
            Some(other) => return Err(ArrayError::invalid(format!("filters are `{}`, expected a list", short(other)))),
        };
        let compressor = document.get("compressor").filter(|c| !c.is_null());
        let codecs = CodecChain::from_v2(order, shape.len(), filters, compressor, data_type, big_endian)?;
        let (grid, stored) = regular(&shape, &chunks)?;
        let this = Self {
            grid,
            stored,
            element: Element { data_type, fill_value },
            codecs,
            sharding: None,
            keys: KeyEncoding::from_v2(document.get("dimension_separator"))?,
            dimension_names: crate::attributes::dimension_names_v2(shape.len(), document, attributes)?,
        };
        this.check_sizes().map(|()| this)
    }

    /// Reads a `zarr.json` of an array.
    pub(crate) fn from_v3(document: &Value, attributes: &Map<String, Value>) -> Result<Self> {
        let document = object(document, "zarr.json")?;
        check_extensions(document)?;
        let shape = lengths(document, "shape")?;
        let data_type = StoredType::from_v3(document.get("data_type").unwrap_or(&Value::Null))?;
        let fill_value = document.get("fill_value").ok_or_else(|| ArrayError::invalid("no `fill_value`"))?;
        let fill_value = FillValue::try_new(data_type, fill_value)?;
        let codecs = match document.get("codecs") {
            Some(Value::Array(codecs)) => codecs.as_slice(),
            _ => return Err(ArrayError::invalid("no list of `codecs`")),
        };
        let element = Element { data_type, fill_value };
        let (grid, stored) = grid_v3(document.get("chunk_grid").unwrap_or(&Value::Null), &shape)?;
        let (grid, stored, codecs, sharding) = match Sharding::of(codecs, &stored)? {
            Some((sharding, inner)) => {
                let chain = CodecChain::from_v3(&inner, data_type)?;
                let (grid, stored) = regular(&shape, sharding.inner_shape())?;
                (grid, stored, chain, Some(sharding))
            }
            None => (grid, stored, CodecChain::from_v3(codecs, data_type)?, None),
        };
        let this = Self {
            grid,
            stored,
            element,
            codecs,
            sharding,
            keys: KeyEncoding::from_v3(document.get("chunk_key_encoding").unwrap_or(&Value::Null))?,
            dimension_names: crate::attributes::dimension_names_v3(shape.len(), document, attributes)?,
        };
        this.check_sizes().map(|()| this)
    }

    /// The stored shape of `chunk`.
    pub(crate) fn stored_shape(&self, chunk: &[u64]) -> Vec<u64> {
        self.stored.iter().zip(chunk).map(|(length, c)| length.of(*c)).collect()
    }

    /// What the codecs are called.
    pub(crate) fn codecs(&self) -> String {
        match &self.sharding {
            Some(_) => format!("sharding_indexed({})", self.codecs.names()),
            None => self.codecs.names(),
        }
    }

    /// Refuses chunks that nobody could hold, before anybody tries.
    fn check_sizes(&self) -> Result<()> {
        let data_type = self.element.data_type;
        let size = data_type.size().unwrap_or(0).max(data_type.data_type().size()) as u64;
        let shape: Vec<u64> = self.stored.iter().map(StoredLength::longest).collect();
        let bytes = shape.iter().try_fold(size, |n, s| n.checked_mul(*s));
        match bytes {
            Some(bytes) if bytes <= MOST_CHUNK_BYTES => Ok(()),
            _ => Err(ArrayError::too_large(format!(
                "a chunk of shape `{shape:?}` has {} bytes, expected at most {MOST_CHUNK_BYTES}",
                bytes.map_or("more than 2^64".into(), |b| b.to_string())
            ))),
        }
    }
}

fn object<'a>(document: &'a Value, name: &str) -> Result<&'a Map<String, Value>> {
    document.as_object().ok_or_else(|| ArrayError::invalid(format!("`{name}` is not a JSON object")))
}

/// A list of lengths.
fn lengths(document: &Map<String, Value>, name: &str) -> Result<Vec<u64>> {
    let value = document.get(name).ok_or_else(|| ArrayError::invalid(format!("no `{name}`")))?;
    lengths_of(value, name)
}

pub(crate) fn lengths_of(value: &Value, name: &str) -> Result<Vec<u64>> {
    value
        .as_array()
        .and_then(|list| list.iter().map(Value::as_u64).collect())
        .ok_or_else(|| ArrayError::invalid(format!("`{name}` is `{}`, expected a list of whole numbers", short(value))))
}

/// Keys that this build does not know change what the array means, unless they say that they don't.
fn check_extensions(document: &Map<String, Value>) -> Result<()> {
    const KNOWN: [&str; 12] = [
        "attributes",
        "chunk_grid",
        "chunk_key_encoding",
        "codecs",
        "consolidated_metadata",
        "data_type",
        "dimension_names",
        "fill_value",
        "node_type",
        "shape",
        "storage_transformers",
        "zarr_format",
    ];
    for (key, value) in document {
        if !KNOWN.contains(&key.as_str()) && value.get("must_understand") != Some(&Value::Bool(false)) {
            return Err(ArrayError::unsupported(format!("extension `{key}` of the array is not built in")));
        }
    }
    match document.get("storage_transformers") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(list)) => match list.first() {
            None => Ok(()),
            Some(first) => Err(ArrayError::unsupported(format!(
                "storage transformer `{}` is not built in",
                codec_name(first).unwrap_or("?")
            ))),
        },
        Some(other) => {
            Err(ArrayError::invalid(format!("storage transformers are `{}`, expected a list", short(other))))
        }
    }
}

fn regular(shape: &[u64], chunk_shape: &[u64]) -> Result<(ChunkGrid, Vec<StoredLength>)> {
    let grid = ChunkGrid::regular(shape, chunk_shape)?;
    Ok((grid, chunk_shape.iter().map(|c| StoredLength::Regular(*c)).collect()))
}

fn grid_v3(grid: &Value, shape: &[u64]) -> Result<(ChunkGrid, Vec<StoredLength>)> {
    let name = codec_name(grid).map_err(|_| ArrayError::invalid("no `chunk_grid`"))?;
    let configuration = grid.get("configuration").unwrap_or(&Value::Null);
    let lists = match name {
        "regular" => {
            let chunk_shape = configuration.get("chunk_shape").unwrap_or(&Value::Null);
            return regular(shape, &lengths_of(chunk_shape, "chunk_shape")?);
        }
        "rectilinear" => configuration.get("chunk_shapes"),
        "rectangular" => configuration.get("chunk_shape"),
        other => return Err(ArrayError::unsupported(format!("chunk grid `{other}` is not built in"))),
    };
    let lists = lists.and_then(Value::as_array).filter(|l| l.len() == shape.len()).ok_or_else(|| {
        ArrayError::invalid(format!("chunk grid `{name}` does not list the chunks of {} dimensions", shape.len()))
    })?;
    let mut dimensions = Vec::with_capacity(shape.len());
    let mut stored = Vec::with_capacity(shape.len());
    for (list, &size) in lists.iter().zip(shape) {
        if let Some(chunk) = list.as_u64() {
            dimensions.push(DimensionChunks::Regular { size, chunk });
            stored.push(StoredLength::Regular(chunk));
            continue;
        }
        let lengths = listed(list)?;
        let mut offsets = vec![0u64];
        let mut end = 0u64;
        for length in &lengths {
            if end >= size {
                break;
            }
            end = end.saturating_add(*length);
            offsets.push(end.min(size));
        }
        if end < size {
            return Err(ArrayError::invalid(format!("chunks `{}` do not reach the size {size}", short(list))));
        }
        stored.push(StoredLength::Listed(lengths.into()));
        dimensions.push(DimensionChunks::Rectilinear { offsets: offsets.into() });
    }
    Ok((ChunkGrid::try_new(dimensions)?, stored))
}

/// Lengths of chunks, where `[length, count]` stands for many of the same.
fn listed(list: &Value) -> Result<Vec<u64>> {
    let wrong = || ArrayError::invalid(format!("chunk lengths are `{}`, expected whole numbers", short(list)));
    let mut lengths = Vec::new();
    for item in list.as_array().ok_or_else(wrong)? {
        let (length, count) = match item.as_u64() {
            Some(length) => (length, 1),
            None => match lengths_of(item, "chunk_shapes")?.as_slice() {
                &[length, count] => (length, count),
                _ => return Err(wrong()),
            },
        };
        if count > (MOST_LISTED_CHUNKS - lengths.len()) as u64 {
            return Err(ArrayError::too_large(format!(
                "a chunk grid lists more than {MOST_LISTED_CHUNKS} chunks along a dimension"
            )));
        }
        if length == 0 {
            return Err(ArrayError::invalid(format!("chunk lengths `{}` have a length of 0", short(list))));
        }
        lengths.extend(std::iter::repeat_n(length, count as usize));
    }
    Ok(lengths)
}
