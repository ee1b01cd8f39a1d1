//! The header of a file that is written: names are checked, lists are encoded.

use hyperslab_array::{ArrayError, Result};

use super::attributes::Encoded;
use crate::format::{Kind, MOST_NAME, StoredType, TAG_ATTRIBUTES, TAG_DIMENSIONS, TAG_VARIABLES, padded};

/// A variable as the header describes it.
#[derive(Debug)]
pub(super) struct Described<'a> {
    pub(super) name: &'a str,
    /// Indices of its dimensions.
    pub(super) dimensions: Vec<usize>,
    pub(super) attributes: &'a [Encoded],
    pub(super) stored: StoredType,
    /// Bytes of the variable, or of one record of it, padded.
    pub(super) size: u64,
    pub(super) begin: u64,
}

/// Says what is wrong with a name, in the rules of netCDF.
pub(super) fn check_name(what: &str, name: &str) -> Result<()> {
    let wrong = |expected: &str| {
        Err(ArrayError::argument(format!(
            "{what} name `{}` is not valid in netCDF, expected {expected}",
            name.escape_debug()
        )))
    };
    let first = name.chars().next();
    if name.len() as u64 > MOST_NAME || first.is_none() {
        return wrong("1 to 256 bytes");
    }
    if name.chars().any(|c| c == '/' || c.is_control()) || name.ends_with(' ') {
        return wrong("no `/`, no control character and no space at the end");
    }
    if !first.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()) {
        return wrong("a letter, digit or `_` at the start");
    }
    Ok(())
}

/// The bytes of a header. Its length does not depend on where the variables begin.
///
/// # Errors
/// When a size does not fit its field.
pub(super) fn encode(
    kind: Kind,
    records: u64,
    dimensions: &[(String, u64)],
    attributes: &[Encoded],
    variables: &[Described<'_>],
) -> Result<Vec<u8>> {
    let mut out = Out { kind, bytes: vec![b'C', b'D', b'F', kind.byte()] };
    out.count(records)?;
    out.list(TAG_DIMENSIONS, dimensions.len())?;
    for (name, size) in dimensions {
        out.name(name)?;
        out.count(*size)?;
    }
    out.attributes(attributes)?;
    out.list(TAG_VARIABLES, variables.len())?;
    for variable in variables {
        out.name(variable.name)?;
        out.count(variable.dimensions.len() as u64)?;
        for dimension in &variable.dimensions {
            out.count(*dimension as u64)?;
        }
        out.attributes(variable.attributes)?;
        out.word(variable.stored.code());
        // Readers compute the size; this field is what does not fit.
        let most = if kind == Kind::Data64 { u64::MAX >> 1 } else { u64::from(u32::MAX) };
        out.count(variable.size.min(most))?;
        out.bytes.extend(variable.begin.to_be_bytes());
    }
    Ok(out.bytes)
}

struct Out {
    kind: Kind,
    bytes: Vec<u8>,
}

impl Out {
    fn word(&mut self, n: u32) {
        self.bytes.extend(n.to_be_bytes());
    }

    fn count(&mut self, n: u64) -> Result<()> {
        if self.kind == Kind::Data64 {
            self.bytes.extend(n.to_be_bytes());
            return Ok(());
        }
        let n = u32::try_from(n).map_err(|_| ArrayError::too_large(format!("`{n}` does not fit a header of CDF-2")))?;
        self.word(n);
        Ok(())
    }

    /// An empty list has no tag.
    fn list(&mut self, tag: u32, length: usize) -> Result<()> {
        self.word(if length == 0 { 0 } else { tag });
        self.count(length as u64)
    }

    fn name(&mut self, name: &str) -> Result<()> {
        self.count(name.len() as u64)?;
        self.padded_bytes(name.as_bytes());
        Ok(())
    }

    fn padded_bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        self.bytes.resize(padded(self.bytes.len() as u64) as usize, 0);
    }

    fn attributes(&mut self, attributes: &[Encoded]) -> Result<()> {
        self.list(TAG_ATTRIBUTES, attributes.len())?;
        for attribute in attributes {
            self.name(&attribute.name)?;
            self.word(attribute.stored.code());
            self.count(attribute.count)?;
            self.padded_bytes(&attribute.bytes);
        }
        Ok(())
    }
}
