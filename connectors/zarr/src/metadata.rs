//! Finds and reads the metadata of a store: groups, arrays and attributes, of either version.
//!
//! ```text
//! zarr.json  .zmetadata  .zarray  .zgroup  .zattrs      one round trip
//!     │ consolidated?  yes → done
//!     └ no → list the group → read its children, all at once → list those that are groups …
//! ```

use std::sync::Arc;

use bytes::Bytes;
use futures::future::{join_all, try_join_all};
use futures::{StreamExt, TryStreamExt, stream};
use hyperslab_array::{ArrayError, Result};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::{Map, Value};

use crate::error::{is_denied, is_missing, store_error};

/// How many metadata documents are fetched at once.
const CONCURRENT_READS: usize = 128;

/// A metadata document longer than this is refused.
const MOST_DOCUMENT_BYTES: u64 = 256 << 20;

/// Groups nested deeper than this are refused.
const DEEPEST: usize = 32;

/// A group or an array of a store.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Its path, without a slash at either end; empty for the root.
    pub(crate) path: String,
    pub(crate) attributes: Map<String, Value>,
    pub(crate) kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Group,
    /// A `.zarray`.
    ArrayV2(Value),
    /// A `zarr.json`.
    ArrayV3(Value),
    /// Metadata that cannot be read, and why.
    Broken(String),
}

/// Reads the metadata of everything in `store`; the root comes first.
pub(crate) async fn read(store: &Arc<dyn ObjectStore>) -> Result<Vec<Node>> {
    let names = ["zarr.json", ".zmetadata", ".zarray", ".zgroup", ".zattrs"];
    let mut denied = None;
    let mut found = Vec::new();
    for document in join_all(names.iter().map(|name| document(store, name))).await {
        match document {
            Ok(document) => found.push(document),
            // Buckets that may not be listed say "denied" of what is not there.
            Err(e) if is_about_access(&e) => {
                denied.get_or_insert(e);
                found.push(None);
            }
            Err(e) => return Err(e),
        }
    }
    let [v3, consolidated, array, group, attributes] =
        <[Option<Value>; 5]>::try_from(found).map_err(|_| ArrayError::internal("five documents were asked for"))?;
    if let Some(error) = denied
        && [&v3, &consolidated, &array, &group].iter().all(|d| d.is_none())
    {
        return Err(error);
    }
    if let Some(document) = v3 {
        let root = node_v3(String::new(), &document);
        return match (&root.kind, consolidated_v3(&document)?) {
            (Kind::Group, Some(children)) => Ok([vec![root], children].concat()),
            (Kind::Group, None) => descend(store, root, Version::V3).await,
            _ => Ok(vec![root]),
        };
    }
    if let Some(document) = consolidated {
        return consolidated_v2(&document);
    }
    match (array, group) {
        (Some(array), _) => Ok(vec![node_v2(String::new(), Some(array), attributes)]),
        (None, Some(_)) => descend(store, node_v2(String::new(), None, attributes), Version::V2).await,
        (None, None) => Err(ArrayError::not_found("no Zarr store is here")
            .hint("expected `zarr.json`, `.zmetadata`, `.zgroup` or `.zarray` at the location")),
    }
}

fn is_about_access(error: &ArrayError) -> bool {
    std::error::Error::source(error).and_then(|e| e.downcast_ref::<object_store::Error>()).is_some_and(is_denied)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    V2,
    V3,
}

/// The JSON under `key`; `None` where there is none.
async fn document(store: &Arc<dyn ObjectStore>, key: &str) -> Result<Option<Value>> {
    match bytes(store, key).await? {
        Some(bytes) => crate::json::parse(&bytes)
            .map(Some)
            .map_err(|e| ArrayError::invalid(format!("`{key}` is not JSON")).with_source(e)),
        None => Ok(None),
    }
}

