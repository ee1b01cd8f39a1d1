//! Decoding of blosc buffers into a buffer that is there already, and of their parts.
//!
//! ```text
//! header (16 bytes) | where each block starts | block: length, zstd frame; once, or once for each byte of a value
//! ```
//!
//! `zarrs` makes a new buffer for each chunk and a new zstd context for each frame; here, both are kept, and the
//! bytes of a block are put back in order while they are in the cache. Only what is common is decoded here: buffers
//! of zstd whose bytes are shuffled or not, and buffers that did not get shorter. `zarrs` decodes the others.

use std::ops::Range;

use zstd::bulk::Decompressor;

/// Bytes of the header.
const HEADER: usize = 16;

/// The version of the format, and of the way that zstd frames are held in it.
const VERSIONS: [u8; 2] = [2, 1];

/// Bits of the third byte of the header; those above them are the compressor.
const SHUFFLED: u8 = 1;
const COPIED: u8 = 2;
const SHUFFLED_BITS: u8 = 4;
const NOT_SPLIT: u8 = 16;
const ZSTD: u8 = 4;

/// Values of more bytes than this, and blocks of fewer values, are not split.
const MOST_SPLITS: usize = 16;
const FEWEST_SPLIT_VALUES: usize = 128;

/// A buffer that can be decoded here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BloscBuffer<'a> {
    stored: &'a [u8],
    type_size: usize,
    block_size: usize,
    /// Decoded bytes.
    length: usize,
    flags: u8,
}

impl<'a> BloscBuffer<'a> {
    /// Reads the header; `None` where the buffer is of another kind, or not valid.
    pub(crate) fn of(stored: &'a [u8]) -> Option<Self> {
        let (&[version, inner, flags, type_size, sizes @ ..], _) = stored.split_first_chunk::<HEADER>()?;
        let [length, block_size, encoded] = [0, 4, 8].map(|at| {
            let bytes = sizes.get(at..).and_then(|rest| rest.first_chunk::<4>());
            bytes.map(|b| u32::from_le_bytes(*b) as usize)
        });
        let this = Self { stored, type_size: type_size.into(), block_size: block_size?, length: length?, flags };
        let is_sound = encoded? == stored.len() && type_size > 0 && (1..=this.length).contains(&this.block_size);
        // Else a few bytes could promise a block for each byte of a gigabyte.
        let has_starts = this.length.div_ceil(this.block_size.max(1)) <= stored.len();
        let is_zstd = [version, inner] == VERSIONS && flags >> 5 == ZSTD && flags & SHUFFLED_BITS == 0;
        (is_sound && has_starts && is_zstd).then_some(this)
    }

    /// The numbers of the blocks that hold `span`.
    pub(crate) fn blocks_of(&self, span: &Range<u64>) -> Range<usize> {
        let size = self.block_size as u64;
        (span.start / size) as usize..span.end.div_ceil(size) as usize
    }

    /// Makes `out` as long as `span`, and decodes to it those blocks that hold bytes of `span` and are `wanted`, by
    /// their number. The bytes of others mean nothing. `None` where a block does not decode.
    pub(crate) fn decode(&self, span: Range<usize>, wanted: impl Fn(usize) -> bool, out: &mut Vec<u8>) -> Option<()> {
        if span.end > self.length || span.start > span.end {
            return None;
        }
        if self.flags & COPIED != 0 {
            let bytes = self.stored.get(HEADER..).filter(|rest| rest.len() == self.length)?.get(span)?;
            out.clear();
            out.extend_from_slice(bytes);
            return Some(());
        }
        if out.capacity() < span.len() {
            // Fresh memory of the system is zero already.
            *out = vec![0; span.len()];
        } else {
            out.resize(span.len(), 0);
        }
        let mut scratch = Scratch::try_new()?;
        let mut part = Vec::new();
        let mut rest = out.as_mut_slice();
        let mut at = span.start;
        while !rest.is_empty() {
            let number = at / self.block_size;
            let block = number * self.block_size..((number + 1) * self.block_size).min(self.length);
            let (target, tail) = rest.split_at_mut_checked(block.end.min(span.end) - at)?;
            let is_whole = target.len() == block.len();
            if wanted(number) && is_whole {
                self.block(number, target, &mut scratch)?;
            } else if wanted(number) {
                part.resize(block.len(), 0);
                self.block(number, &mut part, &mut scratch)?;
                target.copy_from_slice(part.get(at - block.start..)?.get(..target.len())?);
            }
            at += target.len();
            rest = tail;
        }
        Some(())
    }

