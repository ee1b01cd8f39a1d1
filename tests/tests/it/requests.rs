//! The requests that questions make to their store, held against `snapshots/*.txt`.
//!
//! A question reads exactly the chunks that hold its answer, each once; metadata answers what metadata can.
//! `UPDATE_SNAPSHOTS=1` writes the snapshots again.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use hyperslab::Context;
use hyperslab_benches::SyntheticStore;
use hyperslab_benches::recipe::{Arco, Era};
use hyperslab_connectors::{RecordingStore, Registry};
use hyperslab_tests::data_dir;
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

/// A context whose `recorded://d` is a checked-in store.
struct Recorded {
    context: Context,
    store: RecordingStore,
    report: String,
}

impl Recorded {
    async fn open(store: &str) -> Self {
        Self::of(Arc::new(LocalFileSystem::new_with_prefix(data_dir().join(store)).unwrap())).await
    }

    async fn of(store: Arc<dyn ObjectStore>) -> Self {
        let store = RecordingStore::new(store);
        let registry = Registry::default().with_store("recorded://d", Arc::new(store.clone()));
        let context = Context::builder().registry(registry).build().unwrap();
        let mut recorded = Self { context, store, report: String::new() };
        recorded.ask("CREATE EXTERNAL TABLE d STORED AS ZARR LOCATION 'recorded://d'").await;
        recorded
    }

    /// Asks, and notes the requests in the order of their keys.
    async fn ask(&mut self, sql: &str) -> Vec<String> {
        self.store.take();
        let result = self.context.sql(sql).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
        let rows: usize =
            result.collect().await.unwrap_or_else(|e| panic!("{sql}: {e}")).iter().map(|b| b.num_rows()).sum();
        let mut requests = self.store.take();
        requests.sort();
        writeln!(self.report, "{sql}\n-- {rows} rows, {} requests", requests.len()).unwrap();
        for request in &requests {
            writeln!(self.report, "{request}").unwrap();
        }
        self.report.push('\n');
        let mut unique = requests.clone();
        unique.dedup();
        assert_eq!(requests, unique, "something is read twice by {sql}");
        requests
    }

    async fn ask_nothing(&mut self, sql: &str) {
        let requests = self.ask(sql).await;
        assert!(requests.is_empty(), "{sql} asked the store for {requests:?}");
    }

