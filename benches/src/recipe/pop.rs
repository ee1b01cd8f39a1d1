//! `pop`: a high-resolution ocean model on a curvilinear grid, one map a day.

use hyperslab_array::{Attributes, DataType, Result, Values};
use hyperslab_zarr::writer::{ArraySpec, Compression};
use serde_json::json;

use super::{Recipe, attributes, month_of_day, no_chunk, rounded};
use crate::noise;

const SEED: u64 = 0x706f_7000;

/// The `pop` dataset: 14965 days (41 years of 365) × 2400 × 3600 cells, `SST`, with 2-D `TLAT` and `TLONG`.
#[derive(Debug, Clone)]
pub struct Pop {
    shape: [u64; 3],
}

impl Default for Pop {
    fn default() -> Self {
        Self { shape: [14965, 2400, 3600] }
    }
}

impl Pop {
    /// The dataset with another shape, for tests.
    #[must_use]
    pub fn with_shape(mut self, shape: [u64; 3]) -> Self {
        self.shape = shape;
        self
    }

    /// The latitude of a cell: rows bend northwards around the displaced pole.
    pub fn tlat(&self, nlat: u64, nlon: u64) -> f64 {
        let (v, u) = self.place(nlat, nlon);
        let bend = if v > 0.55 { (v - 0.55) / 0.45 * 6.0 * (std::f64::consts::TAU * u).cos() } else { 0.0 };
        -78.5 + 162.0 * v + bend
    }

    /// The longitude of a cell, 0 to 360, starting at 320.
    pub fn tlong(&self, nlat: u64, nlon: u64) -> f64 {
        let (v, u) = self.place(nlat, nlon);
        let bend = if v > 0.55 { (v - 0.55) / 0.45 * 12.0 * (std::f64::consts::TAU * u).sin() } else { 0.0 };
        (320.0 + 360.0 * u + bend).rem_euclid(360.0)
    }

    fn place(&self, nlat: u64, nlon: u64) -> (f64, f64) {
        (nlat as f64 / self.shape[1].max(2).saturating_sub(1) as f64, nlon as f64 / self.shape[2] as f64)
    }

    /// The surface temperature of a cell in a month counted from 0; NaN on land.
    pub fn sst(&self, month: u64, nlat: u64, nlon: u64) -> f32 {
        self.row(month, nlat).nth(nlon as usize).unwrap_or(f32::NAN)
    }

    fn row(&self, month: u64, nlat: u64) -> impl Iterator<Item = f32> {
        let lat = (-78.5 + 162.0 * self.place(nlat, 0).0).to_radians();
        let season = (std::f64::consts::TAU * (month as f64 - 1.0) / 12.0).cos();
        let base = (28.5 - 31.0 * lat.sin().powi(2) - 4.0 * lat.sin() * season) as f32;
        let row = noise::hash(SEED + month, nlat) as u32;
        let (width, height) = (self.shape[2] as f32, lat.cos() as f32);
        (0..self.shape[2] as u32).map(move |x| {
            // A parabola instead of a sine: a row of it costs next to nothing.
            let u = (x as f32 / width * 3.0 + lat as f32).rem_euclid(1.0);
            let wave = 4.0 * u * (1.0 - u);
            let is_land = wave > 0.93 && height > 0.3;
            if is_land { f32::NAN } else { rounded(base + 2.0 * height * wave + 0.1 * noise::at(row, x), 256.0) }
        })
    }

    fn labels(&self, chunk: [u64; 2], label: impl Fn(u64, u64) -> f64) -> Result<Values> {
        let [rows, columns] = self.label_chunks();
        let (y, x) = (chunk[0] * rows, chunk[1] * columns);
        if y >= self.shape[1] || x >= self.shape[2] {
            return Err(no_chunk(1, &chunk));
        }
        let cells = (y..y + rows).flat_map(|y| (x..x + columns).map(move |x| (y, x)));
        Ok(Values::Float64(cells.map(|(y, x)| label(y, x)).collect()))
    }

    fn label_chunks(&self) -> [u64; 2] {
        [self.shape[1].div_ceil(4).max(1), self.shape[2].div_ceil(4).max(1)]
    }
}

impl Recipe for Pop {
    fn attributes(&self) -> Attributes {
        attributes(&[("title", "Synthetic high-resolution ocean model"), ("Conventions", "CF-1.10")])
    }

    fn arrays(&self) -> Vec<ArraySpec> {
        let labels = |name: &str, attrs: &[(&str, &str)]| ArraySpec {
            name: name.into(),
            dimensions: vec!["nlat".into(), "nlon".into()],
            shape: self.shape[1..].to_vec(),
            chunk_shape: self.label_chunks().to_vec(),
            shard_shape: None,
            data_type: DataType::Float64,
            fill_value: json!("NaN"),
            codecs: Compression::Zstd(1),
            attributes: attributes(attrs),
        };
        vec![
            ArraySpec {
                name: "SST".into(),
                dimensions: ["time", "nlat", "nlon"].map(String::from).to_vec(),
                shape: self.shape.to_vec(),
                chunk_shape: vec![1, self.shape[1], self.shape[2]],
                shard_shape: None,
                data_type: DataType::Float32,
                fill_value: json!("NaN"),
                codecs: Compression::Zstd(1),
                attributes: attributes(&[
                    ("long_name", "Surface Potential Temperature"),
                    ("units", "degC"),
                    ("coordinates", "TLONG TLAT"),
                ]),
            },
            labels("TLAT", &[("long_name", "array of t-grid latitudes"), ("units", "degrees_north")]),
            labels("TLONG", &[("long_name", "array of t-grid longitudes"), ("units", "degrees_east")]),
            ArraySpec {
                name: "time".into(),
                dimensions: vec!["time".into()],
                shape: vec![self.shape[0]],
                chunk_shape: vec![self.shape[0]],
                shard_shape: None,
                data_type: DataType::Float64,
                fill_value: json!("NaN"),
                codecs: Compression::Zstd(1),
                attributes: attributes(&[("units", "days since 1979-01-01 00:00:00"), ("calendar", "noleap")]),
            },
        ]
    }

    fn values(&self, array: usize, chunk: &[u64]) -> Result<Values> {
        match (array, chunk) {
            (0, &[day, 0, 0]) if day < self.shape[0] => {
                let month = month_of_day(day);
                Ok(Values::Float32((0..self.shape[1]).flat_map(|y| self.row(month, y)).collect()))
            }
            (1, &[y, x]) => self.labels([y, x], |y, x| self.tlat(y, x)),
            (2, &[y, x]) => self.labels([y, x], |y, x| self.tlong(y, x)),
            (3, [0]) => Ok(Values::Float64((0..self.shape[0]).map(|t| t as f64).collect())),
            _ => Err(no_chunk(array, chunk)),
        }
    }

    fn template(&self, array: usize, chunk: &[u64]) -> (usize, u64) {
        match (array, chunk) {
            (0, [day, ..]) => (0, month_of_day(*day)),
            (_, [y, x]) => (array, y.wrapping_mul(4).wrapping_add(*x)),
            _ => (array, 0),
        }
    }
}
