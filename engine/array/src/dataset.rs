//! A dataset in the words of xarray and CF: dimensions, coordinates, data variables, attributes, and the grids that
//! data variables of the same dimensions form.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::{
    ArrayError, Attributes, ChunkSource, Coordinate, DataType, Decoded, Encoding, Region, Result, nearest_names,
};

/// A named length.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// How many indices.
    pub size: u64,
}

/// What a variable is in its dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The 1-D coordinate of the dimension of the same name.
    Dimension,
    /// Any other coordinate: scalar, auxiliary 1-D, 2-D and more.
    Coordinate,
    /// A data variable.
    Data,
    /// The bounds of a coordinate's cells.
    Bounds,
    /// A CF grid mapping.
    GridMapping,
}

impl Role {
    /// `dimension`, `coordinate`, `variable`, `bounds` or `grid_mapping`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dimension => "dimension",
            Self::Coordinate => "coordinate",
            Self::Data => "variable",
            Self::Bounds => "bounds",
            Self::GridMapping => "grid_mapping",
        }
    }
}

/// A labelled array.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name in the dataset.
    pub name: String,
    /// The names of its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// What it is.
    pub role: Role,
    /// Its attributes as stored, those that `encoding` has consumed included.
    pub attributes: Attributes,
    /// How stored values become decoded ones.
    pub encoding: Encoding,
    /// Where its chunks come from.
    pub source: Arc<dyn ChunkSource>,
}

impl Variable {
    /// Its shape.
    pub fn shape(&self) -> Vec<u64> {
        self.source.chunk_grid().shape()
    }

    /// The type of its decoded values.
    pub fn data_type(&self) -> DataType {
        self.encoding.data_type()
    }

    /// Fetches and decodes `region` of `chunk`, counted from the chunk's origin, one after the other.
    /// A scan overlaps the two instead.
    ///
    /// # Errors
    /// When the chunk cannot be fetched or decoded.
    pub async fn read_chunk(&self, chunk: &[u64], region: &Region) -> Result<Decoded> {
        let encoded = self.source.fetch(chunk, region).await?;
        self.encoding.decode(encoded.decode()?).map_err(|e| e.context("variable", &self.name))
    }
}

/// A variable of the store that Hyperslab cannot show, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its name.
    pub name: String,
    /// Why it is not there.
    pub reason: String,
}

/// The data variables of a dataset that share the same dimensions, with the coordinates that fit them: one table.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The names of the dimensions joined by `_`, or `scalar`; followed by `_` where another grid has that name.
    pub name: String,
    /// The dimensions, slowest first.
    pub dimensions: Vec<Dimension>,
    /// Coordinates of the grid's dimensions that are not dimension coordinates: scalar, auxiliary, 2-D.
    pub coordinates: Vec<Arc<Variable>>,
    /// Data variables. Those with fewer dimensions are broadcast.
    pub variables: Vec<Arc<Variable>>,
}

impl Grid {
    /// The sizes of the dimensions.
    pub fn shape(&self) -> Vec<u64> {
        self.dimensions.iter().map(|d| d.size).collect()
    }
}

/// A labelled dataset, opened: metadata and the labels of its 1-D coordinates are in memory, nothing else is.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The name it is registered under.
    pub name: String,
    /// Where it was opened from.
    pub location: String,
    /// The format's name: `ZARR`.
    pub format: String,
    /// Dimensions, in the order they were met.
    pub dimensions: Vec<Dimension>,
    /// Every variable, coordinates included, by name.
    pub variables: IndexMap<String, Arc<Variable>>,
    /// Scalar and 1-D coordinates with their labels, by name.
    pub coordinates: IndexMap<String, Arc<Coordinate>>,
    /// Attributes of the dataset.
    pub attributes: Attributes,
    /// Variables that cannot be shown.
    pub skipped: Vec<Skipped>,
    /// Groups below this one, by path (`group/sub`).
    pub groups: IndexMap<String, Arc<Dataset>>,
}

