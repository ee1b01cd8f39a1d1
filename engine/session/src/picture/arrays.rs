//! From labelled arrays to what a picture is made of.

use datafusion::error::Result;
use hyperslab_array::ArrayError;
use hyperslab_exec::datafusion_error;
use hyperslab_plot::{Dimension, Grid, Labels, Line, Map, Mesh, Movie, Picture, Quantity, Series};

use super::roles::Chosen;
use crate::{ArrayValues, LabelledArray, LabelledDataset};

/// The picture of a dataset, and a title that tells the labels of the dimensions that have one label alone.
pub(super) fn picture(dataset: &LabelledDataset, roles: &Chosen) -> Result<(Picture, Option<String>)> {
    let is_named = |d: &str| [&roles.x, &roles.y, &roles.frames, &roles.series].into_iter().flatten().any(|n| n == d);
    // A named dimension stays, whatever its length; one dimension is needed at least.
    let mut kept: Vec<&str> =
        dataset.sizes().into_iter().filter(|(d, size)| *size != 1 || is_named(d)).map(|(d, _)| d).collect();
    if kept.is_empty() {
        kept.extend(dataset.sizes().last().map(|(d, _)| *d));
    }
    let title = title(dataset, &kept)?;
    if let Some(mesh) = mesh(dataset, roles, &kept)? {
        return Ok((mesh, title));
    }
    let series = named(&roles.series, &kept);
    let rest: Vec<&str> = kept.iter().copied().filter(|d| Some(*d) != series).collect();
    let picture = match (rest.as_slice(), series) {
        ([d], _) => line(dataset, roles, d, series)?,
        ([_, _], None) => {
            let (y, x) = sides(dataset, &rest, named(&roles.y, &kept), named(&roles.x, &kept))?;
            let values = values_along(dataset, value(roles)?, &[y, x])?;
            Picture::Map(Map { values, ..map(dataset, roles, y, x)? })
        }
        ([_, _, _], None) => {
            let frames = match named(&roles.frames, &kept) {
                Some(frames) => frames,
                None => {
                    let free = |d: &&&str| named(&roles.x, &kept) != Some(**d) && named(&roles.y, &kept) != Some(**d);
                    rest.iter().find(free).copied().unwrap_or_default()
                }
            };
            let plane: Vec<&str> = rest.iter().copied().filter(|d| *d != frames).collect();
            let (y, x) = sides(dataset, &plane, named(&roles.y, &kept), named(&roles.x, &kept))?;
            movie(dataset, roles, frames, &[y, x], Grid::Map(map(dataset, roles, y, x)?))?
        }
        (other, _) => {
            let sizes: Vec<String> = other.iter().map(|d| format!("`{d}`")).collect();
            return Err(argument(
                format!("an answer with the dimensions {} is no picture", sizes.join(", ")),
                "choose one label of some, or aggregate over them; one dimension is a line, two are a map, three a movie",
            ));
        }
    };
    Ok((picture, title))
}

/// A role that is a dimension of the picture.
fn named<'a>(role: &'a Option<String>, kept: &[&str]) -> Option<&'a str> {
    role.as_deref().filter(|d| kept.contains(d))
}

/// Which of two dimensions goes up, and which to the right: as said, longitudes and times to the right, else the last.
fn sides<'a>(
    dataset: &LabelledDataset,
    plane: &[&'a str],
    y: Option<&'a str>,
    x: Option<&'a str>,
) -> Result<(&'a str, &'a str)> {
    let &[first, last] = plane else { return Err(internal("a map has two dimensions")) };
    let other = |d: &str| if d == first { last } else { first };
    Ok(match (y, x) {
        (Some(y), _) => (y, other(y)),
        (None, Some(x)) => (other(x), x),
        (None, None) => {
            let units =
                |d: &str| dataset.coordinates.get(d).and_then(|c| c.attributes.text("units")).unwrap_or_default();
            let goes_right = |d: &str| units(d).starts_with("degrees_east");
            match goes_right(first) && !goes_right(last) {
                true => (last, first),
                false => (first, last),
            }
        }
    })
}

