//! Where the chunks of a Zarr array come from: plans the requests of a region, fetches, decodes.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use hyperslab_array::{ArrayError, ChunkGrid, ChunkSource, DataType, EncodedChunk, Plain, Region, Result, Values};
use object_store::path::Path;
use object_store::{Error as StoreError, GetOptions, GetRange, ObjectStore, ObjectStoreExt};

use crate::array::ArrayMetadata;
use crate::codec::MOST_CHUNK_BYTES;
use crate::error::{is_missing, store_error};
use crate::parts::{self, PartReader};
use crate::shard::{IndexCache, ShardIndex, Sharding};
use crate::spare::{SpareBuffers, read};

/// Runs of bytes closer than this are fetched in one request, as `object_store` would do by itself: over a network a
/// request takes about as long as this many bytes.
const GAP: u64 = 1 << 20;

/// The array behind a variable.
#[derive(Debug)]
pub(crate) struct ZarrSource {
    array: Arc<Array>,
    indexes: Option<IndexCache>,
    codecs: String,
}

/// What a chunk needs to be decoded.
#[derive(Debug)]
struct Array {
    /// Path of the array in its store; empty for the root.
    path: String,
    metadata: ArrayMetadata,
    store: Arc<dyn ObjectStore>,
    variable: String,
    spare: SpareBuffers,
}

/// Where the bytes of a chunk are: an object, or a part of one.
struct Place {
    path: Path,
    range: Option<Range<u64>>,
}

impl ZarrSource {
    pub(crate) fn new(
        store: Arc<dyn ObjectStore>,
        path: impl Into<String>,
        variable: impl Into<String>,
        metadata: ArrayMetadata,
    ) -> Self {
        Self {
            indexes: metadata.sharding.as_ref().map(|s| IndexCache::new(s.index_bytes())),
            codecs: metadata.codecs(),
            array: Arc::new(Array {
                path: path.into(),
                metadata,
                store,
                variable: variable.into(),
                spare: SpareBuffers::default(),
            }),
        }
    }

    /// Finds where `chunk` is stored; `None` where it was never written. The number says how many requests that took.
    async fn locate(&self, chunk: &[u64]) -> Result<(Option<Place>, u64)> {
        let array = &self.array;
        let (Some(sharding), Some(indexes)) = (&array.metadata.sharding, &self.indexes) else {
            return Ok((Some(Place { path: array.object(chunk)?, range: None }), 0));
        };
        let (shard, place) = sharding.locate(chunk);
        let path = array.object(&shard)?;
        let mut requests = 0;
        let cell = indexes.cell(&shard);
        let index = cell.get_or_try_init(|| array.fetch_index(sharding, &path, &mut requests)).await?;
        let range = match index {
            Some(index) => index.range(place)?,
            None => None,
        };
        Ok((range.map(|range| Place { path, range: Some(range) }), requests))
    }

    async fn fetch_located(&self, chunk: &[u64], region: &Region) -> Result<ZarrChunk> {
        let array = &self.array;
        let shape = array.metadata.stored_shape(chunk);
        let mut out = ZarrChunk {
            array: Arc::clone(array),
            chunk: chunk.to_vec(),
            region: region.clone(),
            shape,
            stored: Stored::Missing,
            stored_bytes: 0,
            requests: 0,
        };
        if region.shape.contains(&0) {
            return Ok(out);
        }
        let (place, requests) = self.locate(chunk).await?;
        out.requests = requests;
        let Some(place) = place else { return Ok(out) };
        let stored = match array.spans(&out.shape, region)? {
            Some(spans) => {
                out.requests += spans.len() as u64;
                array.fetch_spans(&place, &spans).await?
            }
            None => {
                out.requests += 1;
                array.fetch_whole(&place, &out.shape).await?.map(Stored::Whole)
            }
        };
        if let Some(stored) = stored {
            out.stored_bytes = stored.len();
            out.stored = stored;
        } else if place.range.is_some() {
            return Err(ArrayError::io("the shard is gone").with_retryable(true));
        }
        Ok(out)
    }
}

impl Array {
    fn key(&self, chunk: &[u64]) -> String {
        let key = self.metadata.keys.key(chunk);
        if self.path.is_empty() { key } else { format!("{}/{key}", self.path) }
    }

    fn object(&self, chunk: &[u64]) -> Result<Path> {
        let key = self.key(chunk);
        Path::parse(&key).map_err(|e| ArrayError::invalid(format!("`{key}` is not a key")).with_source(e))
    }

