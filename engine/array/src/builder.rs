//! From the raw variables that a connector found to a dataset: CF roles, decoding, labels of the 1-D coordinates.

use std::collections::HashSet;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use indexmap::IndexMap;

use crate::{
    ArrayError, Attributes, ChunkSource, Coordinate, Dataset, Decoded, Dimension, Encoding, Region, Result, Role,
    Skipped, Values, Variable,
};

/// Coordinates are held in memory; one with more labels than this is refused.
const MOST_LABELS: u64 = 1 << 28;

/// How many chunks of coordinates are fetched at once.
const CONCURRENT_READS: usize = 32;

/// A variable as a connector finds it.
#[derive(Debug, Clone)]
pub struct RawVariable {
    /// Its name.
    pub name: String,
    /// The names of its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// Its attributes as stored.
    pub attributes: Attributes,
    /// Where its chunks come from.
    pub source: Arc<dyn ChunkSource>,
}

/// Builds a [`Dataset`] from what a connector found.
#[derive(Debug)]
pub struct DatasetBuilder {
    name: String,
    location: String,
    format: String,
    attributes: Attributes,
    variables: Vec<RawVariable>,
    skipped: Vec<Skipped>,
    groups: IndexMap<String, Arc<Dataset>>,
}

impl DatasetBuilder {
    /// A dataset without variables.
    pub fn new(name: impl Into<String>, location: impl Into<String>, format: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            location: location.into(),
            format: format.into(),
            attributes: Attributes::new(),
            variables: Vec::new(),
            skipped: Vec::new(),
            groups: IndexMap::new(),
        }
    }

    /// Sets the attributes of the dataset.
    #[must_use]
    pub fn attributes(mut self, attributes: Attributes) -> Self {
        self.attributes = attributes;
        self
    }

    /// Adds a variable.
    #[must_use]
    pub fn variable(mut self, variable: RawVariable) -> Self {
        self.variables.push(variable);
        self
    }

    /// Adds a variable that cannot be shown, and why.
    #[must_use]
    pub fn skip(mut self, name: impl Into<String>, reason: impl Into<String>) -> Self {
        self.skipped.push(Skipped { name: name.into(), reason: reason.into() });
        self
    }

    /// Adds a group below this one, by its path from here.
    #[must_use]
    pub fn group(mut self, path: impl Into<String>, group: Arc<Dataset>) -> Self {
        self.groups.insert(path.into(), group);
        self
    }

    /// Finds the role of each variable, reads the labels of scalar and 1-D coordinates, all at once.
    ///
    /// # Errors
    /// When dimensions disagree, a CF attribute is not valid, or a coordinate cannot be read.
    pub async fn build(self) -> Result<Dataset> {
        let dimensions = dimensions_of(&self.name, &self.variables)?;
        let roles = roles_of(&self.variables, &self.attributes);
        let mut skipped = self.skipped;
        let mut variables = IndexMap::new();
        for (raw, role) in self.variables.into_iter().zip(roles) {
            match Encoding::try_new(raw.source.data_type(), &raw.attributes, role) {
                Ok(encoding) => {
                    let variable = Variable {
                        name: raw.name.clone(),
                        dimensions: raw.dimensions,
                        role,
                        attributes: raw.attributes,
                        encoding,
                        source: raw.source,
                    };
                    variables.insert(raw.name, Arc::new(variable));
                }
                // A grid mapping is a container of attributes; its value says nothing.
                Err(e) => skipped.push(Skipped { name: raw.name, reason: e.to_string() }),
            }
        }
        let wanted: Vec<Arc<Variable>> = variables
            .values()
            .filter(|v| matches!(v.role, Role::Dimension | Role::Coordinate) && v.dimensions.len() <= 1)
            .cloned()
            .collect();
        let coordinates = stream::iter(wanted)
            .map(|v| async move {
                let labels = read_whole(&v).await?;
                Ok::<_, ArrayError>((v.name.clone(), Arc::new(Coordinate::new(v, labels))))
            })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await
            .map_err(|e| e.context("dataset", &self.name))?;
        Ok(Dataset {
            name: self.name,
            location: self.location,
            format: self.format,
            dimensions,
            variables,
            coordinates,
            attributes: self.attributes,
            skipped,
            groups: self.groups,
        })
    }
}

