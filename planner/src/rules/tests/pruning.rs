//! What the rules make prunes: the scan's own words, and the same rows without pruning.

use super::*;

/// What a query reads, row by row or on chunks: `time=[7..8) of 12, lat=all 5`; `nothing` where it reads nothing.
async fn scanned(ctx: &SessionContext, sql: &str) -> String {
    let plan = explain(ctx, sql).await;
    if plan.contains("EmptyExec") {
        return "nothing".into();
    }
    let scan = plan.lines().find(|l| l.contains("Exec: table=")).unwrap_or_else(|| panic!("{plan}"));
    let from = scan.find("time=").unwrap_or_else(|| panic!("{scan}"));
    let line = &scan[from..];
    line.split(", projection").next().and_then(|l| l.split(", chunks").next()).unwrap_or(line).to_string()
}

async fn same_rows_without_pruning(ctx: &SessionContext, sql: &str) {
    let pruned = rows(ctx, sql).await;
    ctx.sql("SET hyperslab.scan.prune_coordinates = false").await.unwrap().collect().await.unwrap();
    let whole = rows(ctx, sql).await;
    ctx.sql("SET hyperslab.scan.prune_coordinates = true").await.unwrap().collect().await.unwrap();
    assert_eq!(pruned, whole, "{sql}");
}

#[tokio::test]
async fn labels_of_a_grid_become_index_ranges() {
    let ctx = session();
    ersst(&ctx).await;
    for (condition, expected) in [
        ("time = nearest(time, '1982-08-07')", "time=[7..8) of 12, lat=all 5"),
        ("time = nearest(time, '1982-08-07', INTERVAL '1 day')", "nothing"),
        ("time = nearest(time, DATE '1982-08-01' + INTERVAL '6 days')", "time=[7..8) of 12, lat=all 5"),
        ("time = nearest(time, now())", "time=[11..12) of 12, lat=all 5"),
        ("time BETWEEN backfill(time, '1982-01-15') AND pad(time, '1982-03-15')", "time=[1..3) of 12, lat=all 5"),
        (
            "time IN (nearest(time, '1982-01-15'), nearest(time, '1982-03-30'))",
            "time={[0..1), [3..4)} of 12, lat=all 5",
        ),
        ("lat = nearest(lat, 0.12) AND time = '1982'", "time=[0..1) of 12, lat=[2..3) of 5"),
        ("time >= '1982-11'", "time=[10..12) of 12, lat=all 5"),
        ("time < TIMESTAMP '1982-03-01'", "time=[0..2) of 12, lat=all 5"),
        ("time < DATE '1982-03-01'", "time=[0..2) of 12, lat=all 5"),
        ("time BETWEEN '1982-02' AND '1982-04'", "time=[1..4) of 12, lat=all 5"),
        ("time IN ('1982-02', '1982-12')", "time={[1..2), [11..12)} of 12, lat=all 5"),
        ("lat = 0.1", "time=all 12, lat=[2..3) of 5"),
        ("lat > 0.1 OR lat < -0.1", "time=all 12, lat={[0..2), [4..5)} of 5"),
        ("lat IN (0.1, 0.2)", "time=all 12, lat=[1..3) of 5"),
        ("abs(lat) <= 0.1", "time=all 12, lat=[2..4) of 5"),
        ("month(time) = 1", "time=[0..1) of 12, lat=all 5"),
        ("season(time) = 'DJF'", "time={[0..2), [11..12)} of 12, lat=all 5"),
        ("year(time) = 1983", "time=none of 12"),
        ("EXTRACT(month FROM time) BETWEEN 2 AND 3", "time=[1..3) of 12, lat=all 5"),
        ("date_trunc('quarter', time) = '1982-04'", "time=[3..6) of 12, lat=all 5"),
        ("date_part('quarter', time) = 4", "time=[9..12) of 12, lat=all 5"),
    ] {
        let sql = format!("SELECT time, lat, sst FROM ersst WHERE {condition}");
        let scanned = scanned(&ctx, &sql).await;
        assert!(scanned.starts_with(expected), "{condition}: {scanned}");
        same_rows_without_pruning(&ctx, &format!("{sql} ORDER BY time, lat")).await;
    }
}

#[tokio::test]
async fn labels_of_a_calendar_become_index_ranges() {
    let ctx = session();
    days(&ctx, "hadley", "360_day", &(0..24).map(|m| f64::from(m) * 30.0).collect::<Vec<_>>()).await;
    for (condition, expected) in [
        ("time >= '2001-10'", "time=[21..24) of 24"),
        ("time = '2000-03'", "time=[2..3) of 24"),
        ("time = nearest(time, '2000-02-30')", "time=[2..3) of 24"),
        ("time < TIMESTAMP '2000-02-30 00:00:00'", "time=[0..2) of 24"),
        ("month(time) = 2", "time={[1..2), [13..14)} of 24"),
        ("year(time) = 2001", "time=[12..24) of 24"),
        ("season(time) = 'MAM'", "time={[2..5), [14..17)} of 24"),
        ("date_trunc('year', time) = '2001'", "time=[12..24) of 24"),
        ("dayofyear(time) > 330", "time={[11..12), [23..24)} of 24"),
        ("time < now()", "time=all 24"),
    ] {
        let sql = format!("SELECT time, v FROM hadley WHERE {condition}");
        let scanned = scanned(&ctx, &sql).await;
        assert!(scanned.starts_with(expected), "{condition}: {scanned}");
        same_rows_without_pruning(&ctx, &format!("{sql} ORDER BY time")).await;
    }
}

#[tokio::test]
async fn pruning_reaches_through_subqueries_and_joins() {
    let ctx = session();
    ersst(&ctx).await;
    for (sql, expected) in [
        ("SELECT sst FROM (SELECT time AS t, sst FROM ersst) WHERE t = nearest(t, '1982-08-07')", "time=[7..8) of 12"),
        ("WITH e AS (SELECT * FROM ersst) SELECT sst FROM e WHERE lat = 0.1", "time=all 12, lat=[2..3) of 5"),
        ("SELECT avg(sst) FROM ersst WHERE time >= '1982-11' GROUP BY lat", "time=[10..12) of 12"),
        ("SELECT a.sst FROM ersst a JOIN ersst b USING (time, lat) WHERE a.time = '1982-08'", "time=[7..8) of 12"),
    ] {
        let scanned = scanned(&ctx, sql).await;
        assert!(scanned.starts_with(expected), "{sql}: {scanned}");
        same_rows_without_pruning(&ctx, &format!("SELECT * FROM ({sql}) ORDER BY 1")).await;
    }
}

#[tokio::test]
async fn a_label_of_negative_zero_is_zero() {
    let ctx = session();
    let variables = vec![
        Made("time", &["time"], Values::Float64(vec![-0.0, -1.0, -2.0]), &[]),
        Made("v", &["time"], Values::Int32(vec![0, 1, 2]), &[]),
    ];
    register(&ctx, "south", variables).await;
    for condition in
        ["time = 0", "time >= 0", "time = nearest(time, 0.1)", "time IN (0, 7)", "nearest(time, 0.1) = time"]
    {
        let sql = format!("SELECT v FROM south WHERE {condition}");
        assert_eq!(rows(&ctx, &sql).await, ["0"], "{condition}");
        same_rows_without_pruning(&ctx, &sql).await;
    }
}
