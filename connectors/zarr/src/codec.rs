//! The codecs of an array: from metadata to a chain, and from stored bytes to the values of a region.
//!
//! ```text
//! stored bytes → bytes codecs, last first (compressed.rs) → array-to-bytes codec → array codecs, last first → values
//! ```
//!
//! Numbers that are stored plainly, and texts, are decoded here; `zarrs` decodes everything else. Nothing decodes to
//! more bytes than the metadata says.

use std::borrow::Cow;
use std::num::NonZeroU64;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use hyperslab_array::{ArrayError, Region, Result, Values};
use serde_json::{Value, json};
use zarrs::array::codec::api::{ArrayToArrayCodecTraits, ArrayToBytesCodecTraits, Codec, CodecError, CodecOptions};
use zarrs::array::{ArrayBytes, DataType as CodecType, FillValue as CodecFill};
use zarrs::metadata::v2::MetadataV2;
use zarrs::metadata::v3::MetadataV3;

use crate::compressed::BytesCodec;
use crate::data_type::{StoredType, short};
use crate::delta::Delta;
use crate::fill_value::FillValue;

/// A chunk that decodes to more bytes than this is refused.
pub(crate) const MOST_CHUNK_BYTES: u64 = 1 << 30;

/// The codecs of an array, in the order of encoding.
#[derive(Debug, Clone)]
pub(crate) struct CodecChain {
    array: Vec<ArrayCodec>,
    to_bytes: ToBytes,
    bytes: Vec<BytesCodec>,
    names: Vec<String>,
}

/// A codec from an array to an array.
#[derive(Debug, Clone)]
enum ArrayCodec {
    Delta(Delta),
    Other(Arc<dyn ArrayToArrayCodecTraits>),
}

#[derive(Debug, Clone)]
enum ToBytes {
    /// One value after the other.
    Plain { big_endian: bool },
    /// Texts, each after its length.
    Text,
    /// A codec of `zarrs`; texts of four bytes a character keep the order of bytes they were stored in.
    Other { codec: Arc<dyn ArrayToBytesCodecTraits>, big_endian: bool },
}

/// What is decoded: the type and the fill value of an array.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) data_type: StoredType,
    pub(crate) fill_value: FillValue,
}

impl CodecChain {
    /// The chain of v3's `codecs`.
    pub(crate) fn from_v3(codecs: &[Value], data_type: StoredType) -> Result<Self> {
        let mut builder = ChainBuilder { ordered: true, ..ChainBuilder::default() };
        for codec in codecs {
            let name = codec_name(codec)?;
            let configuration = codec.get("configuration");
            if matches!(name, "bytes" | "endian") {
                let big_endian = match configuration.and_then(|c| c.get("endian")).map(Value::as_str) {
                    Some(Some("big")) => true,
                    Some(Some("little")) => false,
                    None if !data_type.has_byte_order() => false,
                    _ => return Err(ArrayError::invalid("codec `bytes` does not say `little` or `big` endian")),
                };
                builder.plain(big_endian, data_type)?;
                continue;
            }
            builder.any(name.strip_prefix("numcodecs.").unwrap_or(name), name, configuration, data_type, || {
                // A codec may be written as its name alone.
                let object = if codec.is_string() { json!({"name": name}) } else { codec.clone() };
                let metadata: MetadataV3 = serde_json::from_value(object).map_err(|e| e.to_string())?;
                Codec::from_metadata(&metadata).map_err(|e| e.to_string())
            })?;
        }
        builder.finish()
    }

    /// The chain of v2's `order`, `filters` and `compressor`.
    pub(crate) fn from_v2(
        order: &str,
        rank: usize,
        filters: &[Value],
        compressor: Option<&Value>,
        data_type: StoredType,
        big_endian: bool,
    ) -> Result<Self> {
        let mut builder = ChainBuilder::default();
        if order == "F" && rank > 1 {
            let reversed: Vec<usize> = (0..rank).rev().collect();
            let metadata = json!({"name": "transpose", "configuration": {"order": reversed}});
            builder.any("transpose", "order `F`", None, data_type, || {
                let metadata: MetadataV3 = serde_json::from_value(metadata).map_err(|e| e.to_string())?;
                Codec::from_metadata(&metadata).map_err(|e| e.to_string())
            })?;
        }
        for codec in filters.iter().chain(compressor) {
            let id = codec.get("id").and_then(Value::as_str);
            let id = id.ok_or_else(|| ArrayError::invalid(format!("codec `{}` has no `id`", short(codec))))?;
            builder.any(id, id, Some(codec), data_type, || codec_v2(id, codec))?;
        }
        if builder.to_bytes.is_none() {
            if data_type == StoredType::String {
                return Err(ArrayError::unsupported("data type `|O` cannot be read without the filter `vlen-utf8`"));
            }
            builder.plain(big_endian, data_type)?;
        }
        builder.big_endian(big_endian);
        builder.finish()
    }

