//! Random predicates on random datasets: pushed down, found by index, evaluated over labels or filtered row by row,
//! the rows are the same.

mod queries;

use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::catalog::TableProvider;
use datafusion::prelude::SessionContext;
use hyperslab_array::{ChunkGrid, Values};

use crate::testing::{Maker, Random, Sample, naive_table, random_dataset, rows, session, sorted_rows, table_of};

/// A literal that is near the labels of a column of the type.
fn literal(random: &mut Random, data_type: &ArrowType) -> String {
    let n = random.below(9);
    match data_type {
        ArrowType::Utf8 => format!("'{}{n}'", if random.chance(50) { "l" } else { "s" }),
        ArrowType::Boolean => n.is_multiple_of(2).to_string(),
        ArrowType::Timestamp(..) => {
            format!("arrow_cast({}, 'Timestamp(Microsecond, None)')", n * 20 * 86_400_000_000)
        }
        ArrowType::Float32 => format!("arrow_cast({}, 'Float32')", n as f32 / 10.0),
        ArrowType::Float64 => format!("{:?}", if random.chance(50) { n as f64 * 2.5 } else { n as f64 - 3.0 }),
        ArrowType::Int64 => format!("{}", if random.chance(50) { n * 10 } else { n }),
        _ => format!("{n}"),
    }
}

fn comparison(random: &mut Random, columns: &[(String, ArrowType)]) -> String {
    let (name, data_type) = random.pick(columns).clone();
    let mut value = || literal(random, &data_type);
    let (a, b, c) = (value(), value(), value());
    match random.below(12) {
        0..=4 => format!("{name} {} {a}", random.pick(&["=", "<", "<=", ">", ">="])),
        5 => format!("{a} {} {name}", random.pick(&["=", "<", "<=", ">", ">="])),
        6 => format!("{name} BETWEEN {a} AND {b}"),
        7 => format!("{name} IN ({a}, {b}, {c}, {a}, {c})"),
        8 => format!("{name} IS {}NULL", random.pick(&["", "NOT "])),
        9 => format!("{name} NOT IN ({a}, {b}, NULL)"),
        10 => format!("CASE WHEN {name} < {a} THEN true WHEN {name} = {b} THEN NULL ELSE {name} > {c} END"),
        _ => format!("{name} <> {a}"),
    }
}

fn predicate(random: &mut Random, columns: &[(String, ArrowType)], depth: u32) -> String {
    if depth == 0 || random.chance(40) {
        return comparison(random, columns);
    }
    let (a, b) = (predicate(random, columns, depth - 1), predicate(random, columns, depth - 1));
    match random.below(5) {
        0 | 1 => format!("({a} AND {b})"),
        2 | 3 => format!("({a} OR {b})"),
        _ => format!("NOT ({a})"),
    }
}

fn columns_of(sample: &Sample) -> Vec<(String, ArrowType)> {
    let schema = table_of(sample).schema();
    schema.fields().iter().map(|f| (f.name().clone(), f.data_type().clone())).collect()
}

/// Sessions that go different ways to the same rows.
fn ways(sample: &Sample) -> Vec<SessionContext> {
    let table = table_of(sample);
    let way = |settings: &[(&str, &str)]| session(table.clone(), settings);
    vec![
        way(&[]),
        way(&[("hyperslab.scan.coordinate_index", "false"), ("datafusion.execution.target_partitions", "2")]),
        way(&[("hyperslab.scan.prune_coordinates", "false"), ("datafusion.execution.target_partitions", "5")]),
        way(&[("hyperslab.scan.prune_blocks", "false"), ("datafusion.execution.batch_size", "2")]),
        way(&[("datafusion.execution.target_partitions", "5"), ("datafusion.execution.batch_size", "3")]),
    ]
}

