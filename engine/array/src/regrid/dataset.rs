//! [`regrid`]: from a dataset and target labels to the dataset on these labels.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use super::along::{Along, Bounds};
use super::cells::{Cells, Measure};
use super::kernel::{self, Input, Rule};
use super::read::{floats, is_number};
use super::source::{RegridSource, typed};
use super::weights::Ascending;
use crate::{
    ArrayError, Attributes, ChunkGrid, Coordinate, DataType, Dataset, Decoded, Dimension, Encoding, MemorySource,
    Result, Role, Skipped, Values, Variable, nearest_names,
};

/// How values on target labels come from those on the source's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// The value at the nearest label.
    Nearest,
    /// Between two labels, in proportion to the distances.
    Linear,
    /// The mean over the target's cell.
    Conservative,
}

impl Interpolation {
    const ALL: [Self; 3] = [Self::Linear, Self::Nearest, Self::Conservative];

    /// `nearest`, `linear` or `conservative`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nearest => "nearest",
            Self::Linear => "linear",
            Self::Conservative => "conservative",
        }
    }

    /// The method of this name.
    ///
    /// # Errors
    /// When there is none; the error lists the valid ones.
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name).ok_or_else(|| {
            ArrayError::argument(format!("unknown method `{name}`"))
                .hint(nearest_names(name, Self::ALL.into_iter().map(Self::name)))
        })
    }
}

/// How a dataset is regridded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RegridOptions {
    /// The method, for all dimensions.
    pub method: Interpolation,
    /// The part of a target's cell, from 0 to 1, that must be there; for [`Interpolation::Conservative`]. Any part
    /// where it is 0.
    pub min_coverage: f64,
    /// How far in metres a target may be from the cell that it takes; for [`regrid_curvilinear`](super::regrid_curvilinear).
    pub max_distance: Option<f64>,
}

impl Default for RegridOptions {
    fn default() -> Self {
        Self { method: Interpolation::Linear, min_coverage: 0.0, max_distance: None }
    }
}

/// The labels of one dimension of the result.
#[derive(Debug, Clone)]
pub struct Target {
    /// The dimension.
    pub dimension: String,
    /// Its new labels: numbers, none of them missing, in any order.
    pub labels: Values,
    /// The indices of the source that are used; `None` for all.
    pub within: Option<Range<u64>>,
    /// The bounds of the new labels' cells, for [`Interpolation::Conservative`]; midpoints between labels where there
    /// are none.
    pub bounds: Option<Arc<Variable>>,
}

/// What stays the same for all variables along one dimension.
struct Regridded {
    /// For arrays of one dimension, and for others.
    along: [Arc<Along>; 2],
    coordinate: Arc<Coordinate>,
}

/// The dataset with other labels along the dimensions of `targets`. Nothing is read before a chunk of it is.
///
/// Variables without these dimensions are those of `dataset`; those that hold no numbers are left out.
///
/// # Errors
/// When a dimension is unknown, has no labels that are numbers in ascending or descending order, or a target has no
/// labels.
pub fn regrid(dataset: &Dataset, targets: &[Target], options: &RegridOptions) -> Result<Dataset> {
    if options.max_distance.is_some() {
        return Err(ArrayError::argument(
            "`max_distance` is for curvilinear grids, expected none for dimensions with labels",
        ));
    }
    if !(0.0..=1.0).contains(&options.min_coverage) {
        return Err(ArrayError::argument(format!("`min_coverage` is {}, expected 0 to 1", options.min_coverage)));
    }
    let mut regridded: IndexMap<&str, Regridded> = IndexMap::new();
    for target in targets {
        let new = Regridded::try_new(dataset, target, options).map_err(|e| e.context("dataset", &dataset.name))?;
        if regridded.insert(&target.dimension, new).is_some() {
            return Err(ArrayError::argument(format!("dimension `{}` is given twice", target.dimension)));
        }
    }
    let dimensions = dataset.dimensions.iter().map(|d| match regridded.get(d.name.as_str()) {
        Some(new) => Dimension { name: d.name.clone(), size: new.coordinate.labels().values.len() as u64 },
        None => d.clone(),
    });
    let mut out = Dataset {
        name: dataset.name.clone(),
        location: dataset.location.clone(),
        format: dataset.format.clone(),
        dimensions: dimensions.collect(),
        variables: IndexMap::new(),
        coordinates: IndexMap::new(),
        attributes: dataset.attributes.clone(),
        skipped: dataset.skipped.clone(),
        groups: IndexMap::new(),
    };
    for (name, variable) in &dataset.variables {
        if let Some(new) = regridded.get(name.as_str()).filter(|_| variable.role == Role::Dimension) {
            insert(&mut out, &new.coordinate);
            continue;
        }
        let along: Vec<Option<Arc<Along>>> = variable
            .dimensions
            .iter()
            .map(|d| regridded.get(d.as_str()).map(|new| new.along(variable.dimensions.len())))
            .collect();
        let coordinate = dataset.coordinates.get(name);
        match (coordinate, along.as_slice()) {
            (_, along) if along.iter().all(Option::is_none) => {
                out.variables.insert(name.clone(), Arc::clone(variable));
                out.coordinates.extend(coordinate.map(|c| (name.clone(), Arc::clone(c))));
            }
            // These are the bounds of other cells.
            _ if variable.role == Role::Bounds => {}
            _ if !is_number(variable.data_type()) => {
                let reason = format!("values of type {} cannot be regridded", variable.data_type());
                out.skipped.push(Skipped { name: name.clone(), reason });
            }
            (Some(_), [Some(along)]) if !along.is_known() => {
                let reason =
                    "the cells that its labels are to be the means of have bounds that are not read yet".into();
                out.skipped.push(Skipped { name: name.clone(), reason });
            }
            (Some(coordinate), [Some(along)]) => insert(&mut out, &labels_on(coordinate, along, options)?),
            _ => drop(out.variables.insert(name.clone(), Arc::new(variable_on(variable, along, options)?))),
        }
    }
    Ok(out)
}

