//! The options of `COPY … TO` a store of arrays.

use datafusion::sql::sqlparser::ast::Value as SqlValue;
use hyperslab_array::{ArrayError, DataType, Result, nearest_names};
use hyperslab_zarr::writer::Compression;
use indexmap::IndexMap;
use serde_json::Value;

use super::Format;

/// The options that are not about one variable, with the formats that take them.
const KNOWN: [(&str, &[Format]); 9] = [
    ("append", &[Format::Zarr]),
    ("chunks", &[Format::Zarr]),
    ("codec", &[Format::Zarr]),
    ("dimensions", &[Format::Zarr, Format::Netcdf]),
    ("netcdf_version", &[Format::Netcdf]),
    ("overwrite", &[Format::Zarr, Format::Netcdf]),
    ("region", &[Format::Zarr]),
    ("shards", &[Format::Zarr]),
    ("zarr_format", &[Format::Zarr]),
];

/// What is said of one variable after its name and a point, beside `attribute.KEY`.
const OF_VARIABLE: [&str; 6] = ["add_offset", "calendar", "dtype", "fill_value", "scale_factor", "units"];

/// How much of each dimension a chunk or a shard holds.
pub(super) type Lengths = IndexMap<String, u64>;

/// What `OPTIONS (…)` says.
#[derive(Debug, Clone)]
pub(super) struct ExportOptions {
    /// The columns that are the dimensions, slowest first.
    pub dimensions: Option<Vec<String>>,
    /// Whether a store that is there is replaced.
    pub overwrite: bool,
    /// The dimension along which a store that is there grows.
    pub append: Option<String>,
    /// Whether cells of a store that is there are replaced.
    pub region: bool,
    /// 2 or 3.
    pub zarr_format: u8,
    pub chunks: Lengths,
    pub shards: Lengths,
    pub codec: Option<Compression>,
    /// Whether a NetCDF file has 64-bit data (CDF-5), not just offsets (CDF-2).
    pub netcdf_data64: bool,
    /// Attributes of the dataset.
    pub attributes: Vec<(String, Value)>,
    pub variables: IndexMap<String, VariableOptions>,
}

/// What is said of one variable.
#[derive(Debug, Clone, Default)]
pub(super) struct VariableOptions {
    pub dtype: Option<DataType>,
    pub fill_value: Option<Value>,
    pub scale_factor: Option<f64>,
    pub add_offset: Option<f64>,
    pub units: Option<String>,
    pub calendar: Option<String>,
    pub attributes: Vec<(String, Value)>,
}

impl ExportOptions {
    /// Reads the options of a statement.
    ///
    /// # Errors
    /// When one is unknown, given twice, or has a value that it cannot have.
    pub fn try_new(format: Format, given: &[(String, SqlValue)]) -> Result<Self> {
        let mut options = Self {
            dimensions: None,
            overwrite: false,
            append: None,
            region: false,
            zarr_format: 3,
            chunks: Lengths::new(),
            shards: Lengths::new(),
            codec: None,
            netcdf_data64: false,
            attributes: Vec::new(),
            variables: IndexMap::new(),
        };
        for (i, (key, value)) in given.iter().enumerate() {
            if given.iter().take(i).any(|(other, _)| other == key) {
                return Err(ArrayError::argument(format!("option `{key}` is given twice")));
            }
            options.set(format, key, &text(value))?;
        }
        options.check()?;
        Ok(options)
    }

