//! Writes NetCDF classic: a file whose sizes are all known at the start, its regions in any order.
//!
//! ```text
//! Writer::try_new ─→ write(variable, region, values) ─→ finish
//! (specs.rs: types,   (values.rs: big-endian bytes,      (fills what was never
//!  header.rs)          written.rs: each cell once)        written, pads)
//! ```

mod attributes;
mod header;
mod specs;
mod values;
mod written;

use std::collections::HashMap;
use std::io::{Seek, SeekFrom, Write};

use hyperslab_array::{ArrayError, Attributes, DataType, Region, Result, Values, nearest_names};

use crate::format::Kind;
use crate::layout::Layout;
use written::Written;

/// Bytes that are encoded before they are written.
const BLOCK: u64 = 1 << 20;

/// Which of the formats is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// CDF-2, which every reader knows: no unsigned and no 64-bit integers, and variables up to 4 GiB.
    #[default]
    Offset64,
    /// CDF-5: all types and any size. The netCDF library reads it since 4.4; scipy does not.
    Data64,
}

impl Version {
    fn kind(self) -> Kind {
        match self {
            Self::Offset64 => Kind::Offset64,
            Self::Data64 => Kind::Data64,
        }
    }
}

/// What a variable that is written looks like.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableSpec {
    /// Its name.
    pub name: String,
    /// The names of its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// The type of the values that are given to [`Writer::write`]. Booleans are stored as bytes with the attribute
    /// `dtype`, `uint8` in CDF-2 as bytes with the attribute `_Unsigned`, text as characters with `_Encoding`, in the
    /// way of xarray. Times are to be given as numbers with `units`.
    pub data_type: DataType,
    /// Its attributes. `_FillValue`, `missing_value`, `valid_min`, `valid_max`, `valid_range`, `actual_range`,
    /// `flag_values` and `flag_masks` are stored in the type of the variable.
    pub attributes: Attributes,
    /// Bytes of the longest text, of a variable of texts: the length of their last dimension, `stringN`.
    pub text_length: Option<u64>,
}

/// Writes one file.
///
/// ```
/// use std::io::Cursor;
///
/// use hyperslab_array::{Attributes, DataType, Region, Values};
/// use hyperslab_netcdf::writer::{VariableSpec, Version, Writer};
///
/// let depth = VariableSpec {
///     name: "depth".into(),
///     dimensions: vec!["x".into()],
///     data_type: DataType::Float32,
///     attributes: Attributes::from_iter([("units", "m")]),
///     text_length: None,
/// };
/// let dimensions = [("x".to_string(), 3)];
/// let mut writer =
///     Writer::try_new(Cursor::new(Vec::new()), Version::Offset64, &dimensions, &Attributes::new(), &[depth])?;
/// writer.write("depth", &Region::full(&[3]), &Values::Float32(vec![1.5, 2.0, 9.0]))?;
/// let bytes = writer.finish()?.into_inner();
/// assert!(bytes.starts_with(b"CDF\x02"));
/// # Ok::<(), hyperslab_array::ArrayError>(())
/// ```
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    /// Where the next byte goes.
    at: Option<u64>,
    variables: Vec<Target>,
    names: HashMap<String, usize>,
    records: u64,
    record_size: u64,
}

/// A variable that is written.
#[derive(Debug)]
struct Target {
    name: String,
    data_type: DataType,
    layout: Layout,
    /// Whether its first dimension is the unlimited one.
    is_record: bool,
    /// The bytes of a cell, or a part that repeats, where nothing was written.
    fill: Vec<u8>,
    /// Bytes after each record, or after the variable.
    padding: u64,
    written: Written,
}

impl<W: Write + Seek> Writer<W> {
    /// Starts a file at the beginning of `out`: checks everything and writes the header.
    ///
    /// # Errors
    /// [`hyperslab_array::ErrorKind::Unsupported`] when a type or size is not one of `version`, with the version that
    /// has it; [`hyperslab_array::ErrorKind::Argument`] when a name, a dimension or an attribute is not valid.
    pub fn try_new(
        out: W,
        version: Version,
        dimensions: &[(String, u64)],
        attributes: &Attributes,
        variables: &[VariableSpec],
    ) -> Result<Self> {
        Self::start(out, version, None, dimensions, attributes, variables)
    }

    /// As [`Self::try_new`], with `unlimited` as the unlimited dimension, along which other programs can append to the
    /// file. It must be the first dimension of each variable that has it, and may have no index at all.
    ///
    /// # Errors
    /// As [`Self::try_new`].
    pub fn try_new_unlimited(
        out: W,
        version: Version,
        unlimited: &str,
        dimensions: &[(String, u64)],
        attributes: &Attributes,
        variables: &[VariableSpec],
    ) -> Result<Self> {
        Self::start(out, version, Some(unlimited), dimensions, attributes, variables)
    }

