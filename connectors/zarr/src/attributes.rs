//! What xarray, netCDF and Zarr put into attributes and metadata beyond CF: the names of dimensions and `_FillValue`.

use std::collections::{HashMap, HashSet};

use hyperslab_array::{ArrayError, Attributes, Result};
use serde_json::{Map, Value};

use crate::data_type::{StoredType, short};
use crate::fill_value::{base64, base64_float};

/// xarray's attribute with the names of an array's dimensions, in v2.
const ARRAY_DIMENSIONS: &str = "_ARRAY_DIMENSIONS";

/// The names of dimensions in v2: xarray's attribute, or netCDF's.
pub(crate) fn dimension_names_v2(
    rank: usize,
    document: &Map<String, Value>,
    attributes: &Map<String, Value>,
) -> Result<Vec<Option<String>>> {
    if let Some(names) = attributes.get(ARRAY_DIMENSIONS) {
        return names_of(rank, names);
    }
    let netcdf = ["_NCZARR_ARRAY", "_nczarr_array"]
        .iter()
        .find_map(|key| document.get(*key).or_else(|| attributes.get(*key)))
        .and_then(|array| ["dimrefs", "dimension_references"].iter().find_map(|key| array.get(key)));
    match netcdf {
        // A dimension is named by its path: `/group/lat`.
        Some(Value::Array(paths)) if paths.len() == rank => Ok(paths
            .iter()
            .map(|path| path.as_str().and_then(|p| p.rsplit('/').next()).filter(|n| !n.is_empty()).map(str::to_string))
            .collect()),
        _ => Ok(vec![None; rank]),
    }
}

/// The names of dimensions in v3: `dimension_names`, or xarray's attribute of v2.
pub(crate) fn dimension_names_v3(
    rank: usize,
    document: &Map<String, Value>,
    attributes: &Map<String, Value>,
) -> Result<Vec<Option<String>>> {
    match document.get("dimension_names").filter(|names| !names.is_null()).or_else(|| attributes.get(ARRAY_DIMENSIONS))
    {
        Some(names) => names_of(rank, names),
        None => Ok(vec![None; rank]),
    }
}

fn names_of(rank: usize, names: &Value) -> Result<Vec<Option<String>>> {
    let wrong =
        || ArrayError::invalid(format!("dimension names are `{}`, expected a list of {rank} names", short(names)));
    let list = names.as_array().filter(|list| list.len() == rank).ok_or_else(wrong)?;
    let mut seen = HashSet::new();
    list.iter()
        .map(|name| match name {
            Value::Null => Ok(None),
            Value::String(name) if name.is_empty() => Ok(None),
            Value::String(name) if !seen.insert(name) => {
                Err(ArrayError::unsupported(format!("dimension `{name}` appears twice")))
            }
            Value::String(name) => Ok(Some(name.clone())),
            _ => Err(wrong()),
        })
        .collect()
}

/// An array's name, what its metadata calls its dimensions, and its shape.
pub(crate) type NamedShape<'a> = (&'a str, &'a [Option<String>], &'a [u64]);

/// Names for all dimensions of `arrays`: those without one are called `dim_0`, `dim_1`, … where all arrays that
/// would share the name agree on its size, and else after their array.
pub(crate) fn complete_names(arrays: &[NamedShape<'_>]) -> Vec<Vec<String>> {
    let mut sizes: HashMap<String, Option<u64>> = HashMap::new();
    for (_, names, shape) in arrays {
        for (d, (name, size)) in names.iter().zip(*shape).enumerate() {
            let shared = name.clone().unwrap_or_else(|| format!("dim_{d}"));
            let known = sizes.entry(shared).or_insert(Some(*size));
            if *known != Some(*size) {
                *known = None;
            }
        }
    }
    arrays
        .iter()
        .map(|(array, names, _)| {
            let own = |d: usize| {
                let shared = format!("dim_{d}");
                let fits = sizes.get(&shared).is_some_and(Option::is_some) && !names.contains(&Some(shared.clone()));
                if fits { shared } else { format!("{array}_dim_{d}") }
            };
            names.iter().enumerate().map(|(d, name)| name.clone().unwrap_or_else(|| own(d))).collect()
        })
        .collect()
}

/// The attributes of a variable, without those that only carry the names of dimensions.
///
/// xarray reads v2's fill value as the value of missing cells, except of times, and encodes v3's attribute `_FillValue`.
pub(crate) fn variable_attributes(
    attributes: Map<String, Value>,
    data_type: StoredType,
    v2_fill_value: Option<&Value>,
) -> Attributes {
    let mut out = without_bookkeeping(attributes);
    let plain = |text: &str| match data_type {
        StoredType::Bytes(_) => base64(text).and_then(|bytes| String::from_utf8(bytes).ok()),
        _ => None,
    };
    match (v2_fill_value, data_type) {
        (Some(Value::Null), _) | (Some(_), StoredType::DateTime(_) | StoredType::TimeDelta(_)) => {}
        (Some(Value::String(text)), StoredType::Bytes(_)) => {
            out.insert("_FillValue", plain(text).unwrap_or_else(|| text.clone()));
        }
        (Some(Value::Number(_)), StoredType::Bytes(_) | StoredType::Utf32(_) | StoredType::String) => {}
        (Some(fill), _) => out.insert("_FillValue", fill.clone()),
        (None, _) => {
            let encoded = out.text("_FillValue").map(str::to_string);
            let float = encoded.as_deref().filter(|_| data_type.data_type().is_float()).and_then(base64_float);
            if let Some(value) = float {
                out.insert("_FillValue", number(value));
            } else if let Some(text) = encoded.as_deref().and_then(plain) {
                out.insert("_FillValue", text);
            }
        }
    }
    out
}

/// The attributes of a group.
pub(crate) fn without_bookkeeping(mut attributes: Map<String, Value>) -> Attributes {
    attributes.retain(|key, _| key != ARRAY_DIMENSIONS && !key.to_lowercase().starts_with("_nczarr"));
    Attributes::from(attributes)
}

/// A float as JSON; text where JSON has no such number.
fn number(value: f64) -> Value {
    match serde_json::Number::from_f64(value) {
        Some(number) => Value::Number(number),
        None if value.is_nan() => "NaN".into(),
        None if value > 0.0 => "Infinity".into(),
        None => "-Infinity".into(),
    }
}
