//! A store that is there already, so that it can grow or get other cells: what its arrays look like, and its metadata with
//! other shapes.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use hyperslab_array::{ArrayError, Attributes, DataType, Result};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::{Map, Value};

use super::{ArraySpec, ChunkEncoder, Compression};
use crate::data_type::StoredType;
use crate::error::{is_missing, store_error};

/// The metadata of a group of arrays, as it is stored.
#[derive(Debug, Clone)]
pub struct ExistingGroup {
    format: u8,
    /// Documents by key, the one that makes a store of them last.
    documents: Vec<(String, Value)>,
    arrays: Vec<ArraySpec>,
}

impl ExistingGroup {
    /// Reads the metadata of the group at the root of `store`, and of the arrays that are called `names`.
    ///
    /// # Errors
    /// When there is no group, or an array is stored in a way that this crate cannot write.
    pub async fn read(store: &Arc<dyn ObjectStore>, names: &[String]) -> Result<Self> {
        let (format, roots): (u8, &[&str]) = match document(store, "zarr.json").await? {
            Some(_) => (3, &["zarr.json"]),
            None => (2, &[".zgroup", ".zmetadata"]),
        };
        let mut group = Self { format, documents: Vec::new(), arrays: Vec::new() };
        for name in names {
            let key = if format == 3 { format!("{name}/zarr.json") } else { format!("{name}/.zarray") };
            let array = document(store, &key).await?;
            let array = array.ok_or_else(|| ArrayError::not_found(format!("there is no `{key}`")))?;
            let attributes = match format {
                3 => array.get("attributes").cloned(),
                _ => document(store, &format!("{name}/.zattrs")).await?,
            };
            let spec = spec(name, format, &array, attributes.as_ref());
            group.arrays.push(spec.map_err(|e| e.context("variable", name))?);
            group.documents.push((key, array));
        }
        for root in roots {
            if let Some(value) = document(store, root).await? {
                group.documents.push(((*root).to_string(), value));
            }
        }
        Ok(group)
    }

    /// What the array called `name` looks like.
    pub fn array(&self, name: &str) -> Option<&ArraySpec> {
        self.arrays.iter().find(|a| a.name == name)
    }

    /// An encoder for the chunks of `spec`, which is one of these arrays with another shape.
    ///
    /// # Errors
    /// As [`ChunkEncoder::try_new`].
    pub fn encoder(&self, spec: &ArraySpec) -> Result<ChunkEncoder> {
        match self.format {
            2 => ChunkEncoder::try_new_v2(spec),
            _ => ChunkEncoder::try_new(spec),
        }
    }

    /// The keys of the documents without which this is no store.
    pub fn roots(&self) -> Vec<String> {
        self.documents.iter().map(|(key, _)| key.clone()).filter(|key| !key.contains('/')).collect()
    }

    /// The documents of these arrays with other shapes, and of the group; the last of them is what a reader sees first.
    pub fn resized(&self, shapes: &HashMap<String, Vec<u64>>) -> Vec<(String, Bytes)> {
        let mut documents = self.documents.clone();
        for (key, document) in &mut documents {
            let own = key.split_once('/').and_then(|(name, _)| shapes.get(name));
            if let (Some(shape), Some(object)) = (own, document.as_object_mut()) {
                object.insert("shape".into(), shape.clone().into());
            }
            let consolidated = match self.format {
                3 => document.get_mut("consolidated_metadata").and_then(|c| c.get_mut("metadata")),
                _ => document.get_mut("metadata"),
            };
            for (key, array) in consolidated.and_then(Value::as_object_mut).into_iter().flatten() {
                let name = key.strip_suffix("/.zarray").unwrap_or(key);
                if let (Some(shape), Some(object)) = (shapes.get(name), array.as_object_mut())
                    && object.contains_key("shape")
                {
                    object.insert("shape".into(), shape.clone().into());
                }
            }
        }
        documents.iter().map(|(key, document)| (key.clone(), Bytes::from(format!("{document:#}")))).collect()
    }
}

async fn document(store: &Arc<dyn ObjectStore>, key: &str) -> Result<Option<Value>> {
    let path = Path::parse(key).map_err(|e| ArrayError::invalid(format!("`{key}` is not a key")).with_source(e))?;
    let bytes = match store.get(&path).await {
        Ok(result) => result.bytes().await.map_err(|e| store_error(key, e))?,
        Err(e) if is_missing(&e) => return Ok(None),
        Err(e) => return Err(store_error(key, e)),
    };
    let parsed = crate::json::parse(&bytes);
    parsed.map(Some).map_err(|e| ArrayError::invalid(format!("`{key}` is not JSON")).with_source(e))
}

