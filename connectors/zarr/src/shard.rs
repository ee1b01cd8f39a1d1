//! Shards: one stored object that holds many inner chunks and an index of where each of them is.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use hyperslab_array::{ArrayError, Region, Result, Values};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::array::{StoredLength, lengths_of};
use crate::codec::{CodecChain, Element, codec_name};
use crate::data_type::{StoredType, short};
use crate::fill_value::FillValue;

/// The longest index of a shard, in bytes.
const MOST_INDEX_BYTES: u64 = 256 << 20;

/// Bytes of indexes that a variable keeps.
const KEPT_INDEX_BYTES: u64 = 32 << 20;

/// What an index says of a chunk that was never written.
const MISSING: u64 = u64::MAX;

/// The layout of the shards of an array.
#[derive(Debug, Clone)]
pub(crate) struct Sharding {
    inner: Vec<u64>,
    /// Inner chunks of a shard along each dimension.
    counts: Vec<u64>,
    index_codecs: CodecChain,
    /// Stored bytes of the index.
    index_bytes: u64,
    at_end: bool,
}

impl Sharding {
    /// The sharding that `codecs` of chunks of `stored` lengths say, and the codecs of the inner chunks. `None`
    /// where there is none, or where other codecs stand around it or in it, so that a shard is read whole.
    pub(crate) fn of(codecs: &[Value], stored: &[StoredLength]) -> Result<Option<(Self, Vec<Value>)>> {
        let [codec] = codecs else { return Ok(None) };
        if codec_name(codec)? != "sharding_indexed" {
            return Ok(None);
        }
        let missing = Value::Null;
        let get = |name: &str| codec.get("configuration").and_then(|c| c.get(name)).unwrap_or(&missing);
        let list = |name: &str| {
            get(name).as_array().ok_or_else(|| ArrayError::invalid(format!("sharding has no list of `{name}`")))
        };
        let (inner_codecs, index_codecs) = (list("codecs")?, list("index_codecs")?);
        if inner_codecs.iter().any(|c| codec_name(c).is_ok_and(|n| n == "sharding_indexed")) {
            return Ok(None);
        }
        let inner = lengths_of(get("chunk_shape"), "chunk_shape")?;
        let mut counts = Vec::with_capacity(inner.len());
        for (length, &inner) in stored.iter().zip(&inner) {
            match length {
                StoredLength::Regular(shard) if inner > 0 && shard % inner == 0 => counts.push(shard / inner),
                StoredLength::Regular(shard) => {
                    return Err(ArrayError::invalid(format!(
                        "inner chunks of {inner} do not divide shards of {shard}"
                    )));
                }
                StoredLength::Listed(_) => return Ok(None),
            }
        }
        if inner.len() != stored.len() {
            return Err(ArrayError::invalid(format!(
                "inner chunk shape `{inner:?}` does not have the rank of its shards"
            )));
        }
        let at_end = match get("index_location") {
            Value::Null => true,
            Value::String(s) if s == "end" => true,
            Value::String(s) if s == "start" => false,
            other => {
                return Err(ArrayError::invalid(format!(
                    "shard index location is `{}`, expected `start` or `end`",
                    short(other)
                )));
            }
        };
        let checksum = match index_codecs.as_slice() {
            [_] => 0,
            [_, checksum] if codec_name(checksum)? == "crc32c" => 4,
            _ => {
                return Err(ArrayError::unsupported(format!(
                    "shard index codecs `{}` cannot be read, expected `bytes` and `crc32c`",
                    short(&Value::Array(index_codecs.clone()))
                )));
            }
        };
        let plain = CodecChain::from_v3(index_codecs.get(..1).unwrap_or_default(), StoredType::UInt64)?;
        if !plain.is_plain() {
            return Err(ArrayError::unsupported(format!("shard index codec `{}` cannot be read", plain.names())));
        }
        let index_bytes =
            counts.iter().try_fold(16u64, |n, c| n.checked_mul(*c)).filter(|n| *n <= MOST_INDEX_BYTES).ok_or_else(
                || ArrayError::too_large(format!("a shard of `{counts:?}` inner chunks has an index that is too long")),
            )?;
        let this = Self {
            inner,
            counts,
            index_codecs: CodecChain::from_v3(index_codecs, StoredType::UInt64)?,
            index_bytes: index_bytes + checksum,
            at_end,
        };
        Ok(Some((this, inner_codecs.clone())))
    }

