//! `float32` labels against constants.

use super::*;

async fn count(ctx: &SessionContext, condition: &str) -> String {
    rows(ctx, &format!("SELECT count(DISTINCT lat) FROM ersst WHERE {condition}")).await.join(",")
}

#[tokio::test]
async fn a_constant_finds_the_float32_label_however_it_is_compared() {
    let ctx = session();
    ersst(&ctx).await;
    for (condition, expected) in [
        ("lat = 0.1", "1"),
        ("0.1 = lat", "1"),
        ("lat = -0.1", "1"),
        ("lat <> 0.1", "4"),
        ("lat IN (0.1, 0.2, 7.0)", "2"),
        ("lat NOT IN (0.1, 0.2)", "3"),
        ("lat > 0.1", "2"),
        ("lat >= 0.1", "3"),
        ("lat < 0.1", "2"),
        ("lat <= 0.1", "3"),
        ("lat BETWEEN 0.1 AND 23.4", "3"),
        ("lat NOT BETWEEN 0.1 AND 23.4", "2"),
        ("NOT (lat = 0.1)", "4"),
        ("lat IS DISTINCT FROM 0.1", "4"),
        ("lat IS NOT DISTINCT FROM 0.1", "1"),
        ("abs(lat) = 0.1", "2"),
        ("-lat = 0.1", "1"),
        ("lat = 0.2 / 2", "1"),
        ("lat = CAST('0.1' AS DOUBLE)", "1"),
        ("lat = CAST(0.1 AS DECIMAL(5, 2))", "1"),
        ("lat = 23.4 OR lat = 0.1", "2"),
        ("CASE WHEN lat = 0.1 THEN true ELSE false END", "1"),
        ("lat = (SELECT 0.1)", "0"),
    ] {
        assert_eq!(count(&ctx, condition).await, expected, "{condition}");
    }
}

#[tokio::test]
async fn comparisons_after_a_subquery_an_alias_and_a_group_are_the_same() {
    let ctx = session();
    ersst(&ctx).await;
    for sql in [
        "SELECT lat FROM (SELECT * FROM ersst) e WHERE e.lat = 0.1 AND sst < 200",
        "SELECT y FROM (SELECT lat AS y FROM ersst WHERE sst < 200) WHERE y = 0.1",
        "WITH e AS (SELECT lat FROM ersst GROUP BY lat) SELECT lat FROM e WHERE lat = 0.1",
        "SELECT lat FROM ersst GROUP BY lat HAVING lat = 0.1",
        "SELECT lat FROM ersst WHERE sst < 200 AND EXISTS (SELECT 1 FROM ersst i WHERE i.lat = 0.1 AND ersst.lat = 0.1)",
        "SELECT x.lat FROM ersst x JOIN ersst y ON x.lat = 0.1 AND y.lat = 0.1 AND x.sst = y.sst AND x.sst < 200",
    ] {
        assert_eq!(rows(&ctx, sql).await, ["0.1"], "{sql}");
    }
    assert_eq!(rows(&ctx, "SELECT count(*) FILTER (WHERE lat = 0.1) FROM ersst").await, ["12"]);
    assert_eq!(rows(&ctx, "SELECT DISTINCT lat = 0.1 AS hit FROM ersst ORDER BY hit").await, ["false", "true"]);
}

#[tokio::test]
async fn data_variables_are_compared_as_sql_does() {
    let ctx = session();
    ersst(&ctx).await;
    assert_eq!(rows(&ctx, "SELECT count(*) FROM ersst WHERE flag = 0.1").await, ["0"]);
    assert_eq!(rows(&ctx, "SELECT count(*) FROM ersst WHERE flag = CAST(0.1 AS FLOAT)").await, ["30"]);
    assert_eq!(rows(&ctx, "SELECT count(*) FROM ersst WHERE lat + flag * 0 = 0.1").await, ["0"]);
}

#[tokio::test]
async fn with_the_rule_off_labels_are_compared_as_sql_does() {
    let ctx = session();
    ersst(&ctx).await;
    switch_off(&ctx, "float_labels").await;
    assert_eq!(count(&ctx, "lat = 0.1").await, "0");
    assert_eq!(count(&ctx, "lat = CAST(0.1 AS FLOAT)").await, "1");
    assert_eq!(count(&ctx, "lat < 10").await, "4");
}

#[tokio::test]
async fn grids_of_float32_and_float64_labels_join_by_label() {
    let ctx = session();
    ersst(&ctx).await;
    let variables = vec![
        Made("lat", &["lat"], Values::Float64(vec![-0.1, 0.1, 50.0]), &[]),
        Made("depth", &["lat"], Values::Float64(vec![1.0, 2.0, 3.0]), &[]),
    ];
    register(&ctx, "bathymetry", variables).await;
    for sql in [
        "SELECT lat, depth FROM ersst JOIN bathymetry USING (lat) WHERE sst < 200 ORDER BY depth",
        "SELECT e.lat, depth FROM ersst e JOIN bathymetry b ON e.lat = b.lat WHERE sst < 200 ORDER BY depth",
        "SELECT e.lat, depth FROM ersst e JOIN bathymetry b ON b.lat = e.lat AND sst < 200 ORDER BY depth",
        "SELECT e.lat, depth FROM ersst e, bathymetry b WHERE e.lat = b.lat AND sst < 200 ORDER BY depth",
        "SELECT e.lat, depth FROM ersst e NATURAL JOIN bathymetry b WHERE sst < 200 ORDER BY depth",
    ] {
        assert_eq!(rows(&ctx, sql).await, ["-0.1|1.0", "0.1|2.0"], "{sql}");
    }
}

#[tokio::test]
async fn the_constant_reaches_the_scan_in_the_type_of_the_labels() {
    let ctx = session();
    ersst(&ctx).await;
    let plan = explain(&ctx, "SELECT sst FROM ersst WHERE lat = 0.1 AND abs(lat) <= 23.5").await;
    assert!(plan.contains("ersst.lat = Float32(0.1)"), "{plan}");
    assert!(plan.contains("abs(ersst.lat) <= Float32(23.5)"), "{plan}");
}

#[tokio::test]
async fn names_of_columns_stay_as_sql_gives_them() {
    let ctx = session();
    ersst(&ctx).await;
    let frame = ctx.sql("SELECT lat = 0.1, nearest(lat, 5) FROM ersst").await.unwrap();
    let before: Vec<String> = frame.schema().fields().iter().map(|f| f.name().clone()).collect();
    let plan = frame.into_optimized_plan().unwrap();
    let after: Vec<String> = plan.schema().fields().iter().map(|f| f.name().clone()).collect();
    assert_eq!(before, ["ersst.lat = Float64(0.1)", "nearest(ersst.lat,Int64(5))"]);
    assert_eq!(after, before);
}
