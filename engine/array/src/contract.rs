//! What every implementation of [`ChunkSource`] and [`Connector`] must do, as tests that a connector runs on its own.
//!
//! The functions return a text that says what was broken, so that they can be used from any test harness.
//!
//! ```
//! use hyperslab_array::{ChunkGrid, MemorySource, Values, contract};
//!
//! let grid = ChunkGrid::regular(&[3, 5], &[2, 2])?;
//! let source = MemorySource::try_new(Values::Int32((0..15).collect()), grid)?;
//! futures::executor::block_on(contract::chunk_source(&source)).unwrap();
//! # Ok::<(), hyperslab_array::ArrayError>(())
//! ```

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use crate::{ChunkSource, Connector, Dataset, EncodedChunk, ErrorKind, Plain, Region, Values};

/// Arrays of more chunks than this are tested at their corners and in the middle.
const MOST_CHUNKS: u64 = 256;

/// Chunks of more cells than this are not decoded whole.
const MOST_CELLS: usize = 1 << 22;

/// Checks that a source
///
/// - decodes each chunk to its cells, of the type that it says,
/// - decodes a part of a chunk to the same values as the whole,
/// - decodes to plain bytes what it decodes to values, whatever the buffer held before,
/// - gives each chunk a name of its own,
/// - knows its stored bytes, or says that it does not,
/// - answers with an error to chunks and regions outside of the array.
///
/// # Errors
/// What was broken, and where.
pub async fn chunk_source(source: &dyn ChunkSource) -> Result<(), String> {
    let mut keys = HashSet::new();
    for chunk in sample(&source.chunk_grid().counts()) {
        whole_and_parts(source, &chunk).await.map_err(|e| format!("chunk {chunk:?}: {e}"))?;
        let key = source.key(&chunk);
        ensure(!key.is_empty(), || format!("the key of chunk {chunk:?} is empty"))?;
        ensure(keys.insert(key.clone()), || format!("chunk {chunk:?} has the key `{key}`, as another chunk has"))?;
    }
    outside(source).await
}

/// Checks that a connector
///
/// - answers with [`ErrorKind::NotFound`] to a store that holds nothing,
/// - opens `filled` under the name and location given, in its format,
/// - gives variables that agree with the dataset's dimensions, and whose sources keep [`chunk_source`]'s contract.
///
/// # Errors
/// What was broken, and where.
pub async fn connector<C: Connector>(connector: &C, empty: C::Store, filled: C::Store) -> Result<(), String> {
    let format = connector.format();
    let is_word = !format.is_empty() && format.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    ensure(is_word, || format!("format `{format}` is not a word in capitals"))?;
    match connector.open("nothing", "memory:///nothing", empty).await {
        Ok(_) => return Err("an empty store was opened".into()),
        Err(e) => ensure(e.kind() == ErrorKind::NotFound, || format!("an empty store gave {:?}: {e}", e.kind()))?,
    }
    let dataset = connector.open("name", "memory:///location", filled).await.map_err(|e| e.to_string())?;
    let given = (dataset.name.as_str(), dataset.location.as_str(), dataset.format.as_str());
    ensure(given == ("name", "memory:///location", format), || format!("the dataset calls itself {given:?}"))?;
    dimensions(&dataset)?;
    for (name, variable) in &dataset.variables {
        chunk_source(variable.source.as_ref()).await.map_err(|e| format!("variable `{name}`: {e}"))?;
    }
    Ok(())
}

fn dimensions(dataset: &Dataset) -> Result<(), String> {
    for (name, variable) in &dataset.variables {
        ensure(*name == variable.name, || format!("variable `{name}` calls itself `{}`", variable.name))?;
        let sizes: Vec<_> = variable.dimensions.iter().map(|d| dataset.dimension(d).map(|d| d.size)).collect();
        let shape: Vec<_> = variable.shape().into_iter().map(Some).collect();
        ensure(sizes == shape, || format!("variable `{name}` has shape {shape:?}, its dimensions have {sizes:?}"))?;
        let (stored, given) = (variable.encoding.stored_type(), variable.source.data_type());
        ensure(stored == given, || format!("variable `{name}` is decoded from {stored}, and stored as {given}"))?;
    }
    Ok(())
}

