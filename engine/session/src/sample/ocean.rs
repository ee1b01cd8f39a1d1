//! `ocean.zarr`: two years of an ocean model on a curvilinear grid. South of 60 degrees north the grid is one of
//! latitudes and longitudes; north of it the rows are ellipses that end in a line between two poles on land, so that no
//! pole is in the sea.

use std::cell::LazyCell;

use hyperslab_array::{Attributes, DataType, Values};
use serde_json::json;

use super::arithmetic::{angle, cos, sin, stepped};
use super::calendar::middle_of_months;
use super::climate::Climate;
use super::ersst;
use super::store::{Store, Variable, cells, days_since, described, of_dataset};

const MONTHS: usize = 24;
/// The first month, counted from January 1960, where the climate starts.
const FIRST_MONTH: usize = ersst::MONTHS - MONTHS;
const ROWS: usize = 90;
const COLUMNS: usize = 120;
const CHUNK: (usize, usize, usize) = (6, 45, 60);

/// The row at which the ellipses start, and its latitude.
const EDGE: f64 = 69.0;
const EDGE_LATITUDE: f64 = 60.0;
/// Degrees from row to row in the south, and from column to column.
const ROW_DEGREES: f64 = 2.0;
const COLUMN_DEGREES: f64 = 3.0;
/// The poles are north of Siberia and of Canada, on this meridian.
const POLES: f64 = 73.0;
/// Metres.
const EARTH_RADIUS: f64 = 6_371_000.0;

/// Latitude, and longitude from -180 to 180, at a row and a column; halves are corners of cells.
fn place(row: f64, column: f64) -> (f64, f64) {
    let turns = COLUMN_DEGREES * column / 360.0;
    if row <= EDGE {
        return (EDGE_LATITUDE - ROW_DEGREES * (EDGE - row), wrapped(POLES / 360.0 + turns));
    }
    // Half axes of the ellipse, in degrees from the pole of the earth.
    let north = (row - EDGE) / (ROWS as f64 - 0.5 - EDGE);
    let (long, short) = (30.0 * (1.0 - 0.15 * north), 30.0 * (1.0 - north));
    let (x, y) = (long * cos(turns), short * sin(turns));
    (90.0 - (x * x + y * y).sqrt(), wrapped(POLES / 360.0 + angle(y, x)))
}

/// Turns as degrees from -180 to 180.
fn wrapped(turns: f64) -> f64 {
    360.0 * (turns - (turns + 0.5).floor())
}

/// Latitude and longitude at the middle of a cell, as they are stored.
fn middle(index: [usize; 2]) -> (f32, f32) {
    let [row, column] = index.map(|i| i as f64);
    let (latitude, longitude) = place(row, column);
    (stepped(latitude, 1.0 / 64.0), stepped(longitude, 1.0 / 64.0))
}

/// Square metres, from the corners.
fn area(index: [usize; 2]) -> f32 {
    let [row, column] = index.map(|i| i as f64);
    let corner = |up: f64, right: f64| on_sphere(place(row + up, column + right));
    let (a, b, c, d) = (corner(-0.5, -0.5), corner(-0.5, 0.5), corner(0.5, 0.5), corner(0.5, -0.5));
    let (diagonal, other) = (minus(c, a), minus(d, b));
    let metres = 0.5 * EARTH_RADIUS * EARTH_RADIUS * length(cross(diagonal, other));
    // Whole square kilometres and more bits than anybody needs.
    stepped(metres, 1_048_576.0)
}

type Vector = [f64; 3];

fn on_sphere((latitude, longitude): (f64, f64)) -> Vector {
    let (up, round) = (latitude / 360.0, longitude / 360.0);
    [cos(up) * cos(round), cos(up) * sin(round), sin(up)]
}

fn minus([a, b, c]: Vector, [d, e, f]: Vector) -> Vector {
    [a - d, b - e, c - f]
}

fn cross([a, b, c]: Vector, [d, e, f]: Vector) -> Vector {
    [b * f - c * e, c * d - a * f, a * e - b * d]
}

