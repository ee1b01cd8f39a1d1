//! From the raw variables that a connector found to a dataset: CF roles, decoding, labels of the 1-D coordinates.

mod roles;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use indexmap::IndexMap;

use crate::{
    ArrayError, Attributes, ChunkSource, Coordinate, Dataset, Decoded, Dimension, Encoding, Region, Result, Role,
    Skipped, Values, Variable,
};

/// Coordinates are held in memory; one with more labels than this is refused.
const MOST_LABELS: u64 = 1 << 27;

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
    /// A variable that breaks CF or that no table can show is left out, with the reason in [`Dataset::skipped`].
    ///
    /// # Errors
    /// When dimensions disagree, or when a coordinate cannot be read.
    pub async fn build(self) -> Result<Dataset> {
        let mut skipped = self.skipped;
        let dimension_names: HashSet<&str> =
            self.variables.iter().flat_map(|v| &v.dimensions).map(String::as_str).collect();
        let roles = roles::of_variables(&self.variables, &self.attributes);
        let mut variables = IndexMap::new();
        for (raw, role) in self.variables.iter().zip(roles) {
            let checked = check(raw, role, &dimension_names)
                .and_then(|()| Encoding::try_new(raw.source.data_type(), &raw.attributes, role));
            match checked {
                Ok(encoding) => {
                    let raw = raw.clone();
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
                Err(e) => skipped.push(Skipped { name: raw.name.clone(), reason: e.to_string() }),
            }
        }
        let dimensions = dimensions_of(&variables).map_err(|e| e.context("dataset", &self.name))?;
        let wanted: Vec<Arc<Variable>> = variables
            .values()
            .filter(|v| matches!(v.role, Role::Dimension | Role::Coordinate) && v.dimensions.len() <= 1)
            .cloned()
            .collect();
        let coordinates = stream::iter(wanted)
            .map(|v| {
                let bounds = bounds_of(&v, &variables);
                async move {
                    let labels = read_whole(&v).await.map_err(|e| e.context("variable", &v.name))?;
                    let name = v.name.clone();
                    let mut coordinate = Coordinate::new(v, labels);
                    if let Some(bounds) = bounds {
                        coordinate = coordinate.with_bounds(read_bounds(&bounds).await.map_err(|e| e.to_string()));
                    }
                    Ok::<_, ArrayError>((name, Arc::new(coordinate)))
                }
            })
            .buffered(CONCURRENT_READS)
            .try_collect()
            .await
            .map_err(|e: ArrayError| e.context("dataset", &self.name))?;
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

/// The bounds of a latitude or longitude: what cells need that have an area.
fn bounds_of(variable: &Variable, variables: &IndexMap<String, Arc<Variable>>) -> Option<Arc<Variable>> {
    let text = |name: &str| variable.attributes.text(name).unwrap_or_default();
    let is_place = ["latitude", "longitude"].contains(&text("standard_name")) || text("units").starts_with("degree");
    let bounds = variables.get(text("bounds")).filter(|_| is_place && variable.dimensions.len() == 1)?;
    let is_pair = bounds.dimensions.first() == variable.dimensions.first() && bounds.shape().get(1) == Some(&2);
    (is_pair && bounds.dimensions.len() == 2).then(|| Arc::clone(bounds))
}

/// All values of bounds, as floats.
async fn read_bounds(variable: &Variable) -> Result<Vec<f64>> {
    crate::regrid::read_whole(variable).await
}

/// What no table can show is an error.
fn check(raw: &RawVariable, role: Role, dimension_names: &HashSet<&str>) -> Result<()> {
    let shape = raw.source.chunk_grid().shape();
    if shape.len() != raw.dimensions.len() {
        return Err(ArrayError::invalid(format!(
            "shape `{shape:?}` does not have the rank of dimensions `{:?}`",
            raw.dimensions
        )));
    }
    let mut names = HashSet::new();
    if let Some(twice) = raw.dimensions.iter().find(|d| !names.insert(d.as_str())) {
        return Err(ArrayError::invalid(format!("dimension `{twice}` occurs twice in `{:?}`", raw.dimensions)));
    }
    let is_column = matches!(role, Role::Coordinate | Role::Data);
    if is_column && dimension_names.contains(raw.name.as_str()) {
        return Err(ArrayError::invalid(format!(
            "its name is that of a dimension, but its dimensions are `{:?}`, expected `{:?}`",
            raw.dimensions,
            [&raw.name]
        )));
    }
    Ok(())
}

/// The dimensions of all variables, in the order they are met.
fn dimensions_of(variables: &IndexMap<String, Arc<Variable>>) -> Result<Vec<Dimension>> {
    let mut dimensions: IndexMap<&str, (u64, &str)> = IndexMap::new();
    for variable in variables.values() {
        for (name, size) in variable.dimensions.iter().zip(variable.shape()) {
            let (known, first) = *dimensions.entry(name).or_insert((size, &variable.name));
            if known != size {
                return Err(ArrayError::invalid(format!(
                    "dimension `{name}` has size {size}, expected {known} as in variable `{first}`"
                ))
                .context("variable", &variable.name));
            }
        }
    }
    Ok(dimensions.into_iter().map(|(name, (size, _))| Dimension { name: name.into(), size }).collect())
}

/// All values of a scalar or 1-D variable, its chunks fetched concurrently.
async fn read_whole(variable: &Arc<Variable>) -> Result<Decoded> {
    let grid = variable.source.chunk_grid();
    let rank = grid.rank();
    let size = grid.shape().first().copied().unwrap_or(1);
    if size > MOST_LABELS {
        return Err(ArrayError::too_large(format!("there are {size} labels, expected at most {MOST_LABELS}")));
    }
    let mut parts = stream::iter(0..grid.chunk_count())
        .map(|chunk| async move {
            let chunk = vec![chunk; rank];
            let region = grid.region(&chunk);
            variable.source.fetch(&chunk, &Region::full(&region.shape)).await?.decode()
        })
        .buffered(CONCURRENT_READS);
    // A size is believed once the values are there.
    let mut values = Values::with_capacity(variable.source.data_type(), size.min(1 << 20) as usize);
    while let Some(part) = parts.try_next().await? {
        values.extend_from(&part, 0, part.len())?;
    }
    if values.len() as u64 != size {
        return Err(ArrayError::internal(format!("{} labels came, expected {size}", values.len())));
    }
    variable.encoding.decode(values)
}
