//! From the nodes of a store to datasets: one for the root, one for each group below it.

use std::collections::HashSet;
use std::sync::Arc;

use hyperslab_array::{ArrayError, Dataset, DatasetBuilder, RawVariable, Result};
use object_store::ObjectStore;
use serde_json::{Map, Value};

use crate::array::ArrayMetadata;
use crate::attributes::{NamedShape, complete_names, variable_attributes, without_bookkeeping};
use crate::metadata::{Kind, Node};
use crate::source::ZarrSource;

/// The name of the format.
const FORMAT: &str = "ZARR";

/// The dataset of `nodes`, of which the root is the first.
pub(crate) async fn build(
    name: &str,
    location: &str,
    store: &Arc<dyn ObjectStore>,
    nodes: Vec<Node>,
) -> Result<Dataset> {
    let mut nodes = nodes.into_iter();
    let root = nodes.next().ok_or_else(|| ArrayError::internal("a store without a root"))?;
    let context = |e: ArrayError| e.context("dataset", name);
    let mut root = match root.kind {
        Kind::Group => Group::new(root),
        Kind::Broken(reason) => return Err(context(ArrayError::invalid(reason))),
        Kind::ArrayV2(_) | Kind::ArrayV3(_) => {
            let variable = name_of(location).unwrap_or(name).to_string();
            let array = read_array(&root).map_err(|e| context(e.context("variable", &variable)))?;
            let mut group = Group::new(Node { path: String::new(), attributes: Map::new(), kind: Kind::Group });
            group.add(store, variable, root, array);
            group
        }
    };
    let mut groups: Vec<Group> = Vec::new();
    let mut children: Vec<Node> = Vec::new();
    for node in nodes {
        match node.kind {
            Kind::Group => groups.push(Group::new(node)),
            _ => children.push(node),
        }
    }
    // Consolidated metadata may leave out the groups between.
    let known: HashSet<String> = groups.iter().map(|g| g.path.clone()).collect();
    let mut implied: Vec<String> = Vec::new();
    for path in children.iter().map(|n| &n.path).chain(&known) {
        for parent in parents(path) {
            if !known.contains(parent) && !implied.iter().any(|p| p == parent) {
                implied.push(parent.to_string());
            }
        }
    }
    let empty = |path| Group::new(Node { path, attributes: Map::new(), kind: Kind::Group });
    groups.extend(implied.into_iter().map(empty));
    for node in children {
        let (parent, variable) = match node.path.rsplit_once('/') {
            Some((parent, variable)) => (parent, variable.to_string()),
            None => ("", node.path.clone()),
        };
        let group = match parent {
            "" => &mut root,
            _ => match groups.iter_mut().find(|g| g.path == parent) {
                Some(group) => group,
                None => return Err(context(ArrayError::internal(format!("group `{parent}` is lost")))),
            },
        };
        match &node.kind {
            Kind::Broken(reason) => group.skipped.push((variable, reason.clone())),
            _ => match read_array(&node) {
                Ok(array) => group.add(store, variable, node, array),
                Err(e) => group.skipped.push((variable, e.to_string())),
            },
        }
    }
    let nothing = root.is_empty() && groups.iter().all(Group::is_empty);
    if nothing {
        return Err(context(ArrayError::not_found("the store holds no array")));
    }
    finish(name, location, root, groups).await
}

/// Builds the datasets of all groups, the deepest first, then the root's.
async fn finish(name: &str, location: &str, mut root: Group, mut groups: Vec<Group>) -> Result<Dataset> {
    for group in &mut groups {
        group.complete_names();
    }
    root.complete_names();
    let inherited: Vec<Vec<RawVariable>> = groups.iter().map(|g| inherited(g, &root, &groups)).collect();
    let mut order: Vec<(Group, Vec<RawVariable>)> = groups.into_iter().zip(inherited).collect();
    order.sort_by_key(|(g, _)| std::cmp::Reverse(g.path.split('/').count()));
    let mut built: Vec<(String, Result<Arc<Dataset>, String>)> = Vec::new();
    for (mut group, inherited) in order {
        let path = group.path.clone();
        group.variables.extend(inherited);
        let location = format!("{}/{path}", location.trim_end_matches('/'));
        let dataset = group.builder(&format!("{name}/{path}"), &location, &built).build().await;
        built.push((path, dataset.map(Arc::new).map_err(|e| e.to_string())));
    }
    root.builder(name, location, &built).build().await
}

/// A group and what is right in it.
#[derive(Debug)]
struct Group {
    path: String,
    attributes: Map<String, Value>,
    variables: Vec<RawVariable>,
    /// What the metadata calls the dimensions of each variable.
    names: Vec<Vec<Option<String>>>,
    skipped: Vec<(String, String)>,
}

