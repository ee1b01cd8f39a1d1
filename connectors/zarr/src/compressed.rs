//! Codecs from bytes to bytes, most of them compressors, with a bound on what they decode to.

use std::borrow::Cow;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use hyperslab_array::{ArrayError, Result};
use zarrs::array::codec::BloscCodec;
use zarrs::array::codec::api::{
    BytesPartialDecoderTraits, BytesRepresentation, BytesToBytesCodecTraits, CodecError, CodecOptions,
};
use zarrs::metadata_ext::codec::blosc::{BloscCompressionLevel, BloscCompressor, BloscShuffleMode};
use zarrs::storage::StorageError;
use zarrs::storage::byte_range::{ByteRange, ByteRangeIterator};

use crate::blosc::BloscBuffer;
use crate::codec::guarded;

/// Bytes of blosc's header.
const BLOSC_HEADER: usize = 16;

/// A codec from bytes to bytes.
#[derive(Debug, Clone)]
pub(crate) enum BytesCodec {
    Blosc(Arc<BloscCodec>),
    Bz2,
    Gzip,
    Lz4,
    Zlib,
    Zstd,
    /// A codec that cannot blow up what it decodes: checksums and shuffles.
    Other(Arc<dyn BytesToBytesCodecTraits>),
}

impl BytesCodec {
    /// The codec of that name, where it is one that is decoded here.
    pub(crate) fn of(id: &str) -> Result<Option<Self>> {
        Ok(Some(match id {
            "blosc" => {
                // How a chunk was compressed stands in its header; the settings only matter to an encoder.
                let level =
                    BloscCompressionLevel::try_from(5).map_err(|_| ArrayError::internal("blosc has no level 5"))?;
                let codec = BloscCodec::new(BloscCompressor::LZ4, level, None, BloscShuffleMode::NoShuffle, None)
                    .map_err(|e| ArrayError::unsupported("codec `blosc` is not built in").with_source(e.to_string()))?;
                Self::Blosc(Arc::new(codec))
            }
            "bz2" => Self::Bz2,
            "gzip" => Self::Gzip,
            "lz4" => Self::Lz4,
            "zlib" => Self::Zlib,
            "zstd" => Self::Zstd,
            _ => return Ok(None),
        }))
    }

    /// Decodes to at most `limit` bytes, or to just as many where that is `exact`. Takes `spare` for them where it can.
    fn decode<'a>(&self, stored: Cow<'a, [u8]>, limit: u64, exact: bool, spare: &mut Vec<u8>) -> Result<Cow<'a, [u8]>> {
        let too_large = || ArrayError::too_large(format!("the chunk decodes to more than {limit} bytes"));
        match self {
            Self::Blosc(codec) => {
                let nbytes = blosc_length(&stored)?;
                if nbytes > limit {
                    return Err(too_large());
                }
                // The allocator gives what was just given back.
                drop(std::mem::take(spare));
                let size = BytesRepresentation::BoundedSize(limit);
                guarded(|| codec.decode(stored, &size, &options()))
            }
            Self::Bz2 => bounded(bzip2::read::MultiBzDecoder::new(&*stored), limit, spare),
            Self::Gzip => bounded(flate2::read::MultiGzDecoder::new(&*stored), limit, spare),
            Self::Zlib => bounded(flate2::read::ZlibDecoder::new(&*stored), limit, spare),
            Self::Zstd if exact => {
                let mut out = std::mem::take(spare);
                out.clear();
                out.try_reserve_exact(usize::try_from(limit).unwrap_or(usize::MAX)).map_err(|_| too_large())?;
                let mut decoder = zstd::bulk::Decompressor::new().map_err(broken)?;
                decoder.decompress_to_buffer(&stored, &mut out).map_err(broken)?;
                Ok(Cow::Owned(out))
            }
            Self::Zstd => {
                let decoder = zstd::stream::read::Decoder::new(&*stored).map_err(broken)?;
                bounded(decoder, limit, spare)
            }
            Self::Lz4 => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let mut out = std::mem::take(spare);
                crate::lz4::decode(&stored, limit, &mut out)
                    .ok_or_else(|| ArrayError::invalid("the chunk does not decode: bad lz4 block"))?;
                Ok(Cow::Owned(out))
            }
            Self::Other(codec) => {
                let size = BytesRepresentation::BoundedSize(limit);
                guarded(|| codec.decode(stored, &size, &options()))
            }
        }
    }
}

/// Decodes `stored` through `codecs`, the last first, to at most `limit` bytes, or to just as many where that is
/// `exact`. Takes `spare` for them where it can.
pub(crate) fn decode_all<'a>(
    codecs: &[BytesCodec],
    stored: &'a [u8],
    limit: u64,
    exact: bool,
    spare: &mut Vec<u8>,
) -> Result<Cow<'a, [u8]>> {
    let mut bytes = Cow::Borrowed(stored);
    for (i, codec) in codecs.iter().enumerate().rev() {
        // What is between two codecs may be a little longer than what comes out: a checksum, a frame.
        bytes = match i {
            0 => codec.decode(bytes, limit, exact, spare)?,
            _ => {
                let limit = limit.saturating_add(limit / 2).saturating_add(1 << 16);
                codec.decode(bytes, limit, false, &mut Vec::new())?
            }
        };
    }
    Ok(bytes)
}