/// One chunk as a whole, and some of its parts.
async fn whole_and_parts(source: &dyn ChunkSource, chunk: &[u64]) -> Result<(), String> {
    let held = source.chunk_grid().region(chunk);
    let cells = held.cells().map_err(|e| e.to_string())?;
    let stored = source.stored_bytes(chunk).await.map_err(|e| e.to_string())?;
    let is_small = cells <= MOST_CELLS;
    let whole = if is_small { Some(read(source, chunk, &Region::full(&held.shape), stored).await?) } else { None };
    for part in parts(&held.shape) {
        if part.cells().map_err(|e| e.to_string())? > MOST_CELLS {
            continue;
        }
        let values = read(source, chunk, &part, stored).await?;
        if let Some(whole) = &whole {
            let expected = whole.region(&held.shape, &part).map_err(|e| e.to_string())?;
            ensure(is_same(&values, &expected), || {
                format!("region {part:?} decodes to {values:?}, expected {expected:?} as in the whole chunk")
            })?;
        }
    }
    Ok(())
}

async fn read(source: &dyn ChunkSource, chunk: &[u64], region: &Region, stored: Option<u64>) -> Result<Values, String> {
    let at = |e: crate::ArrayError| format!("region {region:?}: {e}");
    let encoded = source.fetch(chunk, region).await.map_err(at)?;
    let is_written = encoded.is_written();
    let cells = region.cells().map_err(at)?;
    ensure(is_written || encoded.stored_bytes() == 0, || "bytes came from a chunk that was never written".into())?;
    // Nothing needs to be asked for to find that nothing is wanted.
    if let Some(stored) = stored.filter(|_| cells > 0) {
        ensure(is_written == (stored > 0), || format!("{stored} bytes are stored, yet `is_written` is {is_written}"))?;
    }
    let values = encoded.decode().map_err(at)?;
    let (expected, found) = (source.data_type(), values.data_type());
    ensure(found == expected, || format!("values are {found}, expected {expected}"))?;
    ensure(values.len() == cells, || {
        format!("region {region:?} decodes to {} values, expected {cells}", values.len())
    })?;
    let again = source.fetch(chunk, region).await.map_err(at)?;
    let is_agreed = match again.decode_plain(vec![0xa5; 2 * cells + 3]).map_err(at)? {
        Plain::Values(plain) => is_same(&plain, &values),
        Plain::Bytes(bytes) => bytes_of(&values).is_some_and(|expected| bytes == expected),
    };
    ensure(is_agreed, || format!("region {region:?} decodes to other plain values than {values:?}"))?;
    in_parts(source.fetch(chunk, region).await.map_err(at)?, &values).map_err(|e| format!("region {region:?}: {e}"))?;
    Ok(values)
}

/// Decodes a region a few values at a time, where it can be.
fn in_parts(mut encoded: Box<dyn EncodedChunk>, values: &Values) -> Result<(), String> {
    if !encoded.decodes_in_parts() {
        return Ok(());
    }
    let expected = bytes_of(values).ok_or("values are decoded in parts that are no numbers")?;
    let size = values.data_type().size();
    let (mut left, mut part, mut found) = (values.len(), 1, Vec::new());
    while left > 0 {
        let cells = part.min(left);
        let mut out = vec![0xa5; 7];
        encoded.decode_next(cells, &mut out).map_err(|e| e.to_string())?;
        ensure(out.len() == cells * size, || format!("{} bytes came for {cells} values", out.len()))?;
        found.extend(out);
        (left, part) = (left - cells, part * 3 + 1);
    }
    ensure(found == expected, || format!("decodes to other values in parts than {values:?}"))?;
    ensure(encoded.decode_next(1, &mut Vec::new()).is_err(), || "more values came than there are".into())
}