    /// The names of the codecs, in the order of encoding.
    pub(crate) fn names(&self) -> String {
        self.names.join(", ")
    }

    /// Whether values are stored one after the other and nothing else, so that a part can be read on its own.
    pub(crate) fn is_plain(&self) -> bool {
        self.array.is_empty() && self.bytes.is_empty() && matches!(self.to_bytes, ToBytes::Plain { .. })
    }

    /// Whether stored values are numbers as the machine holds them.
    pub(crate) fn is_native(&self, element: &Element) -> bool {
        let ToBytes::Plain { big_endian } = self.to_bytes else { return false };
        let in_order = big_endian == cfg!(target_endian = "big") || !element.data_type.has_byte_order();
        self.array.is_empty() && element.data_type.is_plain_number() && in_order
    }

    /// Whether stored values are numbers as the machine holds them, compressed by blosc and nothing else.
    pub(crate) fn is_native_blosc(&self, element: &Element) -> bool {
        matches!(self.bytes.as_slice(), [BytesCodec::Blosc(_)]) && self.is_native(element)
    }

    /// Decodes bytes that are the runs of `region` and nothing else, of a chain that is plain.
    pub(crate) fn decode_runs(&self, element: &Element, bytes: &[u8], region: &Region) -> Result<Values> {
        let ToBytes::Plain { big_endian } = self.to_bytes else {
            return Err(ArrayError::internal("only plain values can be read in parts"));
        };
        element.data_type.gather(bytes, 0, &region.shape, &Region::full(&region.shape), big_endian)
    }

    /// The values of `region` out of the stored bytes of a chunk of `shape`.
    pub(crate) fn decode(&self, element: &Element, stored: &Bytes, shape: &[u64], region: &Region) -> Result<Values> {
        let cells = shape.iter().try_fold(1u64, |n, s| n.checked_mul(*s)).unwrap_or(u64::MAX);
        if let (ToBytes::Plain { big_endian }, Some(size)) = (&self.to_bytes, element.data_type.size())
            && self.array.is_empty()
        {
            let (bytes, base) = self.decode_span(size, stored, shape, region, &mut Vec::new())?;
            return element.data_type.gather(&bytes, base, shape, region, *big_endian);
        }
        // Array codecs may change the size of a value, so only a chain without them says what to expect.
        let limit = match element.data_type.size() {
            Some(size) => cells.saturating_mul(size.max(8) as u64).saturating_mul(2).saturating_add(1 << 20),
            None => MOST_CHUNK_BYTES,
        };
        let limit = limit.min(2 * MOST_CHUNK_BYTES + (1 << 20));
        let bytes = crate::compressed::decode_all(&self.bytes, stored, limit, false, &mut Vec::new())?;
        match &self.to_bytes {
            ToBytes::Text if self.array.is_empty() => {
                let texts = split_texts(&bytes, cells)?;
                select(&texts, shape, region)
            }
            _ => self.decode_other(element, bytes, shape, region),
        }
    }

    /// The bytes of the values of `region` out of the stored bytes of a chunk of `shape`, of a chain that
    /// [`Self::is_native`]. They go to `spare`, or stay where they are.
    pub(crate) fn decode_native(
        &self,
        element: &Element,
        stored: Bytes,
        shape: &[u64],
        region: &Region,
        mut spare: Vec<u8>,
    ) -> Result<Vec<u8>> {
        let size = element.data_type.size().ok_or_else(|| ArrayError::internal("numbers without a size"))?;
        let (mut bytes, base) = if self.bytes.is_empty() && stored.is_unique() {
            let bytes = Vec::from(stored);
            expect_length(&bytes, bytes_of(shape, size))?;
            (bytes, 0)
        } else {
            match self.decode_span(size, &stored, shape, region, &mut spare)? {
                (Cow::Owned(bytes), base) => (bytes, base),
                (Cow::Borrowed(bytes), base) => {
                    crate::data_type::copy_bytes(bytes, base, shape, region, size, &mut spare)?;
                    return Ok(spare);
                }
            }
        };
        crate::data_type::keep_region(&mut bytes, base, shape, region, size)?;
        if bytes.len() < bytes.capacity() / 2 {
            bytes.shrink_to_fit();
        }
        Ok(bytes)
    }

