//! From what a caller wants to the plan of a file: types, dimensions, where each variable begins, the header.

use std::collections::{HashMap, HashSet};

use hyperslab_array::{ArrayError, Attributes, DataType, Result, nearest_names};

use super::attributes::{self, Encoded, Own};
use super::header::{self, Described, check_name};
use super::written::Written;
use super::{Target, VariableSpec, Version};
use crate::format::{MOST_RANK, StoredType, padded};
use crate::layout::{Layout, record_size};

/// Bytes of a variable, or of one record of it, that CDF-2 allows to all but the last.
const MOST_BYTES: u64 = u32::MAX as u64 - 3;

/// Indices of a dimension in CDF-2.
const MOST_INDICES: u64 = i32::MAX as u64;

/// A file that is to be written.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) header: Vec<u8>,
    pub(super) variables: Vec<Target>,
    pub(super) records: u64,
    pub(super) record_size: u64,
}

/// A variable before it has its place.
struct Draft<'a> {
    spec: &'a VariableSpec,
    stored: StoredType,
    /// Indices of its dimensions in the header, that of texts with them.
    dimensions: Vec<usize>,
    /// Its shape without the dimension of texts.
    shape: Vec<u64>,
    /// Bytes of a cell.
    cell: u64,
    is_record: bool,
    attributes: Vec<Encoded>,
    /// Bytes of the variable, or of a record of it.
    size: u64,
}

pub(super) fn plan(
    version: Version,
    unlimited: Option<&str>,
    dimensions: &[(String, u64)],
    attributes: &Attributes,
    variables: &[VariableSpec],
) -> Result<Plan> {
    check_dimensions(version, unlimited, dimensions)?;
    let attributes = attributes::encode(attributes, version, None)?;
    let mut names = HashSet::new();
    let mut drafts = Vec::with_capacity(variables.len());
    // The header counts the indices of the unlimited dimension once for all variables.
    let mut listed: Vec<(String, u64)> =
        dimensions.iter().map(|(name, size)| (name.clone(), if unlimited == Some(name) { 0 } else { *size })).collect();
    let mut of_texts = HashMap::new();
    for spec in variables {
        if !names.insert(spec.name.as_str()) {
            return Err(ArrayError::argument(format!("variable `{}` is there twice", spec.name)));
        }
        let draft = draft(version, unlimited, dimensions, spec, &mut |length| {
            *of_texts.entry(length).or_insert_with(|| {
                let mut name = format!("string{length}");
                while listed.iter().any(|(taken, _)| *taken == name) {
                    name.push('_');
                }
                listed.push((name, length));
                listed.len() - 1
            })
        });
        drafts.push(draft.map_err(|e| e.context("variable", &spec.name))?);
    }
    if version == Version::Offset64 {
        check_sizes(&drafts)?;
    }
    place(version, unlimited, dimensions, &listed, &attributes, drafts)
}

fn check_dimensions(version: Version, unlimited: Option<&str>, dimensions: &[(String, u64)]) -> Result<()> {
    let mut names = HashSet::new();
    for (name, size) in dimensions {
        check_name("dimension", name)?;
        if !names.insert(name.as_str()) {
            return Err(ArrayError::argument(format!("dimension `{name}` is there twice")));
        }
        if *size == 0 && unlimited != Some(name) {
            return Err(ArrayError::unsupported(format!(
                "dimension `{name}` has no index, expected at least 1 in NetCDF classic"
            ))
            .hint("only the unlimited dimension can be empty"));
        }
        if version == Version::Offset64 && *size > MOST_INDICES {
            return Err(ArrayError::unsupported(format!(
                "dimension `{name}` has {size} indices, expected at most {MOST_INDICES} in CDF-2"
            ))
            .hint("CDF-5 has longer dimensions"));
        }
    }
    match unlimited {
        Some(name) if !names.contains(name) => {
            Err(ArrayError::argument(format!("the unlimited dimension `{name}` is not one of the dimensions"))
                .hint(nearest_names(name, dimensions.iter().map(|(n, _)| n.as_str()))))
        }
        _ => Ok(()),
    }
}

