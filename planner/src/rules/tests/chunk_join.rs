//! Which joins go by position, and that they answer what joins of rows do.

use super::*;

/// `a` and `b`: days, latitudes in other orders and types, other chunks, and an overlap of both. `c` has a latitude only.
async fn register_all(ctx: &SessionContext) {
    ersst(ctx).await;
    let days = |first: i64, n: i64| Values::Timestamp((first..first + n).map(|d| d * 86_400_000_000).collect());
    let cells =
        |n: i64| Values::Float64((0..n).map(|i| if i % 7 == 3 { f64::NAN } else { (i * i % 101) as f64 }).collect());
    let a = vec![
        Made("time", &["time"], days(0, 7), &[]),
        Made("lat", &["lat"], Values::Float32(vec![0.3, 0.2, 0.1, 0.0, -0.1, -0.2]), &[]),
        Made("season", &["time"], Values::Int64(vec![1, 2, 1, 2, 1, 2, 1]), &[("coordinates", "")]),
        Made("v", &["time", "lat"], cells(42), &[]),
        Made("w", &["lat"], cells(6), &[]),
    ];
    register_in_chunks(ctx, "a", a, 3).await;
    let b = vec![
        Made("lat", &["lat"], Values::Float64(vec![-0.2, -0.1, 0.0, 0.1, 0.2]), &[]),
        Made("time", &["time"], days(3, 6), &[]),
        Made("v", &["lat", "time"], cells(30), &[]),
        Made("n", &["time", "lat"], Values::Int64((0..30).collect()), &[]),
        Made("s", &["lat"], Values::String((0..5).map(|i| format!("s{i}")).collect()), &[]),
    ];
    register_in_chunks(ctx, "b", b, 2).await;
    let c = vec![
        Made("lat", &["lat"], Values::Float32(vec![0.1, 0.3, 0.7]), &[]),
        Made("name", &["lat"], Values::String(["p", "q", "r"].map(Into::into).to_vec()), &[]),
    ];
    register_in_chunks(ctx, "c", c, 2).await;
    let forecast = vec![
        Made("init", &["init"], days(1, 4), &[]),
        Made("lead", &["lead"], Values::Duration((0..3).map(|d| d * 86_400_000_000).collect()), &[]),
        Made("f", &["init", "lead"], cells(12), &[]),
    ];
    register_in_chunks(ctx, "forecast", forecast, 2).await;
    let truth = vec![Made("valid", &["valid"], days(2, 4), &[]), Made("v", &["valid"], cells(4), &[])];
    register_in_chunks(ctx, "truth", truth, 3).await;
    let twice =
        vec![Made("lat", &["lat"], Values::Float32(vec![0.1, 0.2, 0.1]), &[]), Made("v", &["lat"], cells(3), &[])];
    register_in_chunks(ctx, "twice", twice, 2).await;
}

const BY_POSITION: [&str; 31] = [
    "SELECT * FROM a JOIN b USING (time, lat)",
    "SELECT a.time, b.time, a.lat, b.lat, a.v, b.v, b.n, b.s FROM a JOIN b ON a.time = b.time AND a.lat = b.lat",
    "SELECT time, lat, a.v, b.v, n, s FROM a LEFT JOIN b USING (time, lat)",
    "SELECT a.v, x FROM a LEFT JOIN (SELECT time, lat, coalesce(v, 1) AS x FROM b) USING (time, lat)",
    "SELECT b.time, b.lat, a.v, b.v FROM a RIGHT JOIN b ON a.time = b.time AND a.lat = b.lat",
    "SELECT b.time, b.lat, b.s, a.v FROM a LEFT JOIN b ON a.time = b.time AND a.lat = b.lat",
    "SELECT avg(b.v - a.v), count(*) FROM a JOIN b USING (time, lat)",
    "SELECT lat, avg(b.v - a.v), sum(n) FROM a JOIN b USING (time, lat) GROUP BY lat",
    "SELECT b.lat, sum(b.n), max(s) FROM a JOIN b ON a.time = b.time AND b.lat = -a.lat GROUP BY b.lat",
    "SELECT count(*) FROM a JOIN b USING (time, lat)",
    "SELECT b.time, sum(b.v) FROM a JOIN a AS b ON b.time = a.time + INTERVAL '1 day' AND b.lat = a.lat GROUP BY b.time",
    "SELECT a.time, a.lat, b.time, b.v - a.v FROM a JOIN a AS b ON b.time = a.time - INTERVAL '2 days' AND b.lat = a.lat",
    "SELECT a.time, a.lat, b.lat, b.v FROM a JOIN a AS b ON b.time = a.time AND b.lat = -a.lat",
    "SELECT a.time, a.lat, b.v FROM a LEFT JOIN a AS b ON b.time = a.time + INTERVAL '1 day' AND b.lat = -a.lat",
    "SELECT a.time, a.lat, name, v FROM a JOIN c USING (lat)",
    "SELECT a.time, c.lat, name, v FROM c JOIN a USING (lat)",
    "SELECT a.time, a.lat, c.lat, name FROM a LEFT JOIN c ON a.lat = c.lat",
    "SELECT name, avg(v), count(*) FROM a JOIN c USING (lat) GROUP BY name",
    "SELECT init, lead, f, v, valid FROM forecast JOIN truth ON valid = init + lead",
    "SELECT init, lead, f, v, valid FROM truth JOIN forecast ON valid = init + lead",
    "SELECT init, lead, f, v, valid FROM forecast LEFT JOIN truth ON valid = init + lead",
    "SELECT lead, avg(abs(f - v)), count(*) FROM forecast JOIN truth ON valid = init + lead GROUP BY lead",
    "SELECT a.time, a.lat, a.v, b.v FROM a JOIN b USING (time, lat) WHERE a.v < b.v AND n > 3",
    "SELECT a.time, a.lat FROM a JOIN b ON a.time = b.time AND a.lat = b.lat AND a.v + b.v > 50 WHERE a.time > '1970-01-04' AND b.v > 10",
    "SELECT time, lat, v FROM a LEFT SEMI JOIN b USING (time, lat)",
    "SELECT time, lat, v FROM a LEFT SEMI JOIN b ON a.time = b.time AND a.lat = b.lat AND a.v < b.v",
    "SELECT time, lat, v FROM a LEFT ANTI JOIN b ON a.time = b.time AND a.lat = b.lat",
    "SELECT time, lat, v FROM a LEFT ANTI JOIN b ON a.time = b.time AND a.lat = b.lat AND a.v < b.v",
    "SELECT time, lat, v, n FROM a RIGHT ANTI JOIN b ON a.time = b.time AND a.lat = b.lat",
    "SELECT a.time, c.lat, a.v, b.v, x.v, name FROM a JOIN b USING (time, lat) JOIN a AS x ON x.time = a.time AND x.lat = a.lat JOIN c ON c.lat = a.lat",
    "SELECT time, a.lat, a.v - b.v FROM a JOIN b USING (time) WHERE b.lat = -0.1",
];

