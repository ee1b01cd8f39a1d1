//! `nearest`, `pad` and `backfill` in every place of a query.

use super::*;

async fn world() -> SessionContext {
    let ctx = session();
    ersst(&ctx).await;
    let buoys = "CREATE TABLE buoys AS SELECT * FROM (VALUES (1, 0.12, TIMESTAMP '1982-02-20'), \
                 (2, -50.0, TIMESTAMP '1982-11-02'), (3, NULL, TIMESTAMP '1982-11-02')) AS t(id, lat, time)";
    ctx.sql(buoys).await.unwrap().collect().await.unwrap();
    ctx
}

#[tokio::test]
async fn each_function_finds_its_label() {
    let ctx = world().await;
    for (value, expected) in [
        ("nearest(time, '1982-08-07')", "1982-08-01T00:00:00"),
        ("nearest(time, '1982-08-27')", "1982-09-01T00:00:00"),
        ("nearest(time, TIMESTAMP '1982-08-07 12:00:00')", "1982-08-01T00:00:00"),
        ("nearest(time, DATE '1982-08-27')", "1982-09-01T00:00:00"),
        ("nearest(time, DATE '1982-08-01' + INTERVAL '26 days')", "1982-09-01T00:00:00"),
        ("nearest(time, '1982')", "1982-01-01T00:00:00"),
        ("nearest(time, now())", "1982-12-01T00:00:00"),
        ("pad(time, '1982-08-27')", "1982-08-01T00:00:00"),
        ("backfill(time, '1982-08-02')", "1982-09-01T00:00:00"),
        ("nearest(time, '1982-08-07', INTERVAL '6 days')", "1982-08-01T00:00:00"),
        ("nearest(time, '1982-08-07', '1 week')", "1982-08-01T00:00:00"),
        ("nearest(time, '1982-08-07', INTERVAL '5 days')", "NULL"),
        ("pad(time, '1981')", "NULL"),
        ("nearest(lat, 5)", "0.2"),
        ("nearest(lat, 0.12)", "0.1"),
        ("nearest(lat, -0.1e0)", "-0.1"),
        ("pad(lat, -1.0)", "-23.5"),
        ("backfill(lat, 90)", "NULL"),
        ("nearest(lat, 20, 3)", "NULL"),
        ("nearest(lat, 20, 3.5)", "23.4"),
        ("nearest(lat, NULL)", "NULL"),
    ] {
        let sql = format!("SELECT DISTINCT {value} FROM ersst");
        assert_eq!(rows(&ctx, &sql).await, [expected], "{value}");
    }
}

#[tokio::test]
async fn a_constant_value_becomes_a_literal_of_the_scan() {
    let ctx = world().await;
    let sql = "SELECT lat, sst FROM ersst WHERE time = nearest(time, '1982-08-07') ORDER BY lat DESC";
    assert_eq!(rows(&ctx, sql).await[..2], ["23.4|800.0", "0.2|801.0"]);
    let plan = explain(&ctx, sql).await;
    let label = micros("1982-08");
    assert!(plan.contains(&format!("ersst.time = TimestampMicrosecond({label}")), "{plan}");
    assert!(!plan.contains("nearest"), "{plan}");
}

#[tokio::test]
async fn a_label_that_was_found_is_compared_like_one() {
    let ctx = world().await;
    for condition in [
        "nearest(time, '1982-03-02') = '1982-03'",
        "nearest(lat, 0.12) = 0.1",
        "nearest(lat, 0.12) BETWEEN 0.1 AND 0.1",
        "nearest(lat, b.lat) = 0.1 AND nearest(e.time, b.time) = '1982-03'",
    ] {
        let sql = format!("SELECT count(DISTINCT b.id) FROM ersst e JOIN buoys b ON b.id = 1 WHERE {condition}");
        let sql = sql.replace("(time,", "(e.time,").replace("(lat,", "(e.lat,");
        assert_eq!(rows(&ctx, &sql).await, ["1"], "{condition}");
    }
}

#[tokio::test]
async fn a_label_that_is_not_there_gives_no_rows() {
    let ctx = world().await;
    assert!(rows(&ctx, "SELECT * FROM ersst WHERE time = pad(time, '1981')").await.is_empty());
}