impl Group {
    fn new(node: Node) -> Self {
        Self { path: node.path, attributes: node.attributes, variables: vec![], names: vec![], skipped: vec![] }
    }

    fn is_empty(&self) -> bool {
        self.variables.is_empty() && self.skipped.is_empty()
    }

    fn add(&mut self, store: &Arc<dyn ObjectStore>, name: String, node: Node, array: ArrayMetadata) {
        let fill_value = match &node.kind {
            Kind::ArrayV2(document) => Some(document.get("fill_value").unwrap_or(&Value::Null)),
            _ => None,
        };
        let attributes = variable_attributes(node.attributes, array.element.data_type, fill_value);
        self.names.push(array.dimension_names.clone());
        let shown = if node.path.is_empty() { &name } else { &node.path };
        let source = ZarrSource::new(Arc::clone(store), node.path.clone(), shown, array);
        self.variables.push(RawVariable { name, dimensions: vec![], attributes, source: Arc::new(source) });
    }

    /// Gives each dimension its name.
    fn complete_names(&mut self) {
        let shapes: Vec<Vec<u64>> = self.variables.iter().map(|v| v.source.chunk_grid().shape()).collect();
        let arrays: Vec<NamedShape<'_>> = self
            .variables
            .iter()
            .zip(&self.names)
            .zip(&shapes)
            .map(|((variable, names), shape)| (variable.name.as_str(), names.as_slice(), shape.as_slice()))
            .collect();
        let complete = complete_names(&arrays);
        for (variable, dimensions) in self.variables.iter_mut().zip(complete) {
            variable.dimensions = dimensions;
        }
    }

    fn builder(self, name: &str, location: &str, built: &[(String, Result<Arc<Dataset>, String>)]) -> DatasetBuilder {
        let mut builder = DatasetBuilder::new(name, location, FORMAT).attributes(without_bookkeeping(self.attributes));
        for variable in self.variables {
            builder = builder.variable(variable);
        }
        for (name, reason) in self.skipped {
            builder = builder.skip(name, reason);
        }
        let mut below: Vec<_> = built.iter().filter_map(|(path, d)| Some((relative(path, &self.path)?, d))).collect();
        below.sort_by(|a, b| a.0.cmp(b.0));
        for (path, dataset) in below {
            builder = match dataset {
                Ok(dataset) => builder.group(path, Arc::clone(dataset)),
                Err(reason) => builder.skip(path, reason),
            };
        }
        builder
    }
}

/// The dimension coordinates that `group` has from the groups above it, as in xarray's DataTree.
fn inherited(group: &Group, root: &Group, groups: &[Group]) -> Vec<RawVariable> {
    let mut out: Vec<RawVariable> = Vec::new();
    let above = groups.iter().filter(|g| relative(&group.path, &g.path).is_some());
    let mut above: Vec<&Group> = above.chain([root]).collect();
    above.sort_by_key(|g| std::cmp::Reverse(g.path.len()));
    for coordinate in above.into_iter().flat_map(|g| &g.variables) {
        let [dimension] = coordinate.dimensions.as_slice() else { continue };
        let size = coordinate.source.chunk_grid().shape();
        let used = group.variables.iter().any(|v| {
            v.dimensions.iter().zip(v.source.chunk_grid().shape()).any(|(d, s)| d == dimension && [s] == size[..])
        });
        let taken = group.variables.iter().chain(&out).any(|v| v.name == coordinate.name);
        if *dimension == coordinate.name && used && !taken {
            out.push(coordinate.clone());
        }
    }
    out
}

/// `path` as seen from the group at `from`; `None` where it is not below it.
fn relative<'a>(path: &'a str, from: &str) -> Option<&'a str> {
    if from.is_empty() { Some(path).filter(|p| !p.is_empty()) } else { path.strip_prefix(from)?.strip_prefix('/') }
}

/// The groups above `path`, without the root.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(i, _)| path.get(..i))
}

fn read_array(node: &Node) -> Result<ArrayMetadata> {
    match &node.kind {
        Kind::ArrayV2(document) => ArrayMetadata::from_v2(document, &node.attributes),
        Kind::ArrayV3(document) => ArrayMetadata::from_v3(document, &node.attributes),
        Kind::Group => Err(ArrayError::internal("a group is not an array")),
        Kind::Broken(reason) => Err(ArrayError::invalid(reason)),
    }
}

/// The last part of a location, without `.zarr`.
fn name_of(location: &str) -> Option<&str> {
    let path = location.split(['?', '#']).next()?.trim_end_matches('/');
    let last = path.rsplit('/').next()?;
    let last = last.strip_suffix(".zip").unwrap_or(last);
    let last = last.strip_suffix(".zarr").unwrap_or(last);
    Some(last).filter(|n| !n.is_empty())
}
