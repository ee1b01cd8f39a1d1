//! What a running scan reads, how often, how much at once, and what it says when that fails.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use datafusion::datasource::MemTable;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use hyperslab_array::{ArrayError, ChunkGrid, ChunkSource, DataType, EncodedChunk, Region, Values};

use crate::Options;
use crate::testing::{Fault, Log, Maker, Sample, rows, session, table_of};

const TWO: (&str, &str) = ("datafusion.execution.target_partitions", "2");

/// 6 months of a 4 × 6 grid with curvilinear latitudes, a land mask and two variables of other chunk grids.
async fn ocean(log: &Arc<Log>, fault: Fault) -> Sample {
    let mut maker = Maker::new();
    maker.size("time", 6).size("y", 4).size("x", 6);
    let months = Values::Int64((0..6).map(|m| m * 100).collect());
    maker.add("time", &["time"], months, ChunkGrid::regular(&[6], &[6]).unwrap());
    let floats = |n: i32| Values::Float32((0..n).map(|i| i as f32).collect());
    maker.add_recorded("nav_lat", &["y", "x"], floats(24), &[4, 3], log, Fault::None);
    maker.coordinates("nav_lat");
    maker.add_recorded("sst", &["time", "y", "x"], floats(144), &[1, 2, 6], log, fault);
    maker.add_recorded("ice", &["time", "y", "x"], floats(144), &[4, 3, 4], log, Fault::None);
    maker.add_recorded("mask", &["y", "x"], floats(24), &[3, 5], log, Fault::None);
    maker.add_recorded("depth", &[], Values::Int32(vec![5]), &[], log, Fault::None);
    maker.make().await
}

