//! The datasets of a session: which are registered, and the tables that each of them is.
//!
//! A dataset `ersst` is the table `ersst` (its full grid), and a schema `ersst` with a table for each grid and the
//! metadata tables. A group below it is the table `ersst."group/sub"` and a schema `"ersst/group/sub"` of its own.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::error::Result;
use hyperslab_array::{ArrayError, Dataset, nearest_names};
use hyperslab_exec::{ArrayTable, datafusion_error};
use indexmap::IndexMap;

use crate::metadata_tables::metadata_tables;

/// A dataset with its tables.
#[derive(Debug)]
pub(crate) struct Registered {
    pub dataset: Arc<Dataset>,
    /// The table of the full grid, where there is one.
    full: Option<Arc<dyn TableProvider>>,
    /// By name: `ersst`, `ersst/group/sub`.
    schemas: IndexMap<String, Arc<DatasetSchema>>,
}

impl Registered {
    /// The tables of `dataset` under `name`.
    ///
    /// # Errors
    /// When a variable does not fit its grid.
    pub(crate) fn try_new(name: &str, dataset: Arc<Dataset>) -> Result<Self> {
        let dataset = if dataset.name == name {
            dataset
        } else {
            Arc::new(Dataset { name: name.to_string(), ..dataset.as_ref().clone() })
        };
        let mut groups = vec![(String::new(), Arc::clone(&dataset))];
        let mut at = 0;
        while let Some((path, group)) = groups.get(at).cloned() {
            let below = |sub: &str| if path.is_empty() { sub.to_string() } else { format!("{path}/{sub}") };
            groups.extend(group.groups.iter().map(|(sub, group)| (below(sub), Arc::clone(group))));
            at += 1;
        }
        let mut schemas = IndexMap::new();
        for (path, group) in &groups {
            let schema = if path.is_empty() { name.to_string() } else { format!("{name}/{path}") };
            schemas.insert(schema.clone(), DatasetSchema::try_new(&schema, group)?);
        }
        let full = full_table(&dataset)?;
        // A group's full grid is reached through the schema of the dataset.
        if let Some(root) = schemas.get(name) {
            let mut with_groups = root.as_ref().clone();
            for (path, group) in groups.iter().skip(1) {
                match full_table(group)? {
                    Some(table) => drop(with_groups.tables.insert(path.clone(), table)),
                    None => drop(with_groups.without_full_grid.insert(path.clone(), Arc::clone(group))),
                }
            }
            schemas.insert(name.to_string(), Arc::new(with_groups));
        }
        Ok(Self { dataset, full, schemas })
    }

    /// The table of the full grid.
    ///
    /// # Errors
    /// When there is no grid that holds all others; the error lists the grids.
    pub(crate) fn full(&self) -> Result<Arc<dyn TableProvider>> {
        self.full.clone().ok_or_else(|| no_full_grid(&self.dataset.name, &self.dataset))
    }
}

fn full_table(dataset: &Arc<Dataset>) -> Result<Option<Arc<dyn TableProvider>>> {
    match dataset.full_grid() {
        Some(grid) => Ok(Some(Arc::new(ArrayTable::try_new(Arc::clone(dataset), grid)?))),
        None => Ok(None),
    }
}

/// `schema` is the name under which the grids are found.
fn no_full_grid(schema: &str, dataset: &Dataset) -> datafusion::error::DataFusionError {
    let quoted = |name: &str| {
        let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain { name.to_string() } else { format!("\"{name}\"") }
    };
    let grids = grid_tables(dataset);
    let mut names: Vec<String> = grids.iter().map(|(n, _)| format!("`{}.{}`", quoted(schema), quoted(n))).collect();
    let error = if grids.is_empty() {
        names = dataset.groups.keys().map(|g| format!("`{}.\"{g}\"`", quoted(schema))).collect();
        ArrayError::argument(match dataset.skipped.as_slice() {
            [] => format!("dataset `{schema}` has no data variable of its own"),
            [one] => format!("dataset `{schema}` has no data variable but `{}`: {}", one.name, one.reason),
            [first, rest @ ..] => format!(
                "dataset `{schema}` has no data variable that can be read; `{}`: {}, and {} more",
                first.name,
                first.reason,
                rest.len()
            ),
        })
    } else {
        ArrayError::argument(format!("dataset `{schema}` has no grid that holds all others"))
    };
    const MOST: usize = 20;
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    datafusion_error(match names.is_empty() {
        true => error,
        false => error.hint(format!("take one of {}{more}", names.join(", "))),
    })
}

/// The grids with the names of their tables, each of them once. A grid that is called like a metadata table, or like
/// a grid before it, gets a number.
pub(crate) fn grid_tables(dataset: &Dataset) -> Vec<(String, hyperslab_array::Grid)> {
    let mut tables: Vec<(String, hyperslab_array::Grid)> = Vec::new();
    for grid in dataset.grids() {
        let taken =
            |name: &str| crate::metadata_tables::NAMES.contains(&name) || tables.iter().any(|(other, _)| other == name);
        let name = std::iter::once(grid.name.clone())
            .chain((2u64..).map(|i| format!("{}_{i}", grid.name)))
            .find(|name| !taken(name))
            .unwrap_or_default();
        tables.push((name, grid));
    }
    tables
}

/// The tables of one dataset or group.
#[derive(Debug, Clone)]
pub(crate) struct DatasetSchema {
    name: String,
    tables: IndexMap<String, Arc<dyn TableProvider>>,
    without_full_grid: IndexMap<String, Arc<Dataset>>,
}

