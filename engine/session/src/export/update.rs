//! `append` and `region`: cells of a store that is there already, with the labels and encodings that it has.
//!
//! ```text
//! append: labels that are not there yet ─→ chunks from the old edge on ─→ coordinate ─→ metadata, the root last
//! region: labels that are there         ─→ whole chunks beside the store ─→ all of them moved in
//! ```

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::{concat, take};
use datafusion::error::Result;
use hyperslab_array::{ArrayError, Dataset, Decoded, Region, Role, Values, Variable, nearest_names};
use hyperslab_exec::convert::array_of;
use hyperslab_exec::datafusion_error;

use super::labels::{OutputDimension, show};
use super::layout::Layout;
use super::variable::OutputVariable;

/// How a store that is there changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Update {
    /// It grows along this dimension of the answer, which had this many labels.
    Append { dimension: usize, old: u64 },
    /// Cells of it are replaced.
    Region,
}

/// The layout of an answer brought to that of the dataset that it goes into.
///
/// # Errors
/// When the dataset has other dimensions, labels or variables.
pub(super) fn fitted(layout: Layout, dataset: &Dataset, append: Option<&str>) -> Result<(Layout, Update)> {
    let mut update = Update::Region;
    let names: Vec<String> = layout.dimensions.iter().map(|d| d.name.clone()).collect();
    if let Some(name) = append {
        let dimension = names.iter().position(|n| n == name).ok_or_else(|| {
            refused(format!("`{name}` is no dimension of the answer"))
                .hint(nearest_names(name, names.iter().map(String::as_str)))
        });
        let dimension = dimension.map_err(datafusion_error)?;
        let old = dataset.dimension(name).map(|d| d.size);
        let old = old.ok_or_else(|| datafusion_error(no_dimension(name, dataset)))?;
        update = Update::Append { dimension, old };
    }
    let is_appended = |d: usize| matches!(update, Update::Append { dimension, .. } if dimension == d);
    let mut dimensions = Vec::with_capacity(layout.dimensions.len());
    for (d, dimension) in layout.dimensions.into_iter().enumerate() {
        dimensions.push(labelled(dimension, dataset, is_appended(d))?);
    }
    let mut variables = Vec::with_capacity(layout.variables.len());
    for variable in layout.variables {
        if let Some(fitted) = of_dataset(variable, dataset, &names, append).map_err(datafusion_error)? {
            variables.push(fitted);
        }
    }
    if let Some(name) = append {
        let grows = |v: &&Arc<Variable>| v.role != Role::Dimension && v.dimensions.iter().any(|d| d == name);
        if let Some(missing) =
            dataset.variables.values().filter(grows).find(|v| !variables.iter().any(|o| o.name == v.name))
        {
            return Err(datafusion_error(refused(format!(
                "variable `{}` of the store has dimension `{name}`, and is no column of the answer",
                missing.name
            ))));
        }
    }
    let mut coordinates = Vec::new();
    for (d, dimension) in dimensions.iter().enumerate().filter(|(d, _)| is_appended(*d)) {
        if let Some(variable) = dataset.variables.get(&dimension.name).filter(|v| v.role == Role::Dimension) {
            coordinates.push(OutputVariable {
                name: dimension.name.clone(),
                column: dimension.column,
                dimensions: vec![d],
                is_coordinate: true,
                encoding: variable.encoding.clone(),
                attributes: variable.attributes.clone(),
                says_fill_value: true,
                is_nullable: false,
            });
        }
    }
    Ok((Layout { dimensions, coordinates, variables, mappings: Vec::new(), attributes: layout.attributes }, update))
}