    async fn fetch_index(
        &self,
        sharding: &Sharding,
        path: &Path,
        requests: &mut u64,
    ) -> Result<Option<Arc<ShardIndex>>> {
        let length = sharding.index_bytes();
        *requests += 1;
        let range = if sharding.at_end() { GetRange::Suffix(length) } else { GetRange::Bounded(0..length) };
        let bytes = match self.get(path, Some(range)).await {
            // Some stores know no ranges from the end.
            Err(StoreError::NotSupported { .. } | StoreError::NotImplemented { .. }) if sharding.at_end() => {
                *requests += 2;
                let size = self.store.head(path).await.map_err(|e| store_error(path.as_ref(), e))?.size;
                let start = size.checked_sub(length).ok_or_else(|| {
                    ArrayError::invalid(format!("the shard has {size} bytes, its index alone has {length}"))
                })?;
                self.get(path, Some(GetRange::Bounded(start..size))).await
            }
            other => other,
        };
        match bytes {
            Ok(bytes) => sharding.decode_index(bytes).map(|index| Some(Arc::new(index))),
            Err(e) if is_missing(&e) => Ok(None),
            Err(e) => Err(store_error(path.as_ref(), e)),
        }
    }

    async fn get(&self, path: &Path, range: Option<GetRange>) -> Result<Bytes, StoreError> {
        self.store.get_opts(path, GetOptions { range, ..GetOptions::default() }).await?.bytes().await
    }

    /// The spans of bytes that hold `region`, where fetching only them is worth it.
    fn spans(&self, shape: &[u64], region: &Region) -> Result<Option<Vec<Range<u64>>>> {
        let size = self.metadata.element.data_type.size().unwrap_or(0) as u64;
        if !self.metadata.codecs.is_plain() || size == 0 {
            return Ok(None);
        }
        let total = shape.iter().try_fold(size, |n, s| n.checked_mul(*s)).unwrap_or(u64::MAX);
        let spans = spans_of(shape, region, size)?;
        let bytes: u64 = spans.iter().map(|s| s.end - s.start).sum();
        Ok((bytes.saturating_mul(4) < total.saturating_mul(3)).then_some(spans))
    }

    /// Fetches `spans` of a chunk; `None` where it was never written.
    async fn fetch_spans(&self, place: &Place, spans: &[Range<u64>]) -> Result<Option<Stored>> {
        let cut = || ArrayError::invalid("the chunk is cut short");
        let base = place.range.as_ref().map_or(0, |r| r.start);
        let end = place.range.as_ref().map_or(u64::MAX, |r| r.end);
        let ranges: Option<Vec<Range<u64>>> = spans
            .iter()
            .map(|s| Some(base.checked_add(s.start)?..base.checked_add(s.end).filter(|e| *e <= end)?))
            .collect();
        let ranges = ranges.ok_or_else(cut)?;
        let fetched = match self.store.get_ranges(&place.path, &ranges).await {
            Ok(fetched) => fetched,
            Err(e) if is_missing(&e) => return Ok(None),
            Err(e) => return Err(store_error(place.path.as_ref(), e)),
        };
        if fetched.len() != spans.len() || fetched.iter().zip(spans).any(|(f, s)| f.len() as u64 != s.end - s.start) {
            return Err(cut());
        }
        Ok(Some(Stored::Spans(spans.iter().map(|s| s.start).zip(fetched).collect())))
    }

    /// Fetches all of a chunk; `None` where it was never written.
    async fn fetch_whole(&self, place: &Place, shape: &[u64]) -> Result<Option<Bytes>> {
        let range = place.range.clone().map(GetRange::Bounded);
        let most = self.most_stored(shape);
        let refuse =
            |size: u64| ArrayError::too_large(format!("the chunk has {size} stored bytes, expected at most {most}"));
        if let Some(range) = &place.range {
            let size = range.end - range.start;
            if size > most {
                return Err(refuse(size));
            }
            if size == 0 {
                return Ok(Some(Bytes::new()));
            }
        }
        let options = GetOptions { range, ..GetOptions::default() };
        let result = match self.store.get_opts(&place.path, options).await {
            Ok(result) => result,
            Err(e) if is_missing(&e) => return Ok(None),
            Err(e) => return Err(store_error(place.path.as_ref(), e)),
        };
        let size = result.range.end.saturating_sub(result.range.start);
        if size > most {
            return Err(refuse(size));
        }
        let bytes = read(result, &self.spare).await.map_err(|e| store_error(place.path.as_ref(), e))?;
        match &place.range {
            Some(range) if bytes.len() as u64 != range.end - range.start => {
                Err(ArrayError::invalid("the chunk is cut short"))
            }
            _ => Ok(Some(bytes)),
        }
    }

    /// More stored bytes than this cannot be a chunk of `shape`.
    fn most_stored(&self, shape: &[u64]) -> u64 {
        match self.metadata.element.data_type.size() {
            Some(size) => shape
                .iter()
                .try_fold((size as u64).max(8), |n, s| n.checked_mul(*s))
                .unwrap_or(u64::MAX)
                .saturating_mul(2)
                .saturating_add(1 << 20),
            None => MOST_CHUNK_BYTES,
        }
    }