fn spec(name: &str, format: u8, array: &Value, attributes: Option<&Value>) -> Result<ArraySpec> {
    let lengths = |value: Option<&Value>| -> Result<Vec<u64>> {
        let list = value.and_then(Value::as_array);
        let list = list.and_then(|l| l.iter().map(Value::as_u64).collect::<Option<Vec<u64>>>());
        list.ok_or_else(|| ArrayError::invalid("its shape or its chunks are no lengths"))
    };
    let attributes = attributes.and_then(Value::as_object).cloned().unwrap_or_default();
    let names = |value: Option<&Value>| -> Vec<String> {
        let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_string).collect()
    };
    let fill_value = array.get("fill_value").cloned().unwrap_or(Value::Null);
    let shape = lengths(array.get("shape"))?;
    let (dimensions, chunk_shape, shard_shape, data_type, codecs) = if format == 3 {
        let grid = array.get("chunk_grid");
        if grid.and_then(|g| g.get("name")).and_then(Value::as_str) != Some("regular") {
            return Err(unwritable("its chunk grid is not regular"));
        }
        let outer = lengths(grid.and_then(|g| g.get("configuration")).and_then(|c| c.get("chunk_shape")))?;
        let encoding = array.get("chunk_key_encoding");
        let separator = encoding.and_then(|e| e.get("configuration")).and_then(|c| c.get("separator"));
        if encoding.and_then(|e| e.get("name")).and_then(Value::as_str) != Some("default")
            || separator.is_some_and(|s| s != "/")
        {
            return Err(unwritable("its chunk keys are not those of `default`"));
        }
        let list = array.get("codecs").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let data_type = StoredType::from_v3(array.get("data_type").unwrap_or(&Value::Null))?.data_type();
        match list {
            [one] if one.get("name").and_then(Value::as_str) == Some("sharding_indexed") => {
                let configuration = one.get("configuration");
                let inner = lengths(configuration.and_then(|c| c.get("chunk_shape")))?;
                let list = configuration.and_then(|c| c.get("codecs")).and_then(Value::as_array);
                let codecs = codecs_v3(list.map(Vec::as_slice).unwrap_or_default())?;
                (names(array.get("dimension_names")), inner, Some(outer), data_type, codecs)
            }
            list => (names(array.get("dimension_names")), outer, None, data_type, codecs_v3(list)?),
        }
    } else {
        let separator = array.get("dimension_separator");
        if separator.is_some_and(|s| s != ".") || array.get("order").and_then(Value::as_str) != Some("C") {
            return Err(unwritable("its chunks are in Fortran order or in folders of their own"));
        }
        let data_type = StoredType::from_v2(array.get("dtype").unwrap_or(&Value::Null))?.0.data_type();
        let dtype = array.get("dtype").and_then(Value::as_str).unwrap_or_default();
        if dtype != super::metadata::dtype_v2(data_type) {
            return Err(unwritable("its type is not one that is written"));
        }
        let codecs = compressor_v2(array.get("compressor"))?;
        (names(attributes.get("_ARRAY_DIMENSIONS")), lengths(array.get("chunks"))?, None, data_type, codecs)
    };
    let spec = ArraySpec {
        name: name.to_string(),
        dimensions,
        shape,
        chunk_shape,
        shard_shape,
        data_type,
        fill_value: if fill_value.is_null() { zero(data_type) } else { fill_value },
        codecs,
        attributes: Attributes::from(attributes),
    };
    if format == 3 && array.get("data_type") != Some(&spec.data_type_metadata()) {
        return Err(unwritable("its type is not one that is written"));
    }
    Ok(spec)
}

fn zero(data_type: DataType) -> Value {
    match data_type {
        DataType::Bool => false.into(),
        DataType::String => "".into(),
        _ => 0.into(),
    }
}

fn codecs_v3(codecs: &[Value]) -> Result<Compression> {
    let name = |codec: &Value| codec.get("name").and_then(Value::as_str).unwrap_or_default().to_string();
    let configuration =
        |codec: &Value| codec.get("configuration").and_then(Value::as_object).cloned().unwrap_or_default();
    let plain = |codec: &Value| match name(codec).as_str() {
        "vlen-utf8" => true,
        "bytes" => configuration(codec).get("endian").is_none_or(|e| e == "little"),
        _ => false,
    };
    match codecs {
        [first] if plain(first) => Ok(Compression::None),
        [first, second] if plain(first) => compression(&name(second), &configuration(second), "level"),
        _ => Err(unwritable("its codecs are not among those that are written")),
    }
}

fn compressor_v2(compressor: Option<&Value>) -> Result<Compression> {
    match compressor.filter(|c| !c.is_null()) {
        None => Ok(Compression::None),
        Some(one) => {
            let name = one.get("id").and_then(Value::as_str).unwrap_or_default();
            compression(name, &one.as_object().cloned().unwrap_or_default(), "level")
        }
    }
}

fn compression(name: &str, configuration: &Map<String, Value>, level: &str) -> Result<Compression> {
    let number = |key: &str| configuration.get(key).and_then(Value::as_i64);
    match name {
        // Level 0 is the library's own choice.
        "zstd" => {
            Ok(Compression::Zstd(number(level).and_then(|l| i32::try_from(l).ok()).filter(|l| *l > 0).unwrap_or(3)))
        }
        "blosc" if configuration.get("cname").and_then(Value::as_str) == Some("zstd") => Ok(Compression::BloscZstd {
            level: number("clevel").and_then(|l| u8::try_from(l).ok()).unwrap_or(5),
            shuffle: configuration.get("shuffle").is_some_and(|s| s == "shuffle" || s == 1),
        }),
        other => Err(unwritable(&format!("codec `{other}` is read, and not written"))),
    }
}

fn unwritable(reason: &str) -> ArrayError {
    ArrayError::unsupported(reason.to_string()).hint("write a new store with `COPY`")
}