impl Dataset {
    /// The dimension called `name`.
    pub fn dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|d| d.name == name)
    }

    /// The variable called `name`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::NotFound`], with the nearest and the valid names, or why the variable was skipped.
    pub fn variable(&self, name: &str) -> Result<&Arc<Variable>> {
        if let Some(variable) = self.variables.get(name) {
            return Ok(variable);
        }
        if let Some(skipped) = self.skipped.iter().find(|s| s.name == name) {
            return Err(ArrayError::unsupported(format!("variable `{name}` cannot be read: {}", skipped.reason))
                .context("dataset", &self.name));
        }
        Err(ArrayError::not_found(format!("no variable `{name}`"))
            .context("dataset", &self.name)
            .hint(nearest_names(name, self.variables.keys().map(String::as_str))))
    }

    /// The variables of `role`, in order.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Arc<Variable>> {
        self.variables.values().filter(move |v| v.role == role)
    }

    /// Bytes of all data variables when decoded; saturates.
    pub fn logical_bytes(&self) -> u64 {
        self.with_role(Role::Data).fold(0u64, |n, v| {
            let cells = v.shape().iter().fold(1u64, |n, s| n.saturating_mul(*s));
            n.saturating_add(cells.saturating_mul(v.data_type().size() as u64))
        })
    }

    /// One grid for each set of dimensions that a data variable has, in the order of the variables.
    pub fn grids(&self) -> Vec<Grid> {
        let mut grids: Vec<Grid> = Vec::new();
        for variable in self.with_role(Role::Data) {
            let same = |g: &&mut Grid| {
                g.dimensions.len() == variable.dimensions.len()
                    && g.dimensions.iter().all(|d| variable.dimensions.contains(&d.name))
            };
            match grids.iter_mut().find(same) {
                Some(grid) => grid.variables.push(Arc::clone(variable)),
                None => {
                    let mut grid = self.grid_of(&variable.dimensions, vec![Arc::clone(variable)]);
                    // Dimensions `a_b` and `c` give the name that `a` and `b_c` give.
                    while grids.iter().any(|g| g.name == grid.name) {
                        grid.name.push('_');
                    }
                    grids.push(grid);
                }
            }
        }
        grids
    }

    /// The grid whose dimensions contain those of all other grids, with every data variable on it; `None` where
    /// there is no such grid.
    pub fn full_grid(&self) -> Option<Grid> {
        let grids = self.grids();
        let widest = grids.iter().max_by_key(|g| g.dimensions.len())?;
        let holds_all = grids.iter().all(|g| g.dimensions.iter().all(|d| widest.dimensions.contains(d)));
        holds_all.then(|| {
            let variables = self.with_role(Role::Data).cloned().collect();
            Grid { variables, ..widest.clone() }
        })
    }

    fn grid_of(&self, dimensions: &[String], variables: Vec<Arc<Variable>>) -> Grid {
        let coordinates = self
            .with_role(Role::Coordinate)
            .filter(|c| c.dimensions.iter().all(|d| dimensions.contains(d)))
            .cloned()
            .collect();
        Grid {
            name: if dimensions.is_empty() { "scalar".into() } else { dimensions.join("_") },
            dimensions: dimensions.iter().filter_map(|d| self.dimension(d)).cloned().collect(),
            coordinates,
            variables,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use futures::executor::block_on;

    use super::*;
    use crate::{ChunkGrid, DatasetBuilder, MemorySource, RawVariable, Values};

    /// A dataset of variables such as `t(a, b)`; all dimensions have 2 indices.
    fn dataset(variables: &[&str]) -> Dataset {
        let builder = variables.iter().fold(DatasetBuilder::new("test", "memory:", "MEMORY"), |builder, text| {
            let (name, dimensions) = text.trim_end_matches(')').split_once('(').unwrap();
            let dimensions: Vec<String> = dimensions.split(", ").filter(|d| !d.is_empty()).map(Into::into).collect();
            let shape = vec![2; dimensions.len()];
            let values = Values::Float32(vec![0.0; 1 << dimensions.len()]);
            let source = MemorySource::try_new(values, ChunkGrid::regular(&shape, &shape).unwrap()).unwrap();
            let attributes = Attributes::new();
            builder.variable(RawVariable { name: name.into(), dimensions, attributes, source: Arc::new(source) })
        });
        block_on(builder.build()).unwrap()
    }

    fn names(dataset: &Dataset) -> Vec<String> {
        dataset.grids().into_iter().map(|g| g.name).collect()
    }

    #[test]
    fn variables_of_the_same_dimensions_in_any_order_form_a_grid() {
        let dataset = dataset(&["a(t, y, x)", "b(y, x)", "c(x, t, y)", "d()", "e(x, y)"]);
        assert_eq!(names(&dataset), ["t_y_x", "y_x", "scalar"]);
        let full = dataset.full_grid().unwrap();
        let variables: Vec<&str> = full.variables.iter().map(|v| v.name.as_str()).collect();
        assert_eq!((full.name.as_str(), variables), ("t_y_x", vec!["a", "b", "c", "d", "e"]));
    }

    #[test]
    fn no_grid_is_full_where_none_holds_all_dimensions() {
        let dataset = dataset(&["a(t, y)", "b(t, x)"]);
        assert_eq!((names(&dataset).len(), dataset.full_grid().is_none()), (2, true));
    }

    #[test]
    fn grids_of_different_dimensions_have_different_names() {
        let dataset = dataset(&["a(p_q, r)", "b(p, q_r)"]);
        assert_eq!(names(&dataset), ["p_q_r", "p_q_r_"]);
    }

    #[test]
    fn an_unknown_variable_is_an_error_with_the_nearest_name() {
        let error = dataset(&["salinity(x)", "sst(x)"]).variable("salinty").unwrap_err();
        assert_eq!(
            error.to_string(),
            "no variable `salinty` in dataset `test`; hint: did you mean `salinity`? valid: `salinity`, `sst`"
        );
    }
}