    /// Compares with the snapshot, or writes it.
    fn check(self, name: &str) {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots").join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &self.report).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(expected == self.report, "requests differ from {}:\n{}", path.display(), self.report);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_chunks_of_a_reanalysis() {
    let mut d = Recorded::open("era.zarr").await;
    d.ask_nothing("SELECT count(*) FROM d").await;
    d.ask_nothing("SELECT min(time), max(lat), min(lon) FROM d").await;
    d.ask_nothing("SELECT count(*) FROM d WHERE lat > 0 AND month(time) = 1").await;
    d.ask_nothing("DESCRIBE d").await;
    d.ask_nothing("DESCRIBE DATASET d").await;
    d.ask_nothing("SHOW DATASETS").await;
    d.ask_nothing("EXPLAIN SELECT avg(t2m) FROM d").await;
    d.ask_nothing("SELECT DISTINCT lat FROM d").await;
    d.ask_nothing("SELECT t2m FROM d WHERE lat > 100").await;
    // A point, a series, a box, a month, a map.
    let point = "SELECT t2m FROM d WHERE time = '2000-01-20' AND lat = 45 AND lon = 185";
    assert_eq!(d.ask(point).await, ["GET t2m/c/1/0/1"]);
    d.ask("SELECT t2m, u10 FROM d WHERE time = '2000-01-20' AND lat = 45 AND lon = 185").await;
    let series = "SELECT time, t2m FROM d WHERE lat = nearest(lat, 41.1) AND lon = nearest(lon, 7)";
    assert_eq!(d.ask(series).await, ["GET t2m/c/0/0/0", "GET t2m/c/1/0/0"]);
    let south = "SELECT time, avg(t2m) FROM d WHERE lat < -5 AND lon BETWEEN 10 AND 100 GROUP BY time";
    assert_eq!(d.ask(south).await, ["GET t2m/c/0/1/0", "GET t2m/c/1/1/0"]);
    d.ask("SELECT avg(t2m) FROM d WHERE month(time) = 2").await;
    d.ask("SELECT lat, lon, u10 FROM d WHERE time = nearest(time, '1999-12-20T03:00')").await;
    // Everything, once.
    assert_eq!(d.ask("SELECT avg(t2m) FROM d").await.len(), 8);
    assert_eq!(d.ask("SELECT lat, avg(t2m * u10) FROM d GROUP BY lat").await.len(), 16);
    // Regions that overlap, and one that lies outside: the chunks that they touch, once.
    d.ask_nothing(
        "CREATE TABLE boxes AS VALUES ('a', -20, -10, 10, 40, 2), ('b', -15, -5, 20, 80, 1), ('c', 95, 99, 0, 360, 1)",
    )
    .await;
    let boxes = "SELECT b.column1, avg(e.t2m), count(*) FROM d e JOIN boxes b ON e.lat BETWEEN b.column2 AND b.column3 \
        AND e.lon BETWEEN b.column4 AND b.column5";
    assert_eq!(d.ask(&format!("{boxes} GROUP BY 1")).await, ["GET t2m/c/0/1/0", "GET t2m/c/1/1/0"]);
    d.ask(&format!("{boxes} AND month(e.time) = b.column6 GROUP BY 1")).await;
    // A limit stops early.
    assert_eq!(d.ask("SELECT * FROM d LIMIT 5").await, ["GET t2m/c/0/0/0", "GET u10/c/0/0/0"]);
    assert_eq!(d.ask("SELECT t2m FROM d LIMIT 5").await, ["GET t2m/c/0/0/0"]);
    assert_eq!(d.ask("SELECT t2m FROM d WHERE lat < -10 LIMIT 5").await, ["GET t2m/c/0/1/0"]);
    d.check("era");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_join_of_a_table_with_itself_reads_its_chunks_once() {
    let mut d = Recorded::open("era.zarr").await;
    let same_place = "b.lat = a.lat AND b.lon = a.lon";
    let lag = format!(
        "SELECT avg(abs(b.t2m - a.t2m)) FROM d a JOIN d b ON b.time = a.time + INTERVAL '1 day' AND {same_place}"
    );
    assert_eq!(d.ask(&lag).await.len(), 8);
    let rows = format!(
        "SELECT a.t2m, b.t2m FROM d a JOIN d b ON b.time = a.time - INTERVAL '1 day' AND {same_place} WHERE a.lat > 0"
    );
    assert_eq!(d.ask(&rows).await.len(), 4);
    d.check("era_joined");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_reads_the_chunks_of_its_box_once() {
    let mut d = Recorded::open("era.zarr").await;
    let rolling = "SELECT time, lat, lon, avg(t2m) OVER (PARTITION BY lat, lon ORDER BY time \
                   ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS t2m FROM d";
    d.ask(&format!("{rolling} WHERE lat BETWEEN 20 AND 50 AND lon BETWEEN 10 AND 40")).await;
    d.ask(&format!("{rolling} WHERE lat BETWEEN -5 AND 5 AND lon BETWEEN 170 AND 190")).await;
    d.ask(&format!("SELECT max(t2m) FROM ({rolling}) WHERE lat < 0")).await;
    d.ask(
        "SELECT sum(t2m) OVER (PARTITION BY lat, lon ORDER BY time RANGE INTERVAL '3 days' PRECEDING) FROM d \
         WHERE lon < 20 AND time >= TIMESTAMP '2000-01-10'",
    )
    .await;
    d.check("era_windows");
}

#[tokio::test(flavor = "multi_thread")]
async fn regridding_reads_what_supports_the_answer() {
    let mut d = Recorded::open("era.zarr").await;
    let grid = "regrid(d, lat => range(-88, 89, 4), lon => range(1, 360, 7))";
    d.ask_nothing(&format!("SELECT count(*), min(lat), max(lon) FROM {grid}")).await;
    d.ask_nothing(&format!("SELECT DISTINCT lat FROM {grid}")).await;
    d.ask_nothing(&format!("EXPLAIN SELECT avg(t2m) FROM {grid} WHERE lat > 0")).await;
    d.ask_nothing("SELECT t2m FROM regrid(d, lat => [91], lon => [0])").await;
    d.ask_nothing(&format!("SELECT t2m FROM {grid} WHERE lat > 100")).await;
    let point = format!("SELECT t2m FROM {grid} WHERE time = '2000-01-20' AND lat = 44 AND lon = 190");
    assert_eq!(d.ask(&point).await, ["GET t2m/c/1/0/1"]);
    let south = format!("SELECT time, avg(t2m) FROM {grid} WHERE lat < -10 AND lon BETWEEN 10 AND 100 GROUP BY time");
    assert_eq!(d.ask(&south).await, ["GET t2m/c/0/1/0", "GET t2m/c/1/1/0"]);
    // Between the last longitude and the first.
    let across = "SELECT avg(t2m) FROM regrid(d, lat => [44], lon => [358]) WHERE time < '1999-12-20'";
    assert_eq!(d.ask(across).await, ["GET t2m/c/0/0/0", "GET t2m/c/0/0/1"]);
    let part = "SELECT avg(t2m) FROM regrid((SELECT time, lat, lon, t2m FROM d WHERE lat > 10 AND time >= '2000-01-20'), \
                lat => range(-88, 89, 4))";
    assert_eq!(d.ask(part).await, ["GET t2m/c/1/0/0", "GET t2m/c/1/0/1"]);
    assert_eq!(d.ask(&format!("SELECT avg(t2m) FROM {grid}")).await.len(), 8);
    assert_eq!(d.ask(&format!("SELECT month(time), lat, avg(t2m * u10) FROM {grid} GROUP BY 1, 2")).await.len(), 16);
    let means =
        "SELECT avg(t2m) FROM regrid(d, lat => range(-85, 90, 10), lon => range(0, 360, 20), method => 'conservative')";
    assert_eq!(d.ask(means).await.len(), 8);
    d.check("regrid");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bounds_of_cells_are_read_once() {
    let mut d = Recorded::open("bounded.zarr").await;
    let grid = "regrid(d, lat => range(-75, 90, 30), lon => range(0, 360, 45), method => 'conservative')";
    d.ask_nothing(&format!("SELECT count(*) FROM {grid}")).await;
    d.ask(&format!("SELECT time, avg(rain) FROM {grid} GROUP BY time")).await;
    d.ask(&format!("SELECT rain FROM {grid} WHERE lat = 15 AND lon = 90 AND time = '2001-02-01'")).await;
    d.check("regrid_bounds");
}

#[tokio::test(flavor = "multi_thread")]
async fn shuffled_points_read_each_chunk_once() {
    let mut d = Recorded::open("era.zarr").await;
    let points = "(SELECT i, arrow_cast(944006400000000 + i * 7919 % 90 * 86400000000, 'Timestamp(µs)') AS time, \
        (i * 104729 % 181)::DOUBLE - 90 AS lat, (i * 1299709 % 360)::DOUBLE AS lon \
        FROM (SELECT value AS i FROM generate_series(1, 100000)) s) b";
    let on = "d.time = nearest(d.time, b.time) AND d.lat = nearest(d.lat, b.lat) AND d.lon = nearest(d.lon, b.lon)";
    let all = format!("SELECT b.i, d.t2m FROM {points} JOIN d ON {on}");
    assert_eq!(d.ask(&all).await.len(), 8);
    assert_eq!(d.ask(&format!("{all} WHERE d.lat < -5 AND b.time < TIMESTAMP '1999-12-02'")).await.len(), 2);
    d.ask_nothing(&format!("{all} WHERE b.i < 0")).await;
    d.ask_nothing(&format!("SELECT b.i, d.lat FROM {points} LEFT JOIN d ON {on}")).await;
    d.check("points");
}

#[tokio::test(flavor = "multi_thread")]
async fn inner_chunks_of_shards() {
    let mut d = Recorded::open("ostia_sharded.zarr").await;
    d.ask_nothing("SELECT count(*), min(time), max(latitude) FROM d").await;
    d.ask("SELECT surface_temperature FROM d WHERE time = '2007-02-15' AND latitude = nearest(latitude, 0) AND longitude = 250").await;
    d.ask("SELECT time, surface_temperature FROM d WHERE latitude = nearest(latitude, 0) AND longitude = 250").await;
    d.ask("SELECT avg(surface_temperature) FROM d WHERE time >= '2010-04' AND longitude < 10").await;
    d.ask("SELECT avg(surface_temperature) FROM d").await;
    d.check("ostia_sharded");
}

#[tokio::test(flavor = "multi_thread")]
async fn real_data_in_v2() {
    let mut d = Recorded::open("ostia_v2.zarr").await;
    d.ask_nothing("SELECT count(*), min(time), max(latitude) FROM d").await;
    d.ask("SELECT surface_temperature FROM d WHERE time = '2007-02-15' AND latitude = nearest(latitude, 0) AND longitude = 250").await;
    d.ask("SELECT avg(surface_temperature) FROM d WHERE year(time) = 2010 AND longitude < 10").await;
    d.check("ostia_v2");
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_that_are_cut_in_different_ways() {
    let mut d = Recorded::open("mixed_chunks.zarr").await;
    d.ask("SELECT a, b, c, d, row FROM d WHERE t = 1993 AND y = 44 AND x = 0").await;
    d.ask("SELECT sum(a), sum(d) FROM d WHERE t < 1992 AND y > 47 AND x < 0").await;
    d.ask("SELECT sum(a * b * c * d) FROM d").await;
    d.check("mixed_chunks");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_curvilinear_box_reads_the_coordinate_and_the_chunks_inside() {
    let mut d = Recorded::open("curvilinear.zarr").await;
    d.ask("SELECT sum(v) FROM d WHERE \"TLAT\" > 60").await;
    d.ask("SELECT sum(v) FROM d WHERE \"TLAT\" > 60 AND time = 0.5").await;
    d.ask("SELECT sum(v) FROM d WHERE \"TLAT\" > 100").await;
    d.check("curvilinear");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_consolidated_metadata_is_listed() {
    let mut d = Recorded::open("listed.zarr").await;
    d.ask("SELECT a FROM d WHERE t = 1990 AND y = 50 AND x = -3").await;
    d.check("listed");
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_that_were_never_written_cost_one_request_each() {
    let mut d = Recorded::open("unwritten.zarr").await;
    d.ask("SELECT sum(means_five) FROM d").await;
    d.ask("SELECT sum(sharded) FROM d").await;
    d.check("unwritten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_a_reanalysis() {
    let mut d = Recorded::of(Arc::new(SyntheticStore::try_new(Era::default()).unwrap())).await;
    d.ask_nothing("SELECT count(*), min(time), max(lat) FROM d").await;
    assert_eq!(d.ask("SELECT t2m FROM d LIMIT 5").await, ["GET t2m/c/0/0/0"]);
    assert_eq!(d.ask("SELECT * FROM d LIMIT 5").await, ["GET t2m/c/0/0/0", "GET u10/c/0/0/0"]);
    let point = "SELECT t2m FROM d WHERE time = nearest(time, '2001-08-07') AND lat = nearest(lat, 40.1) AND lon = nearest(lon, 250.2)";
    assert_eq!(d.ask(point).await.len(), 1);
    d.ask("SELECT lat, lon, t2m FROM d WHERE time = nearest(time, '2001-08-07')").await;
    d.check("era_synthetic");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_archive_costs_its_metadata_and_one_chunk() {
    let mut d = Recorded::of(Arc::new(SyntheticStore::try_new(Arco).unwrap())).await;
    d.ask_nothing("SELECT count(*), min(time), max(latitude) FROM d").await;
    d.ask_nothing("EXPLAIN SELECT avg(temperature) FROM d WHERE level = 500").await;
    let surface = "SELECT \"2m_temperature\" FROM d.time_latitude_longitude \
        WHERE time = '2020-02-29T12:00' AND latitude = 45 AND longitude = 10.25";
    assert_eq!(d.ask(surface).await.len(), 1);
    let aloft = "SELECT temperature FROM d \
        WHERE time = nearest(time, '1999-12-31T23:40') AND level = 500 AND latitude = 0 AND longitude = 359.75";
    assert_eq!(d.ask(aloft).await.len(), 1);
    d.check("arco");
}
