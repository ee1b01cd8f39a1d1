//! Writes Zarr v3 and v2: metadata of a group and its arrays, and the bytes of chunks and shards.
//!
//! It writes what [`crate::ZarrConnector`] and xarray read, to whatever the caller stores keys and bytes in.

mod existing;
mod metadata;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hyperslab_array::{ArrayError, Attributes, ChunkGrid, DataType, Region, Result, Values};
use serde_json::{Value, json};
use zarrs::array::codec::BloscCodec;
use zarrs::array::codec::api::{BytesToBytesCodecTraits, CodecOptions};
use zarrs::metadata_ext::codec::blosc::{BloscCompressionLevel, BloscCompressor, BloscShuffleMode};

use crate::codec::MOST_CHUNK_BYTES;
use crate::data_type::{StoredType, runs};
use crate::fill_value::FillValue;
use crate::key::KeyEncoding;

pub use existing::ExistingGroup;
pub use metadata::{group_metadata, group_metadata_v2};

/// How chunks are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Zstandard at a level from 1 to 22.
    Zstd(i32),
    /// Blosc with Zstandard inside.
    BloscZstd {
        /// From 0 to 9.
        level: u8,
        /// Whether the bytes of values are shuffled first.
        shuffle: bool,
    },
}

/// What an array that is written looks like.
#[derive(Debug, Clone)]
pub struct ArraySpec {
    /// Its name in its group.
    pub name: String,
    /// The names of its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// Its shape.
    pub shape: Vec<u64>,
    /// The shape of its chunks; with shards, of the inner chunks.
    pub chunk_shape: Vec<u64>,
    /// The shape of its shards, a multiple of the chunk shape.
    pub shard_shape: Option<Vec<u64>>,
    /// Its type.
    pub data_type: DataType,
    /// The value of cells that are never written, as Zarr v3 writes it: `0`, `"NaN"`, `""`.
    pub fill_value: Value,
    /// How chunks are compressed.
    pub codecs: Compression,
    /// Its attributes.
    pub attributes: Attributes,
}

/// Encodes the chunks of one array; with shards, whole shards.
#[derive(Debug, Clone)]
pub struct ChunkEncoder {
    name: String,
    grid: ChunkGrid,
    stored_shape: Vec<u64>,
    inner_shape: Option<Vec<u64>>,
    data_type: DataType,
    fill_value: FillValue,
    compression: Compressor,
    keys: KeyEncoding,
    /// The bytes of a chunk of nothing but the fill value, once somebody asks.
    empty: OnceLock<Bytes>,
}

#[derive(Debug, Clone)]
enum Compressor {
    None,
    Zstd(i32),
    Blosc(Arc<BloscCodec>),
}

impl ChunkEncoder {
    /// An encoder for the chunks of `spec`.
    ///
    /// # Errors
    /// When ranks differ, chunks do not divide shards, a chunk is too large, or the fill value has the wrong type.
    pub fn try_new(spec: &ArraySpec) -> Result<Self> {
        Self::checked(spec).map_err(|e| e.context("variable", &spec.name))
    }

    /// As [`Self::try_new`], for an array of Zarr v2.
    ///
    /// # Errors
    /// As [`Self::try_new`], and when there are shards, which v2 does not have.
    pub fn try_new_v2(spec: &ArraySpec) -> Result<Self> {
        if spec.shard_shape.is_some() {
            return Err(ArrayError::argument("Zarr v2 has no shards").context("variable", &spec.name));
        }
        Ok(Self { keys: KeyEncoding::from_v2(None)?, ..Self::try_new(spec)? })
    }