fn line(dataset: &LabelledDataset, roles: &Chosen, along: &str, series: Option<&str>) -> Result<Picture> {
    let dimension = dimension(dataset, along)?;
    let mut lines = Vec::new();
    match series {
        Some(series) => {
            let values = values_along(dataset, value(roles)?, &[series, along])?;
            let names = texts(dataset.array(series)?);
            for (name, values) in names.into_iter().zip(values.chunks(dimension.labels.len().max(1))) {
                lines.push(Series { name, values: values.to_vec() });
            }
        }
        None => {
            for name in &roles.values {
                lines.push(Series { name: name.clone(), values: values_along(dataset, name, &[along])? });
            }
        }
    }
    // Where the values of the dimension were asked to go up, the line is a profile.
    let profile = roles.y.as_deref() == Some(along);
    let value = match (series, roles.values.as_slice()) {
        (None, [_, _, ..]) => Quantity::new("value").with_label(""),
        _ => quantity(value(roles)?, dataset.array(value(roles)?)?),
    };
    Ok(Picture::Line(Line { dimension, series: lines, value, profile }))
}

/// A map without values yet.
fn map(dataset: &LabelledDataset, roles: &Chosen, y: &str, x: &str) -> Result<Map> {
    let name = value(roles)?;
    let value = quantity(name, dataset.array(name)?);
    Ok(Map { x: dimension(dataset, x)?, y: dimension(dataset, y)?, values: Vec::new(), value })
}

/// A picture on 2-D coordinates, where the roles name such.
fn mesh(dataset: &LabelledDataset, roles: &Chosen, kept: &[&str]) -> Result<Option<Picture>> {
    let (Some(x), Some(y)) = (&roles.x, &roles.y) else { return Ok(None) };
    if kept.contains(&x.as_str()) || kept.contains(&y.as_str()) {
        return Ok(None);
    }
    let (xs, ys) = (dataset.array(x)?, dataset.array(y)?);
    let plane: Vec<&str> = kept.iter().copied().filter(|d| xs.dimensions.iter().any(|own| own == d)).collect();
    let &[rows, columns] = plane.as_slice() else {
        return Err(argument(
            format!(
                "`{x}` and `{y}` are coordinates of `{}`, expected two dimensions of the answer",
                xs.dimensions.join(", ")
            ),
            "select the dimensions of the coordinates too",
        ));
    };
    let size = |d: &str| dataset.dimensions.get(d).copied().unwrap_or(0);
    let name = value(roles)?;
    let frames: Vec<&str> = kept.iter().copied().filter(|d| !plane.contains(d)).collect();
    let mesh = Mesh {
        shape: (size(rows), size(columns)),
        x: values_along(dataset, x, &[rows, columns])?,
        y: values_along(dataset, y, &[rows, columns])?,
        x_quantity: quantity(x, xs),
        y_quantity: quantity(y, ys),
        values: match frames.is_empty() {
            true => values_along(dataset, name, &[rows, columns])?,
            false => Vec::new(),
        },
        value: quantity(name, dataset.array(name)?),
    };
    match frames.as_slice() {
        [] => Ok(Some(Picture::Mesh(mesh))),
        [frames] => movie(dataset, roles, frames, &[rows, columns], Grid::Mesh(mesh)).map(Some),
        _ => Err(argument(
            format!("`{}` are too many dimensions for a movie", kept.join("`, `")),
            "choose one label of some, or aggregate over them",
        )),
    }
}

fn movie(dataset: &LabelledDataset, roles: &Chosen, frames: &str, plane: &[&str], grid: Grid) -> Result<Picture> {
    let order: Vec<&str> = std::iter::once(frames).chain(plane.iter().copied()).collect();
    let all = values_along(dataset, value(roles)?, &order)?;
    let frames = dimension(dataset, frames)?;
    let length = (all.len() / frames.labels.len().max(1)).max(1);
    Ok(Picture::Movie(Movie { frames, grid, values: all.chunks(length).map(<[f64]>::to_vec).collect() }))
}