/// The labels of a target.
///
/// # Errors
/// When there are none, or one is no number.
pub(super) fn numbers(labels: &Values, name: &str) -> Result<Vec<f64>> {
    let numbers = floats(&Decoded::all_valid(labels.clone())).ok_or_else(|| no_numbers(name, labels.data_type()))?;
    if numbers.is_empty() {
        return Err(ArrayError::argument(format!("dimension `{name}` gets no labels, expected one or more")));
    }
    match numbers.iter().find(|l| !l.is_finite()) {
        Some(label) => {
            Err(ArrayError::argument(format!("`{label}` is no label for dimension `{name}`, expected numbers")))
        }
        None => Ok(numbers),
    }
}

fn no_numbers(name: &str, data_type: DataType) -> ArrayError {
    ArrayError::unsupported(format!("labels of dimension `{name}` are of type {data_type}, expected numbers"))
}

pub(super) fn insert(dataset: &mut Dataset, coordinate: &Arc<Coordinate>) {
    let name = &coordinate.variable().name;
    dataset.variables.insert(name.clone(), Arc::clone(coordinate.variable()));
    dataset.coordinates.insert(name.clone(), Arc::clone(coordinate));
}

impl Regridded {
    fn try_new(dataset: &Dataset, target: &Target, options: &RegridOptions) -> Result<Self> {
        let name = target.dimension.as_str();
        if dataset.dimension(name).is_none() {
            return Err(ArrayError::not_found(format!("no dimension `{name}`"))
                .hint(nearest_names(name, dataset.dimensions.iter().map(|d| d.name.as_str()))));
        }
        let is_own = |c: &&Arc<Coordinate>| c.variable().role == Role::Dimension;
        let Some(coordinate) = dataset.coordinates.get(name).filter(is_own) else {
            return Err(ArrayError::unsupported(format!("dimension `{name}` has no labels, expected numbers")));
        };
        let Some(mut labels) = floats(coordinate.labels()) else {
            return Err(no_numbers(name, coordinate.labels().values.data_type()));
        };
        let new = numbers(&target.labels, name)?;
        let within = target.within.clone().map_or(0..labels.len(), |w| w.start as usize..w.end as usize);
        labels = labels.get(within.clone()).unwrap_or_default().to_vec();
        let first = within.start;
        let measure = measure_of(coordinate.variable());
        // What has no order has no neighbours, whatever the method.
        let ascending = Ascending::try_new(name, labels.clone(), measure == Measure::Longitude)?;
        let twice = |along: Along| {
            let along = Arc::new(along);
            [Arc::clone(&along), along]
        };
        let along = match options.method {
            Interpolation::Nearest => twice(Along::known(ascending.nearest(&new).shifted(first))),
            Interpolation::Linear => {
                [true, false].map(|exact| Arc::new(Along::known(ascending.linear(&new, exact).shifted(first))))
            }
            Interpolation::Conservative => {
                let named = coordinate.variable().attributes.text("bounds").unwrap_or_default();
                let between = Cells::between(name, &labels, measure)?;
                // Those of latitudes and longitudes were read when the dataset was opened.
                let known = coordinate.bounds()?.and_then(|b| b.get(within.start * 2..within.end * 2));
                let (source, source_bounds) = match known {
                    Some(known) => (between.with_bounds(named, known)?, None),
                    None => (between, dataset.variables.get(named).cloned()),
                };
                twice(Along::cells(Bounds {
                    source,
                    target: Cells::between(name, &new, measure)?,
                    first,
                    source_bounds,
                    target_bounds: target.bounds.clone(),
                }))
            }
        };
        let coordinate = with_labels(coordinate.variable(), target.labels.clone())?;
        Ok(Self { along, coordinate })
    }