/// The bytes of `span` out of a blosc chunk that decodes to `exact` bytes, to `spare` where they can. Only the
/// bytes that `runs` goes through mean anything: other blocks are not decoded. `None` where all of the chunk had better
/// be decoded.
pub(crate) fn decode_blosc_span(
    codec: &Arc<BloscCodec>,
    stored: &Bytes,
    exact: u64,
    span: &Range<u64>,
    runs: impl FnOnce(&mut dyn FnMut(Range<u64>)) -> Result<()>,
    spare: &mut Vec<u8>,
) -> Result<Option<Vec<u8>>> {
    if blosc_length(stored)? != exact || span.end > exact {
        return Ok(None);
    }
    if let Some(buffer) = BloscBuffer::of(stored) {
        let mut wanted = vec![false; buffer.blocks_of(&(0..exact)).end];
        runs(&mut |run| {
            if let Some(blocks) = wanted.get_mut(buffer.blocks_of(&run)) {
                blocks.fill(true);
            }
        })?;
        let mut out = std::mem::take(spare);
        let is_wanted = |block| wanted.get(block).copied().unwrap_or(false);
        let decoded = buffer.decode(span.start as usize..span.end as usize, is_wanted, &mut out);
        return decoded
            .map(|()| Some(out))
            .ok_or_else(|| ArrayError::invalid("the chunk does not decode: bad blosc block"));
    }
    let type_size = u64::from(stored.get(3).copied().unwrap_or(0));
    let is_part = (span.end - span.start).saturating_mul(2) <= exact;
    if !is_part || type_size == 0 || !exact.is_multiple_of(type_size) {
        return Ok(None);
    }
    // Blosc counts in elements of its own.
    let start = span.start / type_size * type_size;
    let end = span.end.next_multiple_of(type_size).min(exact);
    let held: Arc<dyn BytesPartialDecoderTraits> = Arc::new(Held(stored.clone()));
    let decoded = guarded(|| {
        let decoder = Arc::clone(codec).partial_decoder(held, &BytesRepresentation::FixedSize(exact), &options())?;
        let range = ByteRange::FromStart(start, Some(end - start));
        Ok(decoder.partial_decode(range, &options())?.map(Cow::into_owned))
    })?;
    let range = (span.start - start) as usize..(span.end - start) as usize;
    let bytes = decoded.as_deref().and_then(|bytes| bytes.get(range));
    bytes.map(|bytes| Some(bytes.to_vec())).ok_or_else(|| ArrayError::invalid("the chunk does not decode: cut short"))
}

/// The decoded bytes that a blosc header promises.
fn blosc_length(stored: &[u8]) -> Result<u64> {
    let header = stored
        .get(..BLOSC_HEADER)
        .and_then(|h| Some((h.get(4..8)?.try_into().ok()?, h.get(12..16)?.try_into().ok()?)))
        .ok_or_else(|| ArrayError::invalid("the chunk does not decode: shorter than a blosc header"))?;
    let (decoded, encoded) = (u32::from_le_bytes(header.0), u32::from_le_bytes(header.1));
    if encoded as usize != stored.len() {
        return Err(ArrayError::invalid(format!(
            "the chunk has {} bytes, its blosc header says `{encoded}`",
            stored.len()
        )));
    }
    Ok(u64::from(decoded))
}

/// Reads all of `decoder` to `spare`, and fails at the first byte over `limit`.
fn bounded<'a>(decoder: impl Read, limit: u64, spare: &mut Vec<u8>) -> Result<Cow<'a, [u8]>> {
    // The whole limit is rarely wrong, but metadata should not make us allocate what the chunk does not hold.
    const FIRST: u64 = 64 << 20;
    let mut out = std::mem::take(spare);
    out.clear();
    out.reserve_exact(limit.min(FIRST) as usize + 1);
    decoder.take(limit.saturating_add(1)).read_to_end(&mut out).map_err(broken)?;
    if out.len() as u64 > limit {
        return Err(ArrayError::too_large(format!("the chunk decodes to more than {limit} bytes")));
    }
    Ok(Cow::Owned(out))
}

fn broken(error: std::io::Error) -> ArrayError {
    ArrayError::invalid("the chunk does not decode").with_source(error)
}

fn options() -> CodecOptions {
    CodecOptions::default().with_concurrent_target(1)
}

/// Stored bytes in memory, for a partial decoder to read without a copy.
struct Held(Bytes);

impl BytesPartialDecoderTraits for Held {
    fn exists(&self) -> Result<bool, StorageError> {
        Ok(true)
    }

    fn size_held(&self) -> usize {
        self.0.len()
    }

    fn partial_decode_many(
        &self,
        ranges: ByteRangeIterator,
        _options: &CodecOptions,
    ) -> Result<Option<Vec<Cow<'_, [u8]>>>, CodecError> {
        let size = self.0.len() as u64;
        ranges
            .map(|range| {
                let (start, end) = (range.start(size) as usize, range.end(size) as usize);
                self.0.get(start..end).map(Cow::Borrowed).ok_or_else(|| "a range is outside of the chunk".into())
            })
            .collect::<Result<Vec<_>, CodecError>>()
            .map(Some)
    }

    fn supports_partial_decode(&self) -> bool {
        true
    }
}
