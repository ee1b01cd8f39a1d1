//! The tables that `era` is joined to: observations beside its cells, and boxes of its map.
//!
//! Both follow from a seed and the shape of the dataset alone, so that the limit knows the chunks without reading them.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use hyperslab::datafusion::arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use hyperslab::datafusion::parquet::arrow::ArrowWriter;
use hyperslab_array::{ArrayError, Result};

use crate::noise;
use crate::recipe::Era;

const SEED: u64 = 0x706f_696e;

/// Microseconds from 1970-01-01 to 2001-01-01: 11,323 days.
const START: i64 = 11_323 * DAY;
const DAY: i64 = 86_400_000_000;

/// One observation for so many cells, and never more than [`MOST_POINTS`].
const CELLS_OF_A_POINT: u64 = 1000;
const MOST_POINTS: u64 = 100_000;
const REGIONS: u64 = 50;

/// How far from its cell an observation is at most, in cells: rounding a label and the nearest label agree.
const OFF_GRID: f64 = 0.45;

/// An observation beside the middle of a cell of `era`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Its number.
    pub id: i64,
    /// The nearest cell, by position along time, lat and lon.
    pub cell: [u64; 3],
    /// When, in microseconds since 1970-01-01.
    pub time: i64,
    /// Where.
    pub lat: f64,
    /// Where, from 0 to 360.
    pub lon: f64,
}

/// A box of the map.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// The lowest and the highest latitude.
    pub lat: [f64; 2],
    /// The same of longitudes.
    pub lon: [f64; 2],
}

/// The observations of an `era` of this shape, in no order.
pub fn points(shape: [u64; 3]) -> impl Iterator<Item = Point> {
    let era = Era::default().with_shape(shape);
    let cells = shape.iter().product::<u64>();
    let count = if cells == 0 { 0 } else { (cells / CELLS_OF_A_POINT).clamp(1, MOST_POINTS) };
    let steps = [1.0, -180.0 / (shape[1].max(2) - 1) as f64, 360.0 / shape[2].max(1) as f64];
    (0..count).map(move |id| {
        let cell = [0, 1, 2].map(|d| noise::hash(SEED + d as u64, id) % shape[d].max(1));
        let away = [0, 1, 2].map(|d| {
            let off = OFF_GRID * (2.0 * unit(noise::hash(SEED + 3 + d as u64, id)) - 1.0);
            // None is before the first day, beyond a pole, or across the meridian that the map is cut at.
            let edge = if cell[d] == 0 { off.abs() } else { off };
            let past = d == 1 && cell[d] + 1 == shape[d] && cell[d] > 0;
            steps[d] * if past { -edge.abs() } else { edge }
        });
        Point {
            id: id as i64,
            cell,
            time: START + cell[0] as i64 * DAY + (away[0] * DAY as f64) as i64,
            lat: era.latitude(cell[1]) + away[1],
            lon: era.longitude(cell[2]) + away[2],
        }
    })
}

/// The boxes. Each is some ten degrees wide and high, so that it has cells of any `era`, and they overlap.
pub fn regions() -> impl Iterator<Item = Region> {
    (0..REGIONS).map(|number| {
        let [south, height, west, width] = [6, 7, 8, 9].map(|seed| unit(noise::hash(SEED + seed, number)));
        let (height, width) = (10.0 + 35.0 * height, 10.0 + 80.0 * width);
        let (south, west) = (-90.0 + (180.0 - height) * south, (360.0 - width) * west);
        Region { name: format!("region {:02}", number + 1), lat: [south, south + height], lon: [west, west + width] }
    })
}