    fn checked(spec: &ArraySpec) -> Result<Self> {
        let grid = ChunkGrid::regular(&spec.shape, spec.stored_shape())?;
        let inner = ChunkGrid::regular(&spec.shape, &spec.chunk_shape)?;
        if spec.dimensions.len() != inner.rank() {
            return Err(ArrayError::argument(format!(
                "dimensions `{:?}` do not have the rank of shape `{:?}`",
                spec.dimensions, spec.shape
            )));
        }
        if spec.stored_shape().iter().zip(&spec.chunk_shape).any(|(shard, chunk)| shard % chunk != 0) {
            return Err(ArrayError::argument(format!(
                "shards of `{:?}` are no multiple of chunks of `{:?}`",
                spec.stored_shape(),
                spec.chunk_shape
            )));
        }
        let bytes = spec.stored_shape().iter().try_fold(spec.data_type.size() as u64, |n, s| n.checked_mul(*s));
        if bytes.is_none_or(|bytes| bytes > MOST_CHUNK_BYTES) {
            return Err(ArrayError::too_large(format!(
                "chunks of `{:?}` have more than {MOST_CHUNK_BYTES} bytes",
                spec.stored_shape()
            )));
        }
        let compression = match spec.codecs {
            Compression::None => Compressor::None,
            Compression::Zstd(level) => Compressor::Zstd(level),
            Compression::BloscZstd { level, shuffle } => {
                let level = BloscCompressionLevel::try_from(level)
                    .map_err(|_| ArrayError::argument(format!("blosc level is `{level}`, expected 0 to 9")))?;
                let shuffle = if shuffle { BloscShuffleMode::Shuffle } else { BloscShuffleMode::NoShuffle };
                let codec = BloscCodec::new(BloscCompressor::Zstd, level, None, shuffle, Some(spec.type_size()))
                    .map_err(|e| ArrayError::unsupported("codec `blosc` is not built in").with_source(e.to_string()))?;
                Compressor::Blosc(Arc::new(codec))
            }
        };
        Ok(Self {
            name: spec.name.clone(),
            grid,
            stored_shape: spec.stored_shape().to_vec(),
            inner_shape: spec.shard_shape.as_ref().map(|_| spec.chunk_shape.clone()),
            data_type: spec.data_type,
            fill_value: FillValue::try_new(StoredType::from_v3(&spec.data_type_metadata())?, &spec.fill_value)?,
            compression,
            keys: KeyEncoding::from_v3(&json!("default"))?,
            empty: OnceLock::new(),
        })
    }

    /// The chunks that have a key of their own: with shards, the shards.
    pub fn grid(&self) -> &ChunkGrid {
        &self.grid
    }

    /// The key of `chunk`, below the group.
    pub fn key(&self, chunk: &[u64]) -> String {
        format!("{}/{}", self.name, self.keys.key(chunk))
    }

    /// The bytes of a chunk or shard with `values` in all of its cells, those beyond the array's edge included.
    ///
    /// Inner chunks of a shard that hold nothing but the fill value are left out.
    ///
    /// # Errors
    /// When `values` have the wrong type or number.
    pub fn encode(&self, values: Values) -> Result<Bytes> {
        self.encode_stored(&values).map_err(|e| e.context("variable", &self.name))
    }

    /// The bytes of `chunk` with `values` in those of its cells that are inside of the array.
    ///
    /// # Errors
    /// When `values` have the wrong type or number.
    pub fn encode_chunk(&self, chunk: &[u64], values: Values) -> Result<Bytes> {
        let inside = self.grid.region(chunk).shape;
        let values = if inside == self.stored_shape { values } else { self.padded(&inside, &values)? };
        self.encode(values)
    }

    /// Whether `bytes` are those of a chunk of nothing but the fill value, which need not be stored.
    ///
    /// # Errors
    /// When such a chunk has too many cells.
    pub fn is_fill(&self, bytes: &Bytes) -> Result<bool> {
        let empty = match self.empty.get() {
            Some(empty) => empty,
            None => {
                let cells = Region::full(&self.stored_shape).cells()?;
                let encoded = self.encode_stored(&self.fill_value.values(cells)?)?;
                self.empty.get_or_init(|| encoded)
            }
        };
        Ok(empty == bytes)
    }

    fn encode_stored(&self, values: &Values) -> Result<Bytes> {
        let whole = Region::full(&self.stored_shape);
        if values.data_type() != self.data_type || values.len() != whole.cells()? {
            return Err(ArrayError::argument(format!(
                "{} values of type {} given, expected {} of type {}",
                values.len(),
                values.data_type(),
                whole.cells()?,
                self.data_type
            )));
        }
        match &self.inner_shape {
            None => self.compress(&stored_bytes(values)?),
            Some(inner) => self.encode_shard(inner, values),
        }
    }

    /// Inner chunks one after the other, then the index, then its checksum.
    fn encode_shard(&self, inner: &[u64], values: &Values) -> Result<Bytes> {
        let chunks = ChunkGrid::regular(&self.stored_shape, inner)?;
        let counts = chunks.counts();
        let empty = stored_bytes(&self.fill_value.values(Region::full(inner).cells()?)?)?;
        let mut shard = Vec::new();
        let mut index = Vec::new();
        for place in 0..chunks.chunk_count() {
            let chunk = unravel(place, &counts);
            let bytes = stored_bytes(&part(values, &self.stored_shape, &chunks.region(&chunk))?)?;
            let entry = if bytes == empty {
                [u64::MAX, u64::MAX]
            } else {
                let offset = shard.len() as u64;
                shard.extend_from_slice(&self.compress(&bytes)?);
                [offset, shard.len() as u64 - offset]
            };
            index.extend(entry.iter().flat_map(|v| v.to_le_bytes()));
        }
        let checksum = crc32c(&index);
        shard.extend(index);
        shard.extend(checksum.to_le_bytes());
        Ok(shard.into())
    }

