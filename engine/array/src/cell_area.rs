//! How large the cells of a grid of latitudes and longitudes are, on the sphere.
//!
//! The area between two latitudes `s`, `n` and two longitudes `w`, `e` is `r² · |sin n − sin s| · |e − w|`, a product of what
//! each dimension gives: its extents.

use crate::regrid::{Cells, Measure};
use crate::{ArrayError, Coordinate, Result};

/// The radius of the sphere, in metres: that of CDO.
pub const EARTH_RADIUS: f64 = 6_371_000.0;

/// Which way a dimension goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// From pole to pole: the extent of a cell is `r · |sin n − sin s|`, in metres.
    Latitude,
    /// Round the earth: `r · |e − w|` with the angle in radians, in metres.
    Longitude,
}

/// The extent of each cell of a coordinate, in metres, in the order of its labels: from its bounds where it has such, else
/// from the midpoints between labels. The product of an extent of latitude and one of longitude is an area in m².
///
/// # Errors
/// When the labels are no numbers, have no order, or are fewer than two without bounds; when the bounds cannot be read.
pub fn cell_extents(coordinate: &Coordinate, extent: Extent) -> Result<Vec<f64>> {
    let name = &coordinate.variable().name;
    let measure = match extent {
        Extent::Latitude => Measure::Latitude,
        Extent::Longitude => Measure::Longitude,
    };
    let labels = floats(coordinate)?;
    let cells = match coordinate.bounds()? {
        Some(bounds) => Cells::of_bounds(name, bounds, labels.len(), measure)?,
        None => Cells::between(name, &labels, measure)?,
    };
    let metres = |[low, high]: [f64; 2]| match extent {
        Extent::Latitude => EARTH_RADIUS * (high - low),
        Extent::Longitude => EARTH_RADIUS * (high - low).to_radians(),
    };
    Ok(cells.measured().map(metres).collect())
}

fn floats(coordinate: &Coordinate) -> Result<Vec<f64>> {
    let name = &coordinate.variable().name;
    let labels = coordinate.labels();
    let numbers = crate::regrid::floats(labels).filter(|_| labels.missing() == 0);
    numbers.ok_or_else(|| ArrayError::argument(format!("the labels of `{name}` are not all numbers, expected degrees")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use futures::executor::block_on;

    use super::*;
    use crate::{Attributes, ChunkGrid, Dataset, DatasetBuilder, MemorySource, RawVariable, Values};

    /// Name, dimensions, values and attributes.
    type Parts<'a> = (&'a str, &'a [&'a str], Vec<f64>, &'a [(&'a str, &'a str)]);

    fn dataset(variables: Vec<Parts>) -> Dataset {
        let mut sizes = std::collections::HashMap::new();
        for (name, dimensions, values, _) in &variables {
            if dimensions.len() == 1 {
                sizes.insert(*name, values.len() as u64);
            }
        }
        sizes.insert("nv", 2);
        let builder = variables.into_iter().fold(DatasetBuilder::new("d", "memory:", "MEMORY"), |b, variable| {
            let (name, dimensions, values, attributes) = variable;
            let shape: Vec<u64> = dimensions.iter().map(|d| sizes[d]).collect();
            let grid = ChunkGrid::regular(&shape, &shape).unwrap();
            b.variable(RawVariable {
                name: name.into(),
                dimensions: dimensions.iter().map(|d| d.to_string()).collect(),
                attributes: attributes.iter().copied().collect::<Attributes>(),
                source: Arc::new(MemorySource::try_new(Values::Float64(values), grid).unwrap()),
            })
        });
        block_on(builder.build()).unwrap()
    }

    #[test]
    fn the_cells_of_a_whole_globe_have_its_area() {
        let lat: Vec<f64> = (0..90).map(|i| 89.0 - 2.0 * f64::from(i)).collect();
        let lon: Vec<f64> = (0..180).map(|i| 2.0 * f64::from(i)).collect();
        let d = dataset(vec![("lat", &["lat"], lat, &[]), ("lon", &["lon"], lon, &[])]);
        let extent = |name: &str, extent| cell_extents(&d.coordinates[name], extent).unwrap();
        let lat: f64 = extent("lat", Extent::Latitude).iter().sum();
        let lon: f64 = extent("lon", Extent::Longitude).iter().sum();
        let sphere = 4.0 * std::f64::consts::PI * EARTH_RADIUS * EARTH_RADIUS;
        assert!((lat * lon / sphere - 1.0).abs() < 1e-12);
    }

    #[test]
    fn bounds_come_before_midpoints_and_poles_are_the_end() {
        let units: &[(&str, &str)] = &[("units", "degrees_north"), ("bounds", "lat_bnds")];
        let d = dataset(vec![
            ("lat", &["lat"], vec![-80.0, 0.0, 90.0], units),
            ("lat_bnds", &["lat", "nv"], vec![-90.0, -30.0, -30.0, 30.0, 30.0, 90.0], &[]),
        ]);
        let own = cell_extents(&d.coordinates["lat"], Extent::Latitude).unwrap();
        assert!(own.iter().zip([0.5, 1.0, 0.5]).all(|(a, b)| (a / EARTH_RADIUS - b).abs() < 1e-12), "{own:?}");
        let d = dataset(vec![("lat", &["lat"], vec![-80.0, 0.0, 90.0], &[])]);
        let own: f64 = cell_extents(&d.coordinates["lat"], Extent::Latitude).unwrap().iter().sum();
        assert!((own / EARTH_RADIUS - 2.0).abs() < 1e-12, "the last cell ends at the pole");
    }

    #[test]
    fn labels_without_order_or_alone_have_no_cells() {
        for labels in [vec![1.0], vec![1.0, 3.0, 2.0]] {
            let d = dataset(vec![("lat", &["lat"], labels, &[])]);
            assert!(cell_extents(&d.coordinates["lat"], Extent::Latitude).is_err());
        }
    }
}