    /// Bytes that hold `region` of a chunk of plain values of `size` bytes, and where in the chunk they start. Takes `spare`
    /// for them where it can.
    fn decode_span<'a>(
        &self,
        size: usize,
        stored: &'a Bytes,
        shape: &[u64],
        region: &Region,
        spare: &mut Vec<u8>,
    ) -> Result<(Cow<'a, [u8]>, u64)> {
        let exact = bytes_of(shape, size);
        if let [BytesCodec::Blosc(blosc)] = self.bytes.as_slice() {
            let span = crate::data_type::span(shape, region, size as u64)?;
            let runs = |each: &mut dyn FnMut(Range<u64>)| {
                crate::data_type::runs(shape, region, size as u64, |start, length| {
                    each(start..start + length);
                    Ok(())
                })
            };
            if let Some(bytes) = crate::compressed::decode_blosc_span(blosc, stored, exact, &span, runs, spare)? {
                return Ok((Cow::Owned(bytes), span.start));
            }
        }
        let limit = exact.min(2 * MOST_CHUNK_BYTES + (1 << 20));
        let bytes = crate::compressed::decode_all(&self.bytes, stored, limit, true, spare)?;
        expect_length(&bytes, exact)?;
        Ok((bytes, 0))
    }

    /// Decodes with the codecs of `zarrs`, whole.
    fn decode_other(&self, element: &Element, bytes: Cow<'_, [u8]>, shape: &[u64], region: &Region) -> Result<Values> {
        let options = CodecOptions::default().with_concurrent_target(1);
        let big_endian = match &self.to_bytes {
            ToBytes::Other { big_endian, .. } if matches!(element.data_type, StoredType::Utf32(_)) => *big_endian,
            _ => cfg!(target_endian = "big"),
        };
        let shapes: Option<Vec<NonZeroU64>> = shape.iter().map(|s| NonZeroU64::new(*s)).collect();
        let shapes = shapes.ok_or_else(|| ArrayError::internal("a chunk has a length of 0"))?;
        let decoded = guarded(|| {
            let mut steps: Vec<(Vec<NonZeroU64>, CodecType, CodecFill)> =
                vec![(shapes, element.data_type.for_codecs(), element.fill_value.for_codecs())];
            for codec in &self.array {
                let Some((shape, data_type, fill)) = steps.last() else { break };
                steps.push(match codec {
                    ArrayCodec::Delta(delta) => {
                        let data_type = delta.encoded();
                        let zero = vec![0; data_type.size().unwrap_or(0)];
                        (shape.clone(), data_type.for_codecs(), CodecFill::new(zero))
                    }
                    ArrayCodec::Other(codec) => codec.encoded_representation(shape, data_type, fill)?,
                });
            }
            let (shape, data_type, fill) = steps.pop().ok_or("no shape")?;
            let mut decoded = match &self.to_bytes {
                ToBytes::Other { codec, .. } => codec.decode(bytes, &shape, &data_type, &fill, &options)?,
                _ => return Err("array codecs before plain values".into()),
            };
            for codec in self.array.iter().rev() {
                let (shape, data_type, fill) = steps.pop().ok_or("no shape")?;
                decoded = match codec {
                    ArrayCodec::Delta(delta) => {
                        let bytes = delta.decode(&decoded.into_fixed()?).map_err(|e| e.to_string())?;
                        ArrayBytes::Fixed(bytes.into())
                    }
                    ArrayCodec::Other(codec) => codec.decode(decoded, &shape, &data_type, &fill, &options)?,
                };
            }
            Ok(decoded.into_owned())
        })?;
        match decoded {
            ArrayBytes::Fixed(bytes) => {
                if let Some(size) = element.data_type.size() {
                    expect_length(&bytes, bytes_of(shape, size))?;
                }
                element.data_type.gather(&bytes, 0, shape, region, big_endian)
            }
            ArrayBytes::Variable(texts) => {
                let (bytes, offsets) = texts.into_parts();
                let texts: Option<Vec<&[u8]>> = offsets.windows(2).map(|w| bytes.get(w[0]..w[1])).collect();
                let texts = texts.ok_or_else(|| ArrayError::invalid("a text is outside of its chunk"))?;
                select(&texts, shape, region)
            }
            ArrayBytes::Optional(_) => Err(ArrayError::unsupported("optional values cannot be read")),
        }
    }
}