async fn bytes(store: &Arc<dyn ObjectStore>, key: &str) -> Result<Option<Bytes>> {
    let path = Path::parse(key).map_err(|e| ArrayError::invalid(format!("`{key}` is not a key")).with_source(e))?;
    let result = match store.get(&path).await {
        Ok(result) => result,
        Err(e) if is_missing(&e) => return Ok(None),
        Err(e) => return Err(store_error(key, e)),
    };
    if result.meta.size > MOST_DOCUMENT_BYTES {
        return Err(ArrayError::too_large(format!(
            "`{key}` has {} bytes, expected at most {MOST_DOCUMENT_BYTES}",
            result.meta.size
        )));
    }
    result.bytes().await.map(Some).map_err(|e| store_error(key, e))
}

fn node_v3(path: String, document: &Value) -> Node {
    let attributes = document.get("attributes").and_then(Value::as_object).cloned().unwrap_or_default();
    let format = document.get("zarr_format").and_then(Value::as_u64);
    let kind = match (format, document.get("node_type").and_then(Value::as_str)) {
        (Some(3), Some("group")) => Kind::Group,
        (Some(3), Some("array")) => Kind::ArrayV3(document.clone()),
        (Some(3), _) => Kind::Broken("`zarr.json` does not say `group` or `array`".into()),
        (Some(other), _) => Kind::Broken(format!("zarr format `{other}` cannot be read, expected 2 or 3")),
        (None, _) => Kind::Broken("`zarr.json` does not say its `zarr_format`".into()),
    };
    Node { path, attributes, kind }
}

fn node_v2(path: String, array: Option<Value>, attributes: Option<Value>) -> Node {
    let attributes = match attributes {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    };
    Node { path, attributes, kind: array.map_or(Kind::Group, Kind::ArrayV2) }
}

/// The nodes below a v3 group whose metadata holds theirs; `None` where it doesn't.
fn consolidated_v3(document: &Value) -> Result<Option<Vec<Node>>> {
    let Some(consolidated) = document.get("consolidated_metadata").filter(|c| !c.is_null()) else {
        return Ok(None);
    };
    let Some(metadata) = consolidated.get("metadata").and_then(Value::as_object) else {
        return Err(ArrayError::invalid("`consolidated_metadata` of `zarr.json` has no `metadata`"));
    };
    metadata
        .iter()
        .map(|(path, document)| {
            check_path(path)?;
            Ok(node_v3(path.clone(), document))
        })
        .collect::<Result<_>>()
        .map(Some)
}

/// The nodes of a `.zmetadata`.
fn consolidated_v2(document: &Value) -> Result<Vec<Node>> {
    let metadata = document
        .get("metadata")
        .and_then(Value::as_object)
        .ok_or_else(|| ArrayError::invalid("`.zmetadata` has no `metadata`"))?;
    let attributes = |path: &str| {
        let key = if path.is_empty() { ".zattrs".to_string() } else { format!("{path}/.zattrs") };
        metadata.get(&key).cloned()
    };
    let mut nodes = Vec::new();
    for (key, document) in metadata {
        let (path, name) = key.rsplit_once('/').unwrap_or(("", key));
        if name != ".zarray" && name != ".zgroup" {
            continue;
        }
        if !path.is_empty() {
            check_path(path)?;
        }
        let array = (name == ".zarray").then(|| document.clone());
        nodes.push(node_v2(path.into(), array, attributes(path)));
    }
    if !nodes.iter().any(|n| n.path.is_empty()) {
        nodes.push(node_v2(String::new(), None, attributes("")));
    }
    // Stable: the order of the file stays.
    nodes.sort_by_key(|n| !n.path.is_empty());
    Ok(nodes)
}

/// Refuses paths that would lead out of the store.
fn check_path(path: &str) -> Result<()> {
    let bad = path.split('/').any(|part| part.is_empty() || part == "." || part == "..");
    if bad || path.contains('\\') || path.chars().any(char::is_control) {
        return Err(ArrayError::invalid(format!("`{path}` is not the path of a group or an array")));
    }
    Ok(())
}

