//! `era`: a daily reanalysis of two variables on a regular grid, latitudes from north to south.

use std::f64::consts::TAU;

use hyperslab_array::{Attributes, DataType, Result, Values};
use hyperslab_zarr::writer::{ArraySpec, Compression};
use serde_json::json;

use super::{Recipe, attributes, no_chunk, rounded};
use crate::noise;

const SEED: u64 = 0x6572_6100;

/// The `era` dataset: 1460 days × 361 latitudes × 720 longitudes, `t2m` and `u10`.
#[derive(Debug, Clone)]
pub struct Era {
    shape: [u64; 3],
    chunks: [u64; 3],
    compression: Compression,
}

impl Default for Era {
    fn default() -> Self {
        Self {
            shape: [1460, 361, 720],
            chunks: [30, 181, 360],
            compression: Compression::BloscZstd { level: 3, shuffle: true },
        }
    }
}

impl Era {
    /// The dataset with another shape, for tests; the grid still spans the globe.
    #[must_use]
    pub fn with_shape(mut self, shape: [u64; 3]) -> Self {
        self.shape = shape;
        self
    }

    /// The dataset with other chunks.
    #[must_use]
    pub fn with_chunks(mut self, chunks: [u64; 3]) -> Self {
        self.chunks = chunks;
        self
    }

    /// The dataset with another codec.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// The latitude at a position.
    pub(crate) fn latitude(&self, index: u64) -> f64 {
        90.0 - 180.0 * index as f64 / (self.shape[1].max(2) - 1) as f64
    }

    /// The longitude at a position.
    pub(crate) fn longitude(&self, index: u64) -> f64 {
        360.0 * index as f64 / self.shape[2] as f64
    }

    /// One value of `t2m` (0) or `u10` (1), as [`Recipe::values`] has it.
    pub fn value(&self, variable: usize, time: u64, lat: u64, lon: u64) -> f32 {
        let field = Field::new(self, variable, [time..time + 1, lat..lat + 1, lon..lon + 1]);
        field.row(0, 0).next().unwrap_or(f32::NAN)
    }

    fn block(&self, variable: usize, chunk: [u64; 3]) -> Result<Vec<f32>> {
        let [t, y, x] = [0, 1, 2].map(|d| {
            let start = chunk[d].saturating_mul(self.chunks[d]);
            start..start.saturating_add(self.chunks[d]).min(self.shape[d])
        });
        if t.is_empty() || y.is_empty() || x.is_empty() {
            return Err(no_chunk(variable, &chunk));
        }
        let [times, lats, lons] = self.chunks.map(|n| n as usize);
        let mut block = vec![f32::NAN; times * lats * lons];
        let (rows, width) = ((y.end - y.start) as usize, (x.end - x.start) as usize);
        let field = Field::new(self, variable, [t, y, x]);
        for (i, plane) in block.chunks_mut(lats * lons).take(field.seasonal.len()).enumerate() {
            for (j, row) in plane.chunks_mut(lons).take(rows).enumerate() {
                row.iter_mut().take(width).zip(field.row(i, j)).for_each(|(cell, value)| *cell = value);
            }
        }
        Ok(block)
    }
}

/// The parts that a field is the sum of, over one box: those that cost a sine depend on two dimensions at most.
struct Field {
    seasonal: Vec<Vec<f32>>,
    pattern: Vec<Vec<f32>>,
    waves: Vec<Vec<f32>>,
    wave_height: Vec<f32>,
    noise_height: f32,
    noise_rows: Vec<Vec<u32>>,
    first_lon: u32,
}

impl Field {
    fn new(era: &Era, variable: usize, [times, lats, lons]: [std::ops::Range<u64>; 3]) -> Self {
        let wind = variable == 1;
        let latitudes: Vec<f64> = lats.clone().map(|y| era.latitude(y).to_radians()).collect();
        let longitudes: Vec<f64> = lons.clone().map(|x| era.longitude(x).to_radians()).collect();
        let per_row = |f: &dyn Fn(f64, f64) -> f64| -> Vec<Vec<f32>> {
            latitudes.iter().map(|y| longitudes.iter().map(|x| f(*y, *x) as f32).collect()).collect()
        };
        let season = |time: u64| (TAU * (time as f64 - 14.0) / 365.25).cos();
        let zonal = |y: f64, season: f64| match wind {
            false => 300.0 - 48.0 * y.sin().powi(2) - 14.0 * y.sin() * season,
            true => -5.0 * (3.0 * y).cos() * y.cos() + 3.0 * (2.0 * y).sin().powi(2) + y.sin() * season,
        };
        let scale = if wind { 0.5 } else { 1.0 };
        let pattern = per_row(&|y, x| {
            scale
                * y.cos()
                * (4.0 * (2.0 * x + 0.5).sin() + 3.0 * (3.0 * x - 2.0 * y).cos() + (9.0 * x + 5.0 * y).sin())
        });
        let phase = if wind { 1.3 } else { 0.0 };
        let waves = times
            .clone()
            .map(|t| {
                let t = t as f64;
                let wave = |x: f64| {
                    3.0 * (4.0 * x - 0.61 * t + phase).sin()
                        + 2.0 * (5.0 * x - 0.83 * t + 2.0 * phase).sin()
                        + 1.5 * (7.0 * x - 1.17 * t + phase).sin()
                };
                longitudes.iter().map(|x| wave(*x) as f32).collect()
            })
            .collect();
        let noise_rows = times
            .clone()
            .map(|t| lats.clone().map(|y| noise::hash(SEED + variable as u64, t * era.shape[1] + y) as u32).collect())
            .collect();
        Self {
            seasonal: times.map(|t| latitudes.iter().map(|y| zonal(*y, season(t)) as f32).collect()).collect(),
            pattern,
            waves,
            wave_height: latitudes.iter().map(|y| y.cos() as f32).collect(),
            noise_height: if wind { 0.8 } else { 0.35 },
            noise_rows,
            first_lon: lons.start as u32,
        }
    }

