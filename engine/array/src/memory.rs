//! A variable that lives in memory: for tests, and for datasets that a program makes itself.

use async_trait::async_trait;

use crate::{ArrayError, ChunkGrid, ChunkSource, DataType, EncodedChunk, Region, Result, Values};

/// An array in memory, cut into chunks like a stored one.
#[derive(Debug, Clone)]
pub struct MemorySource {
    values: Values,
    grid: ChunkGrid,
}

impl MemorySource {
    /// `values` in C order, cut by `grid`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Invalid`] when the number of values is not the product of the shape.
    pub fn try_new(values: Values, grid: ChunkGrid) -> Result<Self> {
        let cells = Region::full(&grid.shape()).cells()?;
        if values.len() != cells {
            return Err(ArrayError::invalid(format!(
                "{} values do not fill shape `{:?}`, expected {cells}",
                values.len(),
                grid.shape()
            )));
        }
        Ok(Self { values, grid })
    }
}

#[async_trait]
impl ChunkSource for MemorySource {
    fn data_type(&self) -> DataType {
        self.values.data_type()
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        &self.grid
    }

    async fn fetch(&self, chunk: &[u64], region: &Region) -> Result<Box<dyn EncodedChunk>> {
        self.grid.check(chunk, region)?;
        let held = self.grid.region(chunk);
        let start = held.start.iter().zip(&region.start).map(|(origin, start)| origin + start).collect();
        let values = self.values.region(&self.grid.shape(), &Region::new(start, region.shape.clone()))?;
        Ok(Box::new(MemoryChunk(values)))
    }

    fn key(&self, chunk: &[u64]) -> String {
        format!("memory/{}", chunk.iter().map(u64::to_string).collect::<Vec<_>>().join("/"))
    }

    async fn stored_bytes(&self, _chunk: &[u64]) -> Result<Option<u64>> {
        Ok(None)
    }
}

#[derive(Debug)]
struct MemoryChunk(Values);

impl EncodedChunk for MemoryChunk {
    fn stored_bytes(&self) -> u64 {
        self.0.memory() as u64
    }

    fn requests(&self) -> u64 {
        1
    }

    fn is_written(&self) -> bool {
        true
    }

    fn decode(self: Box<Self>) -> Result<Values> {
        Ok(self.0)
    }
}