/// The type that values of `data_type` are stored as.
fn stored_type(version: Version, data_type: DataType) -> Result<StoredType> {
    let needs_cdf5 = |stored| match version {
        Version::Data64 => Ok(stored),
        Version::Offset64 => Err(ArrayError::unsupported(format!("CDF-2 has no type for {data_type} values"))
            .hint("CDF-5 has it, or convert the values first")),
    };
    match data_type {
        DataType::Bool | DataType::Int8 => Ok(StoredType::Byte),
        DataType::UInt8 if version == Version::Offset64 => Ok(StoredType::Byte),
        DataType::UInt8 => Ok(StoredType::UByte),
        DataType::Int16 => Ok(StoredType::Short),
        DataType::Int32 => Ok(StoredType::Int),
        DataType::Float32 => Ok(StoredType::Float),
        DataType::Float64 => Ok(StoredType::Double),
        DataType::String => Ok(StoredType::Char),
        DataType::UInt16 => needs_cdf5(StoredType::UShort),
        DataType::UInt32 => needs_cdf5(StoredType::UInt),
        DataType::Int64 => needs_cdf5(StoredType::Int64),
        DataType::UInt64 => needs_cdf5(StoredType::UInt64),
        DataType::Timestamp | DataType::Duration => {
            Err(ArrayError::unsupported(format!("NetCDF classic has no type for {data_type} values"))
                .hint("give numbers, and their `units` as an attribute"))
        }
    }
}

fn draft<'a>(
    version: Version,
    unlimited: Option<&str>,
    dimensions: &[(String, u64)],
    spec: &'a VariableSpec,
    dimension_of_texts: &mut dyn FnMut(u64) -> usize,
) -> Result<Draft<'a>> {
    check_name("variable", &spec.name)?;
    let stored = stored_type(version, spec.data_type)?;
    let mut indices = Vec::new();
    let mut shape = Vec::new();
    for (d, name) in spec.dimensions.iter().enumerate() {
        let Some(index) = dimensions.iter().position(|(n, _)| n == name) else {
            return Err(ArrayError::argument(format!("no dimension `{name}`"))
                .hint(nearest_names(name, dimensions.iter().map(|(n, _)| n.as_str()))));
        };
        if indices.contains(&index) {
            return Err(ArrayError::argument(format!("dimension `{name}` is there twice")));
        }
        if d > 0 && unlimited == Some(name) {
            return Err(ArrayError::unsupported(format!(
                "the unlimited dimension `{name}` stands at place {d}, expected it first"
            )));
        }
        indices.push(index);
        shape.extend(dimensions.get(index).map(|(_, size)| *size));
    }
    let is_record = spec.dimensions.first().is_some_and(|first| unlimited == Some(first));
    let cell = match (spec.data_type, spec.text_length) {
        (DataType::String, Some(length)) if length > 0 && length <= MOST_INDICES => {
            indices.push(dimension_of_texts(length));
            length
        }
        (DataType::String, length) => {
            return Err(ArrayError::argument(format!(
                "texts have the length `{length:?}`, expected 1 to {MOST_INDICES} bytes"
            )));
        }
        (_, Some(length)) => {
            return Err(ArrayError::argument(format!(
                "{} values have no text length, yet it is {length}",
                spec.data_type
            )));
        }
        (_, None) => stored.size(),
    };
    if indices.len() as u64 > MOST_RANK {
        return Err(ArrayError::unsupported(format!("{} dimensions, expected at most {MOST_RANK}", indices.len())));
    }
    let attributes = attributes::encode(&marked(spec, stored), version, Some(own(spec, stored)))?;
    let mut of_record = shape.iter().skip(usize::from(is_record));
    let size = of_record.try_fold(cell, |n, s| n.checked_mul(*s)).filter(|n| *n < 1 << 62);
    let size = size.ok_or_else(|| ArrayError::too_large(format!("shape `{shape:?}` is more than a file can hold")))?;
    Ok(Draft { spec, stored, dimensions: indices, shape, cell, is_record, attributes, size })
}

fn own(spec: &VariableSpec, stored: StoredType) -> Own {
    Own {
        stored,
        is_unsigned_byte: spec.data_type == DataType::UInt8,
        is_packed: ["scale_factor", "add_offset"].iter().any(|name| spec.attributes.get(name).is_some()),
    }
}

