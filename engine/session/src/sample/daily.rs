//! `daily.zarr`: ten years of the highest temperature of each day, in a small box of Europe.

use hyperslab_array::Values;

use super::arithmetic::{cos, noise, smooth_noise, stepped};
use super::store::{Store, Variable, days_since, degrees, described, latitude, longitude, of_dataset};

/// From 2007 to 2016.
const DAYS: usize = 3653;
const LATITUDES: usize = 6;
const LONGITUDES: usize = 8;
const CHUNK_DAYS: usize = 500;

fn warmest([day, y, x]: [usize; 3]) -> f32 {
    let (north, east) = (y as f64, x as f64);
    let season = cos(day as f64 / 365.25 - 0.545);
    let usual = 16.5 - 0.9 * north + (8.5 + 0.35 * east) * season + day as f64 * 0.0001;
    // Weather that lasts for days, weather that lasts for weeks, and chance.
    let near = 0.12 * (north - 2.5) + 0.1 * (east - 3.5);
    let days = 5.5 * smooth_noise(day, 6, 50) + 3.5 * near * smooth_noise(day, 6, 51);
    let weeks = 3.0 * smooth_noise(day, 23, 52);
    stepped(usual + days + weeks + 1.2 * noise(day, 53) + 0.8 * noise(day * 48 + y * 8 + x, 54), 1.0 / 16.0)
}

pub(super) fn store() -> Store {
    let mut of_tmax = described("air_temperature", "highest temperature of the day", "degC");
    of_tmax.insert("cell_methods", "time: maximum");
    Store {
        name: "daily.zarr",
        attributes: of_dataset("Sample of daily temperature", "made up by Hyperslab; no measurement"),
        variables: vec![
            Variable::labels(
                "time",
                Values::Int64((0..DAYS as i64).collect()),
                days_since("time", "time", "2007-01-01"),
            ),
            latitude(degrees(45, 2, LATITUDES)),
            longitude(degrees(2, 2, LONGITUDES)),
            Variable::float(
                "tmax",
                &[("time", DAYS, CHUNK_DAYS), ("lat", LATITUDES, LATITUDES), ("lon", LONGITUDES, LONGITUDES)],
                of_tmax,
                warmest,
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summers_are_warm_and_winters_are_cold() {
        let mean = |day: usize| (0..10).map(|year| f64::from(warmest([year * 365 + day, 2, 4]))).sum::<f64>() / 10.0;
        assert!(mean(200) > mean(15) + 12.0, "{} {}", mean(200), mean(15));
    }
}
