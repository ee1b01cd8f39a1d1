//! A dataset whose chunks come slowly, and are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hyperslab::Context;
use hyperslab::array::{
    ChunkGrid, ChunkSource, DataType, DatasetBuilder, EncodedChunk, MemorySource, RawVariable, Region, Result, Values,
};

/// The chunks of the dataset.
pub const CHUNKS: u64 = 400;
/// The rows of a chunk.
pub const ROWS: u64 = 2500;
/// What a chunk takes.
const DELAY: Duration = Duration::from_millis(25);

/// Counts the reads.
#[derive(Debug, Clone, Default)]
pub struct Reads(Arc<AtomicU64>);

impl Reads {
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Waits until there have been some.
    pub async fn begun(&self) {
        for _ in 0..500 {
            if self.count() > 2 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nothing was read in five seconds");
    }

    /// Checks that within a second nothing more is read, long before everything would have been.
    pub async fn end(&self) {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let count = self.count();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(self.count(), count, "chunks are read a second after the statement was stopped");
        assert!(count < CHUNKS, "all chunks were read");
    }
}

#[derive(Debug)]
struct Slow {
    source: MemorySource,
    reads: Reads,
}

#[async_trait]
impl ChunkSource for Slow {
    fn data_type(&self) -> DataType {
        self.source.data_type()
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        self.source.chunk_grid()
    }

    async fn fetch(&self, chunk: &[u64], region: &Region) -> Result<Box<dyn EncodedChunk>> {
        self.reads.0.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(DELAY).await;
        self.source.fetch(chunk, region).await
    }

    fn key(&self, chunk: &[u64]) -> String {
        self.source.key(chunk)
    }

    async fn stored_bytes(&self, chunk: &[u64]) -> Result<Option<u64>> {
        self.source.stored_bytes(chunk).await
    }
}

/// Registers `slow`: a million rows in 400 chunks.
pub async fn register(context: &Context) -> Reads {
    let reads = Reads::default();
    let (shape, chunks) = ([CHUNKS, 50, 50], [1, 50, 50]);
    let values = (0..CHUNKS * ROWS).map(|i| (i % 1000) as f32 / 8.0).collect();
    let source = MemorySource::try_new(Values::Float32(values), ChunkGrid::regular(&shape, &chunks).unwrap()).unwrap();
    let dataset = DatasetBuilder::new("slow", "memory", "MEMORY")
        .variable(RawVariable {
            name: "value".into(),
            dimensions: ["step", "lat", "lon"].map(String::from).to_vec(),
            attributes: Default::default(),
            source: Arc::new(Slow { source, reads: reads.clone() }),
        })
        .build()
        .await
        .unwrap();
    context.register_dataset("slow", dataset).unwrap();
    reads
}