/// Numbers side by side, as the machine holds them; `None` where they have no such form.
fn bytes_of(values: &Values) -> Option<Vec<u8>> {
    macro_rules! bytes {
        ($values:expr) => {
            Some($values.iter().flat_map(|v| v.to_ne_bytes()).collect())
        };
    }
    match values {
        Values::Bool(_) | Values::String(_) => None,
        Values::Int8(v) => bytes!(v),
        Values::Int16(v) => bytes!(v),
        Values::Int32(v) => bytes!(v),
        Values::Int64(v) | Values::Timestamp(v) | Values::Duration(v) => bytes!(v),
        Values::UInt8(v) => bytes!(v),
        Values::UInt16(v) => bytes!(v),
        Values::UInt32(v) => bytes!(v),
        Values::UInt64(v) => bytes!(v),
        Values::Float32(v) => bytes!(v),
        Values::Float64(v) => bytes!(v),
    }
}

/// Chunks and regions that do not exist.
async fn outside(source: &dyn ChunkSource) -> Result<(), String> {
    let counts = source.chunk_grid().counts();
    let rank = counts.len();
    let cell = Region::new(vec![0; rank], vec![1; rank]);
    let mut wrong = vec![(vec![0; rank + 1], Region::full(&vec![1; rank + 1]))];
    for d in 0..rank {
        for index in [counts[d], u64::MAX] {
            let mut chunk = vec![0; rank];
            chunk[d] = index;
            wrong.push((chunk, cell.clone()));
        }
        let length = source.chunk_grid().region(&vec![0; rank]).shape[d];
        for (start, count) in [(length, 1), (0, length.saturating_add(1)), (1, u64::MAX), (u64::MAX, 1)] {
            let mut region = cell.clone();
            (region.start[d], region.shape[d]) = (start, count);
            wrong.push((vec![0; rank], region));
        }
    }
    for (chunk, region) in wrong {
        let is_error = match source.fetch(&chunk, &region).await {
            Ok(encoded) => encoded.decode().is_err(),
            Err(_) => true,
        };
        ensure(is_error, || format!("chunk {chunk:?} has no region {region:?}, yet values came"))?;
    }
    Ok(())
}

/// All chunks of a small grid; the first, the middle and the last along each dimension of a large one.
fn sample(counts: &[u64]) -> Vec<Vec<u64>> {
    let is_small = counts.iter().fold(1u64, |n, c| n.saturating_mul(*c)) <= MOST_CHUNKS;
    let mut chunks = vec![vec![]];
    for &count in counts {
        let mut along: Vec<u64> = match count {
            0 => vec![],
            _ if is_small => (0..count).collect(),
            _ => vec![0, count / 2, count - 1],
        };
        along.dedup();
        chunks = chunks
            .iter()
            .flat_map(|chunk: &Vec<u64>| along.iter().map(|c| chunk.iter().copied().chain([*c]).collect()))
            .collect();
    }
    chunks
}

/// The corners, a box in the middle, a single cell, a line along each dimension, and nothing.
fn parts(shape: &[u64]) -> Vec<Region> {
    let rank = shape.len();
    if shape.contains(&0) {
        return vec![];
    }
    let last: Vec<u64> = shape.iter().map(|s| s - 1).collect();
    let middle: Vec<u64> = shape.iter().map(|s| s / 3).collect();
    let mut parts = vec![
        Region::new(vec![0; rank], vec![1; rank]),
        Region::new(last.clone(), vec![1; rank]),
        Region::new(middle.clone(), shape.iter().zip(&middle).map(|(s, m)| (s - m).div_ceil(2)).collect()),
        Region::new(vec![0; rank], shape.iter().map(|s| s.div_ceil(2)).collect()),
    ];
    for d in 0..rank {
        let (mut line, mut nothing) = (Region::new(middle.clone(), vec![1; rank]), Region::full(shape));
        (line.start[d], line.shape[d]) = (0, shape[d]);
        nothing.shape[d] = 0;
        parts.extend([line, nothing]);
    }
    parts
}

/// Whether values are the same, NaN being the same as NaN.
fn is_same(a: &Values, b: &Values) -> bool {
    match (a, b) {
        (Values::Float32(a), Values::Float32(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
        (Values::Float64(a), Values::Float64(b)) => a.iter().map(|x| x.to_bits()).eq(b.iter().map(|x| x.to_bits())),
        (a, b) => a == b,
    }
}

fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(message()) }
}