    fn context(&self, error: ArrayError, chunk: &[u64]) -> ArrayError {
        error.context("variable", &self.variable).context("chunk", self.shown_key(chunk))
    }

    fn shown_key(&self, chunk: &[u64]) -> String {
        match &self.metadata.sharding {
            Some(sharding) => {
                let (shard, place) = sharding.locate(chunk);
                format!("{}#{place}", self.key(&shard))
            }
            None => self.key(chunk),
        }
    }
}

/// The spans of bytes that hold `region` of a chunk of `shape`, elements of `size` bytes; those that are close are one.
fn spans_of(shape: &[u64], region: &Region, size: u64) -> Result<Vec<Range<u64>>> {
    // Dimensions whose steps leave only small gaps are spanned at once, so that a point of each of a million rows
    // is no list of a million runs: a region of the others, each cell of it one span.
    let (mut stride, mut extent) = (size, size);
    let mut inner = shape.len();
    while inner > 0 {
        let d = inner - 1;
        if region.shape[d] > 1 {
            if stride.saturating_sub(extent) > GAP {
                break;
            }
            extent += (region.shape[d] - 1) * stride;
        }
        stride = stride.saturating_mul(shape[d]);
        inner = d;
    }
    let mut outer = region.clone();
    for d in inner..shape.len() {
        outer.shape[d] = 1;
    }
    let mut spans: Vec<Range<u64>> = Vec::new();
    crate::data_type::cells(shape, &outer, size, |start| {
        match spans.last_mut() {
            Some(span) if start.saturating_sub(span.end) <= GAP => span.end = start + extent,
            _ => spans.push(start..start + extent),
        }
        Ok(())
    })?;
    Ok(spans)
}

#[async_trait]
impl ChunkSource for ZarrSource {
    fn data_type(&self) -> DataType {
        self.array.metadata.element.data_type.data_type()
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        &self.array.metadata.grid
    }

    async fn fetch(&self, chunk: &[u64], region: &Region) -> Result<Box<dyn EncodedChunk>> {
        let grid = self.chunk_grid();
        let counts = grid.counts();
        let inside = chunk.len() == counts.len() && chunk.iter().zip(&counts).all(|(c, n)| c < n);
        if !inside {
            return Err(ArrayError::argument(format!("no chunk `{chunk:?}`, there are `{counts:?}`"))
                .context("variable", &self.array.variable));
        }
        let whole = grid.region(chunk).shape;
        let within = region.rank() == whole.len()
            && region.start.len() == whole.len()
            && (0..whole.len())
                .all(|d| region.start[d].checked_add(region.shape[d]).is_some_and(|end| end <= whole[d]));
        if !within {
            let error = ArrayError::argument(format!("region `{region:?}` is outside of a chunk of `{whole:?}`"));
            return Err(self.array.context(error, chunk));
        }
        match self.fetch_located(chunk, region).await {
            Ok(encoded) => Ok(Box::new(encoded)),
            Err(e) => Err(self.array.context(e, chunk)),
        }
    }

    fn key(&self, chunk: &[u64]) -> String {
        self.array.shown_key(chunk)
    }

    async fn stored_bytes(&self, chunk: &[u64]) -> Result<Option<u64>> {
        let bytes = async {
            let (place, _) = self.locate(chunk).await?;
            match place {
                None => Ok(Some(0)),
                Some(Place { range: Some(range), .. }) => Ok(Some(range.end - range.start)),
                Some(Place { path, .. }) => match self.array.store.head(&path).await {
                    Ok(meta) => Ok(Some(meta.size)),
                    Err(e) if is_missing(&e) => Ok(Some(0)),
                    Err(e) => Err(store_error(path.as_ref(), e)),
                },
            }
        };
        bytes.await.map_err(|e| self.array.context(e, chunk))
    }

    fn codecs(&self) -> String {
        self.codecs.clone()
    }
}

/// Stored bytes of a region of one chunk.
#[derive(Debug)]
struct ZarrChunk {
    array: Arc<Array>,
    chunk: Vec<u64>,
    region: Region,
    /// The stored shape of the chunk.
    shape: Vec<u64>,
    stored: Stored,
    stored_bytes: u64,
    requests: u64,
}

#[derive(Debug)]
enum Stored {
    /// Never written.
    Missing,
    /// All of the chunk.
    Whole(Bytes),
    /// Spans of a chunk of plain values, in order, and where each starts in the chunk.
    Spans(Vec<(u64, Bytes)>),
    /// All of the chunk, of which the first values were decoded.
    Parts(Box<PartReader>),
}

impl Stored {
    fn len(&self) -> u64 {
        match self {
            Self::Missing => 0,
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Spans(spans) => spans.iter().map(|(_, s)| s.len() as u64).sum(),
            Self::Parts(parts) => parts.stored_bytes() as u64,
        }
    }
}

