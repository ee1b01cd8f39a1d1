//! `atmosphere.zarr`: two years of monthly temperature, wind and humidity on pressure levels.

use hyperslab_array::{DataType, Values};
use serde_json::json;

use super::arithmetic::{bump, cos, noise, sin, stepped};
use super::calendar::middle_of_months;
use super::store::{Store, Variable, cells, days_since, degrees, described, latitude, longitude, of_dataset};

const MONTHS: usize = 24;
const LATITUDES: usize = 37;
const LONGITUDES: usize = 72;
/// Pressure in hPa.
const LEVELS: [i32; 8] = [1000, 925, 850, 700, 500, 300, 200, 100];
/// About how high the levels are, in kilometres.
const HEIGHTS: [f64; 8] = [0.1, 0.8, 1.5, 3.0, 5.6, 9.2, 11.8, 16.2];
const CHUNK_MONTHS: usize = 12;
/// Temperatures are packed as multiples of this from `PACK_OFFSET` on.
const PACK_SCALE: f64 = 0.01;
const PACK_OFFSET: f64 = 250.0;
const PACK_MISSING: i16 = i16::MIN;

type Index = [usize; 4];

/// A cell, as the model sees it.
struct Place {
    sine: f64,
    cosine: f64,
    /// 1 in the middle of the northern summer, -1 in that of the southern one.
    season: f64,
    /// A wave around the earth that moves from month to month.
    wave: f64,
    /// The same, a quarter of a wave on.
    slope: f64,
    height: f64,
    pressure: f64,
    latitude: f64,
}

fn place([month, level, y, x]: Index) -> Place {
    let latitude = 90.0 - 5.0 * y as f64;
    let turns = x as f64 / LONGITUDES as f64;
    let (phase, strength) = (noise(month, 11), 1.0 + 0.5 * noise(month, 12));
    Place {
        sine: sin(latitude / 360.0),
        cosine: cos(latitude / 360.0),
        season: cos((month % 12) as f64 / 12.0 - 0.54),
        wave: strength * (sin(3.0 * turns + phase) + 0.5 * sin(5.0 * turns - phase + latitude / 180.0)),
        slope: strength * (cos(3.0 * turns + phase) + 0.8 * cos(5.0 * turns - phase + latitude / 180.0)),
        height: HEIGHTS.get(level).copied().unwrap_or_default(),
        pressure: f64::from(LEVELS.get(level).copied().unwrap_or_default()),
        latitude,
    }
}

fn temperature(index: Index) -> f64 {
    let p = place(index);
    let warm = 301.0 - 6.5 * p.height;
    let low = if p.height < 9.0 { p.height } else { 9.0 };
    let cold = 252.0 + 14.0 * p.season * p.sine - 3.6 * low;
    let share = p.cosine * p.cosine;
    let troposphere = 1.0 - p.height / 18.0;
    warm * share + cold * (1.0 - share) + troposphere * p.cosine * p.sine * (5.0 * p.season + 3.0 * p.wave)
}

fn eastward_wind(index: Index) -> f32 {
    let p = place(index);
    let aloft = bump(p.height, 11.8, 14.0);
    // The jet of the winter is stronger, and nearer to the equator.
    let jet = |side: f64| {
        let winter = -p.season * side;
        (24.0 + 10.0 * winter) * bump(p.latitude * side, 38.0 - 5.0 * winter, 30.0)
    };
    let trades = -6.0 * bump(p.latitude, 0.0, 30.0) * (1.0 - 0.5 * aloft);
    let westerlies =
        aloft * (jet(1.0) + jet(-1.0)) + 4.0 * (bump(p.latitude, 50.0, 20.0) + bump(p.latitude, -50.0, 20.0));
    stepped(westerlies + trades + (2.0 + 4.0 * aloft) * p.wave * p.cosine, 1.0 / 16.0)
}

fn northward_wind(index: Index) -> f32 {
    let p = place(index);
    let aloft = bump(p.height, 11.8, 14.0);
    // Towards the equator below, away from it aloft.
    let overturning = 2.0 * bump(p.latitude, 15.0, 25.0) - 2.0 * bump(p.latitude, -15.0, 25.0);
    stepped((aloft - 0.5) * overturning + (1.0 + 5.0 * aloft) * p.slope * p.cosine, 1.0 / 16.0)
}

fn humidity(index: Index) -> f32 {
    let p = place(index);
    // It rains most a little north of the equator.
    let middle = cos((p.latitude - 4.0) / 360.0);
    let share = middle * middle;
    let pressure = p.pressure / 1000.0;
    let surface = 0.0175 * share * share + 0.0008 + 0.002 * p.season * p.sine * p.cosine;
    let dry = 1.0 - 0.3 * bump(p.latitude, 25.0, 12.0) - 0.3 * bump(p.latitude, -25.0, 12.0);
    stepped(surface * dry * pressure * pressure * pressure * (1.0 + 0.08 * p.wave), 1.0 / 1_048_576.0)
}

pub(super) fn store() -> Store {
    let dimensions = [
        ("time", MONTHS, CHUNK_MONTHS),
        ("level", LEVELS.len(), 4),
        ("lat", LATITUDES, LATITUDES),
        ("lon", LONGITUDES, LONGITUDES),
    ];
    let mut of_level = described("air_pressure", "pressure level", "hPa");
    of_level.insert("positive", "down");
    let mut of_t = described("air_temperature", "temperature", "K");
    of_t.insert("scale_factor", PACK_SCALE);
    of_t.insert("add_offset", PACK_OFFSET);
    of_t.insert("_FillValue", PACK_MISSING);
    let pack = |index| ((temperature(index) - PACK_OFFSET) / PACK_SCALE + 0.5).floor() as i16;
    Store {
        name: "atmosphere.zarr",
        attributes: of_dataset("Sample of an atmosphere on pressure levels", "made up by Hyperslab; no analysis"),
        variables: vec![
            Variable::labels(
                "time",
                Values::Int64(middle_of_months(2015, MONTHS)),
                days_since("time", "time", "2015-01-01"),
            ),
            Variable::labels("level", Values::Int32(LEVELS.to_vec()), of_level),
            latitude(degrees(90, -5, LATITUDES)),
            longitude(degrees(0, 5, LONGITUDES)),
            Variable::new("t", &dimensions, DataType::Int16, json!(PACK_MISSING), of_t, move |region| {
                Values::Int16(cells(region, pack))
            }),
            Variable::float("u", &dimensions, described("eastward_wind", "eastward wind", "m s-1"), eastward_wind),
            Variable::float("v", &dimensions, described("northward_wind", "northward wind", "m s-1"), northward_wind),
            Variable::float("q", &dimensions, described("specific_humidity", "specific humidity", "kg kg-1"), humidity),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_warm_and_wet_below_and_the_jet_is_aloft_in_winter() {
        let (january, surface, equator, north) = (0, 0, 18, 11);
        let kelvin = temperature([january, surface, equator, 0]);
        assert!((296.0..304.0).contains(&kelvin), "{kelvin}");
        assert!(temperature([january, 7, equator, 0]) < 205.0);
        assert!(humidity([january, surface, equator, 0]) > 0.01 && humidity([january, 7, equator, 0]) < 1e-4);
        let jet = |month: usize| (0..72).map(|x| f64::from(eastward_wind([month, 6, north, x]))).sum::<f64>() / 72.0;
        assert!(jet(january) > jet(6) + 8.0, "{} {}", jet(january), jet(6));
    }
}