/// The values of an array along `order`, the first slowest. Dimensions of one index are left out; along those that it does
/// not have, it is repeated.
fn values_along(dataset: &LabelledDataset, name: &str, order: &[&str]) -> Result<Vec<f64>> {
    let array = dataset.array(name)?;
    if let Some(other) =
        array.dimensions.iter().zip(array.shape()).find(|(d, size)| **size != 1 && !order.contains(&d.as_str()))
    {
        return Err(argument(
            format!("`{name}` varies along `{}` too", other.0),
            "choose one of its labels, or aggregate over them",
        ));
    }
    let values = array.to_f64();
    let mut strides = vec![1; array.shape().len()];
    for d in (0..strides.len().saturating_sub(1)).rev() {
        let next = strides.get(d + 1).copied().unwrap_or(1) * array.shape().get(d + 1).copied().unwrap_or(1);
        if let Some(stride) = strides.get_mut(d) {
            *stride = next;
        }
    }
    let steps: Vec<(usize, usize)> = order
        .iter()
        .map(|d| {
            let size = dataset.dimensions.get(*d).copied().unwrap_or(1);
            let own = array.dimensions.iter().position(|own| own == d);
            (size, own.and_then(|i| strides.get(i)).copied().unwrap_or(0))
        })
        .collect();
    let cells: usize = steps.iter().map(|(size, _)| size).product();
    let at = |cell: usize| {
        let mut rest = cell;
        steps.iter().rev().fold(0, |at, (size, stride)| {
            let index = rest % size;
            rest /= size;
            at + index * stride
        })
    };
    Ok((0..cells).map(|cell| values.get(at(cell)).copied().unwrap_or(f64::NAN)).collect())
}

fn dimension(dataset: &LabelledDataset, name: &str) -> Result<Dimension> {
    let array = dataset.array(name)?;
    let labels = match &array.values {
        ArrayValues::Timestamp(times) => Labels::Times(times.iter().copied().collect()),
        ArrayValues::String(texts) => Labels::Texts(texts.iter().cloned().collect()),
        _ => Labels::Numbers(array.to_f64()),
    };
    Ok(Dimension::new(quantity(name, array), labels))
}

fn quantity(name: &str, array: &LabelledArray) -> Quantity {
    let label = array.attributes.text("long_name").unwrap_or(name);
    let quantity = Quantity::new(name).with_label(label);
    match array.attributes.text("units") {
        Some(units) => quantity.with_units(units),
        None => quantity,
    }
}

/// The labels of the dimensions that are left out.
fn title(dataset: &LabelledDataset, kept: &[&str]) -> Result<Option<String>> {
    let mut parts = Vec::new();
    for (name, _) in dataset.sizes().into_iter().filter(|(d, _)| !kept.contains(d)) {
        parts.extend(texts(dataset.array(name)?).first().map(|label| format!("{name} = {label}")));
    }
    Ok(Some(parts.join(", ")).filter(|t| !t.is_empty()))
}

/// The labels of a dimension as a person writes them; a time at midnight is a date.
fn texts(array: &LabelledArray) -> Vec<String> {
    match &array.values {
        ArrayValues::String(texts) => texts.iter().cloned().collect(),
        ArrayValues::Timestamp(times) => {
            let shown = times.iter().map(|t| hyperslab_array::Calendar::ProlepticGregorian.date(*t).to_string());
            shown.map(|t| t.strip_suffix("T00:00:00").map_or(t.clone(), str::to_string)).collect()
        }
        ArrayValues::Float32(values) => values.iter().map(f32::to_string).collect(),
        _ => array.to_f64().iter().map(f64::to_string).collect(),
    }
}

fn value(roles: &Chosen) -> Result<&str> {
    roles.values.first().map(String::as_str).ok_or_else(|| internal("a picture has no value"))
}

fn argument(message: String, hint: &str) -> datafusion::error::DataFusionError {
    datafusion_error(ArrayError::argument(message).hint(hint))
}

fn internal(message: &str) -> datafusion::error::DataFusionError {
    datafusion_error(ArrayError::internal(message))
}