/// The dimensions of all variables, in the order they are met.
fn dimensions_of(dataset: &str, variables: &[RawVariable]) -> Result<Vec<Dimension>> {
    let mut dimensions: IndexMap<&str, (u64, &str)> = IndexMap::new();
    for variable in variables {
        let shape = variable.source.chunk_grid().shape();
        if shape.len() != variable.dimensions.len() {
            return Err(ArrayError::invalid(format!(
                "shape `{shape:?}` does not have the rank of dimensions `{:?}`",
                variable.dimensions
            ))
            .context("dataset", dataset)
            .context("variable", &variable.name));
        }
        for (name, size) in variable.dimensions.iter().zip(shape) {
            let (known, first) = *dimensions.entry(name).or_insert((size, &variable.name));
            if known != size {
                return Err(ArrayError::invalid(format!(
                    "dimension `{name}` has size {size}, expected {known} as in variable `{first}`"
                ))
                .context("dataset", dataset)
                .context("variable", &variable.name));
            }
        }
    }
    Ok(dimensions.into_iter().map(|(name, (size, _))| Dimension { name: name.into(), size }).collect())
}

/// CF's rules: the names in `coordinates`, `bounds`, `climatology` and `grid_mapping` attributes tell.
fn roles_of(variables: &[RawVariable], global: &Attributes) -> Vec<Role> {
    let names = |attribute: &str| -> HashSet<String> {
        variables
            .iter()
            .map(|v| &v.attributes)
            .chain([global])
            .filter_map(|a| a.text(attribute))
            // A grid mapping may be written `crs: lat lon`.
            .flat_map(|text| text.split_whitespace().map(|n| n.trim_end_matches(':').to_string()))
            .collect()
    };
    let coordinates = names("coordinates");
    let bounds: HashSet<String> = names("bounds").union(&names("climatology")).cloned().collect();
    let mappings = names("grid_mapping");
    variables
        .iter()
        .map(|v| {
            if bounds.contains(&v.name) {
                Role::Bounds
            } else if v.dimensions.len() == 1 && v.dimensions[0] == v.name {
                Role::Dimension
            } else if mappings.contains(&v.name) && v.attributes.text("grid_mapping_name").is_some()
                || (mappings.contains(&v.name) && v.dimensions.is_empty())
            {
                Role::GridMapping
            } else if coordinates.contains(&v.name) {
                Role::Coordinate
            } else {
                Role::Data
            }
        })
        .collect()
}

/// All values of a scalar or 1-D variable, its chunks fetched concurrently.
async fn read_whole(variable: &Arc<Variable>) -> Result<Decoded> {
    let grid = variable.source.chunk_grid();
    let size = grid.shape().first().copied().unwrap_or(1);
    if size > MOST_LABELS {
        return Err(ArrayError::too_large(format!(
            "coordinate `{}` has {size} labels, expected at most {MOST_LABELS}",
            variable.name
        )));
    }
    let chunks: Vec<Vec<u64>> = match grid.counts().first() {
        None => vec![vec![]],
        Some(&n) => (0..n).map(|c| vec![c]).collect(),
    };
    let mut parts = stream::iter(chunks)
        .map(|chunk| async move {
            let region = grid.region(&chunk);
            let full = Region::full(&region.shape);
            variable.source.fetch(&chunk, &full).await?.decode()
        })
        .buffered(CONCURRENT_READS);
    let mut values = Values::with_capacity(variable.source.data_type(), size as usize);
    while let Some(part) = parts.try_next().await? {
        values.extend_from(&part, 0, part.len())?;
    }
    variable.encoding.decode(values).map_err(|e| e.context("variable", &variable.name))
}
