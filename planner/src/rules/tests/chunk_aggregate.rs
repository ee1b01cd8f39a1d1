//! Which aggregates run on chunks, and that they answer what rows do.

use datafusion::execution::runtime_env::RuntimeEnvBuilder;

use super::*;

const ON_CHUNKS: [&str; 18] = [
    "SELECT avg(sst) FROM ersst",
    "SELECT lat, avg(sst), count(*), min(sst), max(sst) FROM ersst GROUP BY lat",
    "SELECT season(time), lat, sum(sst) FROM ersst GROUP BY 1, 2",
    "SELECT date_trunc('quarter', time), month(time) % 2, count(sst) FROM ersst GROUP BY 1, 2",
    "SELECT CASE WHEN lat > 0 THEN 'north' ELSE 'south' END, stddev(sst) FROM ersst GROUP BY 1",
    "SELECT dim_index(lat) / 2, dim_index(time) / 3, max(sst - flag * 2) FROM ersst GROUP BY 1, 2",
    "SELECT lat FROM ersst GROUP BY lat HAVING avg(sst) > 652",
    "SELECT DISTINCT month(time) FROM ersst",
    "SELECT count(*) FROM ersst WHERE sst > 500 AND flag < 0.15",
    "SELECT lat, count(*) FILTER (WHERE sst > 500), avg(sst) FILTER (WHERE flag > 0.1) FROM ersst WHERE sst < 900 GROUP BY lat",
    "SELECT month(time), weighted_avg(sst, cos(radians(lat))) FROM ersst GROUP BY 1",
    "SELECT corr(sst, lat), covar_pop(sst, flag), regr_slope(sst, lat) FROM ersst",
    "SELECT lat, first_value(sst ORDER BY time), last_value(sst ORDER BY time) FROM ersst GROUP BY lat",
    "SELECT arg_max(lat, sst), arg_min(time, sst) FROM ersst",
    "SELECT bool_and(sst > 0), bool_or(sst > 1200) FROM ersst",
    "SELECT m, max(a) FROM (SELECT month(time) AS m, lat, avg(sst) AS a FROM ersst WHERE sst > 300 GROUP BY 1, 2) GROUP BY m",
    "SELECT avg(x) FROM (SELECT sst - 100 AS x, lat FROM ersst WHERE flag > 0.1) WHERE x > 200 AND lat < 20",
    "SELECT 1 / CAST(dim_index(lat) - 1 AS DOUBLE), count(*) FROM ersst WHERE sst > 300 GROUP BY 1",
];

const ON_ROWS: [&str; 9] = [
    "SELECT sst > 500, count(*) FROM ersst GROUP BY 1",
    "SELECT lat + month(time), avg(sst) FROM ersst GROUP BY 1",
    "SELECT count(DISTINCT sst), sum(DISTINCT sst) FROM ersst",
    "SELECT median(sst) FROM ersst",
    "SELECT lat, avg(sst) FROM ersst GROUP BY ROLLUP (lat)",
    "SELECT avg(sst) FROM (SELECT sst FROM ersst LIMIT 7)",
    "SELECT array_agg(sst ORDER BY sst) FROM ersst",
    "SELECT lat, avg(sst) FROM ersst GROUP BY lat, random() > 2",
    "SELECT count(*) FROM (SELECT sst FROM ersst UNION ALL SELECT sst FROM ersst)",
];

#[tokio::test]
async fn groups_that_follow_from_coordinates_are_made_of_chunks() {
    let (on, off) = (session(), session());
    switch_off(&off, "chunk_aggregate").await;
    for ctx in [&on, &off] {
        ersst(ctx).await;
    }
    for sql in ON_CHUNKS {
        assert!(explain(&on, sql).await.contains("ArrayAggregateExec"), "{sql}");
        assert!(!explain(&off, sql).await.contains("ArrayAggregateExec"), "{sql}");
        let (mut on, mut off) = (rows(&on, sql).await, rows(&off, sql).await);
        on.sort();
        off.sort();
        let rounded = |rows: &[String]| -> Vec<String> { rows.iter().map(|row| round(row)).collect() };
        assert_eq!(rounded(&on), rounded(&off), "{sql}");
    }
}

