//! What a session does before and while it reads: opening and planning, scanning, adding up, finding labels.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hyperslab::{Context, Registry};
use hyperslab_array::{
    Attributes, ChunkGrid, CoordinateIndex, DatasetBuilder, Decoded, MemorySource, Method, RawVariable, Scalar, Values,
};
use hyperslab_benches::recipe::{Arco, Era};
use hyperslab_benches::{Recipe, SyntheticStore, measure};
use tokio::runtime::Runtime;

const POINT: &str = "SELECT \"2m_temperature\" FROM arco.time_latitude_longitude
                     WHERE time = '1990-06-01T05:00:00' AND latitude = 10.5 AND longitude = 20.25";

fn context(name: &str, recipe: impl Recipe + 'static) -> Context {
    let store = Arc::new(SyntheticStore::try_new(recipe).unwrap());
    let registry = Registry::default().with_store(&format!("synthetic://{name}.zarr"), store);
    Context::builder().registry(registry).build().unwrap()
}

/// 273 variables of 1.3 million hours: the cost must not know the number of chunks.
fn open_plan(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let arco = context("arco", Arco);
    let mut group = c.benchmark_group("arco");
    group.sample_size(20);
    // The first run encodes the coordinates; criterion's warm-up takes it.
    group.bench_function("open", |b| {
        b.iter(|| runtime.block_on(measure::open(&arco, "arco", "synthetic://arco.zarr")).unwrap());
    });
    group.bench_function("plan a point", |b| {
        b.iter(|| runtime.block_on(async { arco.sql(POINT).await.unwrap().stream().await.unwrap() }));
    });
    group.bench_function("read a point", |b| b.iter(|| runtime.block_on(measure::query(&arco, POINT)).unwrap()));
    group.finish();
}

/// A fiftieth of `era`, all of it and parts of it, against its decoding alone.
fn scan(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let era = context("era", Era::default().with_shape([30, 361, 720]).with_chunks([10, 181, 360]));
    runtime.block_on(measure::open(&era, "era", "synthetic://era.zarr")).unwrap();
    let dataset = era.dataset("era").unwrap();
    let mut group = c.benchmark_group("era");
    group.sample_size(10);
    group.throughput(Throughput::Elements(30 * 361 * 720));
    group.bench_function("decode", |b| {
        b.iter(|| runtime.block_on(measure::decode_all(&dataset, Some("t2m"))).unwrap());
    });
    for (name, sql) in [
        ("every value", "SELECT t2m FROM era"),
        ("every row", "SELECT * FROM era"),
        ("a box", "SELECT t2m FROM era WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 190 AND 240"),
        ("a mean", "SELECT avg(t2m) FROM era"),
    ] {
        group.bench_function(name, |b| b.iter(|| runtime.block_on(measure::query(&era, sql)).unwrap()));
    }
    group.finish();
}

/// A dataset in memory, so that next to nothing is decoded: what the loops of aggregates take, each in the way that its
/// groups lie.
fn kernels(c: &mut Criterion) {
    const SHAPE: [u64; 3] = [30, 361, 720];
    let runtime = Runtime::new().unwrap();
    let context = Context::builder().option("datafusion.execution.target_partitions", "1").build().unwrap();
    let along = |name: &str, size: u64| {
        let labels = Values::Float64((0..size).map(|i| i as f64 * 0.5).collect());
        let grid = ChunkGrid::regular(&[size], &[size]).unwrap();
        variable(name, &[name], labels, grid)
    };
    let cells = SHAPE.iter().product::<u64>();
    let values = Values::Float32((0..cells).map(|i| 250.0 + (i % 997) as f32 * 0.06).collect());
    let grid = ChunkGrid::regular(&SHAPE, &[30, 181, 360]).unwrap();
    let [time, lat, lon] = SHAPE;
    let builder = DatasetBuilder::new("d", "memory", "MEMORY")
        .variable(along("t", time))
        .variable(along("lat", lat))
        .variable(along("lon", lon))
        .variable(variable("x", &["t", "lat", "lon"], values, grid));
    let dataset = runtime.block_on(builder.build()).unwrap();
    context.register_dataset("d", dataset).unwrap();
    let mut group = c.benchmark_group("kernels");
    group.throughput(Throughput::Elements(cells));
    for (name, sql) in [
        ("count of all", "SELECT count(x) FROM d"),
        ("sum of all", "SELECT avg(x) FROM d"),
        ("sums of runs", "SELECT lat, avg(x) FROM d GROUP BY lat"),
        ("sums side by side", "SELECT lat, lon, avg(x) FROM d GROUP BY lat, lon"),
        ("sums of four", "SELECT dim_index(lon) / 4, avg(x) FROM d GROUP BY 1"),
        ("weighted", "SELECT t, weighted_avg(x, cos(radians(lat))) FROM d GROUP BY t"),
        ("extremes", "SELECT min(x), max(x) FROM d"),
        ("extremes side by side", "SELECT lat, lon, min(x), max(x) FROM d GROUP BY lat, lon"),
        ("variance of runs", "SELECT lat, stddev(x) FROM d GROUP BY lat"),
        ("condition", "SELECT count(*) FROM d WHERE x > 300"),
        ("expression", "SELECT lat, avg(sqrt(x * x + x)) FROM d GROUP BY lat"),
    ] {
        group.bench_function(name, |b| b.iter(|| runtime.block_on(measure::query(&context, sql)).unwrap()));
    }
    group.finish();
}

fn variable(name: &str, dimensions: &[&str], values: Values, grid: ChunkGrid) -> RawVariable {
    RawVariable {
        name: name.into(),
        dimensions: dimensions.iter().map(|d| d.to_string()).collect(),
        attributes: Attributes::default(),
        source: Arc::new(MemorySource::try_new(values, grid).unwrap()),
    }
}

/// A label among a million, on a coordinate that is even, sorted, and neither.
fn coordinate_index(c: &mut Criterion) {
    const LABELS: usize = 1_000_000;
    let even = (0..LABELS).map(|i| i as f64 * 0.25);
    let sorted = even.clone().enumerate().map(|(i, v)| v + (i % 3) as f64 * 0.05);
    // A stride that shares no factor with the number of labels visits each once.
    let shuffled = (0..LABELS).map(|i| (i * 7_919 % LABELS) as f64);
    let mut group = c.benchmark_group("coordinate index");
    for (name, labels) in
        [("even", even.collect()), ("sorted", sorted.collect()), ("unsorted", shuffled.collect::<Vec<f64>>())]
    {
        let index = CoordinateIndex::new(Arc::new(Decoded::all_valid(Values::Float64(labels))), None);
        group.bench_function(BenchmarkId::new("nearest", name), |b| {
            b.iter(|| index.lookup(black_box(&Scalar::Float64(123_456.1)), Method::Nearest, None).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, open_plan, scan, kernels, coordinate_index);
criterion_main!(benches);