#[tokio::test]
async fn random_predicates_select_the_naive_rows_by_every_way() {
    for seed in 0..25 {
        let sample = random_dataset(seed).await;
        let mut random = Random::new(seed + 2_000_000);
        let naive = session(naive_table(&sample), &[]);
        let ways = ways(&sample);
        let columns = columns_of(&sample);
        for _ in 0..4 {
            let filter = predicate(&mut random, &columns, 2);
            let sql = format!("SELECT * FROM t WHERE {filter}");
            let expected = sorted_rows(&naive, &sql).await.unwrap();
            for (w, way) in ways.iter().enumerate() {
                let got = sorted_rows(way, &sql).await.unwrap();
                assert_eq!(got, expected, "seed {seed}, way {w}: {sql}");
            }
            let (name, _) = random.pick(&columns).clone();
            let sql = format!("SELECT count(*), count({name}), min({name}), max({name}) FROM t WHERE {filter}");
            let expected = rows(&naive, &sql).await.unwrap();
            for (w, way) in ways.iter().enumerate() {
                assert_eq!(rows(way, &sql).await.unwrap(), expected, "seed {seed}, way {w}: {sql}");
            }
        }
    }
}

#[tokio::test]
async fn random_orders_come_out_as_asked_for() {
    for seed in 0..25 {
        let sample = random_dataset(seed).await;
        let mut random = Random::new(seed + 3_000_000);
        let naive = session(naive_table(&sample), &[]);
        let columns = columns_of(&sample);
        for way in ways(&sample) {
            let keys: Vec<String> = (0..1 + random.below(3))
                .map(|_| {
                    let (name, _) = random.pick(&columns);
                    format!(
                        "{name}{}{}",
                        random.pick(&["", " DESC"]),
                        random.pick(&["", " NULLS FIRST", " NULLS LAST"])
                    )
                })
                .collect();
            // All the other columns break ties, so that there is one right answer.
            let all: Vec<&str> = columns.iter().map(|(n, _)| n.as_str()).collect();
            let limit = random.pick(&["", " LIMIT 3", " LIMIT 7 OFFSET 2"]);
            let filter = if random.chance(50) { predicate(&mut random, &columns, 1) } else { "true".into() };
            let sql = format!("SELECT * FROM t WHERE {filter} ORDER BY {}, {}{limit}", keys.join(", "), all.join(", "));
            assert_eq!(rows(&way, &sql).await.unwrap(), rows(&naive, &sql).await.unwrap(), "seed {seed}: {sql}");
        }
    }
}

async fn explain(ctx: &SessionContext, sql: &str) -> String {
    rows(ctx, &format!("EXPLAIN {sql}")).await.unwrap().join("\n")
}

/// 57 months in 3 chunks, descending latitudes, longitudes.
async fn ersst() -> SessionContext {
    let mut maker = Maker::new();
    let one = |n: u64| ChunkGrid::regular(&[n], &[n]).unwrap();
    maker.add("time", &["time"], Values::Int64((0..57).collect()), one(57));
    maker.add("lat", &["lat"], Values::Float32(vec![10.0, 0.1, -10.0]), one(3));
    maker.add("lon", &["lon"], Values::Float64(vec![0.0, 90.0, 180.0, 270.0]), one(4));
    let values = Values::Float32((0..57 * 12).map(|i| i as f32).collect());
    maker.add("sst", &["time", "lat", "lon"], values, ChunkGrid::regular(&[57, 3, 4], &[20, 3, 2]).unwrap());
    session(table_of(&maker.make().await), &[])
}