    fn compress(&self, bytes: &[u8]) -> Result<Bytes> {
        Ok(match &self.compression {
            Compressor::None => Bytes::copy_from_slice(bytes),
            Compressor::Zstd(level) => zstd::bulk::compress(bytes, *level)
                .map_err(|e| ArrayError::argument("the chunk cannot be compressed").with_source(e))?
                .into(),
            Compressor::Blosc(codec) => codec
                .encode(bytes.into(), &CodecOptions::default().with_concurrent_target(1))
                .map_err(|e| ArrayError::argument("the chunk cannot be compressed").with_source(e.to_string()))?
                .into_owned()
                .into(),
        })
    }

    /// `values` of an edge chunk's cells `inside` of the array, with the fill value in the others.
    fn padded(&self, inside: &[u64], values: &Values) -> Result<Values> {
        let whole = Region::full(&self.stored_shape);
        let row = self.stored_shape.last().copied().unwrap_or(1) as usize;
        let length = inside.last().copied().unwrap_or(1) as usize;
        let fill = self.fill_value.values(row)?;
        let outer = self.stored_shape.get(..inside.len().saturating_sub(1)).unwrap_or_default();
        let mut out = Values::with_capacity(self.data_type, whole.cells()?);
        let mut next = 0;
        for row_number in 0..outer.iter().product::<u64>() {
            let index = unravel(row_number, outer);
            if index.iter().zip(inside).all(|(i, n)| i < n) {
                out.extend_from(values, next, length)?;
                out.extend_from(&fill, 0, row - length)?;
                next += length;
            } else {
                out.extend_from(&fill, 0, row)?;
            }
        }
        if next != values.len() {
            return Err(ArrayError::argument(format!("{} values given, expected {next}", values.len()))
                .context("variable", &self.name));
        }
        Ok(out)
    }
}

/// The indices of the `position`th cell of an array of `shape` in C order.
fn unravel(mut position: u64, shape: &[u64]) -> Vec<u64> {
    let mut index = vec![0; shape.len()];
    for (i, length) in index.iter_mut().zip(shape).rev() {
        *i = position % length;
        position /= length;
    }
    index
}

/// The values of `region` of an array of `shape`.
fn part(values: &Values, shape: &[u64], region: &Region) -> Result<Values> {
    let mut out = Values::with_capacity(values.data_type(), region.cells()?);
    runs(shape, region, 1, |start, length| out.extend_from(values, start as usize, length as usize))?;
    Ok(out)
}

/// Values as the codec `bytes`, little endian, or `vlen-utf8` stores them.
fn stored_bytes(values: &Values) -> Result<Vec<u8>> {
    macro_rules! numbers {
        ($v:expr) => {
            if cfg!(target_endian = "little") {
                bytemuck::cast_slice($v).to_vec()
            } else {
                $v.iter().flat_map(|v| v.to_le_bytes()).collect()
            }
        };
    }
    let too_long = || ArrayError::too_large("a text is longer than 2^32 bytes");
    Ok(match values {
        Values::Bool(v) => v.iter().map(|b| u8::from(*b)).collect(),
        Values::Int8(v) => numbers!(v),
        Values::Int16(v) => numbers!(v),
        Values::Int32(v) => numbers!(v),
        Values::Int64(v) | Values::Timestamp(v) | Values::Duration(v) => numbers!(v),
        Values::UInt8(v) => numbers!(v),
        Values::UInt16(v) => numbers!(v),
        Values::UInt32(v) => numbers!(v),
        Values::UInt64(v) => numbers!(v),
        Values::Float32(v) => numbers!(v),
        Values::Float64(v) => numbers!(v),
        Values::String(v) => {
            let mut out = u32::try_from(v.len()).map_err(|_| too_long())?.to_le_bytes().to_vec();
            for text in v {
                out.extend(u32::try_from(text.len()).map_err(|_| too_long())?.to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
            out
        }
    })
}

/// The checksum of a shard's index.
fn crc32c(bytes: &[u8]) -> u32 {
    const REVERSED_POLYNOMIAL: u32 = 0x82f6_3b78;
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (REVERSED_POLYNOMIAL & (crc & 1).wrapping_neg()))
    })
}