    fn set(&mut self, format: Format, key: &str, value: &str) -> Result<()> {
        if let Some((variable, rest)) = key.split_once('.') {
            return match rest {
                _ if variable.eq_ignore_ascii_case("attribute") => {
                    self.attributes.push((rest.to_string(), json(value)));
                    Ok(())
                }
                rest => self.variables.entry(variable.to_string()).or_default().set(key, rest, value),
            };
        }
        let key = key.to_ascii_lowercase();
        let known = || KNOWN.iter().filter(|(_, formats)| formats.contains(&format)).map(|(name, _)| *name);
        if !known().any(|name| name == key) {
            return Err(ArrayError::argument(format!("unknown option `{key}` of `STORED AS {}`", format.name()))
                .hint(nearest_names(&key, known().chain(["NAME.dtype", "attribute.NAME"]))));
        }
        match key.as_str() {
            "append" => self.append = Some(value.to_string()),
            "chunks" => self.chunks = lengths(&key, value)?,
            "codec" => self.codec = Some(codec(value)?),
            "dimensions" => {
                self.dimensions =
                    Some(value.split(',').map(str::trim).filter(|d| !d.is_empty()).map(Into::into).collect());
            }
            "netcdf_version" => {
                self.netcdf_data64 = match value.to_ascii_lowercase().as_str() {
                    "64bit_offset" => false,
                    "64bit_data" => true,
                    _ => return Err(wrong(&key, value, "`64bit_offset` or `64bit_data`")),
                }
            }
            "overwrite" => self.overwrite = truth(&key, value)?,
            "region" => self.region = truth(&key, value)?,
            "shards" => self.shards = lengths(&key, value)?,
            _ => {
                self.zarr_format = match value {
                    "2" => 2,
                    "3" => 3,
                    _ => return Err(wrong(&key, value, "`2` or `3`")),
                }
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let ways = usize::from(self.overwrite) + usize::from(self.append.is_some()) + usize::from(self.region);
        if ways > 1 {
            return Err(ArrayError::argument("`overwrite`, `append` and `region` exclude each other"));
        }
        if self.zarr_format == 2 && !self.shards.is_empty() {
            return Err(ArrayError::argument("Zarr v2 has no shards").hint("leave out `zarr_format` or `shards`"));
        }
        Ok(())
    }
}

impl VariableOptions {
    fn set(&mut self, key: &str, rest: &str, value: &str) -> Result<()> {
        match rest.split_once('.') {
            Some((word, name)) if word.eq_ignore_ascii_case("attribute") => {
                self.attributes.push((name.to_string(), json(value)));
                return Ok(());
            }
            _ => {}
        }
        match rest.to_ascii_lowercase().as_str() {
            "add_offset" => self.add_offset = Some(finite(key, value)?),
            "scale_factor" => {
                let factor = finite(key, value)?;
                if factor == 0.0 {
                    return Err(wrong(key, value, "a number that is not 0"));
                }
                self.scale_factor = Some(factor);
            }
            "calendar" => self.calendar = Some(value.to_string()),
            "units" => self.units = Some(value.to_string()),
            "fill_value" => self.fill_value = Some(json(value)),
            "dtype" => self.dtype = Some(dtype(key, value)?),
            other => {
                return Err(ArrayError::argument(format!("unknown option `{key}`"))
                    .hint(nearest_names(other, OF_VARIABLE.into_iter().chain(["attribute.KEY"]))));
            }
        }
        Ok(())
    }
}

/// The text of an option's value.
pub(super) fn text(value: &SqlValue) -> String {
    match value {
        SqlValue::SingleQuotedString(s) | SqlValue::DoubleQuotedString(s) | SqlValue::EscapedStringLiteral(s) => {
            s.clone()
        }
        other => other.to_string(),
    }
}

fn wrong(key: &str, value: &str, expected: &str) -> ArrayError {
    ArrayError::argument(format!("option `{key}` is `{value}`, expected {expected}"))
}

fn truth(key: &str, value: &str) -> Result<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "on" | "yes" => Ok(true),
        "false" | "0" | "off" | "no" => Ok(false),
        _ => Err(wrong(key, value, "`true` or `false`")),
    }
}

fn finite(key: &str, value: &str) -> Result<f64> {
    value.trim().parse().ok().filter(|v: &f64| v.is_finite()).ok_or_else(|| wrong(key, value, "a finite number"))
}

/// A number, `true`, a list in brackets; anything else is a text.
fn json(value: &str) -> Value {
    match serde_json::from_str(value) {
        Ok(parsed @ (Value::Number(_) | Value::Bool(_) | Value::Array(_))) => parsed,
        _ => value.into(),
    }
}

/// `time=12, lat=89`.
fn lengths(key: &str, value: &str) -> Result<Lengths> {
    let expected = "lengths such as `time=12,lat=89`";
    let mut lengths = Lengths::new();
    for part in value.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (name, length) = part.split_once('=').ok_or_else(|| wrong(key, value, expected))?;
        let length: u64 = length.trim().parse().ok().filter(|n| *n > 0).ok_or_else(|| wrong(key, value, expected))?;
        lengths.insert(name.trim().to_string(), length);
    }
    Ok(lengths)
}

/// `zstd`, `zstd(5)`, `blosc`, `blosc(5)`, `none`.
fn codec(value: &str) -> Result<Compression> {
    let expected = "`blosc`, `zstd`, either with a level as in `zstd(5)`, or `none`";
    let lower = value.trim().to_ascii_lowercase();
    let (name, level) = match lower.split_once('(') {
        Some((name, level)) => {
            let level = level.trim_end_matches(')').trim().parse::<i32>();
            (name.trim().to_string(), Some(level.map_err(|_| wrong("codec", value, expected))?))
        }
        None => (lower, None),
    };
    match (name.as_str(), level) {
        ("none", None) => Ok(Compression::None),
        ("zstd", level) if (1..=22).contains(&level.unwrap_or(3)) => Ok(Compression::Zstd(level.unwrap_or(3))),
        ("blosc", level) => match u8::try_from(level.unwrap_or(5)) {
            Ok(level @ 0..=9) => Ok(Compression::BloscZstd { level, shuffle: true }),
            _ => Err(wrong("codec", value, "a level of blosc from 0 to 9")),
        },
        _ => Err(wrong("codec", value, expected)),
    }
}

fn dtype(key: &str, value: &str) -> Result<DataType> {
    use DataType::{Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    let types = [Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float32, Float64];
    types.into_iter().find(|t| t.name() == value.trim().to_ascii_lowercase()).ok_or_else(|| {
        let names = types.map(|t| t.name());
        ArrayError::argument(format!("option `{key}` is `{value}`, expected the name of a type of numbers"))
            .hint(nearest_names(value, names))
    })
}