impl ZarrChunk {
    fn values(self) -> Result<Values> {
        let metadata = &self.array.metadata;
        match self.stored {
            Stored::Missing => metadata.element.fill_value.values(self.region.cells()?),
            Stored::Whole(bytes) => {
                let decoded = metadata.codecs.decode(&metadata.element, &bytes, &self.shape, &self.region);
                self.array.spare.give(bytes);
                decoded
            }
            Stored::Spans(ref spans) => {
                let mut bytes = Vec::new();
                self.gather(spans, &mut bytes)?;
                metadata.codecs.decode_runs(&metadata.element, &bytes, &self.region)
            }
            Stored::Parts(_) => Err(begun()),
        }
    }

    fn plain(self, mut spare: Vec<u8>) -> Result<Plain> {
        let metadata = &self.array.metadata;
        if !metadata.codecs.is_native(&metadata.element) {
            return self.values().map(Plain::Values);
        }
        match self.stored {
            Stored::Missing => self.values().map(Plain::Values),
            Stored::Whole(bytes) => {
                let (codecs, element) = (&metadata.codecs, &metadata.element);
                // Plain values are handed over as they are.
                let kept = (!codecs.is_plain()).then(|| bytes.clone());
                let decoded = codecs.decode_native(element, bytes, &self.shape, &self.region, spare);
                if let Some(bytes) = kept {
                    self.array.spare.give(bytes);
                }
                decoded.map(Plain::Bytes)
            }
            Stored::Spans(ref spans) => {
                self.gather(spans, &mut spare)?;
                Ok(Plain::Bytes(spare))
            }
            Stored::Parts(_) => Err(begun()),
        }
    }

    /// Makes `out` the next `cells` values.
    fn next(&mut self, cells: usize, out: &mut Vec<u8>) -> Result<()> {
        let size = self.array.metadata.element.data_type.size().unwrap_or(0);
        if let Stored::Whole(bytes) = &mut self.stored {
            let reader = PartReader::try_new(std::mem::take(bytes), &self.shape, &self.region, size as u64)?;
            self.stored = Stored::Parts(Box::new(reader));
        }
        let Stored::Parts(reader) = &mut self.stored else {
            return Err(ArrayError::internal("a chunk that is decoded as a whole was read by parts"));
        };
        reader.next(cells.saturating_mul(size), out)?;
        if let Some(bytes) = reader.done() {
            self.array.spare.give(bytes);
        }
        Ok(())
    }

    /// Makes `out` the bytes of the region.
    fn gather(&self, spans: &[(u64, Bytes)], out: &mut Vec<u8>) -> Result<()> {
        let size = self.array.metadata.element.data_type.size().unwrap_or(0);
        out.clear();
        out.reserve_exact(self.region.cells()?.saturating_mul(size));
        let mut spans = spans.iter().peekable();
        crate::data_type::runs(&self.shape, &self.region, size as u64, |start, length| {
            let run = loop {
                let Some((base, span)) = spans.peek() else { break None };
                let from = start.checked_sub(*base).and_then(|from| usize::try_from(from).ok());
                match from {
                    Some(from) if from < span.len() => break span.get(from..from + length as usize),
                    _ => spans.next(),
                };
            };
            out.extend_from_slice(run.ok_or_else(|| ArrayError::internal("a run is outside of its span"))?);
            Ok(())
        })
    }
}

impl EncodedChunk for ZarrChunk {
    fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    fn requests(&self) -> u64 {
        self.requests
    }

    fn is_written(&self) -> bool {
        !matches!(self.stored, Stored::Missing)
    }

    fn decode(self: Box<Self>) -> Result<Values> {
        let (array, chunk) = (Arc::clone(&self.array), self.chunk.clone());
        self.values().map_err(|e| array.context(e, &chunk))
    }

    fn decode_plain(self: Box<Self>, spare: Vec<u8>) -> Result<Plain> {
        let (array, chunk) = (Arc::clone(&self.array), self.chunk.clone());
        self.plain(spare).map_err(|e| array.context(e, &chunk))
    }

    fn decodes_in_parts(&self) -> bool {
        let metadata = &self.array.metadata;
        match (&self.stored, metadata.element.data_type.size()) {
            (Stored::Whole(bytes), Some(size)) if metadata.codecs.is_native_blosc(&metadata.element) => {
                parts::are_worth_it(bytes, &self.shape, &self.region, size as u64)
            }
            _ => false,
        }
    }

    fn decode_next(&mut self, cells: usize, out: &mut Vec<u8>) -> Result<()> {
        self.next(cells, out).map_err(|e| self.array.context(e, &self.chunk))
    }
}

fn begun() -> ArrayError {
    ArrayError::internal("a chunk of which some values were decoded was decoded again")
}