    /// How many bytes it decodes to.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Makes `out` the block that holds byte `at`, and tells where it starts. `None` where there is none, or it does not
    /// decode.
    pub(crate) fn decode_block(&self, at: usize, out: &mut Vec<u8>, scratch: &mut Scratch) -> Option<usize> {
        let number = at / self.block_size;
        let block = number * self.block_size..((number + 1) * self.block_size).min(self.length);
        if block.is_empty() {
            return None;
        }
        if self.flags & COPIED != 0 {
            self.decode(block.clone(), |_| true, out)?;
        } else {
            out.resize(block.len(), 0);
            self.block(number, out, scratch)?;
        }
        Some(block.start)
    }

    /// Decodes block `number` to `target`, which is as long as the block.
    fn block(&self, number: usize, target: &mut [u8], Scratch { zstd, planes }: &mut Scratch) -> Option<()> {
        let shuffled = self.flags & SHUFFLED != 0 && self.type_size > 1;
        let split = self.flags & NOT_SPLIT == 0
            && self.type_size <= MOST_SPLITS
            && target.len() / self.type_size >= FEWEST_SPLIT_VALUES
            && target.len() == self.block_size;
        let frames = if split { self.type_size } else { 1 };
        let start = self.stored.get(HEADER + 4 * number..)?.first_chunk::<4>()?;
        let mut frame = self.stored.get(u32::from_le_bytes(*start) as usize..)?;
        let decoded = if shuffled {
            planes.resize(target.len(), 0);
            planes.as_mut_slice()
        } else {
            &mut *target
        };
        if !decoded.len().is_multiple_of(frames) {
            return None;
        }
        for part in decoded.chunks_exact_mut(decoded.len() / frames) {
            let (encoded, rest) = frame.split_first_chunk::<4>()?;
            let (encoded, rest) = rest.split_at_checked(u32::from_le_bytes(*encoded) as usize)?;
            frame = rest;
            if encoded.len() == part.len() {
                part.copy_from_slice(encoded);
            } else if zstd.decompress_to_buffer(encoded, part).ok()? != part.len() {
                return None;
            }
        }
        if shuffled {
            unshuffle(planes, self.type_size, target);
        }
        Some(())
    }
}

/// What decoding needs, block after block.
pub(crate) struct Scratch {
    zstd: Decompressor<'static>,
    planes: Vec<u8>,
}

impl Scratch {
    /// `None` where there is no memory for it.
    pub(crate) fn try_new() -> Option<Self> {
        Some(Self { zstd: Decompressor::new().ok()?, planes: Vec::new() })
    }
}

/// Puts the bytes of values together: `planes` holds the first byte of each value, then the second of each. Bytes
/// that are no whole value stay at the end.
fn unshuffle(planes: &[u8], type_size: usize, out: &mut [u8]) {
    match type_size {
        2 => unshuffle_known::<2>(planes, out),
        4 => unshuffle_four(planes, out),
        8 => unshuffle_known::<8>(planes, out),
        _ => {
            let count = out.len() / type_size;
            let (values, rest) = out.split_at_mut(count * type_size);
            for (byte, plane) in planes.chunks_exact(count.max(1)).take(type_size).enumerate() {
                values.iter_mut().skip(byte).step_by(type_size).zip(plane).for_each(|(v, p)| *v = *p);
            }
            rest.copy_from_slice(planes.get(count * type_size..).unwrap_or_default());
        }
    }
}

/// [`unshuffle`] of values of four bytes: first to pairs, then to values, each of which takes few vector instructions.
/// At once, it takes three times as long (measured on 128 KiB).
fn unshuffle_four(planes: &[u8], out: &mut [u8]) {
    const VALUES: usize = 64;
    let (whole, _) = out.as_chunks_mut::<{ 4 * VALUES }>();
    let (count, done) = (planes.len() / 4, whole.len() * VALUES);
    let plane = |k: usize| planes.get(k * count..(k + 1) * count).unwrap_or_default();
    let [first, second, third, fourth] = [0, 1, 2, 3].map(|k| plane(k).as_chunks::<VALUES>().0);
    let pairs = |left: &[u8; VALUES], right: &[u8; VALUES]| -> [u16; VALUES] {
        std::array::from_fn(|i| u16::from_ne_bytes([left[i], right[i]]))
    };
    for ((((out, first), second), third), fourth) in whole.iter_mut().zip(first).zip(second).zip(third).zip(fourth) {
        let (low, high) = (pairs(first, second), pairs(third, fourth));
        for ((value, low), high) in out.as_chunks_mut::<4>().0.iter_mut().zip(low).zip(high) {
            let [[a, b], [c, d]] = [low.to_ne_bytes(), high.to_ne_bytes()];
            *value = [a, b, c, d];
        }
    }
    let (values, rest) = out.as_chunks_mut::<4>();
    for (i, value) in values.iter_mut().enumerate().skip(done) {
        *value = std::array::from_fn(|k| plane(k).get(i).copied().unwrap_or_default());
    }
    rest.copy_from_slice(planes.get(4 * count..).unwrap_or_default());
}

