//! The temperatures of the sample, from a small model: warm at the equator, a seasonal cycle that is opposite in the
//! two hemispheres, a slow oscillation of the equatorial Pacific, a trend, and weather.
//!
//! Nothing but `+ - * /` on `f64`, whose results IEEE 754 fixes, and whole numbers: a `sin` of the system's library
//! may differ in its last bit from one machine to the next.

use super::land::is_land;
use super::{LATITUDES, LONGITUDES};

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

/// The model, made ready for every cell.
pub(super) struct Field {
    cells: Vec<Cell>,
}

impl Field {
    pub(super) fn new() -> Self {
        let degrees = |i: usize| i as i32 * 2;
        let cells =
            (0..LATITUDES).flat_map(|i| (0..LONGITUDES).map(move |j| cell(degrees(i) - 88, degrees(j)))).collect();
        Self { cells }
    }

    /// The cells of `month`, counted from January 1960: latitude by latitude, NaN on land.
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

fn cell(latitude: i32, longitude: i32) -> Cell {
    let (y, x) = (f64::from(latitude), f64::from(longitude));
    let (sine, cosine) = (sin(y / 360.0), sin((90.0 - y) / 360.0));
    // The east of the Pacific is cool at the equator, the west is warm.
    let tongue = bump(y, 0.0, 9.0) * bump(x, 255.0, 60.0);
    let pool = bump(y, 2.0, 22.0) * bump(x, 140.0, 50.0);
    // Currents carry warm water to the north-east of the Atlantic.
    let drift = bump(y, 62.0, 22.0) * (bump(x, 350.0, 50.0) + bump(x, -10.0, 30.0));
    let annual = -2.5 + 30.0 * cosine * cosine - 3.0 * tongue + 1.5 * pool + 5.0 * drift;
    let swing = sine * cosine * if latitude > 0 { 11.0 } else { 7.0 };
    Cell {
        land: is_land(latitude, longitude),
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
fn oscillation(month: usize) -> f64 {
    let t = month as f64;
    let slow = 0.9 * sin(t / 44.0) + 0.7 * sin(t / 61.3 + 0.2) + 0.5 * sin(t / 29.7 + 0.7);
    slow + 0.2 * slow * slow - 0.1 + 0.15 * noise(month, WEATHER)
}

/// To the nearest step, not below freezing.
fn rounded(value: f64) -> f32 {
    // Exact: a multiple of 1/32 below 64 has 11 significant bits.
    let stepped = (value / STEP + 0.5).floor() * STEP;
    if stepped < FREEZING { FREEZING as f32 } else { stepped as f32 }
}

/// 1 at `centre`, 0 from `reach` on, smooth between.
fn bump(at: f64, centre: f64, reach: f64) -> f64 {
    let d = (at - centre) / reach;
    if d * d >= 1.0 { 0.0 } else { (1.0 - d * d) * (1.0 - d * d) }
}

/// The sine of a number of turns, by its series; good to 1e-6.
fn sin(turns: f64) -> f64 {
    let turns = turns - (turns + 0.5).floor();
    // The series is short where the angle is small: fold to a quarter turn.
    let folded = if turns > 0.25 {
        0.5 - turns
    } else if turns < -0.25 {
        -0.5 - turns
    } else {
        turns
    };
    let a = folded * std::f64::consts::TAU;
    let b = a * a;
    a * (1.0 - b / 6.0 * (1.0 - b / 20.0 * (1.0 - b / 42.0 * (1.0 - b / 72.0 * (1.0 - b / 110.0)))))
}

/// A number from -1 to 1 that looks like chance, the same on every machine.
fn noise(month: usize, stream: usize) -> f64 {
    let mut z = (month as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (stream as u64 + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 30)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z = (z ^ (z >> 27)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    z ^= z >> 31;
    // 53 bits fit a float64 exactly.
    (z >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}
