//! The columns of a grid's table: what each one holds and along which dimensions of the grid it varies.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::array::{ArrayRef, AsArray, PrimitiveArray};
use datafusion::arrow::datatypes::{ArrowPrimitiveType, Field, Float32Type, Float64Type, Schema, SchemaRef};
use datafusion::error::Result;
use datafusion::physical_plan::ExecutionPlan;
use hyperslab_array::{ArrayError, Coordinate, Dataset, Grid, Variable};

use crate::convert::array_of;
use crate::derived::Derived;
use crate::error::{IntoDataFusion, datafusion_error, internal};
use crate::metadata;

/// A grid of a dataset with its columns: dimensions first, then other coordinates, then data variables, then what is
/// derived from them.
#[derive(Debug)]
pub(crate) struct Layout {
    pub dataset: Arc<Dataset>,
    pub grid: Grid,
    pub columns: Vec<Column>,
    pub schema: SchemaRef,
    /// Where the derived columns come from.
    pub derived: Vec<Arc<dyn Derived>>,
}

/// What one column holds.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    /// The positions along a dimension that has no coordinate.
    Index { dimension: usize },
    /// The labels of a 1-D coordinate.
    Labels { dimension: usize, labels: Labels },
    /// The one label of a scalar coordinate.
    Scalar { labels: Labels },
    /// An array that is read chunk by chunk; the numbers are the grid's dimensions, in the order of the variable's.
    Array { variable: Arc<Variable>, dimensions: Vec<usize> },
    /// A column of one of the layout's derived sources.
    Derived { source: usize, column: usize },
}

/// Labels, as an Arrow array once somebody asks.
#[derive(Debug, Clone)]
pub(crate) struct Labels {
    pub coordinate: Arc<Coordinate>,
    array: OnceLock<ArrayRef>,
}

impl Labels {
    fn new(coordinate: &Arc<Coordinate>) -> Self {
        Self { coordinate: Arc::clone(coordinate), array: OnceLock::new() }
    }

    /// All labels.
    pub fn array(&self) -> Result<ArrayRef> {
        if let Some(array) = self.array.get() {
            return Ok(Arc::clone(array));
        }
        let array = positive_zeros(array_of(self.coordinate.labels().clone())?);
        Ok(Arc::clone(self.array.get_or_init(|| array)))
    }
}

/// Arrow orders -0 before 0, but as labels they are equal.
pub(crate) fn positive_zeros(array: ArrayRef) -> ArrayRef {
    fn of<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>, f: impl Fn(T::Native) -> T::Native) -> ArrayRef {
        Arc::new(array.unary::<_, T>(f))
    }
    if let Some(array) = array.as_primitive_opt::<Float32Type>() {
        return of(array, |v| v + 0.0);
    }
    if let Some(array) = array.as_primitive_opt::<Float64Type>() {
        return of(array, |v| v + 0.0);
    }
    array
}

