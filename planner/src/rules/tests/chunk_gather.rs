//! Which joins of points with a grid go by position, and that they answer what a hash join does.

use super::*;

/// 5 times × 4 descending latitudes × 6 longitudes in chunks of 2, with a map of the land and holes in the data.
async fn grid(ctx: &SessionContext) {
    let (times, lat) =
        (["1990-01", "1990-02", "1990-03", "1990-04", "1990-06"].map(micros), vec![60.5, 20.0, -0.0, -20.0]);
    let lon = vec![0.0, 10.0, 20.0, 35.0, 40.0, 50.0];
    let v = (0..120).map(|i| if i % 7 == 3 { f32::NAN } else { i as f32 }).collect();
    let variables = vec![
        Made("time", &["time"], Values::Timestamp(times.to_vec()), &[]),
        Made("lat", &["lat"], Values::Float32(lat), &[]),
        Made("lon", &["lon"], Values::Float64(lon), &[]),
        Made("v", &["time", "lat", "lon"], Values::Float32(v), &[]),
        Made("turned", &["lon", "time", "lat"], Values::Int32((0..120).collect()), &[]),
        Made("land", &["lat", "lon"], Values::Int64((0..24).collect()), &[]),
    ];
    register(ctx, "e", variables).await;
}

/// Shuffled points, some twice, some outside, some with NULL or NaN.
const POINTS: &str = "(SELECT i AS id, arrow_cast(630115200000000 + (i * 7919 % 200) * 86400000000, 'Timestamp(µs)') AS time, \
    CASE WHEN i % 11 = 5 THEN NULL WHEN i % 13 = 4 THEN arrow_cast('NaN', 'Float64') ELSE (i * 37 % 180)::DOUBLE - 90 END AS lat, \
    (i * 53 % 60)::DOUBLE - 3 AS lon FROM (SELECT value % 150 AS i FROM generate_series(1, 200)) s) b";

const ALL: &str =
    "e.time = nearest(e.time, b.time) AND e.lat = nearest(e.lat, b.lat) AND e.lon = nearest(e.lon, b.lon)";

fn by_position() -> Vec<String> {
    let near = "e.time = pad(e.time, b.time) AND e.lat = nearest(e.lat, b.lat, 9.5) AND e.lon = backfill(e.lon, b.lon)";
    let exact = "e.time = date_trunc('month', b.time) AND e.lat = round(b.lat / 20) * 20 AND e.lon = b.lon";
    let mut all = Vec::new();
    for on in [ALL, near, exact] {
        all.push(format!("SELECT b.id, e.time, e.lat, e.lon, e.v, e.turned, e.land FROM {POINTS} JOIN e ON {on}"));
        all.push(format!("SELECT e.v, b.id FROM e JOIN {POINTS} ON {on}"));
        all.push(format!("SELECT b.id, e.v, coalesce(e.v, -1) AS w FROM {POINTS} LEFT JOIN e ON {on}"));
        all.push(format!("SELECT b.lat, e.turned, -e.lat AS s FROM e RIGHT JOIN {POINTS} ON {on}"));
        all.push(format!("SELECT count(*), sum(e.turned) FROM {POINTS} JOIN e ON {on}"));
        all.push(format!("SELECT count(*) FROM {POINTS} LEFT JOIN e ON {on}"));
        all.push(format!(
            "SELECT b.id, e.v FROM {POINTS} JOIN e ON {on} WHERE e.v > 20 AND e.lon < 40 AND e.v + b.id > 100"
        ));
        all.push(format!("SELECT b.id FROM {POINTS} WHERE EXISTS (SELECT 1 FROM e WHERE {on})"));
        all.push(format!("SELECT b.id FROM {POINTS} WHERE NOT EXISTS (SELECT 1 FROM e WHERE {on})"));
        all.push(format!("SELECT b.id, e.v FROM {POINTS} LEFT JOIN (SELECT * FROM e WHERE lat > 100) e ON {on}"));
        all.push(format!("SELECT b.id, e.v FROM (SELECT * FROM {POINTS} WHERE id < 0) b JOIN e ON {on}"));
    }
    // Profiles of few points.
    let few = "(VALUES (1, 20.0, 10.0), (2, -20.0, 50.0), (3, 20.0, 10.0), (4, 7.0, 10.0)) b(id, lat, lon)";
    all.push(format!(
        "SELECT b.id, e.time, e.v, e.turned, e.land FROM {few} JOIN e ON e.lat = b.lat AND e.lon = b.lon"
    ));
    all.push(format!("SELECT b.id, e.time, e.v FROM {few} LEFT JOIN e ON e.lat = b.lat AND e.lon = b.lon"));
    all.push(format!(
        "SELECT b.id, e.time, e.turned FROM {few} JOIN e ON e.lat = b.lat AND e.lon = b.lon AND e.time > '1990-02-10'"
    ));
    all
}

async fn sorted(ctx: &SessionContext, sql: &str) -> Vec<String> {
    let mut rows = rows(ctx, sql).await;
    rows.sort();
    rows
}