/// A dimension with the labels of the store, and new ones after them where it grows.
fn labelled(dimension: OutputDimension, dataset: &Dataset, grows: bool) -> Result<OutputDimension> {
    let name = &dimension.name;
    let size = dataset.dimension(name).map(|d| d.size);
    let size = size.ok_or_else(|| datafusion_error(no_dimension(name, dataset)))?;
    let found = array_of(dimension.labels.clone())?;
    let Some(coordinate) = dataset.coordinates.get(name) else {
        let count = if grows { size + dimension.size() } else { size };
        let positions = array_of(Decoded::all_valid(Values::Int64((0..count as i64).collect())))?;
        return OutputDimension::of_labels(name.clone(), dimension.column, &positions, dimension.source);
    };
    let known = array_of(coordinate.labels().clone())?;
    if known.data_type() != found.data_type() {
        return Err(datafusion_error(refused(format!(
            "labels of `{name}` are of type {}, and those of the store of type {}",
            dimension.labels.values.data_type(),
            coordinate.labels().values.data_type()
        ))));
    }
    let of_store = OutputDimension::of_labels(name.clone(), dimension.column, &known, dimension.source.clone())?;
    let mut fresh = Vec::new();
    for row in 0..dimension.labels.values.len() {
        let label = dimension.labels.get(row);
        let shown = || label.as_ref().map_or_else(String::new, show);
        match (of_store.has(&dimension.labels.values, row), grows) {
            (false, true) => fresh.push(row as u32),
            (true, true) => {
                return Err(datafusion_error(
                    refused(format!("label `{}` of `{name}` is in the store already", shown()))
                        .hint("select the labels that are new, or replace cells with `OPTIONS ('region' 'true')`"),
                ));
            }
            (true, false) => {}
            (false, false) => {
                return Err(datafusion_error(
                    refused(format!("label `{}` of `{name}` is not in the store", shown()))
                        .hint(format!("`OPTIONS ('append' '{name}')` adds labels")),
                ));
            }
        }
    }
    let labels: ArrayRef = match grows {
        true => concat(&[known.as_ref(), take(&found, &UInt32Array::from(fresh), None)?.as_ref()])?,
        false => known,
    };
    OutputDimension::of_labels(name.clone(), dimension.column, &labels, dimension.source)
}

/// A column as the variable of its name in the store; `None` where an append leaves it as it is.
fn of_dataset(
    column: OutputVariable,
    dataset: &Dataset,
    names: &[String],
    append: Option<&str>,
) -> hyperslab_array::Result<Option<OutputVariable>> {
    let variable = dataset.variable(&column.name)?;
    if append.is_some_and(|name| !variable.dimensions.iter().any(|d| d == name)) {
        return Ok(None);
    }
    let dimensions: Option<Vec<usize>> =
        variable.dimensions.iter().map(|d| names.iter().position(|name| name == d)).collect();
    let dimensions = dimensions.filter(|d| d.is_sorted());
    let dimensions = dimensions.ok_or_else(|| {
        refused(format!(
            "variable `{}` has dimensions `{}` in the store, and those of the answer are `{}`",
            column.name,
            variable.dimensions.join(", "),
            names.join(", ")
        ))
        .hint("name the dimensions in the order of the store: `OPTIONS ('dimensions' '…')`")
    })?;
    Ok(Some(OutputVariable {
        dimensions,
        encoding: variable.encoding.clone(),
        attributes: variable.attributes.clone(),
        says_fill_value: true,
        ..column
    }))
}

fn no_dimension(name: &str, dataset: &Dataset) -> ArrayError {
    refused(format!("the store has no dimension `{name}`"))
        .hint(nearest_names(name, dataset.dimensions.iter().map(|d| d.name.as_str())))
}

fn refused(message: String) -> ArrayError {
    ArrayError::argument(message)
}

/// The stored values of a region of a variable.
///
/// # Errors
/// When a chunk cannot be read.
pub(super) async fn stored_values(variable: &Variable, region: &Region) -> hyperslab_array::Result<Values> {
    let grid = variable.source.chunk_grid();
    let mut out = variable.encoding.unwritten(region.cells()?)?;
    let strides = region.strides();
    let ranges = grid.chunks_of(region);
    let mut chunk: Vec<u64> = ranges.iter().map(|r| r.start).collect();
    if ranges.iter().any(|r| r.is_empty()) {
        return Ok(out);
    }
    loop {
        if let Some(shared) = grid.region(&chunk).intersect(region) {
            let inside = shared.relative_to(&grid.region(&chunk).start);
            let values = variable.source.fetch(&chunk, &inside).await?.decode()?;
            scatter(&mut out, &strides, &shared.relative_to(&region.start), &values)?;
        }
        let Some(d) =
            (0..chunk.len()).rev().find(|d| chunk.get(*d).zip(ranges.get(*d)).is_some_and(|(c, r)| c + 1 < r.end))
        else {
            return Ok(out);
        };
        for (i, (c, r)) in chunk.iter_mut().zip(&ranges).enumerate().skip(d) {
            *c = if i == d { *c + 1 } else { r.start };
        }
    }
}

/// Writes the values of a region into a larger array of the given strides.
pub(super) fn scatter(
    out: &mut Values,
    strides: &[usize],
    region: &Region,
    values: &Values,
) -> hyperslab_array::Result<()> {
    let length = region.shape.last().copied().unwrap_or(1) as usize;
    let inner = region.strides();
    for from in (0..values.len()).step_by(length.max(1)) {
        let at = region.shape.iter().zip(&region.start).zip(inner.iter().zip(strides));
        let at = at.map(|((size, start), (inner, outer))| {
            let index = from / (*inner).max(1) % (*size).max(1) as usize;
            (index + *start as usize) * outer
        });
        out.write(at.sum(), values, from, length)?;
    }
    Ok(())
}
