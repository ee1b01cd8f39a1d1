//! The metadata documents of a group and its arrays, of either version.

use bytes::Bytes;
use hyperslab_array::{Attributes, DataType};
use serde_json::{Map, Value, json};

use super::{ArraySpec, Compression};

impl ArraySpec {
    /// The `zarr.json` of the array.
    pub fn metadata(&self) -> Value {
        let inner = self.inner_codecs();
        let codecs = match &self.shard_shape {
            None => inner,
            Some(_) => vec![json!({
                "name": "sharding_indexed",
                "configuration": {
                    "chunk_shape": self.chunk_shape,
                    "codecs": inner,
                    "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}],
                    "index_location": "end",
                },
            })],
        };
        json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": self.shape,
            "data_type": self.data_type_metadata(),
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": self.stored_shape()}},
            "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
            "fill_value": self.fill_value,
            "codecs": codecs,
            "attributes": object(&self.attributes_v3()),
            "dimension_names": self.dimensions,
        })
    }

    /// xarray expects the value of missing floats in base64.
    fn attributes_v3(&self) -> Attributes {
        let mut attributes = self.attributes.clone();
        let fill = attributes.get("_FillValue").filter(|_| self.data_type.is_float());
        if let Some(float) = fill.and_then(|f| f.as_f64().or_else(|| f.as_str()?.parse().ok())) {
            attributes.insert("_FillValue", base64_of_float(float));
        }
        attributes
    }

    /// The `.zarray` of the array in Zarr v2, and its `.zattrs`. There, the fill value is what a missing value is.
    fn metadata_v2(&self) -> (Value, Value) {
        let mut attributes = self.attributes.clone();
        let fill_value = attributes.remove("_FillValue").unwrap_or(Value::Null);
        attributes.insert("_ARRAY_DIMENSIONS", Value::from(self.dimensions.clone()));
        let compressor = match self.codecs {
            Compression::None => Value::Null,
            Compression::Zstd(level) => json!({"id": "zstd", "level": level}),
            Compression::BloscZstd { level, shuffle } => {
                json!({"id": "blosc", "cname": "zstd", "clevel": level, "shuffle": u8::from(shuffle), "blocksize": 0})
            }
        };
        let filters = match self.data_type {
            DataType::String => json!([{"id": "vlen-utf8"}]),
            _ => Value::Null,
        };
        let array = json!({
            "zarr_format": 2,
            "shape": self.shape,
            "chunks": self.chunk_shape,
            "dtype": dtype_v2(self.data_type),
            "compressor": compressor,
            "fill_value": fill_value,
            "filters": filters,
            "order": "C",
        });
        (array, Value::Object(object(&attributes)))
    }

    /// The shape of what is stored under one key: a chunk, or a shard.
    pub(super) fn stored_shape(&self) -> &[u64] {
        self.shard_shape.as_ref().unwrap_or(&self.chunk_shape)
    }

    pub(super) fn data_type_metadata(&self) -> Value {
        let time = |name: &str| json!({"name": name, "configuration": {"unit": "us", "scale_factor": 1}});
        match self.data_type {
            DataType::Timestamp => time("numpy.datetime64"),
            DataType::Duration => time("numpy.timedelta64"),
            other => other.name().into(),
        }
    }

    fn inner_codecs(&self) -> Vec<Value> {
        let mut codecs = vec![match self.data_type {
            DataType::String => json!({"name": "vlen-utf8"}),
            _ => json!({"name": "bytes", "configuration": {"endian": "little"}}),
        }];
        match self.codecs {
            Compression::None => {}
            Compression::Zstd(level) => {
                codecs.push(json!({"name": "zstd", "configuration": {"level": level, "checksum": false}}));
            }
            Compression::BloscZstd { level, shuffle } => codecs.push(json!({
                "name": "blosc",
                "configuration": {
                    "cname": "zstd",
                    "clevel": level,
                    "shuffle": if shuffle { "shuffle" } else { "noshuffle" },
                    "typesize": self.type_size(),
                    "blocksize": 0,
                },
            })),
        }
        codecs
    }

    pub(super) fn type_size(&self) -> usize {
        if self.data_type == DataType::String { 1 } else { self.data_type.size() }
    }
}

/// The metadata of a group of arrays: keys and bytes of the group's `zarr.json`, which holds that of all arrays, and of
/// each array's own.
pub fn group_metadata(attributes: &Attributes, arrays: &[ArraySpec]) -> Vec<(String, Bytes)> {
    let each: Map<String, Value> = arrays.iter().map(|a| (a.name.clone(), a.metadata())).collect();
    let mut out: Vec<(String, Bytes)> =
        each.iter().map(|(name, metadata)| (format!("{name}/zarr.json"), text(metadata))).collect();
    let group = json!({
        "zarr_format": 3,
        "node_type": "group",
        "attributes": object(attributes),
        "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": each},
    });
    out.insert(0, ("zarr.json".into(), text(&group)));
    out
}

/// The metadata of a group of arrays in Zarr v2: keys and bytes of `.zarray`, `.zattrs` and `.zgroup`, and last of
/// `.zmetadata`, which holds them all.
pub fn group_metadata_v2(attributes: &Attributes, arrays: &[ArraySpec]) -> Vec<(String, Bytes)> {
    let mut documents: Vec<(String, Value)> = Vec::new();
    for array in arrays {
        let (metadata, attributes) = array.metadata_v2();
        documents.push((format!("{}/.zarray", array.name), metadata));
        documents.push((format!("{}/.zattrs", array.name), attributes));
    }
    documents.push((".zattrs".into(), Value::Object(object(attributes))));
    documents.push((".zgroup".into(), json!({"zarr_format": 2})));
    let all: Map<String, Value> = documents.iter().cloned().collect();
    documents.push((".zmetadata".into(), json!({"zarr_consolidated_format": 1, "metadata": all})));
    documents.iter().map(|(key, document)| (key.clone(), text(document))).collect()
}

/// numpy's name of the type, little endian.
pub(super) fn dtype_v2(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Bool => "|b1",
        DataType::Int8 => "|i1",
        DataType::UInt8 => "|u1",
        DataType::Int16 => "<i2",
        DataType::Int32 => "<i4",
        DataType::Int64 => "<i8",
        DataType::UInt16 => "<u2",
        DataType::UInt32 => "<u4",
        DataType::UInt64 => "<u8",
        DataType::Float32 => "<f4",
        DataType::Float64 => "<f8",
        DataType::String => "|O",
        DataType::Timestamp => "<M8[us]",
        DataType::Duration => "<m8[us]",
    }
}

/// The eight little-endian bytes of a float, in base64.
fn base64_of_float(value: f64) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // Eleven digits hold 66 bits: 64 of the number and two of filling.
    let bits = u128::from(value.to_bits().swap_bytes()) << 2;
    let digit = |i: u32| DIGITS.get((bits >> (6 * (10 - i)) & 63) as usize).copied().map_or('=', char::from);
    (0..11).map(digit).chain(['=']).collect()
}

fn text(value: &Value) -> Bytes {
    Bytes::from(format!("{value:#}"))
}

fn object(attributes: &Attributes) -> Map<String, Value> {
    attributes.iter().map(|(name, value)| (name.to_string(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_written_as_xarray_writes_it() {
        assert_eq!(base64_of_float(f64::NAN), "AAAAAAAA+H8=");
        assert_eq!(base64_of_float(-999.0), "AAAAAAA4j8A=");
    }
}