const BY_ROWS: [&str; 8] = [
    "SELECT * FROM a FULL JOIN b USING (time, lat)",
    "SELECT * FROM a JOIN twice USING (lat)",
    "SELECT a.v, b.v FROM a JOIN b USING (time)",
    "SELECT a.v, b.v FROM a LEFT JOIN (SELECT * FROM b WHERE v > 10) AS b USING (time, lat)",
    "SELECT a.v, b.v FROM a JOIN b ON a.time = b.time AND a.lat = b.lat AND a.v = b.v",
    "SELECT c.name, a.v FROM c LEFT JOIN a USING (lat)",
    "SELECT a.v, b.v FROM a JOIN (SELECT * FROM b LIMIT 5) AS b USING (time, lat)",
    "SELECT a.v FROM a WHERE v NOT IN (SELECT n FROM b)",
];

#[tokio::test]
async fn joins_that_follow_from_coordinates_go_by_position() {
    let (on, off) = (session(), session());
    switch_off(&off, "chunk_join").await;
    switch_off(&off, "chunk_lookup").await;
    for ctx in [&on, &off] {
        register_all(ctx).await;
    }
    for sql in BY_POSITION {
        let plan = explain(&on, sql).await;
        assert!(!plan.contains("HashJoinExec"), "{sql}\n{plan}");
        assert!(explain(&off, sql).await.contains("HashJoinExec"), "{sql}");
        let (mut on, mut off) = (rows(&on, sql).await, rows(&off, sql).await);
        on.sort();
        off.sort();
        assert!(!on.is_empty(), "{sql}");
        assert_eq!(on, off, "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn joins_that_do_not_follow_from_coordinates_are_made_of_rows() {
    let ctx = session();
    switch_off(&ctx, "chunk_lookup").await;
    register_all(&ctx).await;
    for sql in BY_ROWS {
        let plan = explain(&ctx, sql).await;
        assert!(plan.contains("JoinExec"), "{sql}\n{plan}");
        rows(&ctx, sql).await;
    }
}

#[tokio::test]
async fn any_number_of_partitions_gives_the_same_bits() {
    let sql = "SELECT lat, avg(b.v / 3 - a.v / 7), stddev(b.v * a.v) FROM a JOIN b USING (time, lat) GROUP BY lat ORDER BY lat";
    let mut answers = Vec::new();
    for partitions in [1, 2, 3, 16] {
        let ctx = session();
        ctx.sql(&format!("SET datafusion.execution.target_partitions = {partitions}")).await.unwrap();
        register_all(&ctx).await;
        assert!(explain(&ctx, sql).await.contains("ArrayAggregateExec"));
        answers.push(rows(&ctx, sql).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn a_plan_says_how_the_sides_meet() {
    let ctx = session();
    register_all(&ctx).await;
    let sql = "SELECT avg(abs(b.v - a.v)) FROM a JOIN a AS b ON b.time = a.time + INTERVAL '1 day' AND b.lat = -a.lat";
    let plan = explain(&ctx, sql).await;
    let line = plan.lines().find(|l| l.contains("ArrayAggregateExec")).unwrap().trim();
    assert!(line.contains("time=[0..6) of 7, lat=[1..6) of 6"), "{line}");
    assert!(line.contains("derived=[[lat, v] of a.time_lat at [time shift +1, lat reversed]]"), "{line}");
}

#[tokio::test]
async fn sides_of_two_datasets_may_be_swapped() {
    let ctx = session();
    register_all(&ctx).await;
    switch_off(&ctx, "chunk_join").await;
    switch_off(&ctx, "chunk_lookup").await;
    for (join, rows_of) in [("JOIN c ON a.lat = c.lat", 14), ("JOIN c ON a.lat < c.lat", 98), ("CROSS JOIN c", 126)] {
        let sql = format!("SELECT a.*, c.* FROM a {join}");
        assert_eq!(rows(&ctx, &sql).await.len(), rows_of, "{sql}");
    }
    switch_off(&ctx, "join_metadata").await;
    assert!(error(&ctx, "SELECT a.*, c.* FROM a JOIN c ON a.lat = c.lat").await.contains("metadata mismatch"));
}