#[tokio::test]
async fn points_are_joined_to_a_grid_row_by_row() {
    let ctx = world().await;
    for sql in [
        "SELECT b.id, e.sst FROM buoys b JOIN ersst e ON e.time = nearest(e.time, b.time) AND e.lat = nearest(e.lat, b.lat)",
        "SELECT b.id, e.sst FROM ersst e JOIN buoys b ON e.time = nearest(e.time, b.time) AND e.lat = nearest(e.lat, b.lat)",
        "SELECT b.id, e.sst FROM buoys b, ersst e WHERE e.time = nearest(e.time, b.time) AND nearest(e.lat, b.lat) = e.lat",
        "SELECT b.id, (SELECT max(e.sst) FROM ersst e WHERE e.time = nearest(e.time, b.time) \
         AND e.lat = nearest(e.lat, b.lat)) FROM buoys b WHERE b.lat IS NOT NULL",
    ] {
        let sql = format!("SELECT * FROM ({sql}) ORDER BY 1");
        assert_eq!(rows(&ctx, &sql).await, ["1|302.0", "2|1104.0"], "{sql}");
    }
    // As SQL has it: a buoy whose label is not found keeps its row in an outer join.
    let sql = "SELECT b.id, e.sst FROM buoys b LEFT JOIN ersst e ON e.time = nearest(e.time, b.time) \
               AND e.lat = nearest(e.lat, b.lat, 1.0) ORDER BY 1";
    assert_eq!(rows(&ctx, sql).await, ["1|302.0", "2|NULL", "3|NULL"]);
}

#[tokio::test]
async fn the_column_is_followed_through_the_query() {
    let ctx = world().await;
    for from in [
        "ersst",
        "ersst AS e",
        "(SELECT * FROM ersst) e",
        "(SELECT time, lat AS lat, sst FROM ersst WHERE sst > 0 ORDER BY sst LIMIT 100) e",
        "(SELECT DISTINCT time, lat, sst FROM ersst) e",
        "(SELECT time, lat, max(sst) AS sst FROM ersst GROUP BY time, lat) e",
        "(SELECT time, lat, max(sst) AS sst FROM ersst GROUP BY ROLLUP (time, lat)) e",
        "(SELECT *, row_number() OVER (ORDER BY sst) AS n FROM ersst) e",
        "(SELECT e.* FROM buoys b CROSS JOIN ersst e WHERE b.id = 1) e",
        "(SELECT e.* FROM ersst e LEFT JOIN buoys b ON b.id = 1) e",
        "(SELECT e.* FROM ersst e WHERE EXISTS (SELECT 1 FROM buoys b WHERE b.id = 1)) e",
    ] {
        let sql = format!("SELECT max(sst) FROM {from} WHERE lat = nearest(lat, 5) AND time = pad(time, '1982-06-30')");
        assert_eq!(rows(&ctx, &sql).await, ["601.0"], "{from}");
    }
    let sql = "WITH e AS (SELECT time AS t, lat FROM ersst) SELECT count(*) FROM e WHERE t = nearest(t, '1982-03')";
    assert_eq!(rows(&ctx, sql).await, ["5"]);
    let sql = "SELECT time FROM ersst GROUP BY time HAVING time = nearest(time, '1982-03')";
    assert_eq!(rows(&ctx, sql).await, ["1982-03-01T00:00:00"]);
    let sql = "SELECT max(sst) FILTER (WHERE lat = nearest(lat, 5)) FROM ersst";
    assert_eq!(rows(&ctx, sql).await, ["1201.0"]);
    let sql = "SELECT count(*) FROM ersst WHERE sst IN (SELECT sst FROM ersst i WHERE i.lat = nearest(i.lat, 5))";
    assert_eq!(rows(&ctx, sql).await, ["12"]);
}

#[tokio::test]
async fn a_view_is_followed_too() {
    let ctx = world().await;
    ctx.sql("CREATE VIEW v AS SELECT time AS t, sst FROM ersst").await.unwrap().collect().await.unwrap();
    assert_eq!(rows(&ctx, "SELECT max(sst) FROM v WHERE t = nearest(t, '1982-03')").await, ["304.0"]);
}