fn metric(text: &str, name: &str) -> usize {
    let at = text.find(&format!("{name}=")).unwrap_or_else(|| panic!("no {name} in {text}")) + name.len() + 1;
    text[at..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

#[tokio::test]
async fn every_chunk_that_is_needed_is_read_once_whatever_the_chunk_grids() {
    let log = Arc::new(Log::default());
    let sample = ocean(&log, Fault::None).await;
    for settings in [&[][..], &[TWO], &[TWO, ("hyperslab.scan.prefetch_chunks", "0")]] {
        let ctx = session(table_of(&sample), settings);
        log.take();
        rows(&ctx, "SELECT * FROM t").await.unwrap();
        let reads = log.take();
        let mut unique = reads.clone();
        unique.dedup();
        assert_eq!(reads, unique);
        // 12 of sst, 2 × 2 × 2 of ice, 2 of nav_lat, 2 × 2 of mask, 1 of depth.
        assert_eq!(reads.len(), 12 + 8 + 2 + 4 + 1);
    }
}

#[tokio::test]
async fn a_chunk_is_read_once_even_where_one_partition_ends_before_the_next_begins() {
    let log = Arc::new(Log::default());
    let ctx = session(table_of(&ocean(&log, Fault::None).await), &[TWO]);
    let plan = ctx.table("t").await.unwrap().create_physical_plan().await.unwrap();
    for _run in 0..2 {
        log.take();
        for partition in 0..plan.properties().partitioning.partition_count() {
            let mut stream = plan.execute(partition, ctx.task_ctx()).unwrap();
            while stream.next().await.transpose().unwrap().is_some() {}
        }
        assert_eq!(log.take().len(), 12 + 8 + 2 + 4 + 1);
    }
}

#[tokio::test]
async fn a_box_reads_the_chunks_that_hold_it() {
    let log = Arc::new(Log::default());
    let ctx = session(table_of(&ocean(&log, Fault::None).await), &[TWO]);
    log.take();
    let got = rows(&ctx, "SELECT sst, ice, mask FROM t WHERE time = 400 AND y = 3 AND x IN (0, 5)").await.unwrap();
    assert_eq!(got, ["114.0|114.0|18.0", "119.0|119.0|23.0"]);
    assert_eq!(log.take(), ["ice 1/1/0", "ice 1/1/1", "mask 1/0", "mask 1/1", "sst 4/1/0"]);
    rows(&ctx, "SELECT sst FROM t LIMIT 5").await.unwrap();
    assert_eq!(log.take(), ["sst 0/0/0"]);
    rows(&ctx, "SELECT count(*), min(time), max(y) FROM t WHERE x > 2").await.unwrap();
    rows(&ctx, "SELECT DISTINCT time, x FROM t WHERE x > 2").await.unwrap();
    assert_eq!(log.take(), [""; 0]);
}

#[tokio::test]
async fn a_predicate_on_a_curvilinear_coordinate_skips_chunks_before_they_are_fetched() {
    let log = Arc::new(Log::default());
    let sample = ocean(&log, Fault::None).await;
    let sql = "SELECT sum(sst), count(*) FROM t WHERE nav_lat > 21 AND time >= 300";
    for (settings, chunks_of_sst) in [(&[][..], 3), (&[TWO], 3), (&[("hyperslab.scan.prune_blocks", "false")], 6)] {
        let ctx = session(table_of(&sample), settings);
        log.take();
        assert_eq!(rows(&ctx, sql).await.unwrap(), ["711.0|6"]);
        let reads = log.take();
        assert_eq!(reads.iter().filter(|r| r.starts_with("sst")).count(), chunks_of_sst, "{reads:?}");
        assert_eq!(reads.iter().filter(|r| r.starts_with("nav_lat")).count(), 2, "{reads:?}");
    }
    let ctx = session(table_of(&sample), &[]);
    let text = rows(&ctx, &format!("EXPLAIN ANALYZE {sql}")).await.unwrap().join("\n");
    assert_eq!(metric(&text, "chunks_skipped"), 3, "{text}");
    assert_eq!(metric(&text, "chunks_read"), 3 + 2, "{text}");
    assert_eq!(metric(&text, "chunks_kept"), 6 + 2, "{text}");
    assert_eq!(metric(&text, "chunks_total"), 12 + 2, "{text}");
    assert_eq!(metric(&text, "requests"), 5, "{text}");
}

#[tokio::test]
async fn a_join_with_a_few_labels_reads_their_chunks_only() {
    let log = Arc::new(Log::default());
    let sample = ocean(&log, Fault::None).await;
    for (settings, chunks) in [(&[][..], 2), (&[("hyperslab.scan.dynamic_filters", "false")], 12)] {
        let ctx = session(table_of(&sample), settings);
        let events = ctx.sql("SELECT arrow_cast(300, 'Int64') AS time").await.unwrap();
        let schema = Arc::new(events.schema().as_arrow().clone());
        let events = MemTable::try_new(schema, vec![events.collect().await.unwrap()]).unwrap();
        ctx.register_table("events", Arc::new(events)).unwrap();
        log.take();
        let sql = "SELECT sum(t.sst) FROM events JOIN t ON events.time = t.time";
        assert_eq!(rows(&ctx, sql).await.unwrap(), ["2004.0"]);
        assert_eq!(log.take().len(), chunks);
    }
}

#[tokio::test]
async fn a_label_from_a_subquery_reads_its_chunks_only() {
    let log = Arc::new(Log::default());
    let sample = ocean(&log, Fault::None).await;
    for (condition, expected, chunks) in [
        ("time = (SELECT max(time) FROM t)", "3156.0", 2),
        ("time >= (SELECT max(time) - 100 FROM t) AND sst > 0", "5736.0", 4),
        ("time = (SELECT max(time) FROM t WHERE sst < 0)", "NULL", 0),
        ("time = (SELECT max(time) FROM t) OR sst = 0", "3156.0", 12),
    ] {
        for (settings, chunks) in
            [(&[][..], chunks), (&[TWO], chunks), (&[("hyperslab.scan.dynamic_filters", "false")], 12)]
        {
            let ctx = session(table_of(&sample), settings);
            rows(&ctx, "SELECT max(time) FROM t WHERE sst < 0").await.unwrap();
            log.take();
            let sql = format!("SELECT sum(sst) FROM t WHERE {condition}");
            assert_eq!(rows(&ctx, &sql).await.unwrap(), [expected], "{condition}");
            let of_subquery = if condition.contains("sst < 0") { 12 } else { 0 };
            assert_eq!(log.take().len(), chunks + of_subquery, "{condition}, {settings:?}");
        }
    }
}

#[tokio::test]
async fn a_chunk_that_cannot_be_read_fails_the_query_by_name() {
    for (fault, what) in [
        (Fault::Fetch, "the store is down"),
        (Fault::Decode, "the checksum is wrong"),
        (Fault::Panic, "a decoder gave up"),
        (Fault::Short, "11 values, expected 12"),
    ] {
        let log = Arc::new(Log::default());
        let ctx = session(table_of(&ocean(&log, fault).await), &[]);
        let error = rows(&ctx, "SELECT sst FROM t").await.unwrap_err().to_string();
        for part in [what, "dataset `pop`", "variable `sst`", "chunk `0/0/0`"] {
            assert!(error.contains(part), "{fault:?}: {error}");
        }
        assert_eq!(rows(&ctx, "SELECT sst FROM t WHERE time = 100 AND y = 0 AND x = 1").await.unwrap(), ["25.0"]);
    }
}

#[tokio::test]
async fn fetches_overlap_up_to_the_option() {
    let slow = Fault::Slow(Duration::from_millis(5));
    for (ahead, most) in [("0", 1), ("3", 4), ("100", 12)] {
        let log = Arc::new(Log::default());
        let ctx = session(table_of(&ocean(&log, slow).await), &[("hyperslab.scan.prefetch_chunks", ahead)]);
        rows(&ctx, "SELECT sst FROM t").await.unwrap();
        let at_once = log.most_at_once.load(Ordering::SeqCst);
        assert!(at_once <= most && (ahead == "0" || at_once > 1), "{ahead} ahead: {at_once}");
    }
    let log = Arc::new(Log::default());
    let ctx = session(table_of(&ocean(&log, slow).await), &[("hyperslab.scan.prefetch_bytes", "50")]);
    rows(&ctx, "SELECT sst FROM t").await.unwrap();
    assert!(log.most_at_once.load(Ordering::SeqCst) <= 2, "48 bytes a chunk fit once beside the first");
}

#[tokio::test]
async fn dropping_the_stream_gives_up_what_is_on_its_way() {
    let log = Arc::new(Log::default());
    let ctx = session(table_of(&ocean(&log, Fault::Slow(Duration::from_secs(3600))).await), &[]);
    log.take();
    let mut stream = ctx.sql("SELECT sst FROM t").await.unwrap().execute_stream().await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(50), stream.next()).await;
    assert!(waiting.is_err(), "the store is slow");
    drop(stream);
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(log.dropped.load(Ordering::SeqCst), log.take().len());
}

#[tokio::test]
async fn a_scan_stays_within_the_memory_of_the_query() {
    let log = Arc::new(Log::default());
    let mut maker = Maker::new();
    maker.size("time", 8).size("lat", 200).size("lon", 400);
    for name in ["u", "v"] {
        let values = Values::Float32(vec![1.0; 8 * 200 * 400]);
        maker.add_recorded(name, &["time", "lat", "lon"], values, &[1, 200, 400], &log, Fault::None);
    }
    let table = table_of(&maker.make().await);
    // A chunk has 320 kB. Two partitions with two variables hold 1.3 MB at least, stored and decoded 2.6 MB.
    for (limit, fits) in [(4_000_000, true), (1_000_000, false)] {
        let runtime = RuntimeEnvBuilder::new().with_memory_limit(limit, 1.0).build_arc().unwrap();
        let config = SessionConfig::new().with_target_partitions(2).with_option_extension(Options::default());
        let ctx = SessionContext::new_with_config_rt(config, runtime);
        ctx.register_table("t", Arc::new(table.clone())).unwrap();
        let got = rows(&ctx, "SELECT sum(u), sum(v), max(lon) FROM t WHERE u > 0").await;
        match got {
            Ok(got) => assert!(fits && got == ["640000.0|640000.0|399"], "{got:?}"),
            Err(e) => assert!(!fits && e.to_string().contains("ArrayScanExec[pop.time_lat_lon]"), "{e}"),
        }
    }
}

#[tokio::test]
async fn a_cache_too_small_for_anything_reads_again_and_gives_the_same_rows() {
    let log = Arc::new(Log::default());
    let sample = ocean(&log, Fault::None).await;
    let whole = rows(&session(table_of(&sample), &[]), "SELECT * FROM t").await.unwrap();
    let ctx = session(table_of(&sample), &[("hyperslab.scan.cache_bytes", "0")]);
    assert_eq!(rows(&ctx, "SELECT * FROM t").await.unwrap(), whole);
}

#[tokio::test]
async fn small_chunks_come_as_full_batches() {
    let mut maker = Maker::new();
    let grid = ChunkGrid::regular(&[1000], &[1]).unwrap();
    maker.add("v", &["x"], Values::Int64((0..1000).collect()), grid);
    let ctx = session(table_of(&maker.make().await), &[("datafusion.execution.batch_size", "100")]);
    let batches = ctx.sql("SELECT * FROM t").await.unwrap().collect().await.unwrap();
    assert_eq!(batches.iter().map(|b| b.num_rows()).collect::<Vec<_>>(), [100; 10]);
}

#[tokio::test]
async fn a_limit_needs_the_first_rows_of_a_chunk_only() {
    let log = Arc::new(Log::default());
    let sample = ocean(&log, Fault::None).await;
    let ctx = session(table_of(&sample), &[]);
    let whole = rows(&ctx, "SELECT * FROM t").await.unwrap();
    for limit in [1, 5, 6, 7, 12, 13, 100, 200] {
        let sql = format!("SELECT * FROM t LIMIT {limit}");
        assert_eq!(rows(&ctx, &sql).await.unwrap(), whole[..whole.len().min(limit)], "{limit}");
    }
    let text = rows(&ctx, "EXPLAIN ANALYZE SELECT sst FROM t LIMIT 5").await.unwrap().join("");
    // Five of the twelve cells of one chunk, in 4 bytes each.
    assert_eq!(metric(&text, "bytes_decoded"), 20, "{text}");
}

#[tokio::test]
async fn a_limit_above_a_predicate_on_a_curvilinear_coordinate_gets_its_rows() {
    let log = Arc::new(Log::default());
    let sample = ocean(&log, Fault::None).await;
    for settings in [&[][..], &[TWO]] {
        let ctx = session(table_of(&sample), settings);
        let sql = "SELECT sst FROM t WHERE nav_lat > 21 LIMIT 9";
        assert_eq!(rows(&ctx, sql).await.unwrap().len(), 9);
    }
}

#[tokio::test]
async fn the_tree_of_a_plan_has_a_line_for_each_part_of_a_scan() {
    let log = Arc::new(Log::default());
    let ctx = session(table_of(&ocean(&log, Fault::None).await), &[]);
    let tree = rows(&ctx, "EXPLAIN FORMAT TREE SELECT sst FROM t WHERE time > 100").await.unwrap().join("\n");
    for part in ["ArrayScanExec", "pop.time_y_x", "[2..6) of 6", "8 of 12"] {
        assert!(tree.contains(part), "{tree}");
    }
}

#[tokio::test]
async fn a_short_report_of_a_run_says_what_was_read_and_where_the_time_went() {
    let log = Arc::new(Log::default());
    let ctx = session(table_of(&ocean(&log, Fault::None).await), &[("datafusion.explain.analyze_level", "summary")]);
    let text = rows(&ctx, "EXPLAIN ANALYZE SELECT sst FROM t WHERE time > 100").await.unwrap().join("\n");
    for (name, expected) in [("chunks_total", 12), ("chunks_kept", 8), ("chunks_read", 8), ("chunks_unwritten", 0)] {
        assert_eq!(metric(&text, name), expected, "{text}");
    }
    for name in ["requests", "bytes_stored", "bytes_decoded", "time_fetch", "time_decode", "elapsed_compute"] {
        metric(&text, name);
    }
}

#[tokio::test]
async fn a_filter_that_is_not_known_yet_is_no_part_of_the_plan() {
    let log = Arc::new(Log::default());
    let ctx = session(table_of(&ocean(&log, Fault::None).await), &[]);
    let sql = "SELECT ice FROM t ORDER BY x LIMIT 3";
    let plan = rows(&ctx, &format!("EXPLAIN {sql}")).await.unwrap().join("\n");
    assert!(plan.contains("SortExec: TopK(fetch=3)") && !plan.contains("dynamic="), "{plan}");
    let ran = rows(&ctx, &format!("EXPLAIN ANALYZE {sql}")).await.unwrap().join("\n");
    assert!(ran.contains("dynamic=[DynamicFilter [ x@"), "{ran}");
}

/// A variable of more cells than can be counted, none of which can be read.
#[derive(Debug)]
struct Vast(ChunkGrid);

#[async_trait]
impl ChunkSource for Vast {
    fn data_type(&self) -> DataType {
        DataType::Int8
    }

    fn chunk_grid(&self) -> &ChunkGrid {
        &self.0
    }

    async fn fetch(&self, _chunk: &[u64], _region: &Region) -> hyperslab_array::Result<Box<dyn EncodedChunk>> {
        Err(ArrayError::io("nobody can read this"))
    }

    fn key(&self, chunk: &[u64]) -> String {
        format!("{chunk:?}")
    }

    async fn stored_bytes(&self, _chunk: &[u64]) -> hyperslab_array::Result<Option<u64>> {
        Ok(None)
    }
}

#[tokio::test]
async fn more_rows_than_can_be_counted_are_an_error_and_not_an_endless_query() {
    let mut maker = Maker::new();
    let grid = ChunkGrid::regular(&[1 << 33, 1 << 33], &[1 << 10, 1 << 10]).unwrap();
    let values = Values::Int8(vec![]);
    maker.add_source("v", &["y", "x"], values, Arc::new(Vast(grid)), &[]);
    let ctx = session(table_of(&maker.make().await), &[]);
    let error = rows(&ctx, "SELECT count(*) FROM t").await.unwrap_err().to_string();
    assert!(error.contains("`pop.y_x` has 2^64 rows or more, expected fewer to count"), "{error}");
    assert_eq!(rows(&ctx, "SELECT count(*) FROM t WHERE y < 8").await.unwrap(), [(8u64 << 33).to_string()]);
    assert_eq!(rows(&ctx, "SELECT 7 FROM t LIMIT 2").await.unwrap(), ["7", "7"]);
}

#[tokio::test]
async fn the_first_rows_of_an_order_rule_out_chunks_while_the_query_runs() {
    let log = Arc::new(Log::default());
    let sample = ocean(&log, Fault::None).await;
    let settings = [("hyperslab.scan.prefetch_chunks", "0"), ("datafusion.execution.batch_size", "8")];
    for (switch, chunks) in [("true", 1), ("false", 8)] {
        let ctx = session(table_of(&sample), &[&settings[..], &[("hyperslab.scan.dynamic_filters", switch)]].concat());
        log.take();
        let got = rows(&ctx, "SELECT x, max(ice) FROM (SELECT x, ice FROM t ORDER BY x LIMIT 3) GROUP BY x").await;
        assert_eq!(got.unwrap().len(), 1);
        assert_eq!(log.take().len(), chunks, "{switch}");
    }
}