/// `root` and everything below it, found by listing, one level of groups after the other.
async fn descend(store: &Arc<dyn ObjectStore>, root: Node, version: Version) -> Result<Vec<Node>> {
    let mut level = vec![root.path.clone()];
    let mut nodes = vec![root];
    for _ in 0..DEEPEST {
        if level.is_empty() {
            return Ok(nodes);
        }
        let children = try_join_all(level.iter().map(|group| children(store, group))).await?.concat();
        let found: Vec<Vec<Node>> = stream::iter(children)
            .map(|path| read_node(store, path, version))
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await?;
        // A group that brings the metadata of its children needs no listing.
        level = found
            .iter()
            .filter_map(|nodes| match nodes.as_slice() {
                [Node { kind: Kind::Group, path, .. }] => Some(path.clone()),
                _ => None,
            })
            .collect();
        nodes.extend(found.into_iter().flatten());
    }
    Err(ArrayError::too_large(format!("groups are nested more than {DEEPEST} deep")))
}

/// The paths right below `group`.
async fn children(store: &Arc<dyn ObjectStore>, group: &str) -> Result<Vec<String>> {
    let prefix = if group.is_empty() {
        None
    } else {
        Some(Path::parse(group).map_err(|e| ArrayError::invalid(format!("`{group}` is not a path")).with_source(e))?)
    };
    let listed = store.list_with_delimiter(prefix.as_ref()).await.map_err(|e| {
        let shown = if group.is_empty() { "/" } else { group };
        ArrayError::io(format!("cannot list the group `{shown}`, which has no consolidated metadata"))
            .with_source(e)
            .hint("consolidate the metadata, with `zarr.consolidate_metadata(store)`, so that nothing is listed")
    })?;
    Ok(listed
        .common_prefixes
        .iter()
        .map(|path| path.as_ref().to_string())
        .filter(|path| check_path(path).is_ok())
        .collect())
}

/// The node at `path`, and those below it that its metadata tells of; nothing where there is no metadata.
async fn read_node(store: &Arc<dyn ObjectStore>, path: String, version: Version) -> Result<Vec<Node>> {
    let broken = |error: ArrayError| match error.kind() {
        hyperslab_array::ErrorKind::Invalid | hyperslab_array::ErrorKind::TooLarge => {
            Ok(vec![Node { path: path.clone(), attributes: Map::new(), kind: Kind::Broken(error.to_string()) }])
        }
        _ => Err(error),
    };
    match version {
        Version::V3 => match document(store, &format!("{path}/zarr.json")).await {
            Ok(None) => Ok(vec![]),
            Ok(Some(document)) => {
                let node = node_v3(path.clone(), &document);
                let below = match (&node.kind, consolidated_v3(&document)) {
                    (Kind::Group, Ok(Some(below))) => below,
                    (_, Err(e)) => return broken(e),
                    _ => vec![],
                };
                let prefixed = below.into_iter().map(|n| Node { path: format!("{path}/{}", n.path), ..n });
                Ok(std::iter::once(node.clone()).chain(prefixed).collect())
            }
            Err(e) => broken(e),
        },
        Version::V2 => {
            let keys = [format!("{path}/.zarray"), format!("{path}/.zgroup"), format!("{path}/.zattrs")];
            let found = try_join_all(keys.iter().map(|key| document(store, key))).await;
            let [array, group, attributes] = match found.map(<[Option<Value>; 3]>::try_from) {
                Ok(Ok(found)) => found,
                Ok(Err(_)) => return Err(ArrayError::internal("three documents were asked for")),
                Err(e) => return broken(e),
            };
            Ok(match (&array, group) {
                (None, None) => vec![],
                _ => vec![node_v2(path, array, attributes)],
            })
        }
    }
}