/// The codec of `zarrs` for v2's `metadata`.
fn codec_v2(id: &str, metadata: &Value) -> Result<Codec, String> {
    let missing = |e: serde_json::Error| e.to_string();
    // `zarrs` knows these by their v3 names alone.
    let v3 = match id {
        "bitround" => json!({"name": id, "configuration": {"keepbits": metadata.get("keepbits")}}),
        "crc32c" if metadata.get("location").is_none_or(|l| l == "end") => json!({"name": id}),
        _ => {
            let metadata: MetadataV2 = serde_json::from_value(metadata.clone()).map_err(missing)?;
            return Codec::from_metadata(&metadata).map_err(|e| e.to_string());
        }
    };
    let metadata: MetadataV3 = serde_json::from_value(v3).map_err(missing)?;
    Codec::from_metadata(&metadata).map_err(|e| e.to_string())
}

/// Gathers the codecs of a chain in order.
#[derive(Default)]
struct ChainBuilder {
    array: Vec<ArrayCodec>,
    to_bytes: Option<ToBytes>,
    bytes: Vec<BytesCodec>,
    /// Names of array codecs, of the one that makes bytes, and of bytes codecs.
    names: [Vec<String>; 3],
    /// Whether a codec from bytes to bytes must come after one that makes bytes; in v2 that one is implied.
    ordered: bool,
}

impl ChainBuilder {
    fn plain(&mut self, big_endian: bool, data_type: StoredType) -> Result<()> {
        let name = match (data_type.has_byte_order(), big_endian) {
            (true, true) => "bytes(big)",
            (true, false) => "bytes(little)",
            (false, _) => "bytes",
        };
        let plain = if self.array.is_empty() {
            ToBytes::Plain { big_endian }
        } else {
            let configuration = json!({"endian": if big_endian { "big" } else { "little" }});
            let metadata: MetadataV3 = serde_json::from_value(json!({"name": "bytes", "configuration": configuration}))
                .map_err(|e| ArrayError::internal("codec `bytes`").with_source(e))?;
            match Codec::from_metadata(&metadata) {
                Ok(Codec::ArrayToBytes(codec)) => ToBytes::Other { codec, big_endian },
                _ => return Err(ArrayError::internal("codec `bytes` is not built in")),
            }
        };
        self.set_to_bytes(plain, name)
    }

    /// Adds the codec that this build calls `id`; `make` makes those that `zarrs` decodes.
    fn any(
        &mut self,
        id: &str,
        name: &str,
        configuration: Option<&Value>,
        data_type: StoredType,
        make: impl FnOnce() -> Result<Codec, String>,
    ) -> Result<()> {
        if let Some(codec) = BytesCodec::of(id)? {
            let inner = configuration.and_then(|c| c.get("cname")).and_then(Value::as_str);
            if self.ordered && self.to_bytes.is_none() {
                return Err(ArrayError::invalid(format!("codec `{name}` stands before the codec that makes bytes")));
            }
            self.bytes.push(codec);
            self.names[2].push(inner.map_or_else(|| name.to_string(), |inner| format!("{name}({inner})")));
            return Ok(());
        }
        if id == "delta" && self.array.is_empty() && self.to_bytes.is_none() {
            self.array.push(ArrayCodec::Delta(Delta::try_new(configuration.unwrap_or(&Value::Null), data_type)?));
            self.names[0].push(name.to_string());
            return Ok(());
        }
        if id == "vlen-utf8" && self.array.is_empty() {
            return self.set_to_bytes(ToBytes::Text, name);
        }
        let made = std::panic::catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|_| Err("not valid".into()));
        match made {
            Ok(Codec::ArrayToArray(codec)) if self.to_bytes.is_none() && self.bytes.is_empty() => {
                self.array.push(ArrayCodec::Other(codec));
                self.names[0].push(name.to_string());
                Ok(())
            }
            Ok(Codec::ArrayToArray(_)) => {
                Err(ArrayError::invalid(format!("codec `{name}` stands after the codec that makes bytes")))
            }
            Ok(Codec::ArrayToBytes(codec)) => self.set_to_bytes(ToBytes::Other { codec, big_endian: false }, name),
            Ok(Codec::BytesToBytes(codec)) => {
                self.bytes.push(BytesCodec::Other(codec));
                self.names[2].push(name.to_string());
                Ok(())
            }
            Err(e) if e.ends_with("is not supported") => {
                Err(ArrayError::unsupported(format!("codec `{name}` is not built in")))
            }
            Err(e) => Err(ArrayError::unsupported(format!("codec `{name}` cannot be used")).with_source(e)),
        }
    }

    /// The order of bytes of v2's `dtype`, for texts that another codec stored.
    fn big_endian(&mut self, big: bool) {
        if let Some(ToBytes::Other { big_endian, .. }) = &mut self.to_bytes {
            *big_endian = big;
        }
    }

    fn set_to_bytes(&mut self, codec: ToBytes, name: &str) -> Result<()> {
        self.names[1].push(name.to_string());
        if self.to_bytes.is_some() {
            return Err(ArrayError::invalid(format!("codecs `{}` make bytes twice", self.names.concat().join(", "))));
        }
        self.to_bytes = Some(codec);
        Ok(())
    }

    fn finish(self) -> Result<CodecChain> {
        let to_bytes = self.to_bytes.ok_or_else(|| {
            ArrayError::invalid(format!(
                "codecs `{}` never make bytes, expected `bytes`",
                self.names.concat().join(", ")
            ))
        })?;
        Ok(CodecChain { array: self.array, to_bytes, bytes: self.bytes, names: self.names.concat() })
    }
}

