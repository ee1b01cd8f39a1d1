//! A source in memory that notes what is read of it, and that can be slow or broken.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hyperslab_array::{
    ArrayError, ChunkGrid, ChunkSource, DataType, EncodedChunk, MemorySource, Region, Result, Values,
};

/// What was read of all the sources that share it.
#[derive(Debug, Default)]
pub struct Log {
    reads: Mutex<Vec<String>>,
    running: AtomicUsize,
    pub most_at_once: AtomicUsize,
    /// Reads that were given up.
    pub dropped: AtomicUsize,
}

impl Log {
    /// The reads since the last call, sorted: `sst 0/1`.
    pub fn take(&self) -> Vec<String> {
        let mut reads = std::mem::take(&mut *self.reads.lock().unwrap());
        reads.sort();
        reads
    }
}

/// How a source misbehaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    None,
    /// Every fetch takes as long.
    Slow(Duration),
    /// Fetching the first chunk fails.
    Fetch,
    /// Decoding the first chunk fails.
    Decode,
    /// Decoding the first chunk panics.
    Panic,
    /// The first chunk has a value too few.
    Short,
}

#[derive(Debug)]
pub struct Recorder {
    name: String,
    inner: MemorySource,
    log: Arc<Log>,
    fault: Fault,
}

impl Recorder {
    pub fn new(name: &str, values: Values, grid: ChunkGrid, log: &Arc<Log>, fault: Fault) -> Arc<Self> {
        let inner = MemorySource::try_new(values, grid).unwrap();
        Arc::new(Self { name: name.into(), inner, log: Arc::clone(log), fault })
    }
}

/// Counts a read as running until it is dropped.
struct Running<'a> {
    log: &'a Log,
    is_done: bool,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.log.running.fetch_sub(1, Ordering::SeqCst);
        if !self.is_done {
            self.log.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[async_trait]
impl ChunkSource for Recorder {
    fn data_type(&self) -> DataType {
        self.inner.data_type()
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        self.inner.chunk_grid()
    }

    async fn fetch(&self, chunk: &[u64], region: &Region) -> Result<Box<dyn EncodedChunk>> {
        self.log.reads.lock().unwrap().push(format!("{} {}", self.name, self.key(chunk)));
        let running = self.log.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.log.most_at_once.fetch_max(running, Ordering::SeqCst);
        let mut running = Running { log: &self.log, is_done: false };
        match self.fault {
            Fault::Slow(time) => tokio::time::sleep(time).await,
            Fault::Fetch if chunk.iter().all(|c| *c == 0) => return Err(ArrayError::io("the store is down")),
            _ => tokio::task::yield_now().await,
        }
        let inner = self.inner.fetch(chunk, region).await?;
        running.is_done = true;
        let fault = if chunk.iter().all(|c| *c == 0) { self.fault } else { Fault::None };
        Ok(Box::new(Encoded { inner, fault }))
    }

    fn key(&self, chunk: &[u64]) -> String {
        chunk.iter().map(u64::to_string).collect::<Vec<_>>().join("/")
    }

    async fn stored_bytes(&self, chunk: &[u64]) -> Result<Option<u64>> {
        self.log.reads.lock().unwrap().push(format!("HEAD {} {}", self.name, self.key(chunk)));
        Ok(Some(chunk.iter().sum()))
    }
}

#[derive(Debug)]
struct Encoded {
    inner: Box<dyn EncodedChunk>,
    fault: Fault,
}

impl EncodedChunk for Encoded {
    fn stored_bytes(&self) -> u64 {
        self.inner.stored_bytes()
    }

    fn requests(&self) -> u64 {
        self.inner.requests()
    }

    fn is_written(&self) -> bool {
        self.inner.is_written()
    }

    fn decode(self: Box<Self>) -> Result<Values> {
        let values = self.inner.decode()?;
        match self.fault {
            Fault::Decode => Err(ArrayError::invalid("the checksum is wrong")),
            Fault::Panic => panic!("a decoder gave up"),
            Fault::Short => {
                let mut short = Values::with_capacity(values.data_type(), 0);
                short.extend_from(&values, 0, values.len() - 1)?;
                Ok(short)
            }
            Fault::None | Fault::Slow(_) | Fault::Fetch => Ok(values),
        }
    }
}
