//! Where the values of a variable come from: cuts the array into virtual chunks, plans the byte ranges of a region,
//! fetches, decodes.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use hyperslab_array::{ArrayError, ChunkGrid, ChunkSource, DataType, EncodedChunk, Plain, Region, Result, Values};
use object_store::ObjectStore;
use object_store::path::Path;

use crate::attributes::text_of;
use crate::error::store_error;
use crate::format::StoredType;
use crate::layout::Layout;
use crate::open::changed;

/// Bytes of a virtual chunk: enough that a request is worth it, few enough that many are under way at once.
const CHUNK: u64 = 4 << 20;

/// Runs of bytes closer than this are fetched in one piece: a local file gives them faster than it gives two. Stores
/// behind a network put ranges together by themselves, where they are up to [`STORE_GAP`] apart.
const GAP: u64 = 16 << 10;

/// What `object_store` reads over rather than ask again.
const STORE_GAP: u64 = 1 << 20;

/// What one chunk may read over to get its records together.
const MOST_READ_OVER: u64 = 32 << 20;

/// Ranges of a chunk whose records are far apart.
const MOST_RANGES: u64 = 256;

/// The array behind a variable.
#[derive(Debug)]
pub(crate) struct NetcdfSource {
    store: Arc<dyn ObjectStore>,
    grid: ChunkGrid,
    array: Arc<Array>,
}

/// What a chunk needs to be decoded.
#[derive(Debug)]
struct Array {
    variable: String,
    stored: StoredType,
    layout: Layout,
}

impl NetcdfSource {
    pub(crate) fn try_new(
        store: Arc<dyn ObjectStore>,
        variable: String,
        stored: StoredType,
        layout: Layout,
    ) -> Result<Self> {
        let grid = ChunkGrid::regular(layout.shape(), &chunk_shape(&layout))?;
        Ok(Self { store, grid, array: Arc::new(Array { variable, stored, layout }) })
    }

    /// Bytes of all values.
    pub(crate) fn bytes(&self) -> u64 {
        let cells = self.array.layout.shape().iter().fold(1u64, |n, s| n.saturating_mul(*s));
        cells.saturating_mul(self.array.layout.cell())
    }

    /// `region` of `chunk`, counted from the origin of the array.
    fn absolute(&self, chunk: &[u64], region: &Region) -> Result<Region> {
        self.grid.check(chunk, region)?;
        let origin = self.grid.region(chunk).start;
        let start = origin.iter().zip(&region.start).map(|(origin, start)| origin + start).collect();
        Ok(Region::new(start, region.shape.clone()))
    }

    async fn fetch_spans(&self, spans: &[Range<u64>]) -> Result<Vec<(u64, Bytes)>> {
        if spans.is_empty() {
            return Ok(Vec::new());
        }
        let fetched = self.store.get_ranges(&Path::default(), spans).await.map_err(store_error)?;
        let is_whole = fetched.len() == spans.len()
            && fetched.iter().zip(spans).all(|(bytes, span)| bytes.len() as u64 == span.end - span.start);
        if !is_whole {
            return Err(changed());
        }
        Ok(spans.iter().map(|span| span.start).zip(fetched).collect())
    }
}

impl Array {
    fn context(&self, error: ArrayError, chunk: &[u64]) -> ArrayError {
        error.context("variable", &self.variable).context("chunk", self.key(chunk))
    }

    fn key(&self, chunk: &[u64]) -> String {
        let index: Vec<String> = chunk.iter().map(u64::to_string).collect();
        if index.is_empty() { self.variable.clone() } else { format!("{}/{}", self.variable, index.join(".")) }
    }
}

/// Whole rows of the fastest dimensions, and of the first that does not fit as many as do.
fn chunk_shape(layout: &Layout) -> Vec<u64> {
    let mut bytes = layout.cell().max(1);
    let mut chunk: Vec<u64> = vec![1; layout.shape().len()];
    for (d, length) in layout.shape().iter().enumerate().rev() {
        let fits = (CHUNK / bytes).clamp(1, (*length).max(1));
        let stride = layout.gap_stride().filter(|_| d == 0);
        let most =
            stride.map_or(u64::MAX, |s| if s > STORE_GAP { MOST_RANGES } else { (MOST_READ_OVER / s.max(1)).max(1) });
        if let Some(chunk) = chunk.get_mut(d) {
            *chunk = fits.min(most);
        }
        if fits < *length {
            break;
        }
        bytes = bytes.saturating_mul((*length).max(1));
    }
    chunk
}

#[async_trait]
impl ChunkSource for NetcdfSource {
    fn data_type(&self) -> DataType {
        self.array.stored.data_type()
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        &self.grid
    }

