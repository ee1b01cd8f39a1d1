//! From a file to a dataset: reads the header, with as few requests as it takes, and finds the cells of each variable.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use hyperslab_array::{ArrayError, Dataset, DatasetBuilder, RawVariable, Result};
use object_store::path::Path;
use object_store::{Error as StoreError, GetOptions, GetRange, ObjectStore, ObjectStoreExt};

use crate::FORMAT;
use crate::error::store_error;
use crate::format::StoredType;
use crate::header::{self, Fault, Header, Variable};
use crate::layout::{Layout, record_size};
use crate::source::NetcdfSource;

/// What is read first. Most headers are shorter.
const FIRST: u64 = 64 << 10;

/// A header of ten thousand variables has about 5 MiB.
const MOST_HEADER: u64 = 16 << 20;

/// Texts of more bytes than this are refused.
const MOST_TEXT: u64 = 1 << 20;

/// The first bytes of HDF5 files.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Opens the file that is the root of `store`.
pub(crate) async fn open(name: &str, location: &str, store: &Arc<dyn ObjectStore>) -> Result<Dataset> {
    let context = |e: ArrayError| e.context("dataset", name);
    let (header, size) = read_header(store).await.map_err(context)?;
    let records = records(&header, size).map_err(context)?;
    let texts = dimensions_of_texts(&header);
    let mut bytes = 0u64;
    let mut builder = DatasetBuilder::new(name, location, FORMAT).attributes(header.attributes.clone());
    for variable in &header.variables {
        match source(&header, variable, &records, &texts, size, store) {
            Ok((source, dimensions)) => {
                // Else a small file could ask for much memory.
                bytes = bytes.saturating_add(source.bytes());
                if bytes > size {
                    let error = format!("the file has {size} bytes, expected {bytes} or more for its variables");
                    return Err(context(ArrayError::invalid(error)));
                }
                builder = builder.variable(RawVariable {
                    name: variable.name.clone(),
                    dimensions,
                    attributes: variable.attributes.clone(),
                    source: Arc::new(source),
                });
            }
            Err(Reason::File(e)) => return Err(context(e)),
            Err(Reason::Variable(e)) => builder = builder.skip(variable.name.clone(), e.to_string()),
        }
    }
    builder.build().await
}

/// Reads the header; the number is the size of the file.
async fn read_header(store: &Arc<dyn ObjectStore>) -> Result<(Header, u64)> {
    let (mut bytes, size) = first_bytes(store).await?;
    check_magic(&bytes)?;
    loop {
        let needed = match header::parse(&bytes, size) {
            Ok(header) => return Ok((header, size)),
            Err(Fault::Invalid(e)) => return Err(e),
            Err(Fault::Short(needed)) => needed,
        };
        let have = bytes.len() as u64;
        if needed > MOST_HEADER || needed <= have {
            return Err(ArrayError::too_large(format!(
                "the header has {needed} bytes or more, expected at most {MOST_HEADER}"
            )));
        }
        // At least twice as much each time, so that this ends soon.
        let end = needed.max(have * 2).min(MOST_HEADER).min(size);
        let more = store.get_range(&Path::default(), have..end).await.map_err(store_error)?;
        if more.len() as u64 != end - have {
            return Err(changed());
        }
        bytes = [bytes, more].concat().into();
    }
}

/// The first bytes of the file, and its size.
async fn first_bytes(store: &Arc<dyn ObjectStore>) -> Result<(Bytes, u64)> {
    let path = Path::default();
    let options = GetOptions { range: Some(GetRange::Bounded(0..FIRST)), ..GetOptions::default() };
    let result = match store.get_opts(&path, options).await {
        Ok(result) => result,
        Err(error @ StoreError::NotFound { .. }) => return Err(store_error(error)),
        // An empty file has no range at all.
        Err(error) => match store.head(&path).await {
            Ok(meta) if meta.size == 0 => return Ok((Bytes::new(), 0)),
            _ => return Err(store_error(error)),
        },
    };
    let (range, size) = (result.range.clone(), result.meta.size);
    let bytes = result.bytes().await.map_err(store_error)?;
    if range != (0..FIRST.min(size)) || bytes.len() as u64 != range.end {
        return Err(changed());
    }
    Ok((bytes, size))
}

pub(crate) fn changed() -> ArrayError {
    ArrayError::io("the store gave other bytes than those that were asked for").with_retryable(true)
}

/// Says what the file is, where it is not NetCDF classic.
fn check_magic(bytes: &[u8]) -> Result<()> {
    if bytes.starts_with(b"CDF") && bytes.len() > 3 {
        return Ok(());
    }
    if bytes.starts_with(HDF5) {
        return Err(ArrayError::unsupported("the file is a netCDF-4 (HDF5) file, expected netCDF classic")
            .hint("`nccopy -k cdf5 in.nc out.nc` converts it, as does writing it to Zarr with xarray"));
    }
    // Another format may know it.
    let shown = bytes.get(..8).unwrap_or(bytes).escape_ascii();
    Err(ArrayError::not_found(format!("the file is no netCDF classic file: it starts with `{shown}`, expected `CDF`")))
}