/// The name of a v3 codec, which may be written as its name alone.
pub(crate) fn codec_name(codec: &Value) -> Result<&str> {
    codec
        .as_str()
        .or_else(|| codec.get("name")?.as_str())
        .ok_or_else(|| ArrayError::invalid(format!("codec `{}` has no `name`", short(codec))))
}

/// Runs a decoder that is not ours: a panic in it is an error of the chunk.
pub(crate) fn guarded<T>(decode: impl FnOnce() -> Result<T, CodecError>) -> Result<T> {
    match std::panic::catch_unwind(AssertUnwindSafe(decode)) {
        Ok(Ok(decoded)) => Ok(decoded),
        Ok(Err(e)) => Err(ArrayError::invalid("the chunk does not decode").with_source(e.to_string())),
        Err(_) => Err(ArrayError::invalid("the chunk does not decode")),
    }
}

/// Bytes of a chunk of `shape`, of values of `size` bytes.
fn bytes_of(shape: &[u64], size: usize) -> u64 {
    shape.iter().try_fold(size as u64, |n, s| n.checked_mul(*s)).unwrap_or(u64::MAX)
}

fn expect_length(bytes: &[u8], expected: u64) -> Result<()> {
    if bytes.len() as u64 == expected {
        Ok(())
    } else {
        Err(ArrayError::invalid(format!("the chunk decodes to {} bytes, expected {expected}", bytes.len())))
    }
}

/// The texts of a chunk: their number, then each after its length, in four bytes.
fn split_texts(bytes: &[u8], cells: u64) -> Result<Vec<&[u8]>> {
    let cut = || ArrayError::invalid("the texts of the chunk are cut short");
    let (count, mut rest) = bytes.split_first_chunk::<4>().ok_or_else(cut)?;
    let count = u64::from(u32::from_le_bytes(*count));
    if count != cells {
        return Err(ArrayError::invalid(format!("the chunk has {count} texts, expected {cells}")));
    }
    let mut texts = Vec::with_capacity(count.min(rest.len() as u64 / 4) as usize);
    for _ in 0..count {
        let (length, tail) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| cut())?;
        let (text, tail) = tail.split_at_checked(length).ok_or_else(cut)?;
        texts.push(text);
        rest = tail;
    }
    Ok(texts)
}

/// The texts of `region` out of those of a chunk of `shape`.
fn select(texts: &[&[u8]], shape: &[u64], region: &Region) -> Result<Values> {
    let mut out = Vec::with_capacity(region.cells()?);
    crate::data_type::runs(shape, region, 1, |start, length| {
        let part = texts.get(start as usize..(start + length) as usize);
        let part = part.ok_or_else(|| ArrayError::invalid(format!("the chunk has only {} texts", texts.len())))?;
        for text in part {
            let text = std::str::from_utf8(text)
                .map_err(|e| ArrayError::invalid("a text of the chunk is not UTF-8").with_source(e))?;
            out.push(text.to_string());
        }
        Ok(())
    })?;
    Ok(Values::String(out))
}
