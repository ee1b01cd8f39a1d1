//! The sample is the same everywhere, looks like the sea, and is never taken for whole when it is not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;

use hyperslab_zarr::writer::{ChunkEncoder, Compression};

use super::climate::Climate;
use super::ersst::{LONGITUDES, MONTHS, climate};
use super::*;

fn mean(values: impl Iterator<Item = f32>) -> f64 {
    let (sum, n) = values.filter(|v| !v.is_nan()).fold((0.0, 0.0), |(s, n), v| (s + f64::from(v), n + 1.0));
    sum / n
}

/// The mean of the cells of a month within latitudes and longitudes.
fn box_mean(month: usize, lat: std::ops::RangeInclusive<i32>, lon: std::ops::RangeInclusive<i32>) -> f64 {
    let cells: Vec<f32> = climate().month(month).collect();
    mean(cells.into_iter().enumerate().filter_map(|(i, v)| {
        let (y, x) = ((i / LONGITUDES) as i32 * 2 - 88, (i % LONGITUDES) as i32 * 2);
        (lat.contains(&y) && lon.contains(&x)).then_some(v)
    }))
}

#[test]
fn the_values_are_the_same_on_every_machine() {
    let field: Climate = climate();
    // FNV-1a over the bits of three years.
    let hash = (0..36).flat_map(|m| field.month(m)).flat_map(|v| if v.is_nan() { [255; 4] } else { v.to_le_bytes() });
    let hash = hash.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    assert_eq!(hash, 0x9767_4682_d446_232a, "{hash:#x}");
}

#[test]
fn the_times_are_the_fifteenth_of_each_month() {
    let times = calendar::middle_of_months(1960, MONTHS);
    assert_eq!((times.len(), &times[..3], times[683]), (684, &[14, 45, 74][..], 20803));
}

#[test]
fn the_equator_is_warm_the_poles_freeze_and_the_seasons_are_opposite() {
    let (january, july) = (0, 6);
    assert!(box_mean(january, -4..=4, 0..=358) > 25.0);
    assert_eq!(box_mean(january, 84..=88, 0..=358), f64::from(-1.8f32));
    assert!(box_mean(july, 30..=50, 0..=358) > box_mean(january, 30..=50, 0..=358) + 5.0);
    assert!(box_mean(july, -50..=-30, 0..=358) < box_mean(january, -50..=-30, 0..=358) - 2.0);
}

#[test]
fn the_equatorial_pacific_has_warm_and_cold_events() {
    let months = |year: usize| (year - 1960) * 12;
    let december = |year| box_mean(months(year) + 11, -5..=5, 190..=240);
    assert!(december(2015) > december(2013) + 2.0, "{} {}", december(2015), december(2013));
}

#[test]
fn a_part_of_the_sea_is_there_and_land_is_missing() {
    let cells: Vec<f32> = climate().month(0).collect();
    let land = cells.iter().filter(|v| v.is_nan()).count() as f64 / cells.len() as f64;
    assert!((0.25..0.45).contains(&land), "{land}");
    assert!(cells.iter().all(|v| v.is_nan() || (-1.8..36.0).contains(v)));
}

#[test]
fn a_second_run_keeps_the_sample_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let first = write(folder.path()).unwrap();
    let modified = || fs::metadata(first.join("sst/c/56/0/0")).unwrap().modified().unwrap();
    let before = modified();
    assert_eq!(write(folder.path()).unwrap(), first);
    assert_eq!(modified(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let bytes: u64 = (0..57).map(|c| fs::metadata(first.join(format!("sst/c/{c}/0/0"))).unwrap().len()).sum();
    assert!((1_000_000..10_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn what_is_not_the_sample_or_not_all_of_it_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("ersst.zarr")).unwrap();
    let error = write(folder.path()).unwrap_err().to_string();
    assert!(error.contains("is not the sample dataset"), "{error}");
    fs::remove_dir(folder.path().join("ersst.zarr")).unwrap();

    let path = write(folder.path()).unwrap();
    fs::remove_file(path.join("sst/c/30/0/0")).unwrap();
    assert!(write(folder.path()).is_err());
}

/// FNV-1a.
fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn every_dataset_and_table_is_the_same_on_every_machine() {
    let of_store = |store: &Store| {
        let arrays = store.variables.iter().flat_map(|variable| {
            let mut spec = variable.spec.clone();
            // What a compressor makes of it may change with its version.
            spec.codecs = Compression::None;
            spec.chunk_shape.clone_from(&spec.shape);
            let encoder = ChunkEncoder::try_new(&spec).unwrap();
            encoder.encode(variable.all()).unwrap()
        });
        format!("{} {:016x}", store.name, hash(arrays))
    };
    let of_table = |table: &tables::Table| format!("{} {:016x}", table.name, hash(table.text.bytes()));
    let found: Vec<String> = stores().iter().map(of_store).chain(tables::all().iter().map(of_table)).collect();
    let expected = [
        "ersst.zarr f5802d9b7fd5e690",
        "ocean.zarr 0c260f8654d14c80",
        "atmosphere.zarr 9a383204147240b7",
        "forecast.zarr c98403d14bf7792d",
        "analysis.zarr a09a1c2d5fff5aa1",
        "scene.zarr 3bc2939a9a2499a8",
        "daily.zarr 0f45bd0c20ae1e72",
        "buoys.csv 8c73cbedd782daa9",
        "regions.csv 9b84677ff2485591",
        "events.csv 3bc2b210c276a27d",
    ];
    assert_eq!(found, expected);
}

#[test]
fn all_of_it_is_small_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let written = write_all(folder.path()).unwrap();
    assert_eq!(written[0], folder.path().join("ersst.zarr"));
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names.len(), written.len());
    assert_eq!(write_all(folder.path()).unwrap(), written);
    let bytes: u64 = files(folder.path()).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
    assert!(bytes < 16_000_000, "{bytes}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_table_that_somebody_changed_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    write_all(folder.path()).unwrap();
    let table = folder.path().join("regions.csv");
    fs::write(&table, "mine").unwrap();
    let error = write_all(folder.path()).unwrap_err().to_string();
    assert!(error.contains("regions.csv` is there and is not the sample"), "{error}");
    assert_eq!(fs::read(&table).unwrap(), b"mine");
}
