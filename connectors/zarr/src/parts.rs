//! Decoding of a region of a blosc chunk a few values at a time, block by block: what is decoded fits the cache, and is
//! taken from there before the next block is.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use hyperslab_array::{ArrayError, Region, Result};

use crate::blosc::{BloscBuffer, Scratch};
use crate::data_type::{runs, span};

/// Bytes of a run that are worth it: with shorter ones, where runs start takes much memory.
const SHORTEST_RUN: u64 = 256;

/// A region, of which some bytes are decoded.
pub(crate) struct PartReader {
    stored: Bytes,
    /// The first byte of each run that was not begun.
    starts: std::vec::IntoIter<u64>,
    run_length: u64,
    /// What is left of the run that was.
    run: Range<u64>,
    block: Vec<u8>,
    /// The first byte of the block.
    block_start: u64,
    scratch: Scratch,
}

impl fmt::Debug for PartReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartReader").field("run", &self.run).field("runs", &self.starts.len()).finish_non_exhaustive()
    }
}

/// Whether the elements of `region`, of `size` bytes, of a chunk of `shape` are read by parts of `stored`.
pub(crate) fn are_worth_it(stored: &[u8], shape: &[u64], region: &Region, size: u64) -> bool {
    let exact = shape.iter().try_fold(size, |n, s| n.checked_mul(*s));
    let is_whole = BloscBuffer::of(stored).is_some_and(|buffer| Some(buffer.length() as u64) == exact);
    let row = region.shape.last().map_or(size, |n| n.saturating_mul(size));
    is_whole && row >= SHORTEST_RUN
}

impl PartReader {
    /// Reads the elements of `region`, of `size` bytes, of a chunk of `shape`.
    ///
    /// # Errors
    /// When the region is not within the chunk.
    pub(crate) fn try_new(stored: Bytes, shape: &[u64], region: &Region, size: u64) -> Result<Self> {
        // Fails where the last byte is too far.
        span(shape, region, size)?;
        let (mut starts, mut run_length) = (Vec::new(), 0);
        runs(shape, region, size, |start, length| {
            starts.push(start);
            run_length = length;
            Ok(())
        })?;
        let scratch = Scratch::try_new().ok_or_else(|| ArrayError::internal("no memory to decode zstd"))?;
        Ok(Self {
            stored,
            starts: starts.into_iter(),
            run_length,
            run: 0..0,
            block: Vec::new(),
            block_start: 0,
            scratch,
        })
    }

    /// Bytes that came from the store.
    pub(crate) fn stored_bytes(&self) -> usize {
        self.stored.len()
    }

    /// Makes `out` the next `length` bytes of the region.
    ///
    /// # Errors
    /// When a block does not decode, or so many bytes are not left.
    pub(crate) fn next(&mut self, length: usize, out: &mut Vec<u8>) -> Result<()> {
        let broken = || ArrayError::invalid("the chunk does not decode: bad blosc block");
        let buffer = BloscBuffer::of(&self.stored).ok_or_else(broken)?;
        out.clear();
        out.reserve(length);
        while out.len() < length {
            if self.run.is_empty() {
                let start = self.starts.next();
                let start = start.ok_or_else(|| ArrayError::internal("more was asked for than a region holds"))?;
                self.run = start..start.saturating_add(self.run_length);
            }
            let at = self.run.start;
            if !(self.block_start..self.block_start + self.block.len() as u64).contains(&at) {
                let start = buffer.decode_block(at as usize, &mut self.block, &mut self.scratch);
                let Some(start) = start else {
                    // What is in it now is of no block.
                    self.block.clear();
                    return Err(broken());
                };
                self.block_start = start as u64;
            }
            let rest = self.block.get((at - self.block_start) as usize..).ok_or_else(broken)?;
            let run = usize::try_from(self.run.end - at).unwrap_or(usize::MAX);
            let part = rest.len().min(run).min(length - out.len());
            out.extend_from_slice(&rest[..part]);
            self.run.start += part as u64;
        }
        Ok(())
    }

    /// The stored bytes, once nothing of the region is left.
    pub(crate) fn done(&mut self) -> Option<Bytes> {
        (self.run.is_empty() && self.starts.len() == 0).then(|| std::mem::take(&mut self.stored))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use zarrs::array::codec::bytes_to_bytes::blosc::{
        BloscCompressionLevel, BloscCompressor, BloscShuffleMode, blosc_compress_bytes,
    };

    use super::*;

    const SHAPE: [u64; 3] = [5, 7, 90];

    fn bytes() -> Vec<u8> {
        (0..4 * 5 * 7 * 90u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 27) as u8).collect()
    }

    fn stored(level: u8, block_size: usize) -> Bytes {
        let level = BloscCompressionLevel::try_from(level).unwrap();
        let shuffle = BloscShuffleMode::Shuffle;
        blosc_compress_bytes(&bytes(), level, shuffle, 4, BloscCompressor::Zstd, block_size, 1).unwrap().into()
    }

    fn expected(region: &Region) -> Vec<u8> {
        let (all, mut out) = (bytes(), Vec::new());
        crate::data_type::copy_bytes(&all, 0, &SHAPE, region, 4, &mut out).unwrap();
        out
    }

    #[test]
    fn parts_of_every_length_are_the_region() {
        let regions = [
            Region::full(&SHAPE),
            Region::new(vec![1, 0, 0], vec![3, 7, 90]),
            Region::new(vec![0, 2, 0], vec![5, 4, 90]),
            Region::new(vec![2, 3, 11], vec![2, 3, 64]),
            Region::new(vec![4, 6, 89], vec![1, 1, 1]),
        ];
        for (level, block_size) in [(1, 0), (9, 1_024), (5, 4_096), (0, 1_024)] {
            for region in &regions {
                let expected = expected(region);
                for part in [1, 3, 64, 1_000, 1 << 20] {
                    let mut reader = PartReader::try_new(stored(level, block_size), &SHAPE, region, 4).unwrap();
                    let (mut found, mut out) = (Vec::new(), vec![1, 2, 3]);
                    while found.len() < expected.len() {
                        assert!(reader.done().is_none());
                        reader.next((expected.len() - found.len()).min(4 * part), &mut out).unwrap();
                        found.extend_from_slice(&out);
                    }
                    assert!(found == expected, "level {level}, blocks of {block_size}, {region:?}, parts of {part}");
                    assert!(reader.done().is_some());
                    assert!(reader.next(1, &mut out).is_err());
                }
            }
        }
    }

    #[test]
    fn short_rows_and_other_buffers_are_read_as_a_whole() {
        let whole = Region::full(&SHAPE);
        assert!(are_worth_it(&stored(5, 0), &SHAPE, &whole, 4));
        assert!(!are_worth_it(&stored(5, 0), &SHAPE, &Region::new(vec![0, 0, 0], vec![5, 7, 10]), 4));
        assert!(!are_worth_it(&stored(5, 0), &[5, 7, 91], &whole, 4));
        assert!(!are_worth_it(&bytes(), &SHAPE, &whole, 4));
    }

    #[test]
    fn a_changed_chunk_is_an_error() {
        let stored = stored(5, 1_024).to_vec();
        let mut failed = 0;
        for at in (16..stored.len()).step_by(61) {
            let mut changed = stored.clone();
            changed[at] ^= 0xff;
            let mut reader = PartReader::try_new(changed.into(), &SHAPE, &Region::full(&SHAPE), 4).unwrap();
            let mut out = Vec::new();
            failed += usize::from((0..10).any(|_| reader.next(4 * 5 * 7 * 9, &mut out).is_err()));
        }
        assert!(failed > 0);
    }
}