/// A session of `partitions`, with the grid.
async fn with(partitions: usize, batch: usize) -> SessionContext {
    let config = SessionConfig::new().with_target_partitions(partitions).with_batch_size(batch);
    let builder = SessionStateBuilder::new().with_config(config).with_default_features();
    let ctx = SessionContext::new_with_state(crate::configure(builder).build());
    grid(&ctx).await;
    ctx
}

#[tokio::test]
async fn points_find_the_cells_that_a_hash_join_finds() {
    let off = with(2, 8192).await;
    switch_off(&off, "chunk_gather").await;
    switch_off(&off, "chunk_lookup").await;
    let on = [with(1, 8192).await, with(2, 7).await, with(3, 64).await, with(16, 8192).await];
    for sql in by_position() {
        let plan = explain(&on[1], &sql).await;
        assert!(plan.contains("ArrayGatherExec") && !plan.contains("HashJoinExec"), "{sql}\n{plan}");
        assert!(!explain(&off, &sql).await.contains("ArrayGatherExec"), "{sql}");
        let expected = sorted(&off, &sql).await;
        for ctx in &on {
            assert_eq!(sorted(ctx, &sql).await, expected, "{sql}");
        }
    }
}

#[tokio::test]
async fn what_is_not_proven_is_left_to_the_hash_join() {
    let ctx = with(2, 8192).await;
    let variables = vec![
        Made("x", &["x"], Values::Float64(vec![1.0, 2.0, 1.0, f64::NAN]), &[]),
        Made("w", &["x"], Values::Int32(vec![1, 2, 3, 4]), &[]),
    ];
    register(&ctx, "twice", variables).await;
    for sql in [
        "SELECT b.id, t.w FROM (VALUES (1, 1.0), (2, 3.0)) b(id, x) JOIN twice t ON t.x = b.x".to_string(),
        format!("SELECT b.id, e.v FROM {POINTS} FULL JOIN e ON {ALL}"),
        format!("SELECT b.id, e.v FROM e LEFT JOIN {POINTS} ON {ALL}"),
        format!("SELECT b.id, e.v FROM {POINTS} JOIN e ON e.v = b.lat"),
        format!("SELECT b.id, e.v FROM {POINTS} JOIN e ON month(e.time) % 3 = month(b.time) % 3"),
        format!("SELECT b.id, f.v FROM {POINTS} LEFT JOIN e f ON f.lat = b.lat AND f.lon = b.lon AND f.v > b.id"),
        "SELECT a.v, b.v FROM e a JOIN e b ON a.time = b.time AND a.lat = b.lat AND a.lon = b.lon".to_string(),
    ] {
        let plan = explain(&ctx, &sql).await;
        assert!(!plan.contains("ArrayGatherExec"), "{sql}\n{plan}");
        rows(&ctx, &sql).await;
    }
}

#[tokio::test]
async fn unsorted_labels_and_dimensions_of_no_length_are_found_or_not() {
    let ctx = with(2, 8192).await;
    let unsorted = vec![
        Made("x", &["x"], Values::Int64(vec![30, 10, 20]), &[]),
        Made("w", &["x"], Values::Int32(vec![1, 2, 3]), &[]),
    ];
    register(&ctx, "unsorted", unsorted).await;
    let empty = vec![Made("x", &["x"], Values::Int64(vec![]), &[]), Made("w", &["x"], Values::Int32(vec![]), &[])];
    register(&ctx, "nothing", empty).await;
    let from = |table: &str, join: &str| {
        format!(
            "SELECT b.id, t.w FROM (VALUES (1, 10), (2, 20), (3, 5)) b(id, x) {join} {table} t ON t.x = b.x ORDER BY 1"
        )
    };
    assert!(explain(&ctx, &from("unsorted", "JOIN")).await.contains("ArrayGatherExec"));
    assert_eq!(rows(&ctx, &from("unsorted", "JOIN")).await, ["1|2", "2|3"]);
    assert_eq!(rows(&ctx, &from("nothing", "JOIN")).await, [""; 0]);
    assert_eq!(rows(&ctx, &from("nothing", "LEFT JOIN")).await, ["1|NULL", "2|NULL", "3|NULL"]);
}

#[tokio::test]
async fn a_plan_says_what_is_gathered() {
    let ctx = with(2, 8192).await;
    let sql = "SELECT b.id, e.v FROM (VALUES (1, 3.0)) b(id, lon) JOIN e ON e.lon = nearest(e.lon, b.lon) \
        AND e.lat = 20 AND e.time = '1990-04'";
    let plan = explain(&ctx, sql).await;
    let line = plan.lines().find(|l| l.contains("ArrayGatherExec")).unwrap_or_else(|| panic!("{plan}"));
    assert!(line.contains("table=e.time_lat_lon, time=[3..4) of 5, lat=[1..2) of 4, lon=all 6, keys=[lon@"), "{line}");
    assert!(line.contains("chunks=3 of 18, join=inner, projection=[id, "), "{line}");
}