/// The attributes, with those by which xarray knows a type that the file has not.
fn marked(spec: &VariableSpec, stored: StoredType) -> Attributes {
    let mut attributes = spec.attributes.clone();
    let mark = match (spec.data_type, stored) {
        (DataType::Bool, _) => ("dtype", "bool"),
        (DataType::UInt8, StoredType::Byte) => ("_Unsigned", "true"),
        (DataType::String, _) => ("_Encoding", "utf-8"),
        _ => return attributes,
    };
    attributes.insert(mark.0, mark.1);
    attributes
}

/// CDF-2 computes with sizes of 32 bits: only the last variable may be larger, because nothing stands behind it.
fn check_sizes(drafts: &[Draft<'_>]) -> Result<()> {
    let last = |is_record: bool| drafts.iter().rposition(|d| d.is_record == is_record);
    let has_records = last(true).is_some();
    for (i, draft) in drafts.iter().enumerate() {
        let may_be_large = last(draft.is_record) == Some(i) && (draft.is_record || !has_records);
        if draft.size > MOST_BYTES && !may_be_large {
            let what = if draft.is_record { "a record of it has" } else { "it has" };
            return Err(ArrayError::unsupported(format!(
                "{what} {} bytes, expected at most {MOST_BYTES} in CDF-2 of all variables but the last",
                draft.size
            ))
            .context("variable", &draft.spec.name)
            .hint("CDF-5 has larger variables"));
        }
    }
    Ok(())
}

/// Gives each variable its place: those without the unlimited dimension one after the other, then the records.
fn place(
    version: Version,
    unlimited: Option<&str>,
    dimensions: &[(String, u64)],
    listed: &[(String, u64)],
    attributes: &[Encoded],
    drafts: Vec<Draft<'_>>,
) -> Result<Plan> {
    let too_large = || ArrayError::too_large("the variables together are more than a file can hold");
    let records = dimensions.iter().find(|(name, _)| unlimited == Some(name)).map_or(0, |(_, size)| *size);
    let sizes: Vec<u64> = drafts.iter().filter(|d| d.is_record).map(|d| d.size).collect();
    let record_size = record_size(&sizes).ok_or_else(too_large)?;
    let header = |begins: &[u64]| {
        let described: Vec<Described<'_>> = drafts
            .iter()
            .enumerate()
            .map(|(i, d)| Described {
                name: &d.spec.name,
                dimensions: d.dimensions.clone(),
                attributes: &d.attributes,
                stored: d.stored,
                size: padded(d.size),
                begin: begins.get(i).copied().unwrap_or_default(),
            })
            .collect();
        header::encode(version.kind(), records, listed, attributes, &described)
    };
    let mut next = header(&[])?.len() as u64;
    let mut begins = vec![0; drafts.len()];
    for is_record in [false, true] {
        for (begin, draft) in begins.iter_mut().zip(&drafts).filter(|(_, d)| d.is_record == is_record) {
            *begin = next;
            next = next.checked_add(padded(draft.size)).ok_or_else(too_large)?;
        }
    }
    let header = header(&begins)?;
    let one_record = sizes.len() == 1;
    let mut targets = Vec::with_capacity(drafts.len());
    for (begin, draft) in begins.into_iter().zip(drafts) {
        let stride = draft.is_record.then_some(record_size);
        let layout = Layout::try_new(begin, draft.cell, draft.shape.clone(), stride)
            .map_err(|e| e.context("variable", &draft.spec.name))?;
        let unpadded = draft.is_record && one_record;
        targets.push(Target {
            name: draft.spec.name.clone(),
            data_type: draft.spec.data_type,
            layout,
            is_record: draft.is_record,
            fill: fill(&draft),
            padding: if unpadded { 0 } else { padded(draft.size) - draft.size },
            written: Written::default(),
        });
    }
    Ok(Plan { header, variables: targets, records, record_size })
}

/// What stands where nothing is written: the variable's own fill value, or the library's for its type.
fn fill(draft: &Draft<'_>) -> Vec<u8> {
    let is_own = |a: &&Encoded| a.name == "_FillValue" && a.stored == draft.stored && a.count == 1;
    match draft.attributes.iter().find(is_own) {
        Some(own) => own.bytes.clone(),
        // The library's fill of a byte would be `true`.
        None if draft.spec.data_type == DataType::Bool => vec![0],
        None => draft.stored.default_fill(),
    }
}