#[tokio::test]
async fn a_plan_says_what_is_left_of_each_dimension_and_needs_no_filter() {
    let ctx = ersst().await;
    let plan = explain(&ctx, "SELECT sst FROM t WHERE time = 30 AND (lon < 1 OR lon > 200) AND NOT lat > 5").await;
    let expected = "ArrayScanExec: table=pop.time_lat_lon, time=[30..31) of 57, lat=[1..3) of 3, \
                    lon={[0..1), [3..4)} of 4, chunks=2 of 6, projection=[sst]";
    assert!(plan.contains(expected), "{plan}");
    assert!(!plan.contains("FilterExec"), "{plan}");
    let plan = explain(&ctx, "SELECT sst FROM t WHERE sst > 5 AND time % 7 = 6 AND abs(lat) < 1").await;
    assert!(plan.contains("time={[6..7), [13..14), [20..21), and 5 more ranges, 8 indices} of 57"), "{plan}");
    assert!(plan.contains("lat=[1..2) of 3") && plan.contains("FilterExec: sst@"), "{plan}");
}

#[tokio::test]
async fn what_a_disjunction_implies_for_one_dimension_prunes_and_the_filter_stays() {
    let ctx = ersst().await;
    let plan = explain(&ctx, "SELECT sst FROM t WHERE (time = 1 AND lon = 0) OR (time = 3 AND sst > 1)").await;
    assert!(plan.contains("time={[1..2), [3..4)} of 57, lat=all 3, lon=all 4"), "{plan}");
    assert!(plan.contains("FilterExec"), "{plan}");
}

#[tokio::test]
async fn counts_and_ends_of_coordinates_come_from_the_plan() {
    let ctx = ersst().await;
    let queries = [
        ("SELECT count(*) FROM t", "684"),
        ("SELECT count(*), min(time), max(lat), count(lon) FROM t WHERE lat < 1 AND time > 50", "48|51|0.1|48"),
        ("SELECT count(*), max(lon) FROM t WHERE time < 0", "0|NULL"),
    ];
    for (sql, expected) in queries {
        let plan = explain(&ctx, sql).await;
        assert!(!plan.contains("ArrayScanExec"), "{plan}");
        assert_eq!(rows(&ctx, sql).await.unwrap(), [expected]);
    }
}

#[tokio::test]
async fn the_order_of_the_grid_needs_no_sort() {
    let mut maker = Maker::new();
    let one = |n: u64| ChunkGrid::regular(&[n], &[n]).unwrap();
    maker.add("time", &["time"], Values::Int64((0..4).collect()), one(4));
    maker.add("lat", &["lat"], Values::Float32(vec![10.0, 0.0, -10.0]), one(3));
    maker.add("sst", &["time", "lat"], Values::Int64((0..12).collect()), ChunkGrid::regular(&[4, 3], &[2, 3]).unwrap());
    let cut = maker.make().await;
    let ctx = session(table_of(&cut), &[]);
    for order in ["time", "time, lat DESC", "lat DESC"] {
        let filter = if order == "lat DESC" { "WHERE time = 2" } else { "" };
        let plan = explain(&ctx, &format!("SELECT * FROM t {filter} ORDER BY {order}")).await;
        assert!(!plan.contains("SortExec"), "{order}: {plan}");
    }
    for order in ["time, lat", "lat DESC", "sst"] {
        let plan = explain(&ctx, &format!("SELECT * FROM t ORDER BY {order}")).await;
        assert!(plan.contains("SortExec"), "{order}: {plan}");
    }
}

#[tokio::test]
async fn a_limit_keeps_the_chunks_of_the_first_rows() {
    let ctx = ersst().await;
    let plan = explain(&ctx, "SELECT sst FROM t LIMIT 5").await;
    assert!(plan.contains("chunks=1 of 6") && plan.contains("limit=5"), "{plan}");
    let plan = explain(&ctx, "SELECT sst FROM t WHERE sst > 3 LIMIT 5").await;
    assert!(plan.contains("chunks=6 of 6"), "{plan}");
}

#[tokio::test]
async fn a_function_that_fails_for_a_label_fails_the_query() {
    let ctx = ersst().await;
    let error = rows(&ctx, "SELECT sst FROM t WHERE 1 / time > 0").await.unwrap_err();
    assert!(error.to_string().contains("Divide by zero"), "{error}");
}