    fn start(
        out: W,
        version: Version,
        unlimited: Option<&str>,
        dimensions: &[(String, u64)],
        attributes: &Attributes,
        variables: &[VariableSpec],
    ) -> Result<Self> {
        let plan = specs::plan(version, unlimited, dimensions, attributes, variables)?;
        let names = plan.variables.iter().enumerate().map(|(i, v)| (v.name.clone(), i)).collect();
        let mut writer = Self {
            out,
            at: None,
            variables: plan.variables,
            names,
            records: plan.records,
            record_size: plan.record_size,
        };
        writer.put(0, &plan.header)?;
        Ok(writer)
    }

    /// Writes `values`, in C order, to `region` of `variable`.
    ///
    /// # Errors
    /// [`hyperslab_array::ErrorKind::Argument`] when there is no such variable or region, the values are of another
    /// type or do not fill the region, or a cell of it was written before; [`hyperslab_array::ErrorKind::Io`] when the
    /// file cannot be written.
    pub fn write(&mut self, variable: &str, region: &Region, values: &Values) -> Result<()> {
        let Some(&index) = self.names.get(variable) else {
            let names = self.variables.iter().map(|v| v.name.as_str());
            return Err(ArrayError::argument(format!("no variable `{variable}` in the file that is written"))
                .hint(nearest_names(variable, names)));
        };
        self.write_at(index, region, values).map_err(|e| e.context("variable", variable))
    }

    fn write_at(&mut self, index: usize, region: &Region, values: &Values) -> Result<()> {
        let Some(target) = self.variables.get(index) else {
            return Err(ArrayError::internal("a variable of the writer is lost"));
        };
        if values.data_type() != target.data_type {
            return Err(ArrayError::argument(format!(
                "values are {}, expected {}",
                values.data_type(),
                target.data_type
            )));
        }
        let layout = target.layout.clone();
        let cell = layout.cell().max(1);
        let mut runs = Vec::new();
        layout.runs(region, |offset, length| {
            let first = layout.cell_at(offset);
            let cells = first..first + length / cell;
            if target.written.touches(&cells) {
                return Err(ArrayError::argument(format!(
                    "region `{region:?}` was written before, in whole or in part"
                )));
            }
            runs.push((offset, cells));
            Ok(())
        })?;
        let count = region.cells()?;
        if values.len() != count {
            return Err(ArrayError::argument(format!("{} values do not fill {count} cells", values.len())));
        }
        let mut bytes = Vec::new();
        let mut next = 0usize;
        for (offset, cells) in runs {
            let length = (cells.end - cells.start) as usize;
            let block = (BLOCK / cell).max(1) as usize;
            let mut done = 0;
            while done < length {
                let part = block.min(length - done);
                bytes.clear();
                values::encode(values, next..next + part, cell, &mut bytes)?;
                self.put(offset + done as u64 * cell, &bytes)?;
                done += part;
                next += part;
            }
            if let Some(target) = self.variables.get_mut(index) {
                target.written.add(cells);
            }
        }
        Ok(())
    }

    /// Writes what is missing, fill values and padding, and gives back what was written to.
    ///
    /// # Errors
    /// [`hyperslab_array::ErrorKind::Io`] when the file cannot be written.
    pub fn finish(mut self) -> Result<W> {
        let variables = std::mem::take(&mut self.variables);
        for target in &variables {
            self.fill(target).map_err(|e| e.context("variable", &target.name))?;
        }
        self.out.flush().map_err(failed)?;
        Ok(self.out)
    }

    fn fill(&mut self, target: &Target) -> Result<()> {
        let layout = &target.layout;
        let total = Region::full(layout.shape()).cells()? as u64;
        let missing = target.written.missing(total);
        if total == 0 || (missing.is_empty() && target.padding == 0) {
            return Ok(());
        }
        let block: Vec<u8> = target.fill.iter().copied().cycle().take(BLOCK as usize).collect();
        for cells in missing {
            layout.runs_of_cells(cells, |mut offset, mut length| {
                while length > 0 {
                    let part = length.min(BLOCK);
                    self.put(offset, block.get(..part as usize).unwrap_or_default())?;
                    offset += part;
                    length -= part;
                }
                Ok(())
            })?;
        }
        let padding = block.get(..target.padding as usize).unwrap_or_default();
        if padding.is_empty() {
            return Ok(());
        }
        if !target.is_record {
            return self.put(layout.end(), padding);
        }
        let record = (layout.end() - layout.begin()) - (self.records - 1) * self.record_size;
        for i in 0..self.records {
            self.put(layout.begin() + i * self.record_size + record, padding)?;
        }
        Ok(())
    }

    /// Writes `bytes` at `offset`; seeks only where that is not the next byte, because seeking empties buffers.
    fn put(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        if self.at != Some(offset) {
            self.at = None;
            self.out.seek(SeekFrom::Start(offset)).map_err(failed)?;
        }
        self.at = None;
        self.out.write_all(bytes).map_err(failed)?;
        self.at = Some(offset + bytes.len() as u64);
        Ok(())
    }
}

fn failed(error: std::io::Error) -> ArrayError {
    ArrayError::io("the NetCDF file cannot be written").with_source(error)
}
