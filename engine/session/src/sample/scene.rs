//! `scene.zarr`: what a satellite might see of a valley with a river, fields, a forest, a town and clouds, in metres of
//! a map projection.

use hyperslab_array::{Attributes, DataType, Values};
use serde_json::json;

use super::arithmetic::{bump, noise, sin};
use super::store::{Store, Variable, attributes, cells, described, of_dataset};

const ROWS: usize = 200;
const COLUMNS: usize = 240;
const CHUNK: usize = 80;
/// The middle of the first cell, and the size of cells, in metres.
const WEST: f64 = 600_015.0;
const NORTH: f64 = 5_399_985.0;
const CELL: f64 = 30.0;
/// Reflectances are packed as multiples of this.
const PACK_SCALE: f64 = 0.0001;
const PACK_MISSING: u16 = 65_535;
/// Cells along a field.
const FIELD: usize = 14;

/// Red and near infrared reflectance of what is on the ground, and how much a cell differs from the next.
struct Ground {
    red: f64,
    nir: f64,
    grain: f64,
}

const WATER: Ground = Ground { red: 0.04, nir: 0.02, grain: 0.004 };
const FOREST: Ground = Ground { red: 0.035, nir: 0.38, grain: 0.01 };
const TOWN: Ground = Ground { red: 0.19, nir: 0.24, grain: 0.05 };
const GRASS: Ground = Ground { red: 0.07, nir: 0.34, grain: 0.015 };

fn ground(y: usize, x: usize) -> Ground {
    let (row, column) = (y as f64, x as f64);
    let river = 95.0 + 28.0 * sin(column / 170.0) + 9.0 * sin(column / 61.0 + 0.3);
    let away = row - river;
    if (-3.0..3.0).contains(&away) {
        return WATER;
    }
    if bump(column, 165.0, 34.0) * bump(row, river + 22.0, 24.0) > 0.22 + 0.08 * noise(y / 3 * 200 + x / 3, 7) {
        return TOWN;
    }
    if row + 14.0 * sin(column / 55.0) + 6.0 * sin(column / 23.0 + 0.4) < 52.0 {
        return FOREST;
    }
    if (-9.0..9.0).contains(&away) {
        return GRASS;
    }
    // Fields lie askew; each is anything from bare to green.
    let (across, along) = ((x + y / 4) / FIELD, (y + 240 - x / 5) / FIELD);
    let green = 0.5 + 0.5 * noise(across * 100 + along, 8);
    Ground { red: 0.20 - 0.15 * green, nir: 0.24 + 0.22 * green, grain: 0.01 }
}

fn is_cloud(y: usize, x: usize) -> bool {
    let (row, column) = (y as f64, x as f64);
    let edge = 0.16 * sin(column / 41.0 + row / 90.0) * sin(row / 33.0 + 0.2) + 0.03 * noise(y * COLUMNS + x, 32);
    let clouds = [(40.0, 60.0, 34.0), (58.0, 92.0, 26.0), (150.0, 205.0, 30.0), (172.0, 30.0, 18.0)];
    clouds.iter().any(|(r, c, reach)| bump(row, *r, *reach) * bump(column, *c, 1.5 * reach) + edge > 0.25)
}

fn packed(y: usize, x: usize, band: usize) -> u16 {
    if is_cloud(y, x) {
        return PACK_MISSING;
    }
    let ground = ground(y, x);
    let reflectance = if band == 0 { ground.red } else { ground.nir };
    let grain = ground.grain * (0.7 * noise(y * COLUMNS + x, 9) + 0.3 * noise(y * COLUMNS + x, 30 + band));
    ((reflectance + grain) / PACK_SCALE + 0.5).floor() as u16
}

/// Universal Transverse Mercator, zone 32 north.
fn projection() -> Attributes {
    [
        ("grid_mapping_name", json!("transverse_mercator")),
        ("semi_major_axis", json!(6_378_137.0)),
        ("inverse_flattening", json!(298.257_223_563)),
        ("latitude_of_projection_origin", json!(0.0)),
        ("longitude_of_central_meridian", json!(9.0)),
        ("false_easting", json!(500_000.0)),
        ("false_northing", json!(0.0)),
        ("scale_factor_at_central_meridian", json!(0.9996)),
        ("spatial_ref", json!("EPSG:32632")),
    ]
    .into_iter()
    .collect()
}

fn metres(first: f64, step: f64, size: usize) -> Values {
    Values::Float64((0..size).map(|i| first + step * i as f64).collect())
}

fn band(name: &str, long_name: &str, number: usize) -> Variable {
    let mut of_band = attributes(&[
        ("standard_name", "surface_bidirectional_reflectance"),
        ("long_name", long_name),
        ("units", "1"),
        ("grid_mapping", "crs"),
    ]);
    of_band.insert("scale_factor", PACK_SCALE);
    of_band.insert("add_offset", 0.0);
    of_band.insert("_FillValue", PACK_MISSING);
    Variable::new(
        name,
        &[("y", ROWS, CHUNK), ("x", COLUMNS, CHUNK)],
        DataType::UInt16,
        json!(PACK_MISSING),
        of_band,
        move |region| Values::UInt16(cells(region, |[y, x]: [usize; 2]| packed(y, x, number))),
    )
}

pub(super) fn store() -> Store {
    Store {
        name: "scene.zarr",
        attributes: of_dataset("Sample of a satellite scene", "made up by Hyperslab; no satellite was there"),
        variables: vec![
            Variable::labels(
                "y",
                metres(NORTH, -CELL, ROWS),
                described("projection_y_coordinate", "y of the projection", "m"),
            ),
            Variable::labels(
                "x",
                metres(WEST, CELL, COLUMNS),
                described("projection_x_coordinate", "x of the projection", "m"),
            ),
            Variable::new("crs", &[], DataType::Int32, json!(0), projection(), |_| Values::Int32(vec![0])),
            band("red", "red reflectance", 0),
            band("nir", "near infrared reflectance", 1),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_of_it_is_cloud_and_some_of_it_water() {
        let places = || (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (y, x)));
        let clouds = places().filter(|(y, x)| is_cloud(*y, *x)).count();
        let water = places().filter(|(y, x)| !is_cloud(*y, *x) && packed(*y, *x, 1) < packed(*y, *x, 0)).count();
        let cells = ROWS * COLUMNS;
        assert!((cells / 30..cells / 5).contains(&clouds), "{clouds}");
        assert!((cells / 100..cells / 10).contains(&water), "{water}");
    }
}
