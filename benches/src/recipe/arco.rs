//! `arco`: the shape of the largest public reanalysis archive, hourly since 1875, 273 variables.

use hyperslab_array::{Attributes, Calendar, DataType, Result, Values};
use hyperslab_zarr::writer::{ArraySpec, Compression};
use serde_json::json;

use super::{Recipe, attributes, no_chunk, rounded};
use crate::noise;

const SEED: u64 = 0x6172_636f;

/// Microseconds from 1970-01-01 back to 1875-01-01: 34,698 days.
const START: i64 = -34_698 * 86_400_000_000;

const HOURS: u64 = 1_323_648;

const LEVELS: [i64; 37] = [
    1, 2, 3, 5, 7, 10, 20, 30, 50, 70, 100, 125, 150, 175, 200, 225, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700,
    750, 775, 800, 825, 850, 875, 900, 925, 950, 975, 1000,
];

const UPPER_AIR: [(&str, &str); 11] = [
    ("fraction_of_cloud_cover", "(0 - 1)"),
    ("geopotential", "m**2 s**-2"),
    ("ozone_mass_mixing_ratio", "kg kg**-1"),
    ("potential_vorticity", "K m**2 kg**-1 s**-1"),
    ("relative_humidity", "%"),
    ("specific_cloud_ice_water_content", "kg kg**-1"),
    ("specific_humidity", "kg kg**-1"),
    ("temperature", "K"),
    ("u_component_of_wind", "m s**-1"),
    ("v_component_of_wind", "m s**-1"),
    ("vertical_velocity", "Pa s**-1"),
];

const SURFACE: [(&str, &str); 6] = [
    ("2m_temperature", "K"),
    ("10m_u_component_of_wind", "m s**-1"),
    ("10m_v_component_of_wind", "m s**-1"),
    ("mean_sea_level_pressure", "Pa"),
    ("sea_surface_temperature", "K"),
    ("total_precipitation", "m"),
];

/// How many variables there are.
const VARIABLES: usize = 273;

/// The `arco` dataset: 1,323,648 hours × 37 levels × 721 latitudes × 1440 longitudes.
#[derive(Debug, Clone, Default)]
pub struct Arco;

impl Arco {
    /// One value, the same for all variables of a rank; `month` counts from 0. Upper-air fields have no season.
    pub fn value(&self, month: u64, level: Option<u64>, lat: u64, lon: u64) -> f32 {
        row(month, level, lat).nth(lon as usize).unwrap_or(f32::NAN)
    }

    /// The month, counted from 0, of an hour counted from the start.
    pub fn month(&self, hour: u64) -> u64 {
        let micros = (hour as i64).saturating_mul(3_600_000_000).saturating_add(START);
        u64::from(Calendar::ProlepticGregorian.date(micros).month.saturating_sub(1))
    }

    fn name(index: usize) -> (String, &'static str) {
        match (UPPER_AIR.get(index), SURFACE.get(index.wrapping_sub(UPPER_AIR.len()))) {
            (Some((name, units)), _) | (_, Some((name, units))) => ((*name).to_string(), units),
            _ => (format!("surface_field_{:03}", index - UPPER_AIR.len()), "1"),
        }
    }
}

fn row(month: u64, level: Option<u64>, lat: u64) -> impl Iterator<Item = f32> {
    let y = (90.0 - 0.25 * lat as f64).to_radians();
    let season = (std::f64::consts::TAU * (month as f64 - 0.5) / 12.0).cos();
    let base = match level {
        None => 300.0 - 48.0 * y.sin().powi(2) - 14.0 * y.sin() * season,
        Some(level) => 210.0 + 2.2 * level as f64 - 20.0 * y.sin().powi(2),
    } as f32;
    let height = y.cos() as f32;
    let seed = noise::hash(SEED + level.map_or(month, |l| 100 + l), lat) as u32;
    (0..1440u32).map(move |x| {
        let u = (x as f32 / 480.0).fract();
        rounded(base + 12.0 * height * u * (1.0 - u) + 0.1 * noise::at(seed, x), 16.0)
    })
}

impl Recipe for Arco {
    fn attributes(&self) -> Attributes {
        attributes(&[("title", "Synthetic hourly reanalysis since 1875"), ("Conventions", "CF-1.10")])
    }