/// A number of 0 to 1 from a hash.
fn unit(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

/// Writes `points.parquet` and `regions.parquet` for an `era` of this shape into a directory.
///
/// # Errors
/// When a file cannot be written.
pub fn write(shape: [u64; 3], directory: &Path) -> Result<()> {
    let points: Vec<Point> = points(shape).collect();
    let number = |of: &dyn Fn(&Point) -> f64| -> ArrayRef { Arc::new(points.iter().map(of).collect::<Float64Array>()) };
    let ids: Int64Array = points.iter().map(|p| Some(p.id)).collect();
    let times: TimestampMicrosecondArray = points.iter().map(|p| Some(p.time)).collect();
    let columns: [(&str, ArrayRef); 4] =
        [("id", Arc::new(ids)), ("time", Arc::new(times)), ("lat", number(&|p| p.lat)), ("lon", number(&|p| p.lon))];
    write_parquet(columns, &directory.join("points.parquet"))?;

    let regions: Vec<Region> = regions().collect();
    let number =
        |of: &dyn Fn(&Region) -> f64| -> ArrayRef { Arc::new(regions.iter().map(of).collect::<Float64Array>()) };
    let names: StringArray = regions.iter().map(|r| Some(&r.name)).collect();
    let columns: [(&str, ArrayRef); 5] = [
        ("name", Arc::new(names)),
        ("south", number(&|r| r.lat[0])),
        ("north", number(&|r| r.lat[1])),
        ("west", number(&|r| r.lon[0])),
        ("east", number(&|r| r.lon[1])),
    ];
    write_parquet(columns, &directory.join("regions.parquet"))
}

fn write_parquet<const N: usize>(columns: [(&str, ArrayRef); N], path: &Path) -> Result<()> {
    let cannot = |e: Box<dyn std::error::Error + Send + Sync>| {
        ArrayError::io(format!("`{}` cannot be written", path.display())).with_source(e)
    };
    let batch = RecordBatch::try_from_iter(columns).map_err(|e| cannot(e.into()))?;
    let file = File::create(path).map_err(|e| cannot(e.into()))?;
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).map_err(|e| cannot(e.into()))?;
    writer.write(&batch).map_err(|e| cannot(e.into()))?;
    writer.close().map_err(|e| cannot(e.into()))?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    const SHAPE: [u64; 3] = [250, 37, 72];

    #[test]
    fn an_observation_is_within_half_a_cell_of_its_label() {
        let found: Vec<Point> = points(SHAPE).collect();
        assert_eq!(found.len(), 666);
        for p in &found {
            let [time, lat, lon] = p.cell.map(|position| position as f64);
            let days = (p.time - START) as f64 / DAY as f64;
            assert!((days - time).abs() < 0.5 && days >= 0.0, "{p:?}");
            assert!((p.lat - (90.0 - 5.0 * lat)).abs() < 2.5 && p.lat.abs() <= 90.0, "{p:?}");
            assert!((p.lon - 5.0 * lon).abs() < 2.5 && (0.0..360.0).contains(&p.lon), "{p:?}");
        }
        assert!(found.windows(2).any(|pair| pair[0].cell > pair[1].cell), "shuffled");
        assert!(found.iter().any(|p| p.lon > 340.0) && found.iter().any(|p| p.lon < 20.0));
    }

    #[test]
    fn a_large_dataset_has_100000_observations_and_an_empty_one_none() {
        assert_eq!(points([1460, 361, 720]).count(), 100_000);
        assert_eq!(points([0, 361, 720]).count(), 0);
        assert_eq!(points([1, 1, 1]).count(), 1);
    }

    #[test]
    fn regions_lie_on_the_map_and_overlap() {
        let found: Vec<Region> = regions().collect();
        assert_eq!(found.len(), 50);
        for r in &found {
            assert!(-90.0 <= r.lat[0] && r.lat[0] + 10.0 <= r.lat[1] && r.lat[1] <= 90.0, "{r:?}");
            assert!(0.0 <= r.lon[0] && r.lon[0] + 10.0 <= r.lon[1] && r.lon[1] <= 360.0, "{r:?}");
        }
        let meet = |a: [f64; 2], b: [f64; 2]| a[0] < b[1] && b[0] < a[1];
        assert!(found.iter().skip(1).any(|r| meet(r.lat, found[0].lat) && meet(r.lon, found[0].lon)));
    }
}