#[tokio::test]
async fn the_value_of_a_subquery_is_looked_up_when_the_query_runs() {
    let ctx = world().await;
    let sql = "SELECT max(sst) FROM ersst WHERE time = nearest(time, (SELECT min(b.time) FROM buoys b))";
    assert_eq!(rows(&ctx, sql).await, ["304.0"]);
    let sql = "SELECT DISTINCT nearest(e.lat, b.lat) FROM ersst e JOIN buoys b ON b.id = 1";
    assert_eq!(rows(&ctx, sql).await, ["0.1"]);
}

#[tokio::test]
async fn what_is_no_coordinate_is_refused_with_the_valid_ones() {
    let ctx = world().await;
    for (value, expected) in [
        ("nearest(sst, 5) FROM ersst", "`sst` is a data variable, expected a scalar or 1-D coordinate"),
        ("nearest(sst, 5) FROM ersst", "valid: `time`, `lat`"),
        ("nearest(lat + 1, 5) FROM ersst", "is computed, expected the column of a coordinate"),
        ("nearest(y, 5) FROM (SELECT lat * 2 AS y FROM ersst)", "`y` is computed"),
        ("nearest(m, 5) FROM (SELECT max(lat) AS m FROM ersst)", "`m` is computed"),
        ("nearest(5, lat) FROM ersst", "is computed, expected the column of a coordinate"),
        ("nearest(lat, 5) FROM buoys", "`buoys.lat` is a column of table `buoys`"),
        ("nearest(lat) FROM ersst", "nearest expected two or three arguments, got 1"),
        ("nearest(lat, 'abc') FROM ersst", "nearest over coordinate `lat` expected a number"),
        ("pad(time, 5) FROM ersst", "pad over coordinate `time` expected a time"),
        ("pad(time, '1982-02-30') FROM ersst", "there is no date `1982-02-30"),
        ("pad(time, 'soon') FROM ersst", "`soon` is not a time"),
        ("nearest(time, '1982', 5) FROM ersst", "expected an interval such as"),
        ("nearest(time, '1982', INTERVAL '1 month') FROM ersst", "no fixed length"),
    ] {
        let e = error(&ctx, &format!("SELECT {value}")).await;
        assert!(e.contains(expected), "{value}: {e}");
        assert!(!e.contains('\n'), "one line: {e}");
    }
}

#[tokio::test]
async fn a_dimension_without_labels_and_a_2d_coordinate_are_refused() {
    let ctx = session();
    let variables = vec![
        Made("y_index", &["y"], Values::Int32(vec![1, 2]), &[]),
        Made("x_index", &["x"], Values::Int32(vec![1, 2]), &[]),
        Made("nav_lat", &["y", "x"], Values::Float64(vec![1.0, 2.0, 3.0, 4.0]), &[]),
        Made("t", &["y", "x"], Values::Float64(vec![1.0, 2.0, 3.0, 4.0]), &[("coordinates", "nav_lat")]),
    ];
    register(&ctx, "nemo", variables).await;
    let e = error(&ctx, "SELECT nearest(x, 1) FROM nemo").await;
    assert!(e.contains("`x` is a dimension without labels"), "{e}");
    let e = error(&ctx, "SELECT nearest(nav_lat, 1) FROM nemo").await;
    assert!(e.contains("`nav_lat` is a coordinate of 2 dimensions"), "{e}");
}

#[tokio::test]
async fn with_the_rule_off_the_functions_are_errors() {
    let ctx = world().await;
    switch_off(&ctx, "bind_lookups").await;
    let e = error(&ctx, "SELECT * FROM ersst WHERE lat = nearest(lat, 5)").await;
    assert!(e.contains("nearest expected a coordinate of an array table"), "{e}");
}

#[tokio::test]
async fn a_plan_shows_the_coordinate_and_the_value() {
    let ctx = world().await;
    let plan = explain(&ctx, "SELECT e.sst FROM buoys b JOIN ersst e ON e.lat = nearest(e.lat, b.lat)").await;
    assert!(plan.contains("nearest(Utf8(\"lat\"), b.lat)"), "{plan}");
}