    fn arrays(&self) -> Vec<ArraySpec> {
        let label = |name: &str, size: u64, data_type, attrs: &[(&str, &str)]| ArraySpec {
            name: name.into(),
            dimensions: vec![name.into()],
            shape: vec![size],
            chunk_shape: vec![size],
            shard_shape: None,
            data_type,
            fill_value: json!(0),
            codecs: Compression::BloscZstd { level: 3, shuffle: true },
            attributes: attributes(attrs),
        };
        let mut arrays = vec![
            label(
                "time",
                HOURS,
                DataType::Int64,
                &[("standard_name", "time"), ("units", "hours since 1875-01-01"), ("calendar", "proleptic_gregorian")],
            ),
            label("level", 37, DataType::Int64, &[("long_name", "pressure"), ("units", "hPa")]),
            label("latitude", 721, DataType::Float32, &[("standard_name", "latitude"), ("units", "degrees_north")]),
            label("longitude", 1440, DataType::Float32, &[("standard_name", "longitude"), ("units", "degrees_east")]),
        ];
        arrays.extend((0..VARIABLES).map(|i| {
            let (name, units) = Self::name(i);
            let with_level = i < UPPER_AIR.len();
            let keep = |level: bool| !level || with_level;
            let dimensions = [("time", HOURS, 1), ("level", 37, 37), ("latitude", 721, 721), ("longitude", 1440, 1440)];
            let kept: Vec<_> = dimensions.into_iter().filter(|(name, ..)| keep(*name == "level")).collect();
            ArraySpec {
                dimensions: kept.iter().map(|d| d.0.to_string()).collect(),
                shape: kept.iter().map(|d| d.1).collect(),
                chunk_shape: kept.iter().map(|d| d.2).collect(),
                shard_shape: None,
                data_type: DataType::Float32,
                fill_value: json!("NaN"),
                codecs: Compression::BloscZstd { level: 1, shuffle: true },
                attributes: attributes(&[("long_name", &name.replace('_', " ")), ("units", units)]),
                name,
            }
        }));
        arrays
    }

    fn values(&self, array: usize, chunk: &[u64]) -> Result<Values> {
        match (array, chunk) {
            (0, [0]) => Ok(Values::Int64((0..HOURS as i64).collect())),
            (1, [0]) => Ok(Values::Int64(LEVELS.to_vec())),
            (2, [0]) => Ok(Values::Float32((0..721).map(|y| 90.0 - 0.25 * y as f32).collect())),
            (3, [0]) => Ok(Values::Float32((0..1440).map(|x| 0.25 * x as f32).collect())),
            (4.., &[hour, 0, 0, 0]) if hour < HOURS && array < 4 + UPPER_AIR.len() => {
                let rows = (0..37).flat_map(|level| (0..721).map(move |y| (level, y)));
                let mut values = Vec::with_capacity(37 * 721 * 1440);
                rows.for_each(|(level, y)| values.extend(row(0, Some(level), y)));
                Ok(Values::Float32(values))
            }
            (4.., &[hour, 0, 0]) if hour < HOURS && array >= 4 + UPPER_AIR.len() && array < 4 + VARIABLES => {
                let month = self.month(hour);
                Ok(Values::Float32((0..721).flat_map(|y| row(month, None, y)).collect()))
            }
            _ => Err(no_chunk(array, chunk)),
        }
    }

    fn template(&self, array: usize, chunk: &[u64]) -> (usize, u64) {
        match chunk.len() {
            // One for all upper-air fields: an encoded chunk of them takes tens of megabytes.
            4 => (4, 0),
            3 => (5, self.month(chunk.first().copied().unwrap_or_default())),
            _ => (array, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_counted_from_1875() {
        assert_eq!([0, 31 * 24 - 1, 31 * 24, HOURS - 1].map(|h| Arco.month(h)), [0, 0, 1, 11]);
    }

    #[test]
    fn there_are_273_variables_and_4_coordinates() {
        let arrays = Arco.arrays();
        assert_eq!(arrays.len(), 277);
        assert_eq!(arrays.iter().filter(|a| a.shape == [HOURS, 37, 721, 1440]).count(), 11);
        assert_eq!(arrays.iter().filter(|a| a.shape == [HOURS, 721, 1440]).count(), 262);
    }
}