    async fn fetch(&self, chunk: &[u64], region: &Region) -> Result<Box<dyn EncodedChunk>> {
        let fetch = async {
            let region = self.absolute(chunk, region)?;
            let spans = self.array.layout.spans(&region, GAP)?;
            let spans = self.fetch_spans(&spans).await?;
            Ok(NetcdfChunk { array: Arc::clone(&self.array), chunk: chunk.to_vec(), region, spans })
        };
        match fetch.await {
            Ok(encoded) => Ok(Box::new(encoded)),
            Err(e) => Err(self.array.context(e, chunk)),
        }
    }

    fn key(&self, chunk: &[u64]) -> String {
        self.array.key(chunk)
    }

    async fn stored_bytes(&self, chunk: &[u64]) -> Result<Option<u64>> {
        let cells = self.grid.region(chunk).cells().map_err(|e| self.array.context(e, chunk))?;
        Ok(Some((cells as u64).saturating_mul(self.array.layout.cell())))
    }
}

/// Stored bytes of a region of one chunk.
#[derive(Debug)]
struct NetcdfChunk {
    array: Arc<Array>,
    chunk: Vec<u64>,
    /// Counted from the origin of the array.
    region: Region,
    /// In order, and where each starts in the file.
    spans: Vec<(u64, Bytes)>,
}

impl NetcdfChunk {
    /// Makes `out` the stored bytes of the region.
    fn gather(&self, out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        let size = self.region.cells()?.saturating_mul(self.array.layout.cell() as usize);
        out.reserve_exact(size);
        let mut spans = self.spans.iter().peekable();
        self.array.layout.runs(&self.region, |start, length| {
            let run = loop {
                let Some((base, span)) = spans.peek() else { break None };
                let from = start.checked_sub(*base).and_then(|from| usize::try_from(from).ok());
                match from {
                    Some(from) if from < span.len() => break span.get(from..from.saturating_add(length as usize)),
                    _ => spans.next(),
                };
            };
            out.extend_from_slice(run.ok_or_else(|| ArrayError::internal("a run is outside of its span"))?);
            Ok(())
        })
    }

    fn values(&self) -> Result<Values> {
        let mut bytes = Vec::new();
        self.gather(&mut bytes)?;
        macro_rules! numbers {
            ($variant:ident, $t:ty) => {
                Values::$variant(bytes.as_chunks().0.iter().map(|b| <$t>::from_be_bytes(*b)).collect())
            };
        }
        Ok(match self.array.stored {
            StoredType::Char => {
                let cell = (self.array.layout.cell() as usize).max(1);
                Values::String(bytes.chunks_exact(cell).map(text).collect())
            }
            StoredType::Byte => numbers!(Int8, i8),
            StoredType::Short => numbers!(Int16, i16),
            StoredType::Int => numbers!(Int32, i32),
            StoredType::Float => numbers!(Float32, f32),
            StoredType::Double => numbers!(Float64, f64),
            StoredType::UByte => Values::UInt8(bytes),
            StoredType::UShort => numbers!(UInt16, u16),
            StoredType::UInt => numbers!(UInt32, u32),
            StoredType::Int64 => numbers!(Int64, i64),
            StoredType::UInt64 => numbers!(UInt64, u64),
        })
    }

    /// Makes `out` the numbers of the region in the machine's order of bytes.
    fn native(&self, out: &mut Vec<u8>) -> Result<()> {
        self.gather(out)?;
        macro_rules! swap {
            ($t:ty) => {
                for bytes in out.as_chunks_mut().0 {
                    *bytes = <$t>::from_be_bytes(*bytes).to_ne_bytes();
                }
            };
        }
        match self.array.stored.size() {
            2 => swap!(u16),
            4 => swap!(u32),
            8 => swap!(u64),
            _ => {}
        }
        Ok(())
    }
}

/// Characters without the zeros at their end.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    text_of(bytes.get(..end).unwrap_or_default())
}

impl EncodedChunk for NetcdfChunk {
    fn stored_bytes(&self) -> u64 {
        self.spans.iter().map(|(_, bytes)| bytes.len() as u64).sum()
    }

    fn requests(&self) -> u64 {
        self.spans.len() as u64
    }

    fn is_written(&self) -> bool {
        true
    }

    fn decode(self: Box<Self>) -> Result<Values> {
        self.values().map_err(|e| self.array.context(e, &self.chunk))
    }

    fn decode_plain(self: Box<Self>, mut spare: Vec<u8>) -> Result<Plain> {
        if self.array.stored == StoredType::Char {
            return self.decode().map(Plain::Values);
        }
        self.native(&mut spare).map_err(|e| self.array.context(e, &self.chunk))?;
        Ok(Plain::Bytes(spare))
    }
}