impl Layout {
    /// The columns of `grid`.
    ///
    /// # Errors
    /// When a variable does not fit the grid.
    pub fn try_new(dataset: Arc<Dataset>, grid: Grid) -> Result<Self> {
        let mut columns = Vec::new();
        let mut fields = Vec::new();
        let mut names: HashSet<&str> =
            grid.coordinates.iter().chain(&grid.variables).map(|v| v.name.as_str()).collect();
        for (d, dimension) in grid.dimensions.iter().enumerate() {
            if grid.dimensions.iter().take(d).any(|other| other.name == dimension.name) {
                return Err(misfit(&dataset, &grid, format!("dimension `{}` occurs twice", dimension.name)));
            }
            let own = |c: &&Arc<Coordinate>| c.variable().dimensions.iter().eq([&dimension.name]);
            match dataset.coordinates.get(&dimension.name).filter(own) {
                Some(coordinate) => {
                    fields.push(metadata::field_of(coordinate.variable(), coordinate.labels().missing() > 0));
                    columns.push(Column::Labels { dimension: d, labels: Labels::new(coordinate) });
                }
                None => {
                    // A variable of several dimensions may be called like one of them.
                    let taken = names.contains(dimension.name.as_str());
                    let name = if taken { format!("{}_index", dimension.name) } else { dimension.name.clone() };
                    fields.push(metadata::index_field(&name, &dimension.name));
                    columns.push(Column::Index { dimension: d });
                }
            }
            names.insert(&dimension.name);
        }
        for variable in grid.coordinates.iter().chain(&grid.variables) {
            let column = column_of(&dataset, &grid, variable)?;
            let nullable = match &column {
                Column::Labels { labels, .. } | Column::Scalar { labels } => labels.coordinate.labels().missing() > 0,
                _ => variable.encoding.may_be_missing(),
            };
            fields.push(metadata::field_of(variable, nullable));
            columns.push(column);
        }
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata::schema_metadata(&dataset, &grid)));
        Ok(Self { dataset, grid, columns, schema, derived: Vec::new() })
    }

    /// The same with the columns of `source` after all others, each under a name that no other column has.
    pub fn with_derived(&self, source: Arc<dyn Derived>) -> Self {
        let mut fields: Vec<Arc<Field>> = self.schema.fields().iter().cloned().collect();
        let mut columns = self.columns.clone();
        for (column, field) in source.fields().iter().enumerate() {
            let is_taken = |name: &str| fields.iter().any(|f| f.name() == name);
            let mut name = field.name().clone();
            for n in 2.. {
                if !is_taken(&name) {
                    break;
                }
                name = format!("{} ({n})", field.name());
            }
            fields.push(Arc::new(field.as_ref().clone().with_name(name)));
            columns.push(Column::Derived { source: self.derived.len(), column });
        }
        Self {
            dataset: Arc::clone(&self.dataset),
            grid: self.grid.clone(),
            columns,
            schema: Arc::new(Schema::new_with_metadata(fields, self.schema.metadata().clone())),
            derived: self.derived.iter().cloned().chain([source]).collect(),
        }
    }

    /// `columns`, then those that derived ones among them are made of, each once.
    pub fn with_sources(&self, columns: &[usize]) -> Vec<usize> {
        let (mut all, mut next): (Vec<usize>, usize) = (Vec::with_capacity(columns.len()), 0);
        let add = |all: &mut Vec<usize>, more: &[usize]| {
            for column in more {
                if !all.contains(column) {
                    all.push(*column);
                }
            }
        };
        add(&mut all, columns);
        while let Some(column) = all.get(next) {
            if let Some(Column::Derived { source, .. }) = self.columns.get(*column)
                && let Some(source) = self.derived.get(*source)
            {
                add(&mut all, &source.reads());
            }
            next += 1;
        }
        all
    }

    /// The same without the columns of its last derived source, and that source.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn without_last_derived(&self) -> Result<Option<(Self, Arc<dyn Derived>)>> {
        let Some((last, derived)) = self.derived.split_last() else { return Ok(None) };
        let kept: Vec<usize> = (0..self.columns.len().saturating_sub(last.fields().len())).collect();
        let below = Self {
            dataset: Arc::clone(&self.dataset),
            grid: self.grid.clone(),
            columns: kept.iter().filter_map(|c| self.columns.get(*c).cloned()).collect(),
            schema: Arc::new(self.schema.project(&kept)?),
            derived: derived.to_vec(),
        };
        Ok(Some((below, Arc::clone(last))))
    }

    /// The plans that derived columns read, source by source.
    pub fn inputs(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.derived.iter().flat_map(|source| source.inputs()).collect()
    }

    /// The same with other plans in place of [`Self::inputs`].
    ///
    /// # Errors
    /// When there are not as many.
    pub fn with_inputs(&self, inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Self> {
        if inputs.len() != self.inputs().len() {
            return Err(internal(format!("{} inputs, expected {}", inputs.len(), self.inputs().len())));
        }
        let mut inputs = inputs.into_iter();
        let derived = self.derived.iter().map(|source| {
            let own = inputs.by_ref().take(source.inputs().len()).collect();
            source.with_inputs(own)
        });
        Ok(Self {
            dataset: Arc::clone(&self.dataset),
            grid: self.grid.clone(),
            columns: self.columns.clone(),
            schema: Arc::clone(&self.schema),
            derived: derived.collect::<Result<_>>()?,
        })
    }

    /// The sizes of the grid's dimensions.
    pub fn shape(&self) -> Vec<u64> {
        self.grid.shape()
    }

    /// `ersst.time_lat_lon`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.dataset.name, self.grid.name)
    }

    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.schema.index_of(name).ok().and_then(|i| self.columns.get(i))
    }

    /// The coordinate behind a column of labels.
    pub fn coordinate(&self, name: &str) -> Option<&Arc<Coordinate>> {
        match self.column(name)? {
            Column::Labels { labels, .. } | Column::Scalar { labels } => Some(&labels.coordinate),
            Column::Index { .. } | Column::Array { .. } | Column::Derived { .. } => None,
        }
    }
}

fn column_of(dataset: &Dataset, grid: &Grid, variable: &Arc<Variable>) -> Result<Column> {
    let mut dimensions = Vec::with_capacity(variable.dimensions.len());
    for (name, size) in variable.dimensions.iter().zip(variable.shape()) {
        match grid.dimensions.iter().position(|d| d.name == *name && d.size == size) {
            Some(d) if !dimensions.contains(&d) => dimensions.push(d),
            _ => {
                let message = format!("dimension `{name}` of size {size} of variable `{}` does not fit", variable.name);
                return Err(misfit(dataset, grid, message));
            }
        }
    }
    if let Some(coordinate) = dataset.coordinates.get(&variable.name) {
        match dimensions[..] {
            [] => return Ok(Column::Scalar { labels: Labels::new(coordinate) }),
            [dimension] => return Ok(Column::Labels { dimension, labels: Labels::new(coordinate) }),
            _ => {}
        }
    }
    if variable.source.chunk_grid().rank() != dimensions.len() {
        let e = ArrayError::invalid("the chunk grid does not have the rank of the variable");
        return Err(e.context("dataset", &dataset.name).context("variable", &variable.name)).df();
    }
    Ok(Column::Array { variable: Arc::clone(variable), dimensions })
}

fn misfit(dataset: &Dataset, grid: &Grid, message: String) -> datafusion::error::DataFusionError {
    datafusion_error(ArrayError::invalid(message).context("dataset", &dataset.name).context("grid", &grid.name))
}
