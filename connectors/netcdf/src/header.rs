//! The header of a file: dimensions, attributes and variables, out of bytes that nobody has checked.
//!
//! Counts and lengths are held against the size of the file before anything is allocated for them.

use std::collections::HashSet;

use hyperslab_array::{ArrayError, Attributes};

use crate::attributes;
use crate::format::{Kind, MOST_NAME, MOST_RANK, StoredType, TAG_ATTRIBUTES, TAG_DIMENSIONS, TAG_VARIABLES, padded};

/// A number of an attribute takes 32 bytes as JSON, and a header is as long as it wants to be.
const MOST_NUMBERS: u64 = 1 << 20;

/// What a header says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Header {
    /// Indices along the unlimited dimension; `None` where the program that wrote them did not say how many.
    pub(crate) records: Option<u64>,
    pub(crate) dimensions: Vec<Dimension>,
    pub(crate) attributes: Attributes,
    pub(crate) variables: Vec<Variable>,
}

/// A dimension; the one of length 0 is unlimited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dimension {
    pub(crate) name: String,
    pub(crate) length: u64,
}

/// A variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Indices of its dimensions, all of which exist.
    pub(crate) dimensions: Vec<usize>,
    pub(crate) attributes: Attributes,
    pub(crate) stored: StoredType,
    pub(crate) begin: u64,
}

/// Why a header could not be read.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The first bytes of the file are not enough: this many are needed, and maybe more.
    Short(u64),
    /// The header is not valid.
    Invalid(ArrayError),
}

impl From<ArrayError> for Fault {
    fn from(error: ArrayError) -> Self {
        Self::Invalid(error)
    }
}

type Result<T> = std::result::Result<T, Fault>;

/// Reads the header from `bytes`, the first of a file of `size` bytes.
pub(crate) fn parse(bytes: &[u8], size: u64) -> Result<Header> {
    let mut reader = Reader { bytes, at: 0, size, kind: Kind::Classic, numbers: 0 };
    let magic = reader.take(4)?;
    reader.kind = match magic {
        [b'C', b'D', b'F', version] => Kind::of_byte(*version)
            .ok_or_else(|| invalid(format!("the file is of version `{version}`, expected 1, 2 or 5")))?,
        _ => return Err(ArrayError::internal("a header without its first bytes was read").into()),
    };
    let records = reader.count()?;
    let is_streamed = records == if reader.kind == Kind::Data64 { u64::MAX } else { u64::from(u32::MAX) };
    let dimensions = reader.dimensions()?;
    let attributes = reader.attributes()?;
    let variables = reader.variables(dimensions.len())?;
    Ok(Header { records: (!is_streamed).then_some(records), dimensions, attributes, variables })
}

