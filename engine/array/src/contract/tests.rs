//! The contract holds for arrays in memory, and each way to break it is found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;

use super::*;
use crate::{
    ArrayError, Attributes, ChunkGrid, DataType, DatasetBuilder, DimensionChunks, EncodedChunk, MemorySource, Plain,
    RawVariable,
};

fn memory(shape: &[u64], chunks: &[u64]) -> MemorySource {
    let grid = ChunkGrid::regular(shape, chunks).unwrap();
    let cells = Region::full(shape).cells().unwrap();
    MemorySource::try_new(Values::Float32((0..cells).map(|x| x as f32).collect()), grid).unwrap()
}

#[test]
fn arrays_in_memory_keep_the_contract() {
    for (shape, chunks) in [
        (vec![], vec![]),
        (vec![0], vec![3]),
        (vec![4, 0], vec![3, 1]),
        (vec![1], vec![100]),
        (vec![7, 5, 3], vec![2, 5, 2]),
        (vec![400, 3], vec![1, 3]),
    ] {
        block_on(chunk_source(&memory(&shape, &chunks))).unwrap();
    }
    let grid = ChunkGrid::try_new(vec![DimensionChunks::Rectilinear { offsets: vec![0, 1, 5, 7].into() }]).unwrap();
    let texts = Values::String((0..7).map(|i| i.to_string()).collect());
    block_on(chunk_source(&MemorySource::try_new(texts, grid).unwrap())).unwrap();
    let grid = ChunkGrid::regular(&[3], &[2]).unwrap();
    let with_nan = Values::Float64(vec![1.0, f64::NAN, f64::NAN]);
    block_on(chunk_source(&MemorySource::try_new(with_nan, grid).unwrap())).unwrap();
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Key,
    Type,
    Count,
    Part,
    Plain,
    Parts,
    Outside,
    StoredBytes,
    Unwritten,
}

#[derive(Debug)]
struct Broken(MemorySource, Fault);

#[derive(Debug)]
struct BrokenChunk(Box<dyn EncodedChunk>, Fault, u64);

#[async_trait]
impl ChunkSource for Broken {
    fn data_type(&self) -> DataType {
        if self.1 == Fault::Type { DataType::Float64 } else { self.0.data_type() }
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        self.0.chunk_grid()
    }

    async fn fetch(&self, chunk: &[u64], region: &Region) -> crate::Result<Box<dyn EncodedChunk>> {
        match self.0.fetch(chunk, region).await {
            Ok(encoded) => Ok(Box::new(BrokenChunk(encoded, self.1, region.start.first().copied().unwrap_or(0)))),
            Err(_) if self.1 == Fault::Outside => self.0.fetch(&[0, 0], &Region::full(&[1, 1])).await,
            Err(e) => Err(e),
        }
    }

    fn key(&self, chunk: &[u64]) -> String {
        if self.1 == Fault::Key { "c/0".into() } else { self.0.key(chunk) }
    }

    async fn stored_bytes(&self, _chunk: &[u64]) -> crate::Result<Option<u64>> {
        Ok(if self.1 == Fault::StoredBytes { Some(0) } else { None })
    }
}

impl EncodedChunk for BrokenChunk {
    fn stored_bytes(&self) -> u64 {
        self.0.stored_bytes()
    }

    fn requests(&self) -> u64 {
        1
    }

    fn is_written(&self) -> bool {
        self.1 != Fault::Unwritten
    }

    fn decode(self: Box<Self>) -> crate::Result<Values> {
        let values = self.0.decode()?;
        Ok(match (self.1, values) {
            (Fault::Count, Values::Float32(mut v)) => {
                v.push(0.0);
                Values::Float32(v)
            }
            (Fault::Part, Values::Float32(v)) if self.2 > 0 => Values::Float32(v.iter().map(|x| x + 1.0).collect()),
            (_, values) => values,
        })
    }

    fn decode_plain(self: Box<Self>, mut spare: Vec<u8>) -> crate::Result<Plain> {
        if self.1 != Fault::Plain {
            return self.decode().map(Plain::Values);
        }
        // What was in the buffer stays in front.
        if let Values::Float32(v) = self.decode()? {
            spare.extend(v.iter().flat_map(|x| x.to_ne_bytes()));
        }
        Ok(Plain::Bytes(spare))
    }

    fn decodes_in_parts(&self) -> bool {
        self.1 == Fault::Parts
    }

    /// The first values, again and again.
    fn decode_next(&mut self, cells: usize, out: &mut Vec<u8>) -> crate::Result<()> {
        *out = vec![0; 4 * cells];
        Ok(())
    }
}

#[test]
fn each_broken_promise_is_found() {
    for (fault, message) in [
        (Fault::Key, "chunk [0, 1] has the key `c/0`, as another chunk has"),
        (Fault::Type, "chunk [0, 0]: values are float32, expected float64"),
        (Fault::Count, "decodes to 5 values, expected 4"),
        (Fault::Part, "as in the whole chunk"),
        (Fault::Plain, "decodes to other plain values"),
        (Fault::Parts, "decodes to other values in parts"),
        (Fault::Outside, "yet values came"),
        (Fault::StoredBytes, "0 bytes are stored, yet `is_written` is true"),
        (Fault::Unwritten, "bytes came from a chunk that was never written"),
    ] {
        let error = block_on(chunk_source(&Broken(memory(&[4, 4], &[2, 2]), fault))).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
}

/// A format of which a store is a list of variables.
#[derive(Debug)]
struct Memory {
    opens_nothing: bool,
}

#[async_trait]
impl Connector for Memory {
    type Store = Vec<RawVariable>;

    fn format(&self) -> &'static str {
        "MEMORY"
    }

    fn recognizes(&self, location: &str) -> bool {
        location.starts_with("memory:")
    }

    async fn open(&self, name: &str, location: &str, store: Self::Store) -> crate::Result<Dataset> {
        if store.is_empty() && !self.opens_nothing {
            return Err(ArrayError::not_found(format!("no array at `{location}`")));
        }
        let builder = DatasetBuilder::new(name, location, self.format());
        store.into_iter().fold(builder, DatasetBuilder::variable).build().await
    }
}

#[test]
fn a_connector_is_tested_with_all_its_variables() {
    let variable = |fault: Option<Fault>| RawVariable {
        name: "sst".into(),
        dimensions: vec!["lat".into(), "lon".into()],
        attributes: Attributes::new(),
        source: match fault {
            Some(fault) => Arc::new(Broken(memory(&[4, 4], &[2, 2]), fault)),
            None => Arc::new(memory(&[4, 4], &[2, 2])),
        },
    };
    let sound = Memory { opens_nothing: false };
    block_on(connector(&sound, vec![], vec![variable(None)])).unwrap();
    let error = block_on(connector(&sound, vec![], vec![variable(Some(Fault::Key))])).unwrap_err();
    assert!(error.starts_with("variable `sst`: chunk [0, 1] has the key"), "{error}");
    let error = block_on(connector(&Memory { opens_nothing: true }, vec![], vec![variable(None)])).unwrap_err();
    assert_eq!(error, "an empty store was opened");
}