    /// For a variable of so many dimensions.
    fn along(&self, rank: usize) -> Arc<Along> {
        let [line, others] = &self.along;
        Arc::clone(if rank == 1 { line } else { others })
    }
}

/// A value that is taken as it is keeps its type; xarray makes `float64` of the others, and of integers.
pub(super) fn type_on(variable: &Variable, options: &RegridOptions) -> DataType {
    let keeps = options.method == Interpolation::Nearest && variable.data_type() == DataType::Float32;
    if keeps { DataType::Float32 } else { DataType::Float64 }
}

fn rule_of(options: &RegridOptions) -> Rule {
    match options.method {
        Interpolation::Conservative => Rule::LeftOut { min_coverage: options.min_coverage },
        _ => Rule::Spreads,
    }
}

/// A variable of numbers on the new labels.
fn variable_on(variable: &Arc<Variable>, along: Vec<Option<Arc<Along>>>, options: &RegridOptions) -> Result<Variable> {
    let data_type = type_on(variable, options);
    let attributes = decoded_attributes(&variable.attributes);
    let source = RegridSource::try_new(Arc::clone(variable), along, rule_of(options), data_type)?;
    Ok(Variable {
        name: variable.name.clone(),
        dimensions: variable.dimensions.clone(),
        role: variable.role,
        encoding: Encoding::try_new(data_type, &attributes, variable.role)?,
        attributes,
        source: Arc::new(source),
    })
}

/// A 1-D coordinate of numbers on the new labels of its dimension.
fn labels_on(coordinate: &Coordinate, along: &Along, options: &RegridOptions) -> Result<Arc<Coordinate>> {
    let labels = floats(coordinate.labels()).unwrap_or_default();
    let shape = [labels.len()];
    let weights = [Some(along.planned().clone())];
    let values = typed(
        kernel::apply(&Input::F64(labels), &shape, &weights, &[0], rule_of(options)),
        type_on(coordinate.variable(), options),
    );
    with_labels(coordinate.variable(), values)
}

/// `variable`, of one dimension, with other labels.
fn with_labels(variable: &Variable, labels: Values) -> Result<Arc<Coordinate>> {
    labelled(variable, variable.dimensions.clone(), variable.role, labels)
}

/// A coordinate with the name and attributes of `variable`.
pub(super) fn labelled(
    variable: &Variable,
    dimensions: Vec<String>,
    role: Role,
    labels: Values,
) -> Result<Arc<Coordinate>> {
    let size = labels.len() as u64;
    let attributes = decoded_attributes(&variable.attributes);
    let encoding = Encoding::try_new(labels.data_type(), &attributes, role)?;
    let decoded = encoding.decode(labels.clone())?;
    let source = MemorySource::try_new(labels, ChunkGrid::regular(&[size], &[size.max(1)])?)?;
    let name = variable.name.clone();
    let variable = Variable { name, dimensions, role, attributes, encoding, source: Arc::new(source) };
    Ok(Arc::new(Coordinate::new(Arc::new(variable), decoded)))
}

/// Attributes that say how values were stored, and those that name what does not fit the new labels.
const STORED: [&str; 13] = [
    "_FillValue",
    "missing_value",
    "valid_min",
    "valid_max",
    "valid_range",
    "scale_factor",
    "add_offset",
    "_Unsigned",
    "dtype",
    "calendar",
    "bounds",
    "actual_range",
    "_ARRAY_DIMENSIONS",
];

pub(super) fn decoded_attributes(attributes: &Attributes) -> Attributes {
    let mut out = attributes.clone();
    for name in STORED {
        out.remove(name);
    }
    out
}

fn measure_of(variable: &Variable) -> Measure {
    let text = |name: &str| variable.attributes.text(name).unwrap_or_default().to_ascii_lowercase();
    let (units, standard_name, name) = (text("units"), text("standard_name"), variable.name.to_ascii_lowercase());
    let is = |unit: [&str; 6], standard: &str, names: [&str; 2]| {
        unit.contains(&units.as_str()) || standard_name == standard || names.contains(&name.as_str())
    };
    // The spellings of CF.
    let east = ["degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"];
    let north = ["degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"];
    if is(east, "longitude", ["lon", "longitude"]) {
        Measure::Longitude
    } else if is(north, "latitude", ["lat", "latitude"]) {
        Measure::Latitude
    } else {
        Measure::Plain
    }
}