fn invalid(message: impl Into<String>) -> ArrayError {
    ArrayError::invalid(message)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: u64,
    size: u64,
    kind: Kind,
    /// Numbers of attributes so far.
    numbers: u64,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8]> {
        let Some(end) = self.at.checked_add(length).filter(|end| *end <= self.size) else {
            let (at, size) = (self.at, self.size);
            return Err(invalid(format!("the header asks for {length} bytes at {at} of a file of {size} bytes")).into());
        };
        let range = usize::try_from(self.at).ok().zip(usize::try_from(end).ok());
        match range.and_then(|(start, end)| self.bytes.get(start..end)) {
            Some(part) => {
                self.at = end;
                Ok(part)
            }
            None => Err(Fault::Short(end)),
        }
    }

    /// Big-endian bytes as a number.
    fn number(&mut self, length: u64) -> Result<u64> {
        Ok(self.take(length)?.iter().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    fn word(&mut self) -> Result<u32> {
        Ok(self.number(4)? as u32)
    }

    fn count(&mut self) -> Result<u64> {
        self.number(self.kind.count_size())
    }

    fn padded_bytes(&mut self, length: u64) -> Result<&'a [u8]> {
        let bytes = self.take(length)?;
        // The last bytes of a file may be left out.
        let padding = padded(length).saturating_sub(length).min(self.size - self.at);
        self.take(padding)?;
        Ok(bytes)
    }

    fn name(&mut self) -> Result<String> {
        let at = self.at;
        let length = self.count()?;
        if length > MOST_NAME {
            return Err(invalid(format!("the name at {at} has {length} bytes, expected at most {MOST_NAME}")).into());
        }
        let bytes = self.padded_bytes(length)?;
        if bytes.is_empty() {
            return Err(invalid(format!("the name at {at} is empty")).into());
        }
        let name = attributes::text_of(bytes);
        if name.chars().any(char::is_control) {
            let name = name.escape_debug();
            return Err(invalid(format!("the name at {at} is `{name}`, expected no control character")).into());
        }
        Ok(name)
    }

    /// How many elements a list has, each of at least `least` bytes.
    fn list(&mut self, tag: u32, what: &str, least: u64) -> Result<u64> {
        let at = self.at;
        let found = self.word()?;
        let count = self.count()?;
        if count == 0 && (found == 0 || found == tag) {
            return Ok(0);
        }
        if found != tag {
            return Err(invalid(format!("the list of {what} at {at} has the tag `{found}`, expected `{tag}`")).into());
        }
        if count.checked_mul(least).is_none_or(|bytes| bytes > self.size - self.at) {
            return Err(invalid(format!(
                "the header has {count} {what} at {at}, more than a file of {} bytes can hold",
                self.size
            ))
            .into());
        }
        Ok(count)
    }

    fn dimensions(&mut self) -> Result<Vec<Dimension>> {
        let count = self.list(TAG_DIMENSIONS, "dimensions", 12)?;
        let mut names = HashSet::new();
        let mut out = Vec::new();
        for _ in 0..count {
            let dimension = Dimension { name: self.name()?, length: self.count()? };
            if !names.insert(dimension.name.clone()) {
                return Err(invalid(format!("dimension `{}` is there twice", dimension.name)).into());
            }
            if dimension.length == 0 && out.iter().any(|d: &Dimension| d.length == 0) {
                return Err(invalid(format!(
                    "dimension `{}` is a second unlimited one, expected at most one",
                    dimension.name
                ))
                .into());
            }
            out.push(dimension);
        }
        Ok(out)
    }

    fn attributes(&mut self) -> Result<Attributes> {
        let count = self.list(TAG_ATTRIBUTES, "attributes", 16)?;
        let mut out = Attributes::new();
        for _ in 0..count {
            let name = self.name()?;
            let (stored, at) = (self.stored_type()?, self.at);
            let count = self.count()?;
            let length = count.saturating_mul(stored.size());
            if stored != StoredType::Char {
                self.numbers = self.numbers.saturating_add(count);
                if self.numbers > MOST_NUMBERS {
                    return Err(ArrayError::too_large(format!(
                        "attribute `{name}` at {at} has {count} numbers, expected at most {MOST_NUMBERS} in a header"
                    ))
                    .into());
                }
            }
            let bytes = self.padded_bytes(length)?;
            out.insert(name, attributes::decode(stored, count, bytes)?);
        }
        Ok(out)
    }

    fn stored_type(&mut self) -> Result<StoredType> {
        let at = self.at;
        let code = self.word()?;
        StoredType::of_code(code, self.kind).ok_or_else(|| {
            let most = if self.kind == Kind::Data64 { 11 } else { 6 };
            invalid(format!("the type at {at} is `{code}`, expected 1 to {most}")).into()
        })
    }

    fn variables(&mut self, dimensions: usize) -> Result<Vec<Variable>> {
        let count = self.list(TAG_VARIABLES, "variables", 32)?;
        let mut names = HashSet::new();
        let mut out = Vec::new();
        for _ in 0..count {
            let variable = self.variable(dimensions)?;
            if !names.insert(variable.name.clone()) {
                return Err(invalid(format!("variable `{}` is there twice", variable.name)).into());
            }
            out.push(variable);
        }
        Ok(out)
    }

    fn variable(&mut self, dimensions: usize) -> Result<Variable> {
        let name = self.name()?;
        let rank = self.count()?;
        if rank > MOST_RANK {
            return Err(
                invalid(format!("variable `{name}` has {rank} dimensions, expected at most {MOST_RANK}")).into()
            );
        }
        let mut indices = Vec::new();
        for _ in 0..rank {
            let index = self.count()?;
            let known = usize::try_from(index).ok().filter(|i| *i < dimensions);
            indices.push(known.ok_or_else(|| {
                invalid(format!("variable `{name}` has dimension number {index}, there are {dimensions}"))
            })?);
        }
        let attributes = self.attributes()?;
        let stored = self.stored_type()?;
        // The size is computed from the shape: the field cannot hold large ones.
        self.count()?;
        let begin = self.number(self.kind.offset_size())?;
        Ok(Variable { name, dimensions: indices, attributes, stored, begin })
    }
}
