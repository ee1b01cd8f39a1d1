//! A variable in memory of which some chunks were never written, and whose values come as bytes or as values.

use std::collections::HashSet;

use async_trait::async_trait;
use hyperslab::array::{
    ArrayError, ChunkGrid, ChunkSource, DataType, EncodedChunk, MemorySource, Plain, Region, Result, Values,
};

use crate::random::Random;

/// See the module.
#[derive(Debug)]
pub struct Holey {
    written: MemorySource,
    /// The fill value.
    fill: Values,
    unwritten: HashSet<Vec<u64>>,
    /// Whether numbers come as bytes.
    as_bytes: bool,
}

impl Holey {
    /// `values` cut by `grid`, in whose unwritten chunks, one of `share` percent, every cell is `fill`.
    pub fn new(values: Values, grid: ChunkGrid, fill: Values, share: usize, random: &mut Random) -> Self {
        let mut chunks = vec![vec![]];
        for count in grid.counts() {
            chunks = chunks.iter().flat_map(|c: &Vec<u64>| (0..count).map(|i| [&c[..], &[i]].concat())).collect();
        }
        let unwritten = chunks.into_iter().filter(|_| random.chance(share)).collect();
        let written = MemorySource::try_new(values, grid).unwrap();
        Self { written, fill, unwritten, as_bytes: random.chance(50) }
    }

    /// How many chunks there are, and how many of them were never written.
    pub fn counts(&self) -> (u64, usize) {
        (self.chunk_grid().chunk_count(), self.unwritten.len())
    }
}

#[async_trait]
impl ChunkSource for Holey {
    fn data_type(&self) -> DataType {
        self.written.data_type()
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        self.written.chunk_grid()
    }

    async fn fetch(&self, chunk: &[u64], region: &Region) -> Result<Box<dyn EncodedChunk>> {
        let held = self.written.fetch(chunk, region).await?.decode()?;
        let is_written = !self.unwritten.contains(chunk);
        let mut values = held;
        if !is_written {
            let cells = values.len();
            values = Values::with_capacity(self.data_type(), cells);
            for _ in 0..cells {
                values.extend_from(&self.fill, 0, 1)?;
            }
        }
        Ok(Box::new(Chunk { values, is_written, as_bytes: self.as_bytes, next: 0 }))
    }

    fn key(&self, chunk: &[u64]) -> String {
        self.written.key(chunk)
    }

    async fn stored_bytes(&self, chunk: &[u64]) -> Result<Option<u64>> {
        Ok(self.unwritten.contains(chunk).then_some(0))
    }
}

#[derive(Debug)]
struct Chunk {
    values: Values,
    is_written: bool,
    as_bytes: bool,
    /// The first value that was not decoded as a part.
    next: usize,
}

impl EncodedChunk for Chunk {
    fn stored_bytes(&self) -> u64 {
        if self.is_written { self.values.memory() as u64 } else { 0 }
    }

    fn requests(&self) -> u64 {
        1
    }

    fn is_written(&self) -> bool {
        self.is_written
    }

    fn decode(self: Box<Self>) -> Result<Values> {
        Ok(self.values)
    }

    fn decode_plain(self: Box<Self>, mut spare: Vec<u8>) -> Result<Plain> {
        spare.clear();
        let is_plain = self.as_bytes && append_bytes(&self.values, &mut spare);
        Ok(if is_plain { Plain::Bytes(spare) } else { Plain::Values(self.values) })
    }

    fn decodes_in_parts(&self) -> bool {
        self.as_bytes && !self.values.len().is_multiple_of(3) && append_bytes(&self.values, &mut Vec::new())
    }

    fn decode_next(&mut self, cells: usize, out: &mut Vec<u8>) -> Result<()> {
        let mut all = Vec::new();
        append_bytes(&self.values, &mut all);
        let size = self.values.data_type().size();
        let part = all.get(self.next * size..(self.next + cells) * size);
        let part = part.ok_or_else(|| ArrayError::internal("a part is outside of its region"))?;
        out.clear();
        out.extend_from_slice(part);
        self.next += cells;
        Ok(())
    }
}

/// Appends numbers as the machine holds them; false where the values have no such form.
fn append_bytes(values: &Values, bytes: &mut Vec<u8>) -> bool {
    macro_rules! append {
        ($v:expr) => {
            bytes.extend($v.iter().flat_map(|x| x.to_ne_bytes()))
        };
    }
    match values {
        Values::Bool(_) | Values::String(_) => return false,
        Values::Int8(v) => append!(v),
        Values::Int16(v) => append!(v),
        Values::Int32(v) => append!(v),
        Values::Int64(v) | Values::Timestamp(v) | Values::Duration(v) => append!(v),
        Values::UInt8(v) => append!(v),
        Values::UInt16(v) => append!(v),
        Values::UInt32(v) => append!(v),
        Values::UInt64(v) => append!(v),
        Values::Float32(v) => append!(v),
        Values::Float64(v) => append!(v),
    }
    true
}