fn unshuffle_known<const N: usize>(planes: &[u8], out: &mut [u8]) {
    let (values, rest) = out.as_chunks_mut::<N>();
    let count = values.len();
    // Planes of one length that the compiler knows to be so: it then works on many values at once.
    let plane: [&[u8]; N] = std::array::from_fn(|k| planes.get(k * count..(k + 1) * count).unwrap_or_default());
    if plane.iter().all(|p| p.len() == count) {
        for (i, value) in values.iter_mut().enumerate() {
            *value = std::array::from_fn(|k| plane[k][i]);
        }
    }
    rest.copy_from_slice(planes.get(N * count..).unwrap_or_default());
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use zarrs::array::codec::bytes_to_bytes::blosc::{
        BloscCompressionLevel, BloscCompressor, BloscShuffleMode, blosc_compress_bytes,
    };

    use super::*;

    /// Bytes that get shorter, and are no pattern of few bytes.
    fn bytes(length: usize) -> Vec<u8> {
        (0..length as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 27) as u8).collect()
    }

    fn encoded(bytes: &[u8], level: u8, shuffle: BloscShuffleMode, type_size: usize, block_size: usize) -> Vec<u8> {
        let level = BloscCompressionLevel::try_from(level).unwrap();
        blosc_compress_bytes(bytes, level, shuffle, type_size, BloscCompressor::Zstd, block_size, 1).unwrap()
    }

    #[test]
    fn every_size_of_values_and_blocks_decodes_whole_and_in_part() {
        for type_size in [1, 2, 3, 4, 8, 12, 16, 24, 200] {
            for (length, block_size) in [(1, 0), (1_000, 0), (70_001, 0), (70_001, 4_096), (65_536, 1_024)] {
                for (level, shuffle) in
                    [(1, BloscShuffleMode::Shuffle), (9, BloscShuffleMode::NoShuffle), (0, BloscShuffleMode::Shuffle)]
                {
                    let bytes = bytes(length);
                    let stored = encoded(&bytes, level, shuffle, type_size, block_size);
                    let buffer = BloscBuffer::of(&stored).unwrap();
                    assert_eq!(buffer.length, length);
                    let mut out = vec![7; 99];
                    for span in [0..length, 0..1, length / 2..length, length / 3..length / 2, length - 1..length, 0..0]
                    {
                        buffer.decode(span.clone(), |_| true, &mut out).unwrap();
                        let what = (type_size, length, block_size, level, shuffle, &span);
                        assert!(out == bytes[span.clone()], "{what:?}");
                    }
                    assert!(buffer.decode(0..length + 1, |_| true, &mut out).is_none());
                }
            }
        }
    }

    #[test]
    fn buffers_of_other_kinds_are_left_to_others() {
        let bytes = bytes(1_000);
        let level = BloscCompressionLevel::try_from(5).unwrap();
        let lz4 = BloscCompressor::LZ4;
        let stored = blosc_compress_bytes(&bytes, level, BloscShuffleMode::Shuffle, 4, lz4, 0, 1).unwrap();
        assert!(BloscBuffer::of(&stored).is_none());
        assert!(BloscBuffer::of(&encoded(&bytes, 5, BloscShuffleMode::BitShuffle, 4, 0)).is_none());
        assert!(BloscBuffer::of(&[]).is_none());
    }

    #[test]
    fn a_buffer_that_was_changed_or_cut_never_panics() {
        for (shuffle, type_size) in [(BloscShuffleMode::Shuffle, 4), (BloscShuffleMode::NoShuffle, 2)] {
            let stored = encoded(&bytes(5_000), 1, shuffle, type_size, 1_024);
            let mut out = Vec::new();
            for at in 0..stored.len().min(400) {
                for value in [0, 1, 127, 255] {
                    let mut changed = stored.clone();
                    changed[at] = value;
                    if let Some(buffer) = BloscBuffer::of(&changed).filter(|b| b.length <= 1 << 20) {
                        let _ = buffer.decode(0..buffer.length, |_| true, &mut out);
                    }
                }
                let mut cut = stored[..stored.len() - at].to_vec();
                if let Some(length) = cut.get_mut(12..16) {
                    length.copy_from_slice(&(stored.len() as u32 - at as u32).to_le_bytes());
                }
                if let Some(buffer) = BloscBuffer::of(&cut) {
                    assert!(
                        at == 0 || buffer.decode(0..buffer.length, |_| true, &mut out).is_none(),
                        "{at} bytes cut off"
                    );
                }
            }
        }
    }
}
