//! The two traits that a format implements: [`Connector`] opens a dataset, [`ChunkSource`] reads its chunks.
//!
//! Reading is split in two, so that I/O and decoding can overlap: [`ChunkSource::fetch`] is asynchronous and
//! brings stored bytes, [`EncodedChunk::decode`] is work for a processor.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{ArrayError, ChunkGrid, DataType, Dataset, Region, Result, Values};

/// Where the chunks of one variable come from.
///
/// The contract is in [`crate::contract`]; every implementation runs it.
#[async_trait]
pub trait ChunkSource: Debug + Send + Sync {
    /// The type of the stored values, before CF decoding.
    fn data_type(&self) -> DataType;

    /// How the array is cut. The chunks are the smallest pieces that can be read on their own.
    fn chunk_grid(&self) -> &ChunkGrid;

    /// Fetches what is needed to decode `region` of `chunk`; `region` counts from the chunk's own origin.
    ///
    /// Reads the chunk at most once, and only the byte ranges it needs where the codecs allow.
    ///
    /// # Errors
    /// When the store fails. A chunk that was never written is no error: it decodes to the fill value.
    async fn fetch(&self, chunk: &[u64], region: &Region) -> Result<Box<dyn EncodedChunk>>;

    /// The name under which `chunk` is stored, for messages and for `.chunks`.
    fn key(&self, chunk: &[u64]) -> String;

    /// Stored bytes of `chunk`: `Some(0)` where it was never written, `None` where nobody knows.
    ///
    /// # Errors
    /// When the store fails.
    async fn stored_bytes(&self, chunk: &[u64]) -> Result<Option<u64>>;

    /// What the codecs are called, for `DESCRIBE DATASET`.
    fn codecs(&self) -> String {
        String::new()
    }
}

/// Stored bytes of a region of one chunk.
pub trait EncodedChunk: Debug + Send {
    /// Bytes that came from the store.
    fn stored_bytes(&self) -> u64;

    /// Requests that it took.
    fn requests(&self) -> u64;

    /// Whether the chunk was ever written; where not, it decodes to the fill value.
    fn is_written(&self) -> bool;

    /// How many chunks of the store it comes from: those that were written, and those that never were.
    fn chunks(&self) -> [u64; 2] {
        if self.is_written() { [1, 0] } else { [0, 1] }
    }

    /// The stored values of the region, in C order.
    ///
    /// # Errors
    /// When the bytes do not decode; the error names the variable and the chunk key.
    fn decode(self: Box<Self>) -> Result<Values>;

    /// As [`Self::decode`], but without a copy where the values come out of the codecs as the machine holds them.
    /// `spare` is a buffer that nobody needs any more, for the values to go to; what is in it does not count.
    ///
    /// # Errors
    /// As [`Self::decode`].
    fn decode_plain(self: Box<Self>, spare: Vec<u8>) -> Result<Plain> {
        drop(spare);
        self.decode().map(Plain::Values)
    }

    /// Whether [`Self::decode_next`] gives the values, and gives them about as fast as [`Self::decode_plain`].
    fn decodes_in_parts(&self) -> bool {
        false
    }

    /// Makes `out` the next `cells` values of the region, in C order and as [`Plain::Bytes`] has them: what was decoded is
    /// still in the cache when it is needed, and memory holds no whole chunk.
    ///
    /// # Errors
    /// As [`Self::decode`]; and where so many are not left, or [`Self::decodes_in_parts`] is false.
    fn decode_next(&mut self, cells: usize, out: &mut Vec<u8>) -> Result<()> {
        let _ = out;
        Err(ArrayError::internal(format!("{cells} values were asked for of a chunk that is decoded as a whole")))
    }
}

/// The stored values of a region, as they were easiest to get.
#[derive(Debug, Clone, PartialEq)]
pub enum Plain {
    /// Numbers of the source's type side by side, in C order and in the machine's order of bytes.
    Bytes(Vec<u8>),
    /// Values.
    Values(Values),
}

/// One format.
#[async_trait]
pub trait Connector: Debug + Send + Sync {
    /// What the format reads from, rooted at the dataset's location.
    type Store;

    /// The name of the format in `STORED AS`: `ZARR`.
    fn format(&self) -> &'static str;

    /// Whether a location looks like this format, from its name alone.
    fn recognizes(&self, location: &str) -> bool;

    /// Whether a dataset is one file: then it is the object of the empty path in the store that is rooted at it.
    fn is_one_file(&self) -> bool {
        false
    }

    /// Opens the dataset at the root of `store`. Reads metadata and 1-D coordinates, no other chunk.
    ///
    /// # Errors
    /// When there is no dataset of this format, or its metadata is not valid.
    async fn open(&self, name: &str, location: &str, store: Self::Store) -> Result<Dataset>;
}
