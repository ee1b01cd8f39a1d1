//! The tables of the sample, as CSV: drifting buoys, regions of the sea, and which years were warm in the Pacific.

use std::fmt::Write;

use hyperslab_array::Calendar;

use super::arithmetic::{noise, smooth_noise};
use super::climate::oscillation;
use super::ersst;

/// A table.
pub(super) struct Table {
    pub name: &'static str,
    pub text: String,
}

pub(super) fn all() -> [Table; 3] {
    [
        Table { name: "buoys.csv", text: buoys() },
        Table { name: "regions.csv", text: REGIONS.into() },
        Table { name: "events.csv", text: events() },
    ]
}

/// Longitudes from 0 to 360.
const REGIONS: &str = "\
name,south,north,west,east
Coral Sea,-25,-10,145,165
Gulf Stream,35,45,290,310
Labrador Sea,52,62,300,315
Mediterranean,30,45,0,36
Niño 3.4,-5,5,190,240
Southern Ocean,-65,-50,0,360
Tropical Atlantic,-10,10,330,350
";

/// Where each buoy starts: latitude, and longitude from -180 to 180.
const STARTS: [(f64, f64); 12] = [
    (0.0, -140.0),
    (-15.0, -120.0),
    (32.0, -65.0),
    (45.0, -35.0),
    (55.0, -25.0),
    (-30.0, -20.0),
    (-45.0, 60.0),
    (-12.0, 80.0),
    (25.0, 150.0),
    (42.0, 170.0),
    (-35.0, -160.0),
    (-58.0, -100.0),
];
const MONTHS: usize = 24;

/// What each buoy measured once a month of two years: what `ersst.zarr` has there, and an error.
fn buoys() -> String {
    let climate = ersst::climate();
    let mut text = String::from("id,time,lat,lon,sst\n");
    let months: Vec<Vec<f32>> = (0..MONTHS).map(|m| climate.month(ersst::MONTHS - MONTHS + m).collect()).collect();
    for (buoy, (latitude, longitude)) in STARTS.iter().enumerate() {
        for (month, sst) in months.iter().enumerate() {
            let drift = |stream: usize| 4.0 * smooth_noise(month, 6, stream + buoy);
            let (lat, lon) = (hundredths(latitude + drift(100)), hundredths(longitude + drift(120)));
            let nearest = |v: f64, first: f64| ((v - first) / 2.0 + 0.5).floor() as usize;
            let east = if lon < 0.0 { lon + 360.0 } else { lon };
            let place = nearest(lat, -88.0) * ersst::LONGITUDES + nearest(east, 0.0) % ersst::LONGITUDES;
            let Some(there) = sst.get(place).filter(|v| !v.is_nan()) else { continue };
            let measured = f64::from(*there) + 0.35 * noise(month, 140 + buoy) + 0.12;
            let (year, number) = (2015 + month / 12, month % 12 + 1);
            let days = usize::from(Calendar::Standard.days_in_month(2015 + (month / 12) as i32, number as u8));
            let chance =
                |stream: usize, below: usize| ((noise(month, stream + buoy) + 1.0) / 2.0 * below as f64) as usize;
            let (day, hour) = (1 + chance(160, days).min(days - 1), chance(180, 24).min(23));
            // Writing to a text does not fail.
            let _ = writeln!(
                text,
                "{},{year}-{number:02}-{day:02}T{hour:02}:00:00,{lat:.2},{lon:.2},{measured:.2}",
                4601 + buoy
            );
        }
    }
    text
}

/// To two decimals, as they are written.
fn hundredths(value: f64) -> f64 {
    (value * 100.0 + 0.5).floor() / 100.0
}

/// The phase of each year: how the equatorial Pacific was at its end.
fn events() -> String {
    let mut text = String::from("year,phase\n");
    for year in 0..ersst::MONTHS / 12 {
        let end = (9..12).map(|month| oscillation(12 * year + month)).sum::<f64>() / 3.0;
        let phase = if end > 0.7 {
            "warm"
        } else if end < -0.7 {
            "cold"
        } else {
            "neutral"
        };
        let _ = writeln!(text, "{},{phase}", 1960 + year);
    }
    text
}
