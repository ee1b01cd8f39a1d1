//! Refuses a picture that cannot be drawn, before any work: sizes that disagree, empty and missing labels.

use crate::error::{PlotError, Result};
use crate::picture::{Dimension, Grid, Labels, Line, Map, Mesh, Movie};

/// Cells of a picture are counted in 32 bits, and the last number means none.
const MOST_CELLS: usize = u32::MAX as usize;

pub(crate) fn line(line: &Line) -> Result<()> {
    let size = dimension(&line.dimension)?;
    if line.series.is_empty() {
        return Err(PlotError::new(format!("`{}` has no series, expected at least one line", line.value.name)));
    }
    for series in &line.series {
        length(&series.name, series.values.len(), size)?;
    }
    Ok(())
}

pub(crate) fn map(map: &Map) -> Result<()> {
    length(&map.value.name, map.values.len(), map_size(map)?)
}

pub(crate) fn mesh(mesh: &Mesh) -> Result<()> {
    length(&mesh.value.name, mesh.values.len(), mesh_size(mesh)?)
}

pub(crate) fn movie(movie: &Movie) -> Result<()> {
    let frames = dimension(&movie.frames)?;
    let (name, size) = match &movie.grid {
        Grid::Map(map) => (&map.value.name, map_size(map)?),
        Grid::Mesh(mesh) => (&mesh.value.name, mesh_size(mesh)?),
    };
    if movie.values.len() != frames {
        return Err(PlotError::new(format!(
            "`{name}` has `{}` frames, expected {frames}, one for each label of `{}`",
            movie.values.len(),
            movie.frames.quantity.name
        )));
    }
    movie.values.iter().try_for_each(|values| length(name, values.len(), size))
}

fn map_size(map: &Map) -> Result<usize> {
    cells(&map.value.name, dimension(&map.y)?, dimension(&map.x)?)
}

fn mesh_size(mesh: &Mesh) -> Result<usize> {
    let size = cells(&mesh.value.name, mesh.shape.0, mesh.shape.1)?;
    if size == 0 {
        return Err(PlotError::new(format!("`{}` has no cells, expected at least one", mesh.value.name)));
    }
    length(&mesh.x_quantity.name, mesh.x.len(), size)?;
    length(&mesh.y_quantity.name, mesh.y.len(), size)?;
    Ok(size)
}

fn cells(name: &str, rows: usize, columns: usize) -> Result<usize> {
    rows.checked_mul(columns).filter(|n| *n < MOST_CELLS).ok_or_else(|| {
        PlotError::new(format!("`{name}` has `{rows}` · `{columns}` cells, expected less than {MOST_CELLS}"))
            .hint("choose a part, or average over windows")
    })
}

fn length(name: &str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(PlotError::new(format!("`{name}` has `{found}` values, expected {expected}, one for each label")))
}

fn dimension(dimension: &Dimension) -> Result<usize> {
    let name = &dimension.quantity.name;
    if dimension.labels.is_empty() {
        return Err(PlotError::new(format!("`{name}` has no labels, expected at least one"))
            .hint("the query found nothing; widen its conditions"));
    }
    let missing = match &dimension.labels {
        Labels::Numbers(v) => v.iter().position(|v| !v.is_finite()),
        // The least number is how arrays write a missing time.
        Labels::Times(v) => v.iter().position(|t| *t == i64::MIN),
        Labels::Texts(_) => None,
    };
    match missing {
        Some(at) => {
            Err(PlotError::new(format!("the label of `{name}` at `{at}` is missing, expected a place to draw"))
                .hint(format!("add `WHERE {name} IS NOT NULL`")))
        }
        None => Ok(dimension.labels.len()),
    }
}
