//! The sea surface temperatures of the sample, from a small model: warm at the equator, a seasonal cycle that is opposite
//! in the two hemispheres, a slow oscillation of the equatorial Pacific, a trend, and weather.

use super::arithmetic::{bump, noise, sin, stepped};
use super::land::is_land_near;

/// Sea water freezes.
const FREEZING: f64 = -1.8;
/// Values are multiples of this; a power of two compresses well and is exact in `float32`.
const STEP: f64 = 1.0 / 32.0;
/// Months in a year.
const YEAR: usize = 12;
/// Patterns of weather, each with a strength that changes from month to month.
const WEATHER: usize = 3;

/// What a cell has in common over all months.
struct Cell {
    land: bool,
    /// A mean month of the year, January first.
    seasons: [f64; YEAR],
    /// How much of the oscillation it feels.
    oscillation: f64,
    weather: [f64; WEATHER],
}

/// The model, made ready for some places.
pub(super) struct Climate {
    cells: Vec<Cell>,
}

impl Climate {
    /// The model at places given as latitude and longitude from 0 to 360.
    pub(super) fn at(places: impl Iterator<Item = (f64, f64)>) -> Self {
        Self { cells: places.map(|(y, x)| cell(y, x)).collect() }
    }

    /// The temperatures of the places in `month`, counted from January 1960; NaN on land.
    pub(super) fn month(&self, month: usize) -> impl Iterator<Item = f32> {
        let index = oscillation(month);
        let trend = month as f64 * 0.0011;
        let weather: [f64; WEATHER] = std::array::from_fn(|k| noise(month, k));
        self.cells.iter().map(move |cell| {
            if cell.land {
                return f32::NAN;
            }
            let mean = cell.seasons[month % YEAR] + trend;
            let moved: f64 = cell.weather.iter().zip(&weather).map(|(pattern, strength)| pattern * strength).sum();
            rounded(mean + index * cell.oscillation + moved)
        })
    }
}

fn cell(y: f64, x: f64) -> Cell {
    let (sine, cosine) = (sin(y / 360.0), sin((90.0 - y) / 360.0));
    // The east of the Pacific is cool at the equator, the west is warm.
    let tongue = bump(y, 0.0, 9.0) * bump(x, 255.0, 60.0);
    let pool = bump(y, 2.0, 22.0) * bump(x, 140.0, 50.0);
    // Currents carry warm water to the north-east of the Atlantic.
    let drift = bump(y, 62.0, 22.0) * (bump(x, 350.0, 50.0) + bump(x, -10.0, 30.0));
    let annual = -2.5 + 30.0 * cosine * cosine - 3.0 * tongue + 1.5 * pool + 5.0 * drift;
    let swing = sine * cosine * if y > 0.0 { 11.0 } else { 7.0 };
    Cell {
        land: is_land_near(y, x),
        // The sea is warmest in August in the north.
        seasons: std::array::from_fn(|m| annual + swing * sin((m as f64 - 7.0) / 12.0 + 0.25)),
        oscillation: bump(y, 0.0, 14.0) * bump(x, 225.0, 75.0) - 0.25 * bump(y, 0.0, 30.0) * bump(x, 140.0, 45.0),
        weather: [
            0.5 * sin(x / 120.0 + y / 90.0) * cosine,
            0.5 * sin(x / 72.0 - y / 60.0) * cosine,
            0.4 * sin(x / 180.0 + 0.3) * sin(y / 45.0 + 0.1),
        ],
    }
}

/// The state of the equatorial Pacific: warm and cold events every few years, the warm ones stronger.
pub(super) fn oscillation(month: usize) -> f64 {
    let t = month as f64;
    let slow = 0.9 * sin(t / 44.0) + 0.7 * sin(t / 61.3 + 0.2) + 0.5 * sin(t / 29.7 + 0.7);
    slow + 0.2 * slow * slow - 0.1 + 0.15 * noise(month, WEATHER)
}

/// To the nearest step, not below freezing.
fn rounded(value: f64) -> f32 {
    let stepped = stepped(value, STEP);
    if f64::from(stepped) < FREEZING { FREEZING as f32 } else { stepped }
}