/// The unlimited dimension.
struct Records {
    /// Its index among the dimensions.
    dimension: Option<usize>,
    count: u64,
    /// Bytes from one record to the next.
    size: u64,
}

/// What is wrong.
enum Reason {
    /// The file as a whole is damaged.
    File(ArrayError),
    /// This variable cannot be shown.
    Variable(ArrayError),
}

fn is_record(variable: &Variable, dimension: Option<usize>) -> bool {
    dimension.is_some() && variable.dimensions.first().copied() == dimension
}

/// The number of records, from the size of the file where the header does not say.
fn records(header: &Header, size: u64) -> Result<Records> {
    let dimension = header.dimensions.iter().position(|d| d.length == 0);
    let of_records: Vec<&Variable> = header.variables.iter().filter(|v| is_record(v, dimension)).collect();
    let sizes: Option<Vec<u64>> = of_records
        .iter()
        .map(|v| {
            let mut lengths = v.dimensions.iter().skip(1).filter_map(|d| header.dimensions.get(*d)).map(|d| d.length);
            lengths.try_fold(v.stored.size(), |n, length| n.checked_mul(length))
        })
        .collect();
    let record = sizes.and_then(|sizes| record_size(&sizes));
    let record = record.ok_or_else(|| ArrayError::too_large("a record has more bytes than a file can have"))?;
    let begin = of_records.iter().map(|v| v.begin).min().unwrap_or(size);
    let count = match header.records {
        Some(count) => count,
        None => size.saturating_sub(begin).checked_div(record).unwrap_or(0),
    };
    Ok(Records { dimension, count, size: record })
}

/// Where the values of a variable come from, and the names of its dimensions.
fn source(
    header: &Header,
    variable: &Variable,
    records: &Records,
    texts: &[bool],
    size: u64,
    store: &Arc<dyn ObjectStore>,
) -> Result<(NetcdfSource, Vec<String>), Reason> {
    let mut names = Vec::with_capacity(variable.dimensions.len());
    let mut shape = Vec::with_capacity(variable.dimensions.len());
    for (place, index) in variable.dimensions.iter().enumerate() {
        let Some(dimension) = header.dimensions.get(*index) else {
            return Err(Reason::File(ArrayError::internal(format!("dimension number {index} is lost"))));
        };
        if place > 0 && records.dimension == Some(*index) {
            let error = format!("the unlimited dimension `{}` is number {place}, expected it first", dimension.name);
            return Err(Reason::Variable(ArrayError::invalid(error)));
        }
        names.push(dimension.name.clone());
        shape.push(if records.dimension == Some(*index) { records.count } else { dimension.length });
    }
    let is_record = is_record(variable, records.dimension);
    let mut cell = variable.stored.size();
    let last = variable.dimensions.last().and_then(|last| texts.get(*last));
    if variable.stored == StoredType::Char && last == Some(&true) {
        names.pop();
        cell = shape.pop().unwrap_or(cell);
        if cell > MOST_TEXT {
            let error = format!("its texts have {cell} bytes, expected at most {MOST_TEXT}");
            return Err(Reason::Variable(ArrayError::too_large(error)));
        }
    }
    let file = |e: ArrayError| Reason::File(e.context("variable", &variable.name));
    let layout = Layout::try_new(variable.begin, cell, shape, is_record.then_some(records.size)).map_err(file)?;
    if layout.end() > size {
        let error = format!("the file has {size} bytes, a variable ends at {}", layout.end());
        return Err(file(ArrayError::invalid(error).hint("the file may be cut short, copy it again")));
    }
    let source =
        NetcdfSource::try_new(Arc::clone(store), variable.name.clone(), variable.stored, layout).map_err(file)?;
    Ok((source, names))
}

/// Which dimensions count the characters of texts: only texts have them, all of them last, and they have no labels.
/// That is xarray's rule; the unlimited dimension never does, because its steps are not contiguous.
fn dimensions_of_texts(header: &Header) -> Vec<bool> {
    let names: HashSet<&str> = header.variables.iter().map(|v| v.name.as_str()).collect();
    let mut out: Vec<bool> =
        header.dimensions.iter().map(|d| d.length > 0 && !names.contains(d.name.as_str())).collect();
    for variable in &header.variables {
        let is_text = variable.stored == StoredType::Char;
        for index in variable.dimensions.iter().rev().skip(usize::from(is_text)) {
            if let Some(counts_texts) = out.get_mut(*index) {
                *counts_texts = false;
            }
        }
    }
    out
}
