//! `ersst.zarr`: monthly sea surface temperature on a 2° grid from 1960 to 2016.

use std::cell::LazyCell;

use hyperslab_array::{DataType, Values};
use serde_json::json;

use super::calendar::middle_of_months;
use super::climate::Climate;
use super::store::{Store, Variable, days_since, degrees, described, latitude, longitude, of_dataset};

/// Months from January 1960 on.
pub(super) const MONTHS: usize = 684;
/// Latitudes from -88 to 88 by 2.
pub(super) const LATITUDES: usize = 89;
/// Longitudes from 0 to 358 by 2.
pub(super) const LONGITUDES: usize = 180;
/// Months in a chunk: a year.
const CHUNK_MONTHS: usize = 12;

/// The temperatures at the cells.
pub(super) fn climate() -> Climate {
    let degrees = |i: usize, first: i32| f64::from(first + 2 * i as i32);
    Climate::at((0..LATITUDES).flat_map(|i| (0..LONGITUDES).map(move |j| (degrees(i, -88), degrees(j, 0)))))
}

pub(super) fn store() -> Store {
    let climate = LazyCell::new(climate);
    let mut of_sst = described("sea_surface_temperature", "monthly mean sea surface temperature", "degC");
    of_sst.insert("cell_methods", "time: mean");
    Store {
        name: "ersst.zarr",
        attributes: of_dataset(
            "Sample of monthly sea surface temperature",
            "made up by Hyperslab from a seasonal cycle, a slow oscillation and a trend; no measurement",
        ),
        variables: vec![
            Variable::labels(
                "time",
                Values::Int64(middle_of_months(1960, MONTHS)),
                days_since("time", "time", "1960-01-01"),
            ),
            latitude(degrees(-88, 2, LATITUDES)),
            longitude(degrees(0, 2, LONGITUDES)),
            Variable::new(
                "sst",
                &[("time", MONTHS, CHUNK_MONTHS), ("lat", LATITUDES, LATITUDES), ("lon", LONGITUDES, LONGITUDES)],
                DataType::Float32,
                json!("NaN"),
                of_sst,
                move |region| {
                    let first = region.start.first().map_or(0, |s| *s as usize);
                    let months = first..first + region.shape.first().map_or(0, |n| *n as usize);
                    Values::Float32(months.flat_map(|month| climate.month(month)).collect())
                },
            ),
        ],
    }
}