    fn row(&self, time: usize, lat: usize) -> impl Iterator<Item = f32> {
        let (base, height, noise) = (self.seasonal[time][lat], self.wave_height[lat], self.noise_rows[time][lat]);
        let cells = self.pattern[lat].iter().zip(&self.waves[time]).zip(self.first_lon..);
        cells.map(move |((pattern, wave), x)| {
            rounded(base + pattern + height * wave + self.noise_height * noise::at(noise, x), 1024.0)
        })
    }
}

impl Recipe for Era {
    fn attributes(&self) -> Attributes {
        attributes(&[("title", "Synthetic daily reanalysis"), ("Conventions", "CF-1.10")])
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
            codecs: Compression::Zstd(3),
            attributes: attributes(attrs),
        };
        let data = |name: &str, attrs: &[(&str, &str)]| ArraySpec {
            name: name.into(),
            dimensions: ["time", "lat", "lon"].map(String::from).to_vec(),
            shape: self.shape.to_vec(),
            chunk_shape: self.chunks.to_vec(),
            shard_shape: None,
            data_type: DataType::Float32,
            fill_value: json!("NaN"),
            codecs: self.compression,
            attributes: attributes(attrs),
        };
        vec![
            data("t2m", &[("standard_name", "air_temperature"), ("long_name", "2 metre temperature"), ("units", "K")]),
            data(
                "u10",
                &[("standard_name", "eastward_wind"), ("long_name", "10 metre eastward wind"), ("units", "m s-1")],
            ),
            label(
                "time",
                self.shape[0],
                DataType::Int64,
                &[("standard_name", "time"), ("units", "days since 2001-01-01"), ("calendar", "proleptic_gregorian")],
            ),
            label(
                "lat",
                self.shape[1],
                DataType::Float32,
                &[("standard_name", "latitude"), ("units", "degrees_north")],
            ),
            label(
                "lon",
                self.shape[2],
                DataType::Float32,
                &[("standard_name", "longitude"), ("units", "degrees_east")],
            ),
        ]
    }

    fn values(&self, array: usize, chunk: &[u64]) -> Result<Values> {
        match (array, chunk) {
            (0 | 1, &[t, y, x]) => Ok(Values::Float32(self.block(array, [t, y, x])?)),
            (2, [0]) => Ok(Values::Int64((0..self.shape[0] as i64).collect())),
            (3, [0]) => Ok(Values::Float32((0..self.shape[1]).map(|y| self.latitude(y) as f32).collect())),
            (4, [0]) => Ok(Values::Float32((0..self.shape[2]).map(|x| self.longitude(x) as f32).collect())),
            _ => Err(no_chunk(array, chunk)),
        }
    }

    fn template(&self, array: usize, chunk: &[u64]) -> (usize, u64) {
        let counts = [0, 1, 2].map(|d| self.shape[d].div_ceil(self.chunks[d].max(1)));
        let number = chunk.iter().zip(counts).fold(0u64, |n, (c, count)| n.wrapping_mul(count).wrapping_add(*c));
        (array, number)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn cells(era: &Era, variable: usize, chunk: &[u64]) -> Vec<f32> {
        match era.values(variable, chunk).unwrap() {
            Values::Float32(v) => v,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_chunk_holds_the_values_of_its_cells_and_is_padded() {
        let era = Era::default().with_shape([40, 37, 72]).with_chunks([30, 20, 50]);
        let block = cells(&era, 0, &[1, 1, 1]);
        assert_eq!(block.len(), 30 * 20 * 50);
        let at = |t: usize, y: usize, x: usize| block[(t * 20 + y) * 50 + x];
        assert_eq!(at(0, 0, 0), era.value(0, 30, 20, 50));
        assert_eq!(at(9, 16, 21), era.value(0, 39, 36, 71));
        assert!(at(10, 0, 0).is_nan() && at(0, 17, 0).is_nan() && at(0, 0, 22).is_nan());
        assert_eq!(block.iter().filter(|v| !v.is_nan()).count(), 10 * 17 * 22);
        assert!(era.values(0, &[2, 0, 0]).is_err());
    }

    #[test]
    fn temperatures_are_those_of_the_earth() {
        let era = Era::default();
        let mean = |y: u64, days: std::ops::Range<u64>| {
            let n = (days.end - days.start) as f32 * 72.0;
            days.flat_map(|t| (0..720).step_by(10).map(move |x| (t, x)))
                .map(|(t, x)| era.value(0, t, y, x))
                .sum::<f32>()
                / n
        };
        let equator = mean(180, 0..60);
        assert!((295.0..305.0).contains(&equator), "{equator}");
        // 60 degrees north: a cold January, a warm July.
        assert!(mean(60, 181..211) - mean(60, 0..30) > 20.0);
        assert!(mean(300, 181..211) < mean(300, 0..30));
    }
}