fn length([a, b, c]: Vector) -> f64 {
    (a * a + b * b + c * c).sqrt()
}

/// The temperatures of the climate, with eddies that drift to the west.
fn temperatures(month: usize, climate: &Climate) -> Vec<f32> {
    let places = (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (y as f64, x as f64)));
    let drift = month as f64 / 9.0;
    climate
        .month(FIRST_MONTH + month)
        .zip(places)
        .map(|(sst, (y, x))| {
            let eddy = 0.75 * sin(x / 8.0 + drift) * sin(y / 7.0) * sin(y / 90.0);
            // What freezes stays at its freezing point; missing stays missing.
            if sst > -1.0 { stepped(f64::from(sst) + eddy, 1.0 / 32.0) } else { sst }
        })
        .collect()
}

pub(super) fn store() -> Store {
    let map = [("y", ROWS, CHUNK.1), ("x", COLUMNS, CHUNK.2)];
    let climate = LazyCell::new(|| {
        Climate::at((0..ROWS).flat_map(|y| {
            (0..COLUMNS).map(move |x| {
                let (latitude, longitude) = middle([y, x]);
                let longitude = f64::from(longitude);
                (f64::from(latitude), if longitude < 0.0 { longitude + 360.0 } else { longitude })
            })
        }))
    });
    let mut of_sst = described("sea_surface_temperature", "monthly mean sea surface temperature", "degC");
    of_sst.insert("cell_methods", "time: mean");
    of_sst.insert("cell_measures", "area: area");
    Store {
        name: "ocean.zarr",
        attributes: of_dataset("Sample of an ocean model on a curvilinear grid", "made up by Hyperslab; no model ran"),
        variables: vec![
            Variable::labels(
                "time",
                Values::Int64(middle_of_months(2015, MONTHS)),
                days_since("time", "time", "2015-01-01"),
            ),
            Variable::float("nav_lat", &map, described("latitude", "latitude of cells", "degrees_north"), |i| {
                middle(i).0
            }),
            Variable::float("nav_lon", &map, described("longitude", "longitude of cells", "degrees_east"), |i| {
                middle(i).1
            }),
            Variable::float("area", &map, on_map(described("cell_area", "area of cells", "m2")), area),
            Variable::new(
                "sst",
                &[("time", MONTHS, CHUNK.0), map[0], map[1]],
                DataType::Float32,
                json!("NaN"),
                on_map(of_sst),
                move |region| {
                    let first = region.start.first().map_or(0, |s| *s as usize);
                    let count = region.shape.first().map_or(0, |n| *n as usize);
                    let months: Vec<_> = (first..first + count).map(|m| temperatures(m, &climate)).collect();
                    let cell = |[t, y, x]: [usize; 3]| {
                        months.get(t - first).and_then(|m| m.get(y * COLUMNS + x)).copied().unwrap_or(f32::NAN)
                    };
                    Values::Float32(cells(region, cell))
                },
            ),
        ],
    }
}

/// Says where to find the coordinates.
fn on_map(mut attributes: Attributes) -> Attributes {
    attributes.insert("coordinates", "nav_lat nav_lon");
    attributes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn rows_are_latitudes_in_the_south_and_bend_in_the_north() {
        let latitudes = |row: usize| (0..COLUMNS).map(move |x| middle([row, x]).0);
        assert!(latitudes(10).all(|v| v == -58.0));
        let (south, north) = latitudes(85).fold((90f32, 0f32), |(a, b), v| (a.min(v), b.max(v)));
        assert!(south < 67.0 && north > 83.0, "{south} {north}");
    }

    #[test]
    fn the_areas_add_up_to_the_earth_north_of_the_first_row() {
        let all: f64 =
            cells::<2, _>(&hyperslab_array::Region::full(&[90, 120]), area).iter().map(|v| f64::from(*v)).sum();
        // The first row reaches to 79 degrees south.
        let expected = 0.5 * (1.0 + 79f64.to_radians().sin()) * 5.1006e14;
        assert!((all / expected - 1.0).abs() < 0.01, "{all:e} {expected:e}");
    }
}