    /// The shape of the inner chunks.
    pub(crate) fn inner_shape(&self) -> &[u64] {
        &self.inner
    }

    /// Stored bytes of an index.
    pub(crate) fn index_bytes(&self) -> u64 {
        self.index_bytes
    }

    /// Whether the index is at the end of a shard.
    pub(crate) fn at_end(&self) -> bool {
        self.at_end
    }

    /// The shard that holds inner chunk `chunk`, and the chunk's place in its index.
    pub(crate) fn locate(&self, chunk: &[u64]) -> (Vec<u64>, usize) {
        let mut place = 0u64;
        let mut shard = Vec::with_capacity(chunk.len());
        for (c, count) in chunk.iter().zip(&self.counts) {
            shard.push(c / count);
            place = place * count + c % count;
        }
        (shard, place as usize)
    }

    /// Reads an index.
    pub(crate) fn decode_index(&self, bytes: bytes::Bytes) -> Result<ShardIndex> {
        if bytes.len() as u64 != self.index_bytes {
            return Err(ArrayError::invalid(format!(
                "the shard index has {} bytes, expected {}",
                bytes.len(),
                self.index_bytes
            )));
        }
        let mut shape = self.counts.clone();
        shape.push(2);
        let element =
            Element { data_type: StoredType::UInt64, fill_value: FillValue::try_new(StoredType::UInt64, &json!(0))? };
        match self.index_codecs.decode(&element, &bytes, &shape, &Region::full(&shape))? {
            Values::UInt64(entries) => Ok(ShardIndex(entries)),
            _ => Err(ArrayError::internal("a shard index is not `uint64`")),
        }
    }
}

/// Where the inner chunks of one shard are: offset and length of each.
#[derive(Debug)]
pub(crate) struct ShardIndex(Vec<u64>);

impl ShardIndex {
    /// The bytes of the inner chunk at `place`; `None` where it was never written.
    pub(crate) fn range(&self, place: usize) -> Result<Option<Range<u64>>> {
        let entry = self.0.get(place * 2..).and_then(|rest| rest.first_chunk::<2>());
        let &[offset, length] = entry.ok_or_else(|| ArrayError::internal("a chunk is not in its shard's index"))?;
        if offset == MISSING && length == MISSING {
            return Ok(None);
        }
        let end = offset.checked_add(length).ok_or_else(|| {
            ArrayError::invalid(format!("the shard index puts a chunk of {length} bytes at `{offset}`"))
        })?;
        Ok(Some(offset..end))
    }
}

/// One index, fetched by the first who asks, while others wait; `None` where the shard was never written.
pub(crate) type IndexCell = Arc<OnceCell<Option<Arc<ShardIndex>>>>;

/// The indexes that a variable keeps: those used last.
#[derive(Debug)]
pub(crate) struct IndexCache {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    cells: HashMap<Vec<u64>, (u64, IndexCell)>,
    clock: u64,
}

impl IndexCache {
    /// A cache for indexes of `index_bytes` each.
    pub(crate) fn new(index_bytes: u64) -> Self {
        let most = (KEPT_INDEX_BYTES / index_bytes.max(1)).clamp(16, 4096) as usize;
        Self { most, kept: Mutex::default() }
    }

    /// The cell of `shard`, empty where nobody has asked for it yet.
    pub(crate) fn cell(&self, shard: &[u64]) -> IndexCell {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        if let Some((used, cell)) = kept.cells.get_mut(shard) {
            *used = now;
            return Arc::clone(cell);
        }
        if kept.cells.len() >= self.most {
            let oldest = kept.cells.iter().min_by_key(|(_, (used, _))| *used).map(|(shard, _)| shard.clone());
            if let Some(oldest) = oldest {
                kept.cells.remove(&oldest);
            }
        }
        let cell = IndexCell::default();
        kept.cells.insert(shard.to_vec(), (now, Arc::clone(&cell)));
        cell
    }
}