/// Numbers with ten digits: sums of floats are made in another order.
fn round(row: &str) -> String {
    let cell = |text: &str| match text.parse::<f64>() {
        Ok(number) if text.contains('.') => format!("{number:.9e}"),
        _ => text.to_string(),
    };
    row.split('|').map(cell).collect::<Vec<_>>().join("|")
}

#[tokio::test]
async fn what_is_not_proven_is_made_of_rows() {
    let ctx = session();
    ersst(&ctx).await;
    for sql in ON_ROWS {
        let plan = explain(&ctx, sql).await;
        assert!(!plan.contains("ArrayAggregateExec"), "{sql}\n{plan}");
        rows(&ctx, sql).await;
    }
}

#[tokio::test]
async fn a_plan_says_what_is_aggregated() {
    let ctx = session();
    ersst(&ctx).await;
    let plan = explain(&ctx, "SELECT lat, avg(sst) FROM ersst WHERE month(time) > 6 AND flag > 0.1 GROUP BY lat").await;
    let line = plan.lines().find(|l| l.contains("ArrayAggregateExec")).unwrap().trim();
    assert_eq!(
        line,
        "physical_plan|ArrayAggregateExec: table=ersst.time_lat, time=[6..12) of 12, lat=all 5, chunks=18 of 36, group_by=[lat], \
         aggregates=[avg(ersst.sst)], filter=CAST(flag@2 AS Float64) > 0.1"
    );
}

#[tokio::test]
async fn a_key_that_fails_where_no_row_is_left_does_not_fail() {
    let ctx = session();
    ersst(&ctx).await;
    let key = "10 / dim_index(lat)";
    let sql = |condition: &str| format!("SELECT {key}, count(*) FROM ersst WHERE {condition} GROUP BY 1 ORDER BY 1");
    assert!(error(&ctx, &sql("true")).await.contains("ivide by zero"));
    // The first latitude has the values that are whole hundreds.
    assert_eq!(rows(&ctx, &sql("sst % 100 = 2")).await, ["5|12"]);
}

#[tokio::test]
async fn groups_that_memory_does_not_hold_are_made_of_rows() {
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(9_000_000, 1.0).build_arc().unwrap();
    let config = SessionConfig::new().with_target_partitions(2);
    let builder = SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features();
    let ctx = SessionContext::new_with_state(crate::configure(builder).build());
    let count = 120_000;
    let variables = vec![
        Made("x", &["x"], Values::Int64((0..count).map(|i| i * 7919 % count).collect()), &[]),
        Made("v", &["x"], Values::Float64((0..count).map(|i| i as f64).collect()), &[]),
    ];
    register(&ctx, "d", variables).await;
    // Each chunk has all groups, so that none is finished before the last.
    let sql = "SELECT count(*), sum(n) FROM (SELECT x % 100000 AS k, count(v) AS n, avg(v), min(v), max(v) FROM d GROUP BY 1)";
    assert_eq!(rows(&ctx, sql).await, ["100000|120000"]);
}

#[tokio::test]
async fn integer_sums_are_exact_and_do_not_wrap() {
    let ctx = session();
    let most = i64::MAX;
    let variables = vec![
        Made("x", &["x"], Values::Int64(vec![0, 1, 2, 3]), &[]),
        Made("v", &["x"], Values::Int64(vec![most, -most, most, 5]), &[]),
    ];
    register(&ctx, "d", variables).await;
    assert_eq!(rows(&ctx, "SELECT sum(v) FROM d WHERE x <> 3").await, [most.to_string()]);
    let line = error(&ctx, "SELECT sum(v) FROM d").await;
    assert!(line.contains("outside of the range of `Int64`"), "{line}");
}
