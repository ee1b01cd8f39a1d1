//! [`regrid_curvilinear`]: from a dataset on a curvilinear grid to the dataset on plain latitudes and longitudes.

use std::sync::Arc;

use indexmap::IndexMap;

use super::curvilinear_source::{NearestSource, Places};
use super::dataset::{RegridOptions, Target, decoded_attributes, insert, labelled, numbers, type_on};
use super::read::is_number;
use crate::{ArrayError, Dataset, Dimension, Encoding, Result, Role, Skipped, Variable, nearest_names};

/// The nearest cell of each target is kept in memory; more targets than this are refused.
const MOST_CELLS: usize = 1 << 27;

/// The dataset with two new dimensions in place of those of its 2-D latitudes and longitudes, which the targets name, in
/// any order. Each new cell has the value of the cell that is nearest on the sphere, missing or not. The coordinates are
/// read when the first chunk is.
///
/// Variables that have one of the two dimensions alone are left out.
///
/// # Errors
/// When a target names no such coordinate, both are of one kind, or one has no labels.
pub fn regrid_curvilinear(dataset: &Dataset, targets: &[Target; 2], options: &RegridOptions) -> Result<Dataset> {
    if options.max_distance.is_some_and(|distance| distance.is_nan() || distance < 0.0) {
        return Err(ArrayError::argument("`max_distance` is no distance, expected metres, 0 or more"));
    }
    let [first, second] = targets.each_ref().map(|t| coordinate(dataset, &t.dimension));
    let (first, second) = (first?, second?);
    let (lat, lon) = match (is_latitude(first), is_latitude(second)) {
        (Some(true), Some(false)) => ((first, &targets[0]), (second, &targets[1])),
        (Some(false), Some(true)) => ((second, &targets[1]), (first, &targets[0])),
        _ => {
            return Err(ArrayError::unsupported(format!(
                "coordinates `{}` and `{}` are not known to be a latitude and a longitude, expected units such as `degrees_north`",
                first.name, second.name
            )));
        }
    };
    if lat.0.dimensions != lon.0.dimensions {
        return Err(ArrayError::unsupported(format!(
            "coordinates `{}` and `{}` have dimensions `{:?}` and `{:?}`, expected the same",
            lat.0.name, lon.0.name, lat.0.dimensions, lon.0.dimensions
        )));
    }
    let labels = [numbers(&lat.1.labels, &lat.0.name)?, numbers(&lon.1.labels, &lon.0.name)?];
    let cells = labels.iter().fold(1usize, |n, labels| n.saturating_mul(labels.len()));
    if cells > MOST_CELLS {
        return Err(ArrayError::too_large(format!("{cells} cells on the new labels, expected at most {MOST_CELLS}")));
    }
    let places = Arc::new(Places::new([Arc::clone(lat.0), Arc::clone(lon.0)], labels, options.max_distance));
    // The first dimension of the plane becomes the latitude.
    let renamed: IndexMap<&str, &str> =
        lat.0.dimensions.iter().map(String::as_str).zip([lat.0.name.as_str(), lon.0.name.as_str()]).collect();
    let sizes = [&lat, &lon].map(|(variable, target)| (variable.name.as_str(), target.labels.len() as u64));
    let dimensions = dataset.dimensions.iter().map(|d| match renamed.get(d.name.as_str()) {
        Some(name) => {
            Dimension { name: (*name).into(), size: sizes.iter().find(|(n, _)| n == name).map_or(0, |(_, size)| *size) }
        }
        None => d.clone(),
    });
    let mut out = Dataset {
        dimensions: dimensions.collect(),
        variables: IndexMap::new(),
        coordinates: IndexMap::new(),
        groups: IndexMap::new(),
        ..dataset.clone()
    };
    for (name, variable) in &dataset.variables {
        if let Some((_, target)) = [lat, lon].into_iter().find(|(v, _)| v.name == *name) {
            let new = labelled(variable, vec![name.clone()], Role::Dimension, target.labels.clone())?;
            insert(&mut out, &new);
            continue;
        }
        let own: Vec<usize> = variable
            .dimensions
            .iter()
            .enumerate()
            .filter(|(_, d)| renamed.contains_key(d.as_str()))
            .map(|(i, _)| i)
            .collect();
        let plane = lat.0.dimensions.iter().filter_map(|d| variable.dimensions.iter().position(|own| own == d));
        match (own.len(), plane.collect::<Vec<_>>().as_slice()) {
            (0, _) => {
                out.variables.insert(name.clone(), Arc::clone(variable));
                out.coordinates.extend(dataset.coordinates.get(name).map(|c| (name.clone(), Arc::clone(c))));
            }
            _ if variable.role == Role::Bounds => {}
            (2, [y, x]) if is_number(variable.data_type()) => {
                let new = variable_on(variable, &places, [*y, *x], &renamed, options)?;
                out.variables.insert(name.clone(), Arc::new(new));
            }
            (2, _) => {
                let reason = format!("values of type {} cannot be regridded", variable.data_type());
                out.skipped.push(Skipped { name: name.clone(), reason });
            }
            _ => {
                let reason = format!("it has one of the dimensions `{:?}` alone, which are no more", lat.0.dimensions);
                out.skipped.push(Skipped { name: name.clone(), reason });
            }
        }
    }
    Ok(out)
}

fn variable_on(
    variable: &Arc<Variable>,
    places: &Arc<Places>,
    plane: [usize; 2],
    renamed: &IndexMap<&str, &str>,
    options: &RegridOptions,
) -> Result<Variable> {
    let data_type = type_on(variable, options);
    let attributes = decoded_attributes(&variable.attributes);
    let source = NearestSource::try_new(Arc::clone(variable), Arc::clone(places), plane, data_type)?;
    let new_name = |d: &String| renamed.get(d.as_str()).map_or_else(|| d.clone(), |name| (*name).to_string());
    Ok(Variable {
        name: variable.name.clone(),
        dimensions: variable.dimensions.iter().map(new_name).collect(),
        role: variable.role,
        encoding: Encoding::try_new(data_type, &attributes, variable.role)?,
        attributes,
        source: Arc::new(source),
    })
}

/// The 2-D coordinate of this name.
fn coordinate<'d>(dataset: &'d Dataset, name: &str) -> Result<&'d Arc<Variable>> {
    let of_plane = |v: &&Arc<Variable>| v.role == Role::Coordinate && v.dimensions.len() == 2;
    dataset.with_role(Role::Coordinate).filter(of_plane).find(|v| v.name == name).ok_or_else(|| {
        let names = dataset.with_role(Role::Coordinate).filter(of_plane).map(|v| v.name.as_str());
        ArrayError::not_found(format!("no coordinate `{name}` of two dimensions"))
            .context("dataset", &dataset.name)
            .hint(nearest_names(name, names))
    })
}

/// Whether a coordinate is a latitude, or a longitude; `None` where nothing tells.
fn is_latitude(variable: &Variable) -> Option<bool> {
    let text = |name: &str| variable.attributes.text(name).unwrap_or_default().to_ascii_lowercase();
    let tells = [text("units"), text("standard_name"), variable.name.to_ascii_lowercase()];
    tells.iter().find_map(|text| {
        let is = |words: [&str; 2]| words.iter().any(|word| text.contains(word));
        match (is(["lat", "north"]), is(["lon", "east"])) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    })
}