impl DatasetSchema {
    fn try_new(name: &str, dataset: &Arc<Dataset>) -> Result<Arc<Self>> {
        let mut tables: IndexMap<String, Arc<dyn TableProvider>> = IndexMap::new();
        for (table, grid) in grid_tables(dataset) {
            tables.insert(table, Arc::new(ArrayTable::try_new(Arc::clone(dataset), grid)?));
        }
        tables.extend(metadata_tables(dataset));
        Ok(Arc::new(Self { name: name.to_string(), tables, without_full_grid: IndexMap::new() }))
    }
}

#[async_trait]
impl SchemaProvider for DatasetSchema {
    fn table_names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        match self.without_full_grid.get(name) {
            Some(group) => Err(no_full_grid(&format!("{}/{name}", self.name), group)),
            None => Ok(self.tables.get(name).cloned()),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }
}

/// What is registered, by name. A session that was made from another sees what that one has, and keeps its own to
/// itself.
#[derive(Debug, Default)]
pub(crate) struct Datasets {
    entries: RwLock<IndexMap<String, Arc<Registered>>>,
    below: Option<Arc<Datasets>>,
}

impl Datasets {
    /// None of its own, above those of `below`.
    pub(crate) fn above(below: Arc<Datasets>) -> Self {
        Self { entries: RwLock::default(), below: Some(below) }
    }

    pub(crate) fn insert(&self, name: &str, registered: Registered) {
        self.write().insert(name.to_string(), Arc::new(registered));
    }

    pub(crate) fn remove(&self, name: &str) -> Option<Arc<Registered>> {
        self.write().shift_remove(name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Registered>> {
        let own = self.read().get(name).cloned();
        own.or_else(|| self.below.as_ref()?.get(name))
    }

    /// The dataset called `name` exactly, or else the only one in any case.
    pub(crate) fn find(&self, name: &str) -> Option<Arc<Registered>> {
        if let Some(found) = self.get(name) {
            return Some(found);
        }
        let visible = self.visible();
        let mut same = visible.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
        match (same.next(), same.next()) {
            (Some((_, found)), None) => Some(Arc::clone(found)),
            _ => None,
        }
    }

    /// All that a name can find: those below, in whose places come those of its own.
    fn visible(&self) -> IndexMap<String, Arc<Registered>> {
        let mut visible = self.below.as_ref().map(|below| below.visible()).unwrap_or_default();
        visible.extend(self.read().iter().map(|(name, registered)| (name.clone(), Arc::clone(registered))));
        visible
    }

    pub(crate) fn all(&self) -> Vec<Arc<Registered>> {
        self.visible().into_values().collect()
    }

    /// The names of those that are a table of the default schema.
    pub(crate) fn table_names(&self) -> Vec<String> {
        self.visible().into_iter().filter(|(_, r)| r.full.is_some()).map(|(name, _)| name).collect()
    }

    pub(crate) fn schema_names(&self) -> Vec<String> {
        self.all().iter().flat_map(|r| r.schemas.keys().cloned().collect::<Vec<_>>()).collect()
    }

    pub(crate) fn schema(&self, name: &str) -> Option<Arc<DatasetSchema>> {
        self.all().iter().find_map(|r| r.schemas.get(name).cloned())
    }

    /// Why the variable called `name` is not a column, where a dataset or group has it and cannot show it.
    pub(crate) fn skipped(&self, name: &str) -> Option<ArrayError> {
        fn within(dataset: &Dataset, name: &str) -> Option<ArrayError> {
            match dataset.skipped.iter().find(|s| s.name.eq_ignore_ascii_case(name)) {
                Some(skipped) => dataset.variable(&skipped.name).err(),
                None => dataset.groups.values().find_map(|group| within(group, name)),
            }
        }
        self.all().iter().find_map(|r| within(&r.dataset, name))
    }

    /// The dataset or group of a name such as `ersst` or `ersst."group/sub"`.
    ///
    /// # Errors
    /// When there is none; the error lists the nearest and the valid names.
    pub(crate) fn dataset(&self, parts: &[String]) -> Result<Arc<Dataset>> {
        let name = parts.first().map(String::as_str).unwrap_or_default();
        let Some(registered) = self.find(name) else {
            let entries = self.visible();
            return Err(datafusion_error(
                ArrayError::not_found(format!("no dataset `{name}`"))
                    .hint(nearest_names(name, entries.keys().map(String::as_str))),
            ));
        };
        let mut dataset = Arc::clone(&registered.dataset);
        for part in parts.iter().skip(1) {
            dataset = group(&dataset, part).ok_or_else(|| {
                datafusion_error(
                    ArrayError::not_found(format!("no group `{part}`"))
                        .context("dataset", name)
                        .hint(nearest_names(part, dataset.groups.keys().map(String::as_str))),
                )
            })?;
        }
        Ok(dataset)
    }

    // A panic elsewhere cannot leave the map half written: each change is one call.
    fn read(&self) -> std::sync::RwLockReadGuard<'_, IndexMap<String, Arc<Registered>>> {
        self.entries.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, IndexMap<String, Arc<Registered>>> {
        self.entries.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The group at `path` below `dataset`.
fn group(dataset: &Dataset, path: &str) -> Option<Arc<Dataset>> {
    if let Some(found) = dataset.groups.get(path) {
        return Some(Arc::clone(found));
    }
    dataset.groups.iter().find_map(|(name, below)| group(below, path.strip_prefix(name.as_str())?.strip_prefix('/')?))
}
