//! `forecast.zarr` and `analysis.zarr`: an ensemble of forecasts of the temperature near the ground, started every week,
//! and what it turned out to be, so that their skill can be asked for.

use hyperslab_array::Values;

use super::arithmetic::{cos, noise, sin, smooth_noise, stepped};
use super::store::{Store, Variable, attributes, days_since, degrees, described, latitude, longitude, of_dataset};

const STARTS: usize = 24;
const DAYS_BETWEEN: usize = 7;
const LEADS: usize = 10;
const MEMBERS: usize = 5;
const LATITUDES: usize = 11;
const LONGITUDES: usize = 24;
/// Days that are forecast.
const DAYS: usize = (STARTS - 1) * DAYS_BETWEEN + LEADS;
/// Patterns of weather.
const PATTERNS: usize = 4;
const STEP: f64 = 1.0 / 64.0;

/// The strength of each pattern at a cell.
fn patterns(y: usize, x: usize) -> [f64; PATTERNS] {
    let (latitude, turns) = (75.0 - 15.0 * y as f64, x as f64 / LONGITUDES as f64);
    let (side, middle) = (sin(latitude / 360.0), cos(latitude / 360.0));
    let storms = 0.3 + side * side;
    [
        storms * sin(2.0 * turns + latitude / 140.0),
        storms * cos(3.0 * turns - latitude / 160.0),
        middle * sin(turns + 0.2),
        storms * sin(5.0 * turns + latitude / 60.0),
    ]
}

/// What is usual, on a day counted from 1 January.
fn usual(day: usize, y: usize, x: usize) -> f64 {
    let latitude = 75.0 - 15.0 * y as f64;
    let (sine, cosine) = (sin(latitude / 360.0), cos(latitude / 360.0));
    let season = cos(day as f64 / 365.0 - 0.55);
    258.0 + 42.0 * cosine * cosine + 12.0 * season * sine + 2.0 * sin(2.0 * x as f64 / LONGITUDES as f64)
}

fn sum(patterns: [f64; PATTERNS], strength: impl Fn(usize) -> f64) -> f64 {
    patterns.iter().enumerate().map(|(k, p)| p * strength(k)).sum()
}

fn analysed(day: usize, y: usize, x: usize) -> f64 {
    usual(day, y, x) + sum(patterns(y, x), |k| 5.0 * smooth_noise(day, 5, 20 + k))
}

fn predicted([start, lead, member, y, x]: [usize; 5]) -> f32 {
    let truth = analysed(start * DAYS_BETWEEN + lead, y, x);
    let age = lead as f64 / (LEADS - 1) as f64;
    // Errors grow and then level off; what all members have in common is more than what sets them apart.
    let growth = 0.08 + 1.9 * age - 0.75 * age * age;
    let run = start * LEADS + lead;
    let shared = |k: usize| 2.2 * smooth_noise(run, LEADS, 40 + k);
    let own = |k: usize| 2.0 * smooth_noise(run, LEADS, 60 + PATTERNS * member + k);
    let error = growth * sum(patterns(y, x), |k| shared(k) + own(k)) + 0.1 * noise(run * 300 + y * 25 + x, 90 + member);
    // The model is too cold, more so with every day.
    stepped(truth + error - 0.05 - 0.55 * age, STEP)
}

fn map() -> [Variable; 2] {
    [latitude(degrees(75, -15, LATITUDES)), longitude(degrees(0, 15, LONGITUDES))]
}

pub(super) fn forecast() -> Store {
    let dimensions = [
        ("init", STARTS, 8),
        ("lead", LEADS, LEADS),
        ("member", MEMBERS, MEMBERS),
        ("lat", LATITUDES, LATITUDES),
        ("lon", LONGITUDES, LONGITUDES),
    ];
    let starts = (0..STARTS).map(|i| (i * DAYS_BETWEEN) as i64).collect();
    let mut of_lead = described("forecast_period", "time since the start of the forecast", "days");
    // What xarray writes with a duration, and reads to make one.
    of_lead.insert("dtype", "timedelta64[s]");
    let [lat, lon] = map();
    Store {
        name: "forecast.zarr",
        attributes: of_dataset("Sample of an ensemble of forecasts", "made up by Hyperslab; no model ran"),
        variables: vec![
            Variable::labels(
                "init",
                Values::Int64(starts),
                days_since("forecast_reference_time", "start of the forecast", "2016-01-01"),
            ),
            Variable::labels("lead", Values::Int64((0..LEADS as i64).collect()), of_lead),
            Variable::labels(
                "member",
                Values::Int32((1..=MEMBERS as i32).collect()),
                attributes(&[
                    ("standard_name", "realization"),
                    ("long_name", "member of the ensemble"),
                    ("units", "1"),
                ]),
            ),
            lat,
            lon,
            Variable::float("t2m", &dimensions, described("air_temperature", "temperature at 2 m", "K"), predicted),
        ],
    }
}

pub(super) fn analysis() -> Store {
    let dimensions = [("time", DAYS, 30), ("lat", LATITUDES, LATITUDES), ("lon", LONGITUDES, LONGITUDES)];
    let [lat, lon] = map();
    Store {
        name: "analysis.zarr",
        attributes: of_dataset("Sample of an analysis, to judge the forecasts by", "made up by Hyperslab; no analysis"),
        variables: vec![
            Variable::labels(
                "time",
                Values::Int64((0..DAYS as i64).collect()),
                days_since("time", "time", "2016-01-01"),
            ),
            lat,
            lon,
            Variable::float(
                "t2m",
                &dimensions,
                described("air_temperature", "temperature at 2 m", "K"),
                |[day, y, x]: [usize; 3]| stepped(analysed(day, y, x), STEP),
            ),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forecasts_are_worse_with_every_day() {
        let error = |lead: usize| {
            let squares = (0..STARTS).flat_map(|s| (0..LATITUDES).map(move |y| (s, y))).map(|(s, y)| {
                let wrong = f64::from(predicted([s, lead, 0, y, 5])) - analysed(s * DAYS_BETWEEN + lead, y, 5);
                wrong * wrong
            });
            (squares.sum::<f64>() / (STARTS * LATITUDES) as f64).sqrt()
        };
        let errors: Vec<f64> = (0..LEADS).map(error).collect();
        assert!(errors[0] < 0.4 && errors[9] > 1.0 && errors[9] > errors[4] && errors[4] > errors[0], "{errors:?}");
    }
}
